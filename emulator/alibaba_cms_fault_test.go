package emulator_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func TestAlibabaCMSFaults(t *testing.T) {
	t.Run("socket", func(t *testing.T) { cmsFaults(t) })
	t.Run("memory", func(t *testing.T) { cmsFaults(t, emulator.InMemory()) })
}

// cmsFaults tries each kind of fault on a creation, which is carried out or not.
func cmsFaults(t *testing.T, opts ...emulator.Option) {
	clock := newAlibabaClock()
	em := emulator.NewAlibabaCMS(append(opts, emulator.WithClock(clock.Now))...)
	c := &cmsCaller{t: t, em: em, clock: clock, http: clientOf(t, em), id: em.AccessKeyID(), secret: em.AccessKeySecret()}
	for name, step := range map[string]struct {
		fault emulator.Fault
		want  int // 0: no answer
		text  string
		made  bool
	}{
		"before":   {emulator.Fault{Reset: "before"}, 0, "", false},
		"after":    {emulator.Fault{Reset: "after"}, 0, "", true},
		"truncate": {emulator.Fault{Truncate: true}, 0, `{"requestId"`, true},
		"page":     {emulator.Fault{HTML: true}, 502, "<html>", false},
		"bare":     {emulator.Fault{Status: 503, Body: "later"}, 503, "later", false},
		"code":     {emulator.Fault{Code: "ServiceUnavailable"}, 503, `{"Code":"ServiceUnavailable"`, false},
		"family":   {emulator.Fault{Code: "Forbidden.Anything"}, 403, `{"Code":"Forbidden.Anything"`, false},
		"own":      {emulator.Fault{Code: "WorkspaceNotExist"}, 404, `{"Code":"WorkspaceNotExist"`, false},
		"status":   {emulator.Fault{Code: "Throttling", Status: 429}, 429, `{"Code":"Throttling"`, false},
		"delay":    {emulator.Fault{Delay: time.Millisecond}, 200, `{"requestId"`, true},
	} {
		step.fault.Action, step.fault.Times = "PutWorkspace", 1
		em.Inject(step.fault)
		a, err := c.try(c.request("POST", name, nil, `{"slsProject":"logs"}`))
		if (err == nil) != (step.want != 0) || step.want != 0 && a.status != step.want || !strings.HasPrefix(a.body, step.text) {
			t.Errorf("%s: %v %d %.100s", name, err, a.status, a.body)
		}
		if made := c.call("GET", name, nil, "").status == 200; made != step.made {
			t.Errorf("%s: made %v", name, made)
		}
	}
	em.Inject(emulator.Fault{Action: "ListWorkspaces", Skip: 1, Times: 2, Code: "InternalError", Header: http.Header{"Retry-After": {"1"}}})
	for _, want := range []int{200, 500, 500, 200} {
		if a := c.call("GET", "", nil, ""); a.status != want || (a.header.Get("Retry-After") == "1") != (want == 500) {
			t.Error(a.status, want)
		}
	}
}

// In a bubble time passes at once, and nothing is left when the emulator is closed.
func TestAlibabaCMSSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em := emulator.NewAlibabaCMS(emulator.InMemory(), emulator.WithAlibabaCMS(emulator.AlibabaCMSSettings{Throttle: 1, ThrottlePeriod: time.Hour}))
		transport := &http.Transport{DialContext: em.DialContext}
		c := &cmsCaller{t: t, em: em, clock: newAlibabaClock(), http: &http.Client{Transport: transport}, id: em.AccessKeyID(), secret: em.AccessKeySecret()}
		c.clock.at = time.Now()
		c.put("w", "")
		time.Sleep(time.Hour - 1)
		c.clock.at = time.Now()
		c.call("POST", "w", nil, `{"slsProject":"logs"}`).refused(400, "Throttling.Api")
		time.Sleep(time.Nanosecond)
		c.put("w", "")

		em.Inject(emulator.Fault{Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.try(c.request("GET", "w", nil, "").WithContext(ctx)); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		done := make(chan error)
		go func() {
			_, err := c.try(c.request("GET", "w", nil, ""))
			done <- err
		}()
		synctest.Wait()
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
