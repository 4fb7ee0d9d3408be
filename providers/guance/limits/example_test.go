package limits_test

import (
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/providers/guance/limits"
	"github.com/crosscloud-sdk/crosscloud/workspace"
)

// What the two APIs document can be asked without an account.
func Example() {
	fmt.Println(limits.Open().List == workspace.None, limits.External().List == workspace.Native)
	// Output: true true
}
