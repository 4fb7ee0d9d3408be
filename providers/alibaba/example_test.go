package alibaba_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	_ "github.com/crosscloud-sdk/crosscloud/providers/alibaba"
)

// A program against the emulator. Without endpoint, the same configuration reaches Alibaba Cloud.
func Example() {
	em := emulator.NewAlibaba()
	defer em.Close()
	config := strings.NewReader(`
providers:
  esa:
    driver: alibaba
    region: cn-hangzhou
    endpoint: ` + em.URL() + `
    access_key_id: ` + em.AccessKeyID() + `
    access_key_secret: ` + em.AccessKeySecret() + `
kv:
  flags: {provider: esa, namespace: flags, create: true}
`)
	ctx := context.Background()
	client, err := crosscloud.Open(ctx, crosscloud.YAML("crosscloud.yaml", config))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	flags, err := client.KV(ctx, "flags")
	if err != nil {
		log.Fatal(err)
	}
	if err := flags.Put(ctx, "checkout-v2", []byte(`{"on":true}`), kv.TTL(24*time.Hour)); err != nil {
		log.Fatal(err)
	}
	entry, err := flags.Get(ctx, "checkout-v2")
	fmt.Println(string(entry.Value), err)

	_, err = flags.Get(ctx, "checkout-v3")
	fmt.Println(errors.Is(err, errs.KeyNotFound))
	// Output:
	// {"on":true} <nil>
	// true
}
