package local_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// material is key material that a test knows.
func material(n int) []byte { return []byte(strings.Repeat("0123456789abcdef", 4))[:n] }

// imported makes a key that waits for its material.
func (v *vault) imported(name string, spec driver.Spec) string {
	v.Helper()
	res, err := v.CreateKey(v.Context(), &driver.CreateKeyRequest{Name: name, Spec: spec, Usage: driver.EncryptDecrypt, Origin: driver.External})
	id := must(v.T, res, err).Key.ID
	if res.Key.State != driver.PendingImport || res.Key.Origin != driver.External {
		v.Errorf("made %+v", res.Key)
	}
	return id
}

// wrap asks for import parameters and wraps material as they say.
func (v *vault) wrap(id string, material []byte, wrapping driver.EncryptionAlgorithm) (wrapped, token []byte) {
	v.Helper()
	p, err := v.ImportParameters(v.Context(), &driver.ImportParametersRequest{KeyID: id, Wrapping: wrapping})
	must(v.T, p, err)
	if want := v.Now().Add(oneDay); !p.ExpiresAt.Equal(want) {
		v.Errorf("the parameters end at %v, want %v", p.ExpiresAt, want)
	}
	if wrapping == driver.SM2Encrypt {
		public, err := smx509.ParsePKIXPublicKey(p.PublicKey)
		v.done(err)
		wrapped, err = sm2.EncryptASN1(rand.Reader, public.(*ecdsa.PublicKey), material)
		v.done(err)
		return wrapped, p.Token
	}
	public, err := x509.ParsePKIXPublicKey(p.PublicKey)
	v.done(err)
	wrapped, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, public.(*rsa.PublicKey), material, nil)
	v.done(err)
	return wrapped, p.Token
}

func (v *vault) importKey(id string, material []byte, wrapping driver.EncryptionAlgorithm, expires time.Time) error {
	v.Helper()
	wrapped, token := v.wrap(id, material, wrapping)
	return second(v.ImportKeyMaterial(v.Context(), &driver.ImportKeyMaterialRequest{KeyID: id, Wrapped: wrapped, Token: token, ExpiresAt: expires}))
}

// The imported bytes are the key: what it encrypts opens with them, without this driver.
func TestImportedMaterialIsTheKey(t *testing.T) {
	vaults(t, func(v *vault) {
		for _, wrapping := range []driver.EncryptionAlgorithm{driver.RSAOAEPSHA256, driver.SM2Encrypt} {
			id := v.imported(string(wrapping), driver.AES256)
			v.done(v.importKey(id, material(32), wrapping, time.Time{}))
			v.state(id, driver.Enabled)
			ct := v.encrypt(id, "plain", "context")
			block, err := aes.NewCipher(material(32))
			v.done(err)
			v.openedBy(block, ct, id, 1, 'd', "context", "plain")
		}
	})
}

// openedBy opens a symmetric ciphertext as the documentation says.
func (v *vault) openedBy(block cipher.Block, ct driver.Ciphertext, id string, version byte, kind byte, with, want string) {
	v.Helper()
	head := append([]byte("clk\x01"), kind, 0, byte(len(id)))
	head = append(append(head, id...), 0, 0, 0, 0, 0, 0, 0, version)
	aead, err := cipher.NewGCM(block)
	v.done(err)
	if !bytes.HasPrefix(ct.Blob, head) {
		v.Fatalf("the ciphertext begins %q, want %q", ct.Blob[:min(len(ct.Blob), len(head))], head)
	}
	rest := ct.Blob[len(head):]
	got, err := aead.Open(nil, rest[:12], rest[12:], append(head, with...))
	if err != nil || string(got) != want {
		v.Errorf("opened to %q, %v", got, err)
	}
}

func TestImportRefused(t *testing.T) {
	vaults(t, func(v *vault) {
		ctx := v.Context()
		id, other, made, short := v.imported("k", driver.AES256), v.imported("other", driver.AES256), v.aes("made"), v.imported("sm4", driver.SM4)
		give := func(id string, wrapped, token []byte, expires time.Time) error {
			return second(v.ImportKeyMaterial(ctx, &driver.ImportKeyMaterialRequest{KeyID: id, Wrapped: wrapped, Token: token, ExpiresAt: expires}))
		}
		wrapped, token := v.wrap(id, material(32), driver.SM2Encrypt)
		_, otherToken := v.wrap(other, material(32), driver.SM2Encrypt)
		refused(v.T, "another key's token", give(id, wrapped, otherToken, time.Time{}), errs.InvalidArgument)
		refused(v.T, "no token", give(id, wrapped, nil, time.Time{}), errs.InvalidArgument)
		for i := range token {
			bad := bytes.Clone(token)
			bad[i] ^= 1 << (i % 8)
			refused(v.T, fmt.Sprint("a damaged token, ", i), give(id, wrapped, bad, time.Time{}), errs.InvalidArgument)
		}
		refused(v.T, "damaged material", give(id, append(bytes.Clone(wrapped[:len(wrapped)-1]), wrapped[len(wrapped)-1]^1), token, time.Time{}), errs.InvalidArgument)
		refused(v.T, "no material", give(id, nil, token, time.Time{}), errs.InvalidArgument)
		refused(v.T, "an expiry in the past", give(id, wrapped, token, v.Now().Truncate(time.Second)), errs.InvalidArgument)
		refused(v.T, "an expiry within a second", give(id, wrapped, token, v.Now().Add(oneDay)), errs.InvalidArgument)
		refused(v.T, "an expiry after all times", give(id, wrapped, token, time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)), errs.InvalidArgument)
		for id, lengths := range map[string][]int{id: {1, 16, 31, 33, 64}, short: {15, 17, 32}} {
			for _, n := range lengths {
				refused(v.T, fmt.Sprint("material of ", n), v.importKey(id, material(n), driver.RSAOAEPSHA256, time.Time{}), errs.InvalidArgument)
			}
		}
		for _, id := range []string{id, short} {
			v.state(id, driver.PendingImport)
		}
		_, err := v.ImportParameters(ctx, &driver.ImportParametersRequest{KeyID: made, Wrapping: driver.SM2Encrypt})
		refused(v.T, "parameters for a key that was made here", err, errs.Conflict)
		_, err = v.DeleteKeyMaterial(ctx, &driver.DeleteKeyMaterialRequest{KeyID: made})
		refused(v.T, "deletion of material that was made here", err, errs.Conflict)
		_, err = v.ImportParameters(ctx, &driver.ImportParametersRequest{KeyID: id, Wrapping: "RAW"})
		refused(v.T, "unknown wrapping", err, errs.Unsupported)
		_, err = v.CreateKey(ctx, &driver.CreateKeyRequest{Name: "pair", Spec: driver.ECP256, Usage: driver.SignVerify, Origin: driver.External})
		refused(v.T, "a pair without material", err, errs.Unsupported)

		v.advance(oneDay - 1)
		v.done(give(id, wrapped, token, time.Time{}))
		refused(v.T, "material a second time", give(id, wrapped, token, time.Time{}), errs.Conflict)
		v.advance(1)
		v.done(second(v.DeleteKeyMaterial(ctx, &driver.DeleteKeyMaterialRequest{KeyID: id})))
		_, err = v.DeleteKeyMaterial(ctx, &driver.DeleteKeyMaterialRequest{KeyID: id})
		refused(v.T, "deletion of material a second time", err, errs.Conflict)
		refused(v.T, "a token that has ended", give(id, wrapped, token, time.Time{}), errs.Conflict)
		different := material(32)
		different[7]++
		refused(v.T, "other material than before", v.importKey(id, different, driver.SM2Encrypt, time.Time{}), errs.InvalidArgument)
		v.done(v.importKey(id, material(32), driver.SM2Encrypt, time.Time{}))
	})
}

// A token outlives the process that made it.
func TestImportTokenAfterReopening(t *testing.T) {
	v := openVault(t, t.TempDir()+"/keys.db")
	id := v.imported("k", driver.SM4)
	wrapped, token := v.wrap(id, material(16), driver.SM2Encrypt)
	v.close()
	v.open()
	v.done(second(v.ImportKeyMaterial(v.Context(), &driver.ImportKeyMaterialRequest{KeyID: id, Wrapped: wrapped, Token: token})))
	v.opens(v.encrypt(id, "p", ""), "", "p")
}
