// Package alibaba is the driver for Alibaba Cloud: the key-value namespaces (Edge KV) of Edge Security Acceleration,
// API version 2024-09-10, the keys of Key Management Service (KMS), API version 2016-01-20, and the workspaces of CMS
// 2.0. A program imports it for effect and names it in its configuration, as "alibaba", "aliyun" or "esa":
//
//	providers:
//	  esa: {driver: alibaba, region: cn-hangzhou, access_key_id: …, access_key_secret: …}
//	kv:
//	  flags: {provider: esa, namespace: flags}
//	kms:
//	  orders: {provider: esa, region: cn-shanghai, key_name: orders}
//
// A namespace belongs to the account and is addressed by its name. Values are text of 1 to 2,000,000 bytes, keys are
// up to 512 bytes of UTF-8 without space, slash and backslash; package [limits] has all of it as data. Edge KV must be
// switched on for the account, which only the console can do.
//
// # Workspaces
//
// The workspaces of CMS 2.0, API version 2024-03-30, are the account's observability workspaces in a region: any region,
// whose host is metrics.<region>.aliyuncs.com. A workspace is addressed by its name, and keeps its logs in a project of
// Simple Log Service:
//
//	providers:
//	  aliyun: {driver: alibaba, region: cn-shanghai, sls_project: logs, access_key_id: …, access_key_secret: …}
//	workspace:
//	  checkout: {provider: aliyun, workspace: checkout-prod}
//
// The vendor's request for making one is named as if it replaced one of that name: package workspace looks for it first.
// Somebody may still make one of that name between the two requests.
//
// # Credentials
//
// By default the options access_key_id and access_key_secret, or their environment variables, hold them. With
// credentials: chain they are looked for, where the options say nothing, by the vendor's own package: in the
// environment, in an OIDC role, in the profile of the command line (~/.aliyun/config.json), in the profile file
// (~/.alibabacloud/credentials), in the role of an ECS instance and at ALIBABA_CLOUD_CREDENTIALS_URI. That package
// reads the process's environment and opens connections of its own, which no DialContext governs. What it found is
// used for a minute, then looked for anew.
//
// Requests are signed by ACS3-HMAC-SHA256, in headers; the names of namespaces and keys are in the query.
//
// A found credential that the vendor refuses is looked for anew, and the call repeated once with what is found.
//
// # Options
//
//	option                  kind    required  per resource  default                    environment
//	access_key_id           secret  no        no            -                          ALIBABA_CLOUD_ACCESS_KEY_ID
//	    The id of the access key.
//	access_key_secret       secret  no        no            -                          ALIBABA_CLOUD_ACCESS_KEY_SECRET
//	    The secret of the access key.
//	security_token          secret  no        no            -                          ALIBABA_CLOUD_SECURITY_TOKEN
//	    The security token of a temporary access key. One in the environment is not used with another key than the
//	    one in the environment.
//	credentials             text    no        no            static                     -
//	    Where the access key is looked for: in the options alone, or with chain also in profile files and in the
//	    roles of ECS and OIDC. One of static, chain.
//	account_id              text    no        no            -                          -
//	    The account's number. Entries with the same one, or with none, share their rate limits.
//	region                  text    yes       yes           -                          -
//	    For Edge KV the site that the account belongs to: cn-hangzhou for the one in China, ap-southeast-1 for the
//	    international one. For keys and workspaces the region that they are in, such as cn-shanghai.
//	endpoint                text    no        yes           -                          -
//	    The host of the API; without it the one of the region, such as esa.cn-hangzhou.aliyuncs.com.
//	kms_endpoint            text    no        yes           -                          -
//	    The host of the keys' API; without it the one of the region, such as kms.cn-shanghai.aliyuncs.com.
//	kms_instance_id         text    no        yes           -                          -
//	    The KMS instance that new keys belong to; without it they belong to none, which is possible for AES_256
//	    only.
//	allow_plaintext         bool    no        yes           false                      -
//	    Permits endpoints without TLS, which show requests and credentials to everybody on the way.
//	high_capacity           bool    no        yes           false                      -
//	    Permits values over 2,000,000 up to 25,000,000 bytes, which are uploaded to a bucket of the vendor's first
//	    and cannot expire.
//	open_platform_endpoint  text    no        yes           openplatform.aliyuncs.com  -
//	    The host that gives the permission to upload, for high_capacity.
//	upload_endpoint         text    no        yes           -                          -
//	    The host that values are uploaded to, for high_capacity; without it the one that the permission names.
//	cms_endpoint            text    no        yes           -                          -
//	    The host of the API of CMS 2.0, for workspaces; without it the one of the region, such as
//	    metrics.cn-hangzhou.aliyuncs.com.
//	sls_project             text    no        yes           -                          -
//	    The project of Simple Log Service for workspaces that are made without saying one.
//
// # Errors
//
// Failures that the vendor answers with a code have its own error in their tree, for errors.As: *errors.ServerError of
// github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors. What a request that carries a value is answered is told by code and
// request id alone, since the vendor may quote the value.
//
// # Keys
//
// Keys are reached by the shared gateway of their region, kms.<region>.aliyuncs.com; kms_endpoint names another, such as
// kms-vpc.<region>.aliyuncs.com. The gateway of a KMS instance is not supported. For keys in an instance, access from
// the internet must be switched on there. Keys of other specs than AES_256 are made in an instance: say it with
// kms_instance_id, or for one key with the option dkms_instance_id of CreateKey; an empty one means outside of
// instances. CreateKey's other option is protection_level, SOFTWARE or HSM.
//
// A key's name is its alias, without the prefix alias/. Requests about a ciphertext, a signature or a description take
// an alias or an ARN as key id too; all others only the id itself, as DescribeKey tells it. All parameters are in request
// bodies, and no error shows what the server says of a request that carries plaintext, a digest, key material or an
// encryption context. A key whose deletion is cancelled is enabled.
//
// Ciphertexts of key pairs are base64, as the vendor gives them; that of SM2 has no documented form.
//
// # Large values
//
// With high_capacity: true a value over 2,000,000 bytes, up to 25,000,000, is first uploaded to a bucket of the
// vendor's, from where Edge KV fetches it by plain http within the vendor's network. That takes three requests, on two
// more hosts, and leaves a copy in that bucket. Such a value cannot have a TTL or an expiry (errs.Unsupported).
//
// # Rate
//
// For keys the vendor publishes rates: 1,000 requests a second to encrypt, decrypt and make data keys, 750 to re-encrypt,
// 200 of each kind with key pairs, 20 to read and 10 to change, per action, account and region.
//
// For Edge KV the vendor publishes no rate limit. Nothing is limited until it throttles; then the rate of that action,
// per endpoint and account, is halved and grows by one a second for each good second. A limit of one's own is said with
// rate_limit.
//
// # What the vendor leaves open
//
// Not documented, and assumed here: that the remaining time is what GetKvDetail tells, and nothing, zero or less that
// a key stays; that pages are numbered from 1; that a put without expiry removes an earlier one; and that the limit of
// a batch counts the request body as it is sent, percent-encoded. BatchDeleteKv may report absent keys as failed,
// without a reason: DeleteMany then deletes each of them by a request of its own, which does tell, so that deleting many
// keys that are not there may take as many requests. Listings go by page number, so that keys written or
// deleted meanwhile can make others appear twice or not at all. Edge functions read values of up to 1.8 MB, and
// keys of letters, digits, "-" and "_" only, as the product guide has it; the API takes more.
//
// Of KMS: that parameters may be in the body (the vendor's packages put them into the URL), that ECDSA and SM2
// signatures are ASN.1 DER, and that keys which services have made have another creator than an account's number.
//
// Of CMS 2.0 no page shows an exchange or lists errors. Assumed here, after the vendor's Go package: what a workspace is
// called and how it is changed is the vendor's to say, so that any name but "." and ".." is sent, and none is changed; the
// name that is shown is left to the vendor; and the meaning of error codes is read from their names.
//
// The driver was never verified against the live services.
package alibaba

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// The options of an entry.
const (
	optionKeyID        = "access_key_id"
	optionKeySecret    = "access_key_secret"
	optionToken        = "security_token"
	optionCredentials  = "credentials"
	optionAccountID    = "account_id"
	optionRegion       = "region"
	optionEndpoint     = "endpoint"
	optionHighCapacity = "high_capacity"
	optionOpenPlatform = "open_platform_endpoint"
	optionUpload       = "upload_endpoint"
	optionCMSEndpoint  = "cms_endpoint"
	optionSLSProject   = "sls_project"
)

// regionExample is how the vendor writes regions.
const regionExample = "cn-hangzhou"

// Where credentials come from.
const (
	credentialsStatic = "static"
	credentialsChain  = "chain"
)

// The environment variables of the vendor's SDK.
const (
	envKeyID     = "ALIBABA_CLOUD_ACCESS_KEY_ID"
	envKeySecret = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"
	envToken     = "ALIBABA_CLOUD_SECURITY_TOKEN"
)

func init() {
	providers.Register(providers.Driver{
		Name:    "alibaba",
		Aliases: []string{"aliyun", "esa"},
		Doc:     "Key-value namespaces (Edge KV) of Alibaba Cloud ESA, keys of Alibaba Cloud KMS, and workspaces of CMS 2.0.",
		Options: []providers.Option{
			{Name: optionKeyID, Kind: providers.Secret, Env: []string{envKeyID}, Doc: "The id of the access key."},
			{Name: optionKeySecret, Kind: providers.Secret, Env: []string{envKeySecret}, Doc: "The secret of the access key."},
			{Name: optionToken, Kind: providers.Secret, Env: []string{envToken}, Doc: "The security token of a temporary access key. One in the environment is not used with another key than the one in the environment."},
			{Name: optionCredentials, Choices: []string{credentialsStatic, credentialsChain}, Default: credentialsStatic, Doc: "Where the access key is looked for: in the options alone, or with chain also in profile files and in the roles of ECS and OIDC."},
			{Name: optionAccountID, Doc: "The account's number. Entries with the same one, or with none, share their rate limits."},
			{Name: optionRegion, Required: true, PerResource: true, Doc: "For Edge KV the site that the account belongs to: cn-hangzhou for the one in China, ap-southeast-1 for the international one. For keys and workspaces the region that they are in, such as cn-shanghai."},
			{Name: optionEndpoint, PerResource: true, Doc: "The host of the API; without it the one of the region, such as esa.cn-hangzhou.aliyuncs.com."},
			{Name: optionKMSEndpoint, PerResource: true, Doc: "The host of the keys' API; without it the one of the region, such as kms.cn-shanghai.aliyuncs.com."},
			{Name: optionKMSInstance, PerResource: true, Doc: "The KMS instance that new keys belong to; without it they belong to none, which is possible for AES_256 only."},
			wire.AllowPlaintext(),
			{Name: optionHighCapacity, Kind: providers.Bool, Default: "false", PerResource: true, Doc: "Permits values over 2,000,000 up to 25,000,000 bytes, which are uploaded to a bucket of the vendor's first and cannot expire."},
			{Name: optionOpenPlatform, Default: "openplatform.aliyuncs.com", PerResource: true, Doc: "The host that gives the permission to upload, for high_capacity."},
			{Name: optionUpload, PerResource: true, Doc: "The host that values are uploaded to, for high_capacity; without it the one that the permission names."},
			{Name: optionCMSEndpoint, PerResource: true, Doc: "The host of the API of CMS 2.0, for workspaces; without it the one of the region, such as metrics.cn-hangzhou.aliyuncs.com."},
			{Name: optionSLSProject, PerResource: true, Doc: "The project of Simple Log Service for workspaces that are made without saying one."},
		},
		Open: open,
	})
}

// account is an open provider entry.
type account struct {
	wire.Account
	uploads     wire.Account // gives a request more time
	credentials credentials
	id          string // who pays for requests; empty where nobody said it
}

func open(_ context.Context, s *providers.Settings) (providers.Account, error) {
	found, err := newCredentials(s)
	if err != nil {
		return nil, err
	}
	return &account{
		Account:     wire.OpenAccount(s, wire.Options{}),
		uploads:     wire.OpenAccount(s, wire.Options{AttemptTimeout: uploadTimeout}),
		credentials: found,
		id:          s.Text(optionAccountID),
	}, nil
}

// esaRegions are the sites of Edge Security Acceleration.
func esaRegions() []string { return []string{"cn-hangzhou", "ap-southeast-1"} }

// KV returns the service at the endpoint that the settings name.
func (a *account) KV(_ context.Context, s *providers.Settings) (kvdriver.Service, error) {
	region := s.Text(optionRegion)
	if !slices.Contains(esaRegions(), region) {
		return nil, errs.Refuse(errs.InvalidArgument, "%s is %q, for Edge KV accepted are %s", optionRegion, region, strings.Join(esaRegions(), ", "))
	}
	endpoint, err := wire.Host(s, optionEndpoint, "esa."+region+".aliyuncs.com")
	if err != nil {
		return nil, err
	}
	service := &service{api: &api{account: a, endpoint: endpoint, option: optionEndpoint, version: esaVersion}}
	if !s.Bool(optionHighCapacity) {
		return service, nil
	}
	up := &uploader{region: region}
	if endpoint, err = wire.Host(s, optionOpenPlatform, ""); err != nil {
		return nil, err
	}
	up.api = &api{account: a, endpoint: endpoint, option: optionOpenPlatform, version: openPlatformVersion}
	if s.Text(optionUpload) != "" {
		if up.bucket, err = wire.Host(s, optionUpload, ""); err != nil {
			return nil, err
		}
	}
	service.upload = up
	return service, nil
}

// Close lets go of idle connections.
func (a *account) Close() error {
	return errors.Join(a.Account.Close(), a.uploads.Close())
}
