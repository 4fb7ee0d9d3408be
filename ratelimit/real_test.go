package ratelimit_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// wide never makes a caller wait, and needs no memory.
var wide = ratelimit.Limit{N: 1 << 30, Per: 1}

// TestConcurrentUse is for the race detector.
func TestConcurrentUse(t *testing.T) {
	var pool ratelimit.Pool
	budget := ratelimit.Budget{Endpoint: "kv.example.com", Limits: []ratelimit.Limit{wide, {N: 1000, Per: time.Millisecond}}}
	var group sync.WaitGroup
	var admitted atomic.Int64
	for i := range 1000 {
		group.Go(func() {
			l, err := pool.Limiter(budget)
			if err != nil {
				t.Error(err)
				return
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			for range 5 {
				if err := l.Wait(ctx, ratelimit.Priority(i%2)); err != nil {
					t.Error(err)
				}
				admitted.Add(1)
			}
			l.(ratelimit.Inspector).Stats()
			if i%500 == 0 {
				l.(ratelimit.Feedback).Throttled(time.Microsecond)
			}
			cancel()
			if err := l.Wait(ctx, ratelimit.Bulk); err == nil {
				t.Error("admitted with a cancelled context")
			}
		})
	}
	group.Wait()
	if admitted.Load() != 5000 {
		t.Errorf("%d admissions, want 5000", admitted.Load())
	}
}

// TestCancelStorm has callers of both priorities come and go at random; those who stay must all be served, and the
// places of the others must not be lost. A bubble whose callers all wait for ever fails.
func TestCancelStorm(t *testing.T) {
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) {
			l := newLimiter(t, ratelimit.Limit{N: 3, Per: 10 * time.Millisecond})
			var callers sync.WaitGroup
			var served atomic.Int64
			for i := range 300 {
				random := rand.New(rand.NewPCG(seed, uint64(i)))
				callers.Go(func() {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					time.Sleep(time.Duration(random.IntN(100)) * time.Millisecond)
					stays := i%2 == 0
					if !stays {
						time.AfterFunc(time.Duration(random.IntN(200))*time.Millisecond, cancel)
					}
					err := l.Wait(ctx, ratelimit.Priority(random.IntN(2)))
					if err == nil {
						served.Add(1)
					} else if stays {
						t.Error(err)
					}
				})
			}
			begin := time.Now()
			callers.Wait()
			if stats := l.(ratelimit.Inspector).Stats(); stats.Queued != 0 {
				t.Errorf("%d callers are left in the queue", stats.Queued)
			}
			// The queue never runs dry for longer than the callers take to arrive.
			if took := time.Since(begin); took > time.Duration(served.Load()/3+20)*10*time.Millisecond {
				t.Errorf("%d requests took %v", served.Load(), took)
			}
		})
	}
}

func TestWaitDoesNotAllocate(t *testing.T) {
	for name, limits := range map[string][]ratelimit.Limit{
		"window":                   {wide},
		"several":                  {wide, {N: 1 << 29, Per: 2}},
		"average":                  {{N: 1 << 30, Per: time.Second, Average: true}, wide},
		"adaptive":                 {{Adaptive: true}},
		"adaptive beside a window": {{Adaptive: true}, wide},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLimiter(t, limits...)
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			if allocs := testing.AllocsPerRun(1000, func() { _ = l.Wait(ctx, ratelimit.Interactive) }); allocs != 0 {
				t.Errorf("%v allocations", allocs)
			}
		})
	}
}

// TestMemory sees to it that a limiter forgets what no limit depends on.
func TestMemory(t *testing.T) {
	l := newLimiter(t, wide)
	allocated := func() uint64 {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.TotalAlloc
	}
	before := allocated()
	for range 100_000 {
		if err := l.Wait(t.Context(), ratelimit.Interactive); err != nil {
			t.Fatal(err)
		}
	}
	if grown := allocated() - before; grown > 1<<18 {
		t.Errorf("100,000 requests allocated %d bytes", grown)
	}
}

func BenchmarkWait(b *testing.B) {
	for name, limits := range map[string][]ratelimit.Limit{
		"window":   {wide},
		"two":      {wide, {N: 1 << 29, Per: 2}},
		"average":  {{N: 1 << 30, Per: 1, Average: true}},
		"adaptive": {{Adaptive: true}},
	} {
		b.Run(name, func(b *testing.B) {
			l := newLimiter(b, limits...)
			ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
			defer cancel()
			b.ReportAllocs()
			for b.Loop() {
				if err := l.Wait(ctx, ratelimit.Interactive); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkQueued is the cost of one caller among 10,000 that wait.
func BenchmarkQueued(b *testing.B) {
	for name, timeout := range map[string]time.Duration{"no deadline": 0, "deadline": time.Hour} {
		b.Run(name, func(b *testing.B) {
			l := newLimiter(b, ratelimit.Limit{N: 1000, Per: time.Microsecond})
			ctx := b.Context()
			if timeout > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, timeout)
				defer cancel()
			}
			b.ReportAllocs()
			for b.Loop() {
				l.(ratelimit.Feedback).Throttled(time.Millisecond)
				var callers sync.WaitGroup
				for range 10_000 {
					callers.Go(func() {
						if err := l.Wait(ctx, ratelimit.Bulk); err != nil {
							b.Error(err)
						}
					})
				}
				callers.Wait()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/caller")
		})
	}
}

// BenchmarkRefused is the cost of a refusal behind 10,000 callers that wait.
func BenchmarkRefused(b *testing.B) {
	l := newLimiter(b, ratelimit.Limit{N: 20, Per: time.Hour})
	ctx, cancel := context.WithCancel(b.Context())
	var callers sync.WaitGroup
	for range 10_000 {
		callers.Go(func() { _ = l.Wait(ctx, ratelimit.Bulk) })
	}
	for l.(ratelimit.Inspector).Stats().Queued < 9_980 {
		time.Sleep(time.Millisecond)
	}
	short, done := context.WithTimeout(ctx, time.Minute)
	b.ReportAllocs()
	for b.Loop() {
		if l.Wait(short, ratelimit.Bulk) == nil {
			b.Fatal("admitted")
		}
	}
	done()
	cancel()
	callers.Wait()
}
