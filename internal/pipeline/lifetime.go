package pipeline

import (
	"context"
	"sync"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// lifetime counts the calls under way, so that closing can wait for them and in the end cancel them.
type lifetime struct {
	mu      sync.Mutex
	running int
	closed  bool
	idle    chan struct{} // closed when closed is set and nothing runs
	killed  context.Context
	kill    context.CancelCauseFunc
}

func (l *lifetime) init() {
	l.idle = make(chan struct{})
	l.killed, l.kill = context.WithCancelCause(context.Background())
}

// closeGrace is how long closing waits for drivers whose context has ended.
const closeGrace = time.Second

var errClosed = errs.Refuse(errs.Closed, "the client is closed; open a new one")

// enter counts a call that begins.
func (l *lifetime) enter(ctx context.Context) (*callContext, error) {
	call := &callContext{Context: ctx, life: l} // outside of the lock: the collector may take its time for it
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errClosed
	}
	l.running++
	return call, nil
}

func (l *lifetime) exit() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running--
	if l.closed && l.running == 0 {
		close(l.idle)
	}
}

func (l *lifetime) close(ctx context.Context) bool {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		if l.running == 0 {
			close(l.idle)
		}
	}
	l.mu.Unlock()
	select {
	case <-l.idle:
		return true
	default:
	}
	select {
	case <-l.idle:
		return true
	case <-ctx.Done():
	}
	l.kill(errClosed)
	grace := time.NewTimer(closeGrace) // drivers return within 10 ms of their context's end
	defer grace.Stop()
	select {
	case <-l.idle:
	case <-grace.C: // one that does not is left behind
	}
	return false
}

// callContext is the context of one call: it ends with the caller's, and when the pipeline is closed under it. Most
// calls of a driver without a network never ask for Done, so the two are joined only when somebody does.
type callContext struct {
	context.Context // the caller's
	life            *lifetime

	mu     sync.Mutex
	joined context.Context
	cancel context.CancelCauseFunc
	unhook func() bool
	over   bool
}

// Done joins the caller's context with the pipeline's life.
func (c *callContext) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.joined == nil {
		c.joined, c.cancel = context.WithCancelCause(c.Context)
		if c.over {
			c.cancel(nil) // a driver kept the context past its return
		} else {
			c.unhook = context.AfterFunc(c.life.killed, func() { c.cancel(context.Cause(c.life.killed)) })
		}
	}
	return c.joined.Done()
}

// Err reports the end of either, or of the call.
func (c *callContext) Err() error {
	c.mu.Lock()
	over := c.over
	c.mu.Unlock()
	if !over && c.Context.Err() == nil && c.life.killed.Err() == nil {
		return nil
	}
	<-c.Done() // what ended first is said for ever, by Err and by Cause
	return c.joined.Err()
}

// Value passes on to the joined context, which lets the context package recognise it and find its cause.
func (c *callContext) Value(key any) any {
	c.mu.Lock()
	joined := c.joined
	c.mu.Unlock()
	if joined != nil {
		return joined.Value(key)
	}
	return c.Context.Value(key)
}

// leave ends the call, once.
func (c *callContext) leave() {
	c.mu.Lock()
	left := c.over
	c.over = true
	cancel, unhook := c.cancel, c.unhook
	c.mu.Unlock()
	if left {
		return
	}
	if unhook != nil {
		unhook()
	}
	if cancel != nil {
		cancel(nil)
	}
	c.life.exit()
}
