package emulator_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// Each kind of fault, over the socket and in memory.
func TestTencentKMSFaults(t *testing.T) {
	t.Run("socket", func(t *testing.T) { kmsFaults(t) })
	t.Run("memory", func(t *testing.T) { kmsFaults(t, emulator.InMemory()) })
}

func kmsFaults(t *testing.T, opts ...emulator.Option) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{}, opts...)
	created := 0
	spoil := func(f emulator.Fault) tencentKMSAnswer {
		t.Helper()
		f.Action, f.Times = "CreateKey", 1
		c.em.Inject(f)
		return c.call("CreateKey", tencentArgs{"Alias": strings.Repeat("k", created+1)})
	}
	exists := func() bool {
		t.Helper()
		total := int(c.ok("ListKeys", tencentArgs{}).num("TotalCount"))
		more := total > created
		created = total
		return more
	}
	for _, code := range []string{"InternalError", "UnsupportedOperation.ServiceTemporaryUnavailable", "FailedOperation.TaggingError"} {
		c.expect(code, spoil(emulator.Fault{Code: code}), code)
	}
	if a := spoil(emulator.Fault{Code: "InternalError", Status: 503}); a.status != 503 || a.code != "InternalError" {
		t.Error(a)
	}
	if a := spoil(emulator.Fault{Status: 429, Body: "slow down", Header: http.Header{"Retry-After": {"3"}}}); a.status != 429 || a.text != "slow down" {
		t.Error(a)
	}
	if a := spoil(emulator.Fault{HTML: true}); a.status != 502 || !strings.Contains(a.text, "<html>") {
		t.Error(a)
	}
	if a := spoil(emulator.Fault{Reset: "before"}); a.err == nil || exists() {
		t.Error(a)
	}
	if a := spoil(emulator.Fault{Reset: "after"}); a.err == nil || !exists() {
		t.Error(a)
	}
	if a := spoil(emulator.Fault{Truncate: true}); a.err == nil || !strings.HasPrefix(a.text, `{"Resp`) || !exists() {
		t.Error(a)
	}
	c.expect("delay", spoil(emulator.Fault{Delay: time.Millisecond}), "")
	c.em.Inject(emulator.Fault{Action: "ListKeys", Skip: 1, Times: 1, Code: "RequestLimitExceeded"})
	for _, want := range []string{"", "RequestLimitExceeded", ""} {
		c.expect("skip", c.call("ListKeys", tencentArgs{}), want)
	}
	requests := c.em.Requests()
	if last := requests[len(requests)-1]; last.Action != "ListKeys" || last.Header.Get("X-TC-Region") != "ap-guangzhou" || string(last.Body) != "{}" {
		t.Error(last)
	}
}

// In memory everything happens in virtual time, and nothing is left behind.
func TestTencentKMSInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em := emulator.NewTencentKMS(emulator.InMemory())
		transport := &http.Transport{DialContext: em.DialContext}
		c := &kmsClient{t: t, em: em, clock: &stoppedClock{at: time.Now()}, region: emulator.TencentKMSRegion, http: &http.Client{Transport: transport}}
		key := c.create("k", nil)
		c.ok("DisableKey", key)
		c.ok("ScheduleKeyDeletion", key.with(tencentArgs{"PendingWindowInDays": 7}))
		time.Sleep(7 * tencentKMSDay)
		c.clock.at = time.Now()
		c.fails("DescribeKey", key, kmsNotFound)

		em.Inject(emulator.Fault{Action: "ListKeys", Delay: time.Hour, Times: 1})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, em.URL(), strings.NewReader("{}"))
		req.Header.Set("X-TC-Action", "ListKeys")
		start := time.Now()
		if _, err := c.http.Do(req); err == nil || time.Since(start) != 30*time.Second {
			t.Error(err, time.Since(start))
		}

		em.Inject(emulator.Fault{Delay: time.Hour})
		done := make(chan tencentKMSAnswer)
		c.clock.at = time.Now()
		go func() { done <- c.call("ListKeys", tencentArgs{}) }()
		synctest.Wait()
		em.Close()
		em.Close()
		if a := <-done; a.err == nil {
			t.Error("answered after Close")
		}
		transport.CloseIdleConnections()
	})
}

// One key, made when it is first used, for all who ask at once.
func TestTencentKMSAtOnce(t *testing.T) {
	c := newTencentKMS(t, emulator.TencentKMSSettings{}, emulator.InMemory())
	key := c.create("k", tencentArgs{"KeyUsage": "ASYMMETRIC_DECRYPT_RSA_2048"})
	var group sync.WaitGroup
	public := make([]string, 8)
	for i := range public {
		group.Go(func() {
			public[i] = c.call("GetPublicKey", key).str("PublicKey")
			c.em.FailTagging(0, "")
			c.em.Provider()
		})
	}
	group.Wait()
	for _, p := range public {
		if p == "" || p != public[0] {
			t.Error(p)
		}
	}
}
