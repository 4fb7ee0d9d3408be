package ratelimit_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// meter decides at the provider whether a request is served.
type meter func(now time.Time) bool

// windowMeter serves n in any window of a second.
func windowMeter(n int) meter {
	var served []time.Time
	return func(now time.Time) bool {
		if i := len(served) - n; i >= 0 && now.Sub(served[i]) < time.Second {
			return false
		}
		served = append(served, now)
		return true
	}
}

// strictMeter is a windowMeter that counts the requests too that it refuses.
func strictMeter(n int) meter {
	var arrived []time.Time
	return func(now time.Time) bool {
		arrived = append(arrived, now)
		i := len(arrived) - 1 - n
		return i < 0 || now.Sub(arrived[i]) >= time.Second
	}
}

func clockMeter(n int) meter {
	var second int64
	served := 0
	return func(now time.Time) bool {
		if now.Unix() != second {
			second, served = now.Unix(), 0
		}
		served++
		return served <= n
	}
}

// bucketMeter refills with n per second, and holds a tenth of that, at least 2: a request may be early.
func bucketMeter(n int) meter {
	bucket := rate.NewLimiter(rate.Limit(n), max(2, n/10))
	return func(now time.Time) bool { return bucket.AllowN(now, 1) }
}

// provider is a server of an unknown rate.
type provider struct {
	mu    sync.Mutex
	meter meter
	trip  time.Duration // longest time from a permit to the arrival, and back
	end   time.Time     // requests that arrive later are not counted
}

// tally is how many requests of one client were served and refused.
type tally struct{ served, refused int }

// send is one request; what became of it is noted in to.
func (p *provider) send(random *rand.Rand, to *tally) (served bool) {
	trip := func() { time.Sleep(time.Duration(random.Int64N(int64(p.trip) + 1))) }
	trip()
	p.mu.Lock()
	served = p.meter(time.Now())
	switch {
	case time.Now().After(p.end):
	case served:
		to.served++
	default:
		to.refused++
	}
	p.mu.Unlock()
	trip()
	return served
}

// load runs 64 callers, each of which sends its next request when the one before is answered.
func (p *provider) load(t *testing.T, l ratelimit.Limiter, to *tally) (wait func()) {
	var group sync.WaitGroup
	for i := range 64 {
		group.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(i)))
			for time.Now().Before(p.end) {
				if err := l.Wait(t.Context(), ratelimit.Priority(i%2)); err != nil {
					t.Error(err)
				}
				if !p.send(random, to) {
					throttle(l, 0)
				}
			}
		})
	}
	return group.Wait
}

// TestAdaptiveFindsTheRate keeps 64 callers busy for ten minutes. The sawtooth from half of the rate to the whole, with
// a pause after each tooth, uses 70 %.
func TestAdaptiveFindsTheRate(t *testing.T) {
	meters := map[string]func(int) meter{"window": windowMeter, "strict window": strictMeter, "clock": clockMeter, "bucket": bucketMeter}
	for _, tc := range []struct {
		rate    int
		used    float64 // of the rate, at least
		refused float64 // of the requests, at most
	}{
		{1, 0.6, 0.5}, {3, 0.5, 0.2}, {5, 0.5, 0.1}, {10, 0.6, 0.05}, {20, 0.6, 0.05}, {50, 0.6, 0.05},
	} {
		for name, meter := range meters {
			bubble(t, fmt.Sprint(name, tc.rate), func(t *testing.T) {
				const length = 10 * time.Minute
				p := provider{meter: meter(tc.rate), trip: 20 * time.Millisecond, end: time.Now().Add(length)}
				var got tally
				p.load(t, newLimiter(t, adaptive), &got)()
				used := float64(got.served) / (float64(tc.rate) * length.Seconds())
				refused := float64(got.refused) / float64(got.served+got.refused)
				t.Logf("%.1f %% used, %.2f %% refused", 100*used, 100*refused)
				if used < tc.used || refused > tc.refused {
					t.Errorf("want %.0f %% used and at most %.0f %% refused", 100*tc.used, 100*tc.refused)
				}
			})
		}
	}
}

// TestAdaptiveShares has two processes spend one budget. The larger share gets more, though not in proportion: it is
// throttled more often.
func TestAdaptiveShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		share := func(fraction float64) ratelimit.Limiter {
			limit, err := adaptive.Share(fraction)
			if err != nil {
				t.Fatal(err)
			}
			return newLimiter(t, limit)
		}
		const length = 10 * time.Minute
		p := provider{meter: windowMeter(40), trip: 20 * time.Millisecond, end: time.Now().Add(length)}
		var small, large tally
		waitSmall := p.load(t, share(0.25), &small)
		waitLarge := p.load(t, share(0.75), &large)
		waitSmall()
		waitLarge()
		total := float64(small.served + large.served)
		if used := total / (40 * length.Seconds()); used < 0.6 {
			t.Errorf("%.1f %% of the rate is used", 100*used)
		}
		if part := float64(small.served) / total; part < 0.25 || part > 0.45 {
			t.Errorf("the smaller share got %.1f %%", 100*part)
		}
	})
}
