package ratelimit_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// everySecond admits one request a second, so that the turn of each caller is a different second.
var everySecond = ratelimit.Limit{N: 1, Per: time.Second}

// line is a queue of named callers.
type line struct {
	t       *testing.T
	limiter ratelimit.Limiter
	begin   time.Time
	mu      sync.Mutex
	served  []string        // names in order
	times   []time.Duration // when
	at      map[string]time.Duration
	err     map[string]error
	callers sync.WaitGroup
}

func newLine(t *testing.T, limits ...ratelimit.Limit) *line {
	return &line{
		t: t, limiter: newLimiter(t, limits...), begin: time.Now(),
		at: make(map[string]time.Duration), err: make(map[string]error),
	}
}

// join starts a caller and returns when it has been answered or is queued.
func (q *line) join(ctx context.Context, name string, p ratelimit.Priority) {
	q.callers.Go(func() {
		err := q.limiter.Wait(ctx, p)
		q.mu.Lock()
		defer q.mu.Unlock()
		q.at[name], q.err[name] = time.Since(q.begin), err
		if err == nil {
			q.served, q.times = append(q.served, name), append(q.times, q.at[name])
		}
	})
	synctest.Wait()
}

func (q *line) expect(served ...string) {
	q.t.Helper()
	q.callers.Wait()
	if !slices.Equal(q.served, served) {
		q.t.Errorf("served %v, want %v", q.served, served)
	}
}

func (q *line) expectAt(name string, at time.Duration) {
	q.t.Helper()
	q.mu.Lock()
	defer q.mu.Unlock()
	if got, answered := q.at[name]; !answered || got != at {
		q.t.Errorf("%s was answered (%t) after %v, want %v", name, answered, got, at)
	}
}

func (q *line) failure(name string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.err[name]
}

func TestFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLine(t, everySecond)
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			q.join(t.Context(), name, ratelimit.Interactive)
		}
		q.expect("a", "b", "c", "d", "e")
		q.expectAt("a", 0)
		q.expectAt("e", 4*time.Second)
	})
}

func TestInteractiveBeforeBulk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLine(t, everySecond)
		q.join(t.Context(), "first", ratelimit.Bulk)
		q.join(t.Context(), "bulk 1", ratelimit.Bulk) // the head, which the next one overtakes
		q.join(t.Context(), "interactive 1", ratelimit.Interactive)
		q.join(t.Context(), "bulk 2", ratelimit.Priority(9))
		q.join(t.Context(), "interactive 2", ratelimit.Interactive)
		q.expect("first", "interactive 1", "interactive 2", "bulk 1", "bulk 2")
		q.expectAt("interactive 1", time.Second)
		q.expectAt("bulk 2", 4*time.Second)
	})
}

func TestCancelGivesTheSlotBack(t *testing.T) {
	for name, tc := range map[string]struct {
		leaves string
		served []string
	}{
		"head":   {"b", []string{"a", "c", "d"}},
		"middle": {"c", []string{"a", "b", "d"}},
		"last":   {"d", []string{"a", "b", "c"}},
	} {
		bubble(t, name, func(t *testing.T) {
			q := newLine(t, everySecond)
			ctx, cancel := context.WithCancel(t.Context())
			for _, name := range []string{"a", "b", "c", "d"} {
				if name == tc.leaves {
					q.join(ctx, name, ratelimit.Interactive)
				} else {
					q.join(t.Context(), name, ratelimit.Interactive)
				}
			}
			time.Sleep(300 * time.Millisecond)
			cancel()
			q.expect(tc.served...)
			q.expectAt(tc.leaves, 300*time.Millisecond)
			q.expectAt(tc.served[1], time.Second)
			q.expectAt(tc.served[2], 2*time.Second)
			if err := q.failure(tc.leaves); !errors.Is(err, context.Canceled) || errs.CodeOf(err) != errs.Canceled {
				t.Errorf("the error of the cancelled caller is %v", err)
			}
		})
	}
}

// TestCancelAtTheSlot cancels the head at the moment of its slot: nothing is spent, and the next caller has the slot.
func TestCancelAtTheSlot(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			q := newLine(t, everySecond)
			ctx, cancel := context.WithCancel(t.Context())
			q.join(ctx, "a", ratelimit.Interactive)
			q.join(ctx, "b", ratelimit.Interactive)
			q.join(t.Context(), "c", ratelimit.Interactive)
			time.AfterFunc(time.Second, cancel)
			q.callers.Wait()
			if q.failure("b") == nil {
				q.expectAt("c", 2*time.Second)
			} else {
				q.expectAt("c", time.Second)
			}
			q.expectAt("b", time.Second)
		})
	}
}

func TestEndedContext(t *testing.T) {
	reason := errs.Refuse(errs.Closed, "the client is closing")
	type end func(context.Context) (context.Context, context.CancelFunc)
	cancelled := func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancelCause(ctx)
		time.AfterFunc(300*time.Millisecond, func() { cancel(reason) })
		return ctx, func() { cancel(nil) }
	}
	expired := func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, 300*time.Millisecond)
	}
	for name, tc := range map[string]struct {
		end  end
		want []error
		code errs.Code
	}{
		"cancelled": {cancelled, []error{context.Canceled, reason, errs.Canceled}, errs.Canceled},
		"expired":   {expired, []error{context.DeadlineExceeded, errs.DeadlineExceeded}, errs.DeadlineExceeded},
	} {
		check := func(t *testing.T, err error) {
			t.Helper()
			for _, want := range tc.want {
				if !errors.Is(err, want) {
					t.Errorf("%v does not match %v", err, want)
				}
			}
			e, ok := errors.AsType[*errs.Error](err)
			if !ok || e.Code != tc.code || e.Outcome != errs.NotApplied {
				t.Errorf("error is %#v", err)
			}
		}
		bubble(t, name+" before", func(t *testing.T) {
			ctx, cancel := tc.end(t.Context())
			defer cancel()
			time.Sleep(time.Second)
			q := newLine(t, everySecond)
			q.join(ctx, "a", ratelimit.Interactive)
			check(t, q.failure("a"))
			q.join(t.Context(), "b", ratelimit.Interactive)
			q.expectAt("b", 0) // the refused caller spent nothing
		})
		bubble(t, name+" in the queue", func(t *testing.T) {
			// The bulk caller is sure of the slot at 200 ms until an interactive one takes it.
			q := newLine(t, ratelimit.Limit{N: 1, Per: 200 * time.Millisecond})
			ctx, cancel := tc.end(t.Context())
			defer cancel()
			q.join(t.Context(), "a", ratelimit.Bulk)
			q.join(ctx, "b", ratelimit.Bulk)
			q.join(t.Context(), "c", ratelimit.Bulk)
			q.join(t.Context(), "d", ratelimit.Interactive)
			q.expect("a", "d", "c")
			q.expectAt("b", 300*time.Millisecond)
			q.expectAt("c", 400*time.Millisecond)
			check(t, q.failure("b"))
		})
	}
}

// lateContext keeps its caller from running for a while when it wakes up at a certain time.
type lateContext struct {
	context.Context
	wake time.Time
	late time.Duration
}

func (c lateContext) Err() error {
	if time.Now().Equal(c.wake) {
		time.Sleep(c.late)
	}
	return c.Context.Err()
}

// TestLateCaller wakes the head of the queue 400 ms late. Its permit counts from when it is awake.
func TestLateCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLine(t, everySecond)
		q.join(t.Context(), "a", ratelimit.Interactive)
		late := lateContext{t.Context(), time.Now().Add(time.Second), 400 * time.Millisecond}
		q.join(late, "b", ratelimit.Interactive)
		q.join(t.Context(), "c", ratelimit.Interactive)
		q.expect("a", "b", "c")
		q.expectAt("b", 1400*time.Millisecond)
		q.expectAt("c", 2400*time.Millisecond)
	})
}

func TestLongQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const callers = 10_000
		l := newLimiter(t, ratelimit.Limit{N: callers / 10, Per: time.Second})
		begin := time.Now()
		var group sync.WaitGroup
		for i := range callers {
			ctx := t.Context()
			if i%2 == 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, time.Minute)
				defer cancel()
			}
			group.Go(func() {
				if err := l.Wait(ctx, ratelimit.Priority(i%3)); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if took := time.Since(begin); took != 9*time.Second {
			t.Errorf("%d callers took %v, want 9s", callers, took)
		}
	})
}
