package local_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
)

// Keys in memory, with the limits of Tencent Cloud.
func ExampleAccount_KMSService() {
	account, err := local.Open(local.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer account.Close()
	driver, err := account.KMSService(local.KMSOptions{Like: "tencent"})
	if err != nil {
		log.Fatal(err)
	}
	service, err := kms.NewService(driver, kms.ServiceOptions{Provider: "laptop"})
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	key, err := service.CreateKey(ctx, "orders")
	if err != nil {
		log.Fatal(err)
	}
	ciphertext, err := key.Encrypt(ctx, []byte("4111"), kms.Context{"order": "17"})
	if err != nil {
		log.Fatal(err)
	}
	plaintext, err := key.Decrypt(ctx, ciphertext, kms.Context{"order": "17"})
	fmt.Printf("%s %v\n", plaintext, err)
	_, err = service.CreateKey(ctx, "carts", kms.WithSpec(kms.ECP384))
	fmt.Println(errors.Is(err, errs.Unsupported))
	// Output:
	// 4111 <nil>
	// true
}
