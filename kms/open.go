package kms

import (
	"context"
	"errors"
	"slices"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// What the opening of a key is called in errors and events.
const (
	opKey       = "kms.Key"
	opKeyByName = "kms.KeyByName"
	opWith      = "kms.With"
)

// Key returns the handle on the key of that id. Nothing is sent: whether the key exists shows at the first call. An
// empty id is errs.InvalidArgument.
func (s *Service) Key(ctx context.Context, id string, opts ...KeyOption) (*Key, error) {
	o := newKeyOptions(opts)
	refusal := o.refusal
	if refusal == nil {
		refusal = checkReference("key id", id)
	}
	if refusal == nil && o.create != nil {
		refusal = errs.Refuse(errs.InvalidArgument, "a key given by id cannot be made; CreateIfMissing belongs to KeyByName")
	}
	if refusal != nil {
		return nil, s.pipe.Refused(ctx, opKey, id, "", refusal)
	}
	return s.newKey(id, "", "", o.openers), nil
}

// KeyByName returns the handle on the key of that name. Its id is looked up now and remembered: a name that is given to
// another key later does not change the handle. A name that no key has is errs.NotFound. Where Capabilities.Naming is
// ByAlias the look-up takes one request; elsewhere the keys are listed until the name is met, and further names that
// [Key.AddAlias] gave are not looked at. The requests are retried.
//
// With [CreateIfMissing] a missing key is made as by [Service.CreateKey], and what is said there of a key that was made
// incompletely holds here too. If somebody else gives the name to a key meanwhile, that key is returned; where names are
// aliases, the key that was made is then left without a name, and is told of by an error with Outcome Applied that holds
// an *[Incomplete], together with the handle.
func (s *Service) KeyByName(ctx context.Context, name string, opts ...KeyOption) (*Key, error) {
	o := newKeyOptions(opts)
	refusal := o.refusal
	if refusal == nil {
		refusal = checkReference("key name", name)
	}
	if refusal == nil && o.create != nil {
		req := o.create.request
		refusal = s.checkCreate(name, o.create, &req)
	}
	if refusal == nil && s.caps.Naming == driver.ByLabel && s.caps.Details == driver.None {
		refusal = errs.Refuse(errs.Unsupported, "this provider does not tell the names of its keys; open the key by its id")
	}
	if refusal != nil {
		return nil, s.pipe.Refused(ctx, opKeyByName, name, "", refusal)
	}
	k, err := s.find(ctx, name, o.openers)
	switch {
	case err == nil || !errors.Is(err, errs.NotFound):
		return k, err
	case o.create == nil:
		return nil, pipeline.AfterSteps(err, errs.NotApplied, "CreateIfMissing makes a key that is missing, as create: true does in a configuration")
	}
	made, err := s.createKey(ctx, name, o.create, true)
	if made != nil {
		made.openers = o.openers
	}
	if err == nil || !errors.Is(err, errs.AlreadyExists) || made.named() {
		return made, err
	}
	k, missing := s.find(ctx, name, o.openers) // somebody else was faster
	switch {
	case missing != nil:
		return made, pipeline.AfterSteps(err, errs.NotApplied, "the key that has the name was not found: "+pipeline.TextOf(missing))
	case made == nil:
		return k, nil
	}
	return k, pipeline.AfterSteps(err, errs.NotApplied, "the key that has the name is "+k.id+", and was returned")
}

// named reports whether there is a key and it has its name.
func (k *Key) named() bool { return k != nil && k.name != "" }

// With returns a handle on the same key as opts change it: the keys of [DecryptWith] come on top of those that the
// handle has. Nothing is sent. [CreateIfMissing] is errs.InvalidArgument.
func (k *Key) With(ctx context.Context, opts ...KeyOption) (*Key, error) {
	o := newKeyOptions(opts)
	refusal := o.refusal
	if refusal == nil && o.create != nil {
		refusal = errs.Refuse(errs.InvalidArgument, "an open key cannot be made; CreateIfMissing belongs to KeyByName")
	}
	if refusal != nil {
		return nil, k.service.pipe.Refused(ctx, opWith, k.label(), "", refusal)
	}
	canonical := ""
	if known := k.canonical.Load(); known != nil {
		canonical = *known
	}
	return k.service.newKey(k.id, k.Name(), canonical, slices.Concat(k.openers, o.openers)), nil
}

// find looks for the key of that name.
func (s *Service) find(ctx context.Context, name string, openers []*Key) (*Key, error) {
	if s.caps.Naming == driver.ByAlias {
		info, err := s.findAlias(ctx, name)
		if err != nil {
			return nil, err
		}
		return s.newKey(info.ID, name, info.ID, openers), nil
	}
	var found *Key
	// A name that is asked for is no surprise: keys of the provider's services are found too.
	wanted := listOptions{serviceOwned: true, details: true, name: name}
	err := s.eachKey(ctx, wanted, func(info KeyInfo) bool {
		if info.Name == name {
			found = s.newKey(info.ID, name, info.ID, openers)
		}
		return found == nil
	})
	if err == nil && found == nil {
		err = &errs.Error{Code: errs.NotFound, Outcome: errs.NotApplied, Attempts: 1, Message: "there is no key of that name"}
	}
	if err != nil {
		return nil, s.pipe.Complete(err, opKeyByName, name)
	}
	return found, nil
}

// findAlias describes the key that has the alias.
func (s *Service) findAlias(ctx context.Context, alias string) (KeyInfo, error) {
	res, err := do(ctx, s, driver.OpDescribeKey, &s.methods.describe, alias, nil, &driver.DescribeKeyRequest{Alias: alias})
	if err != nil {
		return KeyInfo{}, err
	}
	return res.Key, s.checkDescribed(&res.Key, alias)
}

// checkReference checks what addresses something that should exist already. The provider's rule for names is not applied
// to it: it may have been made under another rule.
func checkReference(what, reference string) error {
	switch {
	case reference == "":
		return errs.Refuse(errs.InvalidArgument, "%s is empty", what)
	case !utf8.ValidString(reference):
		return errs.Refuse(errs.InvalidArgument, "%s is not valid UTF-8", what)
	}
	return nil
}
