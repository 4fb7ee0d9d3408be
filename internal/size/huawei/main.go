// Command huawei is a program on this one provider.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/crosscloud-sdk/crosscloud"
	_ "github.com/crosscloud-sdk/crosscloud/providers/huawei"
)

func main() {
	ctx := context.Background()
	client, err := crosscloud.Open(ctx, crosscloud.File(os.Args[1]))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	key, err := client.KMS(ctx, "orders")
	if err != nil {
		fmt.Println(err)
		return
	}
	sealed, err := key.Encrypt(ctx, []byte(os.Args[2]))
	fmt.Println(sealed, err)
}
