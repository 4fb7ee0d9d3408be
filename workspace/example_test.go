package workspace_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
	"github.com/crosscloud-sdk/crosscloud/workspace"
)

// localService opens a service in memory; programs use crosscloud.Client.WorkspaceService.
func localService(like string) *workspace.Service {
	account, err := local.Open(local.Options{})
	if err != nil {
		log.Fatal(err)
	}
	driver, err := account.WorkspaceService(local.WorkspaceOptions{Like: like})
	if err != nil {
		log.Fatal(err)
	}
	service, err := workspace.NewService(driver, workspace.ServiceOptions{Provider: "laptop"})
	if err != nil {
		log.Fatal(err)
	}
	return service
}

// A workspace with an API key, whose secret is told once and printed by nothing.
func ExampleService_Create() {
	ctx := context.Background()
	service := localService("")
	made, err := service.Create(ctx, "checkout", workspace.Description("payments"), workspace.WithAPIKey("deploy"))
	if err != nil {
		log.Fatal(err)
	}
	info, err := made.Workspace.Describe(ctx)
	fmt.Println(info.Name, info.Description, err)
	fmt.Println(made.APIKey.Name, made.APIKey.Secret, len(made.APIKey.Secret.Reveal()) > 20)
	// Output:
	// checkout payments <nil>
	// deploy [redacted] true
}

// What a provider cannot do is refused before anything is sent.
func ExampleService_Capabilities() {
	service := localService("guance")
	fmt.Println(service.Capabilities().Own, service.Capabilities().List)
	for _, err := range service.Workspaces(context.Background()) {
		fmt.Println(errors.Is(err, errs.Unsupported))
	}
	// Output:
	// native none
	// true
}
