package alibaba

import (
	"context"
	"strconv"

	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Ciphertexts of the vendor are text, which is passed on as it is: it looks like base64, but is not documented to be.

// Encrypt encrypts with the primary version of a symmetric key.
func (s *keyService) Encrypt(ctx context.Context, r *driver.EncryptRequest) (*driver.EncryptResponse, error) {
	p := withContext(params{"KeyId": r.KeyID, "Plaintext": wire.ToBase64(r.Plaintext)}, "EncryptionContext", r.Context)
	return s.encrypt(ctx, kmsEncrypt, p, driver.Ciphertext{Kind: driver.KindData})
}

// AsymmetricEncrypt encrypts with the public key of a version of a pair.
func (s *keyService) AsymmetricEncrypt(ctx context.Context, r *driver.AsymmetricEncryptRequest) (*driver.EncryptResponse, error) {
	return s.encrypt(ctx, kmsAsymmetricEncrypt, params{
		"KeyId": r.KeyID, "KeyVersionId": r.KeyVersion, "Algorithm": toVendor(encryptions(), r.Algorithm), "Plaintext": wire.ToBase64(r.Plaintext),
	}, driver.Ciphertext{Kind: driver.KindAsymmetric, Algorithm: r.Algorithm})
}

// encrypt sends a request to encrypt, and completes what is known of the ciphertext.
func (s *keyService) encrypt(ctx context.Context, action string, p params, made driver.Ciphertext) (*driver.EncryptResponse, error) {
	var reply encryptReply
	err := s.do(ctx, call{action: action, reply: &reply, carriesValues: true, read: func() (fault string) {
		if fault = reply.lacks("CiphertextBlob", "KeyId"); fault == "" {
			made.Blob, fault = blobOf(&made, reply.is.CiphertextBlob)
		}
		return fault
	}}, p)
	if err != nil {
		return nil, err
	}
	made.KeyID, made.KeyVersion = reply.is.KeyId, reply.is.KeyVersionId
	return &driver.EncryptResponse{Ciphertext: made}, nil
}

// Decrypt opens what Encrypt made, and data keys. The ciphertext itself names the key.
func (s *keyService) Decrypt(ctx context.Context, r *driver.DecryptRequest) (*driver.DecryptResponse, error) {
	return s.decrypt(ctx, kmsDecrypt, withContext(params{"CiphertextBlob": string(r.Ciphertext.Blob)}, "EncryptionContext", r.Context))
}

// AsymmetricDecrypt opens what was encrypted with the public key of a pair.
func (s *keyService) AsymmetricDecrypt(ctx context.Context, r *driver.AsymmetricDecryptRequest) (*driver.DecryptResponse, error) {
	c := &r.Ciphertext
	blob, err := toBlob(c)
	if err != nil {
		return nil, err
	}
	return s.decrypt(ctx, kmsAsymmetricDecrypt, params{
		"KeyId": c.KeyID, "KeyVersionId": c.KeyVersion, "Algorithm": toVendor(encryptions(), c.Algorithm), "CiphertextBlob": blob,
	})
}

// decrypt sends a request to decrypt.
func (s *keyService) decrypt(ctx context.Context, action string, p params) (*driver.DecryptResponse, error) {
	var reply decryptReply
	res := &driver.DecryptResponse{}
	err := s.do(ctx, call{action: action, reply: &reply, carriesValues: true, read: func() (fault string) {
		if fault = reply.lacks("Plaintext", "KeyId"); fault == "" {
			res.KeyID = reply.is.KeyId
			res.Plaintext, fault = base64Of("Plaintext", reply.is.Plaintext)
		}
		return fault
	}}, p)
	if err != nil {
		return nil, err
	}
	return res, nil
}

// GenerateDataKey makes a data key.
func (s *keyService) GenerateDataKey(ctx context.Context, r *driver.GenerateDataKeyRequest) (*driver.GenerateDataKeyResponse, error) {
	return s.generate(ctx, kmsGenerateDataKey, r, "CiphertextBlob", "KeyId", "Plaintext")
}

// GenerateWrappedDataKey makes a data key whose plaintext does not leave the vendor.
func (s *keyService) GenerateWrappedDataKey(ctx context.Context, r *driver.GenerateDataKeyRequest) (*driver.GenerateDataKeyResponse, error) {
	return s.generate(ctx, kmsGenerateWrapped, r, "CiphertextBlob", "KeyId")
}

func (s *keyService) generate(ctx context.Context, action string, r *driver.GenerateDataKeyRequest, needed ...string) (*driver.GenerateDataKeyResponse, error) {
	var reply dataKeyReply
	res := &driver.GenerateDataKeyResponse{}
	p := withContext(params{"KeyId": r.KeyID, "NumberOfBytes": strconv.Itoa(r.Bytes)}, "EncryptionContext", r.Context)
	err := s.do(ctx, call{action: action, reply: &reply, carriesValues: true, read: func() (fault string) {
		if fault = reply.lacks(needed...); fault == "" && reply.is.Plaintext != "" {
			res.Plaintext, fault = base64Of("Plaintext", reply.is.Plaintext)
		}
		return fault
	}}, p)
	if err != nil {
		return nil, err
	}
	res.Ciphertext = driver.Ciphertext{
		KeyID: reply.is.KeyId, KeyVersion: reply.is.KeyVersionId, Kind: driver.KindDataKey, PlaintextBytes: r.Bytes, Blob: []byte(reply.is.CiphertextBlob),
	}
	return res, nil
}

// ReEncrypt encrypts a ciphertext of a symmetric key anew. The reply's KeyId and KeyVersionId are those of the old
// ciphertext (page ReEncrypt), so that nothing is told of the new one's.
func (s *keyService) ReEncrypt(ctx context.Context, r *driver.ReEncryptRequest) (*driver.ReEncryptResponse, error) {
	p := params{"CiphertextBlob": string(r.Ciphertext.Blob), "DestinationKeyId": r.NewKeyID}
	p = withContext(withContext(p, "SourceEncryptionContext", r.Context), "DestinationEncryptionContext", r.NewContext)
	var reply encryptReply
	err := s.do(ctx, call{action: kmsReEncrypt, reply: &reply, carriesValues: true, read: func() string { return reply.lacks("CiphertextBlob") }}, p)
	if err != nil {
		return nil, err
	}
	return &driver.ReEncryptResponse{Ciphertext: driver.Ciphertext{
		Kind: r.Ciphertext.Kind, PlaintextBytes: r.Ciphertext.PlaintextBytes, Blob: []byte(reply.is.CiphertextBlob),
	}}, nil
}

// signing are the parameters of a request about a signature. There is none for whole messages.
func signing(r *driver.SignRequest) params {
	return params{
		"KeyId": r.KeyID, "KeyVersionId": r.KeyVersion, "Algorithm": toVendor(signatures(), r.Algorithm), "Digest": wire.ToBase64(r.Digest),
	}
}

// Sign signs a digest; that of SM2 is SM3(Z_A ‖ message).
func (s *keyService) Sign(ctx context.Context, r *driver.SignRequest) (*driver.SignResponse, error) {
	var reply signReply
	res := &driver.SignResponse{}
	err := s.do(ctx, call{action: kmsSign, reply: &reply, carriesValues: true, read: func() (fault string) {
		if fault = reply.lacks("Value", "KeyVersionId"); fault == "" {
			res.KeyVersion = reply.is.KeyVersionId
			res.Signature, fault = base64Of("Value", reply.is.Value)
		}
		return fault
	}}, signing(r))
	if err != nil {
		return nil, err
	}
	return res, nil
}

// Verify tells whether a signature is that of a digest.
func (s *keyService) Verify(ctx context.Context, r *driver.VerifyRequest) (*driver.VerifyResponse, error) {
	var reply verifyReply
	p := signing(&r.SignRequest)
	p["Value"] = wire.ToBase64(r.Signature)
	err := s.do(ctx, call{action: kmsVerify, reply: &reply, carriesValues: true, read: func() string { return reply.lacks("Value") }}, p)
	if err != nil {
		return nil, err
	}
	return &driver.VerifyResponse{Valid: reply.is.Value}, nil
}

// PublicKey returns the public key of a version of a pair.
func (s *keyService) PublicKey(ctx context.Context, r *driver.PublicKeyRequest) (*driver.PublicKeyResponse, error) {
	var reply publicKeyReply
	res := &driver.PublicKeyResponse{}
	err := s.do(ctx, call{action: kmsGetPublicKey, reply: &reply, read: func() (fault string) {
		if fault = reply.lacks("PublicKey"); fault == "" {
			res.DER, fault = pemOf(reply.is.PublicKey)
		}
		return fault
	}}, params{"KeyId": r.KeyID, "KeyVersionId": r.KeyVersion})
	if err != nil {
		return nil, err
	}
	return res, nil
}
