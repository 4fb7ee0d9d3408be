package alibaba

import (
	"context"
	"net"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/replay"
)

// golden opens the service on a server that knows one exchange of a page of the vendor's, and wants just that.
func golden(t *testing.T, name string) (*service, *namespace) {
	t.Helper()
	server := replay.Server(t, filepath.Join("testdata", name), replay.RequireAll(), replay.NoOtherHeaders(),
		replay.MatchHeaders("Host", "Cookie", "X-Acs-Accesskey-Id", "X-Acs-Security-Token"))
	svc := openService(t, map[string]string{
		"access_key_id": canaryID, "access_key_secret": canaryKey, "region": "cn-hangzhou",
		"endpoint": "http://esa.cn-hangzhou.aliyuncs.com", "allow_plaintext": "true",
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
		}, []any{[]any{errs.Unsupported, "", anID, 200, errs.NotApplied, errs.Permanent}, error(nil), 2}},
	}
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			s, n := golden(t, name)
			got, err := c.do(t.Context(), s, n)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if _, played := all[filepath.Base(file)]; !played && filepath.Base(file) != "describe-account-status.txt" { // which the driver does not ask
			t.Errorf("nothing replays %s", file)
		}
	}
}
