package emulator_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// cmsCaller signs as the vendor's page "V3 request body and signature mechanism" says for the ROA style, with the
// standard library's encoders.
type cmsCaller struct {
	t                 testing.TB
	em                *emulator.AlibabaCMS
	clock             *stoppedClock
	http              *http.Client
	id, secret, token string
	nonces            int
}

func newCMS(t testing.TB, settings emulator.AlibabaCMSSettings, opts ...emulator.Option) *cmsCaller {
	clock := newAlibabaClock()
	em := emulator.NewAlibabaCMS(append([]emulator.Option{
		emulator.InMemory(), emulator.WithClock(clock.Now), emulator.WithAlibabaCMS(settings),
	}, opts...)...)
	return &cmsCaller{
		t: t, em: em, clock: clock, http: clientOf(t, em), id: em.AccessKeyID(), secret: em.AccessKeySecret(),
	}
}

// cmsAction is what the vendor's package puts into x-acs-action.
func cmsAction(method, name string) string {
	switch {
	case method == "POST":
		return "PutWorkspace"
	case method == "DELETE":
		return "DeleteWorkspace"
	case name == "":
		return "ListWorkspaces"
	}
	return "GetWorkspace"
}

// unsigned makes a request with all headers but the signature. A name is one segment of the path.
func (c *cmsCaller) unsigned(method, name string, query alibabaArgs, body string) *http.Request {
	c.t.Helper()
	path := "/workspace"
	if name != "" {
		path += "/" + alibabaEncode(name)
	}
	u, err := url.Parse(c.em.URL())
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequest(method, c.em.URL(), strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.URL = &url.URL{Scheme: u.Scheme, Host: u.Host, Opaque: path, RawQuery: alibabaJoin(query)}
	c.nonces++
	for header, value := range map[string]string{
		"x-acs-action": cmsAction(method, name), "x-acs-version": "2024-03-30", "x-acs-date": c.clock.Now().UTC().Format("2006-01-02T15:04:05Z"),
		"x-acs-signature-nonce": fmt.Sprintf("nonce-%d", c.nonces), "x-acs-content-sha256": alibabaHash(body),
	} {
		r.Header.Set(header, value)
	}
	if method == "POST" {
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	if c.token != "" {
		r.Header.Set("x-acs-accesskey-id", c.id)
		r.Header.Set("x-acs-security-token", c.token)
	}
	return r
}

// cmsSign signs a request for a path.
func cmsSign(r *http.Request, path string, query alibabaArgs, id, secret string) {
	values := map[string]string{"host": r.Host}
	for name := range r.Header {
		if low := strings.ToLower(name); strings.HasPrefix(low, "x-acs-") || low == "content-type" {
			values[low] = r.Header.Get(name)
		}
	}
	var names []string
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	headers := ""
	for _, name := range names {
		headers += name + ":" + values[name] + "\n"
	}
	signed := strings.Join(names, ";")
	canonical := strings.Join([]string{r.Method, path, alibabaJoin(query), headers, signed, r.Header.Get("x-acs-content-sha256")}, "\n")
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(mac, "ACS3-HMAC-SHA256\n"+alibabaHash(canonical))
	r.Header.Set("Authorization", fmt.Sprintf("ACS3-HMAC-SHA256 Credential=%s,SignedHeaders=%s,Signature=%x", id, signed, mac.Sum(nil)))
}

// request makes a request that is right but for what it asks for.
func (c *cmsCaller) request(method, name string, query alibabaArgs, body string) *http.Request {
	c.t.Helper()
	r := c.unsigned(method, name, query, body)
	cmsSign(r, r.URL.Opaque, query, c.id, c.secret)
	return r
}

func (c *cmsCaller) try(r *http.Request) (a alibabaAnswer, err error) {
	return alibabaExchange(c.t, c.http, r)
}

func (c *cmsCaller) send(r *http.Request) alibabaAnswer {
	c.t.Helper()
	a, err := c.try(r)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

func (c *cmsCaller) call(method, name string, query alibabaArgs, body string) alibabaAnswer {
	c.t.Helper()
	return c.send(c.request(method, name, query, body))
}

// ok carries a request out that succeeds.
func (c *cmsCaller) ok(method, name string, query alibabaArgs, body string) alibabaAnswer {
	c.t.Helper()
	a := c.call(method, name, query, body)
	if a.status != 200 || a.text("requestId") == "" || a.text("requestId") != a.header.Get("x-acs-request-id") || a.fields["Code"] != nil {
		c.t.Fatalf("%s %s: %d %.300s", method, name, a.status, a.body)
	}
	return a
}

func (c *cmsCaller) put(name, more string) {
	c.t.Helper()
	if a := c.ok("POST", name, nil, `{"slsProject":"logs"`+more+`}`); a.text("workspaceName") != name {
		c.t.Fatal(a.body)
	}
}

// list returns the names in a listing.
func (a alibabaAnswer) workspaces() string {
	a.t.Helper()
	list, ok := a.fields["workspaces"].([]any)
	if !ok {
		a.t.Fatal(a.body)
	}
	var names []string
	for _, item := range list {
		names = append(names, item.(map[string]any)["workspaceName"].(string))
	}
	return strings.Join(names, " ")
}

func TestAlibabaCMSProvider(t *testing.T) {
	em := emulator.NewAlibabaCMS()
	defer em.Close()
	want := map[string]string{
		"driver": "alibaba", "cms_endpoint": em.URL(), "region": "cn-hangzhou", "access_key_id": em.AccessKeyID(), "access_key_secret": em.AccessKeySecret(),
		"sls_project": "emulator-project",
	}
	if p := em.Provider(); !reflect.DeepEqual(p, want) || em.AccessKeyID() == "" || em.AccessKeySecret() == "" || em.Region() != "cn-hangzhou" {
		t.Error(p)
	}
	c := newCMS(t, emulator.AlibabaCMSSettings{AccessKeyID: "id", AccessKeySecret: "secret", Projects: []string{"logs", "more"}})
	if p := c.em.Provider(); p["access_key_id"] != "id" || p["access_key_secret"] != "secret" || p["sls_project"] != "logs" {
		t.Error(p)
	}
	c.put("w", "")
	c.call("POST", "w", nil, `{"slsProject":"other"}`).refused(404, "ProjectNotExist")
}

func TestAlibabaCMSCRUD(t *testing.T) {
	c := newCMS(t, emulator.AlibabaCMSSettings{})
	const host = "metrics.cn-hangzhou.aliyuncs.com"
	missing := c.call("GET", "shop", nil, "")
	if missing.refused(404, "WorkspaceNotExist"); missing.text("HostId") != host || missing.header.Get("x-acs-request-id") != missing.text("RequestId") {
		t.Error(missing.body)
	}
	c.call("DELETE", "shop", nil, "").refused(404, "WorkspaceNotExist")
	c.put("shop", `,"displayName":"Shop","description":"of shops","resourceGroupId":"rg-1","tags":[{"key":"a","value":"b"},{"key":"c","value":""}],"x":1`)
	c.clock.pass(90 * time.Second)
	a := c.ok("GET", "shop", nil, "")
	delete(a.fields, "requestId")
	want := map[string]any{
		"workspaceName": "shop", "displayName": "Shop", "description": "of shops", "slsProject": "logs", "regionId": "cn-hangzhou", "resourceGroupId": "rg-1",
		"tags":       []any{map[string]any{"key": "a", "value": "b"}, map[string]any{"key": "c", "value": ""}},
		"createTime": "2026-01-02T03:04:05Z", "lastModifyTime": "2026-01-02T03:04:05Z",
	}
	if !reflect.DeepEqual(a.fields, want) {
		t.Error(a.body)
	}
	// Put again changes the workspace; what is not sent, or null, is emptied.
	c.put("shop", `,"displayName":"Other","description":null`)
	want["displayName"], want["description"], want["resourceGroupId"], want["tags"], want["lastModifyTime"] = "Other", "", "", []any{}, "2026-01-02T03:05:35Z"
	a = c.ok("GET", "shop", nil, "")
	delete(a.fields, "requestId")
	if !reflect.DeepEqual(a.fields, want) {
		t.Error(a.body)
	}
	c.ok("DELETE", "shop", nil, "")
	c.call("GET", "shop", nil, "").refused(404, "WorkspaceNotExist")
	if got := c.ok("GET", "", nil, "").workspaces(); got != "" {
		t.Error(got)
	}
}

func TestAlibabaCMSChoices(t *testing.T) {
	c := newCMS(t, emulator.AlibabaCMSSettings{
		Milliseconds: true, OmitEmpty: true, EmptyNextToken: true, LowerCaseErrors: true, NotFoundCode: "NotFound", NotFoundStatus: 400, DeleteAbsent: true,
		CreateOnly: true, StrictNames: true,
	})
	c.clock.pass(70 * time.Millisecond)
	c.put("abc", "")
	a := c.ok("GET", "abc", nil, "")
	if len(a.fields) != 6 || a.text("createTime") != "2026-01-02T03:04:05.070Z" || a.text("lastModifyTime") != "2026-01-02T03:04:05.070Z" {
		t.Error(a.body)
	}
	if token, there := c.ok("GET", "", nil, "").fields["nextToken"]; token != "" || !there {
		t.Error(token, there)
	}
	a = c.call("GET", "none", nil, "")
	if a.status != 400 || a.text("code") != "NotFound" || a.text("message") == "" || a.text("requestId") == "" {
		t.Error(a.status, a.body)
	}
	c.ok("DELETE", "none", nil, "")
	if a := c.call("POST", "abc", nil, `{"slsProject":"logs"}`); a.status != 409 || a.text("code") != "WorkspaceAlreadyExist" {
		t.Error(a.status, a.body)
	}
	for name, ok := range map[string]bool{
		"ab": false, "a-b": true, "-ab": false, "ab-": false, "aBc": false, "a_b": false, "a/b": false, strings.Repeat("a", 63): true, strings.Repeat("a", 64): false,
	} {
		if a := c.call("POST", name, nil, `{"slsProject":"logs"}`); (a.status == 200) != ok {
			t.Error(name, a.status, a.body)
		}
	}
	keep := newCMS(t, emulator.AlibabaCMSSettings{KeepUnsent: true})
	keep.put("w", `,"displayName":"Shop","tags":[{"key":"a","value":"b"}]`)
	keep.put("w", `,"description":"d"`)
	a = keep.ok("GET", "w", nil, "")
	if a.text("displayName") != "Shop" || a.text("description") != "d" || len(a.fields["tags"].([]any)) != 1 {
		t.Error(a.body)
	}
}

// Names are one segment of the path, whatever is in them.
func TestAlibabaCMSNames(t *testing.T) {
	c := newCMS(t, emulator.AlibabaCMSSettings{})
	names := []string{"a/b", "a b", "a+b", "%2F", "é世", "a?b#c", "..x", "~-_.", "a&b=c", "'(!*)"}
	for _, name := range names {
		c.put(name, "")
		if got := c.ok("GET", name, nil, "").text("workspaceName"); got != name {
			t.Errorf("%q is %q", name, got)
		}
	}
	sort.Strings(names)
	if got := c.ok("GET", "", nil, "").fields["workspaces"].([]any); len(got) != len(names) {
		t.Error(got)
	}
	for _, name := range []string{".", "..", "\xff"} {
		c.call("POST", name, nil, `{"slsProject":"logs"}`).refused(400, "InvalidParameter")
		c.call("GET", name, nil, "").refused(400, "InvalidParameter")
		c.call("DELETE", name, nil, "").refused(400, "InvalidParameter")
	}
	r := c.unsigned("GET", "x", nil, "") // an empty name is none, and not a listing
	r.URL.Opaque = "/workspace/"
	cmsSign(r, "/workspace/", nil, c.id, c.secret)
	c.send(r).refused(400, "InvalidParameter")
}

func TestAlibabaCMSBadBodies(t *testing.T) {
	c := newCMS(t, emulator.AlibabaCMSSettings{})
	for body, code := range map[string]string{
		``: "InvalidParameter", `{`: "InvalidParameter", `[]`: "InvalidParameter", `null`: "InvalidParameter", `{"slsProject":"p"}x`: "InvalidParameter",
		`{"slsProject":"p","slsProject":"p"}`: "InvalidParameter", "{\"slsProject\":\"\xff\"}": "InvalidParameter", `{}`: "MissingSlsProject",
		`{"slsProject":null}`: "MissingSlsProject", `{"slsProject":""}`: "InvalidParameter", `{"slsProject":1}`: "InvalidParameter",
		`{"slsProject":"p","displayName":1}`: "InvalidParameter", `{"slsProject":"p","description":{}}`: "InvalidParameter",
		`{"slsProject":"p","resourceGroupId":[]}`: "InvalidParameter", `{"slsProject":"p","tags":{}}`: "InvalidParameter",
		`{"slsProject":"p","tags":[1]}`: "InvalidParameter", `{"slsProject":"p","tags":[{}]}`: "InvalidParameter",
		`{"slsProject":"p","tags":[{"key":"a"}]}`: "InvalidParameter", `{"slsProject":"p","tags":[{"key":"","value":"b"}]}`: "InvalidParameter",
		`{"slsProject":"p","tags":[{"key":"a","value":"b"},{"key":"a","value":"c"}]}`:               "InvalidParameter",
		strings.Repeat(`{"slsProject":`, 20000) + "1" + strings.Repeat("}", 20000):                  "InvalidParameter",
		`{"slsProject":"p","tags":` + strings.Repeat(`[`, 20000) + strings.Repeat("]", 20000) + "}": "InvalidParameter",
	} {
		if a := c.call("POST", "w", nil, body); a.status != 400 || a.text("Code") != code {
			t.Errorf("%.80s: %d %s", body, a.status, a.body)
		}
	}
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"} {
		r := c.unsigned("POST", "w", nil, `{"slsProject":"p"}`)
		if r.Header.Set("Content-Type", kind); kind == "" {
			r.Header.Del("Content-Type")
		}
		cmsSign(r, "/workspace/w", nil, c.id, c.secret)
		c.send(r).refused(415, "UnsupportedMediaType")
	}
	if got := c.ok("GET", "", nil, "").workspaces(); got != "" {
		t.Error(got)
	}
}

func ExampleNewAlibabaCMS() {
	em := emulator.NewAlibabaCMS(emulator.WithAlibabaCMS(emulator.AlibabaCMSSettings{Milliseconds: true}))
	defer em.Close()
	em.Inject(emulator.Fault{Action: "PutWorkspace", Code: "Throttling.Api", Times: 1})
	provider := em.Provider() // the entry of a config's providers
	fmt.Println(provider["driver"], provider["region"], provider["sls_project"])
	// Output: alibaba cn-hangzhou emulator-project
}
