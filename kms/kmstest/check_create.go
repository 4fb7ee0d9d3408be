package kmstest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// createChecks: keys of all declared kinds are made as asked for.
func createChecks() []check {
	return []check{
		{"Create/EveryKind", []need{needKeys}, (*suite).createsEveryKind},
		{"Create/Raw", []need{needKeys}, (*suite).createsRaw},
		{"Create/Defaults", []need{needKeys}, (*suite).createsDefaults},
		{"Create/Distinct", []need{needKeys}, (*suite).createsDistinct},
		{"Create/Description", []need{needKeys}, (*suite).createsDescribed},
		{"Create/DescriptionLimit", []need{needKeys, limitsDescriptions}, (*suite).createsAtDescriptionLimit},
		{"Create/Tags", []need{needKeys, hasNewTags}, (*suite).createsTagged},
		{"Create/NameAtLimit", []need{needKeys, limitsNames}, (*suite).createsLongName},
		{"Create/NameOverLimitSent", []need{needKeys, limitsNames}, (*suite).refusesLongName},
		{"Create/BadNames", []need{needKeys}, (*suite).refusesBadNames},
		{"Create/TakenName", []need{needKeys}, (*suite).refusesTakenName},
		{"Create/Unnamed", []need{needKeys, byAlias}, (*suite).createsUnnamed},
		{"Create/UnknownOption", []need{needKeys}, (*suite).refusesUnknownOption},
		{"Create/Refused", []need{needKeys}, (*suite).refusesCreation},
		{"Create/IfMissing", []need{needKeys, findsNames}, (*suite).createsIfMissing},
	}
}

var (
	limitsNames        = conformance.That(func(k *traits) bool { l := conformance.Longest(k.caps.Name); return l > 0 && l <= 1<<12 }, "declares no limit of names")
	limitsDescriptions = conformance.That(func(k *traits) bool { return k.caps.MaxDescriptionBytes+k.caps.MaxDescriptionChars > 0 }, "declares no limit of descriptions")
	findsNames         = conformance.That(func(k *traits) bool { return k.caps.Naming == driver.ByAlias || k.caps.Details != driver.None }, "does not tell the names of keys")
)

func (s *suite) createsEveryKind() {
	for _, kind := range s.kindsOf(anyKind) {
		what := fmt.Sprintf("CreateKey of %s for %s", kind.Spec, kind.Usage)
		name := s.name()
		k, err := s.tryCreate(kind, name)
		if !s.ok(what, err) {
			continue
		}
		info := s.described(k)
		s.checkNew(what, &info, kind)
		if info.Name != name || k.Name() != name {
			s.Errorf("%s: the name is %q, want %q", what, info.Name, name)
		}
	}
}

// checkNew checks the description of a key that was just made.
func (s *suite) checkNew(what string, info *kms.KeyInfo, kind *driver.KeyKind) {
	s.Helper()
	if info.ID == "" || info.Spec != kind.Spec || info.Usage != kind.Usage || info.State != kms.Enabled || info.Origin != kms.FromProvider {
		s.Errorf("%s: the key %q is %s for %s, %s, of the origin %s", what, info.ID, info.Spec, info.Usage, info.State, info.Origin)
	}
	if age := time.Since(info.CreatedAt); !info.CreatedAt.IsZero() && age.Abs() > s.tolerance()+time.Minute {
		s.Errorf("%s: made %v ago", what, age)
	}
	if !info.DeletionAt.IsZero() || !info.MaterialExpiresAt.IsZero() || info.ServiceOwned {
		s.Errorf("%s: a new key has a deletion at %v, an end of its material at %v, service-owned: %v", what, info.DeletionAt, info.MaterialExpiresAt, info.ServiceOwned)
	}
}

// createsRaw: what the driver itself answers.
func (s *suite) createsRaw() {
	kind := s.cheapKind()
	res, err := s.createRaw(s.rawKey(kind))
	s.Must("CreateKey", err)
	if res.Key.ID == "" || res.TagsFault != "" {
		s.Fatalf("CreateKey: the id is %q, the fault of tags that were not given %q", res.Key.ID, res.TagsFault)
	}
	described, err := call(s, driver.OpDescribeKey, s.drv.DescribeKey, &driver.DescribeKeyRequest{KeyID: res.Key.ID})
	s.Must("DescribeKey", err)
	if described.Key.ID != res.Key.ID {
		s.Errorf("CreateKey gave the id %q, which DescribeKey calls %q", res.Key.ID, described.Key.ID)
	}
	s.checkNew("CreateKey", &described.Key, kind)
}

// rawKey is a request for a key without anything special.
func (s *suite) rawKey(kind *driver.KeyKind) *driver.CreateKeyRequest {
	req := &driver.CreateKeyRequest{Spec: kind.Spec, Usage: kind.Usage, Origin: driver.FromProvider}
	if s.caps.Naming == driver.ByLabel {
		req.Name = s.name()
	}
	return req
}

// createsDefaults: the usage need not be said where it is clear.
func (s *suite) createsDefaults() {
	for _, kind := range s.kindsOf(anyKind) {
		clear := isSymmetric(kind) && (kind.Spec == kms.AES256 || kind.Spec == kms.SM4) ||
			isSigner(kind) && (kind.Spec == kms.ECP256 || kind.Spec == kms.ECP384 || kind.Spec == kms.ECSecp256k1)
		if !clear {
			continue
		}
		opts := []kms.CreateOption{kms.WithSpec(kind.Spec)}
		for name, value := range s.h.CreateOptions {
			opts = append(opts, kms.ProviderOption(name, value))
		}
		k, err := s.service().CreateKey(s.ctx, s.name(), opts...)
		if k != nil {
			s.notes(k.ID())
		}
		s.settle()
		s.Must("CreateKey of "+string(kind.Spec), err)
		if info := s.described(k); info.Spec != kind.Spec || info.Usage != kind.Usage {
			s.Errorf("CreateKey of %s: the key is %s for %s", kind.Spec, info.Spec, info.Usage)
		}
	}
}

func (s *suite) createsDistinct() {
	kind := s.cheapKind()
	a, b := s.create(kind), s.create(kind)
	if a.ID() == b.ID() {
		s.Errorf("CreateKey: two keys have the id %q", a.ID())
	}
	if one, two := s.described(a), s.described(b); one.ID == two.ID || one.Name == two.Name {
		s.Errorf("Describe: two keys are %q %q and %q %q", one.ID, one.Name, two.ID, two.Name)
	}
}

func (s *suite) createsDescribed() {
	text := s.shortDescription()
	if got := s.described(s.create(s.cheapKind(), kms.Description(text))).Description; got != text {
		s.Errorf("Describe: the description is %q, want %q", got, text)
	}
	if got := s.described(s.create(s.cheapKind())).Description; got != "" {
		s.Errorf("Describe: the description of a key without one is %q", got)
	}
}

// shortDescription has what may be mangled on the way.
func (s *suite) shortDescription() string {
	text := "made by a test: 日本 é 😀 \"quoted\" <a&b> %41 \\ +"
	for !s.fitsDescription(text) {
		text = text[:len(text)-1]
	}
	return strings.ToValidUTF8(text, "")
}

func (s *suite) fitsDescription(text string) bool {
	return (s.caps.MaxDescriptionBytes == 0 || len(text) <= s.caps.MaxDescriptionBytes) &&
		(s.caps.MaxDescriptionChars == 0 || len([]rune(text)) <= s.caps.MaxDescriptionChars)
}

func (s *suite) createsAtDescriptionLimit() {
	kind := s.cheapKind()
	text := wide(s.caps.MaxDescriptionBytes, s.caps.MaxDescriptionChars, 1<<16)
	if got := s.described(s.create(kind, kms.Description(text))).Description; got != text {
		s.Errorf("Describe: the description has %d bytes, %d were given", len(got), len(text))
	}
	s.Unsent("CreateKey with a description over the limit", errs.InvalidArgument, func() error {
		_, err := s.tryCreate(kind, s.name(), kms.Description(text+"é"))
		return err
	})
}

func (s *suite) createsTagged() {
	want := s.someTags()
	k := s.create(s.cheapKind(), kms.WithTags(want))
	if s.caps.Tags != driver.None {
		s.wantTags(k, want)
	}
	if s.caps.Tag.ValueRequired {
		s.Unsent("CreateKey with a tag that has no value", errs.InvalidArgument, func() error {
			_, err := s.tryCreate(s.cheapKind(), s.name(), kms.WithTags(map[string]string{newName(s.caps.Tag.Key): ""}))
			return err
		})
	}
	s.Unsent("CreateKey with too many tags", errs.InvalidArgument, func() error {
		_, err := s.tryCreate(s.cheapKind(), s.name(), kms.WithTags(s.manyTags(s.caps.Tag.Max+1)))
		return err
	})
}

func (s *suite) wantTags(k *kms.Key, want map[string]string) {
	s.Helper()
	got, err := k.Tags(s.ctx)
	s.Must("Tags", err)
	if !maps.Equal(got, want) {
		s.Errorf("Tags: %v, want %v", got, want)
	}
}

func (s *suite) createsLongName() {
	rule := s.caps.Name
	name := conformance.Pad(rule.Alphabet, s.name(), conformance.Longest(rule))
	if err := rule.Check("name", name); err != nil {
		s.Fatalf("kmstest: %v", err)
	}
	k, err := s.tryCreate(s.cheapKind(), name)
	s.Must("CreateKey with a name at the limit", err)
	if got := s.described(k).Name; got != name {
		s.Errorf("Describe: the name is %q, want %q", got, name)
	}
	s.Unsent("CreateKey with a name over the limit", errs.InvalidArgument, func() error {
		_, err := s.tryCreate(s.cheapKind(), conformance.Pad(rule.Alphabet, s.name(), conformance.Longest(rule)+1))
		return err
	})
}

// refusesLongName: the limit is that of the other side too.
func (s *suite) refusesLongName() {
	long := conformance.Pad(s.caps.Name.Alphabet, s.name(), conformance.Longest(s.caps.Name)+1)
	if s.caps.Naming == driver.ByLabel {
		req := s.rawKey(s.cheapKind())
		req.Name = long
		_, err := s.createRaw(req)
		s.WantCode("CreateKey with a name over the limit", err, errs.InvalidArgument, errs.TooLarge)
		return
	}
	k := s.create(s.cheapKind())
	_, err := call(s, driver.OpCreateAlias, facet[driver.Aliaser](s).CreateAlias, &driver.CreateAliasRequest{KeyID: k.ID(), Alias: long})
	s.WantCode("CreateAlias with a name over the limit", err, errs.InvalidArgument, errs.TooLarge)
}

func (s *suite) refusesBadNames() {
	rule := s.caps.Name
	for _, bad := range slices.Concat(rule.Denied, badNames(rule)) {
		s.Unsent(fmt.Sprintf("CreateKey with the name %q", bad), errs.InvalidArgument, func() error {
			_, err := s.tryCreate(s.cheapKind(), bad)
			return err
		})
	}
	if s.caps.Naming == driver.ByLabel {
		s.Unsent("CreateKey without a name", errs.InvalidArgument, func() error {
			_, err := s.tryCreate(s.cheapKind(), "")
			return err
		})
	}
	// The rule lets every character of its alphabet through: so must the other side.
	for _, chars := range alphabetNames(rule) {
		k, err := s.tryCreate(s.cheapKind(), chars)
		if s.ok(fmt.Sprintf("CreateKey with the name %q", chars), err) {
			if got := s.described(k).Name; got != chars {
				s.Errorf("Describe: the name is %q, want %q", got, chars)
			}
		}
	}
}

func (s *suite) refusesTakenName() {
	kind := s.cheapKind()
	k := s.create(kind)
	other, err := s.tryCreate(kind, k.Name())
	if s.WantCode("CreateKey with a taken name", err, errs.AlreadyExists) && other != nil {
		s.Errorf("CreateKey with a taken name made the key %q", other.ID())
	}
	if s.caps.Naming == driver.ByLabel {
		req := s.rawKey(kind)
		req.Name = k.Name()
		_, err := s.createRaw(req)
		s.WantCode("CreateKey of the driver with a taken name", err, errs.AlreadyExists)
	}
	if got := s.described(k); got.Name != k.Name() || got.State != kms.Enabled {
		s.Errorf("after another key was refused its name, the key is called %q, and %s", got.Name, got.State)
	}
}

func (s *suite) createsUnnamed() {
	k, err := s.tryCreate(s.cheapKind(), "")
	s.Must("CreateKey without a name", err)
	if got := s.described(k); got.Name != "" || k.Name() != "" {
		s.Errorf("CreateKey without a name: it is called %q and %q", got.Name, k.Name())
	}
}

func (s *suite) refusesUnknownOption() {
	name := s.name()
	_, err := s.tryCreate(s.cheapKind(), name, kms.ProviderOption("kmstest-no-such-option", "1"))
	s.WantCode("CreateKey with an option that no provider knows", err, errs.InvalidArgument)
	if k, err := s.service().KeyByName(s.ctx, name); err == nil {
		s.notes(k.ID())
		s.Errorf("CreateKey with an option that no provider knows made the key %q", k.ID())
	}
}

func (s *suite) refusesCreation() {
	create := func(opts ...kms.CreateOption) func() error {
		return func() error {
			k, err := s.service().CreateKey(s.ctx, s.name(), opts...)
			if k != nil {
				s.notes(k.ID())
			}
			return err
		}
	}
	kind := s.cheapKind()
	spec, usage := kms.WithSpec(kind.Spec), kms.WithUsage(kind.Usage)
	s.Unsent("CreateKey of an unknown spec", errs.Unsupported, create(kms.WithSpec("KMSTEST_1")))
	s.Unsent("CreateKey for an unknown usage", errs.Unsupported, create(spec, kms.WithUsage("KMSTEST")))
	s.Unsent("CreateKey with a spec given twice", errs.InvalidArgument, create(spec, spec, usage))
	s.Unsent("CreateKey with a description that is not UTF-8", errs.InvalidArgument, create(spec, usage, kms.Description("a\xff")))
	for _, kind := range s.kindsOf(isPair) {
		if kind.Spec == kms.RSA2048 || kind.Spec == kms.SM2 {
			s.Unsent("CreateKey of "+string(kind.Spec)+" without its usage", errs.InvalidArgument, create(kms.WithSpec(kind.Spec)))
		}
	}
	if s.caps.CreateTags == driver.None {
		s.Unsent("CreateKey with tags", errs.Unsupported, create(spec, usage, kms.WithTags(map[string]string{"a": "b"})))
	}
	if s.caps.Import == driver.None {
		s.Unsent("CreateKey without material", errs.Unsupported, create(spec, usage, kms.Imported()))
	}
}

func (s *suite) createsIfMissing() {
	kind, name := s.cheapKind(), s.name()
	var ids []string
	for range 2 {
		k, err := s.service().KeyByName(s.ctx, name, kms.CreateIfMissing(s.options(kind)...))
		if k != nil {
			s.notes(k.ID())
			ids = append(ids, k.ID())
		}
		s.settle()
		s.Must("KeyByName with CreateIfMissing", err)
	}
	if ids[0] != ids[1] {
		s.Errorf("KeyByName with CreateIfMissing made two keys, %q and %q", ids[0], ids[1])
	}
}
