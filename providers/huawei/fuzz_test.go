package huawei

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// The driver's signature, that of the vendor's signer and the page's steps agree, whatever the path, query and body.
func FuzzRequests(f *testing.F) {
	f.Add("create-key", "", "", `{"key_alias":"test"}`, "")
	f.Add("a b/é%2F~", "key_id", "x y&z=+/é", "", "token")
	f.Add("{key}", "a/b", "", "\n", "t")
	f.Fuzz(checkSignature)
}

// Whatever is said with whatever status, it is taken for a success only with what that must have.
func FuzzReplies(f *testing.F) {
	for _, m := range methods {
		f.Add(200, []byte(m.good))
	}
	for _, reply := range []string{
		`{"projects":[{"id":"p","name":"cn-north-4"}]}`, `{"error":{"error_code":"KMS.0101","error_msg":1}}`, `{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information"}`,
		`{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}`, `<html>`, ``, `[]`, `{}`,
	} {
		for _, status := range []int{200, 201, 204, 302, 401, 429, 503} {
			f.Add(status, []byte(reply))
		}
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		checkReply(t, body)
		checkDecode(t, status, body)
	})
}

// A reply is a success only with a status of success and without a code; otherwise there is an error with a code.
func checkDecode(t *testing.T, status int, body []byte) {
	for _, reply := range []reply{nil, &describeReply{}, &listReply{}, &rotationReply{}, &plainReply{}, &dataKeyReply{}, &cipherReply{}, &projectsReply{}, &aliasReply{}} {
		err := decode(&wire.Response{Status: status, Header: http.Header{}, Body: body, Host: "h"}, &call{reply: reply})
		e, ok := err.(*errs.Error)
		if err != nil && (!ok || e.Code == "" || e.HTTPStatus != status) {
			t.Errorf("%d %q: %T %v", status, body, err, err)
		}
		if _, failed := decodeFault(body); err == nil && (failed || status < 200 || status > 204 || reply != nil && (status == 204 || !json.Valid(body))) {
			t.Errorf("%d %q is a success", status, body)
		}
	}
}

// Whatever a reply holds, it is read without a panic, and what is not refused is whole.
func checkReply(t *testing.T, body []byte) {
	whole := func(fault string, parts ...string) {
		for _, p := range parts {
			if fault == "" && (p == "" || !utf8.ValidString(p)) {
				t.Errorf("%q: has passed as %q", body, parts)
			}
		}
	}
	var describe describeReply
	if json.Unmarshal(body, &describe) == nil {
		info, fault := describe.KeyInfo.info()
		whole(fault, info.ID, string(info.State))
	}
	var list listReply
	if json.Unmarshal(body, &list) == nil {
		if page, fault := list.page(); fault == "" {
			for _, k := range page.Keys {
				whole("", k.ID, string(k.State))
			}
			if page.Cursor == "" && list.Truncated == "true" {
				t.Errorf("%q: the rest is lost", body)
			}
		}
	}
	var aliases aliasReply
	if json.Unmarshal(body, &aliases) == nil {
		_, _ = aliases.page("k")
	}
	var tags tagsReply
	if json.Unmarshal(body, &tags) == nil {
		all, fault := tags.tags()
		for _, tag := range all {
			whole(fault, tag.Key)
		}
	}
	var rotation rotationReply
	if json.Unmarshal(body, &rotation) == nil {
		if r, fault := rotation.rotation(); fault == "" && (r.Days < 0 || r.Days > maxInterval) {
			t.Errorf("%q: %+v", body, r)
		}
	}
	var parameters parametersReply
	if json.Unmarshal(body, &parameters) == nil {
		if p, fault := parameters.parameters(); fault == "" && (len(p.Token) == 0 || len(p.PublicKey) == 0) {
			t.Errorf("%q: %+v", body, p)
		}
	}
	var plain plainReply
	if json.Unmarshal(body, &plain) == nil {
		if b, fault := plain.bytes(true); fault == "" && len(b) == 0 {
			t.Errorf("%q: no plaintext", body)
		}
	}
	var dataKey dataKeyReply
	if json.Unmarshal(body, &dataKey) == nil {
		if key, fault := dataKey.key(1); fault == "" && len(key) != 1 {
			t.Errorf("%q: %d bytes", body, len(key))
		}
	}
	var sealing cipherReply
	if json.Unmarshal(body, &sealing) == nil {
		c, fault := sealed(driver.KindData, sealing.KeyID, sealing.CipherText)
		whole(fault, c.KeyID, string(c.Blob))
	}
	var projects projectsReply
	if json.Unmarshal(body, &projects) == nil {
		if id, fault := projects.project("cn-north-4"); id != "" && (fault != "" || !isID(id)) {
			t.Errorf("%q: %q", body, id)
		}
	}
	if fault, ok := decodeFault(body); ok != (fault.code != "") {
		t.Errorf("%q: %+v", body, fault)
	}
	_, _ = wire.FromPEM(string(body))
}

// The driver's signature and the one above agree, whatever the path, query and body.
func checkSignature(t *testing.T, segment, name, value, body, token string) {
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return
	}
	if strings.HasSuffix(segment, "/") {
		return // a path that ends so is never sent
	}
	u := &url.URL{Scheme: "https", Host: "kms.example.com", Path: "/v1.0/p/kms/" + segment}
	var query map[string]string
	if name != "" {
		query = map[string]string{name: value}
	}
	c := credential{access: secret.New("a"), key: secret.New("k"), token: secret.New(token)}
	header := http.Header{"Content-Type": {contentType}}
	vendor := vendorSignature(t, c, u, query, body)
	authorize(c, "POST", u, query, header, []byte(body), goldenTime)
	signed := []string{"host:kms.example.com", "x-sdk-date:20260326T072000Z"}
	if token != "" {
		signed = append(signed, "x-security-token:"+token)
	}
	var path []string
	for _, s := range strings.Split(u.Path, "/") {
		path = append(path, strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(s), "+", "%20"), "%7E", "~"))
	}
	want := signature("a", "k", "POST", strings.Join(path, "/"), encodeQuery(query), []byte(body), signed...)
	if got := header.Get("Authorization"); got != want || got != vendor {
		t.Errorf("%q, want %q; the vendor's is %q", got, want, vendor)
	}
}

// vendorSignature signs as the vendor's own client does.
func vendorSignature(t *testing.T, c credential, u *url.URL, query map[string]string, body string) string {
	b := request.NewHttpRequestBuilder().WithMethod("POST").WithEndpoint(u.Scheme+"://"+u.Host).WithPath(u.Path).
		AddHeaderParam("Host", u.Host).AddHeaderParam("Content-Type", contentType).AddHeaderParam("X-Sdk-Date", goldenTime.UTC().Format(signer.BasicDateFormat))
	if !c.token.IsEmpty() {
		b.AddHeaderParam("X-Security-Token", c.token.Reveal())
	}
	for name, value := range query {
		b.AddQueryParam(name, reflect.ValueOf(value))
	}
	if body != "" {
		b.WithBody("", body)
	}
	made, err := signer.Sign(b.Build(), c.access.Reveal(), c.key.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	return made["Authorization"]
}
