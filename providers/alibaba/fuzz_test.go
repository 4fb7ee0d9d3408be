package alibaba

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// What is sent says what was to be written, and is signed as the vendor's page says.
func FuzzRequests(f *testing.F) {
	f.Add("LTAI5t", "secret", "", "PutKv", "k:~*+é", "hello world/+=&", int64(3600), int64(1767323045))
	f.Add("i", "k", "", "PutKv", "q\"\t", "\b\f\n\r\t\x1f\x7f\u2029é\u2030", int64(0), int64(0))
	f.Add("STS.id", "s", "token", "GetKv", "a b\x00\xff", "", int64(0), int64(0))
	f.Add("i", "k", "t", "ListKvs", "", "*~.-_", int64(0), int64(-1))
	f.Add("id", "key", "", "PutKv", "test_key", "hello world/+=&", int64(3600), int64(0))
	f.Add("id", "key", "", "PutKv", "k:~*+é", "\x00\"\\<>&\u2028😀", int64(1), int64(1690))
	f.Add("id", "key", "", "BatchPutKv", "k", "\xff", int64(-1), int64(4294967296))
	f.Fuzz(func(t *testing.T, id, secretKey, token, action, key, value string, ttl, at int64) {
		checkACS3(t, id, secretKey, token, action, key, value, at)
		checkPut(t, key, value, ttl, at)
	})
}

// Whatever is said with whatever status, it is taken for a success only with what that must have.
func FuzzReplies(f *testing.F) {
	for _, reply := range []string{
		`{}`, `null`, `{"RequestId":"r","Value":"v"}`, `{"RequestId":"r","TotalCount":2,"Keys":[{"Name":"a"}]}`,
		`{"RequestId":1,"SuccessKeys":["hello"]}`, `{"Status":"online","NamespaceList":[{"Namespace":"x","NamespaceId":657717877171818500,"Status":"online"}]}`,
		`<Error><Code>X</Code></Error>`, `{"Code":{}}`, `{"code":"Throttling","requestId":"r"}`, `{"Value":"v","ExpirationTtl":-9223372036854775809}`,
		`{"RequestId":"r","Code":"InvalidNameSpace.NotFound","Message":"m"}`, `{"HttpStatus":429,"Code":"Rejected.Throttling","Message":"m","RequestId":"r"}`,
		`{"RequestId":"r",` + everything + `}`,
		`{"RequestId":"r","TotalCount":101,"PageNumber":1,"PageSize":100,"Keys":{"Key":[{"KeyId":"k","KeyArn":"a"}]},"Aliases":{"Alias":[{"AliasName":"alias/a"}]},` +
			`"KeyVersions":{"KeyVersion":[{"KeyVersionId":"v","CreationDate":"2021-05-20T06:34:21Z"}]},"TagResources":{"TagResource":[{"TagKey":"t","ResourceId":"k"}]},"NextToken":"n"}`,
		`{"RequestId":"r","KeyMetadata":{"KeyId":"k","KeyState":"s","RotationInterval":"604800s","CreationDate":"2021-05-20T06:34:21Z","AutomaticRotation":"Enabled"},"Value":true}`,
		`{"RequestId":"r","PublicKey":"-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n","keyid":"k","KeyId":null}`,
	} {
		f.Add(false, 200, []byte(reply))
		f.Add(false, 403, []byte(reply))
		f.Add(false, 503, []byte(reply))
	}
	for _, reply := range []string{
		`{"requestId":"r","workspaceName":"checkout","createTime":"2025-03-06T08:00:00.123Z","tags":[{"key":"a","value":"b"}]}`,
		`{"requestId":"r","workspaceName":"checkout","createTime":null,"displayName":"d"}`, `{"requestId":7,"workspaces":[{"workspaceName":"a"}],"nextToken":3,"total":"1"}`,
		`{"requestId":"r","workspaces":null}`, `{"Code":"WorkspaceNotExist","Message":"m","RequestId":"r"}`, `{"code":7}`, `{}`, `[]`, `null`, ``, `<html>`, `{"requestId":"\ud800","workspaceName":"\ud800"}`,
	} {
		f.Add(true, 200, []byte(reply))
		f.Add(true, 404, []byte(reply))
		f.Add(true, 503, []byte(reply))
	}
	// Workspaces are asked through a server, since their replies are read where they are asked for.
	status, text := 200, ""
	workspaces := servedCMS(f, func(w http.ResponseWriter, r *http.Request) { drivertest.Says(status, text)(w, r) })
	f.Fuzz(func(t *testing.T, served bool, s int, body []byte) {
		if !served {
			checkKVReply(t, body)
			for _, r := range []reply{&namespaceReply{}, &accountReply{}, &lengthReply{}, &valueReply{}, &detailReply{}, &listReply{}, &batchReply{}} {
				checkDecode(t, s, body, &call{reply: r})
			}
			checkKMSReply(t, s, body)
			return
		}
		if s < 200 || s > 599 || s >= 300 && s < 400 || len(body) > 1<<16 {
			return
		}
		status, text = s, string(body)
		for _, m := range cmsMethods {
			err := m.send(t.Context(), workspaces)
			if e, ok := err.(*errs.Error); err != nil && (!ok || e.Code == "") {
				t.Errorf("%s: %T %v", m.action, err, err)
			}
			if err == nil && s != 200 {
				t.Errorf("%s: success with HTTP status %d", m.action, s)
			}
		}
	})
}

func checkACS3(t *testing.T, id, key, token, action, name, value string, at int64) {
	c := credential{secret.New(id), secret.New(key), secret.New(token)}
	if id == "" || action == "" || c.check() != nil || strings.TrimSpace(action) != action || at < -1<<35 || at > 1<<37 {
		return
	}
	p := params{"Namespace": "ns", "Key": name, "Key2": value, value: name}
	r := acs3Request{method: "POST", host: "esa.cn-hangzhou.aliyuncs.com", path: "/", query: canonicalQuery(p), action: action, version: esaVersion,
		body: []byte(value), at: time.Unix(at, 0), nonce: "n"}
	if value != "" {
		r.contentType = formType
	}
	if want := secondQuery(p); r.query != want {
		t.Fatalf("query %q, want %q", r.query, want)
	}
	if back, err := url.ParseQuery(r.query); err != nil || back.Get("Key2") != p["Key2"] {
		t.Fatalf("query %q is read as %v, %v", r.query, back, err)
	}
	if got, want := r.sign(c).Get("Authorization"), secondACS3(r, c); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// What is encoded is read back as it was, by the means that the vendor would use.
func checkPut(t *testing.T, key, value string, ttl, at int64) {
	r := &driver.PutRequest{Key: key, Value: []byte(value), TTL: time.Duration(ttl)}
	if at != 0 {
		r.ExpiresAt = time.Unix(at, 0)
	}
	query, form, err := encodePut("ns", r)
	if !utf8.ValidString(value) {
		if errs.CodeOf(err) != errs.InvalidArgument {
			t.Fatalf("a value that is not text: %v", err)
		}
		return
	}
	sent, failed := url.ParseQuery(string(form))
	if err != nil || failed != nil || len(sent) != 1 || sent.Get("Value") != value {
		t.Fatalf("%q is sent as %q: %v, %v", value, form, err, failed)
	}
	if query["Key"] != key || query["Namespace"] != "ns" {
		t.Errorf("query %v", query)
	}
	_, withTTL := query["ExpirationTtl"]
	_, withAt := query["Expiration"]
	if withTTL != (ttl > 0) || withAt != (ttl <= 0 && at != 0 && !time.Unix(at, 0).IsZero()) {
		t.Errorf("TTL %d and expiry %d are sent as %v", ttl, at, query)
	}

	body, keys, err := encodePutBatch([]*driver.PutRequest{r, {Key: "other", Value: []byte("v")}})
	if !utf8.ValidString(key) {
		if errs.CodeOf(err) != errs.InvalidArgument {
			t.Fatalf("a key that is not text: %v", err)
		}
		return
	}
	sent, failed = url.ParseQuery(string(body))
	var items []struct {
		Key, Value                string
		Expiration, ExpirationTtl json.Number
	}
	if err != nil || failed != nil || json.Unmarshal([]byte(sent.Get("KvList")), &items) != nil || len(items) != 2 {
		t.Fatalf("%q, %v, %v", body, err, failed)
	}
	if items[0].Key != key || items[0].Value != value || !reflect.DeepEqual(keys, []string{key, "other"}) ||
		string(items[0].ExpirationTtl) != query["ExpirationTtl"] || string(items[0].Expiration) != query["Expiration"] {
		t.Errorf("%q: %v, want the query %v", key, items, query)
	}
	frame := int64(len("KvList=" + url.QueryEscape("[]")))
	if got, want := batchBytes(r)+batchBytes(&driver.PutRequest{Key: "other", Value: []byte("v")})-batchComma+frame, int64(len(body)); got != want {
		t.Errorf("%d bytes are counted, %d sent", got, want)
	}
}

// No reply makes the driver panic, and none is taken for a success without what it must have.
func checkKVReply(t *testing.T, body []byte) {
	if fault, ok := decodeFault(body); ok == (fault.code == "") {
		t.Errorf("%+v, %v", fault, ok)
	} else if ok && vendorError(400, &fault) == nil {
		t.Errorf("%+v has no error of the vendor's", fault)
	}
	var list listReply
	if json.Unmarshal(body, &list) == nil {
		if page, fault := list.page(pageRef{before: 100, size: 50}); fault == "" && len(page.Keys) > 50 {
			t.Errorf("a page of %d", len(page.Keys))
		}
	}
	var detail detailReply
	if json.Unmarshal(body, &detail) == nil {
		if e, fault := detail.expiry(time.Now()); fault == "" && !e.Known() {
			t.Error("an expiry that is not known")
		}
	}
	var account accountReply
	if json.Unmarshal(body, &account) == nil && account.fault() == "" {
		for _, n := range account.namespaces() {
			if n.Name == "" || n.ID == "" {
				t.Errorf("%+v", n)
			}
		}
	}
	var batch batchReply
	if json.Unmarshal(body, &batch) == nil {
		if all := batch.failures([]string{"a", "b"}, failedDelete); all != nil && len(all) != 2 {
			t.Errorf("%d errors", len(all))
		}
	}
}

// No reply makes the decoding panic, and what it takes is either whole or an error.
func checkKMSReply(t *testing.T, status int, body []byte) {
	for _, r := range []reply{
		&keyReply{}, &keysReply{}, &aliasesReply{}, &tagsReply{}, &versionsReply{}, &importReply{}, &encryptReply{}, &decryptReply{}, &dataKeyReply{},
		&signReply{}, &verifyReply{}, &publicKeyReply{},
	} {
		read := func() string {
			switch r := r.(type) {
			case *keyReply:
				if info, fault := infoOf(&r.is.KeyMetadata); fault == "" && (info.ID == "" || info.State == "") {
					t.Errorf("%+v is a key", info)
				}
				if rotation, fault := rotationOf(&r.is.KeyMetadata); fault == "" && rotation.Days < 0 {
					t.Errorf("%+v", rotation)
				}
			case *keysReply:
				if cursor, fault := nextPage(1, r.is.PageNumber, r.is.PageSize, r.is.TotalCount); fault == "" && cursor != "" && r.is.TotalCount < 2 {
					t.Errorf("%d keys have a page %s", r.is.TotalCount, cursor)
				}
			case *publicKeyReply:
				if der, fault := pemOf(r.is.PublicKey); (fault == "") != (len(der) > 0) {
					t.Errorf("%q is %x, %s", r.is.PublicKey, der, fault)
				}
			case *decryptReply:
				if b, fault := base64Of("Plaintext", r.is.Plaintext); fault == "" && wire.ToBase64(b) != r.is.Plaintext {
					t.Errorf("%q is read as %q", r.is.Plaintext, b)
				}
			}
			return ""
		}
		checkDecode(t, status, body, &call{reply: r, usesText: true, meaningOf: kmsMeaningOf, read: read})
	}
}

// A reply is a success only with status 200, valid JSON, an id and no code; otherwise there is an error with a code.
func checkDecode(t *testing.T, status int, body []byte, c *call) {
	err := decode(&wire.Response{Status: status, Header: http.Header{}, Body: body}, c)
	if e, ok := err.(*errs.Error); err != nil && (!ok || e.Code == "" || e.HTTPStatus != status) {
		t.Errorf("%d %q: %T %v", status, body, err, err)
	}
	var said head // the id as it came: one that is no identifier is not kept
	_ = json.Unmarshal(body, &said)
	if err == nil && (status != 200 || said.RequestID == "" || said.Code != "" || !json.Valid(body)) {
		t.Errorf("%d %q is a success", status, body)
	}
}
