package consistency_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/workspace"
)

// workspaceCloud is a cloud with workspaces.
type workspaceCloud struct {
	name   string
	open   func(...emulator.Option) (emulator.Emulator, crosscloud.Entry)
	vendor vendor
	create []workspace.CreateOption
}

func workspaceClouds() []workspaceCloud {
	return []workspaceCloud{
		{
			name: "guance",
			open: func(opts ...emulator.Option) (emulator.Emulator, crosscloud.Entry) {
				em := emulator.NewGuance(opts...)
				return em, em.ExternalProvider()
			},
			vendor: vendor{throttling: []string{"ft.TriggerApiAkCurrentLimiting"}, internal: []string{"ft.InternalError"}, creating: []string{"CreateWorkspace"}},
			create: []workspace.CreateOption{workspace.ProviderOption("owner_uuid", emulator.GuanceAccount)},
		},
		{
			name: "cms",
			open: func(opts ...emulator.Option) (emulator.Emulator, crosscloud.Entry) {
				em := emulator.NewAlibabaCMS(opts...)
				return em, em.Provider()
			},
			vendor: vendor{throttling: []string{"Throttling.User"}, internal: []string{"InternalError"}, creating: []string{"PutWorkspace"}},
		},
	}
}

// spaceCell is what is known of a workspace.
type spaceCell struct{ id, name string }

// workspaceRun is a run over workspaces, of which each worker has its own.
type workspaceRun struct {
	*run
	cloud             workspaceCloud
	service, overseer *workspace.Service
	caps              workspace.Capabilities

	listing sync.Mutex
	list    []workspace.Info
	listed  int // the round

	workers [workers]struct {
		spaces []*spaceCell
		made   int
	}
}

func TestWorkspacesWithFaults(t *testing.T) {
	for _, c := range workspaceClouds() {
		for _, seed := range seeds(t, 4) {
			t.Run(c.name, func(t *testing.T) { t.Parallel(); workspacesWithFaults(t, c, seed, 10_000) })
		}
	}
}

func workspacesWithFaults(t *testing.T, c workspaceCloud, seed uint64, operations int) {
	synctest.Test(t, func(t *testing.T) {
		em, entry := c.open(emulator.InMemory(), emulator.WithoutRateLimit())
		defer em.Close()
		r := &workspaceRun{run: newRun(t, seed, em, c.vendor), cloud: c}
		open := func(counted bool) *workspace.Service {
			s, err := r.open(counted, entry).WorkspaceService(t.Context(), "cloud")
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		r.service, r.overseer = open(true), open(false)
		r.caps = r.service.Capabilities()
		r.work(operations, r.step)
		r.close(c.name+" workspaces", operations)
	})
}

func (r *workspaceRun) step(w int, rng *rand.Rand) func() {
	me := &r.workers[w]
	n := rng.IntN(100)
	if len(me.spaces) == 0 || len(me.spaces) < 4 && n < 15 {
		return r.create(w)
	}
	s := me.spaces[rng.IntN(len(me.spaces))]
	ctx := r.t.Context()
	switch {
	case n < 45 && r.caps.Update != workspace.None:
		return r.rename(w, s)
	case n < 70:
		return r.remove(w, s)
	case n < 80:
		return r.look(w)
	}
	info, err := r.service.Get(ctx, s.id)
	if err != nil {
		r.failedRead("Get", err)
	} else if info.Name != s.name {
		r.errorf("Get: %q, want %q", info.Name, s.name)
	}
	return nil
}

// all lists the workspaces as they are after this round.
func (r *workspaceRun) all() []workspace.Info {
	r.listing.Lock()
	defer r.listing.Unlock()
	if r.listed == r.round && r.list != nil {
		return r.list
	}
	r.list, r.listed = []workspace.Info{}, r.round
	for info, err := range r.overseer.Workspaces(r.t.Context()) {
		if err != nil {
			r.errorf("looking at the workspaces: %v", err)
		}
		r.list = append(r.list, info)
	}
	return r.list
}

func (r *workspaceRun) create(w int) func() {
	me := &r.workers[w]
	me.made++
	name := fmt.Sprintf("w%d-s%d", w, me.made)
	made, err := r.service.Create(r.t.Context(), name, r.cloud.create...)
	return func() {
		var found []string
		for _, info := range r.all() {
			if info.Name == name {
				found = append(found, info.ID)
			}
		}
		if err != nil && !passing(err) || len(found) > 1 {
			r.errorf("Create %s: %v, made %d", name, err, len(found))
		}
		r.judge("Create "+name, err, len(found) == 0, len(found) == 1)
		if err == nil && len(found) == 1 && made.Info.ID != found[0] {
			r.errorf("Create %s returned the id %q, it is %q", name, made.Info.ID, found[0])
		}
		if len(found) > 0 {
			me.spaces = append(me.spaces, &spaceCell{id: found[0], name: name})
		}
	}
}

func (r *workspaceRun) rename(w int, s *spaceCell) func() {
	me := &r.workers[w]
	me.made++
	name := fmt.Sprintf("w%d-s%d", w, me.made)
	space, err := r.service.Workspace(r.t.Context(), s.id)
	if err == nil {
		err = space.Update(r.t.Context(), workspace.SetName(name))
	}
	return func() {
		info, looked := r.overseer.Get(r.t.Context(), s.id)
		if looked != nil {
			r.errorf("looking at %s: %v", s.id, looked)
			return
		}
		r.judge("Update "+s.id, err, info.Name == s.name, info.Name == name)
		s.name = info.Name
	}
}

func (r *workspaceRun) remove(w int, s *spaceCell) func() {
	err := r.service.Delete(r.t.Context(), s.id)
	return func() {
		_, looked := r.overseer.Get(r.t.Context(), s.id)
		gone := errors.Is(looked, errs.NotFound)
		if looked != nil && !gone {
			r.errorf("looking at %s: %v", s.id, looked)
		}
		r.judge("Delete "+s.id, err, !gone, gone)
		if gone {
			me := &r.workers[w]
			me.spaces = slices.DeleteFunc(me.spaces, func(other *spaceCell) bool { return other == s })
		}
	}
}

func (r *workspaceRun) look(w int) func() {
	var ids []string
	for info, err := range r.service.Workspaces(r.t.Context()) {
		if err != nil {
			r.failedRead("Workspaces", err)
			return nil
		}
		ids = append(ids, info.ID)
	}
	for _, s := range r.workers[w].spaces {
		if !slices.Contains(ids, s.id) {
			r.errorf("Workspaces did not list %s", s.id)
		}
	}
	return nil
}
