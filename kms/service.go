package kms

import (
	"context"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// Service is one account in one region that holds keys. It is safe for concurrent use.
//
// Programs get one from crosscloud.Client.KMSService; [NewService] makes one over a driver directly.
type Service struct {
	provider string
	caps     Capabilities
	pipe     *pipeline.Pipeline
	now      func() time.Time
	methods  methods
	lent     *Service // the same without the right to close it; nil in that one
	versions *versions
	region   *region
}

// ServiceOptions configure [NewService]. The zero value is ready to use.
type ServiceOptions struct {
	// Provider is the name that errors and events give to the provider.
	Provider string
	// Policy governs retries, rate limits, concurrency and observation.
	Policy policy.Policy
	// Now is the clock that expiries of key material and the day of a scheduled deletion are checked by; nil means
	// [time.Now].
	Now func() time.Time
}

// NewService returns a service over a driver. It fails with errs.InvalidArgument if the policy is impossible, and
// with errs.Internal if what the driver declares does not agree with what it implements.
func NewService(drv driver.Service, opts ServiceOptions) (*Service, error) {
	pipe, err := pipeline.New(opts.Provider, opts.Policy)
	if err != nil {
		return nil, err
	}
	s := &Service{provider: opts.Provider, caps: drv.Capabilities(), pipe: pipe, now: opts.Now, versions: &versions{newest: map[string]string{}}, region: &region{}}
	if s.now == nil {
		s.now = time.Now
	}
	if s.methods, err = bindMethods(pipe, drv, &s.caps); err != nil {
		return nil, err
	}
	lent := *s
	s.lent = &lent
	return s, nil
}

// Capabilities tell what the service can do with keys, and its limits. The lists in it are those that the service goes
// by: they are not to be changed.
func (s *Service) Capabilities() Capabilities { return s.caps }

// Close refuses further calls of the service and its keys with errs.Closed, lets running ones finish until ctx ends,
// then cancels them and waits for their return. It returns errs.DeadlineExceeded or errs.Canceled if calls had to be
// cancelled. It does not close the driver. A service that belongs to a client is closed by the client: here it is
// errs.Unsupported.
func (s *Service) Close(ctx context.Context) error {
	if s.lent == nil {
		return s.pipe.Complete(errs.Refuse(errs.Unsupported, "the service belongs to a client; close that"), "kms.Close", "")
	}
	if s.pipe.Close(ctx) {
		return nil
	}
	err := errs.Refuse(errs.CodeOf(ctx.Err()), "calls that were still running were cancelled")
	return s.pipe.Complete(err, "kms.Close", "")
}

// Borrowed returns the same service without the right to close it, for its owner to hand out.
func (s *Service) Borrowed() *Service {
	if s.lent == nil {
		return s
	}
	return s.lent
}

// do makes one call of the driver through the pipeline.
func do[Req, Res any](ctx context.Context, s *Service, op string, m *pipeline.Method[Req, Res], resource string, refusal error, req *Req) (*Res, error) {
	if m.Send == nil {
		return nil, s.pipe.Refused(ctx, op, resource, "", pipeline.Missing(m.Capability))
	}
	return pipeline.Do(ctx, pipeline.Call{Op: m.Op, Resource: resource, Refusal: refusal}, req, m.Send)
}
