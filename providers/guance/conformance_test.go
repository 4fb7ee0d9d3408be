package guance_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
	"github.com/crosscloud-sdk/crosscloud/workspace/workspacetest"
)

const newOwner = "acnt_00000000000000000000000000000002"

// conform runs the suite on an emulator.
func conform(t *testing.T, api string, settings emulator.GuanceSettings, opts ...emulator.Option) {
	t.Helper()
	settings.Accounts = []string{newOwner}
	var em *emulator.Guance
	h := workspacetest.Harness{
		Open: func(t testing.TB) (svc driver.Service) {
			em, svc = emulated(t, api, settings, opts...)
			return svc
		},
		Roles:       []string{"general", "readOnly"},
		Secrets:     []string{emulator.GuanceAPIKey, emulator.GuanceSecretKey},
		VirtualTime: true,
	}
	if api == "external" {
		h.Options, h.NewOwner = map[string]string{"owner_uuid": emulator.GuanceAccount}, newOwner
	} else {
		h.Remove = func(ctx context.Context, id string) error { // a key deletes no workspace, the deployment does
			svc := openService(t, em.ExternalProvider(), providers.Host{DialContext: em.DialContext})
			_, err := svc.(driver.Deleter).Delete(ctx, &driver.DeleteRequest{ID: id})
			return err
		}
	}
	workspacetest.Run(t, h)
}

func TestConformanceOpen(t *testing.T) { conform(t, "open", emulator.GuanceSettings{}) }

// With the types that the samples have in one place or another, and the older replies.
func TestConformanceOpenOtherForms(t *testing.T) {
	conform(t, "open", emulator.GuanceSettings{OddTypes: true, OldReplies: true, EmptyAKInfo: true, DataLists: true, OmitKeySecrets: true, InvalidKeyStatus: 401})
}

func TestConformanceExternal(t *testing.T) { conform(t, "external", emulator.GuanceSettings{}) }

func TestConformanceExternalOtherForms(t *testing.T) {
	conform(t, "external", emulator.GuanceSettings{OddTypes: true, OldReplies: true, DataLists: true, OmitKeySecrets: true})
}

// TestConformanceLive runs against a real workspace:
//
//	GUANCE_ACCESS_TOKEN=… CROSSCLOUD_GUANCE_SITE=hangzhou go test -timeout 1h -run TestConformanceLive ./providers/guance
//
// It changes the name and description of the workspace that the key belongs to and puts them back, and makes and deletes
// keys. It makes no workspace, since none can be deleted.
func TestConformanceLive(t *testing.T) {
	entry := map[string]string{"api_key": os.Getenv("GUANCE_ACCESS_TOKEN"), "site": os.Getenv("CROSSCLOUD_GUANCE_SITE")}
	if entry["api_key"] == "" || entry["site"] == "" {
		t.Skip("needs a workspace: see the comment of this test")
	}
	workspacetest.Run(t, workspacetest.Harness{
		Open:    func(t testing.TB) driver.Service { return openService(t, entry, providers.Host{}) },
		Roles:   []string{"readOnly"},
		Secrets: []string{entry["api_key"]},
	})
}

// The two APIs see the same workspaces.
func TestBothAPIs(t *testing.T) {
	em, open := emulated(t, "open", emulator.GuanceSettings{})
	external := openService(t, em.ExternalProvider(), providers.Host{DialContext: em.DialContext})
	made, err := open.(driver.Creator).Create(t.Context(), &driver.CreateRequest{Name: "made", Description: "d", APIKeyName: "k", Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	seen, err := external.Get(t.Context(), &driver.GetRequest{ID: made.Workspace.ID})
	if err != nil || seen.Workspace.Name != "made" || seen.Workspace.Description != "d" {
		t.Errorf("%+v, %v", seen, err)
	}
	// The new key opens the new workspace.
	entry := em.Provider()
	entry["api_key"] = made.APIKey.Secret.Reveal()
	own, err := openService(t, entry, providers.Host{DialContext: em.DialContext}).Get(t.Context(), &driver.GetRequest{})
	if err != nil || own.Workspace.ID != made.Workspace.ID || own.Workspace.Language != "en" {
		t.Errorf("%+v, %v", own, err)
	}
	entry["api_key"] = made.APIKey.ID
	_, err = openService(t, entry, providers.Host{DialContext: em.DialContext}).Get(t.Context(), &driver.GetRequest{})
	if e := typed(t, err); e.Code != errs.Unauthenticated || !strings.Contains(e.Message, "not its id") {
		t.Errorf("by the id of the key: %v", err)
	}
}
