package emulator_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// Every code can be asked for, and comes with its status; within HTTP 200 the envelope tells the status.
func TestGuanceCodes(t *testing.T) {
	for code, status := range map[string]int{
		"ft.TriggerApiAkCurrentLimiting": 401, "ft.TriggerApiWorkspaceCurrentLimiting": 401, "ft.InvalidAPIKey": 403, "ft.MissingAuthHeaderInfo": 401,
		"ft.NotFoundWorkspace": 404, "ft.ParamError": 400, "ft.MethodNotAllowed": 405, "ft.NoPermission": 403, "ft.InternalError": 500, "ft.Anything": 400,
	} {
		c := newGuance(t)
		c.Inject(emulator.Fault{Action: "GetWorkspace", Code: code, Times: 1}, emulator.Fault{Code: code, Status: 418, Times: 1},
			emulator.Fault{Code: code, Status: 200, Times: 1})
		c.get("get").refused(status, code)
		c.get("get").refused(418, code)
		a := c.get("get")
		if a.status != 200 || a.fields["success"] != false || a.fields["errorCode"] != code || a.fields["code"] != json.Number(strconv.Itoa(status)) {
			t.Error(a.status, a.body)
		}
		c.get("get").ok()
	}
}

func TestGuanceFaults(t *testing.T) {
	t.Run("socket", func(t *testing.T) {
		guanceFaults(t, func(o ...emulator.Option) *emulator.Guance { return emulator.NewGuance(o...) })
	})
	t.Run("memory", func(t *testing.T) {
		guanceFaults(t, func(o ...emulator.Option) *emulator.Guance {
			return emulator.NewGuance(append(o, emulator.InMemory())...)
		})
	})
}

// guanceFaults tries each kind of fault on a creation, which is carried out or not.
func guanceFaults(t *testing.T, start func(...emulator.Option) *emulator.Guance) {
	clock := &guanceClock{at: time.Unix(guanceEpoch, 0)}
	em := start(emulator.WithClock(clock.now))
	transport := &http.Transport{DialContext: em.DialContext}
	t.Cleanup(func() { transport.CloseIdleConnections(); em.Close() })
	c := &guanceCaller{Guance: em, t: t, clock: clock, http: &http.Client{Transport: transport}, key: emulator.GuanceAPIKey, nonces: new(atomic.Int64)}
	count := func() int { return len(strings.Fields(c.external().get("list?pageSize=100").ok().names())) }
	for name, step := range map[string]struct {
		fault  emulator.Fault
		status int // 0: no answer
		begins string
		made   int
	}{
		"before":   {emulator.Fault{Reset: "before"}, 0, "", 0},
		"after":    {emulator.Fault{Reset: "after"}, 0, "", 1},
		"truncate": {emulator.Fault{Truncate: true}, 0, `{"code":200`, 1},
		"page":     {emulator.Fault{HTML: true}, 502, "<html>", 0},
		"bare":     {emulator.Fault{Status: 503, Body: "later", Header: http.Header{"Retry-After": {"3"}}}, 503, "later", 0},
		"code":     {emulator.Fault{Code: "ft.InvalidAPIKey"}, 403, `{"code":403,"content":null,"errorCode":"ft.InvalidAPIKey"`, 0},
		"delay":    {emulator.Fault{Delay: time.Millisecond}, 200, `{"code":200`, 1},
	} {
		before := count()
		step.fault.Action, step.fault.Times = "CreateWorkspace", 1
		c.Inject(step.fault)
		a, err := c.try(c.request("POST", "create", `{"name":"w"}`))
		if (err == nil) != (step.status != 0) || step.status != 0 && a.status != step.status || !strings.HasPrefix(a.body, step.begins) {
			t.Errorf("%s: %v %d %.100s", name, err, a.status, a.body)
		}
		if made := count() - before; made != step.made {
			t.Errorf("%s: %d made", name, made)
		}
	}
	c.Inject(emulator.Fault{Action: "GetWorkspace", Skip: 1, Times: 2, Code: "ft.InternalError"})
	for _, want := range []int{200, 500, 500, 200} {
		if a := c.get("get"); a.status != want {
			t.Error(a.status, want)
		}
	}
}

// In a bubble time passes at once, and nothing is left when the emulator is closed.
func TestGuanceSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em := emulator.NewGuance(emulator.InMemory())
		transport := &http.Transport{DialContext: em.DialContext}
		c := &guanceCaller{Guance: em, t: t, clock: &guanceClock{at: time.Now()}, http: &http.Client{Transport: transport}, key: emulator.GuanceAPIKey, nonces: new(atomic.Int64)}
		for range 20 {
			c.get("get").ok()
		}
		c.get("get").refused(401, "ft.TriggerApiAkCurrentLimiting")
		time.Sleep(time.Minute)
		c.get("get").ok()
		c.clock.at = time.Now()
		r := c.external().request("GET", "list", "")
		time.Sleep(61 * time.Second)
		c.send(r).refused(401, "ft.MissingAuthHeaderInfo")

		c.Inject(emulator.Fault{Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.try(c.request("GET", "get", "").WithContext(ctx)); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		done := make(chan error)
		go func() {
			_, err := c.try(c.request("GET", "get", ""))
			done <- err
		}()
		synctest.Wait()
		em.Close()
		em.Close()
		if err := <-done; err == nil {
			t.Error("answered after Close")
		}
		if _, err := em.DialContext(t.Context(), "tcp", strings.TrimPrefix(em.URL(), "http://")); !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		transport.CloseIdleConnections()
	})
}

// Whatever is sent, to either API and with whatever credentials, there is an answer in the vendor's envelope.
func FuzzGuanceRequest(f *testing.F) {
	for _, seed := range [][4]string{
		{"POST", "create", "", `{"name":"w","needCreateAk":true,"akName":"k","language":"zh"}`}, {"GET", "get", "", ""}, {"POST", "modify", "", `{"name":"x"}`},
		{"POST", "create", "", `{"name":"w","ownerUuid":"` + emulator.GuanceAccount + `","durationSet":{"rp":"7d"},"loggingCutSize":1}`},
		{"GET", "list", "pageIndex=1&pageSize=100&search=f", ""}, {"GET", "ID/get", "", ""}, {"POST", "ID/modify", "", `{"leftWildcard":true}`},
		{"POST", "ID/delete", "", ""}, {"POST", "ID/usage_limit/update", "", `{"config":{"rum":{"openLimit":true,"value":1}}}`},
		{"POST", "ID/owner/transfer", "", `{"accountUUID":"x"}`}, {"POST", "accesskey/add", "", `{"name":"k","roleUUIDs":["a"],"workspaceUUID":"ID"}`},
		{"GET", "accesskey/list", "search=%", ""}, {"GET", "accesskey/x/delete", "", ""}, {"GET", "..//%2e", ";", "\x00"}, {"*", "", "", "\xff"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], "application/json")
	}
	f.Fuzz(func(t *testing.T, method, path, query, body, kind string) {
		em := emulator.NewGuance(emulator.InMemory(), emulator.WithClock(func() time.Time { return time.Unix(guanceEpoch, 0) }),
			emulator.WithGuance(emulator.GuanceSettings{OddTypes: len(body)%2 == 0, PostKeyDelete: true}))
		defer em.Close()
		path = "/api/v1/workspace/" + strings.Replace(path, "ID", em.WorkspaceUUID(), 1)
		body = strings.Replace(body, "ID", em.WorkspaceUUID(), 1)
		target := path + "?" + query
		signature := guanceSum(emulator.GuanceSecretKey, method+" n "+target+" "+strconv.Itoa(guanceEpoch)+" "+body)
		for i, header := range []http.Header{
			{"Df-Api-Key": {emulator.GuanceAPIKey}}, {"Df-Api-Key": {kind}}, {},
			{"X-Df-Access-Key": {emulator.GuanceAccessKey}, "X-Df-Timestamp": {strconv.Itoa(guanceEpoch)}, "X-Df-Sversion": {"v20240417"}, "X-Df-Nonce": {"n"},
				"X-Df-Signature": {hex.EncodeToString(signature)}, "Content-Type": {"application/json"}},
			{"X-Df-Access-Key": {kind}, "X-Df-Timestamp": {query}, "X-Df-Sversion": {"v20240417"}, "X-Df-Nonce": {body}, "X-Df-Signature": {path}, "Content-Type": {kind}},
		} {
			r := &http.Request{Method: method, URL: &url.URL{Path: path, RawQuery: query}, RequestURI: target, Header: header, Body: io.NopCloser(strings.NewReader(body))}
			w := httptest.NewRecorder()
			em.ServeHTTP(w, r)
			a := guanceAnswer{t: t, status: w.Code, body: w.Body.String()}
			dec := json.NewDecoder(strings.NewReader(a.body))
			dec.UseNumber()
			if err := dec.Decode(&a.fields); err != nil {
				t.Fatalf("header %d: %v: %s", i, err, a.body)
			}
			if w.Code == 200 {
				a.ok()
			} else if code, _ := a.fields["errorCode"].(string); w.Code > 499 || !strings.HasPrefix(code, "ft.") {
				t.Fatalf("header %d: %d %s", i, w.Code, a.body)
			} else {
				a.refused(w.Code, code)
			}
			if signed := i == 3; signed && w.Code == 401 {
				t.Fatalf("signed: %s", a.body)
			}
		}
	})
}
