package tencent

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"net"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/replay"
)

// goldenKeys opens the service on a server that knows the exchanges of a page, and wants just those.
func goldenKeys(t *testing.T, name string) *keyService {
	t.Helper()
	server := replay.Server(t, filepath.Join("testdata", "kms", name), replay.RequireAll(), replay.NoOtherHeaders(),
		replay.MatchHeaders("Host", "Cookie", "X-TC-Token"), replay.Inspect(func(r *http.Request) { checkSignature(t, r, "kms") }))
	return openKeys(t, map[string]string{
		"secret_id": canaryID, "secret_key": canaryKey, "region": "ap-guangzhou", "kms_endpoint": "http://kms.tencentcloudapi.com", "allow_plaintext": "true",
	}, func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", server.Listener.Addr().String())
	})
}

// fromBase64 decodes what a file has in base64.
func fromBase64(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The ciphertexts of the pages, of Encrypt and of GenerateDataKey.
const (
	goldenBlob    = "g2F8eQk44QrTbfj09TL17AZyFPgs8BTtZe2j27Wuw1YzTBCxnd0T/gwFQSasmtzxZi6mmvD7DCjCE+LxJmdhXQ==-k-zJshb0kBH7C2J5I3XXbbEg==-k-o1O+7H9HFAzWbCkftO2ZtPKewS3diSB4zGKOJhMn7LcKRhYr"
	goldenDataKey = "g2F8eQk44QrTbfj09TL17AZyFPgs8BTtZe2j27Wuw1YzTBCxnd0T/gwFQSasmtzxZi6mmvD7DCjCE+LxJmdhXQ==-k-fKVP3WIlGpg8m9LMW4jEkQ==-k-h/nUfRbaTUY7/KWXwuSK1Py+ZFRTK5WQiUz6yQE5XBFUN3UwPOUbl8P3A3caow2rlqTjUw=="
	goldenPair    = "554ef4b3-3071-11ea-a86a-5254006d0810"
	goldenSigner  = "6cdf26d1-44ff-11eb-841c-5254006d0810"
)

func TestKMSGolden(t *testing.T) {
	described := func(id, name string, created int64, state driver.State, word string, deletion time.Time) driver.KeyInfo {
		return driver.KeyInfo{
			ID: id, Name: name, Description: "test cmk", Spec: "ENCRYPT_DECRYPT", Usage: driver.EncryptDecrypt, State: state, Origin: driver.FromProvider,
			CreatedAt: time.Unix(created, 0).UTC(), DeletionAt: deletion, RotationEnabled: true,
			Vendor: map[string]string{"KeyUsage": "ENCRYPT_DECRYPT", "KeyState": word, "Type": "1", "CreatorUin": "1001", "Origin": "TENCENT_KMS", "Owner": "user"},
		}
	}
	second, third := strings.Replace(someKey, "4b01", "4b02", 1), strings.Replace(someKey, "4b01", "4b03", 1)
	enabled := described(someKey, "myalias", 1548210729, driver.Enabled, "Enabled", time.Time{})
	ending := time.Date(2019, 6, 15, 6, 26, 55, 0, time.UTC)
	old := driver.Ciphertext{KeyID: "23e80852-1e38-11e9-b129-5cb9019b0000", Kind: driver.KindDataKey, PlaintextBytes: 16, Blob: []byte("Ade234dasdeEWdGVzdCUyMHBsYWlJJlIHL")}
	plain := &driver.DecryptResponse{KeyID: someKey, Plaintext: []byte("test%20plain%20text")}
	sealedForPair := fromBase64(t, "Fb0UICocErQgNEkYKJagtoKNed7DLeo5UkZzPJMyI94CfWh6yKHGgb/0PBHrCve2Avo4gJI5pJMWP3Aq5ggX0aunLv87UX+sgO1/3HXW+q4ARaiwZ9Q73RQuPg6qJ2Eg33uZ2Xjey3l+5yHiOdZYmCVePtKAsuhxzKw/sALTbGTYYnbJXnGKr3Yu7Hs0hCC1bOz0sNqd1IXdUyMtQtbDOV8NWg2ecdZPIOdbnrCKIQ4rpMUghjSFv3rSHo5VbpuOGPXqEZT4goou42psIXb03li3TXxFZMTAdxVMzpqEuTfRxiMPEqyPEHe6xG92vJX0FZfWU8Y5SxlfXp+mvBbAmw==")
	pairOpens := func(algorithm driver.EncryptionAlgorithm) func(context.Context, *testing.T, *keyService) (any, error) {
		return func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.AsymmetricDecrypt(ctx, &driver.AsymmetricDecryptRequest{Ciphertext: driver.Ciphertext{KeyID: goldenPair, Kind: driver.KindAsymmetric, Algorithm: algorithm, Blob: sealedForPair}})
		}
	}
	signs := driver.SignRequest{KeyID: goldenSigner, Algorithm: driver.SM2SM3, Digest: fromBase64(t, "Zsfw9GLu7dnR8tRr3BDk4kFnxIdc8veiKX2gK49LqOA=")}

	all := map[string]struct {
		do   func(context.Context, *testing.T, *keyService) (any, error)
		want any
	}{
		"list-algorithms": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.SymmetricSpecs(ctx, &driver.SymmetricSpecsRequest{})
		}, &driver.SymmetricSpecsResponse{
			Specs: []driver.Spec{driver.SM4}, Advice: "set kms_symmetric to what they are, or choose another region than ap-guangzhou",
		}},
		"create-key": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.CreateKey(ctx, &driver.CreateKeyRequest{Name: "mykey", Description: "test", Spec: driver.SM4, Usage: driver.EncryptDecrypt, Origin: driver.FromProvider})
		}, &driver.CreateKeyResponse{Key: driver.KeyInfo{
			ID: "9999aed0-4956-11e9-bc70-5254005e86b4", Name: "mykey", Description: "test", Spec: driver.SM4, Usage: driver.EncryptDecrypt,
			State: driver.Enabled, Origin: driver.FromProvider, CreatedAt: time.Date(2019, 3, 18, 8, 19, 50, 0, time.UTC),
		}}},
		"describe-key": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.DescribeKey(ctx, &driver.DescribeKeyRequest{KeyID: someKey})
		}, &driver.DescribeKeyResponse{Key: enabled}},
		"describe-key-pending-delete": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.DescribeKey(ctx, &driver.DescribeKeyRequest{KeyID: second})
		}, &driver.DescribeKeyResponse{Key: described(second, "myalias", 1548210729, driver.PendingDeletion, "PendingDelete", ending)}},
		"list-key-detail": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.ListKeys(ctx, &driver.ListKeysRequest{})
		}, &driver.ListKeysResponse{Cursor: "0.3", Keys: []driver.KeyInfo{
			enabled,
			described(second, "testalias", 1548210730, driver.Disabled, "Disabled", time.Time{}),
			described(third, "testalias2", 1548210730, driver.PendingDeletion, "PendingDelete", ending),
		}}},
		"enable-key": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.EnableKey(ctx, &driver.EnableKeyRequest{KeyID: someKey})
		}, &driver.EnableKeyResponse{}},
		"disable-key": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: someKey})
		}, &driver.DisableKeyResponse{}},
		"schedule-key-deletion": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: someKey, Days: 7})
		}, &driver.ScheduleDeletionResponse{DeletionAt: time.Date(2019, 5, 31, 15, 59, 59, 0, time.UTC)}},
		"cancel-key-deletion": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.CancelDeletion(ctx, &driver.CancelDeletionRequest{KeyID: someKey})
		}, &driver.CancelDeletionResponse{}},
		"update-alias": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.Rename(ctx, &driver.RenameRequest{KeyID: someKey, NewName: "NewAlias"})
		}, &driver.RenameResponse{}},
		"update-key-description": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.SetDescription(ctx, &driver.SetDescriptionRequest{KeyID: someKey, Description: "NewDescription"})
		}, &driver.SetDescriptionResponse{}},
		"enable-key-rotation": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: someKey, Enabled: true, Days: 365})
		}, &driver.SetRotationResponse{}},
		"disable-key-rotation": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: someKey})
		}, &driver.SetRotationResponse{}},
		"rotate-key": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.RotateNow(ctx, &driver.RotateNowRequest{KeyID: "6ce625e3-01a4-11f1-9481-525400faed4b"})
		}, &driver.RotateNowResponse{}},
		"encrypt": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.Encrypt(ctx, &driver.EncryptRequest{KeyID: someKey, Plaintext: []byte("test%20plain%20text")})
		}, &driver.EncryptResponse{Ciphertext: driver.Ciphertext{KeyID: "9999aed0-4956-11e9-bc70-5254005e86b4", Kind: driver.KindData, Blob: []byte(goldenBlob)}}},
		"decrypt": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: old})
		}, plain},
		"generate-data-key": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.GenerateDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: someKey, Bytes: 16})
		}, &driver.GenerateDataKeyResponse{
			Plaintext:  fromBase64(t, "uW9wqntw+FAgnfsIrxOpOA=="),
			Ciphertext: driver.Ciphertext{KeyID: someKey, Kind: driver.KindDataKey, PlaintextBytes: 16, Blob: []byte(goldenDataKey)},
		}},
		"re-encrypt": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.ReEncrypt(ctx, &driver.ReEncryptRequest{Ciphertext: old, NewKeyID: someKey})
		}, &driver.ReEncryptResponse{Ciphertext: driver.Ciphertext{KeyID: someKey, Kind: driver.KindDataKey, PlaintextBytes: 16, Blob: []byte(goldenBlob)}}},
		"asymmetric-rsa-decrypt": {pairOpens(driver.RSAOAEPSHA256), &driver.DecryptResponse{KeyID: goldenPair, Plaintext: []byte("test")}},
		"asymmetric-sm2-decrypt": {pairOpens(driver.SM2Encrypt), &driver.DecryptResponse{KeyID: goldenPair, Plaintext: []byte("test")}},
		"sign": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.Sign(ctx, &signs)
		}, &driver.SignResponse{Signature: fromBase64(t, "MEUCICr/JCV52BqGvI0iYxdZ1eL8zzJjx39mWNv2ZWdLOMvRAiEApO6os3Wj0Tg302fbTBr02IxHO1aCr0Zr41t4hi6yTG8=")}},
		"verify": {func(ctx context.Context, t *testing.T, s *keyService) (any, error) {
			signature := fromBase64(t, "MEUCIQDeO1wB/5dEfprulvh9Zw06UJylDt9R8MQY5qRMjzhXJgIgPKO2kKicFKemwOft8SgniUA692ORrqVEabS3kcbPL8U=")
			return s.Verify(ctx, &driver.VerifyRequest{SignRequest: signs, Signature: signature})
		}, &driver.VerifyResponse{Valid: true}},
		"get-public-key": {func(ctx context.Context, t *testing.T, s *keyService) (any, error) {
			res, err := s.PublicKey(ctx, &driver.PublicKeyRequest{KeyID: goldenPair})
			if err != nil {
				return nil, err
			}
			_, err = x509.ParsePKIXPublicKey(res.DER)
			return len(res.DER), err
		}, 294},
		"generate-random": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.Random(ctx, &driver.RandomRequest{Bytes: 16})
		}, &driver.RandomResponse{Random: fromBase64(t, "17mvQgMl0sbM7OAJ7fpLsA==")}},
		"get-parameters-for-import": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			res, err := s.ImportParameters(ctx, &driver.ImportParametersRequest{KeyID: "1ff78c0d-c54b-11e9-9cc9-5254006d0810", Wrapping: driver.RSAOAEPSHA256})
			if err != nil {
				return nil, err
			}
			_, err = x509.ParsePKIXPublicKey(res.PublicKey)
			return []any{string(res.Token), res.ExpiresAt}, err
		}, []any{
			"Sy+GF4f+XxUan1sfSBfqWQmyJeVO30wcqLEMoW4REpw3adjEFXyCP2yqzV8xdD5GMY4gIZoDfJ33SnnbxDMRND8lzh4mZjzFNM8PsjhYrgVSxIiJOCHupZvD4QcoGco8",
			time.Date(2019, 8, 24, 2, 45, 16, 0, time.UTC),
		}},
		"import-key-material": {func(ctx context.Context, t *testing.T, s *keyService) (any, error) {
			return s.ImportKeyMaterial(ctx, &driver.ImportKeyMaterialRequest{
				KeyID:   someKey,
				Token:   []byte("Sy+GF4f+XxUan1sfSBfqWQmyJeVO30wcqLEMoW4REpxBApJqYG9zc37OM0Z3qT/mvLofzM3hwVJSTzIITcAo6ew3LidOJ3nwNoVNOM2wnrL+g9puwP0GpbbSwTd16X9E"),
				Wrapped: fromBase64(t, "dgqtAzLde+xsR5q3kwOsWu4bst7FaE4sbhhf1OHCMujhjTJTnFGEubKowVFnFC96e2vUvO5fwGvfNcPIDkg6q7iuFviM0BepCmF9Fyk3tluJVRf/Nv8FCccANXmsZDPxtSHdcD00/dQg1i2BIaLMP3/VFBDVEK7AzRhlTkrNiout4pavGSCAF+uBl2Vmnq6fF4DT37B0Q0WQ4NyfUwDCSR0VSF9vwqommhudJUhv4+21xHMgUCdbFvVoOmZP/Md5Sb4rbMbWi5qRpLusi8W3KKTyJ8onp7UC+0qi6DTw4XCq4UPniFNJXIxUOSVXpZHQKFCJXr6/cxNAci8eMTTwfA=="),
			})
		}, &driver.ImportKeyMaterialResponse{}},
		"delete-imported-key-material": {func(ctx context.Context, _ *testing.T, s *keyService) (any, error) {
			return s.DeleteKeyMaterial(ctx, &driver.DeleteKeyMaterialRequest{KeyID: someKey})
		}, &driver.DeleteKeyMaterialResponse{}},
	}
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			got, err := c.do(t.Context(), t, goldenKeys(t, name+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %#v\nwant %#v", got, c.want)
			}
		})
	}
	drivertest.CheckPlayed(t, "testdata/kms/*.txt", all)
}
