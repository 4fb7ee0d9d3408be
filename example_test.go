package crosscloud_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/errs"
	_ "github.com/crosscloud-sdk/crosscloud/providers/local"
)

// The code names a resource; the configuration says which provider serves it.
func Example() {
	const config = `
providers:
  laptop:
    driver: local
kv:
  flags:
    provider: laptop
    namespace: flags
    create: true
`
	ctx := context.Background()
	client, err := crosscloud.Open(ctx, crosscloud.YAML("crosscloud.yaml", strings.NewReader(config)))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	flags, err := client.KV(ctx, "flags")
	if err != nil {
		log.Fatal(err)
	}
	if err := flags.Put(ctx, "checkout-v2", []byte(`{"on":true}`)); err != nil {
		log.Fatal(err)
	}
	entry, err := flags.Get(ctx, "checkout-v2")
	fmt.Printf("%s %v\n", entry.Value, err)
	// Output: {"on":true} <nil>
}

// Everything that the file can say can be said in code.
func ExampleWithProvider() {
	ctx := context.Background()
	client, err := crosscloud.Open(ctx,
		crosscloud.WithProvider("laptop", crosscloud.Entry{"driver": "local", "max_attempts": "1"}),
		crosscloud.WithKV("flags", crosscloud.Entry{"provider": "laptop", "namespace": "flags", "create": "true"}))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	flags, err := client.KV(ctx, "flags")
	if err != nil {
		log.Fatal(err)
	}
	_, err = flags.Get(ctx, "missing")
	fmt.Println(flags.Name(), errors.Is(err, errs.KeyNotFound))
	// Output: flags true
}

// A mistake in the configuration is found at once, and its place is named.
func ExampleOpen() {
	const config = `
providers:
  laptop:
    driver: local
kv:
  flags:
    provider: labtop
    namespace: flags
`
	_, err := crosscloud.Open(context.Background(), crosscloud.YAML("crosscloud.yaml", strings.NewReader(config)))
	fmt.Println(err)
	// Output:
	// crosscloud.Open: InvalidArgument: crosscloud.yaml:7: kv resource "flags" names the provider "labtop", which is not there; there is laptop
}

func ExampleClient_KVService() {
	ctx := context.Background()
	client, err := crosscloud.Open(ctx, crosscloud.WithProvider("laptop", crosscloud.Entry{"driver": "local"}))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	service, err := client.KVService(ctx, "laptop")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := service.CreateNamespace(ctx, "flags"); err != nil {
		log.Fatal(err)
	}
	for info, err := range service.Namespaces(ctx) {
		fmt.Println(info.Name, err)
	}
	// Output: flags <nil>
}
