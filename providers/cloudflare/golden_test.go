package cloudflare

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// golden is one exchange of testdata.
type golden struct {
	method, uri     string
	status          int
	header, replied http.Header
	body, reply     string
}

func readGolden(t *testing.T, name string) golden {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "# page: ") {
		t.Errorf("%s does not name its page", name)
	}
	request, reply, found := strings.Cut(string(text[strings.Index(string(text), "\n> ")+3:]), "\n< ")
	if !found {
		t.Fatalf("%s has no reply", name)
	}
	var g golden
	var line string
	line, g.header, g.body = message(t, request)
	g.method, g.uri, _ = strings.Cut(line, " ")
	line, g.replied, g.reply = message(t, strings.TrimSuffix(reply, "\n"))
	if g.status, err = strconv.Atoi(line); err != nil {
		t.Fatal(err)
	}
	return g
}

func message(t *testing.T, text string) (line string, header http.Header, body string) {
	t.Helper()
	head, body, _ := strings.Cut(text+"\n", "\n\n")
	header = http.Header{}
	lines := bufio.NewScanner(strings.NewReader(head))
	for lines.Scan() {
		if name, value, isHeader := strings.Cut(lines.Text(), ": "); isHeader && line != "" {
			header.Add(name, value)
		} else {
			line = lines.Text()
		}
	}
	return line, header, strings.TrimSuffix(body, "\n")
}

// check compares a request with the golden one.
func (g *golden) check(t *testing.T, r *http.Request) {
	t.Helper()
	content, _ := io.ReadAll(r.Body)
	body, header := string(content), r.Header.Clone()
	if media, parameters, err := mime.ParseMediaType(header.Get("Content-Type")); err == nil && parameters["boundary"] != "" {
		body = strings.ReplaceAll(strings.ReplaceAll(body, parameters["boundary"], "BOUNDARY"), "\r\n", "\n")
		header.Set("Content-Type", media+"; boundary=BOUNDARY")
	}
	if r.Method != g.method || r.RequestURI != g.uri {
		t.Errorf("sent %s %s\nwant %s %s", r.Method, r.RequestURI, g.method, g.uri)
	}
	if body = strings.TrimSuffix(body, "\n"); body != strings.TrimSuffix(g.body, "\n") {
		t.Errorf("sent the body\n%s\nwant\n%s", body, g.body)
	}
	for name := range g.header {
		if !reflect.DeepEqual(header[name], g.header[name]) {
			t.Errorf("sent %s: %q, want %q", name, header[name], g.header[name])
		}
	}
	for name := range header {
		if _, want := g.header[name]; !want && name != "Accept-Encoding" && name != "User-Agent" && name != "Content-Length" {
			t.Errorf("sent the header %s", name)
		}
	}
}

const goldenID = "0f2ac74b498b48028cb68387c421e279"

func TestGolden(t *testing.T) {
	ctx := context.Background()
	ref := kvdriver.NamespaceRef{Name: "My Own Namespace", ID: goldenID}
	expires := kvdriver.ExpiresAt(time.Unix(1577836800, 0))
	at := time.Unix(1893456000, 0)
	const fiveMinutes = 5 * time.Minute
	for name, test := range map[string]struct {
		call func(*service, *namespace) (any, error)
		want any
		code errs.Code
	}{
		"list-namespaces": {func(s *service, _ *namespace) (any, error) {
			return s.ListNamespaces(ctx, &kvdriver.ListNamespacesRequest{})
		}, &kvdriver.ListNamespacesResponse{Namespaces: []kvdriver.NamespaceInfo{{NamespaceRef: ref}}}, ""},
		"create-namespace": {func(s *service, _ *namespace) (any, error) {
			return s.CreateNamespace(ctx, &kvdriver.CreateNamespaceRequest{Name: ref.Name})
		}, &kvdriver.CreateNamespaceResponse{Namespace: kvdriver.NamespaceInfo{NamespaceRef: ref}}, ""},
		"create-taken": {func(s *service, _ *namespace) (any, error) {
			return s.CreateNamespace(ctx, &kvdriver.CreateNamespaceRequest{Name: ref.Name})
		}, nil, errs.AlreadyExists},
		"get-namespace": {func(s *service, _ *namespace) (any, error) {
			return s.GetNamespace(ctx, &kvdriver.GetNamespaceRequest{NamespaceRef: ref})
		}, &kvdriver.GetNamespaceResponse{Namespace: kvdriver.NamespaceInfo{NamespaceRef: ref}}, ""},
		"rename-namespace":      {rename(ctx, ref), &kvdriver.RenameNamespaceResponse{}, ""},
		"rename-without-result": {rename(ctx, ref), &kvdriver.RenameNamespaceResponse{}, ""},
		"delete-namespace": {func(s *service, _ *namespace) (any, error) {
			return s.DeleteNamespace(ctx, &kvdriver.DeleteNamespaceRequest{NamespaceRef: ref})
		}, &kvdriver.DeleteNamespaceResponse{}, ""},
		"list-keys": {func(_ *service, n *namespace) (any, error) {
			return n.List(ctx, &kvdriver.ListRequest{Prefix: "My", PageSize: 10})
		}, &kvdriver.ListResponse{Keys: []kvdriver.KeyInfo{
			{Name: "My-Key", Expiry: expires, Metadata: json.RawMessage(`{"someMetadataKey":"someMetadataValue"}`)}, {Name: "My-Other", Expiry: kvdriver.NeverExpires()},
		}, Cursor: "6Ck1la0VxJ0djhidm1MdX2FyDGxLKVeeHZZmORS_8XeSuhz9SjIJRaSa2lnsF01tQOHrfTGAP3R5X1Kv5iVUuMbNKhWNAXHOl6ePB0TUL8nw"}, ""},
		"list-keys-next": {func(_ *service, n *namespace) (any, error) {
			return n.List(ctx, &kvdriver.ListRequest{Prefix: "My", PageSize: 10, Cursor: "6Ck1la0VxJ0d"})
		}, &kvdriver.ListResponse{Keys: []kvdriver.KeyInfo{}, Cursor: "7Ck1la0VxJ0d"}, ""},
		"read-value": {func(_ *service, n *namespace) (any, error) {
			return n.Get(ctx, &kvdriver.GetRequest{Key: "My:Key/%?!"})
		},
			&kvdriver.GetResponse{Value: []byte("Some Value"), Expiry: expires}, ""},
		"read-missing": {func(_ *service, n *namespace) (any, error) { return n.Get(ctx, &kvdriver.GetRequest{Key: "My-Key"}) }, nil, errs.KeyNotFound},
		"read-metadata": {func(_ *service, n *namespace) (any, error) {
			return n.Inspect(ctx, &kvdriver.InspectRequest{Key: "My-Key", WantMetadata: true})
		}, &kvdriver.InspectResponse{Metadata: json.RawMessage(`{"id":12345678901234567890}`)}, ""},
		"write-value":             {put(ctx, &kvdriver.PutRequest{Key: "My-Key", Value: []byte("Some Value"), TTL: fiveMinutes}), &kvdriver.PutResponse{}, ""},
		"write-value-expiring-at": {put(ctx, &kvdriver.PutRequest{Key: "My-Key", Value: []byte("Some Value"), ExpiresAt: at}), &kvdriver.PutResponse{}, ""},
		"write-with-metadata": {put(ctx, &kvdriver.PutRequest{Key: "My-Key", Value: []byte("Some Value"), TTL: fiveMinutes, Metadata: json.RawMessage(`{"someMetadataKey":"someMetadataValue"}`)}),
			&kvdriver.PutResponse{}, ""},
		"delete-value": {func(_ *service, n *namespace) (any, error) {
			return n.Delete(ctx, &kvdriver.DeleteRequest{Key: "My-Key"})
		}, &kvdriver.DeleteResponse{}, ""},
		"bulk-write": {func(_ *service, n *namespace) (any, error) {
			return n.PutBatch(ctx, &kvdriver.PutBatchRequest{Items: []*kvdriver.PutRequest{
				{Key: "My-Key", Value: []byte("Some <string>"), TTL: fiveMinutes, Metadata: json.RawMessage(`{"someMetadataKey":"<some> & other"}`)},
				{Key: "My-Bytes", Value: []byte("\x00\xff\xfe"), ExpiresAt: at},
			}})
		}, &kvdriver.PutBatchResponse{}, ""},
		"bulk-write-in-part": {func(_ *service, n *namespace) (any, error) {
			res, err := n.PutBatch(ctx, &kvdriver.PutBatchRequest{Items: []*kvdriver.PutRequest{
				{Key: "a", Value: []byte("1")}, {Key: "b", Value: []byte("2")}, {Key: "c", Value: []byte("3")},
			}})
			return describe(t, res.Errs), err
		}, []string{"", "Unknown temporary ambiguous 8f0c3b1e2d4a5b6c-FRA", ""}, ""},
		"bulk-delete": {func(_ *service, n *namespace) (any, error) {
			return n.DeleteBatch(ctx, &kvdriver.DeleteBatchRequest{Keys: []string{"My-Key", "a/b"}})
		}, &kvdriver.DeleteBatchResponse{}, ""},
		"bulk-delete-in-part": {func(_ *service, n *namespace) (any, error) {
			res, err := n.DeleteBatch(ctx, &kvdriver.DeleteBatchRequest{Keys: []string{"a", "b"}})
			return describe(t, res.Errs), err
		}, []string{"", "RateLimited temporary ambiguous 8f0c3b1e2d4a5b6c-FRA"}, ""},
		"bulk-get": {func(_ *service, n *namespace) (any, error) {
			return answered(t)(n.GetBatch(ctx, &kvdriver.GetBatchRequest{Keys: []string{"My-Key", "missing", "null"}}))
		}, []string{"Some Value unknown ", "KeyNotFound permanent not applied 8f0c3b1e2d4a5b6c-FRA", "null unknown "}, ""},
		"bulk-get-with-metadata": {func(_ *service, n *namespace) (any, error) {
			return answered(t)(n.GetBatch(ctx, &kvdriver.GetBatchRequest{Keys: []string{"My-Key", "plain", "missing"}, WantExpiry: true}))
		}, []string{`Some Value 2020-01-01T00:00:00Z {"n":12345678901234567890}`, " never ", "KeyNotFound permanent not applied 8f0c3b1e2d4a5b6c-FRA"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := readGolden(t, name)
			asked := 0
			svc, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				asked++
				g.check(t, r)
				for name, values := range g.replied {
					w.Header()[name] = values
				}
				w.WriteHeader(g.status)
				_, _ = io.WriteString(w, g.reply)
			})
			drv, err := svc.OpenNamespace(ref)
			if err != nil {
				t.Fatal(err)
			}
			got, err := test.call(svc, drv.(*namespace))
			if asked != 1 {
				t.Errorf("%d requests were sent", asked)
			}
			if test.code != "" {
				if e := typed(t, err); e.Code != test.code || e.RequestID != "8f0c3b1e2d4a5b6c-FRA" || e.Outcome != errs.NotApplied {
					t.Errorf("got %s %s %s, want %s", e.Code, e.Outcome, e.RequestID, test.code)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, test.want)
			}
		})
	}
	files, _ := filepath.Glob("testdata/*.txt")
	if len(files) != 22 {
		t.Errorf("%d files in testdata: each must be replayed above", len(files))
	}
}

func rename(ctx context.Context, ref kvdriver.NamespaceRef) func(*service, *namespace) (any, error) {
	return func(s *service, _ *namespace) (any, error) {
		return s.RenameNamespace(ctx, &kvdriver.RenameNamespaceRequest{NamespaceRef: ref, NewName: "New Title"})
	}
}

func put(ctx context.Context, req *kvdriver.PutRequest) func(*service, *namespace) (any, error) {
	return func(_ *service, n *namespace) (any, error) { return n.Put(ctx, req) }
}

// describe makes the errors of a batch comparable.
func describe(t *testing.T, all []error) (texts []string) {
	for _, err := range all {
		text := ""
		if err != nil {
			e := typed(t, err)
			text = strings.Join([]string{string(e.Code), e.Retry.String(), e.Outcome.String(), e.RequestID}, " ")
		}
		texts = append(texts, text)
	}
	return texts
}

// answered makes the results of a bulk read comparable.
func answered(t *testing.T) func(*kvdriver.GetBatchResponse, error) (any, error) {
	return func(res *kvdriver.GetBatchResponse, err error) (any, error) {
		if err != nil {
			return nil, err
		}
		var texts []string
		for _, r := range res.Results {
			if r.Err != nil {
				texts = append(texts, describe(t, []error{r.Err})...)
				continue
			}
			texts = append(texts, string(r.Value)+" "+r.Expiry.String()+" "+string(r.Metadata))
		}
		return texts, nil
	}
}
