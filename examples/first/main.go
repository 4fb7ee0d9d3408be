package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/kv"
	_ "github.com/crosscloud-sdk/crosscloud/providers/all"
)

func main() {
	ctx := context.Background()
	client, err := crosscloud.Open(ctx, crosscloud.File("crosscloud.yaml"))
	check(err)
	defer client.Close()
	flags, err := client.KV(ctx, "flags")
	check(err)
	check(flags.Put(ctx, "checkout-v2", []byte(`{"on":true}`), kv.TTL(24*time.Hour)))
	entry, err := flags.Get(ctx, "checkout-v2")
	check(err)
	fmt.Printf("%s\n", entry.Value)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
