package alibaba

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// Canaries stand for secrets of these tests.
const (
	canaryID    = "canary-id-5d1f"
	canaryKey   = "canary-secret-77ab"
	canaryToken = "canary-token-c0de"
	canaryValue = "canary-value-9e3a"
)

var canaries = credential{secret.New(canaryID), secret.New(canaryKey), secret.New(canaryToken)}

type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// openService opens the service that a configuration's entry describes. It knows no environment.
func openService(t testing.TB, entry map[string]string, dial dialer) driver.Service {
	t.Helper()
	svc, err := drivertest.KV(t, "alibaba", entry, providers.Host{DialContext: dial})
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

// emulated returns an emulator in memory and the service on it, which may upload. The bubble's address is that of the
// bucket.
func emulated(t testing.TB, config emulator.AlibabaSettings, large bool, opts ...emulator.Option) (*emulator.Alibaba, driver.Service) {
	t.Helper()
	config.UploadBucket, config.UploadEndpoint = "bucket", "oss-cn-hangzhou.aliyuncs.com"
	em := emulator.NewAlibaba(append(opts, emulator.InMemory(), emulator.WithAlibaba(config))...)
	t.Cleanup(em.Close)
	entry := em.Provider()
	if large {
		entry["high_capacity"], entry["open_platform_endpoint"], entry["upload_endpoint"] = "true", em.URL(), em.URL()
	}
	return em, openService(t, entry, em.DialContext)
}

func byName(name string) driver.NamespaceRef { return driver.NamespaceRef{Name: name, ID: name} }

// served returns the service and a namespace of a server that answers as the handler does.
func served(t testing.TB, h http.HandlerFunc) (driver.Service, driver.Namespace) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	svc := openService(t, map[string]string{
		"access_key_id": canaryID, "access_key_secret": canaryKey, "security_token": canaryToken, "region": "cn-hangzhou",
		"endpoint": server.URL, "high_capacity": "true", "open_platform_endpoint": server.URL, "upload_endpoint": server.URL,
	}, nil)
	ns, err := svc.OpenNamespace(byName("test_namespace"))
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

// methods are all of the driver's that are one request.
var methods = []method{
	{actionAccount, false, func(ctx context.Context, s driver.Service, _ driver.Namespace) error {
		_, err := s.ListNamespaces(ctx, &driver.ListNamespacesRequest{})
		return err
	}},
	{actionDescribe, false, func(ctx context.Context, s driver.Service, _ driver.Namespace) error {
		_, err := s.(driver.NamespaceGetter).GetNamespace(ctx, &driver.GetNamespaceRequest{NamespaceRef: byName("test_namespace")})
		return err
	}},
	{actionCreate, true, func(ctx context.Context, s driver.Service, _ driver.Namespace) error {
		_, err := s.(driver.NamespaceCreator).CreateNamespace(ctx, &driver.CreateNamespaceRequest{Name: "test_namespace", Description: "d"})
		return err
	}},
	{actionRemove, true, func(ctx context.Context, s driver.Service, _ driver.Namespace) error {
		_, err := s.(driver.NamespaceDeleter).DeleteNamespace(ctx, &driver.DeleteNamespaceRequest{NamespaceRef: byName("test_namespace")})
		return err
	}},
	{actionGet, false, func(ctx context.Context, _ driver.Service, n driver.Namespace) error {
		_, err := n.Get(ctx, &driver.GetRequest{Key: "hello"})
		return err
	}},
	{actionDetail, false, func(ctx context.Context, _ driver.Service, n driver.Namespace) error {
		_, err := n.(driver.Inspector).Inspect(ctx, &driver.InspectRequest{Key: "hello", WantExpiry: true})
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
	{actionList, false, func(ctx context.Context, _ driver.Service, n driver.Namespace) error {
		_, err := n.List(ctx, &driver.ListRequest{PageSize: 10})
		return err
	}},
	{actionBatchPut, true, func(ctx context.Context, _ driver.Service, n driver.Namespace) error {
		_, err := n.(driver.BatchPutter).PutBatch(ctx, &driver.PutBatchRequest{Items: []*driver.PutRequest{{Key: "hello", Value: []byte(canaryValue)}}})
		return err
	}},
	{actionBatchDelete, true, func(ctx context.Context, _ driver.Service, n driver.Namespace) error {
		_, err := n.(driver.BatchDeleter).DeleteBatch(ctx, &driver.DeleteBatchRequest{Keys: []string{"hello"}})
		return err
	}},
}
