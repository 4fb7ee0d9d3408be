package tencent

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

func TestRegistered(t *testing.T) {
	for _, name := range []string{"tencent", "edgeone", "teo"} {
		d := providers.Lookup(name)
		if d == nil || d.Name != "tencent" {
			t.Fatalf("%s is %v", name, d)
		}
		for _, o := range d.Options {
			if o.Doc == "" {
				t.Errorf("option %s has no documentation", o.Name)
			}
		}
	}
}

func TestSettings(t *testing.T) {
	type m = map[string]string
	for _, c := range []struct {
		entry m
		want  string // of the error, empty for success
		code  errs.Code
	}{
		{m{}, "", ""},
		{m{"zone_id": ""}, "zone_id", errs.InvalidArgument},
		{m{"zone_id": " "}, "zone_id", errs.InvalidArgument},
		{m{"endpoint": "http://teo.example.com"}, "allow_plaintext", errs.InvalidArgument},
		{m{"endpoint": "http://teo.example.com", "allow_plaintext": "true"}, "", ""},
		{m{"endpoint": "https://user@teo.example.com"}, "user name", errs.InvalidArgument},
		{m{"endpoint": "http://127.0.0.1:1"}, "", ""},
		{m{"endpoint": "https://teo.example.com/api"}, "endpoint: teo.example.com has a path", errs.InvalidArgument},
		{m{"credentials": "guess"}, "static, chain", errs.InvalidArgument},
		{m{"language": "de"}, "en-US, zh-CN", errs.InvalidArgument},
		{m{"secret_key": canaryKey + "\n"}, "white space", errs.InvalidArgument},
	} {
		entry := m{"secret_id": canaryID, "secret_key": canaryKey, "zone_id": "z"}
		for name, text := range c.entry {
			entry[name] = text
		}
		_, err := drivertest.KV(t, "tencent", entry, providers.Host{})
		if errs.CodeOf(err) != c.code || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v", c.entry, err)
		}
		if err != nil {
			checkNoSecrets(t, err)
		}
	}
}

// The account may be opened without a zone; a resource needs one.
func TestZonePerResource(t *testing.T) {
	d := providers.Lookup("tencent")
	values := providers.Values{"secret_id": {Text: "i"}, "secret_key": {Text: "k"}}
	host := providers.Host{LookupEnv: drivertest.Env(nil)}
	settings, err := d.ResolveAccount(values, host)
	if err != nil {
		t.Fatal(err)
	}
	account, err := d.Open(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	defer account.Close()
	if settings, err = d.Resolve(values, host); err != nil {
		t.Fatal(err)
	}
	if _, err := account.(providers.KV).KV(t.Context(), settings); errs.CodeOf(err) != errs.InvalidArgument || !strings.Contains(err.Error(), "zone_id") {
		t.Error(err)
	}
	for _, zone := range []string{"zone-a", "zone-b"} {
		settings, err := d.Resolve(values.Overlay(providers.Values{"zone_id": {Text: zone}, "endpoint": {Text: zone + ".example.com"}}), host)
		if err != nil {
			t.Fatal(err)
		}
		svc, err := account.(providers.KV).KV(t.Context(), settings)
		if s, ok := svc.(*service); err != nil || !ok || s.zone != zone || s.api.endpoint.Host != zone+".example.com" {
			t.Error(svc, err)
		}
	}
}

// What a request says besides its body.
func TestHeaders(t *testing.T) {
	var seen http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header
		_, _ = io.WriteString(w, `{"Response":{"RequestId":"r","KVNamespaces":[],"TotalCount":0}}`)
	}))
	defer server.Close()
	entry := map[string]string{"secret_id": "i", "secret_key": "k", "token": canaryToken, "zone_id": "z", "endpoint": server.URL, "language": "zh-CN"}
	for _, token := range []string{canaryToken, ""} {
		entry["token"] = token
		if _, err := openService(t, entry, nil).ListNamespaces(t.Context(), &driver.ListNamespacesRequest{}); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"X-TC-Token": token, "X-TC-Language": "zh-CN", "X-TC-Region": "", "X-TC-Action": actionDescribe, "X-TC-Version": "2022-09-01",
			"User-Agent": "crosscloud-go", "Content-Type": "application/json",
		} {
			if got := seen.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	}
}

// Nothing of an open service prints its credentials.
func TestPrinting(t *testing.T) {
	svc := openService(t, map[string]string{"secret_id": canaryID, "secret_key": canaryKey, "token": canaryToken, "zone_id": "z"}, nil).(*service)
	held, err := svc.api.account.credentials.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kept := &finder{find: func() (found, error) { return found{Credential: held, Fresh: time.Hour}, nil }}
	if _, err := kept.get(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{svc, *svc.api, *svc.api.account, held, &held, kept} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			checkNoSecrets(t, fmt.Errorf(verb, v))
		}
	}
}

// Requests are signed by the program's clock.
func TestClock(t *testing.T) {
	now := func() time.Time { return time.Date(2040, 2, 3, 4, 5, 6, 0, time.UTC) }
	em := emulator.NewTencent(emulator.InMemory(), emulator.WithClock(now))
	t.Cleanup(em.Close)
	svc, err := drivertest.KV(t, "tencent", em.Provider(), providers.Host{DialContext: em.DialContext, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := svc.ListNamespaces(t.Context(), &driver.ListNamespacesRequest{}); err != nil {
		t.Error(err)
	}
}
