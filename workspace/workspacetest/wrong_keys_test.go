package workspacetest

import (
	"context"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/secret"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

func wrongKeys() []wrong {
	newKey := func(change func(*driver.APIKey)) func(*fake) {
		return func(f *fake) {
			told(&f.createKey, func(_ *driver.CreateAPIKeyRequest, res *driver.CreateAPIKeyResponse) { change(&res.APIKey) })
		}
	}
	listed := func(change func(*driver.APIKeysResponse)) func(*fake) {
		return func(f *fake) {
			told(&f.keys, func(_ *driver.APIKeysRequest, res *driver.APIKeysResponse) { change(res) })
		}
	}
	asksKey := func(change func(*driver.CreateAPIKeyRequest)) func(*fake) {
		return func(f *fake) { asked(&f.createKey, change) }
	}
	return []wrong{
		{"tells no secret", "full", "Keys/Create", newKey(func(k *driver.APIKey) { k.Secret = secret.String{} })},
		{"tells no id of a key", "open", "Keys/Create", newKey(func(k *driver.APIKey) { k.ID = "" })},
		{"has a secret for all", "full", "Keys/Differ Keys/Listed", newKey(func(k *driver.APIKey) { k.Secret = secret.New("sk-for-all") })},
		{"tells the secret as the id", "full", "Keys/Create Secrets/Keys", newKey(func(k *driver.APIKey) { k.ID = k.Secret.Reveal() })},
		{"tells a wrong time of a key", "full", "Keys/Create", newKey(func(k *driver.APIKey) { k.CreatedAt = time.UnixMilli(1e6) })},
		{"takes shorter names of keys", "full", "Keys/NameLimit", func(f *fake) {
			f.account.caps.APIKeyName.MaxBytes = 39
			declaring(func(c *driver.Capabilities) { c.APIKeyName.MaxBytes = 40 })(f)
		}},
		{"cuts names of keys", "full", "Keys/NameOverLimit", asksKey(func(req *driver.CreateAPIKeyRequest) { req.Name = cut(req.Name, 40) })},
		{"lists keys twice", "full", "Keys/Listed", listed(func(res *driver.APIKeysResponse) { res.APIKeys = append(res.APIKeys, res.APIKeys...) })},
		{"lists the first page of keys only", "open", "Keys/Listed Concurrent/Keys", listed(func(res *driver.APIKeysResponse) { res.Cursor = "" })},
		{"lists secrets of others", "full", "Keys/Listed", listed(func(res *driver.APIKeysResponse) {
			for i := range res.APIKeys {
				res.APIKeys[i].Secret = secret.New("sk-of-others")
			}
		})},
		{"lists secrets as names", "full", "Secrets/Keys", listed(func(res *driver.APIKeysResponse) {
			for i := range res.APIKeys {
				res.APIKeys[i].Name = res.APIKeys[i].Secret.Reveal()
			}
		})},
		{"gives one role", "full", "Keys/Roles", asksKey(func(req *driver.CreateAPIKeyRequest) { req.Roles = req.Roles[:min(1, len(req.Roles))] })},
		{"deletes no key", "full", "Keys/Delete Keys/DeleteMissing", func(f *fake) {
			f.deleteKey = func(ctx context.Context, _ *driver.DeleteAPIKeyRequest) (*driver.DeleteAPIKeyResponse, error) {
				return respond(&driver.DeleteAPIKeyResponse{}, ended(ctx))
			}
		}},
		{"deletes keys that are missing", "open", "Keys/DeleteMissing Errors/Shape", func(f *fake) { swallow(&f.deleteKey, errs.NotFound) }},
		{"lists the keys of all", "full", "Keys/Apart", func(f *fake) {
			f.keys = func(ctx context.Context, req *driver.APIKeysRequest) (*driver.APIKeysResponse, error) {
				if _, err := f.get(ctx, &driver.GetRequest{ID: req.WorkspaceID}); err != nil {
					return nil, err
				}
				res := &driver.APIKeysResponse{}
				f.account.mu.Lock()
				defer f.account.mu.Unlock()
				for _, s := range f.account.spaces {
					res.APIKeys = append(res.APIKeys, s.keys...)
				}
				return res, nil
			}
		}},
		{"loses keys that are made at once", "full", "Concurrent/Keys", func(f *fake) {
			last := ""
			told(&f.createKey, func(req *driver.CreateAPIKeyRequest, res *driver.CreateAPIKeyResponse) {
				f.account.mu.Lock()
				busy := last != ""
				last = res.APIKey.ID
				f.account.mu.Unlock()
				time.Sleep(time.Millisecond)
				if busy {
					_, _ = f.account.deleteKey(context.Background(), &driver.DeleteAPIKeyRequest{WorkspaceID: req.WorkspaceID, KeyID: res.APIKey.ID})
				}
			})
		}},
		{"keeps the roles of the request", "full", "Ownership/Roles", func(f *fake) {
			told(&f.createKey, func(req *driver.CreateAPIKeyRequest, res *driver.CreateAPIKeyResponse) { res.APIKey.Roles = req.Roles })
		}},

		{"puts no limit in force", "full", "Limits/Set Limits/Portable", func(f *fake) {
			told(&f.limits, func(_ *driver.UsageLimitsRequest, res *driver.UsageLimitsResponse) {
				for kind, l := range res.Limits {
					l.Enabled = false
					res.Limits[kind] = l
				}
			})
		}},
		{"replaces all limits", "full", "Limits/KeepsOthers", func(f *fake) {
			right := f.setLimits
			f.setLimits = func(ctx context.Context, req *driver.SetUsageLimitsRequest) (*driver.SetUsageLimitsResponse, error) {
				_ = f.account.change(ctx, req.WorkspaceID, func(s *space) error { s.limits = nil; return nil })
				return right(ctx, req)
			}
		}},
		{"keeps the limits of the request", "full", "Ownership/Limits", func(f *fake) {
			told(&f.setLimits, func(req *driver.SetUsageLimitsRequest, _ *driver.SetUsageLimitsResponse) {
				_ = f.account.change(context.Background(), req.WorkspaceID, func(s *space) error { s.limits = req.Limits; return nil })
			})
		}},
		{"transfers nothing", "full", "Owner/Transfer", func(f *fake) {
			f.transfer = func(ctx context.Context, req *driver.TransferOwnerRequest) (*driver.TransferOwnerResponse, error) {
				_, err := f.get(ctx, &driver.GetRequest{ID: req.WorkspaceID})
				return respond(&driver.TransferOwnerResponse{}, err)
			}
		}},
	}
}
