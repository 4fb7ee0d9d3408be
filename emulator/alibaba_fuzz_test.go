package emulator_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// Anything is sent as it is and once more with a right signature, and is answered.
func fuzzAlibaba(f *testing.F) (fuzzed fuzzEmulator) {
	for _, seed := range [][6]string{
		{"POST", "/", "Namespace=ns&Key=k", "application/x-www-form-urlencoded", "PutKv", "Value=v"},
		{"GET", "/", "Namespace=ns&PageNumber=1&PageSize=99999999999&Prefix=%", "", "ListKvs", ""},
		{"POST", "/", "Namespace=ns", "application/x-www-form-urlencoded", "BatchPutKv", `KvList=[{"Key":"k","Value":"v","ExpirationTtl":1}]`},
		{"POST", "/", "Namespace=ns&Url=http%3A%2F%2F127.0.0.1%2F", "text/plain", "BatchDeleteKvWithHighCapacity", ""},
		{"POST", "/127", "", "multipart/form-data; boundary=b", "", "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--b--"},
		{"GET", "//%2e", "Action=GetKv&Signature=&a=b&a=c;&%zz", "a/b;", "\xff", "\x00"},
	} {
		fuzzed.seeds = append(fuzzed.seeds, fuzzRequest{method: seed[0], path: seed[1], query: seed[2], kind: seed[3], action: seed[4], body: seed[5]})
	}
	c := newAlibabaNS(f, emulator.AlibabaSettings{AnyMethod: true})
	c.put("k", "v")
	fuzzed.check = func(t *testing.T, f fuzzRequest) {
		serve := func(change func(*http.Request)) {
			r := &http.Request{
				Method: f.method, Host: "h", URL: &url.URL{Path: f.path, RawQuery: f.query}, Header: http.Header{"Content-Type": {f.kind}, "X-Acs-Action": {f.action}},
				Body: http.NoBody, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			}
			r = r.WithContext(t.Context())
			r.Body = alibabaBody{strings.NewReader(f.body)}
			change(r)
			w := httptest.NewRecorder()
			c.em.ServeHTTP(w, r)
			if w.Code < 200 || w.Code > 599 || w.Body.Len() == 0 && w.Code != 200 && w.Code != 204 {
				t.Fatal(w.Code)
			}
		}
		serve(func(*http.Request) {})
		serve(func(r *http.Request) { r.Header.Set("Authorization", "ACS3-HMAC-SHA256 "+f.query) })
		serve(func(r *http.Request) {
			r.URL.Path = "/"
			values, err := url.ParseQuery(f.query)
			p := alibabaArgs{}
			for name := range values {
				p[name] = values.Get(name)
			}
			if err == nil {
				r.URL.RawQuery = alibabaJoin(p)
			}
			r.Header.Set("x-acs-version", "2024-09-10")
			r.Header.Set("x-acs-date", c.clock.Now().Format("2006-01-02T15:04:05Z"))
			r.Header.Set("x-acs-signature-nonce", c.nonce())
			r.Header.Set("x-acs-content-sha256", alibabaHash(f.body))
			alibabaAuthorize(r, p, c.id, c.secret)
		})
	}
	return fuzzed
}

type alibabaBody struct{ *strings.Reader }

func (alibabaBody) Close() error { return nil }
