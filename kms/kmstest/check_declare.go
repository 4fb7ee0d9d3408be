package kmstest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// declareChecks: what a driver says of itself is complete, possible, and always the same.
func declareChecks() []check {
	return []check{
		{"Declare/Capabilities", nil, (*suite).capabilitiesMakeSense},
		{"Declare/Kinds", nil, (*suite).kindsMakeSense},
		{"Declare/Rules", nil, (*suite).rulesMakeSense},
		{"Declare/CapabilitiesStable", nil, (*suite).capabilitiesStable},
		{"Declare/Operations", nil, (*suite).operationTable},
		{"Declare/Interfaces", nil, (*suite).interfacesAgree},
	}
}

// possible reports a failure for each statement that is not so.
func (s *suite) possible(statements map[string]bool) {
	s.Helper()
	for text, ok := range statements {
		if !ok {
			s.Errorf("Capabilities: %s", text)
		}
	}
}

func (s *suite) capabilitiesMakeSense() {
	c := &s.caps
	plainVendor := len(c.Vendor) >= 1 && len(c.Vendor) <= 32 && strings.Trim(c.Vendor, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
	between := func(r driver.Range, least int) bool { return least <= r.Min && r.Min <= r.Max }
	s.possible(map[string]bool{
		"Vendor is not 1 to 32 lower-case letters, digits and hyphens": plainVendor,
		"MaxPage is not positive":                                      c.MaxPage >= 1,
		"Naming has an unknown value":                                  c.Naming <= driver.ByAlias,
		"a limit of descriptions is negative":                          c.MaxDescriptionBytes >= 0 && c.MaxDescriptionChars >= 0,
		"DeletionDays are no range of days":                            between(c.DeletionDays, 1),
		"Symmetric without MaxPlaintextBytes":                          c.Symmetric == driver.None || c.MaxPlaintextBytes >= 1,
		"a limit of the context is negative":                           c.Context.MaxBytes >= 0 && c.Context.MaxChars >= 0,
		"Context.Digest without a limit that holds a digest":           !c.Context.Digest || conformance.Longest(driver.NameRule{MaxBytes: c.Context.MaxBytes, MaxChars: c.Context.MaxChars}) >= len("sha256:")+64,
		"DataKeys without DataKeyBytes":                                c.DataKeys == driver.None || between(c.DataKeyBytes, 1),
		"DataKeys without Symmetric or DataKeyDecrypt":                 c.DataKeys == driver.None || c.Symmetric != driver.None || c.DataKeyDecrypt != driver.None,
		"WrappedDataKeys without DataKeys":                             c.WrappedDataKeys == driver.None || c.DataKeys != driver.None,
		"AsymmetricEncrypt without Asymmetric":                         c.AsymmetricEncrypt == driver.None || c.Asymmetric != driver.None,
		"AsymmetricEncrypt is Emulated without PublicKey":              c.AsymmetricEncrypt != driver.Emulated || c.PublicKey != driver.None,
		"Rotation without RotationDays":                                c.Rotation == driver.None || between(c.RotationDays, 1),
		"Import without Wrapping":                                      c.Import == driver.None || len(c.Wrapping) > 0,
		"Wrapping is there twice, or not known":                        knownOnce(c.Wrapping, driver.RSAOAEPSHA256, driver.SM2Encrypt),
		"Random without MaxRandomBytes":                                c.Random == driver.None || c.MaxRandomBytes >= 1,
		"names are aliases, but there are none":                        c.Naming != driver.ByAlias || c.Aliases != driver.None,
		"Rename is Emulated, but names are no aliases":                 c.Rename != driver.Emulated || c.Naming == driver.ByAlias,
		"CreateTags is Emulated without Tags":                          c.CreateTags != driver.Emulated || c.Tags != driver.None,
		"Create without a kind of keys":                                c.Create == driver.None || len(c.Keys) > 0,
		"RegionalSpec without a kind of symmetric keys":                c.RegionalSpec == driver.None || len(s.kindsOf(isSymmetric)) > 0,
		"Sign without a kind of keys that signs":                       c.Sign == driver.None || len(s.kindsOf(isSigner)) > 0,
		"Asymmetric without a kind of keys that encrypts so":           c.Asymmetric == driver.None || len(s.kindsOf(isCipherPair)) > 0,
		"Symmetric without a kind of keys that encrypts so":            c.Symmetric == driver.None || len(s.kindsOf(isSymmetric)) > 0,
		"KeyVersions without key pairs":                                c.KeyVersions == driver.None || len(s.kindsOf(isPair)) > 0,
	})
	v := reflect.ValueOf(*c)
	for i := range v.NumField() {
		if support, ok := v.Field(i).Interface().(driver.Support); ok && support > driver.Native {
			s.Errorf("Capabilities: %s has the unknown value %d", v.Type().Field(i).Name, support)
		}
	}
}

// knownOnce reports whether all values are among the known ones, none of them twice.
func knownOnce[T comparable](values []T, known ...T) bool {
	for i, value := range values {
		if slices.Index(values, value) != i || !slices.Contains(known, value) {
			return false
		}
	}
	return true
}

func (s *suite) kindsMakeSense() {
	seen := map[string]bool{}
	for i := range s.caps.Keys {
		kind := &s.caps.Keys[i]
		name := fmt.Sprintf("%s for %s", kind.Spec, kind.Usage)
		signs, pairs := kind.Usage == driver.SignVerify, len(kind.Encryptions) > 0
		for text, ok := range map[string]bool{
			"is there twice":                          !seen[name],
			"has no spec or usage":                    kind.Spec != "" && kind.Usage != "",
			"has signatures of a wrong usage":         signs == isSigner(kind),
			"has encryptions of a wrong usage":        !pairs || kind.Usage == driver.EncryptDecrypt,
			"signs, but Sign is None":                 !signs || s.caps.Sign != driver.None,
			"has encryptions, but Asymmetric is None": !pairs || s.caps.Asymmetric != driver.None,
			"encrypts, but Symmetric is None":         signs || pairs || s.caps.Symmetric != driver.None,
			"has an encryption twice":                 knownOnce(kind.Encryptions, kind.Encryptions...),
			"is a key pair without encryptions":       signs || pairs || kind.Spec == driver.AES256 || kind.Spec == driver.SM4 || !isKnownSpec(kind.Spec),
			"is a symmetric key with encryptions":     !pairs || kind.Spec != driver.AES256 && kind.Spec != driver.SM4,
		} {
			if !ok {
				s.Errorf("Capabilities: Keys: %s %s", name, text)
			}
		}
		seen[name] = true
		var algorithms []driver.SignatureAlgorithm
		for _, sig := range kind.Signatures {
			algorithms = append(algorithms, sig.Algorithm)
			if sig.Message == driver.None && sig.Digest == driver.None || sig.Message > driver.Native || sig.Digest > driver.Native {
				s.Errorf("Capabilities: Keys: %s signs with %s neither messages nor digests", name, sig.Algorithm)
			}
			if sig.Message != driver.None && s.caps.MaxMessageBytes < 1 {
				s.Errorf("Capabilities: Keys: %s signs messages, but MaxMessageBytes is not positive", name)
			}
		}
		if !knownOnce(algorithms, algorithms...) {
			s.Errorf("Capabilities: Keys: %s has a signature algorithm twice", name)
		}
	}
}

// isKnownSpec reports whether a spec has a portable name.
func isKnownSpec(spec driver.Spec) bool {
	return slices.Contains([]driver.Spec{
		driver.AES256, driver.SM4, driver.RSA2048, driver.RSA3072, driver.RSA4096, driver.ECP256, driver.ECP384, driver.ECSecp256k1, driver.SM2,
	}, spec)
}

func (s *suite) rulesMakeSense() {
	s.checkRule("Name", s.caps.Name)
	if s.caps.Tags == driver.None && s.caps.CreateTags == driver.None {
		return
	}
	s.checkRule("Tag.Key", s.caps.Tag.Key)
	s.checkRule("Tag.Value", s.caps.Tag.Value)
	if s.caps.Tag.Max < 1 {
		s.Errorf("Capabilities: Tag.Max is not positive")
	}
}

// checkRule checks that a rule for names lets plain names through.
func (s *suite) checkRule(what string, r driver.NameRule) {
	if r.MaxBytes < 0 || r.MaxChars < 0 {
		s.Errorf("Capabilities: %s has a negative limit", what)
	}
	if len(conformance.Plain(r.Alphabet)) < 2 {
		s.Errorf("Capabilities: %s: the alphabet %q has no two letters or digits", what, r.Alphabet)
	} else if err := r.Check(what, conformance.Plain(r.Alphabet)[:1]); err != nil {
		s.Errorf("Capabilities: %s refuses one plain character: %v", what, err)
	}
	for _, denied := range r.Denied {
		plain := r
		plain.Denied = nil
		if err := plain.Check(what, denied); err != nil {
			s.Errorf("Capabilities: %s denies %q, which breaks the rule anyway", what, denied)
		}
	}
}

func (s *suite) capabilitiesStable() {
	s.service()
	before := s.drv.Operations()
	if s.caps.Create != driver.None {
		s.create(s.cheapKind())
	}
	for i := range 3 {
		if !reflect.DeepEqual(s.drv.Capabilities(), s.caps) {
			s.Errorf("Capabilities changed at call %d", i+2)
		}
		if !reflect.DeepEqual(s.drv.Operations(), before) {
			s.Errorf("Operations changed at call %d", i+2)
		}
	}
}

// implements reports whether the driver is of an interface.
func implements[T any](s *suite) bool {
	_, ok := s.drv.(T)
	return ok
}

func (s *suite) operationTable() {
	once, again := []policy.Idempotency{policy.NonIdempotent}, []policy.Idempotency{policy.Idempotent}
	reads, either := []policy.Idempotency{policy.ReadOnly}, []policy.Idempotency{policy.Idempotent, policy.NonIdempotent}
	want := []struct {
		implemented bool
		classes     []policy.Idempotency
		names       []string
	}{
		{true, reads, []string{driver.OpDescribeKey, driver.OpListKeys}},
		{true, either, []string{driver.OpEnableKey, driver.OpDisableKey, driver.OpScheduleDeletion, driver.OpCancelDeletion}},
		{implements[driver.Creator](s), once, []string{driver.OpCreateKey}},
		{implements[driver.SymmetricSpecGetter](s), reads, []string{driver.OpSymmetricSpecs}},
		{implements[driver.Renamer](s), either, []string{driver.OpRename}},
		{implements[driver.Describer](s), again, []string{driver.OpSetDescription}},
		{implements[driver.Aliaser](s), reads, []string{driver.OpListAliases}},
		{implements[driver.Aliaser](s), either, []string{driver.OpCreateAlias, driver.OpDeleteAlias}},
		{implements[driver.Tagger](s), reads, []string{driver.OpListTags}},
		{implements[driver.Tagger](s), either, []string{driver.OpSetTags, driver.OpRemoveTags}},
		{implements[driver.Rotator](s), reads, []string{driver.OpGetRotation}},
		{implements[driver.Rotator](s), either, []string{driver.OpSetRotation}},
		{implements[driver.RotationPeriodSetter](s), either, []string{driver.OpSetRotationPeriod}},
		{implements[driver.ImmediateRotator](s), once, []string{driver.OpRotateNow}},
		{implements[driver.VersionLister](s), reads, []string{driver.OpListVersions}},
		{implements[driver.Importer](s), []policy.Idempotency{policy.ReadOnly, policy.Idempotent}, []string{driver.OpImportParameters}},
		{implements[driver.Importer](s), either, []string{driver.OpImportKeyMaterial, driver.OpDeleteKeyMaterial}},
		{implements[driver.SymmetricCipher](s), reads, []string{driver.OpEncrypt, driver.OpDecrypt}},
		{implements[driver.DataKeyGenerator](s), reads, []string{driver.OpGenerateDataKey}},
		{implements[driver.WrappedDataKeyGenerator](s), reads, []string{driver.OpGenerateWrappedKey}},
		{implements[driver.DataKeyDecrypter](s), reads, []string{driver.OpDecryptDataKey}},
		{implements[driver.ReEncrypter](s), reads, []string{driver.OpReEncrypt}},
		{implements[driver.AsymmetricCipher](s), reads, []string{driver.OpAsymmetricDecrypt}},
		{implements[driver.AsymmetricEncrypter](s), reads, []string{driver.OpAsymmetricEncrypt}},
		{implements[driver.Signer](s), reads, []string{driver.OpSign, driver.OpVerify}},
		{implements[driver.PublicKeyGetter](s), reads, []string{driver.OpPublicKey}},
		{implements[driver.RandomSource](s), reads, []string{driver.OpRandom}},
	}
	var rows []conformance.Row
	for _, w := range want {
		for _, name := range w.names {
			rows = append(rows, conformance.Row{Name: name, Implemented: w.implemented, Classes: w.classes})
		}
	}
	s.CheckTable(s.drv.Operations(), rows)
}

// interfacesAgree opens the service by package kms, which compares capabilities with interfaces.
func (s *suite) interfacesAgree() {
	if got := s.open().Capabilities(); !reflect.DeepEqual(got, s.caps) {
		s.Errorf("the capabilities of the open service are not those of the driver")
	}
}
