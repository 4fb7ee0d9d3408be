package limits_test

import (
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/providers/tencent/limits"
)

// What the vendor documents can be asked without an account, and without linking its package.
func Example() {
	c := limits.KV()
	fmt.Println(c.MaxValueBytes, c.MinTTL, c.Metadata == kv.None)
	fmt.Println(limits.KVService().Name.Check("namespace name", "-flags"))
	// Output:
	// 1000000 1m0s true
	// InvalidArgument: namespace name has '-' first, last or doubled; it may only stand between two other characters
}
