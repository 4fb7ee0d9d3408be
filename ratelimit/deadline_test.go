package ratelimit_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

func TestDeadlineRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLine(t, everySecond)
		within := func(d time.Duration) context.Context {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			t.Cleanup(cancel)
			return ctx
		}
		q.join(t.Context(), "a", ratelimit.Interactive)
		q.join(t.Context(), "b", ratelimit.Interactive)
		q.join(t.Context(), "bulk", ratelimit.Bulk)
		time.Sleep(250 * time.Millisecond)
		refused := func(name string, p ratelimit.Priority, deadline, retryAfter time.Duration, queue string) {
			t.Helper()
			q.join(within(deadline), name, p)
			q.expectAt(name, 250*time.Millisecond) // at once
			err := q.failure(name)
			e, ok := errors.AsType[*errs.Error](err)
			if !ok || e.Code != errs.RateLimited || e.Retry != errs.Temporary || e.Outcome != errs.NotApplied {
				t.Fatalf("%s: error is %v", name, err)
			}
			if e.RetryAfter != retryAfter {
				t.Errorf("%s: retry after %v, want %v", name, e.RetryAfter, retryAfter)
			}
			if errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v matches context.DeadlineExceeded", name, err)
			}
			for _, part := range []string{queue, "1 per 1s"} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%s: error %q does not say %q", name, err, part)
				}
			}
		}
		refused("interactive", ratelimit.Interactive, 1500*time.Millisecond, 1750*time.Millisecond, "callers ahead: 1")
		refused("at the slot", ratelimit.Interactive, 1750*time.Millisecond, 1750*time.Millisecond, "callers ahead: 1")
		refused("second bulk", ratelimit.Bulk, 2700*time.Millisecond, 2750*time.Millisecond, "callers ahead: 2")
		// Those who were refused spent nothing and are not in the queue.
		q.join(within(1751*time.Millisecond), "in time", ratelimit.Interactive)
		q.expect("a", "b", "in time", "bulk")
		q.expectAt("in time", 2*time.Second)
		q.expectAt("bulk", 3*time.Second)
	})
}

// TestDeadlineRefusalBehindLongQueue has more callers ahead than the window holds, and two limits in turn.
func TestDeadlineRefusalBehindLongQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLine(t, ratelimit.Limit{N: 2, Per: time.Second}, ratelimit.Limit{N: 5, Per: time.Minute})
		ctx, cancel := context.WithCancel(t.Context())
		for range 10 {
			q.join(ctx, "", ratelimit.Interactive)
		}
		short, done := context.WithTimeout(t.Context(), 90*time.Second)
		defer done()
		err := q.limiter.Wait(short, ratelimit.Interactive)
		e, ok := errors.AsType[*errs.Error](err)
		if !ok || e.RetryAfter != 2*time.Minute || !strings.Contains(e.Message, "5 per 1m") {
			t.Errorf("error is %v", err)
		}
		want := ratelimit.Stats{Queued: 8, Wait: 2 * time.Minute}
		if got := q.limiter.(ratelimit.Inspector).Stats(); got != want {
			t.Errorf("stats are %+v, want %+v", got, want)
		}
		time.Sleep(61500 * time.Millisecond)
		cancel()
		q.callers.Wait()
		seconds := []time.Duration{0, 0, 1, 1, 2, 60, 60, 61, 61}
		if len(q.times) != len(seconds) {
			t.Fatalf("served at %v", q.times)
		}
		for i, at := range q.times {
			if at != seconds[i]*time.Second {
				t.Errorf("caller %d was served at %v", i, at)
			}
		}
	})
}

func TestThrottled(t *testing.T) {
	for name, tc := range map[string]struct{ retryAfter, pause time.Duration }{
		"as told":      {7 * time.Second, 7 * time.Second},
		"not told":     {0, 2 * time.Second}, // the shorter of the two windows
		"negative":     {-time.Second, 2 * time.Second},
		"as is waited": {ratelimit.MaxPauseWait, ratelimit.MaxPauseWait},
	} {
		bubble(t, name, func(t *testing.T) {
			q := newLine(t, ratelimit.Limit{N: 10, Per: 2 * time.Second}, ratelimit.Limit{N: 100, Per: 5 * time.Second})
			q.join(t.Context(), "before", ratelimit.Interactive)
			feedback := q.limiter.(ratelimit.Feedback)
			feedback.Throttled(tc.retryAfter)
			feedback.Throttled(time.Millisecond) // does not shorten the pause
			if wait := q.limiter.(ratelimit.Inspector).Stats().Wait; wait != tc.pause {
				t.Errorf("stats say %v, want %v", wait, tc.pause)
			}
			short, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			err := q.limiter.Wait(short, ratelimit.Interactive)
			e, ok := errors.AsType[*errs.Error](err)
			if !ok || e.Code != errs.RateLimited || e.RetryAfter != tc.pause || !strings.Contains(e.Message, "throttling") {
				t.Errorf("error is %v", err)
			}
			q.join(t.Context(), "a", ratelimit.Interactive)
			q.join(t.Context(), "b", ratelimit.Bulk)
			if stats := q.limiter.(ratelimit.Inspector).Stats(); stats != (ratelimit.Stats{Queued: 2, Wait: tc.pause}) {
				t.Errorf("stats of the queue are %+v", stats)
			}
			q.expect("before", "a", "b")
			q.expectAt("a", tc.pause)
			q.expectAt("b", tc.pause)
		})
	}
}

// TestLongPause: nobody waits out a pause of minutes, neither who queues already nor who comes.
func TestLongPause(t *testing.T) {
	for name, tc := range map[string]struct{ retryAfter, pause time.Duration }{
		"just too long":  {ratelimit.MaxPauseWait + 1, ratelimit.MaxPauseWait + 1},
		"minutes":        {5 * time.Minute, 5 * time.Minute},
		"longer":         {time.Hour, ratelimit.MaxPause},
		"beyond reading": {1<<63 - 1, ratelimit.MaxPause},
	} {
		bubble(t, name, func(t *testing.T) {
			q := newLine(t, ratelimit.Limit{N: 1, Per: time.Second})
			q.join(t.Context(), "before", ratelimit.Interactive)
			q.join(t.Context(), "queued", ratelimit.Bulk)
			began := time.Now()
			q.limiter.(ratelimit.Feedback).Throttled(tc.retryAfter)
			q.join(t.Context(), "after", ratelimit.Interactive)
			q.expect("before")
			for _, name := range []string{"queued", "after"} {
				e, ok := errors.AsType[*errs.Error](q.failure(name))
				if !ok || e.Code != errs.RateLimited || e.Retry != errs.Temporary || e.RetryAfter != tc.pause || e.Outcome != errs.NotApplied {
					t.Errorf("%s: error is %v", name, e)
				}
			}
			if passed := time.Since(began); passed != 0 {
				t.Errorf("they waited %v", passed)
			}
			time.Sleep(tc.pause - ratelimit.MaxPauseWait) // what is left is waited out
			q.join(t.Context(), "later", ratelimit.Interactive)
			q.expect("before", "later")
			q.expectAt("later", tc.pause)
		})
	}
}

// TestPauseIsOver asks for the wait before the end of a pause, and again long after it.
func TestPauseIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, everySecond)
		l.(ratelimit.Feedback).Throttled(2 * time.Second)
		for _, want := range []time.Duration{2 * time.Second, time.Second, 0, 0} {
			if wait := l.(ratelimit.Inspector).Stats().Wait; wait != want {
				t.Errorf("stats say %v, want %v", wait, want)
			}
			time.Sleep(time.Second)
		}
	})
}

// TestLongestWindow has a window whose end is beyond what a time.Duration can say.
func TestLongestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLine(t, ratelimit.Limit{N: 1, Per: 1<<63 - 1, Margin: 1<<63 - 1})
		time.Sleep(time.Second)
		short, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		long, cancel := context.WithCancel(t.Context())
		defer cancel()
		q.join(t.Context(), "a", ratelimit.Interactive)
		time.Sleep(time.Second)
		q.join(short, "b", ratelimit.Interactive)
		q.join(long, "c", ratelimit.Interactive)
		q.join(short, "d", ratelimit.Interactive)
		time.Sleep(24 * time.Hour)
		cancel()
		q.expect("a")
		for name, code := range map[string]errs.Code{"b": errs.RateLimited, "c": errs.Canceled, "d": errs.RateLimited} {
			if err := q.failure(name); !errors.Is(err, code) {
				t.Errorf("%s: error is %v, want %s", name, err, code)
			}
		}
	})
}

// TestThrottledWhileQueued pauses a queue: whoever is too late now is told so, and the others move up.
func TestThrottledWhileQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLine(t, everySecond)
		short, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		long, cancel := context.WithTimeout(t.Context(), 6*time.Second)
		defer cancel()
		q.join(t.Context(), "a", ratelimit.Interactive)
		q.join(short, "b", ratelimit.Interactive)
		q.join(t.Context(), "c", ratelimit.Interactive)
		q.join(short, "d", ratelimit.Bulk)
		q.join(long, "e", ratelimit.Bulk)
		time.Sleep(500 * time.Millisecond)
		q.limiter.(ratelimit.Feedback).Throttled(4 * time.Second)
		q.expect("a", "c", "e")
		q.expectAt("c", 4500*time.Millisecond)
		q.expectAt("e", 5500*time.Millisecond) // third in the queue, it would have been too late
		for name, retryAfter := range map[string]time.Duration{"b": 4 * time.Second, "d": 5 * time.Second} {
			q.expectAt(name, 500*time.Millisecond)
			e, ok := errors.AsType[*errs.Error](q.failure(name))
			if !ok || e.Code != errs.RateLimited || e.RetryAfter != retryAfter {
				t.Errorf("%s: error is %v", name, q.failure(name))
			}
		}
	})
}
