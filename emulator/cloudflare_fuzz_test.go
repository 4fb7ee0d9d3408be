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
func FuzzCloudflareRequest(f *testing.F) {
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
		f.Add(seed[0], seed[1], seed[2], seed[3], "", []byte(seed[4]))
		f.Add(seed[0], seed[1], seed[2], seed[3], "Bearer x", []byte(seed[4]))
	}
	f.Fuzz(func(t *testing.T, method, path, query, contentType, authorization string, body []byte) {
		em := emulator.NewCloudflare(emulator.InMemory(), emulator.CloudflareEmptyPages(len(body)%2))
		defer em.Close()
		id := em.AddNamespace("first")
		if authorization == "" {
			authorization = "Bearer " + em.APIToken()
		}
		target := strings.Replace(path, "NS", id, 1)
		for _, uri := range []string{"", target + "?" + query} {
			r := &http.Request{
				Method: method, URL: &url.URL{Path: target, RawQuery: query}, RequestURI: uri, Body: io.NopCloser(strings.NewReader(string(body))),
				Header: http.Header{"Content-Type": {contentType}, "Authorization": {authorization}},
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
		}
	})
}
