package local_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/providers"
	alibaba "github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
	guance "github.com/crosscloud-sdk/crosscloud/providers/guance/limits"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
	"github.com/crosscloud-sdk/crosscloud/workspace"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// everyWorkspace is what a service without like can do.
type everyWorkspace interface {
	driver.Service
	driver.Creator
	driver.Lister
	driver.Updater
	driver.Deleter
	driver.APIKeyLister
	driver.APIKeyCreator
	driver.APIKeyDeleter
	driver.UsageLimiter
	driver.OwnerTransferrer
}

func (s *store) workspaces(like string) driver.Service {
	s.Helper()
	service, err := s.WorkspaceService(local.WorkspaceOptions{Like: like})
	if err != nil {
		s.Fatal(err)
	}
	return service
}

func (s *store) every() everyWorkspace {
	s.Helper()
	return s.workspaces("").(everyWorkspace)
}

func (s *store) own(service driver.Service) driver.Info {
	s.Helper()
	res, err := service.Get(context.Background(), &driver.GetRequest{})
	if err != nil {
		s.Fatal(err)
	}
	return res.Workspace
}

func (s *store) make(service driver.Service, req *driver.CreateRequest) *driver.CreateResponse {
	s.Helper()
	res, err := service.(driver.Creator).Create(context.Background(), req)
	if err != nil {
		s.Fatal(err)
	}
	return res
}

func TestWorkspaceLikeBorrowsCapabilities(t *testing.T) {
	s := inMemory(t)
	for like, want := range map[string]driver.Capabilities{
		"guance": guance.Open(), "guance-external": guance.External(), "cms": alibaba.Workspaces(), "alibaba": alibaba.Workspaces(),
	} {
		service := s.workspaces(like)
		if got := service.Capabilities(); !reflect.DeepEqual(got, want) {
			t.Errorf("like %s: %+v, want %+v", like, got, want)
		}
		if _, err := workspace.NewService(service, workspace.ServiceOptions{}); err != nil {
			t.Errorf("like %s: %v", like, err)
		}
	}
	for _, like := range []string{"tencent", "esa", "cloudflare", "aws"} {
		_, err := s.WorkspaceService(local.WorkspaceOptions{Like: like})
		refused(t, "like "+like, err, errs.InvalidArgument)
	}
	s.Close()
	_, err := s.WorkspaceService(local.WorkspaceOptions{})
	refused(t, "after Close", err, errs.Closed)
}

func TestWorkspacesFromSettings(t *testing.T) {
	d := providers.Lookup("local")
	if err := d.Check(values("like", "guance-external"), true); err != nil {
		t.Fatal(err)
	}
	settings, err := d.Resolve(values("like", "guance"), providers.Host{})
	if err != nil {
		t.Fatal(err)
	}
	account, err := d.Open(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	defer account.Close()
	service, err := account.(providers.Workspaces).Workspaces(t.Context(), settings)
	if err != nil || !reflect.DeepEqual(service.Capabilities(), guance.Open()) {
		t.Errorf("%v, %v", service, err)
	}
	_, err = account.(providers.KV).KV(t.Context(), settings)
	refused(t, "namespaces like guance", err, errs.InvalidArgument)
}

// The own workspace is made at its first use, once, and is there after reopening.
func TestOwnWorkspace(t *testing.T) {
	onBoth(t, func(s *store) {
		all := s.every()
		if res, err := all.List(t.Context(), &driver.ListRequest{}); err != nil || len(res.Workspaces) != 0 {
			t.Fatalf("before the first use: %v, %v", res, err)
		}
		var wait sync.WaitGroup
		ids := make([]string, 8)
		for i := range ids {
			wait.Go(func() {
				res, err := s.workspaces("guance").Get(context.Background(), &driver.GetRequest{})
				if err != nil {
					t.Error(err)
					return
				}
				ids[i] = res.Workspace.ID
			})
		}
		wait.Wait()
		own := s.own(all)
		for _, id := range ids {
			if id != own.ID || id == "" {
				t.Errorf("the own workspaces are %q", ids)
			}
		}
		if s.path != "" {
			s.Close()
			s.open()
			all = s.every()
			if again := s.own(all); again.ID != own.ID || !again.CreatedAt.Equal(s.Now()) {
				t.Errorf("after reopening %v, before %v", again, own)
			}
		}
		if _, err := all.Delete(t.Context(), &driver.DeleteRequest{}); err != nil {
			t.Fatal(err)
		}
		if again := s.own(all); again.ID == own.ID || again.ID == "" {
			t.Errorf("after deleting it is %v again", again)
		}
	})
}

// Everything of a workspace is in the file.
func TestWorkspacesPersist(t *testing.T) {
	s := &store{T: t, clock: newClock(), path: filepath.Join(t.TempDir(), "local.db")}
	s.open()
	defer func() { s.Close() }()
	ctx, all := t.Context(), s.every()
	made := s.make(all, &driver.CreateRequest{Name: "<a> & \u2028日本", Description: "d", Language: "zh", APIKeyName: "with"})
	id := made.Workspace.ID
	s.advance(time.Hour)
	name := "renamed"
	if _, err := all.Update(ctx, &driver.UpdateRequest{ID: id, Name: &name}); err != nil {
		t.Fatal(err)
	}
	key, err := all.CreateAPIKey(ctx, &driver.CreateAPIKeyRequest{WorkspaceID: id, Name: "second", Roles: []string{"reader"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := all.SetUsageLimits(ctx, &driver.SetUsageLimitsRequest{WorkspaceID: id, Limits: map[string]driver.UsageLimit{"rum": {Enabled: true, Value: "1.50"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := all.TransferOwner(ctx, &driver.TransferOwnerRequest{WorkspaceID: id, AccountID: "you"}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	content, err := os.ReadFile(s.path)
	if err != nil || !bytes.Contains(content, []byte(key.APIKey.Secret.Reveal())) {
		t.Errorf("the documentation says that the file holds secrets in the clear: %v", err)
	}
	s.open()
	all = s.every()
	res, err := all.Get(ctx, &driver.GetRequest{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	want := driver.Info{
		ID: id, Name: "renamed", Description: "d", Language: "zh", Owner: driver.Account{ID: "you"}, CreatedAt: s.Now().Add(-time.Hour), UpdatedAt: s.Now(),
	}
	if !reflect.DeepEqual(res.Workspace, want) {
		t.Errorf("%+v, want %+v", plainInfo(res.Workspace), plainInfo(want))
	}
	keys, err := all.APIKeys(ctx, &driver.APIKeysRequest{WorkspaceID: id})
	if err != nil || len(keys.APIKeys) != 2 {
		t.Fatalf("%v, %v", keys, err)
	}
	for _, k := range keys.APIKeys {
		original := *made.APIKey
		if k.Name == "second" {
			original = key.APIKey
		}
		if k.ID != original.ID || k.Secret != original.Secret || !reflect.DeepEqual(k.Roles, original.Roles) || !k.CreatedAt.Equal(original.CreatedAt) {
			t.Errorf("the key %v came back with the roles %q, want %q", k, k.Roles, original.Roles)
		}
	}
	limits, err := all.UsageLimits(ctx, &driver.UsageLimitsRequest{WorkspaceID: id})
	if err != nil || !reflect.DeepEqual(limits.Limits, map[string]driver.UsageLimit{"rum": {Enabled: true, Value: "1.50"}}) {
		t.Errorf("%+v, %v", limits, err)
	}
}

// plainInfo prints its fields.
type plainInfo driver.Info

// A file that was made before there were workspaces can be used, and is not changed by looking.
func TestWorkspacesInOlderFile(t *testing.T) {
	s := &store{T: t, clock: newClock(), path: filepath.Join(t.TempDir(), "kv.db")}
	s.open()
	defer func() { s.Close() }()
	s.create(s.service(local.KVOptions{}), "ns") // a store with namespaces alone has no bucket of workspaces
	ctx, all := t.Context(), s.every()
	_, err := all.Get(ctx, &driver.GetRequest{ID: "ws-none"})
	refused(t, "missing", err, errs.NotFound)
	if res, err := all.List(ctx, &driver.ListRequest{}); err != nil || len(res.Workspaces) != 0 {
		t.Errorf("%v, %v", res, err)
	}
	made := s.make(all, &driver.CreateRequest{Name: "n"})
	if res, err := all.APIKeys(ctx, &driver.APIKeysRequest{WorkspaceID: made.Workspace.ID}); err != nil || len(res.APIKeys) != 0 {
		t.Errorf("%v, %v", res, err)
	}
	if _, err := all.Delete(ctx, &driver.DeleteRequest{ID: made.Workspace.ID}); err != nil {
		t.Errorf("without a bucket of keys: %v", err)
	}
	s.ns(local.KVOptions{}).put("k", "v")
	s.ns(local.KVOptions{}).holds("k", "v")
}

// Deleting takes the keys along: a workspace made under the same id has none.
func TestDeletingTakesKeys(t *testing.T) {
	s := inMemory(t)
	ctx, all, cms := t.Context(), s.every(), s.workspaces("cms")
	req := &driver.CreateRequest{Name: "same", Options: map[string]string{alibaba.OptionSLSProject: "p"}}
	for range 2 {
		s.make(cms, req)
		s.make(cms, &driver.CreateRequest{Name: "sam", Options: req.Options}) // keys are not confused by prefixes
		if res, err := all.APIKeys(ctx, &driver.APIKeysRequest{WorkspaceID: "same"}); err != nil || len(res.APIKeys) != 0 {
			t.Errorf("a new workspace has %v, %v", res, err)
		}
		for i := range 250 { // more than two pages
			if _, err := all.CreateAPIKey(ctx, &driver.CreateAPIKeyRequest{WorkspaceID: "same", Name: fmt.Sprint(i)}); err != nil {
				t.Fatal(err)
			}
		}
		seen, cursor := map[string]bool{}, ""
		for page := 0; page == 0 || cursor != ""; page++ {
			res, err := all.APIKeys(ctx, &driver.APIKeysRequest{WorkspaceID: "same", Cursor: cursor})
			if err != nil {
				t.Fatal(err)
			}
			if len(res.APIKeys) > 100 {
				t.Errorf("a page of %d keys", len(res.APIKeys))
			}
			for _, k := range res.APIKeys {
				seen[k.Name] = true
			}
			if cursor = res.Cursor; cursor != "" {
				_, err = all.APIKeys(ctx, &driver.APIKeysRequest{WorkspaceID: "sam", Cursor: cursor})
				refused(t, "the cursor of another workspace", err, errs.InvalidArgument)
			}
		}
		if len(seen) != 250 {
			t.Errorf("%d keys are listed", len(seen))
		}
		if _, err := all.Delete(ctx, &driver.DeleteRequest{ID: "same"}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLikeCMSReplaces(t *testing.T) {
	s := inMemory(t)
	ctx, all, cms := t.Context(), s.every(), s.workspaces("cms")
	options := map[string]string{alibaba.OptionSLSProject: "p1"}
	s.make(cms, &driver.CreateRequest{Name: "w", Description: "one", Options: options})
	options[alibaba.OptionSLSProject] = "p2"
	before := s.Now()
	s.advance(time.Minute)
	s.make(cms, &driver.CreateRequest{Name: "w", Description: "two", Options: options})
	res, err := all.Get(ctx, &driver.GetRequest{ID: "w"})
	if err != nil || res.Workspace.Description != "two" || string(res.Workspace.Vendor) != `{"options":{"sls_project":"p2"}}` || !res.Workspace.CreatedAt.Equal(before) {
		t.Errorf("%v %q %s, %v", res, res.Workspace.Description, res.Workspace.Vendor, err)
	}
	service, err := workspace.NewService(cms, workspace.ServiceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = service.Create(ctx, "w", workspace.ProviderOption(alibaba.OptionSLSProject, "p3"))
	refused(t, "by package workspace", err, errs.AlreadyExists)
}

func TestLikeGuance(t *testing.T) {
	s := inMemory(t)
	ctx, open, external := t.Context(), s.workspaces("guance"), s.workspaces("guance-external")
	key, err := open.(driver.APIKeyCreator).CreateAPIKey(ctx, &driver.CreateAPIKeyRequest{Name: "k"})
	if err != nil || !reflect.DeepEqual(key.APIKey.Roles, []string{guance.RoleAdmin}) {
		t.Errorf("%v, %v", key, err)
	}
	_, err = open.(driver.APIKeyCreator).CreateAPIKey(ctx, &driver.CreateAPIKeyRequest{Name: "k", Roles: []string{guance.RoleOwner}})
	refused(t, "the role of the owner", err, errs.InvalidArgument)
	own := s.own(open)
	if res, err := open.Get(ctx, &driver.GetRequest{ID: "other"}); err != nil || res.Workspace.ID != own.ID {
		t.Errorf("whatever id is asked for, it is the own workspace: %v, %v", res, err)
	}
	made := s.make(external, &driver.CreateRequest{Name: "n", Options: map[string]string{guance.OptionOwner: "acnt_1"}}).Workspace
	if made.Owner.ID != "acnt_1" {
		t.Errorf("the owner is %q", made.Owner.ID)
	}
	limits := external.(driver.UsageLimiter)
	if res, err := limits.UsageLimits(ctx, &driver.UsageLimitsRequest{WorkspaceID: made.ID}); err != nil || len(res.Limits) != len(guance.UsageKinds()) || res.Limits["rum"] != (driver.UsageLimit{Value: "0"}) {
		t.Errorf("%+v, %v", res, err)
	}
	for what, bad := range map[string]map[string]driver.UsageLimit{"an unknown kind": {"unknown": {Value: "1"}}, "no kind": {"": {Value: "1"}}, "a negative limit": {"rum": {Value: "-1"}}} {
		bad["logging"] = driver.UsageLimit{Value: "1"}
		_, err := limits.SetUsageLimits(ctx, &driver.SetUsageLimitsRequest{WorkspaceID: made.ID, Limits: bad})
		refused(t, what, err, errs.InvalidArgument)
	}
	if res, err := limits.UsageLimits(ctx, &driver.UsageLimitsRequest{WorkspaceID: made.ID}); err != nil || res.Limits["logging"] != (driver.UsageLimit{Value: "0"}) {
		t.Errorf("after refusals: %+v, %v", res, err)
	}
	_, err = external.Get(ctx, &driver.GetRequest{})
	refused(t, "no id", err, errs.InvalidArgument)
}

// The store has limits of its own where a provider documents none.
func TestWorkspaceNameOverStoreLimit(t *testing.T) {
	s := inMemory(t)
	_, err := s.workspaces("cms").(driver.Creator).Create(t.Context(), &driver.CreateRequest{Name: strings.Repeat("n", 4097), Options: map[string]string{alibaba.OptionSLSProject: "p"}})
	refused(t, "4,097 bytes", err, errs.InvalidArgument)
}
