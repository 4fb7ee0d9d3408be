package all_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
	workspacedriver "github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// What is said of an endpoint that does not exist names the option that it comes from.
func TestMessagesNameTheEndpoint(t *testing.T) {
	nowhere := providers.Host{DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: address, IsNotFound: true}
	}}
	keys := func(ctx context.Context, a providers.Account, s *providers.Settings) error {
		service, err := a.(providers.KMS).KMS(ctx, s)
		if err != nil {
			return err
		}
		_, err = service.DescribeKey(ctx, &kmsdriver.DescribeKeyRequest{KeyID: "k"})
		return err
	}
	values := func(size int) func(context.Context, providers.Account, *providers.Settings) error {
		return func(ctx context.Context, a providers.Account, s *providers.Settings) error {
			service, err := a.(providers.KV).KV(ctx, s)
			if err != nil {
				return err
			}
			namespace, err := service.OpenNamespace(kvdriver.NamespaceRef{Name: "n", ID: "n"})
			if err != nil {
				return err
			}
			_, err = namespace.Put(ctx, &kvdriver.PutRequest{Key: "k", Value: []byte(strings.Repeat("v", size))})
			return err
		}
	}
	workspaces := func(ctx context.Context, a providers.Account, s *providers.Settings) error {
		service, err := a.(providers.Workspaces).Workspaces(ctx, s)
		if err != nil {
			return err
		}
		_, err = service.Get(ctx, &workspacedriver.GetRequest{ID: "w"})
		return err
	}
	alibaba := map[string]string{"driver": "alibaba", "access_key_id": "a", "access_key_secret": "s", "region": "cn-hangzhou", "high_capacity": "true"}
	huawei := map[string]string{"driver": "huawei", "access_key": "a", "secret_key": "s", "region": "cn-north-4"}
	tencent := map[string]string{"driver": "tencent", "secret_id": "i", "secret_key": "s", "zone_id": "z", "region": "ap-guangzhou"}
	for _, c := range []struct {
		entry  map[string]string
		more   string // an option, with the value "p"
		call   func(context.Context, providers.Account, *providers.Settings) error
		option string
	}{
		{alibaba, "", values(1), "endpoint"},
		{alibaba, "", values(3_000_000), "open_platform_endpoint"},
		{alibaba, "", keys, "kms_endpoint"},
		{alibaba, "", workspaces, "cms_endpoint"},
		{huawei, "", keys, "iam_endpoint"},
		{huawei, "project_id", keys, "endpoint"},
		{tencent, "", values(1), "endpoint"},
		{tencent, "", keys, "kms_endpoint"},
	} {
		entry := map[string]string{}
		for name, text := range c.entry {
			entry[name] = text
		}
		if c.more != "" {
			entry[c.more] = "p"
		}
		account, settings := openAccount(t, entry, nowhere)
		err := c.call(t.Context(), account, settings)
		if errs.CodeOf(err) != errs.Unavailable || !strings.Contains(err.Error(), "check "+c.option+": ") {
			t.Errorf("%s: %v; want %s", entry["driver"], err, c.option)
		}
	}
}
