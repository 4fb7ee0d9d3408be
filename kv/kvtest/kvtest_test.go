package kvtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance/conformancetest"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// TestReference runs the whole suite over drivers that keep the contract.
func TestReference(t *testing.T) {
	for config := range configs {
		t.Run(config, func(t *testing.T) { Run(t, harness(config, nil)) })
	}
}

// TestRealTime runs the suite without a bubble.
func TestRealTime(t *testing.T) {
	for _, config := range []string{"native", "minimal", "byID"} {
		h := harness(config, nil)
		h.VirtualTime = false
		t.Run(config, func(t *testing.T) { Run(t, h) })
	}
}

// TestCleansUp proves that the suite takes away what it made, in an account that is the same for all sub-tests.
func TestCleansUp(t *testing.T) {
	for _, config := range []string{"native", "minimal", "byID"} {
		f := configs[config]()
		h := harness(config, nil)
		h.Open = func(testing.TB) driver.Service { return f.driver() }
		t.Run(config, func(t *testing.T) { Run(t, h) })
		if left := f.account.spaces; len(left) > 0 {
			t.Errorf("%s: %d namespaces stay behind, the first is %q", config, len(left), left[0].name)
		}
	}
}

// TestScratchNamespace proves that in a given namespace the suite touches only its own keys, and makes no other.
func TestScratchNamespace(t *testing.T) {
	for _, config := range []string{"native", "byID", "bare"} {
		f := configs[config]()
		h := harness(config, nil)
		h.Namespace = "scratch"
		h.Open = func(testing.TB) driver.Service { return f.driver() }
		f.create = func(context.Context, *driver.CreateNamespaceRequest) (*driver.NamespaceInfo, error) {
			t.Errorf("%s: a namespace was made", config)
			return nil, refuse(errs.PermissionDenied, "not here")
		}
		if f.account.named("scratch") == nil {
			if _, err := f.account.createNamespace(t.Context(), &driver.CreateNamespaceRequest{Name: "scratch"}); err != nil {
				t.Fatal(err)
			}
			f.account.named("scratch").items["1"] = item{value: []byte("of others")}
		}
		t.Run(config, func(t *testing.T) { Run(t, h) })
		left := f.account.named("scratch").items
		if len(left) != 1 || string(left["1"].value) != "of others" {
			t.Errorf("%s: %d keys stay behind", config, len(left))
		}
	}
}

// TestKeepsRateLimits proves that direct calls and those through package kv spend the same budget.
func TestKeepsRateLimits(t *testing.T) {
	const most, per = 20, time.Second
	h := harness("minimal", nil)
	open := h.Open
	h.Open = func(tb testing.TB) driver.Service {
		f := open(tb).(basicService).f
		var sent []time.Time
		f.spoil = func(n *fakeSpace) {
			withRows(func(rows []policy.Operation) []policy.Operation {
				rows[0].Budgets = []ratelimit.Budget{{Endpoint: "fake", Action: "get", Limits: []ratelimit.Limit{{N: most, Per: per}}}}
				return rows
			})(n)
			get := n.get
			n.get = func(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
				f.account.mu.Lock()
				sent = append(sent, time.Now())
				if last := len(sent) - 1 - most; last >= 0 && time.Since(sent[last]) < per && ctx.Err() == nil {
					tb.Errorf("%d gets in %v", most+1, time.Since(sent[last]))
				}
				f.account.mu.Unlock()
				return get(ctx, req)
			}
		}
		return f.driver()
	}
	Run(t, h)
}

// TestHooks proves that the hook of the harness is called beside that of the suite.
func TestHooks(t *testing.T) {
	var attempts atomic.Int64
	h := harness("minimal", nil)
	h.Policy.Hooks.Attempt = func(context.Context, *policy.Event) { attempts.Add(1) }
	Run(t, h)
	if attempts.Load() == 0 {
		t.Error("the harness's hook was not called")
	}
}

// TestReport proves that what became of the sub-tests is returned, and that the counts say so.
func TestReport(t *testing.T) {
	h := harness("minimal", nil)
	h.Skip = map[string]string{"Get/MissingKey": "no time"}
	var report Report
	t.Run("suite", func(t *testing.T) { report = Run(t, h) })
	passed, skipped := len(report.Passed), len(report.Skipped)
	if passed+skipped != len(checks()) || len(report.Failed) != 0 || !slices.Contains(report.Passed, "Get/RoundTrip") ||
		report.Skipped["Get/MissingKey"] != "skipped by the harness: no time" || !strings.HasPrefix(report.Skipped["Metadata/RoundTrip"], "declares ") {
		t.Errorf("%+v", report)
	}
	report.Failed = []string{"failed"}
	want := fmt.Sprintf("%d sub-tests passed, 1 failed, %d skipped", passed, skipped)
	if got := report.String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestNames proves that sub-tests have different names of the form Group/Rule.
func TestNames(t *testing.T) {
	conformancetest.Names(t, checks())
	t.Logf("%d sub-tests, %d wrong drivers", len(checks()), len(wrongDrivers()))
}

// TestWide proves that names with wide characters stand exactly at a limit.
func TestWide(t *testing.T) {
	for _, r := range []driver.NameRule{
		{MaxBytes: 64}, {MaxBytes: 65}, {MaxBytes: 67}, {MaxChars: 64}, {MaxBytes: 100, MaxChars: 60}, {MaxBytes: 512, MaxChars: 60}, {MaxBytes: 66, MaxChars: 60},
	} {
		r.Alphabet = driver.AnyText()
		fits, over := wide(r, "prefix")
		if err := r.Check("name", fits); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
		if r.Check("name", over) == nil || r.Check("name", fits+"x") == nil || !strings.HasPrefix(over, "prefix") {
			t.Errorf("%+v: %q is not at the limit", r, fits)
		}
	}
}
