package kms_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// openService returns a service with keys in memory. Programs get one from crosscloud.Client.KMSService.
func openService() *kms.Service {
	a := labelled()
	a.caps.DeletionNeedsDisabled = true
	a.add("key-1", driver.Enabled, "orders")
	a.add("key-2", driver.Disabled, "orders-2025")
	a.add("key-3", driver.Enabled, "disk").info.ServiceOwned = true
	service, err := kms.NewService(a.driver(), kms.ServiceOptions{Provider: "huawei", Now: today})
	if err != nil {
		log.Fatal(err)
	}
	return service
}

func ExampleService_CreateKey() {
	ctx := context.Background()
	service := openService()

	key, err := service.CreateKey(ctx, "carts", kms.WithTags(map[string]string{"team": "shop"}))
	if left, ok := errors.AsType[*kms.Incomplete](err); ok {
		// The key is there and can be used; only its name or its tags are missing.
		log.Printf("key %s: %s", left.KeyID, left.Fault)
	} else if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.Name())

	_, err = service.CreateKey(ctx, "orders")
	fmt.Println(errors.Is(err, errs.AlreadyExists))

	_, err = service.CreateKey(ctx, "signer", kms.WithSpec(kms.RSA2048))
	fmt.Println(err)
	// Output:
	// carts
	// true
	// huawei kms.CreateKey "signer": InvalidArgument: a key of the spec "RSA_2048" is made for one usage, which must be said: WithUsage(kms.EncryptDecrypt) or WithUsage(kms.SignVerify), in a configuration usage: ENCRYPT_DECRYPT or SIGN_VERIFY
}

func ExampleService_Keys() {
	ctx := context.Background()
	service := openService()

	for info, err := range service.Keys(ctx, kms.Details()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(info.ID, info.Name, info.State)
	}
	// Output:
	// key-1 orders Enabled
	// key-2 orders-2025 Disabled
}

func ExampleKey_ScheduleDeletion() {
	ctx := context.Background()
	service := openService()

	key, err := service.KeyByName(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	_, err = key.ScheduleDeletion(ctx, 30, kms.OnlyIfDisabled())
	fmt.Println(errs.CodeOf(err)) // it may still be in use

	info, err := key.ScheduleDeletion(ctx, 30) // disables it first, where the provider asks for that
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.State, info.DeletionAt.Format(time.DateOnly))

	info, err = key.CancelDeletion(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.State)
	// Output:
	// Conflict
	// PendingDeletion 2026-03-31
	// Disabled
}
