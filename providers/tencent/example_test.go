package tencent_test

import (
	"context"
	"fmt"
	"log"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kv"
	_ "github.com/crosscloud-sdk/crosscloud/providers/tencent"
)

// A unit test's way to EdgeOne: the emulator speaks the vendor's protocol, and em.Provider() is the entry that points
// at it. Against the real one the entry is {"driver": "tencent", "secret_id": …, "secret_key": …, "zone_id": …}.
func Example() {
	em := emulator.NewTencent()
	defer em.Close()

	ctx := context.Background()
	client, err := crosscloud.Open(ctx,
		crosscloud.WithProvider("edgeone", em.Provider()),
		crosscloud.WithKV("flags", crosscloud.Entry{"provider": "edgeone", "namespace": "flags", "create": "true"}),
	)
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
	entry, err := flags.Get(ctx, "checkout-v2", kv.WithExpiry())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s, expires %v\n", entry.Value, entry.Expiry)
	// Output: {"on":true}, expires never
}

// Keys on the emulator. Its region makes AES-256 keys; for a region of the Chinese standards the entry has
// "kms_symmetric": "SM4". Against the real service the entry is {"driver": "tencent", "secret_id": …, "secret_key": …,
// "region": …}.
func Example_keys() {
	em := emulator.NewTencentKMS()
	defer em.Close()

	ctx := context.Background()
	client, err := crosscloud.Open(ctx,
		crosscloud.WithProvider("tencent", em.Provider()),
		crosscloud.WithKMS("orders", crosscloud.Entry{"provider": "tencent", "key_name": "orders", "create": "true"}),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	orders, err := client.KMS(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	sealed, err := orders.Encrypt(ctx, []byte("card 4242"), kms.Context{"order": "17"})
	if err != nil {
		log.Fatal(err)
	}
	opened, err := orders.Decrypt(ctx, sealed, kms.Context{"order": "17"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", opened)
	// Output: card 4242
}
