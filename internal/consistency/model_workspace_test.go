package consistency_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/workspace"
)

// workspaceTarget is a driver on its emulator, or local.
type workspaceTarget struct {
	open   func(t *testing.T) *workspace.Service
	create []workspace.CreateOption
}

func workspaceTargets() map[string]workspaceTarget {
	service := func(t *testing.T, client *crosscloud.Client) *workspace.Service {
		s, err := client.WorkspaceService(t.Context(), "cloud")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	local := func(entry crosscloud.Entry) func(t *testing.T) *workspace.Service {
		return func(t *testing.T) *workspace.Service { return service(t, openClient(t, entry)) }
	}
	all := map[string]workspaceTarget{
		"local":                      {local(crosscloud.Entry{"driver": "local"}), nil},
		"local like guance-external": {local(crosscloud.Entry{"driver": "local", "like": "guance-external"}), []workspace.CreateOption{workspace.ProviderOption("owner_uuid", "someone")}},
		"local like cms":             {local(crosscloud.Entry{"driver": "local", "like": "cms"}), []workspace.CreateOption{workspace.ProviderOption("sls_project", "logs")}},
	}
	for _, c := range workspaceClouds() {
		all[c.name] = workspaceTarget{func(t *testing.T) *workspace.Service {
			em, entry := c.open(emulator.InMemory(), emulator.WithoutRateLimit())
			t.Cleanup(em.Close)
			return service(t, openClient(t, entry, crosscloud.WithDialContext(em.DialContext)))
		}, c.create}
	}
	return all
}

// spaceOp is one operation of a sequence, on one of a few workspaces.
type spaceOp struct {
	kind string
	slot int
	text string
}

func (o spaceOp) String() string {
	switch o.kind {
	case "Update":
		return fmt.Sprintf("Update %d to %s", o.slot, o.text)
	case "Workspaces":
		return o.kind
	}
	return fmt.Sprintf("%s %d", o.kind, o.slot)
}

func spaceSequence(seed uint64, length int) (ops []spaceOp) {
	rng := rand.New(rand.NewPCG(seed, 79))
	kinds := []string{"Create", "Create", "Get", "Get", "Update", "Update", "Delete", "Workspaces"}
	for i := range length {
		ops = append(ops, spaceOp{kinds[rng.IntN(len(kinds))], rng.IntN(3), fmt.Sprintf("name-%d", i)})
	}
	return ops
}

// spaceModel is what the workspaces should be.
type spaceModel struct {
	ctx     context.Context
	service *workspace.Service
	create  []workspace.CreateOption
	ids     [3]string // of each slot, also after its deletion
	names   [3]string // empty where there is none
}

func TestWorkspaceModel(t *testing.T) {
	for name, target := range workspaceTargets() {
		t.Run(name, func(t *testing.T) {
			for _, seed := range seeds(t, 1, 2, 3) {
				check(t, seed, spaceSequence(seed, 150), func(ops []spaceOp) (err error) {
					synctest.Test(t, func(t *testing.T) {
						m := &spaceModel{ctx: t.Context(), service: target.open(t), create: target.create}
						for i, o := range ops {
							if err = m.apply(o); err != nil {
								err = fmt.Errorf("operation %d, %s: %w", i+1, o, err)
								return
							}
						}
					})
					return err
				})
			}
		})
	}
}

func (m *spaceModel) apply(o spaceOp) error {
	id, name := m.ids[o.slot], m.names[o.slot]
	caps := m.service.Capabilities()
	missing := errs.Code("")
	if name == "" {
		missing = errs.NotFound
	}
	switch {
	case o.kind == "Create":
		return m.make(o, caps.NamesAreIDs)
	case o.kind == "Workspaces":
		return m.list()
	case id == "":
		return nil // it was never made
	}
	switch o.kind {
	case "Update":
		space, err := m.service.Workspace(m.ctx, id)
		if err != nil {
			return err
		}
		err = space.Update(m.ctx, workspace.SetName(o.text))
		if caps.Update == workspace.None {
			return wantCode(err, errs.Unsupported)
		}
		if missing == "" {
			m.names[o.slot] = o.text
		}
		return wantCode(err, missing)
	case "Delete":
		m.names[o.slot] = ""
		return wantCode(m.service.Delete(m.ctx, id), missing)
	}
	info, err := m.service.Get(m.ctx, id)
	if err == nil && (info.ID != id || info.Name != name) {
		return fmt.Errorf("got %s, %q; want %s, %q", info.ID, info.Name, id, name)
	}
	return wantCode(err, missing)
}

func (m *spaceModel) make(o spaceOp, namesAreIDs bool) error {
	name, want := o.text, errs.Code("")
	switch {
	case namesAreIDs:
		name = fmt.Sprintf("slot-%d", o.slot)
		if m.names[o.slot] != "" {
			want = errs.AlreadyExists
		}
	case m.names[o.slot] != "":
		return nil // names may repeat: another one would be made
	}
	made, err := m.service.Create(m.ctx, name, m.create...)
	if err != nil || want != "" {
		return wantCode(err, want)
	}
	if made.Info.ID == "" || slices.Contains(m.ids[:], made.Info.ID) && !namesAreIDs {
		return fmt.Errorf("the new id is %q, there were %q", made.Info.ID, m.ids)
	}
	m.ids[o.slot], m.names[o.slot] = made.Info.ID, name
	return nil
}

func (m *spaceModel) list() error {
	found := map[string]string{}
	for info, err := range m.service.Workspaces(m.ctx) {
		if err != nil {
			return err
		}
		if _, twice := found[info.ID]; twice {
			return errors.New(info.ID + " is listed twice")
		}
		found[info.ID] = info.Name
	}
	for slot, id := range m.ids {
		if name, there := found[id]; id != "" && (there != (m.names[slot] != "") || name != m.names[slot]) {
			return fmt.Errorf("%s is listed %v as %q, want %q", id, there, name, m.names[slot])
		}
	}
	return nil
}
