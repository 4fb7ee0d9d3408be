package faultmatrix_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/workspace"
)

const kindWorkspace = "Workspaces"

func workspaceVendors() []*vendor {
	busy := emulator.WithGuance(emulator.GuanceSettings{KeyRate: 100_000, WorkspaceRate: 100_000})
	open := func() (emulator.Emulator, map[string]string) {
		em := emulator.NewGuance(emulator.InMemory(), busy)
		return em, em.Provider()
	}
	external := func() (emulator.Emulator, map[string]string) {
		em := emulator.NewGuance(emulator.InMemory(), busy)
		return em, em.ExternalProvider()
	}
	cms := func() (emulator.Emulator, map[string]string) {
		em := emulator.NewAlibabaCMS(emulator.InMemory())
		return em, em.Provider()
	}
	warm := func(ctx context.Context, c *crosscloud.Client) error {
		s, err := c.WorkspaceService(ctx, "cloud")
		if err == nil && s.Capabilities().List != workspace.None {
			for _, err := range s.Workspaces(ctx) {
				return err
			}
		}
		if err == nil && s.Capabilities().List == workspace.None {
			_, err = s.Get(ctx, "")
		}
		return err
	}
	to := func(method, path string) matcher { return byPath(method, "$/"+path) }
	return []*vendor{
		{"guance open", kindWorkspace, open, guanceScript(), guanceOps(map[string]matcher{
			"Describe": to("GET", "workspace/get"), "Create": to("POST", "workspace/create"), "Update": to("POST", "workspace/modify"),
			"CreateAPIKey": to("POST", "accesskey/add"), "DeleteAPIKey": byPath("GET", "$/delete"),
		}), warm},
		{"guance external", kindWorkspace, external, guanceScript(), guanceOps(map[string]matcher{
			"Describe": to("GET", "get"), "Create": to("POST", "workspace/create"), "Update": to("POST", "modify"), "Delete": to("POST", "delete"),
			"CreateAPIKey": to("POST", "accesskey/add"),
		}), warm},
		{"alibaba CMS", kindWorkspace, cms, alibabaScript(), cmsOps(), warm},
	}
}

// counted returns a state: how many more there are than there were, and one.
func counted[T any](w *world, all func() iter.Seq2[T, error]) func() string {
	count := func() (n int) {
		for _, err := range all() {
			w.need(err)
			n++
		}
		return n
	}
	had := count()
	return func() string { return fmt.Sprint(count()-had+1, " more") }
}

// tree is both APIs of Guance's, and the workspace that the key of the one belongs to.
type tree struct {
	w              *world
	open, external *workspace.Service // directly
	own            *workspace.Workspace
	client         *workspace.Service
	same           *workspace.Workspace // by the client
	options        []workspace.CreateOption
}

func newTree(w *world) *tree {
	em := w.em.(*emulator.Guance)
	ctx := w.t.Context()
	service := func(c *crosscloud.Client) *workspace.Service {
		return must[*workspace.Service](w.t)(c.WorkspaceService(ctx, "cloud"))
	}
	once := policy.Policy{Retry: policy.Retry{MaxAttempts: 1}}
	other, another := w.open(em.Provider(), em.DialContext, once), w.open(em.ExternalProvider(), em.DialContext, once)
	w.others = append(w.others, other, another)
	t := &tree{w: w, open: service(other), external: service(another), client: service(w.client)}
	info := must[workspace.Info](w.t)(must[*workspace.Workspace](w.t)(t.open.Workspace(ctx, "")).Describe(ctx))
	t.own = must[*workspace.Workspace](w.t)(t.open.Workspace(ctx, ""))
	id := ""
	if t.client.Capabilities().List != workspace.None { // the External API, where every workspace has to be named
		id = info.ID
		t.options = []workspace.CreateOption{workspace.ProviderOption("owner_uuid", emulator.GuanceAccount)}
	}
	t.same = must[*workspace.Workspace](w.t)(t.client.Workspace(ctx, id))
	w.need(t.own.Update(ctx, workspace.SetName("old")))
	return t
}

func (t *tree) name() string {
	info, err := t.own.Describe(t.w.t.Context())
	t.w.need(err)
	return info.Name
}

func guanceOps(requests map[string]matcher) []operation {
	one := func(name string, class policy.Idempotency, before, after string, prepare func(*tree) (func(context.Context) error, func() string)) operation {
		return operation{name: name, class: class, matches: requests[name], before: before, after: after,
			silent:  slices.Contains([]string{"Update", "Delete", "DeleteAPIKey"}, name),
			prepare: func(w *world) (func(context.Context) error, func() string) { return prepare(newTree(w)) }}
	}
	keys := func(t *tree) func() iter.Seq2[workspace.APIKey, error] {
		return func() iter.Seq2[workspace.APIKey, error] { return t.own.APIKeys(t.w.t.Context()) }
	}
	all := []operation{
		one("Describe", policy.ReadOnly, "old", "old", func(t *tree) (func(context.Context) error, func() string) {
			return func(ctx context.Context) error {
				info, err := t.same.Describe(ctx)
				if err == nil && info.Name != "old" {
					return errOtherAnswer
				}
				return err
			}, t.name
		}),
		one("Update", policy.Idempotent, "old", "new", func(t *tree) (func(context.Context) error, func() string) {
			return func(ctx context.Context) error { return t.same.Update(ctx, workspace.SetName("new")) }, t.name
		}),
		one("Delete", policy.Idempotent, "there", "gone", func(t *tree) (func(context.Context) error, func() string) {
			ctx := t.w.t.Context()
			made := must[*workspace.Created](t.w.t)(t.external.Create(ctx, "doomed", t.options...))
			doomed := must[*workspace.Workspace](t.w.t)(t.client.Workspace(ctx, made.Workspace.ID()))
			return func(ctx context.Context) error { return doomed.Delete(ctx) }, func() string {
				_, err := t.external.Get(t.w.t.Context(), doomed.ID())
				if errors.Is(err, errs.NotFound) {
					return "gone"
				}
				t.w.need(err)
				return "there"
			}
		}),
		one("DeleteAPIKey", policy.Idempotent, "1 more", "0 more", func(t *tree) (func(context.Context) error, func() string) {
			made := must[workspace.APIKey](t.w.t)(t.own.CreateAPIKey(t.w.t.Context(), "doomed"))
			return func(ctx context.Context) error { return t.same.DeleteAPIKey(ctx, made.ID) }, counted(t.w, keys(t))
		}),
		one("Create", policy.NonIdempotent, "1 more", "2 more", func(t *tree) (func(context.Context) error, func() string) {
			return func(ctx context.Context) error {
				made, err := t.client.Create(ctx, "made", t.options...)
				if err == nil && made.Workspace.ID() == "" {
					return errOtherAnswer
				}
				return err
			}, counted(t.w, func() iter.Seq2[workspace.Info, error] { return t.external.Workspaces(t.w.t.Context()) })
		}),
		one("CreateAPIKey", policy.NonIdempotent, "1 more", "2 more", func(t *tree) (func(context.Context) error, func() string) {
			return func(ctx context.Context) error {
				key, err := t.same.CreateAPIKey(ctx, "made")
				if err == nil && key.Secret.IsEmpty() {
					return errOtherAnswer
				}
				return err
			}, counted(t.w, keys(t))
		}),
	}
	return slices.DeleteFunc(all, func(o operation) bool { return o.matches == nil })
}

func cmsOps() []operation {
	one := func(name string, class policy.Idempotency, action string, before, after string, prepare func(w *world, direct, client *workspace.Service) (func(context.Context) error, func() string)) operation {
		match := map[string]matcher{"GetWorkspace": byPath("GET", "/workspace/"), "ListWorkspaces": byPath("GET", "$/workspace"),
			"PutWorkspace": byPath("POST", "/workspace/"), "DeleteWorkspace": byPath("DELETE", "/workspace/")}[action]
		return operation{name: name, class: class, matches: match, before: before, after: after, silent: name == "Delete", looks: name == "Create",
			prepare: func(w *world) (func(context.Context) error, func() string) {
				ctx := w.t.Context()
				direct := must[*workspace.Service](w.t)(w.direct.WorkspaceService(ctx, "cloud"))
				must[*workspace.Created](w.t)(direct.Create(ctx, "first", workspace.Description("old")))
				return prepare(w, direct, must[*workspace.Service](w.t)(w.client.WorkspaceService(ctx, "cloud")))
			}}
	}
	listed := func(w *world, s *workspace.Service) func() string {
		return counted(w, func() iter.Seq2[workspace.Info, error] { return s.Workspaces(w.t.Context()) })
	}
	return []operation{
		one("Describe", policy.ReadOnly, "GetWorkspace", "1 more", "1 more", func(w *world, direct, s *workspace.Service) (func(context.Context) error, func() string) {
			ws := must[*workspace.Workspace](w.t)(s.Workspace(w.t.Context(), "first"))
			return func(ctx context.Context) error {
				info, err := ws.Describe(ctx)
				if err == nil && info.Description != "old" {
					return errOtherAnswer
				}
				return err
			}, listed(w, direct)
		}),
		one("List", policy.ReadOnly, "ListWorkspaces", "1 more", "1 more", func(w *world, direct, s *workspace.Service) (func(context.Context) error, func() string) {
			return func(ctx context.Context) error {
				n := 0
				for info, err := range s.Workspaces(ctx) {
					if err != nil {
						return err
					}
					if info.ID == "first" {
						n++
					}
				}
				if n != 1 {
					return errOtherAnswer
				}
				return nil
			}, listed(w, direct)
		}),
		one("Delete", policy.Idempotent, "DeleteWorkspace", "1 more", "0 more", func(w *world, direct, s *workspace.Service) (func(context.Context) error, func() string) {
			ws := must[*workspace.Workspace](w.t)(s.Workspace(w.t.Context(), "first"))
			return func(ctx context.Context) error { return ws.Delete(ctx) }, listed(w, direct)
		}),
		one("Create", policy.NonIdempotent, "PutWorkspace", "1 more", "2 more", func(w *world, direct, s *workspace.Service) (func(context.Context) error, func() string) {
			return func(ctx context.Context) error {
				made, err := s.Create(ctx, "made")
				if err == nil && made.Workspace.ID() != "made" {
					return errOtherAnswer
				}
				return err
			}, listed(w, direct)
		}),
	}
}
