package wire

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
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
	conn   *conn     // the last that the request was given; nil before
	before int64     // written to conn by then
	secure *tls.Conn // over conn; nil where there is none
	shared bool      // conn carries other requests too, by HTTP/2
	reused bool      // conn has carried a request before
	began  bool      // some of the request may have been written to a connection before conn, or to a shared one
	replay bool      // net/http was about to send the request a second time
	cancel context.CancelFunc
	hooks  httptrace.ClientTrace
}

func (p *progress) trace(ctx context.Context) context.Context {
	p.hooks = httptrace.ClientTrace{GotConn: p.got, WroteHeaderField: p.wrote}
	return httptrace.WithClientTrace(ctx, &p.hooks)
}

func (p *progress) got(info httptrace.GotConnInfo) {
	p.mu.Lock()
	defer p.mu.Unlock()
	again := p.conn != nil
	p.began = p.began || again && !p.shared && p.conn.written.Load() != p.before
	p.secure, p.shared, p.reused = nil, false, info.Reused
	raw := info.Conn
	for {
		secured, ok := raw.(*tls.Conn)
		if !ok {
			break
		}
		if p.secure == nil {
			p.secure = secured
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
	if !again || !p.began {
		return
	}
	// The package net/http is about to send the request a second time: it does so by itself with requests that have no
	// body. Over HTTP/2 it looks at the context before it writes, over HTTP/1 only the connection can hold it up.
	p.replay = true
	p.cancel()
	if !p.shared {
		_ = p.conn.Close()
	}
}

func (p *progress) wrote(string, []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.began = p.began || p.shared
}

// stale reports whether a failed request met a connection of HTTP/1 that had died idle, and nothing of it was written.
func (p *progress) stale() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conn != nil && !p.replay && p.reused && !p.shared && !p.began && p.conn.written.Load() == p.before
}

// fresh reports whether the failed request was the only one that its connection has carried.
func (p *progress) fresh() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conn != nil && !p.reused && !p.shared && !p.began
}

// said returns the alert that a server has ended a connection of HTTP/1 by, where there is one. Net/http may tell instead
// that it could not write any more.
func (p *progress) said() error {
	p.mu.Lock()
	secure := p.secure
	if p.shared {
		secure = nil
	}
	p.mu.Unlock()
	if secure == nil {
		return nil
	}
	// The connection is not used any more. It repeats the alert it met; otherwise the deadline is over.
	_ = secure.SetReadDeadline(time.Unix(1, 0))
	_, err := secure.Read(make([]byte, 1))
	if !isAlert(err, "") {
		return nil
	}
	return err
}

func (p *progress) replayed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.replay
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
