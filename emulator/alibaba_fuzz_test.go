package emulator_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// FuzzAlibabaRequest sends anything, as it is and once more with a right signature, and wants an answer.
func FuzzAlibabaRequest(f *testing.F) {
	f.Add("POST", "/", "Namespace=ns&Key=k", "application/x-www-form-urlencoded", "PutKv", "Value=v")
	f.Add("GET", "/", "Namespace=ns&PageNumber=1&PageSize=99999999999&Prefix=%", "", "ListKvs", "")
	f.Add("POST", "/", "Namespace=ns", "application/x-www-form-urlencoded", "BatchPutKv", `KvList=[{"Key":"k","Value":"v","ExpirationTtl":1}]`)
	f.Add("POST", "/", "Namespace=ns&Url=http%3A%2F%2F127.0.0.1%2F", "text/plain", "BatchDeleteKvWithHighCapacity", "")
	f.Add("POST", "/127", "", "multipart/form-data; boundary=b", "", "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--b--")
	f.Add("GET", "//%2e", "Action=GetKv&Signature=&a=b&a=c;&%zz", "a/b;", "\xff", "\x00")
	c := newAlibabaNS(f, emulator.AlibabaConfig{AnyMethod: true})
	c.put("k", "v")
	f.Fuzz(func(t *testing.T, method, path, query, kind, action, body string) {
		serve := func(change func(*http.Request)) {
			r := &http.Request{
				Method: method, Host: "h", URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{"Content-Type": {kind}, "X-Acs-Action": {action}},
				Body: http.NoBody, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			}
			r = r.WithContext(t.Context())
			r.Body = alibabaBody{strings.NewReader(body)}
			change(r)
			w := httptest.NewRecorder()
			c.em.ServeHTTP(w, r)
			if w.Code < 200 || w.Code > 599 || w.Body.Len() == 0 && w.Code != 200 && w.Code != 204 {
				t.Fatal(w.Code)
			}
		}
		serve(func(*http.Request) {})
		serve(func(r *http.Request) { r.Header.Set("Authorization", "ACS3-HMAC-SHA256 "+query) })
		serve(func(r *http.Request) {
			r.URL.Path = "/"
			values, err := url.ParseQuery(query)
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
			r.Header.Set("x-acs-content-sha256", alibabaHash(body))
			alibabaAuthorize(r, p, c.id, c.secret)
		})
	})
}

type alibabaBody struct{ *strings.Reader }

func (alibabaBody) Close() error { return nil }
