package emulator

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ResetPoint is when a [Fault] cuts the connection.
type ResetPoint string

const (
	// ResetBefore cuts the connection before the request is carried out.
	ResetBefore ResetPoint = "before"
	// ResetAfter carries the request out, and cuts the connection instead of answering.
	ResetAfter ResetPoint = "after"
)

// Fault makes requests fail, in one way: with Code, with Status and Body, with Reset, with Truncate or with HTML. Delay
// and Header go with each of them and may stand alone.
type Fault struct {
	// Action selects one of the vendor's actions, such as "EdgeKVPut"; the emulator's type names them. Empty means any
	// request, also one whose action is unknown.
	Action string
	// Skip lets that many requests of the action pass first.
	Skip int
	// Times is how many requests fail; 0 means all from then on.
	Times int

	// Delay passes before the request is looked at.
	Delay time.Duration
	// Code answers with the vendor's error envelope, with that vendor code. Status is then the HTTP status, 0 for
	// the one that the vendor uses with the code.
	Code string
	// Status answers with this HTTP status, from 200 to 999, and Body.
	Status int
	// Body is what a bare Status answers with.
	Body string
	// Header is added to the answer, such as Retry-After.
	Header http.Header
	// Reset cuts the connection: [ResetBefore] the request is carried out, or [ResetAfter] it was.
	Reset ResetPoint
	// Truncate carries the request out and cuts the connection in the middle of the answer.
	Truncate bool
	// HTML answers with the page of a gateway in trouble, with Status or 502.
	HTML bool
}

// check returns what is wrong with a fault, nil if nothing.
func (f *Fault) check(actions []string) error {
	var ways []string
	for _, way := range []struct {
		name string
		set  bool
	}{
		{"Code", f.Code != ""}, {"Reset", f.Reset != ""}, {"Truncate", f.Truncate}, {"HTML", f.HTML},
		{"Body", f.Body != ""}, {"Status", f.Status != 0 && f.Body == "" && f.Code == "" && !f.HTML},
	} {
		if way.set {
			ways = append(ways, way.name)
		}
	}
	switch {
	case f.Action != "" && !slices.Contains(actions, f.Action):
		return fmt.Errorf("has no action %q; there are %s", f.Action, strings.Join(slices.Sorted(slices.Values(actions)), ", "))
	case f.Reset != "" && f.Reset != ResetBefore && f.Reset != ResetAfter:
		return fmt.Errorf("knows no Reset %q; it is %q or %q", f.Reset, ResetBefore, ResetAfter)
	case len(ways) > 1:
		return fmt.Errorf("cannot fail in more than one way: %s", strings.Join(ways, ", "))
	case f.Body != "" && f.Status == 0:
		return fmt.Errorf("answers with a Body only where there is a Status")
	case f.Status != 0 && (f.Status < 200 || f.Status > 999):
		return fmt.Errorf("cannot answer with the status %d", f.Status)
	case f.Skip < 0 || f.Times < 0 || f.Delay < 0:
		return fmt.Errorf("takes no negative Skip, Times or Delay")
	}
	return nil
}

// Inject makes requests fail. Of several faults the first one that applies to a request is used. It panics, before any
// of them counts, when one names an action that the emulator does not have or a Reset that there is not, or wants
// several ways to fail at once.
func (s *server) Inject(faults ...Fault) {
	actions := s.vendor.actions()
	for i := range faults {
		if err := faults[i].check(actions); err != nil {
			panic("emulator: Inject: this emulator " + err.Error())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &f)
	}
}

// InjectFunc has decide choose for each request that no Fault of Inject applies to whether it fails, and how; nil lets it
// pass. Of several the last one counts, and a nil one decides nothing. Action, Skip and Times of what it returns mean
// nothing. It is called in the goroutine of each request, so that it must be safe for concurrent use; the Request is not
// to be changed. For an impossible Fault that goroutine panics, which net/http logs and ends the connection for.
func (s *server) InjectFunc(decide func(Request) *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.decide = decide
}

// arrived notes a request and returns the fault that applies to it.
func (s *server) arrived(r Request) *Fault {
	fault, decide := s.listed(r)
	if fault != nil || decide == nil {
		return fault
	}
	fault = decide(r)
	if fault == nil {
		return nil
	}
	hit := *fault
	hit.Action, hit.Skip, hit.Times = "", 0, 0
	if err := hit.check(nil); err != nil {
		panic("emulator: InjectFunc: this emulator " + err.Error())
	}
	return &hit
}

// listed notes a request and returns the fault of Inject that applies to it, and what decides where there is none.
func (s *server) listed(r Request) (*Fault, func(Request) *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.add(r)
	for i, f := range s.faults {
		if f.Action != "" && f.Action != r.Action {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		hit := *f
		switch f.Times {
		case 0:
		case 1:
			s.faults = append(s.faults[:i], s.faults[i+1:]...)
		default:
			f.Times--
		}
		return &hit, nil
	}
	return nil, s.decide
}

// spoil answers as the fault says.
func (s *server) spoil(w http.ResponseWriter, r *http.Request, body []byte, action string, f *Fault) {
	switch {
	case f.Reset == ResetBefore:
		cut(w)
	case f.Reset == ResetAfter:
		s.vendor.serve(httptest.NewRecorder(), r, body, action)
		cut(w)
	case f.Truncate:
		reply := httptest.NewRecorder()
		s.vendor.serve(reply, r, body, action)
		whole := reply.Body.Bytes()
		for name, values := range reply.Header() {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Length", strconv.Itoa(max(len(whole), 2)))
		w.WriteHeader(reply.Code)
		_, _ = io.Copy(w, bytes.NewReader(whole[:len(whole)/2]))
		_ = http.NewResponseController(w).Flush()
		cut(w)
	case f.HTML:
		status := f.Status
		if status == 0 {
			status = http.StatusBadGateway
		}
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<html><body><h1>"+http.StatusText(status)+"</h1></body></html>")
	case f.Code != "":
		s.vendor.fail(w, f.Status, f.Code, "injected fault")
	case f.Status != 0:
		w.WriteHeader(f.Status)
		_, _ = io.WriteString(w, f.Body)
	default:
		s.vendor.serve(w, r, body, action)
	}
}

// cut ends the connection without another byte.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset, not an orderly end
	}
	_ = conn.Close()
}
