package alibaba

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/endpoints"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

func TestKMSEndpoints(t *testing.T) {
	for name, c := range map[string]struct {
		entry map[string]string
		want  string // the endpoint, or what the refusal says
	}{
		"region":        {map[string]string{"region": "cn-shanghai"}, "https://kms.cn-shanghai.aliyuncs.com/"},
		"finance":       {map[string]string{"region": "cn-shanghai-finance-1"}, "https://kms.cn-shanghai-finance-1.aliyuncs.com/"},
		"other":         {map[string]string{"region": "cn-shanghai", "kms_endpoint": "kms-vpc.cn-shanghai.aliyuncs.com"}, "https://kms-vpc.cn-shanghai.aliyuncs.com/"},
		"not KV's":      {map[string]string{"region": "cn-shanghai", "endpoint": "esa.example.com"}, "https://kms.cn-shanghai.aliyuncs.com/"},
		"loopback":      {map[string]string{"region": "cn-shanghai", "kms_endpoint": "http://127.0.0.1:80"}, "http://127.0.0.1:80/"},
		"plain allowed": {map[string]string{"region": "cn-shanghai", "kms_endpoint": "http://kms.example.com", "allow_plaintext": "true"}, "http://kms.example.com/"},
		"plain":         {map[string]string{"region": "cn-shanghai", "kms_endpoint": "http://kms.example.com"}, "kms_endpoint"},
		"path":          {map[string]string{"region": "cn-shanghai", "kms_endpoint": "https://kms.example.com/api"}, "has a path"},
		"no region":     {nil, "region"},
		"odd region":    {map[string]string{"region": "evil.example.com/"}, "written like cn-hangzhou"},
		"upper case":    {map[string]string{"region": "CN-SHANGHAI"}, "written like cn-hangzhou"},
	} {
		entry := map[string]string{"access_key_id": "id", "access_key_secret": "key"}
		maps.Copy(entry, c.entry)
		s, err := openKMS(t, entry, providers.Host{})
		if err != nil {
			if errs.CodeOf(err) != errs.InvalidArgument || !strings.Contains(err.Error(), c.want) || strings.HasPrefix(c.want, "http") {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
			continue
		}
		if got := s.api.endpoint.String(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// The vendor's own package knows some of the endpoints; none is another than the rule says.
func TestKMSEndpointsAreTheVendors(t *testing.T) {
	known := 0
	for _, region := range []string{"cn-hangzhou", "cn-shanghai", "cn-beijing", "cn-shenzhen", "cn-hongkong", "ap-southeast-1", "us-east-1", "eu-central-1", "ap-south-1", "me-east-1"} {
		want, err := endpoints.Resolve(&endpoints.ResolveParam{Product: "kms", RegionId: region})
		if err != nil {
			continue
		}
		known++
		s, err := openKMS(t, map[string]string{"access_key_id": "id", "access_key_secret": "key", "region": region}, providers.Host{})
		if err != nil || s.api.endpoint.Host != want {
			t.Errorf("%s: %v, %v; the vendor says %s", region, s.api.endpoint, err, want)
		}
	}
	if known < 8 {
		t.Errorf("the vendor's package knows %d of the regions", known)
	}
}

// Every method has its row, by which package kms binds it; there are interfaces for all that is declared, and no others.
func TestKMSAgreesWithItself(t *testing.T) {
	s, err := openKMS(t, map[string]string{"access_key_id": "id", "access_key_secret": "key", "region": "cn-shanghai", "account_id": "1234"}, providers.Host{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kms.NewService(s, kms.ServiceOptions{Provider: "test"}); err != nil {
		t.Error(err)
	}
	if got, want := s.Capabilities(), limits.KMS(); got.Vendor != want.Vendor || got.MaxPlaintextBytes != want.MaxPlaintextBytes || len(got.Keys) != len(want.Keys) {
		t.Errorf("capabilities %+v, want %+v", got, want)
	}
	rows := s.Operations()
	for _, m := range keyMethods() {
		i := slices.IndexFunc(rows, func(row policy.Operation) bool { return row.Name == m.op })
		if i < 0 || rows[i].Action != m.action {
			t.Errorf("%s has no row with the action %s", m.op, m.action)
		}
	}
	if len(rows) != len(keyMethods()) {
		t.Errorf("%d rows, want %d", len(rows), len(keyMethods()))
	}
}

// What a second delivery does, and the rates of the pages. Budgets are keyed by what stays the same when keys rotate.
func TestKMSOperations(t *testing.T) {
	s, err := openKMS(t, map[string]string{"access_key_id": "id", "access_key_secret": "key", "region": "cn-shanghai", "account_id": "1234"}, providers.Host{})
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		class policy.Idempotency
		rate  int
	}
	read, pair, symmetric, write := row{policy.ReadOnly, 20}, row{policy.ReadOnly, 200}, row{policy.ReadOnly, 1000}, row{policy.Idempotent, 10}
	want := map[string]row{
		driver.OpCreateKey: {policy.NonIdempotent, 10}, driver.OpDescribeKey: read, driver.OpListKeys: read, driver.OpGetRotation: read,
		driver.OpListAliases: read, driver.OpListTags: read, driver.OpListVersions: read, driver.OpImportParameters: {policy.ReadOnly, 10},
		driver.OpEnableKey: write, driver.OpDisableKey: write, driver.OpScheduleDeletion: write, driver.OpCancelDeletion: write,
		driver.OpSetDescription: write, driver.OpCreateAlias: write, driver.OpDeleteAlias: write, driver.OpSetTags: write, driver.OpRemoveTags: write,
		driver.OpSetRotation: write, driver.OpImportKeyMaterial: write, driver.OpDeleteKeyMaterial: write,
		driver.OpEncrypt: symmetric, driver.OpDecrypt: symmetric, driver.OpGenerateDataKey: symmetric, driver.OpGenerateWrappedKey: symmetric,
		driver.OpReEncrypt: {policy.ReadOnly, 750}, driver.OpAsymmetricEncrypt: pair, driver.OpAsymmetricDecrypt: pair,
		driver.OpSign: pair, driver.OpVerify: pair, driver.OpPublicKey: pair,
	}
	for _, op := range s.Operations() {
		w, known := want[op.Name]
		if !known || op.Idempotency != w.class || len(op.Budgets) != 1 {
			t.Errorf("%+v", op)
			continue
		}
		limit := ratelimit.Limit{N: w.rate, Per: time.Second, Margin: ratelimit.DefaultMargin}
		b := op.Budgets[0]
		if b.Endpoint != "kms.cn-shanghai.aliyuncs.com" || b.Principal != "1234" || b.Action != op.Action || !slices.Equal(b.Limits, []ratelimit.Limit{limit}) {
			t.Errorf("%s: %+v", op.Name, b)
		}
	}
	if got := len(s.Operations()); got != len(want) {
		t.Errorf("%d rows, want %d", got, len(want))
	}
}

// All parameters are in the body of a POST; the URL has nothing but the path. What is signed is what is sent.
func TestKMSRequests(t *testing.T) {
	var seen []url.Values
	s := servedKMS(t, func(_ http.ResponseWriter, r *http.Request) {
		body := readAll(r)
		form, err := url.ParseQuery(string(body))
		if err != nil || r.Method != http.MethodPost || r.RequestURI != "/" || r.Header.Get("Content-Type") != formType || r.Header.Get("X-Acs-Version") != "2016-01-20" {
			t.Errorf("%s %s %v: %v", r.Method, r.RequestURI, r.Header, err)
		}
		at, _ := time.Parse(time.RFC3339, r.Header.Get("X-Acs-Date"))
		again := acs3Request{method: r.Method, host: r.Host, path: "/", action: r.Header.Get("X-Acs-Action"), version: r.Header.Get("X-Acs-Version"),
			contentType: formType, body: body, at: at, nonce: r.Header.Get("X-Acs-Signature-Nonce")}
		if want := secondACS3(again, canaries); r.Header.Get("Authorization") != want {
			t.Errorf("%s: signed %s, want %s", again.action, r.Header.Get("Authorization"), want)
		}
		for name, values := range r.Header {
			if strings.Contains(strings.Join(values, " "), base64.StdEncoding.EncodeToString([]byte(canaryPlain))) {
				t.Errorf("the header %s holds plaintext", name)
			}
		}
		form.Set("Action", again.action)
		seen = append(seen, form)
	})
	plain := base64.StdEncoding.EncodeToString([]byte(canaryPlain))
	want := map[string]string{
		"ListKeys":                        `Filters=[{"Key":"CreatorType","Values":["User"]}]&PageNumber=1&PageSize=100`,
		"CreateKey":                       `KeySpec=Aliyun_AES_256&KeyUsage=ENCRYPT/DECRYPT&Tags=[{"TagKey":"team","TagValue":"orders"}]`,
		"ScheduleKeyDeletion":             "KeyId=k&PendingWindowInDays=7",
		"UpdateKeyDescription":            "Description=d&KeyId=k",
		"ListAliasesByKeyId":              "KeyId=k&PageNumber=1&PageSize=100",
		"ListKeyVersions":                 "KeyId=k&PageNumber=1&PageSize=100",
		"CreateAlias":                     "AliasName=alias/a&KeyId=k",
		"DeleteAlias":                     "AliasName=alias/a",
		"ListTagResources":                "RegionId=cn-shanghai&ResourceId.1=k&ResourceType=key",
		"TagResources":                    "RegionId=cn-shanghai&ResourceId.1=k&ResourceType=key&Tag.1.Key=team&Tag.1.Value=orders",
		"UntagResources":                  "RegionId=cn-shanghai&ResourceId.1=k&ResourceType=key&TagKey.1=team",
		"UpdateRotationPolicy":            "EnableAutomaticRotation=true&KeyId=k&RotationInterval=30d",
		"GetParametersForImport":          "KeyId=k&WrappingAlgorithm=RSAES_OAEP_SHA_256&WrappingKeySpec=RSA_2048",
		"ImportKeyMaterial":               "EncryptedKeyMaterial=" + plain + "&ImportToken=" + canaryToken2 + "&KeyId=k&KeyMaterialExpireUnix=0",
		"Encrypt":                         "EncryptionContext=" + canaryContext + "&KeyId=k&Plaintext=" + plain,
		"Decrypt":                         "CiphertextBlob=blob&EncryptionContext=" + canaryContext,
		"GenerateDataKey":                 "EncryptionContext=" + canaryContext + "&KeyId=k&NumberOfBytes=32",
		"GenerateDataKeyWithoutPlaintext": "EncryptionContext=" + canaryContext + "&KeyId=k&NumberOfBytes=32",
		"ReEncrypt":                       "CiphertextBlob=blob&DestinationEncryptionContext=" + canaryContext + "&DestinationKeyId=n&SourceEncryptionContext=" + canaryContext,
		"AsymmetricEncrypt":               "Algorithm=RSAES_OAEP_SHA_256&KeyId=k&KeyVersionId=v&Plaintext=" + plain,
		"AsymmetricDecrypt":               "Algorithm=RSAES_OAEP_SHA_256&CiphertextBlob=YmxvYg==&KeyId=k&KeyVersionId=v",
		"AsymmetricSign":                  "Algorithm=RSA_PSS_SHA_256&Digest=" + plain + "&KeyId=k&KeyVersionId=v",
		"AsymmetricVerify":                "Algorithm=RSA_PSS_SHA_256&Digest=" + plain + "&KeyId=k&KeyVersionId=v&Value=" + plain,
		"GetPublicKey":                    "KeyId=k&KeyVersionId=v",
	}
	for _, m := range keyMethods() {
		leaksNothing(t, m.action, m.send(t.Context(), s)) // the replies are empty
	}
	if len(seen) != len(keyMethods()) {
		t.Fatalf("%d requests, want %d", len(seen), len(keyMethods()))
	}
	for i, m := range keyMethods() {
		var pairs []string
		for _, name := range slices.Sorted(maps.Keys(seen[i])) {
			if name != "Action" {
				pairs = append(pairs, name+"="+strings.Join(seen[i][name], "|"))
			}
		}
		wanted, listed := want[m.action]
		if !listed {
			wanted = "KeyId=k"
		}
		if got := strings.Join(pairs, "&"); got != wanted || seen[i].Get("Action") != m.action {
			t.Errorf("%s sent %s with %s\nwant %s", m.op, seen[i].Get("Action"), got, wanted)
		}
	}
}
