package local_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	alibaba "github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
	guance "github.com/crosscloud-sdk/crosscloud/providers/guance/limits"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
	"github.com/crosscloud-sdk/crosscloud/workspace/workspacetest"
)

// Every disguise of the driver keeps the contract of workspaces, in memory; the file is tried once.
func TestWorkspaceConformance(t *testing.T) {
	for name, c := range map[string]struct {
		file    bool
		like    string
		options map[string]string
		roles   []string
	}{
		"memory":          {roles: []string{"admin", "anything"}},
		"file":            {file: true, roles: []string{"admin"}},
		"guance":          {like: "guance", roles: []string{guance.RoleGeneral, guance.RoleReadOnly}},
		"guance-external": {like: "guance-external", options: map[string]string{guance.OptionOwner: "acnt_1"}, roles: []string{guance.RoleReadOnly}},
		"cms":             {like: "cms", options: map[string]string{alibaba.OptionSLSProject: "logs"}},
	} {
		t.Run(name, func(t *testing.T) {
			var account *local.Account
			workspacetest.Run(t, workspacetest.Harness{
				Open: func(t testing.TB) driver.Service {
					options := local.Options{NoSync: true}
					if c.file {
						options.Path = filepath.Join(t.TempDir(), "local.db")
					}
					var err error
					if account, err = local.Open(options); err != nil {
						t.Fatal(err)
					}
					mine := account
					t.Cleanup(func() {
						if err := mine.Close(); err != nil {
							t.Error(err)
						}
					})
					service, err := account.WorkspaceService(local.WorkspaceOptions{Like: c.like})
					if err != nil {
						t.Fatal(err)
					}
					return service
				},
				// What a key of Guance cannot delete, the account can.
				Remove: func(ctx context.Context, id string) error {
					service, err := account.WorkspaceService(local.WorkspaceOptions{})
					if err != nil {
						return err
					}
					if _, err = service.(driver.Deleter).Delete(ctx, &driver.DeleteRequest{ID: id}); errs.CodeOf(err) == errs.NotFound {
						t.Errorf("the workspace %q is not there", id)
					}
					return err
				},
				Options:     c.options,
				Roles:       c.roles,
				NewOwner:    "acnt_2",
				VirtualTime: true,
			})
		})
	}
}
