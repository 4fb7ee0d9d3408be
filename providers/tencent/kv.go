package tencent

import (
	"context"
	"net/http"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers/tencent/limits"
)

// The vendor's actions; each has a page of its own.
const (
	actionCreate   = "CreateEdgeKVNamespace"
	actionDescribe = "DescribeEdgeKVNamespaces"
	actionModify   = "ModifyEdgeKVNamespace"
	actionRemove   = "DeleteEdgeKVNamespace"
	actionPut      = "EdgeKVPut"
	actionGet      = "EdgeKVGet"
	actionDelete   = "EdgeKVDelete"
	actionList     = "EdgeKVList"
)

// maxBatchReply bounds the reply for 20 values of 1 MB, each byte of which JSON may spell with six.
const maxBatchReply = 128 << 20

// service is one zone.
type service struct {
	api  *api
	zone string
}

// Capabilities are those of a zone.
func (s *service) Capabilities() driver.ServiceCapabilities { return limits.KVService() }

// Operations is the operation table of a zone.
func (s *service) Operations() []policy.Operation {
	return []policy.Operation{
		s.api.operation(driver.OpListNamespaces, actionDescribe, policy.ReadOnly),
		s.api.operation(driver.OpGetNamespace, actionDescribe, policy.ReadOnly),
		s.api.operation(driver.OpCreateNamespace, actionCreate, policy.NonIdempotent),
		s.api.operation(driver.OpSetDescription, actionModify, policy.Idempotent),
		s.api.operation(driver.OpDeleteNamespace, actionRemove, policy.Idempotent),
	}
}

// OpenNamespace returns the namespace of that name.
func (s *service) OpenNamespace(ref driver.NamespaceRef) (driver.Namespace, error) {
	if err := checkText("namespace name", ref.Name); err != nil {
		return nil, err
	}
	return &namespace{api: s.api, zone: s.zone, name: ref.Name}, nil
}

// ListNamespaces returns up to 1,000 namespaces, the oldest first. The cursor is the number of those before them.
func (s *service) ListNamespaces(ctx context.Context, r *driver.ListNamespacesRequest) (page *driver.ListNamespacesResponse, err error) {
	body, err := encodeNamespaces(s.zone, r.Cursor)
	if err != nil {
		return nil, err
	}
	var reply namespacesReply
	err = s.api.do(ctx, call{action: actionDescribe, request: body, reply: &reply, read: func() (fault string) {
		page, fault = reply.page(body.Offset)
		return fault
	}})
	return page, err
}

// GetNamespace describes one namespace, which it has the vendor filter by name.
func (s *service) GetNamespace(ctx context.Context, r *driver.GetNamespaceRequest) (*driver.GetNamespaceResponse, error) {
	body, err := encodeNamespace(s.zone, r.Name)
	if err != nil {
		return nil, err
	}
	var reply namespacesReply
	var page *driver.ListNamespacesResponse
	err = s.api.do(ctx, call{action: actionDescribe, request: body, reply: &reply, read: func() (fault string) {
		page, fault = reply.page(0)
		return fault
	}})
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(page.Namespaces, func(n driver.NamespaceInfo) bool { return n.Name == r.Name })
	if i < 0 {
		return nil, absent(errs.NamespaceNotFound, "there is no namespace of that name", reply.RequestID)
	}
	return &driver.GetNamespaceResponse{Namespace: page.Namespaces[i]}, nil
}

// CreateNamespace makes a namespace. The reply tells nothing of it, so that the times and usage are not known.
func (s *service) CreateNamespace(ctx context.Context, r *driver.CreateNamespaceRequest) (*driver.CreateNamespaceResponse, error) {
	body := &namespaceRequest{ZoneID: s.zone, Namespace: r.Name}
	if r.Description != "" {
		body.Remark = &r.Description
	}
	if err := s.change(ctx, actionCreate, body); err != nil {
		return nil, err
	}
	return &driver.CreateNamespaceResponse{Namespace: driver.NamespaceInfo{NamespaceRef: byName(r.Name), Description: r.Description}}, nil
}

// SetDescription replaces the remark of a namespace. That an empty one clears it is unconfirmed.
func (s *service) SetDescription(ctx context.Context, r *driver.SetDescriptionRequest) (*driver.SetDescriptionResponse, error) {
	err := s.change(ctx, actionModify, &namespaceRequest{ZoneID: s.zone, Namespace: r.Name, Remark: &r.Description})
	if err != nil {
		return nil, err
	}
	return &driver.SetDescriptionResponse{}, nil
}

// DeleteNamespace removes a namespace and all of its keys. One that an edge function uses is [errs.Conflict].
func (s *service) DeleteNamespace(ctx context.Context, r *driver.DeleteNamespaceRequest) (*driver.DeleteNamespaceResponse, error) {
	if err := s.change(ctx, actionRemove, &namespaceRequest{ZoneID: s.zone, Namespace: r.Name}); err != nil {
		return nil, err
	}
	return &driver.DeleteNamespaceResponse{}, nil
}

func (s *service) change(ctx context.Context, action string, body *namespaceRequest) error {
	if err := checkText("namespace name", body.Namespace); err != nil {
		return err
	}
	if body.Remark != nil {
		if err := checkText("description", *body.Remark); err != nil {
			return err
		}
	}
	return s.api.do(ctx, call{action: action, request: body, reply: &doneReply{}})
}

// namespace is one namespace of a zone.
type namespace struct {
	api        *api
	zone, name string
}

// Capabilities are the same for every namespace.
func (n *namespace) Capabilities() driver.Capabilities { return limits.KV() }

// Operations is the operation table of a namespace. Operations of the same action share its rate.
func (n *namespace) Operations() []policy.Operation {
	return []policy.Operation{
		n.api.operation(driver.OpGet, actionGet, policy.ReadOnly),
		n.api.operation(driver.OpGetBatch, actionGet, policy.ReadOnly),
		n.api.operation(driver.OpPut, actionPut, policy.Idempotent),
		n.api.operation(driver.OpDelete, actionDelete, policy.Idempotent),
		n.api.operation(driver.OpDeleteBatch, actionDelete, policy.Idempotent),
		n.api.operation(driver.OpList, actionList, policy.ReadOnly),
	}
}

// Get reads one key and its expiry.
func (n *namespace) Get(ctx context.Context, r *driver.GetRequest) (*driver.GetResponse, error) {
	results, err := n.get(ctx, r.WantExpiry, 0, r.Key)
	if err != nil {
		return nil, err
	}
	if results[0].Err != nil {
		return nil, results[0].Err
	}
	return &results[0].GetResponse, nil
}

// GetBatch reads up to 20 keys and their expiries.
func (n *namespace) GetBatch(ctx context.Context, r *driver.GetBatchRequest) (*driver.GetBatchResponse, error) {
	results, err := n.get(ctx, r.WantExpiry, maxBatchReply, r.Keys...)
	if err != nil {
		return nil, err
	}
	return &driver.GetBatchResponse{Results: results}, nil
}

func (n *namespace) get(ctx context.Context, wantExpiry bool, maxReply int64, keys ...string) (results []driver.GetBatchResult, err error) {
	body, err := encodeKeys(n.zone, n.name, keys...)
	if err != nil {
		return nil, err
	}
	var reply getReply
	err = n.api.do(ctx, call{action: actionGet, request: body, reply: &reply, maxReply: maxReply, read: func() (fault string) {
		results, fault = reply.values(keys, wantExpiry)
		return fault
	}})
	return results, err
}

// Put writes one key.
func (n *namespace) Put(ctx context.Context, r *driver.PutRequest) (*driver.PutResponse, error) {
	body, err := encodePut(n.zone, n.name, r)
	if err != nil {
		return nil, err
	}
	if err := n.api.do(ctx, call{action: actionPut, request: body, reply: &doneReply{}, carriesValue: true}); err != nil {
		return nil, err
	}
	return &driver.PutResponse{}, nil
}

// Delete removes one key. That an absent one is success is unconfirmed: no page has a code for it.
func (n *namespace) Delete(ctx context.Context, r *driver.DeleteRequest) (*driver.DeleteResponse, error) {
	if err := n.remove(ctx, r.Key); err != nil {
		return nil, err
	}
	return &driver.DeleteResponse{}, nil
}

// DeleteBatch removes up to 20 keys. The vendor answers for all of them together.
func (n *namespace) DeleteBatch(ctx context.Context, r *driver.DeleteBatchRequest) (*driver.DeleteBatchResponse, error) {
	if err := n.remove(ctx, r.Keys...); err != nil {
		return nil, err
	}
	return &driver.DeleteBatchResponse{}, nil
}

func (n *namespace) remove(ctx context.Context, keys ...string) error {
	body, err := encodeKeys(n.zone, n.name, keys...)
	if err != nil {
		return err
	}
	return n.api.do(ctx, call{action: actionDelete, request: body, reply: &doneReply{}})
}

// List returns one page of names. The vendor lists no expiries, and documents no order.
func (n *namespace) List(ctx context.Context, r *driver.ListRequest) (page *driver.ListResponse, err error) {
	body, err := encodeList(n.zone, n.name, r)
	if err != nil {
		return nil, err
	}
	var reply listReply
	err = n.api.do(ctx, call{action: actionList, request: body, reply: &reply, read: func() (fault string) {
		page, fault = reply.page()
		return fault
	}})
	return page, err
}

func noSuchKey(requestID string) error {
	return absent(errs.KeyNotFound, "there is no such key", requestID)
}

// absent is the error of something that is missing from a reply that is otherwise a success.
func absent(code errs.Code, message, requestID string) *errs.Error {
	return &errs.Error{Code: code, Outcome: errs.NotApplied, HTTPStatus: http.StatusOK, RequestID: requestID, Message: message}
}
