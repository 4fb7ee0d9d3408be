package alibaba

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
)

// plaintexts are what an encryption may mangle.
func plaintexts() [][]byte {
	return [][]byte{{0}, []byte("text"), {0, 0xff, '\n', '+', '/', '=', '%', '&', 0}, bytes.Repeat([]byte{0, 1, 0xfe, 0xff}, 6144/4)}
}

func TestKMSEncrypt(t *testing.T) {
	inKMS(t, emulator.AlibabaKMSSettings{}, func(t *testing.T, _ *emulator.AlibabaKMS, s *keyService) {
		ctx := t.Context()
		for _, spec := range []driver.Spec{driver.AES256, driver.SM4} {
			id := newKey(t, s, driver.CreateKeyRequest{Spec: spec, Usage: driver.EncryptDecrypt})
			for _, context := range []string{"", `{"a":"1","b":"&=+% \\\" 值"}`} {
				for _, plaintext := range plaintexts() {
					c := ok[driver.EncryptResponse](t)(s.Encrypt(ctx, &driver.EncryptRequest{KeyID: id, Plaintext: plaintext, Context: context})).Ciphertext
					if c.KeyID != id || c.KeyVersion == "" || c.Kind != driver.KindData || c.Algorithm != "" || c.PlaintextBytes != 0 || len(c.Blob) == 0 {
						t.Errorf("%v", c)
					}
					res := ok[driver.DecryptResponse](t)(s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: c, Context: context}))
					if !bytes.Equal(res.Plaintext, plaintext) || res.KeyID != id {
						t.Errorf("%s: %d bytes came back as %d, of %s", spec, len(plaintext), len(res.Plaintext), res.KeyID)
					}
					c.Kind = driver.KindText // made by another program: bytes as well
					if res := ok[driver.DecryptResponse](t)(s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: c, Context: context})); !bytes.Equal(res.Plaintext, plaintext) {
						t.Error("text differs")
					}
				}
			}
			c := ok[driver.EncryptResponse](t)(s.Encrypt(ctx, &driver.EncryptRequest{KeyID: id, Plaintext: []byte("x"), Context: `{"a":"1","b":"2"}`})).Ciphertext
			if _, err := s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: c, Context: `{"b":"2","a":"1"}`}); err != nil {
				t.Errorf("another order: %v", err)
			}
			for _, wrong := range []string{"", `{"a":"1"}`, `{"a":"1","b":"3"}`} {
				_, err := s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: c, Context: wrong})
				wantCode(t, "the context "+wrong, err, errs.InvalidArgument)
			}
			for _, blob := range [][]byte{[]byte("none"), c.Blob[:len(c.Blob)-5], []byte("\xff\x00")} {
				_, err := s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: driver.Ciphertext{KeyID: id, Kind: driver.KindData, Blob: blob}, Context: `{"a":"1","b":"2"}`})
				if code := errs.CodeOf(err); code != errs.InvalidArgument && code != errs.NotFound {
					t.Errorf("a broken ciphertext: %v", err)
				}
			}
		}
		_, err := s.Encrypt(ctx, &driver.EncryptRequest{KeyID: "key-none", Plaintext: []byte("x")})
		wantCode(t, "no key", err, errs.NotFound)
	})
}

func TestKMSDataKeys(t *testing.T) {
	inKMS(t, emulator.AlibabaKMSSettings{}, func(t *testing.T, _ *emulator.AlibabaKMS, s *keyService) {
		ctx, id := t.Context(), newAES(t, s)
		for _, n := range []int{1, 16, 32, 1024} {
			req := driver.GenerateDataKeyRequest{KeyID: id, Bytes: n, Context: `{"a":"1"}`}
			made := ok[driver.GenerateDataKeyResponse](t)(s.GenerateDataKey(ctx, &req))
			wrapped := ok[driver.GenerateDataKeyResponse](t)(s.GenerateWrappedDataKey(ctx, &req))
			if len(made.Plaintext) != n || wrapped.Plaintext != nil {
				t.Errorf("%d bytes: %d and %d of plaintext", n, len(made.Plaintext), len(wrapped.Plaintext))
			}
			for _, c := range []driver.Ciphertext{made.Ciphertext, wrapped.Ciphertext} {
				if c.KeyID != id || c.KeyVersion == "" || c.Kind != driver.KindDataKey || c.PlaintextBytes != n {
					t.Errorf("%v of %d bytes", c, c.PlaintextBytes)
				}
				res := ok[driver.DecryptResponse](t)(s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: c, Context: req.Context}))
				if same := bytes.Equal(res.Plaintext, made.Plaintext); len(res.Plaintext) != n || n > 1 && same != bytes.Equal(c.Blob, made.Ciphertext.Blob) {
					t.Errorf("%d bytes were opened as %d, the same: %t", n, len(res.Plaintext), same)
				}
			}
		}
	})
}

// The reply does not say reliably of what key the new ciphertext is, so that nothing is said of it.
func TestKMSReEncrypt(t *testing.T) {
	inKMS(t, emulator.AlibabaKMSSettings{}, func(t *testing.T, _ *emulator.AlibabaKMS, s *keyService) {
		ctx, old, other := t.Context(), newAES(t, s), newAES(t, s)
		data := ok[driver.EncryptResponse](t)(s.Encrypt(ctx, &driver.EncryptRequest{KeyID: old, Plaintext: []byte("x\x00"), Context: `{"a":"1"}`})).Ciphertext
		key := ok[driver.GenerateDataKeyResponse](t)(s.GenerateDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: old, Bytes: 2, Context: `{"a":"1"}`}))
		for _, c := range []struct {
			from      driver.Ciphertext
			plaintext []byte
		}{{data, []byte("x\x00")}, {key.Ciphertext, key.Plaintext}} {
			for _, context := range []string{"", `{"b":"2"}`} {
				res := ok[driver.ReEncryptResponse](t)(s.ReEncrypt(ctx, &driver.ReEncryptRequest{Ciphertext: c.from, Context: `{"a":"1"}`, NewKeyID: other, NewContext: context}))
				made := res.Ciphertext
				if made.KeyID != "" || made.KeyVersion != "" || made.Kind != c.from.Kind || made.PlaintextBytes != c.from.PlaintextBytes {
					t.Errorf("%v", made)
				}
				opened := ok[driver.DecryptResponse](t)(s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: made, Context: context}))
				if opened.KeyID != other || !bytes.Equal(opened.Plaintext, c.plaintext) {
					t.Errorf("opened with %s", opened.KeyID)
				}
			}
			_, err := s.ReEncrypt(ctx, &driver.ReEncryptRequest{Ciphertext: c.from, NewKeyID: other})
			wantCode(t, "without the old context", err, errs.InvalidArgument)
		}
	})
}

// newestVersion returns the only version of a pair.
func newestVersion(t *testing.T, s *keyService, id string) string {
	t.Helper()
	res := ok[driver.ListVersionsResponse](t)(s.ListVersions(t.Context(), &driver.ListVersionsRequest{KeyID: id}))
	if len(res.Versions) != 1 || res.Versions[0].CreatedAt.IsZero() || time.Since(res.Versions[0].CreatedAt) > time.Minute {
		t.Fatalf("%+v", res.Versions)
	}
	return res.Versions[0].ID
}

func publicOf(t *testing.T, s *keyService, id, version string) []byte {
	t.Helper()
	return ok[driver.PublicKeyResponse](t)(s.PublicKey(t.Context(), &driver.PublicKeyRequest{KeyID: id, KeyVersion: version})).DER
}

// Every declared signature is verified here, by the public key.
func TestKMSSign(t *testing.T) {
	inKMS(t, emulator.AlibabaKMSSettings{}, func(t *testing.T, _ *emulator.AlibabaKMS, s *keyService) {
		ctx, message := t.Context(), []byte("message\x00")
		signed := 0
		for _, kind := range limits.KMS().Keys {
			if kind.Usage != driver.SignVerify || kind.Spec == driver.RSA4096 && testing.Short() {
				continue
			}
			id := newKey(t, s, driver.CreateKeyRequest{Spec: kind.Spec, Usage: kind.Usage})
			if k := described(t, s, id); k.Spec != kind.Spec || k.Usage != kind.Usage || k.Vendor["PrimaryKeyVersion"] != "" {
				t.Errorf("%+v", k)
			}
			version := newestVersion(t, s, id)
			der := publicOf(t, s, id, version)
			for _, a := range kind.Signatures {
				signed++
				digest, verify := verifier(t, kind.Spec, a.Algorithm, der, message)
				req := driver.SignRequest{KeyID: id, KeyVersion: version, Algorithm: a.Algorithm, Digest: digest}
				res := ok[driver.SignResponse](t)(s.Sign(ctx, &req))
				if res.KeyVersion != version || !verify(res.Signature) {
					t.Errorf("%s with %s: the signature of version %q is not good", a.Algorithm, kind.Spec, res.KeyVersion)
				}
				if v := ok[driver.VerifyResponse](t)(s.Verify(ctx, &driver.VerifyRequest{SignRequest: req, Signature: res.Signature})); !v.Valid {
					t.Errorf("%s with %s: the vendor does not verify it", a.Algorithm, kind.Spec)
				}
				req.Digest = bytes.Clone(digest)
				req.Digest[0] ^= 1
				if v, err := s.Verify(ctx, &driver.VerifyRequest{SignRequest: req, Signature: res.Signature}); err != nil || v.Valid {
					t.Errorf("%s with %s: another digest: %+v, %v", a.Algorithm, kind.Spec, v, err)
				}
				req.KeyVersion = "v-none"
				_, err := s.Sign(ctx, &req)
				wantCode(t, "no such version", err, errs.NotFound)
			}
		}
		if !testing.Short() && signed != 9 {
			t.Errorf("%d algorithms", signed)
		}
	})
}

// verifier returns the digest of a message and what verifies a signature of it.
func verifier(t *testing.T, spec driver.Spec, a driver.SignatureAlgorithm, der, message []byte) (digest []byte, verify func([]byte) bool) {
	t.Helper()
	sum := sha256.Sum256(message)
	switch {
	case spec == driver.ECSecp256k1:
		return sum[:], func(signature []byte) bool { return verifyK256(t, der, sum[:], signature) }
	case a == driver.SM2SM3:
		parsed, err := smx509.ParsePKIXPublicKey(der)
		if err != nil {
			t.Fatal(err)
		}
		digest, err := sm2.CalculateSM2Hash(parsed.(*ecdsa.PublicKey), message, []byte("1234567812345678"))
		if err != nil {
			t.Fatal(err)
		}
		return digest, func(signature []byte) bool {
			return sm2.VerifyASN1WithSM2(parsed.(*ecdsa.PublicKey), nil, message, signature)
		}
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		t.Fatal(err)
	}
	return sum[:], func(signature []byte) bool {
		switch a {
		case driver.ECDSASHA256:
			return ecdsa.VerifyASN1(parsed.(*ecdsa.PublicKey), sum[:], signature)
		case driver.RSAPSSSHA256:
			return rsa.VerifyPSS(parsed.(*rsa.PublicKey), crypto.SHA256, sum[:], signature, nil) == nil
		case driver.RSAPKCS1SHA256:
			return rsa.VerifyPKCS1v15(parsed.(*rsa.PublicKey), crypto.SHA256, sum[:], signature) == nil
		}
		return false
	}
}

// verifyK256 verifies an ECDSA signature on secp256k1 (SEC 2, 2.4.1), for which the standard library has no curve.
func verifyK256(t *testing.T, der, digest, signature []byte) bool {
	t.Helper()
	number := func(hex string) *big.Int { n, _ := new(big.Int).SetString(hex, 16); return n }
	p := number("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F")
	n := number("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141")
	g := [2]*big.Int{number("79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798"), number("483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8")}
	var spki struct {
		Algorithm struct{ Type, Curve asn1.ObjectIdentifier }
		Key       asn1.BitString
	}
	var rs struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &spki); err != nil || len(rest) > 0 || len(spki.Key.Bytes) != 65 || spki.Algorithm.Curve.String() != "1.3.132.0.10" {
		t.Fatalf("not a public key on secp256k1: %v", err)
	}
	if rest, err := asn1.Unmarshal(signature, &rs); err != nil || len(rest) > 0 {
		return false
	}
	// The sum of two points that are neither opposite nor nil, and nil for the point at infinity.
	add := func(a, b *[2]*big.Int) *[2]*big.Int {
		if a == nil {
			return b
		}
		slope, x, y := new(big.Int), new(big.Int), new(big.Int)
		if a[0].Cmp(b[0]) == 0 {
			slope.Mul(x.Mul(a[0], a[0]), big.NewInt(3))
			slope.Mul(slope, y.ModInverse(y.Lsh(a[1], 1), p))
		} else {
			slope.Sub(b[1], a[1])
			slope.Mul(slope, x.ModInverse(x.Mod(x.Sub(b[0], a[0]), p), p))
		}
		x = new(big.Int).Mod(new(big.Int).Sub(new(big.Int).Sub(new(big.Int).Mul(slope, slope), a[0]), b[0]), p)
		y = new(big.Int).Mod(new(big.Int).Sub(new(big.Int).Mul(slope, new(big.Int).Sub(a[0], x)), a[1]), p)
		return &[2]*big.Int{x, y}
	}
	times := func(k *big.Int, at *[2]*big.Int) (sum *[2]*big.Int) {
		for i := k.BitLen() - 1; i >= 0; i-- {
			if sum != nil {
				sum = add(sum, sum)
			}
			if k.Bit(i) == 1 {
				sum = add(sum, at)
			}
		}
		return sum
	}
	key := &[2]*big.Int{new(big.Int).SetBytes(spki.Key.Bytes[1:33]), new(big.Int).SetBytes(spki.Key.Bytes[33:])}
	w := new(big.Int).ModInverse(rs.S, n)
	u1 := new(big.Int).Mod(new(big.Int).Mul(new(big.Int).SetBytes(digest), w), n)
	u2 := new(big.Int).Mod(new(big.Int).Mul(rs.R, w), n)
	at := add(times(u1, &g), times(u2, key))
	return new(big.Int).Mod(at[0], n).Cmp(rs.R) == 0
}

func TestKMSAsymmetricEncryption(t *testing.T) {
	inKMS(t, emulator.AlibabaKMSSettings{}, func(t *testing.T, _ *emulator.AlibabaKMS, s *keyService) {
		ctx := t.Context()
		for spec, most := range map[driver.Spec]int{driver.RSA2048: 190, driver.RSA3072: 318, driver.SM2: 6047} {
			id := newKey(t, s, driver.CreateKeyRequest{Spec: spec, Usage: driver.EncryptDecrypt})
			version := newestVersion(t, s, id)
			der := publicOf(t, s, id, version)
			algorithm := driver.RSAOAEPSHA256
			if spec == driver.SM2 {
				algorithm = driver.SM2Encrypt
			}
			for _, plaintext := range [][]byte{{0}, []byte("a\x00\xff"), bytes.Repeat([]byte{0xfe, 0}, most/2)} {
				c := ok[driver.EncryptResponse](t)(s.AsymmetricEncrypt(ctx, &driver.AsymmetricEncryptRequest{KeyID: id, KeyVersion: version, Algorithm: algorithm, Plaintext: plaintext})).Ciphertext
				if c.KeyID != id || c.KeyVersion != version || c.Kind != driver.KindAsymmetric || c.Algorithm != algorithm {
					t.Errorf("%v", c)
				}
				res := ok[driver.DecryptResponse](t)(s.AsymmetricDecrypt(ctx, &driver.AsymmetricDecryptRequest{Ciphertext: c}))
				if !bytes.Equal(res.Plaintext, plaintext) || res.KeyID != id {
					t.Errorf("%s: %d bytes came back as %d", spec, len(plaintext), len(res.Plaintext))
				}
			}
			c := driver.Ciphertext{KeyID: id, KeyVersion: version, Kind: driver.KindAsymmetric, Algorithm: algorithm, Blob: []byte("AAAA")}
			_, err := s.AsymmetricDecrypt(ctx, &driver.AsymmetricDecryptRequest{Ciphertext: c})
			wantCode(t, "a broken ciphertext", err, errs.InvalidArgument)
			if spec == driver.SM2 {
				continue
			}
			parsed, err := x509.ParsePKIXPublicKey(der)
			if err != nil {
				t.Fatal(err)
			}
			sealed, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, parsed.(*rsa.PublicKey), []byte("from elsewhere"), nil)
			if err != nil {
				t.Fatal(err)
			}
			c.Blob = sealed
			if res := ok[driver.DecryptResponse](t)(s.AsymmetricDecrypt(ctx, &driver.AsymmetricDecryptRequest{Ciphertext: c})); string(res.Plaintext) != "from elsewhere" {
				t.Errorf("%q", res.Plaintext)
			}
		}
		_, err := s.PublicKey(ctx, &driver.PublicKeyRequest{KeyID: newAES(t, s), KeyVersion: "v"})
		if code := errs.CodeOf(err); code != errs.InvalidArgument && code != errs.NotFound {
			t.Errorf("the public key of a symmetric key: %v", err)
		}
	})
}

func TestKMSImport(t *testing.T) {
	inKMS(t, emulator.AlibabaKMSSettings{}, func(t *testing.T, _ *emulator.AlibabaKMS, s *keyService) {
		ctx := t.Context()
		for spec, n := range map[driver.Spec]int{driver.AES256: 32, driver.SM4: 16} {
			id := newKey(t, s, driver.CreateKeyRequest{Spec: spec, Usage: driver.EncryptDecrypt, Origin: driver.External})
			if k := described(t, s, id); k.State != driver.PendingImport || k.Origin != driver.External {
				t.Errorf("%+v", k)
			}
			_, err := s.Encrypt(ctx, &driver.EncryptRequest{KeyID: id, Plaintext: []byte("x")})
			wantCode(t, "encrypting without material", err, errs.Conflict)
			material := bytes.Repeat([]byte{7}, n)
			importInto := func(material []byte, expires time.Time) error {
				t.Helper()
				p := ok[driver.ImportParametersResponse](t)(s.ImportParameters(ctx, &driver.ImportParametersRequest{KeyID: id, Wrapping: driver.RSAOAEPSHA256}))
				if until := time.Until(p.ExpiresAt); until < 23*time.Hour || until > 24*time.Hour || len(p.Token) == 0 {
					t.Errorf("the token ends in %v", until)
				}
				parsed, err := x509.ParsePKIXPublicKey(p.PublicKey)
				if err != nil {
					t.Fatal(err)
				}
				wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, parsed.(*rsa.PublicKey), material, nil)
				if err != nil {
					t.Fatal(err)
				}
				return ignore(s.ImportKeyMaterial(ctx, &driver.ImportKeyMaterialRequest{KeyID: id, Wrapped: wrapped, Token: p.Token, ExpiresAt: expires}))
			}
			wantCode(t, "short material", importInto(material[1:], time.Time{}), errs.InvalidArgument)
			if err := importInto(material, time.Time{}); err != nil {
				t.Fatal(err)
			}
			if k := described(t, s, id); k.State != driver.Enabled || !k.MaterialExpiresAt.IsZero() {
				t.Errorf("%+v", k)
			}
			sealed := ok[driver.EncryptResponse](t)(s.Encrypt(ctx, &driver.EncryptRequest{KeyID: id, Plaintext: []byte("kept")})).Ciphertext
			ok[driver.DeleteKeyMaterialResponse](t)(s.DeleteKeyMaterial(ctx, &driver.DeleteKeyMaterialRequest{KeyID: id}))
			if got := described(t, s, id).State; got != driver.PendingImport {
				t.Errorf("state %s", got)
			}
			_, err = s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: sealed})
			wantCode(t, "decrypting without material", err, errs.Conflict)
			wantCode(t, "other material", importInto(bytes.Repeat([]byte{8}, n), time.Time{}), errs.InvalidArgument)
			expires := time.Now().Add(time.Hour).Truncate(time.Second)
			if err := importInto(material, expires); err != nil {
				t.Fatal(err)
			}
			if k := described(t, s, id); !k.MaterialExpiresAt.Equal(expires) {
				t.Errorf("the material expires at %v, want %v", k.MaterialExpiresAt, expires)
			}
			if res := ok[driver.DecryptResponse](t)(s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: sealed})); string(res.Plaintext) != "kept" {
				t.Errorf("%q", res.Plaintext)
			}
			time.Sleep(2 * time.Hour) // of the bubble
			if got := described(t, s, id).State; got != driver.PendingImport {
				t.Errorf("state %s", got)
			}
			p := ok[driver.ImportParametersResponse](t)(s.ImportParameters(ctx, &driver.ImportParametersRequest{KeyID: id, Wrapping: driver.RSAOAEPSHA256}))
			time.Sleep(25 * time.Hour)
			_, err = s.ImportKeyMaterial(ctx, &driver.ImportKeyMaterialRequest{KeyID: id, Wrapped: make([]byte, 256), Token: p.Token})
			wantCode(t, "an old token", err, errs.Conflict)
		}
		_, err := s.ImportParameters(ctx, &driver.ImportParametersRequest{KeyID: newAES(t, s), Wrapping: driver.RSAOAEPSHA256})
		wantCode(t, "importing into a key of the vendor's", err, errs.InvalidArgument)
	})
}
