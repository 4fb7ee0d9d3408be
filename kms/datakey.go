package kms

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// DataKey is a key to encrypt data with, in plain and wrapped by a key of the provider. Keep the [Ciphertext] beside the
// data, and call Destroy as soon as the plaintext is not needed any more. No printed form shows the plaintext.
type DataKey struct {
	// One for all copies, so that none still has a key of zeros after Destroy; and fmt, which prints the unexported
	// fields of other structs without asking for methods, shows an address.
	plaintext  *[]byte
	ciphertext Ciphertext
}

// Plaintext returns the data key itself, not a copy of it; nil after Destroy.
func (d *DataKey) Plaintext() []byte {
	if d.plaintext == nil {
		return nil
	}
	return *d.plaintext
}

// Ciphertext returns the wrapped data key, which [Key.Decrypt] opens. It stays after Destroy.
func (d *DataKey) Ciphertext() Ciphertext { return d.ciphertext }

// Destroy overwrites the plaintext with zeros; a slice that Plaintext has returned before is zeros too. It must not run
// at the same time as a use of that slice. Destroying twice is in order, and destroys copies of d too.
func (d *DataKey) Destroy() {
	if d.plaintext != nil {
		clear(*d.plaintext)
		*d.plaintext = nil
	}
}

// String describes the data key without its plaintext.
func (d DataKey) String() string {
	return fmt.Sprintf("data key of %d bytes, %v", d.ciphertext.PlaintextBytes, d.ciphertext)
}

// Format prints the same as String for every verb and flag.
func (d DataKey) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(d.String())) }

// LogValue returns the same as String.
func (d DataKey) LogValue() slog.Value { return slog.StringValue(d.String()) }

// GenerateDataKey makes a data key of n bytes, which must be within Capabilities.DataKeyBytes, else it is
// errs.InvalidArgument before any I/O. An answer of another length is errs.Corrupt. The call may be repeated at will;
// each makes another key.
func (k *Key) GenerateDataKey(ctx context.Context, n int, opts ...CryptOption) (*DataKey, error) {
	return k.generate(ctx, driver.OpGenerateDataKey, &k.service.methods.generateDataKey, n, opts)
}

// GenerateDataKeyWithoutPlaintext is [Key.GenerateDataKey] for a data key that is used later or elsewhere. Where
// Capabilities.WrappedDataKeys is Emulated, the plaintext crosses the network all the same and is overwritten here.
func (k *Key) GenerateDataKeyWithoutPlaintext(ctx context.Context, n int, opts ...CryptOption) (Ciphertext, error) {
	s := k.service
	if s.caps.WrappedDataKeys == driver.Emulated {
		made, err := k.generate(ctx, driver.OpGenerateDataKey, &s.methods.generateDataKey, n, opts)
		if err != nil {
			return Ciphertext{}, pipeline.Named(err, driver.OpGenerateWrappedKey)
		}
		made.Destroy()
		return made.ciphertext, nil
	}
	made, err := k.generate(ctx, driver.OpGenerateWrappedKey, &s.methods.generateWrappedKey, n, opts)
	if err != nil {
		return Ciphertext{}, err
	}
	return made.ciphertext, nil
}

// generate makes a data key; the operation says whether with its plaintext.
func (k *Key) generate(ctx context.Context, op string, m *pipeline.Method[driver.GenerateDataKeyRequest, driver.GenerateDataKeyResponse], n int, opts []CryptOption) (*DataKey, error) {
	s := k.service
	o, refusal := collect(opts, choiceContext)
	if limits := s.caps.DataKeyBytes; refusal == nil && (n < max(1, limits.Min) || n > limits.Max) {
		refusal = errs.Refuse(errs.InvalidArgument, "a data key of %d bytes was asked for, %d to %d are accepted", n, limits.Min, limits.Max)
	}
	req := driver.GenerateDataKeyRequest{KeyID: k.id, Bytes: n}
	if refusal == nil {
		req.Context, refusal = o.context.text(&s.caps.Context)
	}
	res, err := do(ctx, s, op, m, k.label(), refusal, &req)
	if err != nil {
		return nil, err
	}
	want := n
	if op == driver.OpGenerateWrappedKey {
		want = 0
	}
	sealed, err := k.sealed(ctx, op, &res.Ciphertext, Ciphertext{Kind: KindDataKey, PlaintextBytes: n})
	if err == nil && len(res.Plaintext) != want {
		err = k.corrupt(op, "the provider returned %d bytes of plaintext instead of %d", len(res.Plaintext), want)
	}
	if err != nil {
		clear(res.Plaintext)
		return nil, err
	}
	plaintext := res.Plaintext
	return &DataKey{plaintext: &plaintext, ciphertext: sealed}, nil
}

// Random asks the provider for n random bytes, at least 1 and at most Capabilities.MaxRandomBytes, else it is
// errs.InvalidArgument before any I/O. For keys used in this program crypto/rand is as good and costs no request.
func (s *Service) Random(ctx context.Context, n int) ([]byte, error) {
	var refusal error
	if n < 1 || n > s.caps.MaxRandomBytes {
		refusal = errs.Refuse(errs.InvalidArgument, "%d random bytes were asked for, 1 to %d are accepted", n, s.caps.MaxRandomBytes)
	}
	res, err := do(ctx, s, driver.OpRandom, &s.methods.random, "", refusal, &driver.RandomRequest{Bytes: n})
	if err != nil {
		return nil, err
	}
	if got := len(res.Random); got != n {
		clear(res.Random)
		return nil, s.corrupt(driver.OpRandom, "", "the provider returned %d random bytes instead of %d", got, n)
	}
	return res.Random, nil
}
