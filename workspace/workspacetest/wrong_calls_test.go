package workspacetest

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// onErrors exchanges the errors of describing and of deleting a key.
func onErrors(change func(*errs.Error) error) func(*fake) {
	return func(f *fake) {
		failed(&f.get, change)
		failed(&f.deleteKey, change)
	}
}

func wrongCalls() []wrong {
	return []wrong{
		{"ignores the context of a get", "bare", "Context/Canceled Context/Deadline", func(f *fake) { deaf(&f.get) }},
		{"ignores the context of an update", "full", "Context/Canceled Context/NothingDone", func(f *fake) { deaf(&f.update) }},
		{"ignores the context of a key", "full", "Context/Deadline Context/NothingDone", func(f *fake) { deaf(&f.createKey) }},
		{"ignores the context of a creation", "full", "Context/CreateNothing", func(f *fake) { deaf(&f.create) }},
		{"waits on when the context ends", "full", "Context/Prompt", func(f *fake) {
			told(&f.keys, func(*driver.APIKeysRequest, *driver.APIKeysResponse) { time.Sleep(12 * time.Millisecond) })
		}},
		{"calls the end of a deadline a cancellation", "open", "Context/Deadline", onErrors(func(e *errs.Error) error {
			if e.Code == errs.DeadlineExceeded {
				e.Code = errs.Canceled
			}
			return e
		})},
		{"hides the cause of a cancellation", "open", "Context/Canceled", onErrors(func(e *errs.Error) error { e.Err = nil; return e })},
		{"takes a key back when the context ends", "full", "Context/EndsAfterReturn", func(f *fake) {
			right := f.createKey
			f.createKey = func(ctx context.Context, req *driver.CreateAPIKeyRequest) (*driver.CreateAPIKeyResponse, error) {
				res, err := right(ctx, req)
				if err == nil {
					workspace := req.WorkspaceID
					context.AfterFunc(ctx, func() {
						_, _ = f.account.deleteKey(context.Background(), &driver.DeleteAPIKeyRequest{WorkspaceID: workspace, KeyID: res.APIKey.ID})
					})
				}
				return res, err
			}
		}},
		{"takes one call at a time", "full", "Concurrent/AllMethods", func(f *fake) {
			var busy atomic.Int64
			right := f.get
			f.get = func(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
				defer busy.Add(-1)
				if busy.Add(1) > 1 {
					return nil, refuse(errs.Conflict, "busy")
				}
				time.Sleep(time.Millisecond)
				return right(ctx, req)
			}
		}},

		{"changes the request of a creation", "full", "Ownership/Create", func(f *fake) {
			told(&f.create, func(req *driver.CreateRequest, _ *driver.CreateResponse) { req.Options["more"] = "text" })
		}},
		{"keeps the name of a request", "full", "Ownership/Update", func(f *fake) {
			var name *string
			told(&f.update, func(req *driver.UpdateRequest, _ *driver.UpdateResponse) { name = req.Name })
			told(&f.get, func(_ *driver.GetRequest, res *driver.GetResponse) {
				if name != nil {
					res.Workspace.Name = *name
				}
			})
		}},
		{"shares what it tells", "full", "Ownership/Info", func(f *fake) {
			vendor := json.RawMessage(`{"shared":true}`)
			told(&f.get, func(_ *driver.GetRequest, res *driver.GetResponse) { res.Workspace.Vendor = vendor })
		}},

		{"returns errors of its own", "full", "Errors/Typed", func(f *fake) {
			failed(&f.limits, func(e *errs.Error) error { return errors.New(e.Message) })
		}},
		{"does not know what went wrong", "full", "Errors/Typed", onErrors(func(e *errs.Error) error { e.Code = errs.Unknown; return e })},
		{"would try again", "open", "Errors/Permanent", onErrors(func(e *errs.Error) error { e.Retry = errs.Temporary; return e })},
		{"names the operation", "open", "Errors/CallerFields", onErrors(func(e *errs.Error) error { e.Op = "get"; return e })},
		{"claims what was not done", "open", "Errors/Outcome Errors/Shape Context/Canceled", onErrors(func(e *errs.Error) error { e.Outcome = errs.Applied; return e })},
		{"calls everything internal", "open", "Errors/Shape", onErrors(func(e *errs.Error) error { e.Code = errs.Internal; return e })},

		{"tells a key's secret in Vendor", "full", "Secrets/Info", func(f *fake) {
			told(&f.get, func(_ *driver.GetRequest, res *driver.GetResponse) {
				for _, key := range f.account.spaces[res.Workspace.ID].keys {
					res.Workspace.Vendor, _ = json.Marshal(map[string]string{"sk": key.Secret.Reveal()})
				}
			})
		}},
		{"tells a token in Vendor", "full", "Secrets/Info", func(f *fake) {
			told(&f.list, func(_ *driver.ListRequest, res *driver.ListResponse) {
				for i := range res.Workspaces {
					res.Workspaces[i].Vendor, _ = json.Marshal(map[string]string{"token": res.Workspaces[i].Secrets["token"].Reveal()})
				}
			})
		}},
		{"tells its credential", "open", "Errors/Typed Errors/Shape Secrets/Errors", onErrors(func(e *errs.Error) error {
			e.Err = errors.Join(e.Err, errors.New("signed by "+hex.EncodeToString([]byte(credential))))
			return e
		})},
		{"prints its credential", "open", "Secrets/Credentials", func(f *fake) { f.shown = credential }},
		{"tells a secret in an error", "open", "Secrets/Errors", func(f *fake) {
			seen := ""
			told(&f.createKey, func(_ *driver.CreateAPIKeyRequest, res *driver.CreateAPIKeyResponse) {
				seen = res.APIKey.Secret.Reveal()
			})
			failed(&f.deleteKey, func(e *errs.Error) error { e.Message += ": " + seen; return e })
		}},
	}
}
