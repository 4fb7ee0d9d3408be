package crosscloud

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// Client opens named resources and owns what it opened. It is made by [Open] and safe for concurrent use.
type Client struct {
	options   options
	providers map[string]*provider

	killed context.Context // ended by Close, once the drain timeout is over
	kill   context.CancelFunc

	mu      sync.Mutex
	handles map[string]*kv.Namespace // of named resources, as the configuration says them

	closing chan struct{} // closed when Close is called
	done    chan struct{} // closed when Close is done
	closed  error         // what the first Close returned
}

// provider is one entry of the configuration and what was opened of it.
type provider struct {
	config *providerConfig
	lock   chan struct{} // held while something of the entry is opened

	account  providers.Account      // nil until it is needed
	services map[string]*kv.Service // written under the client's mu too, so that Close need not wait for the lock
}

// Open reads the configuration and checks it: an unknown field, driver or provider, and a malformed value is
// errs.InvalidArgument naming the file and line. Nothing is sent and no credential is read before a resource is first
// opened. There is no default: without options the client has no resources.
func Open(_ context.Context, opts ...Option) (*Client, error) {
	c := &Client{
		handles: map[string]*kv.Namespace{}, providers: map[string]*provider{},
		closing: make(chan struct{}), done: make(chan struct{}),
	}
	c.options.drain = DefaultDrainTimeout
	c.killed, c.kill = context.WithCancel(context.Background())
	for _, set := range opts {
		if err := set(&c.options); err != nil {
			return nil, failed(opOpen, "", "", err)
		}
	}
	if c.options.host.LookupEnv == nil {
		c.options.host.LookupEnv = os.LookupEnv
	}
	if err := c.options.config.check(); err != nil {
		return nil, failed(opOpen, "", "", err)
	}
	if c.options.policy.Logger == nil {
		c.options.policy.Logger = c.options.host.Logger
	}
	for name, config := range c.options.config.providers {
		if _, err := c.policyOf(config).WithDefaults(); err != nil {
			return nil, failed(opOpen, name, "", err)
		}
		c.providers[name] = &provider{config: config, lock: make(chan struct{}, 1), services: map[string]*kv.Service{}}
	}
	return c, nil
}

// Format prints the names of the providers and resources for every verb and flag: the configuration may hold secrets.
func (c *Client) Format(f fmt.State, _ rune) {
	if c == nil {
		fmt.Fprint(f, "<nil>")
		return
	}
	fmt.Fprintf(f, "crosscloud.Client{providers: %s; kv: %s}",
		names(slices.Sorted(maps.Keys(c.providers))), names(slices.Sorted(maps.Keys(c.options.config.kv))))
}

// KV opens the named key-value resource. The first call reads the credentials and, where the provider addresses
// namespaces by id, looks up the id; later calls return the same handle at once. The handle belongs to the client and
// needs no closing; ctx governs this call alone. Options, such as kv.Require, go over what the configuration says, as
// kv.Namespace.With does.
//
// A resource that is not in the configuration is errs.NotFound; missing or malformed credentials are
// errs.Unauthenticated; a closed client is errs.Closed.
func (c *Client) KV(ctx context.Context, name string, opts ...kv.OpenOption) (*kv.Namespace, error) {
	const op = "crosscloud.KV"
	resource := c.options.config.kv[name]
	if resource == nil {
		return nil, failed(op, "", name, errs.Refuse(errs.NotFound, "the configuration has no kv resource of that name; it has %s",
			names(slices.Sorted(maps.Keys(c.options.config.kv)))))
	}
	ns, err := c.open(ctx, op, name, resource)
	if err != nil || len(opts) == 0 {
		return ns, err
	}
	return ns.With(ctx, opts...)
}

// open returns the handle of a resource as the configuration says it, opening it once.
func (c *Client) open(ctx context.Context, op, name string, resource *kvConfig) (*kv.Namespace, error) {
	if ns := c.handle(name); ns != nil {
		return ns, nil
	}
	p := c.providers[resource.provider.Text]
	ctx, release, err := c.acquire(ctx, p)
	if err != nil {
		return nil, failed(op, p.config.name, name, err)
	}
	defer release()
	if ns := c.handle(name); ns != nil {
		return ns, nil // opened while this call waited
	}
	ns, err := c.namespace(ctx, p, resource)
	if err != nil {
		return nil, c.orClosed(ctx, failed(op, p.config.name, name, err))
	}
	c.mu.Lock()
	c.handles[name] = ns
	c.mu.Unlock()
	return ns, nil
}

// KVService opens the key-value service of a provider's entry, for making, listing and deleting namespaces. It
// belongs to the client. Errors are those of [Client.KV]. Where resources say options of their own, such as a zone,
// the service of a resource's handle is the one to use: see kv.Namespace.Service.
func (c *Client) KVService(ctx context.Context, name string) (*kv.Service, error) {
	const op = "crosscloud.KVService"
	p := c.providers[name]
	if p == nil {
		return nil, failed(op, "", name, errs.Refuse(errs.NotFound, "the configuration has no provider of that name; it has %s",
			names(slices.Sorted(maps.Keys(c.providers)))))
	}
	ctx, release, err := c.acquire(ctx, p)
	if err != nil {
		return nil, failed(op, name, name, err)
	}
	defer release()
	service, err := c.service(ctx, p, nil)
	if err != nil {
		return nil, c.orClosed(ctx, failed(op, name, name, err))
	}
	return service.Borrowed(), nil
}

func (c *Client) handle(name string) *kv.Namespace {
	if c.isClosing() {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.handles[name]
}

// acquire takes the lock of a provider's entry, so that one caller at a time opens what all of them need; a caller
// that gives up leaves the next one to try. The context it returns also ends when the client is closed under it.
func (c *Client) acquire(ctx context.Context, p *provider) (_ context.Context, release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, errs.Refuse(errs.CodeOf(err), "%w", err)
	}
	select {
	case p.lock <- struct{}{}:
	case <-c.closing:
		return nil, nil, errClosed
	case <-ctx.Done():
		return nil, nil, errs.Refuse(errs.CodeOf(ctx.Err()), "%w while waiting for another call to open the provider", ctx.Err())
	}
	if c.isClosing() {
		<-p.lock
		return nil, nil, errClosed
	}
	ctx, cancel := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(c.killed, func() { cancel(errClosed) })
	return ctx, func() {
		unhook()
		cancel(nil)
		<-p.lock
	}, nil
}

// namespace opens the namespace of a resource. The caller holds the entry's lock.
func (c *Client) namespace(ctx context.Context, p *provider, resource *kvConfig) (*kv.Namespace, error) {
	name, said, err := resource.openOptions(c.options.host.LookupEnv)
	if err != nil {
		return nil, err
	}
	service, err := c.service(ctx, p, resource.values)
	if err != nil {
		return nil, err
	}
	return service.Namespace(ctx, name, said...)
}

// service returns the service that the entry and a resource's values select. The caller holds the entry's lock.
func (c *Client) service(ctx context.Context, p *provider, resource providers.Values) (*kv.Service, error) {
	key := identity(resource)
	if service := p.services[key]; service != nil {
		return service, nil
	}
	if p.account == nil {
		settings, err := p.config.driver.ResolveAccount(p.config.values, c.options.host)
		if err != nil {
			return nil, err
		}
		if p.account, err = p.config.driver.Open(ctx, settings); err != nil {
			p.account = nil
			return nil, err
		}
	}
	account, ok := p.account.(providers.KV)
	if !ok {
		return nil, errs.Refuse(errs.Unsupported, "driver %q has no key-value namespaces", p.config.driver.Name)
	}
	settings, err := p.config.driver.Resolve(p.config.values.Overlay(resource), c.options.host)
	if err != nil {
		return nil, err
	}
	drv, err := account.KV(ctx, settings)
	if err != nil {
		return nil, err
	}
	service, err := kv.NewService(drv, kv.ServiceOptions{Provider: p.config.name, Policy: c.policyOf(p.config), Now: c.options.host.Now})
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	p.services[key] = service
	c.mu.Unlock()
	return service, nil
}

// identity spells a resource's own values, so that resources which say the same share a service.
func identity(values providers.Values) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(&b, "%q=%q ", name, values[name].Text)
	}
	return b.String()
}

// policyOf returns the client's policy as the provider's entry changes it.
func (c *Client) policyOf(p *providerConfig) policy.Policy {
	changed := c.options.policy
	if p.maxAttempts > 0 {
		changed.Retry.MaxAttempts = p.maxAttempts
	}
	if p.concurrency > 0 {
		changed.Concurrency = p.concurrency
	}
	if p.rate.Unlimited || len(p.rate.Limits) > 0 {
		changed.Rate.Unlimited, changed.Rate.Limits = p.rate.Unlimited, p.rate.Limits
	}
	if p.rate.Share > 0 {
		changed.Rate.Share = p.rate.Share
	}
	return changed
}

// Operations of a client, as they appear in errors.
const (
	opOpen  = "crosscloud.Open"
	opClose = "crosscloud.Close"
)

// failed names operation, provider and resource in an error that does not yet. Such an error is from before anything
// was sent.
func failed(op, provider, resource string, err error) *errs.Error {
	e := &errs.Error{Code: errs.CodeOf(err), Err: err}
	if known, ok := errors.AsType[*errs.Error](err); ok && known != nil {
		*e = *known
		if error(known) != err {
			e.Code, e.Message, e.Err = errs.CodeOf(err), err.Error(), err
		}
	}
	if e.Op == "" {
		e.Op, e.Provider, e.Resource, e.Outcome = op, provider, resource, errs.NotApplied
	}
	return e
}
