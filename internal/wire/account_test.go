package wire_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// resolve returns the settings that an entry of a driver with an endpoint has.
func resolve(t *testing.T, host providers.Host, entry map[string]string) *providers.Settings {
	t.Helper()
	d := &providers.Driver{Name: "fake", Options: []providers.Option{
		{Name: "endpoint"}, {Name: "upload_endpoint", Default: "upload.example.com"}, {Name: "region"}, wire.AllowPlaintext(),
	}}
	values := providers.Values{}
	for name, text := range entry {
		values[name] = providers.Value{Text: text, From: "test"}
	}
	host.LookupEnv = func(string) (string, bool) { return "", false }
	s, err := d.Resolve(values, host)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEndpoints(t *testing.T) {
	for name, c := range map[string]struct {
		entry          map[string]string
		endpoint, host string // or what the refusal says
	}{
		"fallback":          {nil, "https://fallback.example.com", "https://fallback.example.com/"},
		"said":              {map[string]string{"endpoint": "KV.example.com:8443"}, "https://kv.example.com:8443", "https://kv.example.com:8443/"},
		"slash":             {map[string]string{"endpoint": "https://kv.example.com/"}, "https://kv.example.com", "https://kv.example.com/"},
		"path":              {map[string]string{"endpoint": "https://kv.example.com/v4"}, "https://kv.example.com/v4", "endpoint: kv.example.com has a path"},
		"loopback":          {map[string]string{"endpoint": "http://127.0.0.1:80"}, "http://127.0.0.1:80", "http://127.0.0.1:80/"},
		"plain text":        {map[string]string{"endpoint": "http://kv.example.com"}, "endpoint: kv.example.com is not https", "set allow_plaintext: true"},
		"plain text wanted": {map[string]string{"endpoint": "http://kv.example.com", "allow_plaintext": "true"}, "http://kv.example.com", "http://kv.example.com/"},
		"empty segment":     {map[string]string{"endpoint": "https://kv.example.com//v4"}, "endpoint: kv.example.com has a path with an empty segment", "endpoint: kv.example.com has a path"},
		"dots":              {map[string]string{"endpoint": "https://kv.example.com/a/%2E."}, "endpoint: kv.example.com has a path with an empty segment, . or ..", "endpoint: kv.example.com has a path"},
		"empty":             {map[string]string{"endpoint": ""}, "endpoint is empty; leave the field out for the default", "endpoint is empty; leave the field out"},
		"no host":           {map[string]string{"endpoint": "https://"}, "endpoint: not a host or an https URL", "endpoint: not a host"},
	} {
		s := resolve(t, providers.Host{}, c.entry)
		check := func(what, got string, err error, want string) {
			t.Helper()
			switch {
			case err == nil && got == want:
			case got == "" && errs.CodeOf(err) == errs.InvalidArgument && strings.Contains(err.Error(), want):
			default:
				t.Errorf("%s: %s %s, %v; want %s", name, what, got, err, want)
			}
		}
		text := func(u interface{ String() string }, err error) (string, error) {
			if err != nil {
				return "", err
			}
			return u.String(), nil
		}
		got, err := text(wire.Endpoint(s, "endpoint", "fallback.example.com"))
		check("endpoint", got, err, c.endpoint)
		got, err = text(wire.Host(s, "endpoint", "fallback.example.com"))
		check("host", got, err, c.host)
	}
	if u, err := wire.Host(resolve(t, providers.Host{}, nil), "upload_endpoint", ""); err != nil || u.Host != "upload.example.com" {
		t.Errorf("the default of an option: %v, %v", u, err)
	}
}

// A region becomes part of a host: it has nothing in it that could make another one.
func TestRegion(t *testing.T) {
	for _, good := range []string{"cn-north-4", "eu", "1"} {
		if got, err := wire.Region(resolve(t, providers.Host{}, map[string]string{"region": good}), "region", "cn-north-4"); err != nil || got != good {
			t.Errorf("%q, %v; want %q", got, err, good)
		}
	}
	for _, bad := range []string{"", "CN-NORTH-4", "x.example.com/", "cn north", "cn_north", "cn\u2010north", "a\x00"} {
		got, err := wire.Region(resolve(t, providers.Host{}, map[string]string{"region": bad}), "region", "cn-north-4")
		if got != "" || errs.CodeOf(err) != errs.InvalidArgument || !strings.Contains(err.Error(), "region: ") || !strings.Contains(err.Error(), "written like cn-north-4") {
			t.Errorf("%q: %q, %v", bad, got, err)
		}
	}
}

// An account sends over the program's connections, tells the time by its clock, and names itself.
func TestOpenAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later := time.Now().Add(1000 * time.Hour)
		agents := make(chan string, 2)
		s := resolve(t, providers.Host{
			Now: func() time.Time { return later },
			DialContext: pipes(nil, func(c net.Conn) {
				if r, _, err := receive(bufio.NewReader(c)); err == nil {
					agents <- r.UserAgent()
					_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX-Id: id-1\r\nDate: "+later.Add(-time.Hour).UTC().Format(time.RFC1123[:26])+"GMT\r\nContent-Length: 0\r\n\r\n")
				}
			}),
		}, nil)
		for agent, o := range map[string]wire.Options{"crosscloud-go": {}, "other": {UserAgent: "other", Now: time.Now, DialContext: noDial(t)}} {
			a := wire.OpenAccount(s, o)
			if !a.Now().Equal(later) {
				t.Errorf("the account's clock says %v", a.Now())
			}
			reply, err := a.Send(t.Context(), &wire.Request{Method: "GET", URL: parse(t, "http://h")})
			if err != nil || reply.ClockSkew() != time.Hour || reply.SkewText() != "this machine's clock is 1h0m0s ahead of the server's" {
				t.Errorf("%+v, %v", reply, err)
			}
			if got := <-agents; got != agent {
				t.Errorf("sent by %q, want %q", got, agent)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// An account trusts whom the program trusts.
func TestTrustOfAnAccount(t *testing.T) {
	server, trust := secured(t, func(http.ResponseWriter, *http.Request) {}, nil)
	for _, config := range []*tls.Config{nil, trust} {
		a := wire.OpenAccount(resolve(t, providers.Host{TLS: config}, nil), wire.Options{})
		_, err := a.Send(t.Context(), &wire.Request{Method: "GET", URL: parse(t, server.URL)})
		if (err == nil) != (config != nil) {
			t.Errorf("%v", err)
		}
		_ = a.Close()
	}
}

func noDial(t *testing.T) dialFunc {
	return func(context.Context, string, string) (net.Conn, error) {
		t.Error("another connection than the program's")
		return nil, net.ErrClosed
	}
}

func TestSkewText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for skew, want := range map[time.Duration]string{
			0: "", -2 * time.Minute: "this machine's clock is 2m0s behind the server's", 2 * time.Second: "this machine's clock is 2s ahead of the server's",
		} {
			e := open(t, wire.Options{
				Now:         func() time.Time { return now.Add(skew + 500*time.Millisecond) }, // in the middle of the server's second
				DialContext: pipes(nil, replies("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nDate: "+now.UTC().Format(http.TimeFormat)+"\r\n\r\n")),
			})
			reply, err := e.Send(t.Context(), &wire.Request{Method: "GET", URL: parse(t, "http://h")})
			if err != nil {
				t.Fatal(err)
			}
			if got := reply.SkewText(); got != want {
				t.Errorf("%v: %q, want %q", skew, got, want)
			}
		}
	})
}
