package wire_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// stuck returns, by the phase in which they never go on, servers; their connections are kept until the client closes.
func stuck(release <-chan struct{}) map[string]struct {
	scheme  string
	dial    dialFunc
	outcome errs.Outcome
} {
	type phase = struct {
		scheme  string
		dial    dialFunc
		outcome errs.Outcome
	}
	hang := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	after := func(text string) dialFunc {
		return pipes(nil, func(c net.Conn) { replies(text)(c); hang(c) })
	}
	return map[string]phase{
		"dial": {"http", func(context.Context, string, string) (net.Conn, error) {
			<-release // deaf to its context
			return nil, errors.New("too late")
		}, errs.NotApplied},
		"TLS":             {"https", pipes(nil, hang), errs.NotApplied},
		"TLS unread":      {"https", pipes(nil, func(net.Conn) { <-release }), errs.NotApplied},
		"request unread":  {"http", pipes(nil, func(net.Conn) { <-release }), errs.NotApplied},
		"headers":         {"http", after(""), errs.Ambiguous},
		"half the header": {"http", after("HTTP/1.1 200 OK\r\nContent-"), errs.Ambiguous},
		"body":            {"http", after("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), errs.Ambiguous},
		"chunked body":    {"http", after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"), errs.Ambiguous},
		"informational":   {"http", after("HTTP/1.1 103 Early Hints\r\n\r\n"), errs.Ambiguous},
	}
}

// TestContextInEveryPhase ends a call in each phase, by the caller and by the time-out of the attempt: Send returns at
// that very moment of virtual time.
func TestContextInEveryPhase(t *testing.T) {
	for name := range stuck(nil) {
		for _, how := range []string{"cancelled", "deadline", "attempt"} {
			t.Run(name+"/"+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					release := make(chan struct{})
					defer close(release)
					phase := stuck(release)[name]
					e := open(t, wire.Options{DialContext: phase.dial, AttemptTimeout: 3 * time.Second})
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					want, end := 3*time.Second, error(nil)
					switch how {
					case "cancelled":
						want, end = time.Second, context.Canceled
						time.AfterFunc(want, cancel)
					case "deadline":
						want, end = 2*time.Second, context.DeadlineExceeded
						timed, stop := context.WithTimeout(ctx, want)
						defer stop()
						ctx = timed
					}
					began := time.Now()
					_, err := e.Send(ctx, secretly(t, "POST", phase.scheme+"://h.example"))
					if took := time.Since(began); took != want {
						t.Errorf("returned after %v, want %v", took, want)
					}
					switch how {
					case "cancelled":
						expect(t, err, errs.Canceled, errs.Permanent, phase.outcome, "given up")
					case "deadline":
						expect(t, err, errs.DeadlineExceeded, errs.Permanent, phase.outcome, "given up")
					case "attempt":
						expect(t, err, errs.DeadlineExceeded, errs.Temporary, phase.outcome, "did not reply in time")
						if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
							t.Errorf("the caller's context: %v; the error: %v", ctx.Err(), err)
						}
					}
					if end != nil && !errors.Is(err, end) {
						t.Errorf("%v is not %v", err, end)
					}
				})
			})
		}
	}
}

func TestEndedContextSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var opened atomic.Int64
		e := open(t, wire.Options{DialContext: pipes(&opened, replies("HTTP/1.1 200 OK\r\n\r\n"))})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := e.Send(ctx, secretly(t, "POST", "http://h"))
		expect(t, err, errs.Canceled, errs.Permanent, errs.NotApplied, "")
		if opened.Load() != 0 {
			t.Error("a connection was opened")
		}
	})
}

// TestSlowBody: a body of a byte per second keeps within the time of the attempt.
func TestSlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, wire.Options{AttemptTimeout: 30 * time.Second, DialContext: pipes(nil, func(c net.Conn) {
			replies("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")(c)
			for range 1000 {
				time.Sleep(time.Second)
				if _, err := io.WriteString(c, "x"); err != nil {
					return
				}
			}
		})})
		began := time.Now()
		_, err := e.Send(t.Context(), secretly(t, "GET", "http://h"))
		expect(t, err, errs.DeadlineExceeded, errs.Temporary, errs.Ambiguous, "in time")
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("after %v", took)
		}
		time.Sleep(2 * time.Second) // virtual: the server notices
	})
}

// TestBrokenConnection: what is known of a request follows from how far it got.
func TestBrokenConnection(t *testing.T) {
	refuse := func(err error) dialFunc {
		return func(context.Context, string, string) (net.Conn, error) { return nil, err }
	}
	const leak = " " + canary + " "
	for _, c := range []struct {
		name    string
		url     string // http://h.example where empty
		dial    dialFunc
		code    errs.Code
		retry   errs.Retry
		outcome errs.Outcome
		text    string
	}{
		{"refused", "", refuse(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}), errs.Unavailable, errs.Temporary, errs.NotApplied, "cannot be reached"},
		{"dialler's own error", "", refuse(errors.New("no route today")), errs.Unavailable, errs.Temporary, errs.NotApplied, "no route today"},
		{"no such host", "", refuse(&net.DNSError{Err: "no such host", Name: "h.example", IsNotFound: true}), errs.Unavailable, errs.Temporary, errs.NotApplied, "h.example cannot be found, check endpoint: "},
		{"DNS time-out", "", refuse(&net.DNSError{Err: "i/o timeout", Name: "h.example", IsTimeout: true}), errs.Unavailable, errs.Temporary, errs.NotApplied, "cannot be found"},
		{"TLS broken off", "https://h.example", pipes(nil, func(c net.Conn) { _, _ = c.Read(make([]byte, 10_000)) }), errs.Unavailable, errs.Temporary, errs.NotApplied, "cannot be reached"},
		{"no TLS", "https://h.example", pipes(nil, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 10_000))
			_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
		}), errs.Unavailable, errs.Permanent, errs.NotApplied, "h.example answers without TLS"},
		{"no TLS, but here", "https://127.0.0.1:8082", pipes(nil, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 10_000))
			_, _ = io.WriteString(c, "hello, this is no TLS\r\n")
		}), errs.Unavailable, errs.Permanent, errs.NotApplied, "127.0.0.1:8082 answers without TLS; for an emulator say endpoint: http://127.0.0.1:8082"},
		{"before anything is written", "", pipes(nil, func(net.Conn) {}), errs.Unavailable, errs.Temporary, errs.NotApplied, "cannot be reached"},
		{"in the request's header", "", pipes(nil, func(c net.Conn) { _, _ = c.Read(make([]byte, 10)) }), errs.Unavailable, errs.Temporary, errs.Ambiguous, "got no reply"},
		{"in the request's body", "", pipes(nil, func(c net.Conn) { _, _ = io.CopyN(io.Discard, c, 5000) }), errs.Unavailable, errs.Temporary, errs.Ambiguous, "got no reply"},
		{"after the request", "", pipes(nil, replies("")), errs.Unavailable, errs.Temporary, errs.Ambiguous, "got no reply"},
		{"in the reply's header", "", pipes(nil, replies("HTTP/1.1 200 OK\r\nConte")), errs.Unavailable, errs.Temporary, errs.Ambiguous, "got no reply"},
		{"in the reply's body", "", pipes(nil, replies("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")), errs.Unavailable, errs.Temporary, errs.Ambiguous, "broke off"},
		{"chunks without an end", "", pipes(nil, replies("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")), errs.Unavailable, errs.Temporary, errs.Ambiguous, "broke off"},
		{"garbled chunks", "", pipes(nil, replies("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+canary)), errs.Unavailable, errs.Temporary, errs.Ambiguous, "broke off"},
		{"garbled trailer", "", pipes(nil, replies("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"+leak+"\r\n\r\n")), errs.Unavailable, errs.Temporary, errs.Ambiguous, "broke off"},
		{"not HTTP", "", pipes(nil, replies(leak+"\r\n\r\n")), errs.Unavailable, errs.Temporary, errs.Ambiguous, "not HTTP"},
		{"garbled status", "", pipes(nil, replies("HTTP/1.1 "+canary+"\r\n\r\n")), errs.Unavailable, errs.Temporary, errs.Ambiguous, "not HTTP"},
		{"garbled header", "", pipes(nil, replies("HTTP/1.1 200 OK\r\n"+canary+"\r\n\r\n")), errs.Unavailable, errs.Temporary, errs.Ambiguous, "not HTTP"},
		{"garbled length", "", pipes(nil, replies("HTTP/1.1 200 OK\r\nContent-Length: "+canary+"\r\n\r\n")), errs.Unavailable, errs.Temporary, errs.Ambiguous, "not HTTP"},
		{"two lengths", "", pipes(nil, replies("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")), errs.Unavailable, errs.Temporary, errs.Ambiguous, "not HTTP"},
		{"garbled gzip", "", pipes(nil, replies("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 11\r\n\r\n"+canary)), errs.Corrupt, errs.Temporary, errs.Ambiguous, "cannot be decompressed: gzip: invalid header"},
		{"garbled in the middle of gzip", "", pipes(nil, replies(gzipped("HTTP/1.1 200 OK", func(b []byte) { b[10] = 0xff }))), errs.Corrupt, errs.Temporary, errs.Ambiguous, "cannot be decompressed: flate"},
		{"gzip with another sum", "", pipes(nil, replies(gzipped("HTTP/1.1 200 OK", func(b []byte) { b[len(b)-8] ^= 0xff }))), errs.Corrupt, errs.Temporary, errs.Ambiguous, "cannot be decompressed: gzip: invalid checksum"},
		{"gzip broken off", "", pipes(nil, func(c net.Conn) {
			all := gzipped("HTTP/1.1 200 OK", func([]byte) {})
			replies(all[:len(all)-10])(c)
		}), errs.Unavailable, errs.Temporary, errs.Ambiguous, "broke off"},
		{"refusal in garbled gzip", "", pipes(nil, replies(gzipped("HTTP/1.1 403 No", func(b []byte) { b[0] ^= 0xff }))), errs.PermissionDenied, errs.Permanent, errs.NotApplied, "cannot be decompressed"},
		{"failure in garbled gzip", "", pipes(nil, replies(gzipped("HTTP/1.1 503 No", func(b []byte) { b[0] ^= 0xff }))), errs.Unavailable, errs.Temporary, errs.Ambiguous, "cannot be decompressed"},
		{"other compression", "", pipes(nil, replies("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 11\r\n\r\n"+canary)), errs.Corrupt, errs.Temporary, errs.Ambiguous, "not asked for"},
		{"compressed twice", "", pipes(nil, replies("HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: 11\r\n\r\n"+canary)), errs.Corrupt, errs.Temporary, errs.Ambiguous, "not asked for"},
		{"failure in another compression", "", pipes(nil, replies("HTTP/1.1 503 No\r\nContent-Encoding: zstd\r\nContent-Length: 11\r\n\r\n"+canary)), errs.Unavailable, errs.Temporary, errs.Ambiguous, "not asked for"},
		{"other protocol", "", pipes(nil, func(c net.Conn) {
			replies("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")(c)
			_, _ = io.Copy(io.Discard, c) // nothing comes any more
		}), errs.Corrupt, errs.Permanent, errs.Ambiguous, "another protocol"},
		{"status 000", "", pipes(nil, replies("HTTP/1.1 000 Never\r\nContent-Length: 0\r\n\r\n")), errs.Corrupt, errs.Permanent, errs.Ambiguous, "has HTTP status 000, which there is not"},
		{"not modified", "", pipes(nil, replies("HTTP/1.1 304 Not Modified\r\n\r\n")), errs.Corrupt, errs.Permanent, errs.Ambiguous, "says that nothing has changed"},
		{"endless headers", "", pipes(nil, endless("HTTP/1.1 200 OK\r\n", "X-More: "+canary+"\r\n")), errs.Unavailable, errs.Temporary, errs.Ambiguous, "headers of the reply are too large"},
		{"one endless header", "", pipes(nil, endless("HTTP/1.1 200 OK\r\nX: ", canary)), errs.Unavailable, errs.Temporary, errs.Ambiguous, "headers of the reply are too large"},
		{"informational storm", "", pipes(nil, endless("", "HTTP/1.1 103 Early Hints\r\nLink: "+canary+"\r\n\r\n")), errs.Unavailable, errs.Temporary, errs.Ambiguous, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := open(t, wire.Options{DialContext: c.dial})
				base := c.url
				if base == "" {
					base = "http://h.example"
				}
				began := time.Now()
				_, err := e.Send(t.Context(), secretly(t, "POST", base))
				expect(t, err, c.code, c.retry, c.outcome, c.text)
				if took := time.Since(began); took != 0 {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// A message that says to check an option names the one that the endpoint comes from.
func TestMessagesNameTheOption(t *testing.T) {
	for option, name := range map[string]string{"": "endpoint", "kms_endpoint": "kms_endpoint"} {
		synctest.Test(t, func(t *testing.T) {
			for _, c := range []struct {
				url  string
				dial dialFunc
				text string
			}{
				{"http://h.example", func(context.Context, string, string) (net.Conn, error) {
					return nil, &net.DNSError{Err: "no such host", Name: "h.example", IsNotFound: true}
				}, "cannot be found, check " + name + ": "},
				{"https://127.0.0.1:8082", pipes(nil, func(c net.Conn) {
					_, _ = c.Read(make([]byte, 10_000))
					_, _ = io.WriteString(c, "hello, this is no TLS\r\n")
				}), "for an emulator say " + name + ": http://127.0.0.1:8082"},
				{"http://h.example", pipes(nil, replies("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")), "which is not followed; check " + name},
			} {
				_, err := open(t, wire.Options{DialContext: c.dial}).Send(t.Context(), &wire.Request{Method: "GET", URL: parse(t, c.url), Option: option})
				if err == nil || !strings.Contains(err.Error(), c.text) {
					t.Errorf("%v; want %q", err, c.text)
				}
			}
			e := open(t, wire.Options{DialContext: pipes(nil, replies("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))})
			reply, err := e.Send(t.Context(), &wire.Request{Method: "GET", URL: parse(t, "http://h.example"), Option: option})
			if err != nil {
				t.Fatal(err)
			}
			if got := reply.Foreign(reply.Corrupt("is empty"), "My Cloud").Message; !strings.HasSuffix(got, "is empty; is "+name+" the API of My Cloud?") {
				t.Error(got)
			}
		})
	}
}

// gzipped is a reply whose compressed body was spoilt.
func gzipped(status string, spoil func([]byte)) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, strings.Repeat(canary, 20)) // a Buffer does not fail
	_ = w.Close()
	spoil(b.Bytes())
	return fmt.Sprintf("%s\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", status, b.Len(), b.Bytes())
}

// endless answers with start and then more until the client has had enough.
func endless(start, more string) func(net.Conn) {
	return func(c net.Conn) {
		replies(start)(c)
		for block := []byte(strings.Repeat(more, 100)); ; {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
	}
}

func TestUnsendableHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, wire.Options{DialContext: pipes(nil, replies("HTTP/1.1 200 OK\r\n\r\n"))})
		r := &wire.Request{Method: "GET", URL: parse(t, "http://h"), Header: http.Header{"Authorization": {canary + "\n"}}}
		_, err := e.Send(t.Context(), r)
		expect(t, err, errs.InvalidArgument, errs.Permanent, errs.NotApplied, "header Authorization")
	})
}

// delivered is a server that answers the first request of its first connection and breaks off after having read each
// other one; it counts all.
func delivered(count *atomic.Int64) dialFunc {
	return pipes(nil, func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			if _, _, err := receive(r); err != nil {
				return
			}
			if count.Add(1) > 1 {
				return
			}
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
}

func TestOneDelivery(t *testing.T) {
	key := http.Header{"Idempotency-Key": {"1"}}
	for _, c := range []struct {
		name    string
		request wire.Request
	}{
		{"GET", wire.Request{Method: "GET"}},
		{"GET with a body", wire.Request{Method: "GET", Body: []byte("x")}},
		{"GET with a key", wire.Request{Method: "GET", Header: key.Clone()}},
		{"POST", wire.Request{Method: "POST", Body: []byte("x")}},
		{"POST with a key", wire.Request{Method: "POST", Body: []byte("x"), Header: key.Clone()}},
		{"empty POST with a key", wire.Request{Method: "POST", Body: []byte{}, Header: key.Clone()}},
		{"PUT", wire.Request{Method: "PUT", Body: []byte("x")}},
		{"empty PUT", wire.Request{Method: "PUT", Body: []byte{}}},
		{"DELETE", wire.Request{Method: "DELETE"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var count atomic.Int64
				e := open(t, wire.Options{DialContext: delivered(&count)})
				if _, err := e.Send(t.Context(), &wire.Request{Method: "GET", URL: parse(t, "http://h")}); err != nil {
					t.Fatal(err)
				}
				c.request.URL = parse(t, "http://h")
				_, err := e.Send(t.Context(), &c.request)
				expect(t, err, errs.Unavailable, errs.Temporary, errs.Ambiguous, "h got no reply")
				synctest.Wait()
				if got := count.Load() - 1; got != 1 {
					t.Errorf("delivered %d times, want once", got)
				}
			})
		})
	}
}

// TestFramingOfBodies: a request without a body says nothing of its length, one with an empty body says so.
func TestFramingOfBodies(t *testing.T) {
	for _, c := range []struct {
		request wire.Request
		want    string // Content-Length; "-" where there is none
	}{
		{wire.Request{Method: "GET"}, "-"},
		{wire.Request{Method: "DELETE"}, "-"},
		{wire.Request{Method: "POST"}, "0"},
		{wire.Request{Method: "PUT", Body: []byte{}}, "0"},
		{wire.Request{Method: "PUT", Body: []byte("abc")}, "3"},
	} {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, wire.Options{UserAgent: "agent", DialContext: pipes(nil, func(conn net.Conn) {
				r, body, err := receive(bufio.NewReader(conn))
				if err != nil {
					t.Error(err)
					return
				}
				length := "-"
				if r.Header.Get("Content-Length") != "" {
					length = r.Header.Get("Content-Length")
				}
				if length != c.want || len(r.TransferEncoding) > 0 || !bytes.Equal(body, c.request.Body) || r.UserAgent() != "agent" {
					t.Errorf("%+v arrives with length %q, %q, body %q, agent %q", c.request, length, r.TransferEncoding, body, r.UserAgent())
				}
				_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
			})})
			c.request.URL, c.request.Header = parse(t, "http://h"), http.Header{"A": {"b"}}
			if _, err := e.Send(t.Context(), &c.request); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestIdleConnectionThatDied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var opened atomic.Int64
		e := open(t, wire.Options{DialContext: pipes(&opened, replies("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))})
		for range 3 {
			if _, err := e.Send(t.Context(), &wire.Request{Method: "POST", URL: parse(t, "http://h"), Body: []byte("x")}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if opened.Load() != 3 {
			t.Errorf("%d connections", opened.Load())
		}
	})
}

func TestRedirects(t *testing.T) {
	for status := 300; status < 400; status++ {
		if status == http.StatusNotModified {
			continue
		}
		for _, to := range []string{"", "/other", "http://h.example/" + canary, "https://h.example/?" + canary, "//evil.example/" + canary, "http://u:" + canary + "@evil.example", "%zz", "javascript:" + canary} {
			synctest.Test(t, func(t *testing.T) {
				var opened atomic.Int64
				e := open(t, wire.Options{RequestIDHeader: "X-Id", DialContext: pipes(&opened, func(c net.Conn) {
					r := bufio.NewReader(c)
					if _, _, err := receive(r); err != nil {
						return
					}
					_, _ = fmt.Fprintf(c, "HTTP/1.1 %d Moved\r\nLocation: %s\r\nX-Id: id-1\r\nContent-Length: 0\r\n\r\n", status, to)
					if r, _, err := receive(r); err == nil {
						t.Errorf("%d: a second request: %v", status, r.URL)
					}
				})})
				_, err := e.Send(t.Context(), secretly(t, "GET", "http://h.example"))
				expect(t, err, errs.Unavailable, errs.Permanent, errs.Ambiguous, "h.example redirects to ")
				if e := failed(t, err); e.HTTPStatus != status || e.RequestID != "id-1" || strings.Contains(to, "evil") != strings.Contains(e.Message, "to another host,") || strings.Contains(e.Message, "evil") {
					t.Errorf("%s: %v", to, e)
				}
				if opened.Load() != 1 {
					t.Errorf("%d to %s: %d connections", status, to, opened.Load())
				}
			})
		}
	}
}

// bomb is a gzip stream of that many megabytes.
func bomb(t *testing.T, megabytes int) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.Repeat(b.Bytes(), megabytes)
}

func TestReplyCap(t *testing.T) {
	const limit = 100_000
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 1000, strings.Repeat("x", 1000))
	compressed := bomb(t, 1024)
	for _, c := range []struct {
		name, reply string
		fits        bool
	}{
		{"length at the cap", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", limit, strings.Repeat("x", limit)), true},
		{"length over the cap", fmt.Sprintf("Content-Length: %d\r\n\r\n", limit+1), false},
		{"huge length", "Content-Length: 9223372036854775807\r\n\r\n", false},
		{"chunks at the cap", "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat(chunk, limit/1000) + "0\r\n\r\n", true},
		{"chunks over the cap", "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat(chunk, limit/1000+1) + "0\r\n\r\n", false},
		{"no length", "Connection: close\r\n\r\n" + strings.Repeat("x", limit+1), false},
		{"bomb", fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(compressed), compressed), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := open(t, wire.Options{DialContext: pipes(nil, replies("HTTP/1.1 200 OK\r\n"+c.reply))})
				r := secretly(t, "GET", "http://h.example")
				r.MaxResponse = limit
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				reply, err := e.Send(t.Context(), r)
				runtime.ReadMemStats(&after)
				if used := after.TotalAlloc - before.TotalAlloc; used > 10*limit+1<<20+2*uint64(len(c.reply)) {
					t.Errorf("%d bytes were allocated", used)
				}
				if c.fits {
					if err != nil || len(reply.Body) != limit {
						t.Errorf("%v", err)
					}
					return
				}
				expect(t, err, errs.TooLarge, errs.Permanent, errs.Ambiguous, "over 100000 bytes")
			})
		})
	}
}

// TestClaimedLength: memory is not set aside for what a server merely announces.
func TestClaimedLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, wire.Options{DialContext: pipes(nil, replies("HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\nabc"))})
		r := secretly(t, "GET", "http://h")
		r.MaxResponse = 1<<63 - 1
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := e.Send(t.Context(), r)
		runtime.ReadMemStats(&after)
		expect(t, err, errs.Unavailable, errs.Temporary, errs.Ambiguous, "broke off")
		if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
			t.Errorf("%d bytes were allocated", used)
		}
	})
}

func TestUnlimitedReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, wire.Options{DialContext: pipes(nil, replies("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef"))})
		reply, err := e.Send(t.Context(), &wire.Request{Method: "GET", URL: parse(t, "http://h"), MaxResponse: 1<<63 - 1})
		if err != nil || string(reply.Body) != "abc" || reply.Host != "h" {
			t.Errorf("%+v, %v", reply, err)
		}
	})
}

func TestFewInformationalReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, wire.Options{DialContext: pipes(nil, replies("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))})
		if reply, err := e.Send(t.Context(), secretly(t, "POST", "http://h")); err != nil || string(reply.Body) != "ok" {
			t.Errorf("%+v, %v", reply, err)
		}
	})
}
