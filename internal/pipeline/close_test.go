package pipeline_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

func TestClosedPipelineRefuses(t *testing.T) {
	pipe := newPipeline(t, policy.Policy{})
	op := bind(t, pipe, policy.Idempotent, 0)
	for range 2 {
		if !pipe.Close(t.Context()) {
			t.Error("Close of an idle pipeline had to cancel something")
		}
	}
	driver := script{}
	e := detail(t, do(t.Context(), op, driver.send))
	if driver.count() != 0 || !errors.Is(e, errs.Closed) || e.Outcome != errs.NotApplied || e.Retry != errs.Permanent || e.Attempts != 0 {
		t.Errorf("%d requests, %#v", driver.count(), e)
	}
	if errors.Is(e, context.Canceled) {
		t.Error("nobody cancelled a context")
	}
	if e.Provider != "edge" || e.Op != "kv.Put" || e.Resource != "flags/k" {
		t.Errorf("error is %v", e)
	}
}

func TestCloseOfAnIdlePipelineNeedsNoTime(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		if pipe := newPipeline(t, policy.Policy{}); !pipe.Close(ctx) {
			t.Fatal("Close of an idle pipeline gave up")
		}
	}
}

func TestCloseWaitsForRunningCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := newPipeline(t, policy.Policy{})
		op := bind(t, pipe, policy.Idempotent, 0)
		began := time.Now()
		slow := func(ctx context.Context, _ *request) (*response, error) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Minute):
				return &response{}, nil
			}
		}
		one := background(t, func() error { return do(t.Context(), op, slow) })
		time.Sleep(30 * time.Second)
		two := background(t, func() error { return do(t.Context(), op, slow) })
		closing := background(t, func() error {
			if !pipe.Close(t.Context()) {
				return errBoom
			}
			return nil
		})
		if e := detail(t, do(t.Context(), op, slow)); e.Code != errs.Closed {
			t.Errorf("a call during Close: %v", e)
		}
		for i, call := range []func() (time.Time, error){one, two} {
			if _, err := call(); err != nil {
				t.Errorf("call %d: %v", i, err)
			}
		}
		if at, err := closing(); err != nil || at.Sub(began) != 90*time.Second {
			t.Errorf("Close returned after %v: %v", at.Sub(began), err)
		}
	})
}

func TestCloseCancelsInEachWait(t *testing.T) {
	const patience = 5 * time.Second
	for name, wait := range waits {
		bubble(t, name, func(t *testing.T) {
			pipe := newPipeline(t, wait.policy())
			budgets := 0
			if wait.policy().Limiters != nil {
				budgets = 1
			}
			op := bind(t, pipe, policy.Idempotent, budgets)
			if wait.occupy {
				background(t, func() error { return do(t.Context(), op, untilDone) })
			}
			call := background(t, func() error { return do(t.Context(), op, wait.send) })
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			began := time.Now()
			if pipe.Close(ctx) {
				t.Error("Close tells that all calls ended by themselves")
			}
			if took := time.Since(began); took != patience {
				t.Errorf("Close took %v", took)
			}
			at, err := call()
			e := detail(t, err)
			if at.Sub(began) != patience || e.Outcome != wait.outcome || e.Attempts != wait.attempts {
				t.Errorf("after %v: %v, %d attempts", at.Sub(began), e.Outcome, e.Attempts)
			}
			if e.Code != errs.Closed || e.Retry != errs.Permanent || !strings.Contains(e.Message, "the client was closed") {
				t.Errorf("error is %v, %v", e, e.Retry)
			}
		})
	}
}

// Close does not return while a driver still tidies up, but leaves one behind that does not end.
func TestCloseWaitsForCancelledCalls(t *testing.T) {
	for tidying, takes := range map[time.Duration]time.Duration{900 * time.Millisecond: 1900 * time.Millisecond, time.Hour: 2 * time.Second} {
		closeWhileTidying(t, tidying, takes)
	}
}

func closeWhileTidying(t *testing.T, tidying, takes time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		pipe := newPipeline(t, policy.Policy{})
		op := bind(t, pipe, policy.Idempotent, 0)
		background(t, func() error {
			return do(t.Context(), op, func(ctx context.Context, _ *request) (*response, error) {
				<-ctx.Done()
				time.Sleep(tidying)
				return nil, ctx.Err()
			})
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if pipe.Close(ctx) || time.Since(began) != takes {
			t.Errorf("Close returned after %v, want %v", time.Since(began), takes)
		}
		time.Sleep(2 * tidying)
	})
}

// A closed client does not come back, whatever the driver thinks of its own interruption.
func TestClosedIsPermanent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := newPipeline(t, policy.Policy{Retry: policy.Retry{MaxAttempts: 1}})
		op := bind(t, pipe, policy.Idempotent, 0)
		call := background(t, func() error {
			return do(t.Context(), op, func(ctx context.Context, _ *request) (*response, error) {
				<-ctx.Done()
				return nil, &errs.Error{Code: errs.DeadlineExceeded, Retry: errs.Temporary, Message: "timed out"}
			})
		})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		pipe.Close(ctx)
		_, err := call()
		if e := detail(t, err); e.Code != errs.Closed || e.Retry != errs.Permanent || !errors.Is(e, context.Canceled) {
			t.Errorf("%v is %v", e, e.Retry)
		}
	})
}

// When all calls are cancelled, one may get the place that another leaves before it learns of its own end. It does not
// send then. The order is up to the scheduler, hence the rounds.
func TestNothingIsSentAfterTheKill(t *testing.T) {
	for range 300 {
		synctest.Test(t, func(t *testing.T) {
			pipe := newPipeline(t, policy.Policy{Concurrency: 1})
			op := bind(t, pipe, policy.Idempotent, 0)
			background(t, func() error { return do(t.Context(), op, untilDone) })
			driver := script{}
			waiting := background(t, func() error { return do(t.Context(), op, driver.send) })
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			pipe.Close(ctx)
			_, err := waiting()
			if driver.count() != 0 || errs.CodeOf(err) != errs.Closed {
				t.Fatalf("%d requests, %v", driver.count(), err)
			}
		})
	}
}

// The code tells what ended first.
func TestCallerCancelsBeforeCloseDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := newPipeline(t, policy.Policy{})
		op := bind(t, pipe, policy.Idempotent, 0)
		ctx, cancel := context.WithCancel(t.Context())
		call := background(t, func() error {
			return do(ctx, op, func(ctx context.Context, _ *request) (*response, error) {
				<-ctx.Done()
				time.Sleep(time.Minute) // Close comes meanwhile
				return nil, ctx.Err()
			})
		})
		cancel()
		over, stop := context.WithCancel(t.Context())
		stop()
		pipe.Close(over)
		if _, err := call(); detail(t, err).Code != errs.Canceled {
			t.Errorf("error is %v", err)
		}
	})
}

// A caller may cancel because another client was closed. That is no reason to say that this one was.
func TestCauseFromAnotherClient(t *testing.T) {
	elsewhere := &errs.Error{Code: errs.Closed, Provider: "another"}
	for name, wait := range waits {
		bubble(t, name, func(t *testing.T) {
			op := open(t, wait.policy(), policy.Idempotent)
			if wait.occupy {
				other, stop := context.WithCancel(t.Context())
				defer stop()
				background(t, func() error { return do(other, op, untilDone) })
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			call := background(t, func() error { return do(ctx, op, wait.send) })
			cancel(elsewhere)
			_, err := call()
			if e := detail(t, err); e.Code != errs.Canceled || !errors.Is(e, elsewhere) || strings.Contains(e.Error(), "the client was closed") {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestSuccessAfterTheKillIsSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := newPipeline(t, policy.Policy{})
		op := bind(t, pipe, policy.Idempotent, 0)
		call := background(t, func() error {
			return do(t.Context(), op, func(ctx context.Context, _ *request) (*response, error) {
				<-ctx.Done()
				return &response{}, nil
			})
		})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if pipe.Close(ctx) {
			t.Error("Close did not have to cancel")
		}
		if _, err := call(); err != nil {
			t.Error(err)
		}
	})
}

func TestConcurrentClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := newPipeline(t, policy.Policy{})
		op := bind(t, pipe, policy.Idempotent, 0)
		var calls, closers sync.WaitGroup
		for range 5 {
			calls.Go(func() { _ = do(t.Context(), op, untilDone) })
		}
		synctest.Wait()
		began := time.Now()
		for i := range 5 {
			closers.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i+1)*time.Second)
				defer cancel()
				self := pipe.Close(ctx)
				if took := time.Since(began); took != time.Second {
					t.Errorf("closer %d returned after %v", i, took)
				}
				if i == 0 && self {
					t.Error("the least patient closer did not cancel")
				}
			})
		}
		calls.Wait()
		closers.Wait()
		if !pipe.Close(t.Context()) {
			t.Error("Close of a closed pipeline had to cancel")
		}
	})
}

// For the race detector: calls that begin while Close runs are either done or refused.
func TestCloseRacesWithCalls(t *testing.T) {
	for range 200 {
		pipe := newPipeline(t, policy.Policy{})
		op := bind(t, pipe, policy.Idempotent, 0)
		driver := script{}
		var group sync.WaitGroup
		var mu sync.Mutex
		succeeded := 0
		for range 8 {
			group.Go(func() {
				err := do(t.Context(), op, driver.send)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					succeeded++
				} else if !errors.Is(err, errs.Closed) {
					t.Error(err)
				}
			})
		}
		if !pipe.Close(t.Context()) {
			t.Error("Close had to cancel")
		}
		sent := driver.count() // after Close, nothing more
		group.Wait()
		if driver.count() != sent || succeeded != sent {
			t.Fatalf("%d requests when Close returned, %d in the end, %d successes", sent, driver.count(), succeeded)
		}
	}
}
