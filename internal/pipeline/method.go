package pipeline

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/capability"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// Method is one method of a driver with its row of the operation table. Where the driver lacks it, Send is nil.
type Method[Req, Res any] struct {
	Op   *Operation
	Send func(context.Context, *Req) (*Res, error)
	// Capability is the one that says that the driver lacks the method.
	Capability string
}

// Missing refuses a call of a method that the driver lacks, as [errs.Unsupported]. As a method of [Method] it would make
// programs larger by each instance of that type.
func Missing(capability string) error {
	return errs.Refuse(errs.Unsupported, "this provider has no such operation: its capability %s is None", capability)
}

// Table is a driver's operation table while it is bound; it keeps the first disagreement.
type Table struct {
	pipe    *Pipeline
	rows    []policy.Operation
	writing []string
	err     error
}

// NewTable returns the table of the rows that a driver declares. Writing are the operations that change something: a row
// that calls one of them read-only is a disagreement.
func NewTable(p *Pipeline, rows []policy.Operation, writing []string) *Table {
	return &Table{pipe: p, rows: rows, writing: writing}
}

// Bind finds the row of one method.
func Bind[Req, Res any](t *Table, name string, send func(context.Context, *Req) (*Res, error)) (m Method[Req, Res]) {
	if op := t.row(name); op != nil {
		m.Op, m.Send = op, send
	}
	return m
}

// row binds a row of the table; nil where that fails.
func (t *Table) row(name string) *Operation {
	for _, row := range t.rows {
		if row.Name != name {
			continue
		}
		if row.Idempotency == policy.ReadOnly && slices.Contains(t.writing, name) {
			t.Fail(errs.Refuse(errs.Internal, "the driver's operation table calls %q read-only", name))
			return nil
		}
		op, err := t.pipe.Bind(row)
		if err != nil {
			t.Fail(err)
			return nil
		}
		return op
	}
	t.Fail(errs.Refuse(errs.Internal, "the driver has no row %q in its operation table", name))
	return nil
}

// BindOptional finds the row of a method of the interface I, which only some drivers implement, and the capability says
// which: what is its name, and where it takes one degree of it " as " that degree.
func BindOptional[I, Req, Res any](t *Table, drv any, what string, declared capability.Support, name string,
	method func(I, context.Context, *Req) (*Res, error)) (m Method[Req, Res]) {
	able, implemented := drv.(I)
	if m.Op, m.Capability = t.optional(what, reflect.TypeFor[I](), declared, implemented, name); m.Op != nil {
		m.Send = func(ctx context.Context, req *Req) (*Res, error) { return method(able, ctx, req) }
	}
	return m
}

// optional is what is the same for all that BindOptional binds.
func (t *Table) optional(what string, iface reflect.Type, declared capability.Support, implemented bool, name string) (op *Operation, capability string) {
	capability, _, _ = strings.Cut(what, " as ")
	if t.Agrees(what, iface.Name(), declared, implemented) {
		op = t.row(name)
	}
	return op, capability
}

// Agrees reports whether a capability is there, and notes if it is declared but not implemented or the reverse.
func (t *Table) Agrees(what, iface string, declared capability.Support, implemented bool) bool {
	switch {
	case declared != capability.None && !implemented:
		t.Fail(errs.Refuse(errs.Internal, "the driver declares the capability %s without implementing driver.%s", what, iface))
	case declared == capability.None && implemented:
		t.Fail(errs.Refuse(errs.Internal, "the driver implements driver.%s but declares the capability %s as None", iface, what))
	}
	return declared != capability.None && implemented
}

// Fail notes a disagreement, unless there is one already.
func (t *Table) Fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// Err returns the first disagreement.
func (t *Table) Err() error { return t.err }
