package alibaba_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
)

// Keys, against the emulator. Without kms_endpoint, the same configuration reaches Alibaba Cloud.
func Example_keys() {
	em := emulator.NewAlibabaKMS()
	defer em.Close()
	config := strings.NewReader(`
providers:
  aliyun:
    driver: alibaba
    region: cn-hangzhou
    kms_endpoint: ` + em.URL() + `
    kms_instance_id: ` + em.InstanceID() + `
    access_key_id: ` + em.AccessKeyID() + `
    access_key_secret: ` + em.AccessKeySecret() + `
kms:
  orders: {provider: aliyun, key_name: orders, create: true}
  releases: {provider: aliyun, key_name: releases, create: true, spec: EC_P256}
`)
	ctx := context.Background()
	client, err := crosscloud.Open(ctx, crosscloud.YAML("crosscloud.yaml", config))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	orders, err := client.KMS(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	sealed, err := orders.Encrypt(ctx, []byte("4111 1111 1111 1111"), kms.Context{"order": "17"})
	if err != nil {
		log.Fatal(err)
	}
	number, err := orders.Decrypt(ctx, sealed, kms.Context{"order": "17"})
	fmt.Printf("%s %v\n", number, err)
	_, err = orders.Decrypt(ctx, sealed, kms.Context{"order": "18"})
	fmt.Println(errors.Is(err, errs.InvalidArgument))

	releases, err := client.KMS(ctx, "releases")
	if err != nil {
		log.Fatal(err)
	}
	signature, err := releases.Sign(ctx, kms.ECDSASHA256, []byte("v1.2.3")) // digested here
	if err != nil {
		log.Fatal(err)
	}
	good, err := releases.Verify(ctx, []byte("v1.2.3"), signature)
	fmt.Println(good, err)
	// Output:
	// 4111 1111 1111 1111 <nil>
	// true
	// true <nil>
}
