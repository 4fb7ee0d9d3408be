package alibaba

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
)

func TestNames(t *testing.T) {
	for _, name := range []string{"alibaba", "aliyun", "esa"} {
		if d := providers.Lookup(name); d == nil || d.Name != "alibaba" {
			t.Errorf("%s: %v", name, d)
		}
	}
	for _, o := range providers.Lookup("alibaba").Options {
		if o.Doc == "" || !strings.HasSuffix(o.Doc, ".") {
			t.Errorf("the option %s is documented by %q", o.Name, o.Doc)
		}
	}
}

func TestEndpoints(t *testing.T) {
	keys := map[string]string{"access_key_id": "id", "access_key_secret": "key"}
	for name, c := range map[string]struct {
		entry map[string]string
		want  string // the endpoint, or what the refusal says
	}{
		"China":         {map[string]string{"region": "cn-hangzhou"}, "https://esa.cn-hangzhou.aliyuncs.com/"},
		"international": {map[string]string{"region": "ap-southeast-1"}, "https://esa.ap-southeast-1.aliyuncs.com/"},
		"other":         {map[string]string{"region": "cn-hangzhou", "endpoint": "esa.example.com"}, "https://esa.example.com/"},
		"slash":         {map[string]string{"region": "cn-hangzhou", "endpoint": "https://esa.example.com:8443/"}, "https://esa.example.com:8443/"},
		"loopback":      {map[string]string{"region": "cn-hangzhou", "endpoint": "http://127.0.0.1:80"}, "http://127.0.0.1:80/"},
		"plain allowed": {map[string]string{"region": "cn-hangzhou", "endpoint": "http://esa.example.com", "allow_plaintext": "true"}, "http://esa.example.com/"},
		"plain":         {map[string]string{"region": "cn-hangzhou", "endpoint": "http://esa.example.com"}, "not https"},
		"path":          {map[string]string{"region": "cn-hangzhou", "endpoint": "https://esa.example.com/api"}, "has a path"},
		"query":         {map[string]string{"region": "cn-hangzhou", "endpoint": "https://esa.example.com?a=b"}, "a query"},
		"no region":     {nil, "region"},
		"odd region":    {map[string]string{"region": "cn-shanghai"}, "accepted are cn-hangzhou, ap-southeast-1"},
		"plain upload":  {map[string]string{"region": "cn-hangzhou", "high_capacity": "true", "upload_endpoint": "http://oss.example.com"}, "upload_endpoint"},
		"plain platform": {map[string]string{"region": "cn-hangzhou", "high_capacity": "true", "open_platform_endpoint": "http://oss.example.com"},
			"open_platform_endpoint"},
	} {
		entry := map[string]string{}
		for _, m := range []map[string]string{keys, c.entry} {
			for k, v := range m {
				entry[k] = v
			}
		}
		svc, err := drivertest.KV(t, "alibaba", entry, providers.Host{})
		if err != nil {
			if errs.CodeOf(err) != errs.InvalidArgument || !strings.Contains(err.Error(), c.want) || strings.HasPrefix(c.want, "http") {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
			continue
		}
		if got := svc.(*service).api.endpoint.String(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// Budgets are keyed by what stays the same when keys rotate, and adapt, since no rate is documented.
func TestOperations(t *testing.T) {
	svc := openService(t, map[string]string{"access_key_id": "id", "access_key_secret": "key", "region": "cn-hangzhou", "account_id": "1234"}, nil)
	n, err := svc.OpenNamespace(byName("ns"))
	if err != nil {
		t.Fatal(err)
	}
	classes := map[string]policy.Idempotency{
		actionAccount: policy.ReadOnly, actionDescribe: policy.ReadOnly, actionCreate: policy.NonIdempotent, actionRemove: policy.Idempotent,
		actionGet: policy.ReadOnly, actionDetail: policy.ReadOnly, actionPut: policy.Idempotent, actionDelete: policy.Idempotent, actionList: policy.ReadOnly,
		actionBatchPut: policy.Idempotent, actionBatchDelete: policy.Idempotent,
	}
	rows := append(svc.Operations(), n.Operations()...)
	for _, row := range rows {
		class, known := classes[row.Action]
		if !known || row.Idempotency != class || len(row.Budgets) != 1 {
			t.Errorf("%+v", row)
			continue
		}
		if b := row.Budgets[0]; b.Endpoint != "esa.cn-hangzhou.aliyuncs.com" || b.Principal != "1234" || b.Action != row.Action || len(b.Limits) != 1 || !b.Limits[0].Adaptive {
			t.Errorf("%+v", b)
		}
	}
	if len(rows) != len(classes) {
		t.Errorf("%d rows, want %d", len(rows), len(classes))
	}
}

// The driver's capabilities are those of package limits, but for what its own encoding and options change.
func TestCapabilities(t *testing.T) {
	entry := map[string]string{"access_key_id": "id", "access_key_secret": "key", "region": "cn-hangzhou"}
	for _, high := range []string{"false", "true"} {
		entry["high_capacity"] = high
		n, err := openService(t, entry, nil).OpenNamespace(byName("ns"))
		if err != nil {
			t.Fatal(err)
		}
		got, want := n.Capabilities(), limits.KV()
		if high == "true" {
			want.MaxValueBytes = 25_000_000
		}
		want.PutBatch.MaxBytes = 1_999_990
		if got.MaxValueBytes != want.MaxValueBytes || got.PutBatch != want.PutBatch || got.List != want.List || got.DeleteBatch != want.DeleteBatch {
			t.Errorf("high_capacity %s: %+v, want %+v", high, got, want)
		}
	}
	svc := openService(t, entry, nil)
	for _, bad := range []string{"", "a\xff"} {
		if _, err := svc.OpenNamespace(byName(bad)); errs.CodeOf(err) != errs.InvalidArgument {
			t.Errorf("namespace %q: %v", bad, err)
		}
	}
	if _, err := svc.ListNamespaces(t.Context(), &driver.ListNamespacesRequest{Cursor: "x"}); errs.CodeOf(err) != errs.InvalidArgument {
		t.Errorf("a cursor for namespaces: %v", err)
	}
}

// No address but the endpoint is dialled, and the program's dialer is used.
func TestDialContext(t *testing.T) {
	em, _ := emulated(t, free(), false)
	entry := em.Provider()
	delete(entry, "endpoint")
	entry["endpoint"], entry["allow_plaintext"] = "http://esa.example.com", "true"
	dialled := ""
	var dial dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled = address
		return em.DialContext(ctx, network, strings.TrimPrefix(em.URL(), "http://"))
	}
	if _, err := openService(t, entry, dial).ListNamespaces(t.Context(), &driver.ListNamespacesRequest{}); err != nil || dialled != "esa.example.com:80" {
		t.Errorf("dialled %q: %v", dialled, err)
	}
}

// Requests are signed, and expiries told, by the program's clock.
func TestClock(t *testing.T) {
	at := time.Date(2040, 2, 3, 4, 5, 6, 0, time.UTC)
	now := func() time.Time { return at }
	em := emulator.NewAlibaba(emulator.InMemory(), emulator.WithClock(now))
	t.Cleanup(em.Close)
	svc, err := drivertest.KV(t, "alibaba", em.Provider(), providers.Host{DialContext: em.DialContext, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := svc.(driver.NamespaceCreator).CreateNamespace(t.Context(), &driver.CreateNamespaceRequest{Name: "ns"}); err != nil {
		t.Fatal(err)
	}
	n, _ := svc.OpenNamespace(byName("ns"))
	if _, err := n.Put(t.Context(), &driver.PutRequest{Key: "k", Value: []byte("v"), TTL: time.Hour}); err != nil {
		t.Fatal(err)
	}
	res, err := n.(driver.Inspector).Inspect(t.Context(), &driver.InspectRequest{Key: "k"})
	if err != nil || res.Expiry != driver.ExpiresAt(at.Add(time.Hour)) {
		t.Errorf("%v, %v", res, err)
	}
}
