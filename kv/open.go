package kv

import (
	"context"
	"errors"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// OpenOption changes how a namespace is opened: [Require], [CreateIfMissing], [WithID], [WithKeyEncoding],
// [WithValueEncoding], [WithReadBack].
type OpenOption func(*openOptions)

type openOptions struct {
	needs  []Need
	create bool
	id     string
	keys   KeyEncoding
	values ValueEncoding

	readBack bool
}

// apply takes the options over; one that is nil says nothing.
func (o *openOptions) apply(opts []OpenOption) {
	for _, set := range opts {
		if set != nil {
			set(o)
		}
	}
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
// programs that share the namespace, edge functions included, must spell keys so: a listing ends in errs.Corrupt at a
// stored key that is not. An unknown encoding is errs.InvalidArgument.
func WithKeyEncoding(e KeyEncoding) OpenOption { return func(o *openOptions) { o.keys = e } }

// WithValueEncoding stores values in another form, for providers that store text only: see [Base64]. All programs
// that share the namespace, edge functions included, must read values so. An unknown encoding is
// errs.InvalidArgument.
func WithValueEncoding(e ValueEncoding) OpenOption { return func(o *openOptions) { o.values = e } }

// WithReadBack settles puts whose outcome is ambiguous, those of PutMany included: the key is read, after as long as
// Capabilities.Consistency says that a read may lag behind a write, and what is there is compared with what was put: the
// value, and expiry and metadata where the provider has them.
//
//   - The same is there: the put is a success. That says that what was asked for is in force; somebody may have written
//     the same.
//   - The key is absent or has another value, and reads do not lag (Capabilities.Consistency is 0): the error stays, and
//     its Outcome is NotApplied. That says that the put was not in force when the key was read: it is wrong where somebody
//     else wrote or deleted the key meanwhile, or where a request that timed out arrives still later.
//   - Anything else stays Ambiguous: an eventually consistent store may show what was there before, whatever it says of its
//     lag, so that what is not seen is no proof; and neither is a read that fails, the same value with another expiry or
//     metadata (an expiry within 2 s counts as the same; where the clock is wrong, that of a TTL is not).
//
// A failed put then takes longer by the lag: 60 s with Cloudflare and Tencent EdgeOne, 300 s with Alibaba Cloud. A put
// whose context ends sooner stays Ambiguous and is not read back; nor is a refused or unambiguous one. The reads are those
// of Get: retried, rate limited, and seen by the hooks.
func WithReadBack() OpenOption { return func(o *openOptions) { o.readBack = true } }

// opNamespace names the opening of a namespace in errors and events.
const opNamespace = "kv.Namespace"

// Namespace opens the namespace of that name. Where the provider addresses namespaces by id, the id is looked up now
// (a missing namespace is then errs.NamespaceNotFound), and once more whenever the namespace turns out to be gone;
// elsewhere nothing is sent, and a missing namespace shows at the first call.
func (s *Service) Namespace(ctx context.Context, name string, opts ...OpenOption) (*Namespace, error) {
	var options openOptions
	options.apply(opts)
	if err := s.checkOpen(name, options); err != nil {
		return nil, s.pipe.Refused(ctx, opNamespace, name, "", err)
	}
	ref := driver.NamespaceRef{Name: name, ID: options.id}
	if options.create && s.caps.Address == driver.ByName {
		// What the program needs is known without the namespace: nothing is made for a program that cannot use it.
		if _, err := s.openAs(ctx, name, byName(name), options); err != nil {
			return nil, err
		}
	}
	if options.id == "" {
		var err error
		if ref, err = s.locate(ctx, name, options.create); err != nil {
			return nil, err
		}
	}
	return s.openAs(ctx, name, ref, options)
}

// With returns a handle on the same namespace as opts change it: [Require] checks what the provider can do,
// [WithKeyEncoding] and [WithValueEncoding] go over what the handle was opened with, and [WithReadBack] is added to it.
// Nothing is sent.
// [CreateIfMissing] and [WithID] belong to opening and are errs.InvalidArgument here.
func (n *Namespace) With(ctx context.Context, opts ...OpenOption) (*Namespace, error) {
	options := n.options
	options.needs, options.create, options.id = nil, false, ""
	options.apply(opts)
	var err error
	if options.create || options.id != "" {
		err = errs.Refuse(errs.InvalidArgument, "creating a namespace and giving its id belong to opening it, not to an open handle")
	} else {
		err = n.service.checkOpen(n.name, options)
	}
	if err != nil {
		return nil, n.service.pipe.Refused(ctx, opNamespace, n.name, "", err)
	}
	o := n.current.Load()
	if options.keys == n.options.keys && options.values == n.options.values && options.readBack == n.options.readBack {
		if err := checkNeeds(&o.caps, options.needs); err != nil {
			return nil, n.service.pipe.Refused(ctx, opNamespace, n.name, "", err)
		}
		return n, nil
	}
	options.id = n.options.id
	return n.service.openAs(ctx, n.name, o.ref, options)
}

// openAs returns the handle on a namespace whose address is known.
func (s *Service) openAs(ctx context.Context, name string, ref driver.NamespaceRef, options openOptions) (*Namespace, error) {
	if name == "" {
		name = ref.ID
	}
	n := &Namespace{service: s, name: name, options: options, byName: s.caps.Address == driver.ByID && options.id == ""}
	o, err := s.open(ref, options)
	if err == nil {
		err = checkNeeds(&o.caps, options.needs)
	}
	if err != nil {
		err := s.pipe.Refused(ctx, opNamespace, name, "", err)
		if e, ok := err.(*errs.Error); ok && options.create && s.caps.Address == driver.ByID {
			e.Outcome, e.Attempts = errs.Ambiguous, 1 // the namespace may have been made for this
		}
		return nil, err
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
		return s.resolve(ctx, opNamespace, name)
	}
	info, err := s.DescribeNamespace(ctx, name)
	if errors.Is(err, errs.NamespaceNotFound) && !errors.Is(err, errIsID) {
		info, err = s.CreateNamespace(ctx, name)
		if errors.Is(err, errs.AlreadyExists) { // somebody else was faster
			return s.resolve(ctx, opNamespace, name)
		}
	}
	if err != nil || s.caps.Address == driver.ByName {
		return byName(name), err
	}
	return info.NamespaceRef, nil
}
