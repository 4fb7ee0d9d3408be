package local_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
)

func TestPutGetDelete(t *testing.T) {
	onBoth(t, func(s *store) {
		n := s.ns(local.KVOptions{})
		n.holds("k", "-")
		n.put("k", "v", ttl(time.Hour), meta(`{"a":1}`))
		res, err := n.get("k")
		if err != nil {
			s.Fatal(err)
		}
		if at, ok := res.Expiry.At(); !ok || !at.Equal(s.Now().Add(time.Hour)) || string(res.Metadata) != `{"a":1}` {
			s.Errorf("got %v %s", res.Expiry, res.Metadata)
		}
		n.put("k", "w") // replaces expiry and metadata too
		res, err = n.get("k")
		if err != nil || !res.Expiry.Never() || res.Metadata != nil || string(res.Value) != "w" {
			s.Errorf("got %+v, %v", res, err)
		}
		s.advance(2 * time.Hour)
		n.holds("k", "w")
		n.delete("k")
		n.delete("k") // absent is success
		n.holds("k", "-")

		n.put("empty", "")
		if res, err := n.get("empty"); err != nil || res.Value == nil || len(res.Value) != 0 {
			s.Errorf("empty value: %v, %v", res, err)
		}
		binary := string([]byte{0, 255, 254, '\n'})
		n.put("\x00é世\x7f", binary)
		n.holds("\x00é世\x7f", binary)
	})
}

func TestExpiryIsExact(t *testing.T) {
	onBoth(t, func(s *store) {
		n := s.ns(local.KVOptions{})
		gone := s.Now().Add(10 * time.Second)
		n.put("ttl", "v", ttl(10*time.Second))
		n.put("at", "v", at(gone.Truncate(time.Second).Add(time.Second)))
		n.put("stay", "v")
		check := func(want ...string) {
			s.Helper()
			if got := n.keys("", 10); !slices.Equal(got, want) {
				s.Errorf("at %v listed %q, want %q", s.Now(), got, want)
			}
			batch, err := n.Namespace.(driver.BatchGetter).GetBatch(context.Background(), &driver.GetBatchRequest{Keys: []string{"at", "stay", "ttl"}})
			if err != nil {
				s.Fatal(err)
			}
			for i, key := range []string{"at", "stay", "ttl"} {
				_, err := n.get(key)
				if there := slices.Contains(want, key); there != (err == nil) || there != (batch.Results[i].Err == nil) {
					s.Errorf("at %v %q: get %v, batch %v", s.Now(), key, err, batch.Results[i].Err)
				}
			}
		}
		s.advance(10*time.Second - 1)
		check("at", "stay", "ttl")
		s.advance(1)
		check("at", "stay")
		s.advance(time.Second - 501) // the last nanosecond before the whole second
		check("at", "stay")
		s.advance(1)
		check("stay")
	})
}

// A sweep removes what has expired, 100 records a write, whatever else there is.
func TestSweep(t *testing.T) {
	onBoth(t, func(s *store) {
		n := s.ns(local.KVOptions{})
		const expiring, staying = 250, 300
		items := &driver.PutBatchRequest{}
		for i := range expiring {
			items.Items = append(items.Items, &driver.PutRequest{Key: fmt.Sprintf("e%03d", i), Value: []byte("v"), TTL: time.Minute})
		}
		for i := range staying {
			items.Items = append(items.Items, &driver.PutRequest{Key: fmt.Sprintf("s%03d", i), Value: []byte("v")})
		}
		empty := s.usage("ns")
		if _, err := n.Namespace.(driver.BatchPutter).PutBatch(context.Background(), items); err != nil {
			s.Fatal(err)
		}
		full := s.usage("ns")
		const one = int64(len("e000") + 2 + 12 + 1) // key, head, expiry, value
		if want := empty + expiring*one + staying*(one-12); full != want {
			s.Errorf("usage is %d, want %d", full, want)
		}
		n.put("e000", "v") // stays now: its old place in the index must not count
		full -= 12
		s.advance(time.Minute)
		left := int64(expiring - 1)
		for _, want := range []int64{100, 100, 49, 0} {
			n.put("s000", "v")
			left -= want
			if got := s.usage("ns"); got != full-one*(expiring-1-left) {
				s.Errorf("usage is %d, want %d: %d expired records left", got, full-one*(expiring-1-left), left)
			}
		}
		n.holds("e000", "v")
		if got := len(n.keys("", 1000)); got != staying+1 {
			s.Errorf("%d keys left", got)
		}
	})
}

func TestUsage(t *testing.T) {
	onBoth(t, func(s *store) {
		n := s.ns(local.KVOptions{})
		if got := s.usage("ns"); got != 0 {
			s.Errorf("new namespace uses %d", got)
		}
		n.put("key", "value", meta("true"))
		if got, want := s.usage("ns"), int64(len("key")+2+1+len("true")+len("value")); got != want {
			s.Errorf("usage is %d, want %d", got, want)
		}
		n.put("key", "v")
		n.put("other", "v")
		n.delete("other")
		n.delete("none")
		if got, want := s.usage("ns"), int64(len("key")+2+len("v")); got != want {
			s.Errorf("usage is %d, want %d", got, want)
		}
		n.delete("key")
		if got := s.usage("ns"); got != 0 {
			s.Errorf("emptied namespace uses %d", got)
		}
	})
}

func TestReopen(t *testing.T) {
	s := &store{T: t, clock: newClock(), path: t.TempDir() + "/kv.db"}
	s.open()
	s.create(s.service(local.KVOptions{}), "ns")
	n := s.ns(local.KVOptions{})
	n.put("k", "v", ttl(time.Minute), meta("1"))
	n.put("stay", "v")
	used := s.usage("ns")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.open()
	defer s.Close()
	n = s.ns(local.KVOptions{})
	res, err := n.get("k")
	if err != nil || string(res.Value) != "v" || string(res.Metadata) != "1" {
		t.Fatalf("%v, %v", res, err)
	}
	if got := s.usage("ns"); got != used {
		t.Errorf("usage is %d, was %d", got, used)
	}
	s.advance(time.Minute)
	n.holds("k", "-")
	n.put("stay", "w") // sweeps by the index of the file
	if got := s.usage("ns"); got != int64(len("stay")+3) {
		t.Errorf("usage is %d", got)
	}
}

// Requests belong to the caller as soon as a call has returned, responses from then on.
func TestNothingIsShared(t *testing.T) {
	onBoth(t, func(s *store) {
		n := s.ns(local.KVOptions{})
		value, metadata := []byte("value"), []byte(`"meta"`)
		keys := []string{"a", "b"}
		scribble := func() {
			for _, b := range [][]byte{value, metadata} {
				for i := range b {
					b[i] = '#'
				}
			}
			copy(keys, []string{"x", "y"})
		}
		if _, err := n.Put(context.Background(), &driver.PutRequest{Key: "a", Value: value, Metadata: metadata}); err != nil {
			s.Fatal(err)
		}
		if _, err := n.Namespace.(driver.BatchPutter).PutBatch(context.Background(), &driver.PutBatchRequest{Items: []*driver.PutRequest{{Key: "b", Value: value, Metadata: metadata}}}); err != nil {
			s.Fatal(err)
		}
		scribble()
		for range 2 {
			for _, key := range []string{"a", "b"} {
				res, err := n.get(key)
				if err != nil || string(res.Value) != "value" || string(res.Metadata) != `"meta"` {
					s.Fatalf("%q: %q %q %v", key, res.Value, res.Metadata, err)
				}
				value, metadata = append(res.Value, "more"...), res.Metadata
				scribble()
			}
			batch, err := n.Namespace.(driver.BatchGetter).GetBatch(context.Background(), &driver.GetBatchRequest{Keys: []string{"a", "b"}})
			if err != nil || !bytes.Equal(batch.Results[0].Value, []byte("value")) {
				s.Fatalf("%+v %v", batch, err)
			}
			value, metadata = batch.Results[0].Value, batch.Results[1].Metadata
			scribble()
			for info, err := range n.all("", 1) {
				if err != nil || string(info.Metadata) != `"meta"` {
					s.Fatalf("%v %v", info, err)
				}
				metadata = info.Metadata
				scribble()
			}
		}
	})
}

// Many callers at once; under -race.
func TestConcurrent(t *testing.T) {
	onBoth(t, func(s *store) {
		plain, stale := s.ns(local.KVOptions{}), s.ns(local.KVOptions{Stale: time.Second})
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(1, uint64(g)))
				for i := range 150 {
					key := fmt.Sprintf("k%02d", rng.IntN(40))
					n := plain
					if rng.IntN(2) == 0 {
						n = stale
					}
					switch rng.IntN(6) {
					case 0:
						n.delete(key)
					case 1:
						n.keys("k", 7)
					case 2:
						if _, err := n.get(key); err != nil && !errors.Is(err, errs.KeyNotFound) {
							s.Error(err)
						}
					case 3:
						s.advance(20 * time.Millisecond)
					default:
						n.put(key, fmt.Sprint(g, i), ttl(time.Second))
					}
				}
				own := fmt.Sprintf("own%d", g)
				plain.put(own, own)
				plain.holds(own, own) // a read shows every write acknowledged before it
			})
		}
		wg.Wait()
		s.advance(time.Hour)
		plain.put("last", "")
		plain.put("last", "")
		if got := s.usage("ns"); got != int64(len("last")+2+8*(2*len("own0")+2)) {
			s.Errorf("usage is %d after all has expired: keys %q", got, plain.keys("", 1000))
		}
	})
}
