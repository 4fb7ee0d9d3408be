package ratelimit

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// Pace is a promise about single keys, for providers that take only so many writes of one key: two requests with the
// same key leave at least Every apart, whatever they do with it and however many other keys they have.
type Pace struct {
	// Endpoint is the host that meters the requests. Upper and lower case are the same.
	Endpoint string
	// Scope is what the keys belong to, such as a namespace; with Endpoint it tells keys of one name apart.
	Scope string
	// Every is how far apart requests leave, a margin for uneven delivery included; more than 0.
	Every time.Duration
}

// PaceSource is implemented by a [Source] that paces keys too, as a [Pool] does.
type PaceSource interface {
	// Pacer returns the pacer of the keys of an Endpoint and Scope, always the same one. It is for use by many goroutines
	// at once. An Every that is not more than 0 is errs.InvalidArgument.
	Pacer(Pace) (Pacer, error)
}

// Pacer makes requests wait for the turn of their keys. It is for use by many goroutines at once.
type Pacer interface {
	// Wait blocks until a request may be sent that has these keys, which are different. Requests with a key in common
	// are served first come, first served; one with several keys waits for the slowest of them, and holds up none that
	// it has not in common with another. From then on the keys are the caller's, who calls leave exactly once: with true
	// directly before the request leaves, from when its keys are counted, or with false when it is not sent, so that
	// nothing is spent.
	//
	// When Wait fails, leave is nil and nothing was spent, the outcome is errs.NotApplied, and the error is an
	// *errs.Error with one of these codes:
	//
	//   - errs.RateLimited, temporary, if the request's turn would not come before the deadline of ctx. It is returned at
	//     once; RetryAfter is the time until the turn would come.
	//   - errs.Canceled or errs.DeadlineExceeded if ctx is done.
	Wait(ctx context.Context, keys []string) (leave func(sent bool), err error)
}

// Pacer implements [PaceSource]. Where two callers disagree on Every, the longer one counts from then on. What is
// remembered is bounded by the keys of the requests that wait and of those that left within the last Every: a key that
// has been idle for so long is forgotten at the next call.
func (p *Pool) Pacer(pace Pace) (Pacer, error) {
	if pace.Every <= 0 {
		return nil, errs.Refuse(errs.InvalidArgument, "pace of keys: Every is %v, must be more than 0", pace.Every)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	k := key{endpoint: strings.ToLower(pace.Endpoint), principal: pace.Scope}
	known := p.pacers[k]
	if known == nil {
		if p.pacers == nil {
			p.pacers = make(map[key]*pacer)
		}
		known = &pacer{keys: make(map[string]*pacedKey)}
		p.pacers[k] = known
	}
	known.mu.Lock()
	defer known.mu.Unlock()
	known.every = max(known.every, pace.Every)
	return known, nil
}

// pacer is the Pacer of a Pool. All turns join the queues of all of their keys at once, so that their order is the same
// in every queue, and the oldest turn is the first of all of its own.
type pacer struct {
	mu    sync.Mutex
	base  time.Time // of all times, taken at the first use
	every time.Duration
	keys  map[string]*pacedKey
	left  []departure // the latest, in their order
	turns []*turn     // those under way, in their order
}

// pacedKey is a key that is not idle.
type pacedKey struct {
	name  string
	next  time.Duration // when it may leave again
	queue []*turn
	plan  time.Duration // when a further turn could leave with it; good within slot only
}

type departure struct {
	key *pacedKey
	at  time.Duration
}

// turn is a request that waits, or was told that it may leave.
type turn struct {
	keys   []*pacedKey
	behind int           // in how many queues another turn is first
	first  chan struct{} // closed when there is none any more
}

func (p *pacer) now() time.Duration {
	if p.base.IsZero() {
		p.base = time.Now()
	}
	return time.Since(p.base)
}

// Wait implements Pacer.
func (p *pacer) Wait(ctx context.Context, keys []string) (leave func(sent bool), err error) {
	if ctx.Err() != nil {
		return nil, abandoned(ctx)
	}
	t, err := p.join(ctx, keys)
	if err != nil {
		return nil, err
	}
	leave = func(sent bool) { p.leave(t, sent) }
	select {
	case <-t.first:
	case <-ctx.Done():
		leave(false)
		return nil, abandoned(ctx)
	}
	wait, err := p.ready(ctx, t)
	if err != nil {
		leave(false)
		return nil, err
	}
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			leave(false)
			return nil, abandoned(ctx)
		}
	}
	return leave, nil
}

// join puts a turn into the queues of its keys, unless it would come too late.
func (p *pacer) join(ctx context.Context, names []string) (*turn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.forget(now)
	if _, limited := ctx.Deadline(); limited {
		if err := p.late(ctx, now, p.slot(names, now)); err != nil {
			return nil, err
		}
	}
	t := &turn{keys: make([]*pacedKey, 0, len(names)), first: make(chan struct{})}
	for _, name := range names {
		k := p.keys[name]
		if k == nil {
			k = &pacedKey{name: name}
			p.keys[name] = k
		}
		if n := len(k.queue); n > 0 {
			if k.queue[n-1] == t {
				continue // given twice
			}
			t.behind++
		}
		k.queue = append(k.queue, t)
		t.keys = append(t.keys, k)
	}
	p.turns = append(p.turns, t)
	if t.behind == 0 {
		close(t.first)
	}
	return t, nil
}

// slot returns when at the earliest a request with these keys could leave that came now. Turns that were told that they
// may leave and have not yet count as leaving now.
func (p *pacer) slot(names []string, now time.Duration) time.Duration {
	contested := false
	for _, name := range names {
		k := p.keys[name]
		contested = contested || k != nil && len(k.queue) > 0
	}
	if contested {
		for _, t := range p.turns {
			for _, k := range t.keys {
				k.plan = k.next
			}
		}
		for _, t := range p.turns {
			at := now
			for _, k := range t.keys {
				at = max(at, k.plan)
			}
			for _, k := range t.keys {
				k.plan = at + p.every
			}
		}
	}
	at := now
	for _, name := range names {
		switch k := p.keys[name]; {
		case k == nil:
		case len(k.queue) > 0:
			at = max(at, k.plan)
		default:
			at = max(at, k.next)
		}
	}
	return at
}

// late returns the refusal of a request that cannot leave before its deadline; a slot at the deadline itself leaves no
// time to send.
func (p *pacer) late(ctx context.Context, now, slot time.Duration) error {
	end, limited := ctx.Deadline()
	left := time.Until(end)
	if !limited || slot-now < left || left <= 0 { // a deadline that is over is for the context to tell
		return nil
	}
	return &errs.Error{
		Code: errs.RateLimited, Retry: errs.Temporary, Outcome: errs.NotApplied, RetryAfter: slot - now,
		Message: fmt.Sprintf("not sent: the turn comes in %v (a key may be written once in %v), the deadline in %v", slot-now, p.every, left),
	}
}

// ready returns how long a turn that is the first of its keys has to wait for them, or why it is too late: turns before it
// may have left later than it looked when it came.
func (p *pacer) ready(ctx context.Context, t *turn) (time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	at := now
	for _, k := range t.keys {
		at = max(at, k.next)
	}
	return at - now, p.late(ctx, now, at)
}

// leave ends a turn, wherever in its queues it stands.
func (p *pacer) leave(t *turn, sent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	for _, k := range t.keys {
		wasFirst := k.queue[0] == t
		k.queue = without(k.queue, t)
		if sent {
			k.next = now + p.every
			p.left = append(p.left, departure{k, k.next})
		}
		if wasFirst && len(k.queue) > 0 {
			next := k.queue[0]
			if next.behind--; next.behind == 0 {
				close(next.first)
			}
		}
		if len(k.queue) == 0 && k.next <= now {
			delete(p.keys, k.name)
		}
	}
	p.turns = without(p.turns, t)
	p.forget(now)
}

// forget drops the keys that are idle.
func (p *pacer) forget(now time.Duration) {
	n := 0
	for n < len(p.left) && p.left[n].at <= now {
		if k := p.left[n].key; k.next <= now && len(k.queue) == 0 && p.keys[k.name] == k {
			delete(p.keys, k.name)
		}
		n++
	}
	clear(p.left[:n])
	if p.left = p.left[n:]; len(p.left) == 0 {
		p.left = nil
	}
}

// without returns the turns but for one.
func without(turns []*turn, gone *turn) []*turn {
	for i, t := range turns {
		if t == gone {
			copy(turns[i:], turns[i+1:])
			turns[len(turns)-1] = nil
			return turns[:len(turns)-1]
		}
	}
	return turns
}
