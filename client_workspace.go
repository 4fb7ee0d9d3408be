package crosscloud

import (
	"context"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/workspace"
)

// Workspace opens the named workspace: the one whose id the configuration says, or else the one that the provider's
// credentials belong to. The first call reads the credentials; later calls return the same handle at once. Nothing is
// sent: whether the workspace exists shows at the first call of the handle, which belongs to the client and needs no
// closing. Errors are those of [Client.KV].
func (c *Client) Workspace(ctx context.Context, name string) (*workspace.Workspace, error) {
	const op = "crosscloud.Workspace"
	resource := c.options.config.workspace[name]
	if resource == nil {
		return nil, failed(op, "", name, errs.Refuse(errs.NotFound, "the configuration has no workspace resource of that name; it has %s",
			sortedNames(c.options.config.workspace)))
	}
	return opened(ctx, c, op, name, resource.provider.Text, c.workspaces, func(ctx context.Context, p *provider) (*workspace.Workspace, error) {
		id, err := resource.id.Expand(c.options.host.LookupEnv)
		if err != nil {
			return nil, err
		}
		service, err := c.workspaceService(ctx, p, resource.values)
		if err != nil {
			return nil, err
		}
		return service.Workspace(ctx, id)
	})
}

// WorkspaceService opens the workspace service of a provider's entry, for making, listing and deleting workspaces. It
// belongs to the client. Errors are those of [Client.KV]. Where resources say options of their own, such as an API key,
// the service of a resource's handle is the one to use: see workspace.Workspace.Service.
func (c *Client) WorkspaceService(ctx context.Context, name string) (*workspace.Service, error) {
	s, err := openedService(ctx, c, "crosscloud.WorkspaceService", name, func(ctx context.Context, p *provider) (*workspace.Service, error) {
		return c.workspaceService(ctx, p, nil)
	})
	if err != nil {
		return nil, err
	}
	return s.Borrowed(), nil
}

// workspaceService returns the service that the entry and a resource's values select. The caller holds the entry's
// lock.
func (c *Client) workspaceService(ctx context.Context, p *provider, resource providers.Values) (*workspace.Service, error) {
	return serviceOf(ctx, c, p, "workspaces", resource, func(account providers.Workspaces, s *providers.Settings) (*workspace.Service, error) {
		drv, err := account.Workspaces(ctx, s)
		if err != nil {
			return nil, err
		}
		return workspace.NewService(drv, workspace.ServiceOptions{Provider: p.config.name, Policy: c.policyOf(p.config)})
	})
}
