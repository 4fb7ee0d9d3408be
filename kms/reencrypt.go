package kms

import (
	"context"
	"errors"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// ReEncrypt encrypts a ciphertext of this key, or of one of its [DecryptWith] keys, anew with this key: with its newest
// version, or with another [Context]. A Context given is the new one, [OldContext] the one it was made with; the old one
// is not taken over. The plaintext does not leave the provider, and the kind stays.
//
// That takes both keys in one service, Capabilities.ReEncrypt, and a ciphertext made with a symmetric key. Anything else
// is errs.Unsupported before any I/O, and so is, after a request, what the provider does not encrypt anew (Tencent Cloud:
// another Context for the same version of the same key). [ThroughPlaintext] allows to decrypt it here and encrypt it again
// (with [WithAlgorithm] for a pair); the plaintext is overwritten afterwards. A data key then stays one only if both keys
// are the same vendor's and its Decrypt opens what its Encrypt made of a data key; else its kind becomes [KindData].
//
// A ciphertext of another key is errs.InvalidArgument, as for [Key.Decrypt], and so is one that names no key. Where the
// provider does not tell by which key the new ciphertext is opened, the key is described once. The call may be repeated
// at will.
func (k *Key) ReEncrypt(ctx context.Context, ct Ciphertext, opts ...CryptOption) (Ciphertext, error) {
	const op = driver.OpReEncrypt
	o, refusal := collect(opts, choiceContext|choiceOldContext|choiceAlgorithm|choiceThroughPlaintext)
	through := o.chosen&choiceThroughPlaintext != 0
	switch {
	case refusal != nil:
	case ct.KeyID == "" && ct.fault() == "":
		refusal = errs.Refuse(errs.InvalidArgument, "the ciphertext names no key; make it with NativeCiphertext and a KeyID")
	case o.chosen&choiceAlgorithm != 0 && !through:
		refusal = errs.Refuse(errs.InvalidArgument, "to encrypt anew with a key pair, ThroughPlaintext must be given")
	}
	source, err := k.ownerOf(ctx, op, &ct, refusal)
	if err != nil {
		return Ciphertext{}, err
	}
	within := source.service.pipe == k.service.pipe && k.service.caps.ReEncrypt != driver.None &&
		ct.Kind != KindAsymmetric && o.chosen&choiceAlgorithm == 0
	switch {
	case within:
		made, err := k.reEncryptThere(ctx, source, &ct, &o)
		if !through || !errors.Is(err, errs.Unsupported) {
			return made, err
		}
		// It has the request, but not for this ciphertext: some encrypt nothing anew with the same version of the same key.
		return k.reEncryptHere(ctx, source, &ct, &o)
	case through:
		return k.reEncryptHere(ctx, source, &ct, &o)
	}
	return Ciphertext{}, k.refused(ctx, op, errs.Refuse(errs.Unsupported,
		"no single request encrypts this ciphertext anew with this key; ThroughPlaintext allows to decrypt it here"))
}

// reEncryptThere lets the provider do it.
func (k *Key) reEncryptThere(ctx context.Context, source *Key, ct *Ciphertext, o *cryptOptions) (Ciphertext, error) {
	const op = driver.OpReEncrypt
	s := k.service
	req := driver.ReEncryptRequest{Ciphertext: ct.forDriver("", ""), NewKeyID: k.id}
	var refusal error
	if req.Context, refusal = o.oldContext.text(&s.caps.Context); refusal == nil {
		req.NewContext, refusal = o.context.text(&s.caps.Context)
	}
	res, err := do(ctx, s, op, &s.methods.reEncrypt, k.label(), refusal, &req)
	if err != nil {
		return Ciphertext{}, err
	}
	if made := res.Ciphertext.KeyID; made != "" && source.goesBy(made) && !k.goesBy(made) {
		// Either this key under another name, or the provider has left the ciphertext as it was.
		id, err := k.canonicalID(ctx)
		if err != nil {
			return Ciphertext{}, err
		}
		if id != made {
			return Ciphertext{}, k.corrupt(op, "the provider returned a ciphertext of the old key %q", made)
		}
	}
	return k.sealed(ctx, op, &res.Ciphertext, Ciphertext{Kind: ct.Kind, PlaintextBytes: ct.PlaintextBytes})
}

// reEncryptHere decrypts and encrypts again.
func (k *Key) reEncryptHere(ctx context.Context, source *Key, ct *Ciphertext, o *cryptOptions) (Ciphertext, error) {
	if refusal := k.checkTarget(ct, o); refusal != nil { // before the plaintext is fetched
		return Ciphertext{}, k.refused(ctx, driver.OpReEncrypt, refusal)
	}
	plaintext, err := source.open(ctx, ct, o.oldContext)
	if err != nil {
		return Ciphertext{}, err
	}
	defer clear(plaintext)
	made, err := k.encrypt(ctx, plaintext, o, nil)
	if err != nil {
		return Ciphertext{}, err
	}
	caps := &k.service.caps
	if ct.Kind == KindDataKey && made.Kind == KindData && caps.Vendor == ct.Vendor && caps.DataKeyDecrypt == driver.None {
		made.Kind, made.PlaintextBytes = KindDataKey, len(plaintext)
	}
	return made, nil
}

// checkTarget says why the key cannot encrypt what will come out of a ciphertext.
func (k *Key) checkTarget(ct *Ciphertext, o *cryptOptions) error {
	caps := &k.service.caps
	if limit := caps.MaxPlaintextBytes; limit > 0 && ct.PlaintextBytes > limit {
		return errs.Refuse(errs.TooLarge, "the data key has %d bytes, at most %d are accepted", ct.PlaintextBytes, limit)
	}
	if o.chosen&choiceAlgorithm != 0 {
		if caps.AsymmetricEncrypt == driver.None {
			return pipeline.Missing(k.service.methods.asymmetricEncrypt.Capability)
		}
		return k.service.checkPairEncryption(o)
	}
	if caps.Symmetric == driver.None {
		return pipeline.Missing(k.service.methods.encrypt.Capability)
	}
	_, err := o.context.text(&caps.Context)
	return err
}
