package local

import (
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// The rows have no rate budget: nobody but the machine limits how fast a local store is used.

// Operations is the operation table.
func (s *service) Operations() []policy.Operation {
	rows := []policy.Operation{
		{Name: kvdriver.OpListNamespaces, Action: "ListNamespaces", Idempotency: policy.ReadOnly},
		{Name: kvdriver.OpCreateNamespace, Action: "CreateNamespace", Idempotency: policy.NonIdempotent},
		{Name: kvdriver.OpGetNamespace, Action: "GetNamespace", Idempotency: policy.ReadOnly},
		{Name: kvdriver.OpDeleteNamespace, Action: "DeleteNamespace", Idempotency: policy.Idempotent},
	}
	if s.caps.Rename != kvdriver.None {
		rows = append(rows, policy.Operation{Name: kvdriver.OpRenameNamespace, Action: "RenameNamespace", Idempotency: policy.NonIdempotent})
	}
	if s.caps.SetDescription != kvdriver.None {
		rows = append(rows, policy.Operation{Name: kvdriver.OpSetDescription, Action: "SetDescription", Idempotency: policy.Idempotent})
	}
	return rows
}

// namespaceRows is the operation table of a namespace with the given facets.
func namespaceRows(has facets) []policy.Operation {
	rows := []policy.Operation{
		{Name: kvdriver.OpGet, Action: "Get", Idempotency: policy.ReadOnly},
		{Name: kvdriver.OpPut, Action: "Put", Idempotency: policy.Idempotent},
		{Name: kvdriver.OpDelete, Action: "Delete", Idempotency: policy.Idempotent},
		{Name: kvdriver.OpList, Action: "List", Idempotency: policy.ReadOnly},
	}
	for _, optional := range []struct {
		there bool
		row   policy.Operation
	}{
		{has.inspect, policy.Operation{Name: kvdriver.OpInspect, Action: "Inspect", Idempotency: policy.ReadOnly}},
		{has.get, policy.Operation{Name: kvdriver.OpGetBatch, Action: "GetBatch", Idempotency: policy.ReadOnly}},
		{has.put, policy.Operation{Name: kvdriver.OpPutBatch, Action: "PutBatch", Idempotency: policy.Idempotent}},
		{has.delete, policy.Operation{Name: kvdriver.OpDeleteBatch, Action: "DeleteBatch", Idempotency: policy.Idempotent}},
	} {
		if optional.there {
			rows = append(rows, optional.row)
		}
	}
	return rows
}
