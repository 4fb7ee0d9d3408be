package unittest_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/examples/unittest"
	_ "github.com/crosscloud-sdk/crosscloud/providers/tencent"
)

// onTencent runs a test on an emulated cloud in virtual time.
func onTencent(t *testing.T, test func(*testing.T, *unittest.Flags, *emulator.Tencent)) {
	synctest.Test(t, func(t *testing.T) {
		cloud := emulator.NewTencent(emulator.InMemory())
		defer cloud.Close()
		client, err := crosscloud.Open(t.Context(),
			crosscloud.WithProvider("edgeone", cloud.Provider()),
			crosscloud.WithKV("flags", crosscloud.Entry{"provider": "edgeone", "namespace": "flags", "create": "true"}),
			crosscloud.WithDialContext(cloud.DialContext))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		namespace, err := client.KV(t.Context(), "flags")
		if err != nil {
			t.Fatal(err)
		}
		test(t, unittest.New(namespace), cloud)
	})
}

func TestFlags(t *testing.T) {
	onTencent(t, func(t *testing.T, flags *unittest.Flags, _ *emulator.Tencent) {
		if on, err := flags.Enabled(t.Context(), "checkout-v2"); on || err != nil {
			t.Errorf("never set: %v, %v", on, err)
		}
		if err := flags.Set(t.Context(), "checkout-v2", true); err != nil {
			t.Fatal(err)
		}
		if on, err := flags.Enabled(t.Context(), "checkout-v2"); !on || err != nil {
			t.Errorf("set: %v, %v", on, err)
		}
	})
}

// TestTrouble: a cloud in trouble for a moment is waited out, and one in trouble for long is an error that says so.
func TestTrouble(t *testing.T) {
	onTencent(t, func(t *testing.T, flags *unittest.Flags, cloud *emulator.Tencent) {
		cloud.Inject(emulator.Fault{Action: "EdgeKVPut", Code: "InternalError", Times: 2})
		if err := flags.Set(t.Context(), "checkout-v2", true); err != nil {
			t.Errorf("two failures were not repeated: %v", err)
		}
		cloud.Inject(emulator.Fault{Action: "EdgeKVGet", Delay: time.Minute, Reset: "before"})
		_, err := flags.Enabled(t.Context(), "checkout-v2")
		if e, ok := errors.AsType[*errs.Error](err); !ok || e.Retry != errs.Exhausted {
			t.Errorf("got %v", err)
		}
	})
}
