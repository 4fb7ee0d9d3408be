package emulator

import (
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

// maxRequestBytes bounds the body of a request; every vendor's largest is under it. headerTimeout is how long a client
// may take for the header of one.
const (
	maxRequestBytes = 128 << 20
	headerTimeout   = time.Minute
)

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

// vendor is what differs from cloud to cloud.
type vendor interface {
	// actions returns the names of the vendor's actions.
	actions() []string
	// action tells which of them a request asks for, empty if none.
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

	mu     sync.Mutex
	log    requestLog
	faults []*Fault
	decide func(Request) *Fault
	ids    int
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
	s.http.Config.ReadHeaderTimeout = headerTimeout
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
	// InjectFunc has decide choose which other requests fail, and how.
	InjectFunc(decide func(Request) *Fault)
	// Requests returns the latest requests that have reached the emulator.
	Requests() []Request
	// RequestCount returns how many requests have reached the emulator, however many of them Requests still has.
	RequestCount() int
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

// requestID returns the id of the next answer.
func (s *server) requestID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nextID()
}

// ServeHTTP answers one request, or makes it fail. A body of more than 128 MiB is answered with 413.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request := Request{
		At: s.now(), Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Header: r.Header.Clone(),
	}
	// Clients find out by this header that their clock is wrong.
	date := func() { w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat)) }
	var err error
	if r.ContentLength <= maxRequestBytes {
		request.Body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
	}
	if r.ContentLength > maxRequestBytes || err != nil {
		request.Body = nil
		s.note(request)
		date()
		w.Header().Set("Connection", "close") // the rest is not read
		http.Error(w, "the body cannot be read, or has more than "+strconv.Itoa(maxRequestBytes)+" bytes", http.StatusRequestEntityTooLarge)
		return
	}
	request.Action = s.vendor.action(r, request.Body)
	fault := s.arrived(request)
	if fault == nil {
		date()
		s.vendor.serve(w, r, request.Body, request.Action)
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
	date()
	for name, values := range fault.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	s.spoil(w, r, request.Body, request.Action, fault)
}

// only returns the emulator that an option is for. It panics where the option was given to another one.
func only[V vendor](s *server, option, of string) V {
	v, ok := s.vendor.(V)
	if !ok {
		panic("emulator: " + option + " is an option of " + of + " alone")
	}
	return v
}
