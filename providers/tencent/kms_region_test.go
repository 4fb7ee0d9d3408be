package tencent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// portable opens the keys of a service as programs see them; calls are told of each attempt.
func portable(t *testing.T, s *keyService, calls *[]string) *kms.Service {
	t.Helper()
	service, err := kms.NewService(s, kms.ServiceOptions{Provider: "tencent", Policy: policy.Policy{
		Limiters: new(ratelimit.Pool),
		Hooks: policy.Hooks{Attempt: hook(func(e *policy.Event) {
			line := fmt.Sprint(e.Op, " ", e.Action)
			if e.Err != nil {
				line += " " + string(errs.CodeOf(e.Err))
			}
			*calls = append(*calls, line)
		})},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return service
}

func actionsOf(em *emulator.TencentKMS) (actions []string) {
	for _, r := range em.Requests() {
		actions = append(actions, r.Action)
	}
	return actions
}

const (
	seenAsking   = "kms.SymmetricSpecs ListAlgorithms"
	seenCreating = "kms.CreateKey CreateKey"
)

// A region of another standard makes no key, in either direction, and pairs are not asked about.
func TestKMSWrongStandard(t *testing.T) {
	for _, guomi := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			settings, expected, has := emulator.TencentKMSSettings{}, kms.SM4, kms.AES256
			if guomi {
				settings.GuomiRegions, expected, has = []string{emulator.TencentKMSRegion}, kms.AES256, kms.SM4
			}
			em, s := emulatedKeys(t, map[string]string{"kms_symmetric": string(expected)}, allUsages(settings))
			var calls []string
			service := portable(t, s, &calls)
			for range 2 {
				_, err := service.CreateKey(t.Context(), "orders", kms.WithSpec(expected))
				e, ok := err.(*errs.Error)
				if !ok || e.Code != errs.Unsupported || e.Outcome != errs.NotApplied || e.Op != driver.OpCreateKey {
					t.Fatal(err)
				}
				for _, text := range []string{"set kms_symmetric to what they are", emulator.TencentKMSRegion, string(has), string(expected) + " was asked for"} {
					if !strings.Contains(e.Message, text) {
						t.Errorf("%q does not say %q", e.Message, text)
					}
				}
			}
			if _, err := service.CreateKey(t.Context(), "pair", kms.WithSpec(kms.SM2), kms.WithUsage(kms.SignVerify)); err != nil {
				t.Error(err)
			}
			if want := []string{actionListAlgorithms, actionCreateKey}; !slices.Equal(actionsOf(em), want) {
				t.Errorf("sent %v, want %v", actionsOf(em), want)
			}
			if want := []string{seenAsking, seenCreating}; !slices.Equal(calls, want) {
				t.Errorf("the hooks saw %q, want %q", calls, want)
			}
		})
	}
}

// The driver itself sends one request for a key, of whatever kind.
func TestKMSCreationIsOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, s := emulatedKeys(t, nil)
		makeKey(t, s, "orders", driver.AES256, driver.EncryptDecrypt)
		if want := []string{actionCreateKey}; !slices.Equal(actionsOf(em), want) {
			t.Errorf("sent %v, want %v", actionsOf(em), want)
		}
	})
}

// What the region has is asked again where a reply is lost or the service fails, as any reading is; where it cannot be
// read, no key was made.
func TestKMSAlgorithmsUnread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, s := emulatedKeys(t, nil)
		var calls []string
		service := portable(t, s, &calls)
		create := func(ctx context.Context, name string) error { return sent(service.CreateKey(ctx, name)) }
		wantCalls := func(want ...string) {
			t.Helper()
			if !slices.Equal(calls, want) {
				t.Errorf("the hooks saw %q, want %q", calls, want)
			}
			calls = nil
		}
		em.Inject(emulator.Fault{Action: actionListAlgorithms, Times: 1, Code: "UnauthorizedOperation"})
		e, ok := create(t.Context(), "orders").(*errs.Error)
		if !ok || e.Code != errs.PermissionDenied || e.Outcome != errs.NotApplied || e.Op != driver.OpCreateKey || !strings.Contains(e.Message, "ListAlgorithms, and no key was made") {
			t.Error(e)
		}
		wantCalls(seenAsking + " PermissionDenied")

		em.Inject(emulator.Fault{Action: actionListAlgorithms, Times: 1, Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if e, ok = create(ctx, "orders").(*errs.Error); !ok || e.Code != errs.DeadlineExceeded || e.Outcome != errs.NotApplied {
			t.Error(e)
		}
		wantCalls(seenAsking + " DeadlineExceeded")

		em.Inject(emulator.Fault{Action: actionListAlgorithms, Times: 1, Reset: "after"}, emulator.Fault{Action: actionListAlgorithms, Times: 1, Code: "InternalError"})
		if err := create(t.Context(), "orders"); err != nil {
			t.Error(err)
		}
		wantCalls(seenAsking+" Unavailable", seenAsking+" Internal", seenAsking, seenCreating)
		if err := create(t.Context(), "orders-2"); err != nil {
			t.Error(err)
		}
		wantCalls(seenCreating)
	})
}
