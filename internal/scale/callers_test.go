package scale_test

import (
	"encoding/json"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/policy"
)

// TestManyCallers: what many callers with large replies hold at once is bounded by the places of the policy, of which there
// are 64: a caller that waits for one holds next to nothing. Each drops the value that it gets. Rate limits are off, or they
// would do it.
//
// The memory limit is for the collector, which may fall behind by any amount where other processes keep it from running. It
// cannot free what is held.
func TestManyCallers(t *testing.T) {
	const most = 512 * mib
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(most / 2))
	value := strings.Repeat("0123456789abcdef", mib/16)
	asJSON := func(v any) []byte {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for _, c := range []struct {
		provider string
		callers  int // fewer where a reply is JSON, which takes long to decode
		reply    []byte
	}{
		{"cloudflare", 10_000, []byte(value)},
		{"tencent", 250, asJSON(object{"Response": object{"RequestId": "r-1", "Data": []object{{"Key": "k", "Value": value, "Expiration": ""}}}})},
		{"alibaba", 250, asJSON(object{"Value": value, "RequestId": "r-1"})},
	} {
		if testing.Short() {
			c.callers = min(c.callers, 1000)
		}
		if raced() {
			c.callers = min(c.callers, 128) // twice the places
		}
		t.Run(c.provider, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var memory, live *gauge
				dial := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Length", strconv.Itoa(len(c.reply)))
					w.Header().Set("Content-Type", "application/octet-stream")
					_, _ = w.Write(c.reply[:len(c.reply)-1])
					time.Sleep(time.Second) // virtual: all replies that may be under way at once are held but for their ends
					memory.sample()
					live.sample()
					_, _ = w.Write(c.reply[len(c.reply)-1:])
				}))
				ns := namespace(t, open(t, entries()[c.provider], dial, policy.Policy{Rate: policy.Rate{Unlimited: true}}))
				memory, live = memoryGauge(), liveGauge()
				var callers sync.WaitGroup
				for range c.callers {
					callers.Go(func() {
						if entry, err := ns.Get(t.Context(), "k"); err != nil || len(entry.Value) != len(value) {
							t.Errorf("%d bytes, %v", len(entry.Value), err)
						}
					})
				}
				callers.Wait()
				if grown := memory.growth(); grown > most {
					t.Errorf("%d callers made the process grow by %d MiB", c.callers, grown/mib)
				}
				if held := live.growth(); held > most/2 {
					t.Errorf("%d callers held %d MiB", c.callers, held/mib)
				}
				t.Logf("%d callers: process +%d MiB, of which %d MiB were in use", c.callers, memory.growth()/mib, live.growth()/mib)
			})
		})
	}
}
