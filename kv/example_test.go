package kv_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	_ "github.com/crosscloud-sdk/crosscloud/providers/local"
)

// openFlags opens a namespace in memory that has the limits of a cloud.
func openFlags(ctx context.Context, like string) (*crosscloud.Client, *kv.Namespace) {
	client, err := crosscloud.Open(ctx,
		crosscloud.WithProvider("test", crosscloud.Entry{"driver": "local", "like": like}),
		crosscloud.WithKV("flags", crosscloud.Entry{"provider": "test", "namespace": "flags", "create": "true"}))
	if err != nil {
		log.Fatal(err)
	}
	flags, err := client.KV(ctx, "flags")
	if err != nil {
		log.Fatal(err)
	}
	return client, flags
}

func Example() {
	ctx := context.Background()
	client, flags := openFlags(ctx, "cloudflare")
	defer client.Close()

	if err := flags.Put(ctx, "checkout-v2", []byte(`{"on":true}`), kv.TTL(24*time.Hour)); err != nil {
		log.Fatal(err)
	}
	entry, err := flags.Get(ctx, "checkout-v2", kv.WithExpiry())
	if err != nil {
		log.Fatal(err)
	}
	at, expires := entry.Expiry.At()
	fmt.Printf("%s expires: %v, in a day: %v\n", entry.Value, expires, time.Until(at) > 23*time.Hour)

	_, err = flags.Get(ctx, "checkout-v3")
	fmt.Println("missing:", errors.Is(err, errs.KeyNotFound))
	// Output:
	// {"on":true} expires: true, in a day: true
	// missing: true
}

func ExampleNamespace_Put_refused() {
	ctx := context.Background()
	client, flags := openFlags(ctx, "tencent")
	defer client.Close()

	err := flags.Put(ctx, "session", []byte("x"), kv.TTL(30*time.Second))
	fmt.Println(err)
	err = flags.Put(ctx, "session", []byte{0xff})
	fmt.Println(errs.CodeOf(err))
	// Output:
	// test kv.Put "flags/session": InvalidArgument: TTL is 30s, at least 1m0s are accepted
	// InvalidArgument
}

func ExampleNamespace_Put_metadata() {
	ctx := context.Background()
	client, flags := openFlags(ctx, "cloudflare")
	defer client.Close()

	type note struct{ Owner string }
	if err := flags.Put(ctx, "checkout-v2", []byte("on"), kv.MetadataOf(note{"team-checkout"})); err != nil {
		log.Fatal(err)
	}
	entry, err := flags.Get(ctx, "checkout-v2", kv.WithMetadata())
	if err != nil {
		log.Fatal(err)
	}
	var n note
	fmt.Println(entry.DecodeMetadata(&n), n.Owner)
	// Output: <nil> team-checkout
}

func ExampleNamespace_Keys() {
	ctx := context.Background()
	client, flags := openFlags(ctx, "tencent")
	defer client.Close()

	for _, key := range []string{"search.a", "checkout.a", "checkout.b"} {
		if err := flags.Put(ctx, key, []byte("on")); err != nil {
			log.Fatal(err)
		}
	}
	for key, err := range flags.Keys(ctx, kv.Prefix("checkout.")) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(key.Name)
	}
	// Unordered output:
	// checkout.a
	// checkout.b
}

func ExampleNamespace_PutMany() {
	ctx := context.Background()
	client, flags := openFlags(ctx, "alibaba")
	defer client.Close()

	writes := []kv.Write{
		{Key: "a", Value: []byte("1")},
		{Key: "not/allowed", Value: []byte("2")},
		{Key: "b", Value: []byte("3"), Options: []kv.PutOption{kv.TTL(time.Hour)}},
	}
	for result, err := range flags.PutMany(ctx, slices.Values(writes)) {
		if err != nil {
			fmt.Println("at the end:", errs.CodeOf(err))
			continue
		}
		fmt.Println(result.Key, result.Status)
	}
	// Unordered output:
	// a succeeded
	// b succeeded
	// not/allowed failed
	// at the end: InvalidArgument
}

func ExampleRequire() {
	ctx := context.Background()
	client, _ := openFlags(ctx, "tencent")
	defer client.Close()

	_, err := client.KV(ctx, "flags", kv.Require(kv.NeedTTL(time.Minute), kv.NeedMetadata(100)))
	fmt.Println(err)
	// Output: test kv.Namespace "flags": Unsupported: required but not there: metadata
}

func ExampleIntersect() {
	ctx := context.Background()
	one, flags := openFlags(ctx, "tencent")
	defer one.Close()
	two, other := openFlags(ctx, "cloudflare")
	defer two.Close()

	both := kv.Intersect(flags.Capabilities(), other.Capabilities())
	fmt.Println(both.MaxValueBytes, both.MinTTL, both.Metadata)
	// Output: 1000000 1m0s none
}
