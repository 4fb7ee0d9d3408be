package policy_test

import (
	"fmt"
	"time"

	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

func Example() {
	p, err := policy.Policy{
		Retry: policy.Retry{MaxAttempts: 2},
		Rate:  policy.Rate{Share: 0.4}, // two other processes spend the rest
	}.WithDefaults()
	if err != nil {
		fmt.Println(err)
		return
	}
	budget, err := p.Rate.Apply(ratelimit.Budget{Limits: []ratelimit.Limit{{N: 20, Per: time.Second}}})
	fmt.Println(p.Retry.MaxAttempts, p.Retry.BaseDelay, p.Concurrency, budget.Limits, err)

	_, err = policy.Policy{Concurrency: -1}.WithDefaults()
	fmt.Println(err)
	// Output:
	// 2 100ms 64 [8 per 1s] <nil>
	// InvalidArgument: policy: a negative number or duration; 0 means the default
}
