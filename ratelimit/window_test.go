package ratelimit_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

func TestWindowIsNeverOverfilled(t *testing.T) {
	for name, starts := range startPatterns {
		bubble(t, name, func(t *testing.T) {
			rec := traffic{
				wait: interactive(newLimiter(t, perSecond)), starts: starts, length: time.Minute, jitter: perSecondMargin,
			}.run(t)
			if over := tooMany(rec.arrived, perSecond.N, perSecond.Per); over != 0 {
				t.Errorf("%d of %d arrivals are over the limit", over, len(rec.arrived))
			}
			if over := tooMany(rec.sent, perSecond.N, perSecond.Per+perSecond.Margin); over != 0 {
				t.Errorf("%d of %d admissions ignore the margin", over, len(rec.sent))
			}
			possible := float64(perSecond.N) * time.Minute.Seconds() / (perSecond.Per + perSecond.Margin).Seconds()
			if used := float64(len(rec.sent)) / possible; used < 0.99 {
				t.Errorf("%.1f %% of the rate is used, want 99", 100*used)
			}
			fewest, most := slices.Min(rec.perCaller), slices.Max(rec.perCaller)
			if float64(most) > 1.1*float64(fewest) {
				t.Errorf("admissions per caller: from %d to %d", fewest, most)
			}
		})
	}
}

func TestWindowAfterStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := traffic{
			wait: interactive(newLimiter(t, perSecond)), starts: startPatterns["simultaneous"], length: 30 * time.Second,
			jitter: perSecondMargin, stallAt: 10 * time.Second, stall: 5 * time.Second,
		}.run(t)
		if over := tooMany(rec.arrived, perSecond.N, perSecond.Per); over != 0 {
			t.Errorf("%d of %d arrivals are over the limit", over, len(rec.arrived))
		}
		resumed, _ := slices.BinarySearch(rec.sent, 15*time.Second)
		if resumed == 0 || resumed == len(rec.sent) || rec.sent[resumed] != 15*time.Second {
			t.Fatalf("nothing was sent at the moment of resuming (%d of %d before)", resumed, len(rec.sent))
		}
		if idle := rec.sent[resumed] - rec.sent[resumed-1]; idle < time.Second {
			t.Fatalf("the callers stalled for %v only", idle)
		}
	})
}

func TestSeveralWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		per5Minutes := ratelimit.Limit{N: 1200, Per: 5 * time.Minute, Margin: perSecondMargin}
		rec := traffic{
			wait: interactive(newLimiter(t, per5Minutes, perSecond)), starts: startPatterns["staggered"],
			length: 12 * time.Minute, jitter: perSecondMargin,
		}.run(t)
		for _, limit := range []ratelimit.Limit{perSecond, per5Minutes} {
			if over := tooMany(rec.arrived, limit.N, limit.Per); over != 0 {
				t.Errorf("%d of %d arrivals are over %v", over, len(rec.arrived), limit)
			}
		}
		if len(rec.sent) != 3*1200 {
			t.Errorf("%d requests in 12 minutes, want 1200 for each window that has begun", len(rec.sent))
		}
		if rec.sent[1199] < 59*1050*time.Millisecond {
			t.Errorf("the first 1200 took %v only", rec.sent[1199])
		}
	})
}

// TestCheckerFindsViolations shows that the checker of the tests above can fail.
func TestCheckerFindsViolations(t *testing.T) {
	bubble(t, "token bucket", func(t *testing.T) {
		rec := traffic{
			wait: rate.NewLimiter(20, 20).Wait, starts: startPatterns["simultaneous"], length: time.Minute,
		}.run(t)
		if tooMany(rec.arrived, 20, time.Second) == 0 {
			t.Error("a token bucket passes as a window")
		}
		inFirst, _ := slices.BinarySearch(rec.arrived, time.Second)
		if inFirst != 39 {
			t.Errorf("the token bucket lets %d through in one second, the documentation says 39", inFirst)
		}
	})
	bubble(t, "no margin", func(t *testing.T) {
		exact := ratelimit.Limit{N: 20, Per: time.Second}
		tr := traffic{
			wait: interactive(newLimiter(t, exact)), starts: startPatterns["poisson"], length: time.Minute,
			jitter: perSecondMargin,
		}
		rec := tr.run(t)
		if tooMany(rec.arrived, 20, time.Second) == 0 {
			t.Error("no violation without a margin, although requests overtake each other")
		}
		if over := tooMany(rec.sent, 20, time.Second); over != 0 {
			t.Errorf("%d of %d admissions are over the limit", over, len(rec.sent))
		}
	})
}

// TestWindowAgainstModel compares admissions at random times with a naive model that remembers everything.
func TestWindowAgainstModel(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 4))
			limits := make([]ratelimit.Limit, 1+random.IntN(3))
			for i := range limits {
				limits[i] = ratelimit.Limit{
					N: 1 + random.IntN(50), Per: time.Duration(1 + i + random.IntN(1000)), Margin: time.Duration(random.IntN(50)),
				}
			}
			l := newLimiter(t, limits...)
			var model []time.Time
			for range 2000 {
				if random.IntN(40) == 0 {
					time.Sleep(time.Duration(random.IntN(800)))
				}
				want := time.Now()
				for _, limit := range limits {
					if i := len(model) - limit.N; i >= 0 {
						if next := model[i].Add(limit.Per + limit.Margin); next.After(want) {
							want = next
						}
					}
				}
				if err := l.Wait(t.Context(), ratelimit.Interactive); err != nil {
					t.Fatal(err)
				}
				if now := time.Now(); !now.Equal(want) {
					t.Fatalf("seed %d, request %d under %v: admitted %v after the model's time", seed, len(model), limits, now.Sub(want))
				}
				model = append(model, want)
			}
		})
	}
}
