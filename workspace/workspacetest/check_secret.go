package workspacetest

import (
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// secretChecks: secrets are in the fields for secrets, and nowhere else.
func secretChecks() []check {
	return []check{
		{"Secrets/Info", []need{needHome}, (*suite).secretsOfInfo},
		{"Secrets/Keys", []need{needCreateKey, needHome}, (*suite).secretsOfKeys},
		{"Secrets/Errors", []need{needCreateKey, needHome}, (*suite).secretsInErrors},
	}
}

// nothingSecret reports a failure where a text field holds a secret that the check has seen.
func (s *suite) nothingSecret(what string, info driver.Info) {
	s.Helper()
	if form := s.Secrets.Printed(info); form != "" {
		s.Errorf("%s: a secret shows when the workspace is printed as %s", what, form)
	}
	if s.Secrets.In(string(info.Vendor)) {
		s.Errorf("%s: Vendor holds a secret", what)
	}
	for _, text := range []string{info.ID, info.Name, info.Description, info.Owner.ID, info.Status, info.BillingState, info.Version} {
		if s.Secrets.In(text) {
			s.Errorf("%s: a secret is in a field that is printed", what)
		}
	}
}

func (s *suite) secretsOfInfo() {
	id := s.home()
	if s.caps.CreateAPIKey != driver.None {
		s.createKey(id, "s")
	}
	s.nothingSecret("Get", s.get(id))
	if s.caps.List != driver.None {
		for _, info := range s.list() {
			s.keepSecrets(&info)
			s.nothingSecret("List", info)
		}
	}
	if !(&traits{s.h, s.caps}).canMake() {
		return
	}
	req := &driver.CreateRequest{Name: s.name("s")}
	if s.caps.CreateAPIKeyWith != driver.None {
		req.APIKeyName = s.keyName("s")
	}
	res := s.createAs(req)
	s.nothingSecret("Create", res.Workspace)
	if s.Secrets.In(res.Fault) {
		s.Errorf("Create: the fault holds a secret")
	}
	if res.APIKey != nil {
		s.nothingSecretInKey("Create", *res.APIKey)
	}
}

func (s *suite) nothingSecretInKey(what string, key driver.APIKey) {
	s.Helper()
	if form := s.Secrets.Printed(key); form != "" {
		s.Errorf("%s: a secret shows when the key is printed as %s", what, form)
	}
	if s.Secrets.In(key.ID) || s.Secrets.In(key.Name) || s.Secrets.In(key.Creator) {
		s.Errorf("%s: a secret is in a field that is printed", what)
	}
}

func (s *suite) secretsOfKeys() {
	id := s.home()
	s.nothingSecretInKey("CreateAPIKey", *s.createKey(id, "s"))
	if s.caps.APIKeys != driver.None {
		for _, key := range s.apiKeys(id) {
			s.nothingSecretInKey("APIKeys", key)
		}
	}
}

// secretsInErrors: a secret that was told does not come back in an error.
func (s *suite) secretsInErrors() {
	s.createKey(s.home(), "s")
	s.NoSecrets(s.failures())
}
