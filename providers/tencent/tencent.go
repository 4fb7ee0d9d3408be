// Package tencent is the driver for Tencent Cloud: the key-value namespaces of EdgeOne (product "teo", API version
// 2022-09-01) and the keys of KMS (product "kms", API version 2019-01-18). A program imports it for effect and names it
// in its configuration:
//
//	providers:
//	  tencent: {driver: tencent, secret_id: …, secret_key: …}
//	kv:
//	  flags: {provider: tencent, zone_id: zone-3j1xw7910arp, namespace: flags}
//	kms:
//	  orders: {provider: tencent, region: ap-guangzhou, key: 23e80852-1e38-11e9-b129-5cb9019b4b01}
//
// A namespace belongs to a zone, EdgeOne's word for a site, and is addressed by its name. Values are text of 1 to
// 1,000,000 bytes, keys are up to 512 bytes of UTF-8, and each action may be called 20 times a second; package
// [limits] has all of it as data.
//
// # Keys
//
// A key belongs to a region and is addressed by its id. It has one name, which can be changed but addresses nothing:
// looking for a name lists the keys. Tags can be given at creation only. A key has to be disabled before its deletion is
// scheduled. There are no data keys without plaintext: it is sent and dropped. A new key can have the option
// hsm_cluster_id. Encrypting anew with the same version of the same key may return the ciphertext as it was; where another
// encryption context was asked for, that is [errs.Unsupported].
//
// Whether a region's symmetric keys are AES-256 or SM4 ones (guomi, the Chinese standards) is the region's, and a request
// for a key cannot say it. The option kms_symmetric says which are expected, AES_256 unless it says SM4. Before a service
// makes its first symmetric key, package kms asks the region once by a request of its own, ListAlgorithms, for which the
// account needs permission, and makes none that would be another.
//
// # Credentials
//
// By default the options secret_id and secret_key, or their environment variables, hold them. With credentials: chain
// they are looked for, where the options say nothing, by the vendor's own package: in the profile file of the SDK
// (TENCENTCLOUD_CREDENTIALS_FILE or ~/.tencentcloud/credentials), in the one of the command line (~/.tccli), in the
// web identity of a TKE pod and in the role of a CVM instance. That package reads the process's environment and opens
// connections of its own, which no DialContext governs. With role_arn, what was found is exchanged for that role.
//
// A found credential that the vendor refuses is looked for anew, and the call repeated once with what is found.
//
// # Options
//
//	option           kind    required  per resource  default                       environment
//	secret_id        secret  no        no            -                             TENCENTCLOUD_SECRET_ID
//	    The id of the API key.
//	secret_key       secret  no        no            -                             TENCENTCLOUD_SECRET_KEY
//	    The API key.
//	token            secret  no        no            -                             TENCENTCLOUD_TOKEN, TENCENTCLOUD_SECURITY_TOKEN
//	    The session token of temporary keys. One in the environment is not used with other keys than those in the
//	    environment.
//	credentials      text    no        no            static                        -
//	    Where keys are looked for: in the options alone, or with chain also in profile files and in the roles of
//	    TKE and CVM. One of static, chain.
//	role_arn         text    no        no            -                             -
//	    A role that is assumed with the keys.
//	account_id       text    no        no            -                             -
//	    The account's number. Entries with the same one, or with none, share their rate limits.
//	zone_id          text    no        yes           -                             -
//	    The zone (site) that holds the namespaces, such as zone-3j1xw7910arp; namespaces need it.
//	endpoint         text    no        yes           teo.intl.tencentcloudapi.com  -
//	    The host of EdgeOne's API; teo.tencentcloudapi.com for accounts of the site in China.
//	region           text    no        yes           -                             TENCENTCLOUD_REGION
//	    The region that holds the keys, such as ap-guangzhou; keys need it.
//	kms_endpoint     text    no        yes           kms.tencentcloudapi.com       -
//	    The host of KMS's API, which is the same for all regions; kms.intl.tencentcloudapi.com for accounts of the
//	    international site.
//	kms_symmetric    text    no        yes           AES_256                       -
//	    What the symmetric keys of the region are: SM4 in regions of the Chinese standards (guomi). Where the
//	    region says otherwise no key is made. One of AES_256, SM4.
//	allow_plaintext  bool    no        yes           false                         -
//	    Permits endpoints without TLS, which show requests and credentials to everybody on the way.
//	language         text    no        yes           en-US                         -
//	    The language of the vendor's error messages. One of en-US, zh-CN.
//
// # Errors
//
// Failures that the vendor answers with a code have its own error in their tree, for errors.As:
// *errors.TencentCloudSDKError of github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors. What a request
// that carries a value, plaintext, a message, key material or an encryption context is answered is told by code and
// request id alone, since the vendor may quote it.
//
// # What the vendor leaves open
//
// Not documented, and assumed here: that the limits of keys and values count bytes and that 1 MB is 1,000,000 of
// them, that deleting an absent key succeeds, that a put without expiry removes an earlier one, that an empty
// description clears it, and that the rate is metered by account. The driver was never verified against the live
// service.
//
// Of keys: whether enabling an enabled key succeeds, what state a cancelled deletion leaves, which code a wrong encryption
// context gets, and which key pairs a region makes. Either answer is handled. Whether the order of a context's pairs
// matters is not documented either: it is always sent sorted.
package tencent

import (
	"context"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// The options of an entry.
const (
	optionSecretID    = "secret_id"
	optionSecretKey   = "secret_key"
	optionToken       = "token"
	optionCredentials = "credentials"
	optionRoleARN     = "role_arn"
	optionAccountID   = "account_id"
	optionZoneID      = "zone_id"
	optionEndpoint    = "endpoint"
	optionLanguage    = "language"
	optionRegion      = "region"
	optionKMSEndpoint = "kms_endpoint"
	optionSymmetric   = "kms_symmetric"
)

// Where credentials come from.
const (
	credentialsStatic = "static"
	credentialsChain  = "chain"
)

// The environment variables of the vendor's SDK; the token has one name for the command line and one for Terraform, and
// these two share that of the region.
const (
	envSecretID  = "TENCENTCLOUD_SECRET_ID"
	envSecretKey = "TENCENTCLOUD_SECRET_KEY"
	envRegion    = "TENCENTCLOUD_REGION"
)

var envToken = []string{"TENCENTCLOUD_TOKEN", "TENCENTCLOUD_SECURITY_TOKEN"}

func init() {
	providers.Register(providers.Driver{
		Name:    "tencent",
		Aliases: []string{"edgeone", "teo"},
		Doc:     "Key-value namespaces of Tencent Cloud EdgeOne, and keys of Tencent Cloud KMS.",
		Options: []providers.Option{
			{Name: optionSecretID, Kind: providers.Secret, Env: []string{envSecretID}, Doc: "The id of the API key."},
			{Name: optionSecretKey, Kind: providers.Secret, Env: []string{envSecretKey}, Doc: "The API key."},
			{Name: optionToken, Kind: providers.Secret, Env: envToken, Doc: "The session token of temporary keys. One in the environment is not used with other keys than those in the environment."},
			{Name: optionCredentials, Choices: []string{credentialsStatic, credentialsChain}, Default: credentialsStatic, Doc: "Where keys are looked for: in the options alone, or with chain also in profile files and in the roles of TKE and CVM."},
			{Name: optionRoleARN, Doc: "A role that is assumed with the keys."},
			{Name: optionAccountID, Doc: "The account's number. Entries with the same one, or with none, share their rate limits."},
			{Name: optionZoneID, PerResource: true, Doc: "The zone (site) that holds the namespaces, such as zone-3j1xw7910arp; namespaces need it."},
			{Name: optionEndpoint, PerResource: true, Default: "teo.intl.tencentcloudapi.com", Doc: "The host of EdgeOne's API; teo.tencentcloudapi.com for accounts of the site in China."},
			{Name: optionRegion, PerResource: true, Env: []string{envRegion}, Doc: "The region that holds the keys, such as ap-guangzhou; keys need it."},
			{Name: optionKMSEndpoint, PerResource: true, Default: "kms.tencentcloudapi.com", Doc: "The host of KMS's API, which is the same for all regions; kms.intl.tencentcloudapi.com for accounts of the international site."},
			{Name: optionSymmetric, Choices: []string{string(kmsdriver.AES256), string(kmsdriver.SM4)}, PerResource: true, Default: string(kmsdriver.AES256), Doc: "What the symmetric keys of the region are: SM4 in regions of the Chinese standards (guomi). Where the region says otherwise no key is made."},
			wire.AllowPlaintext(),
			{Name: optionLanguage, Choices: []string{"en-US", "zh-CN"}, PerResource: true, Default: "en-US", Doc: "The language of the vendor's error messages."},
		},
		Open: open,
	})
}

// account is an open provider entry.
type account struct {
	wire.Account
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
		credentials: found,
		id:          s.Text(optionAccountID),
	}, nil
}

// KV returns the service of the zone that the settings name.
func (a *account) KV(_ context.Context, s *providers.Settings) (kvdriver.Service, error) {
	endpoint, err := wire.Host(s, optionEndpoint, "")
	if err != nil {
		return nil, err
	}
	zone := s.Text(optionZoneID)
	if err := checkZone(zone); err != nil {
		return nil, err
	}
	api := &api{account: a, endpoint: endpoint, option: optionEndpoint, language: s.Text(optionLanguage), signer: &tc3Signer{service: teoService}, version: teoVersion}
	return &service{api: api, zone: zone}, nil
}

// checkZone refuses what no zone has as its id.
func checkZone(id string) error {
	switch {
	case strings.TrimSpace(id) == "":
		return errs.Refuse(errs.InvalidArgument, "%s is empty; say the zone that holds the namespaces", optionZoneID)
	case strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || r == '/' || r == '?' }):
		return errs.Refuse(errs.InvalidArgument, "%s has a character that no id of a zone has, such as a space or a slash", optionZoneID)
	case strings.Contains(id, "."):
		return errs.Refuse(errs.InvalidArgument, "%s is the id from the EdgeOne console, such as zone-3j1xw7910arp, not the domain", optionZoneID)
	}
	return nil
}
