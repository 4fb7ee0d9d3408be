package kmstest_test

import (
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/kms/kmstest"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// newDriver stands for the constructor of the driver to be proven.
func newDriver() driver.Service { return kmstest.NewReference() }

// testConformance would be called TestConformance in the test file of a driver.
func testConformance(t *testing.T) {
	kmstest.Run(t, kmstest.Harness{
		Name:        "mydriver",
		Open:        func(testing.TB) driver.Service { return newDriver() },
		VirtualTime: true, // keys are deleted by package time, and no sockets are used
	})
}

// testLive would be called TestLive, and run only where the environment names an account.
func testLive(t *testing.T) {
	account := newDriver() // the same for all sub-tests, so that they share keys
	kmstest.Run(t, kmstest.Harness{
		Open:          func(testing.TB) driver.Service { return account },
		Settle:        2 * time.Second,
		Policy:        policy.Policy{Rate: policy.Rate{Share: 0.5}},
		CreateOptions: map[string]string{"instance": "kst-1"},
		Skip:          map[string]string{"RotateNow/OldCiphertexts": "one renewal a day is free"},
	})
}

func ExampleRun() {
	_ = []func(*testing.T){testConformance, testLive}
	// Output:
}
