package driver

import "context"

// SymmetricCipher is implemented by services that declare Symmetric.
type SymmetricCipher interface {
	// Encrypt encrypts with a symmetric key. Binary plaintext is opened again byte for byte, however the provider takes
	// it; the response's kind is [KindData].
	Encrypt(context.Context, *EncryptRequest) (*EncryptResponse, error)
	// Decrypt opens ciphertexts of the kinds [KindData] and [KindText], and [KindDataKey] unless the service declares
	// DataKeyDecrypt.
	Decrypt(context.Context, *DecryptRequest) (*DecryptResponse, error)
}

// DataKeyGenerator is implemented by services that declare DataKeys.
type DataKeyGenerator interface {
	// GenerateDataKey makes a data key of so many bytes. The ciphertext's kind is [KindDataKey].
	GenerateDataKey(context.Context, *GenerateDataKeyRequest) (*GenerateDataKeyResponse, error)
}

// WrappedDataKeyGenerator is implemented by services that declare WrappedDataKeys as Native.
type WrappedDataKeyGenerator interface {
	// GenerateWrappedDataKey is GenerateDataKey without the plaintext, which never leaves the provider.
	GenerateWrappedDataKey(context.Context, *GenerateDataKeyRequest) (*GenerateDataKeyResponse, error)
}

// DataKeyDecrypter is implemented by services that declare DataKeyDecrypt.
type DataKeyDecrypter interface {
	// DecryptDataKey opens ciphertexts of the kind [KindDataKey].
	DecryptDataKey(context.Context, *DecryptRequest) (*DecryptResponse, error)
}

// ReEncrypter is implemented by services that declare ReEncrypt.
type ReEncrypter interface {
	// ReEncrypt opens a ciphertext and encrypts it with another key, or with the newest version of the same, inside
	// the provider. The kind stays.
	ReEncrypt(context.Context, *ReEncryptRequest) (*ReEncryptResponse, error)
}

// AsymmetricCipher is implemented by services that declare Asymmetric.
type AsymmetricCipher interface {
	// AsymmetricDecrypt opens a ciphertext of the kind [KindAsymmetric].
	AsymmetricDecrypt(context.Context, *AsymmetricDecryptRequest) (*DecryptResponse, error)
}

// AsymmetricEncrypter is implemented by services that declare AsymmetricEncrypt as Native.
type AsymmetricEncrypter interface {
	// AsymmetricEncrypt encrypts with the public key of a pair. The response's kind is [KindAsymmetric].
	AsymmetricEncrypt(context.Context, *AsymmetricEncryptRequest) (*EncryptResponse, error)
}

// Signer is implemented by services that declare Sign.
type Signer interface {
	// Sign signs with the private key of a pair.
	Sign(context.Context, *SignRequest) (*SignResponse, error)
	// Verify tells whether a signature is good. A bad one is no error.
	Verify(context.Context, *VerifyRequest) (*VerifyResponse, error)
}

// PublicKeyGetter is implemented by services that declare PublicKey.
type PublicKeyGetter interface {
	// PublicKey returns the public key of a pair.
	PublicKey(context.Context, *PublicKeyRequest) (*PublicKeyResponse, error)
}

// RandomSource is implemented by services that declare Random.
type RandomSource interface {
	// Random returns as many random bytes as are asked for.
	Random(context.Context, *RandomRequest) (*RandomResponse, error)
}

// EncryptRequest encrypts a few bytes.
type EncryptRequest struct {
	KeyID     string
	Plaintext []byte
	// Context is the encryption context as [ContextRule] writes it; empty means none.
	Context string
}

// EncryptResponse is the answer to an [EncryptRequest].
type EncryptResponse struct{ Ciphertext Ciphertext }

// DecryptRequest opens a ciphertext, which belongs to the key that it names.
type DecryptRequest struct {
	Ciphertext Ciphertext
	// Context is the encryption context that it was made with.
	Context string
}

// DecryptResponse is the answer to a [DecryptRequest].
type DecryptResponse struct {
	// KeyID is the key that the provider says it used; empty where it does not say.
	KeyID     string
	Plaintext []byte
}

// GenerateDataKeyRequest makes a data key.
type GenerateDataKeyRequest struct {
	KeyID string
	// Bytes is the length of the data key.
	Bytes int
	// Context is the encryption context; empty means none.
	Context string
}

// GenerateDataKeyResponse is the answer to a [GenerateDataKeyRequest].
type GenerateDataKeyResponse struct {
	// Plaintext is nil where it was not asked for.
	Plaintext  []byte
	Ciphertext Ciphertext
}

// ReEncryptRequest encrypts a ciphertext anew.
type ReEncryptRequest struct {
	Ciphertext Ciphertext
	// Context is the encryption context that it was made with.
	Context string
	// NewKeyID and NewContext are what it is encrypted with.
	NewKeyID, NewContext string
}

// ReEncryptResponse is the answer to a [ReEncryptRequest].
type ReEncryptResponse struct{ Ciphertext Ciphertext }

// AsymmetricEncryptRequest encrypts a few bytes with the public key of a pair.
type AsymmetricEncryptRequest struct {
	KeyID string
	// KeyVersion is set where Capabilities.KeyVersions says so.
	KeyVersion string
	Algorithm  EncryptionAlgorithm
	Plaintext  []byte
}

// AsymmetricDecryptRequest opens a ciphertext, which says its key, version and algorithm.
type AsymmetricDecryptRequest struct{ Ciphertext Ciphertext }

// SignRequest signs a message or the digest of one; the other is nil.
type SignRequest struct {
	KeyID string
	// KeyVersion is set where Capabilities.KeyVersions says so.
	KeyVersion string
	Algorithm  SignatureAlgorithm
	// Message may be empty but not nil, unless Digest is set.
	Message, Digest []byte
}

// SignResponse is the answer to a [SignRequest].
type SignResponse struct {
	// KeyVersion is empty where the provider does not tell it.
	KeyVersion string
	// Signature is ASN.1 DER for ECDSA and SM2.
	Signature []byte
}

// VerifyRequest asks whether a signature is that of a message or digest.
type VerifyRequest struct {
	SignRequest
	Signature []byte
}

// VerifyResponse is the answer to a [VerifyRequest].
type VerifyResponse struct{ Valid bool }

// PublicKeyRequest asks for the public key of a pair.
type PublicKeyRequest struct {
	KeyID string
	// KeyVersion is set where Capabilities.KeyVersions says so.
	KeyVersion string
}

// PublicKeyResponse is the answer to a [PublicKeyRequest].
type PublicKeyResponse struct {
	// DER is the public key as the vendor gave it, unwrapped from PEM and base64: an SPKI or PKCS #1 structure.
	DER []byte
}

// RandomRequest asks for random bytes.
type RandomRequest struct{ Bytes int }

// RandomResponse is the answer to a [RandomRequest].
type RandomResponse struct{ Random []byte }
