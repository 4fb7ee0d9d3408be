package pipeline_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// waits are the places where a call may be when its context ends. Each has a policy, a driver and the outcome and
// attempts that the caller is told then.
var waits = map[string]struct {
	policy   func() policy.Policy
	occupy   bool // another call holds the only place, or has taken the only permit
	send     sender
	outcome  errs.Outcome
	attempts int
}{
	"for a place": {
		policy: func() policy.Policy { return policy.Policy{Concurrency: 1} },
		occupy: true, send: (&script{}).send, outcome: errs.NotApplied,
	},
	"for the rate limit": {
		policy: func() policy.Policy {
			return policy.Policy{Limiters: new(ratelimit.Pool), Rate: policy.Rate{Limits: []ratelimit.Limit{{N: 1, Per: time.Hour}}}}
		},
		occupy: true, send: (&script{}).send, outcome: errs.NotApplied,
	},
	"to repeat": {
		policy: func() policy.Policy { return policy.Policy{Retry: policy.Retry{BaseDelay: time.Hour}} },
		send:   (&script{always: temporary(errs.Ambiguous)}).send, outcome: errs.Ambiguous, attempts: 1,
	},
	"for the driver": {
		policy: func() policy.Policy { return policy.Policy{} },
		send:   untilDone, outcome: errs.Ambiguous, attempts: 1,
	},
	"for a driver that explains": {
		policy: func() policy.Policy { return policy.Policy{} },
		send: func(ctx context.Context, _ *request) (*response, error) {
			<-ctx.Done()
			return nil, &errs.Error{Code: errs.CodeOf(ctx.Err()), Outcome: errs.Applied, Message: "the reply was cut"}
		},
		outcome: errs.Applied, attempts: 1,
	},
}

func untilDone(ctx context.Context, _ *request) (*response, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestContextEndsInEachWait(t *testing.T) {
	const later = 10 * time.Second
	for name, wait := range waits {
		for how, tc := range map[string]struct {
			ctx   func(context.Context) (context.Context, context.CancelFunc) // ends after later
			code  errs.Code
			is    error
			cause error
		}{
			"cancel": {func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(ctx)
				time.AfterFunc(later, cancel)
				return ctx, cancel
			}, errs.Canceled, context.Canceled, context.Canceled},
			"cancel with a cause": {func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancelCause(ctx)
				time.AfterFunc(later, func() { cancel(errBoom) })
				return ctx, func() { cancel(nil) }
			}, errs.Canceled, context.Canceled, errBoom},
			// Such a context has no deadline of its own that the limiter could know of before.
			"deadline far above": {func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithTimeoutCause(ctx, later, errBoom)
				return hiddenDeadline{ctx}, cancel
			}, errs.DeadlineExceeded, context.DeadlineExceeded, errBoom},
		} {
			bubble(t, name+"/"+how, func(t *testing.T) {
				op := open(t, wait.policy(), policy.Idempotent)
				if wait.occupy {
					other, stop := context.WithCancel(t.Context())
					defer stop()
					background(t, func() error { return do(other, op, untilDone) })
				}
				ctx, cancel := tc.ctx(t.Context())
				defer cancel()
				began := time.Now()
				e := detail(t, do(ctx, op, wait.send))
				if took := time.Since(began); took != later {
					t.Errorf("returned after %v, the context ended after %v", took, later)
				}
				if e.Code != tc.code || !errors.Is(e, tc.is) || !errors.Is(e, tc.cause) {
					t.Errorf("%#v hides %v or %v", e, tc.is, tc.cause)
				}
				if !strings.Contains(e.Error(), tc.cause.Error()) && !strings.Contains(e.Error(), "the reply was cut") {
					t.Errorf("the text does not tell why: %v", e)
				}
				if e.Outcome != wait.outcome || e.Attempts != wait.attempts || e.Retry != errs.Permanent {
					t.Errorf("%v after %d attempts, %v", e.Outcome, e.Attempts, e.Retry)
				}
			})
		}
	}
}

// hiddenDeadline hides when its context ends.
type hiddenDeadline struct{ context.Context }

func (hiddenDeadline) Deadline() (time.Time, bool) { return time.Time{}, false }

func TestContextIsOverBefore(t *testing.T) {
	canceled, cancel := context.WithCancelCause(t.Context())
	cancel(errBoom)
	expired, stop := context.WithDeadline(t.Context(), time.Time{})
	defer stop()
	for name, tc := range map[string]struct {
		ctx  context.Context
		code errs.Code
		is   []error
	}{
		"cancelled": {canceled, errs.Canceled, []error{context.Canceled, errBoom}},
		"expired":   {expired, errs.DeadlineExceeded, []error{context.DeadlineExceeded}},
	} {
		driver := script{}
		asked := false
		limit := limiter(func(context.Context, ratelimit.Priority) error { asked = true; return nil })
		e := detail(t, do(tc.ctx, open(t, policy.Policy{Limiters: limit}, policy.Idempotent), driver.send))
		if asked || driver.count() != 0 || e.Code != tc.code || e.Outcome != errs.NotApplied || e.Attempts != 0 {
			t.Errorf("%s: asked %v, %d requests, %#v", name, asked, driver.count(), e)
		}
		for _, is := range tc.is {
			if !errors.Is(e, is) {
				t.Errorf("%s: %v is not reachable", name, is)
			}
		}
		if !strings.Contains(e.Error(), "before the request was sent") {
			t.Errorf("%s: %v", name, e)
		}
	}
}

// A place that was given to nobody is still there.
func TestAbandonedWaitLosesNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		op := open(t, policy.Policy{Concurrency: 1}, policy.Idempotent)
		holder, stop := context.WithCancel(t.Context())
		held := background(t, func() error { return do(holder, op, untilDone) })
		for range 10 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			e := detail(t, do(ctx, op, untilDone))
			if !strings.Contains(e.Error(), "one of 1 concurrent requests") {
				t.Errorf("error is %v", e)
			}
			cancel()
		}
		stop()
		_, _ = held()
		began := time.Now()
		if err := do(t.Context(), op, (&script{}).send); err != nil || time.Since(began) != 0 {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}
