package alibaba

import (
	"os"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
	"github.com/crosscloud-sdk/crosscloud/workspace/workspacetest"
)

func conformCMS(t *testing.T, settings emulator.AlibabaCMSSettings, said, options, skip map[string]string) {
	t.Helper()
	workspacetest.Run(t, workspacetest.Harness{
		Open: func(t testing.TB) driver.Service {
			_, svc := emulatedCMS(t, settings, said)
			return svc
		},
		Options:     options,
		Secrets:     accountSecrets(),
		VirtualTime: true,
		Skip:        skip,
	})
}

// The project is that of the configuration.
func TestConformanceCMS(t *testing.T) {
	conformCMS(t, emulator.AlibabaCMSSettings{}, nil, nil, nil)
}

// The project is said with each workspace; times have milliseconds, errors other field names, and empty fields are left
// out.
func TestConformanceCMSOtherForms(t *testing.T) {
	settings := emulator.AlibabaCMSSettings{Milliseconds: true, OmitEmpty: true, EmptyNextToken: true, LowerCaseErrors: true, NotFoundCode: "Workspace.NotFound", NotFoundStatus: 400, KeepUnsent: true}
	conformCMS(t, settings, map[string]string{"sls_project": ""}, map[string]string{"sls_project": "logs", "resource_group_id": "rg-1"}, nil)
}

// The vendor describes its request as a creation; it may refuse a taken name.
func TestConformanceCMSCreateOnly(t *testing.T) {
	conformCMS(t, emulator.AlibabaCMSSettings{CreateOnly: true}, nil, nil, nil)
}

// TestConformanceCMSLive runs against a real account, in which it makes workspaces and deletes them:
//
//	ALIBABA_CLOUD_ACCESS_KEY_ID=… ALIBABA_CLOUD_ACCESS_KEY_SECRET=… CROSSCLOUD_ALIBABA_CMS_REGION=cn-hangzhou \
//	  CROSSCLOUD_ALIBABA_SLS_PROJECT=logs go test -timeout 1h -run TestConformanceCMSLive ./providers/alibaba
func TestConformanceCMSLive(t *testing.T) {
	entry := map[string]string{
		"access_key_id": os.Getenv(envKeyID), "access_key_secret": os.Getenv(envKeySecret), "security_token": os.Getenv(envToken),
		"region": os.Getenv("CROSSCLOUD_ALIBABA_CMS_REGION"), "sls_project": os.Getenv("CROSSCLOUD_ALIBABA_SLS_PROJECT"),
	}
	if entry["access_key_id"] == "" || entry["region"] == "" || entry["sls_project"] == "" {
		t.Skip("needs an account: see the comment of this test")
	}
	workspacetest.Run(t, workspacetest.Harness{Open: func(t testing.TB) driver.Service { return openCMS(t, entry, providers.Host{}) }})
}
