package tencent

import (
	"context"
	"slices"
	"strings"
	"time"

	sdk "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/kms/v20190118"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/providers/tencent/limits"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// What requests for keys say of themselves, from the page "Common Params" of KMS.
const (
	kmsService = "kms"
	kmsVersion = "2019-01-18"
)

// The vendor's actions; each has a page of its own.
const (
	actionListAlgorithms  = "ListAlgorithms"
	actionCreateKey       = "CreateKey"
	actionDescribeKey     = "DescribeKey"
	actionListKeys        = "ListKeyDetail"
	actionEnable          = "EnableKey"
	actionDisable         = "DisableKey"
	actionSchedule        = "ScheduleKeyDeletion"
	actionCancel          = "CancelKeyDeletion"
	actionRename          = "UpdateAlias"
	actionSetDescription  = "UpdateKeyDescription"
	actionEnableRotation  = "EnableKeyRotation"
	actionDisableRotation = "DisableKeyRotation"
	actionRotate          = "RotateKey"
	actionImportParams    = "GetParametersForImport"
	actionImport          = "ImportKeyMaterial"
	actionDeleteMaterial  = "DeleteImportedKeyMaterial"
	actionEncrypt         = "Encrypt"
	actionDecrypt         = "Decrypt"
	actionDataKey         = "GenerateDataKey"
	actionReEncrypt       = "ReEncrypt"
	actionDecryptRSA      = "AsymmetricRsaDecrypt"
	actionDecryptSM2      = "AsymmetricSm2Decrypt"
	actionSign            = "SignByAsymmetricKey"
	actionVerify          = "VerifyByAsymmetricKey"
	actionPublicKey       = "GetPublicKey"
	actionRandom          = "GenerateRandom"
)

// Operations is the operation table. The rates are those of the pages of the actions (100 a second, of RotateKey 20) and
// of page 573/131380, which counts symmetric encryption, asymmetric decryption and signing together. That they are
// counted by account, for all regions together, is the strictest reading; editions of the service have more.
//
// Scheduling, cancelling and importing a second time is refused and leaves the state; so is rotating at once, but the
// refusal would hide that the first delivery has done it.
func (s *keyService) Operations() []policy.Operation {
	return []policy.Operation{
		s.operation(driver.OpDescribeKey, actionDescribeKey, policy.ReadOnly, actionDescribeKey, 100),
		s.operation(driver.OpListKeys, actionListKeys, policy.ReadOnly, actionListKeys, 100),
		s.operation(driver.OpCreateKey, actionCreateKey, policy.NonIdempotent, actionCreateKey, 100),
		s.operation(driver.OpSymmetricSpecs, actionListAlgorithms, policy.ReadOnly, actionListAlgorithms, 100),
		s.operation(driver.OpEnableKey, actionEnable, policy.Idempotent, actionEnable, 100),
		s.operation(driver.OpDisableKey, actionDisable, policy.Idempotent, actionDisable, 100),
		s.operation(driver.OpScheduleDeletion, actionSchedule, policy.Idempotent, actionSchedule, 100),
		s.operation(driver.OpCancelDeletion, actionCancel, policy.Idempotent, actionCancel, 100),
		s.operation(driver.OpRename, actionRename, policy.Idempotent, actionRename, 100),
		s.operation(driver.OpSetDescription, actionSetDescription, policy.Idempotent, actionSetDescription, 100),
		s.operation(driver.OpGetRotation, actionDescribeKey, policy.ReadOnly, actionDescribeKey, 100),
		s.operation(driver.OpSetRotation, actionEnableRotation, policy.Idempotent, actionEnableRotation, 100),
		s.operation(driver.OpRotateNow, actionRotate, policy.NonIdempotent, actionRotate, 20),
		s.operation(driver.OpImportParameters, actionImportParams, policy.ReadOnly, actionImportParams, 100),
		s.operation(driver.OpImportKeyMaterial, actionImport, policy.Idempotent, actionImport, 100),
		s.operation(driver.OpDeleteKeyMaterial, actionDeleteMaterial, policy.Idempotent, actionDeleteMaterial, 100),
		s.operation(driver.OpEncrypt, actionEncrypt, policy.ReadOnly, actionEncrypt, 300),
		s.operation(driver.OpDecrypt, actionDecrypt, policy.ReadOnly, actionEncrypt, 300),
		s.operation(driver.OpGenerateDataKey, actionDataKey, policy.ReadOnly, actionEncrypt, 300),
		s.operation(driver.OpReEncrypt, actionReEncrypt, policy.ReadOnly, actionReEncrypt, 100),
		s.operation(driver.OpAsymmetricDecrypt, actionDecryptRSA, policy.ReadOnly, actionDecryptRSA, 200),
		s.operation(driver.OpSign, actionSign, policy.ReadOnly, actionSign, 100),
		s.operation(driver.OpVerify, actionVerify, policy.ReadOnly, actionSign, 100),
		s.operation(driver.OpPublicKey, actionPublicKey, policy.ReadOnly, actionPublicKey, 100),
		s.operation(driver.OpRandom, actionRandom, policy.ReadOnly, actionRandom, 150),
	}
}

// operation is a row of the table, which spends from the budget of that action.
func (s *keyService) operation(name, action string, class policy.Idempotency, budget string, perSecond int) policy.Operation {
	return policy.Operation{Name: name, Action: action, Idempotency: class, Budgets: []ratelimit.Budget{{
		Endpoint: s.api.endpoint.Host, Principal: s.api.account.id, Action: budget,
		Limits: []ratelimit.Limit{{N: perSecond, Per: time.Second, Margin: ratelimit.DefaultMargin}},
	}}}
}

// keyService is the keys of one region.
type keyService struct {
	api       *api
	symmetric driver.Spec
}

// KMS returns the service of the region that the settings name.
func (a *account) KMS(_ context.Context, s *providers.Settings) (driver.Service, error) {
	endpoint, err := wire.Host(s, optionKMSEndpoint, "")
	if err != nil {
		return nil, err
	}
	if s.Text(optionRegion) == "" {
		return nil, errs.Refuse(errs.InvalidArgument, "%s is missing: say the one that holds the keys, such as ap-guangzhou, in the configuration or in %s", optionRegion, envRegion)
	}
	region, err := wire.Region(s, optionRegion, "ap-guangzhou")
	if err != nil {
		return nil, err
	}
	return &keyService{
		api:       &api{account: a, endpoint: endpoint, option: optionKMSEndpoint, language: s.Text(optionLanguage), signer: &tc3Signer{service: kmsService}, version: kmsVersion, region: region},
		symmetric: driver.Spec(s.Text(optionSymmetric)),
	}, nil
}

// Capabilities are those of a region with the symmetric keys that the settings name.
func (s *keyService) Capabilities() driver.Capabilities {
	if s.symmetric == driver.SM4 {
		return limits.KMSGuomi()
	}
	return limits.KMS()
}

// send asks for an action. Read takes what is needed from the reply; a fault completes the sentence "the reply …".
func (s *keyService) send(ctx context.Context, action string, request any, reply reply, read func() (fault string)) error {
	return s.api.do(ctx, call{action: action, request: request, reply: reply, read: read, codes: kmsCodes, carriesValue: isSecret(action)})
}

// change asks for an action on a key that tells nothing.
func (s *keyService) change(ctx context.Context, action, keyID string) error {
	if err := checkText("key id", keyID); err != nil {
		return err
	}
	return s.send(ctx, action, &keyRequest{keyID}, &head{}, nil)
}

// describe asks for the description of a key.
func (s *keyService) describe(ctx context.Context, keyID string, read func(*metadata, driver.KeyInfo) (fault string)) error {
	if err := checkText("key id", keyID); err != nil {
		return err
	}
	var reply description
	return s.send(ctx, actionDescribeKey, &keyRequest{keyID}, &reply, func() string {
		info, fault := reply.KeyMetadata.info(s.api.region, roleUser)
		switch {
		case fault != "":
			return fault
		case !strings.EqualFold(info.ID, keyID):
			return "describes another key than was asked for"
		}
		return read(reply.KeyMetadata, info)
	})
}

// DescribeKey describes one key.
func (s *keyService) DescribeKey(ctx context.Context, r *driver.DescribeKeyRequest) (*driver.DescribeKeyResponse, error) {
	res := &driver.DescribeKeyResponse{}
	err := s.describe(ctx, r.KeyID, func(_ *metadata, info driver.KeyInfo) string {
		res.Key = info
		return ""
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// ListKeys returns up to 200 keys, the oldest first, and behind those of the account the products' if they are wanted.
func (s *keyService) ListKeys(ctx context.Context, r *driver.ListKeysRequest) (page *driver.ListKeysResponse, err error) {
	at, err := decodeCursor(r.Cursor)
	if err != nil {
		return nil, err
	}
	if err := checkText("key name", r.Name); err != nil {
		return nil, err
	}
	var reply keyList
	err = s.send(ctx, actionListKeys, at.request(r.Name), &reply, func() (fault string) {
		page, fault = reply.page(s.api.region, at, r.ServiceOwned)
		return fault
	})
	return page, err
}

// CreateKey makes a key. Whether a symmetric one is of the spec that was asked for is the region's: neither the request
// nor the reply says it.
func (s *keyService) CreateKey(ctx context.Context, r *driver.CreateKeyRequest) (*driver.CreateKeyResponse, error) {
	body, err := encodeCreate(r)
	if err != nil {
		return nil, err
	}
	var reply struct {
		head
		KeyID      *string `json:"KeyId"`
		KeyState   *string
		CreateTime *uint64
		TagCode    *uint64
		TagMsg     *string
	}
	res := &driver.CreateKeyResponse{}
	said := ""
	err = s.send(ctx, actionCreateKey, body, &reply, func() string {
		if text(reply.KeyID) == "" {
			return "lacks the KeyId"
		}
		if !areTimes(reply.CreateTime) {
			return "has a time that is none"
		}
		res.Key = driver.KeyInfo{
			ID: *reply.KeyID, Name: r.Name, Description: r.Description, Spec: r.Spec, Usage: r.Usage, Origin: r.Origin,
			State: stateOf(text(reply.KeyState)), CreatedAt: unixTime(reply.CreateTime),
		}
		if len(r.Tags) > 0 && reply.TagCode != nil && *reply.TagCode != 0 {
			res.TagsFault, said = "TagCode "+number(reply.TagCode), text(reply.TagMsg)
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	if said = reply.hidden.Text(said); said != "" {
		res.TagsFault = errs.Printable(res.TagsFault + ": " + said)
	}
	return res, nil
}

// SymmetricSpecs asks which algorithms the region has for symmetric keys.
func (s *keyService) SymmetricSpecs(ctx context.Context, _ *driver.SymmetricSpecsRequest) (*driver.SymmetricSpecsResponse, error) {
	var reply struct {
		head
		SymmetricAlgorithms []*sdk.AlgorithmInfo
	}
	res := &driver.SymmetricSpecsResponse{
		Advice: "set " + optionSymmetric + " to what they are, or choose another region than " + s.api.region,
	}
	err := s.send(ctx, actionListAlgorithms, struct{}{}, &reply, func() string {
		for _, a := range reply.SymmetricAlgorithms {
			if a == nil || text(a.KeyUsage) != symmetricUsage {
				continue
			}
			if spec := symmetricSpec(text(a.Algorithm)); spec != "" && !slices.Contains(res.Specs, spec) {
				res.Specs = append(res.Specs, spec)
			}
		}
		if len(res.Specs) == 0 {
			return "lists no algorithm for symmetric keys"
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}
