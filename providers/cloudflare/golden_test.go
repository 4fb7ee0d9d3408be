package cloudflare

import (
	"context"
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/replay"
)

// golden opens the service on a server that knows one exchange of a page of the vendor's, and wants just that.
func golden(t *testing.T, name string) *service {
	t.Helper()
	server := replay.Server(t, filepath.Join("testdata", name+".txt"), replay.RequireAll(), replay.NoOtherHeaders(),
		replay.MatchHeaders("Authorization", "Accept", "Cookie", "X-Auth-Email", "X-Auth-Key"))
	options := map[string]string{"account_id": "acc", "api_token": canary, "endpoint": server.URL + "/client/v4"}
	return openService(t, options, nil).(*service)
}

// notPlayed are the exchanges that the driver has no part in.
var notPlayed = map[string]string{
	"bulk-delete-deprecated": "the driver sends the form that the vendor recommends, bulk-delete",
}

const goldenID = "0f2ac74b498b48028cb68387c421e279"

func TestGolden(t *testing.T) {
	ctx := context.Background()
	ref := kvdriver.NamespaceRef{Name: "My Own Namespace", ID: goldenID}
	expires := kvdriver.ExpiresAt(time.Unix(1577836800, 0))
	at := time.Unix(1893456000, 0)
	const fiveMinutes = 5 * time.Minute
	all := map[string]struct {
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
	}
	for name, test := range all {
		t.Run(name, func(t *testing.T) {
			svc := golden(t, name)
			drv, err := svc.OpenNamespace(ref)
			if err != nil {
				t.Fatal(err)
			}
			got, err := test.call(svc, drv.(*namespace))
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
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) != len(all)+len(notPlayed) {
		t.Errorf("%d files, of which %d are played and %d are not, %v", len(files), len(all), len(notPlayed), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		if _, played := all[name]; played == (notPlayed[name] != "") {
			t.Errorf("%s should be either played or among those that are not", file)
		}
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
