package huawei

import (
	"context"
	"strconv"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Ciphertexts of symmetric keys are text, which is kept as it came: base64 of what was encrypted, hexadecimal of data
// keys. Ciphertexts of key pairs are bytes, sent in base64.

// Encrypt encrypts with a symmetric key. The vendor takes text only: the plaintext is sent as base64, which [service.Decrypt]
// undoes.
func (s *service) Encrypt(ctx context.Context, r *driver.EncryptRequest) (*driver.EncryptResponse, error) {
	if err := checkText(r.KeyID, r.Context); err != nil {
		return nil, err
	}
	var reply cipherReply
	res := &driver.EncryptResponse{}
	err := s.secret(ctx, actionEncrypt, &encryptRequest{r.KeyID, wire.ToBase64(r.Plaintext), r.Context}, &reply, func() (fault string) {
		res.Ciphertext, fault = sealed(driver.KindData, reply.KeyID, reply.CipherText)
		return fault
	})
	if err != nil {
		return nil, unfit(err)
	}
	return res, nil
}

// Decrypt opens what Encrypt made and, as [driver.KindText], what another program did. The ciphertext itself names the key.
// A [driver.KindData] in which there is no base64 is [errs.InvalidArgument]: it is another program's.
func (s *service) Decrypt(ctx context.Context, r *driver.DecryptRequest) (*driver.DecryptResponse, error) {
	blob := string(r.Ciphertext.Blob)
	if err := checkText(blob, r.Context); err != nil {
		return nil, err
	}
	res, err := s.decrypt(ctx, &decryptRequest{CipherText: blob, Context: r.Context}, true)
	if err != nil || r.Ciphertext.Kind == driver.KindText {
		return res, err
	}
	text := res.Plaintext
	defer clear(text)
	plaintext, ok := fromBase64(string(text))
	if !ok {
		return nil, &errs.Error{Code: errs.InvalidArgument, Outcome: errs.NotApplied,
			Message: "the ciphertext holds text that is not base64, and so was not made by this library; open it as a ciphertext of the kind KindText"}
	}
	return &driver.DecryptResponse{KeyID: res.KeyID, Plaintext: plaintext}, nil
}

// AsymmetricDecrypt opens what was encrypted with the public key of a pair.
func (s *service) AsymmetricDecrypt(ctx context.Context, r *driver.AsymmetricDecryptRequest) (*driver.DecryptResponse, error) {
	c := &r.Ciphertext
	if err := checkText(c.KeyID, string(c.Algorithm)); err != nil {
		return nil, err
	}
	return s.decrypt(ctx, &decryptRequest{KeyID: c.KeyID, CipherText: wire.ToBase64(c.Blob), Algorithm: toVendor(encryptions, c.Algorithm)}, false)
}

// unopened tells more of an error by which the vendor refuses a ciphertext. Its pages have no code for that.
func unopened(err error) error {
	if e, ok := err.(*errs.Error); ok && e.Code == errs.InvalidArgument && e.HTTPStatus != 0 {
		e.Message += "; the ciphertext may be damaged, or made with another key or encryption context"
	}
	return err
}

// unfit tells more of an error by which the vendor refuses a key for what is asked of it. For that too it has no code.
func unfit(err error) error {
	if e, ok := err.(*errs.Error); ok && e.Code == errs.InvalidArgument && e.VendorCode == codeArgument {
		e.Message += "; the key may be of another spec or usage than this needs"
	}
	return err
}

// decrypt sends a request to decrypt. Text says that nothing but text can have been encrypted.
func (s *service) decrypt(ctx context.Context, body *decryptRequest, text bool) (*driver.DecryptResponse, error) {
	var reply plainReply
	res := &driver.DecryptResponse{}
	err := s.secret(ctx, actionDecrypt, body, &reply, func() (fault string) {
		res.KeyID = reply.KeyID
		res.Plaintext, fault = reply.bytes(text)
		return fault
	})
	if err != nil {
		return nil, unopened(err)
	}
	return res, nil
}

// GenerateDataKey makes a data key.
func (s *service) GenerateDataKey(ctx context.Context, r *driver.GenerateDataKeyRequest) (*driver.GenerateDataKeyResponse, error) {
	return s.generate(ctx, actionDataKey, r, true)
}

// GenerateWrappedDataKey makes a data key whose plaintext does not leave the vendor.
func (s *service) GenerateWrappedDataKey(ctx context.Context, r *driver.GenerateDataKeyRequest) (*driver.GenerateDataKeyResponse, error) {
	return s.generate(ctx, actionWrappedDataKey, r, false)
}

func (s *service) generate(ctx context.Context, action string, r *driver.GenerateDataKeyRequest, plain bool) (*driver.GenerateDataKeyResponse, error) {
	if err := checkText(r.KeyID, r.Context); err != nil {
		return nil, err
	}
	var reply cipherReply
	res := &driver.GenerateDataKeyResponse{}
	err := s.secret(ctx, action, &generateRequest{r.KeyID, toBits(r.Bytes), r.Context}, &reply, func() (fault string) {
		if res.Ciphertext, fault = sealed(driver.KindDataKey, reply.KeyID, reply.CipherText); fault != "" || !plain {
			return fault
		}
		var ok bool
		if res.Plaintext, ok = fromHex(reply.PlainText, r.Bytes); !ok {
			return "lacks a plain_text of the length that was asked for"
		}
		return ""
	})
	if err != nil {
		return nil, unfit(err)
	}
	res.Ciphertext.PlaintextBytes = r.Bytes
	return res, nil
}

// DecryptDataKey opens a data key, for which the vendor must be told its length, and checks its digest. The reply does not
// tell the key that was used.
func (s *service) DecryptDataKey(ctx context.Context, r *driver.DecryptRequest) (*driver.DecryptResponse, error) {
	c := &r.Ciphertext
	body := &openRequest{KeyID: c.KeyID, CipherText: string(c.Blob), Length: strconv.Itoa(c.PlaintextBytes), Context: r.Context}
	if err := checkText(body.KeyID, body.CipherText, body.Context); err != nil {
		return nil, err
	}
	var reply dataKeyReply
	res := &driver.DecryptResponse{}
	err := s.secret(ctx, actionDecryptDataKey, body, &reply, func() (fault string) {
		res.Plaintext, fault = reply.key(c.PlaintextBytes)
		return fault
	})
	if err != nil {
		return nil, unopened(err)
	}
	return res, nil
}

// ReEncrypt encrypts data or a data key anew.
func (s *service) ReEncrypt(ctx context.Context, r *driver.ReEncryptRequest) (*driver.ReEncryptResponse, error) {
	body, err := encodeReEncrypt(r)
	if err != nil {
		return nil, err
	}
	var reply cipherReply
	res := &driver.ReEncryptResponse{}
	err = s.secret(ctx, actionReEncrypt, body, &reply, func() (fault string) {
		res.Ciphertext, fault = sealed(r.Ciphertext.Kind, reply.KeyID, reply.CipherText)
		return fault
	})
	if err != nil {
		return nil, unopened(err)
	}
	res.Ciphertext.PlaintextBytes = r.Ciphertext.PlaintextBytes
	return res, nil
}

// Sign signs with the private key of a pair.
func (s *service) Sign(ctx context.Context, r *driver.SignRequest) (*driver.SignResponse, error) {
	body, err := encodeSign(r, nil)
	if err != nil {
		return nil, err
	}
	var reply struct {
		head
		Signature string `json:"signature"`
	}
	res := &driver.SignResponse{}
	err = s.secret(ctx, actionSign, body, &reply, func() string {
		var ok bool
		if res.Signature, ok = fromBase64(reply.Signature); !ok {
			return "lacks a signature in base64"
		}
		return ""
	})
	if err != nil {
		return nil, unfit(err)
	}
	return res, nil
}

// Verify tells whether a signature is good.
func (s *service) Verify(ctx context.Context, r *driver.VerifyRequest) (*driver.VerifyResponse, error) {
	body, err := encodeSign(&r.SignRequest, r.Signature)
	if err != nil {
		return nil, err
	}
	var reply struct {
		head
		Valid scalar `json:"signature_valid"`
	}
	res := &driver.VerifyResponse{}
	err = s.secret(ctx, actionVerify, body, &reply, func() string {
		var ok bool
		if res.Valid, ok = reply.Valid.truth(); !ok {
			return "lacks signature_valid"
		}
		return ""
	})
	if err != nil {
		return nil, unfit(err)
	}
	return res, nil
}

// PublicKey reads the public key of a pair.
func (s *service) PublicKey(ctx context.Context, r *driver.PublicKeyRequest) (*driver.PublicKeyResponse, error) {
	if err := checkText(r.KeyID); err != nil {
		return nil, err
	}
	var reply struct {
		head
		PublicKey string `json:"public_key"`
	}
	res := &driver.PublicKeyResponse{}
	err := s.post(ctx, actionPublicKey, &keyRequest{r.KeyID}, &reply, func() string {
		var ok bool
		if res.DER, ok = wire.FromPEM(reply.PublicKey); !ok {
			return "lacks a public_key in PEM"
		}
		return ""
	})
	if err != nil {
		return nil, unfit(err)
	}
	return res, nil
}

// Random returns random bytes.
func (s *service) Random(ctx context.Context, r *driver.RandomRequest) (*driver.RandomResponse, error) {
	body := &struct {
		Length string `json:"random_data_length"`
	}{toBits(r.Bytes)}
	var reply struct {
		head
		Data string `json:"random_data"`
	}
	res := &driver.RandomResponse{}
	err := s.post(ctx, actionRandom, body, &reply, func() string {
		var ok bool
		if res.Random, ok = fromHex(reply.Data, r.Bytes); !ok {
			return "lacks random_data of the length that was asked for"
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}
