package ratelimit

import (
	"strings"
	"sync"
)

// Pool holds the limiters of one process, one for each Endpoint, Principal and Action, and its pacers of keys, one for
// each Endpoint and Scope. They live as long as their Pool, so closing a client and opening another does not forget what
// was sent.
//
// The zero Pool is empty and ready to use. A Pool is for use by many goroutines at once and must not be copied.
type Pool struct {
	mu       sync.Mutex
	limiters map[key]*limiter
	pacers   map[key]*pacer
}

type key struct{ endpoint, principal, action string }

var defaultPool Pool

// Default returns the pool that clients of this process share unless they are given another.
func Default() *Pool { return &defaultPool }

// Limiter returns the limiter of b, with the rules of [Source]. It enforces every limit its budget was ever given, so
// where two clients disagree the stricter limit wins; two limits of the same kind and window become one with the
// smaller N and the larger Margin, and of two adaptive limits the slower one is kept. A limit that comes later counts
// the earlier admissions that are still remembered, which are at least those the older limits depend on. An invalid
// limit gives errs.InvalidArgument and changes nothing.
func (p *Pool) Limiter(b Budget) (Limiter, error) {
	for _, limit := range b.Limits {
		if err := limit.Validate(); err != nil {
			return nil, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	k := key{strings.ToLower(b.Endpoint), b.Principal, b.Action}
	l := p.limiters[k]
	if l == nil {
		if len(b.Limits) == 0 {
			return nil, nil
		}
		if p.limiters == nil {
			p.limiters = make(map[key]*limiter)
		}
		l = new(limiter)
		p.limiters[k] = l
	}
	l.restrict(b.Limits)
	return l, nil
}
