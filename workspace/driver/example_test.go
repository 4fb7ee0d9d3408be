package driver_test

import (
	"context"
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/workspace"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// single is a provider whose credentials belong to one workspace, which can be described and no more.
type single struct{ info driver.Info }

func (s single) Capabilities() driver.Capabilities {
	return driver.Capabilities{Own: driver.Native, Get: driver.Emulated}
}

func (s single) Operations() []policy.Operation {
	return []policy.Operation{{Name: driver.OpGet, Action: "DescribeWorkspace", Idempotency: policy.ReadOnly}}
}

func (s single) Get(ctx context.Context, _ *driver.GetRequest) (*driver.GetResponse, error) {
	if err := ctx.Err(); err != nil {
		return nil, errs.Refuse(errs.CodeOf(err), "%w", err)
	}
	return &driver.GetResponse{Workspace: s.info}, nil
}

// The smallest driver, under package workspace.
func ExampleService() {
	service, err := workspace.NewService(single{driver.Info{ID: "ws-1", Name: "checkout"}}, workspace.ServiceOptions{Provider: "mycloud"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(service.Get(context.Background(), ""))
	_, err = service.Get(context.Background(), "ws-2")
	fmt.Println(errs.CodeOf(err))
	// Output:
	// checkout (ws-1) <nil>
	// Unsupported
}
