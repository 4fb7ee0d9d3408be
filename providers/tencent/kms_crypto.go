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
	var reply cipherReply
	res := &driver.EncryptResponse{}
	err := s.send(ctx, actionEncrypt, body, &reply, func() (fault string) {
		res.Ciphertext, fault = reply.sealed(driver.KindData)
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
	var reply plainReply
	err = s.send(ctx, actionDecrypt, body, &reply, func() (fault string) {
		res, fault = reply.opened()
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
	var reply struct {
		cipherReply
		Plaintext *string
	}
	res := &driver.GenerateDataKeyResponse{}
	err := s.send(ctx, actionDataKey, body, &reply, func() (fault string) {
		if res.Ciphertext, fault = reply.sealed(driver.KindDataKey); fault != "" {
			return fault // before there is a plaintext that would be left in memory
		}
		var ok bool
		if res.Plaintext, ok = decodeBase64(reply.Plaintext); !ok || len(res.Plaintext) == 0 {
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
	var reply struct {
		cipherReply
		ReEncrypted *bool
	}
	res := &driver.ReEncryptResponse{}
	err := s.send(ctx, actionReEncrypt, body, &reply, func() (fault string) {
		if reply.ReEncrypted == nil {
			return "lacks ReEncrypted"
		}
		res.Ciphertext, fault = reply.sealed(r.Ciphertext.Kind)
		res.Ciphertext.PlaintextBytes = r.Ciphertext.PlaintextBytes
		return fault
	})
	if err != nil {
		return nil, err
	}
	if !*reply.ReEncrypted && r.Context != r.NewContext {
		return nil, &errs.Error{Code: errs.Unsupported, Outcome: errs.NotApplied, HTTPStatus: http.StatusOK, RequestID: reply.RequestID,
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
	var reply plainReply
	read := func() (fault string) {
		res, fault = reply.opened()
		return fault
	}
	switch r.Ciphertext.Algorithm {
	case driver.RSAOAEPSHA256:
		body := &sdk.AsymmetricRsaDecryptRequestParams{KeyId: &keyID, Ciphertext: blob, Algorithm: new(oaepSHA256)}
		err = s.send(ctx, actionDecryptRSA, body, &reply, read)
	case driver.SM2Encrypt:
		body := &sdk.AsymmetricSm2DecryptRequestParams{KeyId: &keyID, Ciphertext: blob}
		err = s.send(ctx, actionDecryptSM2, body, &reply, read)
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
	var reply struct {
		head
		Signature *string
	}
	res := &driver.SignResponse{}
	err = s.send(ctx, actionSign, body, &reply, func() string {
		var ok bool
		if res.Signature, ok = decodeBase64(reply.Signature); !ok || len(res.Signature) == 0 {
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
	var reply struct {
		head
		SignatureValid *bool
	}
	res := &driver.VerifyResponse{}
	err = s.send(ctx, actionVerify, body, &reply, func() string {
		if reply.SignatureValid == nil {
			return "lacks SignatureValid"
		}
		res.Valid = *reply.SignatureValid
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
	var reply struct {
		head
		PublicKey *string
	}
	res := &driver.PublicKeyResponse{}
	err := s.send(ctx, actionPublicKey, &keyRequest{r.KeyID}, &reply, func() string {
		var ok bool
		if res.DER, ok = decodeBase64(reply.PublicKey); !ok || len(res.DER) == 0 {
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
	var reply plainReply // without a key
	res := &driver.RandomResponse{}
	err := s.send(ctx, actionRandom, &sdk.GenerateRandomRequestParams{NumberOfBytes: new(uint64(r.Bytes))}, &reply, func() string {
		var ok bool
		if res.Random, ok = decodeBase64(reply.Plaintext); !ok || len(res.Random) == 0 {
			return "lacks a Plaintext in base64"
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}
