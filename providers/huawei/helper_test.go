package huawei

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/internal/rsapool"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// Canaries stand for secrets of these tests.
const (
	canaryAccess    = "canary-access-5d1f"
	canaryKey       = "canary-key-77ab"
	canaryToken     = "canary-token-c0de"
	canaryAuth      = "canary-auth-91f2"
	canaryPlaintext = "canary-plaintext-9e3a"
)

type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// open opens the service that a configuration's entry describes. It knows no environment.
func openService(t testing.TB, entry map[string]string, dial dialer) driver.Service {
	t.Helper()
	svc, err := drivertest.KMS(t, "huawei", entry, providers.Host{DialContext: dial})
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

// rsaKeys are made once in a run of the tests.
var rsaKeys rsapool.Pool

// emulated returns an emulator in memory and the service on it.
func emulated(t testing.TB, settings emulator.HuaweiKMSSettings, opts ...emulator.Option) (*emulator.HuaweiKMS, driver.Service) {
	t.Helper()
	settings.RSAKey = rsaKeys.Source()
	if settings.KeyLimit == 0 {
		settings.KeyLimit = 1000
	}
	em := emulator.NewHuaweiKMS(append(opts, emulator.InMemory(), emulator.WithHuaweiKMS(settings))...)
	t.Cleanup(em.Close)
	return em, openService(t, em.Provider(), em.DialContext)
}

// portable returns the portable service over a driver, with limiters of its own.
func portable(t testing.TB, drv driver.Service) *kms.Service {
	t.Helper()
	s, err := kms.NewService(drv, kms.ServiceOptions{Provider: "huawei", Policy: policy.Policy{Limiters: new(ratelimit.Pool)}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// served returns the service of a server that answers as the handler does.
func served(t testing.TB, h http.HandlerFunc) *service {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return openService(t, map[string]string{
		"access_key": canaryAccess, "secret_key": canaryKey, "security_token": canaryToken,
		"region": "cn-north-4", "project_id": "p-1", "endpoint": server.URL,
	}, nil).(*service)
}
