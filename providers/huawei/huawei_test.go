package huawei

import (
	"strings"
	"testing"

	coreregion "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/kms/v2/region"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// The endpoints are those that the vendor's package has.
func TestRegions(t *testing.T) {
	for _, r := range []*coreregion.Region{
		region.EU_WEST_101, region.CN_NORTH_4, region.CN_NORTH_1, region.CN_NORTH_2, region.CN_EAST_2, region.CN_EAST_3, region.CN_SOUTH_1, region.CN_SOUTH_2,
		region.AF_SOUTH_1, region.CN_SOUTHWEST_2, region.AP_SOUTHEAST_2, region.AP_SOUTHEAST_1, region.AP_SOUTHEAST_3, region.LA_SOUTH_2, region.SA_BRAZIL_1,
		region.NA_MEXICO_1, region.LA_NORTH_2, region.CN_NORTH_9, region.AP_SOUTHEAST_4, region.TR_WEST_1, region.AE_AD_1, region.MY_KUALALUMPUR_1,
		region.RU_MOSCOW_1, region.CN_EAST_5, region.CN_EAST_4, region.ME_EAST_1, region.AP_SOUTHEAST_5, region.CN_SOUTH_4, region.CN_NORTH_12,
		region.CN_NORTH_11, region.AF_NORTH_1, region.CN_SOUTHWEST_3,
	} {
		svc := openService(t, map[string]string{"access_key": "a", "secret_key": "k", "region": r.Id}, nil).(*service)
		if got := svc.api.endpoint.String(); got != r.Endpoints[0] {
			t.Errorf("%s: %s, want %s", r.Id, got, r.Endpoints[0])
		}
		if got, want := svc.api.project.endpoint.String(), strings.Replace(r.Endpoints[0], "kms.", "iam.", 1); got != want {
			t.Errorf("%s: %s, want %s", r.Id, got, want)
		}
	}
}

func TestSettings(t *testing.T) {
	good := map[string]string{"access_key": "a", "secret_key": "k", "region": "cn-north-4"}
	for _, c := range []struct {
		name, value string
		want        errs.Code // empty: accepted
		says        string
	}{
		{"region", "", errs.InvalidArgument, "region"},
		{"region", "cn-north-4.evil.com/", errs.InvalidArgument, "region"},
		{"region", "CN_NORTH_4", errs.InvalidArgument, "region"},
		{"project_id", "0123456789abcdef0123456789abcdef", "", ""},
		{"project_id", "../x", errs.InvalidArgument, "project_id"},
		{"project_id", "a b", errs.InvalidArgument, "project_id"},
		{"endpoint", "kms.example.com", "", ""},
		{"endpoint", "https://kms.example.com:8443/", "", ""},
		{"endpoint", "http://kms.example.com", errs.InvalidArgument, "allow_plaintext"},
		{"endpoint", "http://127.0.0.1:1", "", ""},
		{"endpoint", "https://kms.example.com/v1.0", errs.InvalidArgument, "endpoint: kms.example.com has a path"},
		{"endpoint", "https://user@kms.example.com", errs.InvalidArgument, "endpoint"},
		{"iam_endpoint", "http://iam.example.com", errs.InvalidArgument, "iam_endpoint"},
		{"iam_endpoint", "https://iam.example.com/v3", errs.InvalidArgument, "iam_endpoint"},
		{"credentials", "metadata", errs.InvalidArgument, "credentials"},
		{"enterprise_project_id", "0", "", ""},
	} {
		entry := map[string]string{}
		for name, text := range good {
			entry[name] = text
		}
		if entry[c.name] = c.value; c.value == "" {
			delete(entry, c.name)
		}
		_, err := drivertest.KMS(t, "huawei", entry, providers.Host{})
		if (err == nil) != (c.want == "") || err != nil && (errs.CodeOf(err) != c.want || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s=%q: %v", c.name, c.value, err)
		}
	}
}

// The environment says project and IAM where the configuration does not.
func TestEnvironment(t *testing.T) {
	vars := map[string]string{envProjectID: "env-project", envIAMEndpoint: "iam.example.com"}
	entry := map[string]string{"access_key": "a", "secret_key": "k", "region": "cn-north-4"}
	open := func() *service {
		svc, err := drivertest.KMS(t, "huawei", entry, providers.Host{LookupEnv: drivertest.Env(vars)})
		if err != nil {
			t.Fatal(err)
		}
		return svc.(*service)
	}
	if p := open().api.project; p.said != "env-project" || p.endpoint.String() != "https://iam.example.com" {
		t.Errorf("%+v", p.endpoint)
	}
	entry["project_id"], entry["iam_endpoint"] = "said", "https://iam.other.com"
	if p := open().api.project; p.said != "said" || p.endpoint.Host != "iam.other.com" {
		t.Errorf("%+v", p.endpoint)
	}
}

// Two resources of an entry may be in two regions.
func TestPerResource(t *testing.T) {
	d := providers.Lookup("huawei")
	for _, name := range []string{"region", "project_id", "endpoint", "iam_endpoint", "enterprise_project_id"} {
		if err := d.Check(providers.Values{name: {Text: "x"}}, true); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"access_key", "secret_key", "security_token", "auth_token", "credentials", "user_id"} {
		if err := d.Check(providers.Values{name: {Text: "static"}}, true); errs.CodeOf(err) != errs.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.ResolveAccount(providers.Values{}, providers.Host{LookupEnv: drivertest.Env(nil)}); err != nil {
		t.Errorf("without a region: %v", err)
	}
}

// Settings print without secrets.
func TestSettingsPrint(t *testing.T) {
	settings, err := providers.Lookup("huawei").Resolve(providers.Values{
		"access_key": {Text: canaryAccess}, "secret_key": {Text: canaryKey}, "security_token": {Text: canaryToken}, "region": {Text: "cn-north-4"},
	}, providers.Host{LookupEnv: drivertest.Env(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if text := settings.String(); strings.Contains(text, "canary") || !strings.Contains(text, "region=cn-north-4") {
		t.Error(text)
	}
}
