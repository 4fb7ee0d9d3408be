package folder_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"testing"

	_ "example.com/folder"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/kv/kvtest"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// TestConformance proves that the driver keeps the contract, and that what it declares is true.
func TestConformance(t *testing.T) {
	kvtest.Run(t, kvtest.Harness{Name: "folder", VirtualTime: true, Open: func(t testing.TB) driver.Service {
		d := providers.Lookup("folder")
		settings, err := d.Resolve(providers.Values{"path": {Text: t.TempDir()}}, providers.Host{})
		if err != nil {
			t.Fatal(err)
		}
		account, err := d.Open(t.Context(), settings)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = account.Close() })
		service, err := account.(providers.KV).KV(t.Context(), settings)
		if err != nil {
			t.Fatal(err)
		}
		return service
	}})
}

// A program uses the driver as it uses those of crosscloud: by its name in the configuration.
func Example() {
	ctx := context.Background()
	path, err := os.MkdirTemp("", "flags")
	check(err)
	defer os.RemoveAll(path)
	client, err := crosscloud.Open(ctx,
		crosscloud.WithProvider("disk", crosscloud.Entry{"driver": "folder", "path": path}),
		crosscloud.WithKV("flags", crosscloud.Entry{"provider": "disk", "namespace": "flags", "create": "true"}))
	check(err)
	defer client.Close()
	flags, err := client.KV(ctx, "flags")
	check(err)
	check(flags.Put(ctx, "checkout-v2", []byte("on")))
	for key, err := range flags.Keys(ctx) {
		check(err)
		fmt.Println(key.Name)
	}
	fmt.Println(flags.Put(ctx, "Checkout", nil))
	// Output:
	// checkout-v2
	// disk kv.Put "flags/Checkout": InvalidArgument: key has the character 'C', accepted are a-z 0-9 - . _
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
