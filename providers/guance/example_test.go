package guance_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	_ "github.com/crosscloud-sdk/crosscloud/providers/guance"
	"github.com/crosscloud-sdk/crosscloud/workspace"
)

// A program against the emulator. With site: hangzhou in place of the endpoint, the same configuration reaches Guance.
func Example() {
	em := emulator.NewGuance()
	defer em.Close()
	config := strings.NewReader(`
providers:
  watch:
    driver: guance
    endpoint: ` + em.URL() + `
    api_key: ` + emulator.GuanceAPIKey + `
workspace:
  own: {provider: watch}
`)
	ctx := context.Background()
	client, err := crosscloud.Open(ctx, crosscloud.YAML("crosscloud.yaml", config))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	own, err := client.Workspace(ctx, "own")
	if err != nil {
		log.Fatal(err)
	}
	if err := own.Update(ctx, workspace.SetName("checkout")); err != nil {
		log.Fatal(err)
	}
	info, err := own.Describe(ctx)
	fmt.Println(info.Name, info.Version, info.Retention["logging"], err)

	// A new workspace comes with a key, which is the only way into it.
	made, err := own.Service().Create(ctx, "search", workspace.Language("en"), workspace.WithAPIKey("deploy"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(made.Info.Name, made.APIKey.Name, made.APIKey.Secret)
	_, err = made.Workspace.Describe(ctx)
	fmt.Println(errors.Is(err, errs.Unsupported))
	// Output:
	// checkout free 168h0m0s <nil>
	// search deploy [redacted]
	// true
}

// The External API of a private deployment knows all workspaces.
func Example_external() {
	em := emulator.NewGuance()
	defer em.Close()
	ctx := context.Background()
	client, err := crosscloud.Open(ctx, crosscloud.WithProvider("site", crosscloud.Entry(em.ExternalProvider())))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	service, err := client.WorkspaceService(ctx, "site")
	if err != nil {
		log.Fatal(err)
	}
	made, err := service.Create(ctx, "search", workspace.ProviderOption("owner_uuid", emulator.GuanceAccount))
	if err != nil {
		log.Fatal(err)
	}
	err = made.Workspace.SetUsageLimits(ctx, map[string]workspace.UsageLimit{"logging": {Enabled: true, Value: "1000000"}})
	fmt.Println(err)
	for info, err := range service.Workspaces(ctx) {
		fmt.Println(info.Name, err)
	}
	fmt.Println(made.Workspace.Delete(ctx))
	// Output:
	// <nil>
	// first <nil>
	// search <nil>
	// <nil>
}
