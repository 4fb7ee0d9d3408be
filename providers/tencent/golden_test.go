package tencent

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
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
	method, path      string
	header            http.Header // of the request
	body              map[string]any
	status            int
	replyHeader       http.Header
	reply             string
	notSent           []string          // fields that the page sends and the driver does not
	sentInstead       map[string]string // fields that the driver sends otherwise, as JSON
	page, replyStatus string
}

// readExchange reads a file of testdata. Its comment lines name the page ("# page: …") and where the driver differs
// from it on purpose ("# not sent: Field (why)", "# sent instead: Field=JSON (why)"). Behind "> METHOD path" and the
// headers of the request stands its body, and the same for the reply behind "< status".
func readExchange(t *testing.T, name string) *exchange {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	e := &exchange{header: http.Header{}, replyHeader: http.Header{}, sentInstead: map[string]string{}}
	var body, reply strings.Builder
	header, into := e.header, &body
	inHeader := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		comment, isComment := strings.CutPrefix(line, "# ")
		sent, isSent := strings.CutPrefix(line, "> ")
		got, isGot := strings.CutPrefix(line, "< ")
		switch {
		case isComment:
			e.comment(t, comment)
		case isSent:
			e.method, e.path, _ = strings.Cut(sent, " ")
			inHeader = true
		case isGot:
			e.replyStatus, header, into = got, e.replyHeader, &reply
			inHeader = true
		case inHeader && line == "":
			inHeader = false
		case inHeader:
			field, value, _ := strings.Cut(line, ": ")
			header.Add(field, value)
		default:
			into.WriteString(line + "\n")
		}
	}
	e.reply = reply.String()
	if e.status, err = strconv.Atoi(e.replyStatus); err != nil || e.page == "" {
		t.Fatalf("%s: no status or page", name)
	}
	if len(e.header) != 3 || len(e.replyHeader) != 1 {
		t.Fatalf("%s: %d and %d headers", name, len(e.header), len(e.replyHeader))
	}
	if err := json.Unmarshal([]byte(body.String()), &e.body); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return e
}

func (e *exchange) comment(t *testing.T, text string) {
	what, rest, _ := strings.Cut(text, ": ")
	field, _, _ := strings.Cut(rest, " (")
	switch what {
	case "page":
		e.page = rest
	case "not sent":
		e.notSent = append(e.notSent, field)
	case "sent instead":
		field, value, _ := strings.Cut(field, "=")
		e.sentInstead[field] = value
	default:
		t.Fatalf("%q is no comment that this test knows", text)
	}
}

// want is the body that the driver should send.
func (e *exchange) want(t *testing.T) map[string]any {
	for _, field := range e.notSent {
		if _, there := e.body[field]; !there {
			t.Errorf("the page does not send %s", field)
		}
		delete(e.body, field)
	}
	for field, text := range e.sentInstead {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		e.body[field] = value
	}
	return e.body
}

// replay serves the exchange, and checks what is sent.
func (e *exchange) replay(t *testing.T) (driver.Service, driver.Namespace) {
	t.Helper()
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		sent, _ := io.ReadAll(r.Body)
		if r.Method != e.method || r.URL.RequestURI() != e.path {
			t.Errorf("sent %s %s, want %s %s", r.Method, r.URL.RequestURI(), e.method, e.path)
		}
		for name := range e.header {
			got := r.Header.Get(name)
			if name == "Host" {
				got = r.Host
			}
			if got != e.header.Get(name) {
				t.Errorf("sent %s: %s, want %s", name, got, e.header.Get(name))
			}
		}
		if got := r.Header.Get("X-TC-Version"); got != "2022-09-01" {
			t.Errorf("sent version %q", got)
		}
		e.checkSignature(t, r, sent)
		var got map[string]any
		if err := json.Unmarshal(sent, &got); err != nil {
			t.Error(err)
		}
		if want := e.want(t); !reflect.DeepEqual(got, want) {
			t.Errorf("sent %v\nwant %v", got, want)
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
		"secret_id": canaryID, "secret_key": canaryKey, "zone_id": "zone-3j1xw7910arp",
		"endpoint": "http://" + e.header.Get("Host"), "allow_plaintext": "true",
	}, func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", server.Listener.Addr().String())
	})
	ns, err := svc.OpenNamespace(byName("ns-011"))
	if err != nil {
		t.Fatal(err)
	}
	return svc, ns
}

func (e *exchange) checkSignature(t *testing.T, r *http.Request, body []byte) {
	t.Helper()
	stamp, err := strconv.ParseInt(r.Header.Get("X-TC-Timestamp"), 10, 64)
	at := time.Unix(stamp, 0)
	if err != nil || time.Since(at).Abs() > time.Minute {
		t.Errorf("sent the time %q", r.Header.Get("X-TC-Timestamp"))
	}
	want := fmt.Sprintf("TC3-HMAC-SHA256 Credential=%s/%s/teo/tc3_request, SignedHeaders=content-type;host, Signature=", canaryID, at.UTC().Format(time.DateOnly))
	got := r.Header.Get("Authorization")
	if !strings.HasPrefix(got, want) || got != tc3(canaryID, canaryKey, "teo", r.Host, "application/json", at, body) {
		t.Errorf("sent the authorization %q", got)
	}
	if bytes.Contains([]byte(r.URL.String()), []byte(canaryID)) {
		t.Error("the URL has the key id")
	}
}

func TestGolden(t *testing.T) {
	expiry := time.Unix(1774513200, 0).UTC()
	for name, check := range map[string]func(t *testing.T, s driver.Service, n driver.Namespace) (any, error){
		"put.txt": func(t *testing.T, _ driver.Service, n driver.Namespace) (any, error) {
			return n.Put(t.Context(), &driver.PutRequest{Key: "hello", Value: []byte("world"), TTL: time.Hour})
		},
		"get.txt": func(t *testing.T, _ driver.Service, n driver.Namespace) (any, error) {
			return n.Get(t.Context(), &driver.GetRequest{Key: "hello", WantExpiry: true})
		},
		"delete.txt": func(t *testing.T, _ driver.Service, n driver.Namespace) (any, error) {
			return n.Delete(t.Context(), &driver.DeleteRequest{Key: "hello"})
		},
		"list.txt": func(t *testing.T, _ driver.Service, n driver.Namespace) (any, error) {
			return n.List(t.Context(), &driver.ListRequest{Prefix: "he", PageSize: 1})
		},
		"list-next.txt": func(t *testing.T, _ driver.Service, n driver.Namespace) (any, error) {
			return n.List(t.Context(), &driver.ListRequest{Prefix: "he", Cursor: "hello", PageSize: 1})
		},
		"create-namespace.txt": func(t *testing.T, s driver.Service, _ driver.Namespace) (any, error) {
			return s.(driver.NamespaceCreator).CreateNamespace(t.Context(), &driver.CreateNamespaceRequest{Name: "ns-011", Description: "remark"})
		},
		"modify-namespace.txt": func(t *testing.T, s driver.Service, _ driver.Namespace) (any, error) {
			return s.(driver.NamespaceDescriber).SetDescription(t.Context(), &driver.SetDescriptionRequest{NamespaceRef: byName("ns-011"), Description: "second remark"})
		},
		"delete-namespace.txt": func(t *testing.T, s driver.Service, _ driver.Namespace) (any, error) {
			return s.(driver.NamespaceDeleter).DeleteNamespace(t.Context(), &driver.DeleteNamespaceRequest{NamespaceRef: byName("ns-011")})
		},
		"describe-namespaces.txt": func(t *testing.T, s driver.Service, _ driver.Namespace) (any, error) {
			return s.ListNamespaces(t.Context(), &driver.ListNamespacesRequest{})
		},
		"namespace-not-found.txt": func(t *testing.T, _ driver.Service, n driver.Namespace) (any, error) {
			_, err := n.Get(t.Context(), &driver.GetRequest{Key: "hello"})
			e := err.(*errs.Error)
			return []any{e.Code, e.VendorCode, e.RequestID, e.HTTPStatus, e.Message, e.Outcome, e.Retry}, nil
		},
	} {
		created := time.Date(2026, 3, 25, 9, 16, 1, 0, time.UTC)
		want := map[string]any{
			"put.txt":              &driver.PutResponse{},
			"get.txt":              &driver.GetResponse{Value: []byte("world"), Expiry: driver.ExpiresAt(expiry)},
			"delete.txt":           &driver.DeleteResponse{},
			"list.txt":             &driver.ListResponse{Keys: []driver.KeyInfo{{Name: "hello"}}, Cursor: "hello"},
			"list-next.txt":        &driver.ListResponse{Keys: []driver.KeyInfo{{Name: "hello1"}}},
			"create-namespace.txt": &driver.CreateNamespaceResponse{Namespace: driver.NamespaceInfo{NamespaceRef: byName("ns-011"), Description: "remark"}},
			"modify-namespace.txt": &driver.SetDescriptionResponse{},
			"delete-namespace.txt": &driver.DeleteNamespaceResponse{},
			"describe-namespaces.txt": &driver.ListNamespacesResponse{Cursor: "1", Namespaces: []driver.NamespaceInfo{{
				NamespaceRef: byName("ns-011"), Description: "remark", Created: created, Updated: created,
				Usage: &driver.Usage{UsedBytes: 0, CapacityBytes: 1 << 30},
			}}},
			"namespace-not-found.txt": []any{
				errs.NamespaceNotFound, "ResourceUnavailable.NamespaceNotFound", "ed93f3cb-f35e-473f-b9f3-0d451b8b79c6", 200,
				"KV namespace does not exist.", errs.NotApplied, errs.Permanent,
			},
		}
		t.Run(name, func(t *testing.T) {
			s, n := readExchange(t, name).replay(t)
			got, err := check(t, s, n)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want[name]) {
				t.Errorf("got  %+v\nwant %+v", got, want[name])
			}
		})
	}
	files, _ := filepath.Glob("testdata/*.txt")
	if len(files) != 10 {
		t.Errorf("%d files in testdata, 10 are tested", len(files))
	}
}
