package tencent

import "github.com/crosscloud-sdk/crosscloud/errs"

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
// vendor's Go package of KMS. It is a function so that programs without keys do not carry it.
func kmsMeanings() map[string]meaning {
	return map[string]meaning{
		// What was asked for is not there, or not in the state for it. The first part says Unavailable, which it is not.
		"ResourceUnavailable.CmkNotFound":                  refused(errs.NotFound, "the key does not exist in this region"),
		"ResourceUnavailable.DataKeyNotFound":              refused(errs.NotFound, "the data key does not exist"),
		"ResourceUnavailable.CloudResourceBindingNotFound": refused(errs.NotFound, "the binding does not exist"),
		"ResourceUnavailable.CmkDisabled":                  refused(errs.Conflict, keyDisabled),
		"ResourceUnavailable.KeyDisabled":                  refused(errs.Conflict, keyDisabled),
		"ResourceUnavailable.DataKeyDisabled":              refused(errs.Conflict, "the data key is disabled"),
		"ResourceUnavailable.CmkArchived":                  refused(errs.Conflict, "the key is archived: it decrypts only"),
		"ResourceUnavailable.CmkNotPendingDelete":          refused(errs.Conflict, "no deletion of the key is scheduled"),
		"ResourceUnavailable.DataKeyNotPendingDelete":      refused(errs.Conflict, "no deletion of the data key is scheduled"),
		"ResourceUnavailable.KeyPendingDelete":             refused(errs.Conflict, "the key waits for its deletion; cancel that and enable the key first"),
		"ResourceUnavailable.DataKeyPendingDelete":         refused(errs.Conflict, "the data key waits for its deletion"),
		"ResourceUnavailable.CmkShouldBeDisabled":          refused(errs.Conflict, "the key is not disabled"),
		"ResourceUnavailable.CmkStateNotSupport":           refused(errs.Conflict, "the key's state does not allow this"),
		"ResourceUnavailable.DataKeyStateNotSupport":       refused(errs.Conflict, "the data key's state does not allow this"),
		"ResourceUnavailable.TokenExpired":                 refused(errs.Conflict, "the import token has expired; get import parameters anew"),
		"ResourceUnavailable.NotPurchased":                 refused(errs.PermissionDenied, "KMS is not bought for this account and region"),
		"ResourceInsufficient":                             later(errs.Unavailable, "the resources do not suffice"),

		"FailedOperation.CmkUsedByCloudProduct": refused(errs.Conflict, "a product of the vendor's uses the key"),
		"FailedOperation.DecryptError":          refused(errs.InvalidArgument, badCiphertext),
		"FailedOperation.EncryptionError":       broken(errs.Internal, "the cryptographic operation failed"), // but see openingMeanings
		"FailedOperation.TaggingError":          {errs.Internal, errs.Permanent, errs.Ambiguous, "the tags could not be set; the key may be there"},
		"FailedOperation.RotateTaskRunning":     later(errs.Conflict, "the key is being rotated"),

		"InvalidParameterValue.AliasAlreadyExists":       refused(errs.AlreadyExists, "a key of that name exists"), // and not InvalidArgument
		"InvalidParameterValue.DataKeyNameAlreadyExists": refused(errs.AlreadyExists, "a data key of that name exists"),
		"InvalidParameter.DecryptMaterialError":          refused(errs.InvalidArgument, "the wrapped key material cannot be opened"),
		"InvalidParameter.InvalidPendingWindowInDays":    refused(errs.InvalidArgument, "the days until the deletion are not accepted"),
		"InvalidParameterValue.DuplicatedKeyId":          refused(errs.InvalidArgument, badParameter),
		"InvalidParameterValue.DuplicatedDataKeyId":      refused(errs.InvalidArgument, badParameter),
		"InvalidParameterValue.InvalidAlias":             refused(errs.InvalidArgument, "the key's name is not accepted"),
		"InvalidParameterValue.InvalidCiphertext":        refused(errs.InvalidArgument, badCiphertext),
		"InvalidParameterValue.InvalidDataKeyId":         refused(errs.InvalidArgument, badParameter),
		"InvalidParameterValue.InvalidDataKeyName":       refused(errs.InvalidArgument, badParameter),
		"InvalidParameterValue.InvalidHsmClusterId":      refused(errs.InvalidArgument, "the HSM cluster is not accepted; check hsm_cluster_id"),
		"InvalidParameterValue.InvalidImportKeyMaterial": refused(errs.InvalidArgument, "the key material is not accepted"),
		"InvalidParameterValue.InvalidKeyId":             refused(errs.InvalidArgument, "this is not the id of a key"),
		"InvalidParameterValue.InvalidKeyUsage":          refused(errs.InvalidArgument, "the key is of a kind that does not do this"),
		"InvalidParameterValue.InvalidPlaintext":         refused(errs.InvalidArgument, "the plaintext is not accepted"),
		"InvalidParameterValue.InvalidType":              refused(errs.InvalidArgument, badParameter),
		"InvalidParameterValue.MaterialNotMatch":         refused(errs.InvalidArgument, "this is not the material that the key had before"),
		"InvalidParameterValue.TagKeysDuplicated":        refused(errs.InvalidArgument, "two tags have the same key"),
		"InvalidParameterValue.TagsNotExisted":           refused(errs.InvalidArgument, "a tag does not exist; make it in the Tag console first"),

		"LimitExceeded.CmkLimitExceeded":          refused(errs.QuotaExceeded, "the account has as many keys as it may"),
		"LimitExceeded.DataKeyLimitExceeded":      refused(errs.QuotaExceeded, "the account has as many data keys as it may"),
		"LimitExceeded.KeyLimitExceeded":          refused(errs.QuotaExceeded, "the account has as many keys as it may"),
		"LimitExceeded.FingerprintsLimitExceeded": refused(errs.QuotaExceeded, noQuota),
		"RequestLimitExceeded.RotateRateLimited":  refused(errs.RateLimited, "the key was rotated within the last 24 hours"), // which nobody waits out

		"UnsupportedOperation.ExternalCmkCanNotRotate":            refused(errs.Unsupported, "a key of imported material cannot be rotated"),
		"UnsupportedOperation.NotExternalCmk":                     refused(errs.Conflict, "the key's material is not an imported one"),
		"UnsupportedOperation.RotateNotSupported":                 refused(errs.Unsupported, "a key of this kind cannot be rotated; symmetric keys can be"),
		"UnsupportedOperation.UnsupportedKeyUsageInCurrentRegion": refused(errs.Unsupported, "the region makes no keys of this kind"),
		"UnsupportedOperation.NotUserCreatedCmk":                  refused(errs.PermissionDenied, "the key belongs to a product of the vendor's"),
		"UnsupportedOperation.NotRoleOperation":                   refused(errs.PermissionDenied, "the key belongs to a product of the vendor's"),
		"UnsupportedOperation.ServiceTemporaryUnavailable":        broken(errs.Unavailable, "the service is not available for now"), // and not Unsupported

		// Of every product, with the options of keys.
		"AuthFailure.InvalidAuthorization": refused(errs.Unauthenticated, badKeySignature),
		"AuthFailure.InvalidSecretId":      refused(errs.Unauthenticated, badSecretID),
		"AuthFailure.SecretIdNotFound":     refused(errs.Unauthenticated, badSecretID),
		"AuthFailure.SignatureFailure":     refused(errs.Unauthenticated, badKeySignature),
		"UnsupportedProtocol":              refused(errs.InvalidArgument, "the protocol is not accepted; "+optionKMSEndpoint+" needs https"),
		"UnsupportedRegion":                refused(errs.Unsupported, "the service is not there in this region; check "+optionRegion),
		"InvalidAction":                    refused(errs.Unsupported, noSuchKeyAction),
		"NoSuchVersion":                    refused(errs.InvalidArgument, noSuchKeyAction),
		"NoSuchProduct":                    refused(errs.InvalidArgument, noSuchKeyAction),
	}
}

// openingMeanings are those of the actions that open a ciphertext. That a ciphertext of another encryption context gets
// this code is unconfirmed; InvalidCiphertext is as plausible, and means the same.
func openingMeanings() map[string]meaning {
	return map[string]meaning{
		"FailedOperation.EncryptionError": refused(errs.InvalidArgument, badCiphertext),
	}
}

// kmsCodes returns the tables of an action.
func kmsCodes(action string) []map[string]meaning {
	if action == actionDecrypt || action == actionReEncrypt {
		return []map[string]meaning{openingMeanings(), kmsMeanings()}
	}
	return []map[string]meaning{kmsMeanings()}
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
