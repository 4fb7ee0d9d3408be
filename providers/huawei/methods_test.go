package huawei

import (
	"context"
	"time"

	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// method is one request of the driver.
type method struct {
	name   string // that the emulator has for the request too
	class  class
	secret bool // the request holds what no error may quote
	good   string
	send   func(context.Context, *service) error
}

// class says what is known of a reply.
type class uint8

const (
	tells  class = iota // the reply has fields that must be there
	silent              // the reply tells nothing
)

// blob is a ciphertext.
func blob(kind driver.CiphertextKind, n int) driver.Ciphertext {
	return driver.Ciphertext{KeyID: "k", Kind: kind, Blob: []byte("AgDoAG7EsEc2OHpQ"), PlaintextBytes: n}
}

// err drops the response.
func drop[T any](_ *T, err error) error { return err }

// methods are all of the driver's, with a reply that is good.
var methods = []method{
	{actionDescribe, tells, false, `{"key_info":{"key_id":"k","key_state":"2"}}`, func(ctx context.Context, s *service) error {
		return drop(s.DescribeKey(ctx, &driver.DescribeKeyRequest{KeyID: "k"}))
	}},
	{actionList, tells, false, `{"keys":[],"key_details":[],"next_marker":"","truncated":"false"}`, func(ctx context.Context, s *service) error {
		return drop(s.ListKeys(ctx, &driver.ListKeysRequest{Cursor: "10"}))
	}},
	{actionCreate, tells, false, `{"key_info":{"key_id":"k"}}`, func(ctx context.Context, s *service) error {
		return drop(s.CreateKey(ctx, &driver.CreateKeyRequest{Name: "n", Spec: driver.AES256, Usage: driver.EncryptDecrypt, Origin: driver.FromProvider}))
	}},
	{actionEnable, tells, false, `{"key_info":{"key_id":"k","key_state":"2"}}`, func(ctx context.Context, s *service) error {
		return drop(s.EnableKey(ctx, &driver.EnableKeyRequest{KeyID: "k"}))
	}},
	{actionDisable, tells, false, `{"key_info":{"key_id":"k","key_state":"3"}}`, func(ctx context.Context, s *service) error {
		return drop(s.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: "k"}))
	}},
	{actionSchedule, tells, false, `{"key_id":"k","key_state":"4"}`, func(ctx context.Context, s *service) error {
		return drop(s.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: "k", Days: 7}))
	}},
	{actionCancel, tells, false, `{"key_id":"k","key_state":"3"}`, func(ctx context.Context, s *service) error {
		return drop(s.CancelDeletion(ctx, &driver.CancelDeletionRequest{KeyID: "k"}))
	}},
	{actionRename, tells, false, `{"key_info":{"key_id":"k","key_alias":"n"}}`, func(ctx context.Context, s *service) error {
		return drop(s.Rename(ctx, &driver.RenameRequest{KeyID: "k", NewName: "n"}))
	}},
	{actionSetDescription, tells, false, `{"key_info":{"key_id":"k","key_description":""}}`, func(ctx context.Context, s *service) error {
		return drop(s.SetDescription(ctx, &driver.SetDescriptionRequest{KeyID: "k"}))
	}},
	{actionListAliases, tells, false, `[{"aliases":[{"alias":"alias/a","key_id":"k"}],"page_info":{"next_marker":null}}]`, func(ctx context.Context, s *service) error {
		return drop(s.ListAliases(ctx, &driver.ListAliasesRequest{KeyID: "k", Cursor: "c"}))
	}},
	{actionCreateAlias, tells, false, `{"alias":"alias/a"}`, func(ctx context.Context, s *service) error {
		return drop(s.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: "k", Alias: "a"}))
	}},
	{actionDeleteAlias, silent, false, ``, func(ctx context.Context, s *service) error {
		return drop(s.DeleteAlias(ctx, &driver.DeleteAliasRequest{KeyID: "k", Alias: "a"}))
	}},
	{actionListTags, tells, false, `{"tags":[]}`, func(ctx context.Context, s *service) error {
		return drop(s.ListTags(ctx, &driver.ListTagsRequest{KeyID: "k"}))
	}},
	{actionSetTags, silent, false, ``, func(ctx context.Context, s *service) error {
		return drop(s.SetTags(ctx, &driver.SetTagsRequest{KeyID: "k", Tags: []driver.Tag{{Key: "a"}}}))
	}},
	{actionSetTags, silent, false, ``, func(ctx context.Context, s *service) error {
		return drop(s.RemoveTags(ctx, &driver.RemoveTagsRequest{KeyID: "k", Tags: []driver.Tag{{Key: "a"}}}))
	}},
	{actionGetRotation, tells, false, `{"key_rotation_enabled":false}`, func(ctx context.Context, s *service) error {
		return drop(s.GetRotation(ctx, &driver.GetRotationRequest{KeyID: "k"}))
	}},
	{actionEnableRotation, silent, false, ``, func(ctx context.Context, s *service) error {
		return drop(s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: "k", Enabled: true}))
	}},
	{actionDisableRotation, silent, false, ``, func(ctx context.Context, s *service) error {
		return drop(s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: "k"}))
	}},
	{actionSetInterval, silent, false, ``, func(ctx context.Context, s *service) error {
		return drop(s.SetRotationPeriod(ctx, &driver.SetRotationPeriodRequest{KeyID: "k", Days: 30}))
	}},
	{actionImportParams, tells, false, `{"import_token":"AAAA","public_key":"AAAA","expiration_time":1501578672}`, func(ctx context.Context, s *service) error {
		return drop(s.ImportParameters(ctx, &driver.ImportParametersRequest{KeyID: "k", Wrapping: driver.SM2Encrypt}))
	}},
	{actionImport, silent, true, ``, func(ctx context.Context, s *service) error {
		return drop(s.ImportKeyMaterial(ctx, &driver.ImportKeyMaterialRequest{KeyID: "k", Wrapped: []byte(canaryPlaintext), Token: []byte("t"), ExpiresAt: time.Unix(2e9, 0)}))
	}},
	{actionDeleteMaterial, silent, false, ``, func(ctx context.Context, s *service) error {
		return drop(s.DeleteKeyMaterial(ctx, &driver.DeleteKeyMaterialRequest{KeyID: "k"}))
	}},
	{actionEncrypt, tells, true, `{"key_id":"k","cipher_text":"AAAA"}`, func(ctx context.Context, s *service) error {
		return drop(s.Encrypt(ctx, &driver.EncryptRequest{KeyID: "k", Plaintext: []byte(canaryPlaintext), Context: canaryPlaintext}))
	}},
	{actionDecrypt, tells, true, `{"key_id":"k","plain_text":"AAAA"}`, func(ctx context.Context, s *service) error {
		return drop(s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: blob(driver.KindData, 0), Context: canaryPlaintext}))
	}},
	{actionDataKey, tells, true, `{"key_id":"k","plain_text":"00","cipher_text":"AAAA"}`, func(ctx context.Context, s *service) error {
		return drop(s.GenerateDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: "k", Bytes: 1, Context: canaryPlaintext}))
	}},
	{actionWrappedDataKey, tells, true, `{"key_id":"k","cipher_text":"AAAA"}`, func(ctx context.Context, s *service) error {
		return drop(s.GenerateWrappedDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: "k", Bytes: 1, Context: canaryPlaintext}))
	}},
	{actionDecryptDataKey, tells, true, `{"data_key":"00","datakey_length":"1","datakey_dgst":"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"}`, func(ctx context.Context, s *service) error {
		return drop(s.DecryptDataKey(ctx, &driver.DecryptRequest{Ciphertext: blob(driver.KindDataKey, 1), Context: canaryPlaintext}))
	}},
	{actionReEncrypt, tells, true, `{"key_id":"k","cipher_text":"AAAA"}`, func(ctx context.Context, s *service) error {
		return drop(s.ReEncrypt(ctx, &driver.ReEncryptRequest{Ciphertext: blob(driver.KindData, 0), Context: canaryPlaintext, NewKeyID: "k", NewContext: canaryPlaintext}))
	}},
	{actionDecrypt, tells, true, `{"key_id":"k","plain_text_base64":"AAAA"}`, func(ctx context.Context, s *service) error {
		return drop(s.AsymmetricDecrypt(ctx, &driver.AsymmetricDecryptRequest{Ciphertext: blob(driver.KindAsymmetric, 0)}))
	}},
	{actionSign, tells, true, `{"key_id":"k","signature":"AAAA"}`, func(ctx context.Context, s *service) error {
		return drop(s.Sign(ctx, &driver.SignRequest{KeyID: "k", Algorithm: driver.ECDSASHA256, Message: []byte(canaryPlaintext)}))
	}},
	{actionVerify, tells, true, `{"key_id":"k","signature_valid":"false"}`, func(ctx context.Context, s *service) error {
		return drop(s.Verify(ctx, &driver.VerifyRequest{SignRequest: driver.SignRequest{KeyID: "k", Algorithm: driver.ECDSASHA256, Digest: []byte(canaryPlaintext)}, Signature: []byte("s")}))
	}},
	{actionPublicKey, tells, false, `{"key_id":"k","public_key":"-----BEGIN PUBLIC KEY-----\r\nAAAA\r\n-----END PUBLIC KEY-----\r\n"}`, func(ctx context.Context, s *service) error {
		return drop(s.PublicKey(ctx, &driver.PublicKeyRequest{KeyID: "k"}))
	}},
	{actionRandom, tells, false, `{"random_data":"00"}`, func(ctx context.Context, s *service) error {
		return drop(s.Random(ctx, &driver.RandomRequest{Bytes: 1}))
	}},
}
