package emulator_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/kms"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// newKMSSDK is the vendor's own client, pointed at the emulator and otherwise as it comes.
func newKMSSDK(em *emulator.AlibabaKMS, credential auth.Credential) (*kms.Client, error) {
	client, err := kms.NewClientWithOptions(em.Region(), sdk.NewConfig().WithScheme("HTTP"), credential)
	if err == nil {
		client.Domain = strings.TrimPrefix(em.URL(), "http://")
	}
	return client, err
}

// kmsOK takes a reply of the vendor's client, which has to be no error.
func kmsOK[T any](reply T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
}

func kmsRefused[T any](t *testing.T, status int, code string) func(T, error) {
	return func(_ T, err error) {
		t.Helper()
		var server *sdkerrors.ServerError
		if !errors.As(err, &server) || server.HttpStatus() != status || server.ErrorCode() != code || server.RequestId() == "" {
			t.Fatal(err)
		}
	}
}

func TestAlibabaKMSSDK(t *testing.T) {
	em := emulator.NewAlibabaKMS()
	defer em.Close()
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	client, err := newKMSSDK(em, credentials.NewAccessKeyCredential(em.AccessKeyID(), em.AccessKeySecret()))
	if err != nil {
		t.Fatal(err)
	}

	create := kms.CreateCreateKeyRequest()
	create.Description, create.Tags = "orders", `[{"TagKey":"team","TagValue":"a b"}]`
	create.EnableAutomaticRotation, create.RotationInterval = requests.NewBoolean(true), "365d"
	kmsRefused[*kms.CreateKeyResponse](t, 400, "InvalidParameter")(client.CreateKey(create))
	create.Tags = `[{"TagKey":"team","TagValue":"a"}]`
	meta := kmsOK(client.CreateKey(create))(t).KeyMetadata
	if meta.KeyState != "Enabled" || meta.RotationInterval != "31536000s" || meta.Description != "orders" || meta.PrimaryKeyVersion == "" {
		t.Fatal(meta)
	}
	alias := kms.CreateCreateAliasRequest()
	alias.KeyId, alias.AliasName = meta.KeyId, "alias/orders"
	kmsOK(client.CreateAlias(alias))(t)
	kmsRefused[*kms.CreateAliasResponse](t, 400, "AliasAlreadyExists")(client.CreateAlias(alias))
	if list := kmsOK(client.ListAliases(kms.CreateListAliasesRequest()))(t); list.TotalCount != 2 || list.Aliases.Alias[1].AliasName != "alias/orders" {
		t.Fatal(list)
	}
	describe := kms.CreateDescribeKeyRequest()
	describe.KeyId = "alias/orders"
	if got := kmsOK(client.DescribeKey(describe))(t).KeyMetadata; got.KeyId != meta.KeyId || got.AutomaticRotation != "Enabled" || got.NextRotationDate == "" {
		t.Fatal(got)
	}
	keys := kms.CreateListKeysRequest()
	keys.Filters, keys.PageSize = `[{"Key":"CreatorType","Values":["User"]}]`, requests.NewInteger(100)
	if got := kmsOK(client.ListKeys(keys))(t); got.TotalCount != 1 || got.Keys.Key[0].KeyId != meta.KeyId || got.PageSize != 100 {
		t.Fatal(got)
	}

	const plain = "hello ~*+/= 世界"
	encrypt := kms.CreateEncryptRequest()
	encrypt.KeyId, encrypt.Plaintext, encrypt.EncryptionContext = "alias/orders", base64.StdEncoding.EncodeToString([]byte(plain)), `{"a":"1","b":"2"}`
	sealed := kmsOK(client.Encrypt(encrypt))(t)
	decrypt := kms.CreateDecryptRequest()
	decrypt.CiphertextBlob, decrypt.EncryptionContext = sealed.CiphertextBlob, `{"b":"2","a":"1"}`
	opened := kmsOK(client.Decrypt(decrypt))(t)
	if raw, err := base64.StdEncoding.DecodeString(opened.Plaintext); err != nil || string(raw) != plain || opened.KeyVersionId != meta.PrimaryKeyVersion {
		t.Fatal(opened, err)
	}
	decrypt = kms.CreateDecryptRequest() // requests keep what was once in them
	decrypt.CiphertextBlob = sealed.CiphertextBlob
	kmsRefused[*kms.DecryptResponse](t, 400, "UnsupportedOperation")(client.Decrypt(decrypt))
	data := kms.CreateGenerateDataKeyRequest()
	data.KeyId, data.NumberOfBytes = meta.KeyId, requests.NewInteger(24)
	key := kmsOK(client.GenerateDataKey(data))(t)
	decrypt.CiphertextBlob = key.CiphertextBlob
	if got := kmsOK(client.Decrypt(decrypt))(t); got.Plaintext != key.Plaintext || len(key.Plaintext) != 32 {
		t.Fatal(got)
	}

	create = kms.CreateCreateKeyRequest()
	create.KeySpec = "RSA_2048"
	kmsRefused[*kms.CreateKeyResponse](t, 400, "UnsupportedOperation")(client.CreateKey(create))
	create.DKMSInstanceId = em.InstanceID()
	pair := kmsOK(client.CreateKey(create))(t).KeyMetadata
	versions := kms.CreateListKeyVersionsRequest()
	versions.KeyId = pair.KeyId
	version := kmsOK(client.ListKeyVersions(versions))(t).KeyVersions.KeyVersion[0].KeyVersionId
	digest := sha256.Sum256([]byte(plain))
	sign := kms.CreateAsymmetricSignRequest()
	sign.KeyId, sign.KeyVersionId, sign.Algorithm, sign.Digest = pair.KeyId, version, "RSA_PSS_SHA_256", base64.StdEncoding.EncodeToString(digest[:])
	signed := kmsOK(client.AsymmetricSign(sign))(t)
	verify := kms.CreateAsymmetricVerifyRequest()
	verify.KeyId, verify.KeyVersionId, verify.Algorithm, verify.Digest, verify.Value = pair.KeyId, version, sign.Algorithm, sign.Digest, signed.Value
	if !kmsOK(client.AsymmetricVerify(verify))(t).Value {
		t.Fatal("not valid")
	}
	public := kms.CreateGetPublicKeyRequest()
	public.KeyId, public.KeyVersionId = pair.KeyId, version
	block, _ := pem.Decode([]byte(kmsOK(client.GetPublicKey(public))(t).PublicKey))
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	signature, _ := base64.StdEncoding.DecodeString(signed.Value)
	if err := rsa.VerifyPSS(parsed.(*rsa.PublicKey), crypto.SHA256, digest[:], signature, nil); err != nil {
		t.Fatal(err)
	}

	tag := kms.CreateTagResourcesRequest()
	tag.ResourceType, tag.ResourceId, tag.Tag = "key", &[]string{meta.KeyId}, &[]kms.TagResourcesTag{{Key: "x", Value: "1"}, {Key: "y", Value: "2"}}
	kmsOK(client.TagResources(tag))(t)
	tags := kms.CreateListTagResourcesRequest()
	tags.ResourceType, tags.ResourceId = "key", &[]string{meta.KeyId}
	if got := kmsOK(client.ListTagResources(tags))(t).TagResources.TagResource; len(got) != 3 || got[1].TagKey != "x" || got[2].TagValue != "2" {
		t.Fatal(got)
	}

	schedule := kms.CreateScheduleKeyDeletionRequest()
	schedule.KeyId, schedule.PendingWindowInDays = meta.KeyId, requests.NewInteger(7)
	kmsOK(client.ScheduleKeyDeletion(schedule))(t)
	kmsRefused[*kms.EncryptResponse](t, 409, "Rejected.PendingDeletion")(client.Encrypt(encrypt))
	cancel := kms.CreateCancelKeyDeletionRequest()
	cancel.KeyId = meta.KeyId
	kmsOK(client.CancelKeyDeletion(cancel))(t)
	describe.KeyId = "key-hzz"
	kmsRefused[*kms.DescribeKeyResponse](t, 404, "Forbidden.KeyNotFound")(client.DescribeKey(describe))
	em.Inject(emulator.Fault{Action: "DescribeKey", Code: "Rejected.Throttling", Times: 1})
	kmsRefused[*kms.DescribeKeyResponse](t, 429, "Rejected.Throttling")(client.DescribeKey(describe))

	nobody, err := newKMSSDK(em, credentials.NewAccessKeyCredential("nobody", em.AccessKeySecret()))
	if err != nil {
		t.Fatal(err)
	}
	kmsRefused[*kms.DescribeKeyResponse](t, 404, "InvalidAccessKeyId.NotFound")(nobody.DescribeKey(describe))
	wrong, err := newKMSSDK(em, credentials.NewAccessKeyCredential(em.AccessKeyID(), "wrong"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wrong.DescribeKey(describe); err == nil || !strings.Contains(err.Error(), "SignatureDoesNotMatch") {
		t.Fatal(err)
	}
	id, secret, token := em.IssueSTS(1 << 40)
	sts, err := newKMSSDK(em, credentials.NewStsTokenCredential(id, secret, token))
	if err != nil {
		t.Fatal(err)
	}
	kmsOK(sts.ListKeys(keys))(t)
}

// The vendor's own client talks to the emulator as it does to the cloud.
func ExampleAlibabaKMS() {
	em := emulator.NewAlibabaKMS()
	defer em.Close()
	client, err := newKMSSDK(em, credentials.NewAccessKeyCredential(em.AccessKeyID(), em.AccessKeySecret()))
	if err != nil {
		fmt.Println(err)
		return
	}
	key, err := client.CreateKey(kms.CreateCreateKeyRequest())
	if err != nil {
		fmt.Println(err)
		return
	}
	encrypt := kms.CreateEncryptRequest()
	encrypt.KeyId, encrypt.Plaintext = key.KeyMetadata.KeyId, base64.StdEncoding.EncodeToString([]byte("hello"))
	sealed, err := client.Encrypt(encrypt)
	if err != nil {
		fmt.Println(err)
		return
	}
	decrypt := kms.CreateDecryptRequest()
	decrypt.CiphertextBlob = sealed.CiphertextBlob
	opened, err := client.Decrypt(decrypt)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(key.KeyMetadata.KeySpec, key.KeyMetadata.KeyState, opened.Plaintext)
	// Output: Aliyun_AES_256 Enabled aGVsbG8=
}
