package emulator_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// Each kind of fault, over the socket and in memory. The clock stands still, the delays are real but for synctest.
func TestTencentFaults(t *testing.T) {
	t.Run("socket", func(t *testing.T) { tencentFaults(t) })
	t.Run("memory", func(t *testing.T) { tencentFaults(t, emulator.InMemory()) })
}

func tencentFaults(t *testing.T, opts ...emulator.Option) {
	c := newTencentNS(t, opts...)
	put := tencentIn.with(tencentArgs{"Key": "k", "Value": "v"})
	get := tencentIn.with(tencentArgs{"Keys": []string{"k"}})
	drop := func() { c.ok("EdgeKVDelete", get) }
	stored := func() bool {
		value, _ := c.get("k")
		return value != ""
	}
	spoil := func(f emulator.Fault) tencentAnswer {
		t.Helper()
		drop()
		if f.Times == 0 {
			f.Times = 1
		}
		f.Action = "EdgeKVPut"
		c.em.Inject(f)
		return c.call("EdgeKVPut", put)
	}

	c.expect(spoil(emulator.Fault{Code: "InternalError.BackendError"}), "InternalError.BackendError")
	c.expect(spoil(emulator.Fault{Code: "RequestLimitExceeded.UinLimitExceeded", Delay: time.Millisecond}), "RequestLimitExceeded.UinLimitExceeded")
	if a := spoil(emulator.Fault{Code: "InternalError", Status: 503}); a.status != 503 || a.code != "InternalError" {
		t.Error(a)
	}
	if a := spoil(emulator.Fault{Status: 429, Body: "slow down", Header: http.Header{"Retry-After": {"3"}}}); a.status != 429 || a.text != "slow down" {
		t.Error(a)
	}
	if a := spoil(emulator.Fault{HTML: true}); a.status != 502 || !strings.Contains(a.text, "<html>") {
		t.Error(a)
	}
	if a := spoil(emulator.Fault{Reset: "before"}); a.err == nil || stored() {
		t.Error(a)
	}
	if a := spoil(emulator.Fault{Reset: "after"}); a.err == nil || !stored() {
		t.Error(a)
	}
	if a := spoil(emulator.Fault{Truncate: true}); a.err == nil || a.status != http.StatusOK || !strings.HasPrefix(a.text, `{"Resp`) || !stored() {
		t.Error(a)
	}
	c.expect(spoil(emulator.Fault{Delay: time.Millisecond}), "")

	c.em.Inject(emulator.Fault{Action: "EdgeKVGet", Skip: 1, Times: 2, Code: "FailedOperation"})
	for _, want := range []string{"", "FailedOperation", "FailedOperation", ""} {
		c.expect(c.call("EdgeKVGet", get), want)
	}
	c.em.Inject(emulator.Fault{Code: "InternalError"})
	for _, action := range []string{"EdgeKVGet", "EdgeKVList", "EdgeKVGet"} {
		c.expect(c.call(action, tencentIn), "InternalError")
	}
}

// In memory everything happens in virtual time, and nothing is left behind.
func TestTencentInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		em := emulator.NewTencent(emulator.InMemory())
		transport := &http.Transport{DialContext: em.DialContext}
		c := &tencentClient{t: t, em: em, clock: &stoppedClock{at: start}, http: &http.Client{Transport: transport}}
		c.ok("CreateEdgeKVNamespace", tencentIn)
		c.put("k", "v", tencentArgs{"ExpirationTTL": 60})
		if value, expires := c.get("k"); value != "v" || expires != start.Add(time.Minute).UTC().Format(time.RFC3339) {
			t.Error(value, expires)
		}
		for range 19 {
			c.get("k")
		}
		c.fails("EdgeKVGet", tencentIn.with(tencentArgs{"Keys": []string{"k"}}), "RequestLimitExceeded")
		time.Sleep(time.Second)
		c.get("k")

		em.Inject(emulator.Fault{Action: "EdgeKVList", Delay: time.Hour, Times: 1})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, em.URL(), strings.NewReader("{}"))
		req.Header.Set("X-TC-Action", "EdgeKVList")
		if a := c.do(req); a.err == nil || time.Since(start) != 31*time.Second {
			t.Error(a, time.Since(start))
		}

		time.Sleep(time.Until(start.Add(time.Minute)))
		c.clock.at = time.Now()
		if value, _ := c.get("k"); value != "" {
			t.Error(value)
		}
		em.Inject(emulator.Fault{Delay: time.Hour})
		done := make(chan tencentAnswer)
		go func() { done <- c.call("EdgeKVList", tencentIn) }()
		synctest.Wait()
		em.Close()
		em.Close()
		if a := <-done; a.err == nil {
			t.Error("answered after Close")
		}
		if _, err := em.DialContext(t.Context(), "tcp", strings.TrimPrefix(em.URL(), "http://")); err == nil {
			t.Error("connected after Close")
		}
		transport.CloseIdleConnections()
	})
}
