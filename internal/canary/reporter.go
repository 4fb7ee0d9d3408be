package canary

import (
	"context"
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/policy"
)

// Reporter takes what a test finds; *testing.T is one.
type Reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}

// Guard returns a reporter that hands on what is reported, without the secrets.
func (s *Scanner) Guard(r Reporter) Reporter { return guarded{r, s} }

type guarded struct {
	Reporter
	s *Scanner
}

func (g guarded) Errorf(format string, args ...any) {
	g.Helper()
	g.Reporter.Errorf("%s", g.s.Mask(fmt.Sprintf(format, args...)))
}

func (g guarded) Fatalf(format string, args ...any) {
	g.Helper()
	g.Reporter.Fatalf("%s", g.s.Mask(fmt.Sprintf(format, args...)))
}

func (g guarded) Logf(format string, args ...any) {
	g.Helper()
	g.Reporter.Logf("%s", g.s.Mask(fmt.Sprintf(format, args...)))
}

// Watch has a policy's hooks and logger looked through, before those that it has. Found is called with the operation and
// the form of what shows a secret, by several goroutines.
func (s *Scanner) Watch(p *policy.Policy, found func(op, form string)) {
	event := func(hook string, e *policy.Event) {
		if s.In(fmt.Sprintf("%+v", *e)) {
			found(e.Op, "the event of "+hook)
		} else if form := s.Error(e.Err); form != "" {
			found(e.Op, "the error of the event of "+hook+" as "+form)
		}
	}
	given := p.Hooks
	p.Hooks.Start = func(ctx context.Context, e *policy.Event) context.Context {
		event("Start", e)
		if given.Start != nil {
			return given.Start(ctx, e)
		}
		return ctx
	}
	p.Hooks.Attempt = func(ctx context.Context, e *policy.Event) {
		event("Attempt", e)
		if given.Attempt != nil {
			given.Attempt(ctx, e)
		}
	}
	p.Hooks.End = func(ctx context.Context, e *policy.Event) {
		event("End", e)
		if given.End != nil {
			given.End(ctx, e)
		}
	}
	p.Logger = s.Logger(p.Logger, func(form string) { found("a call", form) })
}
