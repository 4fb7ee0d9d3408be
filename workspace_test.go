package crosscloud_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
	workspacedriver "github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// observatory is a provider with workspaces, and no namespaces.
type observatory struct{ zone string }

func (o *observatory) Close() error { return nil }

func (o *observatory) Workspaces(_ context.Context, s *providers.Settings) (workspacedriver.Service, error) {
	return &observatory{zone: s.Text("zone")}, nil
}

func (o *observatory) Capabilities() workspacedriver.Capabilities {
	return workspacedriver.Capabilities{Own: workspacedriver.Native, Get: workspacedriver.Native}
}

func (o *observatory) Operations() []policy.Operation {
	return []policy.Operation{{Name: workspacedriver.OpGet, Idempotency: policy.ReadOnly}}
}

func (o *observatory) Get(_ context.Context, req *workspacedriver.GetRequest) (*workspacedriver.GetResponse, error) {
	return &workspacedriver.GetResponse{Workspace: workspacedriver.Info{ID: req.ID, Name: "in " + o.zone}}, nil
}

func init() {
	providers.Register(providers.Driver{
		Name:    "observatory",
		Options: []providers.Option{{Name: "zone", PerResource: true, Default: "nowhere"}},
		Open: func(context.Context, *providers.Settings) (providers.Account, error) {
			return &observatory{}, nil
		},
	})
}

func TestWorkspace(t *testing.T) {
	client, err := crosscloud.Open(t.Context(), crosscloud.YAML("crosscloud.yaml", strings.NewReader(`
providers:
  watch: {driver: observatory, zone: east}
workspace:
  own: {provider: watch}
  other:
    provider: watch
    workspace: ${ID}
    zone: west
`)), environ(map[string]string{"ID": "w-7"}))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for name, want := range map[string]struct{ id, description string }{"own": {"", "in east"}, "other": {"w-7", "in west"}} {
		w, err := client.Workspace(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		info, err := w.Describe(t.Context())
		if err != nil || w.ID() != want.id || info.ID != want.id || info.Name != want.description {
			t.Errorf("%s has the id %q: %+v, %v", name, w.ID(), info, err)
		}
		if again, err := client.Workspace(t.Context(), name); again != w || err != nil {
			t.Errorf("%s is another handle the second time, %v", name, err)
		}
	}
	service, err := client.WorkspaceService(t.Context(), "watch")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := service.Get(t.Context(), ""); err != nil || info.Name != "in east" {
		t.Errorf("the service tells %+v, %v", info, err)
	}
	if err := service.Close(t.Context()); errs.CodeOf(err) != errs.Unsupported {
		t.Errorf("closing what the client owns: %v", err)
	}
	_, err = client.KVService(t.Context(), "watch")
	if e := wantError(t, err, errs.Unsupported, "crosscloud.KVService", "watch", "watch"); !strings.Contains(e.Message, "no key-value namespaces") {
		t.Error(e)
	}
	_, err = client.Workspace(t.Context(), "none")
	if e := wantError(t, err, errs.NotFound, "crosscloud.Workspace", "", "none"); !strings.Contains(e.Message, "it has other, own") {
		t.Error(e)
	}
	if got := client; !strings.Contains(fmt.Sprint(got), "; workspace: other, own}") {
		t.Error(fmt.Sprint(got))
	}
	w, err := client.Workspace(t.Context(), "own")
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Describe(t.Context()); errs.CodeOf(err) != errs.Closed {
		t.Errorf("after Close: %v", err)
	}
	_, err = client.Workspace(t.Context(), "own")
	wantError(t, err, errs.Closed, "crosscloud.Workspace", "watch", "own")
	_, err = client.WorkspaceService(t.Context(), "watch")
	wantError(t, err, errs.Closed, "crosscloud.WorkspaceService", "watch", "watch")
}

// A resource that says no workspace, where the credentials belong to none, is named in the error, which says what to do.
func TestWorkspaceWithoutID(t *testing.T) {
	client, err := crosscloud.Open(t.Context(),
		crosscloud.WithProvider("watch", crosscloud.Entry{"driver": "local", "like": "cms"}),
		crosscloud.WithWorkspace("checkout", crosscloud.Entry{"provider": "watch"}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Workspace(t.Context(), "checkout")
	if e := wantError(t, err, errs.InvalidArgument, "workspace.Workspace", "watch", "checkout"); !strings.Contains(e.Message, "the field workspace") {
		t.Error(e)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}

func TestWithWorkspace(t *testing.T) {
	for what, entry := range map[string]crosscloud.Entry{
		"does not say its provider": {"workspace": "w"},
		"which is not there":        {"provider": "wach"},
		`unknown field "key"`:       {"provider": "watch", "key": "k"},
	} {
		_, err := crosscloud.Open(t.Context(), crosscloud.WithProvider("watch", crosscloud.Entry{"driver": "observatory"}), crosscloud.WithWorkspace("w", entry))
		if e := wantError(t, err, errs.InvalidArgument, "crosscloud.Open", "", ""); !strings.Contains(e.Message, what) {
			t.Errorf("%v, want %s", e, what)
		}
	}
	_, err := crosscloud.Open(t.Context(), nil)
	wantError(t, err, errs.InvalidArgument, "crosscloud.Open", "", "")
}
