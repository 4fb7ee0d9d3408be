package emulator_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/kv"
	_ "github.com/crosscloud-sdk/crosscloud/providers/alibaba"
)

// openOn opens a namespace at an emulator.
func openOn(t *testing.T, em emulator.Emulator, entry map[string]string) *kv.Namespace {
	t.Helper()
	client, err := crosscloud.Open(t.Context(), crosscloud.WithDialContext(em.DialContext), crosscloud.WithProvider("p", entry),
		crosscloud.WithKV("a", crosscloud.Entry{"provider": "p", "namespace": "flags", "create": "true"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	ns, err := client.KV(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

// tickingClock never tells the same time twice, and lets others run before it says what time it was.
func tickingClock(from time.Time) func() time.Time {
	var ticks atomic.Int64
	return func() time.Time {
		now := from.Add(time.Duration(ticks.Add(1)) * time.Nanosecond)
		runtime.Gosched()
		return now
	}
}

// overwrite calls write and read side by side until one of the reads says that the key is not there.
func overwrite(t *testing.T, write func(), read func() bool) {
	const rounds = 400
	var all sync.WaitGroup
	var missed atomic.Int64
	all.Go(func() {
		for range rounds {
			write()
		}
	})
	for range 6 {
		all.Go(func() {
			for range rounds {
				if !read() {
					missed.Add(1)
				}
			}
		})
	}
	all.Wait()
	if n := missed.Load(); n > 0 {
		t.Errorf("a key that is always there was missed %d times of %d", n, 6*rounds)
	}
}

// A key that is overwritten is there all the time, whatever time it is by the clock of whoever reads it.
func TestOverwrittenKeyIsThere(t *testing.T) {
	t.Run("Tencent", func(t *testing.T) {
		c := newTencentNS(t, emulator.InMemory(), emulator.WithClock(tickingClock(tencentEpoch)))
		c.put("k", "v", nil)
		overwrite(t, func() {
			if a := c.call("EdgeKVPut", tencentIn.with(tencentArgs{"Key": "k", "Value": "v"})); a.code != "" || a.err != nil {
				t.Error(a.text, a.err)
			}
		}, func() bool {
			a := c.call("EdgeKVGet", tencentIn.with(tencentArgs{"Keys": []string{"k"}}))
			return len(a.response.Data) == 1 && a.response.Data[0].Value == "v"
		})
	})
	t.Run("Cloudflare", func(t *testing.T) {
		clock := tickingClock(time.Unix(1_800_000_000, 0))
		c := newCloudflare(t, emulator.InMemory(), emulator.WithoutRateLimit(), emulator.WithClock(clock))
		path := "/client/v4/accounts/" + c.AccountID() + "/storage/kv/namespaces/" + c.ns + "/values/k"
		status := func(method, body string) int {
			a, err := c.send(method, path, body)
			if err != nil {
				t.Error(err)
			}
			return a.status
		}
		status("PUT", "v")
		overwrite(t, func() {
			if n := status("PUT", "v"); n != http.StatusOK {
				t.Error(n)
			}
		}, func() bool { return status("GET", "") == http.StatusOK })
	})
}

// A clock that goes back takes no key away, neither one that is there nor one that is written then.
func TestClockGoesBack(t *testing.T) {
	t.Run("Tencent", func(t *testing.T) {
		c := newTencentNS(t)
		c.put("old", "v", nil)
		c.put("both", "1", nil)
		c.clock.pass(-time.Hour)
		c.put("both", "2", nil)
		c.put("new", "v", tencentArgs{"ExpirationTTL": 60})
		for key, want := range map[string]string{"old": "v", "both": "2", "new": "v"} {
			if got, _ := c.get(key); got != want {
				t.Errorf("%s is %q", key, got)
			}
		}
		if a := c.ok("EdgeKVList", tencentIn); strings.Join(a.response.Keys, " ") != "both new old" {
			t.Error(a.text)
		}
		c.clock.pass(time.Minute)
		if got, _ := c.get("new"); got != "" {
			t.Error("a key outlives its time")
		}
	})
	t.Run("Guance", func(t *testing.T) {
		clock := newAlibabaClock()
		em := emulator.NewGuance(emulator.InMemory(), emulator.WithClock(clock.Now))
		defer em.Close()
		clock.pass(-time.Hour)
		client := http.Client{Transport: &http.Transport{DialContext: em.DialContext}}
		defer client.CloseIdleConnections()
		r, err := http.NewRequestWithContext(t.Context(), "GET", em.URL()+"/api/v1/workspace/get", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("DF-API-KEY", emulator.GuanceAPIKey)
		reply, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = reply.Body.Close()
		if reply.StatusCode != http.StatusOK {
			t.Error(fmt.Sprint("the first workspace: ", reply.Status))
		}
	})
}
