package crosscloud

import (
	"context"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

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
			sortedNames(c.options.config.kv)))
	}
	ns, err := opened(ctx, c, op, name, resource.provider.Text, c.kv, func(ctx context.Context, p *provider) (*kv.Namespace, error) {
		namespace, said, err := resource.openOptions(c.options.host.LookupEnv)
		if err != nil {
			return nil, err
		}
		service, err := c.kvService(ctx, p, resource.values)
		if err != nil {
			return nil, err
		}
		return service.Namespace(ctx, namespace, said...)
	})
	if err != nil || len(opts) == 0 {
		return ns, err
	}
	return ns.With(ctx, opts...)
}

// KVService opens the key-value service of a provider's entry, for making, listing and deleting namespaces. It
// belongs to the client. Errors are those of [Client.KV]. Where resources say options of their own, such as a zone,
// the service of a resource's handle is the one to use: see kv.Namespace.Service.
func (c *Client) KVService(ctx context.Context, name string) (*kv.Service, error) {
	s, err := openedService(ctx, c, "crosscloud.KVService", name, func(ctx context.Context, p *provider) (*kv.Service, error) {
		return c.kvService(ctx, p, nil)
	})
	if err != nil {
		return nil, err
	}
	return s.Borrowed(), nil
}

// kvService returns the service that the entry and a resource's values select. The caller holds the entry's lock.
func (c *Client) kvService(ctx context.Context, p *provider, resource providers.Values) (*kv.Service, error) {
	return serviceOf(ctx, c, p, "key-value namespaces", resource, func(account providers.KV, s *providers.Settings) (*kv.Service, error) {
		drv, err := account.KV(ctx, s)
		if err != nil {
			return nil, err
		}
		return kv.NewService(drv, kv.ServiceOptions{Provider: p.config.name, Policy: c.policyOf(p.config), Now: c.options.host.Now})
	})
}
