package alibaba

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/internal/rsapool"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// Canaries stand for what no error about keys may show.
const (
	canaryPlain   = "canary-plaintext-41c7"
	canaryContext = `{"canary-context":"b2e8"}`
	canaryToken2  = "canary-import-token-6f03"
)

// openKMS opens the keys that a configuration's entry describes.
func openKMS(t testing.TB, entry map[string]string, host providers.Host) (*keyService, error) {
	t.Helper()
	svc, err := drivertest.KMS(t, "alibaba", entry, host)
	if err != nil {
		return nil, err
	}
	return svc.(*keyService), nil
}

// rsaKeys are made once in a run of the tests.
var rsaKeys rsapool.Pool

// emulatedKMS returns an emulator in memory and the service on it, in whose instance keys are made.
func emulatedKMS(t testing.TB, config emulator.AlibabaKMSSettings, opts ...emulator.Option) (*emulator.AlibabaKMS, *keyService) {
	t.Helper()
	config.RSAKey = rsaKeys.Source()
	em := emulator.NewAlibabaKMS(append(opts, emulator.InMemory(), emulator.WithAlibabaKMS(config))...)
	t.Cleanup(em.Close)
	entry := em.Provider()
	entry["kms_instance_id"] = em.InstanceID()
	s, err := openKMS(t, entry, providers.Host{DialContext: em.DialContext, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return em, s
}

// servedKMS returns the service of a server that answers as the handler does.
func servedKMS(t testing.TB, h http.HandlerFunc) *keyService {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	s, err := openKMS(t, map[string]string{
		"access_key_id": canaryID, "access_key_secret": canaryKey, "security_token": canaryToken, "region": "cn-shanghai", "kms_endpoint": server.URL,
	}, providers.Host{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// leaksNothing reports where an error shows a canary, as it is or as base64.
func leaksNothing(t *testing.T, what string, err error) {
	t.Helper()
	leakFree(t, what, err)
	secrets := []string{canaryPlain, canaryContext, "b2e8", canaryToken2}
	for _, canary := range secrets {
		secrets = append(secrets, base64.StdEncoding.EncodeToString([]byte(canary)))
	}
	drivertest.CheckHides(t, what, err, secrets...)
}

// keyMethod is one request of the driver's.
type keyMethod struct {
	op, action string
	secret     bool // the request has something that no error may quote
	send       func(context.Context, *keyService) error
}

func ignore[T any](_ *T, err error) error { return err }

// keyMethods are all that the driver does.
func keyMethods() []keyMethod {
	data := driver.Ciphertext{KeyID: "k", Kind: driver.KindData, Blob: []byte("blob")}
	pair := driver.Ciphertext{KeyID: "k", KeyVersion: "v", Kind: driver.KindAsymmetric, Algorithm: driver.RSAOAEPSHA256, Blob: []byte("blob")}
	sign := driver.SignRequest{KeyID: "k", KeyVersion: "v", Algorithm: driver.RSAPSSSHA256, Digest: []byte(canaryPlain)}
	tags := []driver.Tag{{Key: "team", Value: "orders"}}
	generate := &driver.GenerateDataKeyRequest{KeyID: "k", Bytes: 32, Context: canaryContext}
	return []keyMethod{
		{driver.OpDescribeKey, "DescribeKey", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.DescribeKey(ctx, &driver.DescribeKeyRequest{KeyID: "k"}))
		}},
		{driver.OpListKeys, "ListKeys", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.ListKeys(ctx, &driver.ListKeysRequest{}))
		}},
		{driver.OpCreateKey, "CreateKey", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.CreateKey(ctx, &driver.CreateKeyRequest{Spec: driver.AES256, Usage: driver.EncryptDecrypt, Tags: tags}))
		}},
		{driver.OpEnableKey, "EnableKey", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.EnableKey(ctx, &driver.EnableKeyRequest{KeyID: "k"}))
		}},
		{driver.OpDisableKey, "DisableKey", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: "k"}))
		}},
		{driver.OpScheduleDeletion, "ScheduleKeyDeletion", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: "k", Days: 7}))
		}},
		{driver.OpCancelDeletion, "CancelKeyDeletion", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.CancelDeletion(ctx, &driver.CancelDeletionRequest{KeyID: "k"}))
		}},
		{driver.OpSetDescription, "UpdateKeyDescription", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.SetDescription(ctx, &driver.SetDescriptionRequest{KeyID: "k", Description: "d"}))
		}},
		{driver.OpListAliases, "ListAliasesByKeyId", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.ListAliases(ctx, &driver.ListAliasesRequest{KeyID: "k"}))
		}},
		{driver.OpCreateAlias, "CreateAlias", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: "k", Alias: "a"}))
		}},
		{driver.OpDeleteAlias, "DeleteAlias", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.DeleteAlias(ctx, &driver.DeleteAliasRequest{KeyID: "k", Alias: "a"}))
		}},
		{driver.OpListTags, "ListTagResources", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.ListTags(ctx, &driver.ListTagsRequest{KeyID: "k"}))
		}},
		{driver.OpSetTags, "TagResources", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.SetTags(ctx, &driver.SetTagsRequest{KeyID: "k", Tags: tags}))
		}},
		{driver.OpRemoveTags, "UntagResources", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.RemoveTags(ctx, &driver.RemoveTagsRequest{KeyID: "k", Tags: tags}))
		}},
		{driver.OpGetRotation, "DescribeKey", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.GetRotation(ctx, &driver.GetRotationRequest{KeyID: "k"}))
		}},
		{driver.OpSetRotation, "UpdateRotationPolicy", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: "k", Enabled: true, Days: 30}))
		}},
		{driver.OpListVersions, "ListKeyVersions", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.ListVersions(ctx, &driver.ListVersionsRequest{KeyID: "k"}))
		}},
		{driver.OpImportParameters, "GetParametersForImport", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.ImportParameters(ctx, &driver.ImportParametersRequest{KeyID: "k", Wrapping: driver.RSAOAEPSHA256}))
		}},
		{driver.OpImportKeyMaterial, "ImportKeyMaterial", true, func(ctx context.Context, s *keyService) error {
			return ignore(s.ImportKeyMaterial(ctx, &driver.ImportKeyMaterialRequest{KeyID: "k", Wrapped: []byte(canaryPlain), Token: []byte(canaryToken2)}))
		}},
		{driver.OpDeleteKeyMaterial, "DeleteKeyMaterial", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.DeleteKeyMaterial(ctx, &driver.DeleteKeyMaterialRequest{KeyID: "k"}))
		}},
		{driver.OpEncrypt, "Encrypt", true, func(ctx context.Context, s *keyService) error {
			return ignore(s.Encrypt(ctx, &driver.EncryptRequest{KeyID: "k", Plaintext: []byte(canaryPlain), Context: canaryContext}))
		}},
		{driver.OpDecrypt, "Decrypt", true, func(ctx context.Context, s *keyService) error {
			return ignore(s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: data, Context: canaryContext}))
		}},
		{driver.OpGenerateDataKey, "GenerateDataKey", true, func(ctx context.Context, s *keyService) error {
			return ignore(s.GenerateDataKey(ctx, generate))
		}},
		{driver.OpGenerateWrappedKey, "GenerateDataKeyWithoutPlaintext", true, func(ctx context.Context, s *keyService) error {
			return ignore(s.GenerateWrappedDataKey(ctx, generate))
		}},
		{driver.OpReEncrypt, "ReEncrypt", true, func(ctx context.Context, s *keyService) error {
			return ignore(s.ReEncrypt(ctx, &driver.ReEncryptRequest{Ciphertext: data, Context: canaryContext, NewKeyID: "n", NewContext: canaryContext}))
		}},
		{driver.OpAsymmetricEncrypt, "AsymmetricEncrypt", true, func(ctx context.Context, s *keyService) error {
			return ignore(s.AsymmetricEncrypt(ctx, &driver.AsymmetricEncryptRequest{KeyID: "k", KeyVersion: "v", Algorithm: driver.RSAOAEPSHA256, Plaintext: []byte(canaryPlain)}))
		}},
		{driver.OpAsymmetricDecrypt, "AsymmetricDecrypt", true, func(ctx context.Context, s *keyService) error {
			return ignore(s.AsymmetricDecrypt(ctx, &driver.AsymmetricDecryptRequest{Ciphertext: pair}))
		}},
		{driver.OpSign, "AsymmetricSign", true, func(ctx context.Context, s *keyService) error { return ignore(s.Sign(ctx, &sign)) }},
		{driver.OpVerify, "AsymmetricVerify", true, func(ctx context.Context, s *keyService) error {
			return ignore(s.Verify(ctx, &driver.VerifyRequest{SignRequest: sign, Signature: []byte(canaryPlain)}))
		}},
		{driver.OpPublicKey, "GetPublicKey", false, func(ctx context.Context, s *keyService) error {
			return ignore(s.PublicKey(ctx, &driver.PublicKeyRequest{KeyID: "k", KeyVersion: "v"}))
		}},
	}
}
