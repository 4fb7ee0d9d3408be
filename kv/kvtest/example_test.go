package kvtest_test

import (
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/kv/kvtest"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// newDriver stands for the constructor of the driver to be proven.
func newDriver() driver.Service { return kvtest.NewReference() }

// testConformance would be called TestConformance in the test file of a driver.
func testConformance(t *testing.T) {
	kvtest.Run(t, kvtest.Harness{
		Name:        "mydriver",
		Open:        func(testing.TB) driver.Service { return newDriver() },
		VirtualTime: true, // keys expire by package time, and no sockets are used
	})
}

// testLive would be called TestLive, and run only where the environment names an account.
func testLive(t *testing.T) {
	kvtest.Run(t, kvtest.Harness{
		Open:      func(testing.TB) driver.Service { return newDriver() },
		Namespace: "kvtest-scratch",
		Settle:    10 * time.Second,
		Policy:    policy.Policy{Rate: policy.Rate{Share: 0.5}},
		Skip:      map[string]string{"PutBatch/OverLimit": "the provider takes more than we send"},
	})
}

func ExampleRun() {
	_ = []func(*testing.T){testConformance, testLive}
	// Output:
}
