// Package ratelimit keeps promises about requests in time, such as "never more than 20 requests in any one second".
//
// A [Limit] is data, a [Limiter] makes callers wait, and a [Pool] sees to it that everybody in the process who spends
// the same [Budget] waits at the same limiter:
//
//	limiter, err := ratelimit.Default().Limiter(ratelimit.Budget{
//		Endpoint: "kv.example.com", Principal: "account-1",
//		Limits: []ratelimit.Limit{{N: 20, Per: time.Second, Margin: ratelimit.DefaultMargin}},
//	})
//	…
//	err = limiter.Wait(ctx, ratelimit.Interactive) // directly before the request is sent
//
// # Windows and averages
//
// A provider that says "20 requests per second" and counts them refuses the 21st of any second. A token bucket does
// not keep that promise: rate.NewLimiter(20, 20) of golang.org/x/time/rate lets its burst of 20 go at once and 19 more
// as the tokens come back during the same second, 39 in all. The limits of this package are windows unless
// [Limit.Average] is set: at least Per passes between a request and the N-th after it, wherever the window is laid. A
// full window may still leave in one burst. Average is for providers that mean an average, and is a token bucket.
//
// # Margin
//
// The provider counts arrivals, and a limiter sees departures. A request that travels 50 ms longer than one sent a
// second later arrives less than a second before it, and the provider counts both in one window. With a Margin, N+1
// requests leave over at least Per+Margin, so that they arrive over at least Per as long as their delays, counted from
// the return of Wait, differ by no more than Margin. It costs margin/(per+margin) of the rate: 4.8 % at 50 ms in 1 s,
// 0.02 % at 50 ms in 5 minutes. Permits that are kept before they are used are a delay too: call Wait last.
//
// # Order
//
// Callers of one priority are served first come, first served, and [Interactive] ones before [Bulk] ones. There is no
// ageing: steady interactive traffic at the full rate starves bulk traffic.
//
// A caller whose turn would not come before the deadline of its context is refused at once with errs.RateLimited and
// the time to wait, instead of waiting in vain. A caller whose context ends in the queue returns at once, and those
// behind it move up. Neither spends anything.
//
// # Throttled all the same
//
// A provider may throttle a budget for reasons that nobody here can count. The limiters of a [Pool] implement
// [Feedback]: told of such an answer, they pause everybody who spends the budget.
//
// # Rates that nobody documents
//
// An adaptive limit, Limit{Adaptive: true}, limits nothing until the provider throttles. Told so by [Feedback], it
// pauses the budget, and then admits at half of what it had admitted in the last full second, or so far in the present
// one if that is more, but at least 1 request per second. Requests are then spread evenly instead of leaving in
// bursts, and queued callers that were woken late make up for it, for at most 50 ms. For each second in which
// something was admitted and nothing throttled, seconds counted from the end of the pause, the rate grows by 1. Idle
// seconds change nothing. The next throttling halves it again; before a full second has passed since the last one, the
// rate stands for what was admitted. Throttling answers between which nothing was admitted count as one, so the many
// that answer one burst lower the rate once.
//
// A rate that has grown past twice the most that was ever admitted in one second, throttled bursts included, is not
// what holds the callers back any more, and the limit is lifted until the provider throttles again. While callers wait,
// what is admitted grows with the rate, so a limit that is in use is not lifted.
//
// Against a provider that serves R requests per second, 10 or more, the rate swings between R/2 and a little over R:
// about 70 % of R is used, and less than 5 % of the requests are throttled, those under way when the rate is over R.
// Where R is smaller the steps of 1 are coarse: at 1 per second up to half of the requests are throttled.
//
// # Processes that share a budget
//
// A limiter counts the requests of its own process. Processes that spend one budget split it by hand with
// [Limit.Share], or bring a [Source] of their own whose limiters ask a common store. Processes with adaptive limits
// make room for each other without a share; one with a share makes more room.
package ratelimit
