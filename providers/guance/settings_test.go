package guance_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/providers/guance/limits"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
	"github.com/crosscloud-sdk/crosscloud/workspace"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

func TestNames(t *testing.T) {
	for _, name := range []string{"guance", "truewatch"} {
		if d := providers.Lookup(name); d == nil || d.Name != "guance" {
			t.Errorf("%s: %v", name, d)
		}
	}
	for _, o := range providers.Lookup("guance").Options {
		if o.Doc == "" || !strings.HasSuffix(o.Doc, ".") {
			t.Errorf("the option %s is documented by %q", o.Name, o.Doc)
		}
	}
}

// dialled is the address that a request goes to.
func dialled(t *testing.T, entry map[string]string) (string, error) {
	t.Helper()
	address := ""
	svc, err := drivertest.Workspaces(t, "guance", entry, providers.Host{DialContext: func(_ context.Context, _, to string) (net.Conn, error) {
		address = to
		return nil, net.ErrClosed
	}})
	if err != nil {
		return "", err
	}
	_, _ = svc.Get(t.Context(), &driver.GetRequest{ID: "w"})
	return address, nil
}

func TestEndpoints(t *testing.T) {
	key := map[string]string{"api_key": "k"}
	signed := map[string]string{"api": "external", "access_key": "a", "secret_key": "s"}
	for name, c := range map[string]struct {
		base, entry map[string]string
		want        string // the address, or what the refusal says
	}{
		"Hangzhou":           {key, map[string]string{"site": "hangzhou"}, "openapi.guance.com:443"},
		"Ningxia":            {key, map[string]string{"site": "ningxia"}, "aws-openapi.guance.com:443"},
		"Guangzhou":          {key, map[string]string{"site": "guangzhou"}, "cn4-openapi.guance.com:443"},
		"21Vianet":           {key, map[string]string{"site": "vnet"}, "cn5-openapi.guance.com:443"},
		"Hong Kong":          {key, map[string]string{"site": "hongkong"}, "cn6-openapi.guance.one:443"},
		"Oregon":             {key, map[string]string{"site": "oregon"}, "us1-openapi.guance.com:443"},
		"Frankfurt":          {key, map[string]string{"site": "frankfurt"}, "eu1-openapi.guance.one:443"},
		"Singapore":          {key, map[string]string{"site": "singapore"}, "ap1-openapi.guance.one:443"},
		"South Africa":       {key, map[string]string{"site": "southafrica"}, "za1-openapi.guance.com:443"},
		"Jakarta":            {key, map[string]string{"site": "jakarta"}, "id1-openapi.guance.com:443"},
		"UAE":                {key, map[string]string{"site": "uae"}, "me1-openapi.guance.com:443"},
		"TW Oregon":          {key, map[string]string{"site": "truewatch-oregon"}, "us1-openapi.truewatch.com:443"},
		"TW Frankfurt":       {key, map[string]string{"site": "truewatch-frankfurt"}, "eu1-openapi.truewatch.com:443"},
		"TW Singapore":       {key, map[string]string{"site": "truewatch-singapore"}, "ap1-openapi.truewatch.com:443"},
		"TW South Africa":    {key, map[string]string{"site": "truewatch-southafrica"}, "za1-openapi.truewatch.com:443"},
		"TW Jakarta":         {key, map[string]string{"site": "truewatch-jakarta"}, "id1-openapi.truewatch.com:443"},
		"endpoint":           {key, map[string]string{"endpoint": "openapi.example.com:8443"}, "openapi.example.com:8443"},
		"endpoint over site": {key, map[string]string{"site": "uae", "endpoint": "https://openapi.example.com"}, "openapi.example.com:443"},
		"plain":              {key, map[string]string{"endpoint": "http://openapi.example.com"}, "!not https"},
		"plain allowed":      {key, map[string]string{"endpoint": "http://openapi.example.com", "allow_plaintext": "true"}, "openapi.example.com:80"},
		"nowhere":            {key, nil, "!say the site"},
		"unknown site":       {key, map[string]string{"site": "zhangjiakou"}, "!accepted are hangzhou"},
		"prefix":             {key, map[string]string{"endpoint": "https://openapi.example.com/api/v1/"}, "!leave out /api/v1"},
		"external":           {signed, map[string]string{"endpoint": "http://external-api.dataflux.cn", "allow_plaintext": "true"}, "external-api.dataflux.cn:80"},
		"external, plain":    {signed, map[string]string{"endpoint": "http://external-api.dataflux.cn"}, "!not https"},
		"external, nowhere":  {signed, nil, "!needs endpoint"},
		"external at a site": {signed, map[string]string{"site": "hangzhou"}, "!needs endpoint"},
		"unknown api":        {key, map[string]string{"api": "inner"}, "!accepted are open, external"},
	} {
		entry := maps.Clone(c.base)
		maps.Copy(entry, c.entry)
		got, err := dialled(t, entry)
		if refusal, refused := strings.CutPrefix(c.want, "!"); refused {
			if errs.CodeOf(err) != errs.InvalidArgument || !strings.Contains(err.Error(), refusal) {
				t.Errorf("%s: %v, want %s", name, err, refusal)
			}
		} else if err != nil || got != c.want {
			t.Errorf("%s: %s, %v, want %s", name, got, err, c.want)
		}
	}
}

func TestCredentials(t *testing.T) {
	for name, c := range map[string]struct {
		entry map[string]string
		want  string
	}{
		"no key":          {map[string]string{"site": "oregon"}, "GUANCE_ACCESS_TOKEN"},
		"no secret key":   {map[string]string{"api": "external", "endpoint": "e.example.com", "access_key": canaryAccess}, "secret_key"},
		"no access key":   {map[string]string{"api": "external", "endpoint": "e.example.com", "secret_key": canarySecret}, "access_key"},
		"broken key":      {map[string]string{"site": "oregon", "api_key": canaryKey + "\nX: 1"}, "api_key has a character"},
		"broken access":   {map[string]string{"api": "external", "endpoint": "e.example.com", "access_key": canaryAccess + "é", "secret_key": canarySecret}, "access_key has a character"},
		"key of external": {map[string]string{"api": "external", "endpoint": "e.example.com", "api_key": canaryKey}, "access_key"},
	} {
		_, err := drivertest.Workspaces(t, "guance", c.entry, providers.Host{})
		if errs.CodeOf(err) != errs.Unauthenticated || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		leakFree(t, name, err)
	}
	// What only the other API knows is not dropped: a missing api: external would stay unseen.
	for _, other := range []string{"access_key", "secret_key"} {
		_, err := drivertest.Workspaces(t, "guance", map[string]string{"site": "oregon", "api_key": "k", other: canarySecret}, providers.Host{})
		if errs.CodeOf(err) != errs.InvalidArgument || !strings.Contains(err.Error(), "api: external") {
			t.Errorf("%s: %v", other, err)
		}
		leakFree(t, other, err)
	}
	// The variable of the vendor's Terraform provider, which what is said beats.
	em := emulator.NewGuance(emulator.InMemory())
	t.Cleanup(em.Close)
	env := func(name string) (string, bool) {
		return map[string]string{"GUANCE_ACCESS_TOKEN": emulator.GuanceAPIKey}[name], name == "GUANCE_ACCESS_TOKEN"
	}
	entry := em.Provider()
	delete(entry, "api_key")
	svc := openService(t, entry, providers.Host{DialContext: em.DialContext, LookupEnv: env})
	if _, err := svc.Get(t.Context(), &driver.GetRequest{}); err != nil {
		t.Error(err)
	}
	entry["api_key"] = "another"
	svc = openService(t, entry, providers.Host{DialContext: em.DialContext, LookupEnv: env})
	if _, err := svc.Get(t.Context(), &driver.GetRequest{}); errs.CodeOf(err) != errs.Unauthenticated {
		t.Error(err)
	}
}

// Budgets are those of the pages, of each key, and do not tell the key.
func TestOperations(t *testing.T) {
	classes := map[string]policy.Idempotency{
		driver.OpGet: policy.ReadOnly, driver.OpCreate: policy.NonIdempotent, driver.OpUpdate: policy.Idempotent, driver.OpAPIKeys: policy.ReadOnly,
		driver.OpCreateAPIKey: policy.NonIdempotent, driver.OpDeleteAPIKey: policy.Idempotent, driver.OpList: policy.ReadOnly, driver.OpDelete: policy.Idempotent,
		driver.OpUsageLimits: policy.ReadOnly, driver.OpSetUsageLimits: policy.Idempotent, driver.OpTransferOwner: policy.NonIdempotent,
	}
	principals := map[string]bool{}
	for _, api := range []string{"open", "external"} {
		svc := openService(t, entryOf(api, "https://o.example.com"), providers.Host{})
		rows := svc.Operations()
		if len(rows) != len(methodsOf(api)) {
			t.Errorf("%s: %d rows", api, len(rows))
		}
		for _, row := range rows {
			if class, known := classes[row.Name]; !known || class != row.Idempotency || row.Action == "" || len(row.Budgets) != 1 {
				t.Errorf("%+v", row)
				continue
			}
			b := row.Budgets[0]
			principals[b.Principal] = true
			want := []ratelimit.Limit{{N: 20, Per: time.Minute, Margin: time.Second}, {N: 200, Per: time.Minute, Margin: time.Second}}
			if api == "external" {
				want = []ratelimit.Limit{{Adaptive: true}}
			}
			if b.Endpoint != "o.example.com" || b.Action != "" || !reflect.DeepEqual(b.Limits, want) {
				t.Errorf("%+v", b)
			}
			if shown := fmt.Sprint(row); strings.Contains(shown, "canary") {
				t.Errorf("the row shows the key: %s", shown)
			}
		}
	}
	other := entryOf("open", "https://o.example.com")
	other["api_key"] = "another"
	principals[openService(t, other, providers.Host{}).Operations()[0].Budgets[0].Principal] = true
	if len(principals) != 3 {
		t.Errorf("three credentials have the principals %v", principals)
	}
}

func TestCapabilities(t *testing.T) {
	for api, want := range map[string]driver.Capabilities{"open": limits.Open(), "external": limits.External()} {
		if got := openService(t, entryOf(api, "https://o.example.com"), providers.Host{}).Capabilities(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v", api, got)
		}
	}
}

// Forty calls, as fast as they may be, keep within the emulator's 20 a minute.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, drv := emulated(t, "open", emulator.GuanceSettings{})
		svc, err := workspace.NewService(drv, workspace.ServiceOptions{Policy: policy.Policy{Limiters: new(ratelimit.Pool)}})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for range 41 {
			if _, err := svc.Get(t.Context(), ""); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took < 2*time.Minute || took > 3*time.Minute || len(em.Requests()) != 41 {
			t.Errorf("%d requests in %v", len(em.Requests()), took)
		}
	})
}

// Each request is signed anew, after the page, by the program's clock; the path is the one that is sent.
func TestSignature(t *testing.T) {
	at := time.Unix(1700000000, 999)
	nonces := map[string]bool{}
	var faults []string
	svc := served(t, "external", func(w http.ResponseWriter, r *http.Request) {
		faults = append(faults, checkSignature(r, nonces, time.Now())...)
		succeeds(`{"uuid":"w","sk":"s"}`)(w, r)
	})
	for _, m := range methodsOf("external") {
		_ = m.send(t.Context(), svc)
		_ = m.send(t.Context(), svc)
	}
	_, _ = svc.Get(t.Context(), &driver.GetRequest{ID: "a/b c?é"})
	if len(nonces) != 2*len(methodsOf("external"))+1 {
		t.Errorf("%d nonces", len(nonces))
	}
	// By another clock.
	em := emulator.NewGuance(emulator.InMemory(), emulator.WithClock(func() time.Time { return at }))
	t.Cleanup(em.Close)
	for clock, want := range map[time.Time]errs.Code{at: "", at.Add(50 * time.Second): "", at.Add(2 * time.Minute): errs.Unauthenticated} {
		svc := openService(t, em.ExternalProvider(), providers.Host{DialContext: em.DialContext, Now: func() time.Time { return clock }})
		if _, err := svc.(driver.Lister).List(t.Context(), &driver.ListRequest{}); errs.CodeOf(err) != want {
			t.Errorf("at %v: %v", clock, err)
		}
	}
	for _, fault := range faults {
		t.Error(fault)
	}
}

// checkSignature is what a server does, which only sees the request.
func checkSignature(r *http.Request, nonces map[string]bool, now time.Time) (faults []string) {
	body, nonce := readAll(r), r.Header.Get("X-Df-Nonce")
	var seconds int64
	_, _ = fmt.Sscan(r.Header.Get("X-Df-Timestamp"), &seconds)
	at := time.Unix(seconds, 0)
	want := signedByHand(r.Method, r.RequestURI, body, nonce, at, canaryAccess, canarySecret)
	for name := range want {
		if r.Header.Get(name) != want.Get(name) {
			faults = append(faults, fmt.Sprintf("%s %s: %s is %q, want %q", r.Method, r.RequestURI, name, r.Header.Get(name), want.Get(name)))
		}
	}
	if r.Header.Get("Content-Type") != "application/json" || now.Sub(at).Abs() > 5*time.Second || nonces[nonce] || len(nonce) < 16 {
		faults = append(faults, fmt.Sprintf("%s: content type, time or nonce: %v", r.RequestURI, r.Header))
	}
	nonces[nonce] = true
	return faults
}

// A vector worked out with another program (openssl dgst -sha256 -hmac).
func TestSignatureVector(t *testing.T) {
	h := signedByHand("GET", "/api/v1/workspace/list?pageIndex=1&pageSize=100", "", "nonce", time.Unix(1700000000, 0), "ak", "sk")
	const want = "7bca2ce531abb56681376e053a480b39bcfe50d75c5bd5052addac73c10a8129"
	if got := h.Get("X-Df-Signature"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// The key is in no URL, and in its header only.
func TestKeyStaysInItsHeader(t *testing.T) {
	var faults []string
	svc := served(t, "open", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("DF-API-KEY") != canaryKey || strings.Contains(r.RequestURI+readAll(r), canaryKey) || len(r.Header["Authorization"]) > 0 {
			faults = append(faults, r.Method+" "+r.RequestURI)
		}
		succeeds(`{"uuid":"w","sk":"s"}`)(w, r)
	})
	for _, m := range methodsOf("open") {
		_ = m.send(t.Context(), svc)
	}
	if len(faults) > 0 {
		t.Error(faults)
	}
}

// Each workspace of a configuration may have a key of its own.
func TestKeysOfResources(t *testing.T) {
	em, drv := emulated(t, "open", emulator.GuanceSettings{})
	made, err := drv.(driver.Creator).Create(t.Context(), &driver.CreateRequest{Name: "second", APIKeyName: "k"})
	if err != nil {
		t.Fatal(err)
	}
	client, err := crosscloud.Open(t.Context(), crosscloud.WithProvider("watch", crosscloud.Entry(em.Provider())), crosscloud.WithDialContext(em.DialContext),
		crosscloud.WithWorkspace("first", crosscloud.Entry{"provider": "watch"}),
		crosscloud.WithWorkspace("second", crosscloud.Entry{"provider": "watch", "api_key": made.APIKey.Secret.Reveal(), "workspace": made.Workspace.ID}))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, name := range []string{"first", "second"} {
		w, err := client.Workspace(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := w.Describe(t.Context()); err != nil || info.Name != name {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}
