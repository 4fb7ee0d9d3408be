// Package conformance is the frame of the conformance suites kvtest, kmstest and workspacetest: how sub-tests are chosen,
// run and reported, what all of them find out about errors, secrets and operation tables, and how names are made up.
package conformance

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/crosscloud-sdk/crosscloud/internal/canary"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// Suite is a conformance suite over one driver. S is what a sub-test works with, D what the driver declares.
type Suite[S, D any] struct {
	Package  string // of the suite; messages begin with it
	Settings Settings
	Checks   []Check[S, D] // in the order in which they are run

	Open     func(testing.TB, *State) S // called for each sub-test, in its bubble
	Close    func(S)                    // removes what the sub-test made
	Declared func(S) D                  // reads the declarations
	End      func(S)                    // called after the last sub-test, if it is not nil
}

// Settings are what the harnesses of all suites have.
type Settings struct {
	Policy      policy.Policy
	VirtualTime bool
	Secrets     []string          // that the driver was opened with
	Skip        map[string]string // reasons by the names of sub-tests
	Mark        string            // a secret of the suite's own; may be empty
	Narrower    bool              // a narrower case of an error code may stand for it
}

// Check is one sub-test: it proves one rule.
type Check[S, D any] struct {
	Name  string
	Needs []Need[D]
	Run   func(S)
}

// Need returns why a check does not apply, empty where it does.
type Need[D any] func(*D) string

// That needs a condition.
func That[D any](holds func(*D) bool, otherwise string) Need[D] {
	return func(known *D) string {
		if holds(known) {
			return ""
		}
		return otherwise
	}
}

// Report tells what became of the sub-tests that were run, by their names. Those that go test -run leaves out are in none.
type Report struct {
	Passed, Failed []string          // in the order in which they ran
	Skipped        map[string]string // the reason of each
}

// String counts, such as "92 sub-tests passed, 0 failed, 14 skipped".
func (r Report) String() string {
	return fmt.Sprintf("%d sub-tests passed, %d failed, %d skipped", len(r.Passed), len(r.Failed), len(r.Skipped))
}

// Run runs the suite and returns what became of it. Each sub-test is a sub-test of t. Settings that cannot be kept end t.
func (s *Suite[S, D]) Run(t *testing.T) Report {
	t.Helper()
	for i, secret := range s.Settings.Secrets {
		if len(secret) < canary.MinBytes {
			t.Fatalf("%s: Harness.Secrets[%d] has %d bytes, at least %d are needed to tell it from chance", s.Package, i, len(secret), canary.MinBytes)
		}
	}
	for name := range s.Settings.Skip {
		if s.Find(name) == nil {
			t.Fatalf("%s: Harness.Skip names %q, which is no sub-test", s.Package, name)
		}
	}
	var known D
	s.inBubble(t, func(t *testing.T) { known = s.Probe(t, t) })
	report := Report{Skipped: map[string]string{}}
	for i := range s.Checks {
		c := &s.Checks[i]
		ran := false
		passed := t.Run(c.Name, func(t *testing.T) {
			if why := s.WhyNot(c, &known); why != "" {
				report.Skipped[c.Name] = why
				t.Skip(why)
			}
			ran = true
			s.inBubble(t, func(t *testing.T) { s.Perform(c, t, t) })
		})
		switch {
		case ran && passed:
			report.Passed = append(report.Passed, c.Name)
		case ran:
			report.Failed = append(report.Failed, c.Name)
		}
	}
	if s.End != nil {
		s.inBubble(t, func(t *testing.T) { s.with(t, t, s.End) })
	}
	return report
}

// Find returns the check of a name; nil where there is none.
func (s *Suite[S, D]) Find(name string) *Check[S, D] {
	for i := range s.Checks {
		if s.Checks[i].Name == name {
			return &s.Checks[i]
		}
	}
	return nil
}

// WhyNot returns why a check does not apply, empty where it does.
func (s *Suite[S, D]) WhyNot(c *Check[S, D], known *D) string {
	if why, ok := s.Settings.Skip[c.Name]; ok {
		return "skipped by the harness: " + why
	}
	for _, need := range c.Needs {
		if why := need(known); why != "" {
			return why
		}
	}
	return ""
}

// Perform runs a check. Failures go to r; tb is for what is opened.
func (s *Suite[S, D]) Perform(c *Check[S, D], tb testing.TB, r Reporter) { s.with(tb, r, c.Run) }

// Probe reads the declarations.
func (s *Suite[S, D]) Probe(tb testing.TB, r Reporter) (known D) {
	s.with(tb, r, func(state S) { known = s.Declared(state) })
	return known
}

func (s *Suite[S, D]) with(tb testing.TB, r Reporter, run func(S)) {
	state := s.Open(tb, newState(r, &s.Settings))
	defer s.Close(state)
	run(state)
}

func (s *Suite[S, D]) inBubble(t *testing.T, run func(*testing.T)) {
	t.Helper()
	if s.Settings.VirtualTime {
		synctest.Test(t, run)
		return
	}
	run(t)
}
