package cloudflare

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
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

func portable(t *testing.T, em *emulator.Cloudflare, svc kvdriver.Service, p policy.Policy) *kv.Namespace {
	t.Helper()
	em.AddNamespace("n")
	p.Limiters = new(ratelimit.Pool)
	service, err := kv.NewService(svc, kv.ServiceOptions{Provider: "edge", Policy: p})
	if err != nil {
		t.Fatal(err)
	}
	ns, err := service.Namespace(context.Background(), "n")
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

func TestBinaryInBulk(t *testing.T) {
	binary := []byte("a\xff\xfe\x00")
	for name, emulated := range map[string][]emulator.Option{"refused": nil, "mangled": {emulator.WithCloudflare(emulator.CloudflareSettings{LossyText: true})}} {
		synctest.Test(t, func(t *testing.T) {
			svc, em := openEmulated(t, nil, emulated...)
			ns := portable(t, em, svc, policy.Policy{})
			ctx := context.Background()
			values := map[string][]byte{"binary": binary, "text": []byte("text"), "replaced": []byte("\ufffd")}
			for key, value := range values {
				if err := ns.Put(ctx, key, value); err != nil {
					t.Fatal(err)
				}
			}
			// What the bulk read refuses or might mangle is read alone, so that every value is byte exact.
			for result, err := range ns.GetMany(ctx, slices.Values([]string{"binary", "replaced", "text"})) {
				if err != nil || result.Err != nil || !bytes.Equal(result.Entry.Value, values[result.Key]) {
					t.Errorf("%s, %s: %q, %v, %v", name, result.Key, result.Entry.Value, result.Err, err)
				}
			}
		})
	}
}

func TestBulkInPart(t *testing.T) {
	for _, status := range []int{0, 429} {
		synctest.Test(t, func(t *testing.T) {
			svc, em := openEmulated(t, map[string]string{"bulk_batch": "3"}, emulator.WithoutRateLimit())
			ns := portable(t, em, svc, policy.Policy{})
			em.FailBulk(emulator.CloudflareBulkFailure{Keys: []string{"k1"}, Times: 1, Status: status, Code: 10046})
			var writes []kv.Write
			for i := range 5 {
				writes = append(writes, kv.Write{Key: "k" + strconv.Itoa(i), Value: []byte("v")})
			}
			for result, err := range ns.PutMany(context.Background(), slices.Values(writes)) {
				if err != nil || result.Err != nil {
					t.Errorf("status %d: %v, %v", status, result, err)
				}
			}
			var bodies []string
			for _, r := range em.Requests() {
				if r.Action == "BulkWrite" {
					bodies = append(bodies, strconv.Itoa(strings.Count(string(r.Body), `"key"`)))
				}
			}
			slices.Sort(bodies)
			if got := strings.Join(bodies, " "); got != "1 2 3" {
				t.Errorf("status %d: bulk writes of %s keys", status, got)
			}
		})
	}
}

func TestKeepsToTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc, em := openEmulated(t, nil)
		ns := portable(t, em, svc, policy.Policy{})
		began := time.Now()
		var wait sync.WaitGroup
		for i := range 2500 {
			wait.Go(func() {
				var err error
				if i%2 == 0 {
					err = ns.Put(context.Background(), "k"+strconv.Itoa(i), nil)
				} else {
					err = ns.Delete(context.Background(), "k")
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if took := time.Since(began); took < 10*time.Minute || took > 12*time.Minute {
			t.Errorf("2500 requests took %v", took)
		}
	})
}

func TestBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc, em := openEmulated(t, nil)
		ns := portable(t, em, svc, policy.Policy{})
		em.Inject(emulator.Fault{Code: "971", Status: 429, Times: 1, Header: http.Header{"Retry-After": {"287"}}})
		put := func(attempts int, wait time.Duration) {
			t.Helper()
			e := typed(t, ns.Put(context.Background(), "k", nil))
			if e.Code != errs.RateLimited || e.Retry != errs.Temporary || e.RetryAfter != wait || e.Outcome != errs.NotApplied || e.Attempts != attempts {
				t.Errorf("%#v", e)
			}
		}
		put(1, 287*time.Second)
		time.Sleep(time.Minute)
		put(0, 227*time.Second)
		time.Sleep(227 * time.Second)
		if err := ns.Put(context.Background(), "k", nil); err != nil {
			t.Error(err)
		}
	})
}

func TestKeyRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc, em := openEmulated(t, nil, emulator.WithCloudflare(emulator.CloudflareSettings{KeyRate: true}))
		ns := portable(t, em, svc, policy.Policy{})
		began := time.Now()
		for range 3 {
			if err := ns.Put(context.Background(), "k", nil); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); took < 2*time.Second || took > 10*time.Second {
			t.Errorf("three writes of one key took %v", took)
		}
	})
}

func TestLongBulkRead(t *testing.T) {
	if testing.Short() {
		t.Skip("moves 36 MiB of escapes")
	}
	_, ns := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"success":true,"result":{"values":{"k":"` + strings.Repeat(`\u0001`, 6<<20) + `"}}}`))
	})
	res, err := ns.GetBatch(context.Background(), &kvdriver.GetBatchRequest{Keys: []string{"k"}})
	if err != nil || len(res.Results[0].Value) != 6<<20 {
		t.Errorf("%v", err)
	}
}
