package alibaba

import (
	"context"
	"encoding/base64"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/replay"
)

// goldenKMS opens the service on a server that knows one exchange of a page of the vendor's, and wants just that.
func goldenKMS(t *testing.T, file string) *keyService {
	t.Helper()
	server := replay.Server(t, file, replay.RequireAll(), replay.NoOtherHeaders(),
		replay.MatchHeaders("Host", "Cookie", "X-Acs-Accesskey-Id", "X-Acs-Security-Token"))
	s, err := openKMS(t, map[string]string{
		"access_key_id": canaryID, "access_key_secret": canaryKey, "region": "cn-hangzhou", "kms_endpoint": "http://kms.cn-hangzhou.aliyuncs.com", "allow_plaintext": "true",
	}, providers.Host{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", server.Listener.Addr().String())
	}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The ids of the pages.
const (
	pageKey     = "1234abcd-12ab-34cd-56ef-12345678****"
	pagePair    = "5c438b18-05be-40ad-b6c2-3be6752c****"
	pageVersion = "2ab1a983-7072-4bbc-a582-584b5bd8****"
	pageNewKey  = "key-hzz62f1cb66fa42qo****"
	pageAlias   = "08c33a6f-4e0a-4a1b-a3fa-7ddfa1d4xxxx"
	pageContext = `{"Example":"Example"}`
)

func onDay(text string) time.Time {
	at, err := time.Parse(time.DateTime, text)
	if err != nil {
		panic(err)
	}
	return at
}

// pageValue returns the last value of a field, which is that of the reply, in an exchange.
func pageValue(t *testing.T, file, field string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "kms", file))
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile(`\n *"`+field+`": "([^"]*)"`).FindAllSubmatch(text, -1)
	return string(all[len(all)-1][1])
}

func fromBase64(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestKMSGolden(t *testing.T) {
	blob := []byte(pageValue(t, "generate-data-key.txt", "CiphertextBlob"))
	signature := fromBase64(t, pageValue(t, "asymmetric-sign.txt", "Value"))
	digest := fromBase64(t, "ZOyIygCyaOW6GjVnihtTFtIS9PNmskdyMlNKiuyjfzw=")
	material := fromBase64(t, "bCPZx7I6v6KXsqEpr2OXKxuj2CCRtKdwp75Bw+BGncYqBdfjFBYRtOE6HRlT0oeiRDWzwnw9OA54OL36smDJrq4Lo9x0CyYDiuKnRkcKtMtlzW0din7Pd7IlZWWRdVueiw2qpzl7PkUWQGTdsdbzpfJJQ+qj/cRIrk/E83UGyeyytSpgnb+lu0xEYcPajRyWNsbi98N3pqqQzHXNNHO2NJqHlnQgglqTiBEjkGeKFhfKmTc3vjulIdVa3EaVIN6lwWfgx+UUYSrvbA77WDYKlDsZ4SbK2/T7za9Tp1qU7Ynqba7OKGVVj7PMbiaO80AxWZnjUMYCgEp5w7V+seOXqw==")
	importKey := fromBase64(t, pageValue(t, "get-parameters-for-import.txt", "PublicKey"))
	sign := driver.SignRequest{KeyID: pagePair, KeyVersion: pageVersion, Algorithm: driver.RSAPSSSHA256, Digest: digest}
	tag := []driver.Tag{{Key: "disk-encryption", Value: "true"}}
	pairBlob := fromBase64(t, "BQKP+1zK6+ZEMxTP5qaVzcsgXtWplYBKm0NXdSnB5FzliFxE1bSiu4dnEIlca2JpeH7yz1/S6fed630H+hIH6DoM25fTLNcKj+mFB0Xnh9m2+HN59Mn4qyTfcUeadnfCXSWcGBouhXFwcdd2rJ3n337bzTf4jm659gZu3L0i6PLuxM9p7mqdwO0cKJPfGVfhnfMz+f4alMg79WB/NNyE2lyX7/qxvV49ObNrrJbKSFiz8Djocaf0IESNLMbfYI5bXjWkJlX92DQbKhibtQW8ZOJ//ZC6t0AWcUoKL6QDm/dg5koQalcleRinpB+QadFm894sLbVZ9+N4GVsv1Wbjwg==")

	created := driver.KeyInfo{
		ID: "d6bee1cb-2e14-4277-ba6b-73786b21****", Spec: driver.AES256, Usage: driver.EncryptDecrypt, State: driver.Enabled, Origin: driver.FromProvider,
		CreatedAt: onDay("2021-04-12 06:00:54"), Resource: "acs:kms:cn-qingdao:154035569884****:key/d6bee1cb-2e14-4277-ba6b-73786b21****",
		Vendor: map[string]string{"KeySpec": "Aliyun_AES_256", "KeyUsage": "ENCRYPT/DECRYPT", "KeyState": "Enabled", "Origin": "Aliyun_KMS", "ProtectionLevel": "SOFTWARE",
			"Creator": "154035569884****", "PrimaryKeyVersion": "7ce1d081-06cb-42e6-aab6-5c5de030****", "LastRotationDate": "2021-04-12T06:00:54Z", "AutomaticRotation": "Disabled"},
	}
	describedKey := driver.KeyInfo{
		ID: "05754286-3ba2-4fa6-8d41-4323aca6****", Spec: driver.AES256, Usage: driver.EncryptDecrypt, State: driver.Enabled, Origin: driver.FromProvider,
		CreatedAt: onDay("2021-05-20 06:34:21"), Resource: "acs:kms:cn-hangzhou:154035569884****:key/05754286-3ba2-4fa6-8d41-4323aca6****",
		Vendor: map[string]string{"KeySpec": "Aliyun_AES_256", "KeyUsage": "ENCRYPT/DECRYPT", "KeyState": "Enabled", "Origin": "Aliyun_KMS", "ProtectionLevel": "HSM",
			"Creator": "154035569884****", "PrimaryKeyVersion": "515e0b0a-624f-45ab-92b5-54f9b551****", "LastRotationDate": "2021-05-20T06:34:21Z", "AutomaticRotation": "Disabled",
			"DeletionProtection": "Enabled"},
	}
	type test struct {
		do   func(context.Context, *keyService) (any, error)
		want any
	}
	failed := func(want ...any) test {
		return test{func(ctx context.Context, s *keyService) (any, error) {
			id := describedKey.ID
			if want[1] == "IllegalTimestamp" {
				id = pageKey
			}
			_, err := s.DescribeKey(ctx, &driver.DescribeKeyRequest{KeyID: id})
			return summary(err), nil
		}, want}
	}
	all := map[string]test{
		"create-key": {func(ctx context.Context, s *keyService) (any, error) {
			return s.CreateKey(ctx, &driver.CreateKeyRequest{Spec: driver.AES256, Usage: driver.EncryptDecrypt, Origin: driver.FromProvider})
		}, &driver.CreateKeyResponse{Key: created}},
		"describe-key": {func(ctx context.Context, s *keyService) (any, error) {
			return s.DescribeKey(ctx, &driver.DescribeKeyRequest{KeyID: describedKey.ID})
		}, &driver.DescribeKeyResponse{Key: describedKey}},
		"describe-key-missing": failed(errs.NotFound, "Forbidden.KeyNotFound", "e85db688-a2d3-44ca-9790-4259f59e90d8", 404, errs.NotApplied, errs.Permanent),
		"illegal-timestamp":    failed(errs.Unauthenticated, "IllegalTimestamp", "e85db688-a2d3-44ca-9790-4259f59e90d8", 400, errs.NotApplied, errs.Temporary),
		"list-keys": {func(ctx context.Context, s *keyService) (any, error) {
			return s.ListKeys(ctx, &driver.ListKeysRequest{})
		},
			&driver.ListKeysResponse{Keys: []driver.KeyInfo{
				{ID: "80e9409f-78fa-42ab-84bd-83f40c81****", Resource: "acs:kms:cn-hangzhou:123456:key/80e9409f-78fa-42ab-84bd-83f40c81****"},
				{ID: "8fbb1226-a06f-4c57-8887-daa5b627****", Resource: "acs:kms:cn-hangzhou:123456:key/8fbb1226-a06f-4c57-8887-daa5b627****"}}}},
		"enable-key": {func(ctx context.Context, s *keyService) (any, error) {
			return s.EnableKey(ctx, &driver.EnableKeyRequest{KeyID: pageKey})
		}, &driver.EnableKeyResponse{}},
		"disable-key": {func(ctx context.Context, s *keyService) (any, error) {
			return s.DisableKey(ctx, &driver.DisableKeyRequest{KeyID: pageKey})
		}, &driver.DisableKeyResponse{}},
		"schedule-key-deletion": {func(ctx context.Context, s *keyService) (any, error) {
			return s.ScheduleDeletion(ctx, &driver.ScheduleDeletionRequest{KeyID: pageKey, Days: 7})
		}, &driver.ScheduleDeletionResponse{}},
		"cancel-key-deletion": {func(ctx context.Context, s *keyService) (any, error) {
			return s.CancelDeletion(ctx, &driver.CancelDeletionRequest{KeyID: pageKey})
		}, &driver.CancelDeletionResponse{}},
		"update-key-description": {func(ctx context.Context, s *keyService) (any, error) {
			return s.SetDescription(ctx, &driver.SetDescriptionRequest{KeyID: pageKey, Description: "key description example"})
		}, &driver.SetDescriptionResponse{}},
		"create-alias": {func(ctx context.Context, s *keyService) (any, error) {
			return s.CreateAlias(ctx, &driver.CreateAliasRequest{KeyID: pageKey, Alias: "example"})
		}, &driver.CreateAliasResponse{}},
		"delete-alias": {func(ctx context.Context, s *keyService) (any, error) {
			return s.DeleteAlias(ctx, &driver.DeleteAliasRequest{KeyID: pageKey, Alias: "example"})
		}, &driver.DeleteAliasResponse{}},
		"list-aliases-by-key-id": {func(ctx context.Context, s *keyService) (any, error) {
			return s.ListAliases(ctx, &driver.ListAliasesRequest{KeyID: pageAlias})
		}, &driver.ListAliasesResponse{Aliases: []string{"ExampleAlias1"}}},
		"list-key-versions": {func(ctx context.Context, s *keyService) (any, error) {
			return s.ListVersions(ctx, &driver.ListVersionsRequest{KeyID: "0b30658a-ed1a-4922-b8f7-a673ca9c440b"})
		}, &driver.ListVersionsResponse{Versions: []driver.KeyVersion{
			{ID: "1e3304fd-68ac-4d5b-8886-ae5f01a1af61", CreatedAt: onDay("2019-08-06 10:22:03")},
			{ID: "2ab1a983-7072-4bbc-a582-584b5bd8ecf3", CreatedAt: onDay("2019-08-06 10:19:18")},
			{ID: "6a69c763-388a-4708-9fc0-4322266bf2d0", CreatedAt: onDay("2019-08-06 10:17:04")}}}},
		"encrypt": {func(ctx context.Context, s *keyService) (any, error) {
			return s.Encrypt(ctx, &driver.EncryptRequest{KeyID: "your-key-id", Plaintext: []byte("Hello world"), Context: pageContext})
		}, &driver.EncryptResponse{Ciphertext: driver.Ciphertext{KeyID: "your-key-id", Kind: driver.KindData, Blob: []byte("CiphertextBlob")}}},
		"decrypt": {func(ctx context.Context, s *keyService) (any, error) {
			return s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: driver.Ciphertext{Kind: driver.KindData, Blob: blob}, Context: pageContext})
		}, &driver.DecryptResponse{KeyID: "202b9877-5a25-46e3-a763-e20791b5****", Plaintext: []byte("Hello world")}},
		"generate-data-key": {func(ctx context.Context, s *keyService) (any, error) {
			return s.GenerateDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: "599fa825-17de-417e-9554-bb032cc6****", Bytes: 24})
		}, &driver.GenerateDataKeyResponse{Plaintext: []byte("Base64 encoded plaintext"), Ciphertext: driver.Ciphertext{
			KeyID: "599fa825-17de-417e-9554-bb032cc6****", KeyVersion: pageVersion, Kind: driver.KindDataKey, PlaintextBytes: 24, Blob: blob}}},
		"generate-data-key-without-plaintext": {func(ctx context.Context, s *keyService) (any, error) {
			return s.GenerateWrappedDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: "599fa825-17de-417e-9554-bb032cc6****", Bytes: 32, Context: pageContext})
		}, &driver.GenerateDataKeyResponse{Ciphertext: driver.Ciphertext{
			KeyID: "599fa825-17de-417e-9554-bb032cc6****", KeyVersion: "2ab1a983-7072-4bbc-a582-584b5bd8ecf3", Kind: driver.KindDataKey, PlaintextBytes: 32, Blob: []byte("CiphertextBlob")}}},
		"re-encrypt": {func(ctx context.Context, s *keyService) (any, error) {
			return s.ReEncrypt(ctx, &driver.ReEncryptRequest{Ciphertext: driver.Ciphertext{Kind: driver.KindDataKey, PlaintextBytes: 24, Blob: blob}, NewKeyID: pageKey})
		}, &driver.ReEncryptResponse{Ciphertext: driver.Ciphertext{Kind: driver.KindDataKey, PlaintextBytes: 24,
			Blob: []byte("DZhOWVmZDktM2QxNi00ODk0LWJkNGYtMWZjNDNmM2YyYWJmaaSl+TztSIMe43nbTH/Z1Wr4XfLftKhAciUmDQXuMRl4WTvKhxjMThjK****")}}},
		"asymmetric-encrypt": {func(ctx context.Context, s *keyService) (any, error) {
			return s.AsymmetricEncrypt(ctx, &driver.AsymmetricEncryptRequest{KeyID: pagePair, KeyVersion: pageVersion, Algorithm: driver.RSAOAEPSHA256, Plaintext: []byte("Hello world")})
		}, &driver.EncryptResponse{Ciphertext: driver.Ciphertext{KeyID: pagePair, KeyVersion: pageVersion, Kind: driver.KindAsymmetric, Algorithm: driver.RSAOAEPSHA256,
			Blob: fromBase64(t, pageValue(t, "asymmetric-encrypt.txt", "CiphertextBlob"))}}},
		"asymmetric-decrypt": {func(ctx context.Context, s *keyService) (any, error) {
			return s.AsymmetricDecrypt(ctx, &driver.AsymmetricDecryptRequest{Ciphertext: driver.Ciphertext{
				KeyID: pagePair, KeyVersion: pageVersion, Kind: driver.KindAsymmetric, Algorithm: driver.RSAOAEPSHA256, Blob: pairBlob}})
		}, &driver.DecryptResponse{KeyID: pagePair, Plaintext: []byte("Hello world")}},
		"asymmetric-sign": {func(ctx context.Context, s *keyService) (any, error) { return s.Sign(ctx, &sign) },
			&driver.SignResponse{KeyVersion: pageVersion, Signature: signature}},
		"asymmetric-verify": {func(ctx context.Context, s *keyService) (any, error) {
			return s.Verify(ctx, &driver.VerifyRequest{SignRequest: sign, Signature: signature})
		}, &driver.VerifyResponse{Valid: true}},
		"get-public-key": {func(ctx context.Context, s *keyService) (any, error) {
			return s.PublicKey(ctx, &driver.PublicKeyRequest{KeyID: pagePair, KeyVersion: pageVersion})
		}, &driver.PublicKeyResponse{DER: importKey}},
		"get-parameters-for-import": {func(ctx context.Context, s *keyService) (any, error) {
			return s.ImportParameters(ctx, &driver.ImportParametersRequest{KeyID: pageKey, Wrapping: driver.RSAOAEPSHA256})
		}, &driver.ImportParametersResponse{PublicKey: importKey, Token: []byte("Base64String"), ExpiresAt: onDay("2018-01-25 00:01:02")}},
		"import-key-material": {func(ctx context.Context, s *keyService) (any, error) {
			return s.ImportKeyMaterial(ctx, &driver.ImportKeyMaterialRequest{KeyID: pageKey, Wrapped: material, Token: []byte("Base64String")})
		}, &driver.ImportKeyMaterialResponse{}},
		"delete-key-material": {func(ctx context.Context, s *keyService) (any, error) {
			return s.DeleteKeyMaterial(ctx, &driver.DeleteKeyMaterialRequest{KeyID: pageKey})
		}, &driver.DeleteKeyMaterialResponse{}},
		"update-rotation-policy": {func(ctx context.Context, s *keyService) (any, error) {
			return s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: pageNewKey, Enabled: true, Days: 30})
		}, &driver.SetRotationResponse{}},
		"tag-resources": {func(ctx context.Context, s *keyService) (any, error) {
			return s.SetTags(ctx, &driver.SetTagsRequest{KeyID: pageNewKey, Tags: tag})
		}, &driver.SetTagsResponse{}},
		"untag-resources": {func(ctx context.Context, s *keyService) (any, error) {
			return s.RemoveTags(ctx, &driver.RemoveTagsRequest{KeyID: pageNewKey, Tags: tag})
		}, &driver.RemoveTagsResponse{}},
		"list-tag-resources": {func(ctx context.Context, s *keyService) (any, error) {
			return s.ListTags(ctx, &driver.ListTagsRequest{KeyID: pageNewKey})
		}, &driver.ListTagsResponse{Tags: tag}},
	}
	files, err := filepath.Glob("testdata/kms/*.txt")
	if err != nil || len(files) != len(all) {
		t.Errorf("%d files, %d tests: %v", len(files), len(all), err)
	}
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			got, err := c.do(t.Context(), goldenKMS(t, filepath.Join("testdata", "kms", name+".txt")))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", reflect.ValueOf(got).Elem().Interface(), reflect.ValueOf(c.want).Elem().Interface())
			}
		})
	}
}
