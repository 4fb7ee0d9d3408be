package kmstest

import (
	"cmp"
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// credential is what the drivers of these tests are opened with.
const credential = "credential-Kp3Vt8Yd"

// fake is an account with real cryptography in memory. What it can do beyond the base is put together of the parts of
// its shape; a wrong driver changes how one operation goes.
type fake struct {
	caps   driver.Capabilities // what is declared
	limits driver.Capabilities // what holds
	rows   func([]policy.Operation) []policy.Operation
	lax    bool // setting what is set already is success
	revive bool // a cancelled deletion leaves the key enabled
	tells  bool // the answer to a scheduling tells the day
	delay  time.Duration
	shape  func(*fake) driver.Service
	serial int // the id of the key before, where ids are counted; 0 has them drawn

	around map[string]any                        // by operation, an around[Req, Res]
	fails  func(op string, err error) error      // changes every error
	before func(context.Context) context.Context // changes every context

	mu   sync.Mutex
	keys []*fakeKey
}

// fakeKey is a key with the versions of its material, the newest last.
type fakeKey struct {
	info     driver.KeyInfo
	aliases  []string
	tags     map[string]string
	rotation driver.GetRotationResponse
	versions []fakeVersion
	token    []byte
	wrapping driver.EncryptionAlgorithm
}

type fakeVersion struct {
	id   string
	made time.Time
	aead cipher.AEAD
	pair crypto.Signer
}

// around is what a wrong driver does about the right one.
type around[Req, Res any] func(ctx context.Context, req *Req, right func(context.Context, *Req) (*Res, error)) (*Res, error)

// handle carries out one request.
func handle[Req, Res any](ctx context.Context, f *fake, op string, req *Req, work func(*Req) (*Res, error)) (*Res, error) {
	right := func(ctx context.Context, req *Req) (*Res, error) {
		if f.before != nil {
			ctx = f.before(ctx)
		}
		if err := f.begin(ctx); err != nil {
			return nil, err
		}
		defer f.mu.Unlock()
		return work(req)
	}
	var res *Res
	var err error
	if change, ok := f.around[op]; ok {
		res, err = change.(around[Req, Res])(ctx, req, right)
	} else {
		res, err = right(ctx, req)
	}
	if err != nil && f.fails != nil {
		err = f.fails(op, err)
	}
	return res, err
}

// onKey carries out one request about a key.
func onKey[Req, Res any](ctx context.Context, f *fake, op, id string, req *Req, work func(*fakeKey, *Req) (*Res, error)) (*Res, error) {
	return handle(ctx, f, op, req, func(req *Req) (*Res, error) {
		k, err := f.find(id)
		if err != nil {
			return nil, err
		}
		return work(k, req)
	})
}

// begin takes the time of a request, and the lock.
func (f *fake) begin(ctx context.Context) error {
	if f.delay > 0 && ctx.Err() == nil {
		timer := time.NewTimer(f.delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	if err := ctx.Err(); err != nil {
		return &errs.Error{Code: errs.CodeOf(err), Outcome: errs.NotApplied, Err: err}
	}
	f.mu.Lock()
	f.keys = slices.DeleteFunc(f.keys, func(k *fakeKey) bool {
		if end := k.info.MaterialExpiresAt; !end.IsZero() && !time.Now().Before(end) && k.info.State == driver.Enabled {
			k.forget()
		}
		return k.info.State == driver.PendingDeletion && !time.Now().Before(k.info.DeletionAt)
	})
	return nil
}

func (k *fakeKey) forget() {
	k.versions, k.info.State, k.info.MaterialExpiresAt = nil, driver.PendingImport, time.Time{}
}

func refuse(code errs.Code, text string) error { return errs.Refuse(code, "%s", text) }

func (f *fake) find(id string) (*fakeKey, error) {
	for _, k := range f.keys {
		if k.info.ID == id {
			return k, nil
		}
	}
	return nil, refuse(errs.NotFound, "no such key")
}

// holder returns the key that has the name or alias.
func (f *fake) holder(name string) *fakeKey {
	for _, k := range f.keys {
		if name != "" && (k.info.Name == name || slices.Contains(k.aliases, name)) {
			return k
		}
	}
	return nil
}

// keyID returns the id of a new key.
func (f *fake) keyID() string {
	if f.serial == 0 {
		return newID()
	}
	f.serial++
	return fmt.Sprintf("%024x", f.serial)
}

func newID() string {
	b := make([]byte, 12)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// rsaKeys are enough that no two keys of a check have the same.
var rsaKeys = sync.OnceValue(func() []*rsa.PrivateKey {
	var all []*rsa.PrivateKey
	for range 4 {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		all = append(all, key)
	}
	return all
})

// leastUsed returns the RSA key that the fewest keys of the account have.
func (f *fake) leastUsed() *rsa.PrivateKey {
	users := func(key *rsa.PrivateKey) (n int) {
		for _, k := range f.keys {
			for _, v := range k.versions {
				if v.pair == crypto.Signer(key) {
					n++
				}
			}
		}
		return n
	}
	return slices.MinFunc(rsaKeys(), func(a, b *rsa.PrivateKey) int { return cmp.Compare(users(a), users(b)) })
}

// renew gives a key a further version of its material; nil has it made.
func (f *fake) renew(k *fakeKey, material []byte) error {
	v := fakeVersion{id: newID(), made: time.Now().Add(time.Duration(len(k.versions)) * time.Second)}
	var err error
	switch k.info.Spec {
	case driver.AES256, driver.SM4:
		v.aead, err = newAEAD(k.info.Spec, material)
	case driver.RSA2048:
		v.pair = f.leastUsed()
	case driver.ECP256:
		v.pair, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case driver.ECP384:
		v.pair, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case driver.SM2:
		v.pair, err = sm2.GenerateKey(rand.Reader)
	default:
		err = refuse(errs.InvalidArgument, "no such spec")
	}
	if err != nil {
		return err
	}
	k.versions = append(k.versions, v)
	return nil
}

func newAEAD(spec driver.Spec, material []byte) (cipher.AEAD, error) {
	size, newBlock := 32, aes.NewCipher
	if spec == driver.SM4 {
		size, newBlock = 16, sm4.NewCipher
	}
	if material == nil {
		material = random(size)
	}
	if len(material) != size {
		return nil, refuse(errs.InvalidArgument, "the material has the wrong length")
	}
	block, err := newBlock(material)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// version returns one version of a usable key; empty means the newest.
func (k *fakeKey) version(id string) (*fakeVersion, error) {
	if k.info.State != driver.Enabled {
		return nil, refuse(errs.Conflict, "the key is "+string(k.info.State))
	}
	for i := len(k.versions) - 1; i >= 0; i-- {
		if id == "" || k.versions[i].id == id {
			return &k.versions[i], nil
		}
	}
	return nil, refuse(errs.NotFound, "no such version")
}

// page cuts a page out of a listing.
func page[T any](all []T, cursor string, size int) ([]T, string) {
	from := 0
	_, _ = fmt.Sscan(cursor, &from)
	from = min(from, len(all))
	to := min(from+size, len(all))
	if to == len(all) {
		return slices.Clone(all[from:]), ""
	}
	return slices.Clone(all[from:to]), fmt.Sprint(to)
}
