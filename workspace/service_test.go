package workspace_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/workspace"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

func TestOpeningComparesDeclarations(t *testing.T) {
	for what, change := range map[string]func(*fake){
		"capability Create None":       func(f *fake) { f.caps.Create, f.caps.CreateAPIKeyWith = driver.None, driver.None },
		"capability List None":         func(f *fake) { f.caps.List = driver.None },
		"capability Update None":       func(f *fake) { f.caps.Update = driver.None },
		"capability Delete None":       func(f *fake) { f.caps.Delete = driver.None },
		"capability APIKeys None":      func(f *fake) { f.caps.APIKeys = driver.None },
		"capability CreateAPIKey None": func(f *fake) { f.caps.CreateAPIKey = driver.None },
		"capability DeleteAPIKey None": func(f *fake) { f.caps.DeleteAPIKey = driver.None },
		"capability UsageLimits None":  func(f *fake) { f.caps.UsageLimits = driver.None },
		"capability TransferOwner":     func(f *fake) { f.caps.TransferOwner = driver.None },
		"neither Own nor Get":          func(f *fake) { f.caps.Own, f.caps.Get = driver.None, driver.None },
		"Emulated without Own":         func(f *fake) { f.caps.Own, f.caps.Get = driver.None, driver.Emulated },
		"List without MaxPage":         func(f *fake) { f.caps.MaxPage = 0 },
		"CreateReplaces":               func(f *fake) { f.caps.CreateReplaces = true },
		"no row":                       func(f *fake) { f.rows = f.rows[1:] },
		"read-only": func(f *fake) {
			for i := range f.rows {
				f.rows[i].Idempotency = policy.ReadOnly
			}
		},
	} {
		f := newFake()
		change(f)
		_, err := workspace.NewService(whole{f}, workspace.ServiceOptions{})
		needle := strings.TrimPrefix(strings.TrimSuffix(what, " None"), "capability ")
		if errs.CodeOf(err) != errs.Internal || !strings.Contains(fmt.Sprint(err), needle) {
			t.Errorf("%s: %v", what, err)
		}
	}
	f := newFake()
	if _, err := workspace.NewService(f, workspace.ServiceOptions{}); errs.CodeOf(err) != errs.Internal {
		t.Errorf("declared and not implemented: %v", err)
	}
	f.caps = driver.Capabilities{Get: driver.Native, CreateAPIKeyWith: driver.Native}
	if _, err := workspace.NewService(f, workspace.ServiceOptions{}); errs.CodeOf(err) != errs.Internal {
		t.Errorf("CreateAPIKeyWith without Create: %v", err)
	}
	if _, err := workspace.NewService(whole{newFake()}, workspace.ServiceOptions{Policy: policy.Policy{Concurrency: -1}}); errs.CodeOf(err) != errs.InvalidArgument {
		t.Errorf("an impossible policy: %v", err)
	}
}

// What a driver cannot do is refused, and the hooks see it.
func TestUnsupported(t *testing.T) {
	f := newFake()
	f.caps = driver.Capabilities{Own: driver.Native}
	w := over(t, f, f)
	ws := w.workspace("")
	ctx := t.Context()
	for op, call := range map[string]func() error{
		driver.OpCreate: func() error {
			_, err := w.Create(ctx, "", workspace.Language("x"), workspace.WithAPIKey(""))
			return err
		},
		driver.OpList: func() error {
			for _, err := range w.Workspaces(ctx) {
				return err
			}
			return nil
		},
		driver.OpUpdate: func() error { return ws.Update(ctx) },
		driver.OpDelete: func() error { return ws.Delete(ctx) },
		driver.OpAPIKeys: func() error {
			for _, err := range ws.APIKeys(ctx) {
				return err
			}
			return nil
		},
		driver.OpCreateAPIKey:   func() error { _, err := ws.CreateAPIKey(ctx, ""); return err },
		driver.OpDeleteAPIKey:   func() error { return ws.DeleteAPIKey(ctx, "") },
		driver.OpUsageLimits:    func() error { _, err := ws.UsageLimits(ctx); return err },
		driver.OpSetUsageLimits: func() error { return ws.SetUsageLimits(ctx, nil) },
		driver.OpTransferOwner:  func() error { return ws.TransferOwner(ctx, "") },
	} {
		w.refused(op, op, "", errs.Unsupported, call)
	}
	w.refused("an id", driver.OpGet, "other", errs.Unsupported, func() error { _, err := w.Get(ctx, "other"); return err })
	w.refused("opening an id", "workspace.Workspace", "other", errs.Unsupported, func() error { _, err := w.Workspace(ctx, "other"); return err })
}

func TestAddresses(t *testing.T) {
	ctx := t.Context()
	f := newFake()
	f.caps.Own = driver.None
	w := over(t, f, whole{f})
	e := w.refused("no id", "workspace.Workspace", "", errs.InvalidArgument, func() error { _, err := w.Workspace(ctx, ""); return err })
	if !strings.Contains(e.Message, "in a configuration by the field workspace") {
		t.Errorf("what to do is not said: %v", e)
	}
	w.refused("no id", driver.OpGet, "", errs.InvalidArgument, func() error { _, err := w.Get(ctx, ""); return err })
	w.refused("no UTF-8", driver.OpGet, "a\xff", errs.InvalidArgument, func() error { _, err := w.Get(ctx, "a\xff"); return err })

	f = newFake()
	f.caps.NamesAreIDs = true
	w = over(t, f, whole{f})
	w.refused("an id that is no name", driver.OpDelete, "a!", errs.InvalidArgument, func() error { return w.Delete(ctx, "a!") })
	w.refused("deleting no id", driver.OpDelete, "", errs.InvalidArgument, func() error { return w.Delete(ctx, "") })
	if err := w.workspace("").Delete(ctx); err != nil {
		t.Error(err)
	}
	if err := w.Delete(ctx, "a"); err != nil {
		t.Error(err)
	}
	w.reached("deleting", driver.OpDelete, driver.OpDelete)
}

func TestGet(t *testing.T) {
	ctx := t.Context()
	f := newFake()
	w := over(t, f, whole{f})
	for id, want := range map[string]string{"": "own", "w-1": "w-1"} {
		info, err := w.Get(ctx, id)
		if err != nil || info.ID != want || info.Name != "name of "+want {
			t.Errorf("Get %q: %v, %v", id, info, err)
		}
		ws := w.workspace(id)
		if info, err := ws.Describe(ctx); err != nil || info.ID != want || ws.ID() != id || ws.Service().Capabilities().MaxPage != 10 {
			t.Errorf("Describe %q: %v, %v", id, info, err)
		}
	}
	f.answer(driver.OpGet, &driver.GetResponse{Workspace: driver.Info{ID: "w-2"}})
	_, err := w.Get(ctx, "w-1")
	w.failed("another workspace", err, errs.Corrupt, driver.OpGet, "w-1")
	f.answer(driver.OpGet, fails(errs.NotFound, errs.NotApplied))
	_, err = w.Get(ctx, "w-1")
	if e := w.failed("missing", err, errs.NotFound, driver.OpGet, "w-1"); e.Attempts != 1 {
		t.Errorf("%d attempts", e.Attempts)
	}
}

// Where only the own workspace is known, its id is compared before anything is done to it, once a call.
func TestOwnOnly(t *testing.T) {
	ctx := t.Context()
	f := newFake()
	f.caps.Get = driver.Emulated
	w := over(t, f, whole{f})
	if info, err := w.Get(ctx, "own"); err != nil || info.ID != "own" {
		t.Errorf("by its id: %v, %v", info, err)
	}
	_, err := w.Get(ctx, "other")
	if e := w.failed("another id", err, errs.Unsupported, driver.OpGet, "other"); e.Attempts != 1 || e.Outcome != errs.NotApplied || !strings.Contains(e.Message, "with an API key of its own") {
		t.Errorf("%+v", e)
	}
	w.reached("describing", driver.OpGet, driver.OpGet)
	f.answer(driver.OpAPIKeys, &driver.APIKeysResponse{Cursor: "2"}, &driver.APIKeysResponse{Cursor: "3"}, &driver.APIKeysResponse{})
	for op, call := range map[string]func(*workspace.Workspace) error{
		driver.OpUpdate: func(ws *workspace.Workspace) error { return ws.Update(ctx, workspace.SetName("n")) },
		driver.OpDelete: func(ws *workspace.Workspace) error { return ws.Delete(ctx) },
		driver.OpAPIKeys: func(ws *workspace.Workspace) error {
			for _, err := range ws.APIKeys(ctx) {
				return err
			}
			return nil
		},
		driver.OpCreateAPIKey: func(ws *workspace.Workspace) error { _, err := ws.CreateAPIKey(ctx, "k"); return err },
		driver.OpDeleteAPIKey: func(ws *workspace.Workspace) error { return ws.DeleteAPIKey(ctx, "k") },
		driver.OpUsageLimits:  func(ws *workspace.Workspace) error { _, err := ws.UsageLimits(ctx); return err },
		driver.OpSetUsageLimits: func(ws *workspace.Workspace) error {
			return ws.SetUsageLimits(ctx, map[string]workspace.UsageLimit{"a": {Value: "1"}})
		},
		driver.OpTransferOwner: func(ws *workspace.Workspace) error { return ws.TransferOwner(ctx, "a") },
	} {
		w.failed(op, call(w.workspace("other")), errs.Unsupported, driver.OpGet, "other")
		w.reached(op+" of another", driver.OpGet)
		if err := call(w.workspace("own")); err != nil {
			t.Errorf("%s: %v", op, err)
		}
		want := []string{driver.OpGet, op}
		if op == driver.OpAPIKeys {
			want = append(want, op, op)
		}
		w.reached(op+" by the own id", want...)
		if err := call(w.workspace("")); err != nil {
			t.Errorf("%s: %v", op, err)
		}
		w.reached(op+" of the own", op)
		f.answer(driver.OpGet, fails(errs.Unavailable, errs.NotApplied))
		w.failed(op+" while describing fails", call(w.workspace("own")), errs.Unavailable, driver.OpGet, "own")
		w.reached(op+" while describing fails", driver.OpGet)
		delete(f.answers, driver.OpGet)
	}
}

// Whose workspace it is, is asked once for each handle: where requests are few a minute, a second one for each call is dear.
func TestOwnOnlyComparesOnce(t *testing.T) {
	f := newFake()
	f.caps.Get = driver.Emulated
	w := over(t, f, whole{f})
	own, other := w.workspace("own"), w.workspace("other")
	for range 2 {
		if err := own.Update(t.Context(), workspace.SetName("n")); err != nil {
			t.Error(err)
		}
	}
	w.reached("two changes", driver.OpGet, driver.OpUpdate, driver.OpUpdate)
	for range 2 {
		w.failed("another id", other.Update(t.Context(), workspace.SetName("n")), errs.Unsupported, driver.OpGet, "other")
	}
	w.reached("two refusals", driver.OpGet, driver.OpGet)
}

// What is refused is refused before the own workspace is described.
func TestOwnOnlyRefusesFirst(t *testing.T) {
	f := newFake()
	f.caps.Get = driver.Emulated
	w := over(t, f, whole{f})
	w.refused("a bad argument", driver.OpDeleteAPIKey, "own", errs.InvalidArgument, func() error { return w.workspace("own").DeleteAPIKey(t.Context(), "") })
	f = newFake()
	f.caps = driver.Capabilities{Own: driver.Native, Get: driver.Emulated}
	w = over(t, f, f)
	w.refused("an operation that is not there", driver.OpDelete, "own", errs.Unsupported, func() error { return w.workspace("own").Delete(t.Context()) })
}

func infos(ids ...string) (all []driver.Info) {
	for _, id := range ids {
		all = append(all, driver.Info{ID: id})
	}
	return all
}

func TestListing(t *testing.T) {
	ctx := t.Context()
	f := newFake()
	w := over(t, f, whole{f})
	pages := func() {
		f.answer(driver.OpList, &driver.ListResponse{Workspaces: infos("a", "b"), Cursor: "2"}, &driver.ListResponse{Cursor: "3"}, &driver.ListResponse{Workspaces: infos("c")})
	}
	all := w.Workspaces(ctx)
	for range 2 { // each range starts afresh
		pages()
		got := ""
		for info, err := range all {
			if err != nil {
				t.Fatal(err)
			}
			got += info.ID
		}
		if got != "abc" || len(w.f.asked) != 3 || w.f.asked[0] != (driver.ListRequest{}) || w.f.asked[2] != (driver.ListRequest{Cursor: "3"}) {
			t.Errorf("listed %q by %+v", got, w.f.asked)
		}
		w.reached("listing", driver.OpList, driver.OpList, driver.OpList)
	}
	pages()
	for range all {
		break
	}
	w.reached("breaking off", driver.OpList)

	listed := func() (got string, failure error) {
		for info, err := range all {
			if failure != nil {
				t.Error("an error does not end the listing")
			}
			failure = err
			got += info.ID
		}
		return got, failure
	}
	f.answer(driver.OpList, &driver.ListResponse{Workspaces: infos("a"), Cursor: "2"}, fails(errs.Internal, errs.NotApplied))
	got, err := listed()
	if w.failed("second page", err, errs.Internal, driver.OpList, ""); got != "a" {
		t.Errorf("listed %q", got)
	}
	f.answer(driver.OpList, &driver.ListResponse{Workspaces: infos("a"), Cursor: "same"})
	_, err = listed()
	w.failed("the same cursor", err, errs.Corrupt, driver.OpList, "")
	var endless []any
	for i := range 2000 {
		endless = append(endless, &driver.ListResponse{Cursor: fmt.Sprint(i)})
	}
	f.answer(driver.OpList, endless...)
	_, err = listed()
	w.failed("empty pages for ever", err, errs.Corrupt, driver.OpList, "")
}

func TestClose(t *testing.T) {
	f := newFake()
	w := over(t, f, whole{f})
	lent := w.Borrowed()
	ws := w.workspace("w")
	if err := lent.Close(t.Context()); errs.CodeOf(err) != errs.Unsupported {
		t.Errorf("closing what is borrowed: %v", err)
	}
	if err := ws.Service().Close(t.Context()); errs.CodeOf(err) != errs.Unsupported || lent.Borrowed() != lent {
		t.Errorf("closing the service of a workspace: %v", err)
	}
	if _, err := ws.Describe(t.Context()); err != nil {
		t.Error(err)
	}
	if err := w.Close(t.Context()); err != nil {
		t.Error(err)
	}
	_, err := ws.Describe(t.Context())
	w.failed("after Close", err, errs.Closed, driver.OpGet, "w")
	_, err = lent.Create(t.Context(), "n")
	w.failed("after Close", err, errs.Closed, driver.OpCreate, "n")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := over(t, f, whole{f}).Get(ctx, "w"); !errors.Is(err, context.Canceled) || !errors.Is(err, errs.Canceled) {
		t.Errorf("with a cancelled context: %v", err)
	}
}

// stuck is a driver that waits for the end of its context.
type stuck struct{ *fake }

func (s stuck) Get(ctx context.Context, _ *driver.GetRequest) (*driver.GetResponse, error) {
	close(s.answers["entered"][0].(chan struct{}))
	<-ctx.Done()
	return nil, errs.Refuse(errs.CodeOf(ctx.Err()), "%w", ctx.Err())
}

// Closing cancels what runs on when its context ends.
func TestCloseCancels(t *testing.T) {
	entered := make(chan struct{})
	f := newFake().answer("entered", entered)
	f.caps = driver.Capabilities{Own: driver.Native}
	w := over(t, f, stuck{f})
	done := make(chan error)
	go func() {
		_, err := w.Get(context.Background(), "")
		done <- err
	}()
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e, _ := errors.AsType[*errs.Error](w.Close(ctx))
	if e == nil || e.Code != errs.Canceled || e.Op != "workspace.Close" || e.Provider != "prov" {
		t.Errorf("Close: %v", e)
	}
	w.failed("the call", <-done, errs.Closed, driver.OpGet, "")
}
