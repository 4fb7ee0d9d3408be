package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// limiterSwitch refuses while *refuse is set.
func limiterSwitch(refuse *bool) limiter {
	return func(context.Context, ratelimit.Priority) error {
		if *refuse {
			return &errs.Error{
				Code: errs.RateLimited, Retry: errs.Temporary, Outcome: errs.NotApplied, RetryAfter: time.Minute, Message: "no turn",
			}
		}
		return nil
	}
}

func TestStrongestOutcomeOfAllAttempts(t *testing.T) {
	const not, amb, app = errs.NotApplied, errs.Ambiguous, errs.Applied
	for _, row := range []struct{ first, second, want errs.Outcome }{
		{not, not, not}, {not, amb, amb}, {not, app, app},
		{amb, not, amb}, {amb, amb, amb}, {amb, app, app},
		{app, not, app}, {app, amb, app}, {app, app, app},
	} {
		bubble(t, fmt.Sprintf("%v, %v", row.first, row.second), func(t *testing.T) {
			last := &errs.Error{Code: errs.PermissionDenied, Outcome: row.second, VendorCode: "second"}
			driver := script{errs: []error{temporary(row.first), last}}
			e := detail(t, do(t.Context(), open(t, policy.Policy{}, policy.Idempotent), driver.send))
			if e.Outcome != row.want || e.Code != errs.PermissionDenied || e.VendorCode != "second" || e.Attempts != 2 {
				t.Errorf("%#v is %v", e, e.Outcome)
			}
		})
	}
}

func TestRefusalByTheLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refuse := true
		driver := script{}
		e := detail(t, do(t.Context(), open(t, policy.Policy{Limiters: limiterSwitch(&refuse)}, policy.NonIdempotent), driver.send))
		if e.Code != errs.RateLimited || e.Outcome != errs.NotApplied || e.Retry != errs.Temporary || e.RetryAfter != time.Minute {
			t.Errorf("%#v", e)
		}
		if driver.count() != 0 || e.Attempts != 0 || errors.Is(e, context.DeadlineExceeded) {
			t.Errorf("%d requests, %d attempts: %v", driver.count(), e.Attempts, e)
		}
	})
}

func TestRefusalByTheLimiterAfterAFailure(t *testing.T) {
	for name, tc := range map[string]struct {
		class  policy.Idempotency
		failed errs.Outcome
		want   errs.Outcome
	}{
		"not applied":         {policy.Idempotent, errs.NotApplied, errs.NotApplied},
		"ambiguous":           {policy.Idempotent, errs.Ambiguous, errs.Ambiguous},
		"applied":             {policy.Idempotent, errs.Applied, errs.Applied},
		"ambiguous, read":     {policy.ReadOnly, errs.Ambiguous, errs.NotApplied},
		"not applied, unsafe": {policy.NonIdempotent, errs.NotApplied, errs.NotApplied},
	} {
		bubble(t, name, func(t *testing.T) {
			refuse := false
			op := open(t, policy.Policy{Limiters: limiterSwitch(&refuse)}, tc.class)
			e := detail(t, do(t.Context(), op, func(context.Context, *request) (*response, error) {
				refuse = true
				return nil, temporary(tc.failed)
			}))
			if e.Code != errs.RateLimited || e.Outcome != tc.want || e.Attempts != 1 || e.RetryAfter != time.Minute {
				t.Errorf("%#v is %v", e, e.Outcome)
			}
			if text := e.Error(); !strings.Contains(text, "no turn") || !strings.Contains(text, "busy") {
				t.Errorf("the text does not tell both failures: %s", text)
			}
		})
	}
}

// A limiter that is not of this module may fail with any error.
func TestForeignLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fail := limiter(func(context.Context, ratelimit.Priority) error { return errBoom })
		e := detail(t, do(t.Context(), open(t, policy.Policy{Limiters: fail}, policy.Idempotent), (&script{}).send))
		if e.Code != errs.Unknown || e.Outcome != errs.NotApplied || !errors.Is(e, errBoom) {
			t.Errorf("%#v is %v", e, e.Outcome)
		}
		bare := limiter(func(context.Context, ratelimit.Priority) error { return &errs.Error{Code: errs.RateLimited} })
		e = detail(t, do(t.Context(), open(t, policy.Policy{Limiters: bare}, policy.Idempotent), (&script{}).send))
		if e.Code != errs.RateLimited || e.Outcome != errs.NotApplied {
			t.Errorf("%#v is %v although nothing was sent", e, e.Outcome)
		}
		asked := 0
		later := limiter(func(context.Context, ratelimit.Priority) error {
			if asked++; asked > 1 {
				return errBoom
			}
			return nil
		})
		driver := script{always: temporary(errs.Ambiguous)}
		e = detail(t, do(t.Context(), open(t, policy.Policy{Limiters: later}, policy.Idempotent), driver.send))
		if want := "boom; the request before it failed: "; !strings.HasPrefix(e.Message, want) || e.Outcome != errs.Ambiguous {
			t.Errorf("message is %q, outcome %v", e.Message, e.Outcome)
		}
	})
}
