package alibaba

import (
	"maps"
	"os"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/kv/kvtest"
)

// Why some sub-tests do not apply to this vendor.
var notHere = map[string]string{
	"Page/WhileWriting":  "the vendor lists by page number: a key that goes moves those behind it to where they are not listed",
	"PutBatch/OverLimit": "the number of keys in a batch is this driver's choice; the vendor names none",
}

// free are the choices of the emulator that leave open all that is not documented, as the driver does.
func free() emulator.AlibabaSettings {
	return emulator.AlibabaSettings{AnyNames: true, BatchDeleteAbsent: true, Deletion: -1}
}

// accountSecrets are the credentials of the emulators' account.
func accountSecrets() []string {
	em := emulator.NewAlibaba(emulator.InMemory())
	defer em.Close()
	return []string{em.AccessKeySecret()}
}

func conform(t *testing.T, config emulator.AlibabaSettings, large bool, settle time.Duration, skip map[string]string, opts ...emulator.Option) {
	t.Helper()
	h := kvtest.Harness{
		Name: "alibaba, " + t.Name(),
		Open: func(t testing.TB) driver.Service {
			_, svc := emulated(t, config, large, opts...)
			return svc
		},
		VirtualTime: true,
		Settle:      settle,
		Secrets:     accountSecrets(),
		Skip:        maps.Clone(notHere),
	}
	maps.Copy(h.Skip, skip)
	kvtest.Run(t, h)
}

func TestConformance(t *testing.T) { conform(t, free(), false, 0, nil) }

// The other forms that the vendor's samples have, a listing in no order, absent keys that are deleted without an error,
// errors in XML, and temporary credentials.
func TestConformanceOtherForms(t *testing.T) {
	if testing.Short() {
		t.Skip("another variant of the same suite")
	}
	config := free()
	config.NumericID, config.NumericTTL, config.NumericLength = true, true, true
	config.PageEcho, config.Unordered, config.XMLErrors, config.DeleteAbsent = true, true, true, true
	config.NoTTL = "omit"
	conform(t, config, false, 0, nil)
}

// What the emulator does by default where nothing is documented, such as reporting absent keys of a batch as failed;
// reads lag.
func TestConformanceStrictly(t *testing.T) {
	if testing.Short() {
		t.Skip("another variant of the same suite")
	}
	conform(t, emulator.AlibabaSettings{LowerCaseErrors: true, NoTTL: `"-1"`}, false, 5*time.Second, map[string]string{
		"Service/OddNames": "the emulator limits the names of namespaces, which is not documented",
	}, emulator.WithStaleReads(3*time.Second))
}

// Values that are uploaded have the same rules, but for their expiry.
func TestConformanceHighCapacity(t *testing.T) {
	if testing.Short() {
		t.Skip("moves values of 25 MB")
	}
	conform(t, free(), true, 0, nil)
}

// TestConformanceLive runs against a real account:
//
//	ALIBABA_CLOUD_ACCESS_KEY_ID=… ALIBABA_CLOUD_ACCESS_KEY_SECRET=… CROSSCLOUD_ALIBABA_NAMESPACE=scratch \
//	  go test -timeout 4h -run TestConformanceLive ./providers/alibaba
//
// CROSSCLOUD_ALIBABA_REGION is ap-southeast-1 for an account of the international site. The namespace must exist; the
// suite writes keys into it and deletes those that it wrote. Reads by the API seem to follow writes at once; where they
// do not, CROSSCLOUD_ALIBABA_SETTLE says how long to wait, such as 300s.
func TestConformanceLive(t *testing.T) {
	name := os.Getenv("CROSSCLOUD_ALIBABA_NAMESPACE")
	entry := map[string]string{
		"access_key_id": os.Getenv(envKeyID), "access_key_secret": os.Getenv(envKeySecret), "security_token": os.Getenv(envToken), "region": "cn-hangzhou",
	}
	if name == "" || entry["access_key_id"] == "" || entry["access_key_secret"] == "" {
		t.Skip("needs an account: see the comment of this test")
	}
	if region := os.Getenv("CROSSCLOUD_ALIBABA_REGION"); region != "" {
		entry["region"] = region
	}
	settle, _ := time.ParseDuration(os.Getenv("CROSSCLOUD_ALIBABA_SETTLE"))
	kvtest.Run(t, kvtest.Harness{
		Name:      "alibaba, live",
		Open:      func(t testing.TB) driver.Service { return openService(t, entry, nil) },
		Namespace: name,
		Settle:    settle,
		Secrets:   []string{entry["access_key_secret"]},
		Skip:      notHere,
	})
}
