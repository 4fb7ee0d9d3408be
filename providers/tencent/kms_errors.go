package tencent

import (
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

const (
	keyDisabled     = "the key is disabled; enable it first"
	badCiphertext   = "the ciphertext, or its encryption context, is not right for the key"
	badSecretID     = "the SecretId is not known; check " + optionSecretID + otherKMSSite
	badKeySignature = "the signature is not accepted; check " + optionSecretKey + otherKMSSite
	otherKMSSite    = "; accounts of the international site need " + optionKMSEndpoint + ": kms.intl.tencentcloudapi.com"
	noSuchKeyAction = "the endpoint does not know this action; check " + optionKMSEndpoint
)

// kmsMeanings lists the codes of KMS, and those of every product that mean something else here. A code that is in
// neither this table nor the other means what its part before the first dot means.
//
// Sources: the error sections of the pages of the actions, page "Error Codes" (573/34432), and the error list of the
// vendor's Go package of KMS.
var kmsMeanings = wire.Meanings{
	// What was asked for is not there, or not in the state for it. The first part says Unavailable, which it is not.
	wire.Refused("ResourceUnavailable.CmkNotFound", errs.NotFound, "the key does not exist in this region"),
	wire.Refused("ResourceUnavailable.DataKeyNotFound", errs.NotFound, "the data key does not exist"),
	wire.Refused("ResourceUnavailable.CloudResourceBindingNotFound", errs.NotFound, "the binding does not exist"),
	wire.Refused("ResourceUnavailable.CmkDisabled", errs.Conflict, keyDisabled),
	wire.Refused("ResourceUnavailable.KeyDisabled", errs.Conflict, keyDisabled),
	wire.Refused("ResourceUnavailable.DataKeyDisabled", errs.Conflict, "the data key is disabled"),
	wire.Refused("ResourceUnavailable.CmkArchived", errs.Conflict, "the key is archived: it decrypts only"),
	wire.Refused("ResourceUnavailable.CmkNotPendingDelete", errs.Conflict, "no deletion of the key is scheduled"),
	wire.Refused("ResourceUnavailable.DataKeyNotPendingDelete", errs.Conflict, "no deletion of the data key is scheduled"),
	wire.Refused("ResourceUnavailable.KeyPendingDelete", errs.Conflict, "the key waits for its deletion; cancel that and enable the key first"),
	wire.Refused("ResourceUnavailable.DataKeyPendingDelete", errs.Conflict, "the data key waits for its deletion"),
	wire.Refused("ResourceUnavailable.CmkShouldBeDisabled", errs.Conflict, "the key is not disabled"),
	wire.Refused("ResourceUnavailable.CmkStateNotSupport", errs.Conflict, "the key's state does not allow this"),
	wire.Refused("ResourceUnavailable.DataKeyStateNotSupport", errs.Conflict, "the data key's state does not allow this"),
	wire.Refused("ResourceUnavailable.TokenExpired", errs.Conflict, "the import token has expired; get import parameters anew"),
	wire.Refused("ResourceUnavailable.NotPurchased", errs.PermissionDenied, "KMS is not bought for this account and region"),
	wire.Later("ResourceInsufficient", errs.Unavailable, "the resources do not suffice"),

	wire.Refused("FailedOperation.CmkUsedByCloudProduct", errs.Conflict, "a product of the vendor's uses the key"),
	wire.Refused("FailedOperation.DecryptError", errs.InvalidArgument, badCiphertext),
	wire.Broken("FailedOperation.EncryptionError", errs.Internal, "the cryptographic operation failed"), // but see openingMeanings
	wire.Unclear("FailedOperation.TaggingError", errs.Internal, "the tags could not be set; the key may be there"),
	wire.Later("FailedOperation.RotateTaskRunning", errs.Conflict, "the key is being rotated"),

	wire.Refused("InvalidParameterValue.AliasAlreadyExists", errs.AlreadyExists, "a key of that name exists"), // and not InvalidArgument
	wire.Refused("InvalidParameterValue.DataKeyNameAlreadyExists", errs.AlreadyExists, "a data key of that name exists"),
	wire.Refused("InvalidParameter.DecryptMaterialError", errs.InvalidArgument, "the wrapped key material cannot be opened"),
	wire.Refused("InvalidParameter.InvalidPendingWindowInDays", errs.InvalidArgument, "the days until the deletion are not accepted"),
	wire.Refused("InvalidParameterValue.DuplicatedKeyId", errs.InvalidArgument, badParameter),
	wire.Refused("InvalidParameterValue.DuplicatedDataKeyId", errs.InvalidArgument, badParameter),
	wire.Refused("InvalidParameterValue.InvalidAlias", errs.InvalidArgument, "the key's name is not accepted"),
	wire.Refused("InvalidParameterValue.InvalidCiphertext", errs.InvalidArgument, badCiphertext),
	wire.Refused("InvalidParameterValue.InvalidDataKeyId", errs.InvalidArgument, badParameter),
	wire.Refused("InvalidParameterValue.InvalidDataKeyName", errs.InvalidArgument, badParameter),
	wire.Refused("InvalidParameterValue.InvalidHsmClusterId", errs.InvalidArgument, "the HSM cluster is not accepted; check hsm_cluster_id"),
	wire.Refused("InvalidParameterValue.InvalidImportKeyMaterial", errs.InvalidArgument, "the key material is not accepted"),
	wire.Refused("InvalidParameterValue.InvalidKeyId", errs.InvalidArgument, "this is not the id of a key"),
	wire.Refused("InvalidParameterValue.InvalidKeyUsage", errs.InvalidArgument, "the key is of a kind that does not do this"),
	wire.Refused("InvalidParameterValue.InvalidPlaintext", errs.InvalidArgument, "the plaintext is not accepted"),
	wire.Refused("InvalidParameterValue.InvalidType", errs.InvalidArgument, badParameter),
	wire.Refused("InvalidParameterValue.MaterialNotMatch", errs.InvalidArgument, "this is not the material that the key had before"),
	wire.Refused("InvalidParameterValue.TagKeysDuplicated", errs.InvalidArgument, "two tags have the same key"),
	wire.Refused("InvalidParameterValue.TagsNotExisted", errs.InvalidArgument, "a tag does not exist; make it in the Tag console first"),

	wire.Refused("LimitExceeded.CmkLimitExceeded", errs.QuotaExceeded, "the account has as many keys as it may"),
	wire.Refused("LimitExceeded.DataKeyLimitExceeded", errs.QuotaExceeded, "the account has as many data keys as it may"),
	wire.Refused("LimitExceeded.KeyLimitExceeded", errs.QuotaExceeded, "the account has as many keys as it may"),
	wire.Refused("LimitExceeded.FingerprintsLimitExceeded", errs.QuotaExceeded, noQuota),
	wire.Refused("RequestLimitExceeded.RotateRateLimited", errs.RateLimited, "the key was rotated within the last 24 hours"), // which nobody waits out

	wire.Refused("UnsupportedOperation.ExternalCmkCanNotRotate", errs.Unsupported, "a key of imported material cannot be rotated"),
	wire.Refused("UnsupportedOperation.NotExternalCmk", errs.Conflict, "the key's material is not an imported one"),
	wire.Refused("UnsupportedOperation.RotateNotSupported", errs.Unsupported, "a key of this kind cannot be rotated; symmetric keys can be"),
	wire.Refused("UnsupportedOperation.UnsupportedKeyUsageInCurrentRegion", errs.Unsupported, "the region makes no keys of this kind"),
	wire.Refused("UnsupportedOperation.NotUserCreatedCmk", errs.PermissionDenied, "the key belongs to a product of the vendor's"),
	wire.Refused("UnsupportedOperation.NotRoleOperation", errs.PermissionDenied, "the key belongs to a product of the vendor's"),
	wire.Broken("UnsupportedOperation.ServiceTemporaryUnavailable", errs.Unavailable, "the service is not available for now"), // and not Unsupported

	// Of every product, with the options of keys.
	wire.Refused("AuthFailure.InvalidAuthorization", errs.Unauthenticated, badKeySignature),
	wire.Refused("AuthFailure.InvalidSecretId", errs.Unauthenticated, badSecretID),
	wire.Refused("AuthFailure.SecretIdNotFound", errs.Unauthenticated, badSecretID),
	wire.Refused("AuthFailure.SignatureFailure", errs.Unauthenticated, badKeySignature),
	wire.Refused("UnsupportedProtocol", errs.InvalidArgument, "the protocol is not accepted; "+optionKMSEndpoint+" needs https"),
	wire.Refused("UnsupportedRegion", errs.Unsupported, "the service is not there in this region; check "+optionRegion),
	wire.Refused("InvalidAction", errs.Unsupported, noSuchKeyAction),
	wire.Refused("NoSuchVersion", errs.InvalidArgument, noSuchKeyAction),
	wire.Refused("NoSuchProduct", errs.InvalidArgument, noSuchKeyAction),
}

// openingMeanings are those of the actions that open a ciphertext. That a ciphertext of another encryption context gets
// this code is unconfirmed; InvalidCiphertext is as plausible, and means the same.
var openingMeanings = wire.Meanings{
	wire.Refused("FailedOperation.EncryptionError", errs.InvalidArgument, badCiphertext),
}

// kmsTables are those of the actions that open a ciphertext; others do without the first.
var kmsTables = []wire.Meanings{openingMeanings, kmsMeanings, meanings}

// kmsCodes returns the tables of an action.
func kmsCodes(action string) []wire.Meanings {
	if action == actionDecrypt || action == actionReEncrypt {
		return kmsTables
	}
	return kmsTables[1:]
}

// isSecret reports whether an action is told plaintext, a message, key material or an encryption context, or tells some:
// then the vendor's words are not shown, as they may quote it.
func isSecret(action string) bool {
	switch action {
	case actionEncrypt, actionDecrypt, actionDataKey, actionReEncrypt, actionDecryptRSA, actionDecryptSM2, actionSign, actionVerify, actionImport:
		return true
	}
	return false
}
