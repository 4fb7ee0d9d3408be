package local

import (
	"context"
	"sync"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// committer carries out the writes of a store, one transaction after the other. What comes in while a transaction is
// under way shares the next one, so that callers at the same time share one sync of the file; a single caller waits
// for nobody.
type committer struct {
	transact func(func(*transaction) error) error

	mu    sync.Mutex
	queue []*write
	busy  bool       // a goroutine works on the queue
	idle  *sync.Cond // busy has become false
}

// write is one caller's part of a transaction.
type write struct {
	// run makes the changes. It owns all that it reads, since the caller may have gone; it may run more than once.
	run func(*transaction) error
	// bytes is about how much it writes.
	bytes int
	// err is the result, once done is closed.
	err  error
	done chan struct{}
}

// How much one transaction takes together.
const (
	maxGroup      = 1000
	maxGroupBytes = 8 << 20
)

func newCommitter(transact func(func(*transaction) error) error) *committer {
	c := &committer{transact: transact}
	c.idle = sync.NewCond(&c.mu)
	return c
}

// do carries out one write and waits for its end, or for that of ctx: then the write is either withdrawn or, if its
// transaction has begun, left to end by itself.
func (c *committer) do(ctx context.Context, bytes int, run func(*transaction) error) error {
	w := &write{run: run, bytes: bytes, done: make(chan struct{})}
	c.mu.Lock()
	c.queue = append(c.queue, w)
	if !c.busy {
		c.busy = true
		go c.work()
	}
	c.mu.Unlock()
	select {
	case <-w.done:
		return w.err
	case <-ctx.Done():
	}
	outcome := errs.Ambiguous
	if c.withdraw(w) {
		outcome = errs.NotApplied
	}
	select {
	case <-w.done: // at the same time: the result is known
		return w.err
	default:
		return ended(ctx, outcome)
	}
}

// withdraw takes a write out of the queue, unless its transaction has begun.
func (c *committer) withdraw(w *write) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.queue {
		if c.queue[i] == w {
			c.queue = append(c.queue[:i:i], c.queue[i+1:]...)
			return true
		}
	}
	return false
}

// wait returns when no transaction is under way.
func (c *committer) wait() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.busy {
		c.idle.Wait()
	}
}

func (c *committer) work() {
	for {
		group := c.next()
		if len(group) == 0 {
			return
		}
		c.commit(group)
		for _, w := range group {
			close(w.done)
		}
	}
}

// next takes the writes of the next transaction from the queue.
func (c *committer) next() []*write {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, bytes := 0, 0
	for n < len(c.queue) && n < maxGroup && (n == 0 || bytes+c.queue[n].bytes <= maxGroupBytes) {
		bytes += c.queue[n].bytes
		n++
	}
	group := c.queue[:n:n]
	c.queue = c.queue[n:]
	if n == 0 {
		c.queue = nil
		c.busy = false
		c.idle.Broadcast()
	}
	return group
}

// commit carries out a group in one transaction. If one of them fails when it has made changes already, each gets a
// transaction of its own.
func (c *committer) commit(group []*write) {
	spoilt := false
	err := c.transact(func(t *transaction) error {
		for _, w := range group {
			changes := t.changes
			w.err = w.run(t)
			if w.err != nil && t.changes != changes {
				spoilt = true
				return w.err
			}
		}
		return nil
	})
	switch {
	case err == nil:
	case (spoilt || errs.CodeOf(err) == errs.Corrupt) && len(group) > 1:
		for _, w := range group {
			c.commit([]*write{w})
		}
	default:
		for _, w := range group {
			if w.err == nil {
				w.err = err
			}
		}
	}
}

// ended is the error of a call whose context has ended.
func ended(ctx context.Context, outcome errs.Outcome) error {
	return &errs.Error{Code: errs.CodeOf(ctx.Err()), Outcome: outcome, Err: ctx.Err()}
}
