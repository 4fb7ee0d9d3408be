package tencent

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// openKeys opens the service of keys that a configuration's entry describes. It knows no environment.
func openKeys(t testing.TB, entry map[string]string, dial dialer) *keyService {
	t.Helper()
	svc, err := tryOpenKeys(t, entry, providers.Host{DialContext: dial})
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

func tryOpenKeys(t testing.TB, entry map[string]string, host providers.Host) (*keyService, error) {
	t.Helper()
	svc, err := drivertest.KMS(t, "tencent", entry, host)
	if err != nil {
		return nil, err
	}
	return svc.(*keyService), nil
}

// emulatedKeys returns an emulator in memory and the service on it, with further options of the entry.
func emulatedKeys(t testing.TB, entry map[string]string, opts ...emulator.Option) (*emulator.TencentKMS, *keyService) {
	t.Helper()
	em := emulator.NewTencentKMS(append(opts, emulator.InMemory())...)
	t.Cleanup(em.Close)
	full := em.Provider()
	for name, text := range entry {
		full[name] = text
	}
	return em, openKeys(t, full, em.DialContext)
}

// allUsages lets the emulator make keys of every kind in its region.
func allUsages(more emulator.TencentKMSSettings) emulator.Option {
	more.AllUsages = true
	return emulator.WithTencentKMS(more)
}

// servedKeys returns the service of a server that answers as the handler does.
func servedKeys(t testing.TB, h http.HandlerFunc) *keyService {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return openKeys(t, map[string]string{
		"secret_id": canaryID, "secret_key": canaryKey, "token": canaryToken, "region": "ap-guangzhou", "kms_endpoint": server.URL,
	}, nil)
}

// Canaries of what the requests of keyMethods hold.
const (
	canaryContext = `{"canary":"context-41bd"}`
	canaryImport  = "token-of-import-e1f0"
	someKey       = "23e80852-1e38-11e9-b129-5cb9019b4b01"
)

// keyMethod is one request of the driver, with arguments that all servers of these tests can answer.
type keyMethod struct {
	action string
	write  bool
	send   func(context.Context, *keyService) error
}

// sent drops the response of a method.
func sent[T any](_ T, err error) error { return err }

func blob(kind driver.CiphertextKind, algorithm driver.EncryptionAlgorithm) driver.Ciphertext {
	return driver.Ciphertext{KeyID: someKey, Kind: kind, Algorithm: algorithm, Blob: []byte("YQ==-k-Yg==-k-Yw==")}
}

// signCanary is what is signed.
var signCanary = driver.SignRequest{KeyID: someKey, Algorithm: driver.ECDSASHA256, Message: []byte(canaryValue)}

// keyMethods are all of the driver's.
var keyMethods = []keyMethod{
	{actionDescribeKey, false, func(ctx context.Context, s *keyService) error {
		return sent(s.DescribeKey(ctx, &driver.DescribeKeyRequest{KeyID: someKey}))
	}},
	{actionListKeys, false, func(ctx context.Context, s *keyService) error {
		return sent(s.ListKeys(ctx, &driver.ListKeysRequest{}))
	}},
	{actionCreateKey, true, func(ctx context.Context, s *keyService) error {
		return sent(s.CreateKey(ctx, &driver.CreateKeyRequest{Name: "orders", Spec: driver.SM2, Usage: driver.SignVerify}))
	}},
	{actionListAlgorithms, false, func(ctx context.Context, s *keyService) error {
		return sent(s.SymmetricSpecs(ctx, &driver.SymmetricSpecsRequest{}))
	}},
	{actionEnable, true, func(ctx context.Context, s *keyService) error {
		return sent(s.EnableKey(ctx, &driver.EnableKeyRequest{KeyID: someKey}))
	}},
	{actionDisable, true, func(ctx context.Context, s *keyService) error {
		return sent(s.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: someKey}))
	}},
	{actionSchedule, true, func(ctx context.Context, s *keyService) error {
		return sent(s.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: someKey, Days: 7}))
	}},
	{actionCancel, true, func(ctx context.Context, s *keyService) error {
		return sent(s.CancelDeletion(ctx, &driver.CancelDeletionRequest{KeyID: someKey}))
	}},
	{actionRename, true, func(ctx context.Context, s *keyService) error {
		return sent(s.Rename(ctx, &driver.RenameRequest{KeyID: someKey, NewName: "orders-2"}))
	}},
	{actionSetDescription, true, func(ctx context.Context, s *keyService) error {
		return sent(s.SetDescription(ctx, &driver.SetDescriptionRequest{KeyID: someKey, Description: "d"}))
	}},
	{actionDescribeKey, false, func(ctx context.Context, s *keyService) error {
		return sent(s.GetRotation(ctx, &driver.GetRotationRequest{KeyID: someKey}))
	}},
	{actionEnableRotation, true, func(ctx context.Context, s *keyService) error {
		return sent(s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: someKey, Enabled: true, Days: 7}))
	}},
	{actionDisableRotation, true, func(ctx context.Context, s *keyService) error {
		return sent(s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: someKey}))
	}},
	{actionRotate, true, func(ctx context.Context, s *keyService) error {
		return sent(s.RotateNow(ctx, &driver.RotateNowRequest{KeyID: someKey}))
	}},
	{actionImportParams, false, func(ctx context.Context, s *keyService) error {
		return sent(s.ImportParameters(ctx, &driver.ImportParametersRequest{KeyID: someKey, Wrapping: driver.RSAOAEPSHA256}))
	}},
	{actionImport, true, func(ctx context.Context, s *keyService) error {
		return sent(s.ImportKeyMaterial(ctx, &driver.ImportKeyMaterialRequest{KeyID: someKey, Wrapped: []byte(canaryValue), Token: []byte(canaryImport)}))
	}},
	{actionDeleteMaterial, true, func(ctx context.Context, s *keyService) error {
		return sent(s.DeleteKeyMaterial(ctx, &driver.DeleteKeyMaterialRequest{KeyID: someKey}))
	}},
	{actionEncrypt, false, func(ctx context.Context, s *keyService) error {
		return sent(s.Encrypt(ctx, &driver.EncryptRequest{KeyID: someKey, Plaintext: []byte(canaryValue), Context: canaryContext}))
	}},
	{actionDecrypt, false, func(ctx context.Context, s *keyService) error {
		return sent(s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: blob(driver.KindData, ""), Context: canaryContext}))
	}},
	{actionDataKey, false, func(ctx context.Context, s *keyService) error {
		return sent(s.GenerateDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: someKey, Bytes: 5, Context: canaryContext}))
	}},
	{actionReEncrypt, false, func(ctx context.Context, s *keyService) error {
		return sent(s.ReEncrypt(ctx, &driver.ReEncryptRequest{Ciphertext: blob(driver.KindData, ""), NewKeyID: someKey, Context: canaryContext, NewContext: canaryContext}))
	}},
	{actionDecryptRSA, false, func(ctx context.Context, s *keyService) error {
		return sent(s.AsymmetricDecrypt(ctx, &driver.AsymmetricDecryptRequest{Ciphertext: blob(driver.KindAsymmetric, driver.RSAOAEPSHA256)}))
	}},
	{actionDecryptSM2, false, func(ctx context.Context, s *keyService) error {
		return sent(s.AsymmetricDecrypt(ctx, &driver.AsymmetricDecryptRequest{Ciphertext: blob(driver.KindAsymmetric, driver.SM2Encrypt)}))
	}},
	{actionSign, false, func(ctx context.Context, s *keyService) error { return sent(s.Sign(ctx, &signCanary)) }},
	{actionVerify, false, func(ctx context.Context, s *keyService) error {
		return sent(s.Verify(ctx, &driver.VerifyRequest{SignRequest: signCanary, Signature: []byte("s")}))
	}},
	{actionPublicKey, false, func(ctx context.Context, s *keyService) error {
		return sent(s.PublicKey(ctx, &driver.PublicKeyRequest{KeyID: someKey}))
	}},
	{actionRandom, false, func(ctx context.Context, s *keyService) error {
		return sent(s.Random(ctx, &driver.RandomRequest{Bytes: 5}))
	}},
}
