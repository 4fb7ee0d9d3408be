package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// onceASecond is the pace of these tests.
var onceASecond = ratelimit.Pace{Endpoint: "kv.example.com", Scope: "ns", Every: time.Second}

// writers are requests of one pacer, and when they left.
type writers struct {
	t     *testing.T
	pacer ratelimit.Pacer
	begin time.Time
	all   sync.WaitGroup

	mu  sync.Mutex
	at  map[string]time.Duration // when they left, or failed
	err map[string]error
	by  map[string][]time.Duration // by key
}

func newWriters(t *testing.T) *writers {
	t.Helper()
	pacer, err := new(ratelimit.Pool).Pacer(onceASecond)
	if err != nil {
		t.Fatal(err)
	}
	return &writers{t: t, pacer: pacer, begin: time.Now(), at: map[string]time.Duration{}, err: map[string]error{}, by: map[string][]time.Duration{}}
}

// write starts a request with the keys, a text of fields; it leaves so long after its turn has come, or never if the
// time is negative.
func (w *writers) write(ctx context.Context, name, keys string, after time.Duration) {
	w.all.Go(func() {
		leave, err := w.pacer.Wait(ctx, strings.Fields(keys))
		if err == nil {
			time.Sleep(after.Abs())
			leave(after >= 0)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.at[name], w.err[name] = time.Since(w.begin), err
		if err == nil && after >= 0 {
			for key := range strings.FieldsSeq(keys) {
				w.by[key] = append(w.by[key], w.at[name])
			}
		}
	})
	synctest.Wait()
}

// expect waits for all, and says when each left, in milliseconds.
func (w *writers) expect(want map[string]int) {
	w.t.Helper()
	w.all.Wait()
	for name, ms := range want {
		if at, ok := w.at[name]; !ok || at != time.Duration(ms)*time.Millisecond || w.err[name] != nil {
			w.t.Errorf("%s left after %v (%t), %v; want %d ms", name, at, ok, w.err[name], ms)
		}
	}
}

func TestPaceOfOneKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriters(t)
		for _, name := range []string{"1", "2", "3"} {
			w.write(t.Context(), name, "a", 0)
		}
		w.write(t.Context(), "other", "b", 0)
		w.expect(map[string]int{"1": 0, "2": 1000, "3": 2000, "other": 0})
		time.Sleep(300 * time.Millisecond)
		w.write(t.Context(), "4", "a", 0)
		w.expect(map[string]int{"4": 3000})
		time.Sleep(5 * time.Second)
		w.write(t.Context(), "5", "a", 0)
		w.expect(map[string]int{"5": 8000})
	})
}

// A request with several keys waits for the slowest, holds up those that come later for one of its keys, and no others.
func TestPaceOfSeveralKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriters(t)
		w.write(t.Context(), "a1", "a", 0)
		w.write(t.Context(), "a2", "a", 0)
		w.write(t.Context(), "batch", "c b a", 0)
		w.write(t.Context(), "b", "b", 0)
		w.write(t.Context(), "d", "d", 0)
		w.write(t.Context(), "twice", "e e", 0)
		w.write(t.Context(), "none", "", 0)
		w.write(t.Context(), "e", "e", 0)
		w.expect(map[string]int{"a1": 0, "a2": 1000, "batch": 2000, "b": 3000, "d": 0, "twice": 0, "none": 0, "e": 1000})
	})
}

// What counts is when a request leaves, not when its turn came; one that does not leave spends nothing.
func TestPaceCountsFromTheDeparture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriters(t)
		w.write(t.Context(), "late", "a b", 700*time.Millisecond)
		w.write(t.Context(), "next", "a", 0)
		w.write(t.Context(), "unsent", "b", -time.Millisecond)
		w.write(t.Context(), "after unsent", "b", 0)
		w.expect(map[string]int{"late": 700, "next": 1700, "unsent": 1701, "after unsent": 1701})
	})
}

// Whose turn comes too late is refused at once, and leaves no trace.
func TestPaceDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriters(t)
		within := func(d time.Duration) context.Context {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			t.Cleanup(cancel)
			return ctx
		}
		w.write(t.Context(), "a1", "a", 0)
		w.write(t.Context(), "a2", "a b", 0)
		time.Sleep(250 * time.Millisecond)
		for keys, turn := range map[string]int{"a": 1750, "b": 1750, "c b": 1750} {
			for _, deadline := range []int{1, 1000, turn} {
				w.write(within(time.Duration(deadline)*time.Millisecond), keys, keys, 0)
				e, ok := errors.AsType[*errs.Error](w.err[keys])
				if !ok || e.Code != errs.RateLimited || e.Retry != errs.Temporary || e.Outcome != errs.NotApplied || e.RetryAfter != time.Duration(turn)*time.Millisecond {
					t.Errorf("%s within %d ms: %v", keys, deadline, w.err[keys])
				}
				if errors.Is(w.err[keys], context.DeadlineExceeded) || w.at[keys] != 250*time.Millisecond {
					t.Errorf("%s: %v after %v", keys, w.err[keys], w.at[keys])
				}
			}
		}
		w.write(within(1751*time.Millisecond), "in time", "a", 0)
		w.write(within(2*time.Second), "elsewhere", "c", 0)
		w.expect(map[string]int{"a1": 0, "a2": 1000, "in time": 2000, "elsewhere": 250})
	})
}

// A turn that looked early enough and is not, since one before it left late, is refused when that shows.
func TestPaceDeadlineThatPassesMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriters(t)
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		w.write(t.Context(), "late", "a", 600*time.Millisecond)
		w.write(ctx, "refused", "a b", 0)
		w.write(t.Context(), "b", "b", 0)
		w.expect(map[string]int{"late": 600, "b": 600})
		if err := w.err["refused"]; errs.CodeOf(err) != errs.RateLimited || w.at["refused"] != 600*time.Millisecond {
			t.Errorf("%v after %v", err, w.at["refused"])
		}
	})
}

// A request that is given up in the queue, or while its key is not ready, returns at once; those behind it move up.
func TestPaceCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriters(t)
		first, cancelFirst := context.WithCancel(t.Context())
		second, cancelSecond := context.WithCancel(t.Context())
		w.write(t.Context(), "sent", "a", 0)
		w.write(first, "first", "a", 0)
		w.write(second, "second", "b a", 0)
		w.write(t.Context(), "b", "b", 0)
		w.write(t.Context(), "third", "a", 0)
		time.Sleep(100 * time.Millisecond)
		cancelSecond()
		time.Sleep(100 * time.Millisecond)
		cancelFirst()
		w.expect(map[string]int{"sent": 0, "b": 100, "third": 1000})
		for name, at := range map[string]time.Duration{"second": 100 * time.Millisecond, "first": 200 * time.Millisecond} {
			if err := w.err[name]; errs.CodeOf(err) != errs.Canceled || !errors.Is(err, context.Canceled) || w.at[name] != at {
				t.Errorf("%s: %v after %v", name, err, w.at[name])
			}
		}
		w.write(first, "over", "z", 0)
		if err := w.err["over"]; errs.CodeOf(err) != errs.Canceled {
			t.Errorf("a context that is over: %v", err)
		}
		// Nor is anybody refused for the sake of those who left.
		ctx, cancel := context.WithTimeout(t.Context(), 1001*time.Millisecond)
		defer cancel()
		w.write(ctx, "fourth", "a", 0)
		w.expect(map[string]int{"fourth": 2000})
	})
}

// Any mixture of requests ends, and no key is written twice in a second.
func TestPaceOfManyRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriters(t)
		random := rand.New(rand.NewPCG(1, 2))
		for i := range 400 {
			var keys []string
			for _, key := range random.Perm(12)[:1+random.IntN(6)] {
				keys = append(keys, fmt.Sprint("k", key))
			}
			ctx, after := t.Context(), time.Duration(random.IntN(40))*time.Millisecond
			if i%3 == 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, time.Duration(1+random.IntN(20_000))*time.Millisecond)
				defer cancel()
			}
			if i%7 == 0 {
				after = -after
			}
			w.write(ctx, fmt.Sprint(i), strings.Join(keys, " "), after)
			time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond)
		}
		w.expect(nil)
		left := 0
		for key, times := range w.by {
			left += len(times)
			for i := 1; i < len(times); i++ {
				if gap := times[i] - times[i-1]; gap < time.Second {
					t.Errorf("%s was written %v after the last time", key, gap)
				}
			}
		}
		if left < 500 {
			t.Errorf("only %d keys were written", left)
		}
	})
}

// A pacer remembers no more than what waits and what left within the last second.
func TestPaceForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriters(t)
		send := func(sent bool, names ...string) {
			t.Helper()
			leave, err := w.pacer.Wait(t.Context(), names)
			if err != nil {
				t.Fatal(err)
			}
			leave(sent)
		}
		remembers := func(want int) {
			t.Helper()
			if keys, departures := ratelimit.Remembered(w.pacer); keys != want || departures != want {
				t.Errorf("%d keys and %d departures are remembered, want %d", keys, departures, want)
			}
		}
		var names []string
		for i := range 1000 {
			names = append(names, fmt.Sprint("k", i))
		}
		send(false, names...)
		remembers(0)
		send(true, names...)
		remembers(1000)
		time.Sleep(500 * time.Millisecond)
		send(true, "one", "two")
		remembers(1002)
		time.Sleep(500 * time.Millisecond)
		send(false, "three")
		remembers(2)
		time.Sleep(500 * time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
		defer cancel()
		send(true, "one")
		if _, err := w.pacer.Wait(ctx, []string{"one", "refused"}); errs.CodeOf(err) != errs.RateLimited {
			t.Error(err)
		}
		remembers(1)
		for range 10_000 { // steady use of ever new keys
			time.Sleep(10 * time.Millisecond)
			send(true, fmt.Sprint(time.Now().UnixNano()))
			if keys, departures := ratelimit.Remembered(w.pacer); keys > 101 || departures > 101 {
				t.Fatalf("%d keys and %d departures", keys, departures)
			}
		}
	})
}

func TestPacersOfAPool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pool ratelimit.Pool
		pacer := func(p ratelimit.Pace) ratelimit.Pacer {
			t.Helper()
			got, err := pool.Pacer(p)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		first := pacer(onceASecond)
		for _, p := range []ratelimit.Pace{
			{Endpoint: "KV.example.COM", Scope: "ns", Every: time.Second}, {Endpoint: "kv.example.com", Scope: "ns", Every: 3 * time.Second}, {Endpoint: "kv.example.com", Scope: "ns", Every: 1},
		} {
			if pacer(p) != first {
				t.Errorf("%+v has a pacer of its own", p)
			}
		}
		for _, p := range []ratelimit.Pace{{Endpoint: "other.example.com", Scope: "ns", Every: 1}, {Endpoint: "kv.example.com", Scope: "NS", Every: 1}} {
			if pacer(p) == first {
				t.Errorf("%+v shares a pacer", p)
			}
		}
		began := time.Now()
		for range 2 {
			leave, err := first.Wait(t.Context(), []string{"k"})
			if err != nil {
				t.Fatal(err)
			}
			leave(true)
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("the second request left after %v: the slowest pace counts", took)
		}
		for _, every := range []time.Duration{0, -1} {
			if got, err := pool.Pacer(ratelimit.Pace{Every: every}); got != nil || errs.CodeOf(err) != errs.InvalidArgument {
				t.Errorf("%v: %v, %v", every, got, err)
			}
		}
	})
}
