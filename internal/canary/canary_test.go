package canary_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/canary"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// secrets are texts and bytes of all kinds.
func secrets() []string {
	return []string{"q7Zx-2Lw9 Kp3V=t8Yd", "\x00\xff\x41\x42\x43\x80\x81\x82\x83", "密钥-q7Zx2Lw9", "a\"b\\c\nd<e>&f", "12345678"}
}

// A secret is found in each of its spellings, wherever in a text it stands.
func TestIn(t *testing.T) {
	list := func(s, separator string) string {
		return strings.ReplaceAll(strings.Trim(fmt.Sprint([]byte(s)), "[]"), " ", separator)
	}
	for _, secret := range secrets() {
		s := canary.Of(secret)
		spellings := map[string]string{
			"plain": secret, "%q": fmt.Sprintf("%q", secret), "%+q": fmt.Sprintf("%+q", secret), "%x": fmt.Sprintf("%x", secret), "%X": fmt.Sprintf("%X", secret),
			"%v of bytes": fmt.Sprint([]byte(secret)), "%#v of bytes": fmt.Sprintf("%#v", []byte(secret)), "%d": fmt.Sprintf("%d", []byte(secret)),
			"JSON of bytes": list(secret, ","), "query": url.QueryEscape(secret), "path": url.PathEscape(secret),
			"percent": strings.ToLower(url.PathEscape(secret)) + secret[:0], "hex dump": hex.EncodeToString([]byte("x" + secret + "y")),
		}
		delete(spellings, "percent") // of small letters it is another secret
		if text, err := json.Marshal(secret); err == nil && !strings.Contains(string(text), `\ufffd`) {
			spellings["JSON"] = string(text)
		}
		for before := range 4 {
			for after := range 3 {
				longer := []byte(strings.Repeat("b", before) + secret + strings.Repeat("a", after))
				name := fmt.Sprintf("base64 after %d and before %d bytes", before, after)
				spellings[name] = base64.StdEncoding.EncodeToString(longer)
				spellings[name+" for URLs"] = base64.RawURLEncoding.EncodeToString(longer)
				spellings[name+" in a query"] = url.QueryEscape(base64.StdEncoding.EncodeToString(longer))
			}
		}
		for name, text := range spellings {
			if !s.In(text) || !s.In("before "+text+" after") {
				t.Errorf("%q is not found as %s: %s", secret, name, text)
			}
			if masked := s.Mask("a " + text); s.In(masked) || masked == "a "+text {
				t.Errorf("%q is masked as %q", text, masked)
			}
		}
		for _, other := range secrets() {
			if other != secret && s.In(other) {
				t.Errorf("%q is found in %q", secret, other)
			}
		}
		for _, clean := range []string{"", "%", "%zz%4", secret[:len(secret)-3], secret[3:], "an error of 8 bytes (code 7)"} {
			if s.In(clean) || s.Mask(clean) != clean {
				t.Errorf("%q is found in %q", secret, clean)
			}
		}
	}
	long := strings.Repeat("0123456789", 20)
	if s := canary.Of(long); !s.In(long[:60]) || !s.In(base64.StdEncoding.EncodeToString([]byte("x"+long))) {
		t.Error("the beginning of a long secret is not found")
	}
	var s canary.Scanner
	if s.Add([]byte("1234567")) || s.In("1234567") || !s.Add([]byte("12345678")) || s.In("1234567") {
		t.Error("a short secret is looked for, or a long one is not")
	}
}

type dumped struct{ Body []byte }

func (*dumped) Error() string { return "failed" }

type logged struct{ text string }

func (logged) Error() string                { return "failed" }
func (l logged) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "failed") }
func (l logged) LogValue() slog.Value       { return slog.GroupValue(slog.String("body", l.text)) }

type marshalled struct{ text string }

func (marshalled) Error() string                  { return "failed" }
func (m marshalled) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, "failed") }
func (m marshalled) MarshalJSON() ([]byte, error) { return json.Marshal(m.text) }

// A secret is found in an error, in what it wraps, and in each way to print them.
func TestError(t *testing.T) {
	const secret = "q7Zx2Lw9Kp3V"
	s := canary.Of(secret)
	for form, err := range map[string]error{
		"%v":            errors.New("a " + secret),
		"%v of a cause": fmt.Errorf("outside: %w", &errs.Error{Code: errs.Internal, Message: "fine", RequestID: secret}),
		"%#v":           &errs.Error{Code: errs.Internal, Err: errors.Join(io.EOF, &dumped{[]byte(secret + " and more")})},
		"log value":     logged{secret},
		"JSON":          marshalled{secret},
	} {
		if got := s.Error(err); got != strings.TrimSuffix(form, " of a cause") {
			t.Errorf("a secret is found as %q, want %q, in a %T", got, form, err)
		}
	}
	for _, err := range []error{nil, io.EOF, &errs.Error{Code: errs.NotFound, Message: "fine", Err: errors.Join(io.EOF, logged{"fine"})}} {
		if form := s.Error(err); form != "" {
			t.Errorf("a secret is found as %s in %v", form, err)
		}
	}
	if form := s.Printed(struct{ Key string }{secret}); form != "%v" {
		t.Errorf("a secret in a struct is found as %q", form)
	}
	if form := s.Printed(map[string]any{"key": "fine"}); form != "" {
		t.Errorf("a secret is found as %q where none is", form)
	}
}

// recorder keeps what is reported.
type recorder struct {
	mu   sync.Mutex
	said []string
}

func (r *recorder) say(kind, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said = append(r.said, kind+fmt.Sprintf(format, args...))
}
func (*recorder) Helper()                             {}
func (r *recorder) Errorf(format string, args ...any) { r.say("E ", format, args...) }
func (r *recorder) Fatalf(format string, args ...any) { r.say("F ", format, args...) }
func (r *recorder) Logf(format string, args ...any)   { r.say("L ", format, args...) }

// What is reported has no secrets any more.
func TestGuard(t *testing.T) {
	const secret = "q7Zx2Lw9Kp3V"
	r := &recorder{}
	g := canary.Of(secret).Guard(r)
	g.Errorf("%d of %s", 1, secret)
	g.Fatalf("%x", secret)
	g.Logf("100%% %s", "fine")
	if want := []string{"E 1 of [secret]", "F [a text with a secret in it]", "L 100% fine"}; !slices.Equal(r.said, want) {
		t.Errorf("%q, want %q", r.said, want)
	}
}

// Events and log records are looked through, and handed on.
func TestWatch(t *testing.T) {
	const secret = "q7Zx2Lw9Kp3V"
	var found, handed []string
	var log strings.Builder
	hook := func(name string) func(context.Context, *policy.Event) {
		return func(context.Context, *policy.Event) { handed = append(handed, name) }
	}
	p := policy.Policy{
		Hooks: policy.Hooks{
			Start:   func(ctx context.Context, e *policy.Event) context.Context { hook("Start")(ctx, e); return nil },
			Attempt: hook("Attempt"), End: hook("End"),
		},
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	}
	note := func(op, form string) { found = append(found, op+": "+form) }
	canary.Of(secret).Watch(&p, note)
	ctx := t.Context()
	p.Hooks.Start(ctx, &policy.Event{Op: "a", Key: secret})
	p.Hooks.Attempt(ctx, &policy.Event{Op: "b", Err: &errs.Error{Err: &dumped{[]byte(secret)}}})
	p.Hooks.End(ctx, &policy.Event{Op: "c", Err: errors.New(secret)})
	p.Hooks.End(ctx, &policy.Event{Op: "d", Key: "fine", Err: io.EOF})
	p.Logger.DebugContext(ctx, "sent", "key", secret)
	p.Logger.Info("fine", "key", "fine")
	want := []string{"a: the event of Start", "b: the error of the event of Attempt as %#v", "c: the event of End", "a call: a text log", "a call: a JSON log"}
	if !slices.Equal(found, want) {
		t.Errorf("%q, want %q", found, want)
	}
	if want := []string{"Start", "Attempt", "End", "End"}; !slices.Equal(handed, want) {
		t.Errorf("%q, want %q", handed, want)
	}
	if !strings.Contains(log.String(), "msg=fine") || strings.Contains(log.String(), "msg=sent") {
		t.Errorf("logged %s", &log)
	}
	var empty policy.Policy
	canary.Of(secret).Watch(&empty, note)
	if empty.Hooks.Start(ctx, &policy.Event{}) != ctx {
		t.Error("the context is lost")
	}
	empty.Hooks.Attempt(ctx, &policy.Event{})
	empty.Hooks.End(ctx, &policy.Event{})
	empty.Logger.Info("fine")
}
