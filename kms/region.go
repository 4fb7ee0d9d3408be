package kms

import (
	"cmp"
	"context"
	"strings"
	"sync"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// region remembers what the region of a service has told of its symmetric keys.
type region struct {
	mu   sync.Mutex
	told *driver.SymmetricSpecsResponse // nil until it has
}

func (r *region) get() *driver.SymmetricSpecsResponse {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.told
}

func (r *region) set(told *driver.SymmetricSpecsResponse) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = told
}

// checkRegion refuses to make a symmetric key that the region would make of another spec.
func (s *Service) checkRegion(ctx context.Context, name string, want Spec) error {
	told, err := s.regionSpecs(ctx, name)
	if err != nil {
		asked := &s.methods.symmetricSpecs.Op.Operation
		note := "what the symmetric keys of the region are could not be read with " + cmp.Or(asked.Action, asked.Name) + ", and no key was made"
		return pipeline.Named(pipeline.AfterSteps(err, errs.NotApplied, note), driver.OpCreateKey)
	}
	if len(told.Specs) == 1 && told.Specs[0] == want {
		return nil
	}
	var has []string
	for _, spec := range told.Specs {
		has = append(has, errs.Printable(string(spec)))
	}
	return s.pipe.Refused(ctx, driver.OpCreateKey, name, "", errs.Refuse(errs.Unsupported,
		"the region makes its symmetric keys %s, which a request cannot choose, and %s was asked for; no key was made: %s",
		strings.Join(has, " or "), want, told.Advice))
}

// regionSpecs returns what the region has told once, or asks it. First creations at the same time each ask.
func (s *Service) regionSpecs(ctx context.Context, name string) (*driver.SymmetricSpecsResponse, error) {
	if told := s.region.get(); told != nil {
		return told, nil
	}
	const op = driver.OpSymmetricSpecs
	told, err := do(ctx, s, op, &s.methods.symmetricSpecs, name, nil, &driver.SymmetricSpecsRequest{})
	if err != nil {
		return nil, err
	}
	if len(told.Specs) == 0 {
		return nil, s.corrupt(op, name, "the reply has no spec")
	}
	s.region.set(told)
	return told, nil
}
