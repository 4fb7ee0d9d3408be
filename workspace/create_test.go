package workspace_test

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/secret"
	"github.com/crosscloud-sdk/crosscloud/workspace"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

func TestCreate(t *testing.T) {
	f := newFake()
	w := over(t, f, whole{f})
	made, err := w.Create(t.Context(), "checkout", workspace.Description("pay"), workspace.Language("zh"), workspace.WithAPIKey("deploy"), workspace.ProviderOption("plan", "free"))
	if err != nil {
		t.Fatal(err)
	}
	want := driver.CreateRequest{Name: "checkout", Description: "pay", Language: "zh", APIKeyName: "deploy", Options: map[string]string{"plan": "free"}}
	if len(w.f.asked) != 1 || !reflect.DeepEqual(w.f.asked[0], want) {
		t.Errorf("the driver was asked %+v, want %+v", w.f.asked, want)
	}
	if made.Workspace.ID() != "ws-1" || made.Info.Name != "checkout" || made.APIKey.Name != "deploy" || made.APIKey.Secret.Reveal() != canary {
		t.Errorf("made %+v with %v", made.Info, made.APIKey)
	}
	if info, err := made.Workspace.Describe(t.Context()); err != nil || info.ID != "ws-1" {
		t.Errorf("the handle tells %v, %v", info, err)
	}
	made, err = w.Create(t.Context(), "plain", nil) // no option
	if err != nil || made.APIKey != nil || !reflect.DeepEqual(w.f.asked[len(w.f.asked)-1], driver.CreateRequest{Name: "plain"}) {
		t.Errorf("without options: %+v, %v, asked %+v", made, err, w.f.asked)
	}
}

// An option or change that is nil says nothing.
func TestNilOptions(t *testing.T) {
	f := newFake()
	w := over(t, f, whole{f})
	made, err := w.Create(t.Context(), "checkout", nil, workspace.Description("pay"), nil)
	if err != nil || !reflect.DeepEqual(f.asked, []any{driver.CreateRequest{Name: "checkout", Description: "pay"}}) {
		t.Fatalf("asked %+v, %v", f.asked, err)
	}
	if err := made.Workspace.Update(t.Context(), nil, workspace.SetName("other")); err != nil {
		t.Error(err)
	}
	w.refused("no change but nil", driver.OpUpdate, "ws-1", errs.InvalidArgument, func() error { return made.Workspace.Update(t.Context(), nil) })
}

func TestCreateRefuses(t *testing.T) {
	text := func(n int) string { return strings.Repeat("é", n) }
	with := func(opts ...workspace.CreateOption) []workspace.CreateOption { return opts }
	every := func(*driver.Capabilities) {}
	for what, c := range map[string]struct {
		change func(*driver.Capabilities)
		name   string
		opts   []workspace.CreateOption
		code   errs.Code
		says   string
	}{
		"no name":                {every, "", nil, errs.InvalidArgument, "name is empty"},
		"a long name":            {every, text(21), nil, errs.InvalidArgument, "21 characters"},
		"a bad character":        {every, "a!", nil, errs.InvalidArgument, "'!'"},
		"a long description":     {every, "n", with(workspace.Description(text(6))), errs.InvalidArgument, "6 characters, at most 5"},
		"a broken description":   {every, "n", with(workspace.Description("\xff")), errs.InvalidArgument, "UTF-8"},
		"no descriptions":        {func(c *driver.Capabilities) { c.Description = driver.None }, "n", with(workspace.Description("d")), errs.Unsupported, "no description"},
		"a language":             {every, "n", with(workspace.Language("tlh")), errs.InvalidArgument, "accepted are zh, en"},
		"no languages":           {func(c *driver.Capabilities) { c.Languages = nil }, "n", with(workspace.Language("zh")), errs.Unsupported, "language"},
		"an unknown option":      {every, "n", with(workspace.ProviderOption("b", ""), workspace.ProviderOption("a", "")), errs.InvalidArgument, `option "a" is not known; this provider has plan`},
		"no options":             {func(c *driver.Capabilities) { c.Options = nil }, "n", with(workspace.ProviderOption("a", "")), errs.InvalidArgument, "has none"},
		"a missing option":       {func(c *driver.Capabilities) { c.Options[0].Required = true }, "n", nil, errs.InvalidArgument, `"plan": what to pay`},
		"an empty option":        {func(c *driver.Capabilities) { c.Options[0].Required = true }, "n", with(workspace.ProviderOption("plan", "")), errs.InvalidArgument, `"plan"`},
		"an option twice":        {every, "n", with(workspace.ProviderOption("plan", "a"), workspace.ProviderOption("plan", "b")), errs.InvalidArgument, `the option "plan" is given twice`},
		"the description twice":  {every, "n", with(workspace.Description("a"), workspace.Description("a")), errs.InvalidArgument, "given twice"},
		"the language twice":     {every, "n", with(workspace.Language("zh"), workspace.Language("en")), errs.InvalidArgument, "given twice"},
		"the key twice":          {every, "n", with(workspace.WithAPIKey("a"), workspace.WithAPIKey("b")), errs.InvalidArgument, "given twice"},
		"a key without name":     {every, "n", with(workspace.WithAPIKey("")), errs.InvalidArgument, "API key name is empty"},
		"a key with a long name": {every, "n", with(workspace.WithAPIKey(text(9))), errs.InvalidArgument, "at most 8"},
		"no key with it":         {func(c *driver.Capabilities) { c.CreateAPIKeyWith = driver.None }, "n", with(workspace.WithAPIKey("k")), errs.Unsupported, "no API key"},
	} {
		f := newFake()
		c.change(&f.caps)
		w := over(t, f, whole{f})
		e := w.refused(what, driver.OpCreate, c.name, c.code, func() error {
			made, err := w.Create(t.Context(), c.name, c.opts...)
			if made != nil {
				t.Errorf("%s: %+v was made", what, made)
			}
			return err
		})
		if !strings.Contains(e.Message, c.says) {
			t.Errorf("%s: %q does not say %q", what, e.Message, c.says)
		}
	}
}

// What was made incompletely is returned with its error, so that no secret is lost.
func TestCreateIncomplete(t *testing.T) {
	key := &driver.APIKey{ID: "key-1", Name: "k", Secret: secret.New(canary)}
	for what, c := range map[string]struct {
		res  driver.CreateResponse
		code errs.Code
		want workspace.Incomplete
	}{
		"a fault": {driver.CreateResponse{Workspace: driver.Info{ID: "w"}, APIKey: key, Fault: "ft.NoStore"}, errs.Internal, workspace.Incomplete{ID: "w", Fault: "ft.NoStore"}},
		"no key":  {driver.CreateResponse{Workspace: driver.Info{ID: "w"}}, errs.Internal, workspace.Incomplete{ID: "w", Fault: "the API key that was asked for did not come"}},
		"no secret": {driver.CreateResponse{Workspace: driver.Info{ID: "w"}, APIKey: &driver.APIKey{ID: "key-1"}}, errs.Internal,
			workspace.Incomplete{ID: "w", Fault: "the API key that was asked for did not come"}},
		"no id": {driver.CreateResponse{APIKey: key}, errs.Corrupt, workspace.Incomplete{Fault: "the provider did not tell its id; look for its name in the console"}},
	} {
		f := newFake().answer(driver.OpCreate, &c.res)
		w := over(t, f, whole{f})
		made, err := w.Create(t.Context(), "n", workspace.WithAPIKey("k"))
		e := w.failed(what, err, c.code, driver.OpCreate, "n")
		if e.Outcome != errs.Applied || e.Attempts != 1 || e.Retry != errs.Permanent {
			t.Errorf("%s: %+v", what, e)
		}
		if got, ok := errors.AsType[*workspace.Incomplete](err); !ok || *got != c.want || !strings.Contains(err.Error(), c.want.Fault) {
			t.Errorf("%s: %v", what, err)
		}
		switch {
		case made == nil || made.APIKey != c.res.APIKey || made.Info.ID != c.want.ID:
			t.Errorf("%s: made %+v", what, made)
		case c.want.ID == "" && made.Workspace != nil, c.want.ID != "" && made.Workspace.ID() != c.want.ID:
			t.Errorf("%s: the handle is %v", what, made.Workspace)
		}
		if strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the error holds the secret", what)
		}
	}
}

// Where creating replaces, the name is looked for first.
func TestCreateReplaces(t *testing.T) {
	f := newFake()
	f.caps.CreateReplaces, f.caps.NamesAreIDs = true, true
	w := over(t, f, whole{f})
	made, err := w.Create(t.Context(), "taken")
	if e := w.failed("taken", err, errs.AlreadyExists, driver.OpCreate, "taken"); made != nil || e.Outcome != errs.NotApplied {
		t.Errorf("%+v, %+v", made, e)
	}
	if w.f.asked[0] != (driver.GetRequest{ID: "taken"}) {
		t.Errorf("asked %+v", w.f.asked)
	}
	w.reached("taken", driver.OpGet)
	if last := w.ended[len(w.ended)-1]; last.Op != driver.OpCreate || !errors.Is(last.Err, errs.AlreadyExists) {
		t.Errorf("the hooks were told of %+v", last)
	}
	f.answer(driver.OpGet, fails(errs.PermissionDenied, errs.NotApplied))
	_, err = w.Create(t.Context(), "hidden")
	if e := w.failed("hidden", err, errs.PermissionDenied, driver.OpGet, "hidden"); !strings.Contains(e.Message, "no workspace was made") {
		t.Errorf("hidden: %v", e)
	}
	w.reached("hidden", driver.OpGet)
	f.answer(driver.OpGet, fails(errs.NotFound, errs.NotApplied))
	if made, err := w.Create(t.Context(), "free"); err != nil || made.Info.Name != "free" {
		t.Errorf("free: %+v, %v", made, err)
	}
	w.reached("free", driver.OpGet, driver.OpCreate)
	w.refused("a bad name", driver.OpCreate, "a!", errs.InvalidArgument, func() error { _, err := w.Create(t.Context(), "a!"); return err })
}

// After an ambiguous failure the error says where to look, and keeps what it said.
func TestCreateAmbiguous(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*driver.Capabilities)
		says   string
	}{
		"with a listing":     {func(*driver.Capabilities) {}, "list the workspaces"},
		"with names as ids":  {func(c *driver.Capabilities) { c.NamesAreIDs = true }, "describe it by its name"},
		"without any search": {func(c *driver.Capabilities) { c.List = driver.None }, "console"},
	} {
		for _, failure := range []*errs.Error{
			{Code: errs.Unavailable, Outcome: errs.Ambiguous, Message: "the connection broke.", Err: io.ErrUnexpectedEOF},
			{Code: errs.Unavailable, Outcome: errs.Ambiguous, Err: io.ErrUnexpectedEOF},
			{Code: errs.Unavailable, Outcome: errs.Ambiguous},
		} {
			f := newFake().answer(driver.OpCreate, failure)
			c.change(&f.caps)
			w := over(t, f, creating(f))
			made, err := w.Create(t.Context(), "n")
			e := w.failed(what, err, errs.Unavailable, driver.OpCreate, "n")
			if made != nil || e.Outcome != errs.Ambiguous || !strings.Contains(e.Message, c.says) {
				t.Errorf("%s: %+v, %v", what, made, e)
			}
			for _, kept := range []string{strings.TrimSuffix(failure.Message, "."), fmt.Sprint(failure.Err)} {
				if failure.Err != nil && !strings.Contains(err.Error()+"; "+fmt.Sprint(e.Err), kept) {
					t.Errorf("%s: %v lost %q", what, err, kept)
				}
			}
			if failure.Message == "" && failure.Err != nil && !strings.Contains(err.Error(), failure.Err.Error()) {
				t.Errorf("%s: %v does not say the cause", what, err)
			}
			if strings.Contains(fmt.Sprint(w.ended[0].Err), "may have been made") {
				t.Errorf("%s: the error that the hooks got was changed", what)
			}
		}
	}
	f := newFake().answer(driver.OpCreate, fails(errs.Unavailable, errs.NotApplied))
	_, err := over(t, f, whole{f}).Create(t.Context(), "n")
	if strings.Contains(err.Error(), "may have been made") {
		t.Errorf("an unambiguous failure: %v", err)
	}
}

// creating is whole without List where that is not declared.
func creating(f *fake) driver.Service {
	if f.caps.List != driver.None {
		return whole{f}
	}
	f.caps = driver.Capabilities{Own: driver.Native, Create: driver.Native, Name: f.caps.Name}
	return struct {
		*fake
		driver.Creator
	}{f, whole{f}}
}
