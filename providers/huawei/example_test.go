package huawei_test

import (
	"context"
	"fmt"
	"log"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/kms"
	_ "github.com/crosscloud-sdk/crosscloud/providers/huawei"
)

// A unit test's way to Huawei Cloud: the emulator speaks the vendor's protocol, and em.Provider() is the entry that points
// at it. Against the real one the entry is {"driver": "huawei", "region": …, "access_key": …, "secret_key": …}.
func Example() {
	em := emulator.NewHuaweiKMS()
	defer em.Close()

	ctx := context.Background()
	client, err := crosscloud.Open(ctx,
		crosscloud.WithProvider("huawei", em.Provider()),
		crosscloud.WithKMS("orders", crosscloud.Entry{"provider": "huawei", "key_name": "orders", "create": "true"}),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	key, err := client.KMS(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	tenant := kms.Context{"tenant": "acme"}
	dataKey, err := key.GenerateDataKey(ctx, 32, tenant)
	if err != nil {
		log.Fatal(err)
	}
	defer dataKey.Destroy()
	opened, err := key.Decrypt(ctx, dataKey.Ciphertext(), tenant)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(dataKey.Ciphertext().Kind, len(opened), string(opened) == string(dataKey.Plaintext()))
	// Output: datakey 32 true
}
