package faultmatrix_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// gate is what a client's connections lead to. It passes requests on to the emulator, and while it is armed does to those
// of one operation what a fault says.
type gate struct {
	upstream dialFunc
	address  string                        // the emulator's
	secure   func(certificate) *tls.Config // where the client comes by TLS

	mu      sync.Mutex
	fault   *fault
	matches matcher
	script  script // what fault.send says needs
	conns   []net.Conn
	dead    *atomic.Bool // of the connections that are open
	left    int          // requests that are still to be met; under 0 all
	arrived int          // requests of the operation whose header arrived, whole or in part
	carried int          // those of them that the emulator has answered
	first   *reply       // to the first request that was carried out and met by the fault
	strays  []string     // what was sent where nothing should go
}

// matcher reports whether a request is of the operation. Action is the vendor's header of that name.
type matcher func(method, path, action string) bool

// byAction matches what names the action in a header.
func byAction(name string) matcher {
	return func(_, _, action string) bool { return action == name }
}

// byPath matches a method, and a part of the path or, behind a $, its end.
func byPath(method, part string) matcher {
	return func(m, path, _ string) bool {
		if end, ok := strings.CutPrefix(part, "$"); ok {
			return m == method && strings.HasSuffix(path, end)
		}
		return m == method && strings.Contains(path, part)
	}
}

// arm makes the gate do what the fault says to requests that match.
func (g *gate) arm(f *fault, matches matcher, s script) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fault, g.matches, g.script, g.left = f, matches, s, f.times
	if f.times == 0 {
		g.left = -1
	}
	if f.deadIdle {
		g.dead.Store(true)
		return
	}
	for _, c := range g.conns {
		_ = c.Close()
	}
	g.conns = nil
}

// disarm lets everything pass again, and returns the counts.
func (g *gate) disarm() (arrived, carried int, strays []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fault = nil
	return g.arrived, g.carried, g.strays
}

// armed returns the fault, if there is one.
func (g *gate) armed() *fault {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.fault
}

// hit reports whether the fault meets one more request, and counts it.
func (g *gate) hit() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.arrived++
	if g.left > 0 {
		g.left--
		return true
	}
	return g.left < 0
}

// deadConn is the client's end of a connection, which may have died unnoticed: nothing can be written to it then.
type deadConn struct {
	net.Conn
	dead *atomic.Bool
}

func (c *deadConn) Write(b []byte) (int, error) {
	if c.dead.Load() {
		return 0, &net.OpError{Op: "write", Net: "memory", Err: syscall.ECONNRESET}
	}
	return c.Conn.Write(b)
}

// DialContext is for the client under test.
func (g *gate) DialContext(_ context.Context, network, address string) (net.Conn, error) {
	f := g.armed()
	if f != nil && f.dial != nil {
		return nil, f.dial
	}
	client, server := net.Pipe()
	g.mu.Lock()
	if address != g.address {
		g.strays = append(g.strays, "a connection to "+address)
	}
	if g.dead == nil || g.dead.Load() {
		g.dead = &atomic.Bool{}
	}
	dead := g.dead
	g.conns = append(g.conns, server)
	g.mu.Unlock()
	go func() {
		defer server.Close()
		if f != nil && f.accept != nil {
			f.accept(server)
			return
		}
		conn := net.Conn(server)
		if g.secure != nil {
			kind := good
			if f != nil {
				kind = f.cert
			}
			conn = tls.Server(server, g.secure(kind))
		}
		g.serve(conn)
	}()
	return &deadConn{client, dead}, nil
}

// request is one as it came: its bytes, and what is known of it.
type request struct {
	head   []byte
	parsed *http.Request
	body   io.Reader
}

func readRequest(r *bufio.Reader) (*request, error) {
	var head []byte
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		line, err := r.ReadSlice('\n')
		head = append(head, line...)
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
	}
	parsed, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
	if err != nil {
		return nil, err
	}
	return &request{head: slices.Clone(head), parsed: parsed, body: io.LimitReader(r, parsed.ContentLength)}, nil
}

func (r *request) action() string {
	return r.parsed.Header.Get("X-Tc-Action") + r.parsed.Header.Get("X-Acs-Action")
}

// serve answers the requests of one connection.
func (g *gate) serve(c net.Conn) {
	r := bufio.NewReaderSize(c, 1024)
	for {
		req, err := readRequest(r)
		if err != nil {
			return
		}
		f := g.armed()
		if f == nil || f.send == nil || !g.matches(req.parsed.Method, req.parsed.URL.EscapedPath(), req.action()) || !g.hit() {
			good, err := g.pass(req, f != nil && g.matches(req.parsed.Method, req.parsed.URL.EscapedPath(), req.action()))
			if err != nil {
				return
			}
			if _, err := c.Write(good.bytes()); err != nil {
				return
			}
			continue
		}
		if f.reads > 0 { // a part of the body
			_, _ = io.CopyN(io.Discard, req.body, req.parsed.ContentLength/2)
			return
		}
		if f.reads == readHeader {
			return
		}
		good := &reply{status: http.StatusOK}
		if f.carries {
			if good, err = g.pass(req, true); err != nil {
				return
			}
			good = g.asFirst(good) // a second delivery may be refused, which is another matter
		} else if _, err := io.Copy(io.Discard, req.body); err != nil {
			return
		}
		if !f.send(c, good, g.script) {
			return
		}
	}
}

// asFirst returns the reply to the first of the requests that the fault met.
func (g *gate) asFirst(r *reply) *reply {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.first == nil {
		g.first = r
	}
	return g.first
}

// pass has the emulator answer a request; counts says that it is one of the operation.
func (g *gate) pass(req *request, counts bool) (*reply, error) {
	body, err := io.ReadAll(req.body)
	if err != nil {
		return nil, err
	}
	c, err := g.upstream(context.Background(), "tcp", g.address)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if _, err := c.Write(append(req.head, body...)); err != nil {
		return nil, err
	}
	res, err := http.ReadResponse(bufio.NewReader(c), req.parsed)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if counts {
		g.mu.Lock()
		g.carried++
		g.mu.Unlock()
	}
	return &reply{status: res.StatusCode, header: res.Header, body: content}, nil
}

// reply is what the emulator answers.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// top returns the status line and the header without an end; the length of the body is not in it.
func (r *reply) top(more ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %03d %s\r\n", r.status, http.StatusText(r.status))
	for name, values := range r.header {
		if name == "Content-Length" || name == "Transfer-Encoding" || name == "Connection" {
			continue
		}
		for _, value := range values {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	for _, line := range more {
		b.WriteString(line + "\r\n")
	}
	return b.String()
}

// bytes returns the reply as it is sent.
func (r *reply) bytes(more ...string) []byte {
	length := []string{fmt.Sprintf("Content-Length: %d", len(r.body))}
	if r.status == http.StatusNoContent {
		length = nil
	}
	return append([]byte(r.top(append(length, more...)...)+"\r\n"), r.body...)
}

// count returns how many requests of the operation have arrived.
func (g *gate) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.arrived
}
