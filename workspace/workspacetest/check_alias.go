package workspacetest

import (
	"maps"
	"reflect"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/secret"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// aliasChecks: requests stay the caller's, responses become the caller's.
func aliasChecks() []check {
	return []check{
		{"Ownership/Create", []need{needMake}, (*suite).createOwnership},
		{"Ownership/Update", []need{needUpdate, needHome}, (*suite).updateOwnership},
		{"Ownership/Roles", []need{needCreateKey, needHome, needRoles}, (*suite).rolesOwnership},
		{"Ownership/Limits", []need{needLimits, needHome}, (*suite).limitsOwnership},
		{"Ownership/Info", []need{needHome}, (*suite).infoOwnership},
	}
}

func (s *suite) createOwnership() {
	options := map[string]string{}
	maps.Copy(options, s.h.Options)
	req := &driver.CreateRequest{Name: s.name("own"), Options: options}
	given := *req
	given.Options = maps.Clone(options)
	s.createAs(req)
	if !reflect.DeepEqual(*req, given) {
		s.Errorf("Create changed the request")
	}
}

func (s *suite) updateOwnership() {
	id := s.changeable()
	name := s.name("own")
	req := &driver.UpdateRequest{ID: id, Name: &name}
	want := name
	s.Must("Update", s.tryUpdate(req))
	if req.ID != id || req.Name != &name || name != want || req.Description != nil {
		s.Errorf("Update changed the request")
	}
	name = s.name("spoilt")
	s.wantName(id, want)
}

func (s *suite) rolesOwnership() {
	id := s.home()
	roles := append(slices.Clone(s.h.Roles), "")[:len(s.h.Roles)]
	key, err := s.tryCreateKey(&driver.CreateAPIKeyRequest{WorkspaceID: id, Name: s.keyName("own"), Roles: roles})
	s.Must("CreateAPIKey", err)
	if !slices.Equal(roles, s.h.Roles) || roles[:len(roles)+1][len(roles)] != "" {
		s.Errorf("CreateAPIKey changed the request")
	}
	roles[0] = "spoilt"
	s.wantRoles("CreateAPIKey, after the request was overwritten", key.Roles)
	if s.caps.APIKeys == driver.None {
		return
	}
	for range 2 {
		listed, _ := s.inKeys(id, key.ID)
		s.wantRoles("APIKeys, after request and responses were overwritten", listed.Roles)
		for i := range listed.Roles {
			listed.Roles[i] = "spoilt"
		}
		for i := range key.Roles {
			key.Roles[i] = "spoilt"
		}
	}
}

func (s *suite) limitsOwnership() {
	id := s.home()
	kind := s.kinds(id)[0]
	want := driver.UsageLimit{Enabled: true, Value: "44"}
	limits := map[string]driver.UsageLimit{kind: want}
	s.Must("SetUsageLimits", s.trySetLimits(id, limits))
	if len(limits) != 1 || limits[kind] != want {
		s.Errorf("SetUsageLimits changed the request")
	}
	limits[kind] = driver.UsageLimit{Value: "55"}
	s.wantLimit(id, kind, want)
	told := s.limits(id)
	told[kind] = driver.UsageLimit{Value: "66"}
	s.wantLimit(id, kind, want)
}

func (s *suite) infoOwnership() {
	id := s.home()
	want := s.get(id)
	want.Retention, want.Secrets, want.Vendor = maps.Clone(want.Retention), maps.Clone(want.Secrets), slices.Clone(want.Vendor)
	spoilt := s.get(id)
	for i := range spoilt.Vendor {
		spoilt.Vendor[i] = '!'
	}
	for kind := range spoilt.Retention {
		spoilt.Retention[kind] = -1
	}
	for name := range spoilt.Secrets {
		spoilt.Secrets[name] = secret.New("spoilt")
	}
	now := s.get(id)
	if !maps.Equal(now.Retention, want.Retention) || !maps.Equal(now.Secrets, want.Secrets) || len(now.Vendor) > 0 && now.Vendor[0] == '!' {
		s.Errorf("Get, after a response was overwritten: it tells what was written there")
	}
}
