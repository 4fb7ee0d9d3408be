package secret_test

import (
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/secret"
)

func Example() {
	key := secret.New("s3cr3t")
	fmt.Printf("%v %+v %q\n", key, key, key)
	fmt.Println(struct{ User, Key any }{"me", key})
	fmt.Println(len(key.Reveal()), key == secret.New("s3cr3t"))
	// Output:
	// [redacted] [redacted] [redacted]
	// {me [redacted]}
	// 6 true
}
