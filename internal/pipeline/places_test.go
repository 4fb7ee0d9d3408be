package pipeline_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/crosscloud-sdk/crosscloud/policy"
)

// watchful is a context that tells when a call forgets it.
type watchful struct {
	context.Context
	done      chan struct{}
	forgotten func()
}

func (w watchful) Done() <-chan struct{} { return w.done }

// AfterFunc is what package context asks of contexts that it does not know.
func (w watchful) AfterFunc(func()) (stop func() bool) {
	return func() bool { w.forgotten(); return true }
}

// A call keeps its place until it has left, so that no more replies are held than there are places.
func TestPlaceIsKeptUntilTheCallHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		op := open(t, policy.Policy{Concurrency: 1}, policy.Idempotent)
		var second script
		leaving := 0
		ended := make(chan error)
		ctx := watchful{t.Context(), make(chan struct{}), func() {
			leaving++
			go func() { ended <- do(context.Background(), op, second.send) }()
			synctest.Wait()
			if second.count() != 0 {
				t.Error("the next call was sent before the one before it had left")
			}
		}}
		if err := do(ctx, op, func(ctx context.Context, _ *request) (*response, error) {
			ctx.Done()
			return &response{}, nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err != nil || second.count() != 1 || leaving != 1 {
			t.Errorf("the next call: %v, sent %d times; left %d times", err, second.count(), leaving)
		}
	})
}

// A hook may make a call of its own, whatever the attempt came to: no place is held while it runs.
func TestHooksHoldNoPlace(t *testing.T) {
	for name, driver := range map[string]*script{"success": {}, "repeated": {errs: repeat(temporary(0), 1)}} {
		bubble(t, name, func(t *testing.T) {
			var nested script
			calls := 0
			var pipe func() error
			hook := func(context.Context, *policy.Event) {
				if calls++; nested.count() == 0 {
					if err := pipe(); err != nil {
						t.Error(err)
					}
				}
			}
			op := open(t, policy.Policy{Concurrency: 1, Hooks: policy.Hooks{Attempt: hook}}, policy.Idempotent)
			pipe = func() error { return do(t.Context(), op, nested.send) }
			if err := do(t.Context(), op, driver.send); err != nil || nested.count() != 1 || calls < 2 {
				t.Errorf("%v, %d nested requests, %d hooks", err, nested.count(), calls)
			}
		})
	}
}
