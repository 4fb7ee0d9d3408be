package cloudflare

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// The rate budget is the user's: whatever is done, in whichever account, and whichever of the user's credentials is used

// as far as rate_account says so. It never holds the credential.

// Keys reach the server as they are, each as one segment of the path.

func TestOddKeys(t *testing.T) {
	var path string
	_, ns := serve(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.RequestURI
		answers(200, "application/json", `{"success":true,"result":null}`)(w, r)
	})
	for _, key := range []string{
		"a/b", "/lead", "trail/", "a//b", "a?b=c", "a#b", "100%", "%zz", "a%2Fb", "../../x", "../x", "a/../b", "a/./b", "...", ".a", "a b", " ", "a+b", "a&b;c,d:e", "\x00", "\r\n", "\x7f", "日本/語",
		"\ufeff", "e\u0301", "😀", `\"'`, strings.Repeat("k", 512), strings.Repeat("é", 256),
	} {
		if err := ns.Capabilities().Key.Check("key", key); err != nil {
			t.Errorf("%q: %v", key, err)
		}
		for kind, send := range map[string]func() error{
			"values": func() error { _, err := ns.Delete(context.Background(), &kvdriver.DeleteRequest{Key: key}); return err },
			"metadata": func() error {
				_, err := ns.Inspect(context.Background(), &kvdriver.InspectRequest{Key: key})
				return err
			},
		} {
			path = ""
			if err := send(); err != nil {
				t.Errorf("%q: %v", key, err)
			}
			segment, found := strings.CutPrefix(path, "/client/v4/accounts/acc/storage/kv/namespaces/ns/"+kind+"/")
			if got, err := url.PathUnescape(segment); !found || strings.ContainsAny(segment, "/?#") || err != nil || got != key {
				t.Errorf("%q was sent as %s", key, path)
			}
		}
	}
	for _, key := range []string{"", ".", "..", strings.Repeat("k", 513), strings.Repeat("é", 257), "\xff"} {
		if ns.Capabilities().Key.Check("key", key) == nil {
			t.Errorf("%q is accepted", key)
		}
	}
	for _, key := range []string{"", ".", ".."} { // which would name something else
		path = ""
		for _, send := range []func() error{
			func() error { _, err := ns.Get(context.Background(), &kvdriver.GetRequest{Key: key}); return err },
			func() error { _, err := ns.Put(context.Background(), &kvdriver.PutRequest{Key: key}); return err },
			func() error { _, err := ns.Delete(context.Background(), &kvdriver.DeleteRequest{Key: key}); return err },
			func() error { _, err := ns.service.OpenNamespace(kvdriver.NamespaceRef{ID: key}); return err },
			func() error {
				_, err := ns.service.DeleteNamespace(context.Background(), &kvdriver.DeleteNamespaceRequest{NamespaceRef: kvdriver.NamespaceRef{ID: key}})
				return err
			},
		} {
			if err := send(); errs.CodeOf(err) != errs.InvalidArgument || path != "" {
				t.Errorf("%q: %v, sent %q", key, err, path)
			}
		}
	}
}

// The vendor's error type is reachable, and shows what was asked but neither credential nor value.

func TestVendorError(t *testing.T) {
	_, ns := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.Header().Set("Set-Cookie", canary)
		answers(404, "application/json", failed(10013))(w, r)
	})
	_, err := ns.Put(context.Background(), &kvdriver.PutRequest{Key: "a/b", Value: []byte(secretValue), TTL: time.Minute})
	var vendor vendorType
	if !errors.As(err, &vendor) {
		t.Fatalf("%T holds no error of the vendor", err)
	}
	fields := reflect.ValueOf(vendor).Elem()
	request, response := fields.FieldByName("Request").Interface().(*http.Request), fields.FieldByName("Response").Interface().(*http.Response)
	if reflect.TypeOf(vendor).String() != "*apierror.Error" || fields.FieldByName("StatusCode").Int() != 404 || fields.FieldByName("Errors").Index(0).FieldByName("Code").Int() != 10013 {
		t.Errorf("%T %v", vendor, vendor)
	}
	if request.Method != "PUT" || !strings.HasSuffix(request.URL.EscapedPath(), "/namespaces/ns/values/a%2Fb") || request.URL.RawQuery != "" || request.Body != nil {
		t.Errorf("the request is %s %s", request.Method, request.URL)
	}
	if response.Header.Get("Cf-Ray") != "ray-1" || response.Header.Get("Retry-After") != "7" || len(response.Header) != 2 {
		t.Errorf("the response has %v", response.Header)
	}
	noSecret(t, err)
}

// slowConn is a connection that sends the head of a request and then waits to be released.
type slowConn struct {
	net.Conn
	writes    int
	release   chan struct{}
	remainder bytes.Buffer
}

func (c *slowConn) Write(p []byte) (int, error) {
	if c.writes++; c.writes == 1 {
		return c.Conn.Write(p)
	}
	<-c.release
	c.remainder.Write(p)
	return len(p), nil
}

// A put keeps nothing of the value: it may be changed as soon as the call has returned, also when the server answers
// before it has read the whole request and net/http would go on sending.
func TestPutLetsGo(t *testing.T) {
	server := httptest.NewServer(answers(400, "application/json", failed(10024)))
	t.Cleanup(server.Close)
	for _, metadata := range [][]byte{nil, []byte(`{}`)} {
		conn := &slowConn{release: make(chan struct{})}
		written := make(chan struct{})
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(written) }})
		dial := func(ctx context.Context, network, _ string) (_ net.Conn, err error) {
			conn.Conn, err = new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
			return conn, err
		}
		svc := openService(t, map[string]string{"account_id": "acc", "api_token": canary, "endpoint": server.URL}, dial)
		ns, err := svc.OpenNamespace(kvdriver.NamespaceRef{ID: "ns"})
		if err != nil {
			t.Fatal(err)
		}
		value := bytes.Repeat([]byte("v"), 1<<20)
		_, err = ns.Put(ctx, &kvdriver.PutRequest{Key: "k", Value: value, Metadata: metadata})
		if errs.CodeOf(err) != errs.TooLarge {
			t.Errorf("%v", err)
		}
		clear(value)
		close(conn.release)
		<-written
		if bytes.IndexByte(conn.remainder.Bytes(), 0) >= 0 {
			t.Error("the value is read after Put has returned")
		}
	}
}

func TestNamespaceCursor(t *testing.T) {
	svc, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		page := r.URL.Query().Get("page")
		answers(200, "application/json", `{"success":true,"result":[{"id":"i`+page+`","title":"t"}],"result_info":{"page":`+page+`,"per_page":1,"total_pages":2}}`)(w, r)
	})
	first, err := svc.ListNamespaces(context.Background(), &kvdriver.ListNamespacesRequest{})
	if err != nil || first.Cursor == "" {
		t.Fatalf("%+v, %v", first, err)
	}
	second, err := svc.ListNamespaces(context.Background(), &kvdriver.ListNamespacesRequest{Cursor: first.Cursor})
	if err != nil || second.Cursor != "" || second.Namespaces[0].ID != "i2" {
		t.Errorf("%+v, %v", second, err)
	}
	for _, cursor := range []string{"x", "1", "0", "-1", "99999999999999999999"} {
		if _, err := svc.ListNamespaces(context.Background(), &kvdriver.ListNamespacesRequest{Cursor: cursor}); errs.CodeOf(err) != errs.InvalidArgument {
			t.Errorf("cursor %s: %v", cursor, err)
		}
	}
}
