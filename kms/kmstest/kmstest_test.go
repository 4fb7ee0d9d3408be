package kmstest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/capability"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance/conformancetest"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// configurations are the names of the shapes of the reference driver.
func configurations() []string {
	return []string{"labelled", "aliased", "split", "bare", "regional", "messages"}
}

// TestReference runs the whole suite over drivers that keep the contract, and proves that only what a driver does not
// declare is skipped.
func TestReference(t *testing.T) {
	ran := map[string]bool{}
	for _, name := range configurations() {
		t.Run(name, func(t *testing.T) {
			report := Run(t, harness(name, nil))
			for _, passed := range report.Passed {
				ran[passed] = true
			}
			if name == "labelled" && len(report.Skipped) > 25 {
				t.Errorf("%d sub-tests are skipped: %v", len(report.Skipped), report.Skipped)
			}
		})
	}
	for _, c := range checks() {
		if !ran[c.Name] {
			t.Errorf("%s is skipped for every configuration", c.Name)
		}
	}
}

// TestSameAccount runs the suite over one account, where its sub-tests share keys, and proves that all keys that were
// made are to be deleted at the end, and those of others are not.
func TestSameAccount(t *testing.T) {
	for _, name := range configurations() {
		f := config(name)
		h := harness(name, nil)
		h.Open = func(testing.TB) driver.Service { return f.shape(f) }
		t.Run(name, func(t *testing.T) { Run(t, h) })
		for _, k := range f.keys {
			if k.info.ServiceOwned != (k.info.State == driver.Enabled) || !k.info.ServiceOwned && k.info.State != driver.PendingDeletion {
				t.Errorf("%s: the key %q stays behind, %s", name, k.info.Name, k.info.State)
			}
		}
		if keys := len(f.keys); keys < 10 {
			t.Errorf("%s: only %d keys were made", name, keys)
		}
	}
}

// TestSerialIDs runs the suite over accounts in each of which the keys have the ids of those in another, in the order in
// which they are made: none may be taken for two.
func TestSerialIDs(t *testing.T) {
	for _, name := range []string{"aliased", "split"} {
		t.Run(name, func(t *testing.T) { Run(t, harness(name, func(f *fake) { f.serial = 1000 })) })
	}
}

// TestRealTime runs the suite without a bubble, over a driver that lags.
func TestRealTime(t *testing.T) {
	h := harness("bare", func(f *fake) { f.delay = 0 })
	h.VirtualTime, h.Settle = false, time.Microsecond
	var report Report
	t.Run("suite", func(t *testing.T) { report = Run(t, h) })
	if why := report.Skipped["Deletion/Happens"]; !strings.Contains(why, "virtual time") {
		t.Errorf("the sub-test that waits is skipped for %q", why)
	}
}

// TestSettle proves that what is changed is not read before the time to settle has passed.
func TestSettle(t *testing.T) {
	h := harness("aliased", func(f *fake) {
		var changed atomic.Int64
		for _, op := range []string{driver.OpSetTags, driver.OpRemoveTags} {
			late(f, op, &changed)
		}
		answered(driver.OpListTags, func(_ *fake, _ *driver.ListTagsRequest, res *driver.ListTagsResponse) {
			if time.Since(time.Unix(0, changed.Load())) < 10*time.Second {
				res.Tags = append(res.Tags, driver.Tag{Key: "not-settled"})
			}
		})(f)
	})
	h.Settle = 20 * time.Second
	// These read while they change.
	h.Skip = map[string]string{"Concurrent/AllOperations": "reads at once"}
	Run(t, h)
}

// late notes when an operation was last carried out.
func late(f *fake, op string, changed *atomic.Int64) {
	note := func() { changed.Store(time.Now().UnixNano()) }
	if op == driver.OpSetTags {
		answered(op, func(*fake, *driver.SetTagsRequest, *driver.SetTagsResponse) { note() })(f)
	} else {
		answered(op, func(*fake, *driver.RemoveTagsRequest, *driver.RemoveTagsResponse) { note() })(f)
	}
}

// TestKeepsRateLimits proves that direct calls and those through package kms spend the same budget.
func TestKeepsRateLimits(t *testing.T) {
	const most, per = 20, time.Second
	h := harness("bare", nil)
	open := h.Open
	h.Open = func(tb testing.TB) driver.Service {
		f := open(tb).(bare).base.fake
		f.rows = func(rows []policy.Operation) []policy.Operation {
			for i := range rows {
				rows[i].Budgets = []ratelimit.Budget{{Endpoint: "fake", Limits: []ratelimit.Limit{{N: most, Per: per}}}}
			}
			return rows
		}
		var sent []time.Time
		f.before = func(ctx context.Context) context.Context {
			f.mu.Lock()
			defer f.mu.Unlock()
			if ctx.Err() == nil {
				sent = append(sent, time.Now())
				if last := len(sent) - 1 - most; last >= 0 && time.Since(sent[last]) < per {
					tb.Errorf("%d requests in %v", most+1, time.Since(sent[last]))
				}
			}
			return ctx
		}
		return f.shape(f)
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

// TestReport proves that what became of the sub-tests is returned, and that the counts say so.
func TestReport(t *testing.T) {
	h := harness("bare", nil)
	h.Skip = map[string]string{"Encrypt/RoundTrip": "no time"}
	var report Report
	t.Run("suite", func(t *testing.T) { report = Run(t, h) })
	passed, skipped := len(report.Passed), len(report.Skipped)
	if passed+skipped != len(checks()) || len(report.Failed) != 0 || !slices.Contains(report.Passed, "Encrypt/Differs") ||
		report.Skipped["Encrypt/RoundTrip"] != "skipped by the harness: no time" || !strings.HasPrefix(report.Skipped["Sign/Message"], "declares ") {
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

// TestNewNames proves that names keep to narrow rules and stay different.
func TestNewNames(t *testing.T) {
	for _, rule := range []driver.NameRule{
		{Alphabet: capability.AnyText()}, {Alphabet: capability.Chars("0-9"), MaxBytes: 12}, {Alphabet: capability.Chars("A-Z-"), Inner: "-"},
		{Alphabet: capability.Chars("a-z0-9"), MaxChars: 23}, {Alphabet: capability.Chars("A-Za-z0-9_-"), MaxBytes: 60, MaxChars: 15},
	} {
		seen := map[string]bool{}
		for range 50 {
			name := newName(rule)
			if err := rule.Check("name", name); err != nil || seen[name] {
				t.Errorf("%q is there twice, or %v", name, err)
			}
			seen[name] = true
		}
		for _, name := range alphabetNames(rule) {
			if err := rule.Check("name", name); err != nil {
				t.Error(err)
			}
		}
		for _, name := range badNames(rule) {
			if rule.Check("name", name) == nil {
				t.Errorf("%q keeps the rule %+v", name, rule)
			}
		}
		if most := conformance.Longest(rule); most > 0 {
			if name := conformance.Pad(rule.Alphabet, newName(rule), most); len(name) != most || rule.Check("name", name) != nil {
				t.Errorf("%q is not at the limit of %d", name, most)
			}
		}
	}
	for _, limits := range [][2]int{{100, 0}, {0, 80}, {101, 60}, {90, 89}, {102, 50}} {
		text := wide(limits[0], limits[1], 1<<16)
		if over := text + "é"; limits[0] > 0 && len(text) > limits[0] || limits[1] > 0 && len([]rune(text)) > limits[1] ||
			(limits[0] == 0 || len(over) <= limits[0]) && (limits[1] == 0 || len([]rune(over)) <= limits[1]) {
			t.Errorf("%q does not stand at the limits %v", text, limits)
		}
	}
}

// TestAlike proves that an id that there is not looks like one that there is.
func TestAlike(t *testing.T) {
	for _, id := range []string{"0c9d5b1a-77aa-4f00-8001-1234567890ab", "key-1", "KEY-ABC"} {
		if other := alike(id); other == id || len(other) != len(id) || alike(other) != id {
			t.Errorf("%q is like %q", other, id)
		}
	}
}
