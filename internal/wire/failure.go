package wire

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

var (
	errAttemptTimeout = errors.New("the attempt took too long")
	// errReplay ends a request that net/http was about to send a second time.
	errReplay = errors.New("the server or the connection gave the request up")
)

// failure is the error of a request that got no reply.
func failure(ctx context.Context, r *Request, p *progress, err error) *errs.Error {
	replay := p.replayed()
	ended := ctx.Err() != nil && !replay
	outcome := errs.Ambiguous
	if !ended && !replay {
		if alert := p.said(); alert != nil {
			err = alert
		}
	}
	if p.untouched(ended) || !ended && (unprocessed(err) || p.fresh() && isAlert(err, "certificate required")) {
		outcome = errs.NotApplied
	}
	if ended {
		return interrupted(ctx, r, outcome)
	}
	if replay {
		err = errReplay
	}
	e := &errs.Error{Code: errs.Unavailable, Retry: errs.Temporary, Outcome: outcome, Err: cause(err)}
	proxy, byProxy := proxyError(err)
	what := "got no reply"
	var dns *net.DNSError
	var notTLS tls.RecordHeaderError
	switch {
	case isAlert(err, "certificate"):
		// In TLS 1.3 it comes behind the request.
		e.Retry, what = errs.Permanent, "does not trust this program"
	case outcome != errs.NotApplied || unprocessed(err):
	case unsendable(r.Header) != "":
		return errs.Refuse(errs.InvalidArgument, "the header %s has a character that cannot be sent", unsendable(r.Header))
	case byProxy && proxy != nil:
		e.Err, e.Message = nil, fmt.Sprintf("%s cannot be reached: %v", r.URL.Host, proxy)
		if proxy.status < 500 {
			e.Retry = errs.Permanent
		}
		return e
	case byProxy && errors.As(err, &dns):
		what = "cannot be reached, since the proxy cannot be found; check " + proxyVariable(r)
	case byProxy:
		if isTLS(err) {
			e.Retry = errs.Permanent
		}
		what = "cannot be reached by way of the proxy; check " + proxyVariable(r)
	case errors.As(err, &notTLS) && plainly(notTLS):
		e.Retry = errs.Permanent
		if e.Message = r.URL.Host + " answers without TLS"; isLoopback(r.URL.Hostname()) {
			e.Message += "; for an emulator say " + endpointOption(r.Option) + ": http://" + r.URL.Host
		}
		return e
	case isTLS(err):
		e.Retry, what = errs.Permanent, "cannot be trusted"
	case errors.As(err, &dns):
		// A name that "does not exist" is no verdict for good: resolvers say so while a network comes up.
		what = "cannot be found, check " + endpointOption(r.Option)
	default:
		what = "cannot be reached"
	}
	e.Message = fmt.Sprintf("%s %s: %v", r.URL.Host, what, e.Err)
	return e
}

// unprocessed reports whether the server says that it has not looked at the request (RFC 9113, sections 6.8 and 8.7).
func unprocessed(err error) bool {
	text := err.Error()
	return strings.Contains(text, "graceful shutdown GOAWAY") || strings.Contains(text, "; REFUSED_STREAM; received from peer")
}

// isAlert reports whether the server ended the connection by a TLS alert of that text.
func isAlert(err error, text string) bool {
	if err == nil {
		return false
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "remote error" && strings.Contains(op.Err.Error(), text)
}

// plainly reports whether what came in place of TLS is none, such as an HTTP reply.
func plainly(e tls.RecordHeaderError) bool {
	return string(e.RecordHeader[:]) == "HTTP/" || strings.Contains(e.Msg, "first record does not look like")
}

// proxyRefusal is the answer of a proxy that does not open a way to the server.
type proxyRefusal struct{ status int }

func (e *proxyRefusal) Error() string {
	return fmt.Sprintf("the proxy refused the connection with status %d; check HTTPS_PROXY", e.status)
}

// checkProxy reads the answer of a proxy, of which it takes the status alone: the rest may be anything.
func checkProxy(_ context.Context, _ *url.URL, _ *http.Request, reply *http.Response) error {
	if reply.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyRefusal{reply.StatusCode}
}

// proxyError reports whether a request failed at a proxy, and how that refused it if it did.
func proxyError(err error) (refusal *proxyRefusal, byProxy bool) {
	refusal, byProxy = errors.AsType[*proxyRefusal](err)
	op, isOp := errors.AsType[*net.OpError](err)
	return refusal, byProxy || isOp && op.Op == "proxyconnect"
}

// proxyVariable names the environment variable that a request's proxy comes from.
func proxyVariable(r *Request) string {
	if r.URL.Scheme == "http" {
		return "HTTP_PROXY"
	}
	return "HTTPS_PROXY"
}

// unsendable names a header that net/http refuses to send, such as one with a line break from a file.
func unsendable(header http.Header) string {
	for name, values := range header {
		for _, value := range values {
			for i := range len(value) {
				if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
					return name
				}
			}
		}
	}
	return ""
}

// interrupted is the error of a request whose context ended.
func interrupted(ctx context.Context, r *Request, outcome errs.Outcome) *errs.Error {
	e := &errs.Error{Code: errs.CodeOf(ctx.Err()), Outcome: outcome, Err: ctx.Err()}
	e.Message = fmt.Sprintf("%s had not replied when the call was given up: %v", r.URL.Host, ctx.Err())
	if errors.Is(context.Cause(ctx), errAttemptTimeout) {
		e.Retry, e.Err = errs.Temporary, errAttemptTimeout
		e.Message = fmt.Sprintf("%s did not reply in time", r.URL.Host)
	}
	return e
}

// unreadable is the error of a reply whose body could not be read: what was asked for may well have been done.
func unreadable(ctx context.Context, r *Request, reply *http.Response, limit int64, err error) *errs.Error {
	if errors.Is(err, errTooLarge) && reply.StatusCode >= 400 {
		e := unasked(r, reply, fmt.Sprintf("is a failure of over %d bytes", limit))
		e.Err, e.Outcome = err, errs.Ambiguous // it may tell of a part that was done
		return e
	}
	if errors.Is(err, errTooLarge) {
		return &errs.Error{Code: errs.TooLarge, HTTPStatus: reply.StatusCode, Err: err,
			Message: fmt.Sprintf("the reply of %s has over %d bytes", r.URL.Host, limit)}
	}
	if ctx.Err() != nil {
		e := interrupted(ctx, r, errs.Ambiguous)
		e.HTTPStatus = reply.StatusCode
		return e
	}
	err = cause(err)
	if isGarbled(err) {
		e := undecodable(r, reply, fmt.Sprintf("cannot be decompressed: %v", err))
		e.Err = err
		return e
	}
	return &errs.Error{Code: errs.Unavailable, Retry: errs.Temporary, HTTPStatus: reply.StatusCode, Err: err,
		Message: fmt.Sprintf("the reply of %s broke off or cannot be read: %v", r.URL.Host, err)}
}

// isGarbled reports whether err says that a body is not the gzip it claims to be. One that ends too soon may also have
// been cut off on its way.
func isGarbled(err error) bool {
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	return corrupt || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum)
}

// undecodable is the error of a reply that is all there, and whose content cannot be had from it. Something on the way
// may have done that to this one reply: another attempt may succeed where it is safe.
func undecodable(r *Request, reply *http.Response, what string) *errs.Error {
	e := unasked(r, reply, what)
	if e.Code == errs.Corrupt {
		e.Retry = errs.Temporary
	}
	return e
}

// redirected is the error of a redirect: following it would send credentials to whatever host it names.
func redirected(r *Request, reply *http.Response) *errs.Error {
	to := "another host" // its name is the server's text
	if location, err := url.Parse(reply.Header.Get("Location")); err != nil || location.Host == "" || location.Host == r.URL.Host {
		to = "another address"
	}
	return &errs.Error{Code: errs.Unavailable, HTTPStatus: reply.StatusCode,
		Message: fmt.Sprintf("%s redirects to %s, which is not followed; check %s", r.URL.Host, to, endpointOption(r.Option))}
}

// unasked is the error of a reply that is nothing that was asked for.
func unasked(r *Request, reply *http.Response, what string) *errs.Error {
	return (&Response{Status: reply.StatusCode, Header: reply.Header, Host: r.URL.Host, Option: r.Option}).Corrupt(what)
}

// Causes that stand in for what net/http says: its words may quote the reply, the URL of a proxy or what a proxy says.
var (
	errBroken   = errors.New("the connection broke, or what came over it is not HTTP")
	errHeaders  = errors.New("the headers of the reply are too large")
	errHandover = errors.New("the server closed the connection")
	errSlowTLS  = errors.New("the TLS handshake took too long")
)

// cause returns the part of err that is known to hold nothing but addresses, names and numbers.
func cause(err error) error {
	if err == errReplay {
		return err
	}
	op, isOp := errors.AsType[*net.OpError](err)
	if e, ok := errors.AsType[*dialError](err); ok {
		return e.error
	}
	if isOp {
		return op
	}
	if isTLS(err) {
		return err
	}
	if e, ok := errors.AsType[flate.CorruptInputError](err); ok {
		return e
	}
	for _, known := range []error{gzip.ErrHeader, gzip.ErrChecksum, io.ErrUnexpectedEOF, io.EOF, io.ErrClosedPipe, net.ErrClosed} {
		if errors.Is(err, known) {
			return known
		}
	}
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		return e
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "net/http: server response headers exceeded "), strings.Contains(text, "net/http: too many 1xx "):
		return errHeaders
	case text == "http: server closed idle connection", strings.Contains(text, " GOAWAY "), strings.HasPrefix(text, "http2: client connection "):
		return errHandover
	case text == "net/http: TLS handshake timeout":
		return errSlowTLS
	}
	return errBroken
}

// isTLS reports whether the two sides cannot come to trust each other, which another attempt does not change.
func isTLS(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	if op, ok := errors.AsType[*net.OpError](err); ok { // an alert
		return op.Op == "remote error" || op.Op == "local error"
	}
	return strings.HasPrefix(err.Error(), "tls: ")
}
