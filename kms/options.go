package kms

import (
	"slices"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// CreateOption says more of a key that is made: [WithSpec], [WithUsage], [Description], [WithTags], [Imported],
// [ProviderOption]. One that is given twice is errs.InvalidArgument.
type CreateOption func(*createOptions)

type createOptions struct {
	request driver.CreateKeyRequest
	given   []string
	refusal error
}

func newCreate(opts []CreateOption) *createOptions {
	o := &createOptions{request: driver.CreateKeyRequest{Spec: AES256, Origin: FromProvider}}
	for _, set := range opts {
		if set != nil {
			set(o)
		}
	}
	return o
}

// once notes that an option is given, and refuses it the second time.
func (o *createOptions) once(name string) {
	if slices.Contains(o.given, name) {
		o.refuse(errs.Refuse(errs.InvalidArgument, "%s is given twice", name))
	}
	o.given = append(o.given, name)
}

// refuse keeps the first refusal.
func (o *createOptions) refuse(err error) {
	if o.refusal == nil {
		o.refusal = err
	}
}

// WithSpec chooses the algorithm and size of the key. Without it the spec is [AES256].
func WithSpec(spec Spec) CreateOption {
	return func(o *createOptions) {
		o.once("the spec")
		o.request.Spec = spec
	}
}

// givenUsage is how the option for the usage is noted.
const givenUsage = "the usage"

// WithUsage says what the key is for. Without it a symmetric key encrypts and a key of an elliptic curve signs; for
// RSA and SM2 keys, which can be made for either, it must be said.
func WithUsage(usage Usage) CreateOption {
	return func(o *createOptions) {
		o.once(givenUsage)
		o.request.Usage = usage
	}
}

// Description gives the key a description.
func Description(text string) CreateOption {
	return func(o *createOptions) {
		o.once("the description")
		o.request.Description = text
	}
}

// WithTags labels the key. Where the provider takes tags only later, that costs a request of its own. Where
// Capabilities.CreateTags is None it is errs.Unsupported. No tags is the same as no option.
func WithTags(tags map[string]string) CreateOption {
	return func(o *createOptions) {
		o.once("the option for tags")
		o.request.Tags = sortedTags(tags)
	}
}

// Imported makes a key without material, which is imported afterwards. Where Capabilities.Import is None it is
// errs.Unsupported.
func Imported() CreateOption {
	return func(o *createOptions) {
		o.once("the option for imported material")
		o.request.Origin = External
	}
}

// ProviderOption sets a field that only this provider's keys have. One that the provider does not know is
// errs.InvalidArgument.
func ProviderOption(name, value string) CreateOption {
	return func(o *createOptions) {
		o.once("the option " + name)
		if name == "" || !utf8.ValidString(name) || !utf8.ValidString(value) {
			o.refuse(errs.Refuse(errs.InvalidArgument, "a provider option has no name, or its name or value is not valid UTF-8"))
		}
		if o.request.Options == nil {
			o.request.Options = map[string]string{}
		}
		o.request.Options[name] = value
	}
}

// KeyOption changes how a key is opened: [DecryptWith], [CreateIfMissing].
type KeyOption func(*keyOptions)

type keyOptions struct {
	openers []*Key
	create  *createOptions // nil unless a missing key is to be made
	refusal error
}

func newKeyOptions(opts []KeyOption) keyOptions {
	var o keyOptions
	for _, set := range opts {
		if set != nil {
			set(&o)
		}
	}
	return o
}

// DecryptWith names further keys, of any service and vendor, whose ciphertexts the key opens by them: those that it
// replaces. The keys that those were opened with do not count. It may be given several times.
func DecryptWith(keys ...*Key) KeyOption {
	return func(o *keyOptions) {
		if slices.ContainsFunc(keys, func(k *Key) bool { return k == nil || k.service == nil }) && o.refusal == nil {
			o.refusal = errs.Refuse(errs.InvalidArgument, "a key to decrypt with is nil, or was not opened")
		}
		o.openers = append(o.openers, keys...)
	}
}

// CreateIfMissing makes [Service.KeyByName] make the key, as opts say, if there is none of the name. A key that is there
// is taken as it is: what opts say is not compared with it.
func CreateIfMissing(opts ...CreateOption) KeyOption {
	return func(o *keyOptions) {
		if o.create != nil && o.refusal == nil {
			o.refusal = errs.Refuse(errs.InvalidArgument, "CreateIfMissing is given twice")
		}
		o.create = newCreate(opts)
	}
}

// ListOption changes what [Service.Keys] lists: [ServiceOwned], [Details].
type ListOption func(*listOptions)

type listOptions struct {
	serviceOwned, details bool
	name                  string // the only one that is looked for
}

// ServiceOwned lists also the keys that services of the provider's have made for themselves.
func ServiceOwned() ListOption { return func(o *listOptions) { o.serviceOwned = true } }

// Details lists the keys with all that [KeyInfo] tells. Where Capabilities.Details is Emulated that costs a request a
// key, of which up to eight are under way at once; elsewhere it changes nothing.
func Details() ListOption { return func(o *listOptions) { o.details = true } }

// DeletionOption changes how [Key.ScheduleDeletion] goes about it: [OnlyIfDisabled].
type DeletionOption func(*deletionOptions)

type deletionOptions struct{ onlyIfDisabled bool }

// OnlyIfDisabled makes [Key.ScheduleDeletion] of an enabled key fail with errs.Conflict, so that no key is deleted that
// may still be in use. It costs a request.
func OnlyIfDisabled() DeletionOption { return func(o *deletionOptions) { o.onlyIfDisabled = true } }
