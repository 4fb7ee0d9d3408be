package workspacetest

import (
	"maps"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/workspace"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// createMoreChecks: what a workspace can be given when it is made.
func createMoreChecks() []check {
	described := []need{needMake, needDescription}
	return []check{
		{"Create/Description", described, (*suite).description},
		{"Create/DescriptionLimit", append(described, needDescriptionLimit), (*suite).descriptionLimit},
		{"Create/Language", []need{needMake, needLanguages}, (*suite).languages},
		{"Create/UnknownLanguage", []need{needMake, needLanguages}, (*suite).unknownLanguage},
		{"Create/RequiredOption", []need{needMake, conformance.That(func(k *traits) bool { return requiredOption(&k.caps) != "" }, "requires no option")}, (*suite).requiredOption},
		{"Create/UnknownOption", []need{needMake}, (*suite).unknownOption},
		{"Create/WithKey", []need{needMake, needKeyWith}, (*suite).createWithKey},
		{"Create/WithoutKey", []need{needMake}, (*suite).createWithoutKey},
	}
}

// wantDescription checks a description wherever it is told.
func (s *suite) wantDescription(id, want string) {
	s.Helper()
	if s.caps.Get == driver.Native || s.caps.List == driver.None {
		if got := s.get(id).Description; got != want {
			s.Errorf("Get: the description is %s, want %s", quote(got), quote(want))
		}
	}
	if s.caps.List != driver.None {
		if info, _ := s.inListing(id); info.Description != want {
			s.Errorf("List: the description is %s, want %s", quote(info.Description), quote(want))
		}
	}
}

func (s *suite) describedAs(text string) {
	s.Helper()
	info := s.createAs(&driver.CreateRequest{Name: s.name("d"), Description: text}).Workspace
	if info.Description != text {
		s.Errorf("Create: the description is %s, want %s", quote(info.Description), quote(text))
	}
	if (&traits{s.h, s.caps}).canSee() {
		s.wantDescription(info.ID, text)
	}
}

func (s *suite) description() {
	s.describedAs("For tests: <a> & 日本語")
	s.describedAs("")
}

func (s *suite) descriptionLimit() {
	text := strings.Repeat("é", s.caps.MaxDescriptionChars)
	s.describedAs(text)
	name := s.name("over")
	s.Unsent("Create with a description over the limit", errs.InvalidArgument, func() error {
		_, err := s.service().Create(s.ctx, name, append(s.options(), workspace.Description(text+"x"))...)
		return err
	})
	_, err := s.tryCreate(&driver.CreateRequest{Name: name, Description: text + "x"})
	s.WantCode("Create with a description over the limit by the driver", err, errs.InvalidArgument, errs.TooLarge)
	if s.named(name) > 0 {
		s.Errorf("Create with a description over the limit: the workspace was made")
	}
}

func (s *suite) languages() {
	for _, language := range s.caps.Languages {
		info := s.createAs(&driver.CreateRequest{Name: s.name("lang"), Language: language}).Workspace
		if info.Language != "" && info.Language != language {
			s.Errorf("Create: the language is %q, want %q", info.Language, language)
		}
		if (&traits{s.h, s.caps}).canSee() {
			seen, err := s.see(info.ID)
			s.Must("Get", err)
			if seen.Language != "" && seen.Language != language {
				s.Errorf("Get: the language is %q, want %q", seen.Language, language)
			}
		}
	}
}

func (s *suite) unknownLanguage() {
	name := s.name("lang")
	s.Unsent("Create in an unknown language", errs.InvalidArgument, func() error {
		_, err := s.service().Create(s.ctx, name, append(s.options(), workspace.Language("tlh"))...)
		return err
	})
	_, err := s.tryCreate(&driver.CreateRequest{Name: name, Language: "tlh"})
	s.WantCode("Create in an unknown language by the driver", err, errs.InvalidArgument, errs.Unsupported)
}

func requiredOption(c *driver.Capabilities) string {
	for _, o := range c.Options {
		if o.Required {
			return o.Name
		}
	}
	return ""
}

func (s *suite) requiredOption() {
	required, name := requiredOption(&s.caps), s.name("o")
	some := map[string]string{}
	maps.Copy(some, s.h.Options)
	delete(some, required)
	_, err := s.tryCreate(&driver.CreateRequest{Name: name, Options: some})
	s.WantCode("Create without the option "+required+" by the driver", err, errs.InvalidArgument)
	s.Unsent("Create without the option "+required, errs.InvalidArgument, func() error {
		_, err := s.service().Create(s.ctx, name)
		return err
	})
	if s.named(name) > 0 {
		s.Errorf("Create without the option %s: the workspace was made", required)
	}
	info := s.createAs(&driver.CreateRequest{Name: name}).Workspace
	s.wantInfo("Create with the option "+required, info, info.ID, name)
}

func (s *suite) unknownOption() {
	name, all := s.name("o"), map[string]string{"wst_unknown": "text"}
	maps.Copy(all, s.h.Options)
	_, err := s.tryCreate(&driver.CreateRequest{Name: name, Options: all})
	s.WantCode("Create with an unknown option by the driver", err, errs.InvalidArgument, errs.Unsupported)
	if s.named(name) > 0 {
		s.Errorf("Create with an unknown option: the workspace was made")
	}
}

func (s *suite) createWithKey() {
	name := s.keyName("with")
	res := s.createAs(&driver.CreateRequest{Name: s.name("k"), APIKeyName: name})
	if res.APIKey == nil {
		s.Fatalf("Create with an API key: no key came")
	}
	if res.Fault != "" {
		s.Errorf("Create with an API key: the fault %q", res.Fault)
	}
	s.wantNewKey("Create with an API key", res.APIKey, name)
	if s.caps.APIKeys != driver.None && s.caps.Get == driver.Native {
		if listed, count := s.inKeys(res.Workspace.ID, res.APIKey.ID); count != 1 || listed.Name != name {
			s.Errorf("APIKeys: the key that was made with the workspace is there %d times, as %v", count, listed)
		}
	}
}

func (s *suite) createWithoutKey() {
	res := s.createAs(&driver.CreateRequest{Name: s.name("k")})
	if res.APIKey != nil {
		s.Errorf("Create without an API key: one came")
	}
	if s.caps.APIKeys != driver.None && s.caps.Get == driver.Native {
		if all := s.apiKeys(res.Workspace.ID); len(all) > 0 {
			s.Errorf("APIKeys of a new workspace: %d keys", len(all))
		}
	}
}
