package kms

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Rename gives the key another name; its id stays, and other handles keep working. A name that breaks the provider's
// rule is errs.InvalidArgument before any I/O, a taken one errs.AlreadyExists. Where Capabilities.Rename is Native it is
// one request, which is retried where the provider lets it be repeated.
//
// Where it is Emulated, the key's aliases are listed, the new one is given and the old one taken away. The old name is
// that of the handle, which is errs.Conflict if the key does not have it any more, or else the only alias that the key
// has; for a handle by id on a key with several it is errs.Conflict: use [Key.AddAlias] and [Key.RemoveAlias]. If only
// the last step fails, the error holds an *[Incomplete] which says that the key has both names, and the same call goes on
// from there.
func (k *Key) Rename(ctx context.Context, newName string) error {
	s := k.service
	refusal := s.caps.Name.Check("new key name", newName)
	if s.caps.Rename != driver.Emulated {
		return k.renameAtOnce(ctx, newName, refusal)
	}
	if refusal != nil {
		return s.pipe.Refused(ctx, driver.OpRename, k.label(), "", refusal)
	}
	aliases, err := s.aliases(ctx, k.id, k.label())
	if err != nil {
		return pipeline.AfterSteps(err, errs.NotApplied, "the key was not renamed")
	}
	old := k.Name()
	switch hasNew := slices.Contains(aliases, newName); {
	case old == "" && len(aliases) > 1:
		refusal = errs.Refuse(errs.Conflict, "the key has %d names, and which to replace is not said: open it by one of them, or use AddAlias and RemoveAlias", len(aliases))
	case old == "" && len(aliases) == 1:
		old = aliases[0]
	case old != "" && !slices.Contains(aliases, old) && !hasNew:
		refusal = errs.Refuse(errs.Conflict, "the key is not called %q any more: open it by its id or present name", old)
	}
	if refusal != nil {
		return s.pipe.Refused(ctx, driver.OpRename, k.label(), "", refusal)
	}
	return k.replaceAlias(ctx, aliases, old, newName)
}

// renameAtOnce changes the name by one request.
func (k *Key) renameAtOnce(ctx context.Context, newName string, refusal error) error {
	s := k.service
	_, err := do(ctx, s, driver.OpRename, &s.methods.rename, k.label(), refusal, &driver.RenameRequest{KeyID: k.id, NewName: newName})
	if err != nil && errors.Is(err, errs.AlreadyExists) && pipeline.PerhapsOurs(err) {
		if info, unread := k.details(ctx); unread == nil && info.Name == newName {
			err = nil // an attempt whose reply was lost has done it
		}
	}
	if err == nil {
		k.renamed.Store(&newName)
	}
	return err
}

// replaceAlias gives the key a new alias, unless it is among those that it has, and takes the old one away.
func (k *Key) replaceAlias(ctx context.Context, aliases []string, old, newName string) error {
	s := k.service
	label := k.label()
	given := errs.NotApplied
	if !slices.Contains(aliases, newName) {
		if err := s.createAlias(ctx, k.id, label, newName); err != nil {
			return pipeline.AfterSteps(err, errs.NotApplied, fmt.Sprintf("the old name %q is still there, and nothing else was changed", old))
		}
		given = errs.Applied
	}
	if old != newName && slices.Contains(aliases, old) {
		if err := s.deleteAlias(ctx, k.id, label, old); err != nil {
			fault := fmt.Sprintf("it has both names, %q and %q", newName, old)
			if pipeline.OutcomeOf(err) != errs.NotApplied {
				fault = fmt.Sprintf("it has the name %q and perhaps still %q", newName, old)
			}
			return incomplete(pipeline.WholeOf(err, given), k.id, fault+": "+pipeline.TextOf(err), err)
		}
	}
	k.renamed.Store(&newName)
	return nil
}

// Aliases returns all names of the key that are aliases, in byte order. Where the provider has none it is
// errs.Unsupported. The requests are retried; the call may be repeated at will.
func (k *Key) Aliases(ctx context.Context) ([]string, error) {
	return k.service.aliases(ctx, k.id, k.label())
}

// AddAlias gives the key a further name. One that breaks the provider's rule is errs.InvalidArgument before any I/O; one
// that this or another key has is errs.AlreadyExists. The call is retried where the provider lets it be repeated.
func (k *Key) AddAlias(ctx context.Context, alias string) error {
	s := k.service
	if refusal := s.caps.Name.Check("alias", alias); refusal != nil {
		_, err := do(ctx, s, driver.OpCreateAlias, &s.methods.createAlias, k.label(), refusal, &driver.CreateAliasRequest{})
		return err
	}
	return s.createAlias(ctx, k.id, k.label(), alias)
}

// RemoveAlias takes a name from the key. One that the key does not have is errs.NotFound, whoever else has it: the
// key's aliases are listed first, since providers would take the name from another key as well. The call is retried
// where the provider lets it be repeated.
func (k *Key) RemoveAlias(ctx context.Context, alias string) error {
	s := k.service
	refusal := checkReference("alias", alias)
	if refusal == nil && s.methods.deleteAlias.Send != nil {
		aliases, err := s.aliases(ctx, k.id, k.label())
		if err != nil {
			return pipeline.AfterSteps(err, errs.NotApplied, "the alias was not removed")
		}
		if !slices.Contains(aliases, alias) {
			refusal = errs.Refuse(errs.NotFound, "the key has no such alias")
		}
	}
	if refusal != nil {
		_, err := do(ctx, s, driver.OpDeleteAlias, &s.methods.deleteAlias, k.label(), refusal, &driver.DeleteAliasRequest{})
		return err
	}
	return s.deleteAlias(ctx, k.id, k.label(), alias)
}

// aliases lists all aliases of a key, in byte order.
func (s *Service) aliases(ctx context.Context, id, label string) ([]string, error) {
	all := []string{}
	req := driver.ListAliasesRequest{KeyID: id}
	guard := pipeline.CursorGuard{Most: mostOfKey}
	for {
		page, err := do(ctx, s, driver.OpListAliases, &s.methods.listAliases, label, nil, &req)
		if err == nil {
			err = guard.Check(page.Cursor, len(page.Aliases))
		}
		if err != nil {
			return nil, s.pipe.Complete(err, driver.OpListAliases, label)
		}
		all = append(all, page.Aliases...)
		if page.Cursor == "" {
			slices.Sort(all)
			return slices.Compact(all), nil // a page that shifts meanwhile may show one twice
		}
		req.Cursor = page.Cursor
	}
}

// createAlias gives a key a further name.
func (s *Service) createAlias(ctx context.Context, id, label, alias string) error {
	_, err := do(ctx, s, driver.OpCreateAlias, &s.methods.createAlias, label, nil, &driver.CreateAliasRequest{KeyID: id, Alias: alias})
	if err != nil && errors.Is(err, errs.AlreadyExists) && pipeline.PerhapsOurs(err) {
		if aliases, unread := s.aliases(ctx, id, label); unread == nil && slices.Contains(aliases, alias) {
			return nil // an attempt whose reply was lost has done it
		}
	}
	return err
}

// deleteAlias takes away a name that the key had a moment ago; that it is gone is success, whoever did it.
func (s *Service) deleteAlias(ctx context.Context, id, label, alias string) error {
	_, err := do(ctx, s, driver.OpDeleteAlias, &s.methods.deleteAlias, label, nil, &driver.DeleteAliasRequest{KeyID: id, Alias: alias})
	if err != nil && errors.Is(err, errs.NotFound) {
		return nil
	}
	return err
}
