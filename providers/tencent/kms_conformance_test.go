package tencent

import (
	"os"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/internal/rsapool"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/kms/kmstest"
)

// rsaKeys are made once in a run of the tests.
var rsaKeys rsapool.Pool

// keysNotHere are sub-tests that do not apply to this vendor, with the reason.
func keysNotHere() map[string]string {
	return map[string]string{
		"Import/Pending":    "page ScheduleKeyDeletion: only disabled keys are deleted, which one that waits for material cannot be",
		"ReEncrypt/SameKey": "page ReEncrypt: a ciphertext of the newest version of the same key is returned as it is; see TestKMSReEncrypt",
	}
}

func conformKeys(t *testing.T, settings emulator.TencentKMSSettings, entry, skip map[string]string) {
	t.Helper()
	kmstest.Run(t, kmstest.Harness{
		Name: "tencent, " + t.Name(),
		Open: func(t testing.TB) driver.Service {
			settings.RSAKey = rsaKeys.Source()
			_, svc := emulatedKeys(t, entry, allUsages(settings))
			return svc
		},
		VirtualTime: true,
		Secrets:     []string{emulator.TencentSecretKey, canaryToken},
		Skip:        skip,
	})
}

func TestKMSConformance(t *testing.T) {
	conformKeys(t, emulator.TencentKMSSettings{}, nil, keysNotHere())
}

// The emulator as the vendor may also be, where its pages leave it open, in a region with SM4 keys.
func TestKMSConformanceOtherwise(t *testing.T) {
	if testing.Short() {
		t.Skip("another variant of the same suite")
	}
	conformKeys(t, emulator.TencentKMSSettings{
		Token: canaryToken, GuomiRegions: []string{"ap-guomi"}, AnyContextOrder: true, MismatchCode: "InvalidParameterValue.InvalidCiphertext",
		ReEncryptContext: true, RepeatStates: true, EnableOnCancel: true, DeletePendingImport: true, PlainPEM: true,
	}, map[string]string{"region": "ap-guomi", "kms_symmetric": "SM4"}, nil)
}

// TestKMSConformanceLive runs against a real region that makes keys of all kinds:
//
//	TENCENTCLOUD_SECRET_ID=… TENCENTCLOUD_SECRET_KEY=… CROSSCLOUD_TENCENT_REGION=ap-guangzhou \
//	  go test -timeout 4h -run TestKMSConformanceLive ./providers/tencent
//
// CROSSCLOUD_TENCENT_SYMMETRIC is SM4 for a region whose symmetric keys are of it. The suite makes some hundred keys,
// which the vendor charges for until they are deleted, and schedules their deletion after 7 days.
func TestKMSConformanceLive(t *testing.T) {
	entry := map[string]string{
		"secret_id": os.Getenv(envSecretID), "secret_key": os.Getenv(envSecretKey), "token": os.Getenv(envToken[0]),
		"region": os.Getenv("CROSSCLOUD_TENCENT_REGION"), "kms_symmetric": os.Getenv("CROSSCLOUD_TENCENT_SYMMETRIC"),
	}
	if entry["region"] == "" || entry["secret_id"] == "" || entry["secret_key"] == "" {
		t.Skip("needs an account: see the comment of this test")
	}
	for name, text := range entry {
		if text == "" {
			delete(entry, name)
		}
	}
	kmstest.Run(t, kmstest.Harness{
		Name:    "tencent, live",
		Open:    func(t testing.TB) driver.Service { return openKeys(t, entry, nil) },
		Secrets: []string{entry["secret_key"]},
		Skip:    keysNotHere(),
	})
}
