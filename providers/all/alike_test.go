package all_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/kv/kvtest"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// openAccount opens the account that an entry of a configuration describes.
func openAccount(t testing.TB, entry map[string]string, host providers.Host) (providers.Account, *providers.Settings) {
	t.Helper()
	host.LookupEnv = func(string) (string, bool) { return "", false }
	account, settings, err := drivertest.Open(t, entry["driver"], entry, host)
	if err != nil {
		t.Fatal(err)
	}
	return account, settings
}

// openEntry opens the namespaces that an entry of a configuration describes.
func openEntry(t testing.TB, entry map[string]string, host providers.Host) driver.Service {
	t.Helper()
	account, settings := openAccount(t, entry, host)
	service, err := account.(providers.KV).KV(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	return service
}

// emulated is an emulator of a cloud, in memory.
type emulated interface {
	Provider() map[string]string
	Close()
}

func openCloud(t testing.TB, em emulated, host providers.Host, said map[string]string) driver.Service {
	t.Cleanup(em.Close)
	entry := em.Provider()
	maps.Copy(entry, said)
	return openEntry(t, entry, host)
}

// The local driver in the likeness of a cloud passes and skips what the driver of that cloud does on its emulator,
// sub-test by sub-test, but for what is named here with the reason.
func TestLocalIsLikeTheClouds(t *testing.T) {
	if testing.Short() {
		t.Skip("runs every suite once more")
	}
	for like, c := range map[string]struct {
		open func(t testing.TB) driver.Service
		skip map[string]string // of the cloud's driver; the local one passes them
	}{
		"alibaba": {
			open: func(t testing.TB) driver.Service {
				em := emulator.NewAlibaba(emulator.InMemory(), emulator.WithAlibaba(emulator.AlibabaSettings{Deletion: -1}))
				return openCloud(t, em, providers.Host{DialContext: em.DialContext}, nil)
			},
			skip: map[string]string{
				"Page/WhileWriting":  "the cloud lists by page number: a key that goes moves those behind it to where they are not listed",
				"PutBatch/OverLimit": "the number of keys in a batch is the driver's choice; the vendor names none",
				"Service/OddNames":   "the emulator limits the names of namespaces, which is not documented",
			},
		},
		"tencent": {
			open: func(t testing.TB) driver.Service {
				em := emulator.NewTencent(emulator.InMemory())
				return openCloud(t, em, providers.Host{DialContext: em.DialContext}, nil)
			},
		},
		"cloudflare": {
			open: func(t testing.TB) driver.Service {
				em := emulator.NewCloudflare(emulator.InMemory())
				// With smaller batches the emulator takes more than is declared.
				return openCloud(t, em, providers.Host{DialContext: em.DialContext}, map[string]string{"bulk_batch": "10000"})
			},
		},
	} {
		t.Run(like, func(t *testing.T) {
			var cloud, local map[string]string
			t.Run("cloud", func(t *testing.T) {
				cloud = ended(kvtest.Run(t, kvtest.Harness{Name: like, Open: c.open, VirtualTime: true, Skip: c.skip}))
			})
			t.Run("local", func(t *testing.T) {
				local = ended(kvtest.Run(t, kvtest.Harness{Name: "local like " + like, VirtualTime: true, Open: func(t testing.TB) driver.Service {
					return openEntry(t, map[string]string{"driver": "local", "like": like}, providers.Host{})
				}}))
			})
			if cloud == nil || local == nil {
				return // the flag -run chose one
			}
			for _, name := range slices.Sorted(maps.Keys(cloud)) {
				want := cloud[name]
				if _, skipped := c.skip[name]; skipped {
					want = passes
				}
				if local[name] != want {
					t.Errorf("%s: the driver of the cloud %s, the local one %s", name, cloud[name], local[name])
				}
			}
			if len(local) != len(cloud) {
				t.Errorf("%d sub-tests of the cloud, %d of local", len(cloud), len(local))
			}
		})
	}
}

const passes = "passes"

// ended tells of each sub-test how it ended.
func ended(r kvtest.Report) map[string]string {
	all := map[string]string{}
	for _, name := range r.Passed {
		all[name] = passes
	}
	for _, name := range r.Failed {
		all[name] = "fails"
	}
	for name, why := range r.Skipped {
		all[name] = "is skipped: " + why
	}
	return all
}
