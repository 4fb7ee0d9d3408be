package tencent

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// The vendor's filter may turn out to be fuzzy: only the namespace of exactly that name counts.
func TestGetNamespaceExactly(t *testing.T) {
	names := []string{"ns-0110", "NS-011", "ns-011"}
	s, _ := served(t, func(w http.ResponseWriter, _ *http.Request) {
		var items []string
		for i, name := range names {
			items = append(items, fmt.Sprintf(`{"Namespace":%q,"CapacityUsed":%d}`, name, i))
		}
		fmt.Fprintf(w, `{"Response":{"RequestId":"r-1","KVNamespaces":[%s],"TotalCount":%d}}`, strings.Join(items, ","), len(items))
	})
	get := func() (*driver.GetNamespaceResponse, error) {
		return s.(driver.NamespaceGetter).GetNamespace(t.Context(), &driver.GetNamespaceRequest{NamespaceRef: byName("ns-011")})
	}
	res, err := get()
	if err != nil {
		t.Fatal(err)
	}
	if info := res.Namespace; info.Name != "ns-011" || info.ID != "ns-011" || info.Usage == nil || info.Usage.UsedBytes != 2 || info.Usage.CapacityBytes != 0 {
		t.Errorf("%+v", info)
	}
	for _, names = range [][]string{names[:2], nil} {
		_, err := get()
		e, ok := err.(*errs.Error)
		if !ok || e.Code != errs.NamespaceNotFound || e.Outcome != errs.NotApplied || e.RequestID != "r-1" {
			t.Errorf("%v", err)
		}
	}
}

// A listing goes on behind what it has returned, and a description is sent only where there is one.
func TestRequests(t *testing.T) {
	var sent map[string]any
	s, n := served(t, func(w http.ResponseWriter, r *http.Request) {
		sent = nil
		_ = json.NewDecoder(r.Body).Decode(&sent)
		_, _ = io.WriteString(w, `{"Response":{"RequestId":"r-1","KVNamespaces":[{"Namespace":"a"}],"TotalCount":9,"Data":[{"Key":"k","Value":"v","Expiration":"soon"}]}}`)
	})
	page, err := s.ListNamespaces(t.Context(), &driver.ListNamespacesRequest{Cursor: "3"})
	if err != nil || page.Cursor != "4" || sent["Offset"] != 3.0 {
		t.Errorf("%+v, %v; sent %v", page, err, sent)
	}
	for description, want := range map[string]any{"": nil, "d": "d"} {
		_, err := s.(driver.NamespaceCreator).CreateNamespace(t.Context(), &driver.CreateNamespaceRequest{Name: "a", Description: description})
		if err != nil || sent["Remark"] != want {
			t.Errorf("%v; sent %v", err, sent)
		}
	}
	// An empty description clears the one that is there: it is sent.
	_, err = s.(driver.NamespaceDescriber).SetDescription(t.Context(), &driver.SetDescriptionRequest{NamespaceRef: byName("a")})
	if err != nil || sent["Remark"] != "" {
		t.Errorf("%v; sent %v", err, sent)
	}
	// An expiry that cannot be read matters to those who ask for it.
	for _, want := range []bool{true, false} {
		_, err := n.Get(t.Context(), &driver.GetRequest{Key: "k", WantExpiry: want})
		_, errBatch := n.(driver.BatchGetter).GetBatch(t.Context(), &driver.GetBatchRequest{Keys: []string{"k"}, WantExpiry: want})
		if (errs.CodeOf(err) == errs.Corrupt) != want || (errs.CodeOf(errBatch) == errs.Corrupt) != want {
			t.Errorf("expiry wanted %t: %v, %v", want, err, errBatch)
		}
	}
}

// A reply with many values may be larger than others; one that is too large is refused and not kept in memory.
func TestLargeReplies(t *testing.T) {
	if testing.Short() {
		t.Skip("moves 66 MB")
	}
	padding := strings.Repeat(" ", wire.DefaultMaxResponse)
	_, n := served(t, func(w http.ResponseWriter, r *http.Request) {
		var sent keysRequest
		_ = json.NewDecoder(r.Body).Decode(&sent)
		var data []string
		for _, key := range sent.Keys {
			data = append(data, fmt.Sprintf(`{"Key":%q,"Value":"v"}`, key))
		}
		fmt.Fprintf(w, `{"Response":{"RequestId":"r-1","Data":[%s]}}%s`, strings.Join(data, ","), padding)
	})
	res, err := n.(driver.BatchGetter).GetBatch(t.Context(), &driver.GetBatchRequest{Keys: []string{"a", "b"}})
	if err != nil || string(res.Results[1].Value) != "v" {
		t.Errorf("%+v, %v", res, err)
	}
	if _, err := n.Get(t.Context(), &driver.GetRequest{Key: "a"}); errs.CodeOf(err) != errs.TooLarge {
		t.Error(err)
	}
}

// A namespace that a function uses is not deleted; a taken name is not made again.
func TestNamespaceConflicts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em, svc := emulated(t)
		service, err := kv.NewService(svc, kv.ServiceOptions{Policy: policy.Policy{Limiters: new(ratelimit.Pool)}})
		if err != nil {
			t.Fatal(err)
		}
		zone := em.Provider()["zone_id"]
		if _, err := service.CreateNamespace(t.Context(), "flags"); err != nil {
			t.Fatal(err)
		}
		if _, err := service.CreateNamespace(t.Context(), "flags"); errs.CodeOf(err) != errs.AlreadyExists {
			t.Error(err)
		}
		if err := em.BindFunction(zone, "flags", "ef-1"); err != nil {
			t.Fatal(err)
		}
		if err := service.DeleteNamespace(t.Context(), "flags"); errs.CodeOf(err) != errs.Conflict {
			t.Error(err)
		}
		if err := em.UnbindFunction(zone, "flags", "ef-1"); err != nil {
			t.Fatal(err)
		}
		if err := service.DeleteNamespace(t.Context(), "flags"); err != nil {
			t.Error(err)
		}
		if _, err := service.DescribeNamespace(t.Context(), "flags"); errs.CodeOf(err) != errs.NamespaceNotFound {
			t.Error(err)
		}
	})
}
