package cloudflare

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// canary is the token of tests; it must be in no error.
const canary = "canary-token-0123456789"

// openService opens a service with the given options.
func openService(t testing.TB, options map[string]string, dial func(context.Context, string, string) (net.Conn, error)) kvdriver.Service {
	t.Helper()
	svc, err := drivertest.KV(t, "cloudflare", options, providers.Host{DialContext: dial})
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

// serve opens a service, and a namespace of the id "ns", whose requests are answered by handle.
func serve(t testing.TB, handle http.HandlerFunc) (*service, *namespace) {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	svc := openService(t, map[string]string{"account_id": "acc", "api_token": canary, "endpoint": server.URL + "/client/v4"}, nil)
	ns, err := svc.OpenNamespace(kvdriver.NamespaceRef{Name: "title", ID: "ns"})
	if err != nil {
		t.Fatal(err)
	}
	return svc.(*service), ns.(*namespace)
}

// answers returns a handler that always answers the same.
func answers(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cf-Ray", "ray-1")
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// typed returns the error of the module that err is.
func typed(t testing.TB, err error) *errs.Error {
	t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		t.Fatalf("%T is no *errs.Error: %v", err, err)
	}
	return e
}
