package local_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
)

func TestStaleShowsThePast(t *testing.T) {
	onBoth(t, func(s *store) {
		old, now := s.ns(local.KVOptions{Stale: time.Minute}), s.ns(local.KVOptions{})
		old.put("k", "1")
		old.holds("k", "-")
		now.holds("k", "1")
		s.advance(time.Minute - 1)
		old.holds("k", "-")
		s.advance(1)
		old.holds("k", "1")

		now.put("k", "2") // written by another service of the store
		s.advance(30 * time.Second)
		now.put("k", "3")
		now.put("k", "4")
		s.advance(30*time.Second - 1)
		old.holds("k", "1")
		s.advance(1)
		old.holds("k", "2")
		now.delete("k")
		s.advance(30 * time.Second)
		old.holds("k", "4")
		now.holds("k", "-")
		s.advance(30 * time.Second)
		old.holds("k", "-")
	})
}

// What became of a write that does not show yet is said, and of a key that nobody wrote nothing more than that.
func TestStaleSaysWhy(t *testing.T) {
	onBoth(t, func(s *store) {
		n := s.ns(local.KVOptions{Stale: time.Minute})
		n.put("k", "1")
		for key, want := range map[string]string{"k": `there was no key "k" 1m0s ago, and stale shows no later write`, "other": `there is no key "other"`} {
			_, err := n.Get(context.Background(), &driver.GetRequest{Key: key})
			if e, ok := errors.AsType[*errs.Error](err); !ok || e.Code != errs.KeyNotFound || e.Message != want {
				s.Errorf("%s: %v", key, err)
			}
		}
	})
}

// An expired key is absent from the past too: a copy at the edge knows its expiry.
func TestStaleExpiry(t *testing.T) {
	onBoth(t, func(s *store) {
		n := s.ns(local.KVOptions{Stale: time.Minute})
		n.put("k", "1", ttl(90*time.Second))
		n.put("short", "1", ttl(time.Second))
		s.advance(time.Minute)
		n.holds("k", "1")
		n.holds("short", "-")
		n.put("k", "2")
		s.advance(30*time.Second - 1)
		n.holds("k", "1")
		s.advance(1)
		n.holds("k", "-") // the old value has expired, the new one is not here yet
		if got := n.keys("", 10); len(got) != 0 {
			s.Errorf("listed %q", got)
		}
		s.advance(30 * time.Second)
		n.holds("k", "2")
	})
}

// Every kind of read is compared with a model that replays the writes.
func TestStaleAgainstModel(t *testing.T) {
	onBoth(t, func(s *store) {
		type write struct {
			at         time.Time
			key, value string // value "-": deleted
		}
		var writes []write
		const staleness = 10 * time.Second
		old := s.ns(local.KVOptions{Stale: staleness})
		other := s.ns(local.KVOptions{Stale: 3 * time.Second}) // shorter: must not shorten the memory of the first
		rng := rand.New(rand.NewPCG(5, 6))
		for step := range 400 {
			key := fmt.Sprintf("%c", 'a'+rng.IntN(12))
			if rng.IntN(3) == 0 {
				other.delete(key)
				writes = append(writes, write{s.Now(), key, "-"})
			} else {
				value := fmt.Sprint(step)
				old.put(key, value)
				writes = append(writes, write{s.Now(), key, value})
			}
			s.advance(time.Duration(rng.IntN(2000)) * time.Millisecond)

			for _, view := range []struct {
				ns
				stale time.Duration
			}{{old, staleness}, {other, 3 * time.Second}} {
				model := map[string]string{}
				for _, w := range writes {
					if w.at.After(s.Now().Add(-view.stale)) {
						continue
					}
					if model[w.key] = w.value; w.value == "-" {
						delete(model, w.key)
					}
				}
				var want []string
				all := &driver.GetBatchRequest{}
				for c := 'a'; c < 'a'+12; c++ {
					all.Keys = append(all.Keys, string(c))
					if value, there := model[string(c)]; there {
						want = append(want, string(c))
						view.holds(string(c), value)
					} else {
						view.holds(string(c), "-")
					}
				}
				if got := view.keys("", 1+rng.IntN(5)); !slices.Equal(got, want) {
					s.Fatalf("step %d: listed %q, want %q", step, got, want)
				}
				res, err := view.Namespace.(driver.BatchGetter).GetBatch(context.Background(), all)
				if err != nil {
					s.Fatal(err)
				}
				for i, r := range res.Results {
					if string(r.Value) != model[all.Keys[i]] {
						s.Fatalf("step %d: batch has %q for %q, want %q", step, r.Value, all.Keys[i], model[all.Keys[i]])
					}
				}
			}
		}
	})
}

func TestStaleBatchesAndInspect(t *testing.T) {
	s := inMemory(t)
	n := s.ns(local.KVOptions{Stale: time.Minute, Like: "cloudflare"})
	put := &driver.PutBatchRequest{}
	var keys []string
	for i := range 30 {
		keys = append(keys, fmt.Sprintf("k%02d", i))
		put.Items = append(put.Items, &driver.PutRequest{Key: keys[i], Metadata: []byte("1")})
	}
	if _, err := n.Namespace.(driver.BatchPutter).PutBatch(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	inspect := func() error {
		_, err := n.Namespace.(driver.Inspector).Inspect(t.Context(), &driver.InspectRequest{Key: "k00", WantMetadata: true})
		return err
	}
	refused(t, "inspect too early", inspect(), errs.KeyNotFound)
	s.advance(time.Minute)
	if err := inspect(); err != nil {
		t.Error(err)
	}
	if _, err := n.Namespace.(driver.BatchDeleter).DeleteBatch(t.Context(), &driver.DeleteBatchRequest{Keys: keys[5:25]}); err != nil {
		t.Fatal(err)
	}
	if got := n.keys("k", 10); !slices.Equal(got, keys) {
		t.Errorf("listed %q", got)
	}
	s.advance(time.Minute)
	if got := n.keys("k", 10); len(got) != 10 {
		t.Errorf("listed %q", got)
	}
}

func TestNamespaceOperationsAreNotStale(t *testing.T) {
	s := inMemory(t)
	o := local.KVOptions{Stale: time.Minute}
	service := s.service(o)
	n := s.ns(o)
	n.put("k", "v")
	s.advance(time.Minute)
	n.put("k", "w")
	if err := rename(service, "ns", "new"); err != nil {
		t.Fatal(err)
	}
	s.named("new", o).holds("k", "v") // the content is as old as before
	if err := drop(service, "new"); err != nil {
		t.Fatal(err)
	}
	s.missing(n)
	s.create(service, "new")
	s.named("new", o).holds("k", "-")
}

// After reopening, everything shows.
func TestStaleIsNotPersisted(t *testing.T) {
	s := &store{T: t, clock: newClock(), path: t.TempDir() + "/kv.db"}
	s.open()
	o := local.KVOptions{Stale: time.Minute}
	s.create(s.service(o), "ns")
	s.ns(o).put("k", "v")
	s.ns(o).holds("k", "-")
	s.Close()
	s.open()
	defer s.Close()
	s.ns(o).holds("k", "v")
}

// With the real clock of a bubble, without an injected one.
func TestClockDefaultsToTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, err := local.Open(local.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s := &store{T: t, Account: a}
		s.create(s.service(local.KVOptions{}), "ns")
		old, now := s.ns(local.KVOptions{Stale: time.Minute}), s.ns(local.KVOptions{})
		now.put("k", "v", ttl(2*time.Minute))
		time.Sleep(time.Minute - 1)
		old.holds("k", "-")
		time.Sleep(time.Nanosecond)
		old.holds("k", "v")
		time.Sleep(time.Minute - 1)
		now.holds("k", "v")
		time.Sleep(time.Nanosecond)
		now.holds("k", "-")
		old.holds("k", "-")
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
