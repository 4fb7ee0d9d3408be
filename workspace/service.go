package workspace

import (
	"context"
	"iter"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// Service is an account, or the key of one workspace. It is safe for concurrent use.
//
// Programs get one from crosscloud.Client.WorkspaceService; [NewService] makes one over a driver directly.
type Service struct {
	provider string
	caps     Capabilities
	pipe     *pipeline.Pipeline
	methods  methods
	lent     *Service // the same without the right to close it; nil in that one
}

// ServiceOptions configure [NewService]. The zero value is ready to use.
type ServiceOptions struct {
	// Provider is the name that errors and events give to the provider.
	Provider string
	// Policy governs retries, rate limits, concurrency and observation.
	Policy policy.Policy
}

// NewService returns a service over a driver. It fails with errs.InvalidArgument if the policy is impossible, and
// with errs.Internal if what the driver declares does not agree with what it implements.
func NewService(drv driver.Service, opts ServiceOptions) (*Service, error) {
	pipe, err := pipeline.New(opts.Provider, opts.Policy)
	if err != nil {
		return nil, err
	}
	s := &Service{provider: opts.Provider, caps: drv.Capabilities(), pipe: pipe}
	if s.methods, err = bindMethods(pipe, drv, &s.caps); err != nil {
		return nil, err
	}
	lent := *s
	s.lent = &lent
	return s, nil
}

// Capabilities tell what the service can do with workspaces, and its limits. The lists in it are those that the service
// goes by: they are not to be changed.
func (s *Service) Capabilities() Capabilities { return s.caps }

// Close refuses further calls of the service and its workspaces with errs.Closed, lets running ones finish until ctx
// ends, then cancels them and waits for their return. It returns errs.DeadlineExceeded or errs.Canceled if calls had to
// be cancelled. It does not close the driver. A service that belongs to a client is closed by the client: here it is
// errs.Unsupported.
func (s *Service) Close(ctx context.Context) error {
	if s.lent == nil {
		return s.pipe.Complete(errs.Refuse(errs.Unsupported, "the service belongs to a client; close that"), "workspace.Close", "")
	}
	if s.pipe.Close(ctx) {
		return nil
	}
	err := errs.Refuse(errs.CodeOf(ctx.Err()), "calls that were still running were cancelled")
	return s.pipe.Complete(err, "workspace.Close", "")
}

// Borrowed returns the same service without the right to close it, for its owner to hand out.
func (s *Service) Borrowed() *Service {
	if s.lent == nil {
		return s
	}
	return s.lent
}

// Workspace returns the handle on the workspace of that id; where Capabilities.Own says so, the empty id is the
// workspace that the credentials belong to, and elsewhere errs.InvalidArgument. Nothing is sent: whether the workspace
// exists shows at the first call.
func (s *Service) Workspace(ctx context.Context, id string) (*Workspace, error) {
	if err := s.checkID(id); err != nil {
		return nil, s.pipe.Refused(ctx, "workspace.Workspace", id, "", err)
	}
	return &Workspace{service: s, id: id}, nil
}

// Get describes the workspace of that id; see [Workspace.Describe].
func (s *Service) Get(ctx context.Context, id string) (Info, error) {
	w := &Workspace{service: s, id: id}
	return w.Describe(ctx)
}

// Workspaces lists the workspaces of the account, page by page. An error ends the listing; each range starts afresh.
// Each page is retried. Where the provider has no listing it is errs.Unsupported.
func (s *Service) Workspaces(ctx context.Context) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		var req driver.ListRequest
		var guard pipeline.CursorGuard
		for {
			page, err := do(ctx, s, driver.OpList, &s.methods.list, "", nil, &req)
			if err == nil {
				err = guard.Check(page.Cursor, len(page.Workspaces))
			}
			if err != nil {
				yield(Info{}, s.pipe.Complete(err, driver.OpList, ""))
				return
			}
			for _, info := range page.Workspaces {
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

// Delete removes a workspace and what is in it; see [Workspace.Delete]. The empty id is errs.InvalidArgument: whoever
// means the workspace of the credentials opens it and deletes that.
func (s *Service) Delete(ctx context.Context, id string) error {
	var refusal error
	if id == "" {
		refusal = errs.Refuse(errs.InvalidArgument, "the workspace's id is empty; open the workspace of the credentials to delete that")
	}
	w := &Workspace{service: s, id: id}
	return w.remove(ctx, refusal)
}

// checkID checks what addresses a workspace that should exist already.
func (s *Service) checkID(id string) error {
	switch {
	case id == "" && s.caps.Own == None:
		return errs.Refuse(errs.InvalidArgument, "the workspace's id is empty, and these credentials belong to no workspace; say which, in a configuration by the field workspace")
	case id != "" && s.caps.Get == None:
		return errs.Refuse(errs.Unsupported, "this provider knows only the workspace of its credentials; say no id")
	case id != "" && s.caps.NamesAreIDs:
		return s.caps.Name.Check("workspace id", id)
	case !utf8.ValidString(id):
		return errs.Refuse(errs.InvalidArgument, "the workspace's id is not valid UTF-8")
	}
	return nil
}

// do makes one call of the driver through the pipeline.
func do[Req, Res any](ctx context.Context, s *Service, op string, m *pipeline.Method[Req, Res], resource string, refusal error, req *Req) (*Res, error) {
	if m.Send == nil {
		return nil, s.pipe.Refused(ctx, op, resource, "", pipeline.Missing(m.Capability))
	}
	return pipeline.Do(ctx, pipeline.Call{Op: m.Op, Resource: resource, Refusal: refusal}, req, m.Send)
}
