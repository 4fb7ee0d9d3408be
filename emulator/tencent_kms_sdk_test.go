package emulator_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tcerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	kms "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/kms/v20190118"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// newVendorKMS returns the vendor's own client, pointed at an emulator.
func newVendorKMS(t *testing.T, em *emulator.TencentKMS, credential common.CredentialIface, region string, set func(*profile.ClientProfile)) *kms.Client {
	t.Helper()
	p := profile.NewClientProfile()
	p.HttpProfile.Scheme, p.HttpProfile.Endpoint = "HTTP", strings.TrimPrefix(em.URL(), "http://")
	if set != nil {
		set(p)
	}
	client, err := kms.NewClient(credential, region, p)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// vendorDoes expects a call of the vendor's client to succeed.
func vendorDoes[Request, Response any](t *testing.T, call func(Request) (Response, error), request Request) Response {
	t.Helper()
	response, err := call(request)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// vendorCode returns the code that a call of the vendor's client failed with.
func vendorCode(err error) string {
	var failure *tcerrors.TencentCloudSDKError
	if !errors.As(err, &failure) {
		return ""
	}
	return failure.GetCode()
}

func TestTencentKMSVendorSDK(t *testing.T) {
	em := emulator.NewTencentKMS()
	defer em.Close()
	good := common.NewCredential(emulator.TencentSecretID, emulator.TencentSecretKey)
	v := newVendorKMS(t, em, good, emulator.TencentKMSRegion, nil)
	text := func(s string) *string { return &s }
	number := func(n uint64) *uint64 { return &n }

	create := kms.NewCreateKeyRequest()
	create.Alias, create.Description = text("mine"), text("<a> & é")
	create.Tags = []*kms.Tag{{TagKey: text("team"), TagValue: text("red")}}
	made := vendorDoes(t, v.CreateKey, create).Response
	if *made.KeyState != "Enabled" || *made.TagCode != 0 || *made.Description != "<a> & é" {
		t.Error(made)
	}
	describe := kms.NewDescribeKeyRequest()
	describe.KeyId = made.KeyId
	if m := vendorDoes(t, v.DescribeKey, describe).Response.KeyMetadata; *m.Alias != "mine" || *m.Type != 2 || *m.ValidTo != 0 || *m.Owner != "user" || *m.CreatorUin == 0 {
		t.Error(m)
	}

	encrypt := kms.NewEncryptRequest()
	encrypt.KeyId, encrypt.Plaintext, encrypt.EncryptionContext = made.KeyId, text("dGV4dA=="), text(`{"a":"b"}`)
	sealed := vendorDoes(t, v.Encrypt, encrypt).Response
	decrypt := kms.NewDecryptRequest()
	decrypt.CiphertextBlob, decrypt.EncryptionContext = sealed.CiphertextBlob, encrypt.EncryptionContext
	if d := vendorDoes(t, v.Decrypt, decrypt).Response; *d.Plaintext != "dGV4dA==" || *d.KeyId != *made.KeyId {
		t.Error(d)
	}
	decrypt.EncryptionContext = nil
	if _, err := v.Decrypt(decrypt); vendorCode(err) != kmsMismatch {
		t.Error(err)
	}
	dataKey := kms.NewGenerateDataKeyRequest()
	dataKey.KeyId, dataKey.NumberOfBytes = made.KeyId, number(24)
	decrypt.CiphertextBlob = vendorDoes(t, v.GenerateDataKey, dataKey).Response.CiphertextBlob
	if d, _ := base64.StdEncoding.DecodeString(*vendorDoes(t, v.Decrypt, decrypt).Response.Plaintext); len(d) != 24 {
		t.Error(len(d))
	}
	again := kms.NewReEncryptRequest()
	again.CiphertextBlob = decrypt.CiphertextBlob
	if r := vendorDoes(t, v.ReEncrypt, again).Response; *r.ReEncrypted || *r.CiphertextBlob != *decrypt.CiphertextBlob {
		t.Error(r)
	}
	random := kms.NewGenerateRandomRequest()
	random.NumberOfBytes = number(8)
	if r := vendorDoes(t, v.GenerateRandom, random).Response; len(*r.Plaintext) != 12 {
		t.Error(*r.Plaintext)
	}

	create = kms.NewCreateKeyRequest()
	create.Alias, create.KeyUsage = text("signs"), text("ASYMMETRIC_SIGN_VERIFY_ECC")
	signer := vendorDoes(t, v.CreateKey, create).Response.KeyId
	sign := kms.NewSignByAsymmetricKeyRequest()
	sign.KeyId, sign.Algorithm, sign.Message = signer, text("ECC_P256_R1"), text("dGV4dA==")
	signature := vendorDoes(t, v.SignByAsymmetricKey, sign).Response.Signature
	verify := kms.NewVerifyByAsymmetricKeyRequest()
	verify.KeyId, verify.Algorithm, verify.Message, verify.SignatureValue = signer, sign.Algorithm, sign.Message, signature
	if r := vendorDoes(t, v.VerifyByAsymmetricKey, verify).Response; !*r.SignatureValid {
		t.Error("not valid")
	}
	public := kms.NewGetPublicKeyRequest()
	public.KeyId = signer
	der, _ := base64.StdEncoding.DecodeString(*vendorDoes(t, v.GetPublicKey, public).Response.PublicKey)
	key, err := x509.ParsePKIXPublicKey(der)
	digest := sha256.Sum256([]byte("text"))
	plainSignature, _ := base64.StdEncoding.DecodeString(*signature)
	if err != nil || !ecdsa.VerifyASN1(key.(*ecdsa.PublicKey), digest[:], plainSignature) {
		t.Error(err)
	}

	create = kms.NewCreateKeyRequest()
	create.Alias, create.Type = text("imported"), number(2)
	imported := vendorDoes(t, v.CreateKey, create).Response.KeyId
	parameters := kms.NewGetParametersForImportRequest()
	parameters.KeyId, parameters.WrappingAlgorithm, parameters.WrappingKeySpec = imported, text("RSAES_OAEP_SHA_256"), text("RSA_2048")
	given := vendorDoes(t, v.GetParametersForImport, parameters).Response
	der, _ = base64.StdEncoding.DecodeString(*given.PublicKey)
	key, err = x509.ParsePKIXPublicKey(der)
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := rsa.EncryptOAEP(crypto.SHA256.New(), rand.Reader, key.(*rsa.PublicKey), make([]byte, 32), nil)
	if err != nil {
		t.Fatal(err)
	}
	material := kms.NewImportKeyMaterialRequest()
	material.KeyId, material.ImportToken, material.EncryptedKeyMaterial = imported, given.ImportToken, text(base64.StdEncoding.EncodeToString(wrapped))
	material.ValidTo = number(0)
	vendorDoes(t, v.ImportKeyMaterial, material)

	list := kms.NewListKeyDetailRequest()
	list.KeyUsage, list.OrderType, list.Limit = text("ALL"), number(1), number(200)
	if r := vendorDoes(t, v.ListKeyDetail, list).Response; *r.TotalCount != 3 || *r.KeyMetadatas[0].Alias != "mine" || *r.KeyMetadatas[2].Origin != "EXTERNAL" {
		t.Error(r)
	}
	if r := vendorDoes(t, v.ListKeys, kms.NewListKeysRequest()).Response; *r.TotalCount != 3 || *r.Keys[2].KeyId != *made.KeyId {
		t.Error(r)
	}
	if r := vendorDoes(t, v.ListAlgorithms, kms.NewListAlgorithmsRequest()).Response; *r.SymmetricAlgorithms[0].Algorithm != "AES_256" {
		t.Error(r)
	}
	if r := vendorDoes(t, v.GetServiceStatus, kms.NewGetServiceStatusRequest()).Response; !*r.ServiceEnabled || *r.InvalidType != 1 {
		t.Error(r)
	}
	if r := vendorDoes(t, v.GetRegions, kms.NewGetRegionsRequest()).Response; len(r.Regions) != 1 || *r.Regions[0] != "ap-guangzhou" {
		t.Error(r)
	}

	rotate := kms.NewEnableKeyRotationRequest()
	rotate.KeyId = made.KeyId
	vendorDoes(t, v.EnableKeyRotation, rotate)
	status := kms.NewGetKeyRotationStatusRequest()
	status.KeyId = made.KeyId
	if r := vendorDoes(t, v.GetKeyRotationStatus, status).Response; !*r.KeyRotationEnabled {
		t.Error("not rotating")
	}
	schedule := kms.NewScheduleKeyDeletionRequest()
	schedule.KeyId, schedule.PendingWindowInDays = made.KeyId, number(7)
	if _, err := v.ScheduleKeyDeletion(schedule); vendorCode(err) != kms.RESOURCEUNAVAILABLE_CMKSHOULDBEDISABLED {
		t.Error(err)
	}
	disable := kms.NewDisableKeyRequest()
	disable.KeyId = made.KeyId
	vendorDoes(t, v.DisableKey, disable)
	if r := vendorDoes(t, v.ScheduleKeyDeletion, schedule).Response; *r.DeletionDate == 0 {
		t.Error(r)
	}
	cancel := kms.NewCancelKeyDeletionRequest()
	cancel.KeyId = made.KeyId
	vendorDoes(t, v.CancelKeyDeletion, cancel)

	for want, client := range map[string]*kms.Client{
		"AuthFailure.SignatureFailure": newVendorKMS(t, em, common.NewCredential(emulator.TencentSecretID, "wrong"), emulator.TencentKMSRegion, nil),
		"AuthFailure.SecretIdNotFound": newVendorKMS(t, em, common.NewCredential("AKIDwrong", emulator.TencentSecretKey), emulator.TencentKMSRegion, nil),
		"AuthFailure.TokenFailure":     newVendorKMS(t, em, common.NewTokenCredential(emulator.TencentSecretID, emulator.TencentSecretKey, "x"), emulator.TencentKMSRegion, nil),
		"UnsupportedRegion":            newVendorKMS(t, em, good, "ap-shanghai", nil),
		"MissingParameter":             newVendorKMS(t, em, good, "", nil),
		"UnsupportedProtocol": newVendorKMS(t, em, good, emulator.TencentKMSRegion, func(p *profile.ClientProfile) {
			p.HttpProfile.ReqMethod = "GET"
		}),
		"": newVendorKMS(t, em, good, emulator.TencentKMSRegion, func(p *profile.ClientProfile) { p.UnsignedPayload = true }),
	} {
		describe := kms.NewDescribeKeyRequest() // which the client changes
		describe.KeyId = made.KeyId
		if _, err := client.DescribeKey(describe); vendorCode(err) != want || want == "" && err != nil {
			t.Errorf("want %s, got %v", want, err)
		}
	}
}

// What the vendor's package does not know yet goes through its general client.
func TestTencentKMSVendorCommon(t *testing.T) {
	em := emulator.NewTencentKMS(emulator.WithTencentKMS(emulator.TencentKMSSettings{Token: "sts"}))
	defer em.Close()
	p := profile.NewClientProfile()
	p.HttpProfile.Scheme, p.HttpProfile.Endpoint = "HTTP", strings.TrimPrefix(em.URL(), "http://")
	client := common.NewCommonClient(common.NewTokenCredential(emulator.TencentSecretID, emulator.TencentSecretKey, "sts"), emulator.TencentKMSRegion, p)
	call := func(action string, parameters map[string]any) kmsReply {
		t.Helper()
		req, resp := tchttp.NewCommonRequest("kms", "2019-01-18", action), tchttp.NewCommonResponse()
		if err := req.SetActionParameters(parameters); err != nil {
			t.Fatal(err)
		}
		if err := client.Send(req, resp); err != nil {
			t.Fatal(err)
		}
		reply, _ := kmsDecode(resp.GetBody())
		return reply
	}
	id := call("CreateKey", map[string]any{"Alias": "k"}).str("KeyId")
	if task := call("RotateKey", map[string]any{"KeyId": id}).str("TaskId"); task == "" {
		t.Error("no task")
	}
}
