// Command guance is a program on this one provider.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/crosscloud-sdk/crosscloud"
	_ "github.com/crosscloud-sdk/crosscloud/providers/guance"
)

func main() {
	ctx := context.Background()
	client, err := crosscloud.Open(ctx, crosscloud.File(os.Args[1]))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	own, err := client.Workspace(ctx, "own")
	if err != nil {
		fmt.Println(err)
		return
	}
	info, err := own.Describe(ctx)
	fmt.Println(info, err)
}
