package crosscloud

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// Close refuses further calls of the client and of everything it opened with errs.Closed, lets running calls finish
// for as long as the drain timeout allows, cancels what is still running, and releases every provider. It returns an
// error if calls had to be cancelled (errs.DeadlineExceeded) or a provider could not be released. Close may be called
// again: it then waits for the first call and returns the same.
func (c *Client) Close() error {
	if c == nil {
		return nil // so that a deferred Close after a failed Open does no harm
	}
	c.mu.Lock()
	if c.isClosing() {
		c.mu.Unlock()
		<-c.done
		return c.closed
	}
	close(c.closing)
	c.mu.Unlock()
	defer close(c.done)

	ctx, cancel := context.WithTimeout(context.Background(), c.options.drain)
	defer cancel()
	var wg sync.WaitGroup
	failures := make([]error, len(c.providers))
	for i, name := range slices.Sorted(maps.Keys(c.providers)) {
		wg.Go(func() { failures[i] = c.closeProvider(ctx, c.providers[name]) })
	}
	wg.Wait()
	c.kill()
	c.closed = errors.Join(failures...)
	return c.closed
}

func (c *Client) closeProvider(ctx context.Context, p *provider) error {
	// Handles are refused at once, even while something else of the entry is being opened.
	finished := c.closeServices(ctx, p)
	select {
	case p.lock <- struct{}{}:
	default:
		select {
		case p.lock <- struct{}{}:
		case <-ctx.Done():
			finished = false
			c.kill() // whoever is opening something must give up
			p.lock <- struct{}{}
		}
	}
	<-p.lock // nothing of the entry is opened any more
	if !c.closeServices(ctx, p) {
		finished = false
	}
	var failures []error
	if !finished {
		failures = append(failures, failed(opClose, p.config.name, "", errs.Refuse(errs.DeadlineExceeded,
			"calls that were still running after %v were cancelled", c.options.drain)))
	}
	if p.account != nil {
		if err := p.account.Close(); err != nil {
			failures = append(failures, failed(opClose, p.config.name, "", err))
		}
	}
	return errors.Join(failures...)
}

// closeServices closes what was opened of the entry so far, and reports whether all calls finished by themselves.
func (c *Client) closeServices(ctx context.Context, p *provider) bool {
	c.mu.Lock()
	services := slices.Collect(maps.Values(p.services))
	c.mu.Unlock()
	drained := make([]bool, len(services))
	var wg sync.WaitGroup
	for i, service := range services {
		wg.Go(func() { drained[i] = service.Close(ctx) == nil })
	}
	wg.Wait()
	return !slices.Contains(drained, false)
}

func (c *Client) isClosing() bool {
	select {
	case <-c.closing:
		return true
	default:
		return false
	}
}

var errClosed = errs.Refuse(errs.Closed, "the client is closed; open a new one")

// orClosed returns e, as errs.Closed if it was Close that ended ctx under the call.
func (c *Client) orClosed(ctx context.Context, e *errs.Error) error {
	if e.Code == errs.Canceled && context.Cause(ctx) == error(errClosed) {
		e.Code, e.Retry, e.Message = errs.Closed, errs.Permanent, "the client was closed while this was being opened"
	}
	return e
}
