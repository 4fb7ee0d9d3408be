package emulator_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// huaweiArgs is the body of a request.
type huaweiArgs map[string]any

// with returns a copy with other fields on top; nil removes one.
func (a huaweiArgs) with(more huaweiArgs) huaweiArgs {
	both := huaweiArgs{}
	for _, m := range []huaweiArgs{a, more} {
		for name, value := range m {
			both[name] = value
			if value == nil {
				delete(both, name)
			}
		}
	}
	return both
}

// huaweiAnswer is what came back.
type huaweiAnswer struct {
	status     int
	code, text string
	header     http.Header
	body       map[string]any
	err        error
}

// str returns a string of the answer, by the names on the way to it.
func (a huaweiAnswer) str(path ...string) string {
	s, _ := a.at(path...).(string)
	return s
}

func (a huaweiAnswer) at(path ...string) any {
	var v any = a.body
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

// huaweiClient speaks to an emulator with a signer of its own, written from the vendor's guide.
type huaweiClient struct {
	t             testing.TB
	em            *emulator.HuaweiKMS
	clock         *stoppedClock
	http          *http.Client
	access, key   string
	token         string // where it is not signed
	securityToken string
}

var huaweiEpoch = time.Date(2026, 3, 26, 7, 20, 0, 0, time.UTC)

// huaweiRSA makes one RSA key of each size per run of the tests.
var huaweiRSA = func() func(int) (*rsa.PrivateKey, error) {
	var mu sync.Mutex
	keys := map[int]*rsa.PrivateKey{}
	return func(bits int) (*rsa.PrivateKey, error) {
		mu.Lock()
		defer mu.Unlock()
		var err error
		if keys[bits] == nil {
			keys[bits], err = rsa.GenerateKey(rand.Reader, bits)
		}
		return keys[bits], err
	}
}()

// newHuawei starts an emulator whose clock stands still, without a rate limit and with many keys.
func newHuawei(t testing.TB, set func(*emulator.HuaweiKMSSettings), opts ...emulator.Option) *huaweiClient {
	settings := emulator.HuaweiKMSSettings{RSAKey: huaweiRSA, KeyLimit: 1000}
	if set != nil {
		set(&settings)
	}
	clock := &stoppedClock{at: huaweiEpoch}
	all := []emulator.Option{emulator.WithoutRateLimit(), emulator.WithClock(clock.Now), emulator.WithHuaweiKMS(settings)}
	em := emulator.NewHuaweiKMS(append(all, opts...)...)
	p := em.Provider()
	return &huaweiClient{t: t, em: em, clock: clock, http: clientOf(t, em), access: p["access_key"], key: p["secret_key"]}
}

const huaweiBase = "/v1.0/" + emulator.HuaweiProjectID + "/kms/"

// request makes a request, signed over what the vendor's Go SDK signs.
func (c *huaweiClient) request(method, path string, body []byte) *http.Request {
	c.t.Helper()
	req, err := http.NewRequest(method, c.em.URL()+path, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Project-Id", emulator.HuaweiProjectID)
	if c.token != "" {
		req.Header.Set("X-Auth-Token", c.token)
		return req
	}
	if c.securityToken != "" {
		req.Header.Set("X-Security-Token", c.securityToken)
	}
	c.sign(req, body, "x-project-id", "x-sdk-date")
	return req
}

// sign signs a request over some headers, which are in order.
func (c *huaweiClient) sign(req *http.Request, body []byte, signed ...string) {
	if req.Header.Get("X-Sdk-Date") == "" {
		req.Header.Set("X-Sdk-Date", c.clock.Now().UTC().Format("20060102T150405Z"))
	}
	path := req.URL.EscapedPath()
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}
	lines := ""
	for _, name := range signed {
		value := req.Header.Get(name)
		if name == "host" {
			value = req.Host
		}
		lines += name + ":" + strings.TrimSpace(value) + "\n"
	}
	hash := req.Header.Get("X-Sdk-Content-Sha256")
	if hash == "" {
		hash = huaweiSHA256(body)
	}
	query := strings.ReplaceAll(req.URL.Query().Encode(), "+", "%20")
	canonical := strings.Join([]string{req.Method, path, query, lines, strings.Join(signed, ";"), hash}, "\n")
	mac := hmac.New(sha256.New, []byte(c.key))
	_, _ = io.WriteString(mac, "SDK-HMAC-SHA256\n"+req.Header.Get("X-Sdk-Date")+"\n"+huaweiSHA256([]byte(canonical)))
	req.Header.Set("Authorization", "SDK-HMAC-SHA256 Access="+c.access+", SignedHeaders="+strings.Join(signed, ";")+", Signature="+hex.EncodeToString(mac.Sum(nil)))
}

func huaweiSHA256(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// send sends a request and reads the answer.
func (c *huaweiClient) send(req *http.Request) (a huaweiAnswer) {
	reply, text, err := exchange(c.http, req)
	if reply == nil {
		return huaweiAnswer{err: err}
	}
	a.status, a.text, a.header, a.err = reply.StatusCode, text, reply.Header, err
	a.read()
	return a
}

// read takes the code out of either envelope.
func (a *huaweiAnswer) read() {
	_ = json.Unmarshal([]byte(a.text), &a.body)
	if a.code = a.str("error_code"); a.code == "" {
		a.code = a.str("error", "error_code")
	}
}

// do calls any method and path below that of the project.
func (c *huaweiClient) do(method, path string, args any) huaweiAnswer {
	c.t.Helper()
	var body []byte
	if args != nil {
		var err error
		if body, err = json.Marshal(args); err != nil {
			c.t.Fatal(err)
		}
	}
	return c.send(c.request(method, huaweiBase+path, body))
}

// ok is a call that has to succeed.
func (c *huaweiClient) ok(action string, args huaweiArgs) huaweiAnswer {
	c.t.Helper()
	return c.passes(c.do("POST", action, args))
}

func (c *huaweiClient) passes(a huaweiAnswer) huaweiAnswer {
	c.t.Helper()
	if a.err != nil || a.status >= 300 || a.header.Get("X-Request-Id") == "" {
		c.t.Fatalf("%+v", a)
	}
	return a
}

// fails is a call that has to fail with a code.
func (c *huaweiClient) fails(action string, args huaweiArgs, code string) {
	c.t.Helper()
	c.expect(c.do("POST", action, args), code)
}

// expect checks the code of an answer, and that status and envelope are those that go with it.
func (c *huaweiClient) expect(a huaweiAnswer, code string) {
	c.t.Helper()
	status := map[string]int{
		"KMS.0207": 404, "KMS.0416": 404, "KMS.0301": 403, "KMS.0302": 403, "KMS.0303": 403, "KMS.0305": 403, "KMS.0321": 403,
		"APIGW.0101": 404, "APIGW.0301": 401, "APIGW.0308": 429, "KMS.0101": 500,
	}[code]
	if status == 0 {
		status = 400
	}
	nested := a.str("error", "error_code") != ""
	if a.code != code || a.status != status || nested != strings.HasPrefix(code, "KMS.") {
		c.t.Errorf("want %d %s, got %d %s", status, code, a.status, a.text)
	}
}

// create makes a key and returns its id.
func (c *huaweiClient) create(alias string, more huaweiArgs) string {
	c.t.Helper()
	return c.ok("create-key", huaweiArgs{"key_alias": alias}.with(more)).str("key_info", "key_id")
}

// detail returns one thing that describe-key says.
func (c *huaweiClient) detail(id, name string) string {
	c.t.Helper()
	return c.ok("describe-key", huaweiArgs{"key_id": id}).str("key_info", name)
}

// serve hands a request to the handler without a connection.
func (c *huaweiClient) serve(req *http.Request) (a huaweiAnswer) {
	w := httptest.NewRecorder()
	c.em.ServeHTTP(w, req)
	a.status, a.text, a.header = w.Code, w.Body.String(), w.Header()
	a.read()
	return a
}

func TestHuaweiProvider(t *testing.T) {
	c := newHuawei(t, func(s *emulator.HuaweiKMSSettings) { s.AccessKey, s.SecretKey = "ak", "sk" })
	p := c.em.Provider()
	want := map[string]string{
		"driver": "huawei", "endpoint": c.em.URL(), "region": "cn-north-4", "project_id": emulator.HuaweiProjectID, "access_key": "ak", "secret_key": "sk",
	}
	for name, value := range want {
		if p[name] != value || len(p) != len(want) {
			t.Error(name, p)
		}
	}
	c.create("a", nil)
	em := emulator.NewHuaweiKMS()
	defer em.Close()
	if p := em.Provider(); p["access_key"] != emulator.HuaweiAccessKey || p["secret_key"] != emulator.HuaweiSecretKey {
		t.Error(p)
	}
}

// The forms of paths and bodies, and what the gateway says of them.
func TestHuaweiForms(t *testing.T) {
	c := newHuawei(t, nil)
	for path, code := range map[string]string{
		huaweiBase + "no-such":     "APIGW.0101",
		huaweiBase + "create-tag":  "APIGW.0101",
		huaweiBase + "create-key/": "APIGW.0101",
		huaweiBase:                 "APIGW.0101",
		"/":                        "APIGW.0101",
		"/v2/" + emulator.HuaweiProjectID + "/kms/regions":     "APIGW.0101",
		"/v1.0/%7Bproject_id%7D/kms/create-key":                "KMS.0201",
		huaweiBase + "create-key?a=b":                          "KMS.0201",
		"/v1.0/" + emulator.HuaweiDomainID + "/kms/create-key": "KMS.0321",
	} {
		c.expect(c.send(c.request("POST", path, []byte(`{"key_alias":"a"}`))), code)
	}
	c.expect(c.do("GET", "create-key", nil), "APIGW.0101")
	for body, code := range map[string]string{
		"": "KMS.0202", "[]": "KMS.0202", "{": "KMS.0202", `{"key_alias":1}`: "KMS.0202", `{"key_alias":"a","key_alias":"b"}`: "KMS.0202",
		`{"key_alias":"\ud800"}`: "KMS.0202", "{\"key_alias\":\"\xff\"}": "KMS.0202", `{}`: "KMS.0204", `{"key_alias":null}`: "KMS.0204",
		`{"key_alias":"a","sequence":"x"}`: "KMS.0206", `{"key_alias":"a","more":1}`: "KMS.0308", `{"key_alias":"a","vm_id":"x"}`: "KMS.0308",
	} {
		c.expect(c.send(c.request("POST", huaweiBase+"create-key", []byte(body))), code)
	}
	c.ok("create-key", huaweiArgs{"key_alias": "a", "sequence": "919c82d4-8046-4722-9094-35c3c6524cff"})
	req := c.request("POST", huaweiBase+"create-key", []byte(`{"key_alias":"b"}`))
	req.Header.Set("Content-Type", "text/plain")
	c.expect(c.send(req), "APIGW.0201")
	req = c.request("POST", huaweiBase+"create-key", []byte(`{"key_alias":"b"}`))
	req.Header.Set("X-Project-Id", "other")
	c.sign(req, []byte(`{"key_alias":"b"}`), "x-project-id", "x-sdk-date")
	c.expect(c.send(req), "KMS.0321")

	long := bytes.Repeat([]byte(" "), 12<<20+1)
	c.expect(c.serve(httptestRequest(c, long)), "APIGW.0201")
	c.token = emulator.HuaweiToken
	c.expect(c.serve(httptestRequest(c, long)), "KMS.0203")
	c.expect(c.serve(httptestRequest(c, long[1:])), "KMS.0202")
}

// httptestRequest is a server's side of a request for a key.
func httptestRequest(c *huaweiClient, body []byte) *http.Request {
	req := c.request("POST", huaweiBase+"create-key", body)
	req.Host, req.URL = "localhost", &url.URL{Path: req.URL.Path}
	return req
}

// The log of requests tells what was asked for.
func TestHuaweiRequests(t *testing.T) {
	c := newHuawei(t, nil, emulator.WithRequestID(func() string { return "rid" }))
	id := c.create("a", nil)
	for _, call := range [][2]string{
		{"GET", "user-quotas"}, {"GET", "user-instances"}, {"POST", "aliases"}, {"GET", "aliases"}, {"DELETE", "aliases"}, {"POST", "alias/associate"},
		{"POST", id + "/tags"}, {"POST", id + "/tags/action"}, {"DELETE", id + "/tags/k"}, {"GET", id + "/tags"}, {"GET", "tags"},
		{"POST", "resource_instances/action"}, {"POST", "re-encrypt"}, {"PUT", "re-encrypt"},
	} {
		if a := c.do(call[0], call[1], nil); a.header.Get("X-Request-Id") != "rid" || a.header.Get("Date") != "Thu, 26 Mar 2026 07:20:00 GMT" {
			t.Error(call, a)
		}
	}
	var names []string
	for _, r := range c.em.Requests() {
		names = append(names, r.Action)
	}
	const want = "create-key user-quotas user-instances create-alias list-aliases delete-alias associate-alias create-tag batch-tags delete-tag " +
		"list-key-tags list-tags list-resources re-encrypt "
	if got := strings.Join(names, " "); got != want {
		t.Error(got)
	}
}
