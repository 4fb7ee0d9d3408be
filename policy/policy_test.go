package policy_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

func TestDefaults(t *testing.T) {
	p, err := policy.Policy{}.WithDefaults()
	if err != nil {
		t.Fatal(err)
	}
	want := policy.Retry{
		MaxAttempts: 4, BaseDelay: 100 * time.Millisecond, MaxDelay: 5 * time.Second, MaxRetryAfter: 30 * time.Second, Budget: 100,
	}
	if p.Retry != want {
		t.Errorf("Retry is %+v", p.Retry)
	}
	if p.Concurrency != 64 || p.Limiters != ratelimit.Source(ratelimit.Default()) || p.Logger != nil {
		t.Errorf("Concurrency is %d, Limiters %v, Logger %v", p.Concurrency, p.Limiters, p.Logger)
	}
	constants := policy.Retry{
		MaxAttempts: policy.DefaultMaxAttempts, BaseDelay: policy.DefaultBaseDelay, MaxDelay: policy.DefaultMaxDelay,
		MaxRetryAfter: policy.DefaultMaxRetryAfter, Budget: policy.DefaultRetryBudget,
	}
	if constants != want || policy.DefaultConcurrency != 64 {
		t.Errorf("the constants say %+v", constants)
	}
}

func TestWithDefaultsKeepsWhatIsSaid(t *testing.T) {
	var pool ratelimit.Pool
	said := policy.Policy{
		Retry:       policy.Retry{MaxAttempts: 1, BaseDelay: 2, MaxDelay: 3, MaxRetryAfter: 4, Budget: 5},
		Concurrency: 6, Limiters: &pool, Rate: policy.Rate{Share: 1},
	}
	got, err := said.WithDefaults()
	if err != nil || got.Retry != said.Retry || got.Concurrency != 6 || got.Limiters != ratelimit.Source(&pool) || got.Rate.Share != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	again, err := got.WithDefaults()
	if err != nil || again.Retry != got.Retry {
		t.Errorf("a second time gives %+v, %v", again, err)
	}
}

func TestWithDefaultsDoesNotChangeItsReceiver(t *testing.T) {
	var p policy.Policy
	if _, err := p.WithDefaults(); err != nil || p.Retry.MaxAttempts != 0 || p.Concurrency != 0 || p.Limiters != nil {
		t.Errorf("receiver is %+v, %v", p, err)
	}
}

// A long base delay lifts the default of the longest one, which is not a contradiction of the caller's.
func TestLongBaseDelay(t *testing.T) {
	p, err := policy.Policy{Retry: policy.Retry{BaseDelay: time.Minute}}.WithDefaults()
	if err != nil || p.Retry.MaxDelay != time.Minute {
		t.Errorf("MaxDelay is %v, %v", p.Retry.MaxDelay, err)
	}
}

func TestWithDefaultsRefuses(t *testing.T) {
	for name, p := range map[string]policy.Policy{
		"attempts":             {Retry: policy.Retry{MaxAttempts: -1}},
		"base delay":           {Retry: policy.Retry{BaseDelay: -1}},
		"longest delay":        {Retry: policy.Retry{MaxDelay: -1}},
		"concurrency":          {Concurrency: -1},
		"time-out":             {AttemptTimeout: -1},
		"impossible limit":     {Rate: policy.Rate{Limits: []ratelimit.Limit{{N: 20}}}},
		"negative share":       {Rate: policy.Rate{Share: -0.1}},
		"share over 1":         {Rate: policy.Rate{Share: 1.1}},
		"share not a number":   {Rate: policy.Rate{Share: math.NaN()}},
		"longest under base":   {Retry: policy.Retry{BaseDelay: 2, MaxDelay: 1}},
		"longest under preset": {Retry: policy.Retry{MaxDelay: policy.DefaultBaseDelay - 1}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := p.WithDefaults()
			e, ok := errors.AsType[*errs.Error](err)
			if !ok || e.Code != errs.InvalidArgument || e.Outcome != errs.NotApplied || e.Retry != errs.Permanent {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestApply(t *testing.T) {
	twenty := ratelimit.Limit{N: 20, Per: time.Second, Margin: 50 * time.Millisecond}
	hourly := ratelimit.Limit{N: 1000, Per: time.Hour}
	five := ratelimit.Limit{N: 5, Per: time.Second}
	adaptive := ratelimit.Limit{Adaptive: true}
	for name, tc := range map[string]struct {
		rate policy.Rate
		want []ratelimit.Limit
	}{
		"nothing said":          {policy.Rate{}, []ratelimit.Limit{twenty, hourly}},
		"other limits":          {policy.Rate{Limits: []ratelimit.Limit{five}}, []ratelimit.Limit{five}},
		"unlimited":             {policy.Rate{Unlimited: true}, nil},
		"unlimited beats all":   {policy.Rate{Unlimited: true, Share: 7, Limits: []ratelimit.Limit{five}}, nil},
		"all of it":             {policy.Rate{Share: 1}, []ratelimit.Limit{twenty, hourly}},
		"share of each":         {policy.Rate{Share: 0.4}, []ratelimit.Limit{{N: 8, Per: time.Second, Margin: twenty.Margin}, {N: 400, Per: time.Hour}}},
		"adaptive instead":      {policy.Rate{Limits: []ratelimit.Limit{adaptive}}, []ratelimit.Limit{adaptive}},
		"share of an adaptive":  {policy.Rate{Limits: []ratelimit.Limit{adaptive}, Share: 0.5}, []ratelimit.Limit{{N: 1, Per: 2 * time.Second, Adaptive: true}}},
		"share of other limits": {policy.Rate{Share: 0.6, Limits: []ratelimit.Limit{five}}, []ratelimit.Limit{{N: 3, Per: time.Second}}},
	} {
		t.Run(name, func(t *testing.T) {
			documented, said := []ratelimit.Limit{twenty, hourly}, slices.Clone(tc.rate.Limits)
			budget := ratelimit.Budget{Endpoint: "e", Principal: "p", Action: "a", Limits: documented}
			got, err := tc.rate.Apply(budget)
			if err != nil || !slices.Equal(got.Limits, tc.want) {
				t.Errorf("limits are %v, %v", got.Limits, err)
			}
			if got.Endpoint != "e" || got.Principal != "p" || got.Action != "a" {
				t.Errorf("the budget became another: %+v", got)
			}
			if documented[0] != twenty || documented[1] != hourly {
				t.Errorf("the driver's limits were changed to %v", documented)
			}
			if !slices.Equal(tc.rate.Limits, said) {
				t.Errorf("the policy's limits were changed to %v", tc.rate.Limits)
			}
		})
	}
}

func TestApplyResultIsNotShared(t *testing.T) {
	rate := policy.Rate{Limits: []ratelimit.Limit{{N: 1, Per: 1}}}
	got, err := rate.Apply(ratelimit.Budget{})
	if err != nil {
		t.Fatal(err)
	}
	got.Limits[0].N = 9
	if rate.Limits[0].N != 1 {
		t.Error("who changes the result changes the policy")
	}
}

func TestApplyRefusesAnImpossibleShare(t *testing.T) {
	budget := ratelimit.Budget{Limits: []ratelimit.Limit{{N: 1, Per: time.Hour}}}
	for name, share := range map[string]float64{
		"negative": -1, "over 1": 1.5, "not a number": math.NaN(), "too small for a duration": 1e-300,
	} {
		if _, err := (policy.Rate{Share: share}).Apply(budget); !errors.Is(err, errs.InvalidArgument) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func TestIdempotency(t *testing.T) {
	var zero policy.Operation
	if zero.Idempotency != policy.NonIdempotent {
		t.Error("an operation that says nothing may be repeated")
	}
	for i, text := range map[policy.Idempotency]string{
		policy.NonIdempotent: "non-idempotent", policy.Idempotent: "idempotent", policy.ReadOnly: "read-only",
	} {
		if i.String() != text {
			t.Errorf("%d prints as %q, want %q", i, i.String(), text)
		}
	}
}
