package local_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/kv/kvtest"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
)

// Every disguise of the driver keeps the contract, in memory; the file is tried once, and what is stale once.
func TestConformance(t *testing.T) {
	for name, c := range map[string]struct {
		file bool
		local.KVOptions
	}{
		"memory": {}, "file": {file: true}, "alibaba": {KVOptions: local.KVOptions{Like: "alibaba"}}, "tencent": {KVOptions: local.KVOptions{Like: "tencent"}},
		"cloudflare": {KVOptions: local.KVOptions{Like: "cloudflare"}}, "stale": {KVOptions: local.KVOptions{Stale: time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.Like != "" && testing.Short() {
				t.Skip("another variant of the same suite")
			}
			kvtest.Run(t, kvtest.Harness{
				Name: "local, " + t.Name(),
				Open: func(t testing.TB) driver.Service {
					options := local.Options{NoSync: true}
					if c.file {
						options.Path = filepath.Join(t.TempDir(), "kv.db")
					}
					a, err := local.Open(options)
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() {
						if err := a.Close(); err != nil {
							t.Error(err)
						}
					})
					service, err := a.KVService(c.KVOptions)
					if err != nil {
						t.Fatal(err)
					}
					return service
				},
				VirtualTime: true,
				Settle:      c.Stale,
			})
		})
	}
}
