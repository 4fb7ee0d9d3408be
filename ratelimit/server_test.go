package ratelimit_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

const perSecondMargin = 50 * time.Millisecond

var perSecond = ratelimit.Limit{N: 20, Per: time.Second, Margin: perSecondMargin}

// newLimiter returns a limiter of its own, not shared through a pool.
func newLimiter(t testing.TB, limits ...ratelimit.Limit) ratelimit.Limiter {
	t.Helper()
	var pool ratelimit.Pool
	l, err := pool.Limiter(ratelimit.Budget{Endpoint: "kv.example.com", Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// traffic is a number of callers that send as fast as they may to a simulated server.
type traffic struct {
	wait   func(context.Context) error
	starts []time.Duration // one for each caller
	length time.Duration
	jitter time.Duration // a request takes a random time up to this
	// All callers stop at stallAt, and resume together at stallAt+stall.
	stallAt, stall time.Duration
}

type record struct {
	sent, arrived []time.Duration
	perCaller     []int // admissions after the moment at which the last caller starts
}

// run must be called in a bubble.
func (tr traffic) run(t *testing.T) record {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	rec := record{perCaller: make([]int, len(tr.starts))}
	begin, allStarted := time.Now(), slices.Max(tr.starts)
	var mu sync.Mutex
	var callers sync.WaitGroup
	for i, start := range tr.starts {
		callers.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(i)))
			time.Sleep(start)
			for tr.wait(ctx) == nil {
				sent := time.Since(begin)
				mu.Lock()
				rec.sent = append(rec.sent, sent)
				rec.arrived = append(rec.arrived, sent+time.Duration(random.Int64N(int64(tr.jitter)+1)))
				if sent > allStarted { // until then whoever runs first finds nobody in the queue
					rec.perCaller[i]++
				}
				mu.Unlock()
				if tr.stall > 0 && sent >= tr.stallAt && sent < tr.stallAt+tr.stall {
					time.Sleep(tr.stallAt + tr.stall - sent)
				}
			}
		})
	}
	time.Sleep(tr.length)
	cancel()
	callers.Wait()
	slices.Sort(rec.sent)
	slices.Sort(rec.arrived)
	return rec
}

// tooMany returns how many arrivals come less than per after the n-th before them.
func tooMany(arrived []time.Duration, n int, per time.Duration) int {
	over := 0
	for i := n; i < len(arrived); i++ {
		if arrived[i]-arrived[i-n] < per {
			over++
		}
	}
	return over
}

// starts returns the starting times of 60 callers.
func starts(gap func(random *rand.Rand) time.Duration) []time.Duration {
	random := rand.New(rand.NewPCG(2, 3))
	times := make([]time.Duration, 60)
	for i := 1; i < len(times); i++ {
		times[i] = times[i-1] + gap(random)
	}
	return times
}

var startPatterns = map[string][]time.Duration{
	"simultaneous": starts(func(*rand.Rand) time.Duration { return 0 }),
	"staggered":    starts(func(*rand.Rand) time.Duration { return 17 * time.Millisecond }),
	"poisson": starts(func(random *rand.Rand) time.Duration {
		return time.Duration(random.ExpFloat64() * float64(50*time.Millisecond))
	}),
}

func interactive(l ratelimit.Limiter) func(context.Context) error {
	return func(ctx context.Context) error { return l.Wait(ctx, ratelimit.Interactive) }
}

// bubble runs a test in virtual time. It fails when goroutines are left.
func bubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}
