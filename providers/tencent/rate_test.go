package tencent

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// 500 puts by 50 goroutines: the server, which counts, never refuses one for its rate, and they are not slowed down
// by more than the margin.
func TestRate(t *testing.T) {
	const workers, each = 50, 10
	const least = 18.8 // puts a second
	synctest.Test(t, func(t *testing.T) {
		em, svc := emulated(t)
		refusals := 0
		var mu sync.Mutex
		service, err := kv.NewService(svc, kv.ServiceOptions{Provider: "edgeone", Policy: policy.Policy{
			Limiters: new(ratelimit.Pool),
			Hooks: policy.Hooks{Attempt: hook(func(e *policy.Event) {
				if e.Err != nil {
					mu.Lock()
					defer mu.Unlock()
					refusals++
					t.Error(e.Err)
				}
			})},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := service.CreateNamespace(t.Context(), "flags"); err != nil {
			t.Fatal(err)
		}
		ns, err := service.Namespace(t.Context(), "flags")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var all sync.WaitGroup
		for w := range workers {
			all.Go(func() {
				for i := range each {
					if err := ns.Put(t.Context(), fmt.Sprintf("key-%d-%d", w, i), []byte("on")); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		took := time.Since(began)
		puts := arrivals(em, actionPut)
		if len(puts) != workers*each || refusals > 0 {
			t.Errorf("%d requests arrived for %d puts, %d refused", len(puts), workers*each, refusals)
		}
		worst := 0
		for i := range puts {
			n := 0
			for _, at := range puts[i:] {
				if at.Sub(puts[i]) < time.Second {
					n++
				}
			}
			worst = max(worst, n)
		}
		if worst > 20 {
			t.Errorf("%d puts arrived within one second", worst)
		}
		// The opening burst is not part of what is sustained.
		sustained := float64(len(puts)-20) / took.Seconds()
		if sustained < least {
			t.Errorf("%.2f puts a second, want at least %v", sustained, least)
		}
		t.Logf("%d puts in %v, %.2f a second after the opening burst, at most %d in a second", len(puts), took, sustained, worst)
	})
}

func arrivals(em *emulator.Tencent, action string) (at []time.Time) {
	for _, r := range em.Requests() {
		if r.Action == action {
			at = append(at, r.At)
		}
	}
	return at
}

// Operations of one action share its budget; the budget is the account's and the endpoint's, whatever the key.
func TestBudgets(t *testing.T) {
	open := func(id, account, zone string) driver.Service {
		return openService(t, map[string]string{"secret_id": id, "secret_key": "k", "account_id": account, "zone_id": zone}, nil)
	}
	budget := func(s driver.Service, name string) ratelimit.Budget {
		ns, err := s.OpenNamespace(byName("n"))
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range append(s.Operations(), ns.Operations()...) {
			if row.Name == name {
				if len(row.Budgets) != 1 {
					t.Fatalf("%s has %d budgets", name, len(row.Budgets))
				}
				return row.Budgets[0]
			}
		}
		t.Fatalf("no row %s", name)
		return ratelimit.Budget{}
	}
	same := func(a, b ratelimit.Budget) bool {
		return a.Endpoint == b.Endpoint && a.Principal == b.Principal && a.Action == b.Action
	}
	one, other := open("id1", "100", "zone-a"), open("id2", "100", "zone-b")
	foreign := open("id1", "200", "zone-a")
	for _, c := range []struct {
		what string
		a, b ratelimit.Budget
		same bool
	}{
		{"Get and GetMany", budget(one, driver.OpGet), budget(one, driver.OpGetBatch), true},
		{"Delete and DeleteMany", budget(one, driver.OpDelete), budget(one, driver.OpDeleteBatch), true},
		{"Namespaces and DescribeNamespace", budget(one, driver.OpListNamespaces), budget(one, driver.OpGetNamespace), true},
		{"Get and Put", budget(one, driver.OpGet), budget(one, driver.OpPut), false},
		{"two keys and zones of one account", budget(one, driver.OpPut), budget(other, driver.OpPut), true},
		{"two accounts", budget(one, driver.OpPut), budget(foreign, driver.OpPut), false},
	} {
		if same(c.a, c.b) != c.same {
			t.Errorf("%s: %v and %v, want same %t", c.what, c.a, c.b, c.same)
		}
	}
	got := budget(one, driver.OpPut)
	if got.Endpoint != "teo.intl.tencentcloudapi.com" || len(got.Limits) != 1 || got.Limits[0] != (ratelimit.Limit{N: 20, Per: time.Second, Margin: 50 * time.Millisecond}) {
		t.Errorf("budget %v", got)
	}
}
