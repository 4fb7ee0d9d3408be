package alibaba

import (
	"encoding/json"

	vendor "github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	vendorerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// All that is used of the vendor's package is in this file (where credentials are found, and the error type) and in
// kms_models.go (the forms of KMS's replies). The package is no longer supported by its vendor; whatever replaces it is
// put in these two.

// newVendorChain returns the vendor's default chain of credential sources. The function is not safe for concurrent
// use, and may take many seconds.
//
// The chain's error texts are not passed on: they quote whole files and replies, which hold keys.
func newVendorChain() func() (credential, error) {
	var chain *vendor.DefaultCredentialsProvider
	return func() (found credential, err error) {
		defer func() {
			if recover() != nil { // the package trusts the replies of credential services
				err = chainFailed()
			}
		}()
		if chain == nil {
			chain = vendor.NewDefaultCredentialsProvider()
		}
		got, err := chain.GetCredentials()
		if err != nil || got == nil || got.AccessKeyId == "" || got.AccessKeySecret == "" {
			return found, chainFailed()
		}
		return credential{secret.New(got.AccessKeyId), secret.New(got.AccessKeySecret), secret.New(got.SecurityToken)}, nil
	}
}

func chainFailed() error {
	return errs.Refuse(errs.Unauthenticated, "no credentials were found in the environment (%s), an OIDC role, the profile of the command line (~/.aliyun/config.json), "+
		"the profile file (~/.alibabacloud/credentials), the role of an ECS instance, or at ALIBABA_CLOUD_CREDENTIALS_URI; say %s and %s, or see that one of these is there and can be reached",
		envKeyID, optionKeyID, optionKeySecret)
}

// vendorError returns the vendor's own error for a failed reply, an *errors.ServerError of
// github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors. It is made of texts only, because the vendor's constructor panics
// for anything else; nil where it fails all the same.
func vendorError(status int, f *fault) (made error) {
	defer func() {
		if recover() != nil {
			made = nil
		}
	}()
	content := map[string]any{"RequestId": f.requestID, "HostId": f.hostID, "Code": f.code, "Message": f.message}
	if len(f.detail) > 0 {
		content["AccessDeniedDetail"] = f.detail
	}
	text, err := json.Marshal(content)
	if err != nil {
		return nil
	}
	return vendorerrors.NewServerError(status, string(text), "")
}
