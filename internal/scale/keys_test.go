package scale_test

import (
	"context"
	"iter"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// What the library may take beyond the least that there can be, and of memory.
const (
	maxRequests = 1.01
	maxTime     = 1.07
	maxHeap     = 64 * mib
)

// job is one call for many keys.
type job struct {
	name     string
	provider string
	answer   func(*http.Request, []byte, int, func(string)) any
	run      func(ctx context.Context, ns *kv.Namespace, keys int) (tally, error)
	keys     int
	size     int // keys of one request at most
	atOnce   int // requests under way at most, as package kv documents it
	latency  time.Duration
	rate     []rate // as documented by the vendor; none where nothing is
}

// rate is n requests in each window.
type rate struct {
	n   int
	per time.Duration
}

func jobs() []job {
	const million = 1_000_000
	teo := []rate{{20, time.Second}}
	workers := []rate{{1200, 5 * time.Minute}, {200, time.Second}}
	far := 200 * time.Millisecond // as from another continent
	return []job{
		{"puts", "tencent", answerTencent, putAll, 10_000, 1, 32, far, teo},
		{"deletes", "tencent", answerTencent, deleteAll, million, 20, 32, far, teo},
		{"listing", "tencent", answerTencent, listAll, million, 1000, 1, 0, teo},
		{"far listing", "tencent", answerTencent, listAll, million / 10, 1000, 1, far, teo},
		{"puts", "cloudflare", answerCloudflare, putAll, million, 1000, 2, 0, workers},
		{"far puts", "cloudflare", answerCloudflare, putAll, million / 10, 1000, 2, far, workers},
		{"deletes", "cloudflare", answerCloudflare, deleteAll, million, 1000, 2, 0, workers},
		{"listing", "cloudflare", answerCloudflare, listAll, million, 1000, 1, 0, workers},
		{"puts", "alibaba", answerAlibaba, putAll, million, 1000, 2, far, nil},
		{"deletes", "alibaba", answerAlibaba, deleteAll, million, 10_000, 2, far, nil},
		{"listing", "alibaba", answerAlibaba, listAll, 50_000, 100, 1, far, nil}, // more cannot be listed
	}
}

func putAll(ctx context.Context, ns *kv.Namespace, keys int) (done tally, err error) {
	value := []byte(`{"on":true}`)
	return settle(ns.PutMany(ctx, func(yield func(kv.Write) bool) {
		for i := range keys {
			if !yield(kv.Write{Key: keyNamed(i), Value: value}) {
				return
			}
		}
	}))
}

func deleteAll(ctx context.Context, ns *kv.Namespace, keys int) (done tally, err error) {
	return settle(ns.DeleteMany(ctx, func(yield func(string) bool) {
		for i := range keys {
			if !yield(keyNamed(i)) {
				return
			}
		}
	}))
}

func settle(results iter.Seq2[kv.Result, error]) (done tally, err error) {
	for result, err := range results {
		if err != nil {
			return done, err
		}
		if result.Status == kv.Succeeded {
			done.add(result.Key)
		}
	}
	return done, nil
}

func listAll(ctx context.Context, ns *kv.Namespace, _ int) (listed tally, err error) {
	for info, err := range ns.Keys(ctx) {
		if err != nil {
			return listed, err
		}
		listed.add(info.Name)
	}
	return listed, nil
}

// least is how many requests there must be, and how long they take at best: until the rates allow the last one and it is
// answered, and as so many at once go to a server that far away.
func (j *job) least() (requests int, took time.Duration) {
	requests = (j.keys + j.size - 1) / j.size
	took = time.Duration((requests+j.atOnce-1)/j.atOnce) * j.latency
	for _, r := range j.rate {
		took = max(took, time.Duration((requests-1)/r.n)*r.per+j.latency)
	}
	return requests, took
}

// TestMillionKeys: keys by the million take the fewest requests, no memory, and the time that the vendor's rate allows.
func TestMillionKeys(t *testing.T) {
	for _, j := range jobs() {
		switch {
		case raced():
			j.keys /= 100
		case testing.Short():
			j.keys /= 20
		}
		t.Run(j.provider+" "+j.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				want := tallyOf(j.keys)
				server := &standIn{answer: j.answer, keys: j.keys, latency: j.latency}
				ns := namespace(t, open(t, entries()[j.provider], serve(t, server), policy.Policy{}))
				server.gauge = heapGauge()
				began := time.Now()
				got, err := j.run(t.Context(), ns, j.keys)
				took := time.Since(began)
				requests, written := server.seen()
				if err != nil || got != want {
					t.Fatalf("%d keys (%x), want %d (%x): %v", got.count, got.sum, want.count, want.sum, err)
				}
				if written.count > 0 && written != want {
					t.Errorf("%d keys have arrived, or others than were sent", written.count)
				}
				leastRequests, leastTook := j.least()
				if float64(requests) > maxRequests*float64(leastRequests) {
					t.Errorf("%d requests, %d are needed", requests, leastRequests)
				}
				if float64(took) > maxTime*float64(leastTook) {
					t.Errorf("took %v, %v are needed", took, leastTook)
				}
				if grown := server.gauge.growth(); grown > maxHeap {
					t.Errorf("the heap grew by %d MiB", grown/mib)
				}
				t.Logf("%d keys: %d requests of at least %d; %v of at least %v; heap +%.1f MiB", j.keys, requests, leastRequests, took, leastTook,
					float64(server.gauge.growth())/mib)
			})
		})
	}
}
