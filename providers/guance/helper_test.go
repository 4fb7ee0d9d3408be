package guance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
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

func noEnvironment(string) (string, bool) { return "", false }

// tryOpen opens the service that a configuration's entry describes.
func tryOpen(t testing.TB, entry map[string]string, host providers.Host) (driver.Service, error) {
	t.Helper()
	if host.LookupEnv == nil {
		host.LookupEnv = noEnvironment
	}
	account, settings, err := drivertest.Open(t, "guance", entry, host)
	if err != nil {
		return nil, err
	}
	return account.(providers.Workspaces).Workspaces(t.Context(), settings)
}

func openService(t testing.TB, entry map[string]string, host providers.Host) driver.Service {
	t.Helper()
	svc, err := tryOpen(t, entry, host)
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

// says answers every request with one text.
func says(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); _, _ = io.WriteString(w, text) }
}

// succeeds answers every request with a content.
func succeeds(content string) http.HandlerFunc {
	return says(200, `{"code":200,"content":`+content+`,"errorCode":"","message":"","success":true,"traceId":"TRACE-1"}`)
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
	if err == nil {
		t.Errorf("%s: no error", what)
		return
	}
	text, _ := json.Marshal(err)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "err", err)
	shown := fmt.Sprintf("%v %+v %#v %s %q %s %s", err, err, err, err, err, text, log.String())
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		shown += fmt.Sprintf(" %v %+v %#v", cause, cause, cause)
	}
	for _, canary := range []string{canaryKey, canaryAccess, canarySecret, canaryReply} {
		if strings.Contains(shown, canary) {
			t.Errorf("%s: the error shows %q: %.300s", what, canary, shown)
		}
	}
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
