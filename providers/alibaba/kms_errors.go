package alibaba

import (
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
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
var kmsMeanings = map[string]meaning{
	"InvalidParameter":               refused(errs.InvalidArgument, badKMSArgument),
	"InvalidParam":                   refused(errs.InvalidArgument, badKMSArgument),
	"ParseRequestParameterException": refused(errs.InvalidArgument, badKMSArgument),
	"MissingParameter":               refused(errs.InvalidArgument, "a parameter is missing"),
	"ValidationError":                refused(errs.InvalidArgument, badKMSArgument), // of a request that is only tried out
	"InvalidApiName":                 refused(errs.InvalidArgument, badKMSAction),
	"InvalidApiVersion":              refused(errs.InvalidArgument, badKMSAction),
	"UnsupportedHTTPMethod":          refused(errs.InvalidArgument, badKMSAction), // a 403
	"UnsupportedOperation":           refused(errs.InvalidArgument, badKMSFit),    // the only 400 that page Decrypt lists
	"Rejected.UnsupportedOperation":  refused(errs.InvalidArgument, badKMSFit),
	"Unsupported.Origin":             refused(errs.InvalidArgument, "the origin of the key's material does not allow this"),
	"Unsupported.Alias":              refused(errs.InvalidArgument, "the request takes no alias; use the key's id"),
	"Unsupported.ProtectionLevel":    refused(errs.InvalidArgument, "the region has no such protection level"),
	"InvalidKeyMaterial":             refused(errs.InvalidArgument, "the key material is not accepted"),
	"InvalidImportToken":             refused(errs.InvalidArgument, "the import token is not the key's"),
	"DryRunOperationError":           refused(errs.Corrupt, "the request was only tried out, which was not asked for"),

	"Forbidden.AccessKey": refused(errs.Unauthenticated, badKey),

	"Forbidden.KeyNotFound":          refused(errs.NotFound, "the key does not exist in this region"), // a 404
	"Forbidden.AliasNotFound":        refused(errs.NotFound, "no key of this region has that name"),
	"Forbidden.KeyVersionNotFound":   refused(errs.NotFound, "the key has no such version"),
	"Forbidden.ResourceNotFound":     refused(errs.NotFound, "what is named does not exist"),
	"Forbidden.DKMSInstanceNotFound": refused(errs.NotFound, "the KMS instance does not exist"), // a 403

	"Forbidden.DKMSInstanceStateInvalid": later(errs.Unavailable, "the KMS instance is not ready"),
	"Forbidden.KMSInstanceInUpgrade":     later(errs.Unavailable, "the KMS instance is being upgraded"),

	"Forbidden.NoPermission":             refused(errs.PermissionDenied, noRight), // a 400 of CreateKey
	"AccessDeniedError":                  refused(errs.PermissionDenied, noRight),
	"Forbidden.RAM":                      refused(errs.PermissionDenied, noRight),
	"Forbidden.KmsServiceNotEnabled":     refused(errs.PermissionDenied, "KMS is not activated for the account; do that in the console"),
	"Forbidden.InDebt":                   refused(errs.PermissionDenied, badKMSOwner),
	"Forbidden.InDebtOverdue":            refused(errs.PermissionDenied, badKMSOwner),
	"Forbidden.ProhibitedByRiskControl":  refused(errs.PermissionDenied, badKMSOwner),
	"Forbidden.NoRealNameAuthentication": refused(errs.PermissionDenied, badKMSOwner),
	"Forbidden.UbsmsInvalidUserid":       refused(errs.PermissionDenied, badKMSOwner),
	"Forbidden.UbsmsInvalidBid":          refused(errs.PermissionDenied, badKMSOwner),

	"AliasAlreadyExists":     refused(errs.AlreadyExists, "a key of this region has that name"), // a 400
	"Forbidden.Opened":       refused(errs.AlreadyExists, "KMS is activated already"),
	"Rejected.ResourceExist": refused(errs.AlreadyExists, "what is to be made exists"),

	"Rejected.LimitExceeded":         refused(errs.QuotaExceeded, "the account has as many as it may"), // a 400
	"Rejected.ShareQuotaExceedLimit": refused(errs.QuotaExceeded, "the KMS instance is shared as much as it may"),

	"Rejected.Throttling":           later(errs.RateLimited, tooFast),
	"ServiceUnavailable.Throttling": later(errs.RateLimited, tooFast),

	"Rejected.Disabled":               refused(errs.Conflict, "the key is disabled; enable it first"),
	"Rejected.Enabled":                refused(errs.Conflict, "the key is enabled"),
	"Rejected.PendingDeletion":        refused(errs.Conflict, "the key's deletion is scheduled; cancel it first"),
	"Rejetced.PendingDeletion":        refused(errs.Conflict, "the key's deletion is scheduled; cancel it first"), // as some pages spell it
	"Rejected.PendingImport":          refused(errs.Conflict, "the key waits for its material; import it first"),
	"Rejected.Unavailable":            refused(errs.Conflict, "the key is unavailable; see the account's bills and the KMS instance"),
	"Rejected.StateModifiedFailed":    refused(errs.Conflict, badKMSState),
	"Rejected.ResourceInDeleteWindow": refused(errs.Conflict, "what is named is being deleted"),
	"Rejected.Uninitialized":          refused(errs.Conflict, "the KMS instance is not initialised"),
	"ExpiredImportToken":              refused(errs.Conflict, "the import token has expired; get another"),

	"InternalFailure":             broken(errs.Internal, "KMS failed"),
	"ServiceUnavailableTemporary": broken(errs.Unavailable, busyKMS),
	"SerivceUnavailableTemporary": broken(errs.Unavailable, busyKMS), // as some pages spell it
	"SerivceUnvailableTemporary":  broken(errs.Unavailable, busyKMS), // and others
}

// kmsFamilies are codes by how they begin and end, for those that are neither in the list nor of the gateway's. The
// first one that fits is it. A family that blames the request does not overrule a status that does not.
var kmsFamilies = []struct {
	prefix, suffix string
	meaning
}{
	{"", ".Throttling", later(errs.RateLimited, tooFast)},
	{"Forbidden.", "NotFound", refused(errs.NotFound, "what is named does not exist")},
	{"Rejected.", "", refused(errs.Conflict, badKMSState)},
	{"Unsupported.", "", refused(errs.InvalidArgument, badKMSFit)},
}

// kmsMeaningOf looks up a code of a reply with that status.
func kmsMeaningOf(code string, status int) (meaning, bool) {
	if m, ok := kmsMeanings[code]; ok {
		return m, true
	}
	blames := status < 500 && status != 429
	for _, family := range kmsFamilies {
		if strings.HasPrefix(code, family.prefix) && strings.HasSuffix(code, family.suffix) && (blames || family.retry == errs.Temporary) {
			return family.meaning, true
		}
	}
	return meaningOf(code, status)
}

// rotationMeaningOf is kmsMeaningOf for the request that switches rotation on or off, which knows two codes more exactly.
func rotationMeaningOf(code string, status int) (meaning, bool) {
	switch code {
	case "UnsupportedOperation", "Rejected.UnsupportedOperation":
		return refused(errs.Unsupported, "only symmetric keys can be rotated"), true
	case "Unsupported.Origin":
		return refused(errs.Unsupported, "a key of imported material cannot be rotated"), true
	}
	return kmsMeaningOf(code, status)
}
