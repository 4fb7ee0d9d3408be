// Package conformancetest proves that a conformance suite notices drivers that break a rule. Only tests import it.
package conformancetest

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
)

// Wrong is a driver that breaks one rule.
type Wrong[S, D any] struct {
	Name  string
	Fails string                          // sub-tests that must fail, with spaces between them
	Suite func() *conformance.Suite[S, D] // over the driver; it is called for each sub-test anew
}

// WrongDrivers proves that a suite notices each broken rule, and that each of its checks notices one.
func WrongDrivers[S, D any](t *testing.T, checks []conformance.Check[S, D], drivers []Wrong[S, D]) {
	noticed := map[string]bool{}
	seen := map[string]bool{}
	ran := 0
	for _, w := range drivers {
		if seen[w.Name] || w.Fails == "" {
			t.Errorf("the wrong driver %q is there twice, or no sub-test is named for it", w.Name)
		}
		seen[w.Name] = true
		t.Run(strings.ReplaceAll(w.Name, " ", "-"), func(t *testing.T) {
			ran++
			var known D
			if failures := Record(t, func(tb testing.TB, r conformance.Reporter) { known = w.Suite().Probe(tb, r) }); len(failures) > 0 {
				t.Fatalf("the driver does not even open: %v", failures)
			}
			for _, name := range strings.Fields(w.Fails) {
				first, fault := w.fails(t, name, &known)
				if fault != "" {
					t.Errorf("the sub-test %s %s", name, fault)
					continue
				}
				noticed[name] = true
				t.Logf("%-30s %s", name, first)
			}
		})
	}
	if ran < len(seen) {
		return // the flag -run chose some
	}
	for _, c := range checks {
		if !noticed[c.Name] {
			t.Errorf("no wrong driver fails the sub-test %s", c.Name)
		}
	}
}

// fails runs a sub-test over the driver. It returns what the sub-test says first, or what is wrong with the sub-test.
func (w *Wrong[S, D]) fails(t *testing.T, name string, known *D) (first, fault string) {
	suite := w.Suite()
	c := suite.Find(name)
	if c == nil {
		return "", "is not there"
	}
	if why := suite.WhyNot(c, known); why != "" {
		return "", "is skipped: " + why
	}
	failures := Record(t, func(tb testing.TB, r conformance.Reporter) { suite.Perform(c, tb, r) })
	switch {
	case len(failures) == 0:
		return "", "does not fail for a driver that " + w.Name
	case slices.ContainsFunc(failures, func(text string) bool { return strings.HasPrefix(text, "panic: ") }):
		return "", fmt.Sprintf("panics: %v", failures)
	}
	return failures[0], ""
}

// recorder is a reporter that a failing check may fail.
type recorder struct {
	mu       sync.Mutex
	failures []string
}

func (*recorder) Helper()             {}
func (*recorder) Logf(string, ...any) {}
func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// Record runs a part of a suite, in a bubble of its own, and returns what it reported. A panic is reported too.
func Record(t *testing.T, run func(testing.TB, conformance.Reporter)) []string {
	r := &recorder{}
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer func() {
				if p := recover(); p != nil {
					r.Errorf("panic: %v", p)
				}
			}()
			run(t, r)
		}()
		<-done
	})
	return r.failures
}

// Names proves that checks have different names of the form Group/Rule.
func Names[S, D any](t *testing.T, checks []conformance.Check[S, D]) {
	var seen []string
	for _, c := range checks {
		if group, rule, ok := strings.Cut(c.Name, "/"); !ok || group == "" || rule == "" || strings.Contains(rule, "/") || slices.Contains(seen, c.Name) {
			t.Errorf("the sub-test is called %q", c.Name)
		}
		seen = append(seen, c.Name)
	}
}

// Memo is what a wrong driver remembers. The zero value is empty. It may be used by several goroutines.
type Memo[K comparable, V any] struct {
	mu   sync.Mutex
	kept map[K]V
}

// Get returns what is kept, and whether something is.
func (m *Memo[K, V]) Get(key K) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.kept[key]
	return v, ok
}

// Set keeps v.
func (m *Memo[K, V]) Set(key K, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.set(key, v)
}

func (m *Memo[K, V]) set(key K, v V) {
	if m.kept == nil {
		m.kept = map[K]V{}
	}
	m.kept[key] = v
}

// Once returns what is kept, or keeps made.
func (m *Memo[K, V]) Once(key K, made V) V {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.kept[key]; ok {
		return v
	}
	m.set(key, made)
	return made
}

// Drop forgets what is kept.
func (m *Memo[K, V]) Drop(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kept, key)
}
