package workspacetest

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

func wrongDrivers() []wrong {
	return slices.Concat(wrongDeclarations(), wrongWorkspaces(), wrongKeys(), wrongCalls())
}

// asked exchanges the requests of a method.
func asked[Req, Res any](m *send[Req, Res], change func(*Req)) {
	right := *m
	*m = func(ctx context.Context, req *Req) (*Res, error) {
		other := *req
		change(&other)
		return right(ctx, &other)
	}
}

// told exchanges the responses of a method.
func told[Req, Res any](m *send[Req, Res], change func(*Req, *Res)) {
	right := *m
	*m = func(ctx context.Context, req *Req) (*Res, error) {
		res, err := right(ctx, req)
		if err == nil {
			change(req, res)
		}
		return res, err
	}
}

// failed exchanges the errors of a method.
func failed[Req, Res any](m *send[Req, Res], change func(*errs.Error) error) {
	right := *m
	*m = func(ctx context.Context, req *Req) (*Res, error) {
		res, err := right(ctx, req)
		if err != nil {
			other := *err.(*errs.Error)
			err = change(&other)
		}
		if err == nil && res == nil {
			res = new(Res)
		}
		return res, err
	}
}

// swallow makes a method succeed where it fails with a code.
func swallow[Req, Res any](m *send[Req, Res], code errs.Code) {
	failed(m, func(e *errs.Error) error {
		if e.Code == code {
			return nil
		}
		return e
	})
}

// deaf makes a method ignore the end of its context.
func deaf[Req, Res any](m *send[Req, Res]) {
	right := *m
	*m = func(ctx context.Context, req *Req) (*Res, error) { return right(context.WithoutCancel(ctx), req) }
}

func cut(text string, n int) string { return string([]rune(text)[:min(len([]rune(text)), n)]) }

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
	all := checks()
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
				c := find(all, name)
				if c == nil {
					t.Errorf("there is no sub-test %s", name)
				} else if why := c.skip(&known); why != "" {
					t.Errorf("the sub-test %s is skipped: %s", name, why)
				} else if failures := record(t, func(tb testing.TB, r reporter) { c.perform(tb, r, &h) }); len(failures) == 0 {
					t.Errorf("the sub-test %s does not fail for a driver that %s", name, w.name)
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
	for _, c := range all {
		if !noticed[c.name] {
			t.Errorf("no wrong driver fails the sub-test %s", c.name)
		}
	}
}
