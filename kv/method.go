package kv

import (
	"context"

	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// method is one method of a driver with its row of the operation table. Without the interface, Send is nil.
type method[Req, Res any] = pipeline.Method[Req, Res]

// writing are the operations that cannot be read-only.
var writing = []string{
	driver.OpPut, driver.OpDelete, driver.OpPutBatch, driver.OpDeleteBatch,
	driver.OpCreateNamespace, driver.OpRenameNamespace, driver.OpSetDescription, driver.OpDeleteNamespace,
}

// doService makes one call of a service through the pipeline.
func doService[Req, Res any](ctx context.Context, s *Service, op string, m *method[Req, Res], name string, refusal error, req *Req) (*Res, error) {
	if m.Send == nil {
		return nil, s.pipe.Refused(ctx, op, name, "", pipeline.Missing(m.Capability))
	}
	return pipeline.Do(ctx, pipeline.Call{Op: m.Op, Resource: name, Refusal: refusal}, req, m.Send)
}

// doNamespace makes one call about an existing namespace, whose address goes into ref.
func doNamespace[Req, Res any](ctx context.Context, s *Service, op string, m *method[Req, Res], name string, refusal error, req *Req, ref *driver.NamespaceRef) error {
	if m.Send != nil && refusal == nil {
		resolved, err := s.resolve(ctx, op, name)
		if err != nil {
			return err
		}
		*ref = resolved
	}
	_, err := doService(ctx, s, op, m, name, refusal, req)
	return err
}
