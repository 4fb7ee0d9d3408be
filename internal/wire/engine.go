// Package wire is the one HTTP engine that every driver sends through. It sends a request once and says, when that
// fails, how far the request got: the pipeline above decides what is sent again.
//
// Redirects are not followed, net/http's own replay of requests is off where a second delivery would matter, replies
// are bounded in size, and no error holds a URL's query, a header or a body.
package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// Defaults of [Options].
const (
	// DefaultAttemptTimeout bounds one request from the first byte sent to the last received.
	DefaultAttemptTimeout = 60 * time.Second
	// DefaultMaxResponse bounds a decompressed reply.
	DefaultMaxResponse = 32 << 20
	// idleConnections is how many connections to one host stay open, so that a burst finds those of the last one.
	idleConnections = 256
	// maxHeaderBytes bounds the headers of a reply.
	maxHeaderBytes = 64 << 10
	// maxClaim is how much memory is set aside for a reply on its Content-Length alone.
	maxClaim = 1 << 20
	// pingAfter and pingTimeout find dead HTTP/2 connections, which otherwise all later requests would hang on.
	pingAfter, pingTimeout = 15 * time.Second, 15 * time.Second
)

// Options configure an [Engine]. The zero value is ready to use.
type Options struct {
	// DialContext opens connections; nil means the network.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS is cloned; nil means the system's roots. Versions under 1.2 are refused in any case.
	TLS *tls.Config
	// AttemptTimeout bounds one request; 0 means [DefaultAttemptTimeout].
	AttemptTimeout time.Duration
	// UserAgent is sent with every request.
	UserAgent string
	// Now is the clock that is compared with the servers'; nil means [time.Now].
	Now func() time.Time
	// RequestIDHeader is the header of replies that holds the vendor's id of the request, where there is one. It is read
	// for replies that end in an error here; of others the driver reads it.
	RequestIDHeader string
}

// Engine sends requests over one pool of connections. It is safe for concurrent use.
type Engine struct {
	transport *http.Transport
	timeout   time.Duration
	now       func() time.Time
	userAgent string
	idHeader  string
}

// New returns an engine.
func New(o Options) *Engine {
	config := &tls.Config{}
	if o.TLS != nil {
		config = o.TLS.Clone()
	}
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	dial := o.DialContext
	proxy := http.ProxyFromEnvironment
	if dial == nil {
		dial = (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	} else {
		proxy = nil // whoever dials for us says where connections go
	}
	if o.AttemptTimeout == 0 {
		o.AttemptTimeout = DefaultAttemptTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Engine{
		timeout:   o.AttemptTimeout,
		now:       o.Now,
		userAgent: o.UserAgent,
		idHeader:  o.RequestIDHeader,
		transport: &http.Transport{
			Proxy:                  proxy,
			DialContext:            counted(dial),
			TLSClientConfig:        config,
			TLSHandshakeTimeout:    10 * time.Second,
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           2 * idleConnections,
			MaxIdleConnsPerHost:    idleConnections,
			IdleConnTimeout:        50 * time.Second, // under the minute after which load balancers drop theirs
			ExpectContinueTimeout:  time.Second,
			MaxResponseHeaderBytes: maxHeaderBytes,
			HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
		},
	}
}

// Close closes the connections that are not in use.
func (e *Engine) Close() { e.transport.CloseIdleConnections() }

// Request is one request to send.
type Request struct {
	Method string
	// URL is where to; its path must be escaped already, see [Join].
	URL    *url.URL
	Header http.Header
	// Body is nil where there is none. Net/http may go on reading it after [Engine.Send] has returned an error
	// or an early reply.
	Body []byte
	// OneDelivery forbids that net/http itself sends the request again when a connection dies under it, as it does with
	// a GET.
	OneDelivery bool
	// MaxResponse bounds the decompressed reply in bytes; 0 means [DefaultMaxResponse].
	MaxResponse int64
}

// Response is a reply that was read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// Host is the one that was asked, for errors.
	Host string
	// ClockSkew is how far this machine's clock is ahead of the server's, as far as the reply tells; 0 if it does not.
	ClockSkew time.Duration
}

// Send sends a request once. A reply of any status is a response, but for redirects, which are refused. An error is
// an *[errs.Error] whose Outcome says how far the request got.
func (e *Engine) Send(ctx context.Context, r *Request) (*Response, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, e.timeout, errAttemptTimeout)
	defer cancel()
	progress := &progress{}
	hr := e.newRequest(progress.trace(ctx), r)
	began, clock := time.Now(), e.now()
	reply, err := e.transport.RoundTrip(hr)
	if err != nil {
		return nil, failure(ctx, r, progress, err)
	}
	defer reply.Body.Close()
	switch {
	case reply.StatusCode < 200: // 101: what follows is not a body, and has no end
		return nil, e.identify(unasked(r, reply, "switches to another protocol"), reply)
	case reply.StatusCode >= 300 && reply.StatusCode < 400:
		return nil, e.identify(redirected(r, reply), reply)
	}
	limit := r.MaxResponse
	if limit == 0 {
		limit = DefaultMaxResponse
	}
	content, err := readBody(reply, limit)
	if err != nil {
		return nil, e.identify(unreadable(ctx, r, reply, limit, err), reply)
	}
	if len(content) > 0 && isEncoded(reply.Header) {
		return nil, e.identify(undecodable(r, reply, "is compressed in a way that was not asked for"), reply)
	}
	return &Response{Status: reply.StatusCode, Header: reply.Header, Body: content, Host: r.URL.Host, ClockSkew: skew(clock, time.Since(began), reply.Header)}, nil
}

// identify notes the id of a request in the error of its reply.
func (e *Engine) identify(err *errs.Error, reply *http.Response) *errs.Error {
	if e.idHeader != "" {
		err.RequestID = reply.Header.Get(e.idHeader)
	}
	return err
}

func (e *Engine) newRequest(ctx context.Context, r *Request) *http.Request {
	hr := &http.Request{Method: r.Method, URL: r.URL, Host: r.URL.Host, Header: r.Header, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	if e.userAgent != "" || hr.Header == nil {
		hr.Header = make(http.Header, len(r.Header)+1) // the caller's may be in use elsewhere
		maps.Copy(hr.Header, r.Header)
		if e.userAgent != "" {
			hr.Header["User-Agent"] = []string{e.userAgent}
		}
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil }
	hr.ContentLength = int64(len(r.Body))
	switch {
	case r.OneDelivery && (len(r.Body) > 0 || r.Method == http.MethodGet):
		hr.Body, _ = open() // that it cannot be had again, were it empty, keeps net/http from sending the request again
	case len(r.Body) > 0:
		hr.Body, _ = open()
		hr.GetBody = open
	case r.Body != nil:
		hr.Body = http.NoBody // another empty one would be sent in chunks
	}
	return hr.WithContext(ctx)
}

var errTooLarge = errors.New("reply is too large")

// readBody reads a reply of at most limit bytes.
func readBody(reply *http.Response, limit int64) ([]byte, error) {
	if reply.ContentLength > limit {
		return nil, errTooLarge
	}
	var b bytes.Buffer
	if reply.ContentLength > 0 { // a claim: much is set aside for what has come only
		b.Grow(int(min(reply.ContentLength, maxClaim)) + bytes.MinRead)
	}
	n, err := b.ReadFrom(io.LimitReader(reply.Body, max(limit, limit+1))) // the sum may overflow
	if err == nil && n > limit {
		err = errTooLarge
	}
	return b.Bytes(), err
}

// isEncoded reports whether a body is still compressed: net/http undoes the gzip that it asks for, and says so by
// removing the header.
func isEncoded(header http.Header) bool {
	for _, coding := range header["Content-Encoding"] {
		if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
			return true
		}
	}
	return false
}

// skew compares the server's Date with our clock in the middle of the exchange. A cached reply tells nothing, and neither does a
// difference that the exchange's own length or the header's full seconds can explain.
func skew(began time.Time, took time.Duration, header http.Header) time.Duration {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil || header.Get("Age") != "" {
		return 0
	}
	ahead := began.Add(took / 2).Sub(date.Add(500 * time.Millisecond))
	if ahead.Abs() <= took/2+time.Second {
		return 0
	}
	return ahead.Round(time.Second)
}
