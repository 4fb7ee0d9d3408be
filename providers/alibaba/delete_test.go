package alibaba

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// Deleting many keys succeeds for those that are absent, whichever way the vendor reports them, and a key that could not
// be deleted is still told as failed. Each request passes the pipeline, and is counted by the budget of its action.
func TestDeleteManyAbsent(t *testing.T) {
	for name, c := range map[string]struct {
		config emulator.AlibabaSettings
		want   string // of the actions that are sent
	}{
		"absent keys succeed":           {emulator.AlibabaSettings{BatchDeleteAbsent: true}, "BatchDeleteKv"},
		"absent keys are failed":        {emulator.AlibabaSettings{}, "BatchDeleteKv DeleteKv DeleteKv"},
		"and in a delete they are fine": {emulator.AlibabaSettings{DeleteAbsent: true}, "BatchDeleteKv DeleteKv DeleteKv"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				em, svc := emulated(t, c.config, false)
				var mu sync.Mutex
				var spent []string
				p := policy.Policy{Limiters: new(ratelimit.Pool)}
				p.Hooks.Attempt = func(_ context.Context, e *policy.Event) {
					mu.Lock()
					defer mu.Unlock()
					spent = append(spent, e.Action)
				}
				service, err := kv.NewService(svc, kv.ServiceOptions{Provider: "esa", Policy: p})
				if err != nil {
					t.Fatal(err)
				}
				ns, err := service.Namespace(t.Context(), "ns", kv.CreateIfMissing())
				if err != nil {
					t.Fatal(err)
				}
				if err := ns.Put(t.Context(), "there", []byte("v")); err != nil {
					t.Fatal(err)
				}
				sent := len(em.Requests())
				spent = nil
				results := 0
				for r, err := range ns.DeleteMany(t.Context(), slices.Values([]string{"absent", "there", "neither"})) {
					if results++; err != nil || r.Status != kv.Succeeded {
						t.Errorf("%v, %v", r, err)
					}
				}
				var actions []string
				for _, r := range em.Requests()[sent:] {
					actions = append(actions, r.Action)
				}
				if got := strings.Join(actions, " "); got != c.want || strings.Join(spent, " ") != c.want || results != 3 {
					t.Errorf("%d results, sent %q, attempts %q, want %q", results, got, spent, c.want)
				}
				if _, err := ns.Get(t.Context(), "there"); errs.CodeOf(err) != errs.KeyNotFound {
					t.Errorf("the key is there: %v", err)
				}
			})
		})
	}
}

// A key that the vendor cannot delete by itself either is failed, with the reason that only that request gives.
func TestDeleteManyFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, svc := emulated(t, emulator.AlibabaSettings{}, false)
		service, err := kv.NewService(svc, kv.ServiceOptions{Provider: "esa", Policy: policy.Policy{Limiters: new(ratelimit.Pool)}})
		if err != nil {
			t.Fatal(err)
		}
		ns, err := service.Namespace(t.Context(), "ns", kv.CreateIfMissing())
		if err != nil {
			t.Fatal(err)
		}
		em.Inject(emulator.Fault{Action: actionDelete, Code: "InvalidParameter"})
		var got []string
		for r := range ns.DeleteMany(t.Context(), slices.Values([]string{"absent"})) {
			got = append(got, fmt.Sprint(r.Key, " ", r.Status, " ", errs.CodeOf(r.Err)))
		}
		if want := "absent failed InvalidArgument"; len(got) != 2 || got[0] != want {
			t.Errorf("%q, want %q and the sum", got, want)
		}
	})
}
