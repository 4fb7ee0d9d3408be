package emulator_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func newCloudflareClock() *stoppedClock { return &stoppedClock{at: time.Unix(1_800_000_000, 0)} }

// cloudflareCaller speaks to a fake Cloudflare with nothing but net/http.
type cloudflareCaller struct {
	*emulator.Cloudflare
	t    testing.TB
	http *http.Client
	ns   string // a namespace that is there

	instead map[string]string // what the emulator has instead of what pages have
}

// cloudflareAnswer is an answer, as far as the tests look at it.
type cloudflareAnswer struct {
	status int
	header http.Header
	body   string

	Result json.RawMessage
	Info   struct {
		Page, Count int
		PerPage     int `json:"per_page"`
		Total       int `json:"total_count"`
		Pages       int `json:"total_pages"`
		Cursor      string
	} `json:"result_info"`
	Success  *bool
	Errors   []cloudflareProblem
	Messages []json.RawMessage
}

type cloudflareProblem struct {
	Code    int
	Message string
	Chain   []cloudflareProblem `json:"error_chain"`
}

func newCloudflare(t testing.TB, opts ...emulator.Option) *cloudflareCaller {
	t.Helper()
	em := emulator.NewCloudflare(opts...)
	client := clientOf(t, em)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &cloudflareCaller{Cloudflare: em, t: t, ns: em.AddNamespace("first"), http: client}
}

// send sends a request whose target goes over the wire as it is. Headers are pairs of name and value; an empty value
// removes the header.
func (c *cloudflareCaller) send(method, target, body string, headers ...string) (cloudflareAnswer, error) {
	c.t.Helper()
	base, _ := url.Parse(c.URL())
	path, query, _ := strings.Cut(target, "?")
	r := &http.Request{
		Method: method, Host: base.Host, URL: &url.URL{Scheme: base.Scheme, Host: base.Host, Opaque: path, RawQuery: query},
		Header: http.Header{"Authorization": {"Bearer " + c.APIToken()}},
	}
	if body != "" {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Del(headers[i])
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	reply, text, err := exchange(c.http, r)
	if reply == nil {
		return cloudflareAnswer{}, err
	}
	a := cloudflareAnswer{status: reply.StatusCode, header: reply.Header, body: text}
	if reply.Header.Get("Content-Type") == "application/json" {
		_ = json.Unmarshal([]byte(text), &a)
	}
	return a, err
}

// do sends a request that must be answered, to a path below the account's namespaces.
func (c *cloudflareCaller) do(method, path, body string, headers ...string) cloudflareAnswer {
	c.t.Helper()
	a, err := c.send(method, "/client/v4/accounts/"+c.AccountID()+"/storage/kv/namespaces"+path, body, headers...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// in does so below the first namespace, and must be answered as expected.
func (c *cloudflareCaller) in(method, path, body string, status int, headers ...string) cloudflareAnswer {
	c.t.Helper()
	a := c.do(method, "/"+c.ns+path, body, headers...)
	if a.status != status {
		c.t.Fatalf("%s %s: status %d, want %d: %.300s", method, path, a.status, status, a.body)
	}
	return a
}

// code returns the number of the first error, 0 for a success, -1 for an answer that is neither.
func (a cloudflareAnswer) code() int {
	switch {
	case a.Success == nil:
		return -1
	case *a.Success && len(a.Errors) == 0 && a.status == http.StatusOK:
		return 0
	case !*a.Success && len(a.Errors) > 0 && a.status >= 400:
		return a.Errors[0].Code
	}
	return -1
}

// refused expects a status and a code.
func (a cloudflareAnswer) refused(t testing.TB, status, code int) {
	t.Helper()
	if a.status != status || a.code() != code {
		t.Errorf("status %d code %d, want %d and %d: %.300s", a.status, a.code(), status, code, a.body)
	}
}

// cloudflareForm is a multipart body, of pairs of name and value, and its content type.
func cloudflareForm(pairs ...string) (body, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		_ = w.WriteField(pairs[i], pairs[i+1])
	}
	_ = w.Close()
	return b.String(), w.FormDataContentType()
}

func TestCloudflareEnvelope(t *testing.T) {
	clock := newCloudflareClock()
	c := newCloudflare(t, emulator.WithClock(clock.Now), emulator.WithRequestID(func() string { return "ray-1" }))
	a := c.in("PUT", "/values/k", "v", 200)
	if want := `{"result":{},"success":true,"errors":[],"messages":[]}` + "\n"; a.body != want {
		t.Errorf("success: %s", a.body)
	}
	if got, want := a.header.Get("Date"), "Fri, 15 Jan 2027 08:00:00 GMT"; got != want {
		t.Errorf("Date is %q, want %q", got, want)
	}
	if got := a.header.Get("Cf-Ray"); got != "ray-1" {
		t.Errorf("Cf-Ray is %q", got)
	}
	a = c.in("GET", "/values/none", "", 404)
	if want := `{"result":null,"success":false,"errors":[{"code":10009,"message":"get: 'key not found'"}],"messages":[]}` + "\n"; a.body != want {
		t.Errorf("failure: %s", a.body)
	}
	if newCloudflare(t).in("GET", "/keys", "", 200).header.Get("Cf-Ray") == "" {
		t.Error("no request id by default")
	}
}

func TestCloudflareProvider(t *testing.T) {
	c := newCloudflare(t)
	p := c.Provider()
	if p["driver"] != "cloudflare" || p["endpoint"] != c.URL()+"/client/v4" || p["endpoint"] != c.Endpoint() ||
		p["account_id"] != c.AccountID() || p["api_token"] != c.APIToken() || len(p) != 4 {
		t.Errorf("Provider: %v", p)
	}
	if again := c.AddNamespace("first"); again != c.ns {
		t.Errorf("AddNamespace made a second namespace of one title")
	}
}

func TestCloudflareRequests(t *testing.T) {
	c := newCloudflare(t)
	c.in("PUT", "/values/a%2Fb?expiration_ttl=60", "v", 200)
	c.in("DELETE", "/bulk", `["x"]`, 200)
	c.do("GET", "/"+c.ns+"/nothing", "")
	r := c.Requests()
	if len(r) != 3 || r[0].Action != "WriteValue" || r[1].Action != "BulkDelete" || r[2].Action != "" {
		t.Fatalf("requests: %+v", r)
	}
	if !strings.HasSuffix(r[0].Path, "/values/a%2Fb") || r[0].Query != "expiration_ttl=60" || string(r[0].Body) != "v" || r[0].Method != "PUT" {
		t.Errorf("request: %+v", r[0])
	}
}

// Targets that net/http's client would not send.
func TestCloudflareOddTargets(t *testing.T) {
	c := newCloudflare(t)
	at := "/client/v4/accounts/" + c.AccountID() + "/storage/kv/namespaces"
	for target, code := range map[string]int{
		"*": 7003, "x": 7003, "http://example.com": 7003, "/client/%zz": 7003, "/client/%": 7003, "http://example.com/": 7000, "/http://x" + at: 7000,
		"http://example.com" + at: 0, at + "?page=1": 0, strings.Replace(at, "kv", "k%76", 1): 0, at + "?http://x": 0,
	} {
		w := httptest.NewRecorder()
		c.ServeHTTP(w, &http.Request{
			Method: "GET", URL: &url.URL{}, RequestURI: target, Body: http.NoBody, Header: http.Header{"Authorization": {"Bearer " + c.APIToken()}},
		})
		a := cloudflareAnswer{status: w.Code, body: w.Body.String()}
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || a.code() != code {
			t.Errorf("%s: %v %s", target, err, a.body)
		}
	}
}

// The key of a path is unescaped once, and a segment is never anything but what it says.
func TestCloudflareKeysInPaths(t *testing.T) {
	c := newCloudflare(t)
	for sent, key := range map[string]string{
		"plain": "plain", "a%2Fb": "a/b", "a%252Fb": "a%2Fb", "a+b": "a+b", "a%20b": "a b", "a%3Fb%23c": "a?b#c", "%2E%2E%2Fx": "../x",
		"%E6%97%A5%2F%E8%AA%9E": "日/語", "a:b!;,~": "a:b!;,~", `a"b%2Fc`: `a"b/c`, "%7Fx": "\x7fx", "%41": "A", "a%00b": "a\x00b",
		"bulk": "bulk", "...": "...",
	} {
		if a := c.do("PUT", "/"+c.ns+"/values/"+sent, key); a.code() != 0 {
			t.Errorf("%s: %s", sent, a.body)
			continue
		}
		if a := c.do("GET", "/"+c.ns+"/values/"+sent, ""); a.body != key {
			t.Errorf("%s: read %q", sent, a.body)
		}
		body, _ := json.Marshal(map[string]any{"keys": []string{key}})
		var got struct{ Values map[string]string }
		_ = json.Unmarshal(c.in("POST", "/bulk/get", string(body), 200).Result, &got)
		if got.Values[key] != key {
			t.Errorf("%s: not stored under %q: %v", sent, key, got)
		}
	}
	for _, sent := range []string{"", ".", "..", "%2E", "%2e%2e", "%FF", "a%C3"} {
		c.do("PUT", "/"+c.ns+"/values/"+sent, "v").refused(t, 400, 10042)
		c.do("GET", "/"+c.ns+"/values/"+sent, "").refused(t, 400, 10042)
		c.do("DELETE", "/"+c.ns+"/values/"+sent, "").refused(t, 400, 10042)
		c.do("GET", "/"+c.ns+"/metadata/"+sent, "").refused(t, 400, 10042)
	}
}

func TestCloudflareNoSuchRoute(t *testing.T) {
	c := newCloudflare(t)
	account := "/client/v4/accounts/" + c.AccountID()
	for _, x := range []struct {
		method, target string
		status, code   int
	}{
		{"GET", "/", 404, 7000},
		{"GET", "/client/v4/zones", 404, 7000},
		{"GET", account + "/storage/kv", 404, 7000},
		{"GET", account + "/storage/r2/namespaces", 404, 7000},
		{"GET", "/accounts/" + c.AccountID() + "/storage/kv/namespaces", 404, 7000},
		{"GET", account + "/storage/kv/namespaces/" + c.ns + "/values", 404, 10025},
		{"GET", account + "/storage/kv/namespaces/" + c.ns + "/values/a/b", 404, 10025},
		{"DELETE", account + "/storage/kv/namespaces/" + c.ns + "/", 404, 10025},
		{"DELETE", account + "/storage/kv/namespaces/" + c.ns + "/values/../../" + c.ns, 404, 10025},
		{"DELETE", account + "/storage/kv/namespaces/..", 400, 10011},
		{"PATCH", account + "/storage/kv/namespaces", 405, 10025},
		{"POST", account + "/storage/kv/namespaces/" + c.ns + "/values/k", 405, 10025},
		{"DELETE", "/client/v4/user/tokens/verify", 405, 10025},
	} {
		a, err := c.send(x.method, x.target, "")
		if err != nil {
			t.Fatal(err)
		}
		a.refused(t, x.status, x.code)
		if a.status == 405 && a.header.Get("Allow") == "" {
			t.Errorf("%s %s: no Allow", x.method, x.target)
		}
	}
}
