package crosscloud_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// canary stands for every secret of these tests.
const canary = "canary-9f8e7d"

// cloud is a driver that keeps nothing but a record of what is asked of it. Set its functions before opening.
type cloud struct {
	name   string // of the driver
	byID   bool
	limits []ratelimit.Limit

	open       func(context.Context) error // at each opening of an account
	get        func(context.Context) error // at each Get
	kvErr      error                       // of each opening of a service
	tableless  bool                        // the driver has no operation table
	closeErr   error                       // of each account
	listing    func(context.Context) error // at each ListNamespaces
	namespaces []driver.NamespaceInfo

	mu       sync.Mutex
	accounts []*providers.Settings // one for each account that was opened
	services []*providers.Settings // one for each service that was opened
	created  []string
	gets     int
	keys     []string // as they arrived
	values   []string
	running  int // calls of namespaces
	closed   int
	lateness bool // an account was closed while a call was running
}

var clouds atomic.Int64

func newDriverName() string { return "cloud" + strconv.FormatInt(clouds.Add(1), 10) }

// newCloud registers a driver of a name of its own.
func newCloud() *cloud {
	c := &cloud{name: newDriverName()}
	env := strings.ToUpper(c.name)
	providers.Register(providers.Driver{
		Name: c.name,
		Doc:  "A cloud for tests.",
		Options: []providers.Option{
			{Name: "token", Kind: providers.Secret, Env: []string{env + "_TOKEN", env + "_OLD_TOKEN"}, Doc: "The token."},
			{Name: "region", Env: []string{env + "_REGION"}, Default: "home", Doc: "The region."},
			{Name: "mode", Choices: []string{"fast", "slow"}, Doc: "The mode."},
			{Name: "timeout", Kind: providers.Duration, Doc: "The timeout."},
			{Name: "depth", Kind: providers.Int, Doc: "The depth."},
			{Name: "safe", Kind: providers.Bool, Doc: "Whether to be safe."},
			{Name: "zone", PerResource: true, Doc: "The zone."},
			{Name: "zone_key", Kind: providers.Secret, PerResource: true, Doc: "The key of the zone."},
		},
		Open: func(ctx context.Context, s *providers.Settings) (providers.Account, error) {
			if c.open != nil {
				if err := c.open(ctx); err != nil {
					return nil, err
				}
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			c.accounts = append(c.accounts, s)
			return account{c}, nil
		},
	})
	return c
}

// client opens a client over a configuration in which DRIVER stands for the cloud's name.
func (c *cloud) client(t testing.TB, text string, opts ...crosscloud.Option) *crosscloud.Client {
	t.Helper()
	client, err := c.tryClient(text, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func (c *cloud) tryClient(text string, opts ...crosscloud.Option) (*crosscloud.Client, error) {
	text = strings.ReplaceAll(text, "DRIVER", c.name)
	config := crosscloud.YAML("crosscloud.yaml", strings.NewReader(text))
	return crosscloud.Open(context.Background(), append([]crosscloud.Option{config, environ(nil)}, opts...)...)
}

// environ is an environment that has the given variables only.
func environ(vars map[string]string) crosscloud.Option {
	return crosscloud.WithLookupEnv(func(name string) (string, bool) { v, ok := vars[name]; return v, ok })
}

type account struct{ c *cloud }

func (a account) Close() error {
	a.c.mu.Lock()
	defer a.c.mu.Unlock()
	a.c.closed++
	a.c.lateness = a.c.lateness || a.c.running > 0
	return a.c.closeErr
}

func (a account) KV(_ context.Context, s *providers.Settings) (driver.Service, error) {
	a.c.mu.Lock()
	defer a.c.mu.Unlock()
	if a.c.kvErr != nil {
		return nil, a.c.kvErr
	}
	a.c.services = append(a.c.services, s)
	return service(a), nil
}

type service struct{ c *cloud }

func (s service) Capabilities() driver.ServiceCapabilities {
	caps := driver.ServiceCapabilities{Create: driver.Native, Get: driver.Emulated, Name: driver.NameRule{Alphabet: driver.AnyText()}}
	if s.c.byID {
		caps.Address = driver.ByID
	}
	return caps
}

func (s service) Operations() []policy.Operation { return s.c.operations() }

func (c *cloud) operations() []policy.Operation {
	if c.tableless {
		return nil
	}
	budget := ratelimit.Budget{Endpoint: c.name, Limits: c.limits}
	return []policy.Operation{
		{Name: driver.OpListNamespaces, Idempotency: policy.ReadOnly},
		{Name: driver.OpCreateNamespace},
		{Name: driver.OpGet, Idempotency: policy.ReadOnly, Budgets: []ratelimit.Budget{budget}},
		{Name: driver.OpPut, Idempotency: policy.Idempotent},
		{Name: driver.OpDelete, Idempotency: policy.Idempotent},
		{Name: driver.OpList, Idempotency: policy.ReadOnly},
	}
}

func (s service) OpenNamespace(driver.NamespaceRef) (driver.Namespace, error) {
	return namespace(s), nil
}

func (s service) ListNamespaces(ctx context.Context, _ *driver.ListNamespacesRequest) (*driver.ListNamespacesResponse, error) {
	if s.c.listing != nil {
		if err := s.c.listing(ctx); err != nil {
			return nil, err
		}
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	return &driver.ListNamespacesResponse{Namespaces: s.c.namespaces}, nil
}

func (s service) CreateNamespace(_ context.Context, req *driver.CreateNamespaceRequest) (*driver.CreateNamespaceResponse, error) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.c.created = append(s.c.created, req.Name)
	info := driver.NamespaceInfo{NamespaceRef: driver.NamespaceRef{Name: req.Name, ID: "id of " + req.Name}}
	s.c.namespaces = append(s.c.namespaces, info)
	return &driver.CreateNamespaceResponse{Namespace: info}, nil
}

type namespace struct{ c *cloud }

func (n namespace) Capabilities() driver.Capabilities {
	return driver.Capabilities{
		Key:           driver.NameRule{MaxBytes: 100, Alphabet: driver.AnyText()},
		MaxValueBytes: 1000, TTL: driver.Native,
		List: driver.ListBounds{MinPage: 1, MaxPage: 10},
	}
}

func (n namespace) Operations() []policy.Operation { return n.c.operations() }

func (n namespace) Get(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
	n.c.mu.Lock()
	n.c.gets++
	n.c.running++
	n.c.keys = append(n.c.keys, req.Key)
	n.c.mu.Unlock()
	defer func() { n.c.mu.Lock(); n.c.running--; n.c.mu.Unlock() }()
	if n.c.get != nil {
		if err := n.c.get(ctx); err != nil {
			return nil, err
		}
	}
	return &driver.GetResponse{Value: []byte("dmFsdWU=")}, nil
}

func (n namespace) Put(_ context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
	n.c.mu.Lock()
	defer n.c.mu.Unlock()
	n.c.keys, n.c.values = append(n.c.keys, req.Key), append(n.c.values, string(req.Value))
	return &driver.PutResponse{}, nil
}

func (n namespace) Delete(context.Context, *driver.DeleteRequest) (*driver.DeleteResponse, error) {
	return &driver.DeleteResponse{}, nil
}

func (n namespace) List(context.Context, *driver.ListRequest) (*driver.ListResponse, error) {
	return &driver.ListResponse{}, nil
}

// counts returns how many accounts and services were opened and how many accounts closed.
func (c *cloud) counts() (accounts, services, closed int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.accounts), len(c.services), c.closed
}

func (c *cloud) getCount() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gets
}

// hang waits for the end of ctx, as a driver does that waits for the network.
func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// wantError fails the test unless err is an *errs.Error of that code, operation, provider and resource.
func wantError(t testing.TB, err error, code errs.Code, op, provider, resource string) *errs.Error {
	t.Helper()
	var e *errs.Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v, want %s", err, code)
	}
	if e.Code != code || e.Op != op || e.Provider != provider || e.Resource != resource {
		t.Errorf("error is %v\nwant %s of %s, %q, %q", err, code, op, provider, resource)
	}
	return e
}

// simple is one provider with one resource.
const simple = `
providers:
  main:
    driver: DRIVER
kv:
  flags:
    provider: main
    namespace: flags
`
