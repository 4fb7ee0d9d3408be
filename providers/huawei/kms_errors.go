package huawei

import (
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

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
// 400, and an expired token is a 403.
var meanings = wire.Meanings{
	wire.Broken("KMS.0101", errs.Internal, "the service failed"),
	wire.Broken("KMS.0102", errs.Unavailable, "the service failed to read or write"),
	wire.Broken("KMS.0105", errs.Internal, "the service failed"), // a 400
	wire.Refused("KMS.0106", errs.Conflict, "the key is a replica, which cannot be changed"),

	// Of any request.
	wire.Refused("KMS.0201", errs.InvalidArgument, "the URL is not accepted; check project_id"),
	wire.Refused("KMS.0202", errs.InvalidArgument, "the body is not accepted"),
	wire.Refused("KMS.0203", errs.TooLarge, "the request is too long"),
	wire.Refused("KMS.0204", errs.InvalidArgument, "a parameter is missing"),
	wire.Refused("KMS.0205", errs.InvalidArgument, "the key id is not accepted"),
	wire.Refused("KMS.0206", errs.InvalidArgument, "the sequence is not accepted"),
	wire.Refused("KMS.0207", errs.NotFound, "the key does not exist"),
	wire.Refused("KMS.0208", errs.InvalidArgument, "the encryption context is not accepted"),
	wire.Refused("KMS.0209", errs.Conflict, "the key is disabled; enable it first"),
	wire.Refused("KMS.0210", errs.Conflict, "the key waits for its deletion; cancel that and enable the key first"),
	wire.Refused("KMS.0211", errs.PermissionDenied, "the key belongs to a service of the vendor's"),

	// Of who asks.
	wire.Refused("KMS.0301", errs.Unauthenticated, badToken),
	wire.Refused("KMS.0302", errs.Unauthenticated, badToken),
	wire.Refused("KMS.0303", errs.Unauthenticated, "the token has expired; get another"),
	wire.Refused("KMS.0304", errs.PermissionDenied, "the token may use no more than the beta test"),
	wire.Refused("KMS.0305", errs.Unauthenticated, "the token belongs to another project or region"),
	wire.Refused("KMS.0306", errs.PermissionDenied, "the user may not use the key"),
	wire.Refused("KMS.0307", errs.PermissionDenied, noRight),
	wire.Refused("KMS.0326", errs.PermissionDenied, noRight),
	wire.Refused("KMS.0314", errs.PermissionDenied, "the account has not been verified under its real name"),
	wire.Refused("KMS.0320", errs.PermissionDenied, arrears), // a 400
	wire.Refused("KMS.0328", errs.PermissionDenied, arrears),
	wire.Refused("KMS.0321", errs.PermissionDenied, "the credentials are of another project; check project_id and region"),
	wire.Later("KMS.0323", errs.Internal, "the service could not look up where the key is"),         // a 400
	wire.Later("KMS.0327", errs.Unavailable, "the service could not look up what the user may do"),  // a 400
	wire.Later("KMS.5012", errs.Unavailable, "the service could not find out what the user may do"), // a 500

	// Of what is asked.
	wire.Refused(codeArgument, errs.InvalidArgument, badArgument),
	wire.Refused("KMS.0309", errs.Conflict, "the key's material is not imported"),
	wire.Refused("KMS.0310", errs.Conflict, "the key waits for no material"),
	wire.Refused("KMS.0311", errs.InvalidArgument, "the material cannot be unwrapped"),
	wire.Refused("KMS.0312", errs.Unsupported, "a key with imported material cannot be rotated"),
	wire.Refused("KMS.0313", errs.Conflict, "the key is not rotated"),
	wire.Refused("KMS.0319", errs.Unsupported, noRotation),
	wire.Refused("KMS.0324", errs.Unsupported, noRotation),
	wire.Refused("KMS.0329", errs.InvalidArgument, "the digest's length is not that of the algorithm"),

	// Of tags; the others are in families.
	wire.Refused("KMS.0409", errs.QuotaExceeded, "the key has as many tags as it may"),
	wire.Refused("KMS.0416", errs.NotFound, "the key has no such tag"),

	// Of the actions, each a hundred.
	wire.Refused("KMS.1101", errs.InvalidArgument, "the key's name is not accepted"),
	wire.Refused("KMS.1102", errs.InvalidArgument, "the region is not accepted"),
	wire.Refused("KMS.1103", errs.InvalidArgument, "the description is not accepted"),
	wire.Refused("KMS.1104", errs.AlreadyExists, "there is a key of that name"),
	wire.Refused("KMS.1105", errs.QuotaExceeded, "the account has as many keys as it may"),
	wire.Broken("KMS.1108", errs.Internal, "the service could not find a place for the key"),
	wire.Broken("KMS.1109", errs.Internal, "the service could not find a place for the key"),
	wire.Refused("KMS.1201", errs.Conflict, "the key is not disabled"),
	wire.Refused("KMS.1301", errs.Conflict, "the key is not enabled"),
	wire.Refused("KMS.1401", errs.InvalidArgument, "a deletion must be 7 to 1096 days ahead"),
	wire.Refused("KMS.1402", errs.Conflict, "the key's deletion is scheduled already"),
	wire.Refused("KMS.1501", errs.Conflict, "the key does not wait for its deletion"),
	wire.Refused("KMS.1601", errs.InvalidArgument, "the length of the page is not accepted"),
	wire.Refused("KMS.1602", errs.InvalidArgument, "the cursor is not accepted"),
	wire.Refused("KMS.1801", errs.InvalidArgument, "the number of random bytes is not accepted"),
	wire.Refused("KMS.1802", errs.InvalidArgument, "the number of random bytes is not accepted"),
	wire.Refused("KMS.1901", errs.InvalidArgument, "the length of the data key is not accepted"),
	wire.Refused("KMS.1902", errs.InvalidArgument, "the length of the data key is not accepted"),
	wire.Refused("KMS.1903", errs.InvalidArgument, "the length of the data key is not accepted"),
	wire.Refused("KMS.2001", errs.InvalidArgument, "the length of the data key is not accepted"),
	wire.Refused("KMS.2101", errs.InvalidArgument, "the data key is not accepted"),
	wire.Refused("KMS.2102", errs.InvalidArgument, "the length of the data key is not accepted"),
	wire.Refused("KMS.2103", errs.InvalidArgument, "the data key has another digest"),
	wire.Refused("KMS.2104", errs.InvalidArgument, "the data key is not accepted"),
	wire.Refused("KMS.2201", errs.InvalidArgument, "the wrapped data key is not accepted"),
	wire.Refused("KMS.2202", errs.InvalidArgument, "the length of the data key is not accepted"),
	wire.Refused("KMS.2203", errs.InvalidArgument, "the data key has another digest"),
	wire.Refused("KMS.2204", errs.InvalidArgument, "the wrapped data key is not accepted"),
	wire.Refused("KMS.2401", errs.InvalidArgument, "the grant is not accepted"),
	wire.Refused("KMS.2402", errs.InvalidArgument, "the grant is not accepted"),
	wire.Broken("KMS.2403", errs.Internal, "the grant could not be made"),
	wire.Refused("KMS.2404", errs.QuotaExceeded, "there are as many grants as there may be"),
	wire.Refused("KMS.2405", errs.QuotaExceeded, "there are as many grants as there may be"),
	wire.Refused("KMS.2501", errs.NotFound, "the grant does not exist"),
	wire.Refused("KMS.2502", errs.InvalidArgument, "the grant is another's"),
	wire.Refused("KMS.2601", errs.Conflict, "the import token has expired; get other parameters"),
	wire.Refused("KMS.2602", errs.InvalidArgument, "what is imported is not accepted"),
	wire.Refused("KMS.2603", errs.InvalidArgument, "what is imported is not accepted"),
	wire.Refused("KMS.2604", errs.InvalidArgument, "what is imported is not accepted"),
	wire.Refused("KMS.2605", errs.InvalidArgument, "what is imported is not accepted"),
	wire.Refused("KMS.2606", errs.InvalidArgument, "what is imported is not accepted"),
	wire.Refused("KMS.2701", errs.Conflict, "material is deleted only of a key that is enabled or disabled"),
	wire.Refused("KMS.2901", errs.Conflict, "the key is rotated already"),
	wire.Refused("KMS.3001", errs.InvalidArgument, "a rotation must be every 30 to 365 days"),

	// Of the gateway.
	wire.Refused("APIGW.0101", errs.Unsupported, noSuchAPI), // a 404, and not a missing key
	wire.Refused("APIGW.0103", errs.Unavailable, "the gateway finds no service behind this API"),
	wire.Refused("APIGW.0201", errs.InvalidArgument, "the gateway does not accept the request"), // with 413 it is too large
	wire.Refused("APIGW.0301", errs.Unauthenticated, badSigner),
	wire.Refused("APIGW.0303", errs.Unauthenticated, badSigner),
	wire.Refused("APIGW.0305", errs.Unauthenticated, badSigner),
	wire.Refused("APIGW.0307", errs.Unauthenticated, badToken),
	wire.Refused("APIGW.0302", errs.PermissionDenied, noRight),
	wire.Refused("APIGW.0304", errs.PermissionDenied, noRight),
	wire.Refused("APIGW.0306", errs.PermissionDenied, noRight),
	wire.Later("APIGW.0308", errs.RateLimited, "too many requests"),

	// A family, for codes that are not in the list: of tags.
	wire.Refused("KMS.04*", errs.InvalidArgument, tagArgument),
}
