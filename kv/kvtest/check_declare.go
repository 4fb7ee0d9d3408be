package kvtest

import (
	"reflect"
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
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
	if len(has(r.Alphabet)) < 2 {
		s.Errorf("%s: the alphabet %q has no two letters or digits", what, r.Alphabet)
	} else if err := r.Check(what, has(r.Alphabet)[:1]); err != nil {
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

// row is what a row of an operation table must say.
type row struct {
	name        string
	implemented bool
	classes     []policy.Idempotency
}

func (s *suite) operationTable() {
	n := s.home()
	_, inspects := n.drv.(driver.Inspector)
	_, gets := n.drv.(driver.BatchGetter)
	_, puts := n.drv.(driver.BatchPutter)
	_, deletes := n.drv.(driver.BatchDeleter)
	reads, writes := []policy.Idempotency{policy.ReadOnly}, []policy.Idempotency{policy.Idempotent}
	s.checkTable(n.drv.Operations(), []row{
		{driver.OpGet, true, reads},
		{driver.OpInspect, inspects, reads},
		{driver.OpPut, true, writes},
		{driver.OpDelete, true, writes},
		{driver.OpList, true, reads},
		{driver.OpGetBatch, gets, reads},
		{driver.OpPutBatch, puts, writes},
		{driver.OpDeleteBatch, deletes, writes},
	})
}

func (s *suite) serviceOperationTable() {
	_, creates := s.svc.(driver.NamespaceCreator)
	_, gets := s.svc.(driver.NamespaceGetter)
	_, renames := s.svc.(driver.NamespaceRenamer)
	_, describes := s.svc.(driver.NamespaceDescriber)
	_, deletes := s.svc.(driver.NamespaceDeleter)
	reads, changes := []policy.Idempotency{policy.ReadOnly}, []policy.Idempotency{policy.Idempotent, policy.NonIdempotent}
	s.checkTable(s.svc.Operations(), []row{
		{driver.OpListNamespaces, true, reads},
		{driver.OpCreateNamespace, creates, []policy.Idempotency{policy.NonIdempotent}},
		{driver.OpGetNamespace, gets, reads},
		{driver.OpRenameNamespace, renames, changes},
		{driver.OpSetDescription, describes, []policy.Idempotency{policy.Idempotent}},
		{driver.OpDeleteNamespace, deletes, changes},
	})
}

func (s *suite) checkTable(table []policy.Operation, want []row) {
	s.Helper()
	for _, w := range want {
		count := 0
		for _, op := range table {
			if op.Name != w.name {
				continue
			}
			count++
			if !slices.Contains(w.classes, op.Idempotency) {
				s.Errorf("Operations: %s is %s, want %v", op.Name, op.Idempotency, w.classes)
			}
		}
		switch {
		case w.implemented && count == 0:
			s.Errorf("Operations: no row %s, whose method is implemented", w.name)
		case !w.implemented && count > 0:
			s.Errorf("Operations: a row %s, whose method is not implemented", w.name)
		case count > 1:
			s.Errorf("Operations: %d rows %s", count, w.name)
		}
	}
	for _, op := range table {
		if !slices.ContainsFunc(want, func(w row) bool { return w.name == op.Name }) {
			s.Errorf("Operations: a row of the unknown name %q", op.Name)
		}
		for _, budget := range op.Budgets {
			for _, limit := range budget.Limits {
				if err := limit.Validate(); err != nil {
					s.Errorf("Operations: %s has an impossible rate limit: %v", op.Name, err)
				}
			}
		}
	}
}

// interfacesAgree opens service and namespace by package kv, which compares capabilities with interfaces.
func (s *suite) interfacesAgree() {
	n := s.home()
	ns := n.portable()
	key := n.key("a")
	n.note(key)
	s.must("Put by package kv", ns.Put(s.ctx, key, n.value("a")))
	s.settle()
	entry, err := ns.Get(s.ctx, key)
	s.must("Get by package kv", err)
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
	s.wantCode("Get in a missing namespace", err, errs.NamespaceNotFound)
}
