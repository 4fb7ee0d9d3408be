package local

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// A symmetric ciphertext says what opens it:
//
//	3 bytes   "clk"
//	1 byte    version, 1
//	1 byte    what it is: 'd' data, 'k' data key
//	2 bytes   length of the key's id, and the id
//	8 bytes   version of the key
//	12 bytes  nonce
//	the rest  AES-256-GCM or SM4-GCM of the plaintext
//
// The associated data are all bytes before the nonce, and the encryption context. All numbers are big-endian.
const (
	blobMagic   = "clk\x01"
	blobData    = 'd'
	blobDataKey = 'k'
)

// blob is a symmetric ciphertext, taken apart.
type blob struct {
	head          []byte // all before the nonce
	kind          byte
	id            string
	version       uint64
	nonce, sealed []byte
}

func blobHead(kind byte, id string, version uint64) []byte {
	head := append([]byte(blobMagic), kind)
	head = binary.BigEndian.AppendUint16(head, uint16(len(id)))
	head = append(head, id...)
	return binary.BigEndian.AppendUint64(head, version)
}

// parseBlob takes a ciphertext apart. Nothing of it is known to be true before it is opened.
func parseBlob(b []byte) (parsed blob, ok bool) {
	const fixed = len(blobMagic) + 1 + 2
	if len(b) < fixed || string(b[:len(blobMagic)]) != blobMagic {
		return blob{}, false
	}
	n := fixed + int(binary.BigEndian.Uint16(b[fixed-2:]))
	if len(b) < n+8+nonceBytes {
		return blob{}, false
	}
	parsed = blob{
		head: b[: n+8 : n+8], kind: b[len(blobMagic)], id: string(b[fixed:n]), version: binary.BigEndian.Uint64(b[n:]),
		nonce: b[n+8 : n+8+nonceBytes], sealed: b[n+8+nonceBytes:],
	}
	return parsed, parsed.kind == blobData || parsed.kind == blobDataKey
}

// errNotOpened says that a ciphertext or its context is not what it was.
func errNotOpened() error {
	return errs.Refuse(errs.InvalidArgument, "the ciphertext cannot be opened: it is damaged, or not this key's, or was made with another encryption context")
}

// symmetric is one version of a symmetric key, to be destroyed after use.
type symmetric struct {
	*material
	id      string
	spec    kmsdriver.Spec
	version int
}

// newest fetches the newest version of a symmetric key that can be used.
func (s *keys) newest(ctx context.Context, id string) (got *symmetric, err error) {
	err = s.look(ctx, id, func(store *keyStore, k *keyRecord) (err error) {
		got, err = store.secret(id, k, uint64(k.newest()))
		return err
	})
	return got, err
}

// opener fetches what opens a ciphertext, which must belong to the key that it is said to, if it is said.
func (store *keyStore) opener(ct *kmsdriver.Ciphertext, b *blob) (*symmetric, error) {
	if ct.KeyID != "" && ct.KeyID != b.id {
		if _, err := store.key(ct.KeyID); err != nil {
			return nil, err
		}
		return nil, errs.Refuse(errs.InvalidArgument, "the ciphertext is not of the key %q, or it is damaged", ct.KeyID)
	}
	k, err := store.key(b.id)
	if err != nil {
		return nil, err
	}
	return store.secret(b.id, &k, b.version)
}

func (store *keyStore) secret(id string, k *keyRecord, version uint64) (*symmetric, error) {
	if symmetricBytes(k.Spec) == 0 {
		return nil, errs.Refuse(errs.InvalidArgument, "the key %q is a key pair of the spec %s, not a symmetric key", id, k.Spec)
	}
	if err := k.usable(id); err != nil {
		return nil, err
	}
	if version > uint64(k.newest()) {
		return nil, errNotOpened()
	}
	m, err := store.material(id, int(version))
	if err != nil {
		return nil, err
	}
	return &symmetric{m, id, k.Spec, int(version)}, nil
}

// usable returns errs.Conflict unless a key is enabled.
func (k *keyRecord) usable(id string) error {
	if state := k.state(); state != kmsdriver.Enabled {
		return errs.Refuse(errs.Conflict, "the key %q is %s%s", id, state, remedies[state])
	}
	return nil
}

// remedies say how a key in one of these states comes to be used again.
var remedies = map[kmsdriver.State]string{
	kmsdriver.Disabled:        "; enable it first",
	kmsdriver.PendingDeletion: "; cancel its deletion and enable it first",
	kmsdriver.PendingImport:   "; import its material first",
}

func (k *symmetric) seal(kind byte, plaintext []byte, with string) (kmsdriver.Ciphertext, error) {
	aead, err := k.aead(k.spec)
	if err != nil {
		return kmsdriver.Ciphertext{}, err
	}
	head := blobHead(kind, k.id, uint64(k.version))
	sealed := make([]byte, len(head)+nonceBytes, len(head)+nonceBytes+len(plaintext)+aead.Overhead())
	nonce := sealed[copy(sealed, head):]
	rand.Read(nonce)
	ct := kmsdriver.Ciphertext{KeyID: k.id, KeyVersion: versionID(k.version), Kind: kmsdriver.KindData}
	if kind == blobDataKey {
		ct.Kind, ct.PlaintextBytes = kmsdriver.KindDataKey, len(plaintext)
	}
	ct.Blob = aead.Seal(sealed, nonce, plaintext, append(head, with...))
	return ct, nil
}

func (k *symmetric) open(b *blob, with string) ([]byte, error) {
	aead, err := k.aead(k.spec)
	if err != nil {
		return nil, err
	}
	plaintext, err := aead.Open(nil, b.nonce, b.sealed, append(bytes.Clone(b.head), with...))
	if err != nil {
		return nil, errNotOpened()
	}
	return plaintext, nil
}

// Encrypt encrypts with the newest version of a symmetric key.
func (s *keys) Encrypt(ctx context.Context, req *kmsdriver.EncryptRequest) (*kmsdriver.EncryptResponse, error) {
	if err := s.acceptsPlaintext(req.Plaintext); err != nil {
		return nil, err
	}
	if err := s.acceptsContext(req.Context); err != nil {
		return nil, err
	}
	k, err := s.newest(ctx, req.KeyID)
	if err != nil {
		return nil, err
	}
	defer k.destroy()
	ct, err := k.seal(blobData, req.Plaintext, req.Context)
	if err != nil {
		return nil, err
	}
	return &kmsdriver.EncryptResponse{Ciphertext: ct}, nil
}

// Decrypt opens what Encrypt made and, unless the provider that is imitated opens them otherwise, data keys.
func (s *keys) Decrypt(ctx context.Context, req *kmsdriver.DecryptRequest) (*kmsdriver.DecryptResponse, error) {
	return s.decrypt(ctx, req, blobData)
}

func (s *keys) decryptDataKey(ctx context.Context, req *kmsdriver.DecryptRequest) (*kmsdriver.DecryptResponse, error) {
	res, err := s.decrypt(ctx, req, blobDataKey)
	if err == nil && len(res.Plaintext) != req.Ciphertext.PlaintextBytes {
		clear(res.Plaintext)
		return nil, errs.Refuse(errs.InvalidArgument, "the data key has another length than the %d bytes that are said", req.Ciphertext.PlaintextBytes)
	}
	return res, err
}

func (s *keys) decrypt(ctx context.Context, req *kmsdriver.DecryptRequest, kind byte) (*kmsdriver.DecryptResponse, error) {
	b, err := s.acceptsCiphertext(&req.Ciphertext, req.Context)
	if err != nil {
		return nil, err
	}
	if s.caps.DataKeyDecrypt != kmsdriver.None && b.kind != kind {
		return nil, errs.Refuse(errs.InvalidArgument, "data keys and other ciphertexts are opened by requests of their own")
	}
	var k *symmetric
	err = s.view(ctx, b.id, func(store *keyStore) (err error) {
		k, err = store.opener(&req.Ciphertext, b)
		return err
	})
	if err != nil {
		return nil, err
	}
	defer k.destroy()
	plaintext, err := k.open(b, req.Context)
	if err != nil {
		return nil, err
	}
	return &kmsdriver.DecryptResponse{KeyID: b.id, Plaintext: plaintext}, nil
}

// GenerateDataKey makes a data key.
func (s *keys) GenerateDataKey(ctx context.Context, req *kmsdriver.GenerateDataKeyRequest) (*kmsdriver.GenerateDataKeyResponse, error) {
	if r := s.caps.DataKeyBytes; req.Bytes < r.Min || req.Bytes > r.Max {
		return nil, errs.Refuse(errs.InvalidArgument, "a data key of %d bytes, accepted are %d to %d", req.Bytes, r.Min, r.Max)
	}
	if err := s.acceptsContext(req.Context); err != nil {
		return nil, err
	}
	k, err := s.newest(ctx, req.KeyID)
	if err != nil {
		return nil, err
	}
	defer k.destroy()
	plaintext := make([]byte, req.Bytes)
	rand.Read(plaintext)
	ct, err := k.seal(blobDataKey, plaintext, req.Context)
	if err != nil {
		return nil, err
	}
	return &kmsdriver.GenerateDataKeyResponse{Plaintext: plaintext, Ciphertext: ct}, nil
}

func (s *keys) generateWrapped(ctx context.Context, req *kmsdriver.GenerateDataKeyRequest) (*kmsdriver.GenerateDataKeyResponse, error) {
	res, err := s.GenerateDataKey(ctx, req)
	if err != nil {
		return nil, err
	}
	clear(res.Plaintext)
	res.Plaintext = nil
	return res, nil
}

// ReEncrypt encrypts a ciphertext anew, with the newest version of a key. Both keys are those of one state of the store.
func (s *keys) ReEncrypt(ctx context.Context, req *kmsdriver.ReEncryptRequest) (*kmsdriver.ReEncryptResponse, error) {
	b, err := s.acceptsCiphertext(&req.Ciphertext, req.Context)
	if err != nil {
		return nil, err
	}
	if err := s.acceptsContext(req.NewContext); err != nil {
		return nil, err
	}
	var from, to *symmetric
	err = s.look(ctx, req.NewKeyID, func(store *keyStore, now *keyRecord) (err error) {
		if from, err = store.opener(&req.Ciphertext, b); err != nil {
			return err
		}
		to, err = store.secret(req.NewKeyID, now, uint64(now.newest()))
		return err
	})
	if from != nil {
		defer from.destroy()
	}
	if err != nil {
		return nil, err
	}
	defer to.destroy()
	plaintext, err := from.open(b, req.Context)
	if err != nil {
		return nil, err
	}
	defer clear(plaintext)
	ct, err := to.seal(b.kind, plaintext, req.NewContext)
	if err != nil {
		return nil, err
	}
	return &kmsdriver.ReEncryptResponse{Ciphertext: ct}, nil
}

func (s *keys) random(ctx context.Context, req *kmsdriver.RandomRequest) (*kmsdriver.RandomResponse, error) {
	if err := s.account.begin(ctx); err != nil {
		return nil, err
	}
	defer s.account.leave()
	if req.Bytes < 1 || req.Bytes > s.caps.MaxRandomBytes {
		return nil, errs.Refuse(errs.InvalidArgument, "%d random bytes, accepted are 1 to %d", req.Bytes, s.caps.MaxRandomBytes)
	}
	random := make([]byte, req.Bytes)
	rand.Read(random)
	return &kmsdriver.RandomResponse{Random: random}, nil
}
