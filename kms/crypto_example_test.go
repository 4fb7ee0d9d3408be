package kms_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"log"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
)

// exampleKeys opens the keys "orders", which encrypts, and "releases", which signs. Programs get theirs from
// crosscloud.Client.KMS.
func exampleKeys(ctx context.Context) (orders, releases *kms.Key) {
	v := newVault("cloud")
	v.addAES("orders")
	pair, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	v.addPair("releases", "", pair)
	service, err := kms.NewService(v.lean(), kms.ServiceOptions{Provider: "cloud"})
	if err != nil {
		log.Fatal(err)
	}
	if orders, err = service.Key(ctx, "orders"); err != nil {
		log.Fatal(err)
	}
	if releases, err = service.Key(ctx, "releases"); err != nil {
		log.Fatal(err)
	}
	return orders, releases
}

func ExampleKey_Encrypt() {
	ctx := context.Background()
	orders, _ := exampleKeys(ctx)

	sealed, err := orders.Encrypt(ctx, []byte("4111 1111 1111 1111"), kms.Context{"order": "17"})
	if err != nil {
		log.Fatal(err)
	}
	number, err := orders.Decrypt(ctx, sealed, kms.Context{"order": "17"})
	fmt.Printf("%s %v\n", number, err)

	_, err = orders.Decrypt(ctx, sealed, kms.Context{"order": "18"})
	fmt.Println(errors.Is(err, errs.InvalidArgument))
	// Output:
	// 4111 1111 1111 1111 <nil>
	// true
}

func ExampleCiphertext() {
	ctx := context.Background()
	orders, _ := exampleKeys(ctx)

	sealed, err := orders.Encrypt(ctx, []byte("4111 1111 1111 1111"))
	if err != nil {
		log.Fatal(err)
	}
	text, err := sealed.MarshalText() // for a column of a table, or a field of JSON
	if err != nil {
		log.Fatal(err)
	}
	stored, err := kms.ParseCiphertext(text)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stored.Vendor, stored.KeyID, stored.Kind, stored.Equal(sealed))

	_, err = kms.ParseCiphertext(text[:len(text)-1])
	fmt.Println(errs.CodeOf(err))
	// Output:
	// cloud orders data true
	// Corrupt
}

func ExampleKey_GenerateDataKey() {
	ctx := context.Background()
	orders, _ := exampleKeys(ctx)

	data, err := orders.GenerateDataKey(ctx, 32)
	if err != nil {
		log.Fatal(err)
	}
	// … encrypt with data.Plaintext(), and keep data.Ciphertext() beside what was encrypted …
	wrapped := data.Ciphertext()
	data.Destroy()

	again, err := orders.Decrypt(ctx, wrapped)
	fmt.Println(len(again), err, data.Plaintext() == nil)
	// Output: 32 <nil> true
}

func ExampleKey_Signer() {
	ctx := context.Background()
	_, releases := exampleKeys(ctx)

	signer, err := releases.Signer(ctx, kms.ECDSASHA256)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.CertificateRequest{Subject: pkix.Name{CommonName: "releases.example.com"}}
	der, err := x509.CreateCertificateRequest(rand.Reader, template, signer)
	if err != nil {
		log.Fatal(err)
	}
	request, err := x509.ParseCertificateRequest(der)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(request.Subject, request.CheckSignature())
	// Output: CN=releases.example.com <nil>
}

func ExampleAEAD() {
	ctx := context.Background()
	orders, _ := exampleKeys(ctx)

	aead := orders.AEAD() // a tink.AEAD
	sealed, err := aead.Encrypt([]byte("4111 1111 1111 1111"), []byte("order 17"))
	if err != nil {
		log.Fatal(err)
	}
	number, err := aead.Decrypt(sealed, []byte("order 17"))
	fmt.Printf("%s %v\n", number, err)
	// Output: 4111 1111 1111 1111 <nil>
}
