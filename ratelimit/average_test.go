package ratelimit_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

var averagePerSecond = ratelimit.Limit{N: 20, Per: time.Second, Average: true}

func TestAverageIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := traffic{
			wait: interactive(newLimiter(t, averagePerSecond)), starts: startPatterns["simultaneous"], length: time.Minute,
			stallAt: 20 * time.Second, stall: 5 * time.Second,
		}.run(t)
		first, _ := slices.BinarySearch(rec.sent, time.Second)
		if first != 39 {
			t.Errorf("%d requests in the first second, want a burst of 20 and 19 more", first)
		}
		// A bucket admits, in any time d, N and what comes in during d; a microsecond is for rounding.
		for i := range rec.sent {
			for j := i; j < len(rec.sent); j++ {
				d := rec.sent[j] - rec.sent[i] + time.Microsecond
				if sent := j - i + 1; float64(sent) > 20+20*d.Seconds() {
					t.Fatalf("%d requests in %v", sent, d)
				}
			}
		}
		if len(rec.sent) < 20*(60-5) {
			t.Errorf("only %d requests in 55 s", len(rec.sent))
		}
	})
}

func TestAverageDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLine(t, ratelimit.Limit{N: 2, Per: time.Second, Average: true})
		for _, name := range []string{"a", "b", "c", "d"} {
			q.join(t.Context(), name, ratelimit.Interactive)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 1250*time.Millisecond)
		defer cancel()
		q.join(ctx, "e", ratelimit.Interactive)
		q.expectAt("e", 0)
		e, ok := errors.AsType[*errs.Error](q.failure("e"))
		if !ok || e.Code != errs.RateLimited || e.RetryAfter != 1500*time.Millisecond ||
			!strings.Contains(e.Message, "callers ahead: 2") || !strings.Contains(e.Message, "2 per 1s (average)") {
			t.Errorf("error is %v", q.failure("e"))
		}
		q.expect("a", "b", "c", "d")
		q.expectAt("c", 500*time.Millisecond)
		q.expectAt("d", time.Second)
	})
}

// TestAverageLowered gives a bucket in use a stricter limit.
func TestAverageLowered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pool ratelimit.Pool
		budget := ratelimit.Budget{Limits: []ratelimit.Limit{{N: 10, Per: time.Second, Average: true}}}
		l, err := pool.Limiter(budget)
		if err != nil {
			t.Fatal(err)
		}
		schedule(t, l, 10)
		budget.Limits = []ratelimit.Limit{{N: 4, Per: time.Second, Average: true}}
		if _, err := pool.Limiter(budget); err != nil {
			t.Fatal(err)
		}
		for _, want := range [][]time.Duration{{250, 500}, {0, 0, 0, 0, 250, 500}} {
			for i, at := range schedule(t, l, len(want)) {
				if (at - want[i]*time.Millisecond).Abs() > time.Microsecond {
					t.Errorf("request %d was admitted at %v, want %d ms", i, at, want[i])
				}
			}
			time.Sleep(time.Minute)
		}
	})
}

// TestAverageWithWindow checks the forecast for both kinds at once against what then happens.
func TestAverageWithWindow(t *testing.T) {
	for name, pause := range map[string]time.Duration{"at once": 0, "after a pause": 10 * time.Second} {
		bubble(t, name, func(t *testing.T) {
			q := newLine(t,
				ratelimit.Limit{N: 8, Per: time.Second, Average: true},
				ratelimit.Limit{N: 3, Per: 100 * time.Millisecond},
				ratelimit.Limit{N: 20, Per: 10 * time.Second},
			)
			if pause > 0 {
				q.limiter.(ratelimit.Feedback).Throttled(pause)
			}
			short, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
			defer cancel()
			var forecast [50]time.Duration
			for i := range forecast {
				forecast[i] = q.limiter.(ratelimit.Inspector).Stats().Wait
				if forecast[i] > 0 {
					e, ok := errors.AsType[*errs.Error](q.limiter.Wait(short, ratelimit.Bulk))
					if !ok || e.RetryAfter != forecast[i] {
						t.Errorf("request %d: stats say %v, error is %v", i, forecast[i], e)
					}
				}
				q.join(t.Context(), "", ratelimit.Bulk)
			}
			q.callers.Wait()
			for i, at := range q.times {
				if (at - forecast[i]).Abs() > time.Microsecond {
					t.Errorf("request %d was admitted at %v, the forecast was %v", i, at, forecast[i])
				}
			}
			if took := time.Since(q.begin) - pause; took < 20*time.Second || took > 22*time.Second {
				t.Errorf("all requests took %v", took)
			}
		})
	}
}
