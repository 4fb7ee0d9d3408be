package alibaba

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// exchange is a request and its reply as a page of the vendor has them.
type exchange struct {
	method, path string
	query        url.Values
	header       http.Header // of the request
	form         url.Values
	status       int
	replyHeader  http.Header
	reply        string
}

// readExchange reads a file of testdata. Its comment lines name the page ("# page: …") and what the driver rightly
// does not send ("# not sent: Parameter (why)"). Behind "> METHOD path" and the headers of the request stands its body,
// and the same for the reply behind "< status".
func readExchange(t *testing.T, name string) *exchange {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	e := &exchange{header: http.Header{}, replyHeader: http.Header{}}
	var body strings.Builder
	var notSent []string
	page, into, head := "", &body, &e.header
	reply := new(strings.Builder)
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSuffix(line, "\n")
		mark, rest, _ := strings.Cut(line, " ")
		switch {
		case mark == "#":
			what, text, _ := strings.Cut(rest, ": ")
			if what == "page" {
				page = text
			} else if parameter, _, found := strings.Cut(text, " ("); what == "not sent" && found {
				notSent = append(notSent, parameter)
			} else {
				t.Fatalf("%s: %q is no comment that this test knows", name, line)
			}
		case mark == ">" && e.method == "":
			method, target, _ := strings.Cut(rest, " ")
			u, err := url.Parse(target)
			if err != nil {
				t.Fatal(err)
			}
			e.method, e.path, e.query = method, u.Path, u.Query()
		case mark == "<" && e.status == 0:
			if e.status, err = strconv.Atoi(rest); err != nil {
				t.Fatal(err)
			}
			into, head = reply, &e.replyHeader
		case mark == ">" || mark == "<":
			field, value, _ := strings.Cut(rest, ": ")
			head.Add(field, value)
		default:
			into.WriteString(line + "\n")
		}
	}
	e.reply = reply.String()
	if e.form, err = url.ParseQuery(strings.TrimSpace(body.String())); err != nil || page == "" || e.status == 0 {
		t.Fatalf("%s: no page or status, or a body that is no form: %v", name, err)
	}
	for _, parameter := range notSent {
		if !e.query.Has(parameter) {
			t.Errorf("the page does not send %s", parameter)
		}
		e.query.Del(parameter)
	}
	return e
}

// replay serves the exchange, and checks what is sent.
func (e *exchange) replay(t *testing.T) (*service, *namespace) {
	t.Helper()
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		form, err := url.ParseQuery(string(readAll(r)))
		if r.Method != e.method || r.URL.Path != e.path || !reflect.DeepEqual(r.URL.Query(), e.query) {
			t.Errorf("sent %s %s, want %s %s %v", r.Method, r.URL, e.method, e.path, e.query)
		}
		if err != nil || !reflect.DeepEqual(form, e.form) {
			t.Errorf("sent the form %v, want %v", form, e.form)
		}
		r.Header.Set("Host", r.Host)
		for name := range e.header {
			if got := r.Header.Get(name); got != e.header.Get(name) {
				t.Errorf("sent %s: %s, want %s", name, got, e.header.Get(name))
			}
		}
		if _, extra := r.Header["Content-Type"]; extra && e.header.Get("Content-Type") == "" {
			t.Error("sent a content type without a body")
		}
		for name, values := range e.replyHeader {
			w.Header()[name] = values
		}
		w.WriteHeader(e.status)
		_, _ = io.WriteString(w, e.reply)
	}))
	t.Cleanup(func() {
		server.Close()
		if requests != 1 {
			t.Errorf("%d requests, want 1", requests)
		}
	})
	svc := openService(t, map[string]string{
		"access_key_id": canaryID, "access_key_secret": canaryKey, "region": "cn-hangzhou",
		"endpoint": "http://" + e.header.Get("Host"), "allow_plaintext": "true",
	}, func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", server.Listener.Addr().String())
	})
	ns, err := svc.OpenNamespace(byName("test_namespace"))
	if err != nil {
		t.Fatal(err)
	}
	return svc.(*service), ns.(*namespace)
}

func summary(err error) []any {
	e := err.(*errs.Error)
	return []any{e.Code, e.VendorCode, e.RequestID, e.HTTPStatus, e.Outcome, e.Retry}
}

func TestGolden(t *testing.T) {
	usage := &driver.Usage{UsedBytes: 10048576, CapacityBytes: 1073741824}
	first := driver.NamespaceInfo{NamespaceRef: driver.NamespaceRef{Name: "test_namespace", ID: "643355322374688768"}, Description: "the first namespace"}
	measured := first
	measured.Usage = usage
	partly := []any{errs.Unknown, "", anID, 200, errs.NotApplied, errs.Temporary}
	type test struct {
		do   func(context.Context, *service, *namespace) (any, error)
		want any
	}
	inspect := test{func(ctx context.Context, _ *service, n *namespace) (any, error) {
		res, err := n.Inspect(ctx, &driver.InspectRequest{Key: "test_key", WantExpiry: true})
		if err != nil {
			return nil, err
		}
		at, _ := res.Expiry.At()
		return time.Until(at).Round(10 * time.Second), nil
	}, time.Hour}
	all := map[string]test{
		"create-namespace.txt": {func(ctx context.Context, s *service, _ *namespace) (any, error) {
			return s.CreateNamespace(ctx, &driver.CreateNamespaceRequest{Name: "test_namespace", Description: "this is a test namespace."})
		}, &driver.CreateNamespaceResponse{Namespace: driver.NamespaceInfo{
			NamespaceRef: driver.NamespaceRef{Name: "test_namespace", ID: "657717877171818500"}, Description: "this is a test namespace."}}},
		"create-namespace-taken.txt": {func(ctx context.Context, s *service, _ *namespace) (any, error) {
			_, err := s.CreateNamespace(ctx, &driver.CreateNamespaceRequest{Name: "test_namespace"})
			return summary(err), nil
		}, []any{errs.AlreadyExists, "InvalidNameSpace.Duplicate", anID, 406, errs.NotApplied, errs.Permanent}},
		"get-account.txt": {func(ctx context.Context, s *service, _ *namespace) (any, error) {
			return s.ListNamespaces(ctx, &driver.ListNamespacesRequest{})
		}, &driver.ListNamespacesResponse{Namespaces: []driver.NamespaceInfo{first}}},
		"get-namespace.txt": {func(ctx context.Context, s *service, _ *namespace) (any, error) {
			return s.GetNamespace(ctx, &driver.GetNamespaceRequest{NamespaceRef: byName("test_namespace")})
		}, &driver.GetNamespaceResponse{Namespace: measured}},
		"delete-namespace.txt": {func(ctx context.Context, s *service, _ *namespace) (any, error) {
			return s.DeleteNamespace(ctx, &driver.DeleteNamespaceRequest{NamespaceRef: byName("test_namespace")})
		}, &driver.DeleteNamespaceResponse{}},
		"describe-account-status.txt": {func(ctx context.Context, s *service, _ *namespace) (any, error) {
			return strings.Contains(s.whyNoAccount(ctx), "though it is switched on"), nil
		}, true},
		"put.txt": {func(ctx context.Context, _ *service, n *namespace) (any, error) {
			return n.Put(ctx, &driver.PutRequest{Key: "test_key", Value: []byte("test"), TTL: time.Hour, ExpiresAt: time.Unix(1690081381, 0)})
		}, &driver.PutResponse{}},
		"get.txt": {func(ctx context.Context, _ *service, n *namespace) (any, error) {
			return n.Get(ctx, &driver.GetRequest{Key: "test_key"})
		}, &driver.GetResponse{Value: []byte("test_value")}},
		"get-missing.txt": {func(ctx context.Context, _ *service, n *namespace) (any, error) {
			_, err := n.Get(ctx, &driver.GetRequest{Key: "test_key"})
			return summary(err), nil
		}, []any{errs.KeyNotFound, "InvalidKey.NotFound", anID, 404, errs.NotApplied, errs.Permanent}},
		"get-detail.txt":        inspect,
		"get-detail-number.txt": inspect,
		"delete.txt": {func(ctx context.Context, _ *service, n *namespace) (any, error) {
			return n.Delete(ctx, &driver.DeleteRequest{Key: "test_key"})
		}, &driver.DeleteResponse{}},
		"list.txt": {func(ctx context.Context, _ *service, n *namespace) (any, error) {
			return n.List(ctx, &driver.ListRequest{Prefix: "Key", PageSize: 50})
		}, &driver.ListResponse{Keys: []driver.KeyInfo{{Name: "Key1"}}, Cursor: "50"}},
		"batch-put.txt": {func(ctx context.Context, _ *service, n *namespace) (any, error) {
			res, err := n.PutBatch(ctx, &driver.PutBatchRequest{Items: []*driver.PutRequest{
				{Key: "test_key1", Value: []byte("a")}, {Key: "test_key2", Value: []byte("b"), TTL: time.Hour}}})
			if err != nil {
				return nil, err
			}
			return []any{summary(res.Errs[0]), res.Errs[1], len(res.Errs)}, nil
		}, []any{partly, error(nil), 2}},
		"batch-delete.txt": {func(ctx context.Context, _ *service, n *namespace) (any, error) {
			res, err := n.DeleteBatch(ctx, &driver.DeleteBatchRequest{Keys: []string{"test_key1", "test_key2"}})
			if err != nil {
				return nil, err
			}
			return []any{summary(res.Errs[0]), res.Errs[1], len(res.Errs)}, nil
		}, []any{partly, error(nil), 2}},
	}
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			s, n := readExchange(t, name).replay(t)
			got, err := c.do(t.Context(), s, n)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
	files, _ := filepath.Glob("testdata/*.txt")
	if len(files) != len(all) {
		t.Errorf("%d files in testdata, %d are tested", len(files), len(all))
	}
}
