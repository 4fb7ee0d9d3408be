package limits_test

import (
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/providers/cloudflare/limits"
)

// What the vendor documents can be asked without an account, and without linking its package.
func Example() {
	c := limits.KV()
	fmt.Println(c.MinTTL, c.MaxMetadataBytes)
	fmt.Println(c.Key.Check("key", "."))
	// Output:
	// 1m0s 1024
	// InvalidArgument: key "." is a reserved name
}
