package emulator_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	_ "github.com/crosscloud-sdk/crosscloud/providers/cloudflare"
	_ "github.com/crosscloud-sdk/crosscloud/providers/tencent"
)

// Emulators of several clouds serve one client, and nothing else is reached.
func TestDialer(t *testing.T) {
	for _, opts := range [][]emulator.Option{nil, {emulator.InMemory()}} {
		tencent, cloudflare := emulator.NewTencent(opts...), emulator.NewCloudflare(opts...)
		defer tencent.Close()
		defer cloudflare.Close()
		dial := emulator.Dialer(tencent, cloudflare)
		client, err := crosscloud.Open(t.Context(), crosscloud.WithDialContext(dial),
			crosscloud.WithProvider("cn", tencent.Provider()), crosscloud.WithProvider("global", cloudflare.Provider()),
			crosscloud.WithKV("a", crosscloud.Entry{"provider": "cn", "namespace": "flags", "create": "true"}),
			crosscloud.WithKV("b", crosscloud.Entry{"provider": "global", "namespace": "flags", "create": "true"}))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		for _, name := range []string{"a", "b"} {
			ns, err := client.KV(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if err := ns.Put(t.Context(), "k", []byte(name)); err != nil {
				t.Fatal(err)
			}
			if e, err := ns.Get(t.Context(), "k"); err != nil || string(e.Value) != name {
				t.Errorf("%s: %q, %v", name, e.Value, err)
			}
		}
		if conn, err := dial(t.Context(), "tcp", "example.com:443"); err == nil || !strings.Contains(err.Error(), "example.com:443") {
			t.Errorf("another address: %v, %v", conn, err)
		}
		if conn, err := tencent.DialContext(t.Context(), "tcp", strings.TrimPrefix(cloudflare.URL(), "http://")); err == nil {
			t.Errorf("the address of another emulator: %v", conn)
		}
	}
}

// Emulators in memory that follow each other or run side by side have nothing in common, the rate limiters of the
// process included: a bubble's clock begins anew, and what one has waited for means nothing to the next.
func TestBubblesAreApart(t *testing.T) {
	for round := range 4 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			if round > 1 {
				t.Parallel()
			}
			synctest.Test(t, func(t *testing.T) {
				if round == 0 {
					time.Sleep(3 * time.Hour)
				}
				cloud := emulator.NewTencent(emulator.InMemory())
				defer cloud.Close()
				client, err := crosscloud.Open(t.Context(), crosscloud.WithDialContext(cloud.DialContext),
					crosscloud.WithProvider("cn", cloud.Provider()),
					crosscloud.WithKV("a", crosscloud.Entry{"provider": "cn", "namespace": "flags", "create": "true"}))
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				ns, err := client.KV(t.Context(), "a")
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				for range 50 {
					if err := ns.Put(ctx, "k", []byte("v")); err != nil {
						t.Fatal(err)
					}
				}
			})
		})
	}
}
