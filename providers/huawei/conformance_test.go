package huawei

import (
	"os"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/kms/kmstest"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// notHere are sub-tests that do not apply to this vendor, with the reason.
func notHere() map[string]string {
	return map[string]string{
		"Alias/Absent": "no page names a code for an alias that is not there; the emulator has that of any bad argument, which may not be taken for success",
		"Alias/Limit":  "no page says how long an alias may be; the emulator counts the prefix",
		"Call/Missing": "the vendor looks at the form of an import token before it looks for the key; see TestMissingKeys",
	}
}

// Each sub-test has an account of its own, in virtual time.
func TestConformance(t *testing.T) {
	kmstest.Run(t, kmstest.Harness{
		Name: "huawei, " + t.Name(),
		Open: func(t testing.TB) driver.Service {
			_, svc := emulated(t, emulator.HuaweiKMSSettings{})
			return svc
		},
		VirtualTime: true,
		Secrets:     []string{emulator.HuaweiSecretKey},
		Skip:        notHere(),
	})
}

// oneAccount runs the suite on one account.
func oneAccount(t *testing.T, settings emulator.HuaweiKMSSettings) {
	t.Helper()
	_, svc := emulated(t, settings, emulator.WithoutRateLimit())
	kmstest.Run(t, kmstest.Harness{
		Name:    "huawei, " + t.Name(),
		Open:    func(testing.TB) driver.Service { return svc },
		Policy:  policy.Policy{Rate: policy.Rate{Unlimited: true}},
		Secrets: []string{emulator.HuaweiSecretKey},
		Skip:    notHere(),
	})
}

func TestConformanceOneAccount(t *testing.T) {
	if testing.Short() {
		t.Skip("another variant of the same suite")
	}
	oneAccount(t, emulator.HuaweiKMSSettings{})
}

// The emulator as the vendor may also be, where its pages contradict themselves.
func TestConformanceOtherwise(t *testing.T) {
	if testing.Short() {
		t.Skip("another variant of the same suite")
	}
	oneAccount(t, emulator.HuaweiKMSSettings{
		PageSize: 2, Seconds: true, DecryptCode: "KMS.0208", AliasObject: true, PKIXPublicKey: true, SM3Digest: true, PlainTextBase64: true,
	})
}

// TestConformanceLive runs against a real region:
//
//	HUAWEICLOUD_SDK_AK=… HUAWEICLOUD_SDK_SK=… CROSSCLOUD_HUAWEI_REGION=cn-north-4 go test -run TestConformanceLive ./providers/huawei
//
// It makes keys, which the vendor charges for until they are deleted, and schedules their deletion after 7 days. At 20
// requests a second it takes some minutes.
func TestConformanceLive(t *testing.T) {
	entry := map[string]string{
		"access_key": os.Getenv(envAccessKey), "secret_key": os.Getenv(envSecretKey), "security_token": os.Getenv(envSecurityToken),
		"project_id": os.Getenv(envProjectID), "region": os.Getenv("CROSSCLOUD_HUAWEI_REGION"),
	}
	if entry["region"] == "" || entry["access_key"] == "" || entry["secret_key"] == "" {
		t.Skip("needs an account: see the comment of this test")
	}
	for name, text := range entry {
		if text == "" {
			delete(entry, name)
		}
	}
	kmstest.Run(t, kmstest.Harness{
		Name:    "huawei, live",
		Open:    func(t testing.TB) driver.Service { return openService(t, entry, nil) },
		Secrets: []string{entry["secret_key"]},
		Skip:    notHere(),
	})
}
