package emulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"time"
)

// maxRequestBytes bounds the body of a request; every vendor's largest is under it.
const maxRequestBytes = 128 << 20

// Option changes how an emulator works: [InMemory], [WithListener], [WithClock], [WithRequestID], [WithStaleReads],
// [WithoutRateLimit], and options of one vendor's emulator.
type Option func(*server)

// InMemory serves over connections in memory instead of a socket on the loopback address. Programs reach the emulator
// by its DialContext alone. Use it within testing/synctest, whose virtual time real sockets would stop.
func InMemory() Option { return func(s *server) { s.inMemory = true } }

// WithListener serves at a listener of the program's instead of a free port of the loopback address. Close closes it.
func WithListener(l net.Listener) Option { return func(s *server) { s.given = l } }

// WithClock replaces the emulator's clock, which decides on expiry, rate windows and the age of signatures.
func WithClock(now func() time.Time) Option { return func(s *server) { s.now = now } }

// WithRequestID replaces the request ids, which count up by default.
func WithRequestID(next func() string) Option { return func(s *server) { s.nextID = next } }

// WithStaleReads makes reads and listings show what was there d ago, as an eventually consistent edge may.
func WithStaleReads(d time.Duration) Option { return func(s *server) { s.stale = d } }

// WithoutRateLimit lifts the vendor's rate limits.
func WithoutRateLimit() Option { return func(s *server) { s.unlimited = true } }

// Fault makes requests fail. At most one of Code, Status with Body, Reset, Truncate and HTML is meant to be set;
// Delay goes with each of them and may stand alone.
type Fault struct {
	// Action selects the vendor's action, such as "EdgeKVPut"; empty means any.
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
	// Status answers with this HTTP status and Body.
	Status int
	// Body is what a bare Status answers with.
	Body string
	// Header is added to the answer, such as Retry-After.
	Header http.Header
	// Reset cuts the connection: "before" the request is carried out, or "after" it was.
	Reset string
	// Truncate carries the request out and cuts the connection in the middle of the answer.
	Truncate bool
	// HTML answers with the page of a gateway in trouble, with Status or 502.
	HTML bool
}

// Request is one request that reached an emulator.
type Request struct {
	// Action is the vendor's action, empty where none could be made out.
	Action string
	// At is when it arrived, by the emulator's clock.
	At time.Time
	// Method, Path and Query are those of the request line, the path with its escaping.
	Method, Path, Query string
	// Header and Body are what was sent. They hold credentials and values: do not log them.
	Header http.Header
	Body   []byte
}

// vendor is what differs from cloud to cloud.
type vendor interface {
	// action tells which of the vendor's actions a request asks for, empty if none.
	action(r *http.Request, body []byte) string
	// serve answers a request.
	serve(w http.ResponseWriter, r *http.Request, body []byte, action string)
	// fail answers with the vendor's error envelope; status 0 means the one that goes with the code.
	fail(w http.ResponseWriter, status int, code, message string)
}

// server is what all emulators have in common.
type server struct {
	vendor    vendor
	now       func() time.Time
	nextID    func() string
	stale     time.Duration
	unlimited bool
	inMemory  bool
	given     net.Listener
	isOwn     func(address string) bool // further addresses of the vendor's; nil means none

	http     *httptest.Server
	listener *memoryListener // where it is in memory

	mu       sync.Mutex
	requests []Request
	faults   []*Fault
	ids      int
}

// start applies the options and begins to serve.
func (s *server) start(v vendor, opts []Option) {
	s.vendor, s.now = v, time.Now
	s.nextID = func() string {
		s.ids++
		return fmt.Sprintf("00000000-0000-4000-8000-%012d", s.ids)
	}
	for _, set := range opts {
		set(s)
	}
	s.http = httptest.NewUnstartedServer(s)
	listener := s.given
	if s.inMemory {
		s.listener = newMemoryListener()
		listener = s.listener
	}
	if listener != nil {
		_ = s.http.Listener.Close()
		s.http.Listener = listener
	}
	s.http.Start()
}

// URL returns the base URL of the emulator.
func (s *server) URL() string { return s.http.URL }

// Close stops the emulator and cuts its connections.
func (s *server) Close() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// DialContext connects to the emulator; another address than its own is refused. Give it to
// crosscloud.WithDialContext, or several emulators to [Dialer].
func (s *server) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	own := s.http.Listener.Addr().String()
	if address != own && (s.isOwn == nil || !s.isOwn(address)) {
		return nil, &net.OpError{Op: "dial", Net: network, Err: fmt.Errorf("%w: %s is not %s", errOtherAddress, address, own)}
	}
	if s.listener != nil {
		return s.listener.dial(ctx)
	}
	var d net.Dialer
	return d.DialContext(ctx, network, own)
}

// errOtherAddress refuses a connection to an address that no emulator has.
var errOtherAddress = errors.New("not the address of an emulator")

// Emulator is what all emulators of this package have in common.
type Emulator interface {
	// URL returns the base URL.
	URL() string
	// DialContext connects to the emulator; another address than its own is refused.
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	// Provider returns the config entry that points at the emulator.
	Provider() map[string]string
	// Inject makes requests fail.
	Inject(faults ...Fault)
	// Requests returns the requests that have reached the emulator.
	Requests() []Request
	// Close stops the emulator and cuts its connections.
	Close()
}

// Dialer returns a function for crosscloud.WithDialContext that connects to whichever of the emulators has the address
// that is asked for, and refuses every other address.
func Dialer(emulators ...Emulator) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		for _, em := range emulators {
			if conn, err := em.DialContext(ctx, network, address); err == nil || !errors.Is(err, errOtherAddress) {
				return conn, err
			}
		}
		return nil, &net.OpError{Op: "dial", Net: network, Err: fmt.Errorf("%w: %s", errOtherAddress, address)}
	}
}

// Inject makes requests fail. Of several faults the first one that applies to a request is used.
func (s *server) Inject(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &f)
	}
}

// Requests returns every request that has reached the emulator, in the order of their arrival.
func (s *server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// requestID returns the id of the next answer.
func (s *server) requestID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nextID()
}

// ServeHTTP answers one request, or makes it fail.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
	if err != nil {
		http.Error(w, "request entity too large", http.StatusRequestEntityTooLarge)
		return
	}
	action := s.vendor.action(r, body)
	fault := s.arrived(Request{
		Action: action, At: s.now(), Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Header: r.Header.Clone(), Body: body,
	})
	if fault == nil {
		s.vendor.serve(w, r, body, action)
		return
	}
	if fault.Delay > 0 {
		timer := time.NewTimer(fault.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return
		}
	}
	for name, values := range fault.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	s.spoil(w, r, body, action, fault)
}

// arrived notes a request and returns the fault that applies to it.
func (s *server) arrived(r Request) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
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
		return &hit
	}
	return nil
}

// spoil answers as the fault says.
func (s *server) spoil(w http.ResponseWriter, r *http.Request, body []byte, action string, f *Fault) {
	switch {
	case f.Reset == "before":
		cut(w)
	case f.Reset == "after":
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
