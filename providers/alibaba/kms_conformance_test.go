package alibaba

import (
	"os"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/kms/kmstest"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

func conformKeys(t *testing.T, config emulator.AlibabaKMSSettings) {
	t.Helper()
	kmstest.Run(t, kmstest.Harness{
		Name: "alibaba, " + t.Name(),
		Open: func(t testing.TB) driver.Service {
			_, svc := emulatedKMS(t, config)
			return svc
		},
		VirtualTime: true,
		Secrets:     accountSecrets(),
	})
}

func TestKMSConformance(t *testing.T) { conformKeys(t, emulator.AlibabaKMSSettings{}) }

// The emulator as the vendor may also be, where its pages contradict themselves, and temporary credentials. What has
// limits of two sizes there has the smaller ones: the driver declares those.
func TestKMSConformanceOtherwise(t *testing.T) {
	if testing.Short() {
		t.Skip("another variant of the same suite")
	}
	kmstest.Run(t, kmstest.Harness{
		Name: "alibaba, " + t.Name(),
		Open: func(t testing.TB) driver.Service {
			em := emulator.NewAlibabaKMS(emulator.InMemory(), emulator.WithAlibabaKMS(emulator.AlibabaKMSSettings{
				AnyKeySpec: true, UUIDs: true, NewestFirst: true, BadCiphertext: "InvalidParameter", Misspelt: true, GatewayThrottling: true, RSAKey: rsaKeys.Source(),
			}))
			t.Cleanup(em.Close)
			entry := em.Provider()
			entry["access_key_id"], entry["access_key_secret"], entry["security_token"] = em.IssueSTS(10 * 365 * 24 * time.Hour)
			svc, err := openKMS(t, entry, providers.Host{DialContext: em.DialContext, Now: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			return svc
		},
		VirtualTime: true,
	})
}

// TestKMSConformanceLive runs against a real region and a KMS instance in it:
//
//	ALIBABA_CLOUD_ACCESS_KEY_ID=… ALIBABA_CLOUD_ACCESS_KEY_SECRET=… CROSSCLOUD_ALIBABA_REGION=cn-hangzhou \
//	  CROSSCLOUD_ALIBABA_KMS_INSTANCE=kst-… go test -timeout 4h -run TestKMSConformanceLive ./providers/alibaba
//
// It makes some hundred keys, which count against the account's limit until they are deleted, and schedules their
// deletion after 7 days. At 10 changes a second it takes some minutes.
func TestKMSConformanceLive(t *testing.T) {
	entry := map[string]string{
		"access_key_id": os.Getenv(envKeyID), "access_key_secret": os.Getenv(envKeySecret),
		"region": os.Getenv("CROSSCLOUD_ALIBABA_REGION"), "kms_instance_id": os.Getenv("CROSSCLOUD_ALIBABA_KMS_INSTANCE"),
	}
	for _, text := range entry {
		if text == "" {
			t.Skip("needs an account: see the comment of this test")
		}
	}
	if token := os.Getenv(envToken); token != "" {
		entry["security_token"] = token
	}
	kmstest.Run(t, kmstest.Harness{
		Name: "alibaba, live",
		Open: func(t testing.TB) driver.Service {
			svc, err := openKMS(t, entry, providers.Host{})
			if err != nil {
				t.Fatal(err)
			}
			return svc
		},
		Secrets: []string{entry["access_key_secret"]},
	})
}
