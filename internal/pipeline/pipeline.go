// Package pipeline is the one way from a portable call to a driver, for every kind of resource:
//
//	observe → validate → retry { pace of keys → concurrency → rate limit → driver }
//
// The portable packages validate before they call [Do] and hand over the refusal, so that a refused call is observed
// like any other and never sent.
package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/timelimit"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// Pipeline carries out the policy of one provider entry. It is safe for concurrent use.
type Pipeline struct {
	provider string
	policy   policy.Policy
	mu       sync.Mutex
	places   map[string]*places // by the budgets that operations spend from
	budget   retryBudget
	life     lifetime
}

// New returns a pipeline for the named provider.
func New(provider string, p policy.Policy) (*Pipeline, error) {
	p, err := p.WithDefaults()
	if err != nil {
		return nil, err
	}
	pl := &Pipeline{provider: provider, policy: p, places: map[string]*places{}}
	pl.budget.init(p.Retry.Budget)
	pl.life.init()
	return pl, nil
}

// Close refuses new calls, lets running ones finish until ctx ends, then cancels them and waits for their return. It
// reports whether all finished by themselves. Further calls of Close do the same for what is still running.
func (p *Pipeline) Close(ctx context.Context) bool { return p.life.close(ctx) }

// Operation is an operation of a driver, bound to the pipeline that its calls pass through.
type Operation struct {
	policy.Operation
	pipeline *Pipeline
	limiters []ratelimit.Limiter
	pacer    ratelimit.Pacer // nil where keys have no pace
	places   *places
}

// places are what calls hold while they wait for the rate limit and while their request is under way.
type places struct {
	all  chan struct{}
	bulk chan struct{} // what bulk calls take first: they never hold all of them
}

// placesOf returns the places of the operations that spend from the same budgets. Others have their own, so that a slow
// budget does not hold up calls that do not spend from it.
func (p *Pipeline) placesOf(budgets []ratelimit.Budget) *places {
	key := ""
	for _, b := range budgets {
		key += fmt.Sprintf("%q %q %q;", b.Endpoint, b.Principal, b.Action)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	shared := p.places[key]
	if shared == nil {
		n := p.policy.Concurrency
		shared = &places{all: make(chan struct{}, n), bulk: make(chan struct{}, max(1, n-max(1, n/4)))}
		p.places[key] = shared
	}
	return shared
}

// Bind looks up the rate limiters that the operation spends from.
func (p *Pipeline) Bind(op policy.Operation) (*Operation, error) {
	bound := &Operation{Operation: op, pipeline: p}
	budgets := op.Budgets
	if len(budgets) == 0 && len(p.policy.Rate.Limits) > 0 {
		budgets = []ratelimit.Budget{{Principal: p.provider}} // the driver meters nothing, but its user does
	}
	for _, budget := range budgets {
		if p.policy.Rate.Unlimited {
			continue // not even a limit that somebody else has given to the pool
		}
		budget, err := p.policy.Rate.Apply(budget)
		if err != nil {
			return nil, err
		}
		limiter, err := p.policy.Limiters.Limiter(budget)
		if err != nil {
			return nil, err
		}
		if limiter != nil {
			bound.limiters = append(bound.limiters, limiter)
		}
	}
	bound.places = p.placesOf(budgets)
	if op.KeyPace == (ratelimit.Pace{}) {
		return bound, nil
	}
	source, ok := p.policy.Limiters.(ratelimit.PaceSource)
	if !ok {
		source = ratelimit.Default()
	}
	var err error
	bound.pacer, err = source.Pacer(op.KeyPace)
	return bound, err
}

// throttled tells the limiters that the provider refused a request for its rate, so that everybody who spends the
// same budget pauses, and not this call alone.
func (o *Operation) throttled(retryAfter time.Duration) {
	for _, limiter := range o.limiters {
		if f, ok := limiter.(ratelimit.Feedback); ok {
			f.Throttled(retryAfter)
		}
	}
}

// Unbound returns an operation that no driver method stands behind, for calls that are refused.
func (p *Pipeline) Unbound(op policy.Operation) *Operation {
	return &Operation{Operation: op, pipeline: p}
}

// Call is one portable call.
type Call struct {
	// Op is what the driver is asked to do.
	Op *Operation
	// Resource and Key name what is worked on, in errors and to hooks.
	Resource, Key string
	// Priority is the place in the queue of the rate limit.
	Priority ratelimit.Priority
	// Refusal, where not nil, is why the call must not be sent.
	Refusal error
	// KeysOf returns the keys that a request has, for the pace of keys. It is asked before each attempt, about the req of
	// the call, where the operation has a KeyPace.
	KeysOf func(req any) []string
}

// Do sends req through the pipeline by send, once or, where that is safe, several times. Every error it returns is an
// *[errs.Error] that names the provider, the operation and the resource.
func Do[Req, Res any](ctx context.Context, call Call, req *Req, send func(context.Context, *Req) (*Res, error)) (*Res, error) {
	// There is a copy of this function for each operation: all that can be is in one that is the same for all.
	res, err := do(ctx, call, req, func(ctx context.Context, req any) (any, error) {
		res, err := send(ctx, req.(*Req))
		if err == nil && res == nil {
			err = errNeither
		}
		if err != nil {
			return nil, err
		}
		return res, nil
	})
	if err != nil {
		return nil, err
	}
	return res.(*Res), nil
}

// errNeither is how a driver's call fails that tells nothing.
var errNeither = &errs.Error{Code: errs.Internal, Message: "the driver returned neither a response nor an error"}

// sender is a driver's method on a request and a response of its own types.
type sender func(ctx context.Context, req any) (res any, err error)

func do(ctx context.Context, call Call, req any, send sender) (any, error) {
	p := call.Op.pipeline
	r := run{call: call, p: p, outcome: errs.NotApplied}
	if !p.observed(ctx) {
		return attempts(ctx, &r, req, send)
	}
	ctx = r.start(ctx)
	err := error(errPanicked) // unless attempts returns
	defer func() { r.end(ctx, err) }()
	var res any
	res, err = attempts(ctx, &r, req, send)
	return res, err
}

// errPanicked is what the hooks are told of a call that a panic of the driver has ended.
var errPanicked = &errs.Error{Code: errs.Internal, Message: "the driver panicked"}

// run is the state of one call.
type run struct {
	call    Call
	p       *Pipeline
	event   *policy.Event // nil where nobody watches
	attempt int
	began   time.Time     // of the attempt, where somebody watches
	waited  time.Duration // of the attempt, where somebody watches
	total   time.Duration // waited by all attempts
	outcome errs.Outcome  // strongest so far
	last    *errs.Error   // of the attempt before
	delays  backOff
	inBulk  bool // a place of bulk calls is held
	inAll   bool // a place is held
}

func attempts(ctx context.Context, r *run, req any, send sender) (any, error) {
	if r.call.Refusal != nil {
		return nil, r.failure(ctx, r.call.Refusal)
	}
	if err := ctx.Err(); err != nil {
		return nil, r.failure(ctx, interrupted(ctx, "before the request was sent"))
	}
	callCtx, err := r.p.life.enter(ctx)
	if err != nil {
		return nil, r.failure(ctx, err)
	}
	defer r.release()
	defer callCtx.leave()
	for {
		res, err := attempt(callCtx, r, req, send)
		if err == nil {
			// The place is kept until the call has left: callers that queue for the locks there would hold replies beyond
			// what the places bound.
			callCtx.leave()
			r.release()
			r.attempted(ctx, r.attempt, nil, 0)
			r.p.budget.give(successRefund)
			return res, nil
		}
		r.release()
		failure := r.failure(callCtx, err)
		if _, wasSent := err.(sentError); !wasSent {
			r.waitedFor()
			r.attempted(callCtx, r.attempt+1, failure, 0)
			return nil, failure
		}
		if failure.Code == errs.RateLimited {
			r.call.Op.throttled(failure.RetryAfter)
		}
		delay, again := r.next(callCtx, failure)
		r.attempted(callCtx, r.attempt, failure, delay)
		if !again {
			return nil, failure
		}
		r.last = failure
		if err := sleep(callCtx, delay); err != nil {
			return nil, r.failure(callCtx, interrupted(callCtx, "while waiting to repeat the request"))
		}
	}
}

// attempt waits for the turn of the request's keys, takes a place, then the permits of the rate limits, then sends: the
// permit is the last thing taken, so that permits do not age while callers wait for a place. The turn of keys comes first,
// so that a busy key takes no place from others, and does not age either: it is counted from when the request leaves. The
// places are released by who called.
func attempt(ctx *callContext, r *run, req any, send sender) (any, error) {
	r.waiting()
	leave, err := r.turn(ctx, req)
	if err != nil {
		return nil, err
	}
	left := false
	defer func() {
		if !left {
			leave(false)
		}
	}()
	if r.call.Priority != ratelimit.Interactive {
		// Places are held while waiting for the rate limit. Were all of them held by bulk calls, no interactive one
		// could overtake there.
		if err := acquire(ctx, r.call.Op.places.bulk); err != nil {
			return nil, err
		}
		r.inBulk = true
	}
	if err := acquire(ctx, r.call.Op.places.all); err != nil {
		return nil, err
	}
	r.inAll = true
	if ctx.Err() != nil { // it may have ended in the moment in which the wait did
		return nil, interrupted(ctx, "before the request was sent")
	}
	for _, limiter := range r.call.Op.limiters {
		if err := limiter.Wait(ctx, r.call.Priority); err != nil {
			return nil, err
		}
	}
	r.attempt++
	r.waitedFor()
	left = true
	leave(true)
	sendCtx := context.Context(ctx)
	if limit := r.p.policy.AttemptTimeout; limit > 0 {
		sendCtx = timelimit.With(ctx, limit)
	}
	res, err := send(sendCtx, req)
	if err != nil {
		return nil, sentError{err}
	}
	return res, nil
}

// turn waits for the turn of the keys of a request.
func (r *run) turn(ctx *callContext, req any) (leave func(sent bool), err error) {
	if r.call.Op.pacer == nil || r.call.KeysOf == nil {
		return unpaced, nil
	}
	return r.call.Op.pacer.Wait(ctx, r.call.KeysOf(req))
}

func unpaced(bool) {}

// sentError marks an error that came back from the driver, as against one met before anything was sent.
type sentError struct{ error }

// acquire takes a place among those that may be under way at once.
func acquire(ctx *callContext, places chan struct{}) error {
	select {
	case places <- struct{}{}:
		return nil
	default:
	}
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return interrupted(ctx, fmt.Sprintf("while waiting for one of %d concurrent requests to end", cap(places)))
	}
}

// release gives back the places that are held.
func (r *run) release() {
	if r.inAll {
		r.inAll = false
		<-r.call.Op.places.all
	}
	if r.inBulk {
		r.inBulk = false
		<-r.call.Op.places.bulk
	}
}

// interrupted returns the error of a call whose context ended outside of the driver.
func interrupted(ctx context.Context, where string) error {
	return errs.Refuse(errs.CodeOf(ctx.Err()), "%w %s", context.Cause(ctx), where)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Pipeline) observed(ctx context.Context) bool {
	h := &p.policy.Hooks
	return h.Start != nil || h.Attempt != nil || h.End != nil ||
		p.policy.Logger != nil && p.policy.Logger.Enabled(ctx, slog.LevelWarn)
}
