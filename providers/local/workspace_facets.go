package local

import (
	"context"

	"github.com/crosscloud-sdk/crosscloud/errs"
	workspacedriver "github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// As with namespaces, each optional interface is a facet.

type workspaceCreator struct{ of *workspaces }

// Create makes a workspace.
func (f workspaceCreator) Create(ctx context.Context, req *workspacedriver.CreateRequest) (*workspacedriver.CreateResponse, error) {
	return f.of.create(ctx, req)
}

type workspaceLister struct{ of *workspaces }

// List returns one page of workspaces, in the order of the bytes of their ids.
func (f workspaceLister) List(ctx context.Context, req *workspacedriver.ListRequest) (*workspacedriver.ListResponse, error) {
	return f.of.list(ctx, req)
}

type workspaceUpdater struct{ of *workspaces }

// Update changes a workspace's name, its description or both.
func (f workspaceUpdater) Update(ctx context.Context, req *workspacedriver.UpdateRequest) (*workspacedriver.UpdateResponse, error) {
	return f.of.update(ctx, req)
}

type workspaceDeleter struct{ of *workspaces }

// Delete removes a workspace and its keys.
func (f workspaceDeleter) Delete(ctx context.Context, req *workspacedriver.DeleteRequest) (*workspacedriver.DeleteResponse, error) {
	return f.of.remove(ctx, req)
}

type apiKeyLister struct{ of *workspaces }

// APIKeys returns one page of a workspace's keys, with their secrets.
func (f apiKeyLister) APIKeys(ctx context.Context, req *workspacedriver.APIKeysRequest) (*workspacedriver.APIKeysResponse, error) {
	return f.of.apiKeys(ctx, req)
}

type apiKeyCreator struct{ of *workspaces }

// CreateAPIKey makes a key.
func (f apiKeyCreator) CreateAPIKey(ctx context.Context, req *workspacedriver.CreateAPIKeyRequest) (*workspacedriver.CreateAPIKeyResponse, error) {
	return f.of.createAPIKey(ctx, req)
}

type apiKeyDeleter struct{ of *workspaces }

// DeleteAPIKey removes a key.
func (f apiKeyDeleter) DeleteAPIKey(ctx context.Context, req *workspacedriver.DeleteAPIKeyRequest) (*workspacedriver.DeleteAPIKeyResponse, error) {
	return f.of.deleteAPIKey(ctx, req)
}

type usageLimiter struct{ of *workspaces }

// UsageLimits tells the limits that were set.
func (f usageLimiter) UsageLimits(ctx context.Context, req *workspacedriver.UsageLimitsRequest) (*workspacedriver.UsageLimitsResponse, error) {
	return f.of.usageLimits(ctx, req)
}

// SetUsageLimits replaces the limits that it names.
func (f usageLimiter) SetUsageLimits(ctx context.Context, req *workspacedriver.SetUsageLimitsRequest) (*workspacedriver.SetUsageLimitsResponse, error) {
	return f.of.setUsageLimits(ctx, req)
}

type ownerTransferrer struct{ of *workspaces }

// TransferOwner gives a workspace to another account.
func (f ownerTransferrer) TransferOwner(ctx context.Context, req *workspacedriver.TransferOwnerRequest) (*workspacedriver.TransferOwnerResponse, error) {
	return f.of.transferOwner(ctx, req)
}

// workspaceFacets says which optional interfaces there are.
type workspaceFacets struct{ create, list, update, delete, keys, createKey, deleteKey, limits, transfer bool }

// whole puts a service together. There is a case for each combination that a provider has.
func (s *workspaces) whole() (workspacedriver.Service, error) {
	has := func(support workspacedriver.Support) bool { return support != workspacedriver.None }
	c := &s.caps
	switch (workspaceFacets{
		has(c.Create), has(c.List), has(c.Update), has(c.Delete), has(c.APIKeys), has(c.CreateAPIKey), has(c.DeleteAPIKey), has(c.UsageLimits), has(c.TransferOwner),
	}) {
	case workspaceFacets{true, true, true, true, true, true, true, true, true}:
		return struct {
			*workspaces
			workspaceCreator
			workspaceLister
			workspaceUpdater
			workspaceDeleter
			apiKeyLister
			apiKeyCreator
			apiKeyDeleter
			usageLimiter
			ownerTransferrer
		}{s, workspaceCreator{s}, workspaceLister{s}, workspaceUpdater{s}, workspaceDeleter{s}, apiKeyLister{s}, apiKeyCreator{s}, apiKeyDeleter{s}, usageLimiter{s}, ownerTransferrer{s}}, nil
	case workspaceFacets{create: true, update: true, keys: true, createKey: true, deleteKey: true}:
		return struct {
			*workspaces
			workspaceCreator
			workspaceUpdater
			apiKeyLister
			apiKeyCreator
			apiKeyDeleter
		}{s, workspaceCreator{s}, workspaceUpdater{s}, apiKeyLister{s}, apiKeyCreator{s}, apiKeyDeleter{s}}, nil
	case workspaceFacets{create: true, list: true, update: true, delete: true, createKey: true, limits: true, transfer: true}:
		return struct {
			*workspaces
			workspaceCreator
			workspaceLister
			workspaceUpdater
			workspaceDeleter
			apiKeyCreator
			usageLimiter
			ownerTransferrer
		}{s, workspaceCreator{s}, workspaceLister{s}, workspaceUpdater{s}, workspaceDeleter{s}, apiKeyCreator{s}, usageLimiter{s}, ownerTransferrer{s}}, nil
	case workspaceFacets{create: true, list: true, delete: true}:
		return struct {
			*workspaces
			workspaceCreator
			workspaceLister
			workspaceDeleter
		}{s, workspaceCreator{s}, workspaceLister{s}, workspaceDeleter{s}}, nil
	}
	return nil, errs.Refuse(errs.Internal, "the local driver cannot imitate a provider with these capabilities")
}
