package faultmatrix_test

import (
	"io"
	"net"
	"net/http"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// phase is how far a request got when its fault met it, which decides what can be known of it.
type phase uint8

const (
	unsent    phase = iota // no byte of it was taken
	uncertain              // some of it was taken, and no reply came that could be used
	unclear                // a reply came that does not say whether the work was done
	refused                // the server says that it did nothing
	done                   // the reply is a success after all
)

// outcomes say what is known after each phase.
var outcomes = map[phase]errs.Outcome{
	unsent: errs.NotApplied, uncertain: errs.Ambiguous, unclear: errs.Ambiguous, refused: errs.NotApplied, done: errs.Applied,
}

// repeats says after which outcomes of a temporary failure an operation of each class is sent again: never where a second
// delivery might do the work twice.
var repeats = map[policy.Idempotency]map[errs.Outcome]bool{
	policy.ReadOnly:      {errs.NotApplied: true, errs.Ambiguous: true, errs.Applied: true},
	policy.Idempotent:    {errs.NotApplied: true, errs.Ambiguous: true, errs.Applied: true},
	policy.NonIdempotent: {errs.NotApplied: true},
}

const (
	readAll    = 0
	readHalf   = 1  // of the body
	readHeader = -1 // and nothing of the body
)

// script is what a fault needs to know of the driver to speak as its vendor.
type script struct {
	envelope            func(status int, code string) string
	unknown             string // a code that the vendor does not have
	throttled, stranger string // its codes for too many requests, and for a credential that it does not know
	bare                string // a success that tells nothing but that
}

// fault is one way for a request to fail, and what is to be known of it.
type fault struct {
	group, name string

	// What is done, by the gate.
	dial     error                                    // the connection does not come about
	cert     certificate                              // of a server that cannot be trusted
	accept   func(net.Conn)                           // what is done with a new connection, whatever is sent through it
	deadIdle bool                                     // connections that are open have died unnoticed
	reads    int                                      // how much of the request is read before the connection is cut
	carries  bool                                     // the request is carried out
	send     func(net.Conn, *reply, script) (on bool) // answers; the connection goes on where it says so
	times    int                                      // how many requests of the operation it meets; 0 means all
	deadline time.Duration                            // of the caller
	heavy    bool                                     // one operation of each class is enough

	// What follows.
	phase     phase
	code      errs.Code
	temporary bool
	wait      time.Duration // what the server asks for before each repetition; over the policy's bound ends the call
	vendor    bool          // the vendor's code is in the error
	silent    bool          // it is a success for operations whose success tells nothing
}

// atConnection reports whether the fault meets the call's first request, whichever that is.
func (f *fault) atConnection() bool { return f.dial != nil || f.cert != good || f.accept != nil }

// say answers with these bytes, and ends the connection.
func say(text string) func(net.Conn, *reply, script) bool {
	return func(c net.Conn, _ *reply, _ script) bool {
		_, _ = io.WriteString(c, text)
		return false
	}
}

// plain answers with a status, a body and further lines of header.
func plain(status int, body string, lines ...string) func(net.Conn, *reply, script) bool {
	return func(c net.Conn, _ *reply, _ script) bool {
		_, err := c.Write((&reply{status: status, body: []byte(body)}).bytes(lines...))
		return err == nil
	}
}

// stall writes what it is given of the true reply, and then nothing until the client goes.
func stall(part func(*reply) []byte) func(net.Conn, *reply, script) bool {
	return func(c net.Conn, good *reply, _ script) bool {
		_, _ = c.Write(part(good))
		_, _ = io.Copy(io.Discard, c)
		return false
	}
}

// cut writes what it is given of the true reply and cuts the connection.
func cut(part func(*reply) []byte) func(net.Conn, *reply, script) bool {
	return func(c net.Conn, good *reply, _ script) bool {
		_, _ = c.Write(part(good))
		return false
	}
}

func nothing(*reply) []byte { return nil }

func halfHeader(good *reply) []byte { return []byte(good.top())[:20] }

func halfBody(good *reply) []byte {
	whole := good.bytes()
	return whole[:len(whole)-(len(good.body)+1)/2]
}

func halfChunk(good *reply) []byte {
	return []byte(good.top("Transfer-Encoding: chunked") + "\r\n1\r\n{\r\n")
}

// endless writes start, and then more until the client has had enough.
func endless(start, more string) func(net.Conn, *reply, script) bool {
	return func(c net.Conn, _ *reply, _ script) bool {
		_, err := io.WriteString(c, start)
		for err == nil {
			_, err = io.WriteString(c, more)
		}
		return false
	}
}

// slowly writes the true reply's header, and a byte of its body a second.
func slowly(c net.Conn, good *reply, _ script) bool {
	_, err := c.Write([]byte(good.top("Content-Length: 1000") + "\r\n"))
	for err == nil {
		time.Sleep(time.Second)
		_, err = io.WriteString(c, " ")
	}
	return false
}

// asVendor answers in the vendor's envelope.
func asVendor(status int, code func(script) string) func(net.Conn, *reply, script) bool {
	return func(c net.Conn, _ *reply, s script) bool {
		good := reply{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: []byte(s.envelope(status, code(s)))}
		_, err := c.Write(good.bytes())
		return err == nil
	}
}

func unknownCode(s script) string   { return s.unknown }
func throttledCode(s script) string { return s.throttled }
func strangerCode(s script) string  { return s.stranger }
