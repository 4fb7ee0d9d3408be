package limits_test

import (
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
)

// What the vendor documents can be asked without an account, and without linking its package.
func Example() {
	c := limits.KV()
	fmt.Println(c.MaxValueBytes, c.PutBatch.MaxBytes, c.List.MaxKeys)
	fmt.Println(c.Key.Check("key", "eu/flags"))
	// Output:
	// 2000000 2000000 50000
	// InvalidArgument: key has the character '/', accepted are all characters except space / \
}
