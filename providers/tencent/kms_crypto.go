package tencent

import (
	"context"
	"net/http"

	sdk "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/kms/v20190118"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// oaepSHA256 is RSAOAEPSHA256 in the vendor's word.
const oaepSHA256 = "RSAES_OAEP_SHA_256"

// signatureNames are the signature algorithms in the vendor's words (page SignByAsymmetricKey).
func signatureNames() map[driver.SignatureAlgorithm]string {
	return map[driver.SignatureAlgorithm]string{
		driver.RSAPSSSHA256:   "RSA_PSS_SHA_256",
		driver.RSAPKCS1SHA256: "RSA_PKCS1_SHA_256",
		driver.ECDSASHA256:    "ECC_P256_R1",
		driver.SM2SM3:         "SM2DSA",
	}
}

// Encrypt encrypts with a symmetric key.
func (s *keyService) Encrypt(ctx context.Context, r *driver.EncryptRequest) (*driver.EncryptResponse, error) {
	if err := checkText("key id or encryption context", r.KeyID, r.Context); err != nil {
		return nil, err
	}
	body := &sdk.EncryptRequestParams{KeyId: &r.KeyID, Plaintext: encodeBase64(r.Plaintext), EncryptionContext: given(r.Context)}
	res := &driver.EncryptResponse{}
	_, err := send(ctx, s, actionEncrypt, body, func(e *sdk.EncryptResponseParams) (fault string) {
		res.Ciphertext, fault = sealed(driver.KindData, e.KeyId, e.CiphertextBlob)
		return fault
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// Decrypt opens what Encrypt and GenerateDataKey have made. The ciphertext says its key itself.
func (s *keyService) Decrypt(ctx context.Context, r *driver.DecryptRequest) (res *driver.DecryptResponse, err error) {
	blob := string(r.Ciphertext.Blob)
	if err := checkText("ciphertext or encryption context", blob, r.Context); err != nil {
		return nil, err
	}
	body := &sdk.DecryptRequestParams{CiphertextBlob: &blob, EncryptionContext: given(r.Context)}
	_, err = send(ctx, s, actionDecrypt, body, func(d *sdk.DecryptResponseParams) (fault string) {
		res, fault = opened(d.KeyId, d.Plaintext)
		return fault
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// GenerateDataKey makes a data key.
func (s *keyService) GenerateDataKey(ctx context.Context, r *driver.GenerateDataKeyRequest) (*driver.GenerateDataKeyResponse, error) {
	if err := checkText("key id or encryption context", r.KeyID, r.Context); err != nil {
		return nil, err
	}
	body := &sdk.GenerateDataKeyRequestParams{KeyId: &r.KeyID, NumberOfBytes: new(uint64(r.Bytes)), EncryptionContext: given(r.Context)}
	res := &driver.GenerateDataKeyResponse{}
	_, err := send(ctx, s, actionDataKey, body, func(d *sdk.GenerateDataKeyResponseParams) (fault string) {
		if res.Ciphertext, fault = sealed(driver.KindDataKey, d.KeyId, d.CiphertextBlob); fault != "" {
			return fault // before there is a plaintext that would be left in memory
		}
		var ok bool
		if res.Plaintext, ok = decodeBase64(d.Plaintext); !ok || len(res.Plaintext) == 0 {
			return "lacks a Plaintext in base64"
		}
		res.Ciphertext.PlaintextBytes = len(res.Plaintext)
		return ""
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// ReEncrypt encrypts a ciphertext anew. The vendor may return it as it was, and says so: then it has no other context
// either, and where one is asked for that is [errs.Unsupported].
func (s *keyService) ReEncrypt(ctx context.Context, r *driver.ReEncryptRequest) (*driver.ReEncryptResponse, error) {
	blob := string(r.Ciphertext.Blob)
	if err := checkText("key id, ciphertext or encryption context", r.NewKeyID, blob, r.Context, r.NewContext); err != nil {
		return nil, err
	}
	body := &sdk.ReEncryptRequestParams{
		CiphertextBlob: &blob, DestinationKeyId: &r.NewKeyID,
		SourceEncryptionContext: given(r.Context), DestinationEncryptionContext: given(r.NewContext),
	}
	res := &driver.ReEncryptResponse{}
	anew := false
	h, err := send(ctx, s, actionReEncrypt, body, func(e *sdk.ReEncryptResponseParams) (fault string) {
		if e.ReEncrypted == nil {
			return "lacks ReEncrypted"
		}
		anew = *e.ReEncrypted
		res.Ciphertext, fault = sealed(r.Ciphertext.Kind, e.KeyId, e.CiphertextBlob)
		res.Ciphertext.PlaintextBytes = r.Ciphertext.PlaintextBytes
		return fault
	})
	if err != nil {
		return nil, err
	}
	if !anew && r.Context != r.NewContext {
		return nil, &errs.Error{Code: errs.Unsupported, Outcome: errs.NotApplied, HTTPStatus: http.StatusOK, RequestID: h.RequestID,
			Message: "the provider returned the ciphertext as it was, under its old encryption context: it encrypts nothing anew with the same version of the same key; ThroughPlaintext allows to decrypt it here and encrypt it again"}
	}
	return res, nil
}

// AsymmetricDecrypt opens what was encrypted with the public key of a pair.
func (s *keyService) AsymmetricDecrypt(ctx context.Context, r *driver.AsymmetricDecryptRequest) (res *driver.DecryptResponse, err error) {
	keyID, blob := r.Ciphertext.KeyID, encodeBase64(r.Ciphertext.Blob)
	if err := checkText("key id", keyID); err != nil {
		return nil, err
	}
	switch r.Ciphertext.Algorithm {
	case driver.RSAOAEPSHA256:
		body := &sdk.AsymmetricRsaDecryptRequestParams{KeyId: &keyID, Ciphertext: blob, Algorithm: new(oaepSHA256)}
		_, err = send(ctx, s, actionDecryptRSA, body, func(d *sdk.AsymmetricRsaDecryptResponseParams) (fault string) {
			res, fault = opened(d.KeyId, d.Plaintext)
			return fault
		})
	case driver.SM2Encrypt:
		body := &sdk.AsymmetricSm2DecryptRequestParams{KeyId: &keyID, Ciphertext: blob}
		_, err = send(ctx, s, actionDecryptSM2, body, func(d *sdk.AsymmetricSm2DecryptResponseParams) (fault string) {
			res, fault = opened(d.KeyId, d.Plaintext)
			return fault
		})
	default:
		err = errs.Refuse(errs.Unsupported, "this provider does not decrypt with %q", string(r.Ciphertext.Algorithm))
	}
	if err != nil {
		return nil, err
	}
	return res, nil
}

// signed returns the vendor's word for the algorithm, what is signed, and whether that is a message or a digest.
func signed(r *driver.SignRequest) (algorithm string, content []byte, messageType string, err error) {
	algorithm, known := signatureNames()[r.Algorithm]
	if !known {
		return "", nil, "", errs.Refuse(errs.Unsupported, "this provider does not sign with %q", string(r.Algorithm))
	}
	content, messageType = r.Message, "RAW"
	if r.Digest != nil {
		content, messageType = r.Digest, "DIGEST"
	}
	return algorithm, content, messageType, checkText("key id", r.KeyID)
}

// Sign signs with the private key of a pair.
func (s *keyService) Sign(ctx context.Context, r *driver.SignRequest) (*driver.SignResponse, error) {
	algorithm, content, messageType, err := signed(r)
	if err != nil {
		return nil, err
	}
	body := &sdk.SignByAsymmetricKeyRequestParams{KeyId: &r.KeyID, Algorithm: &algorithm, Message: encodeBase64(content), MessageType: &messageType}
	res := &driver.SignResponse{}
	_, err = send(ctx, s, actionSign, body, func(a *sdk.SignByAsymmetricKeyResponseParams) string {
		var ok bool
		if res.Signature, ok = decodeBase64(a.Signature); !ok || len(res.Signature) == 0 {
			return "lacks a Signature in base64"
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// Verify tells whether a signature is good.
func (s *keyService) Verify(ctx context.Context, r *driver.VerifyRequest) (*driver.VerifyResponse, error) {
	algorithm, content, messageType, err := signed(&r.SignRequest)
	if err != nil {
		return nil, err
	}
	body := &sdk.VerifyByAsymmetricKeyRequestParams{
		KeyId: &r.KeyID, Algorithm: &algorithm, Message: encodeBase64(content), MessageType: &messageType, SignatureValue: encodeBase64(r.Signature),
	}
	res := &driver.VerifyResponse{}
	_, err = send(ctx, s, actionVerify, body, func(a *sdk.VerifyByAsymmetricKeyResponseParams) string {
		if a.SignatureValid == nil {
			return "lacks SignatureValid"
		}
		res.Valid = *a.SignatureValid
		return ""
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// PublicKey reads the public key of a pair. The other form of it, PublicKeyPem, is encoded twice in the page's example.
func (s *keyService) PublicKey(ctx context.Context, r *driver.PublicKeyRequest) (*driver.PublicKeyResponse, error) {
	if err := checkText("key id", r.KeyID); err != nil {
		return nil, err
	}
	res := &driver.PublicKeyResponse{}
	_, err := send(ctx, s, actionPublicKey, &keyRequest{r.KeyID}, func(a *sdk.GetPublicKeyResponseParams) string {
		var ok bool
		if res.DER, ok = decodeBase64(a.PublicKey); !ok || len(res.DER) == 0 {
			return "lacks a PublicKey in base64"
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// Random returns random bytes.
func (s *keyService) Random(ctx context.Context, r *driver.RandomRequest) (*driver.RandomResponse, error) {
	res := &driver.RandomResponse{}
	_, err := send(ctx, s, actionRandom, &sdk.GenerateRandomRequestParams{NumberOfBytes: new(uint64(r.Bytes))}, func(a *sdk.GenerateRandomResponseParams) string {
		var ok bool
		if res.Random, ok = decodeBase64(a.Plaintext); !ok || len(res.Random) == 0 {
			return "lacks a Plaintext in base64"
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}
