package kms_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

type symmetricPart struct{ v *vault }

func (p symmetricPart) Encrypt(_ context.Context, req *driver.EncryptRequest) (*driver.EncryptResponse, error) {
	if err := p.v.enter(driver.OpEncrypt, "%s %d %s", req.KeyID, len(req.Plaintext), req.Context); err != nil {
		return nil, err
	}
	made, err := p.v.seal("E", req.KeyID, req.Context, req.Plaintext)
	if err != nil {
		return nil, err
	}
	made.Kind, made.KeyVersion = driver.KindData, "v1"
	return reply(p.v, driver.OpEncrypt, &driver.EncryptResponse{Ciphertext: made})
}

func (p symmetricPart) Decrypt(_ context.Context, req *driver.DecryptRequest) (*driver.DecryptResponse, error) {
	if err := p.v.enter(driver.OpDecrypt, "%s %s %s", req.Ciphertext.KeyID, req.Ciphertext.Kind, req.Context); err != nil {
		return nil, err
	}
	tags := "EK"
	if p.v.caps.DataKeyDecrypt != driver.None {
		tags = "E"
	}
	res, err := p.v.unseal(tags, req.Context, req.Ciphertext.Blob)
	if err != nil {
		return nil, err
	}
	return reply(p.v, driver.OpDecrypt, res)
}

type dataKeyPart struct{ v *vault }

func (p dataKeyPart) GenerateDataKey(_ context.Context, req *driver.GenerateDataKeyRequest) (*driver.GenerateDataKeyResponse, error) {
	if err := p.v.enter(driver.OpGenerateDataKey, "%s %d %s", req.KeyID, req.Bytes, req.Context); err != nil {
		return nil, err
	}
	plaintext := make([]byte, req.Bytes)
	rand.Read(plaintext)
	made, err := p.v.seal("K", req.KeyID, req.Context, plaintext)
	if err != nil {
		return nil, err
	}
	made.Kind = driver.KindDataKey
	return reply(p.v, driver.OpGenerateDataKey, &driver.GenerateDataKeyResponse{Plaintext: plaintext, Ciphertext: made})
}

type wrappedPart struct{ v *vault }

func (p wrappedPart) GenerateWrappedDataKey(_ context.Context, req *driver.GenerateDataKeyRequest) (*driver.GenerateDataKeyResponse, error) {
	if err := p.v.enter(driver.OpGenerateWrappedKey, "%s %d %s", req.KeyID, req.Bytes, req.Context); err != nil {
		return nil, err
	}
	plaintext := make([]byte, req.Bytes)
	rand.Read(plaintext)
	made, err := p.v.seal("K", req.KeyID, req.Context, plaintext)
	if err != nil {
		return nil, err
	}
	made.Kind, made.PlaintextBytes = driver.KindDataKey, req.Bytes
	return reply(p.v, driver.OpGenerateWrappedKey, &driver.GenerateDataKeyResponse{Ciphertext: made})
}

type dataKeyDecryptPart struct{ v *vault }

func (p dataKeyDecryptPart) DecryptDataKey(_ context.Context, req *driver.DecryptRequest) (*driver.DecryptResponse, error) {
	if err := p.v.enter(driver.OpDecryptDataKey, "%s %d %s", req.Ciphertext.KeyID, req.Ciphertext.PlaintextBytes, req.Context); err != nil {
		return nil, err
	}
	res, err := p.v.unseal("K", req.Context, req.Ciphertext.Blob)
	if err != nil {
		return nil, err
	}
	res.KeyID = "" // as Huawei Cloud's
	return reply(p.v, driver.OpDecryptDataKey, res)
}

type reEncryptPart struct{ v *vault }

func (p reEncryptPart) ReEncrypt(_ context.Context, req *driver.ReEncryptRequest) (*driver.ReEncryptResponse, error) {
	if err := p.v.enter(driver.OpReEncrypt, "%s %s %s>%s", req.Ciphertext.KeyID, req.NewKeyID, req.Context, req.NewContext); err != nil {
		return nil, err
	}
	res, err := p.v.unseal("EK", req.Context, req.Ciphertext.Blob)
	if err != nil {
		return nil, err
	}
	made, err := p.v.seal(string(req.Ciphertext.Blob[:1]), req.NewKeyID, req.NewContext, res.Plaintext)
	if err != nil {
		return nil, err
	}
	made.Kind = req.Ciphertext.Kind
	return reply(p.v, driver.OpReEncrypt, &driver.ReEncryptResponse{Ciphertext: made})
}

// pair returns one version of a key pair.
func (v *vault) pair(id, version string) (crypto.Signer, string, error) {
	key, id, err := v.find(id)
	if err != nil {
		return nil, "", err
	}
	if pair := key.pairs[version]; pair != nil {
		return pair, id, nil
	}
	return nil, "", errs.Refuse(errs.NotFound, "no such version")
}

type pairPart struct{ v *vault }

func (p pairPart) AsymmetricDecrypt(_ context.Context, req *driver.AsymmetricDecryptRequest) (*driver.DecryptResponse, error) {
	ct := req.Ciphertext
	if err := p.v.enter(driver.OpAsymmetricDecrypt, "%s %s %s", ct.KeyID, ct.KeyVersion, ct.Algorithm); err != nil {
		return nil, err
	}
	pair, id, err := p.v.pair(ct.KeyID, ct.KeyVersion)
	if err != nil {
		return nil, err
	}
	var opts crypto.DecrypterOpts = &rsa.OAEPOptions{Hash: crypto.SHA256}
	if ct.Algorithm == driver.SM2Encrypt {
		opts = sm2.ASN1DecrypterOpts
	}
	plaintext, err := pair.(crypto.Decrypter).Decrypt(rand.Reader, ct.Blob, opts)
	if err != nil {
		return nil, errs.Refuse(errs.InvalidArgument, "wrong ciphertext")
	}
	return reply(p.v, driver.OpAsymmetricDecrypt, &driver.DecryptResponse{KeyID: id, Plaintext: plaintext})
}

type pairEncryptPart struct{ v *vault }

func (p pairEncryptPart) AsymmetricEncrypt(_ context.Context, req *driver.AsymmetricEncryptRequest) (*driver.EncryptResponse, error) {
	if err := p.v.enter(driver.OpAsymmetricEncrypt, "%s %s %s", req.KeyID, req.KeyVersion, req.Algorithm); err != nil {
		return nil, err
	}
	pair, id, err := p.v.pair(req.KeyID, req.KeyVersion)
	if err != nil {
		return nil, err
	}
	var blob []byte
	if req.Algorithm == driver.SM2Encrypt {
		blob, err = sm2.EncryptASN1(rand.Reader, pair.Public().(*ecdsa.PublicKey), req.Plaintext)
	} else {
		blob, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, pair.Public().(*rsa.PublicKey), req.Plaintext, nil)
	}
	if err != nil {
		return nil, errs.Refuse(errs.InvalidArgument, "refused by the server")
	}
	made := driver.Ciphertext{KeyID: id, KeyVersion: req.KeyVersion, Kind: driver.KindAsymmetric, Blob: blob}
	return reply(p.v, driver.OpAsymmetricEncrypt, &driver.EncryptResponse{Ciphertext: made})
}

type signPart struct{ v *vault }

// signerOpts says how the vault's pairs sign a digest.
func signerOpts(algorithm driver.SignatureAlgorithm) crypto.SignerOpts {
	switch algorithm {
	case driver.RSAPSSSHA256:
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
	case driver.RSAPKCS1SHA512:
		return crypto.SHA512
	case driver.SM2SM3:
		return sm2.NewSM2SignerOption(false, nil)
	}
	return crypto.SHA256
}

func (p signPart) Sign(_ context.Context, req *driver.SignRequest) (*driver.SignResponse, error) {
	if err := p.v.enter(driver.OpSign, "%s %s %s %d %d %v", req.KeyID, req.KeyVersion, req.Algorithm, len(req.Message), len(req.Digest), req.Message == nil); err != nil {
		return nil, err
	}
	pair, _, err := p.v.pair(req.KeyID, req.KeyVersion)
	if err != nil {
		return nil, err
	}
	opts, input := signerOpts(req.Algorithm), req.Digest
	if req.Digest == nil && req.Algorithm == driver.SM2SM3 {
		opts, input = sm2.DefaultSM2SignerOpts, req.Message
	} else if req.Digest == nil {
		sum := sha256.Sum256(req.Message)
		input = sum[:]
	}
	signature, err := pair.Sign(rand.Reader, input, opts)
	if err != nil {
		return nil, errs.Refuse(errs.InvalidArgument, "refused by the server: %v", err)
	}
	return reply(p.v, driver.OpSign, &driver.SignResponse{Signature: signature})
}

func (p signPart) Verify(_ context.Context, req *driver.VerifyRequest) (*driver.VerifyResponse, error) {
	if err := p.v.enter(driver.OpVerify, "%s %s %s %d %d", req.KeyID, req.KeyVersion, req.Algorithm, len(req.Message), len(req.Digest)); err != nil {
		return nil, err
	}
	pair, _, err := p.v.pair(req.KeyID, req.KeyVersion)
	if err != nil {
		return nil, err
	}
	digest := req.Digest
	if digest == nil {
		sum := sha256.Sum256(req.Message)
		digest = sum[:]
	}
	valid := false
	switch public := pair.Public().(type) {
	case *rsa.PublicKey:
		if req.Algorithm == driver.RSAPSSSHA256 {
			valid = rsa.VerifyPSS(public, crypto.SHA256, digest, req.Signature, nil) == nil
		} else {
			valid = rsa.VerifyPKCS1v15(public, crypto.SHA512, digest, req.Signature) == nil
		}
	case *ecdsa.PublicKey:
		if sm2.IsSM2PublicKey(public) {
			valid = sm2.VerifyASN1(public, digest, req.Signature)
		} else {
			valid = ecdsa.VerifyASN1(public, digest, req.Signature)
		}
	}
	return reply(p.v, driver.OpVerify, &driver.VerifyResponse{Valid: valid})
}

type publicPart struct{ v *vault }

func (p publicPart) PublicKey(_ context.Context, req *driver.PublicKeyRequest) (*driver.PublicKeyResponse, error) {
	if err := p.v.enter(driver.OpPublicKey, "%s %s", req.KeyID, req.KeyVersion); err != nil {
		return nil, err
	}
	pair, _, err := p.v.pair(req.KeyID, req.KeyVersion)
	if err != nil {
		return nil, err
	}
	der, err := smx509.MarshalPKIXPublicKey(pair.Public())
	if err != nil {
		return nil, err
	}
	return reply(p.v, driver.OpPublicKey, &driver.PublicKeyResponse{DER: der})
}

type versionPart struct{ v *vault }

// ListVersions gives a version a page, the newest first.
func (p versionPart) ListVersions(_ context.Context, req *driver.ListVersionsRequest) (*driver.ListVersionsResponse, error) {
	if err := p.v.enter(driver.OpListVersions, "%s %s", req.KeyID, req.Cursor); err != nil {
		return nil, err
	}
	key, _, err := p.v.find(req.KeyID)
	if err != nil {
		return nil, err
	}
	res, page := &driver.ListVersionsResponse{}, len(req.Cursor)
	if page < len(key.newest) {
		res.Versions = []driver.KeyVersion{key.newest[len(key.newest)-1-page]}
	}
	if page+1 < len(key.newest) {
		res.Cursor = req.Cursor + "+"
	}
	return reply(p.v, driver.OpListVersions, res)
}

type randomPart struct{ v *vault }

func (p randomPart) Random(_ context.Context, req *driver.RandomRequest) (*driver.RandomResponse, error) {
	if err := p.v.enter(driver.OpRandom, "%d", req.Bytes); err != nil {
		return nil, err
	}
	return reply(p.v, driver.OpRandom, &driver.RandomResponse{Random: bytes.Repeat([]byte{7}, req.Bytes)})
}

// importPart takes material for AES keys.
type importPart struct {
	v        *vault
	wrapping crypto.Signer
	got      *driver.ImportKeyMaterialRequest
	expires  time.Time
}

func (p *importPart) ImportParameters(_ context.Context, req *driver.ImportParametersRequest) (*driver.ImportParametersResponse, error) {
	if err := p.v.enter(driver.OpImportParameters, "%s %s", req.KeyID, req.Wrapping); err != nil {
		return nil, err
	}
	der, err := smx509.MarshalPKIXPublicKey(p.wrapping.Public())
	if err != nil {
		return nil, err
	}
	return reply(p.v, driver.OpImportParameters, &driver.ImportParametersResponse{PublicKey: der, Token: []byte("token-canary"), ExpiresAt: p.expires})
}

func (p *importPart) ImportKeyMaterial(_ context.Context, req *driver.ImportKeyMaterialRequest) (*driver.ImportKeyMaterialResponse, error) {
	kept := *req
	kept.Wrapped, p.got = bytes.Clone(req.Wrapped), &kept
	return &driver.ImportKeyMaterialResponse{}, p.v.enter(driver.OpImportKeyMaterial, "%s %s", req.KeyID, req.Token)
}

func (p *importPart) DeleteKeyMaterial(_ context.Context, req *driver.DeleteKeyMaterialRequest) (*driver.DeleteKeyMaterialResponse, error) {
	return &driver.DeleteKeyMaterialResponse{}, p.v.enter(driver.OpDeleteKeyMaterial, "%s", req.KeyID)
}
