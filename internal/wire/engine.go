// Package wire is the one HTTP engine that every driver sends through. It sends a request once and says, when that
// fails, how far the request got: the pipeline above decides what is sent again.
//
// One [Engine.Send] is at most one delivery: net/http's own replay of requests, which would go past rate limits and use a
// signature twice, is off. Redirects are not followed, replies are bounded in size, and no error holds a URL's query, a
// header or a body.
package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/timelimit"
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
	// maxFailure bounds the reply of a failed request, which has little to say.
	maxFailure = 1 << 20
	// maxClaim is how much memory is set aside for a reply on its Content-Length alone.
	maxClaim = 2 << 20
	// claimGrowth is by how many times what has come a reply's memory grows towards its Content-Length.
	claimGrowth = 7
	// maxCopied bounds the bodies that are copied, since net/http writes a body at once with the headers only where it knows
	// the reader. That is of use to what fits into one write.
	maxCopied = 4 << 10
	// pingAfter and pingTimeout find dead HTTP/2 connections, which otherwise all later requests would hang on.
	pingAfter, pingTimeout = 15 * time.Second, 15 * time.Second
)

// Options configure an [Engine]. The zero value is ready to use.
type Options struct {
	// DialContext opens connections; nil means the network.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS is cloned; nil means the system's roots. Versions under 1.2 are refused in any case.
	TLS *tls.Config
	// AttemptTimeout bounds one request, unless the policy of the call says how long; 0 means [DefaultAttemptTimeout].
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
			OnProxyConnectResponse: checkProxy,
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
	URL *url.URL
	// Option is the option that says the URL's host, for messages; empty means "endpoint".
	Option string
	// Header belongs to [Engine.Send] from then on, which adds to it; it may be nil.
	Header http.Header
	// Body is nil where there is none. It is not read any more once [Engine.Send] has returned.
	Body []byte
	// MaxResponse bounds the decompressed reply in bytes; 0 means [DefaultMaxResponse]. One with a status from 400 on has
	// at most 1 MiB in any case. More than the default is asked for without compression: a small reply must not cost much
	// memory.
	MaxResponse int64
	// Hidden is what no error may show.
	Hidden Hidden
}

// Response is a reply that was read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// Host is the one that was asked, and Option the option that says it, for errors; empty means "endpoint".
	Host, Option string
	// MayBeCut tells that nothing but the end of the connection told where the body ends: it may have been cut off.
	MayBeCut bool
	// Hidden is that of the request.
	Hidden Hidden

	began time.Time     // by the clock that is compared with the server's
	took  time.Duration // until the body had been read
}

// Send sends a request, and delivers it at most once. A reply of any status is a response, but for redirects, which are
// refused. An error is an *[errs.Error] whose Outcome says how far the request got.
func (e *Engine) Send(ctx context.Context, r *Request) (*Response, error) {
	timeout := e.timeout
	if said := timelimit.Of(ctx); said > 0 {
		timeout = said
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errAttemptTimeout)
	defer cancel()
	began, clock := time.Now(), e.now()
	reply, sent, err := e.deliver(ctx, cancel, r)
	if err != nil {
		return nil, err
	}
	defer sent.end()
	defer reply.Body.Close()
	limit := r.MaxResponse
	if limit == 0 {
		limit = DefaultMaxResponse
	}
	switch status := reply.StatusCode; {
	case status == http.StatusSwitchingProtocols: // what follows is not a body, and has no end
		return nil, e.identify(unasked(r, reply, "switches to another protocol"), r, reply)
	case status < 200:
		return nil, e.identify(unasked(r, reply, fmt.Sprintf("has HTTP status %03d, which there is not", status)), r, reply)
	case status == http.StatusNotModified:
		return nil, e.identify(unasked(r, reply, "says that nothing has changed, which was not asked"), r, reply)
	case status >= 300 && status < 400:
		return nil, e.identify(redirected(r, reply), r, reply)
	case status >= 400:
		limit = min(limit, maxFailure)
	}
	content, err := readBody(reply, limit)
	if err != nil {
		return nil, e.identify(unreadable(ctx, r, reply, limit, err), r, reply)
	}
	if len(content) > 0 && isEncoded(reply.Header) {
		return nil, e.identify(undecodable(r, reply, "is compressed in a way that was not asked for"), r, reply)
	}
	return &Response{
		Status: reply.StatusCode, Header: reply.Header, Body: content, Host: r.URL.Host, Option: r.Option,
		MayBeCut: reply.ContentLength < 0 && len(reply.TransferEncoding) == 0 && reply.ProtoMajor == 1 && !reply.Uncompressed,
		Hidden:   r.Hidden, began: clock, took: time.Since(began),
	}, nil
}

// deliver brings a request to the server. Where an idle connection turns out to be dead before anything was written to
// it, the request takes the next one.
func (e *Engine) deliver(ctx context.Context, cancel context.CancelFunc, r *Request) (*http.Response, *upload, error) {
	e.complete(r)
	for range idleConnections {
		progress, sent := &progress{cancel: cancel}, &upload{rest: r.Body}
		reply, err := e.transport.RoundTrip(newRequest(progress.trace(ctx), r, sent))
		if err == nil {
			return reply, sent, nil
		}
		sent.end()
		if !progress.stale() || ctx.Err() != nil {
			return nil, nil, failure(ctx, r, progress, err)
		}
	}
	return nil, nil, &errs.Error{Code: errs.Unavailable, Retry: errs.Temporary, Outcome: errs.NotApplied, Message: r.URL.Host + " closes all connections"}
}

// identify notes the id of a request in the error of its reply.
func (e *Engine) identify(err *errs.Error, r *Request, reply *http.Response) *errs.Error {
	if e.idHeader != "" {
		err.RequestID = r.Hidden.RequestID(reply.Header.Get(e.idHeader))
	}
	return err
}

// complete adds the headers that all requests have.
func (e *Engine) complete(r *Request) {
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if e.userAgent != "" {
		r.Header["User-Agent"] = []string{e.userAgent}
	}
	if r.MaxResponse > DefaultMaxResponse {
		r.Header["Accept-Encoding"] = []string{"identity"}
	}
}

func newRequest(ctx context.Context, r *Request, sent *upload) *http.Request {
	hr := (&http.Request{}).WithContext(ctx)
	hr.Method, hr.URL, hr.Host, hr.Header = r.Method, r.URL, r.URL.Host, r.Header
	hr.Proto, hr.ProtoMajor, hr.ProtoMinor = "HTTP/1.1", 1, 1
	hr.ContentLength = int64(len(r.Body))
	switch { // GetBody is never set: with it, net/http sends the request again by itself
	case len(r.Body) > maxCopied:
		hr.Body = sent
	case len(r.Body) > 0:
		hr.Body = io.NopCloser(bytes.NewReader(bytes.Clone(r.Body)))
	case r.Body != nil:
		hr.Body = http.NoBody // another empty one would be sent in chunks
	}
	return hr
}

var errTooLarge = errors.New("reply is too large")

// readBody reads a reply of at most limit bytes. Its Content-Length is a claim: more than maxClaim is set aside for it only as
// a multiple of what has come.
func readBody(reply *http.Response, limit int64) ([]byte, error) {
	if reply.ContentLength > limit {
		return nil, errTooLarge
	}
	if reply.ContentLength < 0 && limit > pieceBytes { // chunked or compressed: its length is known at its end
		return readUnknown(reply.Body, limit)
	}
	claim := int64(bytes.MinRead)
	if reply.ContentLength >= 0 {
		claim = min(reply.ContentLength, maxClaim) + 1 // to meet the end in
	}
	content := make([]byte, 0, claim)
	for {
		if len(content) == cap(content) {
			more := len(content)
			if left := reply.ContentLength - int64(len(content)); left > 0 {
				more = int(min(left, claimGrowth*int64(len(content)))) + bytes.MinRead
			}
			content = append(make([]byte, 0, len(content)+more), content...)
		}
		n, err := reply.Body.Read(content[len(content):cap(content)])
		content = content[:len(content)+n]
		switch {
		case int64(len(content)) > limit:
			return nil, errTooLarge
		case err == io.EOF:
			return content, nil
		case err != nil:
			return nil, err
		}
	}
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
