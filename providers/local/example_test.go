package local_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
)

// A store in a file, with the limits of Tencent Cloud EdgeOne.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	account, err := local.Open(local.Options{Path: filepath.Join(dir, "kv.db")})
	if err != nil {
		log.Fatal(err)
	}
	defer account.Close()
	driver, err := account.KVService(local.KVOptions{Like: "tencent"})
	if err != nil {
		log.Fatal(err)
	}
	service, err := kv.NewService(driver, kv.ServiceOptions{Provider: "laptop"})
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	flags, err := service.Namespace(ctx, "flags", kv.CreateIfMissing())
	if err != nil {
		log.Fatal(err)
	}
	if err := flags.Put(ctx, "checkout-v2", []byte(`{"on":true}`), kv.TTL(24*time.Hour)); err != nil {
		log.Fatal(err)
	}
	entry, err := flags.Get(ctx, "checkout-v2")
	fmt.Println(string(entry.Value), err)

	err = flags.Put(ctx, "too-short", []byte("v"), kv.TTL(time.Second))
	fmt.Println(errors.Is(err, errs.InvalidArgument))
	// Output:
	// {"on":true} <nil>
	// true
}
