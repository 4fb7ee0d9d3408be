package kmstest

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"

	"github.com/emmansun/gmsm/sm2"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance/conformancetest"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

type (
	pairReq   = driver.AsymmetricDecryptRequest
	sealReq   = driver.AsymmetricEncryptRequest
	publicReq = driver.PublicKeyRequest
	publicRes = driver.PublicKeyResponse
	listVReq  = driver.ListVersionsRequest
	listVRes  = driver.ListVersionsResponse
	signReq   = driver.SignRequest
	signRes   = driver.SignResponse
	verifyReq = driver.VerifyRequest
	verifyRes = driver.VerifyResponse
)

// otherWay decrypts by a pair in another way than was asked for.
func otherWay(decrypt func(crypto.Signer, []byte) ([]byte, error)) func(*fake) {
	return forgiven(driver.OpAsymmetricDecrypt, errs.InvalidArgument, func(f *fake, req *pairReq) *decryptRes {
		pair, err := f.pair(req.Ciphertext.KeyID, req.Ciphertext.KeyVersion, driver.EncryptDecrypt)
		if err == nil {
			if p, err := decrypt(pair, req.Ciphertext.Blob); err == nil {
				return &decryptRes{Plaintext: p}
			}
		}
		return &decryptRes{Plaintext: []byte("?")}
	})
}

// newestOf returns the newest version of a key, for drivers that take any.
func newestOf(f *fake, id string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	k, err := f.find(id)
	if err != nil || len(k.versions) == 0 {
		return ""
	}
	return k.versions[len(k.versions)-1].id
}

func wrongPairs() []wrong {
	public := func(change func(*fake, *publicRes)) func(*fake) {
		return answered(driver.OpPublicKey, func(f *fake, _ *publicReq, res *publicRes) { change(f, res) })
	}
	return []wrong{
		{"pads by SHA-1", "aliased", "Asymmetric/EncryptedHere", all(
			answered(driver.OpAsymmetricEncrypt, func(f *fake, req *sealReq, res *encryptRes) {
				if pair, _ := f.pair(req.KeyID, req.KeyVersion, driver.EncryptDecrypt); req.Algorithm == driver.RSAOAEPSHA256 {
					res.Ciphertext.Blob, _ = rsa.EncryptOAEP(sha1.New(), rand.Reader, pair.Public().(*rsa.PublicKey), req.Plaintext, nil)
				}
			}),
			about(driver.OpAsymmetricDecrypt, func(f *fake, ctx context.Context, req *pairReq, right func(context.Context, *pairReq) (*decryptRes, error)) (*decryptRes, error) {
				f.mu.Lock()
				pair, err := f.pair(req.Ciphertext.KeyID, req.Ciphertext.KeyVersion, driver.EncryptDecrypt)
				f.mu.Unlock()
				key, isRSA := pair.(*rsa.PrivateKey)
				if err != nil || !isRSA {
					return right(ctx, req)
				}
				p, err := rsa.DecryptOAEP(sha1.New(), nil, key, req.Ciphertext.Blob, nil)
				if err != nil {
					return nil, errSealed
				}
				return &decryptRes{Plaintext: p}, nil
			}),
		)},
		{"takes C1 C2 C3 for C1 C3 C2", "aliased", "Asymmetric/RoundTrip Asymmetric/Refused", answered(driver.OpAsymmetricEncrypt, func(f *fake, req *sealReq, res *encryptRes) {
			if pair, _ := f.pair(req.KeyID, req.KeyVersion, driver.EncryptDecrypt); req.Algorithm == driver.SM2Encrypt {
				res.Ciphertext.Blob, _ = sm2.Encrypt(rand.Reader, pair.Public().(*ecdsa.PublicKey), req.Plaintext, sm2.NewPlainEncrypterOpts(sm2.MarshalUncompressed, sm2.C1C2C3))
			}
		})},
		{"does not decrypt by pairs", "labelled", "Asymmetric/RoundTrip Asymmetric/EncryptedHere Asymmetric/AtLimit Asymmetric/Differs", useless(driver.OpAsymmetricDecrypt, func(*pairReq) *decryptRes { return nil }, errs.InvalidArgument)},
		{"decrypts a hundred bytes", "labelled", "Asymmetric/AtLimit", answered(driver.OpAsymmetricDecrypt, func(_ *fake, _ *pairReq, res *decryptRes) {
			res.Plaintext = res.Plaintext[:min(len(res.Plaintext), 100)]
		})},
		{"trims what pairs decrypt", "labelled", "Asymmetric/RoundTrip Asymmetric/EncryptedHere", answered(driver.OpAsymmetricDecrypt, func(_ *fake, _ *pairReq, res *decryptRes) { res.Plaintext = bytes.TrimRight(res.Plaintext, "\x00") })},
		{"encrypts always the same by pairs", "aliased", "Asymmetric/Differs", func(f *fake) {
			var made conformancetest.Memo[string, []byte]
			answered(driver.OpAsymmetricEncrypt, func(_ *fake, req *sealReq, res *encryptRes) {
				res.Ciphertext.Blob = made.Once(req.KeyID+string(req.Plaintext), res.Ciphertext.Blob)
			})(f)
		}},
		{"opens what is damaged by pairs", "labelled", "Asymmetric/Damaged Asymmetric/OtherKey", otherWay(func(crypto.Signer, []byte) ([]byte, error) { return []byte("?"), nil })},
		{"opens with any pair", "labelled", "Asymmetric/OtherKey", about(driver.OpAsymmetricDecrypt, func(f *fake, ctx context.Context, req *pairReq, right func(context.Context, *pairReq) (*decryptRes, error)) (*decryptRes, error) {
			res, err := right(ctx, req)
			for _, k := range f.keys {
				if other := *req; err != nil {
					other.Ciphertext.KeyID = k.info.ID
					res, err = right(ctx, &other)
				}
			}
			return res, err
		})},
		{"gives public keys as PEM", "labelled", "PublicKey/Form Sign/Refused", public(func(_ *fake, res *publicRes) {
			res.DER = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: res.DER})
		})},
		{"gives the public key of another spec", "labelled", "PublicKey/Form", public(func(_ *fake, res *publicRes) {
			key, _ := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
			res.DER, _ = x509.MarshalPKIXPublicKey(key.Public())
		})},
		{"gives another public key each time", "labelled", "PublicKey/Stable", public(func(_ *fake, res *publicRes) {
			key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			res.DER, _ = x509.MarshalPKIXPublicKey(key.Public())
		})},
		{"gives one public key for all", "labelled", "PublicKey/Distinct Sign/Message Asymmetric/RoundTrip", public(func(_ *fake, res *publicRes) { res.DER, _ = x509.MarshalPKIXPublicKey(rsaKeys()[0].Public()) })},
		{"gives symmetric keys a public key", "labelled", "PublicKey/Symmetric", forgiven(driver.OpPublicKey, errs.InvalidArgument, func(*fake, *publicReq) *publicRes {
			der, _ := x509.MarshalPKIXPublicKey(rsaKeys()[0].Public())
			return &publicRes{DER: der}
		})},
		{"lists versions twice", "aliased", "Versions/List", answered(driver.OpListVersions, func(_ *fake, _ *listVReq, res *listVRes) { res.Versions = append(res.Versions, res.Versions...) })},
		{"lists only the first versions", "aliased", "RotateNow/OldSignatures", answered(driver.OpListVersions, func(_ *fake, _ *listVReq, res *listVRes) { res.Cursor = "" })},
		{"lists no times of versions", "aliased", "RotateNow/OldSignatures", func(f *fake) {
			answered(driver.OpListVersions, func(f *fake, req *listVReq, res *listVRes) {
				k, _ := f.find(req.KeyID)
				for i := range res.Versions { // the oldest first, all made at once
					res.Versions[i].CreatedAt = k.info.CreatedAt
				}
				if len(k.versions) == 2 && len(res.Versions) == 1 {
					at := 0
					if res.Versions[0].ID == k.versions[0].id {
						at = 1
					}
					res.Versions[0].ID = k.versions[at].id
				}
			})(f)
		}},
		{"takes any version for the newest", "aliased", "Versions/Unknown", asked(driver.OpPublicKey, func(*publicReq) *publicRes { return nil }, func(f *fake, req *publicReq) { req.KeyVersion = newestOf(f, req.KeyID) })},
		{"signs by another version", "aliased", "Versions/Signature Sign/DigestSent", answered(driver.OpSign, func(_ *fake, _ *signReq, res *signRes) { res.KeyVersion = "other" })},
	}
}

func wrongSigners() []wrong {
	signing := func(change func(*fake, *signReq)) func(*fake) {
		return asked(driver.OpSign, func(*signReq) *signRes { return nil }, change)
	}
	verdict := func(valid bool) func(*fake) {
		return answered(driver.OpVerify, func(_ *fake, _ *verifyReq, res *verifyRes) { res.Valid = valid })
	}
	again := func(req *signReq) {
		if len(req.Digest) == sha256.Size {
			sum := sha256.Sum256(req.Digest)
			req.Digest = sum[:]
		}
	}
	return []wrong{
		{"hashes digests again", "aliased", "Sign/Message Sign/Digest Sign/DigestSent Sign/Signer", all(
			signing(func(_ *fake, req *signReq) { again(req) }),
			asked(driver.OpVerify, func(*verifyReq) *verifyRes { return nil }, func(_ *fake, req *verifyReq) { again(&req.SignRequest) }),
		)},
		{"takes messages for digests", "labelled", "Sign/MessageSent", all(
			signing(func(_ *fake, req *signReq) { req.Message = bytes.TrimSpace(req.Message) }),
			asked(driver.OpVerify, func(*verifyReq) *verifyRes { return nil }, func(_ *fake, req *verifyReq) { req.Message = bytes.TrimSpace(req.Message) }),
			func(f *fake) { f.limits.Keys = allKinds(driver.None, driver.Native) },
		)},
		{"signs messages in part", "messages", "Verify/OtherMessage", all(
			signing(func(_ *fake, req *signReq) { req.Message = req.Message[:min(len(req.Message), 3)] }),
			asked(driver.OpVerify, func(*verifyReq) *verifyRes { return nil }, func(_ *fake, req *verifyReq) { req.Message = req.Message[:min(len(req.Message), 3)] }),
		)},
		{"signs no empty message", "messages", "Sign/Message Sign/MessageSent", about(driver.OpSign, func(_ *fake, ctx context.Context, req *signReq, right func(context.Context, *signReq) (*signRes, error)) (*signRes, error) {
			if len(req.Message) == 0 {
				return nil, refuse(errs.InvalidArgument, "no message")
			}
			return right(ctx, req)
		})},
		{"declares too short messages", "labelled", "Sign/MessageOverLimit", func(f *fake) { f.caps.MaxMessageBytes = 100 }},
		{"declares too long messages", "messages", "Sign/MessageSent Sign/Message", func(f *fake) { f.caps.MaxMessageBytes = 600 }},
		{"takes no digests", "labelled", "Sign/DigestSent Sign/Digest", func(f *fake) { f.limits.Keys = allKinds(driver.Native, driver.None) }},
		{"signs in raw form", "aliased", "Sign/Message Sign/Digest", answered(driver.OpSign, func(_ *fake, _ *signReq, res *signRes) {
			if len(res.Signature) < 80 {
				res.Signature = res.Signature[:64]
			}
		})},
		{"signs by whatever algorithm", "labelled", "Sign/WrongAlgorithm", forgiven(driver.OpSign, errs.InvalidArgument, func(*fake, *signReq) *signRes { return &signRes{Signature: random(256)} })},
		{"signs by another algorithm", "labelled", "Sign/Digest Sign/Message Sign/Signer", signing(func(_ *fake, req *signReq) {
			if req.Algorithm == driver.RSAPSSSHA256 {
				req.Algorithm = driver.RSAPKCS1SHA256
			}
		})},
		{"finds every signature good", "labelled", "Verify/OtherMessage Verify/OtherKey Verify/FlippedBits Verify/FlippedBitsSent Verify/Foreign", verdict(true)},
		{"finds no signature good", "labelled", "Sign/Message Sign/Digest Sign/MessageSent Sign/DigestSent", verdict(false)},
		{"finds a bad signature at fault", "labelled", "Verify/FlippedBitsSent Verify/OtherMessage Verify/OtherKey", about(driver.OpVerify, func(_ *fake, ctx context.Context, req *verifyReq, right func(context.Context, *verifyReq) (*verifyRes, error)) (*verifyRes, error) {
			res, err := right(ctx, req)
			if err == nil && !res.Valid {
				return nil, refuse(errs.InvalidArgument, "the signature is bad")
			}
			return res, err
		})},
		{"does not look at the key", "labelled", "Verify/OtherKey", about(driver.OpVerify, func(f *fake, ctx context.Context, req *verifyReq, right func(context.Context, *verifyReq) (*verifyRes, error)) (*verifyRes, error) {
			res, err := right(ctx, req)
			for _, k := range f.keys {
				if other := *req; err == nil && !res.Valid {
					other.KeyID = k.info.ID
					if found, failed := right(ctx, &other); failed == nil {
						res = found
					}
				}
			}
			return res, err
		})},
	}
}
