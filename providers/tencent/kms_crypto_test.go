package tencent

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// plaintexts are of every length that matters, with every byte.
func plaintexts() [][]byte {
	all := make([]byte, 4096)
	for i := range all {
		all[i] = byte(i)
	}
	return [][]byte{{0}, {0, 0, 0}, []byte("text"), []byte("\xff\xfe\x00é"), []byte(`"\u0000<&>`), all}
}

func TestKMSEncrypt(t *testing.T) {
	keysTest(t, func(t *testing.T, _ *emulator.TencentKMS, s *keyService) {
		ctx := t.Context()
		id := makeKey(t, s, "orders", driver.AES256, driver.EncryptDecrypt)
		const with = `{"a":"é\"<&>\\","b":""}`
		for _, plaintext := range plaintexts() {
			ct := must[driver.EncryptResponse](t)(s.Encrypt(ctx, &driver.EncryptRequest{KeyID: id, Plaintext: plaintext, Context: with})).Ciphertext
			if ct.KeyID != id || ct.Kind != driver.KindData || ct.KeyVersion != "" || ct.Algorithm != "" || ct.PlaintextBytes != 0 || bytes.Count(ct.Blob, []byte("-k-")) != 2 {
				t.Errorf("encrypted as %v", ct)
			}
			got := must[driver.DecryptResponse](t)(s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: ct, Context: with}))
			if got.KeyID != id || !bytes.Equal(got.Plaintext, plaintext) {
				t.Errorf("%d bytes came back as %d of the key %s", len(plaintext), len(got.Plaintext), got.KeyID)
			}
			for _, other := range []string{"", `{"a":"x"}`} {
				_, err := s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: ct, Context: other})
				wantCode(t, err, errs.InvalidArgument)
			}
			ct.Blob = append([]byte("A"), ct.Blob...)
			_, err := s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: ct, Context: with})
			wantCode(t, err, errs.InvalidArgument)
		}
		longest := `{"k":"` + strings.Repeat("v", 1024-8) + `"}`
		ct := must[driver.EncryptResponse](t)(s.Encrypt(ctx, &driver.EncryptRequest{KeyID: id, Plaintext: []byte("x"), Context: longest})).Ciphertext
		must[driver.DecryptResponse](t)(s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: ct, Context: longest}))
		_, err := s.Encrypt(ctx, &driver.EncryptRequest{KeyID: makeKey(t, s, "pair", driver.SM2, driver.SignVerify), Plaintext: []byte("x")})
		wantCode(t, err, errs.InvalidArgument)
	})
}

// The other code that a ciphertext of another context may get means the same.
func TestKMSMismatchCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := emulatedKeys(t, nil, emulator.WithTencentKMS(emulator.TencentKMSSettings{MismatchCode: "InvalidParameterValue.InvalidCiphertext"}))
		id := makeKey(t, s, "orders", driver.AES256, driver.EncryptDecrypt)
		ct := must[driver.EncryptResponse](t)(s.Encrypt(t.Context(), &driver.EncryptRequest{KeyID: id, Plaintext: []byte("x"), Context: `{"a":"b"}`})).Ciphertext
		_, err := s.Decrypt(t.Context(), &driver.DecryptRequest{Ciphertext: ct})
		wantCode(t, err, errs.InvalidArgument)
	})
}

func TestKMSDataKeys(t *testing.T) {
	keysTest(t, func(t *testing.T, _ *emulator.TencentKMS, s *keyService) {
		id := makeKey(t, s, "orders", driver.AES256, driver.EncryptDecrypt)
		for _, n := range []int{1, 16, 32, 1024} {
			made := must[driver.GenerateDataKeyResponse](t)(s.GenerateDataKey(t.Context(), &driver.GenerateDataKeyRequest{KeyID: id, Bytes: n, Context: `{"a":"b"}`}))
			if len(made.Plaintext) != n || made.Ciphertext.Kind != driver.KindDataKey || made.Ciphertext.PlaintextBytes != n || made.Ciphertext.KeyID != id {
				t.Errorf("%d bytes: %v", n, made)
			}
			got := must[driver.DecryptResponse](t)(s.Decrypt(t.Context(), &driver.DecryptRequest{Ciphertext: made.Ciphertext, Context: `{"a":"b"}`}))
			if !bytes.Equal(got.Plaintext, made.Plaintext) {
				t.Error("another data key came back")
			}
		}
	})
}

func TestKMSReEncrypt(t *testing.T) {
	keysTest(t, func(t *testing.T, _ *emulator.TencentKMS, s *keyService) {
		ctx := t.Context()
		old, other := makeKey(t, s, "old", driver.AES256, driver.EncryptDecrypt), makeKey(t, s, "other", driver.AES256, driver.EncryptDecrypt)
		made := must[driver.GenerateDataKeyResponse](t)(s.GenerateDataKey(ctx, &driver.GenerateDataKeyRequest{KeyID: old, Bytes: 24, Context: `{"a":"b"}`}))
		again := func(req driver.ReEncryptRequest) (driver.Ciphertext, error) {
			res, err := s.ReEncrypt(ctx, &req)
			if err != nil {
				return driver.Ciphertext{}, err
			}
			got, err := s.Decrypt(ctx, &driver.DecryptRequest{Ciphertext: res.Ciphertext, Context: req.NewContext})
			if err != nil || !bytes.Equal(got.Plaintext, made.Plaintext) || got.KeyID != req.NewKeyID {
				t.Errorf("to %s: %v", req.NewKeyID, err)
			}
			if ct := res.Ciphertext; ct.KeyID != req.NewKeyID || ct.Kind != driver.KindDataKey || ct.PlaintextBytes != 24 {
				t.Errorf("to %s: %v", req.NewKeyID, ct)
			}
			return res.Ciphertext, err
		}
		moved, err := again(driver.ReEncryptRequest{Ciphertext: made.Ciphertext, Context: `{"a":"b"}`, NewKeyID: other, NewContext: `{"c":"d"}`})
		if err != nil || bytes.Equal(moved.Blob, made.Ciphertext.Blob) {
			t.Error(moved, err)
		}
		// With the same version of the same key the ciphertext stays, which is good only under the same context.
		same, err := again(driver.ReEncryptRequest{Ciphertext: moved, Context: `{"c":"d"}`, NewKeyID: other, NewContext: `{"c":"d"}`})
		if err != nil || !bytes.Equal(same.Blob, moved.Blob) {
			t.Error(same, err)
		}
		_, err = again(driver.ReEncryptRequest{Ciphertext: moved, Context: `{"c":"d"}`, NewKeyID: other, NewContext: `{"e":"f"}`})
		if e, ok := err.(*errs.Error); !ok || e.Code != errs.Unsupported || e.Outcome != errs.NotApplied || e.RequestID == "" {
			t.Error(err)
		}
		must[driver.RotateNowResponse](t)(s.RotateNow(ctx, &driver.RotateNowRequest{KeyID: other}))
		time.Sleep(time.Minute)
		if _, err = again(driver.ReEncryptRequest{Ciphertext: moved, Context: `{"c":"d"}`, NewKeyID: other, NewContext: `{"e":"f"}`}); err != nil {
			t.Errorf("after a rotation: %v", err)
		}
		_, err = s.ReEncrypt(ctx, &driver.ReEncryptRequest{Ciphertext: made.Ciphertext, NewKeyID: other})
		wantCode(t, err, errs.InvalidArgument) // the old context is another
	})
}

func TestKMSRandom(t *testing.T) {
	keysTest(t, func(t *testing.T, _ *emulator.TencentKMS, s *keyService) {
		for _, n := range []int{1, 1024} {
			got := must[driver.RandomResponse](t)(s.Random(t.Context(), &driver.RandomRequest{Bytes: n})).Random
			if len(got) != n || n > 1 && bytes.Equal(got, make([]byte, n)) {
				t.Errorf("%d random bytes: %d", n, len(got))
			}
		}
	})
}

// publicKey reads the public key of a pair.
func publicKey(t *testing.T, s *keyService, id string) crypto.PublicKey {
	t.Helper()
	der := must[driver.PublicKeyResponse](t)(s.PublicKey(t.Context(), &driver.PublicKeyRequest{KeyID: id})).DER
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		if key, err = smx509.ParsePKIXPublicKey(der); err != nil {
			t.Fatal(err)
		}
	}
	return key
}

// Every signature algorithm that is declared, verified by others than the driver.
func TestKMSSign(t *testing.T) {
	message := []byte("message \x00")
	sum := sha256.Sum256(message)
	verify := map[driver.SignatureAlgorithm]func(crypto.PublicKey, []byte) bool{
		driver.RSAPSSSHA256: func(k crypto.PublicKey, sig []byte) bool {
			return rsa.VerifyPSS(k.(*rsa.PublicKey), crypto.SHA256, sum[:], sig, nil) == nil
		},
		driver.RSAPKCS1SHA256: func(k crypto.PublicKey, sig []byte) bool {
			return rsa.VerifyPKCS1v15(k.(*rsa.PublicKey), crypto.SHA256, sum[:], sig) == nil
		},
		driver.ECDSASHA256: func(k crypto.PublicKey, sig []byte) bool {
			return ecdsa.VerifyASN1(k.(*ecdsa.PublicKey), sum[:], sig)
		},
		driver.SM2SM3: func(k crypto.PublicKey, sig []byte) bool {
			return sm2.VerifyASN1WithSM2(k.(*ecdsa.PublicKey), nil, message, sig)
		},
	}
	keysTest(t, func(t *testing.T, _ *emulator.TencentKMS, s *keyService) {
		ctx := t.Context()
		tested := 0
		for _, kind := range s.Capabilities().Keys {
			if kind.Usage != driver.SignVerify {
				continue
			}
			id := makeKey(t, s, "pair-"+string(kind.Spec), kind.Spec, kind.Usage)
			key := publicKey(t, s, id)
			if info := must[driver.DescribeKeyResponse](t)(s.DescribeKey(ctx, &driver.DescribeKeyRequest{KeyID: id})).Key; info.Spec != kind.Spec || info.Usage != kind.Usage {
				t.Errorf("%s: described as %s, %s", kind.Spec, info.Spec, info.Usage)
			}
			for _, signs := range kind.Signatures {
				tested++
				digest := sum[:]
				if signs.Algorithm == driver.SM2SM3 {
					var err error
					if digest, err = sm2.CalculateSM2Hash(key.(*ecdsa.PublicKey), message, nil); err != nil {
						t.Fatal(err)
					}
				}
				for _, req := range []driver.SignRequest{
					{KeyID: id, Algorithm: signs.Algorithm, Message: message},
					{KeyID: id, Algorithm: signs.Algorithm, Digest: digest},
				} {
					sig := must[driver.SignResponse](t)(s.Sign(ctx, &req)).Signature
					if !verify[signs.Algorithm](key, sig) {
						t.Errorf("%s: what was made of %v is not good", signs.Algorithm, req)
					}
					check := func(req driver.SignRequest, sig []byte) bool {
						return must[driver.VerifyResponse](t)(s.Verify(ctx, &driver.VerifyRequest{SignRequest: req, Signature: sig})).Valid
					}
					other := req
					other.Message, other.Digest = []byte("another"), nil
					if !check(req, sig) || check(other, sig) {
						t.Errorf("%s: what was made of %v is verified wrongly", signs.Algorithm, req)
					}
				}
			}
		}
		if tested != len(verify) {
			t.Errorf("%d algorithms are declared, %d are known here", tested, len(verify))
		}
		_, err := s.Sign(ctx, &driver.SignRequest{KeyID: someKey, Algorithm: driver.RSAPSSSHA512, Message: message})
		wantCode(t, err, errs.Unsupported)
		_, err = s.Verify(ctx, &driver.VerifyRequest{SignRequest: driver.SignRequest{KeyID: someKey, Algorithm: "X", Message: message}})
		wantCode(t, err, errs.Unsupported)
		_, err = s.PublicKey(ctx, &driver.PublicKeyRequest{KeyID: makeKey(t, s, "aes", driver.AES256, driver.EncryptDecrypt)})
		wantCode(t, err, errs.InvalidArgument)
	})
}

// Every encryption algorithm that is declared, encrypted by others than the vendor.
func TestKMSAsymmetricDecrypt(t *testing.T) {
	plaintext := []byte("secret \x00\xff")
	keysTest(t, func(t *testing.T, _ *emulator.TencentKMS, s *keyService) {
		for _, kind := range s.Capabilities().Keys {
			for _, algorithm := range kind.Encryptions {
				id := makeKey(t, s, "pair-"+string(kind.Spec), kind.Spec, kind.Usage)
				var sealed []byte
				var err error
				if key, isRSA := publicKey(t, s, id).(*rsa.PublicKey); isRSA {
					sealed, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, key, plaintext, nil)
				} else {
					sealed, err = sm2.EncryptASN1(rand.Reader, publicKey(t, s, id).(*ecdsa.PublicKey), plaintext)
				}
				if err != nil {
					t.Fatal(err)
				}
				ct := driver.Ciphertext{KeyID: id, Kind: driver.KindAsymmetric, Algorithm: algorithm, Blob: sealed}
				got := must[driver.DecryptResponse](t)(s.AsymmetricDecrypt(t.Context(), &driver.AsymmetricDecryptRequest{Ciphertext: ct}))
				if got.KeyID != id || !bytes.Equal(got.Plaintext, plaintext) {
					t.Errorf("%s: %v", algorithm, got)
				}
				ct.Blob = slices.Clone(sealed)
				ct.Blob[len(sealed)-1] ^= 1
				_, err = s.AsymmetricDecrypt(t.Context(), &driver.AsymmetricDecryptRequest{Ciphertext: ct})
				wantCode(t, err, errs.InvalidArgument)
			}
		}
		_, err := s.AsymmetricDecrypt(t.Context(), &driver.AsymmetricDecryptRequest{Ciphertext: blob(driver.KindAsymmetric, "X")})
		wantCode(t, err, errs.Unsupported)
	})
}

func TestKMSImport(t *testing.T) {
	keysTest(t, func(t *testing.T, em *emulator.TencentKMS, s *keyService) {
		ctx := t.Context()
		id := must[driver.CreateKeyResponse](t)(s.CreateKey(ctx, &driver.CreateKeyRequest{
			Name: "own", Spec: driver.AES256, Usage: driver.EncryptDecrypt, Origin: driver.External,
		})).Key.ID
		describe := func() driver.KeyInfo {
			t.Helper()
			return must[driver.DescribeKeyResponse](t)(s.DescribeKey(ctx, &driver.DescribeKeyRequest{KeyID: id})).Key
		}
		if got := describe(); got.State != driver.PendingImport || got.Origin != driver.External {
			t.Errorf("made %+v", got)
		}
		p := must[driver.ImportParametersResponse](t)(s.ImportParameters(ctx, &driver.ImportParametersRequest{KeyID: id, Wrapping: driver.RSAOAEPSHA256}))
		if ahead := time.Until(p.ExpiresAt); ahead < 23*time.Hour || ahead > 25*time.Hour {
			t.Errorf("the parameters are good for %v", ahead)
		}
		key, err := x509.ParsePKIXPublicKey(p.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, key.(*rsa.PublicKey), bytes.Repeat([]byte{0, 1}, 16), nil)
		if err != nil {
			t.Fatal(err)
		}
		until := time.Now().Add(48 * time.Hour).UTC()
		req := driver.ImportKeyMaterialRequest{KeyID: id, Wrapped: wrapped, Token: p.Token, ExpiresAt: until}
		must[driver.ImportKeyMaterialResponse](t)(s.ImportKeyMaterial(ctx, &req))
		if got := describe(); got.State != driver.Enabled || got.MaterialExpiresAt != until {
			t.Errorf("imported: %+v", got)
		}
		must[driver.EncryptResponse](t)(s.Encrypt(ctx, &driver.EncryptRequest{KeyID: id, Plaintext: []byte("x")}))
		must[driver.DeleteKeyMaterialResponse](t)(s.DeleteKeyMaterial(ctx, &driver.DeleteKeyMaterialRequest{KeyID: id}))
		if got := describe().State; got != driver.PendingImport {
			t.Errorf("deleted: %s", got)
		}
		req.ExpiresAt = time.Time{}
		must[driver.ImportKeyMaterialResponse](t)(s.ImportKeyMaterial(ctx, &req))
		if got := describe(); got.State != driver.Enabled || !got.MaterialExpiresAt.IsZero() {
			t.Errorf("imported for ever: %+v", got)
		}
		before := len(em.Requests())
		for _, at := range []time.Time{time.Unix(2147443201, 0), time.Unix(0, 0), time.Unix(-5, 0)} {
			req.ExpiresAt = at
			_, err = s.ImportKeyMaterial(ctx, &req)
			wantCode(t, err, errs.InvalidArgument)
		}
		if n := len(em.Requests()) - before; n > 0 {
			t.Errorf("%d requests were sent for impossible times", n)
		}
		_, err = s.ImportParameters(ctx, &driver.ImportParametersRequest{KeyID: id, Wrapping: driver.SM2Encrypt})
		wantCode(t, err, errs.Unsupported)
		_, err = s.ImportParameters(ctx, &driver.ImportParametersRequest{KeyID: makeKey(t, s, "plain", driver.AES256, driver.EncryptDecrypt), Wrapping: driver.RSAOAEPSHA256})
		wantCode(t, err, errs.Conflict)
		if err := sent(s.SetRotation(ctx, &driver.SetRotationRequest{KeyID: id, Enabled: true, Days: 30})); !errors.Is(err, errs.Unsupported) {
			t.Errorf("rotation of imported material: %v", err)
		}
	})
}

// What the portable package puts together from the driver's requests.
func TestKMSPortable(t *testing.T) {
	keysTest(t, func(t *testing.T, _ *emulator.TencentKMS, s *keyService) {
		ctx := t.Context()
		svc, err := kms.NewService(s, kms.ServiceOptions{Provider: "tencent"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := svc.CreateKey(ctx, "kms-orders"); !errors.Is(err, errs.InvalidArgument) {
			t.Error(err)
		}
		key, err := svc.KeyByName(ctx, "orders", kms.CreateIfMissing(kms.WithTags(map[string]string{"team": "shop"})))
		if err != nil {
			t.Fatal(err)
		}
		if again, err := svc.KeyByName(ctx, "orders"); err != nil || again.ID() != key.ID() {
			t.Error(again, err)
		}
		with := kms.Context{"b": "2", "a": "1"}
		sealed, err := key.Encrypt(ctx, []byte("\x00"), with)
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := key.Decrypt(ctx, sealed, with); err != nil || string(plain) != "\x00" {
			t.Error(err)
		}
		wrapped, err := key.GenerateDataKeyWithoutPlaintext(ctx, 32)
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := key.Decrypt(ctx, wrapped); err != nil || len(plain) != 32 {
			t.Error(err)
		}
		if err := key.EnableRotation(ctx, 90); err != nil {
			t.Error(err)
		}
		if err := key.DisableRotation(ctx); err != nil {
			t.Error(err)
		}
		if err := key.Enable(ctx); err != nil { // the vendor refuses what is so already
			t.Error(err)
		}
		if err := key.Rename(ctx, "orders-2"); err != nil {
			t.Error(err)
		}
		if _, err := key.Tags(ctx); !errors.Is(err, errs.Unsupported) {
			t.Error(err)
		}
		for range 2 {
			if info, err := key.ScheduleDeletion(ctx, 7); err != nil || info.State != kms.PendingDeletion || info.DeletionAt.IsZero() {
				t.Error(info, err)
			}
		}
		if info, err := key.CancelDeletion(ctx); err != nil || info.State != kms.Disabled {
			t.Error(info, err)
		}

		own, err := svc.CreateKey(ctx, "own", kms.Imported())
		if err != nil {
			t.Fatal(err)
		}
		if err := own.ImportKeyMaterial(ctx, bytes.Repeat([]byte("m"), 32)); err != nil {
			t.Error(err)
		}
		for _, c := range []struct {
			spec driver.Spec
			enc  driver.EncryptionAlgorithm
			sig  driver.SignatureAlgorithm
		}{{driver.SM2, driver.SM2Encrypt, driver.SM2SM3}, {driver.RSA2048, driver.RSAOAEPSHA256, driver.RSAPSSSHA256}} {
			pair, err := svc.CreateKey(ctx, "enc-"+string(c.spec), kms.WithSpec(c.spec), kms.WithUsage(kms.EncryptDecrypt))
			if err != nil {
				t.Fatal(err)
			}
			sealed, err := pair.Encrypt(ctx, []byte("for the pair"), kms.WithAlgorithm(c.enc))
			if err != nil {
				t.Fatal(err)
			}
			if plain, err := pair.Decrypt(ctx, sealed); err != nil || string(plain) != "for the pair" {
				t.Error(err)
			}
			signer, err := svc.CreateKey(ctx, "sign-"+string(c.spec), kms.WithSpec(c.spec), kms.WithUsage(kms.SignVerify))
			if err != nil {
				t.Fatal(err)
			}
			long := bytes.Repeat([]byte("m"), 5000)
			sig, err := signer.Sign(ctx, c.sig, long)
			if err != nil {
				t.Fatal(err)
			}
			if good, err := signer.Verify(ctx, long, sig); err != nil || !good {
				t.Error(good, err)
			}
		}
		if err := svc.Close(ctx); err != nil {
			t.Error(err)
		}
	})
}
