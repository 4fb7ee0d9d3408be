package emulator

import (
	"net/http"
	"slices"
	"time"
)

// What Requests keeps at most.
const (
	maxLogged      = 10_000
	maxLoggedBytes = 64 << 20 // of bodies
)

// Request is one request that reached an emulator.
type Request struct {
	// Action is the vendor's action, empty where none could be made out.
	Action string
	// At is when it arrived, by the emulator's clock.
	At time.Time
	// Method, Path and Query are those of the request line, the path with its escaping.
	Method, Path, Query string
	// Header and Body are what was sent. They hold credentials and values: do not log them. A body that was refused
	// for its length, or broke off, is nil.
	Header http.Header
	Body   []byte
}

// requestLog keeps the latest requests.
type requestLog struct {
	kept  []Request
	bytes int // of their bodies
	count int // of all that there ever were
}

func (l *requestLog) add(r Request) {
	l.count++
	l.kept = append(l.kept, r)
	l.bytes += len(r.Body)
	for len(l.kept) > maxLogged || l.bytes > maxLoggedBytes && len(l.kept) > 1 {
		l.bytes -= len(l.kept[0].Body)
		l.kept[0] = Request{} // so that its memory is free
		l.kept = l.kept[1:]
	}
}

// Requests returns the latest requests that have reached the emulator, in the order of their arrival: at most 10,000,
// whose bodies have at most 64 MiB together, or the last one alone. Older ones are forgotten; RequestCount counts them
// all the same.
func (s *server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log.kept)
}

// RequestCount returns how many requests have reached the emulator, however many of them Requests still has.
func (s *server) RequestCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.count
}

// note logs a request that no fault applies to.
func (s *server) note(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.add(r)
}
