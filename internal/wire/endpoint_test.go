package wire_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

func TestParseEndpoint(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"kv.example.com", "https://kv.example.com"},
		{"kv.example.com:8443", "https://kv.example.com:8443"},
		{"KV.Example.COM", "https://kv.example.com"},
		{"HTTPS://kv.example.com/", "https://kv.example.com"},
		{"https://kv.example.com/client/v4/", "https://kv.example.com/client/v4"},
		{"https://kv.example.com/a%2Fb", "https://kv.example.com/a%2Fb"},
		{"https://kv.example.com/a%2F", "https://kv.example.com/a%2F"},
		{"https://kv.example.com/a%2F/", "https://kv.example.com/a%2F"},
		{"https://[2001:db8::1]:1", "https://[2001:db8::1]:1"},
		{"localhost:8080", "https://localhost:8080"},
		{"http://localhost:8080", "http://localhost:8080"},
		{"HTTP://LocalHost", "http://localhost"},
		{"http://127.0.0.1", "http://127.0.0.1"},
		{"http://127.9.8.7:65535", "http://127.9.8.7:65535"},
		{"http://[::1]:80", "http://[::1]:80"},
		{"http://[::ffff:127.0.0.1]", "http://[::ffff:127.0.0.1]"},
		{"https://xn--fsq.example", "https://xn--fsq.example"},

		{text: "http://kv.example.com"},
		{text: "http://localhost.example.com"},
		{text: "http://127.0.0.1.example.com"},
		{text: "http://127.1"},
		{text: "http://0.0.0.0"},
		{text: "http://[::]"},
		{text: "http://10.0.0.1"},
		{text: "http://localhost@kv.example.com"},
		{text: "https://user:pw@kv.example.com"},
		{text: "user:pw@kv.example.com"},
		{text: "https://kv.example.com?"},
		{text: "https://kv.example.com?a=b"},
		{text: "https://kv.example.com#f"},
		{text: "kv.example.com/?x=://"},
		{text: "ftp://kv.example.com"},
		{text: "file:///etc/passwd"},
		{text: "https:kv.example.com"},
		{text: "https:///path"},
		{text: "https://:443"},
		{text: "https://kv.example.com:"},
		{text: "https://kv.example.com:0"},
		{text: "https://kv.example.com:65536"},
		{text: "https://kv.example.com:http"},
		{text: "https://kv example.com"},
		{text: "https://kv.example.com\n"},
		{text: " https://kv.example.com"},
		{text: "https://例.example"},
		{text: "https://ｌocalhost"},
		{text: "https://%e4%be%8b.example"},
		{text: "https://[::1"},
		{text: "://"},
		{text: ""},
	} {
		u, err := wire.ParseEndpoint(c.text, false)
		switch {
		case c.want == "":
			if e := failed(t, err); e.Code != errs.InvalidArgument || e.Outcome != errs.NotApplied || strings.Contains(e.Error(), "pw") {
				t.Errorf("%q: %v", c.text, err)
			}
		case err != nil:
			t.Errorf("%q: %v", c.text, err)
		case u.String() != c.want:
			t.Errorf("%q: %s, want %s", c.text, u, c.want)
		}
	}
	if u, err := wire.ParseEndpoint("http://kv.example.com", true); err != nil || u.String() != "http://kv.example.com" {
		t.Errorf("plaintext is allowed: %v, %v", u, err)
	}
	if _, err := wire.ParseEndpoint("ftp://kv.example.com", true); err == nil {
		t.Error("another scheme is accepted where plaintext is allowed")
	}
}

func TestAppendEscaped(t *testing.T) {
	for _, text := range []string{"", "plain", "a b/é%2F~", "\x00\xff"} {
		want := wire.Escape(text)
		if got := string(wire.AppendEscaped([]byte("x="), []byte(text))); got != "x="+want {
			t.Errorf("%q, want x=%q", got, want)
		}
		if got := wire.EscapedLen(text); got != len(want) {
			t.Errorf("%q: %d, want %d", text, got, len(want))
		}
	}
}

func TestEscape(t *testing.T) {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	if got := wire.Escape(plain); got != plain {
		t.Errorf("unreserved characters become %s", got)
	}
	for i := range 256 {
		c := string([]byte{byte(i)})
		if want := fmt.Sprintf("%%%02X", i); !strings.Contains(plain, c) && wire.Escape(c) != want {
			t.Errorf("%q becomes %s, want %s", c, wire.Escape(c), want)
		}
	}
	if n := testing.AllocsPerRun(10, func() { wire.Escape(plain) }); n != 0 {
		t.Errorf("what needs no escape costs %v allocations", n)
	}
}

// oneSegment checks that the segment arrives at a server as one, with the same bytes, behind the base path.
func oneSegment(t *testing.T, base, segment string) {
	t.Helper()
	endpoint, err := wire.ParseEndpoint(base, false)
	if err != nil {
		t.Fatal(err)
	}
	u, err := wire.Join(endpoint, "values", segment, "end")
	if segment == "" || segment == "." || segment == ".." {
		if errs.CodeOf(err) != errs.InvalidArgument {
			t.Errorf("%q is accepted: %v", segment, u)
		}
		return
	}
	if err != nil {
		t.Fatalf("%q: %v", segment, err)
	}
	var sent bytes.Buffer
	if err := (&http.Request{Method: "GET", URL: u, Host: u.Host, Header: http.Header{}}).Write(&sent); err != nil {
		t.Fatal(err)
	}
	arrived, err := http.ReadRequest(bufio.NewReader(&sent))
	if err != nil {
		t.Fatalf("%q: %v", segment, err)
	}
	rest, ok := strings.CutPrefix(arrived.URL.EscapedPath(), endpoint.EscapedPath()+"/values/")
	parts := strings.Split(rest, "/")
	if !ok || len(parts) != 2 || parts[1] != "end" || arrived.URL.RawQuery != "" || arrived.URL.Fragment != "" {
		t.Fatalf("%q arrives as %q", segment, arrived.RequestURI)
	}
	if got, err := url.PathUnescape(parts[0]); err != nil || got != segment {
		t.Errorf("%q arrives as %q, %v", segment, got, err)
	}
	mux, seen := http.NewServeMux(), "nothing"
	mux.HandleFunc("GET "+strings.TrimSuffix(endpoint.Path, "/")+"/values/{key}/end", func(_ http.ResponseWriter, r *http.Request) { seen = r.PathValue("key") })
	if !strings.Contains(endpoint.EscapedPath(), "%") && segment != "/" { // the multiplexer wants patterns unescaped
		if mux.ServeHTTP(discard{}, arrived); seen != segment {
			t.Errorf("%q is routed as %q", segment, seen)
		}
	}
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

var oddSegments = []string{
	"", ".", "..", "...", "a", "a/b", "/", "//", "a/../b", "../../x", "%2e%2e", "%2F", "%", "%zz", "100%", "#", "?", "a?b#c", "&", "+", ";",
	"\\", " ", " a ", "\r\n", "\x00", "\x7f", "\u0085", "\ufeff", "日本/語", "\xff\xfe", "e\u0301", "{key}", ":", "@", "https://x", "~", "*",
}

func TestJoin(t *testing.T) {
	for _, s := range oddSegments {
		for _, base := range []string{"https://h.example", "https://h.example/client/v4/", "https://h.example/a%2Fb", "https://h.example/a%2F"} {
			oneSegment(t, base, s)
		}
	}
	base := parse(t, "https://h.example/v4")
	if u, err := wire.Join(base, "x"); err != nil || u == base || base.Path != "/v4" {
		t.Errorf("%v, %v: the base is changed", base, err)
	}
}
