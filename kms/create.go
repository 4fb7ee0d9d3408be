package kms

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// CreateKey makes a key and returns the handle on it. What breaks a limit of the provider is errs.InvalidArgument and
// what it cannot do errs.Unsupported, both before any I/O. A taken name is errs.AlreadyExists.
//
// Where Capabilities.Naming is ByLabel, a key needs a name. Where it is ByAlias, the name may be empty; the name is then
// an alias, which is looked for first, so that no key is made for a name that is taken, and given once the key is there.
// Where tags take a request of their own, that comes last.
//
// Where Capabilities.RegionalSpec, the region is asked of what spec its symmetric keys are before the first such key is
// made; its answer is remembered as long as the service is open. A key that would be of another spec than was asked for is
// errs.Unsupported, and is not made.
//
// A key that was made, but not with its name and tags, is returned together with an error whose Outcome is Applied and
// which holds an *[Incomplete]: complete the key with [Key.AddAlias] and [Key.SetTags], or schedule its deletion. Its
// Retry is Permanent, since the same call would make another key.
//
// Making a key is not retried once the request may have arrived. After an error whose Outcome is Ambiguous the key may
// be there: the error says how to find out.
func (s *Service) CreateKey(ctx context.Context, name string, opts ...CreateOption) (*Key, error) {
	return s.createKey(ctx, name, newCreate(opts), false)
}

// createKey makes a key; free says that the name has just been looked for.
func (s *Service) createKey(ctx context.Context, name string, o *createOptions, free bool) (*Key, error) {
	m := &s.methods.create
	req := o.request
	refusal := s.checkCreate(name, o, &req)
	byAlias := s.caps.Naming == driver.ByAlias && name != ""
	if byAlias && !free && refusal == nil && m.Send != nil {
		if err := s.checkFree(ctx, name); err != nil {
			return nil, err
		}
	}
	if refusal == nil && s.caps.RegionalSpec != driver.None && isSymmetric(req.Spec) {
		if err := s.checkRegion(ctx, name, req.Spec); err != nil {
			return nil, err
		}
	}
	tags := req.Tags
	if s.caps.CreateTags != driver.Native {
		req.Tags = nil
	}
	if s.caps.Naming == driver.ByLabel {
		req.Name = name
	}
	res, err := do(ctx, s, driver.OpCreateKey, m, name, refusal, &req)
	if err == nil && res.Key.ID == "" {
		err = s.pipe.Complete(&errs.Error{Code: errs.Corrupt, Outcome: errs.Applied, Attempts: 1,
			Message: "the provider did not tell the key's id"}, driver.OpCreateKey, name)
	}
	switch {
	case err == nil:
		return s.finish(ctx, res, name, tags)
	case pipeline.OutcomeOf(err) == errs.NotApplied:
		return nil, err
	case s.caps.Naming == driver.ByLabel:
		return nil, pipeline.AfterSteps(err, errs.NotApplied, "the key may have been made: look for its name with KeyByName")
	}
	return nil, pipeline.AfterSteps(err, errs.NotApplied, "the key may have been made: list the keys and look for one without a name that was made at this time")
}

// finish gives a key that was just made what its making has not: the name, where that is an alias, and the tags.
func (s *Service) finish(ctx context.Context, made *driver.CreateKeyResponse, name string, tags []driver.Tag) (*Key, error) {
	id := made.Key.ID
	k := s.newKey(id, name, id, nil)
	var faults []string
	var causes []error
	if s.caps.Naming == driver.ByAlias && name != "" {
		if err := s.createAlias(ctx, id, name, name); err != nil {
			k.name = ""
			faults = append(faults, fmt.Sprintf("it was made, but %s the name %q: %s; give it one with AddAlias", lacks(err), name, pipeline.TextOf(err)))
			causes = append(causes, err)
		}
	}
	switch {
	case made.TagsFault != "":
		faults = append(faults, "it was made without its tags: "+made.TagsFault+"; set them with SetTags")
	case len(tags) > 0 && s.caps.CreateTags == driver.Emulated:
		if err := s.setTags(ctx, id, name, tags, nil); err != nil {
			faults = append(faults, fmt.Sprintf("it was made, but %s its tags: %s; set them with SetTags", lacks(err), pipeline.TextOf(err)))
			causes = append(causes, err)
		}
	}
	if len(faults) == 0 {
		return k, nil
	}
	whole := &errs.Error{Code: errs.Internal, Outcome: errs.Applied, Provider: s.provider, Op: driver.OpCreateKey, Resource: name, Attempts: 1}
	if len(causes) > 0 {
		whole = pipeline.WholeOf(causes[0], errs.Applied)
	}
	whole.Retry, whole.RetryAfter = errs.Permanent, 0 // the same call would make another key
	return k, incomplete(whole, id, strings.Join(faults, "; "), errors.Join(causes...))
}

// lacks says whether what a failed request should have given is not there.
func lacks(err error) string {
	if pipeline.OutcomeOf(err) == errs.NotApplied {
		return "has not"
	}
	return "perhaps has not"
}

// checkFree refuses a name that is taken. Somebody may still take it before the key is there.
func (s *Service) checkFree(ctx context.Context, name string) error {
	_, err := s.findAlias(ctx, name)
	switch {
	case err == nil:
		return s.pipe.Refused(ctx, driver.OpCreateKey, name, "", errs.Refuse(errs.AlreadyExists, "there is a key of that name"))
	case errors.Is(err, errs.NotFound):
		return nil
	}
	return pipeline.AfterSteps(err, errs.NotApplied, "whether the name is free is not known, and no key was made")
}

// checkCreate refuses what the provider cannot make, and completes the request's usage.
func (s *Service) checkCreate(name string, o *createOptions, req *driver.CreateKeyRequest) error {
	if s.methods.create.Send == nil {
		return pipeline.Missing(s.methods.create.Capability)
	}
	if o.refusal != nil {
		return o.refusal
	}
	if name != "" || s.caps.Naming == driver.ByLabel {
		if err := s.caps.Name.Check("key name", name); err != nil {
			return err
		}
	}
	if err := s.checkKind(o, req); err != nil {
		return err
	}
	if req.Origin == External && s.caps.Import == driver.None {
		return errs.Refuse(errs.Unsupported, "key material cannot be imported to this provider")
	}
	if err := s.checkDescription(req.Description); err != nil {
		return err
	}
	if len(req.Tags) == 0 {
		return nil
	}
	if s.caps.CreateTags == driver.None {
		return errs.Refuse(errs.Unsupported, "this provider takes no tags when a key is made")
	}
	return s.checkTags(req.Tags)
}

// checkKind refuses a spec and usage that the provider does not have.
func (s *Service) checkKind(o *createOptions, req *driver.CreateKeyRequest) error {
	var usages []Usage
	var kinds []string
	for _, kind := range s.caps.Keys {
		kinds = append(kinds, string(kind.Spec)+" for "+string(kind.Usage))
		if kind.Spec == req.Spec {
			usages = append(usages, kind.Usage)
		}
	}
	if len(usages) == 0 {
		return errs.Refuse(errs.Unsupported, "this provider makes no keys of the spec %q; it makes %s", string(req.Spec), strings.Join(kinds, ", "))
	}
	if !slices.Contains(o.given, givenUsage) {
		switch {
		case isSymmetric(req.Spec):
			req.Usage = EncryptDecrypt
		case req.Spec == ECP256 || req.Spec == ECP384 || req.Spec == ECSecp256k1:
			req.Usage = SignVerify
		case !eitherWay(req.Spec) && len(usages) == 1:
			req.Usage = usages[0]
		default:
			return errs.Refuse(errs.InvalidArgument, "a key of the spec %q is made for one usage, which must be said: WithUsage(kms.EncryptDecrypt) or WithUsage(kms.SignVerify), in a configuration usage: ENCRYPT_DECRYPT or SIGN_VERIFY", string(req.Spec))
		}
	}
	if !slices.Contains(usages, req.Usage) {
		return errs.Refuse(errs.Unsupported, "this provider makes no keys of the spec %q for the usage %q; it makes %s", string(req.Spec), string(req.Usage), strings.Join(kinds, ", "))
	}
	return nil
}

// isSymmetric reports whether the keys of a spec encrypt and decrypt with one secret.
func isSymmetric(spec Spec) bool { return spec == AES256 || spec == SM4 }

// eitherWay reports whether the keys of a spec both encrypt and sign, with some provider or other.
func eitherWay(spec Spec) bool {
	return spec == RSA2048 || spec == RSA3072 || spec == RSA4096 || spec == SM2
}

func (s *Service) checkDescription(text string) error {
	if !utf8.ValidString(text) {
		return errs.Refuse(errs.InvalidArgument, "description is not valid UTF-8")
	}
	if limit := s.caps.MaxDescriptionBytes; limit > 0 && len(text) > limit {
		return errs.Refuse(errs.InvalidArgument, "description has %d bytes, at most %d are accepted", len(text), limit)
	}
	if n, limit := utf8.RuneCountInString(text), s.caps.MaxDescriptionChars; limit > 0 && n > limit {
		return errs.Refuse(errs.InvalidArgument, "description has %d characters, at most %d are accepted", n, limit)
	}
	return nil
}
