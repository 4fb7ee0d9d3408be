package tencent

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	sdk "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/kms/v20190118"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// What is sent says what was to be written, and is signed as the vendor's own client signs.
func FuzzRequests(f *testing.F) {
	f.Add("AKID", "secret", "", "teo", "teo.tencentcloudapi.com", "hello", []byte("world"), int64(0), int64(0))
	f.Add("id", "k", "token", "kms", "127.0.0.1:8080", "a/b?c#d", []byte("<é>\x00\u2028"), int64(0), int64(0))
	f.Add("AKID", "secret", "", "teo", "teo.tencentcloudapi.com", "k", []byte("v"), int64(60), int64(0))
	f.Add("AKID", "secret", "", "teo", "teo.tencentcloudapi.com", "a/b\x00", []byte("\xff\xfe"), int64(0), int64(1774513200))
	f.Fuzz(func(t *testing.T, id, secretKey, token, service, host, key string, value []byte, ttl, at int64) {
		checkPut(t, key, value, ttl, at)
		checkTC3(t, id, secretKey, token, service, host, key, string(value))
	})
}

// Whatever is said with whatever status, it is taken for a success only with what that must have.
func FuzzReplies(f *testing.F) {
	for _, reply := range []string{
		`{}`, `null`, `{"Response":null}`, `{"Response":{"RequestId":"r"}}`, `{"Response":{"Error":{"Code":"X"},"RequestId":"r"}}`,
		`{"Response":{"Data":[{"Expiration":"","Key":"hello","Value":"world"}],"RequestId":"r"}}`,
		`{"Response":{"Keys":["hello"],"Cursor":"","RequestId":"r"}}`,
		`{"Response":{"KVNamespaces":[{"Namespace":"n","CapacityUsed":1}],"TotalCount":2,"RequestId":"r"}}`,
		`{"Response":{"Error":{"Code":"ResourceUnavailable.CmkNotFound"},"RequestId":"r"}}`,
		`{"Response":{"Error":{"Code":"RequestLimitExceeded","Message":"Your current request times equals to ..."},"RequestId":"r"}}`,
		`{"Response":{"RequestId":"r","TotalCount":3,"KeyMetadatas":[{"KeyId":"k","KeyUsage":"u","KeyState":"s","Type":-1,"CreateTime":18446744073709551615}]}}`,
		`{"Response":{"RequestId":"\b0"}}`, "<html><body>502 Bad Gateway</body></html>",
	} {
		f.Add(200, reply)
		f.Add(502, reply)
	}
	for _, action := range slices.Sorted(maps.Keys(wholeReplies)) {
		reply := `{"Response":{"RequestId":"r"`
		for _, name := range slices.Sorted(maps.Keys(wholeReplies[action])) {
			reply += `,"` + name + `":` + wholeReplies[action][name]
		}
		f.Add(200, reply+"}}")
	}
	for _, cursor := range []string{"", "0.0", "1.200", "0.4611686018427387903", "2.0", "-1.0", "0.1.2", "0x0.1", " 0.0"} {
		f.Add(200, cursor)
	}
	for _, base64 := range []string{"aGVsbG8=", "aGVsbG8", "aGVsbG9=", "aG Vs", "aGVs\n", "-_==", "====", "YQ==-k-Yg=="} {
		f.Add(200, base64)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		checkKVReply(t, status, body)
		checkKMSReply(t, status, body)
		checkCursor(t, body)
		checkBase64(t, body)
	})
}

// What the vendor's own client signs, we sign the same.
func checkTC3(t *testing.T, id, key, token, service, host, name, value string) {
	if host == "" || strings.ContainsAny(host, " /?#%@[]\\^`{|}<>\"") || !isPrintableASCII(host) || !isPrintableASCII(service) || service == "" {
		return
	}
	config := profile.NewClientProfile()
	config.HttpProfile.Endpoint = host
	client := common.NewCommonClient(common.NewTokenCredential(id, key, token), "", config)
	var seen capture
	client.WithHttpTransport(&seen)
	request := tchttp.NewCommonRequest(service, teoVersion, actionPut)
	if err := request.SetActionParameters(map[string]any{"Key": name, "Value": value}); err != nil {
		return
	}
	if err := client.Send(request, tchttp.NewCommonResponse()); err != nil || seen.request == nil {
		return // such as a host that is none
	}
	sent := seen.request
	stamp, err := strconv.ParseInt(sent.Header.Get("X-TC-Timestamp"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(stamp, 0)
	got := tc3(id, key, service, sent.Host, sent.Header.Get("Content-Type"), at, seen.body)
	if want := sent.Header.Get("Authorization"); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if tc3Timestamp(at) != sent.Header.Get("X-TC-Timestamp") {
		t.Errorf("timestamp %s, want %s", tc3Timestamp(at), sent.Header.Get("X-TC-Timestamp"))
	}
}

// What a put sends is what was to be written, or it is refused.
func checkPut(t *testing.T, key string, value []byte, ttl, at int64) {
	request := &kvdriver.PutRequest{Key: key, Value: value}
	if ttl > 0 && ttl < math.MaxInt64/int64(time.Second) {
		request.TTL = time.Duration(ttl) * time.Second
	} else if at > 0 {
		request.ExpiresAt = time.Unix(at, 0)
	}
	body, err := encodePut("zone", "name", request)
	if valid := utf8.ValidString(key) && utf8.Valid(value); valid != (err == nil) {
		t.Fatalf("valid text %t, error %v", valid, err)
	}
	if err != nil {
		return
	}
	text, err := wire.EncodeJSON(body)
	if err != nil {
		t.Fatal(err)
	}
	var got putRequest
	if err := json.Unmarshal(text, &got); err != nil || !wire.IsFaithful(text) {
		t.Fatal(err)
	}
	if got.Key != key || got.Value != string(value) || got.ZoneID != "zone" || got.Namespace != "name" {
		t.Errorf("%q %q arrive as %+v", key, value, got)
	}
	if (got.ExpirationTTL != nil) != (request.TTL != 0) || got.ExpirationTTL != nil && *got.ExpirationTTL != ttl {
		t.Errorf("TTL %d arrives as %v", ttl, got.ExpirationTTL)
	}
	if (got.Expiration != nil) != !request.ExpiresAt.IsZero() || got.Expiration != nil && *got.Expiration != at {
		t.Errorf("expiry %d arrives as %v", at, got.Expiration)
	}
}

// A cursor leads to the page that it was made for, and no text makes a listing stand still or go back.
func checkCursor(t *testing.T, cursor string) {
	l, err := decodeCursor(cursor)
	if err != nil {
		wantCode(t, err, errs.InvalidArgument)
		return
	}
	if again, err := decodeCursor(l.cursor()); err != nil || again != l {
		t.Errorf("%q: %v, %v", cursor, again, err)
	}
	key := &metadata{KeyMetadata: sdk.KeyMetadata{KeyId: new("k"), KeyUsage: new("u"), KeyState: new("s")}}
	list := keyList{TotalCount: new(uint64(math.MaxUint64)), KeyMetadatas: array[*metadata]{true, []*metadata{key}}}
	page, fault := list.page("r", l, true)
	if fault != "" {
		t.Fatal(fault)
	}
	next, err := decodeCursor(page.Cursor)
	if err != nil && l.offset+1 < 1<<62 || err == nil && (next.role != l.role || next.offset != l.offset+1) {
		t.Errorf("%q leads to %q, %v", cursor, page.Cursor, err)
	}
}

// Base64 is taken in its one exact form.
func checkBase64(t *testing.T, text string) {
	b, ok := decodeBase64(&text)
	if canonical := *encodeBase64(b); ok && canonical != text {
		t.Errorf("%q is taken for %q", text, canonical)
	}
	if strict, err := base64.StdEncoding.Strict().DecodeString(text); err == nil && !ok && !strings.ContainsAny(text, "\r\n") {
		t.Errorf("%q is refused, but is %q", text, strict)
	}
}

// No reply makes the driver panic, and none without a request id is a success.
func checkKVReply(t *testing.T, status int, body string) {
	r := &wire.Response{Status: status, Header: http.Header{}, Body: []byte(body), Host: "h"}
	var get getReply
	var list listReply
	var names namespacesReply
	for _, c := range []call{
		{reply: &doneReply{}},
		{reply: &get, read: func() string {
			results, fault := get.values([]string{"hello"}, true)
			if fault == "" && len(results) != 1 {
				t.Errorf("%d results", len(results))
			}
			return fault
		}},
		{reply: &list, read: func() string {
			_, fault := list.page()
			return fault
		}},
		{reply: &names, read: func() string {
			page, fault := names.page(1)
			if fault == "" && page.Cursor == "1" {
				t.Error("the cursor stands still")
			}
			return fault
		}},
	} {
		err := decode(r, c)
		h := c.reply.common()
		if err == nil && (!identified(body) || h.Error != nil || status != 200 || !strings.Contains(body, `"`)) {
			t.Errorf("%d %q is a success", status, body)
		}
		if _, ok := err.(*errs.Error); err != nil && !ok {
			t.Errorf("%T", err)
		}
	}
}

// No reply is success without what its action must tell, nor anything but an error of this module.
func checkKMSReply(t *testing.T, status int, body string) {
	r := &wire.Response{Status: status, Header: http.Header{}, Body: []byte(body), Host: "h"}
	var d description
	var l keyList
	var e cipherReply
	var p plainReply
	for _, c := range []call{
		{reply: &head{}},
		{reply: &d, read: func() string {
			info, fault := d.KeyMetadata.info("r", roleUser)
			if fault == "" && (info.ID == "" || info.State == "" || info.Spec == "" || info.CreatedAt.Year() > 9999) {
				t.Errorf("%q describes %+v", body, info)
			}
			if fault == "" {
				_, fault = d.KeyMetadata.rotation()
			}
			return fault
		}},
		{reply: &l, read: func() string {
			page, fault := l.page("r", listing{0, 200}, false)
			if fault == "" && page.Cursor != "" && (len(page.Keys) == 0 || page.Cursor == "0.200") {
				t.Errorf("%q: the cursor stands still", body)
			}
			return fault
		}},
		{reply: &e, read: func() string {
			ct, fault := e.sealed(driver.KindData)
			if fault == "" && (ct.KeyID == "" || len(ct.Blob) == 0) {
				t.Errorf("%q is a ciphertext", body)
			}
			return fault
		}},
		{reply: &p, read: func() string {
			_, fault := p.opened()
			return fault
		}},
	} {
		c.action, c.codes = actionDecrypt, kmsCodes
		err := decode(r, c)
		h := c.reply.common()
		if err == nil && (!identified(body) || h.Error != nil || status != 200) {
			t.Errorf("%d %q is a success", status, body)
		}
		if _, ok := err.(*errs.Error); err != nil && !ok {
			t.Errorf("%T", err)
		}
	}
}

// identified reports whether a reply has an id as it came: one that is no identifier is not kept.
func identified(body string) bool {
	var said struct{ Response struct{ RequestID string } }
	_ = json.Unmarshal([]byte(body), &said)
	return said.Response.RequestID != ""
}
