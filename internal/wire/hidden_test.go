package wire_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

func TestHidden(t *testing.T) {
	h := wire.Hidden{"", "AbC/d+e=", "key-1234"}
	for text, want := range map[string]bool{
		"": false, "nothing": false, "xAbC/d+e=x": true, "xabc/D+E=x": true, url.QueryEscape("AbC/d+e="): true, strings.ToLower(url.QueryEscape("AbC/d+e=")): true,
		"KEY-1234": true, "key-123": false,
	} {
		if got := h.Holds(text); got != want {
			t.Errorf("Holds(%q) = %v", text, got)
		}
		if shown := h.Text(text); shown != "" == want && text != "" {
			t.Errorf("Text(%q) = %q", text, shown)
		}
	}
	if got := h.Redact("a key-1234 b key-1234"); got != "a [redacted] b [redacted]" {
		t.Error(got)
	}
	long := strings.Repeat("é", 3000) // a cut at 4096 bytes is between two, at 4095 within one
	for _, text := range []string{long, "x" + long} {
		if got := h.Text(text); len(got) > 4096+len("…") || !strings.HasSuffix(got, "é…") || !strings.HasPrefix(text, strings.TrimSuffix(got, "…")) {
			t.Errorf("%d bytes of %d", len(got), len(text))
		}
	}
	if got := h.Text(strings.Repeat("x", 5000) + "key-1234"); got != "" {
		t.Error("what is cut off is not looked at")
	}
	for text, want := range map[string][2]bool{ // as a code, as an id
		"": {true, true}, "A.b_C-9": {true, true}, "a:b": {false, true}, " a ": {false, true}, "a b": {false, false}, "ä": {false, false}, "a\n": {false, true}, "a\x00": {false, false},
		strings.Repeat("a", 128): {true, true}, strings.Repeat("a", 129): {false, false}, "my-KEY-1234": {false, false}, "<a>": {false, false},
	} {
		if got := h.Code(text); got != map[bool]string{true: text}[want[0]] {
			t.Errorf("Code(%q) = %q", text, got)
		}
		if got := h.RequestID(text); got != map[bool]string{true: strings.TrimSpace(text)}[want[1]] {
			t.Errorf("RequestID(%q) = %q", text, got)
		}
	}
	if got := h.RequestID("", "a b", "key-1234", "id-1", "id-2"); got != "id-1" {
		t.Errorf("the first good one: %q", got)
	}
}

func TestParts(t *testing.T) {
	part := func(option, text string) wire.Part { return wire.Part{Option: option, Text: secret.New(text)} }
	for text, good := range map[string]bool{"": true, "!~": true, " ": false, "\t": false, "a\r": false, "é": false, "\x7f": false, "\xff": false} {
		err := wire.CheckParts(part("a", "x"), part("b", text), part("c", "\n"))
		want := "b has"
		if good {
			want = "c has"
		}
		if errs.CodeOf(err) != errs.Unauthenticated || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if err := wire.CheckParts(part("a", "x")); err != nil {
		t.Error(err)
	}
	for pair, want := range map[[2]string]string{
		{"", ""}: "a and b are missing", {"", "x"}: "a is missing, while b is given", {"x", ""}: "b is missing, while a is given", {"x", "y"}: "",
	} {
		if got := wire.CheckPair(part("a", pair[0]), part("b", pair[1])); got != want {
			t.Errorf("%q: %q", pair, got)
		}
	}
}
