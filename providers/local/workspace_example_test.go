package local_test

import (
	"context"
	"fmt"
	"log"

	"github.com/crosscloud-sdk/crosscloud/providers/local"
	"github.com/crosscloud-sdk/crosscloud/workspace"
)

// Workspaces in memory, with the limits of the key of a Guance workspace.
func ExampleAccount_WorkspaceService() {
	account, err := local.Open(local.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer account.Close()
	driver, err := account.WorkspaceService(local.WorkspaceOptions{Like: "guance"})
	if err != nil {
		log.Fatal(err)
	}
	service, err := workspace.NewService(driver, workspace.ServiceOptions{Provider: "laptop"})
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	own, err := service.Workspace(ctx, "")
	if err != nil {
		log.Fatal(err)
	}
	key, err := own.CreateAPIKey(ctx, "deploy", "readOnly")
	fmt.Println(key.Name, key.Roles, key.Secret, err)
	for _, err := range service.Workspaces(ctx) {
		fmt.Println(err)
	}
	// Output:
	// deploy [readOnly] [redacted] <nil>
	// laptop workspace.Workspaces: Unsupported: this provider has no such operation: its capability List is None
}
