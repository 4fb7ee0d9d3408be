package wire_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// Frames of HTTP/2 (RFC 9113, section 6) and their flags.
const (
	frameData     = 0x0
	frameHeaders  = 0x1
	frameReset    = 0x3
	frameSettings = 0x4
	frameGoAway   = 0x7

	flagEndStream = 0x1
	flagAck       = 0x1
)

func writeFrame(w io.Writer, kind, flags byte, stream uint32, payload []byte) error {
	head := []byte{0, byte(len(payload) >> 8), byte(len(payload)), kind, flags, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(head[5:], stream)
	_, err := w.Write(append(head, payload...))
	return err
}

func readFrame(r io.Reader) (kind, flags byte, stream uint32, err error) {
	var head [9]byte
	if _, err = io.ReadFull(r, head[:]); err != nil {
		return
	}
	length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
	_, err = io.CopyN(io.Discard, r, length)
	return head[3], head[4], binary.BigEndian.Uint32(head[5:]), err
}

// refuser is a server of HTTP/2 that reads requests whole, counts them, and gives each one up in the same way.
func refuser(config *tls.Config, whole *atomic.Int64, giveUp func(w io.Writer, stream uint32) error) func(net.Conn) {
	return func(raw net.Conn) {
		c := tls.Server(raw, config)
		defer c.Close()
		preface := make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
		if _, err := io.ReadFull(c, preface); err != nil {
			return
		}
		out := make(chan func(io.Writer) error, 100)
		defer close(out)
		go func() { // writes beside the reads: a pipe has no room
			for write := range out {
				_ = write(c)
			}
		}()
		out <- func(w io.Writer) error { return writeFrame(w, frameSettings, 0, 0, nil) }
		for {
			kind, flags, stream, err := readFrame(c)
			if err != nil {
				return
			}
			switch {
			case kind == frameSettings && flags&flagAck == 0:
				out <- func(w io.Writer) error { return writeFrame(w, frameSettings, flagAck, 0, nil) }
			case (kind == frameHeaders || kind == frameData) && flags&flagEndStream != 0:
				whole.Add(1)
				out <- func(w io.Writer) error { return giveUp(w, stream) }
			}
		}
	}
}

func goAway(code uint32) func(io.Writer, uint32) error {
	return func(w io.Writer, _ uint32) error {
		payload := make([]byte, 8) // no stream was looked at
		binary.BigEndian.PutUint32(payload[4:], code)
		return writeFrame(w, frameGoAway, 0, 0, payload)
	}
}

func reset(code uint32) func(io.Writer, uint32) error {
	return func(w io.Writer, stream uint32) error {
		return writeFrame(w, frameReset, 0, stream, binary.BigEndian.AppendUint32(nil, code))
	}
}

// TestOneDeliveryOverHTTP2: whatever a server says of a request, one Send delivers it once.
func TestOneDeliveryOverHTTP2(t *testing.T) {
	server, trust := secured(t, func(http.ResponseWriter, *http.Request) {}, nil)
	certificates := server.TLS.Certificates
	trust.Time = func() time.Time { return certificates[0].Leaf.NotBefore.Add(time.Hour) }
	config := &tls.Config{Certificates: certificates, NextProtos: []string{"h2"}}
	for name, c := range map[string]struct {
		giveUp func(io.Writer, uint32) error
		bare   errs.Outcome // of a request without a body: net/http does not tell what the server said
		body   errs.Outcome
	}{
		"GOAWAY":         {goAway(0), errs.Ambiguous, errs.NotApplied},
		"GOAWAY, error":  {goAway(0xb), errs.Ambiguous, errs.Ambiguous},
		"REFUSED_STREAM": {reset(0x7), errs.Ambiguous, errs.NotApplied},
		"PROTOCOL_ERROR": {reset(0x1), errs.Ambiguous, errs.Ambiguous},
		"INTERNAL_ERROR": {reset(0x2), errs.Ambiguous, errs.Ambiguous},
	} {
		for _, r := range []wire.Request{
			{Method: "GET"}, {Method: "DELETE"}, {Method: "PUT", Body: []byte{}}, {Method: "POST", Body: []byte("x")}, {Method: "PUT", Body: bytes.Repeat([]byte("x"), 10_000)},
		} {
			t.Run(fmt.Sprintf("%s/%s of %d bytes", name, r.Method, len(r.Body)), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var whole, opened atomic.Int64
					e := wire.New(wire.Options{TLS: trust, DialContext: pipes(&opened, refuser(config, &whole, c.giveUp))})
					defer e.Close()
					for sends := int64(1); sends <= 3; sends++ {
						r.URL = parse(t, "https://example.com/")
						_, err := e.Send(t.Context(), &r)
						want := c.bare
						if len(r.Body) > 0 {
							want = c.body
						}
						expect(t, err, errs.Unavailable, errs.Temporary, want, "example.com got no reply")
						synctest.Wait()
						if whole.Load() != sends {
							t.Fatalf("%d requests arrived of %d that were sent", whole.Load(), sends)
						}
					}
					if opened.Load() > 6 {
						t.Errorf("%d connections", opened.Load())
					}
				})
			})
		}
	}
}

// mute is a connection whose other side is gone without having said so: what is written fails.
type mute struct {
	net.Conn
	gone atomic.Bool
}

func (c *mute) Write(b []byte) (int, error) {
	if c.gone.Load() {
		return 0, io.ErrClosedPipe
	}
	return c.Conn.Write(b)
}

// TestDeadIdleConnections: connections that died idle take nothing of a request, which goes on to a living one.
func TestDeadIdleConnections(t *testing.T) {
	for _, r := range []wire.Request{{Method: "GET"}, {Method: "POST", Body: []byte("x")}} {
		synctest.Test(t, func(t *testing.T) {
			const idle = 5
			var whole atomic.Int64
			var conns []*mute
			pause := make(chan struct{})
			dial := pipes(nil, func(c net.Conn) {
				in := bufio.NewReader(c)
				for {
					if _, _, err := receive(in); err != nil {
						return
					}
					if whole.Add(1) <= idle {
						<-pause // so that each request needs a connection
					}
					_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				}
			})
			e := open(t, wire.Options{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				c, err := dial(ctx, network, address)
				conns = append(conns, &mute{Conn: c})
				return conns[len(conns)-1], err
			}})
			r.URL = parse(t, "http://h")
			for range idle {
				go func() {
					if _, err := e.Send(t.Context(), &r); err != nil {
						t.Error(err)
					}
				}()
				synctest.Wait()
			}
			close(pause)
			synctest.Wait()
			for _, c := range conns {
				c.gone.Store(true)
			}
			if _, err := e.Send(t.Context(), &r); err != nil {
				t.Errorf("%s: %v", r.Method, err)
			}
			if len(conns) != idle+1 || whole.Load() != idle+1 {
				t.Errorf("%s: %d connections, %d requests", r.Method, len(conns), whole.Load())
			}
		})
	}
}
