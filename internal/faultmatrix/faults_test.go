package faultmatrix_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// Groups of docs/faults.md, in its order.
const (
	noConnection = "No connection"
	cutOff       = "Connections that are cut"
	stalled      = "Servers that do not go on"
	notHTTP      = "Replies that are no HTTP"
	statuses     = "HTTP statuses"
	throttling   = "Throttling"
	redirects    = "Redirects"
	vendorCodes  = "The vendor's codes"
	spoiled      = "Replies that cannot be read"
	compressed   = "Compression and size"
	fine         = "Not faults"
)

// patience is the time that an attempt may take; the caller of a fault with a deadline has less.
const patience = 10 * time.Second

// allFaults returns every fault, at a time.
func allFaults(now time.Time) []*fault {
	var all []*fault
	add := func(group string, faults ...*fault) {
		for _, f := range faults {
			f.group = group
			all = append(all, f)
		}
	}
	unavailable := func(name string, p phase, f fault) *fault {
		f.name, f.phase, f.code, f.temporary = name, p, errs.Unavailable, true
		return &f
	}
	refuse := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	add(noConnection,
		unavailable("connection refused", unsent, fault{dial: refuse(syscall.ECONNREFUSED)}),
		unavailable("no route to the host", unsent, fault{dial: refuse(syscall.EHOSTUNREACH)}),
		unavailable("no such host in DNS", unsent, fault{dial: refuse(&net.DNSError{Err: "no such host", Name: "h", IsNotFound: true})}),
		unavailable("DNS time-out", unsent, fault{dial: refuse(&net.DNSError{Err: "i/o timeout", Name: "h", IsTimeout: true})}),
		unavailable("closed before anything is read", unsent, fault{accept: func(net.Conn) {}}),
		&fault{name: "certificate has expired", phase: unsent, code: errs.Unavailable, cert: expired},
		&fault{name: "certificate is another host's", phase: unsent, code: errs.Unavailable, cert: foreign},
		&fault{name: "answers TLS with plain HTTP", phase: unsent, code: errs.Unavailable, cert: none, accept: func(c net.Conn) {
			_, _ = c.Read(make([]byte, 16<<10))
			_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
		}},
	)
	add(cutOff,
		unavailable("in the request's header", uncertain, fault{accept: func(c net.Conn) { _, _ = c.Read(make([]byte, 10)) }}),
		unavailable("behind the request's header", uncertain, fault{reads: readHeader, send: cut(nothing)}),
		unavailable("in the request's body", uncertain, fault{reads: readHalf, send: cut(nothing)}),
		unavailable("behind the request", uncertain, fault{send: cut(nothing)}),
		unavailable("behind the request, which is carried out", uncertain, fault{carries: true, send: cut(nothing)}),
		unavailable("in the reply's header", uncertain, fault{carries: true, send: cut(halfHeader)}),
		unavailable("in the reply's body", uncertain, fault{carries: true, send: cut(halfBody)}),
		unavailable("in a chunked reply", uncertain, fault{carries: true, send: cut(halfChunk)}),
		unavailable("once, behind the request, which is carried out", uncertain, fault{carries: true, send: cut(nothing), times: 1}),
		unavailable("once, in the reply's body", uncertain, fault{carries: true, send: cut(halfBody), times: 1}),
	)
	late := func(name string, f fault) *fault {
		f.name, f.phase, f.code, f.temporary = name, uncertain, errs.DeadlineExceeded, f.deadline == 0
		return &f
	}
	add(stalled,
		late("no answer", fault{send: stall(nothing)}),
		late("no answer, though it is carried out", fault{carries: true, send: stall(nothing)}),
		late("in the reply's header", fault{carries: true, send: stall(halfHeader)}),
		late("in the reply's body", fault{carries: true, send: stall(halfBody)}),
		late("in a chunked reply", fault{carries: true, send: stall(halfChunk)}),
		late("one byte a second", fault{carries: true, send: slowly}),
		late("an informational reply and no other", fault{send: stall(func(*reply) []byte { return []byte("HTTP/1.1 103 Early Hints\r\n\r\n") })}),
		late("no answer, and the caller's deadline passes", fault{send: stall(nothing), deadline: 3 * time.Second}),
		late("in the reply's body, and the caller's deadline passes", fault{carries: true, send: stall(halfBody), deadline: 3 * time.Second}),
	)
	const ok = "HTTP/1.1 200 OK\r\n"
	add(notHTTP,
		unavailable("no HTTP at all", uncertain, fault{send: say("SSH-2.0-OpenSSH_9.9\r\n\r\n")}),
		unavailable("a status that is no number", uncertain, fault{send: say("HTTP/1.1 OK\r\n\r\n")}),
		unavailable("two lengths", uncertain, fault{send: say(ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}")}),
		unavailable("garbled chunks", uncertain, fault{send: say(ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}")}),
		unavailable("endless headers", uncertain, fault{send: endless(ok, "X-More: and more\r\n")}),
		unavailable("one endless header", uncertain, fault{send: endless(ok+"X: ", "and more of the same")}),
		unavailable("endless informational replies", uncertain, fault{send: endless("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")}),
		&fault{name: "status 101", phase: unclear, code: errs.Corrupt, send: plain(101, "", "Upgrade: x", "Connection: Upgrade")},
		&fault{name: "status 304", phase: unclear, code: errs.Corrupt, send: say("HTTP/1.1 304 Not Modified\r\n\r\n")},
	)
	status := func(n int, p phase, code errs.Code, temporary bool, f fault) *fault {
		switch f.name = fmt.Sprint(n); f.times {
		case 0:
		case 1:
			f.name += ", once"
		default:
			f.name += fmt.Sprintf(", %d times", f.times)
		}
		f.send, f.phase, f.code, f.temporary = plain(n, ""), p, code, temporary
		return &f
	}
	add(statuses,
		status(400, refused, errs.InvalidArgument, false, fault{}),
		status(401, refused, errs.Unauthenticated, false, fault{}),
		status(401, refused, errs.Unauthenticated, false, fault{times: 1}),
		status(403, refused, errs.PermissionDenied, false, fault{}),
		status(408, unclear, errs.DeadlineExceeded, true, fault{}),
		status(409, refused, errs.Conflict, false, fault{}),
		status(412, refused, errs.Conflict, false, fault{}),
		status(413, refused, errs.TooLarge, false, fault{}),
		status(414, refused, errs.InvalidArgument, false, fault{}),
		status(421, refused, errs.Unavailable, true, fault{}),
		status(425, refused, errs.Unavailable, true, fault{}),
	)
	for _, burst := range []int{1, 3, 0} {
		add(statuses,
			status(500, unclear, errs.Internal, true, fault{times: burst}),
			status(502, unclear, errs.Unavailable, true, fault{times: burst}),
			status(503, unclear, errs.Unavailable, true, fault{times: burst}),
			status(504, unclear, errs.DeadlineExceeded, true, fault{times: burst}),
		)
	}
	add(statuses,
		&fault{name: "502 with a page of HTML", phase: unclear, code: errs.Unavailable, temporary: true, send: plain(502, page, html)},
		&fault{name: "403 with a page of HTML", phase: refused, code: errs.PermissionDenied, send: plain(403, page, html)},
		&fault{name: "200 with a page of HTML", phase: unclear, code: errs.Corrupt, send: plain(200, page, html)},
	)
	throttle := func(name string, wait time.Duration, times int, lines ...string) *fault {
		return &fault{name: "429, Retry-After " + name, phase: refused, code: errs.RateLimited, temporary: true, wait: wait, times: times,
			send: plain(429, "", lines...)}
	}
	retryAfter := func(value string) string { return "Retry-After: " + value }
	add(throttling,
		throttle("missing", 0, 0),
		throttle("missing, once", 0, 1),
		throttle("2", 2*time.Second, 0, retryAfter("2")),
		throttle("2, once", 2*time.Second, 1, retryAfter("2")),
		&fault{name: "429, Retry-After a date 20 seconds ahead", phase: refused, code: errs.RateLimited, temporary: true, wait: time.Second, times: 1,
			send: plain(429, "", retryAfter(now.Add(20*time.Second).UTC().Format(http.TimeFormat)))},
		throttle("a date that is past", 0, 0, retryAfter("Fri, 31 Dec 1999 23:59:59 GMT")),
		throttle("-5", 0, 0, retryAfter("-5")),
		throttle("NaN", 0, 0, retryAfter("NaN")),
		throttle("1e9, which is no number of seconds", 0, 0, retryAfter("1e9")),
		throttle("soon", 0, 0, retryAfter("soon")),
		throttle("1000000000", 24*time.Hour, 0, retryAfter("1000000000")),
		throttle("1 and 3", 3*time.Second, 0, retryAfter("1"), retryAfter("3")),
		&fault{name: "503, Retry-After 2", phase: unclear, code: errs.Unavailable, temporary: true, wait: 2 * time.Second, send: plain(503, "", retryAfter("2"))},
	)
	for _, to := range []struct{ where, location string }{
		{"the same host", "/elsewhere"}, {"another host", "https://127.9.9.9:1/"}, {"http", "http://127.9.9.9:1/"}, {"nowhere", ""},
	} {
		for _, n := range []int{302, 307} {
			add(redirects, &fault{name: fmt.Sprintf("%d to %s", n, to.where), phase: unclear, code: errs.Unavailable, send: plain(n, "", "Location: "+to.location)})
		}
	}
	add(vendorCodes,
		&fault{name: "an unknown code, 400", phase: refused, code: errs.InvalidArgument, vendor: true, send: asVendor(400, unknownCode)},
		&fault{name: "an unknown code, 403", phase: refused, code: errs.PermissionDenied, vendor: true, send: asVendor(403, unknownCode)},
		&fault{name: "an unknown code, 500", phase: unclear, code: errs.Internal, temporary: true, vendor: true, send: asVendor(500, unknownCode)},
		&fault{name: "an unknown code, 200", phase: unclear, code: errs.Unknown, vendor: true, send: asVendor(200, unknownCode)},
		&fault{name: "the code for throttling, 200", phase: refused, code: errs.RateLimited, temporary: true, vendor: true, send: asVendor(200, throttledCode)},
		&fault{name: "the code for throttling, 403", phase: refused, code: errs.RateLimited, temporary: true, vendor: true, send: asVendor(403, throttledCode)},
		&fault{name: "the code for throttling, 500", phase: refused, code: errs.RateLimited, temporary: true, vendor: true, send: asVendor(500, throttledCode)},
		&fault{name: "the code for an unknown credential, 500", phase: refused, code: errs.Unauthenticated, vendor: true, send: asVendor(500, strangerCode)},
	)
	return append(all, spoiledReplies()...)
}

const (
	page = "<!DOCTYPE html><html><body><h1>Sign in</h1></body></html>"
	html = "Content-Type: text/html; charset=utf-8"
)
