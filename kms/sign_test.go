package kms_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// signVault has a key pair of each type; with versions, each has two, of which the second is the newest.
func signVault(t testing.TB, full bool) (*vault, *kms.Service) {
	v := newVault("cloud")
	versions := []string{""}
	if full {
		versions = []string{"1", "2"}
	}
	for _, version := range versions {
		v.addPair("rsa", version, rsaPair())
		v.addPair("ec", version, newEC(t))
		v.addPair("sm2", version, newSM2(t))
	}
	if full {
		return v, openVault(t, v.full())
	}
	return v, openVault(t, v.lean())
}

var signers = map[kms.SignatureAlgorithm]struct {
	id     string
	digest int // its length
}{
	kms.RSAPSSSHA256: {"rsa", 32}, kms.RSAPKCS1SHA512: {"rsa", 64}, kms.ECDSASHA256: {"ec", 32}, kms.SM2SM3: {"sm2", 32},
}

func TestSignAndVerify(t *testing.T) {
	t.Parallel()
	for algorithm, by := range signers {
		for _, full := range []bool{false, true} {
			v, s := signVault(t, full)
			k, version := openKey(t, s, by.id), ""
			if full {
				version = "2"
			}
			message := bytes.Repeat([]byte("a long message "), 1000) // longer than what may be sent
			for range 2 {
				sig, err := k.Sign(t.Context(), algorithm, message)
				if err != nil {
					t.Fatal(err)
				}
				if sig.Algorithm != algorithm || sig.KeyID != by.id || sig.KeyVersion != version {
					t.Errorf("signature %v", sig)
				}
				if good, err := k.Verify(t.Context(), message, sig); err != nil || !good {
					t.Errorf("%s: %v, %v", algorithm, good, err)
				}
				if good, err := k.Verify(t.Context(), message[1:], sig); err != nil || good {
					t.Errorf("%s of another message: %v, %v", algorithm, good, err)
				}
			}
			var want []string
			if full {
				want = []string{"Versions " + by.id, "Versions " + by.id + " +"}
			}
			if algorithm == kms.SM2SM3 { // whose digest contains the public key
				want = append(want, strings.TrimSpace("PublicKey sm2 "+version))
			}
			for range 2 {
				want = append(want, fmt.Sprintf("Sign %s %s %s 0 %d true", by.id, version, algorithm, by.digest))
				for range 2 {
					want = append(want, fmt.Sprintf("Verify %s %s %s 0 %d", by.id, version, algorithm, by.digest))
				}
			}
			v.expectCalls(t, want...)
		}
	}
}

// The example of GB/T 32918.5, A.2, with the identity 1234567812345678; computed again from the definitions with a
// curve arithmetic and an SM3 of other programs.
const (
	standardKey    = "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8"
	standardDigest = "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"
	standardR      = "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
	standardS      = "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)

func unhex(t testing.TB, text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// watchedSigner keeps the last digest that came.
type watchedSigner struct {
	leanVault
	digest []byte
}

func (w *watchedSigner) Sign(ctx context.Context, req *driver.SignRequest) (*driver.SignResponse, error) {
	w.digest = bytes.Clone(req.Digest)
	return w.leanVault.Sign(ctx, req)
}

func TestSM2KnownAnswers(t *testing.T) {
	t.Parallel()
	key, err := sm2.NewPrivateKey(unhex(t, standardKey))
	if err != nil {
		t.Fatal(err)
	}
	v := newVault("cloud")
	v.addPair("sm2", "", key)
	watched := &watchedSigner{leanVault: v.lean().(leanVault)}
	k := openKey(t, openVault(t, watched), "sm2")
	sig, err := k.Sign(t.Context(), kms.SM2SM3, []byte("message digest"))
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(watched.digest); got != standardDigest {
		t.Errorf("digest %s, want %s", got, standardDigest)
	}
	if !sm2.VerifyASN1(&key.PublicKey, unhex(t, standardDigest), sig.Bytes) {
		t.Error("signed something else")
	}
	r, s := new(big.Int).SetBytes(unhex(t, standardR)), new(big.Int).SetBytes(unhex(t, standardS))
	sig.Bytes, err = asn1.Marshal(struct{ R, S *big.Int }{r, s})
	if err != nil {
		t.Fatal(err)
	}
	for message, want := range map[string]bool{"message digest": true, "message digesT": false} {
		if good, err := k.Verify(t.Context(), []byte(message), sig); err != nil || good != want {
			t.Errorf("%q: %v, %v", message, good, err)
		}
	}
	if good, err := k.VerifyDigest(t.Context(), unhex(t, standardDigest), sig); err != nil || !good {
		t.Errorf("%v, %v", good, err)
	}
}

func TestSignDigest(t *testing.T) {
	t.Parallel()
	for algorithm, by := range signers {
		v, s := signVault(t, false)
		k := openKey(t, s, by.id)
		sig, err := k.SignDigest(t.Context(), algorithm, bytes.Repeat([]byte("d"), by.digest))
		if err != nil {
			t.Fatal(err)
		}
		if good, err := k.VerifyDigest(t.Context(), bytes.Repeat([]byte("d"), by.digest), sig); err != nil || !good {
			t.Errorf("%v, %v", good, err)
		}
		v.expectCalls(t, fmt.Sprintf("Sign %s  %s 0 %d true", by.id, algorithm, by.digest), fmt.Sprintf("Verify %s  %s 0 %d", by.id, algorithm, by.digest))
		for _, n := range []int{0, by.digest - 1, by.digest + 1} {
			_, err := k.SignDigest(t.Context(), algorithm, make([]byte, n))
			expectCode(t, err, errs.InvalidArgument, fmt.Sprintf("the digest has %d bytes", n))
			_, err = k.VerifyDigest(t.Context(), make([]byte, n), sig)
			expectCode(t, err, errs.InvalidArgument, fmt.Sprintf("the digest has %d bytes", n))
		}
		v.expectCalls(t)
	}
}

// TestSignMessage: a provider that takes no digests gets the whole message.
func TestSignMessage(t *testing.T) {
	t.Parallel()
	v := newVault("cloud")
	v.addPair("ec", "", newEC(t))
	v.addPair("sm2", "", newSM2(t))
	v.caps.MaxMessageBytes = 16
	v.caps.Keys = []driver.KeyKind{{Spec: driver.ECP256, Usage: driver.SignVerify, Signatures: []driver.SignatureKind{
		{Algorithm: driver.ECDSASHA256, Message: driver.Native}, {Algorithm: driver.SM2SM3, Message: driver.Native}, {Algorithm: "NOTHING"},
		{Algorithm: "VENDORS", Digest: driver.Native},
	}}}
	s := openVault(t, v.lean())
	k := openKey(t, s, "ec")
	for message, sent := range map[string]string{"": "Sign ec  ECDSA_SHA256 0 0 false", canary: "Sign ec  ECDSA_SHA256 16 0 false"} {
		given := []byte(message)
		if message == "" {
			given = nil
		}
		sig, err := k.Sign(t.Context(), kms.ECDSASHA256, given)
		if err != nil {
			t.Fatal(err)
		}
		if good, err := k.Verify(t.Context(), given, sig); err != nil || !good {
			t.Errorf("%v, %v", good, err)
		}
		v.expectCalls(t, sent, strings.TrimSuffix(strings.Replace(sent, "Sign", "Verify", 1), " false"))
	}
	if _, err := openKey(t, s, "sm2").Sign(t.Context(), kms.SM2SM3, []byte("m")); err != nil {
		t.Error(err)
	}
	v.expectCalls(t, "Sign sm2  SM2_SM3 1 0 false") // no public key is needed
	sig := kms.Signature{Algorithm: kms.ECDSASHA256, Bytes: []byte("x")}
	_, err := k.Sign(t.Context(), kms.ECDSASHA256, []byte(canary+"!"))
	expectCode(t, err, errs.TooLarge, "17 bytes, at most 16")
	_, err = k.Verify(t.Context(), []byte(canary+"!"), sig)
	expectCode(t, err, errs.TooLarge, "17 bytes, at most 16")
	_, err = k.SignDigest(t.Context(), kms.ECDSASHA256, make([]byte, 32))
	expectCode(t, err, errs.Unsupported, "takes no digests")
	_, err = k.VerifyDigest(t.Context(), make([]byte, 32), sig)
	expectCode(t, err, errs.Unsupported, "takes no digests")
	for _, algorithm := range []kms.SignatureAlgorithm{"NOTHING", "VENDORS"} { // what is hashed how, only the vendor knows
		_, err = k.Sign(t.Context(), algorithm, []byte(canary))
		expectCode(t, err, errs.Unsupported, "takes no messages")
	}
	_, err = k.SignDigest(t.Context(), "VENDORS", nil)
	expectCode(t, err, errs.InvalidArgument)
	v.expectCalls(t)
}

// TestSM2WithoutPublicKeys: Z_A cannot be computed.
func TestSM2WithoutPublicKeys(t *testing.T) {
	t.Parallel()
	v := newVault("cloud")
	v.addPair("sm2", "", newSM2(t))
	v.caps.Sign = driver.Native
	v.caps.Keys[5].Signatures[0].Message = driver.Native
	k := openKey(t, openVault(t, struct {
		*vault
		signPart
	}{v, signPart{v}}), "sm2")
	if _, err := k.Sign(t.Context(), kms.SM2SM3, []byte("m")); err != nil {
		t.Error(err)
	}
	v.expectCalls(t, "Sign sm2  SM2_SM3 1 0 false")
	v.caps.Keys[5].Signatures[0].Message = driver.None
	_, err := k.Sign(t.Context(), kms.SM2SM3, []byte(canary))
	expectCode(t, err, errs.Unsupported, "takes no messages")
	v.expectCalls(t)
}

func TestSignRefusals(t *testing.T) {
	t.Parallel()
	v, s := signVault(t, false)
	k := openKey(t, s, "ec")
	_, err := k.Sign(t.Context(), "", []byte(canary))
	expectCode(t, err, errs.InvalidArgument, "algorithm is empty")
	_, err = k.Sign(t.Context(), kms.ECDSASHA384, []byte(canary))
	expectCode(t, err, errs.Unsupported, "there is ECDSA_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, SM2_SM3")
	_, err = k.Verify(t.Context(), []byte(canary), kms.Signature{Algorithm: kms.ECDSASHA384, Bytes: []byte("x")})
	expectCode(t, err, errs.Unsupported)
	_, err = k.Verify(t.Context(), []byte(canary), kms.Signature{Algorithm: kms.ECDSASHA256})
	expectCode(t, err, errs.InvalidArgument, "signature is empty")
	v.expectCalls(t)
	_, err = k.Sign(t.Context(), kms.SM2SM3, []byte(canary)) // with the public key of another curve
	expectCode(t, err, errs.InvalidArgument, "does not fit")
	v.expectCalls(t, "PublicKey ec")
}

// notDER are signatures that cannot be ECDSA or SM2 ones.
var notDER = map[string]string{
	"text":             "signature",
	"nothing in it":    "\x30\x00",
	"one number":       "\x30\x03\x02\x01\x01",
	"three numbers":    "\x30\x09\x02\x01\x01\x02\x01\x01\x02\x01\x01",
	"a zero":           "\x30\x06\x02\x01\x00\x02\x01\x01",
	"a negative":       "\x30\x06\x02\x01\x01\x02\x01\xff",
	"bytes after it":   "\x30\x06\x02\x01\x01\x02\x01\x01\x00",
	"a padded number":  "\x30\x07\x02\x02\x00\x01\x02\x01\x01",
	"a long length":    "\x30\x81\x06\x02\x01\x01\x02\x01\x01",
	"beyond the end":   "\x30\x04\x02\x7f\x01\x01",
	"no digits":        "\x30\x04\x02\x00\x02\x00",
	"a short outside":  "\x30\x05\x02\x01\x01\x02\x01\x01",
	"no sequence":      "\x31\x06\x02\x01\x01\x02\x01\x01",
	"not integers":     "\x30\x06\x04\x01\x01\x02\x01\x01",
	"two plain halves": strings.Repeat("\x42", 64),
}

func TestSignatureForms(t *testing.T) {
	t.Parallel()
	v, s := signVault(t, false)
	for what, form := range notDER {
		for _, algorithm := range []kms.SignatureAlgorithm{kms.ECDSASHA256, kms.SM2SM3} {
			k := openKey(t, s, signers[algorithm].id)
			v.bend = func(_ string, res any) {
				if signed, ok := res.(*driver.SignResponse); ok {
					signed.Signature = []byte(form)
				}
			}
			if sig, err := k.Sign(t.Context(), algorithm, []byte("m")); errs.CodeOf(err) != errs.Corrupt || sig.Bytes != nil {
				t.Errorf("%s, %s: %v, %v", what, algorithm, sig, err)
			}
			v.calls = nil
			good, err := k.Verify(t.Context(), []byte("m"), kms.Signature{Algorithm: algorithm, Bytes: []byte(form)})
			if good || err != nil {
				t.Errorf("%s, %s: %v, %v", what, algorithm, good, err)
			}
			v.expectCalls(t)
		}
	}
	v.bend = func(_ string, res any) { res.(*driver.SignResponse).Signature = nil }
	_, err := openKey(t, s, "rsa").Sign(t.Context(), kms.RSAPSSSHA256, []byte(canary))
	expectCode(t, err, errs.Corrupt, "no RSA_PSS_SHA256 signature")
}

// TestVerifyVersion: a signature is verified with the version that made it, however old.
func TestVerifyVersion(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []kms.SignatureAlgorithm{kms.ECDSASHA256, kms.SM2SM3} {
		v, s := signVault(t, true)
		id := signers[algorithm].id
		k := openKey(t, s, id)
		sig, err := k.Sign(t.Context(), algorithm, []byte("m"))
		if err != nil {
			t.Fatal(err)
		}
		v.addPair(id, "3", newEC(t)) // a newer one, of another type even
		fresh := openKey(t, openVault(t, v.full()), id)
		v.calls = nil
		if good, err := fresh.Verify(t.Context(), []byte("m"), sig); err != nil || !good {
			t.Errorf("%s: %v, %v", algorithm, good, err)
		}
		want := []string{fmt.Sprintf("Verify %s 2 %s 0 32", id, algorithm)}
		if algorithm == kms.SM2SM3 {
			want = append([]string{"PublicKey sm2 2"}, want...)
		}
		v.expectCalls(t, want...)
		sig.KeyVersion = "9"
		_, err = fresh.Verify(t.Context(), []byte("m"), sig)
		expectCode(t, err, errs.NotFound)
	}
	// Where there are no versions, what a signature says of one is not sent.
	v, s := signVault(t, false)
	k := openKey(t, s, "ec")
	v.bend = func(_ string, res any) {
		if signed, ok := res.(*driver.SignResponse); ok {
			signed.KeyVersion = "told"
		}
	}
	sig, err := k.Sign(t.Context(), kms.ECDSASHA256, []byte("m"))
	if err != nil || sig.KeyVersion != "told" {
		t.Errorf("%v, %v", sig, err)
	}
	if good, err := k.Verify(t.Context(), []byte("m"), sig); err != nil || !good {
		t.Errorf("%v, %v", good, err)
	}
	// Where there are, another than was asked for is a fault.
	v, s = signVault(t, true)
	v.bend = func(_ string, res any) {
		if signed, ok := res.(*driver.SignResponse); ok {
			signed.KeyVersion = "1"
		}
	}
	_, err = openKey(t, s, "ec").Sign(t.Context(), kms.ECDSASHA256, []byte("m"))
	expectCode(t, err, errs.Corrupt, `"1" instead of "2"`)
}

// TestSignNewVersion: after a version is gone, the digest of SM2 is made with the next one's public key.
func TestSignNewVersion(t *testing.T) {
	t.Parallel()
	v, s := signVault(t, true)
	k := openKey(t, s, "sm2")
	if _, err := k.Sign(t.Context(), kms.SM2SM3, []byte("m")); err != nil {
		t.Fatal(err)
	}
	delete(v.keys["sm2"].pairs, "2")
	next := newSM2(t)
	v.addPair("sm2", "3", next)
	sig, err := k.Sign(t.Context(), kms.SM2SM3, []byte("m"))
	if err != nil || sig.KeyVersion != "3" || !sm2.VerifyASN1WithSM2(&next.PublicKey, nil, []byte("m"), sig.Bytes) {
		t.Errorf("%v, %v", sig, err)
	}
}

// TestSignatureNamesTheKey: by the provider's own id, where that is known.
func TestSignatureNamesTheKey(t *testing.T) {
	t.Parallel()
	v, s := signVault(t, false)
	v.aliases["alias/ec"] = "ec"
	k := openKey(t, s, "alias/ec")
	for i, want := range []string{"alias/ec", "ec"} {
		sig, err := k.Sign(t.Context(), kms.ECDSASHA256, []byte("m"))
		if err != nil || sig.KeyID != want {
			t.Errorf("%v, %v", sig, err)
		}
		if i == 0 {
			if _, err := k.Describe(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestSignIsTheDigestOfTheMessage(t *testing.T) {
	t.Parallel()
	_, s := signVault(t, false)
	k := openKey(t, s, "ec")
	sig, err := k.Sign(t.Context(), kms.ECDSASHA256, []byte("m"))
	if err != nil {
		t.Fatal(err)
	}
	public, err := k.PublicKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key, err := public.Key()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("m"))
	if !ecdsa.VerifyASN1(key.(*ecdsa.PublicKey), sum[:], sig.Bytes) {
		t.Error("not a signature of the message")
	}
}
