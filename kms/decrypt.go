package kms

import (
	"context"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// Decrypt opens a ciphertext with the [Context] that it was made with. The ciphertext says which vendor's key opens it:
// that must be this key or one of its [DecryptWith] keys, which then decrypts with its own service. Anything else is
// errs.InvalidArgument and not sent. Where the handle has another spelling of the key's id than the ciphertext, such as
// an alias, the key is described once to find out.
//
// A ciphertext that the provider cannot open, or opens only with another context, is errs.InvalidArgument; plaintext
// that came from another key or has not the length it should have, errs.Corrupt. A key that is disabled is
// errs.Conflict. The call may be repeated at will. The plaintext is the caller's.
func (k *Key) Decrypt(ctx context.Context, ct Ciphertext, opts ...CryptOption) ([]byte, error) {
	o, refusal := collect(opts, choiceContext)
	owner, err := k.ownerOf(ctx, driver.OpDecrypt, &ct, refusal)
	if err != nil {
		return nil, err
	}
	return owner.open(ctx, &ct, o.context)
}

// ownerOf returns the key that opens a ciphertext: k or one of its openers.
func (k *Key) ownerOf(ctx context.Context, op string, ct *Ciphertext, refusal error) (*Key, error) {
	if fault := ct.fault(); refusal == nil && fault != "" {
		refusal = errs.Refuse(errs.InvalidArgument, "not a ciphertext: %s", fault)
	}
	if refusal != nil {
		return nil, k.refused(ctx, op, refusal)
	}
	if ct.KeyID == "" && ct.Vendor == k.service.caps.Vendor {
		return k, nil
	}
	for i := -1; i < len(k.openers); i++ {
		if c := k.candidate(i); c.service.caps.Vendor == ct.Vendor && c.goesBy(ct.KeyID) {
			return c, nil
		}
	}
	var failed error
	for i := -1; i < len(k.openers); i++ {
		c := k.candidate(i)
		if c.service.caps.Vendor != ct.Vendor || ct.KeyID == "" {
			continue
		}
		switch id, err := c.canonicalID(ctx); {
		case err != nil:
			failed = err // it may still be another key's
		case id == ct.KeyID:
			return c, nil
		}
	}
	if failed != nil {
		return nil, failed
	}
	return nil, k.refused(ctx, op, errs.Refuse(errs.InvalidArgument,
		"the ciphertext was made by %s with the key %q, which is neither this key (%s, %q) nor one of its DecryptWith keys (decrypt_with in a configuration)",
		ct.Vendor, ct.KeyID, k.service.caps.Vendor, k.id))
}

// candidate returns k for -1, else one of the openers.
func (k *Key) candidate(i int) *Key {
	if i < 0 {
		return k
	}
	return k.openers[i]
}

// goesBy reports whether id is known to be the key's.
func (k *Key) goesBy(id string) bool {
	known := k.canonical.Load()
	return id == k.id || known != nil && id == *known
}

// knownID returns the provider's own id of the key if that is known, else what the handle has.
func (k *Key) knownID() string {
	if known := k.canonical.Load(); known != nil {
		return *known
	}
	return k.id
}

// canonicalID returns the provider's own id of the key; it describes the key where that is not known yet.
func (k *Key) canonicalID(ctx context.Context) (string, error) {
	if known := k.canonical.Load(); known != nil {
		return *known, nil
	}
	info, err := k.details(ctx)
	return info.ID, err
}

// details describes the key by one request.
func (k *Key) details(ctx context.Context) (KeyInfo, error) {
	req := driver.DescribeKeyRequest{KeyID: k.id}
	res, err := do(ctx, k.service, driver.OpDescribeKey, &k.service.methods.describe, k.label(), nil, &req)
	if err != nil {
		return KeyInfo{}, err
	}
	if res.Key.ID == "" {
		return KeyInfo{}, k.corrupt(driver.OpDescribeKey, "the provider described a key without an id")
	}
	id := res.Key.ID
	if before := k.canonical.Swap(&id); before != nil && *before != id { // the handle has an alias, which was moved
		k.public.forget()
		k.service.versions.forget(k.id)
	}
	return res.Key, nil
}

// refused passes the refusal of a call through the pipeline, for hooks to see.
func (k *Key) refused(ctx context.Context, op string, refusal error) error {
	return k.service.pipe.Refused(ctx, op, k.label(), "", refusal)
}

// open decrypts what is known to be the key's.
func (k *Key) open(ctx context.Context, ct *Ciphertext, with Context) ([]byte, error) {
	s := k.service
	if ct.Kind == KindAsymmetric {
		return k.openPair(ctx, ct, with)
	}
	op, method := driver.OpDecrypt, &s.methods.decrypt
	if ct.Kind == KindDataKey && s.caps.DataKeyDecrypt != driver.None {
		op, method = driver.OpDecryptDataKey, &s.methods.decryptDataKey
	}
	text, refusal := with.text(&s.caps.Context)
	req := driver.DecryptRequest{Ciphertext: ct.forDriver(k.id, ""), Context: text}
	res, err := do(ctx, s, op, method, k.label(), refusal, &req)
	if err != nil {
		return nil, err
	}
	return k.opened(ctx, op, ct, res)
}

// openPair decrypts what was encrypted with a public key.
func (k *Key) openPair(ctx context.Context, ct *Ciphertext, with Context) ([]byte, error) {
	s := k.service
	refusal := s.checkEncryption(ct.Algorithm)
	if len(with) > 0 {
		refusal = errs.Refuse(errs.Unsupported, "an encryption context works only with symmetric keys")
	}
	const op = driver.OpAsymmetricDecrypt
	res, _, err := doVersion(ctx, k, op, &s.methods.asymmetricDecrypt, ct.KeyVersion, refusal,
		func(version string) (*driver.AsymmetricDecryptRequest, error, error) {
			return &driver.AsymmetricDecryptRequest{Ciphertext: ct.forDriver(k.id, version)}, nil, nil
		})
	if err != nil {
		return nil, err
	}
	return k.opened(ctx, op, ct, res)
}

// opened checks what came out of a ciphertext.
func (k *Key) opened(ctx context.Context, op string, ct *Ciphertext, res *driver.DecryptResponse) ([]byte, error) {
	err := k.checkOpener(ctx, op, ct, res.KeyID)
	switch n := len(res.Plaintext); {
	case err != nil:
	case ct.Kind == KindDataKey && n != ct.PlaintextBytes:
		err = k.corrupt(op, "the data key has %d bytes, but %d when it was made", n, ct.PlaintextBytes)
	case ct.Kind == KindData && n == 0:
		err = k.corrupt(op, "the provider returned no plaintext")
	}
	if err != nil {
		clear(res.Plaintext)
		return nil, err
	}
	return res.Plaintext, nil
}

// checkOpener checks which key the provider says it has used.
func (k *Key) checkOpener(ctx context.Context, op string, ct *Ciphertext, used string) error {
	if used == "" || used == ct.KeyID || k.goesBy(used) {
		return nil
	}
	id, err := k.canonicalID(ctx) // the ciphertext may name the key by an alias
	switch {
	case err != nil:
		return err
	case id == used:
		return nil
	case ct.KeyID == "":
		return k.service.pipe.Complete(&errs.Error{Code: errs.InvalidArgument, Outcome: errs.NotApplied, Attempts: 1,
			Message: "the ciphertext is not this key's: the provider opened it with the key " + errs.Printable(used)}, op, k.label())
	}
	return k.corrupt(op, "the provider says that it decrypted with the key %q, but the ciphertext is of %q", used, ct.KeyID)
}

// doVersion makes a call whose request names a version of the key, where the provider asks for one: the fixed one or,
// where that is empty, the newest. A remembered version that is not there or not usable any more is looked up again,
// once. Build makes the request, or the refusal of it, or fails. The version that was used is returned too.
func doVersion[Req, Res any](ctx context.Context, k *Key, op string, m *pipeline.Method[Req, Res], fixed string, refusal error,
	build func(version string) (req *Req, refusal, failure error)) (*Res, string, error) {
	s, version, remembered := k.service, fixed, false
	if m.Send == nil || refusal != nil {
		_, err := do(ctx, s, op, m, k.label(), refusal, new(Req))
		return nil, "", err
	}
	if version == "" && s.caps.KeyVersions != driver.None {
		var err error
		if version, remembered, err = k.newestVersion(ctx); err != nil {
			return nil, "", err
		}
	}
	for {
		req, refusal, err := build(version)
		if err != nil {
			return nil, "", err
		}
		res, err := do(ctx, s, op, m, k.label(), refusal, req)
		if err == nil {
			return res, version, nil
		}
		if !remembered || !isStale(err) {
			return nil, "", err
		}
		s.versions.forget(k.id)
		newest, _, failed := k.newestVersion(ctx)
		if failed != nil || newest == version {
			return nil, "", err
		}
		version, remembered = newest, false
	}
}

// isStale reports whether an error may be that of a version that is gone.
func isStale(err error) bool {
	code := errs.CodeOf(err)
	return code.Is(errs.NotFound) || code == errs.Conflict
}
