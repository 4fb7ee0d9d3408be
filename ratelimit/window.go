package ratelimit

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

// never is later than every time of a limiter. Times are durations since the limiter's base.
const never = time.Duration(math.MaxInt64)

// after returns t+d, or never where that overflows.
func after(t, d time.Duration) time.Duration {
	if t > 0 && d > never-t {
		return never
	}
	return t + d
}

// history remembers the latest admissions in a ring buffer whose length is 0 or a power of two.
type history struct {
	ring  []time.Duration
	next  int // where the next admission goes, modulo the length
	count int
}

// back returns the i-th latest admission, 1 being the latest. i is at most count.
func (h *history) back(i int) time.Duration { return h.ring[(h.next-i)&(len(h.ring)-1)] }

// push adds an admission. The ring grows only to keep what a limit can still depend on: the latest keep admissions,
// as far as they are younger than horizon.
func (h *history) push(t time.Duration, keep int, horizon time.Duration) {
	if size := len(h.ring); h.count == size && (size == 0 || size < keep && t-h.back(size) < horizon) {
		ring := make([]time.Duration, max(16, 2*size))
		for i := range size {
			ring[i] = h.back(size - i)
		}
		h.ring, h.next = ring, size
	}
	h.ring[h.next&(len(h.ring)-1)] = t
	h.next++
	h.count = min(h.count+1, len(h.ring))
}

// rule is a limit at work. The bucket is nil for all but averages, the paces are for adaptive limits.
type rule struct {
	Limit
	bucket *rate.Limiter
	// tokens and asOf are the bucket's state behind the last slot of the plan.
	tokens float64
	asOf   time.Duration
	// ahead is pace behind the last slot of the plan.
	pace, ahead pace
}

// cause is what a caller is told who is too late because of r.
func (r *rule) cause() string {
	if r.Adaptive {
		return "the provider's throttling, which lowered the rate to " + r.pace.String()
	}
	return "a limit of " + r.String()
}

func (r *rule) span() time.Duration { return after(r.Per, r.Margin) }

// perSecond is the filling rate of a bucket, and the step of a pace.
func (r *rule) perSecond() float64 { return float64(r.N) / r.Per.Seconds() }

func (r *rule) tokensAt(t time.Duration) float64 {
	return min(float64(r.N), r.tokens+(t-r.asOf).Seconds()*r.perSecond())
}

// refill returns when, not before t, the bucket of the plan holds a token. Fractions of a nanosecond are dropped, as
// rate.Limiter does when it decides.
func (r *rule) refill(t time.Duration) time.Duration {
	missing := 1 - r.tokensAt(t)
	if missing <= 0 {
		return t
	}
	wait := missing / r.perSecond() * float64(time.Second)
	if wait >= math.MaxInt64 {
		return never
	}
	return after(t, time.Duration(wait))
}

// slot is the moment of a future admission, and what keeps it from being earlier: the index of a rule, or one of
// the two below.
type slot struct {
	at    time.Duration
	bound int
}

const (
	unbound = -1 - iota
	paused
)

// slot returns when the k-th next admission can be made, 0 being the next, if k+1 callers are waiting from now on. It
// depends on the past only, not on who is waiting, so the plan stays good until the next admission. While the head of
// the queue is late, the slots behind it are too early by as much. The lock is held.
func (l *limiter) slot(k int, now time.Duration) slot {
	for len(l.plan) <= k {
		l.extend(now)
	}
	next := l.plan[k]
	next.at = max(next.at, now)
	return next
}

// extend adds the next slot to the plan.
func (l *limiter) extend(now time.Duration) {
	j := len(l.plan)
	next := slot{now, unbound}
	if j > 0 {
		next = l.plan[j-1]
	} else if l.pausedUntil > now {
		next = slot{l.pausedUntil, paused}
	}
	for i := range l.rules {
		r := &l.rules[i]
		at := next.at
		switch {
		case r.Adaptive:
			if j == 0 {
				r.ahead = r.pace
			}
			at = r.ahead.due
		case r.bucket != nil:
			if j == 0 {
				r.tokens, r.asOf = r.bucket.TokensAt(l.base.Add(now)), now
			}
			at = r.refill(next.at)
		case j >= r.N:
			at = after(l.plan[j-r.N].at, r.span())
		case l.past.count >= r.N-j:
			at = after(l.past.back(r.N-j), r.span())
		}
		if at > next.at {
			next = slot{at, i}
		}
	}
	for i := range l.rules {
		switch r := &l.rules[i]; {
		case r.Adaptive:
			r.ahead.admit(next.at, true)
		case r.bucket != nil:
			r.tokens, r.asOf = r.tokensAt(next.at)-1, next.at
		}
	}
	l.plan = append(l.plan, next)
}

// admit spends a permit now, for a caller that was queued or not. The lock is held.
func (l *limiter) admit(now time.Duration, queued bool) {
	l.past.push(now, l.keep, l.horizon)
	for i := range l.rules {
		switch r := &l.rules[i]; {
		case r.Adaptive:
			r.pace.admit(now, queued)
		case r.bucket != nil:
			r.bucket.ReserveN(l.base.Add(now), 1)
		}
	}
	l.plan = l.plan[:0]
}

// restrict adds limits to those in force.
func (l *limiter) restrict(limits []Limit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	changed := false
	for _, limit := range limits {
		changed = l.restrictOne(limit) || changed
	}
	if changed && !l.base.IsZero() {
		l.replan()
	}
}

// merges reports whether r and limit become one.
func (r *rule) merges(limit Limit) bool {
	if r.Adaptive || limit.Adaptive {
		return r.Adaptive && limit.Adaptive
	}
	return r.Per == limit.Per && r.Average == limit.Average
}

// stricter is what r and a limit it merges with become.
func (r *rule) stricter(limit Limit) Limit {
	if r.Adaptive {
		if other := (rule{Limit: limit}); other.perSecond() < r.perSecond() {
			return limit
		}
		return r.Limit
	}
	return Limit{N: min(r.N, limit.N), Per: r.Per, Margin: max(r.Margin, limit.Margin), Average: r.Average}
}

func (l *limiter) restrictOne(limit Limit) (changed bool) {
	limit = limit.spelled()
	var r *rule
	for i := range l.rules {
		if known := &l.rules[i]; known.merges(limit) {
			r = known
		}
	}
	if r == nil {
		l.rules = append(l.rules, rule{Limit: limit})
		r = &l.rules[len(l.rules)-1]
		switch {
		case limit.Adaptive:
			r.pace = newPace(r.perSecond())
			for i := l.past.count; i >= 1; i-- {
				r.pace.admit(l.past.back(i), false)
			}
		case limit.Average:
			r.bucket = rate.NewLimiter(rate.Limit(r.perSecond()), r.N)
			for i := l.past.count; i >= 1; i-- {
				r.bucket.ReserveN(l.base.Add(l.past.back(i)), 1)
			}
		}
	} else {
		stricter := r.stricter(limit)
		if stricter == r.Limit {
			return false
		}
		r.Limit = stricter
		switch {
		case r.Adaptive:
			r.pace.step = r.perSecond()
		case r.bucket == nil:
		case l.base.IsZero():
			r.bucket = rate.NewLimiter(rate.Limit(r.perSecond()), r.N)
		default:
			at := l.base.Add(l.now())
			r.bucket.SetLimitAt(at, rate.Limit(r.perSecond()))
			r.bucket.SetBurstAt(at, r.N)
		}
	}
	l.keep, l.horizon, l.shortest = 0, 0, never
	for i := range l.rules {
		r := &l.rules[i]
		if r.Adaptive {
			l.shortest = min(l.shortest, adaptiveWindow)
			continue
		}
		l.keep, l.horizon, l.shortest = max(l.keep, r.N), max(l.horizon, r.span()), min(l.shortest, r.Per)
	}
	return true
}
