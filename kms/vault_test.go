package kms_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// vault is a driver with real cryptography in memory. It records what reaches it; what it can do beyond the base is
// put together of the parts below.
type vault struct {
	caps    driver.Capabilities
	keys    map[string]*vaultKey // by id
	aliases map[string]string    // ids, by what else addresses the key

	mu    sync.Mutex
	calls []string
	fail  func(op string) error    // nil: nothing fails
	bend  func(op string, res any) // changes what is answered
}

// vaultKey is a symmetric key, or pairs by version.
type vaultKey struct {
	spec   driver.Spec
	aead   cipher.AEAD
	pairs  map[string]crypto.Signer
	newest []driver.KeyVersion
}

func newVault(vendor string) *vault {
	return &vault{
		caps: driver.Capabilities{
			Vendor: vendor, MaxPage: 10, DeletionDays: driver.Range{Min: 7, Max: 30},
			MaxPlaintextBytes: 4096, DataKeyBytes: driver.Range{Min: 1, Max: 1024}, MaxMessageBytes: 4096, MaxRandomBytes: 1024,
			Keys: []driver.KeyKind{
				{Spec: driver.AES256, Usage: driver.EncryptDecrypt},
				{Spec: driver.RSA2048, Usage: driver.EncryptDecrypt, Encryptions: []driver.EncryptionAlgorithm{driver.RSAOAEPSHA256}},
				{Spec: driver.SM2, Usage: driver.EncryptDecrypt, Encryptions: []driver.EncryptionAlgorithm{driver.SM2Encrypt}},
				{Spec: driver.RSA2048, Usage: driver.SignVerify, Signatures: []driver.SignatureKind{
					{Algorithm: driver.RSAPSSSHA256, Digest: driver.Native}, {Algorithm: driver.RSAPKCS1SHA512, Digest: driver.Native},
				}},
				{Spec: driver.ECP256, Usage: driver.SignVerify, Signatures: []driver.SignatureKind{
					{Algorithm: driver.ECDSASHA256, Message: driver.Native, Digest: driver.Native},
				}},
				{Spec: driver.SM2, Usage: driver.SignVerify, Signatures: []driver.SignatureKind{{Algorithm: driver.SM2SM3, Digest: driver.Native}}},
			},
		},
		keys: map[string]*vaultKey{}, aliases: map[string]string{},
	}
}

// addAES makes a symmetric key.
func (v *vault) addAES(id string) {
	block, err := aes.NewCipher(bytes.Repeat([]byte{byte(len(v.keys) + 1)}, 32))
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	v.keys[id] = &vaultKey{spec: driver.AES256, aead: aead}
}

// addPair makes a version of a key pair; the version is empty where keys have none.
func (v *vault) addPair(id, version string, pair crypto.Signer) {
	key := v.keys[id]
	if key == nil {
		key = &vaultKey{pairs: map[string]crypto.Signer{}}
		v.keys[id] = key
	}
	key.pairs[version] = pair
	key.newest = append(key.newest, driver.KeyVersion{ID: version, CreatedAt: time.Unix(int64(len(key.newest)), 0)})
}

var rsaPair = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newEC(t testing.TB) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newSM2(t testing.TB) *sm2.PrivateKey {
	key, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// enter records a request.
func (v *vault) enter(op, format string, args ...any) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.calls = append(v.calls, strings.TrimSpace(strings.TrimPrefix(op, "kms.")+" "+fmt.Sprintf(format, args...)))
	if v.fail != nil {
		return v.fail(op)
	}
	return nil
}

// reply lets the test change an answer.
func reply[Res any](v *vault, op string, res *Res) (*Res, error) {
	if v.bend != nil {
		v.bend(op, res)
	}
	return res, nil
}

// expectCalls fails the test if other requests have come since the last time.
func (v *vault) expectCalls(t testing.TB, want ...string) {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	if !slices.Equal(v.calls, want) {
		t.Errorf("the driver got\n  %s\nwant\n  %s", strings.Join(v.calls, "\n  "), strings.Join(want, "\n  "))
	}
	v.calls = nil
}

func (v *vault) find(id string) (*vaultKey, string, error) {
	if real, ok := v.aliases[id]; ok {
		id = real
	}
	key := v.keys[id]
	if key == nil {
		return nil, id, errs.Refuse(errs.NotFound, "no such key")
	}
	return key, id, nil
}

func (v *vault) Capabilities() driver.Capabilities { return v.caps }

func (v *vault) Operations() (rows []policy.Operation) {
	for _, name := range []string{
		driver.OpDescribeKey, driver.OpListKeys, driver.OpListVersions, driver.OpImportParameters, driver.OpEncrypt, driver.OpDecrypt,
		driver.OpGenerateDataKey, driver.OpGenerateWrappedKey, driver.OpDecryptDataKey, driver.OpReEncrypt, driver.OpAsymmetricEncrypt,
		driver.OpAsymmetricDecrypt, driver.OpSign, driver.OpVerify, driver.OpPublicKey, driver.OpRandom,
	} {
		rows = append(rows, policy.Operation{Name: name, Idempotency: policy.ReadOnly})
	}
	for _, name := range []string{
		driver.OpEnableKey, driver.OpDisableKey, driver.OpScheduleDeletion, driver.OpCancelDeletion, driver.OpImportKeyMaterial, driver.OpDeleteKeyMaterial,
	} {
		rows = append(rows, policy.Operation{Name: name, Idempotency: policy.Idempotent})
	}
	return rows
}

func (v *vault) DescribeKey(_ context.Context, req *driver.DescribeKeyRequest) (*driver.DescribeKeyResponse, error) {
	if err := v.enter(driver.OpDescribeKey, "%s%s", req.KeyID, req.Alias); err != nil {
		return nil, err
	}
	key, id, err := v.find(req.KeyID)
	if err != nil {
		return nil, err
	}
	return reply(v, driver.OpDescribeKey, &driver.DescribeKeyResponse{Key: driver.KeyInfo{ID: id, Spec: key.spec, State: driver.Enabled}})
}

func (v *vault) ListKeys(context.Context, *driver.ListKeysRequest) (*driver.ListKeysResponse, error) {
	return &driver.ListKeysResponse{}, v.enter(driver.OpListKeys, "")
}

func (v *vault) EnableKey(context.Context, *driver.EnableKeyRequest) (*driver.EnableKeyResponse, error) {
	return &driver.EnableKeyResponse{}, v.enter(driver.OpEnableKey, "")
}

func (v *vault) DisableKey(context.Context, *driver.DisableKeyRequest) (*driver.DisableKeyResponse, error) {
	return &driver.DisableKeyResponse{}, v.enter(driver.OpDisableKey, "")
}

func (v *vault) ScheduleDeletion(context.Context, *driver.ScheduleDeletionRequest) (*driver.ScheduleDeletionResponse, error) {
	return &driver.ScheduleDeletionResponse{}, v.enter(driver.OpScheduleDeletion, "")
}

func (v *vault) CancelDeletion(context.Context, *driver.CancelDeletionRequest) (*driver.CancelDeletionResponse, error) {
	return &driver.CancelDeletionResponse{}, v.enter(driver.OpCancelDeletion, "")
}

// seal encrypts as a provider does: the blob is text and says the key. Tags keep data keys apart from data.
func (v *vault) seal(tag, keyID, context string, plaintext []byte) (driver.Ciphertext, error) {
	key, id, err := v.find(keyID)
	if err != nil {
		return driver.Ciphertext{}, err
	}
	if key.aead == nil {
		return driver.Ciphertext{}, errs.Refuse(errs.Conflict, "not a symmetric key")
	}
	nonce := make([]byte, key.aead.NonceSize())
	rand.Read(nonce)
	sealed := key.aead.Seal(nonce, nonce, plaintext, []byte(tag+context))
	return driver.Ciphertext{KeyID: id, Blob: []byte(tag + ":" + id + ":" + base64.StdEncoding.EncodeToString(sealed))}, nil
}

// unseal opens what seal has made, by any key of the vault, as a provider does that is not told the key.
func (v *vault) unseal(tags, context string, blob []byte) (*driver.DecryptResponse, error) {
	bad := errs.Refuse(errs.InvalidArgument, "wrong ciphertext or context")
	parts := strings.SplitN(string(blob), ":", 3)
	if len(parts) != 3 || !strings.Contains(tags, parts[0]) {
		return nil, bad
	}
	key, id, err := v.find(parts[1])
	if err != nil {
		return nil, err
	}
	sealed, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(sealed) < key.aead.NonceSize() {
		return nil, bad
	}
	n := key.aead.NonceSize()
	plaintext, err := key.aead.Open(nil, sealed[:n], sealed[n:], []byte(parts[0]+context))
	if err != nil {
		return nil, bad
	}
	return &driver.DecryptResponse{KeyID: id, Plaintext: plaintext}, nil
}

// The vaults that tests open.
type (
	bareVault struct{ *vault }
	// leanVault is like Tencent Cloud: Decrypt opens data keys, and public keys encrypt here.
	leanVault struct {
		*vault
		symmetricPart
		dataKeyPart
		pairPart
		signPart
		publicPart
		randomPart
	}
	// fullVault has whatever there is, and names the versions of keys.
	fullVault struct {
		*vault
		symmetricPart
		dataKeyPart
		wrappedPart
		dataKeyDecryptPart
		reEncryptPart
		pairPart
		pairEncryptPart
		signPart
		publicPart
		versionPart
		randomPart
	}
)

func (v *vault) lean() driver.Service {
	c := &v.caps
	for _, s := range []*driver.Support{&c.Symmetric, &c.DataKeys, &c.Asymmetric, &c.Sign, &c.PublicKey, &c.Random} {
		*s = driver.Native
	}
	c.WrappedDataKeys, c.AsymmetricEncrypt = driver.Emulated, driver.Emulated
	return leanVault{v, symmetricPart{v}, dataKeyPart{v}, pairPart{v}, signPart{v}, publicPart{v}, randomPart{v}}
}

func (v *vault) full() driver.Service {
	v.lean()
	c := &v.caps
	for _, s := range []*driver.Support{&c.WrappedDataKeys, &c.DataKeyDecrypt, &c.ReEncrypt, &c.AsymmetricEncrypt, &c.KeyVersions} {
		*s = driver.Native
	}
	return fullVault{v, symmetricPart{v}, dataKeyPart{v}, wrappedPart{v}, dataKeyDecryptPart{v}, reEncryptPart{v}, pairPart{v},
		pairEncryptPart{v}, signPart{v}, publicPart{v}, versionPart{v}, randomPart{v}}
}

// openVault opens a service over a vault.
func openVault(t testing.TB, drv driver.Service, hooks ...policy.Hooks) *kms.Service {
	t.Helper()
	opts := kms.ServiceOptions{Provider: "fake", Policy: policy.Policy{Retry: policy.Retry{BaseDelay: time.Nanosecond, MaxDelay: time.Nanosecond}}}
	if len(hooks) > 0 {
		opts.Policy.Hooks = hooks[0]
	}
	s, err := kms.NewService(drv, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func openKey(t testing.TB, s *kms.Service, id string, opts ...kms.KeyOption) *kms.Key {
	t.Helper()
	k, err := s.Key(t.Context(), id, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// leanKey returns a symmetric key "k1" of a lean vault.
func leanKey(t testing.TB) (*vault, *kms.Key) {
	v := newVault("cloud")
	v.addAES("k1")
	return v, openKey(t, openVault(t, v.lean()), "k1")
}

// expectCode fails the test unless err is of that code and says all the words; the call must not have changed anything.
func expectCode(t testing.TB, err error, code errs.Code, words ...string) {
	t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Code != code {
		t.Errorf("got %v, want %s", err, code)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error %q does not say %q", err, word)
		}
	}
	if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), canary) {
		t.Errorf("the error shows the plaintext: %v", err)
	}
}

// canary is plaintext that must never be printed.
const canary = "canary-4111-1111"

func isZero(b []byte) bool { return !slices.ContainsFunc(b, func(c byte) bool { return c != 0 }) }
