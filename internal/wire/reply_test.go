package wire_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

func TestDecodeJSON(t *testing.T) {
	for _, c := range []struct {
		name, body, media string
		want              string // of the error; empty means success
	}{
		{name: "object", body: " {\"Count\":7,\"unknown\":[]}\n"},
		{name: "empty", want: "is empty"},
		{name: "blank", body: " \r\n", want: "is empty"},
		{name: "null", body: "null", want: "is not a JSON object"},
		{name: "array", body: `[{"Count":7}]`, want: "is not a JSON object"},
		{name: "string", body: `"` + canary + `"`, want: "is not a JSON object"},
		{name: "byte order mark", body: "\ufeff{}", want: "is not a JSON object"},
		{name: "NUL", body: "\x00{}", want: "is not a JSON object"},
		{name: "text", body: canary, want: "is not a JSON object"},
		{name: "HTML by content", body: "\n<!DOCTYPE html>" + canary, want: "is an HTML page"},
		{name: "HTML by type", body: canary, media: "Text/HTML; charset=utf-8", want: "is an HTML page"},
		{name: "garbage behind", body: `{"Count":7}` + canary, want: "breaks off or is not JSON at byte"},
		{name: "two objects", body: `{}{}`, want: "breaks off or is not JSON at byte 3"},
		{name: "cut", body: `{"Text":"` + canary, want: "breaks off"},
		{name: "bad escape", body: `{"Text":"\q` + canary + `"}`, want: "not JSON"},
		{name: "deep", body: `{"Any":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001) + `}`, want: "documented form"},
		{name: "string for number", body: `{"Count":"` + canary + `"}`, want: "field Count has another type"},
		{name: "float for integer", body: `{"Count":7.5}`, want: "field Count has another type"},
		{name: "huge integer", body: `{"Count":99999999999999999999}`, want: "field Count has another type"},
		{name: "nested", body: `{"In":{"Text":{"` + canary + `":1}}}`, want: "field Text has another type"},
		{name: "own decoder", body: `{"At":"` + canary + `"}`, want: "another form"},
	} {
		for _, status := range []int{200, 403, 502} {
			var v struct {
				Count int
				Text  string
				In    struct{ Text string }
				At    time.Time
				Any   any
			}
			r := &wire.Response{Status: status, Header: http.Header{"Content-Type": {c.media}}, Body: []byte(c.body), Host: "h.example"}
			err := r.DecodeJSON(&v)
			switch {
			case c.want == "":
				if err != nil || v.Count != 7 {
					t.Errorf("%s: %v, %d", c.name, err, v.Count)
				}
			case status == 200:
				expect(t, err, errs.Corrupt, errs.Permanent, errs.Ambiguous, c.want)
			case status == 403:
				expect(t, err, errs.PermissionDenied, errs.Permanent, errs.NotApplied, c.want)
			case status == 502:
				expect(t, err, errs.Unavailable, errs.Temporary, errs.Ambiguous, c.want)
			}
			if c.want != "" && failed(t, err).HTTPStatus != status {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
}

func TestStatusError(t *testing.T) {
	type want struct {
		code    errs.Code
		retry   errs.Retry
		outcome errs.Outcome
	}
	no, maybe := errs.NotApplied, errs.Ambiguous
	rows := map[int]want{
		401: {errs.Unauthenticated, errs.Permanent, no}, 402: {errs.QuotaExceeded, errs.Permanent, no}, 403: {errs.PermissionDenied, errs.Permanent, no},
		404: {errs.NotFound, errs.Permanent, no}, 405: {errs.Unsupported, errs.Permanent, no}, 407: {errs.PermissionDenied, errs.Permanent, no},
		408: {errs.DeadlineExceeded, errs.Temporary, maybe}, 409: {errs.Conflict, errs.Permanent, no}, 410: {errs.NotFound, errs.Permanent, no},
		412: {errs.Conflict, errs.Permanent, no}, 413: {errs.TooLarge, errs.Permanent, no}, 421: {errs.Unavailable, errs.Temporary, no},
		423: {errs.Conflict, errs.Permanent, no}, 425: {errs.Unavailable, errs.Temporary, no}, 426: {errs.Unsupported, errs.Permanent, no},
		429: {errs.RateLimited, errs.Temporary, no}, 451: {errs.PermissionDenied, errs.Permanent, no}, 499: {errs.Unavailable, errs.Temporary, maybe},
		501: {errs.Unsupported, errs.Permanent, maybe}, 502: {errs.Unavailable, errs.Temporary, maybe}, 503: {errs.Unavailable, errs.Temporary, maybe},
		504: {errs.DeadlineExceeded, errs.Temporary, maybe}, 505: {errs.Unsupported, errs.Permanent, maybe}, 507: {errs.QuotaExceeded, errs.Permanent, maybe},
		511: {errs.Unavailable, errs.Temporary, maybe}, 520: {errs.Unavailable, errs.Temporary, maybe}, 521: {errs.Unavailable, errs.Temporary, maybe},
		522: {errs.Unavailable, errs.Temporary, maybe}, 523: {errs.Unavailable, errs.Temporary, maybe}, 524: {errs.DeadlineExceeded, errs.Temporary, maybe},
		525: {errs.Unavailable, errs.Temporary, maybe}, 526: {errs.Unavailable, errs.Temporary, maybe}, 529: {errs.Unavailable, errs.Temporary, maybe},
		530: {errs.Unavailable, errs.Temporary, maybe},
	}
	for status := 100; status < 1000; status++ {
		w, known := rows[status]
		switch {
		case known:
		case status >= 500:
			w = want{errs.Internal, errs.Temporary, maybe}
		case status >= 400:
			w = want{errs.InvalidArgument, errs.Permanent, no}
		default:
			w = want{errs.Unknown, errs.Permanent, maybe}
		}
		e := (&wire.Response{Status: status, Header: http.Header{"Retry-After": {"7"}}}).StatusError()
		if got := (want{e.Code, e.Retry, e.Outcome}); got != w || e.HTTPStatus != status || e.RetryAfter != 7*time.Second {
			t.Errorf("%d: %v, HTTP %d, %v; want %v", status, got, e.HTTPStatus, e.RetryAfter, w)
		}
	}
}

func TestCorruptKeepsTheWait(t *testing.T) {
	e := (&wire.Response{Status: 429, Header: http.Header{"Retry-After": {"3"}}, Body: []byte("<html>"), Host: "h"}).DecodeJSON(&struct{}{})
	if e := failed(t, e); e.Code != errs.RateLimited || e.RetryAfter != 3*time.Second {
		t.Errorf("%v", e)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		values []string
		want   time.Duration
	}{
		{nil, 0},
		{[]string{""}, 0},
		{[]string{"0"}, 0},
		{[]string{" 120 "}, 2 * time.Minute},
		{[]string{"1.5"}, 1500 * time.Millisecond},
		{[]string{"-5"}, 0},
		{[]string{"-1e300"}, 0},
		{[]string{"1e9"}, 0},
		{[]string{"inf"}, 0},
		{[]string{"+7"}, 0},
		{[]string{"0x10"}, 0},
		{[]string{"1_0"}, 0},
		{[]string{"1."}, 0},
		{[]string{".5"}, 0},
		{[]string{strings.Repeat("9", 400)}, 24 * time.Hour},
		{[]string{"9223372036854775808"}, 24 * time.Hour},
		{[]string{"NaN"}, 0},
		{[]string{"soon"}, 0},
		{[]string{"5 s"}, 0},
		{[]string{now.Add(time.Minute).Format(http.TimeFormat)}, time.Minute},
		{[]string{now.Add(-time.Minute).Format(http.TimeFormat)}, 0},
		{[]string{now.AddDate(9, 0, 0).Format(http.TimeFormat)}, 24 * time.Hour},
		{[]string{"Friday, 02-Jan-26 03:05:05 GMT"}, time.Minute},
		{[]string{"Fri Jan  2 03:05:05 2026"}, time.Minute},
		{[]string{now.Add(time.Minute).Format(time.RFC3339)}, 0},
		{[]string{"1", "3", "2"}, 3 * time.Second},
		{[]string{"x", "2"}, 2 * time.Second},
		{[]string{"2", "-9"}, 2 * time.Second},
	} {
		if got := wire.RetryAfter(http.Header{"Retry-After": c.values}, now); got != c.want {
			t.Errorf("%q: %v, want %v", c.values, got, c.want)
		}
	}
}

func TestClockSkew(t *testing.T) {
	for _, c := range []struct {
		name   string
		header func(now time.Time) string
		want   time.Duration
	}{
		{"ahead", func(now time.Time) string { return "Date: " + now.Add(-10*time.Minute).Format(http.TimeFormat) }, 10 * time.Minute},
		{"behind", func(now time.Time) string { return "Date: " + now.Add(time.Hour).Format(http.TimeFormat) }, -time.Hour},
		{"small", func(now time.Time) string { return "Date: " + now.Add(-time.Second).Format(http.TimeFormat) }, 0},
		{"right", func(now time.Time) string { return "Date: " + now.Format(http.TimeFormat) }, 0},
		{"of another age", func(now time.Time) string { return "Date: Fri, 31 Dec 9999 23:59:59 GMT" }, 0},
		{"of the first second", func(now time.Time) string { return "Date: Mon, 01 Jan 0001 00:00:00 GMT" }, 0},
		{"cached", func(now time.Time) string {
			return "Age: 600\r\nDate: " + now.Add(-10*time.Minute).Format(http.TimeFormat)
		}, 0},
		{"garbled", func(now time.Time) string { return "Date: " + now.Add(-time.Hour).Format(time.RFC3339) }, 0},
		{"missing", func(time.Time) string { return "X: y" }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := time.Now().UTC()
				e := open(t, wire.Options{DialContext: pipes(nil, replies("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"+c.header(now)+"\r\n\r\n"))})
				r, err := e.Send(t.Context(), &wire.Request{Method: "GET", URL: parse(t, "http://h")})
				if err != nil {
					t.Fatal(err)
				}
				if off := (r.ClockSkew() - c.want).Abs(); off > time.Second || c.want == 0 && off != 0 {
					t.Errorf("%v, want %v", r.ClockSkew(), c.want)
				}
			})
		})
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct{ ours, theirs, want string }{
		{"", "", "My Cloud refused the request"}, {"ours", "", "ours"}, {"", "theirs", "theirs"}, {"ours", "theirs", "ours: theirs"},
	} {
		if got := wire.Describe("My Cloud", c.ours, c.theirs); got != c.want {
			t.Errorf("%q and %q: %q, want %q", c.ours, c.theirs, got, c.want)
		}
	}
}
