package crosscloud

import (
	"context"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// KMS opens the named key. The first call reads the credentials and, where the configuration names the key by key_name,
// looks up its id; later calls return the same handle at once. The handle belongs to the client and needs no closing;
// ctx governs this call alone. Keys named in decrypt_with are opened too. Options go over what the configuration says,
// as kms.Key.With does. Errors are those of [Client.KV]; a key_name that no key has is errs.NotFound.
func (c *Client) KMS(ctx context.Context, name string, opts ...kms.KeyOption) (*kms.Key, error) {
	key, err := c.key(ctx, name)
	if err == nil {
		key, err = c.withOpeners(ctx, name, key)
	}
	if err != nil || len(opts) == 0 {
		return key, err
	}
	return key.With(ctx, opts...)
}

const opKMS = "crosscloud.KMS"

// key opens a key without those that it decrypts with.
func (c *Client) key(ctx context.Context, name string) (*kms.Key, error) {
	resource := c.options.config.kms[name]
	if resource == nil {
		return nil, failed(opKMS, "", name, errs.Refuse(errs.NotFound, "the configuration has no kms resource of that name; it has %s",
			sortedNames(c.options.config.kms)))
	}
	return opened(ctx, c, opKMS, name, resource.provider.Text, c.plainKeys, func(ctx context.Context, p *provider) (*kms.Key, error) {
		id, err := resource.id.Expand(c.options.host.LookupEnv)
		if err != nil {
			return nil, err
		}
		keyName, err := resource.name.Expand(c.options.host.LookupEnv)
		if err != nil {
			return nil, err
		}
		service, err := c.kmsService(ctx, p, resource.values)
		if err != nil {
			return nil, err
		}
		switch {
		case id != "":
			return service.Key(ctx, id)
		case resource.create:
			return service.KeyByName(ctx, keyName, kms.CreateIfMissing(resource.createOptions()...))
		}
		return service.KeyByName(ctx, keyName)
	})
}

// withOpeners returns the handle of a resource that also opens what the keys of its decrypt_with have encrypted. No
// entry's lock is held while those are opened: they may belong to the same provider.
func (c *Client) withOpeners(ctx context.Context, name string, key *kms.Key) (*kms.Key, error) {
	names := c.options.config.kms[name].openers
	if len(names) == 0 {
		return key, nil
	}
	if whole := handle(c, c.keys, name); whole != nil {
		return whole, nil
	}
	var openers []*kms.Key
	for _, opener := range names {
		k, err := c.key(ctx, opener)
		if err != nil {
			return nil, err
		}
		openers = append(openers, k)
	}
	whole, err := key.With(ctx, kms.DecryptWith(openers...))
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if first := c.keys[name]; first != nil {
		return first, nil // another call was faster
	}
	c.keys[name] = whole
	return whole, nil
}

// KMSService opens the key management service of a provider's entry, for making, listing and finding keys. It belongs
// to the client. Errors are those of [Client.KV]. Where resources say options of their own, such as a region, the
// service of a resource's handle is the one to use: see kms.Key.Service.
func (c *Client) KMSService(ctx context.Context, name string) (*kms.Service, error) {
	s, err := openedService(ctx, c, "crosscloud.KMSService", name, func(ctx context.Context, p *provider) (*kms.Service, error) {
		return c.kmsService(ctx, p, nil)
	})
	if err != nil {
		return nil, err
	}
	return s.Borrowed(), nil
}

// kmsService returns the service that the entry and a resource's values select. The caller holds the entry's lock.
func (c *Client) kmsService(ctx context.Context, p *provider, resource providers.Values) (*kms.Service, error) {
	return serviceOf(ctx, c, p, "keys", resource, func(account providers.KMS, s *providers.Settings) (*kms.Service, error) {
		drv, err := account.KMS(ctx, s)
		if err != nil {
			return nil, err
		}
		return kms.NewService(drv, kms.ServiceOptions{Provider: p.config.name, Policy: c.policyOf(p.config), Now: c.options.host.Now})
	})
}
