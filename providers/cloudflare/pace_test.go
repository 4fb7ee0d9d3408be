package cloudflare

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// once lets each call send one request, so that what Cloudflare refuses shows.
func once(pool *ratelimit.Pool) policy.Policy {
	return policy.Policy{Limiters: pool, Retry: policy.Retry{MaxAttempts: 1}}
}

// pacedHandles opens one namespace of an emulator twice, by services that share the limiters.
func pacedHandles(t *testing.T, options map[string]string) (*emulator.Cloudflare, [2]*kv.Namespace) {
	t.Helper()
	em := emulator.NewCloudflare(emulator.InMemory(), emulator.WithCloudflare(emulator.CloudflareSettings{KeyRate: true}))
	t.Cleanup(em.Close)
	em.AddNamespace("n")
	em.AddNamespace("other")
	var handles [2]*kv.Namespace
	pool := new(ratelimit.Pool)
	for i := range handles {
		entry := em.Provider()
		delete(entry, "driver")
		for name, text := range options {
			entry[name] = text
		}
		service, err := kv.NewService(openService(t, entry, em.DialContext), kv.ServiceOptions{Provider: "edge", Policy: once(pool)})
		if err != nil {
			t.Fatal(err)
		}
		if handles[i], err = service.Namespace(t.Context(), "n"); err != nil {
			t.Fatal(err)
		}
	}
	return em, handles
}

// With pace_keys nothing that writes is refused for its key, whatever writes it; without, Cloudflare refuses it.
func TestPaceKeys(t *testing.T) {
	for pace, wantRefusals := range map[string]bool{"true": false, "false": true, "": true} {
		synctest.Test(t, func(t *testing.T) {
			options := map[string]string{}
			if pace != "" {
				options["pace_keys"] = pace
			}
			_, handles := pacedHandles(t, options)
			var mu sync.Mutex
			refused := 0
			note := func(err error) {
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					refused++
				}
			}
			began := time.Now()
			var calls sync.WaitGroup
			for _, ns := range handles {
				calls.Go(func() { note(ns.Put(t.Context(), "a", []byte("1"))) })
				calls.Go(func() { note(ns.Delete(t.Context(), "a")) })
				calls.Go(func() {
					for _, err := range ns.PutMany(t.Context(), slices.Values([]kv.Write{{Key: "a"}, {Key: "b"}, {Key: "c"}})) {
						note(err)
					}
				})
				calls.Go(func() {
					for _, err := range ns.DeleteMany(t.Context(), slices.Values([]string{"b", "a"})) {
						note(err)
					}
				})
			}
			calls.Wait()
			if (refused > 0) != wantRefusals {
				t.Errorf("pace_keys %q: %d refused", pace, refused)
			}
			if took := time.Since(began); !wantRefusals && (took < 7*1050*time.Millisecond || took > 8*time.Second) {
				t.Errorf("eight writes of one key took %v", took)
			}
		})
	}
}

// Only the same key of the same namespace waits, and reads do not.
func TestPaceKeysLeavesOthersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, handles := pacedHandles(t, map[string]string{"pace_keys": "true"})
		other, err := handles[0].Service().Namespace(t.Context(), "other")
		if err != nil {
			t.Fatal(err)
		}
		if err := handles[0].Put(t.Context(), "a", nil); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for _, call := range []func() error{
			func() error { return handles[1].Put(t.Context(), "b", nil) },
			func() error { return other.Put(t.Context(), "a", nil) },
			func() error { _, err := handles[0].Get(t.Context(), "a"); return err },
		} {
			if err := call(); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("waited %v", took)
		}
	})
}

// A batch that waits for a key beyond its deadline fails at once, as RateLimited; so does a single write.
func TestPaceKeysDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, handles := pacedHandles(t, map[string]string{"pace_keys": "true"})
		if err := handles[0].Put(t.Context(), "a", nil); err != nil {
			t.Fatal(err)
		}
		sent, began := len(em.Requests()), time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		check := func(what string, err error) {
			t.Helper()
			e, ok := errors.AsType[*errs.Error](err)
			if !ok || e.Code != errs.RateLimited || e.Retry != errs.Temporary || e.Outcome != errs.NotApplied || e.RetryAfter != 1050*time.Millisecond || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %#v", what, err)
			}
		}
		check("put", handles[1].Put(ctx, "a", nil))
		results := 0
		for r, err := range handles[1].PutMany(ctx, slices.Values([]kv.Write{{Key: "z"}, {Key: "a"}})) {
			if results++; err == nil {
				check("bulk put of "+r.Key, r.Err)
			}
		}
		if results != 3 || time.Since(began) != 0 || len(em.Requests()) != sent {
			t.Errorf("%d results after %v, %d requests", results, time.Since(began), len(em.Requests())-sent)
		}
	})
}

// Keys that failed are sent again when it is their turn, without those that succeeded.
func TestPaceKeysOfRepeatedBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc, em := openEmulated(t, map[string]string{"pace_keys": "true"}, emulator.WithCloudflare(emulator.CloudflareSettings{KeyRate: true}))
		p := policy.Policy{Retry: policy.Retry{BaseDelay: 1, MaxDelay: 1}}
		ns := portable(t, em, svc, p)
		em.FailBulk(emulator.CloudflareBulkFailure{Keys: []string{"b"}, Times: 1})
		began := time.Now()
		single := make(chan time.Duration, 1)
		go func() {
			time.Sleep(time.Millisecond)
			if err := ns.Put(t.Context(), "a", nil); err != nil {
				t.Error(err)
			}
			single <- time.Since(began)
		}()
		for r, err := range ns.PutMany(t.Context(), slices.Values([]kv.Write{{Key: "a"}, {Key: "b"}})) {
			if err != nil || r.Err != nil {
				t.Errorf("%v, %v", r, err)
			}
		}
		if took := time.Since(began); took != 1050*time.Millisecond {
			t.Errorf("the bulk write took %v", took)
		}
		if at := <-single; at != 1050*time.Millisecond {
			t.Errorf("the write of a key that had succeeded left after %v", at)
		}
	})
}

// The pace is the namespace's, whichever credential and service it is reached by.
func TestKeyPaces(t *testing.T) {
	pace := func(options map[string]string, id, op string) ratelimit.Pace {
		t.Helper()
		entry := map[string]string{"account_id": "a", "api_token": canary, "pace_keys": "true"}
		for name, text := range options {
			entry[name] = text
		}
		ns, err := openService(t, entry, nil).OpenNamespace(kvdriver.NamespaceRef{ID: id})
		if err != nil {
			t.Fatal(err)
		}
		rows := ns.Operations()
		return rows[slices.IndexFunc(rows, func(row policy.Operation) bool { return row.Name == op })].KeyPace
	}
	want := pace(nil, "n", kvdriver.OpPut)
	if want.Every != 1050*time.Millisecond || want.Endpoint != "api.cloudflare.com" {
		t.Errorf("%+v", want)
	}
	for _, op := range []string{kvdriver.OpDelete, kvdriver.OpPutBatch, kvdriver.OpDeleteBatch} {
		if got := pace(map[string]string{"api_token": canary + "x"}, "n", op); got != want {
			t.Errorf("%s: %+v, want %+v", op, got, want)
		}
	}
	for _, op := range []string{kvdriver.OpGet, kvdriver.OpInspect, kvdriver.OpList, kvdriver.OpGetBatch} {
		if got := pace(nil, "n", op); got != (ratelimit.Pace{}) {
			t.Errorf("%s: %+v", op, got)
		}
	}
	if pace(nil, "m", kvdriver.OpPut) == want || pace(map[string]string{"account_id": "b"}, "n", kvdriver.OpPut) == want {
		t.Error("other namespaces share the pace")
	}
	if got := pace(map[string]string{"pace_keys": "false"}, "n", kvdriver.OpPut); got != (ratelimit.Pace{}) {
		t.Errorf("not asked for: %+v", got)
	}
}
