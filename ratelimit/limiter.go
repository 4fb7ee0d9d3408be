package ratelimit

import (
	"context"
	"time"
)

// Priority says who is served first. Values other than the two named count as [Bulk].
type Priority uint8

const (
	// Interactive callers are served before all others. It is the zero value.
	Interactive Priority = iota
	// Bulk callers are served when no Interactive one waits, and starve if that is never so.
	Bulk
)

// String returns "interactive" or "bulk".
func (p Priority) String() string {
	if p == Interactive {
		return "interactive"
	}
	return "bulk"
}

// Limiter makes callers wait until they may send. It is narrow enough for one that is shared by machines. The
// limiters of a [Pool] implement [Feedback] and [Inspector] too.
type Limiter interface {
	// Wait blocks until one request may be sent; the permit is spent when Wait returns nil, so call it directly
	// before sending. It is for use by many goroutines at once. When it fails nothing was spent, the outcome is
	// errs.NotApplied, and the error is an *errs.Error with one of these codes:
	//
	//   - errs.RateLimited, temporary, if the caller's turn would not come before the deadline of ctx, or if the
	//     provider has asked for a pause over [MaxPauseWait]. It is returned at once; RetryAfter is the time until
	//     the turn would come, or the rest of the pause. It does not match context.DeadlineExceeded.
	//   - errs.Canceled or errs.DeadlineExceeded if ctx is done. The error of ctx and its cause are reachable with
	//     errors.Is.
	Wait(ctx context.Context, p Priority) error
}

const (
	// MaxPause is the longest time for which one call of [Feedback.Throttled] stops a limiter.
	MaxPause = 10 * time.Minute
	// MaxPauseWait is the longest pause that callers wait out. While a longer one lasts they are refused at once with
	// errs.RateLimited, and with the rest of the pause as RetryAfter.
	MaxPauseWait = 30 * time.Second
)

// Feedback is implemented by limiters that learn from the provider's own throttling answers.
type Feedback interface {
	// Throttled says that the provider refused a request for its rate. Nothing is admitted for the next retryAfter,
	// at most [MaxPause], so that all callers of the budget pause together; 0 or less stands for the shortest window
	// of the limiter, a second for an adaptive limit. It never shortens a pause, and lowers the rate of an adaptive
	// limit unless nothing was admitted since it did. Callers for whom the pause is too long, by [MaxPauseWait] or by the
	// deadline of their context, are refused with errs.RateLimited. It is for use by many goroutines at once.
	Throttled(retryAfter time.Duration)
}

// Stats describes a limiter at one moment.
type Stats struct {
	// Queued is how many callers are waiting.
	Queued int
	// Wait is how long a caller that joined the end of the queue now would wait.
	Wait time.Duration
}

// Inspector is implemented by limiters that tell how long their queue is.
type Inspector interface {
	// Stats returns the state of the queue. It may take time in proportion to its length. It is for use by many
	// goroutines at once.
	Stats() Stats
}

// Budget says who spends what. Endpoint, Principal and Action identify the budget together and may each be empty.
type Budget struct {
	// Endpoint is the host that meters the requests. Upper and lower case are the same.
	Endpoint string
	// Principal is the account that pays: its stable id, not a temporary key that rotates.
	Principal string
	// Action is the provider's name of the call if each call has limits of its own; empty means all calls together.
	Action string
	// Limits all apply at once.
	Limits []Limit
}

// Source gives the limiter of a budget. [Pool] is the one for a single process.
type Source interface {
	// Limiter returns the limiter of a budget, the same one for the same Endpoint, Principal and Action. It is nil,
	// without an error, where nothing limits the budget. It is for use by many goroutines at once.
	Limiter(Budget) (Limiter, error)
}
