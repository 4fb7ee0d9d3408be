package kv

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// Service is one account, or one zone of it, that holds namespaces. It is safe for concurrent use.
//
// Programs get one from crosscloud.Client.KVService; [NewService] makes one over a driver directly.
type Service struct {
	provider string
	drv      driver.Service
	caps     ServiceCapabilities
	pipe     *pipeline.Pipeline
	now      func() time.Time
	lent     *Service // the same without the right to close it; nil in that one

	list     method[driver.ListNamespacesRequest, driver.ListNamespacesResponse]
	create   method[driver.CreateNamespaceRequest, driver.CreateNamespaceResponse]
	get      method[driver.GetNamespaceRequest, driver.GetNamespaceResponse]
	rename   method[driver.RenameNamespaceRequest, driver.RenameNamespaceResponse]
	describe method[driver.SetDescriptionRequest, driver.SetDescriptionResponse]
	remove   method[driver.DeleteNamespaceRequest, driver.DeleteNamespaceResponse]
}

// ServiceOptions configure [NewService]. The zero value is ready to use.
type ServiceOptions struct {
	// Provider is the name that errors and events give to the provider.
	Provider string
	// Policy governs retries, rate limits, concurrency and observation.
	Policy policy.Policy
	// Now is the clock that absolute expiries are checked by; nil means [time.Now].
	Now func() time.Time
}

// NewService returns a service over a driver. It fails with errs.InvalidArgument if the policy is impossible, and
// with errs.Internal if what the driver declares does not agree with what it implements.
func NewService(drv driver.Service, opts ServiceOptions) (*Service, error) {
	pipe, err := pipeline.New(opts.Provider, opts.Policy)
	if err != nil {
		return nil, err
	}
	s := &Service{provider: opts.Provider, drv: drv, caps: drv.Capabilities(), pipe: pipe, now: opts.Now}
	if s.now == nil {
		s.now = time.Now
	}
	t := pipeline.NewTable(pipe, drv.Operations(), writing)
	s.list = pipeline.Bind(t, driver.OpListNamespaces, drv.ListNamespaces)
	s.caps.Get = max(s.caps.Get, Emulated) // a namespace can always be looked up in the listing
	s.create = pipeline.BindOptional(t, drv, "Create", s.caps.Create, driver.OpCreateNamespace, driver.NamespaceCreator.CreateNamespace)
	getter, ok := drv.(driver.NamespaceGetter)
	if t.Agrees("Get", "NamespaceGetter", s.caps.Get, ok || s.caps.Get == Emulated) && ok {
		s.get = pipeline.Bind(t, driver.OpGetNamespace, getter.GetNamespace)
	}
	s.rename = pipeline.BindOptional(t, drv, "Rename", s.caps.Rename, driver.OpRenameNamespace, driver.NamespaceRenamer.RenameNamespace)
	s.describe = pipeline.BindOptional(t, drv, "SetDescription", s.caps.SetDescription, driver.OpSetDescription, driver.NamespaceDescriber.SetDescription)
	s.remove = pipeline.BindOptional(t, drv, "Delete", s.caps.Delete, driver.OpDeleteNamespace, driver.NamespaceDeleter.DeleteNamespace)
	if t.Err() != nil {
		return nil, t.Err()
	}
	lent := *s
	s.lent = &lent
	return s, nil
}

// Capabilities tell what the service can do with namespaces, and its limits.
func (s *Service) Capabilities() ServiceCapabilities { return s.caps }

// Close refuses further calls of the service and its namespaces with errs.Closed, lets running ones finish until ctx
// ends, then cancels them and waits for their return. It returns errs.DeadlineExceeded or errs.Canceled if calls had to
// be cancelled. It does not close the driver. A service that belongs to a client is closed by the client: here it is
// errs.Unsupported.
func (s *Service) Close(ctx context.Context) error {
	if s.lent == nil {
		return s.pipe.Complete(errs.Refuse(errs.Unsupported, "the service belongs to a client; close that"), "kv.Close", "")
	}
	if s.pipe.Close(ctx) {
		return nil
	}
	err := errs.Refuse(errs.CodeOf(ctx.Err()), "calls that were still running were cancelled")
	return s.pipe.Complete(err, "kv.Close", "")
}

// Borrowed returns the same service without the right to close it, for its owner to hand out.
func (s *Service) Borrowed() *Service {
	if s.lent == nil {
		return s
	}
	return s.lent
}

// CreateNamespace makes a namespace. A taken name is errs.AlreadyExists; a name that breaks the provider's rule is
// errs.InvalidArgument and a description where there is none errs.Unsupported, both before any I/O. It is not retried
// once the request may have arrived: after an error whose Outcome is Ambiguous, look with DescribeNamespace.
func (s *Service) CreateNamespace(ctx context.Context, name string, opts ...CreateOption) (NamespaceInfo, error) {
	req := &driver.CreateNamespaceRequest{Name: name}
	refusal := s.caps.Name.Check("namespace name", name)
	for i, o := range opts {
		req.Description = o.description
		if i > 0 && refusal == nil {
			refusal = errs.Refuse(errs.InvalidArgument, "description is given twice")
		}
	}
	if refusal == nil && req.Description != "" {
		refusal = s.checkDescription(s.caps.Description, req.Description)
	}
	res, err := doService(ctx, s, driver.OpCreateNamespace, &s.create, name, refusal, req)
	if err != nil {
		return NamespaceInfo{}, err
	}
	return res.Namespace, nil
}

// DescribeNamespace tells what the provider knows of a namespace. A missing one is errs.NamespaceNotFound. Where the
// provider has no request for one namespace, or addresses namespaces by id, its listing is searched first. The call is
// retried; it may be repeated at will.
func (s *Service) DescribeNamespace(ctx context.Context, name string) (NamespaceInfo, error) {
	if s.get.Send == nil {
		return s.find(ctx, driver.OpGetNamespace, name)
	}
	req := &driver.GetNamespaceRequest{NamespaceRef: byName(name)}
	refusal := checkReference(name)
	if refusal == nil {
		ref, err := s.resolve(ctx, driver.OpGetNamespace, name)
		if err != nil {
			return NamespaceInfo{}, err
		}
		req.NamespaceRef = ref
	}
	res, err := doService(ctx, s, driver.OpGetNamespace, &s.get, name, refusal, req)
	if err != nil {
		return NamespaceInfo{}, err
	}
	return res.Namespace, nil
}

// Namespaces lists the namespaces of the service, page by page. An error ends the listing; each range starts afresh.
// Each page is retried.
func (s *Service) Namespaces(ctx context.Context) iter.Seq2[NamespaceInfo, error] {
	return func(yield func(NamespaceInfo, error) bool) {
		var req driver.ListNamespacesRequest
		guard := pipeline.CursorGuard{Most: max(maxListedNamespaces, s.caps.MaxNamespaces)}
		for {
			page, err := doService(ctx, s, driver.OpListNamespaces, &s.list, "", nil, &req)
			if err == nil {
				err = guard.Check(page.Cursor, len(page.Namespaces))
			}
			if err != nil {
				yield(NamespaceInfo{}, s.pipe.Complete(err, driver.OpListNamespaces, ""))
				return
			}
			for _, info := range page.Namespaces {
				if !yield(info, nil) {
					return
				}
			}
			if page.Cursor == "" {
				return
			}
			req.Cursor = page.Cursor
		}
	}
}

// maxListedNamespaces is what a listing of namespaces has at most. The documented quotas are far below, though some can
// be raised.
const maxListedNamespaces = 100_000

// RenameNamespace gives a namespace another name; its keys stay. Where the provider cannot, it is errs.Unsupported.
// Handles that were opened by the old name keep working where the provider addresses namespaces by id. It is not
// retried once the request may have arrived.
func (s *Service) RenameNamespace(ctx context.Context, name, newName string) error {
	refusal := firstError(checkReference(name), s.caps.Name.Check("new namespace name", newName))
	req := &driver.RenameNamespaceRequest{NewName: newName}
	return doNamespace(ctx, s, driver.OpRenameNamespace, &s.rename, name, refusal, req, &req.NamespaceRef)
}

// SetDescription replaces the description of a namespace; an empty one clears it. Where the provider cannot, it is
// errs.Unsupported. The call is retried; it may be repeated at will.
func (s *Service) SetDescription(ctx context.Context, name, description string) error {
	refusal := firstError(checkReference(name), s.checkDescription(s.caps.SetDescription, description))
	req := &driver.SetDescriptionRequest{Description: description}
	return doNamespace(ctx, s, driver.OpSetDescription, &s.describe, name, refusal, req, &req.NamespaceRef)
}

// DeleteNamespace removes a namespace and all of its keys. A missing one is errs.NamespaceNotFound, one that is still
// in use errs.Conflict. Some providers delete in the background: the name may be taken for a while. Where a driver
// declares the call idempotent it is retried, and errs.NamespaceNotFound after several attempts then says that one of
// them has done it.
func (s *Service) DeleteNamespace(ctx context.Context, name string) error {
	req := &driver.DeleteNamespaceRequest{}
	return doNamespace(ctx, s, driver.OpDeleteNamespace, &s.remove, name, checkReference(name), req, &req.NamespaceRef)
}

func (s *Service) checkDescription(support Support, text string) error {
	if support == None {
		return errs.Refuse(errs.Unsupported, "this provider cannot keep this description: it takes none here")
	}
	if n := utf8.RuneCountInString(text); s.caps.MaxDescriptionChars > 0 && n > s.caps.MaxDescriptionChars {
		return errs.Refuse(errs.InvalidArgument, "description has %d characters, at most %d are accepted", n, s.caps.MaxDescriptionChars)
	}
	return nil
}

// find searches the listing for a namespace of exactly that name, for the operation op.
func (s *Service) find(ctx context.Context, op, name string) (NamespaceInfo, error) {
	if err := checkReference(name); err != nil {
		return NamespaceInfo{}, s.pipe.Refused(ctx, op, name, "", err)
	}
	err := &errs.Error{Code: errs.NamespaceNotFound, Outcome: errs.NotApplied, Attempts: 1, Message: "there is no namespace of that name"}
	if op == opNamespace {
		err.Message += createHint
	}
	for info, failed := range s.Namespaces(ctx) {
		if failed != nil {
			return NamespaceInfo{}, failed
		}
		if info.Name == name {
			return info, nil
		}
		if s.caps.Address == driver.ByID && info.ID == name {
			err.Message = fmt.Sprintf("%q is the id of the namespace %q: say namespace_id, or namespace: %[2]s", name, errs.Printable(info.Name))
			err.Err = errIsID
		}
	}
	return NamespaceInfo{}, s.pipe.Complete(err, op, name)
}

// errIsID is the cause of a namespace that is not found by its name because what was said is its id.
var errIsID = errors.New("the name is an id")

// createHint is what to do about a namespace that is missing where it is to be used.
const createHint = "; create it, or set create: true for the resource"

// resolve returns what addresses the namespace of that name, looking up its id where one is needed.
func (s *Service) resolve(ctx context.Context, op, name string) (driver.NamespaceRef, error) {
	if s.caps.Address == driver.ByName {
		return byName(name), nil
	}
	info, err := s.find(ctx, op, name)
	return info.NamespaceRef, err
}

func byName(name string) driver.NamespaceRef { return driver.NamespaceRef{Name: name, ID: name} }

// checkReference checks a name that should exist already. The provider's rule for names is not applied to it: the
// namespace may have been made under another rule.
func checkReference(name string) error {
	if name == "" {
		return errs.Refuse(errs.InvalidArgument, "namespace name is empty")
	}
	return nil
}

func firstError(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}
