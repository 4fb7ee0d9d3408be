package kmstest

import (
	"slices"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// regionChecks: what a region tells of its symmetric keys is what it makes.
func regionChecks() []check {
	return []check{
		{"Region/Specs", []need{hasRegionalSpec, makesSecrets}, (*suite).makesWhatRegionTells},
		{"Region/OtherSpec", []need{hasRegionalSpec, makesSecrets}, (*suite).refusesOtherSpec},
	}
}

var hasRegionalSpec = declared("RegionalSpec", func(c *driver.Capabilities) driver.Support { return c.RegionalSpec })

func (s *suite) regionTells() *driver.SymmetricSpecsResponse {
	s.Helper()
	res, err := call(s, driver.OpSymmetricSpecs, facet[driver.SymmetricSpecGetter](s).SymmetricSpecs, &driver.SymmetricSpecsRequest{})
	s.Must("SymmetricSpecs", err)
	return res
}

// makesWhatRegionTells: the one spec that is told is that of the keys, whose description says so.
func (s *suite) makesWhatRegionTells() {
	told := s.regionTells()
	if again := s.regionTells(); !slices.Equal(told.Specs, again.Specs) {
		s.Errorf("SymmetricSpecs: %q, and then %q", told.Specs, again.Specs)
	}
	for _, kind := range s.kindsOf(isSymmetric) {
		if !slices.Equal(told.Specs, []driver.Spec{kind.Spec}) {
			s.Errorf("SymmetricSpecs: %q, but the capabilities have keys of the spec %s", told.Specs, kind.Spec)
		}
		res, err := s.createRaw(s.rawKey(kind))
		s.Must("CreateKey", err)
		described, err := call(s, driver.OpDescribeKey, s.drv.DescribeKey, &driver.DescribeKeyRequest{KeyID: res.Key.ID})
		s.Must("DescribeKey", err)
		if made := described.Key.Spec; !slices.Contains(told.Specs, made) {
			s.Errorf("SymmetricSpecs: %q, but the key that was made is of the spec %s", told.Specs, made)
		}
	}
}

// refusesOtherSpec: where another spec is expected than the region's, no key is made, and the error says what to do.
func (s *suite) refusesOtherSpec() {
	told := s.regionTells()
	if told.Advice == "" || told.Advice != errs.Printable(told.Advice) {
		s.Errorf("SymmetricSpecs: the advice is %q", told.Advice)
	}
	other := driver.SM4
	if slices.Contains(told.Specs, other) {
		other = driver.AES256
	}
	service, err := kms.NewService(expecting{s.drv, facet[driver.Creator](s), facet[driver.SymmetricSpecGetter](s), other},
		kms.ServiceOptions{Provider: providerName, Policy: s.Policy})
	s.Must("kms.NewService", err)
	what := "CreateKey of " + string(other) + ", which the region does not make"
	before := s.Sent(driver.OpCreateKey)
	k, err := service.CreateKey(s.ctx, s.name(), s.options(&driver.KeyKind{Spec: other, Usage: driver.EncryptDecrypt})...)
	if k != nil {
		s.notes(k.ID())
	}
	if s.Sent(driver.OpCreateKey) != before {
		s.Errorf("%s: the refused call was sent", what)
	}
	if s.WantCode(what, err, errs.Unsupported) && !strings.Contains(err.Error(), told.Advice) {
		s.Errorf("%s: the error lacks the advice: %v", what, err)
	}
}

// expecting is the driver under test as if it were set up for symmetric keys of another spec, with no more than making
// them takes.
type expecting struct {
	driver.Service
	driver.Creator
	driver.SymmetricSpecGetter
	spec driver.Spec
}

// Capabilities are those of the driver under test, but for the kind of keys.
func (e expecting) Capabilities() driver.Capabilities {
	c := e.Service.Capabilities()
	return driver.Capabilities{
		Vendor: c.Vendor, Keys: []driver.KeyKind{{Spec: e.spec, Usage: driver.EncryptDecrypt}}, Create: c.Create, RegionalSpec: c.RegionalSpec,
		Name: c.Name, MaxPage: c.MaxPage, DeletionDays: c.DeletionDays,
	}
}
