package crosscloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/workspace"
)

// Client opens named resources and owns what it opened. It is made by [Open] and safe for concurrent use.
type Client struct {
	options   options
	providers map[string]*provider

	killed context.Context // ended by Close, once the drain timeout is over
	kill   context.CancelFunc

	mu         sync.Mutex // guards the handles of named resources, as the configuration says them
	kv         map[string]*kv.Namespace
	plainKeys  map[string]*kms.Key // without what they decrypt with
	keys       map[string]*kms.Key
	workspaces map[string]*workspace.Workspace

	closing chan struct{} // closed when Close is called
	done    chan struct{} // closed when Close is done
	closed  error         // what the first Close returned
}

// provider is one entry of the configuration and what was opened of it.
type provider struct {
	config *providerConfig
	lock   chan struct{} // held while something of the entry is opened

	account  providers.Account  // nil until it is needed
	services map[string]service // written under the client's mu too, so that Close need not wait for the lock
}

// service is an open service of any kind.
type service interface{ Close(context.Context) error }

// Open reads the configuration and checks it: an unknown field, driver or provider, and a malformed value is
// errs.InvalidArgument naming the file and line. Nothing is sent and no credential is read before a resource is first
// opened. There is no default: without options the client has no resources.
func Open(_ context.Context, opts ...Option) (*Client, error) {
	c := &Client{
		kv: map[string]*kv.Namespace{}, plainKeys: map[string]*kms.Key{}, keys: map[string]*kms.Key{}, workspaces: map[string]*workspace.Workspace{}, providers: map[string]*provider{},
		closing: make(chan struct{}), done: make(chan struct{}),
	}
	c.options.drain = DefaultDrainTimeout
	c.killed, c.kill = context.WithCancel(context.Background())
	for _, set := range opts {
		if set == nil {
			return nil, failed(opOpen, "", "", errs.Refuse(errs.InvalidArgument, "an option is nil"))
		}
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
		c.providers[name] = &provider{config: config, lock: make(chan struct{}, 1), services: map[string]service{}}
	}
	return c, nil
}

// Format prints the names of the providers and resources for every verb and flag: the configuration may hold secrets.
func (c *Client) Format(f fmt.State, _ rune) {
	if c == nil {
		fmt.Fprint(f, "<nil>")
		return
	}
	fmt.Fprint(f, "crosscloud.Client{providers: ", sortedNames(c.providers))
	config := &c.options.config
	listResources(f, "kv", config.kv)
	listResources(f, "kms", config.kms)
	listResources(f, "workspace", config.workspace)
	fmt.Fprint(f, "}")
}

func listResources[R any](w io.Writer, section string, resources map[string]R) {
	if len(resources) > 0 {
		fmt.Fprintf(w, "; %s: %s", section, sortedNames(resources))
	}
}

// opened returns the handle of a named resource as the configuration says it, opening it once.
func opened[H any](ctx context.Context, c *Client, op, name, entry string, handles map[string]*H,
	open func(context.Context, *provider) (*H, error)) (*H, error) {
	if h := handle(c, handles, name); h != nil {
		return h, nil
	}
	p := c.providers[entry]
	ctx, release, err := c.acquire(ctx, p)
	if err != nil {
		return nil, failed(op, entry, name, err)
	}
	defer release()
	if h := handle(c, handles, name); h != nil {
		return h, nil // opened while this call waited
	}
	h, err := open(ctx, p)
	if err != nil {
		return nil, c.orClosed(ctx, failed(op, entry, name, err))
	}
	c.mu.Lock()
	handles[name] = h
	c.mu.Unlock()
	return h, nil
}

func handle[H any](c *Client, handles map[string]*H, name string) *H {
	if c.isClosing() {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return handles[name]
}

// openedService returns the service of a provider's entry alone.
func openedService[S service](ctx context.Context, c *Client, op, name string, open func(context.Context, *provider) (S, error)) (none S, err error) {
	p := c.providers[name]
	if p == nil {
		return none, failed(op, "", name, errs.Refuse(errs.NotFound, "the configuration has no provider of that name; it has %s",
			sortedNames(c.providers)))
	}
	ctx, release, err := c.acquire(ctx, p)
	if err != nil {
		return none, failed(op, name, name, err)
	}
	defer release()
	s, err := open(ctx, p)
	if err != nil {
		return none, c.orClosed(ctx, failed(op, name, name, err))
	}
	return s, nil
}

// serviceOf returns the service of a kind that the entry and a resource's values select, making it once. The caller
// holds the entry's lock.
func serviceOf[A any, S service](ctx context.Context, c *Client, p *provider, kind string, resource providers.Values,
	open func(A, *providers.Settings) (S, error)) (none S, err error) {
	key := kind + " " + identity(resource)
	if s, made := p.services[key].(S); made {
		return s, nil
	}
	if p.account == nil {
		settings, err := p.config.driver.ResolveAccount(p.config.values, c.options.host)
		if err != nil {
			return none, err
		}
		if p.account, err = p.config.driver.Open(ctx, settings); err != nil {
			p.account = nil
			return none, err
		}
	}
	account, ok := p.account.(A)
	if !ok {
		return none, errs.Refuse(errs.Unsupported, "driver %q has no %s", p.config.driver.Name, kind)
	}
	settings, err := p.config.driver.Resolve(p.config.values.Overlay(resource), c.options.host)
	if err != nil {
		return none, err
	}
	s, err := open(account, settings)
	if err != nil {
		return none, err
	}
	c.mu.Lock()
	p.services[key] = s
	c.mu.Unlock()
	return s, nil
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
	if p.timeout > 0 {
		changed.AttemptTimeout = p.timeout
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
	if e.Resource == "" {
		e.Resource = resource // such as a workspace without an id
	}
	return e
}
