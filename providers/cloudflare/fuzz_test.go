package cloudflare

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// What is sent says what was to be written, and texts come back as they were.
func FuzzRequests(f *testing.F) {
	f.Add("k", []byte("text"), int64(0), int64(0), []byte(`{"a": "<&>\u2028"}`), false)
	f.Add("a/b \"\u2028", []byte("\x00\x7f\b\f\n\r\t\\\"<>&\u2028\u2029\ufeff\ufffd😀"), int64(60), int64(0), []byte(nil), true)
	f.Add("日本", []byte("\xff\xe2\x80"), int64(0), int64(1893456000), []byte(`12345678901234567890`), false)
	f.Add("", []byte{}, int64(-1), int64(0), []byte("{}},{\"key\":\"evil\""), false)
	f.Add("a\x00\u2028\"\\\\ufffd 😀", []byte("value"), int64(0), int64(0), []byte(`{"a":1}`), false)
	f.Add("\\ud800", []byte("\r\n--x\r\n\x00\xff"), int64(0), int64(0), []byte("\r\n--"), true)
	f.Fuzz(func(t *testing.T, key string, value []byte, ttl, at int64, metadata []byte, ascii bool) {
		checkBulkWrite(t, key, value, ttl, at, metadata)
		checkForm(t, value, metadata)
		checkText(t, key, ascii)
	})
}

// A bulk write says the same after its JSON is read again, and is as long as it was announced.
func checkBulkWrite(t *testing.T, key string, value []byte, ttl, at int64, metadata []byte) {
	if !utf8.ValidString(key) {
		return
	}
	put := &kvdriver.PutRequest{Key: key, Value: value, TTL: time.Duration(ttl%1e6) * time.Second, Metadata: metadata}
	if put.TTL == 0 && at > 0 {
		put.ExpiresAt = time.Unix(at, 0)
	}
	if len(metadata) == 0 {
		put.Metadata = nil
	}
	body, err := encodeItems([]*kvdriver.PutRequest{put, put})
	if put.Metadata != nil && !(json.Valid(metadata) && utf8.Valid(metadata)) { // package json lets it pass, in strings
		if errs.CodeOf(err) != errs.InvalidArgument || itemBytes(put) == 0 {
			t.Fatalf("%v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if want := 2*itemBytes(put) + 1; int64(len(body)) != want { // two brackets, and one comma less
		t.Errorf("%d bytes, announced were %d: %s", len(body), want, body)
	}
	var items []struct {
		Key            string
		Value          string
		Base64         bool
		Expiration_ttl *int64
		Expiration     *int64
		Metadata       json.RawMessage
	}
	if err := json.Unmarshal(body, &items); err != nil || len(items) != 2 {
		t.Fatalf("%v: %s", err, body)
	}
	got := items[1]
	decoded := []byte(got.Value)
	if got.Base64 {
		if decoded, err = base64.StdEncoding.DecodeString(got.Value); err != nil {
			t.Fatal(err)
		}
	}
	if got.Key != key || !bytes.Equal(decoded, value) || got.Base64 == utf8.Valid(value) {
		t.Errorf("%s", body)
	}
	if put.TTL != 0 && (got.Expiration_ttl == nil || *got.Expiration_ttl != ttl%1e6 || got.Expiration != nil) ||
		put.TTL == 0 && got.Expiration_ttl != nil || !put.ExpiresAt.IsZero() && (got.Expiration == nil || *got.Expiration != at) {
		t.Errorf("expiry: %s", body)
	}
	if put.Metadata != nil && !sameJSON(got.Metadata, metadata) {
		t.Errorf("metadata %s became %s", metadata, got.Metadata)
	}
}

// A form keeps value and metadata byte by byte, whatever looks like a boundary in them.
func checkForm(t *testing.T, value, metadata []byte) {
	contentType, body := encodeForm(value, metadata)
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	form := multipart.NewReader(bytes.NewReader(body), parameters["boundary"])
	for _, want := range []struct {
		name    string
		content []byte
	}{{"value", value}, {"metadata", metadata}} {
		part, err := form.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(part); err != nil || part.FormName() != want.name || !bytes.Equal(got, want.content) {
			t.Errorf("%s: %q, %v", part.FormName(), got, err)
		}
	}
	if _, err := form.NextPart(); err != io.EOF {
		t.Error("a third part")
	}
}

// Every text comes back from a bulk read and a listing as it was written, however JSON spells it.
func checkText(t *testing.T, text string, ascii bool) {
	if !utf8.ValidString(text) || text == "" {
		return
	}
	spelled := encodeJSON(text)
	if ascii { // as an encoder that escapes all it can
		var b strings.Builder
		for _, u := range text {
			if u > 0xffff {
				u -= 0x10000
				b.WriteString(escape16(0xd800 + u>>10))
				u = 0xdc00 + u&0x3ff
			}
			b.WriteString(escape16(u))
		}
		spelled = []byte(`"` + b.String() + `"`)
	}
	keys, err := decodeKeys(json.RawMessage(`[{"name":` + string(spelled) + `}]`))
	if err != nil || keys[0].Name != text {
		t.Errorf("key %q: %q, %v", text, keys, err)
	}
	results, err := decodeBulkGet(json.RawMessage(`{"values":{"k":`+string(spelled)+`}}`), []string{"k"}, false)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, replacement) != (errs.CodeOf(results[0].Err) == errs.Unsupported) || results[0].Err == nil && string(results[0].Value) != text {
		t.Errorf("value %q: %q, %v", text, results[0].Value, results[0].Err)
	}
}

// No reply makes the driver panic, and what is taken for a success is one.
// No reply makes the driver panic, and what is taken for a success is one.
func FuzzReplies(f *testing.F) {
	for _, reply := range []string{
		`{}`, `null`, `[]`, `{"success":true}`, failed(10009), `{"success":true,"result":null}`, `{"success":true,"result":{"id":"i","title":"t"}}`,
		`{"success":true,"result":[{"id":"i","title":"t"}],"result_info":{"page":1,"total_pages":2}}`,
		`{"success":true,"result":[{"name":"\ud83d\ude00\ud83d","expiration":1e9,"metadata":[{}]}],"result_info":{"cursor":"c"}}`,
		`{"success":true,"result":{"values":{"k":"v\ufffd","l":{"value":"v","metadata":null,"expiration":5}}}}`,
		`{"success":false,"errors":[{"code":1e400,"error_chain":[{}]}],"result":{"successful_key_count":1,"unsuccessful_keys":["l"]}}`,
		`{"success":true,"result":{"successful_key_count":-1e300,"unsuccessful_keys":[[[]],null]}}`, `{"success":true,"result":{"unsuccessful_keys":5}}`,
		`{"success":true,"result":"` + "\xff" + `"}`, `{"success":false,"errors":[{"code":"x"}]}`,
	} {
		f.Add([]byte(reply), 200)
		f.Add([]byte(reply), 404)
	}
	s, err := drivertest.Resolve(f, "cloudflare", map[string]string{"account_id": "acc", "api_token": canary}, providers.Host{})
	if err != nil {
		f.Fatal(err)
	}
	opened, err := open(context.Background(), s)
	if err != nil {
		f.Fatal(err)
	}
	account := opened.(*account)
	svc, err := account.KV(context.Background(), s)
	if err != nil {
		f.Fatal(err)
	}
	keys := []string{"k", "l"}
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		reply := &wire.Response{Status: 200 + (status&0x7fffffff)%400, Header: http.Header{}, Body: body, Host: "h.example"}
		r := &request{method: http.MethodGet, url: svc.(*service).url, about: aKey}
		e, err := account.open(r, reply)
		if err == nil && (reply.Status >= 300 || e.Success == nil || !*e.Success || !json.Valid(body)) {
			t.Fatalf("a success: %d %s", reply.Status, body)
		}
		if err != nil {
			if code := typed(t, err).Code; code == "" {
				t.Errorf("no code for %s", body)
			}
			noSecret(t, err)
		}
		if e == nil {
			return
		}
		if info, err := decodeNamespace(e.Result); err == nil && (info.ID == "" || info.Name == "") {
			t.Errorf("a namespace without address: %s", body)
		}
		if all, err := decodeNamespaces(e.Result); err == nil {
			morePages(1, len(all), e.ResultInfo)
		}
		if all, err := decodeKeys(e.Result); err == nil {
			for _, key := range all {
				if key.Name == "" || !utf8.ValidString(key.Name) || key.Metadata != nil && !json.Valid(key.Metadata) {
					t.Errorf("key %q with %s", key.Name, key.Metadata)
				}
			}
		}
		if done, failed, err := decodeBulkResult(e.Result, keys); err == nil && (done < -1 || len(failed) > len(keys)) {
			t.Errorf("%d done, %v failed: %s", done, failed, body)
		}
		for _, withMetadata := range []bool{true, false} {
			results, err := decodeBulkGet(e.Result, keys, withMetadata)
			if err == nil && len(results) != len(keys) {
				t.Errorf("%d results", len(results))
			}
			for _, r := range results {
				if r.Err == nil && (!utf8.Valid(r.Value) || bytes.Contains(r.Value, []byte(replacement))) {
					t.Errorf("the value %q may be mangled", r.Value)
				}
			}
		}
	})
}
