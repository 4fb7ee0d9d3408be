package workspace_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/secret"
	"github.com/crosscloud-sdk/crosscloud/workspace"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// No printed form of what is returned holds a secret, wherever it is nested.
func TestNothingPrintsSecrets(t *testing.T) {
	key := driver.APIKey{ID: "key-1", Name: "deploy", Secret: secret.New(canary)}
	info := driver.Info{ID: "ws-1", Name: "checkout", Secrets: map[string]secret.String{"token": secret.New(canary)}}
	f := newFake().answer(driver.OpCreate, &driver.CreateResponse{Workspace: info, APIKey: &key, Fault: "ft.Half"})
	w := over(t, f, whole{f})
	made, err := w.Create(t.Context(), "checkout", workspace.WithAPIKey("deploy"))
	if made == nil || err == nil {
		t.Fatal(made, err)
	}
	if made.APIKey.Secret.Reveal() != canary || made.Info.Secrets["token"].Reveal() != canary {
		t.Error("the secrets are lost")
	}
	for what, v := range map[string]any{
		"Created": made, "Created by value": *made, "Info": made.Info, "APIKey": made.APIKey, "error": err, "Workspace": made.Workspace, "Service": w.Service,
		"nested": struct {
			Info *workspace.Info
			Keys []workspace.APIKey
			Any  any
		}{&made.Info, []workspace.APIKey{key}, map[string]*workspace.APIKey{"k": &key}},
		"hidden": struct {
			info workspace.Info
			key  *workspace.APIKey
			keys map[string]workspace.APIKey
		}{made.Info, &key, map[string]workspace.APIKey{"k": key}},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
				t.Errorf("%s printed as %s: %s", what, verb, text)
			}
		}
		if text, err := json.Marshal(v); err != nil || bytes.Contains(text, []byte(canary)) {
			t.Errorf("%s as JSON: %s, %v", what, text, err)
		}
		var log bytes.Buffer
		for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
			slog.New(h).Info("made", "what", v)
		}
		if strings.Contains(log.String(), canary) {
			t.Errorf("%s in a log: %s", what, log.String())
		}
	}
}

func TestPrintedHandles(t *testing.T) {
	f := newFake()
	w := over(t, f, whole{f})
	for want, handle := range map[string]any{
		"workspace ws-1": w.workspace("ws-1"), "workspace of the credentials": w.workspace(""), "workspaces of provider 'prov'": w.Service,
	} {
		want = strings.ReplaceAll(want, "'", `"`)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
			if got := fmt.Sprintf(verb, handle); got != want {
				t.Errorf("%s prints %q", verb, got)
			}
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("opened", "what", handle)
		if want, _ := json.Marshal(want); !strings.Contains(log.String(), string(want)) {
			t.Errorf("logged %s", log.String())
		}
	}
}
