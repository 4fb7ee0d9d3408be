package local

import (
	"context"
	"crypto/cipher"
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// keyStore is the keys of one state of the store, as they are at one instant. Only in a transaction t is set.
type keyStore struct {
	reader
	t    *transaction
	root cipher.AEAD
	now  time.Time
}

// view runs fn over one state of the store, in which nothing of the named key is overdue.
func (s *keys) view(ctx context.Context, id string, fn func(*keyStore) error) error {
	return s.within(ctx, func(root cipher.AEAD) error {
		if err := s.tidy(ctx, root, id); err != nil {
			return err
		}
		now := s.account.now()
		return s.account.read(func(r reader) error { return fn(&keyStore{reader: r, root: root, now: now}) })
	})
}

// look is view with what is stored of the key.
func (s *keys) look(ctx context.Context, id string, fn func(*keyStore, *keyRecord) error) error {
	return s.view(ctx, id, func(store *keyStore) error {
		k, err := store.key(id)
		if err != nil {
			return err
		}
		return fn(store, &k)
	})
}

// change runs fn in a transaction. Fn owns all that it reads, since the caller may have gone, and may run more than once.
func (s *keys) change(ctx context.Context, id string, fn func(*keyStore) error) error {
	return s.within(ctx, func(root cipher.AEAD) error {
		if err := s.tidy(ctx, root, id); err != nil {
			return err
		}
		return s.account.write(ctx, 0, func(t *transaction) error {
			return fn(&keyStore{reader: t.w, t: t, root: root, now: t.now})
		})
	})
}

// changeKey is change with what is stored of the key, which is stored again if fn does not fail.
func (s *keys) changeKey(ctx context.Context, id string, fn func(*keyStore, *keyRecord) error) error {
	return s.change(ctx, id, func(store *keyStore) error {
		k, err := store.key(id)
		if err != nil {
			return err
		}
		if err := fn(store, &k); err != nil {
			return err
		}
		return store.write(id, &k)
	})
}

// within runs a call that needs the root key.
func (s *keys) within(ctx context.Context, run func(cipher.AEAD) error) error {
	if err := s.account.begin(ctx); err != nil {
		return err
	}
	defer s.account.leave()
	root, err := s.account.root(ctx)
	if err != nil {
		return err
	}
	return run(root)
}

// tidy writes what time has changed, if there is anything: keys and material that have ended are removed, some with each
// call, and the named key gets the version that its rotation asks for.
func (s *keys) tidy(ctx context.Context, root cipher.AEAD, id string) error {
	overdue := false
	err := s.account.read(func(r reader) error {
		store := &keyStore{reader: r, root: root, now: s.account.now()}
		overdue = len(store.ended(1)) > 0
		if k, err := store.key(id); err == nil {
			overdue = overdue || !k.rotatesBy(store.now).IsZero()
		}
		return nil
	})
	if err != nil || !overdue {
		return err
	}
	return s.account.write(ctx, 0, func(t *transaction) error {
		store := &keyStore{reader: t.w, t: t, root: root, now: t.now}
		if err := store.sweep(); err != nil {
			return err
		}
		return store.rotate(id)
	})
}

func noKey(id string) error { return errs.Refuse(errs.NotFound, "there is no key %q", id) }

// stored returns what is stored of a key, whatever has ended since.
func (store *keyStore) stored(id string) (keyRecord, error) {
	if all := store.bucket(keyBucket); all != nil && id != "" {
		if raw := all.get(id); raw != nil {
			return decodeKey(store.root, id, raw)
		}
	}
	return keyRecord{}, noKey(id)
}

// key returns a key as it is now.
func (store *keyStore) key(id string) (keyRecord, error) {
	k, err := store.stored(id)
	switch {
	case err != nil:
		return k, err
	case k.deleted(store.now):
		return keyRecord{}, noKey(id)
	case k.expired(store.now):
		k.Missing = true
	}
	return k, nil
}

// create makes the buckets of keys, if they are not there.
func (store *keyStore) create() error {
	if store.bucket(keyBucket) != nil {
		return nil
	}
	store.t.changes++
	for _, name := range []string{keyBucket, materialBucket, labelBucket, aliasBucket, dueBucket} {
		if err := store.t.w.create(name); err != nil {
			return err
		}
	}
	return nil
}

// write stores a key. Material that it misses is removed.
func (store *keyStore) write(id string, k *keyRecord) error {
	content, err := encodeJSON(k)
	if err != nil {
		return err
	}
	if old, err := store.stored(id); err == nil {
		if err := store.forget(id, &old, k.Missing); err != nil {
			return err
		}
	}
	store.t.changes++
	for _, at := range k.ends() {
		if err := store.bucket(dueBucket).put(expiryKey(at, id), []byte{dueVersion}); err != nil {
			return err
		}
	}
	return store.bucket(keyBucket).put(id, seal(store.root, keyBucket, id, content))
}

// dueVersion is the version of entries of the bucket dueBucket.
const dueVersion = 1

// forget removes what is stored beside the record of a key: when it ends, and perhaps its material.
func (store *keyStore) forget(id string, k *keyRecord, withMaterial bool) error {
	store.t.changes++
	for _, at := range k.ends() {
		if err := store.bucket(dueBucket).delete(expiryKey(at, id)); err != nil {
			return err
		}
	}
	for n := range k.Versions {
		if !withMaterial {
			break
		}
		if err := store.bucket(materialBucket).delete(materialPlace(id, n+1)); err != nil {
			return err
		}
	}
	return nil
}

// remove removes a key with all that belongs to it.
func (store *keyStore) remove(id string, k *keyRecord) error {
	if err := store.forget(id, k, true); err != nil {
		return err
	}
	for _, alias := range k.Aliases {
		if err := store.drop(aliasBucket, alias); err != nil {
			return err
		}
	}
	if k.Name != "" {
		if err := store.drop(labelBucket, k.Name); err != nil {
			return err
		}
	}
	return store.bucket(keyBucket).delete(id)
}

// ended returns entries of what has ended, what ended first and at most so many.
func (store *keyStore) ended(limit int) (entries []string) {
	due := store.bucket(dueBucket)
	if due == nil {
		return nil
	}
	for c := due.seek(""); len(entries) < limit; {
		entry, _, more := c.next()
		at, _, err := cutInstant([]byte(entry))
		if !more || err == nil && at.After(store.now) {
			break
		}
		entries = append(entries, entry)
	}
	return entries
}

// sweep removes some of what has ended.
func (store *keyStore) sweep() error {
	for _, entry := range store.ended(maxSweep) {
		store.t.changes++
		if err := store.bucket(dueBucket).delete(entry); err != nil {
			return err
		}
		if len(entry) <= instantSize {
			continue
		}
		id := entry[instantSize:]
		k, err := store.stored(id)
		switch {
		case err != nil: // the key is gone, or damaged, which whoever asks for it is told
		case k.deleted(store.now):
			err = store.remove(id, &k)
		case k.expired(store.now):
			k.Missing = true
			err = store.write(id, &k)
		}
		if code := errs.CodeOf(err); err != nil && code != errs.NotFound && code != errs.Corrupt {
			return err
		}
	}
	return nil
}

// rotate gives a key the version that is due.
func (store *keyStore) rotate(id string) error {
	k, err := store.key(id)
	if err != nil {
		return nil // whoever asks for the key is told
	}
	at := k.rotatesBy(store.now)
	if at.IsZero() {
		return nil
	}
	m, err := newMaterial(k.Spec)
	if err != nil {
		return err
	}
	defer m.destroy()
	if err := store.addVersion(id, &k, m, at); err != nil {
		return err
	}
	return store.write(id, &k)
}

// addVersion stores material as the newest version of a key; the key is written by the caller.
func (store *keyStore) addVersion(id string, k *keyRecord, m *material, at time.Time) error {
	k.Versions = append(slices.Clip(k.Versions), versionRecord{Created: plainTime(at), Public: m.public})
	return store.putMaterial(id, k.newest(), m)
}

func (store *keyStore) putMaterial(id string, version int, m *material) error {
	store.t.changes++
	place := materialPlace(id, version)
	return store.bucket(materialBucket).put(place, seal(store.root, materialBucket, place, m.secret))
}

// plainTime returns a time as it is read again.
func plainTime(t time.Time) time.Time { return t.Round(0).UTC() }

// material returns the material of one version, which the caller destroys.
func (store *keyStore) material(id string, version int) (*material, error) {
	place := materialPlace(id, version)
	secret, err := unseal(store.root, materialBucket, place, store.bucket(materialBucket).get(place))
	if err != nil {
		return nil, errs.Refuse(errs.Corrupt, "key %q: what is stored of the material of version %d is damaged: %w", id, version, err)
	}
	return &material{secret: secret}, nil
}

// named returns the id of the key that a name or alias belongs to, empty if there is none.
func (store *keyStore) named(bucket, name string) (string, error) {
	all := store.bucket(bucket)
	if all == nil {
		return "", nil
	}
	raw := all.get(name)
	if raw == nil {
		return "", nil
	}
	id, err := unseal(store.root, bucket, name, raw)
	if err != nil {
		return "", errs.Refuse(errs.Corrupt, "what is stored of the name %q is damaged: %w", name, err)
	}
	return string(id), nil
}

// take gives a name or alias to a key. A taken one is errs.AlreadyExists.
func (store *keyStore) take(bucket, name, id string) error {
	owner, err := store.named(bucket, name)
	if err != nil {
		return err
	}
	if owner != "" {
		k, err := store.stored(owner)
		if err != nil || !k.deleted(store.now) {
			return errTaken(name, owner)
		}
		if err := store.remove(owner, &k); err != nil {
			return err
		}
	}
	store.t.changes++
	return store.bucket(bucket).put(name, seal(store.root, bucket, name, []byte(id)))
}

// drop takes a name or alias away.
func (store *keyStore) drop(bucket, name string) error {
	store.t.changes++
	return store.bucket(bucket).delete(name)
}
