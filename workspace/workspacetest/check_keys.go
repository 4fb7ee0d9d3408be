package workspacetest

import (
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// keyChecks: API keys come with a secret, are listed, and go.
func keyChecks() []check {
	creates := []need{needCreateKey, needHome}
	listed := append(creates, needKeys)
	deletes := append(creates, needDeleteKey)
	return []check{
		{"Keys/Create", creates, (*suite).createsKey},
		{"Keys/Differ", creates, (*suite).keysDiffer},
		{"Keys/NameLimit", append(creates, needKeyNameLimit), (*suite).keyNameLimit},
		{"Keys/NameOverLimit", append(creates, needKeyNameLimit), (*suite).keyNameOverLimit},
		{"Keys/Listed", listed, (*suite).keysListed},
		{"Keys/Roles", append(creates, needRoles), (*suite).keyRoles},
		{"Keys/Delete", append(deletes, needKeys), (*suite).deletesKey},
		{"Keys/DeleteMissing", deletes, (*suite).deleteMissingKey},
		{"Keys/Apart", append(listed, needMake, needGet), (*suite).keysApart},
	}
}

// wantNewKey checks a key that was just made.
func (s *suite) wantNewKey(what string, key *driver.APIKey, name string) {
	s.Helper()
	if key.ID == "" || key.Name != name {
		s.Errorf("%s: the key is %q with the id %q, want %q with an id", what, key.Name, key.ID, name)
	}
	switch secret := key.Secret.Reveal(); secret {
	case "":
		s.Errorf("%s: the secret is empty", what)
	case key.ID, key.Name:
		s.Errorf("%s: the secret is the key's id or name, which are printed", what)
	}
}

func (s *suite) createsKey() {
	before := time.Now()
	name := s.keyName("new")
	key, err := s.tryCreateKey(&driver.CreateAPIKeyRequest{WorkspaceID: s.home(), Name: name})
	s.Must("CreateAPIKey", err)
	s.wantNewKey("CreateAPIKey", key, name)
	s.wantTime("CreateAPIKey: CreatedAt", key.CreatedAt, before, time.Now())
	portable, err := s.portable().CreateAPIKey(s.ctx, name)
	s.Must("CreateAPIKey by package workspace", err)
	s.noteKey(s.home(), &portable)
	s.wrote()
	s.wantNewKey("CreateAPIKey by package workspace", &portable, name)
}

// keysDiffer: each key has an id and a secret of its own, even under the same name.
func (s *suite) keysDiffer() {
	name := s.keyName("same")
	ids, secrets := map[string]bool{}, map[string]bool{}
	for range 3 {
		key, err := s.tryCreateKey(&driver.CreateAPIKeyRequest{WorkspaceID: s.home(), Name: name})
		if errs.CodeOf(err) == errs.AlreadyExists {
			key = s.createKey(s.home(), "other")
		} else {
			s.Must("CreateAPIKey", err)
		}
		if ids[key.ID] || secrets[key.Secret.Reveal()] {
			s.Errorf("CreateAPIKey: two keys have the same id or secret")
		}
		ids[key.ID], secrets[key.Secret.Reveal()] = true, true
	}
}

func (s *suite) keyNameLimit() {
	name, _ := atLimit(s.caps.APIKeyName, s.keyName("l"))
	key, err := s.tryCreateKey(&driver.CreateAPIKeyRequest{WorkspaceID: s.home(), Name: name})
	s.Must("CreateAPIKey of the longest name", err)
	s.wantNewKey("CreateAPIKey of the longest name", key, name)
}

func (s *suite) keyNameOverLimit() {
	_, over := atLimit(s.caps.APIKeyName, s.keyName("l"))
	w := s.portable()
	s.Unsent("CreateAPIKey of a name over the limit", errs.InvalidArgument, func() error {
		_, err := w.CreateAPIKey(s.ctx, over)
		return err
	})
	_, err := s.tryCreateKey(&driver.CreateAPIKeyRequest{WorkspaceID: s.home(), Name: over})
	s.WantCode("CreateAPIKey of a name over the limit by the driver", err, errs.InvalidArgument, errs.TooLarge)
}

// keysListed: each key is listed once, and never with the secret of another.
func (s *suite) keysListed() {
	id := s.home()
	made := []*driver.APIKey{s.createKey(id, "a"), s.createKey(id, "b"), s.createKey(id, "c")}
	for _, key := range made {
		listed, count := s.inKeys(id, key.ID)
		if count != 1 || listed.Name != key.Name {
			s.Errorf("APIKeys: the key is there %d times, as %v, want as %v", count, listed, *key)
		}
		if !listed.Secret.IsEmpty() && listed.Secret != key.Secret {
			s.Errorf("APIKeys: the secret is another than the key was made with")
		}
	}
	found := 0
	for key, err := range s.portable().APIKeys(s.ctx) {
		s.Must("APIKeys by package workspace", err)
		if slices.ContainsFunc(made, func(m *driver.APIKey) bool { return m.ID == key.ID }) {
			found++
		}
	}
	if found != len(made) {
		s.Errorf("APIKeys by package workspace: %d of %d keys are there", found, len(made))
	}
}

func (s *suite) keyRoles() {
	id := s.home()
	key, err := s.tryCreateKey(&driver.CreateAPIKeyRequest{WorkspaceID: id, Name: s.keyName("role"), Roles: slices.Clone(s.h.Roles)})
	s.Must("CreateAPIKey with roles", err)
	s.wantRoles("CreateAPIKey", key.Roles)
	if s.caps.APIKeys != driver.None {
		listed, _ := s.inKeys(id, key.ID)
		s.wantRoles("APIKeys", listed.Roles)
	}
}

func (s *suite) wantRoles(what string, got []string) {
	s.Helper()
	got, want := slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(s.h.Roles))
	if len(got) > 0 && !slices.Equal(got, want) {
		s.Errorf("%s: the roles are %q, want %q", what, got, want)
	}
}

func (s *suite) deletesKey() {
	id := s.home()
	key, other := s.createKey(id, "del"), s.createKey(id, "stays")
	s.Must("DeleteAPIKey", s.tryDeleteKey(id, key.ID))
	if _, count := s.inKeys(id, key.ID); count > 0 {
		s.Errorf("APIKeys: the deleted key is there")
	}
	if _, count := s.inKeys(id, other.ID); count != 1 {
		s.Errorf("APIKeys: another key than the deleted one is there %d times", count)
	}
}

func (s *suite) deleteMissingKey() {
	id := s.home()
	key := s.createKey(id, "del")
	s.Must("DeleteAPIKey", s.tryDeleteKey(id, key.ID))
	s.WantCode("DeleteAPIKey again", s.tryDeleteKey(id, key.ID), errs.NotFound)
	s.WantCode("DeleteAPIKey of a missing key", s.tryDeleteKey(id, alike(key.ID)), errs.NotFound)
}

// keysApart: the keys of one workspace are not those of another.
func (s *suite) keysApart() {
	one, two := s.create("one").ID, s.create("two").ID
	key := s.createKey(one, "a")
	if _, count := s.inKeys(two, key.ID); count > 0 {
		s.Errorf("APIKeys: the key of another workspace is there")
	}
	if s.caps.DeleteAPIKey != driver.None {
		s.WantCode("DeleteAPIKey of a key of another workspace", s.tryDeleteKey(two, key.ID), errs.NotFound)
	}
	if _, count := s.inKeys(one, key.ID); count != 1 {
		s.Errorf("APIKeys: the key is there %d times after another workspace was asked to delete it", count)
	}
}
