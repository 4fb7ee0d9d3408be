package workspacetest_test

import (
	"os"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
	"github.com/crosscloud-sdk/crosscloud/workspace/workspacetest"
)

// newDriver stands for the constructor of the driver to be proven.
func newDriver() driver.Service { return workspacetest.NewReference() }

// testConformance would be called TestConformance in the test file of a driver.
func testConformance(t *testing.T) {
	workspacetest.Run(t, workspacetest.Harness{
		Open:        func(testing.TB) driver.Service { return newDriver() },
		VirtualTime: true, // no sockets are used
	})
}

// testLive would be called TestConformanceLive, and runs only where the environment names an account.
func testLive(t *testing.T) {
	key, scratch := os.Getenv("MYCLOUD_API_KEY"), os.Getenv("CROSSCLOUD_MYCLOUD_WORKSPACE")
	if key == "" || scratch == "" {
		t.Skip("set MYCLOUD_API_KEY and CROSSCLOUD_MYCLOUD_WORKSPACE to run against a real account")
	}
	workspacetest.Run(t, workspacetest.Harness{
		Open:      func(testing.TB) driver.Service { return newDriver() },
		Workspace: scratch,
		Settle:    10 * time.Second,
		Policy:    policy.Policy{Rate: policy.Rate{Share: 0.5}},
		Skip:      map[string]string{"Limits/Set": "the account may not set limits"},
	})
}

func ExampleRun() {
	_ = []func(*testing.T){testConformance, testLive}
	// Output:
}
