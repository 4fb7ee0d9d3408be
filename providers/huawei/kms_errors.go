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
)

// meanings lists the vendor's codes: those of page "Error Codes" of DEW's API reference, and those of the gateway in front
// of it (page "Error Codes" of API Gateway). The status tells little: wrong states, taken names and full quotas are all a
// 400, and an expired token is a 403.
var meanings = map[string]meaning{
	"KMS.0101": broken(errs.Internal, "the service failed"),
	"KMS.0102": broken(errs.Unavailable, "the service failed to read or write"),
	"KMS.0105": broken(errs.Internal, "the service failed"), // a 400
	"KMS.0106": refused(errs.Conflict, "the key is a replica, which cannot be changed"),

	// Of any request.
	"KMS.0201": refused(errs.InvalidArgument, "the URL is not accepted"),
	"KMS.0202": refused(errs.InvalidArgument, "the body is not accepted"),
	"KMS.0203": refused(errs.TooLarge, "the request is too long"),
	"KMS.0204": refused(errs.InvalidArgument, "a parameter is missing"),
	"KMS.0205": refused(errs.InvalidArgument, "the key id is not accepted"),
	"KMS.0206": refused(errs.InvalidArgument, "the sequence is not accepted"),
	"KMS.0207": refused(errs.NotFound, "the key does not exist"),
	"KMS.0208": refused(errs.InvalidArgument, "the encryption context is not accepted"),
	"KMS.0209": refused(errs.Conflict, "the key is disabled"),
	"KMS.0210": refused(errs.Conflict, "the key waits for its deletion"),
	"KMS.0211": refused(errs.PermissionDenied, "the key belongs to a service of the vendor's"),

	// Of who asks.
	"KMS.0301": refused(errs.Unauthenticated, badToken),
	"KMS.0302": refused(errs.Unauthenticated, badToken),
	"KMS.0303": refused(errs.Unauthenticated, "the token has expired; get another"),
	"KMS.0304": refused(errs.PermissionDenied, "the token may use no more than the beta test"),
	"KMS.0305": refused(errs.Unauthenticated, "the token belongs to another project or region"),
	"KMS.0306": refused(errs.PermissionDenied, "the user may not use the key"),
	"KMS.0307": refused(errs.PermissionDenied, noRight),
	"KMS.0326": refused(errs.PermissionDenied, noRight),
	"KMS.0314": refused(errs.PermissionDenied, "the account has not been verified under its real name"),
	"KMS.0320": refused(errs.PermissionDenied, arrears), // a 400
	"KMS.0328": refused(errs.PermissionDenied, arrears),
	"KMS.0321": refused(errs.PermissionDenied, "the credentials are of another project; check project_id and region"),
	"KMS.0323": later(errs.Internal, "the service could not look up where the key is"),         // a 400
	"KMS.0327": later(errs.Unavailable, "the service could not look up what the user may do"),  // a 400
	"KMS.5012": later(errs.Unavailable, "the service could not find out what the user may do"), // a 500

	// Of what is asked.
	"KMS.0308": refused(errs.InvalidArgument, badArgument),
	"KMS.0309": refused(errs.Conflict, "the key's material is not imported"),
	"KMS.0310": refused(errs.Conflict, "the key waits for no material"),
	"KMS.0311": refused(errs.InvalidArgument, "the material cannot be unwrapped"),
	"KMS.0312": refused(errs.Unsupported, "a key with imported material cannot be rotated"),
	"KMS.0313": refused(errs.Conflict, "the key is not rotated"),
	"KMS.0319": refused(errs.Unsupported, noRotation),
	"KMS.0324": refused(errs.Unsupported, noRotation),
	"KMS.0329": refused(errs.InvalidArgument, "the digest's length is not that of the algorithm"),

	// Of tags; the others are in families.
	"KMS.0409": refused(errs.QuotaExceeded, "the key has as many tags as it may"),
	"KMS.0416": refused(errs.NotFound, "the key has no such tag"),

	// Of the actions, each a hundred.
	"KMS.1101": refused(errs.InvalidArgument, "the key's name is not accepted"),
	"KMS.1102": refused(errs.InvalidArgument, "the region is not accepted"),
	"KMS.1103": refused(errs.InvalidArgument, "the description is not accepted"),
	"KMS.1104": refused(errs.AlreadyExists, "there is a key of that name"),
	"KMS.1105": refused(errs.QuotaExceeded, "the account has as many keys as it may"),
	"KMS.1108": broken(errs.Internal, "the service could not find a place for the key"),
	"KMS.1109": broken(errs.Internal, "the service could not find a place for the key"),
	"KMS.1201": refused(errs.Conflict, "the key is not disabled"),
	"KMS.1301": refused(errs.Conflict, "the key is not enabled"),
	"KMS.1401": refused(errs.InvalidArgument, "a deletion must be 7 to 1096 days ahead"),
	"KMS.1402": refused(errs.Conflict, "the key's deletion is scheduled already"),
	"KMS.1501": refused(errs.Conflict, "the key does not wait for its deletion"),
	"KMS.1601": refused(errs.InvalidArgument, "the length of the page is not accepted"),
	"KMS.1602": refused(errs.InvalidArgument, "the cursor is not accepted"),
	"KMS.1801": refused(errs.InvalidArgument, "the number of random bytes is not accepted"),
	"KMS.1802": refused(errs.InvalidArgument, "the number of random bytes is not accepted"),
	"KMS.1901": refused(errs.InvalidArgument, "the length of the data key is not accepted"),
	"KMS.1902": refused(errs.InvalidArgument, "the length of the data key is not accepted"),
	"KMS.1903": refused(errs.InvalidArgument, "the length of the data key is not accepted"),
	"KMS.2001": refused(errs.InvalidArgument, "the length of the data key is not accepted"),
	"KMS.2101": refused(errs.InvalidArgument, "the data key is not accepted"),
	"KMS.2102": refused(errs.InvalidArgument, "the length of the data key is not accepted"),
	"KMS.2103": refused(errs.InvalidArgument, "the data key has another digest"),
	"KMS.2104": refused(errs.InvalidArgument, "the data key is not accepted"),
	"KMS.2201": refused(errs.InvalidArgument, "the wrapped data key is not accepted"),
	"KMS.2202": refused(errs.InvalidArgument, "the length of the data key is not accepted"),
	"KMS.2203": refused(errs.InvalidArgument, "the data key has another digest"),
	"KMS.2204": refused(errs.InvalidArgument, "the wrapped data key is not accepted"),
	"KMS.2401": refused(errs.InvalidArgument, "the grant is not accepted"),
	"KMS.2402": refused(errs.InvalidArgument, "the grant is not accepted"),
	"KMS.2403": broken(errs.Internal, "the grant could not be made"),
	"KMS.2404": refused(errs.QuotaExceeded, "there are as many grants as there may be"),
	"KMS.2405": refused(errs.QuotaExceeded, "there are as many grants as there may be"),
	"KMS.2501": refused(errs.NotFound, "the grant does not exist"),
	"KMS.2502": refused(errs.InvalidArgument, "the grant is another's"),
	"KMS.2601": refused(errs.Conflict, "the import token has expired; get other parameters"),
	"KMS.2602": refused(errs.InvalidArgument, "what is imported is not accepted"),
	"KMS.2603": refused(errs.InvalidArgument, "what is imported is not accepted"),
	"KMS.2604": refused(errs.InvalidArgument, "what is imported is not accepted"),
	"KMS.2605": refused(errs.InvalidArgument, "what is imported is not accepted"),
	"KMS.2606": refused(errs.InvalidArgument, "what is imported is not accepted"),
	"KMS.2701": refused(errs.Conflict, "material is deleted only of a key that is enabled or disabled"),
	"KMS.2901": refused(errs.Conflict, "the key is rotated already"),
	"KMS.3001": refused(errs.InvalidArgument, "a rotation must be every 30 to 365 days"),

	// Of the gateway.
	"APIGW.0101": refused(errs.Unsupported, noSuchAPI), // a 404, and not a missing key
	"APIGW.0103": {errs.Unavailable, errs.Permanent, errs.NotApplied, "the gateway finds no service behind this API"},
	"APIGW.0201": refused(errs.InvalidArgument, "the gateway does not accept the request"), // with 413 it is too large
	"APIGW.0301": refused(errs.Unauthenticated, badSigner),
	"APIGW.0303": refused(errs.Unauthenticated, badSigner),
	"APIGW.0305": refused(errs.Unauthenticated, badSigner),
	"APIGW.0307": refused(errs.Unauthenticated, badToken),
	"APIGW.0302": refused(errs.PermissionDenied, noRight),
	"APIGW.0304": refused(errs.PermissionDenied, noRight),
	"APIGW.0306": refused(errs.PermissionDenied, noRight),
	"APIGW.0308": later(errs.RateLimited, "too many requests"),
}

// families are codes by how they begin, for those that are not in the list.
var families = []struct {
	prefix string
	meaning
}{
	{"KMS.04", refused(errs.InvalidArgument, tagArgument)},
}
