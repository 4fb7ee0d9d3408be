package tencent

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// Canaries stand for secrets of these tests.
const (
	canaryID    = "canary-id-5d1f"
	canaryKey   = "canary-key-77ab"
	canaryToken = "canary-token-c0de"
	canaryValue = "canary-value-9e3a"
)

type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// openService opens the service that a configuration's entry describes. It knows no environment.
func openService(t testing.TB, entry map[string]string, dial dialer) driver.Service {
	t.Helper()
	svc, err := drivertest.KV(t, "tencent", entry, providers.Host{DialContext: dial})
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

// emulated returns an emulator in memory and the service on it.
func emulated(t testing.TB, opts ...emulator.Option) (*emulator.Tencent, driver.Service) {
	t.Helper()
	em := emulator.NewTencent(append(opts, emulator.InMemory())...)
	t.Cleanup(em.Close)
	return em, openService(t, em.Provider(), em.DialContext)
}

// served returns a namespace of a server that answers as the handler does.
func served(t testing.TB, h http.HandlerFunc) (driver.Service, driver.Namespace) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	svc := openService(t, map[string]string{
		"secret_id": canaryID, "secret_key": canaryKey, "token": canaryToken, "zone_id": "zone-3j1xw7910arp", "endpoint": server.URL,
	}, nil)
	ns, err := svc.OpenNamespace(byName("ns-011"))
	if err != nil {
		t.Fatal(err)
	}
	return svc, ns
}

// method is one request of the driver, with arguments that all servers of these tests can answer.
type method struct {
	action string
	write  bool
	send   func(context.Context, driver.Service, driver.Namespace) error
}

// methods are all of the driver's.
var methods = []method{
	{actionDescribe, false, func(ctx context.Context, s driver.Service, _ driver.Namespace) error {
		_, err := s.ListNamespaces(ctx, &driver.ListNamespacesRequest{})
		return err
	}},
	{actionDescribe, false, func(ctx context.Context, s driver.Service, _ driver.Namespace) error {
		_, err := s.(driver.NamespaceGetter).GetNamespace(ctx, &driver.GetNamespaceRequest{NamespaceRef: byName("ns-011")})
		return err
	}},
	{actionCreate, true, func(ctx context.Context, s driver.Service, _ driver.Namespace) error {
		_, err := s.(driver.NamespaceCreator).CreateNamespace(ctx, &driver.CreateNamespaceRequest{Name: "ns-011"})
		return err
	}},
	{actionModify, true, func(ctx context.Context, s driver.Service, _ driver.Namespace) error {
		_, err := s.(driver.NamespaceDescriber).SetDescription(ctx, &driver.SetDescriptionRequest{NamespaceRef: byName("ns-011")})
		return err
	}},
	{actionRemove, true, func(ctx context.Context, s driver.Service, _ driver.Namespace) error {
		_, err := s.(driver.NamespaceDeleter).DeleteNamespace(ctx, &driver.DeleteNamespaceRequest{NamespaceRef: byName("ns-011")})
		return err
	}},
	{actionGet, false, func(ctx context.Context, _ driver.Service, n driver.Namespace) error {
		_, err := n.Get(ctx, &driver.GetRequest{Key: "hello"})
		return err
	}},
	{actionGet, false, func(ctx context.Context, _ driver.Service, n driver.Namespace) error {
		_, err := n.(driver.BatchGetter).GetBatch(ctx, &driver.GetBatchRequest{Keys: []string{"hello", "other"}})
		return err
	}},
	{actionPut, true, func(ctx context.Context, _ driver.Service, n driver.Namespace) error {
		_, err := n.Put(ctx, &driver.PutRequest{Key: "hello", Value: []byte(canaryValue)})
		return err
	}},
	{actionDelete, true, func(ctx context.Context, _ driver.Service, n driver.Namespace) error {
		_, err := n.Delete(ctx, &driver.DeleteRequest{Key: "hello"})
		return err
	}},
	{actionDelete, true, func(ctx context.Context, _ driver.Service, n driver.Namespace) error {
		_, err := n.(driver.BatchDeleter).DeleteBatch(ctx, &driver.DeleteBatchRequest{Keys: []string{"hello", "other"}})
		return err
	}},
	{actionList, false, func(ctx context.Context, _ driver.Service, n driver.Namespace) error {
		_, err := n.List(ctx, &driver.ListRequest{PageSize: 10})
		return err
	}},
}

func hook(f func(*policy.Event)) func(context.Context, *policy.Event) {
	return func(_ context.Context, e *policy.Event) { f(e) }
}
