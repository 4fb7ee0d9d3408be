package local

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/secret"
	workspacedriver "github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

func (s *workspaces) create(ctx context.Context, req *workspacedriver.CreateRequest) (*workspacedriver.CreateResponse, error) {
	if err := s.account.begin(ctx); err != nil {
		return nil, err
	}
	defer s.account.leave()
	if err := s.acceptsCreate(req); err != nil {
		return nil, err
	}
	now := s.account.now().UTC()
	made := &workspaceRecord{
		Name: req.Name, Description: req.Description, Language: req.Language, Owner: localOwner,
		Created: now, Updated: now, Options: maps.Clone(req.Options),
	}
	if owner := req.Options[s.ownerOption]; owner != "" {
		made.Owner = owner
	}
	id := newID("ws-")
	if s.caps.NamesAreIDs {
		id = req.Name
	}
	var key *workspacedriver.APIKey
	if req.APIKeyName != "" {
		key = s.newKey(req.APIKeyName, nil, now)
	}
	err := s.account.write(ctx, 0, func(t *transaction) error {
		old, err := readWorkspace(t.w, id)
		switch {
		case err == nil && !s.caps.CreateReplaces:
			return errs.Refuse(errs.AlreadyExists, "there is a workspace %q", id)
		case err == nil:
			made.Created, made.Owner, made.Language, made.Limits = old.Created, old.Owner, old.Language, old.Limits
		case errs.CodeOf(err) != errs.NotFound:
			return err
		}
		if err := t.writeWorkspace(id, made); err != nil || key == nil {
			return err
		}
		return t.writeKey(id, key)
	})
	if err != nil {
		return nil, err
	}
	return &workspacedriver.CreateResponse{Workspace: s.info(id, made), APIKey: key}, nil
}

// newKey makes a key with a secret of 26 random characters.
func (s *workspaces) newKey(name string, roles []string, now time.Time) *workspacedriver.APIKey {
	if len(roles) == 0 {
		roles = []string{s.role}
	}
	return &workspacedriver.APIKey{
		ID: newID("key-"), Name: name, Secret: secret.New("local-" + rand.Text()), Roles: slices.Clone(roles), CreatedAt: now, Creator: localOwner,
	}
}

func (t *transaction) writeKey(workspace string, key *workspacedriver.APIKey) error {
	return t.writeJSON(apiKeyBucket, apiKeyPlace(workspace)+key.ID, &apiKeyRecord{
		Name: key.Name, Secret: key.Secret.Reveal(), Roles: key.Roles, Created: key.CreatedAt,
	})
}

func (s *workspaces) createAPIKey(ctx context.Context, req *workspacedriver.CreateAPIKeyRequest) (*workspacedriver.CreateAPIKeyResponse, error) {
	if err := s.acceptsKey(req.Name, req.Roles); err != nil {
		return nil, err
	}
	key := s.newKey(req.Name, req.Roles, s.account.now().UTC())
	err := s.change(ctx, req.WorkspaceID, func(t *transaction, id string, _ *workspaceRecord) error { return t.writeKey(id, key) })
	if err != nil {
		return nil, err
	}
	return &workspacedriver.CreateAPIKeyResponse{APIKey: *key}, nil
}

// keysPage is how many keys one page lists.
const keysPage = 100

func (s *workspaces) apiKeys(ctx context.Context, req *workspacedriver.APIKeysRequest) (*workspacedriver.APIKeysResponse, error) {
	res := &workspacedriver.APIKeysResponse{}
	err := s.look(ctx, req.WorkspaceID, func(r reader, workspace string, _ *workspaceRecord) (err error) {
		prefix := apiKeyPlace(workspace)
		var at place
		if req.Cursor != "" {
			if at, err = parseCursor(req.Cursor, prefix); err != nil {
				return err
			}
		}
		last := ""
		eachUnder(r.bucket(apiKeyBucket), prefix, at.after, func(where string, raw []byte) bool {
			if len(res.APIKeys) == keysPage {
				res.Cursor = place{0, last}.cursor(prefix)
				return false
			}
			last = where
			var k apiKeyRecord
			if err = decodeJSON(raw, &k); err != nil {
				err = errs.Refuse(errs.Corrupt, "workspace %q: what is stored of an API key is damaged: %w", workspace, err)
				return false
			}
			res.APIKeys = append(res.APIKeys, k.key(where[len(prefix):]))
			return true
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

func (s *workspaces) deleteAPIKey(ctx context.Context, req *workspacedriver.DeleteAPIKeyRequest) (*workspacedriver.DeleteAPIKeyResponse, error) {
	keyID := req.KeyID
	return respond[workspacedriver.DeleteAPIKeyResponse](s.change(ctx, req.WorkspaceID, func(t *transaction, id string, _ *workspaceRecord) error {
		keys, where := t.w.bucket(apiKeyBucket), apiKeyPlace(id)+keyID
		if keys == nil || keys.get(where) == nil {
			return errs.Refuse(errs.NotFound, "the workspace has no API key %q", keyID)
		}
		t.changes++
		return keys.delete(where)
	}))
}
