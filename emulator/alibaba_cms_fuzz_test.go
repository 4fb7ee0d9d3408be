package emulator_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// Whatever is sent, signed or not, there is an answer in the vendor's form.
func fuzzAlibabaCMS(f *testing.F) (fuzzed fuzzEmulator) {
	for _, seed := range [][5]string{
		{"POST", "w", "", `{"slsProject":"p","tags":[{"key":"a","value":"b"}]}`, "application/json"},
		{"GET", "w", "", "", ""},
		{"GET", "", "maxResults=50&nextToken=YWZ0ZXI6dw&tags=%5B%5D&workspaceNameList=a%2Cb", "", ""},
		{"DELETE", "%2F/..", "a=b;c", "\xff", "a/b;"},
		{"OPTIONS", "*", "%zz", "{", "\x00"},
	} {
		fuzzed.seeds = append(fuzzed.seeds, fuzzRequest{method: seed[0], path: seed[1], query: seed[2], body: seed[3], kind: seed[4]})
	}
	shared := newCMS(f, emulator.AlibabaCMSSettings{})
	shared.put("w", "")
	fuzzed.check = func(t *testing.T, f fuzzRequest) {
		method, path, query, body, kind := f.method, f.path, f.query, f.body, f.kind
		c := *shared
		c.t = t
		serve := func(signed bool) {
			r := c.unsigned("GET", path, nil, body)
			r.Method, r.URL, r.RequestURI = method, &url.URL{Path: "/workspace/" + path, RawQuery: query}, ""
			r.Header.Set("x-acs-action", cmsAction(method, path))
			shared.nonces++
			r.Header.Set("x-acs-signature-nonce", fmt.Sprint("fuzz-", shared.nonces))
			r.Header.Set("Content-Type", kind)
			r.Body = io.NopCloser(strings.NewReader(body))
			values, err := url.ParseQuery(query)
			p := alibabaArgs{}
			for name := range values {
				p[name] = values.Get(name)
			}
			if path == "" {
				r.URL.Path = "/workspace"
			} else {
				r.RequestURI = "/workspace/" + url.PathEscape(path) + "?" + query
			}
			if signed {
				if err == nil {
					r.URL.RawQuery = alibabaJoin(p)
				}
				signedPath := "/workspace"
				if path != "" {
					signedPath += "/" + alibabaEncode(path)
				}
				cmsSign(r, signedPath, p, c.id, c.secret)
			} else {
				r.Header.Set("Authorization", "ACS3-HMAC-SHA256 "+query)
			}
			w := httptest.NewRecorder()
			c.em.ServeHTTP(w, r)
			var fields map[string]any
			if err := json.Unmarshal(w.Body.Bytes(), &fields); err != nil || w.Code > 499 || (w.Code == 200) != (fields["Code"] == nil) {
				t.Fatalf("%d %v %s", w.Code, err, w.Body)
			}
			if w.Code == 200 && !signed {
				t.Fatal("unsigned")
			}
			clean := err == nil && strings.TrimSpace(kind) == kind && !strings.ContainsAny(kind, "\x00\r\n")
			if _, empty := p[""]; signed && clean && !empty && len(p) > 0 == (query != "") && fields["Code"] == "SignatureDoesNotMatch" {
				t.Fatalf("%q %q: %s", path, query, w.Body)
			}
		}
		serve(false)
		serve(true)
	}
	return fuzzed
}
