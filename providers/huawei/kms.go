package huawei

import (
	"context"
	"strconv"
	"time"

	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers/huawei/limits"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// The verbs in the paths of requests; each has a page of its own.
const (
	actionCreate          = "create-key"
	actionDescribe        = "describe-key"
	actionList            = "list-keys"
	actionEnable          = "enable-key"
	actionDisable         = "disable-key"
	actionSchedule        = "schedule-key-deletion"
	actionCancel          = "cancel-key-deletion"
	actionRename          = "update-key-alias"
	actionSetDescription  = "update-key-description"
	actionGetRotation     = "get-key-rotation-status"
	actionEnableRotation  = "enable-key-rotation"
	actionDisableRotation = "disable-key-rotation"
	actionSetInterval     = "update-key-rotation-interval"
	actionImportParams    = "get-parameters-for-import"
	actionImport          = "import-key-material"
	actionDeleteMaterial  = "delete-imported-key-material"
	actionEncrypt         = "encrypt-data"
	actionDecrypt         = "decrypt-data"
	actionDataKey         = "create-datakey"
	actionWrappedDataKey  = "create-datakey-without-plaintext"
	actionDecryptDataKey  = "decrypt-datakey"
	actionReEncrypt       = "re-encrypt"
	actionSign            = "sign"
	actionVerify          = "verify"
	actionPublicKey       = "get-publickey"
	actionRandom          = "gen-random"
)

// What requests without a verb are called here.
const (
	actionListAliases = "list-aliases"
	actionCreateAlias = "create-alias"
	actionDeleteAlias = "delete-alias"
	actionListTags    = "list-key-tags"
	actionSetTags     = "batch-tags"
)

// rate is what page "Constraints" says: 20 operations a second by a user, whichever they are.
var rate = ratelimit.Limit{N: 20, Per: time.Second, Margin: ratelimit.DefaultMargin}

// service is the keys of one project.
type service struct {
	api               *api
	enterpriseProject string // where keys are made that do not say it; empty means the account's default
}

// Capabilities are the same in every region.
func (s *service) Capabilities() driver.Capabilities { return limits.KMS() }

// Operations is the operation table. All of it spends one budget.
//
// A write is Idempotent where a second delivery leaves the same state, even if it is refused: of a key that is enabled
// already, a scheduled deletion, material that is there and an alias that is there or gone.
func (s *service) Operations() []policy.Operation {
	row := func(name, action string, class policy.Idempotency) policy.Operation {
		return policy.Operation{Name: name, Action: action, Idempotency: class, Budgets: []ratelimit.Budget{{
			Endpoint: s.api.endpoint.Host, Principal: s.api.account.user, Limits: []ratelimit.Limit{rate},
		}}}
	}
	return []policy.Operation{
		row(driver.OpCreateKey, actionCreate, policy.NonIdempotent),
		row(driver.OpDescribeKey, actionDescribe, policy.ReadOnly),
		row(driver.OpListKeys, actionList, policy.ReadOnly),
		row(driver.OpEnableKey, actionEnable, policy.Idempotent),
		row(driver.OpDisableKey, actionDisable, policy.Idempotent),
		row(driver.OpScheduleDeletion, actionSchedule, policy.Idempotent),
		row(driver.OpCancelDeletion, actionCancel, policy.Idempotent),
		row(driver.OpRename, actionRename, policy.Idempotent),
		row(driver.OpSetDescription, actionSetDescription, policy.Idempotent),
		row(driver.OpListAliases, actionListAliases, policy.ReadOnly),
		row(driver.OpCreateAlias, actionCreateAlias, policy.Idempotent),
		row(driver.OpDeleteAlias, actionDeleteAlias, policy.Idempotent),
		row(driver.OpListTags, actionListTags, policy.ReadOnly),
		row(driver.OpSetTags, actionSetTags, policy.Idempotent),
		row(driver.OpRemoveTags, actionSetTags, policy.Idempotent),
		row(driver.OpGetRotation, actionGetRotation, policy.ReadOnly),
		row(driver.OpSetRotation, actionEnableRotation, policy.Idempotent),
		row(driver.OpSetRotationPeriod, actionSetInterval, policy.Idempotent),
		row(driver.OpImportParameters, actionImportParams, policy.ReadOnly),
		row(driver.OpImportKeyMaterial, actionImport, policy.Idempotent),
		row(driver.OpDeleteKeyMaterial, actionDeleteMaterial, policy.Idempotent),
		row(driver.OpEncrypt, actionEncrypt, policy.ReadOnly),
		row(driver.OpDecrypt, actionDecrypt, policy.ReadOnly),
		row(driver.OpGenerateDataKey, actionDataKey, policy.ReadOnly),
		row(driver.OpGenerateWrappedKey, actionWrappedDataKey, policy.ReadOnly),
		row(driver.OpDecryptDataKey, actionDecryptDataKey, policy.ReadOnly),
		row(driver.OpReEncrypt, actionReEncrypt, policy.ReadOnly),
		row(driver.OpAsymmetricDecrypt, actionDecrypt, policy.ReadOnly),
		row(driver.OpSign, actionSign, policy.ReadOnly),
		row(driver.OpVerify, actionVerify, policy.ReadOnly),
		row(driver.OpPublicKey, actionPublicKey, policy.ReadOnly),
		row(driver.OpRandom, actionRandom, policy.ReadOnly),
	}
}

// post sends a request with its verb in the path.
func (s *service) post(ctx context.Context, action string, request any, reply reply, read func() (fault string)) error {
	return s.api.do(ctx, call{path: []string{action}, request: request, reply: reply, read: read})
}

// secret is post for a request that holds what no error may show.
func (s *service) secret(ctx context.Context, action string, request any, reply reply, read func() (fault string)) error {
	return s.api.do(ctx, call{path: []string{action}, request: request, reply: reply, read: read, secret: true})
}

// DescribeKey describes one key.
func (s *service) DescribeKey(ctx context.Context, r *driver.DescribeKeyRequest) (*driver.DescribeKeyResponse, error) {
	if err := checkText(r.KeyID); err != nil {
		return nil, err
	}
	var reply describeReply
	res := &driver.DescribeKeyResponse{}
	err := s.post(ctx, actionDescribe, &keyRequest{r.KeyID}, &reply, func() (fault string) {
		res.Key, fault = reply.KeyInfo.info()
		return fault
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// allSpecs is the value of key_spec that lists keys of every spec, instead of those of AES_256 alone.
const allSpecs = "ALL"

// ListKeys returns up to 100 keys. Those of the vendor's services are always among them.
func (s *service) ListKeys(ctx context.Context, r *driver.ListKeysRequest) (page *driver.ListKeysResponse, err error) {
	if err := checkText(r.Cursor); err != nil {
		return nil, err
	}
	var reply listReply
	body := &listRequest{Limit: strconv.Itoa(limits.KMS().MaxPage), Marker: r.Cursor, KeySpec: allSpecs}
	err = s.post(ctx, actionList, body, &reply, func() (fault string) {
		page, fault = reply.page()
		return fault
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// CreateKey makes a key. The reply tells its id alone. The options enterprise_project_id, keystore_id and sequence are
// those of the page.
func (s *service) CreateKey(ctx context.Context, r *driver.CreateKeyRequest) (*driver.CreateKeyResponse, error) {
	body, err := encodeCreate(r, s.enterpriseProject)
	if err != nil {
		return nil, err
	}
	var reply keyInfoReply
	res := &driver.CreateKeyResponse{}
	err = s.post(ctx, actionCreate, body, &reply, func() string {
		made := reply.KeyInfo
		if made.KeyID == "" {
			return "lacks the key_id"
		}
		res.Key = driver.KeyInfo{ID: made.KeyID, Name: r.Name, Description: r.Description, Spec: r.Spec, Usage: r.Usage, Origin: r.Origin, Vendor: map[string]string{}}
		for name, text := range map[string]string{"domain_id": made.DomainID, "region_id": made.RegionID} {
			if text != "" {
				res.Key.Vendor[name] = text
			}
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// change sends a request whose reply tells the key as key_info.
func (s *service) change(ctx context.Context, action string, request any, texts ...string) error {
	if err := checkText(texts...); err != nil {
		return err
	}
	var reply keyInfoReply
	return s.post(ctx, action, request, &reply, func() string {
		if reply.KeyInfo.KeyID == "" {
			return "lacks the key_id"
		}
		return ""
	})
}

// changeDeletion sends a request whose reply tells the key by itself.
func (s *service) changeDeletion(ctx context.Context, action string, request any, keyID string) error {
	if err := checkText(keyID); err != nil {
		return err
	}
	var reply struct {
		head
		keyInfo
	}
	return s.post(ctx, action, request, &reply, func() string {
		if reply.KeyID == "" {
			return "lacks the key_id"
		}
		return ""
	})
}

// EnableKey lets a key be used again. One that is not disabled is [errs.Conflict].
func (s *service) EnableKey(ctx context.Context, r *driver.EnableKeyRequest) (*driver.EnableKeyResponse, error) {
	return wire.Done[driver.EnableKeyResponse](s.change(ctx, actionEnable, &keyRequest{r.KeyID}, r.KeyID))
}

// DisableKey stops the use of a key. One that is not enabled is [errs.Conflict].
func (s *service) DisableKey(ctx context.Context, r *driver.DisableKeyRequest) (*driver.DisableKeyResponse, error) {
	return wire.Done[driver.DisableKeyResponse](s.change(ctx, actionDisable, &keyRequest{r.KeyID}, r.KeyID))
}

// ScheduleDeletion sets the day on which a key is deleted; the reply does not tell it.
func (s *service) ScheduleDeletion(ctx context.Context, r *driver.ScheduleDeletionRequest) (*driver.ScheduleDeletionResponse, error) {
	body := &struct {
		keyRequest
		PendingDays string `json:"pending_days"`
	}{keyRequest{r.KeyID}, strconv.Itoa(r.Days)}
	return wire.Done[driver.ScheduleDeletionResponse](s.changeDeletion(ctx, actionSchedule, body, r.KeyID))
}

// CancelDeletion takes a scheduled deletion back; the key is disabled then.
func (s *service) CancelDeletion(ctx context.Context, r *driver.CancelDeletionRequest) (*driver.CancelDeletionResponse, error) {
	return wire.Done[driver.CancelDeletionResponse](s.changeDeletion(ctx, actionCancel, &keyRequest{r.KeyID}, r.KeyID))
}

// Rename changes the label of a key. Keys of the vendor's services and those that wait for their deletion are refused.
func (s *service) Rename(ctx context.Context, r *driver.RenameRequest) (*driver.RenameResponse, error) {
	body := &struct {
		keyRequest
		KeyAlias string `json:"key_alias"`
	}{keyRequest{r.KeyID}, r.NewName}
	return wire.Done[driver.RenameResponse](s.change(ctx, actionRename, body, r.KeyID, r.NewName))
}

// SetDescription replaces the description of a key.
func (s *service) SetDescription(ctx context.Context, r *driver.SetDescriptionRequest) (*driver.SetDescriptionResponse, error) {
	body := &struct {
		keyRequest
		KeyDescription string `json:"key_description"`
	}{keyRequest{r.KeyID}, r.Description}
	return wire.Done[driver.SetDescriptionResponse](s.change(ctx, actionSetDescription, body, r.KeyID, r.Description))
}
