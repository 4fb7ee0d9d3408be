package cloudflare

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// secretValue is in the values and metadata that tests write; it must be in no error.
const secretValue = "canary-value-0123456789"

// noSecret prints an error and all that it wraps in every way.
func noSecret(t testing.TB, err error) {
	t.Helper()
	texts := drivertest.Printed(err)
	if vendor, ok := errors.AsType[vendorType](err); ok {
		texts = append(texts, string(vendor.DumpRequest(true)), string(vendor.DumpResponse(true)))
	}
	for _, text := range texts {
		if strings.Contains(text, canary) || strings.Contains(text, secretValue) {
			t.Errorf("%T shows a secret: %s", err, text)
		}
	}
}

// vendorType is what programs can see of the vendor's error type without its root package.
type vendorType interface {
	error
	DumpRequest(body bool) []byte
	DumpResponse(body bool) []byte
}

// calls are all that a driver sends, with whether each writes.
func calls(ctx context.Context, s *service, n *namespace) map[string]func() error {
	ref := kvdriver.NamespaceRef{ID: "x"}
	metadata := json.RawMessage(`"` + secretValue + `"`)
	return map[string]func() error{
		"Get":     func() error { _, err := n.Get(ctx, &kvdriver.GetRequest{Key: "k"}); return err },
		"Inspect": func() error { _, err := n.Inspect(ctx, &kvdriver.InspectRequest{Key: "k"}); return err },
		"List":    func() error { _, err := n.List(ctx, &kvdriver.ListRequest{PageSize: 10}); return err },
		"Delete":  func() error { _, err := n.Delete(ctx, &kvdriver.DeleteRequest{Key: "k"}); return err },
		"Put": func() error {
			_, err := n.Put(ctx, &kvdriver.PutRequest{Key: "k", Value: []byte(secretValue)})
			return err
		},
		"PutForm": func() error {
			_, err := n.Put(ctx, &kvdriver.PutRequest{Key: "k", Value: []byte(secretValue), Metadata: metadata})
			return err
		},
		"GetBatch": func() error {
			_, err := n.GetBatch(ctx, &kvdriver.GetBatchRequest{Keys: []string{"k"}})
			return err
		},
		"PutBatch": func() error {
			_, err := n.PutBatch(ctx, &kvdriver.PutBatchRequest{Items: []*kvdriver.PutRequest{{Key: "k", Value: []byte(secretValue), Metadata: metadata}}})
			return err
		},
		"DeleteBatch": func() error {
			_, err := n.DeleteBatch(ctx, &kvdriver.DeleteBatchRequest{Keys: []string{"k"}})
			return err
		},
		"ListNamespaces": func() error { _, err := s.ListNamespaces(ctx, &kvdriver.ListNamespacesRequest{}); return err },
		"CreateNamespace": func() error {
			_, err := s.CreateNamespace(ctx, &kvdriver.CreateNamespaceRequest{Name: "n"})
			return err
		},
		"GetNamespace": func() error {
			_, err := s.GetNamespace(ctx, &kvdriver.GetNamespaceRequest{NamespaceRef: ref})
			return err
		},
		"RenameNamespace": func() error {
			_, err := s.RenameNamespace(ctx, &kvdriver.RenameNamespaceRequest{NamespaceRef: ref, NewName: "n"})
			return err
		},
		"DeleteNamespace": func() error {
			_, err := s.DeleteNamespace(ctx, &kvdriver.DeleteNamespaceRequest{NamespaceRef: ref})
			return err
		},
	}
}

func TestFaults(t *testing.T) {
	const maybe = errs.Ambiguous
	elsewhere := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cf-Ray", "ray-1")
		http.Redirect(w, r, "https://elsewhere.example/"+r.URL.Path, http.StatusTemporaryRedirect)
	}
	cut := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cf-Ray", "ray-1")
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"success":true,`))
	}
	echo := func(w http.ResponseWriter, r *http.Request) { // a server that quotes all that it was sent, and what it holds
		body, _ := io.ReadAll(r.Body)
		if strings.HasSuffix(r.URL.Path, "/bulk/get") {
			body = []byte(secretValue)
		}
		text, _ := json.Marshal(r.Header.Get("Authorization") + " " + string(body))
		reason := `"code":10012,"message":` + string(text)
		answers(400, "application/json", `{"success":false,"errors":[{`+reason+`,"error_chain":[{`+reason+`}]}]}`)(w, r)
	}
	for name, fault := range map[string]struct {
		handle  http.HandlerFunc
		code    errs.Code
		retry   errs.Retry
		outcome errs.Outcome
		but     string // calls of which something else is expected
	}{
		"empty object":     {answers(200, "application/json", `{}`), errs.Corrupt, errs.Permanent, maybe, "Get"},
		"empty":            {answers(200, "application/json", ``), errs.Corrupt, errs.Permanent, maybe, "Get"},
		"null":             {answers(200, "application/json", `null`), errs.Corrupt, errs.Permanent, maybe, "Get"},
		"array":            {answers(200, "application/json", `[]`), errs.Corrupt, errs.Permanent, maybe, "Get"},
		"portal":           {answers(200, "text/html", `<html>log in</html>`), errs.Corrupt, errs.Permanent, maybe, "Get"},
		"success as text":  {answers(200, "application/json", `{"success":"true","result":{}}`), errs.Corrupt, errs.Permanent, maybe, "Get"},
		"success is null":  {answers(200, "application/json", `{"success":null,"result":{}}`), errs.Corrupt, errs.Permanent, maybe, "Get"},
		"not UTF-8":        {answers(200, "application/json", "{\"success\":true,\"result\":\"\xff\"}"), errs.Corrupt, errs.Permanent, errs.Applied, "Get"},
		"success is false": {answers(200, "application/json", `{"success":false,"errors":[{"code":10022,"message":"slow down"}],"result":null}`), errs.RateLimited, errs.Temporary, errs.NotApplied, "Get"},
		"gateway":          {answers(502, "text/html", `<html>`+secretValue+`</html>`), errs.Unavailable, errs.Temporary, maybe, ""},
		"challenge":        {answers(403, "text/html", `<html>`), errs.PermissionDenied, errs.Permanent, errs.NotApplied, ""},
		"truncated":        {cut, errs.Unavailable, errs.Temporary, maybe, ""},
		"redirect":         {elsewhere, errs.Unavailable, errs.Permanent, maybe, ""},
		"echo":             {echo, errs.InvalidArgument, errs.Permanent, errs.NotApplied, "GetBatch"},
		"deep":             {answers(400, "application/json", `{"errors":`+strings.Repeat("[", 20000)), errs.InvalidArgument, errs.Permanent, errs.NotApplied, ""},
	} {
		svc, ns := serve(t, fault.handle)
		for call, send := range calls(context.Background(), svc, ns) {
			err := send()
			noSecret(t, err)
			if fault.but == call {
				continue
			}
			if err == nil {
				t.Errorf("%s, %s: no error", name, call)
				continue
			}
			e := typed(t, err)
			if e.Code != fault.code || e.Retry != fault.retry || e.Outcome != fault.outcome || e.RequestID != "ray-1" {
				t.Errorf("%s, %s: %s %s, %s, %q: %v", name, call, e.Code, e.Retry, e.Outcome, e.RequestID, err)
			}
		}
	}
}

// A value is whatever bytes come: only what cannot be one is refused.
func TestGetFaults(t *testing.T) {
	for name, test := range map[string]struct {
		handle http.HandlerFunc
		code   errs.Code
	}{
		"looks like a failure": {answers(200, "application/octet-stream", failed(10009)), ""},
		"empty":                {answers(200, "application/octet-stream", ""), ""},
		"portal":               {answers(200, "text/html; charset=utf-8", "<html>"), errs.Corrupt},
		"no content":           {answers(204, "application/octet-stream", ""), errs.Corrupt},
		"in part":              {answers(206, "application/json", `{"success":true}`), errs.Corrupt},
		"expiry":               {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Expiration", "soon") }, errs.Corrupt},
	} {
		_, ns := serve(t, test.handle)
		if _, err := ns.Get(context.Background(), &kvdriver.GetRequest{Key: "k"}); errs.CodeOf(err) != test.code {
			t.Errorf("%s: %v, want %q", name, err, test.code)
		}
	}
}

// Replies that succeed but lack, or contradict, what is needed.
func TestWrongResults(t *testing.T) {
	for body, ops := range map[string]string{
		`{"success":true}`:                                                                "Inspect List GetBatch ListNamespaces CreateNamespace GetNamespace",
		`{"success":true,"result":null}`:                                                  "List GetBatch ListNamespaces CreateNamespace GetNamespace",
		`{"success":true,"result":{}}`:                                                    "List GetBatch ListNamespaces CreateNamespace GetNamespace",
		`{"success":true,"result":[],"result_info":null}`:                                 "List GetBatch CreateNamespace GetNamespace PutBatch DeleteBatch",
		`{"success":true,"result":"text"}`:                                                "List GetBatch ListNamespaces CreateNamespace GetNamespace PutBatch DeleteBatch",
		`{"success":true,"result":{"id":"","title":"t"}}`:                                 "CreateNamespace GetNamespace",
		`{"success":true,"result":{"id":"i"}}`:                                            "CreateNamespace GetNamespace",
		`{"success":true,"result":{"id":{"a":1},"title":"t"}}`:                            "CreateNamespace GetNamespace",
		`{"success":true,"result":[{"id":"i"}]}`:                                          "ListNamespaces",
		`{"success":true,"result":[{"title":"t"}]}`:                                       "ListNamespaces",
		`{"success":true,"result":[null]}`:                                                "ListNamespaces List",
		`{"success":true,"result":[{"name":5}],"result_info":{}}`:                         "List",
		`{"success":true,"result":[{"name":""}],"result_info":{}}`:                        "List",
		`{"success":true,"result":[{"name":"\ud800"}],"result_info":{}}`:                  "List",
		`{"success":true,"result":[{"name":"k","expiration":"x"}],"result_info":{}}`:      "List",
		`{"success":true,"result":[{"name":"k","expiration":-1}],"result_info":{}}`:       "List",
		`{"success":true,"result":[{"name":"k","expiration":1.5}],"result_info":{}}`:      "List",
		`{"success":true,"result":[{"name":"k"}],"result_info":{"cursor":7}}`:             "List",
		`{"success":true,"result":{"values":{}}}`:                                         "GetBatch",
		`{"success":true,"result":{"values":{"other":"v"}}}`:                              "GetBatch",
		`{"success":true,"result":{"values":{"k":7}}}`:                                    "GetBatch",
		`{"success":true,"result":{"values":{"k":{"value":"v"}}}}`:                        "GetBatch",
		`{"success":true,"result":{"successful_key_count":0,"unsuccessful_keys":[]}}`:     "PutBatch",
		`{"success":true,"result":{"successful_key_count":1,"unsuccessful_keys":["k"]}}`:  "PutBatch",
		`{"success":true,"result":{"successful_key_count":1,"unsuccessful_keys":["x"]}}`:  "PutBatch DeleteBatch",
		`{"success":true,"result":{"successful_key_count":1,"unsuccessful_keys":"none"}}`: "PutBatch DeleteBatch",
		`{"success":true,"result":{"successful_key_count":0.5}}`:                          "PutBatch DeleteBatch",
	} {
		svc, ns := serve(t, answers(200, "application/json", body))
		all := calls(context.Background(), svc, ns)
		for _, op := range strings.Fields(ops) {
			err := all[op]()
			if errs.CodeOf(err) != errs.Corrupt {
				t.Errorf("%s of %s: %v", op, body, err)
				continue
			}
			e := typed(t, err)
			if e.RequestID != "ray-1" || e.Retry != errs.Permanent || op == "CreateNamespace" && e.Outcome != errs.Applied || op == "PutBatch" && e.Outcome != errs.Ambiguous {
				t.Errorf("%s of %s: %s %s %s", op, body, e.RequestID, e.Retry, e.Outcome)
			}
		}
	}
}

// What a failed bulk request did depends on what its reply says of keys.
func TestFailedBulk(t *testing.T) {
	for result, want := range map[string]struct {
		outcome errs.Outcome
		partly  bool
	}{
		`null`: {errs.NotApplied, false},
		`{}`:   {errs.NotApplied, false},
		`{"successful_key_count":0,"unsuccessful_keys":["a","b"]}`: {errs.NotApplied, false},
		`{"successful_key_count":1,"unsuccessful_keys":["b"]}`:     {errs.Ambiguous, true},
		`{"successful_key_count":1,"unsuccessful_keys":[]}`:        {errs.Ambiguous, false},
		`{"unsuccessful_keys":["b"]}`:                              {errs.Ambiguous, false},
		`{"successful_key_count":1,"unsuccessful_keys":["x"]}`:     {errs.Ambiguous, false},
		`"text"`: {errs.Ambiguous, false},
	} {
		_, ns := serve(t, answers(400, "application/json", `{"success":false,"errors":[{"code":10029,"message":"m"}],"result":`+result+`}`))
		res, err := ns.DeleteBatch(context.Background(), &kvdriver.DeleteBatchRequest{Keys: []string{"a", "b"}})
		if want.partly != (err == nil) {
			t.Errorf("%s: %v", result, err)
			continue
		}
		if want.partly {
			if err = res.Errs[1]; res.Errs[0] != nil {
				t.Errorf("%s: %v", result, res.Errs)
			}
		}
		if e := typed(t, err); e.Code != errs.InvalidArgument || e.Outcome != want.outcome {
			t.Errorf("%s: %s %s, want %s", result, e.Code, e.Outcome, want.outcome)
		}
	}
}

// Whether a bulk delete counts keys that were not there is not documented: what counts is which failed.
func TestDeleteOfAbsentKeys(t *testing.T) {
	_, ns := serve(t, answers(200, "application/json", `{"success":true,"result":{"successful_key_count":1,"unsuccessful_keys":[]}}`))
	res, err := ns.DeleteBatch(context.Background(), &kvdriver.DeleteBatchRequest{Keys: []string{"a", "b"}})
	if err != nil || res.Errs != nil {
		t.Errorf("%+v, %v", res, err)
	}
}

// A server that hangs: the call ends with its context, at once.
func TestHungServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em := emulator.NewCloudflare(emulator.InMemory())
		defer em.Close()
		em.Inject(emulator.Fault{Delay: time.Hour})
		svc := openService(t, em.Provider(), em.DialContext)
		ns, err := svc.OpenNamespace(kvdriver.NamespaceRef{Name: "title", ID: "ns"})
		if err != nil {
			t.Fatal(err)
		}
		for name := range calls(t.Context(), svc.(*service), ns.(*namespace)) {
			noSecret(t, drivertest.CheckGivesUp(t, name, func(ctx context.Context) error {
				return calls(ctx, svc.(*service), ns.(*namespace))[name]()
			}))
		}
	})
}

// A firewall's challenge is named as such.
func TestChallenge(t *testing.T) {
	_, ns := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cf-Mitigated", "challenge")
		answers(403, "text/html", "<html>")(w, r)
	})
	_, err := ns.Get(context.Background(), &kvdriver.GetRequest{Key: "k"})
	if e := typed(t, err); e.Code != errs.PermissionDenied || !strings.Contains(e.Message, "firewall") {
		t.Error(err)
	}
}
