package wire_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/timelimit"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// TestClientCertificate: a server that wants one says so behind the request in TLS 1.3, and before it in TLS 1.2.
func TestClientCertificate(t *testing.T) {
	server, trust := secured(t, func(http.ResponseWriter, *http.Request) {}, nil)
	certificates := server.TLS.Certificates
	trust.Time = func() time.Time { return certificates[0].Leaf.NotBefore.Add(time.Hour) }
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, wire.Options{TLS: trust, DialContext: pipes(nil, func(raw net.Conn) {
				c := tls.Server(raw, &tls.Config{Certificates: certificates, ClientAuth: tls.RequireAnyClientCert, MinVersion: version, MaxVersion: version})
				if err := c.Handshake(); err == nil {
					t.Error("the handshake is done")
				}
				_, _ = io.Copy(io.Discard, raw)
			})})
			_, err := e.Send(t.Context(), secretly(t, "POST", "https://example.com"))
			expect(t, err, errs.Unavailable, errs.Permanent, errs.NotApplied, map[uint16]string{tls.VersionTLS12: "remote error: tls: handshake failure", tls.VersionTLS13: "example.com does not trust this program: remote error: tls: certificate required"}[version])
			e.Close()
		})
	}
}

// TestProxies asks a process of its own for each proxy: net/http reads the environment once.
func TestProxies(t *testing.T) {
	if text := os.Getenv("WIRE_TEST_PROXY"); text != "" {
		_, err := wire.New(wire.Options{}).Send(t.Context(), secretly(t, "POST", text))
		e := failed(t, err)
		fmt.Printf("%s|%s|%s|%s\n", e.Code, e.Retry, e.Outcome, e.Message)
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var reply atomic.Value
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			replies(reply.Load().(string))(c)
			_ = c.Close()
		}
	}()
	const refused = "Unavailable|%s|not applied|h.example cannot be reached: the proxy refused the connection with status %d; check HTTPS_PROXY"
	for _, c := range []struct{ reply, proxy, url, want string }{
		{"HTTP/1.1 407 " + canary + "\r\nX: " + canary + "\r\n\r\n", "", "https://h.example", fmt.Sprintf(refused, "permanent", 407)},
		{"HTTP/1.1 403 No\r\n\r\n", "", "https://h.example", fmt.Sprintf(refused, "permanent", 403)},
		{"HTTP/1.1 302 No\r\nLocation: http://x/" + canary + "\r\n\r\n", "", "https://h.example", fmt.Sprintf(refused, "permanent", 302)},
		{"HTTP/1.1 502 No\r\n\r\n", "", "https://h.example", fmt.Sprintf(refused, "temporary", 502)},
		{"", "proxy.invalid:3128", "https://h.example", "Unavailable|temporary|not applied|h.example cannot be reached, since the proxy cannot be found; check HTTPS_PROXY: lookup proxy.invalid"},
		{"", "proxy.invalid:3128", "http://h.example", "Unavailable|temporary|not applied|h.example cannot be reached, since the proxy cannot be found; check HTTP_PROXY: lookup proxy.invalid"},
		{"", "127.0.0.1:1", "https://h.example", "Unavailable|temporary|not applied|h.example cannot be reached by way of the proxy; check HTTPS_PROXY: dial tcp 127.0.0.1:1"},
	} {
		reply.Store(c.reply)
		proxy := "http://user:" + canary + "@" + listener.Addr().String()
		if c.proxy != "" {
			proxy = "http://user:" + canary + "@" + c.proxy
		}
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxies$")
		cmd.Env = append(os.Environ(), "WIRE_TEST_PROXY="+c.url, "HTTPS_PROXY="+proxy, "HTTP_PROXY="+proxy, "NO_PROXY=")
		out, err := cmd.CombinedOutput()
		text := strings.ReplaceAll(string(out), "dial tcp: lookup", "lookup")
		if err != nil || !strings.Contains(text, c.want) || strings.Contains(text, canary) {
			t.Errorf("%v: %s\nwant %s", err, out, c.want)
		}
	}
}

// TestFailuresAreSmall: a failed reply is read up to 1 MiB, however much a success may have.
func TestFailuresAreSmall(t *testing.T) {
	for _, status := range []int{200, 403, 429, 500} {
		for size, fits := range map[int]bool{1 << 20: true, 1<<20 + 1: status == 200} {
			synctest.Test(t, func(t *testing.T) {
				e := open(t, wire.Options{DialContext: pipes(nil, replies(fmt.Sprintf("HTTP/1.1 %d X\r\nContent-Length: %d\r\nRetry-After: 3\r\n\r\n%s", status, size, strings.Repeat("x", size))))})
				r := secretly(t, "GET", "http://h.example")
				r.MaxResponse = 10 << 20
				reply, err := e.Send(t.Context(), r)
				if fits {
					if err != nil || len(reply.Body) != size {
						t.Errorf("%d, %d bytes: %v", status, size, err)
					}
					return
				}
				want := map[int]errs.Code{403: errs.PermissionDenied, 429: errs.RateLimited, 500: errs.Internal}[status]
				if got := failed(t, err); got.Code != want || got.Outcome != errs.Ambiguous || got.RetryAfter != 3*time.Second || !strings.Contains(got.Message, "over 1048576 bytes") {
					t.Errorf("%d: %v, %v", status, got, got.Outcome)
				}
			})
		}
	}
}

// TestMayBeCut: a body that nothing but the end of the connection ends is known as such.
func TestMayBeCut(t *testing.T) {
	for reply, want := range map[string]bool{
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc":                            false,
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n":                               false,
		"HTTP/1.1 204 OK\r\n\r\n":                                                    false,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n": false,
		"HTTP/1.1 200 OK\r\n\r\nabc":                                                 true,
		"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n":                               true,
		"HTTP/1.0 200 OK\r\n\r\nabc":                                                 true,
		"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc":                            false,
		gzipped("HTTP/1.1 200 OK", func([]byte) {}):                                  false, // which has an end of its own
	} {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, wire.Options{DialContext: pipes(nil, replies(reply))})
			got, err := e.Send(t.Context(), &wire.Request{Method: "GET", URL: parse(t, "http://h.example")})
			if err != nil || got.MayBeCut != want {
				t.Errorf("%.60q: %+v, %v", reply, got, err)
			}
		})
	}
}

// TestRequestIDOfFailures: what a redirect gives as its id must be able to be one, and no credential.
func TestRequestIDOfFailures(t *testing.T) {
	for id, want := range map[string]string{"id-1": "id-1", "<id>": "", canary: "", "x" + strings.ToUpper(canary): "", strings.Repeat("i", 129): ""} {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, wire.Options{RequestIDHeader: "X-Id", DialContext: pipes(nil, replies("HTTP/1.1 302 Moved\r\nX-Id: "+id+"\r\nContent-Length: 0\r\n\r\n"))})
			r := secretly(t, "GET", "http://h.example")
			r.Hidden = wire.Hidden{canary}
			_, err := e.Send(t.Context(), r)
			if got := failed(t, err); got.RequestID != want {
				t.Errorf("%q: %q", id, got.RequestID)
			}
		})
	}
}

// TestAttemptTimeoutOfTheCall: what a call says of its requests goes before what the engine was made with.
func TestAttemptTimeoutOfTheCall(t *testing.T) {
	for _, said := range []time.Duration{time.Second, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, wire.Options{AttemptTimeout: time.Minute, DialContext: pipes(nil, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })})
			began := time.Now()
			_, err := e.Send(timelimit.With(t.Context(), said), secretly(t, "POST", "http://h"))
			expect(t, err, errs.DeadlineExceeded, errs.Temporary, errs.Ambiguous, "in time")
			if took := time.Since(began); took != said || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v: %v after %v", said, err, took)
			}
		})
	}
}
