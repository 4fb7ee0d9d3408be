package emulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// Whatever is sent, there is an answer, and one of the vendor's form.
func fuzzCloudflare() (fuzzed fuzzEmulator) {
	at := "/client/v4/accounts/fa4e00000000000000000000acc00001/storage/kv/namespaces"
	ns := at + "/NS"
	form, formType := cloudflareForm("value", "v", "metadata", "{}")
	for _, seed := range [][5]string{
		{"GET", at, "page=1&per_page=2&order=title&direction=desc", "", ""},
		{"POST", at, "", "", `{"title":"x"}`},
		{"PUT", ns, "", "", `{"title":"x"}`},
		{"DELETE", ns, "", "", ""},
		{"GET", ns + "/keys", "limit=10&prefix=k&cursor=%2B", "", ""},
		{"GET", ns + "/values/k", "", "", ""},
		{"GET", ns + "/metadata/k", "", "", ""},
		{"PUT", ns + "/values/a%2Fb", "expiration_ttl=60", "text/plain", "v"},
		{"PUT", ns + "/values/k", "expiration=9999999999", formType, form},
		{"PUT", ns + "/values/k", "", "application/x-www-form-urlencoded", "value=v&metadata=1"},
		{"PUT", ns + "/bulk", "", "", `[{"key":"k","value":"AA==","base64":true,"expiration":1e10,"expiration_ttl":60,"metadata":{"a":[null]}}]`},
		{"DELETE", ns + "/bulk", "", "", `["k"]`},
		{"POST", ns + "/bulk/get", "", "", `{"keys":["k","l"],"type":"json","withMetadata":true}`},
		{"GET", "/client/v4/user/tokens/verify", "", "", ""},
		{"GET", "*", "", "", ""}, {"GET", "http://x", "", "", ""}, {"GET", "//", "%", "", "\xff"}, {"", "", "", "", ""},
	} {
		for _, signed := range []bool{true, false} {
			fuzzed.seeds = append(fuzzed.seeds, fuzzRequest{
				signed: signed, method: seed[0], path: seed[1], query: seed[2], authorization: "Bearer x", kind: seed[3], body: seed[4],
			})
		}
	}
	fuzzed.check = func(t *testing.T, f fuzzRequest) {
		em := emulator.NewCloudflare(emulator.InMemory(), emulator.WithCloudflare(emulator.CloudflareSettings{EmptyPages: len(f.body) % 2}))
		defer em.Close()
		id := em.AddNamespace("first")
		if f.signed {
			f.authorization = "Bearer " + em.APIToken()
		}
		target := strings.Replace(f.path, "NS", id, 1)
		for _, uri := range []string{"", target + "?" + f.query} {
			r := &http.Request{
				Method: f.method, URL: &url.URL{Path: target, RawQuery: f.query}, RequestURI: uri, Body: io.NopCloser(strings.NewReader(f.body)),
				Header: http.Header{"Content-Type": {f.kind}, "Authorization": {f.authorization}},
			}
			w := httptest.NewRecorder()
			em.ServeHTTP(w, r)
			if w.Code < 200 || w.Code > 499 || w.Header().Get("Cf-Ray") == "" {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			if w.Header().Get("Content-Type") == "application/octet-stream" {
				continue
			}
			var envelope struct {
				Success  *bool
				Errors   []struct{ Code int }
				Messages []any
			}
			if err := json.Unmarshal(w.Body.Bytes(), &envelope); err != nil || envelope.Success == nil || envelope.Messages == nil ||
				*envelope.Success != (w.Code == 200) || *envelope.Success != (len(envelope.Errors) == 0) {
				t.Fatalf("status %d: %v: %s", w.Code, err, w.Body)
			}
			if *envelope.Success && !f.signed && !strings.Contains(f.authorization, em.APIToken()) {
				t.Fatalf("accepted with %q: %s", f.authorization, w.Body)
			}
		}
	}
	return fuzzed
}
