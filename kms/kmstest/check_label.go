package kmstest

import (
	"maps"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// labelChecks: names, descriptions, aliases and tags of a key that is there.
func labelChecks() []check {
	return []check{
		{"Rename/NewName", []need{needKeys, hasRename, findsNames}, (*suite).renames},
		{"Rename/Taken", []need{needKeys, hasRename}, (*suite).renameTaken},
		{"Rename/Refused", []need{needKeys, hasRename}, (*suite).renameRefused},
		{"Description/Set", []need{needKeys, hasDescribe}, (*suite).setsDescription},
		{"Description/Limit", []need{needKeys, hasDescribe, limitsDescriptions}, (*suite).descriptionLimit},
		{"Alias/RoundTrip", []need{needKeys, hasAliases}, (*suite).aliasRoundTrip},
		{"Alias/Taken", []need{needKeys, hasAliases}, (*suite).aliasTaken},
		{"Alias/Absent", []need{needKeys, hasAliases}, (*suite).aliasAbsent},
		{"Alias/Limit", []need{needKeys, hasAliases, limitsNames}, (*suite).aliasLimit},
		{"Alias/Freed", []need{needKeys, hasAliases}, (*suite).aliasFreed},
		{"Tags/RoundTrip", []need{needKeys, hasTags}, (*suite).tagRoundTrip},
		{"Tags/Replace", []need{needKeys, hasTags}, (*suite).tagReplace},
		{"Tags/Remove", []need{needKeys, hasTags}, (*suite).tagRemove},
		{"Tags/Limit", []need{needKeys, hasTags}, (*suite).tagLimit},
		{"Tags/Refused", []need{needKeys, hasTags}, (*suite).tagRefused},
		{"Tags/Apart", []need{needKeys, hasTags}, (*suite).tagsApart},
	}
}

func (s *suite) renames() {
	k := s.create(s.cheapKind())
	old, name := k.Name(), s.name()
	s.Must("Rename", k.Rename(s.ctx, name))
	s.settle()
	if got := s.described(k); got.Name != name || k.Name() != name {
		s.Errorf("after Rename the key is called %q, the handle %q, want %q", got.Name, k.Name(), name)
	}
	found, err := s.service().KeyByName(s.ctx, name)
	s.Must("KeyByName of the new name", err)
	if found.ID() != s.described(k).ID {
		s.Errorf("KeyByName of the new name found another key")
	}
	_, err = s.service().KeyByName(s.ctx, old)
	s.WantCode("KeyByName of the old name", err, errs.NotFound)
	other, err := s.tryCreate(s.cheapKind(), old)
	s.Must("CreateKey with the name that is free again", err)
	if other.ID() == k.ID() {
		s.Errorf("CreateKey with the name that is free again returned the old key")
	}
}

func (s *suite) renameTaken() {
	k, other := s.create(s.cheapKind()), s.create(s.cheapKind())
	name := k.Name()
	s.WantCode("Rename to a taken name", k.Rename(s.ctx, other.Name()), errs.AlreadyExists)
	if got := s.described(k).Name; got != name {
		s.Errorf("after a refused Rename the key is called %q", got)
	}
	if got := s.described(other).Name; got != other.Name() {
		s.Errorf("after a refused Rename the other key is called %q", got)
	}
}

func (s *suite) renameRefused() {
	k := s.create(s.cheapKind())
	for _, bad := range slices.Concat([]string{""}, s.caps.Name.Denied, badNames(s.caps.Name)) {
		s.Unsent("Rename to a name that breaks the rule", errs.InvalidArgument, func() error { return k.Rename(s.ctx, bad) })
	}
	if got := s.described(k).Name; got != k.Name() {
		s.Errorf("after a refused Rename the key is called %q", got)
	}
}

func (s *suite) setsDescription() {
	k := s.create(s.cheapKind())
	for _, text := range []string{s.shortDescription(), "another", "", "third"} {
		s.Must("SetDescription", k.SetDescription(s.ctx, text))
		s.settle()
		if got := s.described(k).Description; got != text {
			s.Errorf("SetDescription: the description is %q, want %q", got, text)
		}
	}
	if info := s.described(k); info.Name != k.Name() || info.State != kms.Enabled {
		s.Errorf("after SetDescription the key is called %q, and %s", info.Name, info.State)
	}
}

func (s *suite) descriptionLimit() {
	k := s.create(s.cheapKind())
	text := wide(s.caps.MaxDescriptionBytes, s.caps.MaxDescriptionChars, 1<<16)
	s.Must("SetDescription at the limit", k.SetDescription(s.ctx, text))
	s.settle()
	if got := s.described(k).Description; got != text {
		s.Errorf("SetDescription at the limit: the description has %d bytes, %d were given", len(got), len(text))
	}
	s.Unsent("SetDescription over the limit", errs.InvalidArgument, func() error { return k.SetDescription(s.ctx, text+"é") })
	_, err := call(s, driver.OpSetDescription, facet[driver.Describer](s).SetDescription, &driver.SetDescriptionRequest{KeyID: k.ID(), Description: text + "é"})
	s.WantCode("SetDescription of the driver over the limit", err, errs.InvalidArgument, errs.TooLarge)
}

// wantAliases reports a failure unless the key has exactly these aliases.
func (s *suite) wantAliases(k *kms.Key, want ...string) {
	s.Helper()
	got, err := k.Aliases(s.ctx)
	s.Must("Aliases", err)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		s.Errorf("Aliases: %q, want %q", got, want)
	}
}

// unaliased makes a key, and returns its first alias if it has one.
func (s *suite) unaliased() (*kms.Key, []string) {
	s.Helper()
	k := s.create(s.cheapKind())
	first, err := k.Aliases(s.ctx)
	s.Must("Aliases", err)
	if s.caps.Naming == driver.ByAlias && !slices.Equal(first, []string{k.Name()}) {
		s.Errorf("Aliases of a new key: %q, want its name %q", first, k.Name())
	}
	return k, first
}

func (s *suite) addAlias(k *kms.Key, alias string) {
	s.Helper()
	s.Must("AddAlias", k.AddAlias(s.ctx, alias))
	s.settle()
}

func (s *suite) aliasRoundTrip() {
	k, first := s.unaliased()
	a, b := s.name(), s.name()
	s.addAlias(k, a)
	s.addAlias(k, b)
	s.wantAliases(k, slices.Concat(first, []string{a, b})...)
	if s.caps.Naming == driver.ByAlias {
		found, err := s.service().KeyByName(s.ctx, b)
		s.Must("KeyByName of an alias", err)
		if found.ID() != s.described(k).ID {
			s.Errorf("KeyByName of an alias found another key")
		}
	}
	s.Must("RemoveAlias", k.RemoveAlias(s.ctx, a))
	s.settle()
	s.wantAliases(k, slices.Concat(first, []string{b})...)
}

func (s *suite) aliasTaken() {
	k, first := s.unaliased()
	other, others := s.unaliased()
	alias := s.name()
	s.addAlias(k, alias)
	s.WantCode("AddAlias of another key's alias", other.AddAlias(s.ctx, alias), errs.AlreadyExists)
	s.WantCode("AddAlias of the key's own alias", k.AddAlias(s.ctx, alias), errs.AlreadyExists)
	s.wantAliases(k, append(first, alias)...)
	s.wantAliases(other, others...)
}

func (s *suite) aliasAbsent() {
	k, first := s.unaliased()
	other, _ := s.unaliased()
	s.WantCode("RemoveAlias of an alias that there is not", k.RemoveAlias(s.ctx, s.name()), errs.NotFound)
	_, err := call(s, driver.OpDeleteAlias, facet[driver.Aliaser](s).DeleteAlias, &driver.DeleteAliasRequest{KeyID: k.ID(), Alias: s.name()})
	s.WantCode("DeleteAlias of an alias that there is not", err, errs.NotFound)
	alias := s.name()
	s.addAlias(other, alias)
	s.WantCode("RemoveAlias of another key's alias", k.RemoveAlias(s.ctx, alias), errs.NotFound)
	s.wantAliases(k, first...)
	if all, err := other.Aliases(s.ctx); s.ok("Aliases", err) && !slices.Contains(all, alias) {
		s.Errorf("RemoveAlias took another key's alias")
	}
}

func (s *suite) aliasLimit() {
	k, first := s.unaliased()
	alias := conformance.Pad(s.caps.Name.Alphabet, s.name(), conformance.Longest(s.caps.Name))
	s.addAlias(k, alias)
	s.wantAliases(k, append(first, alias)...)
	s.Unsent("AddAlias over the limit", errs.InvalidArgument, func() error {
		return k.AddAlias(s.ctx, conformance.Pad(s.caps.Name.Alphabet, s.name(), conformance.Longest(s.caps.Name)+1))
	})
	s.Unsent("AddAlias of nothing", errs.InvalidArgument, func() error { return k.AddAlias(s.ctx, "") })
}

// aliasFreed: an alias that is removed can be given to another key.
func (s *suite) aliasFreed() {
	k, _ := s.unaliased()
	other, others := s.unaliased()
	alias := s.name()
	s.addAlias(k, alias)
	s.Must("RemoveAlias", k.RemoveAlias(s.ctx, alias))
	s.settle()
	s.addAlias(other, alias)
	s.wantAliases(other, append(others, alias)...)
}

func (s *suite) setTags(k *kms.Key, tags map[string]string) {
	s.Helper()
	s.Must("SetTags", k.SetTags(s.ctx, tags))
	s.settle()
}

func (s *suite) tagRoundTrip() {
	k := s.create(s.cheapKind())
	s.wantTags(k, nil)
	want := s.someTags()
	s.setTags(k, want)
	s.wantTags(k, want)
}

// tagReplace: tags are added, those that are there get new values, and others stay.
func (s *suite) tagReplace() {
	k := s.create(s.cheapKind())
	want := s.manyTags(min(2, s.caps.Tag.Max))
	s.setTags(k, want)
	for key := range want {
		want[key] = newName(s.caps.Tag.Value)
		s.setTags(k, map[string]string{key: want[key]})
		s.wantTags(k, want)
		break
	}
	if s.caps.Tag.Max > 2 {
		more := s.manyTags(1)
		s.setTags(k, more)
		maps.Copy(want, more)
		s.wantTags(k, want)
	}
}

func (s *suite) tagRemove() {
	k := s.create(s.cheapKind())
	want := s.manyTags(min(3, s.caps.Tag.Max))
	s.setTags(k, want)
	for key := range want {
		for range 2 { // the second time it is absent
			s.Must("RemoveTags", k.RemoveTags(s.ctx, key))
			s.settle()
		}
		delete(want, key)
		s.wantTags(k, want)
		break
	}
	s.Must("RemoveTags of all", k.RemoveTags(s.ctx, slices.Collect(maps.Keys(map[string]string(want)))...))
	s.settle()
	s.wantTags(k, nil)
}

func (s *suite) tagLimit() {
	k := s.create(s.cheapKind())
	want := s.manyTags(s.caps.Tag.Max)
	s.setTags(k, want)
	s.wantTags(k, want)
	s.Unsent("SetTags of too many", errs.InvalidArgument, func() error { return k.SetTags(s.ctx, s.manyTags(s.caps.Tag.Max+1)) })
	if err := k.SetTags(s.ctx, s.manyTags(1)); err != nil {
		s.WantCode("SetTags of one more", err, errs.QuotaExceeded, errs.InvalidArgument, errs.TooLarge, errs.Conflict)
	} else if got, err := k.Tags(s.ctx); s.ok("Tags", err) {
		s.Errorf("SetTags of one more than the limit is taken; the key has %d tags", len(got))
	}
}

func (s *suite) tagRefused() {
	k := s.create(s.cheapKind())
	rule := s.caps.Tag
	set := func(tags map[string]string) func() error { return func() error { return k.SetTags(s.ctx, tags) } }
	s.Unsent("SetTags of none", errs.InvalidArgument, set(nil))
	s.Unsent("SetTags with an empty key", errs.InvalidArgument, set(map[string]string{"": "a"}))
	for _, bad := range slices.Concat(rule.Key.Denied, badNames(rule.Key)) {
		s.Unsent("SetTags with a bad key", errs.InvalidArgument, set(map[string]string{bad: newName(rule.Value)}))
	}
	for _, bad := range badNames(rule.Value) {
		s.Unsent("SetTags with a bad value", errs.InvalidArgument, set(map[string]string{newName(rule.Key): bad}))
	}
	if most := conformance.Longest(rule.Key); most > 0 {
		s.Unsent("SetTags with a key over the limit", errs.InvalidArgument, set(map[string]string{conformance.Pad(rule.Key.Alphabet, newName(rule.Key), most+1): ""}))
	}
	if most := conformance.Longest(rule.Value); most > 0 {
		s.Unsent("SetTags with a value over the limit", errs.InvalidArgument, set(map[string]string{newName(rule.Key): conformance.Pad(rule.Value.Alphabet, newName(rule.Value), most+1)}))
	}
	s.Unsent("RemoveTags of none", errs.InvalidArgument, func() error { return k.RemoveTags(s.ctx) })
	s.wantTags(k, nil)
}

// tagsApart: tags are those of one key.
func (s *suite) tagsApart() {
	k, other := s.create(s.cheapKind()), s.create(s.cheapKind())
	one, two := s.manyTags(1), s.manyTags(1)
	s.setTags(k, one)
	s.setTags(other, two)
	s.wantTags(k, one)
	s.wantTags(other, two)
	for key := range one {
		s.Must("RemoveTags", k.RemoveTags(s.ctx, key))
	}
	s.settle()
	s.wantTags(other, two)
}
