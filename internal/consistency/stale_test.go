package consistency_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
)

// A value is put, replaced, and put again in vain, while reads show what was there as long ago as the cloud says they may.
// Reading back too early would find the first put, and say that the last has succeeded. One that did happen is found.
func TestStaleReadsProveNothing(t *testing.T) {
	for _, c := range kvClouds() {
		for reset, want := range map[emulator.ResetPoint]bool{emulator.ResetBefore: false, emulator.ResetAfter: true} {
			t.Run(c.name+" reset "+string(reset), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					lag := kvLag(t, c)
					em := c.open(emulator.InMemory(), emulator.WithoutRateLimit(), emulator.WithStaleReads(lag))
					defer em.Close()
					client := openClient(t, em.Provider(), crosscloud.WithDialContext(em.DialContext), crosscloud.WithKV("n", crosscloud.Entry{
						"provider": "cloud", "namespace": "n", "create": "true", "read_back": "true"}))
					ns, err := client.KV(t.Context(), "n")
					if err != nil {
						t.Fatal(err)
					}
					put := func(value string) error { return ns.Put(t.Context(), "flag", []byte(value)) }
					if err := errors.Join(put("on"), pause(lag/2), put("off"), pause(lag/2-time.Second)); err != nil {
						t.Fatal(err)
					}
					fails := true
					em.InjectFunc(func(emulator.Request) *emulator.Fault {
						if !fails {
							return nil
						}
						fails = false
						return &emulator.Fault{Reset: reset}
					})
					err = put("on")
					e, _ := errors.AsType[*errs.Error](err)
					switch {
					case want && err != nil:
						t.Errorf("a put that happened ended with %v", err)
					case !want && (e == nil || e.Outcome != errs.Ambiguous):
						t.Errorf("a put that did not happen ended with %v", err)
					}
				})
			})
		}
	}
}

func pause(d time.Duration) error {
	time.Sleep(d)
	return nil
}

// kvLag returns how long the reads of a cloud may lag.
func kvLag(t *testing.T, c kvCloud) time.Duration {
	em := c.open(emulator.InMemory())
	defer em.Close()
	client := openClient(t, em.Provider(), crosscloud.WithDialContext(em.DialContext),
		crosscloud.WithKV("n", crosscloud.Entry{"provider": "cloud", "namespace": "n", "create": "true"}))
	ns, err := client.KV(t.Context(), "n", kv.WithReadBack())
	if err != nil {
		t.Fatal(err)
	}
	return ns.Capabilities().Consistency
}
