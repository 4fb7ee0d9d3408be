package limits_test

import (
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/providers/huawei/limits"
)

// What the vendor documents can be asked without an account, and without linking its package.
func Example() {
	c := limits.KMS()
	// 4,096 characters are documented, in which 3,072 bytes are sent as base64.
	fmt.Println(c.MaxPlaintextBytes, c.DeletionDays, c.RotationDays)
	for _, kind := range c.Keys[:2] {
		fmt.Println(kind.Spec, kind.Usage)
	}
	// Output:
	// 3072 {7 1096} {30 365}
	// AES_256 ENCRYPT_DECRYPT
	// SM4 ENCRYPT_DECRYPT
}
