package emulator_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// tencentArgs are the parameters of a request.
type tencentArgs map[string]any

// with returns the parameters with others on top; a nil one takes a parameter away.
func (p tencentArgs) with(more tencentArgs) tencentArgs {
	p = maps.Clone(p)
	for name, value := range more {
		if p[name] = value; value == nil {
			delete(p, name)
		}
	}
	return p
}

var tencentEpoch = time.Unix(1774509600, 0)

// tencentRequest is a request before it is signed.
type tencentRequest struct {
	action, body, query     string
	id, key, token, service string
	host                    string // as sent; empty for that of the URL
	signedHost              string // empty for what is sent
	signedQuery             string
	contentType             string
	at                      time.Time
	also                    []string // headers to sign beside content-type and host
	header                  map[string]string
}

// tencentSign is a second implementation of the signature, after the vendor's description of it.
func tencentSign(r tencentRequest, host string) (timestamp, authorization string) {
	lines := map[string]string{"content-type": r.contentType, "host": host}
	for _, name := range r.also {
		lines[name] = strings.ToLower(strings.TrimSpace(map[string]string{"x-tc-action": r.action, "x-tc-version": "2022-09-01"}[name]))
	}
	names := slices.Sorted(maps.Keys(lines))
	var headers string
	for _, name := range names {
		headers += name + ":" + lines[name] + "\n"
	}
	sha := func(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }
	payload := r.body
	if r.header["X-TC-Content-SHA256"] == "UNSIGNED-PAYLOAD" {
		payload = "UNSIGNED-PAYLOAD"
	}
	canonical := strings.Join([]string{"POST", "/", r.signedQuery, headers, strings.Join(names, ";"), sha(payload)}, "\n")
	date := r.at.UTC().Format("2006-01-02")
	scope := date + "/" + r.service + "/tc3_request"
	timestamp = fmt.Sprint(r.at.Unix())
	mac := func(key []byte, s string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(s))
		return h.Sum(nil)
	}
	signing := mac(mac(mac([]byte("TC3"+r.key), date), r.service), "tc3_request")
	signature := hex.EncodeToString(mac(signing, "TC3-HMAC-SHA256\n"+timestamp+"\n"+scope+"\n"+sha(canonical)))
	return timestamp, "TC3-HMAC-SHA256 Credential=" + r.id + "/" + scope + ", SignedHeaders=" + strings.Join(names, ";") + ", Signature=" + signature
}

// signed is the request to an emulator's URL with its signature.
func (r tencentRequest) signed(t testing.TB, url, version string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url+"/"+r.query, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	if r.host != "" {
		req.Host = r.host
	}
	host := r.signedHost
	if host == "" {
		host = req.Host
	}
	timestamp, authorization := tencentSign(r, host)
	for name, value := range map[string]string{
		"Authorization": authorization, "Content-Type": r.contentType, "X-TC-Action": r.action, "X-TC-Version": version, "X-TC-Timestamp": timestamp,
	} {
		req.Header.Set(name, value)
	}
	if r.token != "" {
		req.Header.Set("X-TC-Token", r.token)
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	return req
}

// tencentAnswer is what came back.
type tencentAnswer struct {
	status   int
	err      error
	text     string
	code     string // of Response.Error
	response struct {
		Error        struct{ Code, Message string }
		RequestID    string `json:"RequestId"`
		TotalCount   int
		KVNamespaces []tencentDescription
		Data         []struct{ Key, Value, Expiration string }
		Keys         []string
		Cursor       string
	}
}

type tencentDescription struct {
	Namespace, Remark      string
	Capacity, CapacityUsed int64
	References             []map[string]string
	CreatedOn, ModifiedOn  string
}

// tencentClient talks to an emulator.
type tencentClient struct {
	t     testing.TB
	em    *emulator.Tencent
	clock *stoppedClock
	http  *http.Client
}

func newTencent(t testing.TB, opts ...emulator.Option) *tencentClient {
	t.Helper()
	clock := &stoppedClock{at: tencentEpoch}
	em := emulator.NewTencent(append([]emulator.Option{emulator.WithClock(clock.Now)}, opts...)...)
	return tencentClientOf(t, em, clock)
}

func tencentClientOf(t testing.TB, em *emulator.Tencent, clock *stoppedClock) *tencentClient {
	return &tencentClient{t, em, clock, clientOf(t, em)}
}

// request returns a request that is right in every respect.
func (c *tencentClient) request(action string, p any) tencentRequest {
	provider := c.em.Provider()
	return tencentRequest{
		action: action, body: asJSON(c.t, p), id: provider["secret_id"], key: provider["secret_key"], service: "teo",
		contentType: "application/json", at: c.clock.Now(), header: map[string]string{},
	}
}

// send signs and sends; change may spoil the request after it was signed.
func (c *tencentClient) send(r tencentRequest, change func(*http.Request)) tencentAnswer {
	c.t.Helper()
	req := r.signed(c.t, c.em.URL(), "2022-09-01")
	if change != nil {
		change(req)
	}
	return c.do(req)
}

func (c *tencentClient) do(req *http.Request) (a tencentAnswer) {
	reply, text, err := exchange(c.http, req)
	if reply == nil {
		return tencentAnswer{err: err}
	}
	a.status, a.text, a.err = reply.StatusCode, text, err
	_ = json.Unmarshal([]byte(text), &struct{ Response any }{&a.response})
	a.code = a.response.Error.Code
	return a
}

// call carries an action out with a request that is right but for its parameters.
func (c *tencentClient) call(action string, p any) tencentAnswer {
	c.t.Helper()
	return c.send(c.request(action, p), nil)
}

// ok does the same and expects it to succeed.
func (c *tencentClient) ok(action string, p any) tencentAnswer {
	c.t.Helper()
	a := c.call(action, p)
	if a.err != nil || a.status != http.StatusOK || a.code != "" || a.response.RequestID == "" {
		c.t.Fatalf("%s: %v %d %.300s", action, a.err, a.status, a.text)
	}
	return a
}

// fails expects a vendor's error, which always comes with status 200, a message and a request id.
func (c *tencentClient) fails(action string, p any, code string) {
	c.t.Helper()
	c.expect(c.call(action, p), code)
}

func (c *tencentClient) expect(a tencentAnswer, code string) {
	c.t.Helper()
	if a.err != nil || a.status != http.StatusOK || a.code != code || code != "" && a.response.Error.Message == "" || a.response.RequestID == "" {
		c.t.Errorf("want %q, got %v %d %.300s", code, a.err, a.status, a.text)
	}
}

// tencentIn are the parameters that select the namespace of a test.
var tencentIn = tencentArgs{"ZoneId": emulator.TencentZoneID, "Namespace": "ns"}

// newTencentNS starts an emulator with the namespace of tencentIn and no limit on the rate.
func newTencentNS(t testing.TB, opts ...emulator.Option) *tencentClient {
	t.Helper()
	c := newTencent(t, append(opts, emulator.WithoutRateLimit())...)
	c.ok("CreateEdgeKVNamespace", tencentIn)
	return c
}

func (c *tencentClient) put(key, value string, more tencentArgs) {
	c.t.Helper()
	c.ok("EdgeKVPut", tencentIn.with(tencentArgs{"Key": key, "Value": value}).with(more))
}

// get returns the value and the expiry of a key.
func (c *tencentClient) get(key string) (value, expiration string) {
	c.t.Helper()
	a := c.ok("EdgeKVGet", tencentIn.with(tencentArgs{"Keys": []string{key}}))
	if len(a.response.Data) != 1 || a.response.Data[0].Key != key {
		c.t.Fatalf("get of %q: %s", key, a.text)
	}
	return a.response.Data[0].Value, a.response.Data[0].Expiration
}
