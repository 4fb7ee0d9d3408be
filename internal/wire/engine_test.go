package wire_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// TestBursts: the connections of a burst serve all later ones.
func TestBursts(t *testing.T) {
	const bursts, calls = 40, 32
	var opened atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		time.Sleep(5 * time.Millisecond) // the server's latency
		_, _ = io.WriteString(w, "{}")
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	e := open(t, wire.Options{})
	for range bursts {
		var wg sync.WaitGroup
		for range calls {
			wg.Go(func() {
				if _, err := e.Send(t.Context(), &wire.Request{Method: "POST", URL: parse(t, server.URL), Body: []byte("x")}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	if n := opened.Load(); n > calls {
		t.Errorf("%d connections for bursts of %d calls", n, calls)
	}
}

// secured starts a TLS server that says nothing on standard error, and returns the client's side of its trust.
func secured(t *testing.T, handler http.HandlerFunc, config *tls.Config) (*httptest.Server, *tls.Config) {
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2, server.TLS = true, config
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
}

func TestHTTP2(t *testing.T) {
	var opened atomic.Int64
	server, trust := secured(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, r.Proto+" "+r.Method+" "+string(body))
	}, nil)
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		opened.Add(1)
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	e := open(t, wire.Options{TLS: trust, DialContext: dial})
	for _, r := range []wire.Request{{Method: "POST", Body: []byte("x")}, {Method: "GET"}, {Method: "DELETE", Body: []byte("x")}, {Method: "PUT", Body: []byte{}}} {
		r.URL = parse(t, server.URL)
		reply, err := e.Send(t.Context(), &r)
		if want := "HTTP/2.0 " + r.Method + " " + string(r.Body); err != nil || string(reply.Body) != want {
			t.Errorf("%+v, %v; want %s", reply, err, want)
		}
	}
	if opened.Load() != 1 {
		t.Errorf("%d connections", opened.Load())
	}
}

func TestTrust(t *testing.T) {
	reached := func(http.ResponseWriter, *http.Request) { t.Error("the request was sent") }
	good, trust := secured(t, reached, nil)
	old, _ := secured(t, reached, &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10})
	late := trust.Clone()
	late.Time = func() time.Time { return time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC) }
	lax := trust.Clone()
	lax.MinVersion = tls.VersionTLS10
	for _, c := range []struct {
		name   string
		server *httptest.Server
		host   string
		config *tls.Config
	}{
		{"self-signed", good, "example.com", nil},
		{"expired", good, "example.com", late},
		{"wrong host", good, "wrong.example", trust},
		{"old TLS", old, "example.com", trust},
		{"old TLS, asked for", old, "example.com", lax},
	} {
		t.Run(c.name, func(t *testing.T) {
			dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, c.server.Listener.Addr().String())
			}
			e := open(t, wire.Options{TLS: c.config, DialContext: dial})
			_, err := e.Send(t.Context(), secretly(t, "POST", "https://"+c.host))
			expect(t, err, errs.Unavailable, errs.Permanent, errs.NotApplied, c.host+" cannot be trusted")
		})
	}
}

func TestProxyOfTheEnvironment(t *testing.T) {
	// TestMain names one that refuses.
	e := open(t, wire.Options{})
	_, err := e.Send(t.Context(), secretly(t, "POST", "http://h.example"))
	expect(t, err, errs.Unavailable, errs.Temporary, errs.NotApplied, "h.example cannot be reached by way of the proxy; check HTTP_PROXY: dial tcp 127.0.0.1:1")

	synctest.Test(t, func(t *testing.T) {
		var dialled string
		answer := pipes(nil, replies("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
		e := open(t, wire.Options{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			dialled = address
			return answer(ctx, network, address)
		}})
		if _, err := e.Send(t.Context(), &wire.Request{Method: "GET", URL: parse(t, "http://h.example")}); err != nil || dialled != "h.example:80" {
			t.Errorf("dialled %q: %v", dialled, err)
		}
	})
}

// TestConnectionRefusedForReal, beside those that are made up.
func TestConnectionRefusedForReal(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	_, err = open(t, wire.Options{}).Send(t.Context(), secretly(t, "POST", "http://"+address))
	expect(t, err, errs.Unavailable, errs.Temporary, errs.NotApplied, address+" cannot be reached")
}

// listener hands out the server's ends of connections in memory.
type listener struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *listener) Close() error   { close(l.done); return nil }
func (l *listener) Addr() net.Addr { return &net.TCPAddr{} }

// deaf is a connection whose network goes away without a word.
type deaf struct {
	net.Conn
	cut atomic.Bool
}

func (c *deaf) Write(b []byte) (int, error) {
	if c.cut.Load() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// TestDeadHTTP2Connection: one that says nothing any more is found out and replaced, within less than an attempt.
func TestDeadHTTP2Connection(t *testing.T) {
	server, trust := secured(t, func(http.ResponseWriter, *http.Request) {}, nil)
	certificates := server.TLS.Certificates
	trust.Time = func() time.Time { return certificates[0].Leaf.NotBefore.Add(time.Hour) }
	trust.ServerName = "example.com"
	synctest.Test(t, func(t *testing.T) {
		l := &listener{make(chan net.Conn), make(chan struct{})}
		srv := &http.Server{
			Handler:   http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }),
			TLSConfig: &tls.Config{Certificates: certificates}, ErrorLog: log.New(io.Discard, "", 0),
		}
		go func() { _ = srv.ServeTLS(l, "", "") }()
		var conns []*deaf
		e := wire.New(wire.Options{TLS: trust, DialContext: func(context.Context, string, string) (net.Conn, error) {
			client, far := net.Pipe()
			c := &deaf{Conn: client}
			conns = append(conns, c)
			l.conns <- far
			return c, nil
		}})
		get := func() error {
			_, err := e.Send(t.Context(), &wire.Request{Method: "POST", URL: parse(t, "https://example.com"), Body: []byte("x")})
			return err
		}
		if err := get(); err != nil {
			t.Fatal(err)
		}
		conns[0].cut.Store(true)
		began := time.Now()
		expect(t, get(), errs.Unavailable, errs.Temporary, errs.Ambiguous, "")
		if took := time.Since(began); took > 40*time.Second {
			t.Errorf("found out after %v", took)
		}
		if err := get(); err != nil {
			t.Errorf("after a dead connection: %v", err)
		}
		e.Close()
		_ = srv.Close()
	})
}

// TestNothingIsLeft: a bubble panics if a goroutine is left, here of every kind of connection.
func TestNothingIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var opened atomic.Int64
		e := wire.New(wire.Options{DialContext: pipes(&opened, echo([]byte("payload"), []byte("HTTP/1.1 200 OK\r\nDate: Fri, 02 Jan 2026 03:04:05 GMT\r\nContent-Length: 2\r\n\r\nok")))})
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if _, err := e.Send(t.Context(), payload(t)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		e.Close()
		e.Close()
		// A call after Close works and leaves nothing either, once what is idle is closed or has been idle for long.
		if _, err := e.Send(t.Context(), payload(t)); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute) // virtual
	})
}

func payload(t testing.TB) *wire.Request {
	return &wire.Request{Method: "POST", URL: parse(t, "http://h.example/p"), Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte("payload")}
}

// echo answers whenever what it has read ends in this body, without allocating.
func echo(body, reply []byte) func(net.Conn) {
	return func(c net.Conn) {
		block, n := make([]byte, 4096), 0
		for {
			m, err := c.Read(block[n:])
			if err != nil {
				return
			}
			if n += m; bytes.HasSuffix(block[:n], body) {
				if _, err := c.Write(reply); err != nil {
					return
				}
				n = 0
			}
		}
	}
}

// maxAllocs is what a small POST may cost. It was 69 when this was written, nearly all of it net/http's.
const maxAllocs = 72

func BenchmarkSend(b *testing.B) {
	e := open(b, wire.Options{UserAgent: "agent", DialContext: pipes(nil, echo([]byte("payload"), []byte("HTTP/1.1 200 OK\r\nDate: Fri, 02 Jan 2026 03:04:05 GMT\r\nContent-Length: 2\r\n\r\nok")))})
	r := payload(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Send(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAllocations(t *testing.T) {
	e := open(t, wire.Options{UserAgent: "agent", DialContext: pipes(nil, echo([]byte("payload"), []byte("HTTP/1.1 200 OK\r\nDate: Fri, 02 Jan 2026 03:04:05 GMT\r\nContent-Length: 2\r\n\r\nok")))})
	r := payload(t)
	n := testing.AllocsPerRun(200, func() {
		if _, err := e.Send(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("%v allocations", n)
	if n > maxAllocs && !raced() {
		t.Errorf("%v allocations, want at most %d", n, maxAllocs)
	}
}

// TestReset breaks a connection off as a network does, by a reset, after having read a request.
func TestReset(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.ReadFull(c, make([]byte, 100))
			_ = c.(*net.TCPConn).SetLinger(0)
			_ = c.Close()
		}
	}()
	_, err = open(t, wire.Options{}).Send(t.Context(), secretly(t, "POST", "http://"+l.Addr().String()))
	expect(t, err, errs.Unavailable, errs.Temporary, errs.Ambiguous, "got no reply")
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
