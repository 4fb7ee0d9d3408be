package kms

import (
	"context"
	"encoding/base64"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// AEAD is a symmetric key with the methods of the AEAD and AEADWithContext interfaces of Tink
// (github.com/tink-crypto/tink-go/v2/tink), for instance to wrap the data keys of its envelope encryption. It is safe
// for concurrent use.
//
// Unlike an AEAD in memory, each call is a request to the provider, plaintext is at least 1 and at most
// Capabilities.MaxPlaintextBytes bytes, and associated data, which goes into the [Context]
// {"associated_data": standard base64}, is bounded by Capabilities.Context.
type AEAD struct{ key *Key }

// AEAD returns the key as an AEAD.
func (k *Key) AEAD() *AEAD { return &AEAD{key: k} }

// Encrypt encrypts without a context to end the call. See [AEAD.EncryptWithContext].
func (a *AEAD) Encrypt(plaintext, associatedData []byte) ([]byte, error) {
	return a.EncryptWithContext(context.Background(), plaintext, associatedData)
}

// Decrypt decrypts without a context to end the call. See [AEAD.DecryptWithContext].
func (a *AEAD) Decrypt(ciphertext, associatedData []byte) ([]byte, error) {
	return a.DecryptWithContext(context.Background(), ciphertext, associatedData)
}

// EncryptWithContext encrypts as [Key.Encrypt] does, with the same errors. It returns the binary form of a [Ciphertext].
func (a *AEAD) EncryptWithContext(ctx context.Context, plaintext, associatedData []byte) ([]byte, error) {
	made, err := a.key.Encrypt(ctx, plaintext, associated(associatedData))
	if err != nil {
		return nil, err
	}
	return made.MarshalBinary()
}

// DecryptWithContext decrypts as [Key.Decrypt] does, with the same errors. What is not what Encrypt made is errs.Corrupt
// before any I/O; other associated data than were encrypted with are errs.InvalidArgument.
func (a *AEAD) DecryptWithContext(ctx context.Context, ciphertext, associatedData []byte) ([]byte, error) {
	var ct Ciphertext
	err := ct.UnmarshalBinary(ciphertext)
	if err == nil && ct.Kind != KindData {
		// What anybody may have encrypted with a public key is not authentic.
		err = errs.Refuse(errs.Corrupt, "the ciphertext is of the kind %q, which no AEAD has made", ct.Kind)
	}
	if err != nil {
		return nil, a.key.refused(ctx, driver.OpDecrypt, err)
	}
	return a.key.Decrypt(ctx, ct, associated(associatedData))
}

// associated returns associated data as a context; an empty one is none.
func associated(data []byte) Context {
	if len(data) == 0 {
		return nil
	}
	return Context{"associated_data": base64.StdEncoding.EncodeToString(data)}
}
