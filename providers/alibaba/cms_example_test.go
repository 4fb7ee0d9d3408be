package alibaba_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	_ "github.com/crosscloud-sdk/crosscloud/providers/alibaba"
	"github.com/crosscloud-sdk/crosscloud/workspace"
)

// Workspaces of CMS 2.0. Without cms_endpoint, the same configuration reaches Alibaba Cloud.
func Example_workspaces() {
	em := emulator.NewAlibabaCMS()
	defer em.Close()
	config := strings.NewReader(`
providers:
  aliyun:
    driver: alibaba
    region: cn-hangzhou
    cms_endpoint: ` + em.URL() + `
    access_key_id: ` + em.AccessKeyID() + `
    access_key_secret: ` + em.AccessKeySecret() + `
    sls_project: logs
`)
	ctx := context.Background()
	client, err := crosscloud.Open(ctx, crosscloud.YAML("crosscloud.yaml", config))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	service, err := client.WorkspaceService(ctx, "aliyun")
	if err != nil {
		log.Fatal(err)
	}
	made, err := service.Create(ctx, "checkout", workspace.Description("payments"))
	if err != nil {
		log.Fatal(err)
	}
	info, err := made.Workspace.Describe(ctx)
	fmt.Println(info.Name, info.Description, err)

	_, err = service.Create(ctx, "checkout")
	fmt.Println(errors.Is(err, errs.AlreadyExists))
	// Output:
	// checkout payments <nil>
	// true
}
