package alibaba

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

func openCMS(t testing.TB, entry map[string]string, host providers.Host) driver.Service {
	t.Helper()
	svc, err := drivertest.Workspaces(t, "alibaba", entry, host)
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

// emulatedCMS returns an emulator in memory and the service on it.
func emulatedCMS(t testing.TB, settings emulator.AlibabaCMSSettings, said map[string]string, opts ...emulator.Option) (*emulator.AlibabaCMS, driver.Service) {
	t.Helper()
	em := emulator.NewAlibabaCMS(append(opts, emulator.InMemory(), emulator.WithAlibabaCMS(settings))...)
	t.Cleanup(em.Close)
	entry := em.Provider()
	for name, text := range said {
		entry[name] = text
	}
	return em, openCMS(t, entry, providers.Host{DialContext: em.DialContext})
}

// servedCMS returns the service of a server that answers as the handler does.
func servedCMS(t testing.TB, h http.HandlerFunc) driver.Service {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return openCMS(t, map[string]string{
		"access_key_id": canaryID, "access_key_secret": canaryKey, "security_token": canaryToken, "region": "cn-shanghai", "cms_endpoint": server.URL, "sls_project": "logs",
	}, providers.Host{})
}

// cmsMethod is one request of the driver.
type cmsMethod struct {
	action string
	write  bool
	send   func(context.Context, driver.Service) error
}

var cmsMethods = []cmsMethod{
	{actionGetSpace, false, func(ctx context.Context, s driver.Service) error {
		_, err := s.Get(ctx, &driver.GetRequest{ID: "checkout"})
		return err
	}},
	{actionPutSpace, true, func(ctx context.Context, s driver.Service) error {
		_, err := s.(driver.Creator).Create(ctx, &driver.CreateRequest{Name: "checkout"})
		return err
	}},
	{actionListSpace, false, func(ctx context.Context, s driver.Service) error {
		_, err := s.(driver.Lister).List(ctx, &driver.ListRequest{})
		return err
	}},
	{actionDelSpace, true, func(ctx context.Context, s driver.Service) error {
		_, err := s.(driver.Deleter).Delete(ctx, &driver.DeleteRequest{ID: "checkout"})
		return err
	}},
}
