package guance_test

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/providers"
	_ "github.com/crosscloud-sdk/crosscloud/providers/guance"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// Canaries stand for secrets of these tests.
const (
	canaryKey    = "canary-api-key-5d1f"
	canaryAccess = "canary-access-77ab"
	canarySecret = "canary-secret-c0de"
	canaryReply  = "canary-told-9e3a" // a secret in a reply
)

func openService(t testing.TB, entry map[string]string, host providers.Host) driver.Service {
	t.Helper()
	svc, err := drivertest.Workspaces(t, "guance", entry, host)
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

// entryOf returns the entry of one of the APIs at an address.
func entryOf(api, url string) map[string]string {
	entry := map[string]string{"api": api, "endpoint": url}
	if api == "external" {
		maps.Copy(entry, map[string]string{"access_key": canaryAccess, "secret_key": canarySecret})
	} else {
		entry["api_key"] = canaryKey
	}
	return entry
}

// served returns the service of a server that answers as the handler does.
func served(t testing.TB, api string, h http.HandlerFunc) driver.Service {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return openService(t, entryOf(api, server.URL), providers.Host{})
}

// succeeds answers every request with a content.
func succeeds(content string) http.HandlerFunc {
	return drivertest.Says(200, `{"code":200,"content":`+content+`,"errorCode":"","message":"","success":true,"traceId":"TRACE-1"}`)
}

// emulated returns an emulator in memory and the service of one of its APIs.
func emulated(t testing.TB, api string, settings emulator.GuanceSettings, opts ...emulator.Option) (*emulator.Guance, driver.Service) {
	t.Helper()
	em := emulator.NewGuance(append(opts, emulator.InMemory(), emulator.WithGuance(settings))...)
	t.Cleanup(em.Close)
	entry := em.Provider()
	if api == "external" {
		entry = em.ExternalProvider()
	}
	return em, openService(t, entry, providers.Host{DialContext: em.DialContext})
}

// method is one request of the driver.
type method struct {
	op    string
	write bool
	send  func(context.Context, driver.Service) error
}

func name(s string) *string { return &s }

// methodsOf returns those of an API.
func methodsOf(api string) []method {
	all := []method{
		{driver.OpGet, false, func(ctx context.Context, s driver.Service) error {
			_, err := s.Get(ctx, &driver.GetRequest{ID: "wksp_1"})
			return err
		}},
		{driver.OpCreate, true, func(ctx context.Context, s driver.Service) error {
			r := &driver.CreateRequest{Name: "n"}
			if api == "external" {
				r.Options = map[string]string{"owner_uuid": "acnt_1"}
			}
			_, err := s.(driver.Creator).Create(ctx, r)
			return err
		}},
		{driver.OpUpdate, true, func(ctx context.Context, s driver.Service) error {
			_, err := s.(driver.Updater).Update(ctx, &driver.UpdateRequest{ID: "wksp_1", Name: name("n")})
			return err
		}},
		{driver.OpCreateAPIKey, true, func(ctx context.Context, s driver.Service) error {
			_, err := s.(driver.APIKeyCreator).CreateAPIKey(ctx, &driver.CreateAPIKeyRequest{WorkspaceID: "wksp_1", Name: "n"})
			return err
		}},
	}
	if api == "open" {
		return append(all, method{driver.OpAPIKeys, false, func(ctx context.Context, s driver.Service) error {
			_, err := s.(driver.APIKeyLister).APIKeys(ctx, &driver.APIKeysRequest{})
			return err
		}}, method{driver.OpDeleteAPIKey, true, func(ctx context.Context, s driver.Service) error {
			_, err := s.(driver.APIKeyDeleter).DeleteAPIKey(ctx, &driver.DeleteAPIKeyRequest{KeyID: "wsak_1"})
			return err
		}})
	}
	return append(all, method{driver.OpList, false, func(ctx context.Context, s driver.Service) error {
		_, err := s.(driver.Lister).List(ctx, &driver.ListRequest{})
		return err
	}}, method{driver.OpDelete, true, func(ctx context.Context, s driver.Service) error {
		_, err := s.(driver.Deleter).Delete(ctx, &driver.DeleteRequest{ID: "wksp_1"})
		return err
	}}, method{driver.OpUsageLimits, false, func(ctx context.Context, s driver.Service) error {
		_, err := s.(driver.UsageLimiter).UsageLimits(ctx, &driver.UsageLimitsRequest{WorkspaceID: "wksp_1"})
		return err
	}}, method{driver.OpSetUsageLimits, true, func(ctx context.Context, s driver.Service) error {
		_, err := s.(driver.UsageLimiter).SetUsageLimits(ctx, &driver.SetUsageLimitsRequest{WorkspaceID: "wksp_1", Limits: map[string]driver.UsageLimit{"rum": {Value: "1"}}})
		return err
	}}, method{driver.OpTransferOwner, true, func(ctx context.Context, s driver.Service) error {
		_, err := s.(driver.OwnerTransferrer).TransferOwner(ctx, &driver.TransferOwnerRequest{WorkspaceID: "wksp_1", AccountID: "acnt_2"})
		return err
	}})
}

// leakFree reports a failure where an error shows a secret, whatever prints it.
func leakFree(t *testing.T, what string, err error) {
	t.Helper()
	drivertest.CheckHides(t, what, err, canaryKey, canaryAccess, canarySecret, canaryReply)
}

func typed(t *testing.T, err error) *errs.Error {
	t.Helper()
	e, ok := err.(*errs.Error)
	if !ok {
		t.Fatalf("%T: %v", err, err)
	}
	return e
}

func readAll(r *http.Request) string {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
