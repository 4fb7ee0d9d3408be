package emulator_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// kmsCaller signs by the words of the vendor's two signature pages.
type kmsCaller struct {
	t                 testing.TB
	em                *emulator.AlibabaKMS
	clock             *stoppedClock
	http              *http.Client
	id, secret, token string
	scheme            string // "form" and "query" are signature version 1, "acs3" is version 3
	nonces            *atomic.Int64
}

// newKMS starts an emulator in memory whose clock stands still.
func newKMS(t testing.TB, config emulator.AlibabaKMSSettings, opts ...emulator.Option) *kmsCaller {
	clock := newAlibabaClock()
	em := emulator.NewAlibabaKMS(append([]emulator.Option{
		emulator.InMemory(), emulator.WithClock(clock.Now), emulator.WithAlibabaKMS(config), emulator.WithoutRateLimit(),
	}, opts...)...)
	return &kmsCaller{
		nonces: new(atomic.Int64), t: t, em: em, clock: clock, http: clientOf(t, em), id: em.AccessKeyID(), secret: em.AccessKeySecret(),
		scheme: "form",
	}
}

func kmsArgs(pairs ...string) alibabaArgs {
	p := alibabaArgs{}
	for i := 0; i < len(pairs); i += 2 {
		p[pairs[i]] = pairs[i+1]
	}
	return p
}

// request makes a signed request.
func (c *kmsCaller) request(method, action, version string, p alibabaArgs) *http.Request {
	stamp, nonce := c.clock.Now().UTC().Format("2006-01-02T15:04:05Z"), fmt.Sprintf("nonce-%d", c.nonces.Add(1))
	all := alibabaArgs{}
	for name, value := range p {
		all[name] = value
	}
	if c.scheme != "acs3" {
		for name, value := range map[string]string{
			"Action": action, "Version": version, "Format": "JSON", "Timestamp": stamp, "SignatureNonce": nonce, "SignatureType": "",
			"SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", "AccessKeyId": c.id, "RegionId": "cn-hangzhou",
		} {
			all[name] = value
		}
		if c.token != "" {
			all["SecurityToken"] = c.token
		}
		all["Signature"] = alibabaRPCSignature(method, c.secret, all)
	}
	target, body := c.em.URL()+"/", alibabaJoin(all)
	if c.scheme == "query" || method == "GET" {
		target, body = target+"?"+body, ""
	}
	req, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.scheme != "acs3" {
		return req
	}
	for name, value := range map[string]string{
		"x-acs-action": action, "x-acs-version": version, "x-acs-date": stamp, "x-acs-signature-nonce": nonce,
		"x-acs-content-sha256": alibabaHash(body),
	} {
		req.Header.Set(name, value)
	}
	if c.token != "" {
		req.Header.Set("x-acs-security-token", c.token)
	}
	if method == "GET" {
		alibabaAuthorize(req, all, c.id, c.secret)
	} else {
		alibabaAuthorize(req, nil, c.id, c.secret)
	}
	return req
}

type kmsAnswer struct {
	t      testing.TB
	status int
	header http.Header
	body   string
	fields map[string]any
}

func (c *kmsCaller) try(req *http.Request) (a kmsAnswer, err error) {
	reply, text, err := exchange(c.http, req)
	if err != nil {
		return a, err
	}
	a = kmsAnswer{t: c.t, status: reply.StatusCode, header: reply.Header, body: text}
	_ = json.Unmarshal([]byte(text), &a.fields)
	return a, nil
}

func (c *kmsCaller) send(req *http.Request) kmsAnswer {
	c.t.Helper()
	a, err := c.try(req)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

func (c *kmsCaller) call(action string, pairs ...string) kmsAnswer {
	c.t.Helper()
	return c.send(c.request("POST", action, "2016-01-20", kmsArgs(pairs...)))
}

func (c *kmsCaller) ok(action string, pairs ...string) kmsAnswer {
	c.t.Helper()
	a := c.call(action, pairs...)
	if a.status != 200 || a.text("RequestId") == "" || a.fields["Code"] != nil {
		c.t.Fatalf("%s: %d %.300s", action, a.status, a.body)
	}
	return a
}

func (c *kmsCaller) fails(status int, code, action string, pairs ...string) {
	c.t.Helper()
	c.call(action, pairs...).refused(status, code)
}

// refused checks an error of the service, or with a "!" before the code one of the gateway.
func (a kmsAnswer) refused(status int, code string) {
	a.t.Helper()
	name, gateway := strings.CutPrefix(code, "!")
	good := a.status == status && a.text("Code") == name && a.text("RequestId") != "" && a.text("Message") != ""
	if gateway {
		good = good && a.text("HostId") != "" && a.text("Recommend") != "" && a.fields["HttpStatus"] == nil
	} else {
		good = good && a.fields["HttpStatus"] == float64(status) && a.fields["HostId"] == nil
	}
	if !good {
		a.t.Fatalf("%d %.300s, want %d %s", a.status, a.body, status, code)
	}
}

func (a kmsAnswer) text(path string) string {
	s, _ := a.get(path).(string)
	return s
}

// get follows names joined with dots.
func (a kmsAnswer) get(path string) any {
	var at any = a.fields
	for name := range strings.SplitSeq(path, ".") {
		object, _ := at.(map[string]any)
		at = object[name]
	}
	return at
}

// column is one field of all objects of a list, joined with spaces.
func (a kmsAnswer) column(path, name string) string {
	a.t.Helper()
	list, ok := a.get(path).([]any)
	if !ok {
		a.t.Fatalf("no list %s in %.300s", path, a.body)
	}
	var all []string
	for _, item := range list {
		all = append(all, fmt.Sprint(item.(map[string]any)[name]))
	}
	return strings.Join(all, " ")
}

// raw decodes a field from Base64.
func (a kmsAnswer) raw(path string) []byte {
	a.t.Helper()
	b, err := base64.StdEncoding.DecodeString(a.text(path))
	if err != nil || len(b) == 0 {
		a.t.Fatalf("no Base64 at %s: %.300s", path, a.body)
	}
	return b
}

func kms64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// create makes a key and returns its id.
func (c *kmsCaller) create(pairs ...string) string {
	c.t.Helper()
	return c.ok("CreateKey", pairs...).text("KeyMetadata.KeyId")
}

// inInstance makes a key of a spec that needs an instance, and returns its id and that of its version.
func (c *kmsCaller) inInstance(spec string, pairs ...string) (key, version string) {
	c.t.Helper()
	key = c.create(append([]string{"KeySpec", spec, "DKMSInstanceId", c.em.InstanceID()}, pairs...)...)
	return key, c.ok("ListKeyVersions", "KeyId", key).column("KeyVersions.KeyVersion", "KeyVersionId")
}

func (c *kmsCaller) about(key, field string) string {
	c.t.Helper()
	return c.ok("DescribeKey", "KeyId", key).text("KeyMetadata." + field)
}

func (c *kmsCaller) in(key, state string) {
	c.t.Helper()
	if got := c.about(key, "KeyState"); got != state {
		c.t.Fatalf("%s is %s, want %s", key, got, state)
	}
}

func TestAlibabaKMSProvider(t *testing.T) {
	em := emulator.NewAlibabaKMS()
	defer em.Close()
	p := em.Provider()
	if len(p) != 5 || p["driver"] != "alibaba" || p["kms_endpoint"] != em.URL() || p["region"] != em.Region() ||
		p["access_key_id"] != em.AccessKeyID() || p["access_key_secret"] != em.AccessKeySecret() {
		t.Fatal(p)
	}
	kv := emulator.NewAlibaba()
	defer kv.Close()
	if em.AccessKeyID() == "" || em.Region() != "cn-hangzhou" || kv.AccessKeyID() != em.AccessKeyID() || kv.AccessKeySecret() != em.AccessKeySecret() {
		t.Fatal("an account for both has one access key")
	}
	other := emulator.NewAlibabaKMS(emulator.WithAlibabaKMS(emulator.AlibabaKMSSettings{AccessKeyID: "i", AccessKeySecret: "s"}))
	defer other.Close()
	if other.AccessKeyID() != "i" || other.AccessKeySecret() != "s" {
		t.Fatal(other.AccessKeyID())
	}
}

func TestAlibabaKMSRequests(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	c.create()
	c.scheme = "acs3"
	c.ok("ListKeys")
	c.fails(400, "InvalidApiName", "CreateSecret")
	var actions []string
	for _, r := range c.em.Requests() {
		actions = append(actions, r.Action)
	}
	if got := strings.Join(actions, " "); got != "CreateKey ListKeys " {
		t.Fatal(got)
	}
}

func ExampleNewAlibabaKMS() {
	em := emulator.NewAlibabaKMS()
	defer em.Close()
	em.Inject(emulator.Fault{Action: "Decrypt", Code: "Rejected.Throttling", Times: 1})
	provider := em.Provider() // the entry of a config's providers
	fmt.Println(provider["driver"], provider["access_key_id"])
	// Output: alibaba emulator-access-key-id
}

func ExampleWithAlibabaKMS() {
	em := emulator.NewAlibabaKMS(emulator.WithAlibabaKMS(emulator.AlibabaKMSSettings{UUIDs: true, AnyKeySpec: true}))
	defer em.Close()
	id, _, _ := em.IssueSTS(15 * time.Minute)
	fmt.Println(id)
	// Output: STS.emulator-1
}
