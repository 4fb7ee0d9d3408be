package cloudflare_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/providers"
	_ "github.com/crosscloud-sdk/crosscloud/providers/cloudflare"
)

// A namespace of Workers KV, here that of an emulator. Programs get it from a crosscloud.Client instead.
func Example() {
	em := emulator.NewCloudflare()
	defer em.Close()

	ctx := context.Background()
	driver := providers.Lookup("cloudflare")
	settings, err := driver.Resolve(providers.Values{
		"account_id": {Text: em.AccountID()},
		"api_token":  {Text: em.APIToken()},
		"endpoint":   {Text: em.Endpoint()},
	}, providers.Host{})
	if err != nil {
		log.Fatal(err)
	}
	account, err := driver.Open(ctx, settings)
	if err != nil {
		log.Fatal(err)
	}
	defer account.Close()
	namespaces, err := account.(providers.KV).KV(ctx, settings)
	if err != nil {
		log.Fatal(err)
	}
	service, err := kv.NewService(namespaces, kv.ServiceOptions{Provider: "edge"})
	if err != nil {
		log.Fatal(err)
	}

	flags, err := service.Namespace(ctx, "flags", kv.CreateIfMissing())
	if err != nil {
		log.Fatal(err)
	}
	err = flags.Put(ctx, "checkout-v2", []byte(`{"on":true}`), kv.TTL(24*time.Hour), kv.MetadataOf(map[string]int{"revision": 7}))
	if err != nil {
		log.Fatal(err)
	}
	entry, err := flags.Get(ctx, "checkout-v2", kv.WithMetadata())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(entry.Value), string(entry.Metadata))
	// Output: {"on":true} {"revision":7}
}
