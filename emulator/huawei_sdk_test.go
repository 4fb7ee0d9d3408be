package emulator_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	kms "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/kms/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/kms/v2/model"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// vendorHuawei makes the vendor's own client.
func vendorHuawei(t testing.TB, endpoint string, credential *basic.CredentialsBuilder, set func(*core.HcHttpClientBuilder)) *kms.KmsClient {
	t.Helper()
	c, err := credential.SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	// Without a user agent of our own it keeps a file in the home directory.
	builder := kms.KmsClientBuilder().WithEndpoint(endpoint).WithHttpConfig(config.DefaultHttpConfig().WithUserAgent("test")).WithCredential(c)
	if set != nil {
		set(builder)
	}
	client, err := builder.SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	return kms.NewKmsClient(client)
}

func huaweiPermanent() *basic.CredentialsBuilder {
	return basic.NewCredentialsBuilder().WithAk(emulator.HuaweiAccessKey).WithSk(emulator.HuaweiSecretKey).WithProjectId(emulator.HuaweiProjectID)
}

// must is a call of the vendor's that has to succeed.
func must[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// huaweiVendorCode checks the code, the status and the request id of an error of the vendor's.
func huaweiVendorCode(t testing.TB, err error, status int, code string) {
	t.Helper()
	var failure *sdkerr.ServiceResponseError
	if !errors.As(err, &failure) || failure.ErrorCode != code || failure.StatusCode != status || failure.RequestId == "" || failure.ErrorMessage == "" {
		t.Errorf("want %d %s, got %v", status, code, err)
	}
}

func p[T any](v T) *T { return &v }

func TestHuaweiVendorKeys(t *testing.T) {
	em := emulator.NewHuaweiKMS(emulator.WithoutRateLimit())
	defer em.Close()
	v := vendorHuawei(t, em.URL(), huaweiPermanent(), nil)
	usages := model.GetCreateKeyRequestBodyKeyUsageEnum()
	made := must[*model.CreateKeyResponse](t)(v.CreateKey(&model.CreateKeyRequest{Body: &model.CreateKeyRequestBody{
		KeyAlias: "orders", KeyDescription: p("<é>"), KeyUsage: &usages.ENCRYPT_DECRYPT, Sequence: p("919c82d4-8046-4722-9094-35c3c6524cff"),
	}}))
	id := *made.KeyInfo.KeyId
	operate := &model.OperateKeyRequestBody{KeyId: id}
	detail := must[*model.ListKeyDetailResponse](t)(v.ListKeyDetail(&model.ListKeyDetailRequest{Body: operate})).KeyInfo
	if *detail.KeyAlias != "orders" || *detail.KeyDescription != "<é>" || *detail.KeyState != "2" || detail.KeySpec.Value() != "AES_256" || *detail.KeyRotationEnabled != "false" {
		t.Error(detail)
	}
	must[*model.UpdateKeyAliasResponse](t)(v.UpdateKeyAlias(&model.UpdateKeyAliasRequest{Body: &model.UpdateKeyAliasRequestBody{KeyId: id, KeyAlias: "o2"}}))
	must[*model.UpdateKeyDescriptionResponse](t)(v.UpdateKeyDescription(&model.UpdateKeyDescriptionRequest{
		Body: &model.UpdateKeyDescriptionRequestBody{KeyId: id, KeyDescription: ""}}))
	if r := must[*model.DisableKeyResponse](t)(v.DisableKey(&model.DisableKeyRequest{Body: operate})); *r.KeyInfo.KeyState != "3" {
		t.Error(r)
	}
	must[*model.EnableKeyResponse](t)(v.EnableKey(&model.EnableKeyRequest{Body: operate}))
	all := model.GetListKeysRequestBodyKeySpecEnum().ALL
	list := must[*model.ListKeysResponse](t)(v.ListKeys(&model.ListKeysRequest{Body: &model.ListKeysRequestBody{KeySpec: &all, Limit: p("1")}}))
	if len(*list.Keys) != 1 || *list.NextMarker != "1" || list.Truncated.Value() != "true" || *list.Total != 2 || *(*list.KeyDetails)[0].KeyAlias != "o2" {
		t.Error(list)
	}
	must[*model.EnableKeyRotationResponse](t)(v.EnableKeyRotation(&model.EnableKeyRotationRequest{Body: operate}))
	must[*model.UpdateKeyRotationIntervalResponse](t)(v.UpdateKeyRotationInterval(&model.UpdateKeyRotationIntervalRequest{
		Body: &model.UpdateKeyRotationIntervalRequestBody{KeyId: id, RotationInterval: 30}}))
	if r := must[*model.ShowKeyRotationStatusResponse](t)(v.ShowKeyRotationStatus(&model.ShowKeyRotationStatusRequest{Body: operate})); !*r.KeyRotationEnabled || *r.RotationInterval != 30 {
		t.Error(r)
	}
	must[*model.DisableKeyRotationResponse](t)(v.DisableKeyRotation(&model.DisableKeyRotationRequest{Body: operate}))

	must[*model.CreateKmsTagResponse](t)(v.CreateKmsTag(&model.CreateKmsTagRequest{KeyId: id, Body: &model.CreateKmsTagRequestBody{Tag: &model.TagItem{Key: "a b", Value: p("é")}}}))
	must[*model.BatchCreateKmsTagsResponse](t)(v.BatchCreateKmsTags(&model.BatchCreateKmsTagsRequest{
		KeyId: id, Body: &model.BatchCreateKmsTagsRequestBody{Action: "create", Tags: []model.TagItem{{Key: "env", Value: p("prod")}}}}))
	if r := must[*model.ShowKmsTagsResponse](t)(v.ShowKmsTags(&model.ShowKmsTagsRequest{KeyId: id})); *r.ExistTagsNum != 2 || *(*r.Tags)[0].Value != "é" {
		t.Error(r)
	}
	must[*model.DeleteTagResponse](t)(v.DeleteTag(&model.DeleteTagRequest{KeyId: id, Key: "a b"}))
	if r := must[*model.ListKmsTagsResponse](t)(v.ListKmsTags(&model.ListKmsTagsRequest{})); len(*r.Tags) != 1 || (*(*r.Tags)[0].Values)[0] != "prod" {
		t.Error(r)
	}
	found := must[*model.ListKmsByTagsResponse](t)(v.ListKmsByTags(&model.ListKmsByTagsRequest{ResourceInstances: "resource_instances", Body: &model.ListKmsByTagsRequestBody{
		Action: p("filter"), Limit: p("10"), Offset: p("0"), Tags: &[]model.Tag{{Key: p("env"), Values: &[]string{"prod"}}}}}))
	if *found.TotalCount != 1 || *(*found.Resources)[0].ResourceId != id {
		t.Error(found)
	}

	if r := must[*model.CreateAliasResponse](t)(v.CreateAlias(&model.CreateAliasRequest{Body: &model.CreateAliasRequestBody{KeyId: id, Alias: "alias/x"}})); r.HttpStatusCode != 201 || *r.Alias != "alias/x" {
		t.Error(r)
	}
	must[*model.AssociateAliasResponse](t)(v.AssociateAlias(&model.AssociateAliasRequest{Body: &model.AssociateAliasRequestBody{Alias: "alias/x", TargetKeyId: id}}))
	if r := must[*model.ListAliasesResponse](t)(v.ListAliases(&model.ListAliasesRequest{KeyId: &id, Limit: p("5"), Marker: p("a")})); len(*r.Body) != 1 || (*r.Body)[0].Aliases[0].Alias != "alias/x" {
		t.Error(r)
	}
	must[*model.DeleteAliasResponse](t)(v.DeleteAlias(&model.DeleteAliasRequest{Body: &model.DeleteAliasRequestBody{KeyId: id, Aliases: []string{"alias/x"}}}))
	if r := must[*model.ShowUserQuotasResponse](t)(v.ShowUserQuotas(&model.ShowUserQuotasRequest{})); *(*r.Quotas.Resources)[0].Used != 1 {
		t.Error(r)
	}
	if r := must[*model.ShowUserInstancesResponse](t)(v.ShowUserInstances(&model.ShowUserInstancesRequest{})); *r.InstanceNum != 1 {
		t.Error(r)
	}
	if r := must[*model.DeleteKeyResponse](t)(v.DeleteKey(&model.DeleteKeyRequest{Body: &model.ScheduleKeyDeletionRequestBody{KeyId: id, PendingDays: "7"}})); *r.KeyState != "4" {
		t.Error(r)
	}
	if r := must[*model.CancelKeyDeletionResponse](t)(v.CancelKeyDeletion(&model.CancelKeyDeletionRequest{Body: operate})); *r.KeyState != "3" {
		t.Error(r)
	}
	_, err := v.DisableKey(&model.DisableKeyRequest{Body: operate})
	huaweiVendorCode(t, err, 400, "KMS.1301")
	_, err = v.DisableKey(&model.DisableKeyRequest{Body: &model.OperateKeyRequestBody{KeyId: huaweiNoKey}})
	huaweiVendorCode(t, err, 404, "KMS.0207")
	_, err = v.ListGrants(&model.ListGrantsRequest{Body: &model.ListGrantsRequestBody{KeyId: id}})
	huaweiVendorCode(t, err, 404, "APIGW.0101")
	em.Inject(emulator.Fault{HTML: true, Times: 1})
	if _, err = v.ShowUserInstances(&model.ShowUserInstancesRequest{}); err == nil || !strings.Contains(err.Error(), "<html>") {
		t.Error(err)
	}
}

func TestHuaweiVendorCrypto(t *testing.T) {
	em := emulator.NewHuaweiKMS(emulator.WithoutRateLimit(), emulator.WithHuaweiKMS(emulator.HuaweiKMSSettings{RSAKey: huaweiRSA}))
	defer em.Close()
	v := vendorHuawei(t, em.URL(), huaweiPermanent(), nil)
	create := func(body model.CreateKeyRequestBody) string {
		t.Helper()
		return *must[*model.CreateKeyResponse](t)(v.CreateKey(&model.CreateKeyRequest{Body: &body})).KeyInfo.KeyId
	}
	id, other := create(model.CreateKeyRequestBody{KeyAlias: "a"}), create(model.CreateKeyRequestBody{KeyAlias: "b"})
	sealed := must[*model.EncryptDataResponse](t)(v.EncryptData(&model.EncryptDataRequest{Body: &model.EncryptDataRequestBody{KeyId: id, PlainText: "<hé&llo>", AdditionalAuthenticatedData: p("ctx")}}))
	opened := must[*model.DecryptDataResponse](t)(v.DecryptData(&model.DecryptDataRequest{Body: &model.DecryptDataRequestBody{CipherText: *sealed.CipherText, AdditionalAuthenticatedData: p("ctx")}}))
	if *opened.PlainText != "<hé&llo>" || *opened.KeyId != id {
		t.Error(opened)
	}
	moved := must[*model.ReEncryptResponse](t)(v.ReEncrypt(&model.ReEncryptRequest{Body: &model.ReEncryptRequestBody{
		CipherText: *sealed.CipherText, SourceAdditionalAuthenticatedData: p("ctx"), DestinationKeyId: other}}))
	if *moved.KeyId != other || *moved.SourceKeyId != id {
		t.Error(moved)
	}
	made := must[*model.CreateDatakeyResponse](t)(v.CreateDatakey(&model.CreateDatakeyRequest{Body: &model.CreateDatakeyRequestBody{KeyId: id, DatakeyLength: p("512")}}))
	key, _ := hex.DecodeString(*made.PlainText)
	unwrap := func(sealed string) string {
		t.Helper()
		return *must[*model.DecryptDatakeyResponse](t)(v.DecryptDatakey(&model.DecryptDatakeyRequest{
			Body: &model.DecryptDatakeyRequestBody{KeyId: id, CipherText: sealed, DatakeyCipherLength: "64"}})).DataKey
	}
	if got := unwrap(*made.CipherText); got != *made.PlainText || len(key) != 64 {
		t.Error(got)
	}
	sum := sha256.Sum256(key)
	wrapped := must[*model.EncryptDatakeyResponse](t)(v.EncryptDatakey(&model.EncryptDatakeyRequest{Body: &model.EncryptDatakeyRequestBody{
		KeyId: id, PlainText: hex.EncodeToString(append(key, sum[:]...)), DatakeyPlainLength: "64"}}))
	if got := unwrap(*wrapped.CipherText); got != *made.PlainText {
		t.Error(got)
	}
	spec := model.GetCreateDatakeyRequestBodyKeySpecEnum().AES_256
	must[*model.CreateDatakeyWithoutPlaintextResponse](t)(v.CreateDatakeyWithoutPlaintext(&model.CreateDatakeyWithoutPlaintextRequest{
		Body: &model.CreateDatakeyRequestBody{KeyId: id, KeySpec: &spec}}))
	must[*model.CreateRsaDatakeyPairResponse](t)(v.CreateRsaDatakeyPair(&model.CreateRsaDatakeyPairRequest{Body: &model.CreateRsaDatakeyPairRequestBody{
		KeyId: id, KeySpec: model.GetCreateRsaDatakeyPairRequestBodyKeySpecEnum().RSA_2048}}))
	must[*model.CreateEcDatakeyPairResponse](t)(v.CreateEcDatakeyPair(&model.CreateEcDatakeyPairRequest{Body: &model.CreateEcDatakeyPairRequestBody{
		KeyId: id, KeySpec: model.GetCreateEcDatakeyPairRequestBodyKeySpecEnum().ECC_NIST_P256, WithPlainText: p(false)}}))
	if r := must[*model.CreateRandomResponse](t)(v.CreateRandom(&model.CreateRandomRequest{Body: &model.GenRandomRequestBody{RandomDataLength: "512"}})); len(*r.RandomData) != 128 {
		t.Error(r)
	}

	specs := model.GetCreateKeyRequestBodyKeySpecEnum()
	pair := create(model.CreateKeyRequestBody{KeyAlias: "rsa", KeySpec: &specs.RSA_2048})
	digest := base64.StdEncoding.EncodeToString(sum[:])
	signed := must[*model.SignResponse](t)(v.Sign(&model.SignRequest{Body: &model.SignRequestBody{
		KeyId: pair, Message: digest, SigningAlgorithm: model.GetSignRequestBodySigningAlgorithmEnum().RSASSA_PSS_SHA_256}}))
	valid := must[*model.ValidateSignatureResponse](t)(v.ValidateSignature(&model.ValidateSignatureRequest{Body: &model.VerifyRequestBody{
		KeyId: pair, Message: digest, Signature: *signed.Signature, SigningAlgorithm: model.GetVerifyRequestBodySigningAlgorithmEnum().RSASSA_PSS_SHA_256}}))
	if *valid.SignatureValid != "true" {
		t.Error(valid)
	}
	must[*model.ShowPublicKeyResponse](t)(v.ShowPublicKey(&model.ShowPublicKeyRequest{Body: &model.OperateKeyRequestBody{KeyId: pair}}))

	external := model.GetCreateKeyRequestBodyOriginEnum().EXTERNAL
	in := create(model.CreateKeyRequestBody{KeyAlias: "in", Origin: &external})
	parameters := must[*model.CreateParametersForImportResponse](t)(v.CreateParametersForImport(&model.CreateParametersForImportRequest{Body: &model.GetParametersForImportRequestBody{
		KeyId: in, WrappingAlgorithm: model.GetGetParametersForImportRequestBodyWrappingAlgorithmEnum().RSAES_OAEP_SHA_256}}))
	der, _ := base64.StdEncoding.DecodeString(*parameters.PublicKey)
	public := must[any](t)(x509.ParsePKIXPublicKey(der))
	blob := must[[]byte](t)(rsa.EncryptOAEP(sha256.New(), rand.Reader, public.(*rsa.PublicKey), key[:32], nil))
	must[*model.ImportKeyMaterialResponse](t)(v.ImportKeyMaterial(&model.ImportKeyMaterialRequest{Body: &model.ImportKeyMaterialRequestBody{
		KeyId: in, ImportToken: *parameters.ImportToken, EncryptedKeyMaterial: base64.StdEncoding.EncodeToString(blob), ExpirationTime: p(time.Now().Add(time.Hour).Unix())}}))
	must[*model.DeleteImportedKeyMaterialResponse](t)(v.DeleteImportedKeyMaterial(&model.DeleteImportedKeyMaterialRequest{Body: &model.OperateKeyRequestBody{KeyId: in}}))
	_, err := v.GenerateMac(&model.GenerateMacRequest{Body: &model.GenerateMacRequestBody{
		KeyId: id, Message: "AA==", MacAlgorithm: model.GetGenerateMacRequestBodyMacAlgorithmEnum().HMAC_SHA_256}})
	huaweiVendorCode(t, err, 400, "KMS.0308")
	_, err = v.VerifyMac(&model.VerifyMacRequest{Body: &model.VerifyMacRequestBody{
		KeyId: id, Message: "AA==", Mac: "00", MacAlgorithm: model.GetVerifyMacRequestBodyMacAlgorithmEnum().HMAC_SHA_256}})
	huaweiVendorCode(t, err, 400, "KMS.0308")
}

// The vendor's client with other credentials, with no project id, and without the right ones.
func TestHuaweiVendorCredentials(t *testing.T) {
	em := emulator.NewHuaweiKMS(emulator.WithHuaweiKMS(emulator.HuaweiKMSSettings{AccessKey: "AKOFTHISTEST"}))
	defer em.Close()
	own := func() *basic.CredentialsBuilder {
		return basic.NewCredentialsBuilder().WithAk("AKOFTHISTEST").WithSk(emulator.HuaweiSecretKey)
	}
	list := func(v *kms.KmsClient) error {
		_, err := v.ListKeys(&model.ListKeysRequest{Body: &model.ListKeysRequestBody{}})
		return err
	}
	ak, sk, token := em.IssueTemporary(time.Hour)
	temporary := basic.NewCredentialsBuilder().WithAk(ak).WithSk(sk).WithProjectId(emulator.HuaweiProjectID)
	if err := list(vendorHuawei(t, em.URL(), temporary.WithSecurityToken(token), nil)); err != nil {
		t.Error(err)
	}
	huaweiVendorCode(t, list(vendorHuawei(t, em.URL(), own().WithSk("x").WithProjectId(emulator.HuaweiProjectID), nil)), 401, "APIGW.0301")
	huaweiVendorCode(t, list(vendorHuawei(t, em.URL(), own().WithAk("x").WithProjectId(emulator.HuaweiProjectID), nil)), 401, "APIGW.0301")
	huaweiVendorCode(t, list(vendorHuawei(t, em.URL(), own().WithProjectId(emulator.HuaweiDomainID), nil)), 403, "KMS.0321")
	huaweiVendorCode(t, list(vendorHuawei(t, em.URL(), own(), nil)), 400, "KMS.0201") // it sends the pattern of the path
	looksUp := vendorHuawei(t, em.URL(), own().WithIamEndpointOverride(em.URL()), func(b *core.HcHttpClientBuilder) {
		b.WithEndpoint().WithRegion(region.NewRegion("cn-north-4", em.URL()))
	})
	if err := list(looksUp); err != nil {
		t.Error(err)
	}
	calls := em.Requests()
	if n := len(calls); calls[n-2].Action != "list-projects" || calls[n-2].Query != "name=cn-north-4" {
		t.Error(calls[n-2])
	}

	// The host as the vendor's client signs it where it is told to send it.
	front := httptest.NewServer(http.HandlerFunc(em.ServeHTTP))
	defer front.Close()
	if err := list(vendorHuawei(t, front.URL, own().WithProjectId(emulator.HuaweiProjectID), nil)); err != nil {
		t.Error(err)
	}
}
