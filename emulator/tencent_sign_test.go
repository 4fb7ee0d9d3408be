package emulator_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// A signature that was computed elsewhere, byte for byte.
func TestTencentSignatureVector(t *testing.T) {
	const body = `{"ZoneId":"zone-1","Namespace":"ns-011","Key":"hello","Value":"world","ExpirationTTL":3600}`
	const authorization = "TC3-HMAC-SHA256 Credential=testid/2026-03-26/teo/tc3_request, SignedHeaders=content-type;host, " +
		"Signature=5c1126b89d813879b4e563d239ec4ab141f7cb6e0c20b53d2a525fdad0317665"
	c := newTencent(t, emulator.WithTencent(emulator.TencentSettings{SecretID: "testid", SecretKey: "testsecret", Zones: []string{"zone-1"}}))
	c.clock.at = time.Unix(1774513200, 0)
	c.ok("CreateEdgeKVNamespace", tencentArgs{"ZoneId": "zone-1", "Namespace": "ns-011"})
	send := func(body, authorization string) tencentAnswer {
		req, _ := http.NewRequest(http.MethodPost, c.em.URL(), strings.NewReader(body))
		req.Host = "teo.intl.tencentcloudapi.com"
		req.Header = http.Header{
			"Authorization": {authorization}, "Content-Type": {"application/json"}, "X-Tc-Action": {"EdgeKVPut"},
			"X-Tc-Version": {"2022-09-01"}, "X-Tc-Timestamp": {"1774513200"},
		}
		return c.do(req)
	}
	c.expect(send(body, authorization), "")
	c.expect(send(strings.Replace(body, "world", "World", 1), authorization), "AuthFailure.SignatureFailure")
	c.expect(send(body, strings.Replace(authorization, "665", "666", 1)), "AuthFailure.SignatureFailure")
	// The client of these tests computes the same.
	r := tencentRequest{
		action: "EdgeKVPut", body: body, id: "testid", key: "testsecret", service: "teo", contentType: "application/json", at: c.clock.at,
	}
	if _, have := tencentSign(r, "teo.intl.tencentcloudapi.com"); have != authorization {
		t.Error(have)
	}
}

func TestTencentSignature(t *testing.T) {
	c := newTencentNS(t)
	at := c.em.URL()[len("http://"):]
	name := at[:strings.LastIndex(at, ":")]
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	edit := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
		}
	}
	replayed := c.request("EdgeKVGet", tencentIn.with(tencentArgs{"Keys": []string{"a"}}))
	const (
		failure   = "AuthFailure.SignatureFailure"
		malformed = "AuthFailure.InvalidAuthorization"
		expired   = "AuthFailure.SignatureExpire"
	)
	for what, test := range map[string]struct {
		want   string
		before func(*tencentRequest)
		after  func(*http.Request)
	}{
		"right":                       {want: ""},
		"charset":                     {want: "", before: func(r *tencentRequest) { r.contentType = "application/json; charset=UTF-8" }},
		"more headers":                {want: "", before: func(r *tencentRequest) { r.also = []string{"x-tc-action", "x-tc-version"} }},
		"signed without port":         {want: "", before: func(r *tencentRequest) { r.signedHost = name }},
		"vendor's host":               {want: "", before: func(r *tencentRequest) { r.host = "teo.tencentcloudapi.com" }},
		"default port signed":         {want: "", before: func(r *tencentRequest) { r.host, r.signedHost = "a.example", "a.example:80" }},
		"default port sent":           {want: "", before: func(r *tencentRequest) { r.host, r.signedHost = "a.example:443", "a.example" }},
		"IPv6":                        {want: "", before: func(r *tencentRequest) { r.host, r.signedHost = "[::1]:443", "[::1]" }},
		"other host":                  {want: failure, before: func(r *tencentRequest) { r.signedHost = "teo.tencentcloudapi.com" }},
		"other port":                  {want: failure, before: func(r *tencentRequest) { r.host, r.signedHost = "a.example", "a.example:81" }},
		"unsigned body":               {want: "", before: func(r *tencentRequest) { r.header["X-TC-Content-SHA256"] = "UNSIGNED-PAYLOAD" }},
		"unsigned without signing so": {want: failure, after: set("X-TC-Content-SHA256", "UNSIGNED-PAYLOAD")},
		"region":                      {want: "", after: set("X-TC-Region", "ap-guangzhou")},
		"content type changed":        {want: failure, after: set("Content-Type", "application/json; charset=utf-8")},
		"signed header changed":       {want: failure, before: func(r *tencentRequest) { r.also = []string{"x-tc-action"} }, after: set("X-TC-Action", "EdgeKVDelete")},
		"signed header removed":       {want: failure, before: func(r *tencentRequest) { r.also = []string{"x-tc-trace"} }, after: set("X-TC-Trace", "1")},
		"query added":                 {want: failure, before: func(r *tencentRequest) { r.query = "?Limit=1" }},
		"query signed":                {want: "InvalidRequest", before: func(r *tencentRequest) { r.query, r.signedQuery = "?Limit=1", "Limit=1" }},
		"path added":                  {want: "InvalidRequest", before: func(r *tencentRequest) { r.query = "path" }},
		"wrong key":                   {want: failure, before: func(r *tencentRequest) { r.key += "x" }},
		"unknown id":                  {want: "AuthFailure.SecretIdNotFound", before: func(r *tencentRequest) { r.id = "AKIDother" }},
		"no id":                       {want: "AuthFailure.InvalidSecretId", before: func(r *tencentRequest) { r.id = "" }},
		"blank at the id":             {want: "AuthFailure.InvalidSecretId", before: func(r *tencentRequest) { r.id += " " }},
		"token of others":             {want: "AuthFailure.TokenFailure", before: func(r *tencentRequest) { r.token = "x" }},
		"other service":               {want: failure, before: func(r *tencentRequest) { r.service = "cvm" }},
		"five minutes late":           {want: "", before: func(r *tencentRequest) { r.at = r.at.Add(-5 * time.Minute) }},
		"five minutes early":          {want: "", before: func(r *tencentRequest) { r.at = r.at.Add(5 * time.Minute) }},
		"later":                       {want: expired, before: func(r *tencentRequest) { r.at = r.at.Add(-301 * time.Second) }},
		"earlier":                     {want: expired, before: func(r *tencentRequest) { r.at = r.at.Add(301 * time.Second) }},
		"fresh timestamp put on":      {want: failure, before: func(r *tencentRequest) { r.at = r.at.Add(-time.Second) }, after: set("X-TC-Timestamp", "1774509600")},
		"date of another day":         {want: failure, after: edit("2026-03-26", "2026-03-25")},
		"end of the scope":            {want: failure, after: edit("tc3_request", "tc4_request")},
		"no timestamp":                {want: "MissingParameter", after: set("X-TC-Timestamp", "")},
		"words for a timestamp":       {want: "InvalidParameter", after: set("X-TC-Timestamp", "now")},
		"huge timestamp":              {want: "InvalidParameter", after: set("X-TC-Timestamp", "999999999999999999")},
		"negative timestamp":          {want: "InvalidParameter", after: set("X-TC-Timestamp", "-1")},
		"no authorization":            {want: malformed, after: set("Authorization", "")},
		"skip":                        {want: malformed, after: set("Authorization", "SKIP")},
		"other algorithm":             {want: malformed, after: edit("TC3-HMAC-SHA256", "TC3-HMAC-SHA1")},
		"short scope":                 {want: malformed, after: edit("/tc3_request", "")},
		"no host":                     {want: malformed, after: edit(";host", "")},
		"no content type":             {want: malformed, after: edit("content-type;", "")},
		"out of order":                {want: malformed, after: edit("content-type;host", "host;content-type")},
		"upper case":                  {want: malformed, after: edit("content-type;host", "Content-Type;Host")},
		"upper case among lower":      {want: malformed, after: edit("content-type;host", "X-A;content-type;host")},
		"twice":                       {want: malformed, after: edit("content-type;host", "content-type;host;host")},
		"part twice":                  {want: malformed, after: edit("Signature=", "Signature=x, Signature=")},
		"part missing":                {want: malformed, after: edit(", Signature", ", Other")},
		"upper-case signature": {want: failure, after: func(r *http.Request) {
			head, signature, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
			r.Header.Set("Authorization", head+"Signature="+strings.ToUpper(signature))
		}},
		"two actions": {want: "InvalidRequest", after: func(r *http.Request) { r.Header.Add("X-TC-Action", "EdgeKVDelete") }},
	} {
		t.Run(what, func(t *testing.T) {
			c := *c
			c.t = t
			r := replayed
			r.header = maps.Clone(r.header)
			if test.before != nil {
				test.before(&r)
			}
			c.expect(c.send(r, test.after), test.want)
		})
	}
	if a := c.em.Requests(); !slices.ContainsFunc(a, func(r emulator.Request) bool { return r.Action == "EdgeKVGet" && r.At.Equal(tencentEpoch) }) {
		t.Error(len(a))
	}
}

// A body that is exempt from the signature may change on its way.
func TestTencentUnsignedBody(t *testing.T) {
	c := newTencentNS(t)
	r := c.request("EdgeKVPut", tencentIn.with(tencentArgs{"Key": "k", "Value": "sent"}))
	r.header["X-TC-Content-SHA256"] = "UNSIGNED-PAYLOAD"
	timestamp, authorization := tencentSign(r, c.em.URL()[len("http://"):])
	r.body = strings.Replace(r.body, "sent", "come", 1)
	c.expect(c.send(r, func(req *http.Request) {
		req.Header.Set("X-TC-Timestamp", timestamp)
		req.Header.Set("Authorization", authorization)
	}), "")
	if value, _ := c.get("k"); value != "come" {
		t.Error(value)
	}
}

func TestTencentToken(t *testing.T) {
	c := newTencent(t, emulator.WithTencent(emulator.TencentSettings{Token: "sts"}))
	if have := c.em.Provider()["token"]; have != "sts" {
		t.Error(have)
	}
	r := c.request("DescribeEdgeKVNamespaces", tencentArgs{"ZoneId": emulator.TencentZoneID})
	for token, want := range map[string]string{"": "AuthFailure.TokenFailure", "STS": "AuthFailure.TokenFailure", "sts": ""} {
		r.token = token
		c.expect(c.send(r, nil), want)
	}
}
