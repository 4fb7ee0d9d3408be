// Package huawei is the driver for Huawei Cloud: the keys of its Data Encryption Workshop (DEW), API version 1.0. A
// program imports it for effect and names it in its configuration:
//
//	providers:
//	  huawei: {driver: huawei, region: cn-north-4, access_key: …, secret_key: …}
//	kms:
//	  orders: {provider: huawei, key_name: orders}
//
// Keys belong to a project, of which every account has one in each region; package [limits] has what the service can do
// as data. All requests of a user together may be 20 a second, which is too slow for a request for each record: encrypt
// records with a data key.
//
// # Plaintext
//
// The service encrypts text. Bytes are sent in base64 inside that text, so that other programs that decrypt what this
// library encrypted find base64. What another program encrypted as text is opened as a ciphertext of the kind KindText.
// Encryption with a key pair is done here, with the public key, for the service's own takes nothing but text either.
//
// # Credentials
//
// By default the options access_key, secret_key and security_token, or their environment variables, hold them; auth_token
// takes a token of IAM instead, which is good for 24 hours. With credentials: chain they are looked for, where the options
// say nothing, by the vendor's own package: in the environment (also HUAWEICLOUD_SDK_IDP_ID and
// HUAWEICLOUD_SDK_ID_TOKEN_FILE), in a profile file (HUAWEICLOUD_SDK_CREDENTIALS_FILE or ~/.huaweicloud/credentials), in
// the metadata of an instance and in the identity of a pod. That package reads the process's environment and opens
// connections of its own, which no DialContext governs.
//
// Where no project_id is said or found, the first call asks IAM for the project of the region, and so needs the right to
// list projects. A found credential that the vendor refuses is looked for anew, and the call repeated once with what is
// found.
//
// # Options
//
//	option                 kind    required  per resource  default  environment
//	access_key             secret  no        no            -        HUAWEICLOUD_SDK_AK
//	    The access key (AK).
//	secret_key             secret  no        no            -        HUAWEICLOUD_SDK_SK
//	    The secret key (SK) that goes with it.
//	security_token         secret  no        no            -        HUAWEICLOUD_SDK_SECURITY_TOKEN
//	    The security token of temporary keys. One in the environment is not used with other keys than those in the
//	    environment.
//	auth_token             secret  no        no            -        -
//	    A token of IAM for the region's project (X-Auth-Token), instead of keys.
//	credentials            text    no        no            static   -
//	    Where keys are looked for: in the options alone, or with chain also in the profile file, the metadata of
//	    an instance and the identity of a pod. One of static, chain.
//	user_id                text    no        no            -        -
//	    The IAM user. Entries with the same one, or with none, share their rate limit.
//	region                 text    yes       yes           -        -
//	    The region that holds the keys, such as cn-north-4.
//	project_id             text    no        yes           -        HUAWEICLOUD_SDK_PROJECT_ID
//	    The project of the account in that region; looked up where nobody says it.
//	endpoint               text    no        yes           -        -
//	    The host of the API, by default that of the region.
//	iam_endpoint           text    no        yes           -        HUAWEICLOUD_SDK_IAM_ENDPOINT
//	    The host of IAM, which is asked for the project, by default that of the region.
//	enterprise_project_id  text    no        yes           -        -
//	    The enterprise project that new keys belong to.
//	allow_plaintext        bool    no        yes           false    -
//	    Permits endpoints without TLS, which show requests and credentials to everybody on the way.
//
// A new key can have the options enterprise_project_id, which goes over that of the entry, keystore_id and sequence, as
// the page "Creating a Key" has them.
//
// # What the vendor leaves open
//
// Not documented, and assumed here: that additional_authenticated_data is taken in every region (older ones know
// encryption_context, an object), that a wrong ciphertext or context is refused with HTTP status 400, that the rate is
// counted for each region alone, that setting a tag that is there replaces its value, that the limit of a name holds for an
// alias without its "alias/", that RSA-OAEP has SHA-256 in its mask too, and that ciphertexts of SM2 are ASN.1 with the
// parts in the order C1 C3 C2.
package huawei

import (
	"context"
	"net/url"

	"github.com/crosscloud-sdk/crosscloud/capability"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// The options of an entry.
const (
	optionAccessKey         = "access_key"
	optionSecretKey         = "secret_key"
	optionSecurityToken     = "security_token"
	optionAuthToken         = "auth_token"
	optionCredentials       = "credentials"
	optionUserID            = "user_id"
	optionRegion            = "region"
	optionProjectID         = "project_id"
	optionEndpoint          = "endpoint"
	optionIAMEndpoint       = "iam_endpoint"
	optionEnterpriseProject = "enterprise_project_id"
)

// Where credentials come from.
const (
	credentialsStatic = "static"
	credentialsChain  = "chain"
)

// The environment variables of the vendor's SDK.
const (
	envAccessKey     = "HUAWEICLOUD_SDK_AK"
	envSecretKey     = "HUAWEICLOUD_SDK_SK"
	envSecurityToken = "HUAWEICLOUD_SDK_SECURITY_TOKEN"
	envProjectID     = "HUAWEICLOUD_SDK_PROJECT_ID"
	envIAMEndpoint   = "HUAWEICLOUD_SDK_IAM_ENDPOINT"
)

func init() {
	providers.Register(providers.Driver{
		Name: "huawei",
		Doc:  "Keys of Huawei Cloud's Data Encryption Workshop.",
		Options: []providers.Option{
			{Name: optionAccessKey, Kind: providers.Secret, Env: []string{envAccessKey}, Doc: "The access key (AK)."},
			{Name: optionSecretKey, Kind: providers.Secret, Env: []string{envSecretKey}, Doc: "The secret key (SK) that goes with it."},
			{Name: optionSecurityToken, Kind: providers.Secret, Env: []string{envSecurityToken}, Doc: "The security token of temporary keys. One in the environment is not used with other keys than those in the environment."},
			{Name: optionAuthToken, Kind: providers.Secret, Doc: "A token of IAM for the region's project (X-Auth-Token), instead of keys."},
			{Name: optionCredentials, Choices: []string{credentialsStatic, credentialsChain}, Default: credentialsStatic, Doc: "Where keys are looked for: in the options alone, or with chain also in the profile file, the metadata of an instance and the identity of a pod."},
			{Name: optionUserID, Doc: "The IAM user. Entries with the same one, or with none, share their rate limit."},
			{Name: optionRegion, Required: true, PerResource: true, Doc: "The region that holds the keys, such as cn-north-4."},
			{Name: optionProjectID, Env: []string{envProjectID}, PerResource: true, Doc: "The project of the account in that region; looked up where nobody says it."},
			{Name: optionEndpoint, PerResource: true, Doc: "The host of the API, by default that of the region."},
			{Name: optionIAMEndpoint, Env: []string{envIAMEndpoint}, PerResource: true, Doc: "The host of IAM, which is asked for the project, by default that of the region."},
			{Name: optionEnterpriseProject, PerResource: true, Doc: "The enterprise project that new keys belong to."},
			wire.AllowPlaintext(),
		},
		Open: open,
	})
}

// account is an open provider entry.
type account struct {
	wire.Account
	credentials credentials
	user        string // who pays for requests; empty where nobody said it
}

// requestIDHeader has the id of a request in every reply.
const requestIDHeader = "X-Request-Id"

func open(_ context.Context, s *providers.Settings) (providers.Account, error) {
	found, err := newCredentials(s)
	if err != nil {
		return nil, err
	}
	return &account{
		Account:     wire.OpenAccount(s, wire.Options{RequestIDHeader: requestIDHeader}),
		credentials: found,
		user:        s.Text(optionUserID),
	}, nil
}

// KMS returns the keys of the region that the settings name.
func (a *account) KMS(_ context.Context, s *providers.Settings) (driver.Service, error) {
	region, err := wire.Region(s, optionRegion, "cn-north-4")
	if err != nil {
		return nil, err
	}
	project := s.Text(optionProjectID)
	if !isID(project) && project != "" {
		return nil, errs.Refuse(errs.InvalidArgument, "%s is not the id of a project; the console shows it under My Credentials", optionProjectID)
	}
	endpoint, err := endpointOf(s, optionEndpoint, "kms", region)
	if err != nil {
		return nil, err
	}
	iam, err := endpointOf(s, optionIAMEndpoint, "iam", region)
	if err != nil {
		return nil, err
	}
	api := &api{account: a, endpoint: endpoint}
	api.project = newProjectFinder(api, project, iam, region)
	return &service{api: api, enterpriseProject: s.Text(optionEnterpriseProject)}, nil
}

// endpointOf returns the endpoint of a service in a region, unless the settings have another. The rule is that of the
// vendor's list of regions and endpoints.
func endpointOf(s *providers.Settings, option, service, region string) (*url.URL, error) {
	domain := ".myhuaweicloud.com"
	if region == "eu-west-101" {
		domain = ".myhuaweicloud.eu"
	}
	u, err := wire.Endpoint(s, option, service+"."+region+domain)
	if err != nil {
		return nil, err
	}
	if u.Path != "" {
		return nil, errs.Refuse(errs.InvalidArgument, "%s: %s has a path, which the signature would not fit; say the host alone", option, u.Host)
	}
	return u, nil
}

// isID reports whether a text can be an id of the vendor's, and part of a path.
func isID(text string) bool {
	_, odd := capability.Chars("A-Za-z0-9_-").FirstOutside(text)
	return text != "" && !odd
}
