// Package policy describes what happens around every request of this module: how often a failed one is repeated, how
// many run at once, how fast they may leave, and who watches.
//
// The same [Policy] governs key-value stores, keys and workspaces. A call passes, in this order:
//
//	observe → validate → retry { concurrency → rate limit → driver }
//
// so that a refused argument is observed but never sent, every repetition pays the rate limit again, and the permit
// of the rate limit is the last thing taken before the request leaves. Where an [Operation] paces its keys, each attempt
// first waits for their turn.
//
// What may be repeated is decided by the operation's [Idempotency] and by what is known of the failed attempt, never
// by an HTTP verb. The zero Policy is ready to use; its defaults are named at each field.
package policy

import (
	"log/slog"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// Defaults of a zero [Policy].
const (
	// DefaultMaxAttempts is how many requests a call may send, the first included.
	DefaultMaxAttempts = 4
	// DefaultBaseDelay is the mean pause before the first repetition.
	DefaultBaseDelay = 100 * time.Millisecond
	// DefaultMaxDelay is the longest mean pause of the exponential back-off.
	DefaultMaxDelay = 5 * time.Second
	// DefaultMaxRetryAfter is the longest pause asked for by a provider that a call waits out.
	DefaultMaxRetryAfter = 30 * time.Second
	// DefaultRetryBudget is how many repetitions may be in debt at once.
	DefaultRetryBudget = 100
	// DefaultConcurrency is how many requests of one service run at once.
	DefaultConcurrency = 64
)

// Policy is what is done around every request. It is copied when a service is opened.
type Policy struct {
	// Retry governs the repetition of failed requests.
	Retry Retry
	// AttemptTimeout bounds each HTTP request of a cloud, from its first byte to the last of the reply; one that takes longer
	// fails with [errs.DeadlineExceeded], which is temporary. 0 means what the driver says: 1 minute, 2 minutes for
	// Cloudflare, 5 minutes for the upload of a large value to Alibaba Cloud. The context bounds the call as a whole.
	AttemptTimeout time.Duration
	// Concurrency is how many requests of one service that spend from the same rate budgets may be under way at once,
	// waiting for the rate limit included; 0 means [DefaultConcurrency]. Bulk calls together leave a quarter of them
	// to interactive ones. Further callers wait, as long as their context allows.
	Concurrency int
	// Rate changes the provider's documented rate limits.
	Rate Rate
	// Limiters is where rate limiters come from; nil means the process-wide [ratelimit.Default], so that every
	// client in the process that spends the same budget shares it. A source that is no [ratelimit.PaceSource] leaves the
	// pace of keys to the default.
	Limiters ratelimit.Source
	// Hooks are called around calls and attempts.
	Hooks Hooks
	// Logger receives one record a call at debug level and one a repetition at warn level; nil means no logging.
	// Keys and errors are logged, values and credentials never.
	Logger *slog.Logger
}

// Retry governs the repetition of failed requests. A zero field means its default.
type Retry struct {
	// MaxAttempts is how many requests a call may send; 1 means no repetition, 0 [DefaultMaxAttempts].
	MaxAttempts int
	// BaseDelay is the mean pause before the first repetition; it doubles with each, up to MaxDelay, and every pause
	// is drawn at random between half and one and a half times the mean.
	BaseDelay time.Duration
	// MaxDelay bounds the mean pause.
	MaxDelay time.Duration
	// MaxRetryAfter is the longest pause asked for by a provider that is waited out; a negative one waits out none. A
	// longer pause ends the call at once, with the pause in the error's RetryAfter.
	MaxRetryAfter time.Duration
	// Budget is how many repetitions may be in debt at once: each takes one, ten successful calls give one back.
	// While none is left calls are not repeated, so that an ailing provider does not get a multiple of its traffic. A
	// negative Budget does not bound repetitions.
	Budget int
}

// Rate changes the rate limits that a provider documents.
type Rate struct {
	// Limits, when not empty, replaces the documented limits of every budget, adaptive ones included. Where the
	// provider has no budgets, all of its operations share one with these limits. A stricter limit that another
	// client has given to the same limiters stays in force.
	Limits []ratelimit.Limit
	// Unlimited sends without asking any limiter; Limits and Share are then not used.
	Unlimited bool
	// Share is the part of each limit that this process may use, over 0 and up to 1; 0 means all of it. Of an adaptive
	// limit it is the part of the least rate and of the growth.
	Share float64
}

// Apply returns budget as changed by r. An impossible Share is [errs.InvalidArgument].
func (r Rate) Apply(budget ratelimit.Budget) (ratelimit.Budget, error) {
	if r.Unlimited {
		budget.Limits = nil
		return budget, nil
	}
	limits := budget.Limits
	if len(r.Limits) > 0 {
		limits = r.Limits
	}
	changed := make([]ratelimit.Limit, 0, len(limits))
	for _, limit := range limits {
		if r.Share != 0 {
			var err error
			if limit, err = limit.Share(r.Share); err != nil {
				return budget, err
			}
		}
		changed = append(changed, limit)
	}
	budget.Limits = changed
	return budget, nil
}

// WithDefaults returns p with every zero field set to its default, or [errs.InvalidArgument] for a negative or
// contradictory one.
func (p Policy) WithDefaults() (Policy, error) {
	r := &p.Retry
	if r.MaxAttempts < 0 || r.BaseDelay < 0 || r.MaxDelay < 0 || p.Concurrency < 0 || p.AttemptTimeout < 0 {
		return p, errs.Refuse(errs.InvalidArgument, "policy: a negative number or duration; 0 means the default")
	}
	if !(p.Rate.Share >= 0 && p.Rate.Share <= 1) { // written so that NaN fails
		return p, errs.Refuse(errs.InvalidArgument, "policy: rate share %v; say a part over 0 and up to 1", p.Rate.Share)
	}
	for _, limit := range p.Rate.Limits {
		if err := limit.Validate(); err != nil {
			return p, err
		}
	}
	setDefault(&r.MaxAttempts, DefaultMaxAttempts)
	setDefault(&r.BaseDelay, DefaultBaseDelay)
	setDefault(&r.MaxDelay, max(DefaultMaxDelay, r.BaseDelay))
	setDefault(&r.MaxRetryAfter, DefaultMaxRetryAfter)
	setDefault(&r.Budget, DefaultRetryBudget)
	setDefault(&p.Concurrency, DefaultConcurrency)
	if p.Limiters == nil {
		p.Limiters = ratelimit.Default()
	}
	if r.MaxDelay < r.BaseDelay {
		return p, errs.Refuse(errs.InvalidArgument, "policy: the longest delay %v is under the base delay %v", r.MaxDelay, r.BaseDelay)
	}
	return p, nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
