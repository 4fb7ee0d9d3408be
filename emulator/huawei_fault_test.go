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

// Each kind of fault, over the socket and in memory.
func TestHuaweiFaults(t *testing.T) {
	t.Run("socket", func(t *testing.T) { huaweiFaults(t) })
	t.Run("memory", func(t *testing.T) { huaweiFaults(t, emulator.InMemory()) })
}

func huaweiFaults(t *testing.T, opts ...emulator.Option) {
	c := newHuawei(t, nil, opts...)
	made := 0
	count := func() int {
		t.Helper()
		return int(c.passes(c.do("GET", "user-instances", nil)).body["instance_num"].(float64))
	}
	spoil := func(f emulator.Fault, done bool) huaweiAnswer {
		t.Helper()
		f.Action, f.Times = "create-key", 1
		c.em.Inject(f)
		a := c.do("POST", "create-key", huaweiArgs{"key_alias": "k" + strings.Repeat("x", len(c.em.Requests()))})
		if done {
			made++
		}
		if got := count(); got != made {
			t.Error(f, got, made)
		}
		return a
	}
	// Every code has its status, and the envelope of where it comes from.
	for code, status := range map[string]int{
		"KMS.0101": 500, "KMS.0102": 500, "KMS.0105": 400, "KMS.5012": 500, "KMS.0207": 404, "KMS.0304": 403, "KMS.0306": 403, "KMS.0307": 403,
		"KMS.0314": 403, "KMS.0320": 400, "KMS.0326": 403, "KMS.0328": 403, "KMS.0416": 404, "KMS.1104": 400, "APIGW.0103": 404, "APIGW.0201": 400,
		"APIGW.0301": 401, "APIGW.0302": 403, "APIGW.0303": 401, "APIGW.0304": 403, "APIGW.0305": 401, "APIGW.0306": 403, "APIGW.0307": 401, "APIGW.0308": 429,
	} {
		a := spoil(emulator.Fault{Code: code}, false)
		if nested := a.str("error", "error_code") != ""; a.code != code || a.status != status || nested != strings.HasPrefix(code, "KMS.") {
			t.Error(code, a)
		}
	}
	if a := spoil(emulator.Fault{Code: "APIGW.0201", Status: 413, Delay: time.Millisecond}, false); a.status != 413 || a.code != "APIGW.0201" {
		t.Error(a)
	}
	if a := spoil(emulator.Fault{Status: 429, Body: "slow down", Header: http.Header{"Retry-After": {"3"}}}, false); a.status != 429 || a.text != "slow down" || a.header.Get("Retry-After") != "3" {
		t.Error(a)
	}
	if a := spoil(emulator.Fault{HTML: true}, false); a.status != 502 || !strings.Contains(a.text, "<html>") {
		t.Error(a)
	}
	if a := spoil(emulator.Fault{Reset: "before"}, false); a.err == nil {
		t.Error(a)
	}
	if a := spoil(emulator.Fault{Reset: "after"}, true); a.err == nil {
		t.Error(a)
	}
	if a := spoil(emulator.Fault{Truncate: true}, true); a.err == nil || a.status != 200 || !strings.HasPrefix(a.text, `{"key_info"`) {
		t.Error(a)
	}
	c.passes(spoil(emulator.Fault{Delay: time.Millisecond}, true))

	c.em.Inject(emulator.Fault{Action: "list-keys", Skip: 1, Times: 2, Code: "KMS.0102"})
	for _, want := range []int{200, 500, 500, 200} {
		if a := c.do("POST", "list-keys", huaweiArgs{}); a.status != want {
			t.Error(want, a)
		}
	}
	c.em.Inject(emulator.Fault{Action: "create-token", Status: 503})
	if a := c.send(c.request("POST", "/v3/auth/tokens", nil)); a.status != 503 {
		t.Error(a)
	}
}

// In memory everything happens in virtual time, and nothing is left behind.
func TestHuaweiInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		em := emulator.NewHuaweiKMS(emulator.InMemory())
		transport := &http.Transport{DialContext: em.DialContext}
		c := &huaweiClient{t: t, em: em, http: &http.Client{Transport: transport}, token: emulator.HuaweiToken}
		id := c.create("k", nil)
		for range 19 {
			c.detail(id, "key_state")
		}
		c.fails("list-keys", huaweiArgs{}, "APIGW.0308")
		time.Sleep(time.Second)
		c.ok("schedule-key-deletion", huaweiArgs{"key_id": id, "pending_days": "7"})

		em.Inject(emulator.Fault{Action: "list-keys", Delay: time.Hour, Times: 1})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if a := c.send(c.request("POST", huaweiBase+"list-keys", []byte("{}")).WithContext(ctx)); a.err == nil || time.Since(start) != 31*time.Second {
			t.Error(a, time.Since(start))
		}
		time.Sleep(7*24*time.Hour - 30*time.Second)
		c.fails("describe-key", huaweiArgs{"key_id": id}, "KMS.0207")

		em.Inject(emulator.Fault{Delay: time.Hour})
		done := make(chan huaweiAnswer)
		go func() { done <- c.do("POST", "list-keys", huaweiArgs{}) }()
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

// Callers at once neither race nor take each other's names.
func TestHuaweiConcurrent(t *testing.T) {
	c := newHuawei(t, nil)
	const n = 8
	ids := make(chan string, n)
	for i := range n {
		go func() {
			id := c.do("POST", "create-key", huaweiArgs{"key_alias": "k" + string(rune('a'+i))}).str("key_info", "key_id")
			sealed := c.do("POST", "encrypt-data", huaweiArgs{"key_id": id, "plain_text": "x"}).str("cipher_text")
			if c.do("POST", "decrypt-data", huaweiArgs{"cipher_text": sealed}).str("plain_text") != "x" {
				id = ""
			}
			_ = c.em.Requests()
			ids <- id
		}()
	}
	seen := map[string]bool{}
	for range n {
		seen[<-ids] = true
	}
	if len(seen) != n || seen[""] {
		t.Error(seen)
	}
}
