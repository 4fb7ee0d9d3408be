package tencent

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// Encryptions, decryptions and data keys of 60 goroutines share one budget: the server, which counts them together, never
// refuses one for its rate, and they are not slowed down by more than the margin.
func TestKMSRate(t *testing.T) {
	const workers, each = 60, 20 // of three requests
	const least = 280.0          // requests a second
	keysTest(t, func(t *testing.T, em *emulator.TencentKMS, s *keyService) {
		ctx := t.Context()
		var failed atomic.Int64
		service, err := kms.NewService(s, kms.ServiceOptions{Provider: "tencent", Policy: policy.Policy{
			Limiters: new(ratelimit.Pool),
			Hooks: policy.Hooks{Attempt: hook(func(e *policy.Event) {
				if e.Err != nil {
					failed.Add(1)
				}
			})},
		}})
		if err != nil {
			t.Fatal(err)
		}
		key, err := service.CreateKey(ctx, "orders")
		if err != nil {
			t.Fatal(err)
		}
		before, began := len(em.Requests()), time.Now()
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for range each {
					sealed, err := key.Encrypt(ctx, []byte("x"))
					if err == nil {
						_, err = key.Decrypt(ctx, sealed)
					}
					if err == nil {
						_, err = key.GenerateDataKey(ctx, 16)
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		took := time.Since(began)
		sent := len(em.Requests()) - before
		if sent != 3*workers*each || failed.Load() > 0 {
			t.Errorf("%d requests for %d calls, %d failed", sent, 3*workers*each, failed.Load())
		}
		if rate := float64(sent-300) / took.Seconds(); rate < least {
			t.Errorf("%.1f requests a second beyond the first 300, want at least %.1f", rate, least)
		}
	})
}
