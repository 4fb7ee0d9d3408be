package emulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
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
	clock := &stoppedClock{at: time.Unix(guanceEpoch, 0)}
	em := start(emulator.WithClock(clock.Now))
	c := &guanceCaller{Guance: em, t: t, clock: clock, http: clientOf(t, em), key: emulator.GuanceAPIKey, nonces: new(atomic.Int64)}
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
		c := &guanceCaller{Guance: em, t: t, clock: &stoppedClock{at: time.Now()}, http: &http.Client{Transport: transport}, key: emulator.GuanceAPIKey, nonces: new(atomic.Int64)}
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
