package workspacetest

import (
	"reflect"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// declareChecks: what a driver says of itself is complete, possible, and always the same.
func declareChecks() []check {
	return []check{
		{"Declare/Capabilities", nil, (*suite).capabilitiesMakeSense},
		{"Declare/Stable", nil, (*suite).declarationsStable},
		{"Declare/Operations", nil, (*suite).operationTable},
		{"Declare/Interfaces", nil, (*suite).interfacesAgree},
	}
}

func (s *suite) capabilitiesMakeSense() {
	c := s.caps
	for name, support := range map[string]driver.Support{
		"Own": c.Own, "Get": c.Get, "Create": c.Create, "List": c.List, "Update": c.Update, "Delete": c.Delete, "Description": c.Description,
		"CreateAPIKeyWith": c.CreateAPIKeyWith, "APIKeys": c.APIKeys, "CreateAPIKey": c.CreateAPIKey, "DeleteAPIKey": c.DeleteAPIKey,
		"APIKeyRoles": c.APIKeyRoles, "UsageLimits": c.UsageLimits, "TransferOwner": c.TransferOwner,
	} {
		if support > driver.Native {
			s.Errorf("Capabilities: %s has the unknown value %d", name, support)
		}
	}
	for _, rule := range []struct {
		ok   bool
		text string
	}{
		{c.MaxDescriptionChars >= 0, "MaxDescriptionChars is negative"},
		{c.Consistency >= 0, "Consistency is negative"},
		{c.List == driver.None || c.MaxPage > 0, "List without MaxPage"},
		{c.APIKeyRoles == driver.None || c.CreateAPIKey != driver.None, "APIKeyRoles without CreateAPIKey"},
	} {
		if !rule.ok {
			s.Errorf("Capabilities: %s", rule.text)
		}
	}
	if c.Create != driver.None || c.Update != driver.None {
		s.checkRule("Name", c.Name)
	}
	if c.CreateAPIKey != driver.None || c.CreateAPIKeyWith != driver.None {
		s.checkRule("APIKeyName", c.APIKeyName)
	}
	var names []string
	for _, o := range c.Options {
		if o.Name == "" || o.Doc == "" || slices.Contains(names, o.Name) {
			s.Errorf("Capabilities: the option %q lacks a name of its own or a sentence that says what it is for", o.Name)
		}
		names = append(names, o.Name)
	}
	for i, language := range c.Languages {
		if language == "" || slices.Contains(c.Languages[:i], language) {
			s.Errorf("Capabilities: the language %q is empty or declared twice", language)
		}
	}
}

// checkRule checks that a rule for names lets plain names through.
func (s *suite) checkRule(what string, r driver.NameRule) {
	if r.MaxBytes < 0 || r.MaxChars < 0 {
		s.Errorf("Capabilities: %s has a negative limit", what)
	}
	if len(conformance.Plain(r.Alphabet)) < 2 {
		s.Errorf("Capabilities: the alphabet of %s has no two letters or digits", what)
	} else if err := r.Check(what, conformance.Plain(r.Alphabet)[:1]); err != nil {
		s.Errorf("Capabilities: %s refuses a name of one plain character: %v", what, err)
	}
}

func (s *suite) declarationsStable() {
	before := s.svc.Operations()
	if s.caps.Own != driver.None {
		s.get("")
	}
	for i := range 3 {
		if !reflect.DeepEqual(s.svc.Capabilities(), s.caps) {
			s.Errorf("Capabilities changed at call %d", i+2)
		}
	}
	if !reflect.DeepEqual(s.svc.Operations(), before) {
		s.Errorf("Operations changed")
	}
}

// operationTable: making something is never repeated, and what changes something is not called read-only.
func (s *suite) operationTable() {
	var (
		reads   = []policy.Idempotency{policy.ReadOnly}
		makes   = []policy.Idempotency{policy.NonIdempotent}
		changes = []policy.Idempotency{policy.Idempotent, policy.NonIdempotent}
	)
	_, creates := s.svc.(driver.Creator)
	_, lists := s.svc.(driver.Lister)
	_, updates := s.svc.(driver.Updater)
	_, deletes := s.svc.(driver.Deleter)
	_, keys := s.svc.(driver.APIKeyLister)
	_, createsKey := s.svc.(driver.APIKeyCreator)
	_, deletesKey := s.svc.(driver.APIKeyDeleter)
	_, limits := s.svc.(driver.UsageLimiter)
	_, transfers := s.svc.(driver.OwnerTransferrer)
	s.CheckTable(s.svc.Operations(), []conformance.Row{
		{Name: driver.OpGet, Implemented: true, Classes: reads},
		{Name: driver.OpCreate, Implemented: creates, Classes: makes},
		{Name: driver.OpList, Implemented: lists, Classes: reads},
		{Name: driver.OpUpdate, Implemented: updates, Classes: changes},
		{Name: driver.OpDelete, Implemented: deletes, Classes: changes},
		{Name: driver.OpAPIKeys, Implemented: keys, Classes: reads},
		{Name: driver.OpCreateAPIKey, Implemented: createsKey, Classes: makes},
		{Name: driver.OpDeleteAPIKey, Implemented: deletesKey, Classes: changes},
		{Name: driver.OpUsageLimits, Implemented: limits, Classes: reads},
		{Name: driver.OpSetUsageLimits, Implemented: limits, Classes: changes},
		{Name: driver.OpTransferOwner, Implemented: transfers, Classes: changes},
	})
}

// interfacesAgree opens the service by package workspace, which compares capabilities with interfaces.
func (s *suite) interfacesAgree() { _ = s.service() }
