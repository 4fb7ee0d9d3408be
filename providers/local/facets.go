package local

import (
	"context"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// A driver must not implement an interface whose capability it does not declare. So each optional interface is a
// facet, and a namespace or service is put together from those that its capabilities ask for.

type inspector struct{ of *namespace }

// Inspect returns expiry and metadata of a key.
func (f inspector) Inspect(ctx context.Context, req *kvdriver.InspectRequest) (*kvdriver.InspectResponse, error) {
	return f.of.inspect(ctx, req)
}

type batchGetter struct{ of *namespace }

// GetBatch reads several keys.
func (f batchGetter) GetBatch(ctx context.Context, req *kvdriver.GetBatchRequest) (*kvdriver.GetBatchResponse, error) {
	return f.of.getBatch(ctx, req)
}

type batchPutter struct{ of *namespace }

// PutBatch writes several keys, all or none.
func (f batchPutter) PutBatch(ctx context.Context, req *kvdriver.PutBatchRequest) (*kvdriver.PutBatchResponse, error) {
	return f.of.putBatch(ctx, req)
}

// PutBatchBytes returns how much of the largest batch an item takes.
func (f batchPutter) PutBatchBytes(item *kvdriver.PutRequest) int64 { return putBatchBytes(item) }

type batchDeleter struct{ of *namespace }

// DeleteBatch removes several keys, all or none.
func (f batchDeleter) DeleteBatch(ctx context.Context, req *kvdriver.DeleteBatchRequest) (*kvdriver.DeleteBatchResponse, error) {
	return f.of.deleteBatch(ctx, req)
}

// facets says which optional interfaces of a namespace there are.
type facets struct{ inspect, get, put, delete bool }

func facetsOf(c *kvdriver.Capabilities) facets {
	return facets{
		inspect: c.Expiry == kvdriver.Emulated || c.ReadMetadata == kvdriver.Emulated,
		get:     c.GetBatch.Support != kvdriver.None,
		put:     c.PutBatch.Support != kvdriver.None,
		delete:  c.DeleteBatch.Support != kvdriver.None,
	}
}

// whole puts a namespace together. There is a case for each combination that a provider has.
func (n *namespace) whole() (kvdriver.Namespace, error) {
	switch facetsOf(&n.caps) {
	case facets{get: true, put: true, delete: true}:
		return struct {
			*namespace
			batchGetter
			batchPutter
			batchDeleter
		}{n, batchGetter{n}, batchPutter{n}, batchDeleter{n}}, nil
	case facets{get: true, delete: true}:
		return struct {
			*namespace
			batchGetter
			batchDeleter
		}{n, batchGetter{n}, batchDeleter{n}}, nil
	case facets{inspect: true, put: true, delete: true}:
		return struct {
			*namespace
			inspector
			batchPutter
			batchDeleter
		}{n, inspector{n}, batchPutter{n}, batchDeleter{n}}, nil
	case facets{inspect: true, get: true, put: true, delete: true}:
		return struct {
			*namespace
			inspector
			batchGetter
			batchPutter
			batchDeleter
		}{n, inspector{n}, batchGetter{n}, batchPutter{n}, batchDeleter{n}}, nil
	}
	return nil, errs.Refuse(errs.Internal, "the local driver cannot imitate a provider with these capabilities")
}

type renamer struct{ of *service }

// RenameNamespace gives a namespace another name.
func (f renamer) RenameNamespace(ctx context.Context, req *kvdriver.RenameNamespaceRequest) (*kvdriver.RenameNamespaceResponse, error) {
	return f.of.rename(ctx, req)
}

type describer struct{ of *service }

// SetDescription replaces the description of a namespace.
func (f describer) SetDescription(ctx context.Context, req *kvdriver.SetDescriptionRequest) (*kvdriver.SetDescriptionResponse, error) {
	return f.of.setDescription(ctx, req)
}

// whole puts a service together. Every provider can create, get and delete.
func (s *service) whole() kvdriver.Service {
	switch rename, describe := s.caps.Rename != kvdriver.None, s.caps.SetDescription != kvdriver.None; {
	case rename && describe:
		return struct {
			*service
			renamer
			describer
		}{s, renamer{s}, describer{s}}
	case rename:
		return struct {
			*service
			renamer
		}{s, renamer{s}}
	case describe:
		return struct {
			*service
			describer
		}{s, describer{s}}
	}
	return s
}
