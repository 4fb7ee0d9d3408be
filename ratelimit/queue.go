package ratelimit

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// limiter is the Limiter of a Pool. Nobody hands out permits: the caller at the head of the queue sleeps until its
// slot and takes the permit itself once it is awake, so that a permit cannot age while its caller is not scheduled.
type limiter struct {
	mu sync.Mutex
	// base is the zero of all times, taken at the first use. Durations since then do not follow the wall clock.
	base        time.Time
	rules       []rule
	keep        int           // the largest N
	horizon     time.Duration // the longest Per+Margin
	shortest    time.Duration // the shortest Per
	past        history
	plan        []slot
	pausedUntil time.Duration
	queues      [2]list.List // of *waiter, by priority
}

type waiter struct {
	wake     chan struct{} // holds one token: look again
	place    *list.Element
	queue    *list.List
	deadline time.Duration // never without one
	refusal  error         // set when the waiter was taken out of the queue
}

func (l *limiter) now() time.Duration {
	if l.base.IsZero() {
		l.base = time.Now()
	}
	return time.Since(l.base)
}

// Wait implements Limiter.
func (l *limiter) Wait(ctx context.Context, p Priority) error {
	if ctx.Err() != nil {
		return abandoned(ctx)
	}
	p = min(p, Bulk)
	l.mu.Lock()
	now := l.now()
	ahead := 0
	for i := range p + 1 {
		ahead += l.queues[i].Len()
	}
	if ahead == 0 && l.slot(0, now).at <= now {
		l.admit(now, false)
		l.mu.Unlock()
		return nil
	}
	if err := l.longPause(now); err != nil {
		l.mu.Unlock()
		return err
	}
	deadline := never
	if end, ok := ctx.Deadline(); ok {
		deadline = after(now, time.Until(end))
		if err := l.late(ahead, now, deadline); err != nil {
			l.mu.Unlock()
			return err
		}
	}
	w := &waiter{wake: make(chan struct{}, 1), queue: &l.queues[p], deadline: deadline}
	w.place = w.queue.PushBack(w)
	l.mu.Unlock()
	return l.await(ctx, w)
}

// await returns when w has taken a permit or left the queue.
func (l *limiter) await(ctx context.Context, w *waiter) error {
	var timer *time.Timer
	for {
		if ctx.Err() != nil {
			l.leave(w)
			return abandoned(ctx)
		}
		wait, err := l.try(w)
		if err != nil || wait == 0 {
			return err
		}
		var due <-chan time.Time
		if wait < never {
			if timer == nil {
				timer = time.NewTimer(wait)
				defer timer.Stop()
			} else {
				timer.Reset(wait)
			}
			due = timer.C
		}
		select {
		case <-due:
		case <-w.wake:
		case <-ctx.Done():
		}
	}
}

// try takes a permit if it is w's turn. Otherwise it returns how long w has to sleep, which is never for all but the
// head of the queue: the head wakes the next one.
func (l *limiter) try(w *waiter) (wait time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.refusal != nil {
		return 0, w.refusal
	}
	if l.head() != w {
		return never, nil
	}
	now := l.now()
	if next := l.slot(0, now); next.at > now {
		return next.at - now, nil
	}
	l.admit(now, true)
	w.queue.Remove(w.place)
	l.wakeHead()
	return 0, nil
}

// leave gives up w's place.
func (l *limiter) leave(w *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.refusal != nil {
		return // it has no place any more
	}
	wasHead := l.head() == w
	w.queue.Remove(w.place)
	if wasHead {
		l.wakeHead()
	}
}

func (l *limiter) head() *waiter {
	for i := range l.queues {
		if first := l.queues[i].Front(); first != nil {
			return first.Value.(*waiter)
		}
	}
	return nil
}

func (l *limiter) wakeHead() {
	if w := l.head(); w != nil {
		w.signal()
	}
}

func (w *waiter) signal() {
	select {
	case w.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// late returns the refusal of a caller with so many ahead of it if its slot does not come before its deadline. A slot
// at the deadline itself leaves no time to send.
func (l *limiter) late(ahead int, now, deadline time.Duration) error {
	next := l.slot(ahead, now)
	if next.at < deadline || deadline <= now { // a deadline that is over is for the context to tell
		return nil
	}
	reason := "a pause after the provider's throttling"
	if next.bound >= 0 {
		reason = l.rules[next.bound].cause()
	}
	wait := next.at - now
	return &errs.Error{
		Code: errs.RateLimited, Retry: errs.Temporary, Outcome: errs.NotApplied, RetryAfter: wait,
		Message: fmt.Sprintf("not sent: the turn comes in %v (callers ahead: %d, because of %s), the deadline in %v",
			wait, ahead, reason, deadline-now),
	}
}

// longPause returns the refusal of a caller for whom a pause after throttling is too long to wait out.
func (l *limiter) longPause(now time.Duration) error {
	wait := l.pausedUntil - now
	if l.pausedUntil <= 0 || wait <= MaxPauseWait { // without a pause, now may be anything: the clock may have gone back
		return nil
	}
	return &errs.Error{
		Code: errs.RateLimited, Retry: errs.Temporary, Outcome: errs.NotApplied, RetryAfter: wait,
		Message: fmt.Sprintf("not sent: the provider has throttled this budget, and admits nothing for another %v", wait),
	}
}

// replan is called when slots have moved back. Waiters whose turn is now too late are refused; the timer of the head
// is at worst early.
func (l *limiter) replan() {
	l.plan = l.plan[:0]
	now, ahead := l.now(), 0
	for i := range l.queues {
		for e := l.queues[i].Front(); e != nil; {
			w, following := e.Value.(*waiter), e.Next()
			w.refusal = l.longPause(now)
			if w.refusal == nil && w.deadline < never {
				w.refusal = l.late(ahead, now, w.deadline)
			}
			if w.refusal != nil {
				w.queue.Remove(e)
				w.signal()
			} else {
				ahead++
			}
			e = following
		}
	}
	l.wakeHead()
}

// Throttled implements Feedback.
func (l *limiter) Throttled(retryAfter time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if retryAfter <= 0 {
		retryAfter = l.shortest
	}
	until := after(l.now(), min(retryAfter, MaxPause))
	later := until > l.pausedUntil
	l.pausedUntil = max(l.pausedUntil, until)
	for i := range l.rules {
		if r := &l.rules[i]; r.Adaptive {
			later = r.pace.throttled(l.pausedUntil) || later
		}
	}
	if later {
		l.replan()
	}
}

// Stats implements Inspector.
func (l *limiter) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	queued := l.queues[Interactive].Len() + l.queues[Bulk].Len()
	return Stats{Queued: queued, Wait: l.slot(queued, now).at - now}
}

// abandoned is the error of a caller whose context is done.
func abandoned(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	code := errs.Canceled
	if errors.Is(err, context.DeadlineExceeded) {
		code = errs.DeadlineExceeded
	}
	if errors.Is(cause, err) {
		err = cause
	} else if cause != nil {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return errs.Refuse(code, "not sent: waiting for the rate limit: %w", err)
}
