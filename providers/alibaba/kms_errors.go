package alibaba

import (
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

const (
	badKMSArgument = "a parameter is not accepted"
	badKMSAction   = "the endpoint does not know this request; check kms_endpoint and region"
	badKMSOwner    = "the account may not use KMS; see its bills and its verification"
	badKMSState    = "the key's state does not allow this"
	badKMSFit      = "the key may be of another spec or usage than this needs, or the ciphertext or its encryption context is wrong"
	busyKMS        = "KMS cannot serve the request at the moment"
)

// kmsMeanings lists the codes of KMS (page "Responses", the pages of the actions and the error center). Those of the
// gateway in front of it are in [meanings]. Statuses mislead: an unknown access key comes with 404, which elsewhere is a
// missing key; a key's state with 409 and its absence with a code that begins with Forbidden.
var kmsMeanings = wire.Meanings{
	wire.Refused("InvalidParameter", errs.InvalidArgument, badKMSArgument),
	wire.Refused("InvalidParam", errs.InvalidArgument, badKMSArgument),
	wire.Refused("ParseRequestParameterException", errs.InvalidArgument, badKMSArgument),
	wire.Refused("MissingParameter", errs.InvalidArgument, "a parameter is missing"),
	wire.Refused("ValidationError", errs.InvalidArgument, badKMSArgument), // of a request that is only tried out
	wire.Refused("InvalidApiName", errs.InvalidArgument, badKMSAction),
	wire.Refused("InvalidApiVersion", errs.InvalidArgument, badKMSAction),
	wire.Refused("UnsupportedHTTPMethod", errs.InvalidArgument, badKMSAction), // a 403
	wire.Refused("UnsupportedOperation", errs.InvalidArgument, badKMSFit),     // the only 400 that page Decrypt lists
	wire.Refused("Rejected.UnsupportedOperation", errs.InvalidArgument, badKMSFit),
	wire.Refused("Unsupported.Origin", errs.InvalidArgument, "the origin of the key's material does not allow this"),
	wire.Refused("Unsupported.Alias", errs.InvalidArgument, "the request takes no alias; use the key's id"),
	wire.Refused("Unsupported.ProtectionLevel", errs.InvalidArgument, "the region has no such protection level"),
	wire.Refused("InvalidKeyMaterial", errs.InvalidArgument, "the key material is not accepted"),
	wire.Refused("InvalidImportToken", errs.InvalidArgument, "the import token is not the key's"),
	wire.Refused("DryRunOperationError", errs.Corrupt, "the request was only tried out, which was not asked for"),

	wire.Refused("Forbidden.AccessKey", errs.Unauthenticated, badKey),

	wire.Refused("Forbidden.KeyNotFound", errs.NotFound, "the key does not exist in this region"), // a 404
	wire.Refused("Forbidden.AliasNotFound", errs.NotFound, "no key of this region has that name"),
	wire.Refused("Forbidden.KeyVersionNotFound", errs.NotFound, "the key has no such version"),
	wire.Refused("Forbidden.ResourceNotFound", errs.NotFound, "what is named does not exist"),
	wire.Refused("Forbidden.DKMSInstanceNotFound", errs.NotFound, "the KMS instance does not exist"), // a 403

	wire.Later("Forbidden.DKMSInstanceStateInvalid", errs.Unavailable, "the KMS instance is not ready"),
	wire.Later("Forbidden.KMSInstanceInUpgrade", errs.Unavailable, "the KMS instance is being upgraded"),

	wire.Refused("Forbidden.NoPermission", errs.PermissionDenied, noRight), // a 400 of CreateKey
	wire.Refused("AccessDeniedError", errs.PermissionDenied, noRight),
	wire.Refused("Forbidden.RAM", errs.PermissionDenied, noRight),
	wire.Refused("Forbidden.KmsServiceNotEnabled", errs.PermissionDenied, "KMS is not activated for the account; do that in the console"),
	wire.Refused("Forbidden.InDebt", errs.PermissionDenied, badKMSOwner),
	wire.Refused("Forbidden.InDebtOverdue", errs.PermissionDenied, badKMSOwner),
	wire.Refused("Forbidden.ProhibitedByRiskControl", errs.PermissionDenied, badKMSOwner),
	wire.Refused("Forbidden.NoRealNameAuthentication", errs.PermissionDenied, badKMSOwner),
	wire.Refused("Forbidden.UbsmsInvalidUserid", errs.PermissionDenied, badKMSOwner),
	wire.Refused("Forbidden.UbsmsInvalidBid", errs.PermissionDenied, badKMSOwner),

	wire.Refused("AliasAlreadyExists", errs.AlreadyExists, "a key of this region has that name"), // a 400
	wire.Refused("Forbidden.Opened", errs.AlreadyExists, "KMS is activated already"),
	wire.Refused("Rejected.ResourceExist", errs.AlreadyExists, "what is to be made exists"),

	wire.Refused("Rejected.LimitExceeded", errs.QuotaExceeded, "the account has as many as it may"), // a 400
	wire.Refused("Rejected.ShareQuotaExceedLimit", errs.QuotaExceeded, "the KMS instance is shared as much as it may"),

	wire.Later("Rejected.Throttling", errs.RateLimited, tooFast),
	wire.Later("ServiceUnavailable.Throttling", errs.RateLimited, tooFast),

	wire.Refused("Rejected.Disabled", errs.Conflict, "the key is disabled; enable it first"),
	wire.Refused("Rejected.Enabled", errs.Conflict, "the key is enabled"),
	wire.Refused("Rejected.PendingDeletion", errs.Conflict, "the key's deletion is scheduled; cancel it first"),
	wire.Refused("Rejetced.PendingDeletion", errs.Conflict, "the key's deletion is scheduled; cancel it first"), // as some pages spell it
	wire.Refused("Rejected.PendingImport", errs.Conflict, "the key waits for its material; import it first"),
	wire.Refused("Rejected.Unavailable", errs.Conflict, "the key is unavailable; see the account's bills and the KMS instance"),
	wire.Refused("Rejected.StateModifiedFailed", errs.Conflict, badKMSState),
	wire.Refused("Rejected.ResourceInDeleteWindow", errs.Conflict, "what is named is being deleted"),
	wire.Refused("Rejected.Uninitialized", errs.Conflict, "the KMS instance is not initialised"),
	wire.Refused("ExpiredImportToken", errs.Conflict, "the import token has expired; get another"),

	wire.Broken("InternalFailure", errs.Internal, "KMS failed"),
	wire.Broken("ServiceUnavailableTemporary", errs.Unavailable, busyKMS),
	wire.Broken("SerivceUnavailableTemporary", errs.Unavailable, busyKMS), // as some pages spell it
	wire.Broken("SerivceUnvailableTemporary", errs.Unavailable, busyKMS),  // and others

	// Families, for codes that are neither in the list nor of the gateway's.
	wire.Later("*.Throttling", errs.RateLimited, tooFast),
	wire.Refused("Forbidden.*NotFound", errs.NotFound, "what is named does not exist"),
	wire.Refused("Rejected.*", errs.Conflict, badKMSState),
	wire.Refused("Unsupported.*", errs.InvalidArgument, badKMSFit),
}

// kmsMeaningOf looks up a code of a reply with that status: in the list above, and then in that of the gateway. A family
// that blames the request does not overrule a status that does not.
func kmsMeaningOf(code string, status int) wire.Meaning {
	m := kmsMeanings.Find(code)
	if m.Code == "" || m.Of != code && m.Retry == errs.Permanent && (status >= 500 || status == 429) {
		return meaningOf(code, status)
	}
	return m
}

// rotationMeanings are codes that the request which switches rotation on or off knows more exactly.
var rotationMeanings = wire.Meanings{
	wire.Refused("UnsupportedOperation", errs.Unsupported, "only symmetric keys can be rotated"),
	wire.Refused("Rejected.UnsupportedOperation", errs.Unsupported, "only symmetric keys can be rotated"),
	wire.Refused("Unsupported.Origin", errs.Unsupported, "a key of imported material cannot be rotated"),
}

// rotationMeaningOf is kmsMeaningOf for that request.
func rotationMeaningOf(code string, status int) wire.Meaning {
	if m := rotationMeanings.Find(code); m.Code != "" {
		return m
	}
	return kmsMeaningOf(code, status)
}
