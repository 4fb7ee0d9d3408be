package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// Requests that another program signed, by the words of the vendor's page.
func TestAlibabaCMSVectors(t *testing.T) {
	c := newCMS(t, emulator.AlibabaCMSSettings{AccessKeyID: "testid", AccessKeySecret: "testsecret"})
	send := func(method, target, body, kind, action, nonce, hash, signed, signature string) alibabaAnswer {
		r, err := http.NewRequest(method, c.em.URL()+target, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "metrics.cn-hangzhou.aliyuncs.com"
		for name, value := range map[string]string{
			"Content-Type": kind, "x-acs-action": action, "x-acs-version": "2024-03-30", "x-acs-date": "2026-01-02T03:04:05Z",
			"x-acs-signature-nonce": nonce, "x-acs-content-sha256": hash,
			"Authorization": "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=" + signed + ",Signature=" + signature,
		} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		return c.send(r)
	}
	const common = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"
	a := send("POST", "/workspace/a%2Fb%20%C3%A9~%2A", `{"slsProject":"logs","displayName":"café"}`, "application/json; charset=utf-8", "PutWorkspace",
		"3156853299f313e23d1673dc12e1703d", "50b98427b7493fa6866e39b2066a6bd249ff4a5eef79e664247a9691bcb01a73", "content-type;"+common,
		"228dcdf68b8d14f7b6ea033b874a79ddf155510d510f7b4b5fa05da102614100")
	if a.status != 200 || a.text("workspaceName") != "a/b é~*" {
		t.Fatal(a.status, a.body)
	}
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	const query = "?maxResults=50&tags=%5B%7B%22key%22%3A%22a%20b%22%2C%22value%22%3A%22%C3%A9%22%7D%5D"
	const signature = "6188ba020ed29fe2985c68bcf043355d68cf579b0abc74b459cfbe8ed4f0ce7b"
	send("GET", "/workspace"+query, "", "", "ListWorkspaces", "n3", empty, common, signature).refused(400, "SignatureDoesNotMatch")
	if a := send("GET", "/workspace"+query, "", "", "ListWorkspaces", "n2", empty, common, signature); a.status != 200 || a.workspaces() != "" {
		t.Fatal(a.status, a.body)
	}
	send("GET", "/workspace"+query, "", "", "ListWorkspaces", "n2", empty, common, signature).refused(400, "SignatureNonceUsed")
	send("GET", "/workspace", "", "", "ListWorkspaces", "n2", empty, common, signature).refused(400, "SignatureDoesNotMatch")
}

func TestAlibabaCMSTampered(t *testing.T) {
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	drop := func(name string) func(*http.Request) { return func(r *http.Request) { r.Header.Del(name) } }
	authorization := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
		}
	}
	for name, step := range map[string]struct {
		change func(*http.Request)
		code   string
	}{
		"path":            {func(r *http.Request) { r.URL.Opaque = "/workspace/other" }, "SignatureDoesNotMatch"},
		"path segments":   {func(r *http.Request) { r.URL.Opaque = "/workspace/a%252Fb" }, "SignatureDoesNotMatch"},
		"query":           {func(r *http.Request) { r.URL.RawQuery = "a=1" }, "SignatureDoesNotMatch"},
		"query twice":     {func(r *http.Request) { r.URL.RawQuery = "a=1&a=1" }, "InvalidParameter"},
		"malformed query": {func(r *http.Request) { r.URL.RawQuery = "a=%zz" }, "InvalidParameter"},
		"body":            {func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 0 }, "SignatureDoesNotMatch"},
		"hash":            {set("x-acs-content-sha256", alibabaHash("")), "SignatureDoesNotMatch"},
		"host":            {func(r *http.Request) { r.Host = "elsewhere" }, "SignatureDoesNotMatch"},
		"version":         {set("x-acs-version", "2024-03-31"), "NoSuchVersion"},
		"date form":       {set("x-acs-date", "today"), "InvalidTimeStamp.Format"},
		"nonce":           {set("x-acs-signature-nonce", "other"), "SignatureDoesNotMatch"},
		"unsigned header": {set("x-acs-extra", "1"), "IncompleteSignature"},
		"no host":         {authorization("host;", ""), "IncompleteSignature"},
		"no signature":    {authorization("Signature=", "Nothing="), "IncompleteSignature"},
		"no hash":         {drop("x-acs-content-sha256"), "MissingContentSha256"},
		"no action":       {drop("x-acs-action"), "MissingAction"},
		"no date":         {drop("x-acs-date"), "MissingTimestamp"},
		"unauthorized":    {drop("Authorization"), "MissingAccessKeyId"},
		"older signature": {set("Authorization", "acs id:c2lnbmF0dXJl"), "InvalidSignatureMethod"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCMS(t, emulator.AlibabaCMSSettings{})
			r := c.request("POST", "a/b", nil, `{"slsProject":"logs"}`)
			step.change(r)
			c.send(r).refused(400, step.code)
			if got := c.ok("GET", "", nil, "").workspaces(); got != "" {
				t.Error(got)
			}
		})
	}
}

// Which characters of a path are escaped on the way makes no difference to its signature.
func TestAlibabaCMSPathEncoding(t *testing.T) {
	c := newCMS(t, emulator.AlibabaCMSSettings{})
	c.put("a:b", "")
	for _, sent := range []string{"/workspace/a:b", "/workspace/a%3Ab", "/workspace/a%3ab", "/workspace/%61%3Ab"} {
		r := c.unsigned("GET", "a:b", nil, "")
		r.URL.Opaque = sent
		cmsSign(r, "/workspace/a%3Ab", nil, c.id, c.secret)
		if a := c.send(r); a.status != 200 || a.text("workspaceName") != "a:b" {
			t.Error(sent, a.status, a.body)
		}
	}
}

func TestAlibabaCMSKeys(t *testing.T) {
	c := newCMS(t, emulator.AlibabaCMSSettings{})
	fails := func(status int, code string) {
		t.Helper()
		c.call("GET", "", nil, "").refused(status, code)
	}
	id, secret := c.id, c.secret
	c.id = "nobody"
	fails(404, "InvalidAccessKeyId.NotFound")
	c.id, c.secret = id, "wrong"
	fails(400, "SignatureDoesNotMatch")
	c.secret, c.token = secret, "uncalled-for"
	fails(400, "InvalidSecurityToken.MismatchWithAccessKey")
	c.id, c.secret, c.token = c.em.IssueSTS(time.Minute)
	c.ok("GET", "", nil, "")
	c.clock.pass(time.Minute)
	fails(400, "InvalidSecurityToken.Expired")
	c.id, c.secret, c.token = id, secret, ""

	for off, ok := range map[time.Duration]bool{
		15 * time.Minute: true, 15*time.Minute + time.Second: false, -15 * time.Minute: true, -15*time.Minute - time.Second: false,
	} {
		r := c.request("GET", "", nil, "")
		c.clock.pass(off)
		if a := c.send(r); ok && a.status != 200 {
			t.Error(off, a.body)
		} else if !ok {
			a.refused(400, "InvalidTimeStamp.Expired")
		}
		c.clock.pass(-off)
	}
}

func TestAlibabaCMSRoutes(t *testing.T) {
	c := newCMS(t, emulator.AlibabaCMSSettings{})
	for _, step := range []struct {
		method, path, action string
		status               int
		code                 string
	}{
		{"GET", "/", "GetWorkspace", 404, "InvalidApi.NotFound"},
		{"GET", "/workspaces", "ListWorkspaces", 404, "InvalidApi.NotFound"},
		{"GET", "/workspace/a/b", "GetWorkspace", 404, "InvalidApi.NotFound"},
		{"GET", "/workspace/a/b", "ListWorkspaces", 404, "InvalidApi.NotFound"},
		{"GET", "/workspace/a", "ListWorkspaces", 404, "InvalidApi.NotFound"},
		{"GET", "/workspace", "GetWorkspace", 404, "InvalidApi.NotFound"},
		{"DELETE", "/workspace/a", "GetWorkspace", 404, "InvalidApi.NotFound"},
		{"PUT", "/workspace/a", "PutWorkspace", 400, "UnsupportedHTTPMethod"},
		{"POST", "/workspace", "PutWorkspace", 400, "UnsupportedHTTPMethod"},
		{"DELETE", "/workspace", "DeleteWorkspace", 400, "UnsupportedHTTPMethod"},
	} {
		r := c.unsigned(step.method, "a", nil, "")
		r.URL.Opaque = step.path
		r.Header.Set("x-acs-action", step.action)
		cmsSign(r, step.path, nil, c.id, c.secret)
		c.send(r).refused(step.status, step.code)
	}
	c.put("a", "")
	c.ok("GET", "a", nil, "")
	c.ok("GET", "", nil, "")
	c.ok("DELETE", "a", nil, "")
	log, actions := c.em.Requests(), ""
	for _, r := range log[len(log)-5:] {
		actions += r.Action + " "
	}
	if actions != " PutWorkspace GetWorkspace ListWorkspaces DeleteWorkspace " {
		t.Errorf("%q", actions)
	}
}
