package workspacetest

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance/conformancetest"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// TestReference runs the whole suite over drivers that keep the contract.
func TestReference(t *testing.T) {
	for config := range configs {
		t.Run(config, func(t *testing.T) { Run(t, harness(config, nil)) })
	}
}

// TestRealTime runs the suite without a bubble.
func TestRealTime(t *testing.T) {
	h := harness("full", nil)
	h.VirtualTime = false
	Run(t, h)
}

// TestCleansUp proves that the suite takes away what it made and puts back what it changed, in an account that is the
// same for all sub-tests.
func TestCleansUp(t *testing.T) {
	for _, config := range []string{"full", "replacing", "open"} {
		f := configs[config]()
		h := harness(config, nil)
		h.Open = func(testing.TB) driver.Service { return f.driver() }
		if h.Remove != nil {
			h.Remove = func(_ context.Context, id string) error {
				f.account.put(id, nil)
				return nil
			}
		}
		before := f.account.spaces["ws-0"].info
		t.Run(config, func(t *testing.T) { Run(t, h) })
		for id, left := range f.account.spaces {
			if id != "ws-0" || len(left.keys) > 0 || left.info.Name != before.Name || left.info.Description != before.Description {
				t.Errorf("%s: the workspace %v stays behind with %d keys", config, left.info, len(left.keys))
			}
		}
	}
}

// TestScratchWorkspace proves that with a given workspace the suite makes no other, and puts that one back.
func TestScratchWorkspace(t *testing.T) {
	f := configs["full"]()
	f.account.spaces["scratch"] = space{info: driver.Info{ID: "scratch", Name: "scratch", Description: "mine"}, keys: []driver.APIKey{{ID: "old", Name: "old"}}}
	f.create = func(context.Context, *driver.CreateRequest) (*driver.CreateResponse, error) {
		t.Error("a workspace was made")
		return nil, refuse(errs.PermissionDenied, "not here")
	}
	f.remove = func(ctx context.Context, req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
		if ctx.Err() == nil && (req.ID == "scratch" || req.ID == "") {
			t.Errorf("the workspace %q was deleted", req.ID)
		}
		return f.account.remove(ctx, req)
	}
	h := harness("full", nil)
	h.Workspace = "scratch"
	h.Open = func(testing.TB) driver.Service { return f.driver() }
	Run(t, h)
	left := f.account.spaces["scratch"]
	if len(f.account.spaces) != 2 || left.info.Name != "scratch" || left.info.Description != "mine" || len(left.keys) != 1 {
		t.Errorf("%d workspaces are there, scratch is %v with %d keys", len(f.account.spaces), left.info, len(left.keys))
	}
}

// TestNothingToRemove proves that without a way to remove it nothing is made.
func TestNothingToRemove(t *testing.T) {
	f := configs["open"]()
	f.create = func(context.Context, *driver.CreateRequest) (*driver.CreateResponse, error) {
		t.Error("a workspace was made")
		return nil, refuse(errs.PermissionDenied, "not here")
	}
	Run(t, Harness{VirtualTime: true, Open: func(testing.TB) driver.Service { return f.driver() }})
}

// TestKeepsRateLimits proves that direct calls and those through package workspace spend the same budget.
func TestKeepsRateLimits(t *testing.T) {
	const most, per = 20, time.Minute
	h := harness("open", nil)
	open := h.Open
	h.Open = func(tb testing.TB) driver.Service {
		f := open(tb).(keyService).f
		rows := f.account.rows()
		for i := range rows {
			rows[i].Budgets = []ratelimit.Budget{{Endpoint: "fake", Limits: []ratelimit.Limit{{N: most, Per: per}}}}
		}
		f.ops = func() []policy.Operation { return rows }
		var sent []time.Time
		get := f.get
		f.get = func(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
			f.account.mu.Lock()
			sent = append(sent, time.Now())
			if last := len(sent) - 1 - most; last >= 0 && time.Since(sent[last]) < per && ctx.Err() == nil {
				tb.Errorf("%d gets in %v", most+1, time.Since(sent[last]))
			}
			f.account.mu.Unlock()
			return get(ctx, req)
		}
		return f.driver()
	}
	Run(t, h)
}

// TestHooks proves that the hook of the harness is called beside that of the suite.
func TestHooks(t *testing.T) {
	var attempts atomic.Int64
	h := harness("bare", nil)
	h.Policy.Hooks.Attempt = func(context.Context, *policy.Event) { attempts.Add(1) }
	Run(t, h)
	if attempts.Load() == 0 {
		t.Error("the harness's hook was not called")
	}
}

// TestSkip proves that the harness can leave a sub-test out, and that the reason is told.
func TestSkip(t *testing.T) {
	h := Harness{Skip: map[string]string{"Declare/Stable": "no time"}}
	suite, known := h.frame(), traits{h: &h}
	for name, want := range map[string]string{
		"Declare/Stable": "skipped by the harness: no time", "Declare/Operations": "", "List/Finds": "declares List None",
	} {
		if why := suite.WhyNot(suite.Find(name), &known); why != want {
			t.Errorf("%s is skipped for %q, want %q", name, why, want)
		}
	}
}

// TestNames proves that sub-tests have different names of the form Group/Rule.
func TestNames(t *testing.T) {
	conformancetest.Names(t, checks())
	t.Logf("%d sub-tests, %d wrong drivers", len(checks()), len(wrongDrivers()))
}

// TestAtLimit proves that names stand exactly at a limit.
func TestAtLimit(t *testing.T) {
	for _, r := range []driver.NameRule{
		{MaxBytes: 64, Alphabet: driver.AnyText()}, {MaxChars: 64, Alphabet: driver.AnyText()}, {MaxChars: 20, MaxBytes: 30, Alphabet: driver.Chars("a-z")},
		{MaxBytes: 3, Alphabet: driver.Chars("0-9")}, {MaxChars: 9, Alphabet: driver.Chars("A-Z")},
	} {
		fits, over := atLimit(r, conformance.Spell(r.Alphabet, "prefix"))
		if err := r.Check("name", fits); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
		if r.Check("name", over) == nil || !strings.HasPrefix(over, fits) {
			t.Errorf("%+v: %q is not over the limit", r, over)
		}
	}
}
