package emulator_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// huaweiSigned is a request with a signature that was computed elsewhere.
func huaweiSigned(method, target, body, date, signed, signature string) *http.Request {
	req := httptest.NewRequest(method, target, strings.NewReader(body))
	req.Header.Set("X-Sdk-Date", date)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders="+signed+", Signature="+signature)
	return req
}

// A request whose signature is known, of one signed with Access "AccessKey" and "SecretKey".
func TestHuaweiSignatureVector(t *testing.T) {
	const (
		target    = "https://kms.cn-north-4.myhuaweicloud.com/v1.0/0123456789abcdef0123456789abcdef/kms/create-key"
		body      = `{"key_alias":"test"}`
		date      = "20240101T000000Z"
		signed    = "host;x-project-id;x-sdk-date"
		signature = "4e08f7e9f5a1f61210c8b253357e4be113df9b7241fb0a4a86201e62cdfb31e3"
		project   = "0123456789abcdef0123456789abcdef"
	)
	c := newHuawei(t, func(s *emulator.HuaweiKMSSettings) { s.AccessKey, s.SecretKey = "AccessKey", "SecretKey" })
	c.clock.at = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	try := func(code string, change func(*http.Request)) {
		t.Helper()
		req := huaweiSigned("POST", target, body, date, signed, signature)
		req.Header.Set("X-Project-Id", project)
		if change != nil {
			change(req)
		}
		a := c.serve(req)
		if code != "" {
			c.expect(a, code)
		} else if a.status != 200 {
			t.Error(a.status, a.text)
		}
	}
	try("", nil)
	const refused = "APIGW.0301"
	again := func(body string) func(*http.Request) {
		return func(r *http.Request) { r.Body = huaweiSigned("POST", target, body, date, signed, signature).Body }
	}
	try(refused, again(body+"\n"))
	try(refused, again(strings.Replace(body, "test", "tesu", 1)))
	try(refused, func(r *http.Request) {
		r.Method = "GET"
		r.URL.Path = strings.Replace(r.URL.Path, "create-key", "user-quotas", 1)
	})
	try(refused, func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, "create-key", "enable-key", 1) })
	try(refused, func(r *http.Request) { r.URL.RawQuery = "a=b" })
	try(refused, func(r *http.Request) { r.Host = "kms.cn-north-1.myhuaweicloud.com" })
	try(refused, func(r *http.Request) { r.Header.Set("X-Project-Id", "x") })
	try(refused, func(r *http.Request) { r.Header.Del("X-Project-Id") })
	try(refused, func(r *http.Request) { r.Header.Set("X-Sdk-Date", "20240101T000001Z") })
	try(refused, func(r *http.Request) { r.Header.Del("X-Sdk-Date") })
	try(refused, func(r *http.Request) { r.Header.Add("X-Sdk-Date", date) })
	try(refused, func(r *http.Request) { r.Header.Set("X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD") })
	auth := func(old, fresh string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, fresh, 1))
		}
	}
	try(refused, auth("AccessKey", "Other"))
	try(refused, auth("SDK-HMAC-SHA256", "V11-HMAC-SHA256"))
	try(refused, auth("4e08", "5e08"))
	try(refused, auth("host;", ""))
	try(refused, auth("host;x-project-id", "x-project-id;host"))
	try(refused, auth(";x-sdk-date", ""))
	try(refused, auth(", Signature", ", Signature=x, Signature"))
	try(refused, auth("Access=", "Access"))
	c.clock.pass(15 * time.Minute)
	try("KMS.1104", nil) // it is carried out: the alias is taken by now
	if c.em.Requests()[0].Header.Get("X-Sdk-Date") != date {
		t.Error("not logged")
	}
	c.clock.pass(time.Second)
	try(refused, nil)
	c.clock.pass(-30*time.Minute - 2*time.Second)
	try(refused, nil)
}

// The headers that a client chooses to sign are honoured, the host with its port or without.
func TestHuaweiSignedHeaders(t *testing.T) {
	c := newHuawei(t, nil)
	body := []byte(`{"key_spec":"ALL"}`)
	fresh := func() *http.Request { return c.request("POST", huaweiBase+"list-keys", body) }
	for _, signed := range [][]string{
		{"x-sdk-date"}, {"host", "x-sdk-date"}, {"content-type", "host", "user-agent", "x-sdk-date"}, {"test_underscore", "x-sdk-date"},
	} {
		req := fresh()
		req.Header.Set("User-Agent", " me ")
		req.Header["TEST_UNDERSCORE"] = []string{"u"}
		req.Header["Test_underscore"] = []string{"u"}
		if signed[0] == "test_underscore" {
			delete(req.Header, "TEST_UNDERSCORE")
		}
		c.sign(req, body, signed...)
		c.passes(c.send(req))
	}
	req := fresh()
	sent := req.Host
	req.Host = strings.Split(sent, ":")[0]
	c.sign(req, body, "host", "x-sdk-date")
	req.Host = sent
	c.passes(c.send(req))
	req = fresh()
	c.sign(req, body, "x-missing", "x-sdk-date")
	c.expect(c.send(req), "APIGW.0301")
	req = fresh()
	c.sign(req, body, "host") // without the date
	c.expect(c.send(req), "APIGW.0301")

	for hash, code := range map[string]string{huaweiSHA256(body): "", "UNSIGNED-PAYLOAD": "", huaweiSHA256(nil): "APIGW.0301"} {
		req := fresh()
		req.Header.Set("X-Sdk-Content-Sha256", hash)
		c.sign(req, body, "x-sdk-content-sha256", "x-sdk-date")
		if a := c.send(req); code == "" {
			c.passes(a)
		} else {
			c.expect(a, code)
		}
	}
	req = c.request("GET", huaweiBase+"aliases?limit=5&marker=a%20b%2Bc&key_id=", nil)
	c.expect(c.send(req), "KMS.0205")
	req.URL.RawQuery = "limit=6&marker=a%20b%2Bc&key_id="
	c.expect(c.send(req), "APIGW.0301")
	req = c.request("GET", huaweiBase+"tags", nil)
	req.URL.RawQuery = "%zz"
	c.expect(c.send(req), "APIGW.0301")
}

func TestHuaweiTemporary(t *testing.T) {
	c := newHuawei(t, nil)
	c.access, c.key, c.securityToken = c.em.IssueTemporary(time.Hour)
	c.ok("list-keys", huaweiArgs{})
	token := c.securityToken
	for _, wrong := range []string{"", "x"} {
		c.securityToken = wrong
		c.expect(c.do("POST", "list-keys", huaweiArgs{}), "APIGW.0301")
	}
	c.securityToken = token
	c.clock.pass(time.Hour - time.Second)
	c.ok("list-keys", huaweiArgs{})
	c.clock.pass(time.Second)
	c.expect(c.do("POST", "list-keys", huaweiArgs{}), "APIGW.0301")
	other, _, _ := c.em.IssueTemporary(time.Hour)
	if other == c.access {
		t.Error("issued twice")
	}
	c.access, c.key = emulator.HuaweiAccessKey, emulator.HuaweiSecretKey // with a token that is not its own
	c.expect(c.do("POST", "list-keys", huaweiArgs{}), "APIGW.0301")
}

// A request for a token, a project looked up with it, and what such tokens are good for.
func TestHuaweiToken(t *testing.T) {
	c := newHuawei(t, nil)
	login := func(scope, password string) huaweiAnswer {
		t.Helper()
		body := `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"` + emulator.HuaweiUserName + `","password":"` + password +
			`","domain":{"name":"` + emulator.HuaweiDomainName + `"}}}},"scope":` + scope + `}}`
		req, err := http.NewRequest("POST", c.em.URL()+"/v3/auth/tokens", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		return c.send(req)
	}
	for _, scope := range []string{`{"project":{"name":"cn-north-4"}}`, `{"project":{"id":"` + emulator.HuaweiProjectID + `"}}`} {
		a := login(scope, emulator.HuaweiPassword)
		c.token = a.header.Get("X-Subject-Token")
		if a.status != 201 || a.str("token", "expires_at") != "2026-03-27T07:20:00.000000Z" || a.str("token", "project", "id") != emulator.HuaweiProjectID {
			t.Fatal(a)
		}
		c.ok("list-keys", huaweiArgs{})
	}
	for _, bad := range []huaweiAnswer{
		login(`{"project":{"name":"cn-north-1"}}`, emulator.HuaweiPassword), login(`{"domain":{"name":"x"}}`, emulator.HuaweiPassword), login(`{}`, "x"),
		login(`{"project":{}}`, emulator.HuaweiPassword),
	} {
		if bad.status != 401 || bad.header.Get("X-Subject-Token") != "" || bad.str("error", "title") != "Unauthorized" {
			t.Error(bad)
		}
	}
	if a := login(`{`, ""); a.status != 400 || a.str("error", "message") == "" {
		t.Error(a)
	}
	if a := login(`{"project":{"name":"cn-north-4"},"domain":{"name":"`+emulator.HuaweiDomainName+`"}}`, emulator.HuaweiPassword); a.status != 400 {
		t.Error(a)
	}

	projects := func(query string) []any {
		t.Helper()
		a := c.passes(c.send(c.request("GET", "/v3/projects"+query, nil)))
		list, ok := a.body["projects"].([]any)
		if !ok || a.header.Get("X-IAM-Trace-Id") == "" {
			t.Error(a)
		}
		return list
	}
	if p := projects("?name=cn-north-4"); len(p) != 1 || p[0].(map[string]any)["id"] != emulator.HuaweiProjectID || p[0].(map[string]any)["name"] != "cn-north-4" {
		t.Error(p)
	}
	if p := projects("?name=cn-north-1"); len(p) != 0 {
		t.Error(p)
	}
	if a := c.send(c.request("GET", "/v3/projects?%zz", nil)); a.status != 400 {
		t.Error(a)
	}
	c.clock.pass(24*time.Hour - time.Second)
	c.ok("list-keys", huaweiArgs{})
	c.clock.pass(time.Second)
	c.fails("list-keys", huaweiArgs{}, "KMS.0303")
	c.token = login(`{"domain":{"id":"`+emulator.HuaweiDomainID+`"}}`, emulator.HuaweiPassword).header.Get("X-Subject-Token")
	c.fails("list-keys", huaweiArgs{}, "KMS.0305")
	if p := projects(""); len(p) != 1 {
		t.Error(p)
	}
	c.token = "no such token"
	c.fails("list-keys", huaweiArgs{}, "KMS.0301")
	c.token = "nosuchtoken"
	c.fails("list-keys", huaweiArgs{}, "KMS.0302")
	c.token = emulator.HuaweiToken
	c.clock.pass(1000 * 24 * time.Hour)
	c.ok("list-keys", huaweiArgs{})
	req := c.request("POST", huaweiBase+"list-keys", []byte("{}"))
	req.Header.Del("X-Auth-Token")
	c.expect(c.send(req), "KMS.0301")
	c.token = ""
	if p := projects("?name=CN-NORTH-4"); len(p) != 1 {
		t.Error(p)
	}
}

// Twenty requests in any second, whatever they do; what the gateway refuses does not count.
func TestHuaweiRate(t *testing.T) {
	clock := &stoppedClock{at: huaweiEpoch}
	em := emulator.NewHuaweiKMS(emulator.WithClock(clock.Now))
	t.Cleanup(em.Close)
	c := &huaweiClient{t: t, em: em, clock: clock, http: http.DefaultClient, token: emulator.HuaweiToken}
	for range 10 {
		c.ok("list-keys", huaweiArgs{})
	}
	clock.pass(500 * time.Millisecond)
	for range 10 {
		c.fails("describe-key", huaweiArgs{}, "KMS.0204")
	}
	c.fails("list-keys", huaweiArgs{}, "APIGW.0308")
	clock.pass(500*time.Millisecond - 1)
	c.fails("list-keys", huaweiArgs{}, "APIGW.0308")
	clock.pass(1)
	for range 10 {
		c.ok("list-keys", huaweiArgs{})
	}
	c.fails("list-keys", huaweiArgs{}, "APIGW.0308")
	if a := c.send(c.request("GET", "/v3/projects", nil)); a.status != 200 {
		t.Error(a)
	}
	if !bytes.Equal(em.Requests()[0].Body, []byte("{}")) {
		t.Error("body not logged")
	}
}
