package kmstest

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// errSealed is what every ciphertext that does not open is answered with.
var errSealed = refuse(errs.InvalidArgument, "the ciphertext or the context is wrong")

// seal encrypts as a provider does: the blob says its key and version. Tags keep data keys apart where they have a
// request of their own.
func (f *fake) seal(tag, id, context string, plaintext []byte) (driver.Ciphertext, error) {
	k, err := f.find(id)
	if err != nil {
		return driver.Ciphertext{}, err
	}
	v, err := k.version("")
	switch {
	case err != nil:
		return driver.Ciphertext{}, err
	case v.aead == nil:
		return driver.Ciphertext{}, refuse(errs.InvalidArgument, "not a symmetric key")
	case f.tooLong(context):
		return driver.Ciphertext{}, refuse(errs.InvalidArgument, "the context is too long")
	}
	nonce := random(v.aead.NonceSize())
	sealed := v.aead.Seal(nonce, nonce, plaintext, []byte(tag+"\x00"+context))
	blob := id + "." + v.id + "." + base64.RawURLEncoding.EncodeToString(sealed)
	return driver.Ciphertext{KeyID: id, Blob: []byte(blob)}, nil
}

func (f *fake) tooLong(context string) bool {
	r := f.limits.Context
	return r.MaxBytes > 0 && len(context) > r.MaxBytes || r.MaxChars > 0 && len([]rune(context)) > r.MaxChars
}

// unseal opens what seal has made, by whichever key it names.
func (f *fake) unseal(tag, context string, blob []byte) (id string, plaintext []byte, err error) {
	parts := bytes.Split(blob, []byte("."))
	if len(parts) != 3 {
		return "", nil, errSealed
	}
	k, err := f.find(string(parts[0]))
	if err != nil {
		return "", nil, err
	}
	v, err := k.version(string(parts[1]))
	if errs.CodeOf(err) == errs.Conflict {
		return "", nil, err
	}
	sealed, bad := base64.RawURLEncoding.Strict().DecodeString(string(parts[2]))
	if err != nil || bad != nil || v.aead == nil || len(sealed) < v.aead.NonceSize() {
		return "", nil, errSealed
	}
	n := v.aead.NonceSize()
	plaintext, bad = v.aead.Open(nil, sealed[:n], sealed[n:], []byte(tag+"\x00"+context))
	if bad != nil {
		return "", nil, errSealed
	}
	return k.info.ID, plaintext, nil
}

// dataKeyTag is what data keys are sealed with.
func (f *fake) dataKeyTag() string {
	if f.limits.DataKeyDecrypt != driver.None {
		return "K"
	}
	return "E"
}

type secretCipher struct{ *fake }

func (f secretCipher) Encrypt(ctx context.Context, req *driver.EncryptRequest) (*driver.EncryptResponse, error) {
	return handle(ctx, f.fake, driver.OpEncrypt, req, func(req *driver.EncryptRequest) (*driver.EncryptResponse, error) {
		if len(req.Plaintext) > f.limits.MaxPlaintextBytes {
			return nil, refuse(errs.TooLarge, "the plaintext is too long")
		}
		made, err := f.seal("E", req.KeyID, req.Context, req.Plaintext)
		if err != nil {
			return nil, err
		}
		made.Kind = driver.KindData
		return &driver.EncryptResponse{Ciphertext: made}, nil
	})
}

// opened makes the answer to a decryption.
func opened(id string, plaintext []byte, err error) (*driver.DecryptResponse, error) {
	if err != nil {
		return nil, err
	}
	return &driver.DecryptResponse{KeyID: id, Plaintext: plaintext}, nil
}

func (f secretCipher) Decrypt(ctx context.Context, req *driver.DecryptRequest) (*driver.DecryptResponse, error) {
	return handle(ctx, f.fake, driver.OpDecrypt, req, func(req *driver.DecryptRequest) (*driver.DecryptResponse, error) {
		return opened(f.unseal("E", req.Context, req.Ciphertext.Blob))
	})
}

// generate makes a data key.
func (f *fake) generate(req *driver.GenerateDataKeyRequest, shown bool) (*driver.GenerateDataKeyResponse, error) {
	if r := f.limits.DataKeyBytes; req.Bytes < r.Min || req.Bytes > r.Max {
		return nil, refuse(errs.InvalidArgument, "not so many bytes")
	}
	plaintext := random(req.Bytes)
	made, err := f.seal(f.dataKeyTag(), req.KeyID, req.Context, plaintext)
	if err != nil {
		return nil, err
	}
	made.Kind = driver.KindDataKey
	if !shown {
		plaintext = nil
	}
	return &driver.GenerateDataKeyResponse{Plaintext: plaintext, Ciphertext: made}, nil
}

type dataKeyMaker struct{ *fake }

func (f dataKeyMaker) GenerateDataKey(ctx context.Context, req *driver.GenerateDataKeyRequest) (*driver.GenerateDataKeyResponse, error) {
	return handle(ctx, f.fake, driver.OpGenerateDataKey, req, func(req *driver.GenerateDataKeyRequest) (*driver.GenerateDataKeyResponse, error) {
		return f.generate(req, true)
	})
}

type wrappedMaker struct{ *fake }

func (f wrappedMaker) GenerateWrappedDataKey(ctx context.Context, req *driver.GenerateDataKeyRequest) (*driver.GenerateDataKeyResponse, error) {
	return handle(ctx, f.fake, driver.OpGenerateWrappedKey, req, func(req *driver.GenerateDataKeyRequest) (*driver.GenerateDataKeyResponse, error) {
		return f.generate(req, false)
	})
}

type dataKeyOpener struct{ *fake }

func (f dataKeyOpener) DecryptDataKey(ctx context.Context, req *driver.DecryptRequest) (*driver.DecryptResponse, error) {
	return handle(ctx, f.fake, driver.OpDecryptDataKey, req, func(req *driver.DecryptRequest) (*driver.DecryptResponse, error) {
		if _, err := f.find(req.Ciphertext.KeyID); err != nil {
			return nil, err
		}
		_, plaintext, err := f.unseal(f.dataKeyTag(), req.Context, req.Ciphertext.Blob)
		if err == nil && len(plaintext) != req.Ciphertext.PlaintextBytes {
			err = errSealed
		}
		return opened("", plaintext, err)
	})
}

type reEncrypter struct{ *fake }

func (f reEncrypter) ReEncrypt(ctx context.Context, req *driver.ReEncryptRequest) (*driver.ReEncryptResponse, error) {
	return handle(ctx, f.fake, driver.OpReEncrypt, req, func(req *driver.ReEncryptRequest) (*driver.ReEncryptResponse, error) {
		_, plaintext, err := f.unseal("E", req.Context, req.Ciphertext.Blob)
		if err != nil {
			return nil, err
		}
		made, err := f.seal("E", req.NewKeyID, req.NewContext, plaintext)
		if err != nil {
			return nil, err
		}
		made.Kind = req.Ciphertext.Kind
		return &driver.ReEncryptResponse{Ciphertext: made}, nil
	})
}

// pair returns a version of a key pair that is made for the usage.
func (f *fake) pair(id, version string, usage driver.Usage) (crypto.Signer, error) {
	k, err := f.find(id)
	if err != nil {
		return nil, err
	}
	if k.info.Usage != usage {
		return nil, refuse(errs.InvalidArgument, "the key is for "+string(k.info.Usage))
	}
	v, err := k.version(version)
	if err != nil {
		return nil, err
	}
	if v.pair == nil || f.limits.KeyVersions != driver.None && version == "" {
		return nil, refuse(errs.InvalidArgument, "no key pair, or its version is not given")
	}
	return v.pair, nil
}

type pairCipher struct{ *fake }

func (f pairCipher) AsymmetricDecrypt(ctx context.Context, req *driver.AsymmetricDecryptRequest) (*driver.DecryptResponse, error) {
	return handle(ctx, f.fake, driver.OpAsymmetricDecrypt, req, func(req *driver.AsymmetricDecryptRequest) (*driver.DecryptResponse, error) {
		ct := req.Ciphertext
		pair, err := f.pair(ct.KeyID, ct.KeyVersion, driver.EncryptDecrypt)
		if err != nil {
			return nil, err
		}
		var plaintext []byte
		switch key := pair.(type) {
		case *rsa.PrivateKey:
			plaintext, err = rsa.DecryptOAEP(sha256.New(), nil, key, ct.Blob, nil)
		case *sm2.PrivateKey:
			plaintext, err = sm2.Decrypt(key, ct.Blob)
		}
		if err != nil {
			return nil, errSealed
		}
		return opened(ct.KeyID, plaintext, nil)
	})
}

type pairEncrypter struct{ *fake }

func (f pairEncrypter) AsymmetricEncrypt(ctx context.Context, req *driver.AsymmetricEncryptRequest) (*driver.EncryptResponse, error) {
	return handle(ctx, f.fake, driver.OpAsymmetricEncrypt, req, func(req *driver.AsymmetricEncryptRequest) (*driver.EncryptResponse, error) {
		pair, err := f.pair(req.KeyID, req.KeyVersion, driver.EncryptDecrypt)
		if err != nil {
			return nil, err
		}
		blob, err := sealHere(req.Algorithm, pair.Public(), req.Plaintext)
		if err != nil {
			return nil, refuse(errs.InvalidArgument, "the plaintext or the algorithm does not fit")
		}
		return &driver.EncryptResponse{Ciphertext: driver.Ciphertext{KeyID: req.KeyID, KeyVersion: req.KeyVersion, Kind: driver.KindAsymmetric, Algorithm: req.Algorithm, Blob: blob}}, nil
	})
}

type signer struct{ *fake }

// input returns the digest that is signed, and the options to sign it with.
func (f *fake) input(pair crypto.Signer, req *driver.SignRequest) ([]byte, crypto.SignerOpts, error) {
	if len(req.Message) > f.limits.MaxMessageBytes {
		return nil, nil, refuse(errs.InvalidArgument, "the message is too long")
	}
	fits := false
	for _, kind := range f.limits.Keys {
		_, isRSA := pair.(*rsa.PrivateKey)
		_, isSM2 := pair.(*sm2.PrivateKey)
		fits = fits || isSigner(&kind) && (kind.Spec == driver.RSA2048) == isRSA && (kind.Spec == driver.SM2) == isSM2 && signsWith(&kind, req)
	}
	if !fits {
		return nil, nil, refuse(errs.InvalidArgument, "no such algorithm for the key, or not of a message or digest")
	}
	digest, hash, err := digestOf(req.Algorithm, publicOf(pair), req.Message)
	if err != nil {
		return nil, nil, refuse(errs.InvalidArgument, "no such algorithm")
	}
	if req.Digest != nil {
		digest = req.Digest
	}
	switch req.Algorithm {
	case driver.RSAPSSSHA256, driver.RSAPSSSHA384, driver.RSAPSSSHA512:
		return digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}, nil
	case driver.SM2SM3:
		return digest, sm2.NewSM2SignerOption(false, nil), nil
	}
	return digest, hash, nil
}

func publicOf(pair crypto.Signer) crypto.PublicKey { return pair.Public() }

func signsWith(kind *driver.KeyKind, req *driver.SignRequest) bool {
	return slices.ContainsFunc(kind.Signatures, func(way driver.SignatureKind) bool {
		return way.Algorithm == req.Algorithm && (req.Digest != nil && way.Digest != driver.None || req.Message != nil && way.Message != driver.None)
	})
}

func (f signer) Sign(ctx context.Context, req *driver.SignRequest) (*driver.SignResponse, error) {
	return handle(ctx, f.fake, driver.OpSign, req, func(req *driver.SignRequest) (*driver.SignResponse, error) {
		pair, err := f.pair(req.KeyID, req.KeyVersion, driver.SignVerify)
		if err != nil {
			return nil, err
		}
		digest, opts, err := f.input(pair, req)
		if err != nil {
			return nil, err
		}
		signature, err := pair.Sign(rand.Reader, digest, opts)
		if err != nil {
			return nil, refuse(errs.InvalidArgument, "this cannot be signed")
		}
		return &driver.SignResponse{KeyVersion: req.KeyVersion, Signature: signature}, nil
	})
}

func (f signer) Verify(ctx context.Context, req *driver.VerifyRequest) (*driver.VerifyResponse, error) {
	return handle(ctx, f.fake, driver.OpVerify, req, func(req *driver.VerifyRequest) (*driver.VerifyResponse, error) {
		pair, err := f.pair(req.KeyID, req.KeyVersion, driver.SignVerify)
		if err != nil {
			return nil, err
		}
		digest, opts, err := f.input(pair, &req.SignRequest)
		if err != nil {
			return nil, err
		}
		valid := false
		switch public := pair.Public().(type) {
		case *rsa.PublicKey:
			if pss, ok := opts.(*rsa.PSSOptions); ok {
				valid = rsa.VerifyPSS(public, pss.Hash, digest, req.Signature, pss) == nil
			} else {
				valid = rsa.VerifyPKCS1v15(public, opts.HashFunc(), digest, req.Signature) == nil
			}
		case *ecdsa.PublicKey:
			if sm2.IsSM2PublicKey(public) {
				valid = sm2.VerifyASN1(public, digest, req.Signature)
			} else {
				valid = ecdsa.VerifyASN1(public, digest, req.Signature)
			}
		}
		return &driver.VerifyResponse{Valid: valid}, nil
	})
}

type publicKeys struct{ *fake }

func (f publicKeys) PublicKey(ctx context.Context, req *driver.PublicKeyRequest) (*driver.PublicKeyResponse, error) {
	return onKey(ctx, f.fake, driver.OpPublicKey, req.KeyID, req, func(k *fakeKey, req *driver.PublicKeyRequest) (*driver.PublicKeyResponse, error) {
		pair, err := f.pair(req.KeyID, req.KeyVersion, k.info.Usage)
		if err != nil {
			return nil, err
		}
		der, err := smx509.MarshalPKIXPublicKey(pair.Public())
		if err != nil {
			return nil, err
		}
		return &driver.PublicKeyResponse{DER: der}, nil
	})
}
