package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

var adaptive = ratelimit.Limit{Adaptive: true}

// spend admits n requests, which must not be kept waiting.
func spend(t *testing.T, l ratelimit.Limiter, n int) {
	t.Helper()
	for i, at := range schedule(t, l, n) {
		if at != 0 {
			t.Fatalf("request %d of %d was kept waiting for %v", i, n, at)
		}
	}
}

func throttle(l ratelimit.Limiter, retryAfter time.Duration) {
	l.(ratelimit.Feedback).Throttled(retryAfter)
}

// lowered brings the rate down to n per second, n being 1 or more, with a pause of a second that is not over.
func lowered(t *testing.T, l ratelimit.Limiter, n int) {
	t.Helper()
	spend(t, l, 2*n)
	throttle(l, 0)
}

// perSecondOf has more callers than are served, and returns how many of them were in each of the next seconds.
func perSecondOf(t *testing.T, l ratelimit.Limiter, seconds int) []int {
	t.Helper()
	length := time.Duration(seconds)*time.Second - 1
	rec := traffic{wait: interactive(l), starts: startPatterns["simultaneous"], length: length}.run(t)
	counts := make([]int, seconds)
	for _, at := range rec.sent {
		counts[at/time.Second]++
	}
	return counts
}

func TestAdaptiveIsNoLimitUntilThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, adaptive)
		for range 20 {
			spend(t, l, 1000)
			time.Sleep(333 * time.Millisecond)
		}
		if stats := l.(ratelimit.Inspector).Stats(); stats != (ratelimit.Stats{}) {
			t.Errorf("stats are %+v", stats)
		}
		short, cancel := context.WithTimeout(t.Context(), 1)
		defer cancel()
		if err := l.Wait(short, ratelimit.Bulk); err != nil {
			t.Error(err)
		}
	})
}

// TestAdaptiveLowersAndGrows counts second by second what is admitted after the first throttling.
func TestAdaptiveLowersAndGrows(t *testing.T) {
	type step struct {
		spend int
		sleep time.Duration
	}
	const s, ms = time.Second, time.Millisecond
	for name, tc := range map[string]struct {
		before     []step
		retryAfter time.Duration
		pause      int // in seconds
		first      int // second's admissions
	}{
		"half of what was admitted":       {[]step{{20, 0}}, 0, 1, 10},
		"after a hint":                    {[]step{{20, 0}}, 3 * s, 3, 10},
		"longest pause waited out":        {[]step{{20, 0}}, ratelimit.MaxPauseWait, 30, 10},
		"at least one":                    {[]step{{1, 0}}, 0, 1, 1},
		"one where nothing was admitted":  {nil, 0, 1, 1},
		"last second rather than present": {[]step{{20, s}, {4, 500 * ms}}, 0, 1, 10},
		"present second if that is more":  {[]step{{4, s}, {20, 500 * ms}}, 0, 1, 10},
		"spread over a second":            {[]step{{7, 300 * ms}, {6, 300 * ms}, {7, 390 * ms}}, 0, 1, 10},
		"not the second before the last":  {[]step{{40, s}, {20, s}, {6, 0}}, 0, 1, 10},
		"not before an idle second":       {[]step{{40, 2 * s}, {20, 0}}, 0, 1, 10},
		"answered late":                   {[]step{{20, 7 * s}}, 0, 1, 10},
		"all of the present second":       {[]step{{8, 500 * ms}, {12, 100 * ms}}, 0, 1, 10},
	} {
		bubble(t, name, func(t *testing.T) {
			l := newLimiter(t, adaptive)
			for _, step := range tc.before {
				spend(t, l, step.spend)
				time.Sleep(step.sleep)
			}
			throttle(l, tc.retryAfter)
			want := make([]int, tc.pause)
			for i := range 15 {
				want = append(want, tc.first+i)
			}
			if got := perSecondOf(t, l, len(want)); !slices.Equal(got, want) {
				t.Errorf("admitted %v, want %v", got, want)
			}
		})
	}
}

// TestAdaptiveIsSpread: no bursts, neither at the end of the pause nor after an idle time.
func TestAdaptiveIsSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ms = time.Millisecond
		l := newLimiter(t, adaptive)
		lowered(t, l, 5)
		check := func(want ...time.Duration) {
			t.Helper()
			if got := schedule(t, l, len(want)); !slices.Equal(got, want) {
				t.Errorf("admitted at %v, want %v", got, want)
			}
		}
		check(1000*ms, 1200*ms, 1400*ms)
		time.Sleep(350 * ms) // 250 ms of it after the next was due
		check(0, 200*ms, 400*ms, 400*ms+166666667)
	})
}

// TestAdaptiveHalvesAgain throttles a second time.
func TestAdaptiveHalvesAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		between func(t *testing.T, l ratelimit.Limiter) // from 16 per second
		want    []int
	}{
		"grown": {func(t *testing.T, l ratelimit.Limiter) {
			perSecondOf(t, l, 1+5) // 20 in the last second
			schedule(t, l, 1)
		}, []int{0, 10, 11, 12}},
		"within the first second": {func(t *testing.T, l ratelimit.Limiter) {
			time.Sleep(time.Second)
			spend(t, l, 1)
		}, []int{0, 8, 9, 10}},
		"with little demand": {func(t *testing.T, l ratelimit.Limiter) {
			time.Sleep(time.Second)
			for range 2 * 4 { // the rate becomes 18
				spend(t, l, 1)
				time.Sleep(250 * time.Millisecond)
			}
			spend(t, l, 1)
		}, []int{0, 2, 3, 4}},
		"down to one": {func(t *testing.T, l ratelimit.Limiter) {
			for range 9 {
				time.Sleep(time.Second)
				schedule(t, l, 1)
				throttle(l, 0)
			}
			time.Sleep(time.Second)
			schedule(t, l, 1)
		}, []int{0, 1, 2, 3}},
	} {
		bubble(t, name, func(t *testing.T) {
			l := newLimiter(t, adaptive)
			lowered(t, l, 16)
			tc.between(t, l)
			throttle(l, 0)
			if got := perSecondOf(t, l, len(tc.want)); !slices.Equal(got, tc.want) {
				t.Errorf("admitted %v, want %v", got, tc.want)
			}
		})
	}
}

// TestAdaptiveHalvesTheRate where a part of a request makes a whole one within the second.
func TestAdaptiveHalvesTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ms = time.Millisecond
		l := newLimiter(t, adaptive)
		spend(t, l, 5)
		throttle(l, 0)
		for _, want := range [][]time.Duration{{1000 * ms, 1400 * ms, 1800 * ms}, {1000 * ms, 1800 * ms}} {
			if got := schedule(t, l, len(want)); !slices.Equal(got, want) {
				t.Errorf("admitted at %v, want %v", got, want)
			}
			throttle(l, 0)
		}
	})
}

// TestAdaptiveStorm: the answers to one burst lower the rate once, even those that come behind the pause.
func TestAdaptiveStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, adaptive)
		spend(t, l, 20)
		var storm sync.WaitGroup
		for i := range 100 {
			storm.Go(func() {
				time.Sleep(time.Duration(i) * 5 * time.Millisecond)
				throttle(l, 0)
			})
		}
		storm.Wait()
		time.Sleep(505 * time.Millisecond)
		throttle(l, 0) // the pause counts from the last
		time.Sleep(1500 * time.Millisecond)
		throttle(l, 0) // half a second after the pause, in which nobody came
		if got, want := perSecondOf(t, l, 6), []int{0, 10, 11, 12, 13, 14}; !slices.Equal(got, want) {
			t.Errorf("admitted %v, want %v", got, want)
		}
	})
}

// TestAdaptiveCountsFromTheLongestPause: a shorter one within it changes nothing, not even where seconds begin.
func TestAdaptiveCountsFromTheLongestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, adaptive)
		spend(t, l, 20)
		throttle(l, 2500*time.Millisecond)
		time.Sleep(200 * time.Millisecond)
		throttle(l, 0)
		for i, at := range schedule(t, l, 11) {
			if want := time.Duration(2300+100*i) * time.Millisecond; at != want {
				t.Errorf("request %d was admitted at %v, want %v", i, at, want)
			}
		}
	})
}

// TestAdaptiveIsLifted has little demand after a burst of 8. The rate is 4, and grows by 1 in each second that has a
// request, until it is over 16.
func TestAdaptiveIsLifted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, adaptive)
		lowered(t, l, 4)
		time.Sleep(3 * time.Second) // two idle seconds, which do not count
		for good := range 13 {
			rate := float64(4 + good)
			want := time.Duration(math.Ceil(1e9 / rate))
			if got := schedule(t, l, 2); got[0] != 0 || got[1] != want {
				t.Fatalf("after %d good seconds admitted at %v, want the second at %v", good, got, want)
			}
			if good == 6 {
				time.Sleep(5 * time.Second) // nor do these
			}
			time.Sleep(time.Second - want)
		}
		spend(t, l, 1000)
		time.Sleep(10 * time.Millisecond)
		spend(t, l, 1000)
		throttle(l, 0) // and limited once more
		if got, want := perSecondOf(t, l, 3), []int{0, 1000, 1001}; !slices.Equal(got, want) {
			t.Errorf("admitted %v, want %v", got, want)
		}
	})
}

// TestAdaptiveForecast compares the forecast, beside other limits and in a growing rate, with what then happens.
func TestAdaptiveForecast(t *testing.T) {
	for name, limits := range map[string][]ratelimit.Limit{
		"alone":             {adaptive},
		"slower growth":     {{N: 1, Per: 2500 * time.Millisecond, Adaptive: true}},
		"with windows":      {adaptive, {N: 8, Per: time.Second}, {N: 2, Per: 130 * time.Millisecond}},
		"with an average":   {{N: 6, Per: time.Second, Average: true}, adaptive},
		"lifted in between": {{N: 40, Per: time.Second, Adaptive: true}, {N: 6, Per: time.Second}},
	} {
		bubble(t, name, func(t *testing.T) {
			q := newLine(t, limits...)
			for range 5 {
				q.join(t.Context(), "", ratelimit.Bulk)
			}
			throttle(q.limiter, 1500*time.Millisecond)
			time.Sleep(100 * time.Millisecond)
			short, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
			defer cancel()
			forecast := make([]time.Duration, 100)
			for i := range forecast {
				forecast[i] = q.limiter.(ratelimit.Inspector).Stats().Wait
				e, ok := errors.AsType[*errs.Error](q.limiter.Wait(short, ratelimit.Bulk))
				if !ok || e.RetryAfter != forecast[i] {
					t.Errorf("request %d: stats say %v, error is %v", i, forecast[i], e)
				}
				q.join(t.Context(), "", ratelimit.Bulk)
			}
			q.callers.Wait()
			for i, at := range q.times[5:] {
				if at -= 100 * time.Millisecond; (at - forecast[i]).Abs() > time.Microsecond {
					t.Errorf("request %d was admitted at %v, the forecast was %v", i, at, forecast[i])
				}
			}
		})
	}
}

// TestAdaptiveQueue has deadlines, priorities and a caller that gives up, at a rate of 2 and then 3 per second.
func TestAdaptiveQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ms = time.Millisecond
		q := newLine(t, adaptive)
		within := func(d time.Duration) context.Context {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			t.Cleanup(cancel)
			return ctx
		}
		lowered(t, q.limiter, 2)
		leaving, leave := context.WithCancel(t.Context())
		q.join(t.Context(), "bulk 1", ratelimit.Bulk)
		q.join(t.Context(), "bulk 2", ratelimit.Bulk)
		q.join(leaving, "leaves", ratelimit.Interactive)
		q.join(t.Context(), "a", ratelimit.Interactive)
		q.join(within(2000*ms), "too late", ratelimit.Interactive)
		q.expectAt("too late", 0)
		e, ok := errors.AsType[*errs.Error](q.failure("too late"))
		if !ok || e.Code != errs.RateLimited || e.Retry != errs.Temporary || e.RetryAfter != 2000*ms ||
			!strings.Contains(e.Message, "2 requests per second") || !strings.Contains(e.Message, "callers ahead: 2") {
			t.Errorf("error is %v", e)
		}
		q.join(within(2001*ms), "in time", ratelimit.Interactive)
		time.Sleep(500 * ms)
		leave()
		q.expect("a", "in time", "bulk 1", "bulk 2")
		q.expectAt("leaves", 500*ms)
		q.expectAt("a", 1000*ms)
		q.expectAt("in time", 1500*ms)
		q.expectAt("bulk 1", 2000*ms)
		q.expectAt("bulk 2", 2000*ms+333333334)
	})
}

// TestAdaptiveLoweredWhileQueued: whoever is too late at the lower rate is told so at once.
func TestAdaptiveLoweredWhileQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ms = time.Millisecond
		q := newLine(t, adaptive)
		lowered(t, q.limiter, 4)
		time.Sleep(1000 * ms)
		short, cancel := context.WithTimeout(t.Context(), 1200*ms)
		defer cancel()
		for _, name := range []string{"a", "b", "c"} {
			q.join(t.Context(), name, ratelimit.Interactive)
		}
		q.join(short, "d", ratelimit.Interactive) // at 750 ms
		q.join(t.Context(), "e", ratelimit.Bulk)
		time.Sleep(100 * ms)
		throttle(q.limiter, 10*ms) // from 4 per second to 2; b keeps its distance from a
		q.expect("a", "b", "c", "e")
		q.expectAt("b", 1250*ms)
		q.expectAt("c", 1750*ms)
		q.expectAt("d", 1100*ms)
		q.expectAt("e", 2250*ms)
		if e, ok := errors.AsType[*errs.Error](q.failure("d")); !ok || e.Code != errs.RateLimited || e.RetryAfter != 1150*ms {
			t.Errorf("error is %v", q.failure("d"))
		}
	})
}

// TestAdaptiveCatchesUp wakes the head of the queue late, at 100 requests per second.
func TestAdaptiveCatchesUp(t *testing.T) {
	for name, tc := range map[string]struct {
		late   time.Duration
		atOnce int // together with the late one
	}{
		"a little late": {30 * time.Millisecond, 3},
		"very late":     {300 * time.Millisecond, 5},
	} {
		bubble(t, name, func(t *testing.T) {
			const ms = time.Millisecond
			q := newLine(t, adaptive)
			lowered(t, q.limiter, 100)
			q.join(t.Context(), "first", ratelimit.Interactive)
			q.join(lateContext{t.Context(), time.Now().Add(1010 * ms), tc.late}, "late", ratelimit.Interactive)
			for i := range 10 {
				q.join(t.Context(), fmt.Sprint(i), ratelimit.Interactive)
			}
			q.callers.Wait()
			q.expectAt("first", 1000*ms)
			q.expectAt("late", 1010*ms+tc.late)
			q.expectAt(fmt.Sprint(tc.atOnce-1), 1010*ms+tc.late)
			q.expectAt(fmt.Sprint(tc.atOnce), 1020*ms+tc.late)
			q.expectAt("9", (1020+10*time.Duration(9-tc.atOnce))*ms+tc.late)
		})
	}
}

// TestAdaptiveMerges gives a budget further limits, before and after it is throttled.
func TestAdaptiveMerges(t *testing.T) {
	slow := ratelimit.Limit{N: 1, Per: 2 * time.Second, Adaptive: true}
	window := func(n int) ratelimit.Limit { return ratelimit.Limit{N: n, Per: time.Second} }
	for name, tc := range map[string]struct {
		first, then []ratelimit.Limit
		want        []int
	}{
		"twice the same":          {[]ratelimit.Limit{adaptive, adaptive}, []ratelimit.Limit{adaptive, {N: 1, Per: time.Second, Adaptive: true}}, []int{0, 5, 6, 7, 8}},
		"slower":                  {[]ratelimit.Limit{adaptive}, []ratelimit.Limit{slow}, []int{0, 5, 6, 6, 6}},
		"faster":                  {[]ratelimit.Limit{slow}, []ratelimit.Limit{adaptive}, []int{0, 5, 6, 6, 6}},
		"a window":                {[]ratelimit.Limit{adaptive}, []ratelimit.Limit{window(10)}, []int{0, 5, 6, 7, 8, 9, 10, 10, 10}},
		"a window before":         {[]ratelimit.Limit{window(20)}, []ratelimit.Limit{adaptive}, []int{0, 5, 6, 7, 8}},
		"another adaptive window": {[]ratelimit.Limit{{N: 1, Per: time.Second, Adaptive: true}}, []ratelimit.Limit{{N: 10, Per: 10 * time.Second, Adaptive: true}}, []int{0, 5, 6, 7, 8}},
	} {
		for when, late := range map[string]bool{"": false, ", later": true} {
			bubble(t, name+when, func(t *testing.T) {
				var pool ratelimit.Pool
				budget := ratelimit.Budget{Limits: tc.first}
				l, err := pool.Limiter(budget)
				if err != nil {
					t.Fatal(err)
				}
				add := func() {
					budget.Limits = tc.then
					if again, err := pool.Limiter(budget); err != nil || again != l {
						t.Fatal("another limiter", err)
					}
				}
				if !late {
					add()
				}
				for range 2 {
					spend(t, l, 5)
					time.Sleep(300 * time.Millisecond)
				}
				if late {
					add()
				}
				throttle(l, 0)
				if got := perSecondOf(t, l, len(tc.want)); !slices.Equal(got, tc.want) {
					t.Errorf("admitted %v, want %v", got, tc.want)
				}
			})
		}
	}
}

// TestAdaptiveMemory: what every opened client says of its budget is kept once.
func TestAdaptiveMemory(t *testing.T) {
	var pool ratelimit.Pool
	budget := ratelimit.Budget{Limits: []ratelimit.Limit{adaptive}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 1000 {
		if _, err := pool.Limiter(budget); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<16 {
		t.Errorf("allocated %d bytes", grown)
	}
}
