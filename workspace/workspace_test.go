package workspace_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/secret"
	"github.com/crosscloud-sdk/crosscloud/workspace"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

func TestUpdate(t *testing.T) {
	ctx := t.Context()
	f := newFake()
	w := over(t, f, whole{f})
	ws := w.workspace("w")
	for want, changes := range map[string][]workspace.Change{
		"w name nothing":  {workspace.SetName("name")},
		"w nothing text":  {workspace.SetDescription("text")},
		"w nothing empty": {workspace.SetDescription(""), nil},
		"w name text":     {workspace.SetDescription("text"), workspace.SetName("name")},
	} {
		f.asked = nil
		if err := ws.Update(ctx, changes...); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		req := f.asked[0].(driver.UpdateRequest)
		if got := strings.Join([]string{req.ID, shown(req.Name), shown(req.Description)}, " "); got != want {
			t.Errorf("asked for %q, want %q", got, want)
		}
	}
	for what, c := range map[string]struct {
		changes []workspace.Change
		code    errs.Code
	}{
		"nothing":             {nil, errs.InvalidArgument},
		"an empty name":       {[]workspace.Change{workspace.SetName("")}, errs.InvalidArgument},
		"a long name":         {[]workspace.Change{workspace.SetName(strings.Repeat("n", 21))}, errs.InvalidArgument},
		"a long description":  {[]workspace.Change{workspace.SetName("n"), workspace.SetDescription("123456")}, errs.InvalidArgument},
		"two names":           {[]workspace.Change{workspace.SetName("n"), workspace.SetName("n")}, errs.InvalidArgument},
		"two of descriptions": {[]workspace.Change{workspace.SetDescription("n"), workspace.SetDescription("m")}, errs.InvalidArgument},
	} {
		w.refused(what, driver.OpUpdate, "w", c.code, func() error { return ws.Update(ctx, c.changes...) })
	}
	f.answer(driver.OpUpdate, fails(errs.NotFound, errs.NotApplied))
	w.failed("missing", ws.Update(ctx, workspace.SetName("n")), errs.NotFound, driver.OpUpdate, "w")

	f = newFake()
	f.caps.Description = driver.None
	w = over(t, f, whole{f})
	for _, text := range []string{"", "d"} { // to clear what is not there is refused too
		w.refused("a description", driver.OpUpdate, "w", errs.Unsupported, func() error { return w.workspace("w").Update(ctx, workspace.SetDescription(text)) })
	}
}

func shown(text *string) string {
	switch {
	case text == nil:
		return "nothing"
	case *text == "":
		return "empty"
	}
	return *text
}

func TestDelete(t *testing.T) {
	f := newFake()
	w := over(t, f, whole{f})
	if err := w.workspace("w").Delete(t.Context()); err != nil || w.f.asked[0] != (driver.DeleteRequest{ID: "w"}) {
		t.Errorf("%v, asked %+v", err, w.f.asked)
	}
	f.answer(driver.OpDelete, fails(errs.NotFound, errs.NotApplied))
	w.failed("missing", w.Delete(t.Context(), "w"), errs.NotFound, driver.OpDelete, "w")
}

func TestAPIKeys(t *testing.T) {
	ctx := t.Context()
	f := newFake()
	w := over(t, f, whole{f})
	ws := w.workspace("w")
	f.answer(driver.OpAPIKeys, &driver.APIKeysResponse{APIKeys: []driver.APIKey{{ID: "a", Secret: secret.New(canary)}}, Cursor: "2"}, &driver.APIKeysResponse{APIKeys: []driver.APIKey{{ID: "b"}}})
	got := ""
	for key, err := range ws.APIKeys(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		got += key.ID + key.Secret.Reveal()
	}
	if got != "a"+canary+"b" || !reflect.DeepEqual(w.f.asked, []any{driver.APIKeysRequest{WorkspaceID: "w"}, driver.APIKeysRequest{WorkspaceID: "w", Cursor: "2"}}) {
		t.Errorf("listed %q by %+v", got, w.f.asked)
	}
	f.answer(driver.OpAPIKeys, &driver.APIKeysResponse{Cursor: "same"})
	var failure error
	for _, failure = range ws.APIKeys(ctx) {
	}
	w.failed("the same cursor", failure, errs.Corrupt, driver.OpAPIKeys, "w")
	f.calls = nil
	f.answer(driver.OpAPIKeys, &driver.APIKeysResponse{APIKeys: []driver.APIKey{{ID: "a"}, {ID: "b"}}, Cursor: "2"})
	for range ws.APIKeys(ctx) {
		break
	}
	w.reached("breaking off", driver.OpAPIKeys)
}

func TestCreateAPIKey(t *testing.T) {
	ctx := t.Context()
	f := newFake()
	w := over(t, f, whole{f})
	ws := w.workspace("w")
	roles := []string{"reader", "writer"}
	key, err := ws.CreateAPIKey(ctx, "deploy", roles...)
	if err != nil || key.ID != "key-1" || key.Secret.Reveal() != canary {
		t.Errorf("made %v, %v", key, err)
	}
	roles[0] = "spoilt" // the request has its own
	if !reflect.DeepEqual(w.f.asked[0], driver.CreateAPIKeyRequest{WorkspaceID: "w", Name: "deploy", Roles: []string{"reader", "writer"}}) {
		t.Errorf("asked %+v", w.f.asked)
	}
	for what, call := range map[string]func() error{
		"no name":       func() error { _, err := ws.CreateAPIKey(ctx, ""); return err },
		"a long name":   func() error { _, err := ws.CreateAPIKey(ctx, "123456789"); return err },
		"an empty role": func() error { _, err := ws.CreateAPIKey(ctx, "k", "reader", ""); return err },
	} {
		w.refused(what, driver.OpCreateAPIKey, "w", errs.InvalidArgument, call)
	}
	f.answer(driver.OpCreateAPIKey, fails(errs.QuotaExceeded, errs.NotApplied))
	key, err = ws.CreateAPIKey(ctx, "k")
	if w.failed("too many", err, errs.QuotaExceeded, driver.OpCreateAPIKey, "w"); !reflect.DeepEqual(key, workspace.APIKey{}) {
		t.Errorf("made %v", key)
	}
	for what, came := range map[string]driver.APIKey{"secret": {ID: "key-2", Name: "k"}, "id": {Name: "k", Secret: secret.New(canary)}} {
		f.answer(driver.OpCreateAPIKey, &driver.CreateAPIKeyResponse{APIKey: came})
		key, err := ws.CreateAPIKey(ctx, "k")
		e := w.failed("no "+what, err, errs.Corrupt, driver.OpCreateAPIKey, "w")
		if e.Outcome != errs.Applied || !strings.Contains(e.Message, "its "+what) || !reflect.DeepEqual(key, came) || strings.Contains(fmt.Sprint(e), canary) {
			t.Errorf("no %s: %v, %v", what, key, e)
		}
	}
	f = newFake()
	f.caps.APIKeyRoles = driver.None
	w = over(t, f, whole{f})
	w.refused("a role", driver.OpCreateAPIKey, "w", errs.Unsupported, func() error { _, err := w.workspace("w").CreateAPIKey(ctx, "k", "reader"); return err })
	if _, err := w.workspace("w").CreateAPIKey(ctx, "k"); err != nil {
		t.Errorf("without roles: %v", err)
	}
}

func TestDeleteAPIKey(t *testing.T) {
	f := newFake()
	w := over(t, f, whole{f})
	ws := w.workspace("w")
	if err := ws.DeleteAPIKey(t.Context(), "k"); err != nil || w.f.asked[0] != (driver.DeleteAPIKeyRequest{WorkspaceID: "w", KeyID: "k"}) {
		t.Errorf("%v, asked %+v", err, w.f.asked)
	}
	w.refused("no id", driver.OpDeleteAPIKey, "w", errs.InvalidArgument, func() error { return ws.DeleteAPIKey(t.Context(), "") })
}

func TestUsageLimits(t *testing.T) {
	ctx := t.Context()
	f := newFake().answer(driver.OpUsageLimits, &driver.UsageLimitsResponse{Limits: map[string]driver.UsageLimit{"rum": {Enabled: true, Value: "7"}}})
	w := over(t, f, whole{f})
	ws := w.workspace("w")
	if limits, err := ws.UsageLimits(ctx); err != nil || len(limits) != 1 || limits["rum"] != (workspace.UsageLimit{Enabled: true, Value: "7"}) {
		t.Errorf("%v, %v", limits, err)
	}
	f.asked = nil
	given := map[string]workspace.UsageLimit{"rum": {Enabled: true, Value: "1.5e3"}, "logging": {Value: "0"}}
	if err := ws.SetUsageLimits(ctx, given); err != nil || !reflect.DeepEqual(f.asked[0], driver.SetUsageLimitsRequest{WorkspaceID: "w", Limits: given}) {
		t.Errorf("%v, asked %+v", err, f.asked)
	}
	delete(given, "rum")
	if len(f.asked[0].(driver.SetUsageLimitsRequest).Limits) != 2 {
		t.Error("the request shares the caller's map")
	}
	for what, limits := range map[string]map[string]workspace.UsageLimit{
		"nothing": nil, "no kind": {"": {Value: "1"}}, "no value": {"a": {}}, "a negative one": {"a": {Value: "1"}, "b": {Value: "-1"}},
		"infinity": {"a": {Value: "Inf"}}, "no number": {"a": {Value: "NaN"}}, "hexadecimal": {"a": {Value: "0x10"}}, "too much": {"a": {Value: "1e999"}},
		"a word": {"a": {Value: "true"}},
	} {
		w.refused(what, driver.OpSetUsageLimits, "w", errs.InvalidArgument, func() error { return ws.SetUsageLimits(ctx, limits) })
	}
	f.answer(driver.OpUsageLimits, fails(errs.NotFound, errs.NotApplied))
	_, err := ws.UsageLimits(ctx)
	w.failed("missing", err, errs.NotFound, driver.OpUsageLimits, "w")
}

func TestTransferOwner(t *testing.T) {
	f := newFake()
	w := over(t, f, whole{f})
	ws := w.workspace("w")
	if err := ws.TransferOwner(t.Context(), "acnt"); err != nil || w.f.asked[0] != (driver.TransferOwnerRequest{WorkspaceID: "w", AccountID: "acnt"}) {
		t.Errorf("%v, asked %+v", err, w.f.asked)
	}
	w.refused("nobody", driver.OpTransferOwner, "w", errs.InvalidArgument, func() error { return ws.TransferOwner(t.Context(), "") })
}
