package alibaba

import (
	"context"
	"net/http"
	"time"

	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

const kmsVersion = "2016-01-20"

// The options of an entry that are those of KMS.
const (
	optionKMSEndpoint = "kms_endpoint"
	optionKMSInstance = "kms_instance_id"
)

// The actions of KMS; each has a page of its own.
const (
	kmsAsymmetricDecrypt = "AsymmetricDecrypt"
	kmsAsymmetricEncrypt = "AsymmetricEncrypt"
	kmsCancelKeyDeletion = "CancelKeyDeletion"
	kmsCreateAlias       = "CreateAlias"
	kmsCreateKey         = "CreateKey"
	kmsDecrypt           = "Decrypt"
	kmsDeleteAlias       = "DeleteAlias"
	kmsDeleteKeyMaterial = "DeleteKeyMaterial"
	kmsDescribeKey       = "DescribeKey"
	kmsDisableKey        = "DisableKey"
	kmsEnableKey         = "EnableKey"
	kmsEncrypt           = "Encrypt"
	kmsGenerateDataKey   = "GenerateDataKey"
	kmsGenerateWrapped   = "GenerateDataKeyWithoutPlaintext"
	kmsGetPublicKey      = "GetPublicKey"
	kmsImportKeyMaterial = "ImportKeyMaterial"
	kmsImportParameters  = "GetParametersForImport"
	kmsListAliases       = "ListAliasesByKeyId"
	kmsListKeys          = "ListKeys"
	kmsListTags          = "ListTagResources"
	kmsListVersions      = "ListKeyVersions"
	kmsReEncrypt         = "ReEncrypt"
	kmsScheduleDeletion  = "ScheduleKeyDeletion"
	kmsSetDescription    = "UpdateKeyDescription"
	kmsSetRotation       = "UpdateRotationPolicy"
	kmsSetTags           = "TagResources"
	kmsRemoveTags        = "UntagResources"
	kmsSign              = "AsymmetricSign"
	kmsVerify            = "AsymmetricVerify"
)

// Requests a second that an account may send of one action (the pages of the actions, and the page "Limits").
const (
	kmsRateSymmetric = 1000 // older pages: 750
	kmsRateReEncrypt = 750
	kmsRatePairs     = 200
	kmsRateRead      = 20 // up to 50, depending on the action
	kmsRateWrite     = 10
)

// keyService is one account in one region.
type keyService struct {
	api      *api
	region   string
	instance string // where keys are made that do not say it; empty means outside of instances
}

// KMS returns the keys of the region that the settings name.
func (a *account) KMS(_ context.Context, s *providers.Settings) (driver.Service, error) {
	region, err := wire.Region(s, optionRegion, regionExample)
	if err != nil {
		return nil, err
	}
	endpoint, err := wire.Host(s, optionKMSEndpoint, "kms."+region+".aliyuncs.com")
	if err != nil {
		return nil, err
	}
	return &keyService{
		api:    &api{account: a, endpoint: endpoint, option: optionKMSEndpoint, version: kmsVersion},
		region: region, instance: s.Text(optionKMSInstance),
	}, nil
}

// Capabilities are those of the shared gateway.
func (s *keyService) Capabilities() driver.Capabilities { return limits.KMS() }

// Operations is the operation table.
//
// A write is Idempotent where a second delivery leaves the same state, even if it is refused: of a scheduled deletion,
// a cancelled one and an alias that is there or gone.
func (s *keyService) Operations() []policy.Operation {
	row := func(name, action string, class policy.Idempotency, perSecond int) policy.Operation {
		return policy.Operation{Name: name, Action: action, Idempotency: class, Budgets: []ratelimit.Budget{{
			Endpoint: s.api.endpoint.Host, Principal: s.api.account.id, Action: action,
			Limits: []ratelimit.Limit{{N: perSecond, Per: time.Second, Margin: ratelimit.DefaultMargin}},
		}}}
	}
	return []policy.Operation{
		row(driver.OpCreateKey, kmsCreateKey, policy.NonIdempotent, kmsRateWrite),
		row(driver.OpDescribeKey, kmsDescribeKey, policy.ReadOnly, kmsRateRead),
		row(driver.OpListKeys, kmsListKeys, policy.ReadOnly, kmsRateRead),
		row(driver.OpEnableKey, kmsEnableKey, policy.Idempotent, kmsRateWrite),
		row(driver.OpDisableKey, kmsDisableKey, policy.Idempotent, kmsRateWrite),
		row(driver.OpScheduleDeletion, kmsScheduleDeletion, policy.Idempotent, kmsRateWrite),
		row(driver.OpCancelDeletion, kmsCancelKeyDeletion, policy.Idempotent, kmsRateWrite),
		row(driver.OpSetDescription, kmsSetDescription, policy.Idempotent, kmsRateWrite),
		row(driver.OpListAliases, kmsListAliases, policy.ReadOnly, kmsRateRead),
		row(driver.OpCreateAlias, kmsCreateAlias, policy.Idempotent, kmsRateWrite),
		row(driver.OpDeleteAlias, kmsDeleteAlias, policy.Idempotent, kmsRateWrite),
		row(driver.OpListTags, kmsListTags, policy.ReadOnly, kmsRateRead),
		row(driver.OpSetTags, kmsSetTags, policy.Idempotent, kmsRateWrite),
		row(driver.OpRemoveTags, kmsRemoveTags, policy.Idempotent, kmsRateWrite),
		row(driver.OpGetRotation, kmsDescribeKey, policy.ReadOnly, kmsRateRead),
		row(driver.OpSetRotation, kmsSetRotation, policy.Idempotent, kmsRateWrite),
		row(driver.OpListVersions, kmsListVersions, policy.ReadOnly, kmsRateRead),
		row(driver.OpImportParameters, kmsImportParameters, policy.ReadOnly, kmsRateWrite),
		row(driver.OpImportKeyMaterial, kmsImportKeyMaterial, policy.Idempotent, kmsRateWrite),
		row(driver.OpDeleteKeyMaterial, kmsDeleteKeyMaterial, policy.Idempotent, kmsRateWrite),
		row(driver.OpEncrypt, kmsEncrypt, policy.ReadOnly, kmsRateSymmetric),
		row(driver.OpDecrypt, kmsDecrypt, policy.ReadOnly, kmsRateSymmetric),
		row(driver.OpGenerateDataKey, kmsGenerateDataKey, policy.ReadOnly, kmsRateSymmetric),
		row(driver.OpGenerateWrappedKey, kmsGenerateWrapped, policy.ReadOnly, kmsRateSymmetric),
		row(driver.OpReEncrypt, kmsReEncrypt, policy.ReadOnly, kmsRateReEncrypt),
		row(driver.OpAsymmetricEncrypt, kmsAsymmetricEncrypt, policy.ReadOnly, kmsRatePairs),
		row(driver.OpAsymmetricDecrypt, kmsAsymmetricDecrypt, policy.ReadOnly, kmsRatePairs),
		row(driver.OpSign, kmsSign, policy.ReadOnly, kmsRatePairs),
		row(driver.OpVerify, kmsVerify, policy.ReadOnly, kmsRatePairs),
		row(driver.OpPublicKey, kmsGetPublicKey, policy.ReadOnly, kmsRatePairs),
	}
}

// do sends one request. Its parameters are the body, so that none is in a URL.
func (s *keyService) do(ctx context.Context, c call, p params) error {
	c.method, c.form, c.usesText = http.MethodPost, []byte(canonicalQuery(p)), true
	if c.meaningOf == nil {
		c.meaningOf = kmsMeaningOf
	}
	return s.api.do(ctx, &c)
}

// change is a request whose reply tells nothing but its id.
func (s *keyService) change(ctx context.Context, action string, p params) error {
	return s.do(ctx, call{action: action, reply: &head{}}, p)
}

// secretChange is a change with what no error may quote.
func (s *keyService) secretChange(ctx context.Context, action string, p params) error {
	return s.do(ctx, call{action: action, reply: &head{}, carriesValues: true}, p)
}
