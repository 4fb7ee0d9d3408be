package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// failure turns what went wrong into the error that the caller gets so far: complete, and with the strongest outcome
// of all attempts.
func (r *run) failure(ctx context.Context, err error) *errs.Error {
	sent, wasSent := err.(sentError)
	if wasSent {
		err = sent.error
	}
	code := errs.CodeOf(err)
	e := &errs.Error{Err: err}
	if known, ok := errors.AsType[*errs.Error](err); ok && known != nil {
		*e = *known // the driver's error is not ours to change
		if error(known) != err {
			e.Message, e.Err = err.Error(), err
		}
	}
	e.Code = code
	if !wasSent || r.call.Op.Idempotency == policy.ReadOnly {
		e.Outcome = errs.NotApplied
	}
	if isInterruption(e.Code) && ctx.Err() != nil {
		e.Err = rooted(ctx, e.Err)
		if closedUnder(ctx) {
			e.Code, e.Retry = errs.Closed, errs.Permanent
			e.Message = "the client was closed before the call was done"
		}
	}
	if !wasSent && r.last != nil {
		if e.Message == "" {
			e.Message = err.Error()
		}
		e.Message += "; the request before it failed: " + r.last.Error()
		r.p.budget.give(repetitionCost)
	}
	r.outcome = r.outcome.Strongest(e.Outcome)
	e.Outcome = r.outcome
	e.Provider, e.Op, e.Attempts = r.p.provider, r.call.Op.Name, r.attempt
	e.Resource = r.call.Resource
	if key := r.call.Key; key != "" {
		if len(key) > errs.MaxText {
			key = errs.Printable(key) // refused for its size: it is not kept whole
		}
		e.Resource += "/" + key
	}
	return e
}

func isInterruption(code errs.Code) bool {
	return code == errs.Canceled || code == errs.DeadlineExceeded
}

// closedUnder reports whether it was [Pipeline.Close] that ended ctx.
func closedUnder(ctx context.Context) bool { return context.Cause(ctx) == error(errClosed) }

// rooted returns err with the error and the cause of the ended ctx in its tree.
func rooted(ctx context.Context, err error) error {
	for _, end := range []error{ctx.Err(), context.Cause(ctx)} {
		switch {
		case err == nil:
			err = end
		case !errors.Is(err, end):
			err = fmt.Errorf("%w: %w", err, end)
		}
	}
	return err
}

// next decides whether the failed request is sent again and after which pause. Where it is not, it says in e.Retry
// what the caller may do.
func (r *run) next(ctx context.Context, e *errs.Error) (time.Duration, bool) {
	if e.Retry != errs.Temporary {
		return 0, false
	}
	if r.call.Op.Idempotency == policy.NonIdempotent && e.Outcome != errs.NotApplied {
		// The cause may pass, but the same call could now do its work twice.
		e.Retry = errs.Permanent
		return 0, false
	}
	retry := &r.p.policy.Retry
	if r.attempt >= retry.MaxAttempts {
		if r.attempt > 1 { // where nothing was repeated the caller may
			e.Retry = errs.Exhausted
		}
		return 0, false
	}
	if e.RetryAfter > max(0, retry.MaxRetryAfter) {
		return 0, false // Temporary stays: the caller may come back after RetryAfter
	}
	delay := max(r.delays.next(retry), e.RetryAfter)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= delay {
		e.Retry = errs.Exhausted
		return 0, false
	}
	if !r.p.budget.take() {
		e.Retry = errs.Exhausted
		return 0, false
	}
	return delay, true
}

// backOff draws the pauses of one call; its state is made at the first failure.
type backOff struct{ exponential *backoff.ExponentialBackOff }

func (b *backOff) next(retry *policy.Retry) time.Duration {
	if b.exponential == nil {
		b.exponential = &backoff.ExponentialBackOff{
			InitialInterval:     retry.BaseDelay,
			RandomizationFactor: 0.5,
			Multiplier:          2,
			MaxInterval:         retry.MaxDelay,
		}
		b.exponential.Reset()
	}
	return b.exponential.NextBackOff()
}

// Refused passes a refusal through the pipeline, so that hooks see the call, and returns it complete.
func (p *Pipeline) Refused(ctx context.Context, op, resource, key string, refusal error) error {
	call := Call{Op: p.Unbound(policy.Operation{Name: op}), Resource: resource, Key: key, Refusal: refusal}
	_, err := Do[struct{}, struct{}](ctx, call, nil, nil)
	return err
}

// Complete names the provider, operation and resource in an error that did not come through the pipeline.
func (p *Pipeline) Complete(err error, op, resource string) error {
	e := &errs.Error{Code: errs.CodeOf(err), Outcome: errs.NotApplied, Err: err}
	if known, ok := errors.AsType[*errs.Error](err); ok && known != nil {
		if known.Provider != "" || known.Op != "" {
			return err
		}
		*e = *known
	}
	e.Provider, e.Op, e.Resource = p.provider, op, resource
	return e
}
