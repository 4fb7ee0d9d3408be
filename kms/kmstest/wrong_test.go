package kmstest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// wrong is a driver that breaks one rule.
type wrong struct {
	name   string
	config string // that it is made from
	fails  string // sub-tests that must fail
	change func(*fake)
}

// wrongDrivers are all of them.
func wrongDrivers() []wrong {
	return slices.Concat(wrongDeclarations(), wrongCreation(), wrongLifecycle(), wrongListing(), wrongLabels(), wrongMaterial(),
		wrongCiphers(), wrongContexts(), wrongDataKeys(), wrongPairs(), wrongSigners(), wrongCalls())
}

// about changes one operation. The change gets the fake to look into.
func about[Req, Res any](op string, change func(f *fake, ctx context.Context, req *Req, right func(context.Context, *Req) (*Res, error)) (*Res, error)) func(*fake) {
	return func(f *fake) {
		f.around[op] = around[Req, Res](func(ctx context.Context, req *Req, right func(context.Context, *Req) (*Res, error)) (*Res, error) {
			return change(f, ctx, req, right)
		})
	}
}

// asked changes a copy of the request of one operation.
func asked[Req, Res any](op string, _ func(*Req) *Res, change func(*fake, *Req)) func(*fake) {
	return about(op, func(f *fake, ctx context.Context, req *Req, right func(context.Context, *Req) (*Res, error)) (*Res, error) {
		other := *req
		change(f, &other)
		return right(ctx, &other)
	})
}

// answered changes the response of one operation.
func answered[Req, Res any](op string, change func(*fake, *Req, *Res)) func(*fake) {
	return about(op, func(f *fake, ctx context.Context, req *Req, right func(context.Context, *Req) (*Res, error)) (*Res, error) {
		res, err := right(ctx, req)
		if err == nil {
			f.mu.Lock()
			defer f.mu.Unlock()
			change(f, req, res)
		}
		return res, err
	})
}

// forgiven answers what is refused with a code all the same.
func forgiven[Req, Res any](op string, code errs.Code, answer func(*fake, *Req) *Res) func(*fake) {
	return about(op, func(f *fake, ctx context.Context, req *Req, right func(context.Context, *Req) (*Res, error)) (*Res, error) {
		res, err := right(ctx, req)
		if err != nil && errs.CodeOf(err) == code {
			f.mu.Lock()
			defer f.mu.Unlock()
			return answer(f, req), nil
		}
		return res, err
	})
}

// idle does nothing about one operation, and says that it is done.
func idle[Req, Res any](op string, _ func(*Req) *Res) func(*fake) {
	return about(op, func(f *fake, ctx context.Context, _ *Req, _ func(context.Context, *Req) (*Res, error)) (*Res, error) {
		if err := f.begin(ctx); err != nil {
			return nil, err
		}
		f.mu.Unlock()
		return new(Res), nil
	})
}

// all makes several changes.
func all(changes ...func(*fake)) func(*fake) {
	return func(f *fake) {
		for _, change := range changes {
			change(f)
		}
	}
}

// memo is what a wrong driver remembers.
type memo[K comparable, V any] struct {
	mu   sync.Mutex
	kept map[K]V
}

// once returns what is kept, or keeps made.
func (m *memo[K, V]) once(key K, made V) V {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.kept[key]; ok {
		return v
	}
	if m.kept == nil {
		m.kept = map[K]V{}
	}
	m.kept[key] = made
	return made
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

// record runs a part of the suite, in a bubble of its own, and returns what it reported.
func record(t *testing.T, run func(testing.TB, reporter)) []string {
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

// TestWrongDrivers proves that the suite notices each broken rule, and that each sub-test notices one.
func TestWrongDrivers(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the suite hundreds of times")
	}
	every := checks()
	noticed := map[string]bool{}
	seen := map[string]bool{}
	ran := 0
	for _, w := range wrongDrivers() {
		if seen[w.name] || w.fails == "" {
			t.Errorf("the wrong driver %q is there twice, or no sub-test is named for it", w.name)
		}
		seen[w.name] = true
		t.Run(strings.ReplaceAll(w.name, " ", "-"), func(t *testing.T) {
			ran++
			h := harness(w.config, w.change)
			var known traits
			if failures := record(t, func(tb testing.TB, r reporter) { known = h.probe(tb, r) }); len(failures) > 0 {
				t.Fatalf("the driver does not even open: %v", failures)
			}
			for _, name := range strings.Fields(w.fails) {
				c := find(every, name)
				if c == nil {
					t.Errorf("there is no sub-test %s", name)
				} else if why := c.skip(&known); why != "" {
					t.Errorf("the sub-test %s is skipped: %s", name, why)
				} else if failures := record(t, func(tb testing.TB, r reporter) { c.perform(tb, r, &h, &keyring{}) }); len(failures) == 0 {
					t.Errorf("the sub-test %s does not fail for a driver that %s", name, w.name)
				} else if slices.ContainsFunc(failures, func(text string) bool { return strings.HasPrefix(text, "panic: ") }) {
					t.Errorf("the sub-test %s panics: %v", name, failures)
				} else {
					noticed[name] = true
					t.Logf("%-30s %s", name, failures[0])
				}
			}
		})
	}
	if ran < len(seen) {
		return // the flag -run chose some
	}
	for _, c := range every {
		if !noticed[c.name] {
			t.Errorf("no wrong driver fails the sub-test %s", c.name)
		}
	}
}
