package workspacetest

import (
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/workspace"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// portableChecks: package workspace over the driver, as programs use it.
func portableChecks() []check {
	return []check{
		{"Portable/Refuses", nil, (*suite).refuses},
		{"Portable/Life", []need{needMake}, (*suite).life},
	}
}

// refuses: what the capabilities exclude is refused, and nothing is sent.
func (s *suite) refuses() {
	svc, c := s.service(), &s.caps
	w, err := svc.Workspace(s.ctx, s.addressable())
	s.Must("Workspace", err)
	create := func(opts ...workspace.CreateOption) func() error {
		return func() error {
			_, err := svc.Create(s.ctx, s.name("r"), append(s.options(), opts...)...)
			return err
		}
	}
	for _, refused := range []struct {
		support driver.Support
		what    string
		call    func() error
	}{
		{c.Create, "Create", create()},
		{c.List, "Workspaces", func() error {
			for _, err := range svc.Workspaces(s.ctx) {
				return err
			}
			return nil
		}},
		{c.Update, "Update", func() error { return w.Update(s.ctx, workspace.SetName(s.name("r"))) }},
		{c.Delete, "Delete", func() error { return w.Delete(s.ctx) }},
		{c.APIKeys, "APIKeys", func() error {
			for _, err := range w.APIKeys(s.ctx) {
				return err
			}
			return nil
		}},
		{c.CreateAPIKey, "CreateAPIKey", func() error {
			_, err := w.CreateAPIKey(s.ctx, "name")
			return err
		}},
		{c.DeleteAPIKey, "DeleteAPIKey", func() error { return w.DeleteAPIKey(s.ctx, "id") }},
		{c.UsageLimits, "UsageLimits", func() error {
			_, err := w.UsageLimits(s.ctx)
			return err
		}},
		{c.UsageLimits, "SetUsageLimits", func() error {
			return w.SetUsageLimits(s.ctx, map[string]driver.UsageLimit{"logging": {Value: "1"}})
		}},
		{c.TransferOwner, "TransferOwner", func() error { return w.TransferOwner(s.ctx, "account") }},
	} {
		if refused.support == driver.None {
			s.Unsent(refused.what, errs.Unsupported, refused.call)
		}
	}
	if c.Create == driver.None {
		return
	}
	s.Unsent("Create with an unknown option", errs.InvalidArgument, create(workspace.ProviderOption("wst_unknown", "text")))
	s.Unsent("Create with two descriptions", errs.InvalidArgument, create(workspace.Description(""), workspace.Description("")))
	if c.Description == driver.None {
		s.Unsent("Create with a description", errs.Unsupported, create(workspace.Description("text")))
	}
	if len(c.Languages) == 0 {
		s.Unsent("Create in a language", errs.Unsupported, create(workspace.Language("en")))
	}
	if c.CreateAPIKeyWith == driver.None {
		s.Unsent("Create with an API key", errs.Unsupported, create(workspace.WithAPIKey("name")))
	}
}

// addressable returns the id of a workspace that need not exist.
func (s *suite) addressable() string {
	if s.caps.Own != driver.None {
		return ""
	}
	return s.name("none")
}

// life: a workspace is made, described, listed and deleted.
func (s *suite) life() {
	svc, name := s.service(), s.name("life")
	opts := s.options()
	if s.caps.CreateAPIKeyWith != driver.None {
		opts = append(opts, workspace.WithAPIKey(s.keyName("life")))
	}
	made, err := svc.Create(s.ctx, name, opts...)
	if made != nil {
		s.noteMade(made.Info.ID)
	}
	s.wrote()
	s.Must("Create", err)
	s.wantInfo("Create", made.Info, made.Workspace.ID(), name)
	if s.caps.CreateAPIKeyWith != driver.None && made.APIKey.Secret.IsEmpty() {
		s.Errorf("Create: the API key has no secret")
	}
	s.settle()
	if s.caps.Get == driver.Native {
		info, err := made.Workspace.Describe(s.ctx)
		s.Must("Describe", err)
		s.wantInfo("Describe", info, made.Info.ID, name)
	}
	if s.caps.Delete == driver.None {
		return
	}
	s.Must("Delete", made.Workspace.Delete(s.ctx))
	s.wrote()
	s.settle()
	if s.caps.Get == driver.Native {
		_, err := made.Workspace.Describe(s.ctx)
		s.WantCode("Describe of a deleted workspace", err, errs.NotFound)
	}
	s.WantCode("Delete again", svc.Delete(s.ctx, made.Info.ID), errs.NotFound)
}
