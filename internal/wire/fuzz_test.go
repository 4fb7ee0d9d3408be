package wire_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// What comes in replies and configurations is taken for what it is, or refused, whatever it is.
func FuzzTexts(f *testing.F) {
	for _, text := range []string{`\ud83d\ude00`, `\ud800`, "é", `\\u`, "\xff", `\ud800\udbff\udc00`, `\\\ud800\\`,
		`plain`, `\"\\\/\b\f\n\r\t`, `a\u00e9b\u0000`, `\ud83d\ude00!`, `\uD83D\uDE00\\ud800`, "é\U0001F642", `\\\\`, `\u2028\ufffd`} { // insides of JSON strings
		f.Add(text, "")
		for _, before := range []int{14, 15, 16, 17, 40} { // escapes near and far are found in two ways
			f.Add(strings.Repeat("x", before)+text+strings.Repeat(text, 3), "")
		}
	}
	for _, text := range []string{"h", "https://h:1/a%2F/", "http://[::1]", "https://u@h", "http://h?", "h#f", "HTTPS://H", "kms.cn-hangzhou.aliyuncs.com"} {
		f.Add(text, "")
	}
	for _, segment := range oddSegments {
		f.Add(segment, "")
	}
	for _, reply := range []string{"", "{}", "null", "[1]", `{"Text":1}`, "<html>", "{\"Text\":\"\xff\"}", "\ufeff{}", `{} x`} {
		f.Add(reply, "application/json")
	}
	f.Add("{}", "text/html")
	for _, pause := range []string{"", "1", "-1", "1e9", "999999999", "99999999999999999999999", "NaN", "Inf", "0x1p9", "Fri, 02 Jan 2026 03:05:05 GMT", "Fri, 02 Jan 2099 03:05:05 GMT", "Mon, 01 Jan 0001 00:00:00 GMT"} {
		f.Add(pause, "2")
	}
	f.Fuzz(func(t *testing.T, text, other string) {
		checkFaithful(t, text)
		checkText(t, text)
		checkEndpoint(t, text)
		oneSegment(t, "https://h.example/v4", text)
		checkDecodeJSON(t, []byte(text), other)
		checkRetryAfter(t, text, other)
	})
}

// A JSON string that is called faithful loses nothing when it is decoded, any other does, and one that Go encodes is
// faithful.
func checkFaithful(t *testing.T, inner string) {
	text := []byte(`"` + inner + `"`)
	faithful := wire.IsFaithful(text)
	var decoded string
	if json.Unmarshal(text, &decoded) == nil {
		said := strings.Count(inner, "\ufffd") + strings.Count(strings.ToLower(strings.ReplaceAll(inner, `\\`, "")), `\ufffd`)
		lost := strings.Count(decoded, "\ufffd") - said
		if utf8.ValidString(inner) && faithful != (lost == 0) {
			t.Errorf("%q: faithful %t, %d lost", inner, faithful, lost)
		}
	}
	if encoded, err := wire.EncodeJSON(strings.ToValidUTF8(inner, "")); err != nil || !wire.IsFaithful(encoded) {
		t.Errorf("%s is called not faithful", encoded)
	}
}

// A text is what package json makes of the same string, where nothing is lost in that.
func checkText(t *testing.T, inner string) {
	raw := []byte(`{"A":"` + inner + `","B":1}`)
	var want struct{ A string }
	var got struct {
		A *wire.Text
		B *wire.Text
	}
	if json.Unmarshal(raw, &want) != nil || !wire.IsFaithful(raw) {
		return
	}
	if err := json.Unmarshal(raw, &got); err != nil || got.A == nil || got.A.Other || string(got.A.Bytes) != want.A {
		t.Errorf("%q: %+v, %v, want %q", inner, got.A, err, want.A)
	}
	if strings.Count(string(raw), `"B"`) == 1 && (got.B == nil || !got.B.Other) {
		t.Errorf("a number is a text: %+v", got.B)
	}
}

func checkEndpoint(t *testing.T, text string) {
	u, err := wire.ParseEndpoint(text, false)
	if err != nil {
		if errs.CodeOf(err) != errs.InvalidArgument {
			t.Errorf("%v", err)
		}
		return
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Host != strings.ToLower(u.Host) || strings.HasSuffix(u.EscapedPath(), "//") && !strings.HasSuffix(text, "//") {
		t.Errorf("%q is accepted as %#v", text, u)
	}
	if u.Scheme != "https" && u.Hostname() != "localhost" && !strings.HasPrefix(u.Hostname(), "127.") && !strings.Contains(u.Hostname(), ":") {
		t.Errorf("%q is accepted without TLS", text)
	}
	if again, err := wire.ParseEndpoint(u.String(), false); err != nil || again.Host != u.Host {
		t.Errorf("%q becomes %q, which is refused: %v", text, u, err)
	}
}

func checkDecodeJSON(t *testing.T, body []byte, media string) {
	var v struct {
		Text string
		More map[string]json.RawMessage
	}
	err := (&wire.Response{Status: 200, Header: http.Header{"Content-Type": {media}}, Body: body, Host: "h"}).DecodeJSON(&v)
	if err == nil && !json.Valid(body) {
		t.Errorf("%q is accepted", body)
	}
	if err != nil {
		if e := err.(*errs.Error); e.Code != errs.Corrupt || len(e.Message) > 120 {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func checkRetryAfter(t *testing.T, one, two string) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	both := wire.RetryAfter(http.Header{"Retry-After": {one, two}}, now)
	if first := wire.RetryAfter(http.Header{"Retry-After": {one}}, now); both < first || both < 0 || both > 24*time.Hour {
		t.Errorf("%q and %q: %v, the first alone %v", one, two, both, first)
	}
}
