package emulator_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// cloud is an emulator as its own handler.
type cloud interface {
	emulator.Emulator
	http.Handler
}

// allClouds starts an emulator of each kind.
var allClouds = map[string]func(...emulator.Option) cloud{
	"Alibaba":    func(o ...emulator.Option) cloud { return emulator.NewAlibaba(o...) },
	"Tencent":    func(o ...emulator.Option) cloud { return emulator.NewTencent(o...) },
	"Cloudflare": func(o ...emulator.Option) cloud { return emulator.NewCloudflare(o...) },
	"HuaweiKMS":  func(o ...emulator.Option) cloud { return emulator.NewHuaweiKMS(o...) },
	"AlibabaKMS": func(o ...emulator.Option) cloud { return emulator.NewAlibabaKMS(o...) },
	"TencentKMS": func(o ...emulator.Option) cloud { return emulator.NewTencentKMS(o...) },
	"Guance":     func(o ...emulator.Option) cloud { return emulator.NewGuance(o...) },
	"AlibabaCMS": func(o ...emulator.Option) cloud { return emulator.NewAlibabaCMS(o...) },
}

// panics returns what a function panics with.
func panics(f func()) (said string) {
	defer func() {
		if r := recover(); r != nil {
			said = fmt.Sprint(r)
		}
	}()
	f()
	return ""
}

func TestOptionsOfAnotherVendor(t *testing.T) {
	options := map[string]struct {
		of     string
		option emulator.Option
	}{
		"WithAlibaba":    {"Alibaba", emulator.WithAlibaba(emulator.AlibabaSettings{})},
		"WithTencent":    {"Tencent", emulator.WithTencent(emulator.TencentSettings{})},
		"WithCloudflare": {"Cloudflare", emulator.WithCloudflare(emulator.CloudflareSettings{})},
		"WithHuaweiKMS":  {"HuaweiKMS", emulator.WithHuaweiKMS(emulator.HuaweiKMSSettings{})},
		"WithAlibabaKMS": {"AlibabaKMS", emulator.WithAlibabaKMS(emulator.AlibabaKMSSettings{})},
		"WithTencentKMS": {"TencentKMS", emulator.WithTencentKMS(emulator.TencentKMSSettings{})},
		"WithGuance":     {"Guance", emulator.WithGuance(emulator.GuanceSettings{})},
		"WithAlibabaCMS": {"AlibabaCMS", emulator.WithAlibabaCMS(emulator.AlibabaCMSSettings{})},
	}
	for option, given := range options {
		for kind, start := range allClouds {
			said := panics(func() { start(emulator.InMemory(), given.option).Close() })
			if want := option + " is an option of New" + given.of + " alone"; kind != given.of && !strings.Contains(said, want) || kind == given.of && said != "" {
				t.Errorf("%s given to New%s: %q", option, kind, said)
			}
		}
	}
}

// What a fault cannot be is refused when it is injected, not passed over.
func TestInjectRefuses(t *testing.T) {
	for kind, start := range allClouds {
		em := start(emulator.InMemory())
		defer em.Close()
		for _, test := range []struct {
			fault emulator.Fault
			want  string
		}{
			{emulator.Fault{Action: "EdgeKVPutt", Code: "x"}, `no action "EdgeKVPutt"`},
			{emulator.Fault{Reset: "middle"}, `no Reset "middle"`},
			{emulator.Fault{Reset: "after", Code: "x"}, "Code, Reset"},
			{emulator.Fault{Reset: emulator.ResetBefore, Truncate: true}, "Reset, Truncate"},
			{emulator.Fault{Truncate: true, HTML: true}, "Truncate, HTML"},
			{emulator.Fault{Truncate: true, Status: 500}, "Truncate, Status"},
			{emulator.Fault{Reset: emulator.ResetAfter, Status: 500}, "Reset, Status"},
			{emulator.Fault{Code: "x", Status: 500, Body: "b"}, "Code, Body"},
			{emulator.Fault{HTML: true, Status: 500, Body: "b"}, "HTML, Body"},
			{emulator.Fault{Body: "b"}, "Status"},
			{emulator.Fault{Status: 100}, "status 100"},
			{emulator.Fault{Status: 1000}, "status 1000"},
			{emulator.Fault{Skip: -1}, "negative"},
			{emulator.Fault{Times: -1}, "negative"},
			{emulator.Fault{Delay: -1}, "negative"},
		} {
			// The fault in front of it must not count either.
			said := panics(func() { em.Inject(emulator.Fault{Status: 418}, test.fault) })
			if !strings.HasPrefix(said, "emulator: Inject: ") || !strings.Contains(said, test.want) {
				t.Errorf("%s: %+v: %q", kind, test.fault, said)
			}
		}
		reply := httptest.NewRecorder()
		em.ServeHTTP(reply, httptest.NewRequest("GET", "/nowhere", nil))
		if reply.Code == 418 {
			t.Errorf("%s: a fault is there after a panic", kind)
		}
		for _, fault := range []emulator.Fault{
			{Reset: emulator.ResetBefore}, {Reset: emulator.ResetAfter}, {Truncate: true}, {HTML: true}, {HTML: true, Status: 503},
			{Code: "1"}, {Code: "1", Status: 200}, {Status: 500}, {Status: 200, Body: "b"}, {Delay: 1}, {Header: http.Header{"A": {"b"}}},
		} {
			if said := panics(func() { em.Inject(fault) }); said != "" {
				t.Errorf("%s: %+v: %s", kind, fault, said)
			}
		}
	}
}

// The doc of each type names the actions that its faults can have, and no others.
func TestActionsAreDocumented(t *testing.T) {
	docs := map[string]string{}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if file.Name.Name != "emulator" {
			continue
		}
		for _, decl := range file.Decls {
			if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.TYPE {
				docs[d.Specs[0].(*ast.TypeSpec).Name.Name] = d.Doc.Text()
			}
		}
	}
	word := regexp.MustCompile(`[A-Za-z0-9]+(?:-[a-z0-9]+)*`)
	for kind, start := range allClouds {
		em := start(emulator.InMemory())
		defer em.Close()
		_, list, ok := strings.Cut(panics(func() { em.Inject(emulator.Fault{Action: "?"}) }), "there are ")
		if !ok || list == "" {
			t.Fatalf("%s does not say what there is", kind)
		}
		words := map[string]bool{}
		for _, w := range word.FindAllString(docs[kind], -1) {
			words[w] = true
		}
		for name := range strings.SplitSeq(list, ", ") {
			if !words[name] {
				t.Errorf("the doc of %s does not name %s", kind, name)
			}
			if said := panics(func() { em.Inject(emulator.Fault{Action: name}) }); said != "" {
				t.Error(said)
			}
		}
	}
}

// Every answer has the emulator's time, by which a client can tell why its own is refused; a fault may have another.
func TestDate(t *testing.T) {
	const early = "Thu, 26 Mar 2026 07:20:00 GMT"
	now := func() time.Time { return time.Date(2026, 3, 26, 7, 20, 0, 0, time.UTC) }
	for kind, start := range allClouds {
		em := start(emulator.InMemory(), emulator.WithClock(now))
		defer em.Close()
		date := func(path string) string {
			reply := httptest.NewRecorder()
			em.ServeHTTP(reply, httptest.NewRequest("POST", path, nil))
			return strings.Join(reply.Header()["Date"], "; ")
		}
		if got := date("/"); got != early {
			t.Errorf("%s: the date is %q", kind, got)
		}
		em.Inject(emulator.Fault{Status: 503, Times: 1}, emulator.Fault{Code: "1", Times: 1}, emulator.Fault{Code: "1", Header: http.Header{"Date": {"soon"}}})
		if first, second, third := date("/"), date("/"), date("/"); first != early || second != early || third != "soon" {
			t.Errorf("%s: the dates of faults are %q, %q and %q", kind, first, second, third)
		}
	}
}

func TestRequestsAreBounded(t *testing.T) {
	em := emulator.NewTencent(emulator.InMemory())
	defer em.Close()
	send := func(path string, size int) {
		em.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", path, strings.NewReader(strings.Repeat("x", size))))
	}
	for i := range 10_005 {
		send(fmt.Sprint("/", i), 1)
	}
	got := em.Requests()
	if len(got) != 10_000 || got[0].Path != "/5" || got[9_999].Path != "/10004" || em.RequestCount() != 10_005 {
		t.Fatalf("%d requests of %d, from %s on", len(got), em.RequestCount(), got[0].Path)
	}
	const half = 32 << 20
	for _, path := range []string{"/a", "/b", "/c"} {
		send(path, half)
	}
	if got = em.Requests(); len(got) != 2 || got[0].Path != "/b" || len(got[1].Body) != half || em.RequestCount() != 10_008 {
		t.Errorf("%d requests of %d are there after large ones", len(got), em.RequestCount())
	}
	send("/d", 65<<20)
	if got = em.Requests(); len(got) != 1 || got[0].Path != "/d" || len(got[0].Body) != 65<<20 {
		t.Errorf("%d requests are there after one that is too large", len(got))
	}
}

// reader counts what is read.
type reader struct{ n int }

func (r *reader) Read(p []byte) (int, error) { r.n += len(p); return len(p), nil }

func TestLongBodies(t *testing.T) {
	const most = 128 << 20
	em := emulator.NewCloudflare(emulator.InMemory())
	defer em.Close()
	for _, announced := range []int64{most + 1, -1} {
		body := &reader{}
		r := httptest.NewRequest("PUT", "/x", body)
		r.ContentLength = announced
		reply := httptest.NewRecorder()
		em.ServeHTTP(reply, r)
		if reply.Code != http.StatusRequestEntityTooLarge || announced > 0 && body.n != 0 || body.n > 2*most {
			t.Errorf("announced as %d: status %d, %d bytes read", announced, reply.Code, body.n)
		}
	}
	if got := em.Requests(); len(got) != 2 || got[0].Path != "/x" || got[0].Body != nil || got[1].Body != nil {
		t.Errorf("%d requests", len(got))
	}
}

// A client that never finishes its header does not keep a connection for ever.
func TestSlowHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em := emulator.NewTencent(emulator.InMemory())
		defer em.Close()
		conn, err := em.DialContext(t.Context(), "tcp", strings.TrimPrefix(em.URL(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nX-A: ")
		began := time.Now()
		_ = conn.SetReadDeadline(began.Add(time.Hour))
		_, err = io.ReadAll(conn)
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() || time.Since(began) < time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// With high_capacity the entry sends uploads to the emulator too.
func TestAlibabaProviderIsComplete(t *testing.T) {
	em := emulator.NewAlibaba(emulator.InMemory())
	defer em.Close()
	entry := em.Provider()
	entry["high_capacity"] = "true"
	value := []byte(strings.Repeat("v", 2_000_001))
	ns := openOn(t, em, entry)
	if err := ns.Put(t.Context(), "k", value); err != nil {
		t.Fatal(err)
	}
	if e, err := ns.Get(t.Context(), "k"); err != nil || !reflect.DeepEqual(e.Value, value) {
		t.Errorf("%d bytes, %v", len(e.Value), err)
	}
}
