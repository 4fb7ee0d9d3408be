package wire

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
)

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// counted returns dial with connections that count what is written to them, and errors that are known as its own.
func counted(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, &dialError{err}
		}
		return &conn{Conn: c}, nil
	}
}

// dialError is an error of the function that opens connections.
type dialError struct{ error }

func (e *dialError) Unwrap() error { return e.error }

// conn counts the bytes that were written.
type conn struct {
	net.Conn
	written atomic.Int64
}

func (c *conn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.written.Add(int64(n))
	return n, err
}

// progress notes how far a request gets. Its functions may still be called after the request has failed.
type progress struct {
	mu     sync.Mutex
	conn   *conn // the last that the request was given; nil before
	before int64 // written to conn by then
	shared bool  // conn carries other requests too, by HTTP/2
	began  bool  // some of the request may have been written to a connection before conn, or to a shared one
}

func (p *progress) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:          p.got,
		WroteHeaderField: func(string, []string) { p.wrote() },
	})
}

func (p *progress) got(info httptrace.GotConnInfo) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.began = p.began || p.conn != nil && !p.shared && p.conn.written.Load() != p.before
	raw := info.Conn
	for {
		secured, ok := raw.(*tls.Conn)
		if !ok {
			break
		}
		p.shared = secured.ConnectionState().NegotiatedProtocol == "h2"
		raw = secured.NetConn()
	}
	p.conn, _ = raw.(*conn)
	if p.conn == nil {
		p.began = true // cannot be; nothing is known then
		return
	}
	p.before = p.conn.written.Load()
}

func (p *progress) wrote() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.began = p.began || p.shared
}

// untouched reports whether no server can have seen any of the failed request. Over HTTP/1 net/http is done with the
// connection when a request fails. Over HTTP/2 a request that was given up may still be on its way to it.
func (p *progress) untouched(givenUp bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.began:
		return false
	case p.conn == nil:
		return true
	case p.shared:
		return !givenUp
	}
	return p.conn.written.Load() == p.before
}
