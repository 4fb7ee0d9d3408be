package local

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	workspacedriver "github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// The format of a file must not change unnoticed.
func TestWorkspaceRecordEncoding(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 500, time.UTC)
	for want, record := range map[string]any{
		"\x01" + `{"name":"n","description":"d","language":"zh","owner":"o","created":"2026-03-01T12:00:00.0000005Z","updated":"2026-03-01T12:00:00.0000005Z","options":{"a":"b"},"limits":{"rum":{"enabled":true,"value":1.50}}}`: &workspaceRecord{
			"n", "d", "zh", "o", at, at, map[string]string{"a": "b"}, map[string]usageLimit{"rum": {true, "1.50"}},
		},
		"\x01" + `{"name":"k","secret":"s","roles":["r"],"created":"2026-03-01T12:00:00.0000005Z"}`: &apiKeyRecord{"k", "s", []string{"r"}, at},
	} {
		if got, err := encodeJSON(record); err != nil || string(got) != want {
			t.Errorf("encoded %q, %v, want %q", got, err, want)
		}
	}
	if got := apiKeyPlace("abc"); got != "\x00\x03abc" {
		t.Errorf("the keys are at %q", got)
	}
}

func TestWorkspaceRecordsThatAreNone(t *testing.T) {
	for what, b := range map[string]string{
		"nothing": "", "no JSON": "\x01", "another version": "\x02{}", "an unknown field": "\x01{\"colour\":1}", "two objects": "\x01{}{}",
		"a secret of another kind": "\x01{\"secret\":5}", "half": "\x01{\"name\":",
	} {
		var k apiKeyRecord
		if err := decodeJSON([]byte(b), &k); !errors.Is(err, errRecord) {
			t.Errorf("%s: %+v, %v", what, k, err)
		}
	}
}

// What is damaged is Corrupt, and no secret shows.
func TestDamagedWorkspaces(t *testing.T) {
	a, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	service, err := a.WorkspaceService(WorkspaceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	res, err := service.(workspacedriver.Creator).Create(ctx, &workspacedriver.CreateRequest{Name: "n", APIKeyName: "k"})
	if err != nil {
		t.Fatal(err)
	}
	id := res.Workspace.ID
	spoil := func(bucket, key, value string) {
		t.Helper()
		if err := a.engine.update(func(w writer) error { return w.bucket(bucket).put(key, []byte(value)) }); err != nil {
			t.Fatal(err)
		}
	}
	want := func(what string, err error) {
		t.Helper()
		if errs.CodeOf(err) != errs.Corrupt || strings.Contains(err.Error(), "sk-canary") {
			t.Errorf("%s: %v", what, err)
		}
	}
	spoil(apiKeyBucket, apiKeyPlace(id)+res.APIKey.ID, "\x01{\"secret\":\"sk-canary\",\"sk-canary\":1}")
	_, err = service.(workspacedriver.APIKeyLister).APIKeys(ctx, &workspacedriver.APIKeysRequest{WorkspaceID: id})
	want("listing keys", err)
	spoil(workspaceBucket, id, "\x01{\"name\":5}")
	_, err = service.Get(ctx, &workspacedriver.GetRequest{ID: id})
	want("describing", err)
	_, err = service.(workspacedriver.Lister).List(ctx, &workspacedriver.ListRequest{})
	want("listing", err)
	name := "m"
	_, err = service.(workspacedriver.Updater).Update(ctx, &workspacedriver.UpdateRequest{ID: id, Name: &name})
	want("updating", err)
}
