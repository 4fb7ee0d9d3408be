package cloudflare

import (
	"os"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/kv/kvtest"
)

// openEmulated opens a service of a fresh emulator in memory.
func openEmulated(t testing.TB, options map[string]string, emulated ...emulator.Option) (driver.Service, *emulator.Cloudflare) {
	t.Helper()
	em := emulator.NewCloudflare(append([]emulator.Option{emulator.InMemory()}, emulated...)...)
	t.Cleanup(em.Close)
	entry := em.Provider()
	delete(entry, "driver")
	for name, text := range options {
		entry[name] = text
	}
	return openService(t, entry, em.DialContext), em
}

// apiToken is the credential of the emulators' account.
func apiToken() string {
	em := emulator.NewCloudflare(emulator.InMemory())
	defer em.Close()
	return em.Provider()["api_token"]
}

// The suite runs with the largest documented batches: with smaller ones it would have the emulator refuse what
// Cloudflare accepts. What the vendor's pages leave open is tried both ways.
func TestConformance(t *testing.T) {
	const nothing = "here the emulator has no metadata to tell, and no error, where there is no key; one request cannot see the difference"
	const large = "as documented; values of 25 MiB need not be sent twice"
	documented := map[string]string{}
	if testing.Short() {
		for _, name := range []string{"Value/Sizes", "Value/OverLimit", "Value/OverLimitKeepsOld", "PutBatch/PartlyRefused"} {
			documented[name] = "moves much"
		}
	}
	for name, variant := range map[string]struct {
		emulated []emulator.Option
		skip     map[string]string
	}{
		"Documented": {nil, documented},
		"Otherwise": {
			[]emulator.Option{emulator.WithCloudflare(emulator.CloudflareSettings{OldReplies: true, EmptyPages: 3, LossyText: true, MissingMetadataNull: true})},
			map[string]string{
				"Inspect/MissingKey": nothing, "TTL/GoneFromInspect": nothing, "Errors/Typed": nothing,
				"Value/Sizes": large, "Value/OverLimit": large, "Value/OverLimitKeepsOld": large, "PutBatch/PartlyRefused": large,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "Documented" && testing.Short() {
				t.Skip("another variant of the same suite")
			}
			kvtest.Run(t, kvtest.Harness{
				Name: "cloudflare, " + t.Name(),
				Open: func(t testing.TB) driver.Service {
					svc, _ := openEmulated(t, map[string]string{"bulk_batch": "10000"}, variant.emulated...)
					return svc
				},
				VirtualTime: true,
				Secrets:     []string{apiToken()},
				Skip:        variant.skip,
			})
		})
	}
}

// Against a real account, with a scratch namespace whose keys may be written and deleted:
//
//	CROSSCLOUD_LIVE_KV=scratch CLOUDFLARE_ACCOUNT_ID=… CLOUDFLARE_API_TOKEN=… go test -run TestLive -timeout 3h ./providers/cloudflare
//
// CROSSCLOUD_LIVE_SETTLE is how long reads may lag behind writes, 60s unless it is set.
func TestLive(t *testing.T) {
	namespace, account, token := os.Getenv("CROSSCLOUD_LIVE_KV"), os.Getenv("CLOUDFLARE_ACCOUNT_ID"), os.Getenv("CLOUDFLARE_API_TOKEN")
	if namespace == "" || account == "" || token == "" {
		t.Skip("set CROSSCLOUD_LIVE_KV, CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN to run against a real account")
	}
	settle := time.Minute
	if text := os.Getenv("CROSSCLOUD_LIVE_SETTLE"); text != "" {
		var err error
		if settle, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	kvtest.Run(t, kvtest.Harness{
		Name: "cloudflare, live",
		Open: func(t testing.TB) driver.Service {
			return openService(t, map[string]string{"account_id": account, "api_token": token, "bulk_batch": "10000"}, nil)
		},
		Namespace: namespace,
		Settle:    settle,
		Secrets:   []string{token},
	})
}
