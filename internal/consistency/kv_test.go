package consistency_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
)

// kvCloud is a cloud with namespaces.
type kvCloud struct {
	name   string
	open   func(...emulator.Option) emulator.Emulator
	vendor vendor
}

func kvClouds() []kvCloud {
	return []kvCloud{
		{
			name: "alibaba",
			open: func(opts ...emulator.Option) emulator.Emulator {
				return emulator.NewAlibaba(append(opts, emulator.WithAlibaba(emulator.AlibabaSettings{Deletion: -1}))...)
			},
			vendor: vendor{
				throttling: []string{"TooQuickRequests", "Throttling.User"}, internal: []string{"InternalError", "ServiceUnavailable"},
				creating: []string{"CreateKvNamespace"},
			},
		},
		{
			name: "tencent",
			open: func(opts ...emulator.Option) emulator.Emulator { return emulator.NewTencent(opts...) },
			vendor: vendor{
				throttling: []string{"RequestLimitExceeded", "LimitExceeded.RateLimitExceeded"}, internal: []string{"InternalError"},
				creating: []string{"CreateEdgeKVNamespace"},
			},
		},
		{
			name: "cloudflare",
			open: func(opts ...emulator.Option) emulator.Emulator { return emulator.NewCloudflare(opts...) },
			vendor: vendor{
				throttling: []string{"971", "10022"}, internal: []string{"10027", "10001"},
				creating: []string{"CreateNamespace"}, plain: []string{"ReadValue"},
			},
		},
	}
}

// cell is what a key holds.
type cell struct {
	value, metadata string
	expires         time.Time // zero: never
}

// mayBeGone reports whether the key may have expired: where the seconds that are left are told, they are rounded up.
func (c *cell) mayBeGone() bool {
	return !c.expires.IsZero() && !time.Now().Before(c.expires.Add(-time.Second))
}

// kvRun is a run over the keys of a namespace, of which each worker has its own.
type kvRun struct {
	*run
	ns, looking       *kv.Namespace
	service, overseer *kv.Service
	caps              kv.Capabilities
	readBack          bool
	settled           atomic.Int64
	workers           [workers]kvWorker
}

// kvWorker is what one worker knows.
type kvWorker struct {
	cells      map[string]cell
	namespaces []string
	made       int
	puts       int
}

func TestKVWithFaults(t *testing.T) {
	for _, c := range kvClouds() {
		for _, seed := range seeds(t, 1) {
			t.Run(c.name, func(t *testing.T) { t.Parallel(); kvWithFaults(t, c, seed, 10_000, false) })
		}
	}
}

// With read_back, puts of which nobody knows are read, and end as ambiguous only where reading has failed.
func TestKVWithFaultsAndReadBack(t *testing.T) {
	for _, c := range kvClouds() {
		for _, seed := range seeds(t, 2) {
			t.Run(c.name, func(t *testing.T) { t.Parallel(); kvWithFaults(t, c, seed, 3000, true) })
		}
	}
}

func kvWithFaults(t *testing.T, c kvCloud, seed uint64, operations int, readBack bool) {
	synctest.Test(t, func(t *testing.T) {
		em := c.open(emulator.InMemory(), emulator.WithoutRateLimit())
		defer em.Close()
		r := &kvRun{run: newRun(t, seed, em, c.vendor), readBack: readBack}
		if readBack {
			r.retry.Budget = 100 // so that many puts are given up
		}
		resource := func(readBack bool) crosscloud.Option {
			return crosscloud.WithKV("n", crosscloud.Entry{"provider": "cloud", "namespace": "shared", "create": "true", "read_back": fmt.Sprint(readBack)})
		}
		open := func(counted bool) *kv.Namespace {
			ns, err := r.open(counted, em.Provider(), resource(counted && readBack)).KV(t.Context(), "n")
			if err != nil {
				t.Fatal(err)
			}
			return ns
		}
		r.ns, r.looking = open(true), open(false)
		r.service, r.overseer, r.caps = r.ns.Service(), r.looking.Service(), r.ns.Capabilities()
		for w := range r.workers {
			r.workers[w].cells = map[string]cell{}
		}
		r.work(operations, r.step)
		r.checkAll(t.Context())
		name := c.name + " KV"
		if readBack {
			name += " with read_back"
			if r.settled.Load() == 0 && raceFactor == 1 { // shorter runs may have none
				r.errorf("no put was settled by reading")
			}
			t.Logf("consistency: %s: %d puts settled by reading", name, r.settled.Load())
		}
		r.close(name, operations)
	})
}

// step makes one operation.
func (r *kvRun) step(w int, rng *rand.Rand) func() {
	me := &r.workers[w]
	me.forget(time.Now())
	key := func() string { return fmt.Sprintf("w%d-k%d", w, rng.IntN(12)) }
	several := func() (keys []string) {
		for _, i := range rng.Perm(12)[:2+rng.IntN(6)] {
			keys = append(keys, fmt.Sprintf("w%d-k%d", w, i))
		}
		return keys
	}
	switch n := rng.IntN(100); {
	case n < 30:
		return r.put(me, me.write(r, w, key(), rng))
	case n < 38:
		var writes []kv.Write
		var after []cell
		for _, k := range several() {
			one := me.write(r, w, k, rng)
			writes, after = append(writes, one.Write), append(after, one.cell)
		}
		return r.putMany(me, writes, after)
	case n < 50:
		return r.remove(me, key())
	case n < 56:
		return r.removeMany(me, several())
	case n < 74:
		return r.get(me, key())
	case n < 80:
		return r.getMany(me, several())
	case n < 85:
		return r.list(w, me)
	case n < 94:
		return r.createNamespace(w, me)
	case n < 98:
		return r.deleteNamespace(me)
	case n < 99:
		return r.listNamespaces(w, me)
	}
	time.Sleep(time.Duration(rng.IntN(40)) * time.Second)
	return nil
}

// planned is a write with what the key holds then.
type planned struct {
	kv.Write
	cell cell
}

// write plans a write whose value no other has.
func (me *kvWorker) write(r *kvRun, w int, key string, rng *rand.Rand) planned {
	me.puts++
	p := planned{Write: kv.Write{Key: key}, cell: cell{value: fmt.Sprintf("value %d of worker %d", me.puts, w)}}
	p.Value = []byte(p.cell.value)
	switch rng.IntN(4) {
	case 0: // counted from when the request arrives: by how much the key may live longer is known afterwards
		p.cell.expires = time.Now().Add(2 * time.Hour)
		p.Options = append(p.Options, kv.TTL(2*time.Hour))
	case 1:
		p.cell.expires = time.Now().Add(time.Duration(61+rng.IntN(600)) * time.Second).Truncate(time.Second)
		p.Options = append(p.Options, kv.ExpiresAt(p.cell.expires))
	}
	if r.caps.Metadata != kv.None && rng.IntN(3) == 0 {
		p.cell.metadata = fmt.Sprintf(`{"put":%d}`, me.puts)
		p.Options = append(p.Options, kv.Metadata([]byte(p.cell.metadata)))
	}
	return p
}

// forget drops what has expired.
func (me *kvWorker) forget(now time.Time) {
	maps.DeleteFunc(me.cells, func(_ string, c cell) bool { return !c.expires.IsZero() && !now.Before(c.expires) })
}

// held returns what a key holds, nil for nothing.
func (me *kvWorker) held(key string) *cell {
	if c, ok := me.cells[key]; ok {
		return &c
	}
	return nil
}

// look reads a key while no request fails.
func (r *kvRun) look(ctx context.Context, key string) *cell {
	want := []kv.GetOption{kv.WithExpiry()}
	if r.caps.ReadMetadata != kv.None {
		want = append(want, kv.WithMetadata())
	}
	entry, err := r.looking.Get(ctx, key, want...)
	if errors.Is(err, errs.KeyNotFound) {
		return nil
	}
	if err != nil {
		r.errorf("looking at %s: %v", key, err)
		return nil
	}
	at, _ := entry.Expiry.At()
	return &cell{string(entry.Value), string(entry.Metadata), at}
}

// same compares what is there with what should be. The end of a TTL may be later by as long as the call took.
func same(got, want *cell, took time.Duration) bool {
	if got == nil || want == nil {
		return got == nil && (want == nil || want.mayBeGone())
	}
	late := got.expires.Sub(want.expires)
	return got.value == want.value && got.metadata == want.metadata && got.expires.IsZero() == want.expires.IsZero() &&
		late >= -time.Second && late <= took+time.Second
}

// settle looks at a key after a write, judges the error, and remembers what is there.
func (r *kvRun) settle(me *kvWorker, what, key string, err error, after *cell, took time.Duration) {
	got := r.look(r.t.Context(), key)
	before := me.held(key)
	r.judge(what+" "+key, err, same(got, before, 0), same(got, after, took))
	if got == nil {
		delete(me.cells, key)
	} else {
		me.cells[key] = *got
	}
	if e, ok := err.(*errs.Error); ok && r.readBack && after != nil && e.Outcome == errs.Ambiguous && got != nil && got.value == after.value &&
		!strings.Contains(e.Message, "could not be read back") && !strings.Contains(e.Message, "not read back") {
		r.errorf("%s %s was not settled by reading: %v", what, key, err)
	}
}
