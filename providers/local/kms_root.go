package local

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// rootKey encrypts all that is stored of keys. Where the program does not give it, it is in a file beside the store, or,
// of a store in memory, nowhere else. It is looked for at the first call that needs it.
type rootKey struct {
	given []byte // nil where it is not given
	path  string // of the store, empty in memory

	turn  chan struct{} // held while it is looked for
	found atomic.Pointer[cipher.AEAD]
}

const (
	rootKeyBytes = 32
	// rootKeyEnding is what the file of the root key is called behind the name of the store.
	rootKeyEnding = ".rootkey"
	// rootCheckKey is where the store notes something that only the right root key opens.
	rootCheckKey  = "root key"
	rootCheckText = "crosscloud"
)

func newRootKey(text secret.String, path string) (*rootKey, error) {
	r := &rootKey{path: path, turn: make(chan struct{}, 1)}
	if !text.IsEmpty() {
		var ok bool
		if r.given, ok = decodeRootKey(text.Reveal()); !ok {
			return nil, errs.Refuse(errs.InvalidArgument, "the root key is not the base64 of %d bytes; openssl rand -base64 %[1]d makes one", rootKeyBytes)
		}
	}
	return r, nil
}

func decodeRootKey(text string) ([]byte, bool) {
	key, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(text))
	return key, err == nil && len(key) == rootKeyBytes
}

// root returns what seals and opens the records of keys. A root key that does not fit the store is
// errs.Unauthenticated; nothing of a key is then read or written.
func (a *Account) root(ctx context.Context) (cipher.AEAD, error) {
	r := a.rootKey
	if found := r.found.Load(); found != nil {
		return *found, nil
	}
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return nil, ended(ctx, errs.NotApplied)
	}
	if found := r.found.Load(); found != nil {
		return *found, nil
	}
	key, err := a.rootKeyBytes()
	if err != nil {
		return nil, err
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	if err := a.checkRoot(ctx, aead); err != nil {
		return nil, err
	}
	r.found.Store(&aead)
	return aead, nil
}

// rootKeyBytes returns a copy of the root key; it makes a new one for a store that has none.
func (a *Account) rootKeyBytes() ([]byte, error) {
	r := a.rootKey
	if r.given != nil {
		return append([]byte(nil), r.given...), nil
	}
	if r.path == "" {
		key := make([]byte, rootKeyBytes)
		rand.Read(key)
		return key, nil
	}
	key, err := readRootKey(r.path + rootKeyEnding)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, rootKeyFailed(r.path+rootKeyEnding, err)
	}
	if used, err := a.hasKeys(); err != nil || used {
		if err == nil {
			err = errs.Refuse(errs.Unauthenticated, "the root key file %s is not there, and the store has keys that only its root key opens; put the file back, or give the root key with the option %s",
				r.path+rootKeyEnding, optionRootKey)
		}
		return nil, err
	}
	if err := makeRootKey(r.path + rootKeyEnding); err != nil {
		return nil, rootKeyFailed(r.path+rootKeyEnding, err)
	}
	key, err = readRootKey(r.path + rootKeyEnding) // perhaps of somebody who was faster
	return key, rootKeyFailed(r.path+rootKeyEnding, err)
}

// hasKeys reports whether the store was used with a root key.
func (a *Account) hasKeys() (used bool, err error) {
	err = a.read(func(r reader) error {
		used = r.bucket(storeBucket).get(rootCheckKey) != nil || r.bucket(keyBucket) != nil
		return nil
	})
	return used, err
}

// checkRoot finds out whether a root key is that of the store. A store without one takes it.
func (a *Account) checkRoot(ctx context.Context, root cipher.AEAD) error {
	check := func(r reader) (fresh bool, err error) {
		raw := r.bucket(storeBucket).get(rootCheckKey)
		switch text, err := unseal(root, storeBucket, rootCheckKey, raw); {
		case raw == nil && r.bucket(keyBucket) == nil:
			return true, nil
		case len(raw) < sealedBytes || raw[0] != sealVersion:
			return false, errs.Refuse(errs.Corrupt, "what the store notes of its root key is damaged: %w", errRecord)
		case err != nil || string(text) != rootCheckText:
			return false, errs.Refuse(errs.Unauthenticated, "this is not the root key of the store's keys, or what the store notes of it is damaged; %s", a.rootKey.advice())
		}
		return false, nil
	}
	fresh := false
	err := a.read(func(r reader) (err error) {
		fresh, err = check(r)
		return err
	})
	if err != nil || !fresh {
		return err
	}
	sealed := seal(root, storeBucket, rootCheckKey, []byte(rootCheckText))
	return a.write(ctx, 0, func(t *transaction) error {
		if fresh, err := check(t.w); err != nil || !fresh {
			return err
		}
		t.changes++
		return t.w.bucket(storeBucket).put(rootCheckKey, sealed)
	})
}

func (r *rootKey) advice() string {
	if r.given != nil {
		return "give the one that they were made with, or none if it is in the file beside the store"
	}
	return "put the file " + r.path + rootKeyEnding + " back as it was, or give the root key with the option " + optionRootKey
}

// readRootKey reads the file of a root key, which nobody else may be able to.
func readRootKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errs.Refuse(errs.InvalidArgument, "the root key file %s is not a file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" { // which has no such modes
		return nil, errs.Refuse(errs.InvalidArgument, "the root key file %s has the mode %04o, by which others may use it; make it 0600", path, mode)
	}
	if info.Size() > 1024 {
		return nil, errNoRootKey(path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	key, ok := decodeRootKey(string(text))
	if !ok {
		return nil, errNoRootKey(path)
	}
	return key, nil
}

func errNoRootKey(path string) error {
	return errs.Refuse(errs.Corrupt, "the root key file %s does not hold the base64 of %d bytes; put it back as it was", path, rootKeyBytes)
}

// makeRootKey makes the file of a new root key, whole or not at all, and leaves one alone that is there.
func makeRootKey(path string) error {
	key := make([]byte, rootKeyBytes)
	rand.Read(key)
	defer clear(key)
	text := base64.StdEncoding.AppendEncode(nil, key)
	defer clear(text)
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".new-*") // with the mode 0600
	if err != nil {
		return err
	}
	name := temporary.Name()
	defer func() { _ = os.Remove(name) }()
	_, err = temporary.Write(append(text, '\n'))
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	switch err := os.Link(name, path); {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil: // where there are no hard links; one Account at a time has the store
		if err := os.Rename(name, path); err != nil {
			return err
		}
	}
	syncDirectory(path)
	return nil
}

// rootKeyFailed says why the file of the root key cannot be used.
func rootKeyFailed(path string, err error) error {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*errs.Error](err); ok {
		return known
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return errs.Refuse(errs.PermissionDenied, "the root key file %s cannot be used: %w", path, err)
	case isFull(err):
		return errs.Refuse(errs.Unavailable, "the root key file %s cannot be made, there is no space: %w", path, err)
	}
	return errs.Refuse(errs.Internal, "the root key file %s cannot be used: %w", path, err)
}
