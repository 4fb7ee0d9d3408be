package errs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// printings gives every way in which this test prints an error.
func printings(t *testing.T, e *errs.Error) map[string]string {
	t.Helper()
	out := map[string]string{"Error": e.Error()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%+q", "%20v"} {
		out["pointer "+verb] = fmt.Sprintf(verb, e)
		out["value "+verb] = fmt.Sprintf(verb, *e)
	}
	out["Sprint"], out["Sprint value"] = fmt.Sprint(e), fmt.Sprint(*e)
	out["wrapped"] = fmt.Errorf("%w", e).Error()
	out["in a slice"], out["in a struct"] = fmt.Sprintf("%+v", []error{e}), fmt.Sprintf("%+v", struct{ E errs.Error }{*e})
	for name, v := range map[string]any{"pointer": e, "value": *e, "nested": map[string]any{"e": e}} {
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out["json "+name] = string(encoded)
		var text, object bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Error("m", "err", v)
		slog.New(slog.NewJSONHandler(&object, nil)).Error("m", "err", v)
		out["slog text "+name] = strings.TrimSuffix(text.String(), "\n")
		out["slog json "+name] = strings.TrimSuffix(object.String(), "\n")
	}
	return out
}

const canary = "CANARY-7f3a"

func TestCauseIsNotPrinted(t *testing.T) {
	e := &errs.Error{Code: errs.Internal, Message: "plain", Err: errors.New(canary)}
	for how, text := range printings(t, e) {
		if strings.Contains(text, canary) {
			t.Errorf("%s prints the cause: %s", how, text)
		}
		if !strings.Contains(text, "plain") {
			t.Errorf("%s does not print the message: %s", how, text)
		}
	}
}

// Characters that break a line, steer a terminal or reverse the reading order, and bytes that are not UTF-8.
const nasty = "a\x00b\x1b[31mc\nd\re\tf\x7fg\u0085h\u202ei\u2066j\u200bk\u2028l\u2029m\ufeffn\xff\xc0o"

func TestNastyTextIsStripped(t *testing.T) {
	e := &errs.Error{
		Code: errs.Code(nasty), Provider: nasty, Op: nasty, Resource: nasty, VendorCode: nasty, RequestID: nasty,
		Message: nasty, HTTPStatus: 500, Attempts: 2,
	}
	fromCause := &errs.Error{Code: errs.Internal, Err: errors.New(nasty)}
	for _, e := range []*errs.Error{e, fromCause} {
		for how, text := range printings(t, e) {
			if !utf8.ValidString(text) {
				t.Errorf("%s is not UTF-8: %q", how, text)
			}
			if i := strings.IndexFunc(text, unsafe); i >= 0 {
				t.Errorf("%s holds %q: %q", how, text[i:i+1], text)
			}
			if strings.Contains(text, `\x1b`) || strings.Contains(text, `\u202e`) {
				t.Errorf("%s was escaped and not stripped: %q", how, text)
			}
		}
	}
}

func unsafe(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError
}

func TestPrintable(t *testing.T) {
	long := strings.Repeat("x", errs.MaxText)
	for name, tc := range map[string]struct{ text, want string }{
		"empty":                   {"", ""},
		"plain":                   {"plain ~text!", "plain ~text!"},
		"other scripts stay":      {"键 é 😀", "键 é 😀"},
		"line breaks are spaces":  {"a\nb\rc\td\u2028e\u2029f", "a b c d e f"},
		"controls are dropped":    {"a\x00\x1b\x7f\u0085b", "ab"},
		"direction is dropped":    {"a\u202e\u2066\u200f\u200bb", "ab"},
		"private use is dropped":  {"a\ue000b", "ab"},
		"invalid UTF-8":           {"a\xff\xc3b\xed\xa0\x80c", "abc"},
		"at the limit":            {long, long},
		"over the limit":          {long + "y", long[:errs.MaxText-3] + "…"},
		"far over":                {strings.Repeat(long, 100), long[:errs.MaxText-3] + "…"},
		"two bytes at the limit":  {long[:errs.MaxText-2] + "é", long[:errs.MaxText-2] + "é"},
		"two bytes over":          {long[:errs.MaxText-1] + "é", long[:errs.MaxText-3] + "…"},
		"four bytes over":         {long[:errs.MaxText-4] + "😀y", long[:errs.MaxText-4] + "…"},
		"dropped ones cost none":  {strings.Repeat("\x00", errs.MaxText) + long, long},
		"no half character stays": {long[:errs.MaxText-4] + "éééé", long[:errs.MaxText-4] + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := errs.Printable(tc.text); got != tc.want {
				t.Errorf("got  %q (%d bytes)\nwant %q (%d bytes)", got, len(got), tc.want, len(tc.want))
			}
		})
	}
}

// Every text that may come from outside is cut on its own, so that a long message does not hide the request id.
func TestEachTextIsCut(t *testing.T) {
	long := strings.Repeat("x", 100*errs.MaxText)
	cut := strings.Repeat("x", errs.MaxText-3) + "…"
	for name, e := range map[string]*errs.Error{
		"provider":    {Provider: long},
		"op":          {Op: long},
		"resource":    {Resource: long},
		"vendor code": {VendorCode: long},
		"request id":  {RequestID: long},
		"message":     {Message: long},
		"cause":       {Err: errors.New(long)},
	} {
		for how, text := range map[string]string{"Error": e.Error(), "JSON": string(jsonOf(t, e))} {
			if !strings.Contains(text, cut) || strings.Count(text, "x") > errs.MaxText {
				t.Errorf("%s: %s has %d bytes", name, how, len(text))
			}
		}
	}
	all := &errs.Error{Message: long, RequestID: "r-77"}
	if !strings.HasSuffix(all.Error(), "(request id r-77)") {
		t.Error("a long message hides the request id")
	}
}

func jsonOf(t *testing.T, v any) []byte {
	t.Helper()
	encoded, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func TestVerbsPrintTheLine(t *testing.T) {
	e := &errs.Error{Code: errs.NotFound, Message: `no "x"`}
	const line = `NotFound: no "x"`
	for verb, want := range map[string]string{
		"%v": line, "%+v": line, "%s": line, "%d": line, "%x": line,
		"%q": `"NotFound: no \"x\""`, "%#v": `errs.Error{"NotFound: no \"x\""}`,
	} {
		if got := fmt.Sprintf(verb, e); got != want {
			t.Errorf("%s of a pointer gives %s, want %s", verb, got, want)
		}
		if got := fmt.Sprintf(verb, *e); got != want {
			t.Errorf("%s of a value gives %s, want %s", verb, got, want)
		}
	}
	if got := e.GoString(); got != `errs.Error{"NotFound: no \"x\""}` {
		t.Errorf("GoString is %s", got)
	}
}

var full = &errs.Error{
	Code: errs.Unavailable, Retry: errs.Exhausted, Outcome: errs.Applied, Provider: "edge", Op: "kv.Put", Resource: "n/k",
	VendorCode: "V1", HTTPStatus: 503, RequestID: "r-1", RetryAfter: 90 * time.Second, Attempts: 3, Message: "later",
	Err: errors.New(canary),
}

func TestMarshalJSON(t *testing.T) {
	for name, tc := range map[string]struct {
		err  *errs.Error
		want map[string]any
	}{
		"zero": {&errs.Error{}, map[string]any{
			"code": "Unknown", "attempts": 0.0, "retry": "permanent", "outcome": "ambiguous",
		}},
		"full": {full, map[string]any{
			"code": "Unavailable", "message": "later", "provider": "edge", "op": "kv.Put", "resource": "n/k",
			"vendor_code": "V1", "http_status": 503.0, "request_id": "r-1", "attempts": 3.0, "retry": "exhausted",
			"outcome": "applied", "retry_after": "1m30s",
		}},
	} {
		var got map[string]any
		if err := json.Unmarshal(jsonOf(t, tc.err), &got); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(got, tc.want) {
			t.Errorf("%s: got  %v\nwant %v", name, got, tc.want)
		}
	}
}

func TestLogValue(t *testing.T) {
	value := full.LogValue()
	if value.Kind() != slog.KindGroup {
		t.Fatalf("kind is %v", value.Kind())
	}
	var got []string
	for _, a := range value.Group() {
		got = append(got, a.String())
	}
	want := []string{
		"code=Unavailable", "message=later", "provider=edge", "op=kv.Put", "resource=n/k", "vendor_code=V1",
		"http_status=503", "request_id=r-1", "attempts=3", "retry=exhausted", "outcome=applied", "retry_after=1m30s",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
