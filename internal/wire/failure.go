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

var errAttemptTimeout = errors.New("the attempt took too long")

// failure is the error of a request that got no reply.
func failure(ctx context.Context, r *Request, p *progress, err error) *errs.Error {
	outcome := errs.Ambiguous
	if p.untouched(ctx.Err() != nil) {
		outcome = errs.NotApplied
	}
	if ctx.Err() != nil {
		return interrupted(ctx, r, outcome)
	}
	e := &errs.Error{Code: errs.Unavailable, Retry: errs.Temporary, Outcome: outcome, Err: cause(err)}
	what := "got no reply"
	var dns *net.DNSError
	switch {
	case outcome != errs.NotApplied:
	case unsendable(r.Header) != "":
		return errs.Refuse(errs.InvalidArgument, "the header %s has a character that cannot be sent", unsendable(r.Header))
	case isTLS(err):
		e.Retry, what = errs.Permanent, "cannot be trusted"
	case errors.As(err, &dns):
		// A name that "does not exist" is no verdict for good: resolvers say so while a network comes up.
		what = "cannot be found, check the endpoint"
	default:
		what = "cannot be reached"
	}
	e.Message = fmt.Sprintf("%s %s: %v", r.URL.Host, what, e.Err)
	return e
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
	to := "somewhere"
	if location, err := url.Parse(reply.Header.Get("Location")); err == nil && location.Host != "" {
		to = location.Host
	}
	return &errs.Error{Code: errs.Unavailable, HTTPStatus: reply.StatusCode,
		Message: fmt.Sprintf("%s redirects to %s, which is not followed; check the endpoint", r.URL.Host, to)}
}

// unasked is the error of a reply that is nothing that was asked for.
func unasked(r *Request, reply *http.Response, what string) *errs.Error {
	return (&Response{Status: reply.StatusCode, Header: reply.Header, Host: r.URL.Host}).Corrupt(what)
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
	op, isOp := errors.AsType[*net.OpError](err)
	if e, ok := errors.AsType[*dialError](err); ok && !(isOp && op.Op == "proxyconnect") {
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
