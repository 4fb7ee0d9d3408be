package kms

import (
	"context"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Describe tells what the provider knows of the key. A missing one is errs.NotFound. Where Capabilities.Naming is
// ByAlias, the key's aliases are listed too unless the description tells the name, which costs a request or more: Name
// is the first of them in byte order. The requests are retried; the call may be repeated at will.
func (k *Key) Describe(ctx context.Context) (KeyInfo, error) {
	info, err := k.details(ctx)
	if err != nil {
		return KeyInfo{}, err
	}
	return k.withName(ctx, info)
}

// withName completes the description of a key whose names are aliases.
func (k *Key) withName(ctx context.Context, info KeyInfo) (KeyInfo, error) {
	if k.service.caps.Naming != driver.ByAlias || info.Name != "" {
		return info, nil
	}
	aliases, err := k.service.aliases(ctx, k.id, k.label())
	if err != nil {
		return KeyInfo{}, err
	}
	if len(aliases) > 0 {
		info.Name = aliases[0]
	}
	return info, nil
}

func (s *Service) checkDescribed(info *KeyInfo, label string) error {
	if info.ID != "" {
		return nil
	}
	return s.pipe.Complete(&errs.Error{Code: errs.Corrupt, Outcome: errs.NotApplied, Attempts: 1,
		Message: "the provider described a key without its id"}, driver.OpDescribeKey, label)
}

// SetDescription replaces the key's description; an empty one clears it. One that is too long is errs.InvalidArgument
// before any I/O; where the provider cannot, it is errs.Unsupported. The call is retried where the provider lets it be
// repeated.
func (k *Key) SetDescription(ctx context.Context, text string) error {
	s := k.service
	_, err := do(ctx, s, driver.OpSetDescription, &s.methods.setDescription, k.label(), s.checkDescription(text),
		&driver.SetDescriptionRequest{KeyID: k.id, Description: text})
	return err
}
