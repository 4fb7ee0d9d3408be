package driver

import "fmt"

// Requests and responses with secrets print without them, also where they are marshalled as JSON or logged: MarshalText
// is what package slog and encoding/json ask for.

// Format describes the request without its plaintext and context.
func (r EncryptRequest) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "key %q, %d bytes of plaintext", r.KeyID, len(r.Plaintext))
}

// Format describes the request without the context.
func (r DecryptRequest) Format(f fmt.State, _ rune) { fmt.Fprint(f, r.Ciphertext) }

// Format describes the response without the plaintext.
func (r DecryptResponse) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "key %q, %d bytes of plaintext", r.KeyID, len(r.Plaintext))
}

// Format describes the request without the context.
func (r GenerateDataKeyRequest) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "key %q, data key of %d bytes", r.KeyID, r.Bytes)
}

// Format describes the response without the plaintext.
func (r GenerateDataKeyResponse) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "%d bytes of plaintext, %v", len(r.Plaintext), r.Ciphertext)
}

// Format describes the request without the contexts.
func (r ReEncryptRequest) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "%v, to key %q", r.Ciphertext, r.NewKeyID)
}

// Format describes the request without its plaintext.
func (r AsymmetricEncryptRequest) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "key %q, %s, %d bytes of plaintext", r.KeyID, r.Algorithm, len(r.Plaintext))
}

// Format describes the request without the message and digest.
func (r SignRequest) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "key %q, %s, %d bytes of message, %d bytes of digest", r.KeyID, r.Algorithm, len(r.Message), len(r.Digest))
}

// Format describes the response without the bytes.
func (r RandomResponse) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "%d random bytes", len(r.Random)) }

// Format describes the response without the token.
func (r ImportParametersResponse) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "public key of %d bytes, token until %v", len(r.PublicKey), r.ExpiresAt)
}

// Format describes the request without the material and the token.
func (r ImportKeyMaterialRequest) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "key %q, %d bytes of wrapped material", r.KeyID, len(r.Wrapped))
}

// Format describes the ciphertext without its bytes.
func (c Ciphertext) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "ciphertext of %d bytes, kind %s, key %q", len(c.Blob), c.Kind, c.KeyID)
}

// MarshalText returns what Format prints.
func (r EncryptRequest) MarshalText() ([]byte, error) { return fmt.Append(nil, r), nil }

// MarshalText returns what Format prints.
func (r DecryptRequest) MarshalText() ([]byte, error) { return fmt.Append(nil, r), nil }

// MarshalText returns what Format prints.
func (r DecryptResponse) MarshalText() ([]byte, error) { return fmt.Append(nil, r), nil }

// MarshalText returns what Format prints.
func (r GenerateDataKeyRequest) MarshalText() ([]byte, error) { return fmt.Append(nil, r), nil }

// MarshalText returns what Format prints.
func (r GenerateDataKeyResponse) MarshalText() ([]byte, error) { return fmt.Append(nil, r), nil }

// MarshalText returns what Format prints.
func (r ReEncryptRequest) MarshalText() ([]byte, error) { return fmt.Append(nil, r), nil }

// MarshalText returns what Format prints.
func (r AsymmetricEncryptRequest) MarshalText() ([]byte, error) { return fmt.Append(nil, r), nil }

// MarshalText returns what Format prints.
func (r SignRequest) MarshalText() ([]byte, error) { return fmt.Append(nil, r), nil }

// MarshalText returns what Format prints.
func (r RandomResponse) MarshalText() ([]byte, error) { return fmt.Append(nil, r), nil }

// MarshalText returns what Format prints.
func (r ImportParametersResponse) MarshalText() ([]byte, error) { return fmt.Append(nil, r), nil }

// MarshalText returns what Format prints.
func (r ImportKeyMaterialRequest) MarshalText() ([]byte, error) { return fmt.Append(nil, r), nil }
