package emulator_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func newAlibabaClock() *stoppedClock {
	return &stoppedClock{at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

type alibabaArgs map[string]string

// alibabaCaller signs by the words of the vendor's two signature pages, with the standard library's encoders.
type alibabaCaller struct {
	t                 testing.TB
	em                *emulator.Alibaba
	clock             *stoppedClock
	http              *http.Client
	id, secret, token string
	rpc               bool // signature version 1, not ACS3
	nonces            *atomic.Int64
}

type alibabaAnswer struct {
	t      testing.TB
	status int
	header http.Header
	body   string
	fields map[string]any
}

// newAlibaba starts an emulator in memory whose clock stands still.
func newAlibaba(t testing.TB, config emulator.AlibabaSettings, opts ...emulator.Option) *alibabaCaller {
	clock := newAlibabaClock()
	em := emulator.NewAlibaba(append([]emulator.Option{
		emulator.InMemory(), emulator.WithClock(clock.Now), emulator.WithAlibaba(config),
	}, opts...)...)
	return &alibabaCaller{
		nonces: new(atomic.Int64), t: t, em: em, clock: clock, http: clientOf(t, em), id: em.AccessKeyID(), secret: em.AccessKeySecret(),
	}
}

// newAlibabaNS starts one that has a namespace "ns".
func newAlibabaNS(t testing.TB, config emulator.AlibabaSettings, opts ...emulator.Option) *alibabaCaller {
	c := newAlibaba(t, config, opts...)
	c.ok("CreateKvNamespace", alibabaArgs{"Namespace": "ns"})
	return c
}

func alibabaEncode(s string) string {
	return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(url.QueryEscape(s))
}

// alibabaJoin is name=value pairs in the order of the names.
func alibabaJoin(p alibabaArgs) string {
	var pairs []string
	for name, value := range p {
		pairs = append(pairs, alibabaEncode(name)+"="+alibabaEncode(value))
	}
	sort.Slice(pairs, func(i, j int) bool { return strings.Split(pairs[i], "=")[0] < strings.Split(pairs[j], "=")[0] })
	return strings.Join(pairs, "&")
}

func alibabaHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// alibabaRPCSignature is signature version 1.
func alibabaRPCSignature(method, secret string, p alibabaArgs) string {
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	_, _ = io.WriteString(mac, strings.Join([]string{method, alibabaEncode("/"), alibabaEncode(alibabaJoin(p))}, "&"))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// alibabaAuthorize signs a request's headers.
func alibabaAuthorize(req *http.Request, query alibabaArgs, id, secret string) {
	names := []string{}
	values := map[string]string{"host": req.Host}
	for name := range req.Header {
		if low := strings.ToLower(name); strings.HasPrefix(low, "x-acs-") || low == "content-type" {
			values[low] = req.Header.Get(name)
		}
	}
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	headers := ""
	for _, name := range names {
		headers += name + ":" + values[name] + "\n"
	}
	signed := strings.Join(names, ";")
	canonical := strings.Join([]string{
		req.Method, "/", alibabaJoin(query), headers, signed, req.Header.Get("x-acs-content-sha256"),
	}, "\n")
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(mac, "ACS3-HMAC-SHA256\n"+alibabaHash(canonical))
	req.Header.Set("Authorization", fmt.Sprintf("ACS3-HMAC-SHA256 Credential=%s,SignedHeaders=%s,Signature=%x", id, signed, mac.Sum(nil)))
}

func (c *alibabaCaller) nonce() string {
	return fmt.Sprintf("nonce-%d", c.nonces.Add(1))
}

// request makes a signed request. Methods and places are those of the vendor's packages: what is large or JSON in the
// form, the rest in the query.
func (c *alibabaCaller) request(action string, p alibabaArgs) *http.Request {
	method, version := "POST", "2024-09-10"
	switch action {
	case "GetKvNamespace", "GetKvAccount", "DescribeKvAccountStatus", "GetKv", "DeleteKv", "ListKvs":
		method = "GET"
	case "AuthorizeFileUpload":
		method, version = "GET", "2019-12-19"
	}
	query, form := alibabaArgs{}, alibabaArgs{}
	for name, value := range p {
		if method == "POST" && (name == "Value" || name == "KvList" || name == "Keys" || action == "CreateKvNamespace") {
			form[name] = value
		} else {
			query[name] = value
		}
	}
	return c.signed(method, action, version, query, form)
}

func (c *alibabaCaller) signed(method, action, version string, query, form alibabaArgs) *http.Request {
	body := alibabaJoin(form)
	stamp, nonce := c.clock.Now().UTC().Format("2006-01-02T15:04:05Z"), c.nonce()
	if c.rpc {
		for name, value := range map[string]string{
			"Action": action, "Version": version, "Format": "json", "Timestamp": stamp, "SignatureNonce": nonce,
			"SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", "AccessKeyId": c.id,
		} {
			query[name] = value
		}
		if c.token != "" {
			query["SecurityToken"] = c.token
		}
		all := alibabaArgs{}
		for _, part := range []alibabaArgs{query, form} {
			for name, value := range part {
				all[name] = value
			}
		}
		query["Signature"] = alibabaRPCSignature(method, c.secret, all)
	}
	req, err := http.NewRequest(method, c.em.URL()+"/?"+alibabaJoin(query), strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if !c.rpc {
		for name, value := range map[string]string{
			"x-acs-action": action, "x-acs-version": version, "x-acs-date": stamp, "x-acs-signature-nonce": nonce,
			"x-acs-content-sha256": alibabaHash(body),
		} {
			req.Header.Set(name, value)
		}
		if c.token != "" {
			req.Header.Set("x-acs-accesskey-id", c.id)
			req.Header.Set("x-acs-security-token", c.token)
		}
		alibabaAuthorize(req, query, c.id, c.secret)
	}
	return req
}

// try sends a request, which may fail on the way.
func (c *alibabaCaller) try(req *http.Request) (a alibabaAnswer, err error) {
	return alibabaExchange(c.t, c.http, req)
}

func alibabaExchange(t testing.TB, c *http.Client, r *http.Request) (a alibabaAnswer, err error) {
	reply, text, err := exchange(c, r)
	if reply == nil {
		return a, err
	}
	return alibabaAnswer{t: t, status: reply.StatusCode, header: reply.Header, body: text, fields: decodeFields(text)}, err
}

func (c *alibabaCaller) send(req *http.Request) alibabaAnswer {
	c.t.Helper()
	a, err := c.try(req)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

func (c *alibabaCaller) call(action string, p alibabaArgs) alibabaAnswer {
	c.t.Helper()
	return c.send(c.request(action, p))
}

func (c *alibabaCaller) ok(action string, p alibabaArgs) alibabaAnswer {
	c.t.Helper()
	a := c.call(action, p)
	if a.status != 200 || a.text("RequestId") == "" || a.fields["Code"] != nil {
		c.t.Fatalf("%s: %d %.300s", action, a.status, a.body)
	}
	return a
}

func (c *alibabaCaller) fails(action string, p alibabaArgs, status int, code string) {
	c.t.Helper()
	c.call(action, p).refused(status, code)
}

func (a alibabaAnswer) refused(status int, code string) {
	a.t.Helper()
	if a.status != status || a.text("Code") != code || a.text("RequestId") == "" || a.text("HostId") == "" || a.text("Message") == "" {
		a.t.Fatalf("%d %.300s, want %d %s", a.status, a.body, status, code)
	}
}

func (a alibabaAnswer) text(name string) string {
	s, _ := a.fields[name].(string)
	return s
}

// names is a reply's list of texts.
func (a alibabaAnswer) names(name string) string {
	a.t.Helper()
	list, ok := a.fields[name].([]any)
	if !ok {
		a.t.Fatalf("no list %s in %.300s", name, a.body)
	}
	var all []string
	for _, item := range list {
		all = append(all, item.(string))
	}
	return strings.Join(all, ",")
}

func (c *alibabaCaller) put(key, value string, more ...string) {
	c.t.Helper()
	c.ok("PutKv", alibabaPut(key, value, more...))
}

func alibabaPut(key, value string, more ...string) alibabaArgs {
	p := alibabaArgs{"Namespace": "ns", "Key": key, "Value": value}
	for i := 0; i < len(more); i += 2 {
		p[more[i]] = more[i+1]
	}
	return p
}

func alibabaGet(key string) alibabaArgs { return alibabaArgs{"Namespace": "ns", "Key": key} }

func TestAlibabaProvider(t *testing.T) {
	em := emulator.NewAlibaba()
	defer em.Close()
	p := em.Provider()
	if len(p) != 7 || p["open_platform_endpoint"] != em.URL() || p["upload_endpoint"] != em.URL() || p["driver"] != "alibaba" || p["endpoint"] != em.URL() || p["region"] != em.Region() ||
		p["access_key_id"] != em.AccessKeyID() || p["access_key_secret"] != em.AccessKeySecret() {
		t.Fatal(p)
	}
	if em.AccessKeyID() == "" || em.AccessKeySecret() == "" || em.Region() != "cn-hangzhou" {
		t.Fatal("no credentials")
	}
	resp, err := http.Get(em.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != 400 {
		t.Fatal(resp.Status)
	}
}

func TestAlibabaRequests(t *testing.T) {
	c := newAlibabaNS(t, emulator.AlibabaSettings{})
	c.put("k", "v")
	c.rpc = true
	c.ok("GetKv", alibabaGet("k"))
	c.send(c.signed("POST", "Nonsense", "2024-09-10", alibabaArgs{}, alibabaArgs{})).refused(404, "InvalidApi.NotFound")
	var actions []string
	for _, r := range c.em.Requests() {
		actions = append(actions, r.Action)
	}
	if got := strings.Join(actions, " "); got != "CreateKvNamespace PutKv GetKv " {
		t.Fatal(got)
	}
}

func ExampleNewAlibaba() {
	em := emulator.NewAlibaba()
	defer em.Close()
	em.Inject(emulator.Fault{Action: "GetKv", Code: "Throttling.Api", Times: 1})
	provider := em.Provider() // the entry of a config's providers
	fmt.Println(provider["driver"], provider["access_key_id"])
	// Output: alibaba emulator-access-key-id
}

func ExampleWithAlibaba() {
	em := emulator.NewAlibaba(emulator.WithAlibaba(emulator.AlibabaSettings{NumericID: true, Throttle: 10}))
	defer em.Close()
	id, _, _ := em.IssueSTS(15 * time.Minute)
	fmt.Println(id)
	// Output: STS.emulator-1
}
