// Command kms encrypts and decrypts with one key, signs and verifies with another, and shows what a failure looks like. By
// default the keys are in memory; -config FILE runs the same program on the provider that the file names. Keys that are
// not there yet are made.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/kms"
	_ "github.com/crosscloud-sdk/crosscloud/providers/all"
)

//go:embed crosscloud.yaml
var inMemory []byte

func main() {
	file := flag.String("config", "", "configuration `file` with the kms resources orders and releases (default: in memory)")
	flag.Parse()
	config := crosscloud.YAML("crosscloud.yaml", bytes.NewReader(inMemory))
	if *file != "" {
		config = crosscloud.File(*file)
	}
	if err := run(context.Background(), os.Stdout, config); err != nil {
		fmt.Fprintln(os.Stderr, "kms:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, config crosscloud.Option) (err error) {
	client, err := crosscloud.Open(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	orders, err := client.KMS(ctx, "orders")
	if err != nil {
		return err
	}
	releases, err := client.KMS(ctx, "releases")
	if err != nil {
		return err
	}
	if err := encrypt(ctx, out, orders); err != nil {
		return err
	}
	return sign(ctx, out, releases)
}

// encrypt encrypts for one order, so that the ciphertext opens for no other.
func encrypt(ctx context.Context, out io.Writer, orders *kms.Key) error {
	order := kms.Context{"order": "17"}
	ciphertext, err := orders.Encrypt(ctx, []byte("4111 1111 1111 1111"), order)
	if err != nil {
		return err
	}
	stored, err := ciphertext.MarshalText() // names the key that opens it, so that it can be kept anywhere
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Stored: %.40s…\n", stored)

	again, err := kms.ParseCiphertext(stored)
	if err != nil {
		return err
	}
	plaintext, err := orders.Decrypt(ctx, again, order)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Opened: %s\n", plaintext)
	_, err = orders.Decrypt(ctx, again, kms.Context{"order": "18"})
	fmt.Fprintf(out, "For another order: %v\n", err)
	return nil
}

// sign signs a release. What is signed does not leave the program, only its digest.
func sign(ctx context.Context, out io.Writer, releases *kms.Key) error {
	release := []byte("shop 2.1.0")
	signature, err := releases.Sign(ctx, kms.ECDSASHA256, release)
	if err != nil {
		return err
	}
	for _, message := range [][]byte{release, []byte("shop 6.6.6")} {
		valid, err := releases.Verify(ctx, message, signature)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "The signature is that of %q: %t\n", message, valid)
	}
	return nil
}
