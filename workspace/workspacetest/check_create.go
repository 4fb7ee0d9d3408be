package workspacetest

import (
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/workspace"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// createChecks: workspaces come as they were asked for, under names that keep to the rule.
func createChecks() []check {
	return []check{
		{"Create/Tells", []need{needMake}, (*suite).createTells},
		{"Create/IDs", []need{needMake}, (*suite).createIDs},
		{"Create/Taken", []need{needMake, needSee}, (*suite).createTaken},
		{"Create/NameLimit", []need{needMake, needNameLimit}, (*suite).nameLimit},
		{"Create/NameOverLimit", []need{needMake, needNameLimit}, (*suite).nameOverLimit},
		{"Create/OddNames", []need{needMake}, (*suite).oddWorkspaces},
		{"Create/Times", []need{needMake}, (*suite).times},
	}
}

// wantInfo checks what is told of a workspace that was just made.
func (s *suite) wantInfo(what string, got driver.Info, id, name string) {
	s.Helper()
	if got.ID != id || got.Name != name {
		s.Errorf("%s: the workspace is %q with the id %q, want %q with %q", what, got.Name, got.ID, name, id)
	}
	s.validVendor(what, got.Vendor)
}

func (s *suite) createTells() {
	name := s.name("new")
	res := s.createAs(&driver.CreateRequest{Name: name})
	s.wantInfo("Create", res.Workspace, res.Workspace.ID, name)
	if res.Fault != "" {
		s.Errorf("Create: the fault %q", res.Fault)
	}
	if !(&traits{s.h, s.caps}).canSee() {
		return
	}
	info, err := s.see(res.Workspace.ID)
	s.Must("Get", err)
	s.wantInfo("Get", info, res.Workspace.ID, name)
}

// createIDs: an id is the name where that is declared, and else is new each time.
func (s *suite) createIDs() {
	seen := map[string]bool{}
	for range 3 {
		name := s.name("id")
		info := s.createAs(&driver.CreateRequest{Name: name}).Workspace
		if s.caps.NamesAreIDs && info.ID != name {
			s.Errorf("Create: the id is %q, want the name %q", info.ID, name)
		}
		if seen[info.ID] {
			s.Errorf("Create: two workspaces have the id %q", info.ID)
		}
		seen[info.ID] = true
	}
}

// createTaken: a second workspace of a name is refused or another one; it never changes the first.
func (s *suite) createTaken() {
	opts := s.options()
	text := ""
	if s.caps.Description != driver.None {
		text = "the second"
		opts = append(opts, workspace.Description(text))
	}
	first := s.create("taken")
	s.settle()
	made, err := s.service().Create(s.ctx, first.Name, opts...)
	s.wrote()
	switch {
	case err == nil && made.Info.ID == first.ID:
		s.Errorf("Create of a taken name: the workspace that was there is returned as a new one")
	case err == nil && s.caps.NamesAreIDs:
		s.Errorf("Create of a taken name: no error, though names are ids")
	case err != nil:
		s.WantCode("Create of a taken name", err, errs.AlreadyExists)
	}
	if made != nil && made.Info.ID != first.ID {
		s.noteMade(made.Info.ID)
	}
	if s.caps.NamesAreIDs && !s.caps.CreateReplaces {
		_, err := s.tryCreate(&driver.CreateRequest{Name: first.Name, Description: text})
		s.WantCode("Create of a taken name by the driver", err, errs.AlreadyExists)
	}
	now, err := s.see(first.ID)
	s.Must("Get", err)
	s.wantInfo("Get after another was to be made", now, first.ID, first.Name)
	if now.Description != first.Description {
		s.Errorf("Get after another was to be made: the description is %q, it was %q", now.Description, first.Description)
	}
}

// options returns the options of the harness for package workspace.
func (s *suite) options() []workspace.CreateOption {
	var all []workspace.CreateOption
	for name, value := range s.h.Options {
		all = append(all, workspace.ProviderOption(name, value))
	}
	return all
}

func (s *suite) nameLimit() {
	name, _ := atLimit(s.caps.Name, s.name("l"))
	info := s.createAs(&driver.CreateRequest{Name: name}).Workspace
	s.wantInfo("Create of the longest name", info, info.ID, name)
	if (&traits{s.h, s.caps}).canSee() {
		seen, err := s.see(info.ID)
		s.Must("Get", err)
		s.wantInfo("Get of the longest name", seen, info.ID, name)
	}
}

func (s *suite) nameOverLimit() {
	fits, over := atLimit(s.caps.Name, s.name("l"))
	s.Unsent("Create of a name over the limit", errs.InvalidArgument, func() error {
		_, err := s.service().Create(s.ctx, over, s.options()...)
		return err
	})
	_, err := s.tryCreate(&driver.CreateRequest{Name: over})
	s.WantCode("Create of a name over the limit by the driver", err, errs.InvalidArgument, errs.TooLarge)
	if s.named(over)+s.named(fits) > 0 {
		s.Errorf("Create of a name over the limit: a workspace was made all the same")
	}
}

// oddWorkspaces: names that the rule accepts stay what they are.
func (s *suite) oddWorkspaces() {
	for _, odd := range oddNames {
		name := s.name("") + odd
		if s.caps.Name.Check("name", name) != nil {
			s.Unsent("Create "+quote(name), errs.InvalidArgument, func() error {
				_, err := s.service().Create(s.ctx, name, s.options()...)
				return err
			})
			continue
		}
		res, err := s.tryCreate(&driver.CreateRequest{Name: name})
		if err != nil {
			s.Errorf("Create %s: %v", quote(name), err)
			continue
		}
		id := res.Workspace.ID
		s.wantInfo("Create", res.Workspace, id, name)
		if (&traits{s.h, s.caps}).canSee() {
			seen, err := s.see(id)
			s.Must("Get "+quote(name), err)
			s.wantInfo("Get", seen, id, name)
		}
		if s.caps.Delete != driver.None {
			s.Must("Delete "+quote(name), s.tryDelete(id))
		}
	}
}

// times: times are told right or not at all.
func (s *suite) times() {
	before := time.Now()
	info := s.create("time")
	after := time.Now()
	s.wantTime("Create: CreatedAt", info.CreatedAt, before, after)
	s.wantTime("Create: UpdatedAt", info.UpdatedAt, before, after)
	if (&traits{s.h, s.caps}).canSee() {
		seen, err := s.see(info.ID)
		s.Must("Get", err)
		s.wantTime("Get: CreatedAt", seen.CreatedAt, before, after)
		s.wantTime("Get: UpdatedAt", seen.UpdatedAt, before, after)
	}
}

func quote(text string) string {
	if len(text) > 80 {
		text = text[:80] + "…"
	}
	return `"` + strings.ToValidUTF8(text, "?") + `"`
}
