package kv

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// method is one method of a driver with its row of the operation table. Without the interface, send is nil.
type method[Req, Res any] struct {
	op   *pipeline.Operation
	send func(context.Context, *Req) (*Res, error)
}

// table is a driver's operation table while it is bound; it keeps the first disagreement.
type table struct {
	pipe *pipeline.Pipeline
	rows []policy.Operation
	err  error
}

func newTable(pipe *pipeline.Pipeline, rows []policy.Operation) *table {
	return &table{pipe: pipe, rows: rows}
}

// writing are the operations that cannot be read-only.
var writing = []string{
	driver.OpPut, driver.OpDelete, driver.OpPutBatch, driver.OpDeleteBatch,
	driver.OpCreateNamespace, driver.OpRenameNamespace, driver.OpSetDescription, driver.OpDeleteNamespace,
}

// bind finds the row of one method.
func bind[Req, Res any](t *table, name string, send func(context.Context, *Req) (*Res, error)) (m method[Req, Res]) {
	for _, row := range t.rows {
		if row.Name != name {
			continue
		}
		if row.Idempotency == policy.ReadOnly && slices.Contains(writing, name) {
			t.fail(errs.Refuse(errs.Internal, "the driver's operation table calls %q read-only", name))
			return m
		}
		op, err := t.pipe.Bind(row)
		if err != nil {
			t.fail(err)
			return m
		}
		return method[Req, Res]{op: op, send: send}
	}
	t.fail(errs.Refuse(errs.Internal, "the driver has no row %q in its operation table", name))
	return m
}

// agrees reports whether a capability is there, and notes if it is declared but not implemented or the reverse.
func (t *table) agrees(what, iface string, declared Support, implemented bool) bool {
	switch {
	case declared != None && !implemented:
		t.fail(errs.Refuse(errs.Internal, "the driver declares the capability %s without implementing driver.%s", what, iface))
	case declared == None && implemented:
		t.fail(errs.Refuse(errs.Internal, "the driver implements driver.%s but declares the capability %s as None", iface, what))
	}
	return declared != None && implemented
}

func (t *table) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// doService makes one call of a service through the pipeline.
func doService[Req, Res any](ctx context.Context, s *Service, op string, m *method[Req, Res], name string, refusal error, req *Req) (*Res, error) {
	if m.send == nil {
		return nil, s.refused(ctx, op, name, "", errs.Refuse(errs.Unsupported, "this provider has no such operation"))
	}
	return pipeline.Do(ctx, pipeline.Call{Op: m.op, Resource: name, Refusal: refusal}, req, m.send)
}

// doNamespace makes one call about an existing namespace, whose address goes into ref.
func doNamespace[Req, Res any](ctx context.Context, s *Service, op string, m *method[Req, Res], name string, refusal error, req *Req, ref *driver.NamespaceRef) error {
	if m.send != nil && refusal == nil {
		resolved, err := s.resolve(ctx, op, name)
		if err != nil {
			return err
		}
		*ref = resolved
	}
	_, err := doService(ctx, s, op, m, name, refusal, req)
	return err
}

// refused passes a refusal through the pipeline, so that hooks see the call, and returns it complete.
func (s *Service) refused(ctx context.Context, op, resource, key string, refusal error) error {
	call := pipeline.Call{Op: s.pipe.Unbound(policy.Operation{Name: op}), Resource: resource, Key: key, Refusal: refusal}
	_, err := pipeline.Do[struct{}, struct{}](ctx, call, nil, nil)
	return err
}

// complete names the provider, operation and resource in an error that did not come through the pipeline.
func (s *Service) complete(err error, op, resource string) error {
	e := &errs.Error{Code: errs.CodeOf(err), Outcome: errs.NotApplied, Err: err}
	if known, ok := errors.AsType[*errs.Error](err); ok && known != nil {
		if known.Provider != "" || known.Op != "" {
			return err
		}
		*e = *known
	}
	e.Provider, e.Op, e.Resource = s.provider, op, resource
	return e
}

// maxEmptyPages is how many pages without an entry may follow each other before a listing counts as endless.
const maxEmptyPages = 1000

// cursorGuard notices a listing that never ends: short circles of cursors at once, and longer ones after a few rounds
// without remembering them all (Brent's algorithm).
type cursorGuard struct {
	recent [8]string
	pages  int
	empty  int
	mark   string // an older cursor, moved ahead after 1, 2, 4, 8 … pages
	next   int    // pages at which the mark moves
}

// check takes the cursor and the number of entries of a page. A cursor that has come before, or an endless run of
// empty pages, is errs.Corrupt.
func (g *cursorGuard) check(cursor string, entries int) error {
	if cursor == "" {
		return nil
	}
	if cursor == g.mark || slices.Contains(g.recent[:], cursor) {
		return corruptListing("the listing returned a cursor for the second time")
	}
	g.recent[g.pages%len(g.recent)] = cursor
	if g.pages >= g.next {
		g.mark, g.next = cursor, 2*g.pages+1
	}
	g.pages++
	if entries > 0 {
		g.empty = 0
		return nil
	}
	if g.empty++; g.empty == maxEmptyPages {
		return corruptListing(fmt.Sprintf("the listing returned %d empty pages in a row", maxEmptyPages))
	}
	return nil
}

func corruptListing(message string) error {
	return &errs.Error{Code: errs.Corrupt, Outcome: errs.NotApplied, Attempts: 1, Message: message}
}
