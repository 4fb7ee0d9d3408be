// Command cloudflare is a program on this one provider.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/crosscloud-sdk/crosscloud"
	_ "github.com/crosscloud-sdk/crosscloud/providers/cloudflare"
)

func main() {
	ctx := context.Background()
	client, err := crosscloud.Open(ctx, crosscloud.File(os.Args[1]))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	namespace, err := client.KV(ctx, "flags")
	if err != nil {
		fmt.Println(err)
		return
	}
	entry, err := namespace.Get(ctx, os.Args[2])
	fmt.Println(entry, err)
}
