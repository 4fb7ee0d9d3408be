package huawei

import (
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/provider"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/impl"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// All that is used of the vendor's package is in this file: where it finds credentials, and its error type. Its client is
// not: it takes no context, and on its way writes a file into the home directory.

// vendorChain asks the vendor's chain of credential sources once. It may hang: the package knows no contexts. Its error
// texts are not passed on: they quote whole files and replies, which hold keys.
func vendorChain() (found, error) {
	held, err := provider.BasicCredentialProviderChain().GetCredentials()
	if err != nil {
		return found{}, chainFailed()
	}
	basic, ok := held.(*auth.BasicCredentials)
	if !ok {
		return found{}, chainFailed()
	}
	// The token of an identity provider is exchanged for keys only now.
	if err := basic.ProcessSts(impl.NewDefaultHttpClient(config.DefaultHttpConfig())); err != nil || basic.AK == "" || basic.SK == "" {
		return found{}, chainFailed()
	}
	f := found{Fresh: lookFresh, Usable: lookUsable}
	if basic.IdpId != "" {
		f.Fresh, f.Usable = federatedFresh, federatedUsable
	}
	f.Credential = credential{access: secret.New(basic.AK), key: secret.New(basic.SK), token: secret.New(basic.SecurityToken), project: basic.ProjectId}
	return f, nil
}

func chainFailed() error {
	return errs.Refuse(errs.Unauthenticated, "no credentials were found in the environment (%s), the profile file (~/.huaweicloud/credentials), "+
		"the metadata of an instance or the identity of a pod; say %s and %s, or see that one of these is there and can be reached",
		envAccessKey, optionAccessKey, optionSecretKey)
}

// vendorError returns the vendor's own error of a failed reply, whose texts have been scrubbed.
func vendorError(status int, requestID string, f *fault) error {
	return &sdkerr.ServiceResponseError{
		StatusCode: status, RequestId: requestID, ErrorCode: f.code, ErrorMessage: f.message, EncodedAuthorizationMessage: f.authorization,
	}
}
