package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// Two clients of one account share a limiter. The third request has no chance before its deadline, and is refused
// instead of kept waiting.
func Example() {
	var pool ratelimit.Pool // or ratelimit.Default(), which the whole process shares
	budget := ratelimit.Budget{
		Endpoint: "kv.example.com", Principal: "account-1",
		Limits: []ratelimit.Limit{{N: 2, Per: time.Minute, Margin: ratelimit.DefaultMargin}},
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for i := range 3 {
		limiter, err := pool.Limiter(budget)
		if err != nil {
			fmt.Println(err)
			return
		}
		err = limiter.Wait(ctx, ratelimit.Interactive)
		switch {
		case errors.Is(err, errs.RateLimited):
			fmt.Println(i, "refused, not a timeout:", !errors.Is(err, context.DeadlineExceeded))
		case err == nil:
			fmt.Println(i, "may be sent")
		}
	}
	// Output:
	// 0 may be sent
	// 1 may be sent
	// 2 refused, not a timeout: true
}

func ExampleLimit_Share() {
	limit, err := ratelimit.ParseLimit("20/1s")
	if err != nil {
		fmt.Println(err)
		return
	}
	share, err := limit.Share(0.4) // this process may use two fifths of the account's budget
	fmt.Println(share, err)
	// Output: 8 per 1s (margin 50ms) <nil>
}
