package kvtest

import (
	"reflect"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// declareChecks: what a driver says of itself is complete, possible, and always the same.
func declareChecks() []check {
	return []check{
		{"Declare/Capabilities", nil, (*suite).capabilitiesMakeSense},
		{"Declare/CapabilitiesStable", nil, (*suite).capabilitiesStable},
		{"Declare/Service", nil, (*suite).serviceMakesSense},
		{"Declare/Operations", nil, (*suite).operationTable},
		{"Declare/ServiceOperations", nil, (*suite).serviceOperationTable},
		{"Declare/Interfaces", nil, (*suite).interfacesAgree},
		{"Declare/OpenMissing", nil, (*suite).openMissing},
	}
}

func (s *suite) capabilitiesMakeSense() {
	c := s.home().caps
	s.checkRule("Key", c.Key)
	for _, rule := range []struct {
		ok   bool
		text string
	}{
		{c.ValueEncoding == driver.PlainValues, "ValueEncoding is for package kv to set"},
		{c.MaxValueBytes > 0, "MaxValueBytes is not positive"},
		{c.TTL == driver.None || c.MinTTL >= 0 && c.MinTTL%time.Second == 0, "MinTTL is no whole number of seconds"},
		{c.TTL == driver.None || c.MaxTTL == 0 || c.MaxTTL >= max(c.MinTTL, time.Second), "MaxTTL is under MinTTL"},
		{c.Metadata == driver.None || c.MaxMetadataBytes > 0, "Metadata is declared without MaxMetadataBytes"},
		{c.Metadata != driver.None || c.ReadMetadata == driver.None, "ReadMetadata is declared without Metadata"},
		{c.List.MinPage >= 1, "List.MinPage is not positive"},
		{c.List.MaxPage >= c.List.MinPage, "List.MaxPage is under List.MinPage"},
		{c.List.MaxKeys >= 0, "List.MaxKeys is negative"},
		{c.List.Expiry == driver.None || c.TTL != driver.None, "List.Expiry is declared without TTL"},
		{c.List.Metadata == driver.None || c.Metadata != driver.None, "List.Metadata is declared without Metadata"},
		{c.Consistency >= 0, "Consistency is negative"},
	} {
		if !rule.ok {
			s.Errorf("Capabilities: %s", rule.text)
		}
	}
	for name, support := range map[string]driver.Support{
		"EmptyValue": c.EmptyValue, "BinaryValue": c.BinaryValue, "TTL": c.TTL, "Expiry": c.Expiry, "Metadata": c.Metadata,
		"ReadMetadata": c.ReadMetadata, "List.Expiry": c.List.Expiry, "List.Metadata": c.List.Metadata,
	} {
		if support > driver.Native {
			s.Errorf("Capabilities: %s has the unknown value %d", name, support)
		}
	}
	for name, b := range map[string]driver.Batch{"GetBatch": c.GetBatch, "PutBatch": c.PutBatch, "DeleteBatch": c.DeleteBatch} {
		if b.Support != driver.None && b.Support != driver.Native {
			s.Errorf("Capabilities: %s is neither None nor Native", name)
		}
		if b.Support != driver.None && b.MaxItems < 1 || b.MaxBytes < 0 {
			s.Errorf("Capabilities: %s takes at most %d items and %d bytes", name, b.MaxItems, b.MaxBytes)
		}
	}
}

// checkRule checks that a rule for names lets plain names through.
func (s *suite) checkRule(what string, r driver.NameRule) {
	if r.MaxBytes < 0 || r.MaxChars < 0 {
		s.Errorf("%s: a negative limit", what)
	}
	if r.Encoding != driver.PlainKeys {
		s.Errorf("%s: Encoding is for package kv to set", what)
	}
	if len(conformance.Plain(r.Alphabet)) < 2 {
		s.Errorf("%s: the alphabet %q has no two letters or digits", what, r.Alphabet)
	} else if err := r.Check(what, conformance.Plain(r.Alphabet)[:1]); err != nil {
		s.Errorf("%s: the rule refuses a name of one plain character: %v", what, err)
	}
}

func (s *suite) capabilitiesStable() {
	n := s.home()
	again := s.open(n.ref)
	n.put(n.key("a"), n.value("a"))
	for i := range 3 {
		if !reflect.DeepEqual(n.drv.Capabilities(), n.caps) || !reflect.DeepEqual(again.caps, n.caps) {
			s.Errorf("Capabilities of a namespace changed at call %d", i+2)
		}
		if !reflect.DeepEqual(s.svc.Capabilities(), s.caps) {
			s.Errorf("Capabilities of the service changed at call %d", i+2)
		}
	}
	if !reflect.DeepEqual(n.drv.Operations(), again.drv.Operations()) {
		s.Errorf("Operations of a namespace changed")
	}
}

func (s *suite) serviceMakesSense() {
	s.checkRule("Name", s.caps.Name)
	if s.caps.Address > driver.ByID {
		s.Errorf("Capabilities: Address has the unknown value %d", s.caps.Address)
	}
	if s.caps.MaxDescriptionChars < 0 || s.caps.MaxNamespaces < 0 {
		s.Errorf("Capabilities: a negative limit")
	}
	for name, support := range map[string]driver.Support{
		"Create": s.caps.Create, "Get": s.caps.Get, "Rename": s.caps.Rename, "Delete": s.caps.Delete,
		"Description": s.caps.Description, "SetDescription": s.caps.SetDescription, "Usage": s.caps.Usage,
	} {
		if support > driver.Native {
			s.Errorf("Capabilities: %s has the unknown value %d", name, support)
		}
	}
}

func (s *suite) operationTable() {
	n := s.home()
	_, inspects := n.drv.(driver.Inspector)
	_, gets := n.drv.(driver.BatchGetter)
	_, puts := n.drv.(driver.BatchPutter)
	_, deletes := n.drv.(driver.BatchDeleter)
	reads, writes := []policy.Idempotency{policy.ReadOnly}, []policy.Idempotency{policy.Idempotent}
	s.CheckTable(n.drv.Operations(), []conformance.Row{
		{Name: driver.OpGet, Implemented: true, Classes: reads},
		{Name: driver.OpInspect, Implemented: inspects, Classes: reads},
		{Name: driver.OpPut, Implemented: true, Classes: writes},
		{Name: driver.OpDelete, Implemented: true, Classes: writes},
		{Name: driver.OpList, Implemented: true, Classes: reads},
		{Name: driver.OpGetBatch, Implemented: gets, Classes: reads},
		{Name: driver.OpPutBatch, Implemented: puts, Classes: writes},
		{Name: driver.OpDeleteBatch, Implemented: deletes, Classes: writes},
	})
}

func (s *suite) serviceOperationTable() {
	_, creates := s.svc.(driver.NamespaceCreator)
	_, gets := s.svc.(driver.NamespaceGetter)
	_, renames := s.svc.(driver.NamespaceRenamer)
	_, describes := s.svc.(driver.NamespaceDescriber)
	_, deletes := s.svc.(driver.NamespaceDeleter)
	reads, changes := []policy.Idempotency{policy.ReadOnly}, []policy.Idempotency{policy.Idempotent, policy.NonIdempotent}
	s.CheckTable(s.svc.Operations(), []conformance.Row{
		{Name: driver.OpListNamespaces, Implemented: true, Classes: reads},
		{Name: driver.OpCreateNamespace, Implemented: creates, Classes: []policy.Idempotency{policy.NonIdempotent}},
		{Name: driver.OpGetNamespace, Implemented: gets, Classes: reads},
		{Name: driver.OpRenameNamespace, Implemented: renames, Classes: changes},
		{Name: driver.OpSetDescription, Implemented: describes, Classes: []policy.Idempotency{policy.Idempotent}},
		{Name: driver.OpDeleteNamespace, Implemented: deletes, Classes: changes},
	})
}

// interfacesAgree opens service and namespace by package kv, which compares capabilities with interfaces.
func (s *suite) interfacesAgree() {
	n := s.home()
	ns := n.portable()
	key := n.key("a")
	n.note(key)
	s.Must("Put by package kv", ns.Put(s.ctx, key, n.value("a")))
	s.settle()
	entry, err := ns.Get(s.ctx, key)
	s.Must("Get by package kv", err)
	s.wantBytes("Get by package kv", entry.Value, n.value("a"))
}

func (s *suite) openMissing() {
	ref := s.missing()
	drv, err := s.svc.OpenNamespace(ref)
	if err != nil {
		s.Errorf("OpenNamespace of a missing namespace: %v; that it is missing must show at the first call", err)
		return
	}
	if drv == nil {
		s.Fatalf("OpenNamespace: neither a namespace nor an error")
	}
	_ = drv.Capabilities()
	if _, count := s.inListing(ref.Name); count > 0 {
		s.Errorf("OpenNamespace made the missing namespace")
	}
	n := s.open(ref)
	_, err = n.tryGet(&driver.GetRequest{Key: n.key("a")})
	s.WantCode("Get in a missing namespace", err, errs.NamespaceNotFound)
}
