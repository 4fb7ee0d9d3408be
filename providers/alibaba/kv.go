package alibaba

import (
	"context"
	"net/http"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
)

const esaVersion = "2024-09-10"

// The vendor's actions; each has a page of its own.
const (
	actionCreate      = "CreateKvNamespace"
	actionDescribe    = "GetKvNamespace"
	actionAccount     = "GetKvAccount"
	actionRemove      = "DeleteKvNamespace"
	actionPut         = "PutKv"
	actionPutLarge    = "PutKvWithHighCapacity"
	actionGet         = "GetKv"
	actionDetail      = "GetKvDetail"
	actionDelete      = "DeleteKv"
	actionList        = "ListKvs"
	actionBatchPut    = "BatchPutKv"
	actionBatchDelete = "BatchDeleteKv"
)

// service is one account.
type service struct {
	api    *api
	upload *uploader // nil without high_capacity
}

// Capabilities are those of an account.
func (s *service) Capabilities() driver.ServiceCapabilities { return limits.KVService() }

// Operations is the operation table of an account.
func (s *service) Operations() []policy.Operation {
	return []policy.Operation{
		s.api.operation(driver.OpListNamespaces, actionAccount, policy.ReadOnly),
		s.api.operation(driver.OpGetNamespace, actionDescribe, policy.ReadOnly),
		s.api.operation(driver.OpCreateNamespace, actionCreate, policy.NonIdempotent),
		s.api.operation(driver.OpDeleteNamespace, actionRemove, policy.Idempotent),
	}
}

// OpenNamespace returns the namespace of that name.
func (s *service) OpenNamespace(ref driver.NamespaceRef) (driver.Namespace, error) {
	if err := checkText("namespace name", ref.Name); err != nil {
		return nil, err
	}
	return &namespace{service: s, name: ref.Name}, nil
}

func (s *service) do(ctx context.Context, c *call) error { return s.api.do(ctx, c) }

const notSwitchedOn = "Edge KV is not switched on for this account; switch it on in the ESA console, and check region and endpoint"

// ListNamespaces returns all namespaces on one page, but for those that are being deleted.
func (s *service) ListNamespaces(ctx context.Context, r *driver.ListNamespacesRequest) (*driver.ListNamespacesResponse, error) {
	if r.Cursor != "" {
		return nil, errs.Refuse(errs.InvalidArgument, "the cursor is none that a listing returned")
	}
	var reply accountReply
	err := s.do(ctx, &call{action: actionAccount, method: http.MethodGet, reply: &reply, read: reply.fault, usesText: true})
	if err != nil {
		return nil, err
	}
	if reply.Status != statusOnline && len(reply.NamespaceList) == 0 {
		return nil, &errs.Error{Code: errs.NotFound, Outcome: errs.NotApplied, HTTPStatus: http.StatusOK, RequestID: string(reply.RequestID), Message: notSwitchedOn}
	}
	return &driver.ListNamespacesResponse{Namespaces: reply.namespaces()}, nil
}

// GetNamespace describes one namespace. One that is being deleted counts as missing.
func (s *service) GetNamespace(ctx context.Context, r *driver.GetNamespaceRequest) (*driver.GetNamespaceResponse, error) {
	var reply namespaceReply
	err := s.do(ctx, &call{action: actionDescribe, method: http.MethodGet, query: params{"Namespace": r.Name}, reply: &reply,
		read: func() string { return reply.faultFor(r.Name) }, usesText: true})
	if err != nil {
		return nil, err
	}
	if reply.Status != statusOnline {
		message := "the namespace is being deleted"
		if status := (wire.Hidden{}).Code(reply.Status); status != "" {
			message += ": its status is " + status
		}
		return nil, &errs.Error{Code: errs.NamespaceNotFound, Outcome: errs.NotApplied, HTTPStatus: http.StatusOK, RequestID: string(reply.RequestID), Message: message}
	}
	return &driver.GetNamespaceResponse{Namespace: reply.info()}, nil
}

// CreateNamespace makes a namespace. Its description cannot be changed later.
func (s *service) CreateNamespace(ctx context.Context, r *driver.CreateNamespaceRequest) (*driver.CreateNamespaceResponse, error) {
	form, err := encodeNamespace(r)
	if err != nil {
		return nil, err
	}
	var reply namespaceReply
	err = s.do(ctx, &call{action: actionCreate, method: http.MethodPost, form: form, reply: &reply, read: func() string { return reply.faultFor(r.Name) }})
	if err != nil {
		return nil, err
	}
	return &driver.CreateNamespaceResponse{Namespace: reply.info()}, nil
}

// DeleteNamespace begins to delete a namespace and its keys, which takes the vendor a while; how long, and whether the
// name can be taken at once, is not documented.
func (s *service) DeleteNamespace(ctx context.Context, r *driver.DeleteNamespaceRequest) (*driver.DeleteNamespaceResponse, error) {
	err := s.do(ctx, &call{action: actionRemove, method: http.MethodPost, query: params{"Namespace": r.Name}, reply: &head{}})
	if err != nil {
		return nil, err
	}
	return &driver.DeleteNamespaceResponse{}, nil
}

// namespace is one open namespace.
type namespace struct {
	*service
	name string
}

// Capabilities are those of a namespace.
func (n *namespace) Capabilities() driver.Capabilities {
	c := limits.KV()
	c.PutBatch.MaxBytes -= batchFrame // what PutBatchBytes does not count
	if n.upload != nil {
		c.MaxValueBytes = maxUpload
	}
	return c
}

// Operations is the operation table of a namespace.
func (n *namespace) Operations() []policy.Operation {
	return []policy.Operation{
		n.api.operation(driver.OpGet, actionGet, policy.ReadOnly),
		n.api.operation(driver.OpInspect, actionDetail, policy.ReadOnly),
		n.api.operation(driver.OpPut, actionPut, policy.Idempotent),
		n.api.operation(driver.OpDelete, actionDelete, policy.Idempotent),
		n.api.operation(driver.OpList, actionList, policy.ReadOnly),
		n.api.operation(driver.OpPutBatch, actionBatchPut, policy.Idempotent),
		n.api.operation(driver.OpDeleteBatch, actionBatchDelete, policy.Idempotent),
	}
}

// maxReply bounds replies that hold a value, each byte of which JSON may spell with six; 0 means the default.
func (n *namespace) maxReply() int64 {
	if n.upload == nil {
		return 0
	}
	return 6*maxUpload + 1<<20
}

// Get reads one key.
func (n *namespace) Get(ctx context.Context, r *driver.GetRequest) (*driver.GetResponse, error) {
	var reply valueReply
	err := n.do(ctx, &call{action: actionGet, method: http.MethodGet, query: n.key(r.Key), reply: &reply, read: reply.fault, usesText: true, maxReply: n.maxReply()})
	if err != nil {
		return nil, err
	}
	return &driver.GetResponse{Value: reply.Value.Bytes}, nil
}

// Inspect reads the expiry of one key; the reply has the value too.
func (n *namespace) Inspect(ctx context.Context, r *driver.InspectRequest) (*driver.InspectResponse, error) {
	var reply detailReply
	var res driver.InspectResponse
	err := n.do(ctx, &call{action: actionDetail, method: http.MethodPost, query: n.key(r.Key), reply: &reply, maxReply: n.maxReply(), read: func() (fault string) {
		res.Expiry, fault = reply.expiry(n.api.account.Now())
		return fault
	}})
	if err != nil {
		return nil, err
	}
	return &res, nil
}

// Put writes one key. A value that is too large for one request is uploaded.
func (n *namespace) Put(ctx context.Context, r *driver.PutRequest) (*driver.PutResponse, error) {
	if n.upload != nil && int64(len(r.Value)) > limits.KV().MaxValueBytes {
		return n.putLarge(ctx, r)
	}
	query, form, err := encodePut(n.name, r)
	if err != nil {
		return nil, err
	}
	var reply lengthReply
	err = n.do(ctx, &call{action: actionPut, method: http.MethodPost, query: query, form: form, reply: &reply, read: reply.fault, carriesValues: true})
	if err != nil {
		return nil, err
	}
	return &driver.PutResponse{}, nil
}

// Delete removes one key. The vendor deletes by GET.
func (n *namespace) Delete(ctx context.Context, r *driver.DeleteRequest) (*driver.DeleteResponse, error) {
	err := n.do(ctx, &call{action: actionDelete, method: http.MethodGet, query: n.key(r.Key), reply: &head{}})
	if err != nil && errs.CodeOf(err) != errs.KeyNotFound {
		return nil, err
	}
	return &driver.DeleteResponse{}, nil
}

// List returns a page of keys. The cursor is the number of those before them.
func (n *namespace) List(ctx context.Context, r *driver.ListRequest) (*driver.ListResponse, error) {
	query, at, err := encodeList(n.name, r)
	if err != nil {
		return nil, err
	}
	var reply listReply
	var page *driver.ListResponse
	err = n.do(ctx, &call{action: actionList, method: http.MethodGet, query: query, reply: &reply, usesText: true, read: func() (fault string) {
		page, fault = reply.page(at)
		return fault
	}})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// What a key that a batch reports as failed means: the vendor says which failed, but not why. A put may pass when it is
// sent again. A delete that does not may be of a key that is absent, which the batch cannot tell.
var (
	failedPut    = errs.Error{Code: errs.Unknown, Retry: errs.Temporary, Outcome: errs.NotApplied, Message: "Edge KV reports the key as failed, and does not say why"}
	failedDelete = errs.Error{Code: errs.Unsupported, Outcome: errs.NotApplied,
		Message: "Edge KV reports the key as failed, which it may do for one that is absent, and its batches do not tell; delete the key by itself"}
)

// PutBatch writes several keys.
func (n *namespace) PutBatch(ctx context.Context, r *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
	form, keys, err := encodePutBatch(r.Items)
	if err != nil {
		return nil, err
	}
	failed, err := n.batch(ctx, actionBatchPut, form, keys, failedPut)
	if err != nil {
		return nil, err
	}
	return &driver.PutBatchResponse{Errs: failed}, nil
}

// PutBatchBytes returns what an item adds to the body of a batch as it is sent.
func (n *namespace) PutBatchBytes(r *driver.PutRequest) int64 { return batchBytes(r) }

// DeleteBatch removes several keys. What cannot be told of a key is [errs.Unsupported]; package kv then deletes it alone.
func (n *namespace) DeleteBatch(ctx context.Context, r *driver.DeleteBatchRequest) (*driver.DeleteBatchResponse, error) {
	form, err := encodeDeleteBatch(r.Keys)
	if err != nil {
		return nil, err
	}
	failed, err := n.batch(ctx, actionBatchDelete, form, r.Keys, failedDelete)
	if err != nil {
		return nil, err
	}
	return &driver.DeleteBatchResponse{Errs: failed}, nil
}

func (n *namespace) batch(ctx context.Context, action string, form []byte, keys []string, reported errs.Error) ([]error, error) {
	var reply batchReply
	err := n.do(ctx, &call{action: action, method: http.MethodPost, query: params{"Namespace": n.name}, form: form, reply: &reply, read: reply.fault,
		carriesValues: action == actionBatchPut})
	if err != nil {
		return nil, err
	}
	return reply.failures(keys, reported), nil
}

func (n *namespace) key(key string) params { return params{"Namespace": n.name, "Key": key} }
