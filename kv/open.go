package kv

import (
	"context"
	"errors"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// OpenOption changes how a namespace is opened: [Require], [CreateIfMissing], [WithID], [WithKeyEncoding],
// [WithValueEncoding].
type OpenOption func(*openOptions)

type openOptions struct {
	needs  []Need
	create bool
	id     string
	keys   KeyEncoding
	values ValueEncoding
}

// Require makes opening fail with errs.Unsupported unless the provider can do everything that the program needs.
func Require(needs ...Need) OpenOption {
	return func(o *openOptions) { o.needs = append(o.needs, needs...) }
}

// CreateIfMissing makes the namespace if the provider does not have it. It costs a request at opening.
func CreateIfMissing() OpenOption { return func(o *openOptions) { o.create = true } }

// WithID addresses the namespace by the vendor's id, which spares the look-up of its name where the provider
// addresses namespaces by id; elsewhere opening fails with errs.InvalidArgument.
func WithID(id string) OpenOption { return func(o *openOptions) { o.id = id } }

// WithKeyEncoding spells keys in another alphabet, for providers whose keys are narrow: see [UnderscoreHex]. All
// programs that share the namespace, edge functions included, must spell keys so. An unknown encoding is
// errs.InvalidArgument.
func WithKeyEncoding(e KeyEncoding) OpenOption { return func(o *openOptions) { o.keys = e } }

// WithValueEncoding stores values in another form, for providers that store text only: see [Base64]. All programs
// that share the namespace, edge functions included, must read values so. An unknown encoding is
// errs.InvalidArgument.
func WithValueEncoding(e ValueEncoding) OpenOption { return func(o *openOptions) { o.values = e } }

// Namespace opens the namespace of that name. Where the provider addresses namespaces by id, the id is looked up now
// (a missing namespace is then errs.NamespaceNotFound), and once more whenever the namespace turns out to be gone;
// elsewhere nothing is sent, and a missing namespace shows at the first call.
func (s *Service) Namespace(ctx context.Context, name string, opts ...OpenOption) (*Namespace, error) {
	const op = "kv.Namespace"
	var options openOptions
	for _, set := range opts {
		set(&options)
	}
	if err := s.checkOpen(name, options); err != nil {
		return nil, s.complete(err, op, name)
	}
	n := &Namespace{service: s, name: name, options: options, byName: s.caps.Address == driver.ByID && options.id == ""}
	ref := driver.NamespaceRef{Name: name, ID: options.id}
	if options.id == "" {
		var err error
		if ref, err = s.locate(ctx, name, options.create); err != nil {
			return nil, err
		}
	}
	o, err := s.open(ref, options)
	if err == nil {
		err = checkNeeds(&o.caps, options.needs)
	}
	if err != nil {
		return nil, s.complete(err, op, name)
	}
	n.current.Store(o)
	return n, nil
}

func (s *Service) checkOpen(name string, options openOptions) error {
	switch {
	case !slices.Contains(driver.KeyEncodings(), options.keys):
		return errs.Refuse(errs.InvalidArgument, "key encoding %q is not known; there is %q", string(options.keys), string(UnderscoreHex))
	case !slices.Contains(driver.ValueEncodings(), options.values):
		return errs.Refuse(errs.InvalidArgument, "value encoding %q is not known; there is %q", string(options.values), string(Base64))
	case options.id != "" && s.caps.Address != driver.ByID:
		return errs.Refuse(errs.InvalidArgument, "an id is given but this provider addresses namespaces by name")
	case options.id != "" && options.create:
		return errs.Refuse(errs.InvalidArgument, "a namespace given by id cannot be created")
	case options.id != "" && name == "":
		return nil
	}
	return checkReference(name)
}

// locate returns what addresses the namespace, and with create makes it unless it is there.
func (s *Service) locate(ctx context.Context, name string, create bool) (driver.NamespaceRef, error) {
	if !create {
		return s.resolve(ctx, name)
	}
	info, err := s.DescribeNamespace(ctx, name)
	if errors.Is(err, errs.NamespaceNotFound) {
		info, err = s.CreateNamespace(ctx, name)
		if errors.Is(err, errs.AlreadyExists) { // somebody else was faster
			return s.resolve(ctx, name)
		}
	}
	if err != nil || s.caps.Address == driver.ByName {
		return byName(name), err
	}
	return info.NamespaceRef, nil
}
