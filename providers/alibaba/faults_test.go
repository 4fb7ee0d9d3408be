package alibaba

import (
	"context"
	"errors"
	"fmt"
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
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// Faults, as the emulator cannot make them.
func TestFaults(t *testing.T) {
	elsewhere := drivertest.Unvisited(t)
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		code  errs.Code
		retry errs.Retry
	}{
		"empty object": {drivertest.Says(200, `{}`), errs.Corrupt, errs.Permanent},
		"empty":        {drivertest.Says(200, ``), errs.Corrupt, errs.Permanent},
		"null":         {drivertest.Says(200, `null`), errs.Corrupt, errs.Permanent},
		"array":        {drivertest.Says(200, `[{"RequestId":"r"}]`), errs.Corrupt, errs.Permanent},
		"no id":        {drivertest.Says(200, `{"Value":"v","Length":"1","Status":"online","Namespace":"test_namespace","TotalCount":0,"SuccessKeys":["hello"],"NamespaceUsed":0}`), errs.Corrupt, errs.Permanent},
		"accepted":     {drivertest.Says(202, `{"RequestId":"r","Value":"v","Length":"1","Status":"online","Namespace":"test_namespace","TotalCount":0,"SuccessKeys":["hello"],"NamespaceUsed":0}`), errs.Corrupt, errs.Permanent},
		"failure":      {drivertest.Says(200, `{"RequestId":"r","Code":"InternalError","Message":"m"}`), errs.Internal, errs.Temporary},
		"portal":       {drivertest.Says(200, `<html>log in</html>`), errs.Corrupt, errs.Permanent},
		"gateway":      {drivertest.Says(502, `<html><h1>502 Bad Gateway</h1></html>`), errs.Unavailable, errs.Temporary},
		"unavailable":  {drivertest.Says(503, ``), errs.Unavailable, errs.Temporary},
		"gateway time": {drivertest.Says(504, `upstream`), errs.DeadlineExceeded, errs.Temporary},
		"wrong types":  {drivertest.Says(200, `{"RequestId":"r","Value":7,"Length":[],"Status":1,"Namespace":{},"TotalCount":"x","Keys":7,"SuccessKeys":7,"NamespaceList":3}`), errs.Corrupt, errs.Permanent},
		"truncated":    {drivertest.BreaksOff(`{"Req`), errs.Unavailable, errs.Temporary},
		"bad gzip": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, `{"RequestId":"r"}`)
		}, errs.Corrupt, errs.Temporary},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
		}, errs.Unavailable, errs.Permanent},
		"cut":           {func(_ http.ResponseWriter, r *http.Request) { readAll(r); panic(http.ErrAbortHandler) }, errs.Unavailable, errs.Temporary},
		"throttled":     {drivertest.Says(429, `slow down`), errs.RateLimited, errs.Temporary},
		"empty failure": {drivertest.Says(200, `{"RequestId":"r","Code":{},"Value":null,"Status":""}`), errs.Corrupt, errs.Permanent},
	} {
		t.Run(name, func(t *testing.T) {
			s, n := served(t, c.serve)
			for _, m := range methods {
				if name == "empty failure" && (m.action == actionDelete || m.action == actionRemove) {
					continue // need no more than an id
				}
				if name == "wrong types" && (m.action == actionDelete || m.action == actionRemove) {
					continue
				}
				err := m.send(t.Context(), s, n)
				e, ok := err.(*errs.Error)
				if !ok || e.Code != c.code || e.Retry != c.retry {
					t.Errorf("%s: %v, want %s, %s", m.action, err, c.code, c.retry)
					continue
				}
				want := errs.Ambiguous
				if c.code == errs.RateLimited {
					want = errs.NotApplied
				}
				if m.write && e.Outcome != want {
					t.Errorf("%s: outcome %s, want %s", m.action, e.Outcome, want)
				}
				leakFree(t, m.action, err)
			}
		})
	}
}

// A server that does not answer holds nobody up.
func TestHungServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, s := emulated(t, emulator.AlibabaSettings{}, true)
		em.Inject(emulator.Fault{Delay: time.Hour})
		n, err := s.OpenNamespace(byName("ns"))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range methods {
			leakFree(t, m.action, drivertest.CheckGivesUp(t, m.action, func(ctx context.Context) error { return m.send(ctx, s, n) }))
		}
	})
}

// What cannot have arrived is NotApplied.
func TestUnreachable(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	s := openService(t, map[string]string{"access_key_id": canaryID, "access_key_secret": canaryKey, "region": "cn-hangzhou", "endpoint": server.URL}, nil)
	n, _ := s.OpenNamespace(byName("test_namespace"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, m := range methods {
		err := m.send(t.Context(), s, n)
		if e, ok := err.(*errs.Error); !ok || e.Code != errs.Unavailable || e.Retry != errs.Temporary || e.Outcome != errs.NotApplied {
			t.Errorf("%s: %#v", m.action, err)
		}
		leakFree(t, m.action, err)
		if err := m.send(ctx, s, n); errs.CodeOf(err) != errs.Canceled || !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", m.action, err)
		}
	}
}

// A delete goes by GET, which net/http sends again by itself when a kept connection dies under it.
func TestDeleteIsDeliveredOnce(t *testing.T) {
	var requests atomic.Int32
	_, n := served(t, func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) == 2 {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprintf(w, `{"RequestId":%q}`, anID)
	})
	if _, err := n.Delete(t.Context(), &driver.DeleteRequest{Key: "a"}); err != nil {
		t.Fatal(err)
	}
	_, err := n.Delete(t.Context(), &driver.DeleteRequest{Key: "a"})
	if e, ok := err.(*errs.Error); !ok || e.Retry != errs.Temporary || e.Outcome != errs.Ambiguous || requests.Load() != 2 {
		t.Errorf("%#v after %d requests", err, requests.Load())
	}
}

// The faults of the emulator, which carries some requests out before it fails.
func TestEmulatedFaults(t *testing.T) {
	em, s := emulated(t, free(), false)
	if _, err := s.(driver.NamespaceCreator).CreateNamespace(t.Context(), &driver.CreateNamespaceRequest{Name: "ns"}); err != nil {
		t.Fatal(err)
	}
	n, _ := s.OpenNamespace(byName("ns"))
	for i, f := range []emulator.Fault{{Reset: "after"}, {Reset: "before"}, {Truncate: true}, {HTML: true}, {Code: "InternalError"}, {Code: "Throttling.User"}} {
		f.Action, f.Times = actionPut, 1
		em.Inject(f)
		_, err := n.Put(t.Context(), &driver.PutRequest{Key: fmt.Sprint("k", i), Value: []byte(canaryValue)})
		want := errs.Ambiguous
		if f.Code == "Throttling.User" {
			want = errs.NotApplied
		}
		if e, ok := err.(*errs.Error); !ok || e.Retry != errs.Temporary || e.Outcome != want {
			t.Errorf("%+v: %#v", f, err)
		}
		leakFree(t, fmt.Sprint(f), err)
	}
	if _, err := n.Get(t.Context(), &driver.GetRequest{Key: "k0"}); err != nil {
		t.Errorf("what was written before the reset is not there: %v", err)
	}
}

// Keys that a URL would read as something else arrive as they are, or are refused; see kvtest for what is stored.
func TestOddKeys(t *testing.T) {
	for _, key := range []string{"a/b", "a?b", "a#b", "100%", "a%2Fb", "../../x", " a b ", "a\x00b", "日本/語", "a+b", "a&Namespace=other", "=;,", "é\u0301", "\ufeff",
		strings.Repeat("k", 512), strings.Repeat("é", 256) + "k"} {
		var got []string
		s, n := served(t, func(_ http.ResponseWriter, r *http.Request) {
			got = append(got, r.URL.Path+" "+r.URL.Query().Get("Namespace")+" "+r.URL.Query().Get("Key")+r.URL.Query().Get("Prefix"))
		})
		_, _ = n.Get(t.Context(), &driver.GetRequest{Key: key})
		_, _ = n.Put(t.Context(), &driver.PutRequest{Key: key, Value: []byte("v")})
		_, _ = n.Delete(t.Context(), &driver.DeleteRequest{Key: key})
		_, _ = n.List(t.Context(), &driver.ListRequest{Prefix: key, PageSize: 1})
		_, _ = n.(driver.Inspector).Inspect(t.Context(), &driver.InspectRequest{Key: key})
		for _, sent := range got {
			if sent != "/ test_namespace "+key {
				t.Errorf("%q arrives as %q", key, sent)
			}
		}
		if len(got) != 5 {
			t.Errorf("%d requests", len(got))
		}
		_ = s
	}
}
