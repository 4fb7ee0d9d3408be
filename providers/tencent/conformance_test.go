package tencent

import (
	"os"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/kv/kvtest"
)

func TestConformance(t *testing.T) {
	kvtest.Run(t, kvtest.Harness{
		Name: "tencent, " + t.Name(),
		Open: func(t testing.TB) driver.Service {
			_, svc := emulated(t)
			return svc
		},
		VirtualTime: true,
		Secrets:     []string{emulator.TencentSecretKey},
	})
}

// The emulator as the vendor may also be: reads lag, pages are empty or out of order, keys are counted in characters.
func TestConformanceOddly(t *testing.T) {
	if testing.Short() {
		t.Skip("another variant of the same suite")
	}
	const lag = 5 * time.Second
	kvtest.Run(t, kvtest.Harness{
		Name: "tencent, " + t.Name(),
		Open: func(t testing.TB) driver.Service {
			_, svc := emulated(t, emulator.WithStaleReads(lag), emulator.WithTencent(emulator.TencentSettings{
				Token: canaryToken, ShuffleList: true, EmptyPages: 2,
			}))
			return svc
		},
		VirtualTime: true,
		Settle:      lag + time.Second,
		Secrets:     []string{emulator.TencentSecretKey, canaryToken},
	})
}

// TestConformanceLive runs against a real zone:
//
//	TENCENTCLOUD_SECRET_ID=… TENCENTCLOUD_SECRET_KEY=… CROSSCLOUD_TENCENT_ZONE=zone-… CROSSCLOUD_TENCENT_NAMESPACE=scratch \
//	  go test -run TestConformanceLive ./providers/tencent
//
// CROSSCLOUD_TENCENT_ENDPOINT is teo.tencentcloudapi.com for an account of the site in China. The namespace must exist;
// the suite writes keys into it and deletes those that it wrote. Reads are given 90 s to follow writes, so that the
// suite takes an hour or more.
func TestConformanceLive(t *testing.T) {
	zone, name := os.Getenv("CROSSCLOUD_TENCENT_ZONE"), os.Getenv("CROSSCLOUD_TENCENT_NAMESPACE")
	entry := map[string]string{
		"secret_id": os.Getenv(envSecretID), "secret_key": os.Getenv(envSecretKey), "token": os.Getenv(envToken[0]), "zone_id": zone,
	}
	if zone == "" || name == "" || entry["secret_id"] == "" || entry["secret_key"] == "" {
		t.Skip("needs an account: see the comment of this test")
	}
	if endpoint := os.Getenv("CROSSCLOUD_TENCENT_ENDPOINT"); endpoint != "" {
		entry["endpoint"] = endpoint
	}
	kvtest.Run(t, kvtest.Harness{
		Name:      "tencent, live",
		Open:      func(t testing.TB) driver.Service { return openService(t, entry, nil) },
		Namespace: name,
		Settle:    90 * time.Second,
		Secrets:   []string{entry["secret_key"]},
	})
}
