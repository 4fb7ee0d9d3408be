package pipeline_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

type contextKey struct{}

// inCall runs f as the driver of a call with ctx.
func inCall(ctx context.Context, t *testing.T, pipe *pipeline.Pipeline, f func(context.Context)) {
	t.Helper()
	_ = do(ctx, bind(t, pipe, policy.Idempotent, 0), func(ctx context.Context, _ *request) (*response, error) {
		f(ctx)
		return &response{}, nil
	})
}

// kill closes pipe without patience, as far as that can be done from within a call.
func kill(pipe *pipeline.Pipeline) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	go pipe.Close(ctx)
}

func TestDriversContextIsTheCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), contextKey{}, "v"), time.Minute)
		defer cancel()
		want, _ := ctx.Deadline()
		inCall(ctx, t, newPipeline(t, policy.Policy{}), func(ctx context.Context) {
			for _, when := range []string{"before Done", "after Done"} {
				if got, ok := ctx.Deadline(); !ok || !got.Equal(want) {
					t.Errorf("%s: deadline is %v, %v", when, got, ok)
				}
				if ctx.Value(contextKey{}) != "v" || ctx.Value("other") != nil {
					t.Errorf("%s: values are lost", when)
				}
				if ctx.Err() != nil || context.Cause(ctx) != nil {
					t.Errorf("%s: %v, %v", when, ctx.Err(), context.Cause(ctx))
				}
				select {
				case <-ctx.Done():
					t.Errorf("%s: it is over", when)
				default:
				}
			}
			if first, again := ctx.Done(), ctx.Done(); first != again {
				t.Error("Done gives another channel")
			}
		})
		inCall(context.Background(), t, newPipeline(t, policy.Policy{}), func(ctx context.Context) {
			if _, ok := ctx.Deadline(); ok {
				t.Error("a deadline out of nothing")
			}
		})
	})
}

// However the driver comes to look, it sees the same end.
func TestEndOfTheDriversContext(t *testing.T) {
	for name, tc := range map[string]struct {
		end        func(*pipeline.Pipeline, context.CancelCauseFunc)
		err, cause error
	}{
		"cancel":            {func(_ *pipeline.Pipeline, cancel context.CancelCauseFunc) { cancel(nil) }, context.Canceled, context.Canceled},
		"cancel by cause":   {func(_ *pipeline.Pipeline, cancel context.CancelCauseFunc) { cancel(errBoom) }, context.Canceled, errBoom},
		"deadline":          {func(*pipeline.Pipeline, context.CancelCauseFunc) { time.Sleep(time.Hour) }, context.DeadlineExceeded, context.DeadlineExceeded},
		"close":             {func(p *pipeline.Pipeline, _ context.CancelCauseFunc) { kill(p) }, context.Canceled, errs.Closed},
		"cancel then close": {func(p *pipeline.Pipeline, cancel context.CancelCauseFunc) { cancel(errBoom); kill(p) }, context.Canceled, errBoom},
	} {
		for how, look := range map[string]func(context.Context){
			"Done first":    func(ctx context.Context) { ctx.Done() },
			"Err first":     func(ctx context.Context) { _ = ctx.Err() },
			"Value first":   func(ctx context.Context) { ctx.Value(contextKey{}) },
			"derived first": func(ctx context.Context) { _, cancel := context.WithCancel(ctx); defer cancel() },
			"not before":    func(context.Context) {},
		} {
			bubble(t, name+"/"+how, func(t *testing.T) {
				timeout, stop := context.WithTimeout(context.Background(), time.Hour)
				defer stop()
				ctx, cancel := context.WithCancelCause(timeout)
				defer cancel(nil)
				pipe := newPipeline(t, policy.Policy{})
				inCall(ctx, t, pipe, func(ctx context.Context) {
					look(ctx)
					tc.end(pipe, cancel)
					synctest.Wait()
					if err := ctx.Err(); err != tc.err {
						t.Errorf("Err is %v, want %v", err, tc.err)
					}
					if cause := context.Cause(ctx); !errors.Is(cause, tc.cause) {
						t.Errorf("Cause is %v, want %v", cause, tc.cause)
					}
					<-ctx.Done() // a bubble that hangs fails
					derived, stop := context.WithTimeout(ctx, time.Second)
					defer stop()
					if derived.Err() != tc.err || !errors.Is(context.Cause(derived), tc.cause) {
						t.Errorf("derived: %v, %v", derived.Err(), context.Cause(derived))
					}
				})
			})
		}
	}
}

// What Err has said once it says for ever, whatever else ends later.
func TestErrDoesNotChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		timeout, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		pipe := newPipeline(t, policy.Policy{})
		inCall(timeout, t, pipe, func(ctx context.Context) {
			kill(pipe)
			synctest.Wait()
			for range 2 {
				if ctx.Err() != context.Canceled || !errors.Is(context.Cause(ctx), errs.Closed) {
					t.Errorf("%v, %v", ctx.Err(), context.Cause(ctx))
				}
				time.Sleep(2 * time.Hour) // and now the deadline is over too
			}
		})
	})
}

func TestDerivedContextsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		inCall(ctx, t, newPipeline(t, policy.Policy{}), func(ctx context.Context) {
			short, stop := context.WithTimeout(ctx, time.Second)
			defer stop()
			long, stopLong := context.WithTimeout(context.WithValue(ctx, contextKey{}, 1), time.Hour)
			defer stopLong()
			<-short.Done()
			if short.Err() != context.DeadlineExceeded || ctx.Err() != nil || long.Err() != nil {
				t.Errorf("after its timeout: %v, parent %v, sister %v", short.Err(), ctx.Err(), long.Err())
			}
			cancel(errBoom)
			<-long.Done()
			if long.Err() != context.Canceled || context.Cause(long) != errBoom {
				t.Errorf("after the caller's cancel: %v, %v", long.Err(), context.Cause(long))
			}
		})
	})
}

// A driver that keeps its context past its return holds one that has ended.
func TestContextAfterTheCall(t *testing.T) {
	for how, look := range map[string]func(context.Context){
		"looked at Done":  func(ctx context.Context) { ctx.Done() },
		"derived":         func(ctx context.Context) { _, stop := context.WithCancel(ctx); _ = stop },
		"never looked at": func(context.Context) {},
	} {
		bubble(t, how, func(t *testing.T) {
			var kept context.Context
			pipe := newPipeline(t, policy.Policy{})
			inCall(t.Context(), t, pipe, func(ctx context.Context) {
				kept = ctx
				look(ctx)
			})
			if kept.Err() != context.Canceled || context.Cause(kept) != context.Canceled {
				t.Errorf("%v, %v", kept.Err(), context.Cause(kept))
			}
			<-kept.Done()
			derived, cancel := context.WithTimeout(kept, time.Hour)
			defer cancel()
			<-derived.Done()
			if time.Since(bubbleStart) != 0 {
				t.Error("it took time")
			}
			pipe.Close(t.Context())
			if kept.Err() != context.Canceled || context.Cause(kept) != context.Canceled {
				t.Errorf("after Close: %v, %v", kept.Err(), context.Cause(kept))
			}
		})
	}
}

// bubbleStart is the time at which every bubble begins.
var bubbleStart = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// The caller's context and the pipeline forget a call that has ended: nothing runs or stays registered.
func TestNoGoroutineByDeriving(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pipe := newPipeline(t, policy.Policy{})
	inCall(ctx, t, pipe, func(ctx context.Context) {
		before := runtime.NumGoroutine()
		for range 50 {
			derived, stop := context.WithTimeout(ctx, time.Hour)
			defer stop()
			_, stopChild := context.WithCancel(derived)
			defer stopChild()
		}
		if now := runtime.NumGoroutine(); now > before {
			t.Errorf("%d goroutines for 100 contexts", now-before)
		}
	})
}

// A context that is not of the standard library costs a goroutine, which ends with the call.
func TestForeignContextLeavesNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		pipe := newPipeline(t, policy.Policy{})
		inCall(foreign{ctx, make(chan struct{})}, t, pipe, func(ctx context.Context) { ctx.Done() })
		synctest.Wait() // the bubble fails if it is still there at the end
	})
}

type foreign struct {
	context.Context
	done chan struct{}
}

func (f foreign) Done() <-chan struct{} { return f.done }

// Nothing of a finished call is held by the pipeline or by the caller's context: memory does not grow with the calls.
func TestFinishedCallsAreForgotten(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	pipe := newPipeline(t, policy.Policy{})
	op := bind(t, pipe, policy.Idempotent, 0)
	collected := make(chan struct{}, 100)
	for range cap(collected) {
		held := new([64]byte)
		runtime.AddCleanup(held, func(struct{}) { collected <- struct{}{} }, struct{}{})
		_ = do(context.WithValue(ctx, contextKey{}, held), op, func(ctx context.Context, _ *request) (*response, error) {
			_, stop := context.WithCancel(ctx)
			_ = stop // never called: the end of the call has to free it
			return &response{}, nil
		})
	}
	for range 100 {
		runtime.GC()
		runtime.Gosched()
		if len(collected) == cap(collected) {
			break
		}
	}
	if n := len(collected); n < cap(collected)*9/10 {
		t.Errorf("%d of %d calls were forgotten", n, cap(collected))
	}
	runtime.KeepAlive(pipe)
}
