package conformance_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance/conformancetest"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

type (
	suite = conformance.Suite[*conformance.State, time.Time]
	check = conformance.Check[*conformance.State, time.Time]
)

// suiteOf returns a suite that notes what it does. Its driver declares when it was opened.
func suiteOf(said *[]string, settings conformance.Settings, checks ...check) *suite {
	note := func(what string) { *said = append(*said, what) }
	return &suite{
		Package: "sometest", Settings: settings, Checks: checks,
		Open:     func(_ testing.TB, s *conformance.State) *conformance.State { note("open"); return s },
		Close:    func(*conformance.State) { note("close") },
		Declared: func(*conformance.State) time.Time { note("declared"); return time.Now() },
		End:      func(*conformance.State) { note("end") },
	}
}

func passes(*conformance.State) {}

// Each sub-test is reported as what it ended in, is opened and closed, and the last one is not the end.
func TestRun(t *testing.T) {
	never := conformance.That(func(*time.Time) bool { return false }, "declares nothing")
	inBubble := conformance.That(func(opened *time.Time) bool { return opened.Year() == 2000 }, "the time is real")
	settings := conformance.Settings{VirtualTime: true, Secrets: []string{"12345678"}, Skip: map[string]string{"Some/Skipped": "no time"}}
	out := conformancetest.Failing(t, func(t *testing.T) {
		var said []string
		report := suiteOf(&said, settings,
			check{Name: "Some/Passes", Needs: []conformance.Need[time.Time]{inBubble}, Run: passes},
			check{Name: "Some/Fails", Run: func(s *conformance.State) { s.Errorf("a failure with 12345678 in it") }},
			check{Name: "Some/Skipped", Run: passes},
			check{Name: "Some/Needs", Needs: []conformance.Need[time.Time]{inBubble, never}, Run: passes},
			check{Name: "Some/Ends", Run: func(s *conformance.State) { s.Must("Get", errors.New("no")); s.Errorf("not reached") }},
			check{Name: "Some/Last", Run: passes},
		).Run(t)
		t.Logf("%v: %q %q %q", report, report.Passed, report.Failed, report.Skipped)
		t.Logf("%s", strings.Join(said, " "))
	})
	for _, want := range []string{
		`2 sub-tests passed, 2 failed, 2 skipped: ["Some/Passes" "Some/Last"] ["Some/Fails" "Some/Ends"]`,
		`map["Some/Needs":"declares nothing" "Some/Skipped":"skipped by the harness: no time"]`,
		"open declared close open close open close open close open close open end close\n",
		"--- FAIL: TestRun/Some/Fails", "--- FAIL: TestRun/Some/Ends", "--- SKIP: TestRun/Some/Needs", "--- PASS: TestRun/Some/Last",
		"a failure with [secret] in it", "Get: the error is a *errors.errorString and not an *errs.Error: no", "Get: no\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("not in the output: %s", want)
		}
	}
	if strings.Contains(out, "not reached") || t.Failed() {
		t.Errorf("the output: %s", out)
	}
}

// Secrets that are too short end the run before anything is opened.
func TestShortSecret(t *testing.T) {
	refusedSettings(t, conformance.Settings{Secrets: []string{"12345678", "1234567"}},
		"sometest: Harness.Secrets[1] has 7 bytes, at least 8 are needed to tell it from chance")
}

// So do names of sub-tests that are not there.
func TestUnknownSkip(t *testing.T) {
	refusedSettings(t, conformance.Settings{Skip: map[string]string{"Some/Other": "why"}}, `sometest: Harness.Skip names "Some/Other", which is no sub-test`)
}

func refusedSettings(t *testing.T, settings conformance.Settings, want string) {
	t.Helper()
	out := conformancetest.Failing(t, func(t *testing.T) {
		var said []string
		t.Cleanup(func() { t.Logf("said %q", said) })
		suiteOf(&said, settings, check{Name: "Some/Passes", Run: passes}).Run(t)
	})
	if !strings.Contains(out, want) || !strings.Contains(out, "said []") {
		t.Errorf("%s\nwant %s", out, want)
	}
}

// found returns what a check reports.
func found(t *testing.T, settings conformance.Settings, run func(*conformance.State)) []string {
	t.Helper()
	var said []string
	s := suiteOf(&said, settings, check{Name: "Some/Check", Run: run})
	return conformancetest.Record(t, func(tb testing.TB, r conformance.Reporter) { s.Perform(s.Find("Some/Check"), tb, r) })
}

// A narrower code stands for a wider one only in a suite that says so, and a wider one for a narrower one nowhere.
func TestWantCode(t *testing.T) {
	for narrower, want := range map[bool]int{false: 2, true: 1} {
		got := found(t, conformance.Settings{Narrower: narrower}, func(s *conformance.State) {
			s.WantCode("the same", errs.Refuse(errs.TooLarge, "no"), errs.Conflict, errs.TooLarge)
			s.WantCode("narrower", errs.Refuse(errs.KeyNotFound, "no"), errs.NotFound)
			s.WantCode("wider", errs.Refuse(errs.NotFound, "no"), errs.KeyNotFound)
		})
		if len(got) != want || !strings.HasPrefix(got[len(got)-1], "wider: error code NotFound, want [KeyNotFound]") {
			t.Errorf("narrower %v: %q", narrower, got)
		}
	}
}

// Requests are counted by operation, and those of refused calls are told.
func TestUnsent(t *testing.T) {
	got := found(t, conformance.Settings{}, func(s *conformance.State) {
		send := func(op string) { s.Policy.Hooks.Attempt(t.Context(), &policy.Event{Op: op}) }
		send("a")
		s.Unsent("held back", errs.Unsupported, func() error { return errs.Refuse(errs.Unsupported, "no") })
		s.Unsent("sent", errs.Unsupported, func() error { send("b"); return errs.Refuse(errs.Unsupported, "no") })
		if s.Sent("a") != 1 || s.Sent("b") != 1 || s.Sent("c") != 0 || s.Sent("") != 2 {
			t.Errorf("%d, %d and %d requests of %d", s.Sent("a"), s.Sent("b"), s.Sent("c"), s.Sent(""))
		}
	})
	if !slices.Equal(got, []string{"sent: the refused call was sent"}) {
		t.Errorf("%q", got)
	}
}

// The error of a call is looked through, and a call that gives nothing ends the sub-test.
func TestCall(t *testing.T) {
	answer := func(res *int, err error) func(context.Context, *int) (*int, error) {
		return func(context.Context, *int) (*int, error) { return res, err }
	}
	got := found(t, conformance.Settings{}, func(s *conformance.State) {
		_, _ = conformance.Call(t.Context(), s, "Refused", answer(nil, errs.Refuse(errs.TooLarge, "no")), new(int))
		if res, err := conformance.Call(t.Context(), s, "Right", answer(new(7), nil), new(int)); err != nil || *res != 7 {
			t.Errorf("%v", err)
		}
		if _, err := conformance.Call(t.Context(), s, "Untyped", answer(nil, io.EOF), new(int)); err != io.EOF {
			t.Errorf("the error is changed to %v", err)
		}
		_, _ = conformance.Call(t.Context(), s, "Nothing", answer(nil, nil), new(int))
		t.Error("the sub-test goes on")
	})
	if want := []string{"Untyped: the error is a *errors.errorString and not an *errs.Error: EOF", "Nothing: neither a response nor an error"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Rate limits are kept in the way that the policy says, each sub-test's for itself.
func TestKeepRate(t *testing.T) {
	table := []policy.Operation{{Name: "Get", Budgets: []ratelimit.Budget{{Endpoint: "e", Limits: []ratelimit.Limit{{N: 1, Per: time.Second}}}}}}
	for unlimited, want := range map[bool]time.Duration{false: 2 * time.Second, true: 0} {
		settings := conformance.Settings{VirtualTime: true, Policy: policy.Policy{Rate: policy.Rate{Unlimited: unlimited}}}
		for range 2 {
			found(t, settings, func(s *conformance.State) {
				_, _ = s.Policy.Limiters.Limiter(table[0].Budgets[0]) // others may keep to it
				began := time.Now()
				for range 3 {
					s.KeepRate(context.Background(), table, "Get")
					s.KeepRate(context.Background(), table, "Other")
				}
				if took := time.Since(began); took != want {
					t.Errorf("unlimited %v: three requests took %v, want %v", unlimited, took, want)
				}
			})
		}
	}
}

// What is wrong with errors is told of those that it is wrong with.
func TestFindings(t *testing.T) {
	const secret = "12345678"
	failures := map[string]error{
		"right": &errs.Error{Code: errs.NotFound}, "none": nil, "untyped": errors.New("no"), "unknown": &errs.Error{Code: errs.Unknown},
		"odd": &errs.Error{Code: "Odd"}, "leaking": &errs.Error{Code: errs.NotFound, Message: secret},
		"temporary": &errs.Error{Code: errs.NotFound, Retry: errs.Temporary}, "filled": &errs.Error{Code: errs.NotFound, Op: "Get"},
		"done": &errs.Error{Code: errs.NotFound, Outcome: errs.Applied},
	}
	for name, c := range map[string]struct {
		run  func(*conformance.State)
		want []string
	}{
		"Typed":        {func(s *conformance.State) { s.Typed(failures) }, []string{"leaking", "none", "odd", "unknown", "untyped"}},
		"NoSecrets":    {func(s *conformance.State) { s.NoSecrets(failures) }, []string{"leaking"}},
		"Permanent":    {func(s *conformance.State) { s.Permanent(failures, errs.TooLarge, errs.NotFound) }, []string{"temporary"}},
		"no code":      {func(s *conformance.State) { s.Permanent(failures, errs.TooLarge) }, nil},
		"CallerFields": {func(s *conformance.State) { s.CallerFields(failures) }, []string{"filled"}},
		"NotApplied":   {func(s *conformance.State) { s.NotApplied(failures) }, []string{"done"}},
		"PrintsNone": {func(s *conformance.State) {
			s.PrintsNone([]string{"credential"}, map[string]any{"bad": struct{ Key string }{"a credential"}, "good": 1})
		}, []string{"bad printed as %v"}},
	} {
		told := map[string]bool{}
		for _, text := range found(t, conformance.Settings{Secrets: []string{secret}}, c.run) {
			what, _, _ := strings.Cut(text, ":")
			told[what] = true
		}
		if got := slices.Sorted(maps.Keys(told)); !slices.Equal(got, c.want) {
			t.Errorf("%s tells of %q, want %q", name, got, c.want)
		}
	}
}

// A row of an operation table with a rate limit that cannot be kept is told.
func TestCheckTable(t *testing.T) {
	reads := []policy.Idempotency{policy.ReadOnly}
	table := []policy.Operation{
		{Name: "Get", Idempotency: policy.ReadOnly, Budgets: []ratelimit.Budget{{Limits: []ratelimit.Limit{{N: 1, Per: time.Second}}}}},
		{Name: "List", Idempotency: policy.ReadOnly, Budgets: []ratelimit.Budget{{}, {Limits: []ratelimit.Limit{{N: 1, Per: time.Second}, {N: -1, Per: time.Second}}}}},
	}
	got := found(t, conformance.Settings{}, func(s *conformance.State) {
		s.CheckTable(table, []conformance.Row{{Name: "Get", Implemented: true, Classes: reads}, {Name: "List", Implemented: true, Classes: reads}, {Name: "Put"}})
	})
	if len(got) != 1 || !strings.HasPrefix(got[0], "Operations: List has an impossible rate limit: ") {
		t.Errorf("%q", got)
	}
}
