package conformance

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/canary"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// Reporter takes what a check finds; *testing.T is one.
type Reporter = canary.Reporter

// State is what the sub-tests of all suites work with. What is reported to it is handed on without the secrets. It may be
// used by several goroutines.
type State struct {
	Reporter
	Secrets canary.Scanner // of what must show nowhere
	Policy  policy.Policy  // for calls through the portable package; it is watched for secrets

	narrower bool

	mu   sync.Mutex
	sent map[string]int // requests sent through the portable package, by operation
}

func newState(r Reporter, set *Settings) *State {
	s := &State{Policy: set.Policy, narrower: set.Narrower, sent: map[string]int{}}
	if s.Policy.Limiters == nil {
		s.Policy.Limiters = ratelimit.Default()
		if set.VirtualTime {
			s.Policy.Limiters = new(ratelimit.Pool) // limiters must not be shared among bubbles
		}
	}
	s.Secrets.Add([]byte(set.Mark))
	for _, secret := range set.Secrets {
		s.Secrets.Add([]byte(secret))
	}
	s.Reporter = s.Secrets.Guard(r)
	s.Secrets.Watch(&s.Policy, s.leaked)
	given := s.Policy.Hooks.Attempt
	s.Policy.Hooks.Attempt = func(ctx context.Context, e *policy.Event) {
		s.mu.Lock()
		s.sent[e.Op]++
		s.mu.Unlock()
		given(ctx, e)
	}
	return s
}

// leaked reports a failure where a call shows a secret elsewhere than in its error.
func (s *State) leaked(op, form string) {
	s.Errorf("%s: a secret shows in %s", op, form)
}

// Sent returns how many requests of an operation were sent through the portable package; of all where op is empty.
func (s *State) Sent(op string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op != "" {
		return s.sent[op]
	}
	total := 0
	for _, n := range s.sent {
		total += n
	}
	return total
}

// KeepRate waits until the rate limits of one row of an operation table, if they are kept, let a request through.
func (s *State) KeepRate(ctx context.Context, table []policy.Operation, op string) {
	if s.Policy.Rate.Unlimited {
		return
	}
	for _, row := range table {
		if row.Name != op {
			continue
		}
		for _, budget := range row.Budgets {
			budget, err := s.Policy.Rate.Apply(budget)
			if err != nil {
				continue // the portable package reports it
			}
			if limiter, err := s.Policy.Limiters.Limiter(budget); err == nil && limiter != nil {
				_ = limiter.Wait(ctx, ratelimit.Interactive)
			}
		}
	}
}

// Call makes one call of a driver, and looks through its error.
func Call[Req, Res any](ctx context.Context, s *State, op string, method func(context.Context, *Req) (*Res, error), req *Req) (*Res, error) {
	s.Helper()
	res, err := method(ctx, req)
	if err == nil && res == nil {
		s.Fatalf("%s: neither a response nor an error", op)
	}
	s.CheckError(op, err)
	return res, err
}

// WantCode reports whether err is an *errs.Error with one of the codes, and a failure where it is not.
func (s *State) WantCode(what string, err error, codes ...errs.Code) bool {
	s.Helper()
	if err == nil {
		s.Errorf("%s: no error, want %v", what, codes)
		return false
	}
	if !s.CheckError(what, err) {
		return false
	}
	got := errs.CodeOf(err)
	if !slices.ContainsFunc(codes, func(want errs.Code) bool { return got == want || s.narrower && got.Is(want) }) {
		s.Errorf("%s: error code %s, want %v: %v", what, got, codes, err)
		return false
	}
	return true
}

// CheckError reports whether an error, if it is one, is what every error must be, and a failure where it is not.
func (s *State) CheckError(what string, err error) bool {
	s.Helper()
	if err == nil {
		return true
	}
	if !s.Scan(what, err) {
		return false
	}
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		s.Errorf("%s: the error is a %T and not an *errs.Error: %v", what, err, err)
		return false
	}
	if !slices.Contains(errs.Codes(), e.Code) {
		s.Errorf("%s: the error code %q is none of package errs: %v", what, e.Code, err)
		return false
	}
	return true
}

// Scan reports whether an error shows no secret, and a failure where it does.
func (s *State) Scan(what string, err error) bool {
	s.Helper()
	form := s.Secrets.Error(err)
	if form != "" {
		s.Errorf("%s: the error holds a secret when printed as %s", what, form)
	}
	return form == ""
}

// Must ends the check where err is not nil.
func (s *State) Must(what string, err error) {
	s.Helper()
	if err != nil {
		s.CheckError(what, err)
		s.Fatalf("%s: %v", what, err)
	}
}

// Unsent reports a failure unless call is refused by the portable package with the code, before anything is sent.
func (s *State) Unsent(what string, code errs.Code, call func() error) {
	s.Helper()
	before := s.Sent("")
	if s.WantCode(what, call(), code) && s.Sent("") != before {
		s.Errorf("%s: the refused call was sent", what)
	}
}

// WantEnded reports a failure unless err is that of a call whose context has ended.
func (s *State) WantEnded(what string, err, cause error, code errs.Code) {
	s.Helper()
	if s.WantCode(what, err, code) && !errors.Is(err, cause) {
		s.Errorf("%s: the error does not match %v: %v", what, cause, err)
	}
}

// CanceledContext returns a context that has ended.
func CanceledContext() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// Outcome returns what an error says of the outcome.
func Outcome(err error) errs.Outcome {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return e.Outcome
	}
	return errs.Ambiguous
}
