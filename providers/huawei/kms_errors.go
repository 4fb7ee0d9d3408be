package huawei

import "github.com/crosscloud-sdk/crosscloud/errs"

const (
	badToken    = "the token is not accepted; get another"
	badSigner   = "the credentials are not accepted; check access_key, secret_key and security_token, or get another auth_token"
	noRight     = "the user may not do this"
	arrears     = "the account has unpaid bills, its keys are frozen"
	noRotation  = "a key of this kind cannot be rotated"
	noSuchAPI   = "the endpoint does not know this API; check endpoint and region"
	badArgument = "a parameter is not accepted"
	tagArgument = "a tag is not accepted"

	// codeArgument is the vendor's code of any parameter that is not accepted.
	codeArgument = "KMS.0308"
)

// meanings lists the vendor's codes: those of page "Error Codes" of DEW's API reference, and those of the gateway in front
// of it (page "Error Codes" of API Gateway). The status tells little: wrong states, taken names and full quotas are all a
// 400, and an expired token is a 403. Plain values take a third of the room in a program that calls of functions would take.
//
// A refusal that is Permanent comes again, one that is Temporary not for long; nothing was done then. A failure that is
// Ambiguous came while the service worked on the request.
var meanings = map[string]meaning{
	"KMS.0101": {errs.Internal, errs.Temporary, errs.Ambiguous, "the service failed"},
	"KMS.0102": {errs.Unavailable, errs.Temporary, errs.Ambiguous, "the service failed to read or write"},
	"KMS.0105": {errs.Internal, errs.Temporary, errs.Ambiguous, "the service failed"}, // a 400
	"KMS.0106": {errs.Conflict, errs.Permanent, errs.NotApplied, "the key is a replica, which cannot be changed"},

	// Of any request.
	"KMS.0201": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the URL is not accepted; check project_id"},
	"KMS.0202": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the body is not accepted"},
	"KMS.0203": {errs.TooLarge, errs.Permanent, errs.NotApplied, "the request is too long"},
	"KMS.0204": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "a parameter is missing"},
	"KMS.0205": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the key id is not accepted"},
	"KMS.0206": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the sequence is not accepted"},
	"KMS.0207": {errs.NotFound, errs.Permanent, errs.NotApplied, "the key does not exist"},
	"KMS.0208": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the encryption context is not accepted"},
	"KMS.0209": {errs.Conflict, errs.Permanent, errs.NotApplied, "the key is disabled; enable it first"},
	"KMS.0210": {errs.Conflict, errs.Permanent, errs.NotApplied, "the key waits for its deletion; cancel that and enable the key first"},
	"KMS.0211": {errs.PermissionDenied, errs.Permanent, errs.NotApplied, "the key belongs to a service of the vendor's"},

	// Of who asks.
	"KMS.0301": {errs.Unauthenticated, errs.Permanent, errs.NotApplied, badToken},
	"KMS.0302": {errs.Unauthenticated, errs.Permanent, errs.NotApplied, badToken},
	"KMS.0303": {errs.Unauthenticated, errs.Permanent, errs.NotApplied, "the token has expired; get another"},
	"KMS.0304": {errs.PermissionDenied, errs.Permanent, errs.NotApplied, "the token may use no more than the beta test"},
	"KMS.0305": {errs.Unauthenticated, errs.Permanent, errs.NotApplied, "the token belongs to another project or region"},
	"KMS.0306": {errs.PermissionDenied, errs.Permanent, errs.NotApplied, "the user may not use the key"},
	"KMS.0307": {errs.PermissionDenied, errs.Permanent, errs.NotApplied, noRight},
	"KMS.0326": {errs.PermissionDenied, errs.Permanent, errs.NotApplied, noRight},
	"KMS.0314": {errs.PermissionDenied, errs.Permanent, errs.NotApplied, "the account has not been verified under its real name"},
	"KMS.0320": {errs.PermissionDenied, errs.Permanent, errs.NotApplied, arrears}, // a 400
	"KMS.0328": {errs.PermissionDenied, errs.Permanent, errs.NotApplied, arrears},
	"KMS.0321": {errs.PermissionDenied, errs.Permanent, errs.NotApplied, "the credentials are of another project; check project_id and region"},
	"KMS.0323": {errs.Internal, errs.Temporary, errs.NotApplied, "the service could not look up where the key is"},         // a 400
	"KMS.0327": {errs.Unavailable, errs.Temporary, errs.NotApplied, "the service could not look up what the user may do"},  // a 400
	"KMS.5012": {errs.Unavailable, errs.Temporary, errs.NotApplied, "the service could not find out what the user may do"}, // a 500

	// Of what is asked.
	codeArgument: {errs.InvalidArgument, errs.Permanent, errs.NotApplied, badArgument},
	"KMS.0309":   {errs.Conflict, errs.Permanent, errs.NotApplied, "the key's material is not imported"},
	"KMS.0310":   {errs.Conflict, errs.Permanent, errs.NotApplied, "the key waits for no material"},
	"KMS.0311":   {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the material cannot be unwrapped"},
	"KMS.0312":   {errs.Unsupported, errs.Permanent, errs.NotApplied, "a key with imported material cannot be rotated"},
	"KMS.0313":   {errs.Conflict, errs.Permanent, errs.NotApplied, "the key is not rotated"},
	"KMS.0319":   {errs.Unsupported, errs.Permanent, errs.NotApplied, noRotation},
	"KMS.0324":   {errs.Unsupported, errs.Permanent, errs.NotApplied, noRotation},
	"KMS.0329":   {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the digest's length is not that of the algorithm"},

	// Of tags; the others are in families.
	"KMS.0409": {errs.QuotaExceeded, errs.Permanent, errs.NotApplied, "the key has as many tags as it may"},
	"KMS.0416": {errs.NotFound, errs.Permanent, errs.NotApplied, "the key has no such tag"},

	// Of the actions, each a hundred.
	"KMS.1101": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the key's name is not accepted"},
	"KMS.1102": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the region is not accepted"},
	"KMS.1103": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the description is not accepted"},
	"KMS.1104": {errs.AlreadyExists, errs.Permanent, errs.NotApplied, "there is a key of that name"},
	"KMS.1105": {errs.QuotaExceeded, errs.Permanent, errs.NotApplied, "the account has as many keys as it may"},
	"KMS.1108": {errs.Internal, errs.Temporary, errs.Ambiguous, "the service could not find a place for the key"},
	"KMS.1109": {errs.Internal, errs.Temporary, errs.Ambiguous, "the service could not find a place for the key"},
	"KMS.1201": {errs.Conflict, errs.Permanent, errs.NotApplied, "the key is not disabled"},
	"KMS.1301": {errs.Conflict, errs.Permanent, errs.NotApplied, "the key is not enabled"},
	"KMS.1401": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "a deletion must be 7 to 1096 days ahead"},
	"KMS.1402": {errs.Conflict, errs.Permanent, errs.NotApplied, "the key's deletion is scheduled already"},
	"KMS.1501": {errs.Conflict, errs.Permanent, errs.NotApplied, "the key does not wait for its deletion"},
	"KMS.1601": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the length of the page is not accepted"},
	"KMS.1602": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the cursor is not accepted"},
	"KMS.1801": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the number of random bytes is not accepted"},
	"KMS.1802": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the number of random bytes is not accepted"},
	"KMS.1901": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the length of the data key is not accepted"},
	"KMS.1902": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the length of the data key is not accepted"},
	"KMS.1903": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the length of the data key is not accepted"},
	"KMS.2001": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the length of the data key is not accepted"},
	"KMS.2101": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the data key is not accepted"},
	"KMS.2102": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the length of the data key is not accepted"},
	"KMS.2103": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the data key has another digest"},
	"KMS.2104": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the data key is not accepted"},
	"KMS.2201": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the wrapped data key is not accepted"},
	"KMS.2202": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the length of the data key is not accepted"},
	"KMS.2203": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the data key has another digest"},
	"KMS.2204": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the wrapped data key is not accepted"},
	"KMS.2401": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the grant is not accepted"},
	"KMS.2402": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the grant is not accepted"},
	"KMS.2403": {errs.Internal, errs.Temporary, errs.Ambiguous, "the grant could not be made"},
	"KMS.2404": {errs.QuotaExceeded, errs.Permanent, errs.NotApplied, "there are as many grants as there may be"},
	"KMS.2405": {errs.QuotaExceeded, errs.Permanent, errs.NotApplied, "there are as many grants as there may be"},
	"KMS.2501": {errs.NotFound, errs.Permanent, errs.NotApplied, "the grant does not exist"},
	"KMS.2502": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the grant is another's"},
	"KMS.2601": {errs.Conflict, errs.Permanent, errs.NotApplied, "the import token has expired; get other parameters"},
	"KMS.2602": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "what is imported is not accepted"},
	"KMS.2603": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "what is imported is not accepted"},
	"KMS.2604": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "what is imported is not accepted"},
	"KMS.2605": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "what is imported is not accepted"},
	"KMS.2606": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "what is imported is not accepted"},
	"KMS.2701": {errs.Conflict, errs.Permanent, errs.NotApplied, "material is deleted only of a key that is enabled or disabled"},
	"KMS.2901": {errs.Conflict, errs.Permanent, errs.NotApplied, "the key is rotated already"},
	"KMS.3001": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "a rotation must be every 30 to 365 days"},

	// Of the gateway.
	"APIGW.0101": {errs.Unsupported, errs.Permanent, errs.NotApplied, noSuchAPI}, // a 404, and not a missing key
	"APIGW.0103": {errs.Unavailable, errs.Permanent, errs.NotApplied, "the gateway finds no service behind this API"},
	"APIGW.0201": {errs.InvalidArgument, errs.Permanent, errs.NotApplied, "the gateway does not accept the request"}, // with 413 it is too large
	"APIGW.0301": {errs.Unauthenticated, errs.Permanent, errs.NotApplied, badSigner},
	"APIGW.0303": {errs.Unauthenticated, errs.Permanent, errs.NotApplied, badSigner},
	"APIGW.0305": {errs.Unauthenticated, errs.Permanent, errs.NotApplied, badSigner},
	"APIGW.0307": {errs.Unauthenticated, errs.Permanent, errs.NotApplied, badToken},
	"APIGW.0302": {errs.PermissionDenied, errs.Permanent, errs.NotApplied, noRight},
	"APIGW.0304": {errs.PermissionDenied, errs.Permanent, errs.NotApplied, noRight},
	"APIGW.0306": {errs.PermissionDenied, errs.Permanent, errs.NotApplied, noRight},
	"APIGW.0308": {errs.RateLimited, errs.Temporary, errs.NotApplied, "too many requests"},
}

// families are codes by how they begin, for those that are not in the list.
var families = []struct {
	prefix string
	meaning
}{
	{"KMS.04", meaning{errs.InvalidArgument, errs.Permanent, errs.NotApplied, tagArgument}},
}
