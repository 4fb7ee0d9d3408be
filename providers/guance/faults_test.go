package guance_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/workspace"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

func TestFaults(t *testing.T) {
	elsewhere := drivertest.Unvisited(t)
	for name, c := range map[string]struct {
		serve   http.HandlerFunc
		code    errs.Code
		retry   errs.Retry
		outcome errs.Outcome // of what writes
	}{
		"empty object": {drivertest.Says(200, `{}`), errs.Corrupt, errs.Permanent, errs.Ambiguous},
		"empty":        {drivertest.Says(200, ``), errs.Corrupt, errs.Permanent, errs.Ambiguous},
		"null":         {drivertest.Says(200, `null`), errs.Corrupt, errs.Permanent, errs.Ambiguous},
		"list":         {drivertest.Says(200, `[{"success":true}]`), errs.Corrupt, errs.Permanent, errs.Ambiguous},
		"accepted":     {drivertest.Says(202, `{"code":200,"content":{"uuid":"w"},"success":true}`), errs.Corrupt, errs.Permanent, errs.Ambiguous},
		"portal":       {drivertest.Says(200, `<html>log in</html>`), errs.Corrupt, errs.Permanent, errs.Ambiguous},
		"gateway":      {drivertest.Says(502, `<html><h1>502 Bad Gateway</h1></html>`), errs.Unavailable, errs.Temporary, errs.Ambiguous},
		"firewall":     {drivertest.Says(403, `<html>no</html>`), errs.PermissionDenied, errs.Permanent, errs.NotApplied},
		"unavailable":  {drivertest.Says(503, ``), errs.Unavailable, errs.Temporary, errs.Ambiguous},
		"gateway time": {drivertest.Says(504, `upstream`), errs.DeadlineExceeded, errs.Temporary, errs.Ambiguous},
		"throttled":    {drivertest.Says(429, `slow down`), errs.RateLimited, errs.Temporary, errs.NotApplied},
		"wrong types":  {drivertest.Says(200, `{"code":{},"content":7,"success":[],"traceId":{}}`), errs.Corrupt, errs.Permanent, errs.Ambiguous},
		"not UTF-8":    {drivertest.Says(200, `{"code":200,"content":{"uuid":"w","sk":"\ud800"},"success":true}`), errs.Corrupt, errs.Permanent, errs.Applied},
		"broken JSON":  {drivertest.Says(200, `{"code":200,"content":{"akInfo":{"keySk":"`+canaryReply+`"`), errs.Corrupt, errs.Permanent, errs.Ambiguous},
		"truncated": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"keySk":"`+canaryReply)
		}, errs.Unavailable, errs.Temporary, errs.Ambiguous},
		"bad gzip": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, `{"success":true}`)
		}, errs.Corrupt, errs.Temporary, errs.Ambiguous},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
		}, errs.Unavailable, errs.Permanent, errs.Ambiguous},
		"cut": {func(_ http.ResponseWriter, r *http.Request) { readAll(r); panic(http.ErrAbortHandler) }, errs.Unavailable, errs.Temporary, errs.Ambiguous},
	} {
		t.Run(name, func(t *testing.T) {
			for _, api := range []string{"open", "external"} {
				svc := served(t, api, c.serve)
				for _, m := range methodsOf(api) {
					err := m.send(t.Context(), svc)
					e := typed(t, err)
					if e.Code != c.code || e.Retry != c.retry || m.write && e.Outcome != c.outcome {
						t.Errorf("%s, %s: %v, %s, %s", api, m.op, err, e.Retry, e.Outcome)
					}
					leakFree(t, m.op, err)
				}
			}
		})
	}
}

// A server that does not answer holds nobody up.
func TestHungServer(t *testing.T) {
	for _, api := range []string{"open", "external"} {
		synctest.Test(t, func(t *testing.T) {
			em, svc := emulated(t, api, emulator.GuanceSettings{})
			em.Inject(emulator.Fault{Delay: time.Hour})
			for _, m := range methodsOf(api) {
				leakFree(t, m.op, drivertest.CheckGivesUp(t, m.op, func(ctx context.Context) error { return m.send(ctx, svc) }))
			}
		})
	}
}

// What cannot have arrived is NotApplied.
func TestUnreachable(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, api := range []string{"open", "external"} {
		svc := openService(t, entryOf(api, server.URL), providers.Host{})
		for _, m := range methodsOf(api) {
			err := m.send(t.Context(), svc)
			if e := typed(t, err); e.Code != errs.Unavailable || e.Retry != errs.Temporary || e.Outcome != errs.NotApplied {
				t.Errorf("%s: %v", m.op, err)
			}
			leakFree(t, m.op, err)
			if err := m.send(ctx, svc); errs.CodeOf(err) != errs.Canceled || !errors.Is(err, context.Canceled) {
				t.Errorf("%s, cancelled: %v", m.op, err)
			}
		}
	}
}

// The vendor counts by the minute: throttling without a time to wait waits 20 seconds, also where a gateway says so in words
// of its own, or the next attempt would come too early.
func TestThrottledByAGateway(t *testing.T) {
	for said, want := range map[string]time.Duration{"": 20 * time.Second, "3": 3 * time.Second} {
		for _, api := range []string{"open", "external"} {
			svc := served(t, api, func(w http.ResponseWriter, _ *http.Request) {
				if said != "" {
					w.Header().Set("Retry-After", said)
				}
				w.WriteHeader(http.StatusTooManyRequests)
			})
			for _, m := range methodsOf(api) {
				if e := typed(t, m.send(t.Context(), svc)); e.Code != errs.RateLimited || e.RetryAfter != want {
					t.Errorf("%s, %s, Retry-After %q: %v, to wait %v", api, m.op, said, e, e.RetryAfter)
				}
			}
		}
	}
}

// A key is deleted by GET, which net/http would send again by itself when a kept connection dies under it.
func TestDeliveredOnce(t *testing.T) {
	for _, c := range []struct{ api, op string }{
		{"open", driver.OpDeleteAPIKey}, {"open", driver.OpCreate}, {"open", driver.OpGet},
		{"external", driver.OpGet}, {"external", driver.OpTransferOwner},
	} {
		var requests atomic.Int32
		svc := served(t, c.api, func(w http.ResponseWriter, r *http.Request) {
			readAll(r)
			if requests.Add(1) == 2 {
				panic(http.ErrAbortHandler)
			}
			succeeds(`{"uuid":"w","sk":"s"}`)(w, r)
		})
		for _, m := range methodsOf(c.api) {
			if m.op == c.op {
				_ = m.send(t.Context(), svc)
				_ = m.send(t.Context(), svc)
			}
		}
		if got := requests.Load() - 1; got != 1 { // the second request
			t.Errorf("%s %s is delivered %d times", c.api, c.op, got)
		}
	}
}

// portable returns the service as programs see it, on an emulator.
func portable(t *testing.T, api string, settings emulator.GuanceSettings) (*emulator.Guance, *workspace.Service) {
	t.Helper()
	em, drv := emulated(t, api, settings)
	svc, err := workspace.NewService(drv, workspace.ServiceOptions{Provider: "watch"})
	if err != nil {
		t.Fatal(err)
	}
	return em, svc
}

// A creation is not repeated once it may have arrived; a read is, and so is what is idempotent.
func TestRepetition(t *testing.T) {
	em, svc := portable(t, "open", emulator.GuanceSettings{KeyRate: 1000, WorkspaceRate: 1000})
	count := func(action string) (n int) {
		for _, r := range em.Requests() {
			if r.Action == action {
				n++
			}
		}
		return n
	}
	em.Inject(emulator.Fault{Action: "CreateWorkspace", Times: 1, Reset: "after"}, emulator.Fault{Action: "AddAccessKey", Times: 1, HTML: true},
		emulator.Fault{Action: "GetWorkspace", Times: 1, Reset: "before"}, emulator.Fault{Action: "ModifyWorkspace", Times: 1, Truncate: true})
	_, err := svc.Create(t.Context(), "n", workspace.WithAPIKey("k"))
	e, _ := errors.AsType[*errs.Error](err)
	if e == nil || e.Outcome != errs.Ambiguous || e.Attempts != 1 || e.Retry != errs.Permanent || !strings.Contains(e.Message, "console") || count("CreateWorkspace") != 1 {
		t.Errorf("%v; %d requests", err, count("CreateWorkspace"))
	}
	w, err := svc.Workspace(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.CreateAPIKey(t.Context(), "k"); errs.CodeOf(err) != errs.Unavailable || count("AddAccessKey") != 1 {
		t.Errorf("%v; %d requests", err, count("AddAccessKey"))
	}
	if _, err := w.Describe(t.Context()); err != nil || count("GetWorkspace") != 2 {
		t.Errorf("%v; %d requests", err, count("GetWorkspace"))
	}
	if err := w.Update(t.Context(), workspace.SetName("m")); err != nil || count("ModifyWorkspace") != 2 {
		t.Errorf("%v; %d requests", err, count("ModifyWorkspace"))
	}
}

// A workspace that was made without all of its stores is returned, with the code.
func TestIncomplete(t *testing.T) {
	_, svc := portable(t, "open", emulator.GuanceSettings{ResourceException: "ft.MakeEsFailed"})
	made, err := svc.Create(t.Context(), "n", workspace.WithAPIKey("k"))
	incomplete, ok := errors.AsType[*workspace.Incomplete](err)
	if !ok || incomplete.Fault != "ft.MakeEsFailed" || made == nil || made.APIKey.Secret.IsEmpty() || made.Info.ID != incomplete.ID {
		t.Errorf("%v, %v", made, err)
	}
}
