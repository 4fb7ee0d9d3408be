package tencent

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// badReplies are what a method of any product answers with an error that has the right code and outcome.
var badReplies = []struct {
	what        string
	status      int
	contentType string
	body        string
	code        errs.Code
	retry       errs.Retry
	outcome     errs.Outcome // of a write
	requestID   string
}{
	{"empty object", 200, "", `{}`, errs.Corrupt, errs.Permanent, errs.Ambiguous, ""},
	{"null", 200, "", `null`, errs.Corrupt, errs.Permanent, errs.Ambiguous, ""},
	{"null Response", 200, "", `{"Response":null}`, errs.Corrupt, errs.Permanent, errs.Ambiguous, ""},
	{"empty Response", 200, "", `{"Response":{}}`, errs.Corrupt, errs.Permanent, errs.Ambiguous, ""},
	{"empty RequestId", 200, "", `{"Response":{"RequestId":""}}`, errs.Corrupt, errs.Permanent, errs.Ambiguous, ""},
	{"Response of another type", 200, "", `{"Response":"done"}`, errs.Corrupt, errs.Permanent, errs.Ambiguous, ""},
	{"Response of a list", 200, "", `{"Response":["done"]}`, errs.Corrupt, errs.Permanent, errs.Ambiguous, ""},
	{"RequestId of another type", 200, "", `{"Response":{"RequestId":5}}`, errs.Corrupt, errs.Permanent, errs.Ambiguous, ""},
	{"two Responses", 200, "", `{"Response":null,"Response":{"RequestId":"r-1"}}`, errs.Corrupt, errs.Permanent, errs.Ambiguous, ""},
	{"error behind lists of another type", 200, "", `{"Response":{"Keys":{},"KVNamespaces":{},"KeyMetadatas":{},"Error":{"Code":"RequestLimitExceeded","Message":"m"},"RequestId":"r-1"}}`, errs.RateLimited, errs.Temporary, errs.NotApplied, "r-1"},
	{"array", 200, "", `[{"Response":{"RequestId":"r-1"}}]`, errs.Corrupt, errs.Permanent, errs.Ambiguous, ""},
	{"nothing", 200, "", ``, errs.Corrupt, errs.Permanent, errs.Ambiguous, ""},
	{"broken off", 200, "", `{"Response":{"RequestId":"r-1"`, errs.Corrupt, errs.Permanent, errs.Ambiguous, ""},
	{"more behind", 200, "", `{"Response":{"RequestId":"r-1"}}{}`, errs.Corrupt, errs.Permanent, errs.Ambiguous, ""},
	{"deep", 200, "", `{"Response":` + strings.Repeat("[", 20000), errs.Corrupt, errs.Permanent, errs.Ambiguous, ""},
	{"invalid UTF-8", 200, "", "{\"Response\":{\"RequestId\":\"r-1\",\"Note\":\"\xff\"}}", errs.Corrupt, errs.Permanent, errs.Ambiguous, "r-1"},
	{"half a surrogate pair", 200, "", `{"Response":{"RequestId":"r-1","Note":"\ud800"}}`, errs.Corrupt, errs.Permanent, errs.Ambiguous, "r-1"},
	{"captive portal", 200, "text/html", `<html>sign in</html>`, errs.Corrupt, errs.Permanent, errs.Ambiguous, ""},
	{"error without a code", 200, "", `{"Response":{"Error":{},"RequestId":"r-1"}}`, errs.Corrupt, errs.Permanent, errs.Ambiguous, "r-1"},
	{"error of another type", 200, "", `{"Response":{"RequestId":"r-1","Error":"no"}}`, errs.Corrupt, errs.Permanent, errs.Ambiguous, "r-1"},
	{"message of another type", 200, "", `{"Response":{"Error":{"Code":"FailedOperation","Message":7},"RequestId":"r-1"}}`, errs.Unknown, errs.Permanent, errs.Ambiguous, "r-1"},
	{"error and data", 200, "", `{"Response":{"Error":{"Code":"InternalError","Message":"m"},"Data":[],"RequestId":"r-1"}}`, errs.Internal, errs.Temporary, errs.Ambiguous, "r-1"},
	{"gateway", 502, "text/html", `<html>Bad Gateway</html>`, errs.Unavailable, errs.Temporary, errs.Ambiguous, ""},
	{"firewall", 403, "text/html", `<html>blocked</html>`, errs.PermissionDenied, errs.Permanent, errs.NotApplied, ""},
	{"throttling proxy", 429, "", `slow down`, errs.RateLimited, errs.Temporary, errs.NotApplied, ""},
	{"failing status, good body", 500, "", `{"Response":{"RequestId":"r-1"}}`, errs.Internal, errs.Temporary, errs.Ambiguous, "r-1"},
	{"odd status, good body", 202, "", `{"Response":{"RequestId":"r-1"}}`, errs.Corrupt, errs.Permanent, errs.Ambiguous, "r-1"},
	{"no content", 204, "", ``, errs.Corrupt, errs.Permanent, errs.Ambiguous, ""},
	{"the old form of an error", 200, "", `{"code":4100,"message":"no","codeDesc":"AuthFailure"}`, errs.Corrupt, errs.Permanent, errs.Ambiguous, ""},
	{"error and fields of other types", 200, "", `{"Response":{"KeyId":5,"KeyMetadata":[],"Error":{"Code":"InternalError","Message":"m"},"RequestId":"r-1"}}`, errs.Internal, errs.Temporary, errs.Ambiguous, "r-1"},
}

// testBadReplies sends a call to a server that answers with each of them; open returns the calls.
func testBadReplies(t *testing.T, open func(*testing.T, http.HandlerFunc) []badCall) {
	for _, c := range badReplies {
		t.Run(c.what, func(t *testing.T) {
			calls := open(t, func(w http.ResponseWriter, r *http.Request) {
				if c.contentType != "" {
					w.Header().Set("Content-Type", c.contentType)
				}
				drivertest.Says(c.status, c.body)(w, r)
			})
			for _, m := range calls {
				err := m.send(t.Context())
				e, ok := err.(*errs.Error)
				if !ok {
					t.Fatalf("%s: %v", m.action, err)
				}
				if e.Code != c.code || e.Retry != c.retry || e.HTTPStatus != c.status || e.RequestID != c.requestID || m.write && e.Outcome != c.outcome {
					t.Errorf("%s: %v: %s, %s, request id %q", m.action, e, e.Retry, e.Outcome, e.RequestID)
				}
				checkNoSecrets(t, err)
			}
		})
	}
}

// badCall is a method with its service.
type badCall struct {
	action string
	write  bool
	send   func(context.Context) error
}

// Whatever comes back, a method returns the right code and outcome, and nothing secret.
func TestBadReplies(t *testing.T) {
	testBadReplies(t, func(t *testing.T, h http.HandlerFunc) (calls []badCall) {
		s, n := served(t, h)
		for _, m := range methods {
			calls = append(calls, badCall{m.action, m.write, func(ctx context.Context) error { return m.send(ctx, s, n) }})
		}
		return calls
	})
}

// Replies that are whole but lack what the method needs.
func TestMissingFields(t *testing.T) {
	var body string
	s, n := served(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
	for action, contents := range map[string][]string{
		actionGet: {
			``, `"Data":null`, `"Data":[]`, `"Data":[null,null]`, `"Data":[{"Key":"hello"},{"Key":"other"}]`,
			`"Data":[{"Value":"v"},{"Value":"v"}]`, `"Data":[{"Key":"hello","Value":null},{"Key":"other","Value":"v"}]`,
			`"Data":[{"Key":"hello","Value":7},{"Key":"other","Value":"v"}]`, `"Data":{}`,
			`"Data":[{"Key":"other","Value":"v"},{"Key":"hello","Value":"v"}]`,
			`"Data":[{"Key":"hello","Value":"v"},{"Key":"hello","Value":"v"},{"Key":"other","Value":"v"}]`,
		},
		actionList: {
			``, `"Cursor":""`, `"Keys":[]`, `"Keys":[],"Cursor":null`, `"Keys":[],"Cursor":5`, `"Keys":["a",null],"Cursor":""`,
			`"Keys":[""],"Cursor":""`, `"Keys":"a","Cursor":""`, `"Keys":[1],"Cursor":""`,
		},
		actionDescribe: {
			``, `"TotalCount":1`, `"TotalCount":0`, `"KVNamespaces":[]`, `"KVNamespaces":[],"TotalCount":null`, `"KVNamespaces":[],"TotalCount":3`,
			`"KVNamespaces":[{"Remark":"r"}],"TotalCount":1`, `"KVNamespaces":[null],"TotalCount":1`, `"KVNamespaces":[{"Namespace":7}],"TotalCount":1`,
			`"KVNamespaces":[],"TotalCount":"none"`, `"KVNamespaces":[{"Namespace":"ns-011","CapacityUsed":1e30}],"TotalCount":1`,
		},
	} {
		for _, content := range contents {
			if body = `{"Response":{"RequestId":"r-1"}}`; content != "" {
				body = `{"Response":{"RequestId":"r-1",` + content + `}}`
			}
			for _, m := range methods {
				if m.action != action {
					continue
				}
				err := m.send(t.Context(), s, n)
				if errs.CodeOf(err) != errs.Corrupt || err.(*errs.Error).RequestID != "r-1" {
					t.Errorf("%s %s: %v", action, content, err)
				}
			}
		}
	}
	// Null where a service has no items is an empty page, provided that the reply is whole.
	body = `{"Response":{"RequestId":"r-1","Keys":null,"Cursor":""}}`
	if page, err := n.List(t.Context(), &driver.ListRequest{PageSize: 10}); err != nil || len(page.Keys) != 0 {
		t.Error(page, err)
	}
	body = `{"Response":{"RequestId":"r-1","KVNamespaces":null,"TotalCount":0}}`
	if page, err := s.ListNamespaces(t.Context(), &driver.ListNamespacesRequest{}); err != nil || len(page.Namespaces) != 0 {
		t.Error(page, err)
	}
}

// A server that does not answer holds nobody up.
func TestHangingServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, s := emulated(t)
		em.Inject(emulator.Fault{Delay: time.Hour})
		n, err := s.OpenNamespace(byName("ns-011"))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range methods {
			checkNoSecrets(t, drivertest.CheckGivesUp(t, m.action, func(ctx context.Context) error { return m.send(ctx, s, n) }))
		}
	})
}

func TestConnectionFaults(t *testing.T) {
	for what, handler := range map[string]http.HandlerFunc{"broken off": drivertest.BreaksOff(`{"Response":{"RequestId":"r-1"`), "reset": drivertest.Resets} {
		s, n := served(t, handler)
		for _, m := range methods {
			err := m.send(t.Context(), s, n)
			e, ok := err.(*errs.Error)
			if !ok || e.Code != errs.Unavailable || e.Retry != errs.Temporary || e.Outcome != errs.Ambiguous {
				t.Errorf("%s: %s: %v", what, m.action, err)
			}
			checkNoSecrets(t, err)
		}
	}
}

// A redirect is not followed: the token would go with it.
func TestRedirect(t *testing.T) {
	elsewhere := drivertest.Unvisited(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		s, n := served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere)
			w.WriteHeader(status)
		})
		for _, m := range methods {
			err := m.send(t.Context(), s, n)
			if e, ok := err.(*errs.Error); !ok || e.Code != errs.Unavailable || e.Retry != errs.Permanent || e.HTTPStatus != status {
				t.Errorf("%d %s: %v", status, m.action, err)
			}
			checkNoSecrets(t, err)
		}
	}
}

// Nothing is sent for what JSON cannot carry as it is.
func TestInvalidText(t *testing.T) {
	s, n := served(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	const bad = "a\xffb"
	_, errOpen := s.OpenNamespace(byName(bad))
	_, errKey := n.Put(t.Context(), &driver.PutRequest{Key: bad, Value: []byte("v")})
	_, errValue := n.Put(t.Context(), &driver.PutRequest{Key: "k", Value: []byte(bad)})
	_, errGet := n.Get(t.Context(), &driver.GetRequest{Key: bad})
	_, errBatch := n.(driver.BatchGetter).GetBatch(t.Context(), &driver.GetBatchRequest{Keys: []string{"k", bad}})
	_, errDelete := n.Delete(t.Context(), &driver.DeleteRequest{Key: bad})
	_, errList := n.List(t.Context(), &driver.ListRequest{Prefix: bad, PageSize: 1})
	_, errCreate := s.(driver.NamespaceCreator).CreateNamespace(t.Context(), &driver.CreateNamespaceRequest{Name: "n", Description: bad})
	_, errName := s.(driver.NamespaceCreator).CreateNamespace(t.Context(), &driver.CreateNamespaceRequest{Name: bad})
	_, errDescribe := s.(driver.NamespaceGetter).GetNamespace(t.Context(), &driver.GetNamespaceRequest{NamespaceRef: byName(bad)})
	_, errCursor := s.ListNamespaces(t.Context(), &driver.ListNamespacesRequest{Cursor: "-1"})
	for i, err := range []error{errOpen, errKey, errValue, errGet, errBatch, errDelete, errList, errCreate, errName, errDescribe, errCursor} {
		e, ok := err.(*errs.Error)
		if !ok || e.Code != errs.InvalidArgument || e.Outcome != errs.NotApplied || strings.Contains(fmt.Sprint(err), bad) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// No part of a request but its headers and body says anything: the URL is the endpoint.
func TestURL(t *testing.T) {
	var seen url.URL
	s, n := served(t, func(w http.ResponseWriter, r *http.Request) {
		seen = *r.URL
		_, _ = io.WriteString(w, `{"Response":{"RequestId":"r-1"}}`)
	})
	for _, m := range methods {
		_ = m.send(t.Context(), s, n)
		if seen.String() != "/" {
			t.Errorf("%s: %s", m.action, &seen)
		}
	}
}
