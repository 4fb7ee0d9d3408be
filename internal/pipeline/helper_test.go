package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

type request struct{ value string }

type response struct{ value string }

type sender = func(context.Context, *request) (*response, error)

func newPipeline(t testing.TB, p policy.Policy) *pipeline.Pipeline {
	t.Helper()
	pipe, err := pipeline.New("edge", p)
	if err != nil {
		t.Fatal(err)
	}
	return pipe
}

// bind returns an idempotent operation that spends from the given number of budgets.
func bind(t testing.TB, pipe *pipeline.Pipeline, class policy.Idempotency, budgets int) *pipeline.Operation {
	t.Helper()
	op := policy.Operation{Name: "kv.Put", Action: "VendorPut", Idempotency: class}
	for i := range budgets {
		op.Budgets = append(op.Budgets, ratelimit.Budget{Action: fmt.Sprint("budget", i)})
	}
	bound, err := pipe.Bind(op)
	if err != nil {
		t.Fatal(err)
	}
	return bound
}

func open(t testing.TB, p policy.Policy, class policy.Idempotency) *pipeline.Operation {
	t.Helper()
	budgets := 0
	if p.Limiters != nil {
		budgets = 1
	}
	return bind(t, newPipeline(t, p), class, budgets)
}

func do(ctx context.Context, op *pipeline.Operation, send sender) error {
	_, err := pipeline.Do(ctx, pipeline.Call{Op: op, Resource: "flags", Key: "k"}, &request{}, send)
	return err
}

// detail returns err as the *errs.Error that every failure of Do is.
func detail(t testing.TB, err error) *errs.Error {
	t.Helper()
	e, ok := err.(*errs.Error)
	if !ok {
		t.Fatalf("error is a %T: %v", err, err)
	}
	return e
}

// script is a driver that answers its n-th request with the n-th error, and the later ones with success.
type script struct {
	mu     sync.Mutex
	errs   []error
	always error // the answer to all, where not nil
	at     []time.Time
}

func (s *script) send(context.Context, *request) (*response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = append(s.at, time.Now())
	if s.always != nil {
		return nil, s.always
	}
	if len(s.at) <= len(s.errs) {
		return nil, s.errs[len(s.at)-1]
	}
	return &response{}, nil
}

func (s *script) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.at)
}

// gaps are the times between the requests.
func (s *script) gaps() []time.Duration {
	var gaps []time.Duration
	for i := 1; i < len(s.at); i++ {
		gaps = append(gaps, s.at[i].Sub(s.at[i-1]))
	}
	return gaps
}

func temporary(o errs.Outcome) *errs.Error {
	return &errs.Error{Code: errs.Unavailable, Retry: errs.Temporary, Outcome: o, Message: "busy"}
}

func repeat(err error, n int) []error { return slices.Repeat([]error{err}, n) }

// limiter is a [ratelimit.Limiter] and the [ratelimit.Source] of it.
type limiter func(context.Context, ratelimit.Priority) error

func (l limiter) Wait(ctx context.Context, p ratelimit.Priority) error { return l(ctx, p) }

func (l limiter) Limiter(ratelimit.Budget) (ratelimit.Limiter, error) { return l, nil }

// journal notes what happens, in order.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

func (j *journal) expect(t *testing.T, want ...string) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	if !slices.Equal(j.lines, want) {
		t.Errorf("got  %q\nwant %q", j.lines, want)
	}
}

// bubble runs a subtest in virtual time. It fails if a goroutine is left.
func bubble(t *testing.T, name string, f func(*testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// background starts f and returns a function that waits for its end, and gives the time of it and the error.
func background(t *testing.T, f func() error) (result func() (time.Time, error)) {
	t.Helper()
	var err error
	var at time.Time
	done := make(chan struct{})
	go func() {
		defer close(done)
		err, at = f(), time.Now()
	}()
	synctest.Wait()
	return func() (time.Time, error) {
		t.Helper()
		<-done
		return at, err
	}
}

var errBoom = errors.New("boom")
