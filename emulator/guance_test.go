package emulator_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// guanceEpoch is the time of the tests, in seconds since 1970 and as an instant.
const guanceEpoch = 1764547200

// guanceCaller speaks to a fake Guance with net/http alone. Without a key it signs for the External API, by the words
// of the vendor's page.
type guanceCaller struct {
	*emulator.Guance
	t      testing.TB
	clock  *stoppedClock
	http   *http.Client
	key    string
	nonces *atomic.Int64 // shared with callers made of this one
}

type guanceAnswer struct {
	t      testing.TB
	status int
	body   string
	fields map[string]any // numbers as json.Number
}

func newGuance(t testing.TB, opts ...emulator.Option) *guanceCaller {
	t.Helper()
	clock := &stoppedClock{at: time.Unix(guanceEpoch, 0)}
	em := emulator.NewGuance(append([]emulator.Option{emulator.InMemory(), emulator.WithClock(clock.Now)}, opts...)...)
	transport := &http.Transport{DialContext: em.DialContext}
	t.Cleanup(func() { transport.CloseIdleConnections(); em.Close() })
	return &guanceCaller{Guance: em, t: t, clock: clock, http: &http.Client{Transport: transport}, key: emulator.GuanceAPIKey, nonces: new(atomic.Int64)}
}

// newGuanceSet starts one with settings and without limits to the rate.
func newGuanceSet(t testing.TB, settings emulator.GuanceSettings) *guanceCaller {
	return newGuance(t, emulator.WithGuance(settings), emulator.WithoutRateLimit())
}

// external returns a caller of the other API.
func (c *guanceCaller) external() *guanceCaller {
	return c.with("")
}

// with returns a caller with another API key.
func (c *guanceCaller) with(key string) *guanceCaller {
	return &guanceCaller{Guance: c.Guance, t: c.t, clock: c.clock, http: c.http, key: key, nonces: c.nonces}
}

func guanceSum(secret, text string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(mac, text)
	return mac.Sum(nil)
}

// request makes a request that is right but for what it asks for.
func (c *guanceCaller) request(method, path, body string) *http.Request {
	c.t.Helper()
	r, err := http.NewRequest(method, c.URL()+"/api/v1/workspace/"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if c.key != "" {
		r.Header.Set("DF-API-KEY", c.key)
		return r
	}
	nonce, stamp := fmt.Sprint("nonce-", c.nonces.Add(1)), fmt.Sprint(c.clock.Now().Unix())
	text := method + " " + nonce + " /api/v1/workspace/" + path + " " + stamp + " " + body
	for name, value := range map[string]string{
		"X-Df-Access-Key": emulator.GuanceAccessKey, "X-Df-Timestamp": stamp, "X-Df-SVersion": "v20240417", "X-Df-Nonce": nonce,
		"X-Df-Signature": hex.EncodeToString(guanceSum(emulator.GuanceSecretKey, text)),
	} {
		r.Header.Set(name, value)
	}
	return r
}

// try sends a request, which may fail on the way.
func (c *guanceCaller) try(r *http.Request) (guanceAnswer, error) {
	reply, text, err := exchange(c.http, r)
	if reply == nil {
		return guanceAnswer{}, err
	}
	return guanceAnswer{t: c.t, status: reply.StatusCode, body: text, fields: decodeFields(text)}, err
}

func (c *guanceCaller) send(r *http.Request) guanceAnswer {
	c.t.Helper()
	a, err := c.try(r)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

func (c *guanceCaller) get(path string) guanceAnswer {
	c.t.Helper()
	return c.send(c.request("GET", path, ""))
}

func (c *guanceCaller) post(path, body string) guanceAnswer {
	c.t.Helper()
	return c.send(c.request("POST", path, body))
}

// ok expects a success in the vendor's envelope.
func (a guanceAnswer) ok() guanceAnswer {
	a.t.Helper()
	if a.status != 200 || a.fields["code"] != json.Number("200") || a.fields["success"] != true || a.fields["errorCode"] != "" ||
		a.fields["message"] != "" || !strings.HasPrefix(fmt.Sprint(a.fields["traceId"]), "TRACE-") {
		a.t.Fatalf("%d %.400s", a.status, a.body)
	}
	return a
}

// refused expects an error in the vendor's envelope.
func (a guanceAnswer) refused(status int, code string) {
	a.t.Helper()
	content, has := a.fields["content"]
	if a.status != status || a.fields["code"] != json.Number(fmt.Sprint(status)) || a.fields["success"] != false || a.fields["errorCode"] != code ||
		a.fields["message"] == "" || !has || content != nil || !strings.HasPrefix(fmt.Sprint(a.fields["traceId"]), "TRACE-") {
		a.t.Fatalf("%d %.400s, want %d %s", a.status, a.body, status, code)
	}
}

// object is the content, or what is at a path of names in it.
func (a guanceAnswer) object(path ...string) map[string]any {
	a.t.Helper()
	o, ok := a.fields["content"].(map[string]any)
	for _, name := range path {
		o, ok = o[name].(map[string]any)
	}
	if !ok {
		a.t.Fatalf("no object at %v in %.400s", path, a.body)
	}
	return o
}

// names are those of what is listed.
func (a guanceAnswer) names() string {
	a.t.Helper()
	list, ok := a.fields["content"].([]any)
	if !ok {
		a.t.Fatalf("no list in %.400s", a.body)
	}
	var names []string
	for _, item := range list {
		names = append(names, item.(map[string]any)["name"].(string))
	}
	return strings.Join(names, " ")
}

// has compares fields, given as pairs of name and value.
func guanceHas(t testing.TB, o map[string]any, pairs ...any) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		want := pairs[i+1]
		if n, ok := want.(int); ok {
			want = json.Number(fmt.Sprint(n))
		}
		if have, there := o[pairs[i].(string)]; !there || !reflect.DeepEqual(have, want) {
			t.Errorf("%v is %#v (there: %v), want %#v", pairs[i], have, there, want)
		}
	}
}

func TestGuanceProvider(t *testing.T) {
	em := emulator.NewGuance()
	defer em.Close()
	if p := em.Provider(); !reflect.DeepEqual(p, map[string]string{
		"driver": "guance", "api": "open", "endpoint": em.URL(), "api_key": emulator.GuanceAPIKey,
	}) {
		t.Error(p)
	}
	if p := em.ExternalProvider(); !reflect.DeepEqual(p, map[string]string{
		"driver": "guance", "api": "external", "endpoint": em.URL(), "access_key": emulator.GuanceAccessKey, "secret_key": emulator.GuanceSecretKey,
	}) {
		t.Error(p)
	}
	other := newGuanceSet(t, emulator.GuanceSettings{APIKey: "other", AccessKey: "ak", SecretKey: "sk"})
	if p := other.Provider(); p["api_key"] != "other" {
		t.Error(p)
	}
	if p := other.ExternalProvider(); p["access_key"] != "ak" || p["secret_key"] != "sk" {
		t.Error(p)
	}
	other.get("get").refused(403, "ft.InvalidAPIKey")
	other.with("other").get("get").ok()
}

// An option of another emulator is a mistake in the program.
func TestGuanceOptionElsewhere(t *testing.T) {
	for name, start := range map[string]func(){
		"Guance":     func() { emulator.NewTencent(emulator.WithGuance(emulator.GuanceSettings{})).Close() },
		"AlibabaCMS": func() { emulator.NewGuance(emulator.WithAlibabaCMS(emulator.AlibabaCMSSettings{})).Close() },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if said := fmt.Sprint(recover()); !strings.Contains(said, "With"+name) {
					t.Error(said)
				}
			}()
			start()
		})
	}
}

// guanceShape is a JSON value with the type's name in place of every scalar.
func guanceShape(v any) any {
	switch v := v.(type) {
	case map[string]any:
		o := map[string]any{}
		for name, value := range v {
			o[name] = guanceShape(value)
		}
		return o
	case []any:
		list := []any{}
		for _, value := range v {
			list = append(list, guanceShape(value))
		}
		return list
	}
	return fmt.Sprintf("%T", v)
}

// The exchange of the vendor's page: the reply has the same fields, of the same types.
func TestGuanceGolden(t *testing.T) {
	data, err := os.ReadFile("testdata/guance/CreateWorkspace.txt")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(data), "\n---\n")
	head, body, _ := strings.Cut(parts[1], "\n\n")
	line, kind, _ := strings.Cut(head, "\nContent-Type: ")
	method, path, _ := strings.Cut(line, " ")
	c := newGuance(t)
	r := c.request(method, strings.TrimPrefix(path, "/api/v1/workspace/"), body)
	r.Header.Set("Content-Type", kind)
	a := c.send(r).ok()
	var have, want map[string]any
	if err := json.Unmarshal([]byte(parts[2]), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(a.body), &have); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(guanceShape(have), guanceShape(want)) {
		t.Errorf("have %v\nwant %v", guanceShape(have), guanceShape(want))
	}
	// What does not depend on the account is the same, too.
	same := []string{
		"billingState", "datastore", "deleteAt", "desc", "durationSet", "enablePublicDataway", "esIndexMerged", "esIndexSettings", "exterId", "id", "isLocked",
		"isOpenLogMultipleIndex", "lockAt", "loggingCutSize", "makeResourceExceptionCode", "name", "status", "supportJsonMessage", "versionType",
	}
	info := have["content"].(map[string]any)["wsInfo"].(map[string]any)
	for _, name := range same {
		if page := want["content"].(map[string]any)["wsInfo"].(map[string]any)[name]; !reflect.DeepEqual(info[name], page) {
			t.Errorf("%s: have %v, want %v", name, info[name], page)
		}
	}
	for _, id := range []struct{ field, prefix string }{{"uuid", "wksp_"}, {"dbUUID", "ifdb_"}, {"esInstanceUUID", "es_"}, {"creator", "wsak_"}} {
		if text := info[id.field].(string); !strings.HasPrefix(text, id.prefix) || len(text) != len(id.prefix)+32 {
			t.Errorf("%s: %s", id.field, text)
		}
	}
}

func ExampleNewGuance() {
	em := emulator.NewGuance()
	defer em.Close()
	r, _ := http.NewRequest("POST", em.URL()+"/api/v1/workspace/create", strings.NewReader(`{"name":"orders","needCreateAk":true,"akName":"ci"}`))
	r.Header.Set("DF-API-KEY", emulator.GuanceAPIKey)
	r.Header.Set("Content-Type", "application/json")
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = reply.Body.Close() }()
	var created struct {
		Content struct {
			AkInfo struct{ Name string }
			WsInfo struct{ Name, VersionType string }
		}
		Success bool
	}
	err = json.NewDecoder(reply.Body).Decode(&created)
	fmt.Println(reply.StatusCode, created, err)
	// Output: 200 {{{ci} {orders free}} true} <nil>
}

func ExampleWithGuance() {
	em := emulator.NewGuance(emulator.WithGuance(emulator.GuanceSettings{OddTypes: true, KeyRate: 5}))
	defer em.Close()
	fmt.Println(em.Provider()["api"], em.ExternalProvider()["api"])
	// Output: open external
}
