package tencent

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/replay"
)

// golden opens the service on a server that knows one exchange of a page of the vendor's, and wants just that.
func golden(t *testing.T, name string) (driver.Service, driver.Namespace) {
	t.Helper()
	file := filepath.Join("testdata", name)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	exchanges, err := replay.Parse(text)
	if err != nil || len(exchanges) != 1 {
		t.Fatalf("%s: %d exchanges, %v", name, len(exchanges), err)
	}
	server := replay.Server(t, file, replay.RequireAll(), replay.NoOtherHeaders(),
		replay.MatchHeaders("Host", "Cookie", "X-TC-Token"), replay.Inspect(func(r *http.Request) { checkSignature(t, r, "teo") }))
	svc := openService(t, map[string]string{
		"secret_id": canaryID, "secret_key": canaryKey, "zone_id": "zone-3j1xw7910arp",
		"endpoint": "http://" + exchanges[0].Header.Get("Host"), "allow_plaintext": "true",
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

func checkSignature(t *testing.T, r *http.Request, service string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	stamp, err := strconv.ParseInt(r.Header.Get("X-TC-Timestamp"), 10, 64)
	at := time.Unix(stamp, 0)
	if err != nil || time.Since(at).Abs() > time.Minute {
		t.Errorf("sent the time %q", r.Header.Get("X-TC-Timestamp"))
	}
	want := fmt.Sprintf("TC3-HMAC-SHA256 Credential=%s/%s/%s/tc3_request, SignedHeaders=content-type;host, Signature=", canaryID, at.UTC().Format(time.DateOnly), service)
	got := r.Header.Get("Authorization")
	if !strings.HasPrefix(got, want) || got != tc3(canaryID, canaryKey, service, r.Host, "application/json", at, body) {
		t.Errorf("sent the authorization %q", got)
	}
}

func TestGolden(t *testing.T) {
	expiry := driver.ExpiresAt(time.Unix(1774513200, 0).UTC())
	created := time.Date(2026, 3, 25, 9, 16, 1, 0, time.UTC)
	all := map[string]struct {
		do   func(*testing.T, driver.Service, driver.Namespace) (any, error)
		want any
	}{
		"put.txt": {func(t *testing.T, _ driver.Service, n driver.Namespace) (any, error) {
			return n.Put(t.Context(), &driver.PutRequest{Key: "hello", Value: []byte("world"), TTL: time.Hour})
		}, &driver.PutResponse{}},
		"get.txt": {func(t *testing.T, _ driver.Service, n driver.Namespace) (any, error) {
			return n.Get(t.Context(), &driver.GetRequest{Key: "hello", WantExpiry: true})
		}, &driver.GetResponse{Value: []byte("world"), Expiry: expiry}},
		"get-missing.txt": {func(t *testing.T, _ driver.Service, n driver.Namespace) (any, error) {
			res, err := n.(driver.BatchGetter).GetBatch(t.Context(), &driver.GetBatchRequest{Keys: []string{"hello", "nope"}, WantExpiry: true})
			if err != nil {
				return nil, err
			}
			return []any{len(res.Results), res.Results[0], errs.CodeOf(res.Results[1].Err)}, nil
		}, []any{2, driver.GetBatchResult{GetResponse: driver.GetResponse{Value: []byte("world"), Expiry: expiry}}, errs.KeyNotFound}},
		"delete.txt": {func(t *testing.T, _ driver.Service, n driver.Namespace) (any, error) {
			return n.Delete(t.Context(), &driver.DeleteRequest{Key: "hello"})
		}, &driver.DeleteResponse{}},
		"list.txt": {func(t *testing.T, _ driver.Service, n driver.Namespace) (any, error) {
			return n.List(t.Context(), &driver.ListRequest{Prefix: "he", PageSize: 1})
		}, &driver.ListResponse{Keys: []driver.KeyInfo{{Name: "hello"}}, Cursor: "hello"}},
		"list-next.txt": {func(t *testing.T, _ driver.Service, n driver.Namespace) (any, error) {
			return n.List(t.Context(), &driver.ListRequest{Prefix: "he", Cursor: "hello", PageSize: 1})
		}, &driver.ListResponse{Keys: []driver.KeyInfo{{Name: "hello1"}}}},
		"create-namespace.txt": {func(t *testing.T, s driver.Service, _ driver.Namespace) (any, error) {
			return s.(driver.NamespaceCreator).CreateNamespace(t.Context(), &driver.CreateNamespaceRequest{Name: "ns-011", Description: "remark"})
		}, &driver.CreateNamespaceResponse{Namespace: driver.NamespaceInfo{NamespaceRef: byName("ns-011"), Description: "remark"}}},
		"modify-namespace.txt": {func(t *testing.T, s driver.Service, _ driver.Namespace) (any, error) {
			return s.(driver.NamespaceDescriber).SetDescription(t.Context(), &driver.SetDescriptionRequest{NamespaceRef: byName("ns-011"), Description: "second remark"})
		}, &driver.SetDescriptionResponse{}},
		"delete-namespace.txt": {func(t *testing.T, s driver.Service, _ driver.Namespace) (any, error) {
			return s.(driver.NamespaceDeleter).DeleteNamespace(t.Context(), &driver.DeleteNamespaceRequest{NamespaceRef: byName("ns-011")})
		}, &driver.DeleteNamespaceResponse{}},
		"describe-namespaces.txt": {func(t *testing.T, s driver.Service, _ driver.Namespace) (any, error) {
			return s.ListNamespaces(t.Context(), &driver.ListNamespacesRequest{})
		}, &driver.ListNamespacesResponse{Cursor: "1", Namespaces: []driver.NamespaceInfo{{
			NamespaceRef: byName("ns-011"), Description: "remark", Created: created, Updated: created,
			Usage: &driver.Usage{UsedBytes: 0, CapacityBytes: 1 << 30},
		}}}},
		"namespace-not-found.txt": {func(t *testing.T, _ driver.Service, n driver.Namespace) (any, error) {
			_, err := n.Get(t.Context(), &driver.GetRequest{Key: "hello"})
			e := err.(*errs.Error)
			return []any{e.Code, e.VendorCode, e.RequestID, e.HTTPStatus, e.Message, e.Outcome, e.Retry}, nil
		}, []any{
			errs.NamespaceNotFound, "ResourceUnavailable.NamespaceNotFound", "ed93f3cb-f35e-473f-b9f3-0d451b8b79c6", 200,
			"the namespace does not exist: KV namespace does not exist.", errs.NotApplied, errs.Permanent,
		}},
	}
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			s, n := golden(t, name)
			got, err := c.do(t, s, n)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
	drivertest.CheckPlayed(t, "testdata/*.txt", all)
}
