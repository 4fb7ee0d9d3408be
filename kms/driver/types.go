package driver

import (
	"time"

	"github.com/crosscloud-sdk/crosscloud/capability"
)

// What capabilities are made of; see package capability.
type (
	// Support says whether something can be done, and at what price.
	Support = capability.Support
	// NameRule says which names are accepted.
	NameRule = capability.NameRule
	// Alphabet is a set of characters.
	Alphabet = capability.Alphabet
)

const (
	// None: it cannot be done, and is refused before any I/O.
	None = capability.None
	// Emulated: it can be done, at the price of further requests or by work of the library's own.
	Emulated = capability.Emulated
	// Native: the provider does it as part of the request.
	Native = capability.Native
)

// AnyText returns the alphabet of all characters, control characters included.
func AnyText() Alphabet { return capability.AnyText() }

// Chars returns the alphabet of the ASCII characters in set; see capability.Chars.
func Chars(set string) Alphabet { return capability.Chars(set) }

// Spec is the algorithm and size of a key. A vendor's value that is none of the constants is kept as it is.
type Spec string

// The specs that have a portable name.
const (
	AES256      Spec = "AES_256"
	SM4         Spec = "SM4"
	RSA2048     Spec = "RSA_2048"
	RSA3072     Spec = "RSA_3072"
	RSA4096     Spec = "RSA_4096"
	ECP256      Spec = "EC_P256"
	ECP384      Spec = "EC_P384"
	ECSecp256k1 Spec = "EC_SECP256K1"
	SM2         Spec = "SM2"
)

// Usage is what a key is for. A vendor's value that is none of the constants is kept as it is.
type Usage string

// The usages that have a portable name.
const (
	EncryptDecrypt Usage = "ENCRYPT_DECRYPT"
	SignVerify     Usage = "SIGN_VERIFY"
)

// State is where a key is in its life. A vendor's value that is none of the constants is kept as it is.
type State string

// The states that have a portable name.
const (
	// Enabled: the key can be used.
	Enabled State = "Enabled"
	// Disabled: the key exists but is refused for any cryptographic use.
	Disabled State = "Disabled"
	// PendingDeletion: the key will be deleted at KeyInfo.DeletionAt unless that is cancelled.
	PendingDeletion State = "PendingDeletion"
	// PendingImport: the key waits for its material.
	PendingImport State = "PendingImport"
	// Unavailable: the provider cannot serve the key now, such as for unpaid bills.
	Unavailable State = "Unavailable"
	// Archived: the key decrypts but does not encrypt.
	Archived State = "Archived"
)

// Origin says where a key's material comes from. A vendor's value that is none of the constants is kept as it is.
type Origin string

// The origins that have a portable name.
const (
	// FromProvider: the provider made the material.
	FromProvider Origin = "PROVIDER"
	// External: the material is imported.
	External Origin = "EXTERNAL"
)

// SignatureAlgorithm is a way to sign. ECDSA and SM2 signatures are ASN.1 DER.
type SignatureAlgorithm string

// The signature algorithms. SM2_SM3 signs SM3(Z_A ‖ message) with the identity 1234567812345678 (GB/T 32918).
const (
	RSAPSSSHA256   SignatureAlgorithm = "RSA_PSS_SHA256"
	RSAPSSSHA384   SignatureAlgorithm = "RSA_PSS_SHA384"
	RSAPSSSHA512   SignatureAlgorithm = "RSA_PSS_SHA512"
	RSAPKCS1SHA256 SignatureAlgorithm = "RSA_PKCS1_SHA256"
	RSAPKCS1SHA384 SignatureAlgorithm = "RSA_PKCS1_SHA384"
	RSAPKCS1SHA512 SignatureAlgorithm = "RSA_PKCS1_SHA512"
	ECDSASHA256    SignatureAlgorithm = "ECDSA_SHA256"
	ECDSASHA384    SignatureAlgorithm = "ECDSA_SHA384"
	SM2SM3         SignatureAlgorithm = "SM2_SM3"
)

// EncryptionAlgorithm is a way to encrypt with a key pair, or to wrap key material for import.
type EncryptionAlgorithm string

// The encryption algorithms. SM2Encrypt gives the ASN.1 form with the parts in the order C1 C3 C2.
const (
	RSAOAEPSHA256 EncryptionAlgorithm = "RSA_OAEP_SHA256"
	SM2Encrypt    EncryptionAlgorithm = "SM2_ENCRYPT"
)

// CiphertextKind says by which kind of request a ciphertext was made, and so by which it is opened.
type CiphertextKind string

const (
	// KindData was made by Encrypt with a symmetric key, by this library.
	KindData CiphertextKind = "data"
	// KindDataKey is a data key, wrapped.
	KindDataKey CiphertextKind = "datakey"
	// KindAsymmetric was made with the public key of a pair.
	KindAsymmetric CiphertextKind = "asymmetric"
	// KindText was made by Encrypt with a symmetric key, by another program that gave the provider plain text. It differs
	// from KindData only where the provider takes text, not bytes.
	KindText CiphertextKind = "text"
)

// Ciphertext is what a provider encrypted, with what is needed to open it.
type Ciphertext struct {
	// KeyID is the key that the provider says it used.
	KeyID string
	// KeyVersion is empty where the provider does not tell it.
	KeyVersion string
	Kind       CiphertextKind
	// Algorithm is set for the kind [KindAsymmetric].
	Algorithm EncryptionAlgorithm
	// PlaintextBytes is the length of the plaintext for the kind [KindDataKey], else 0.
	PlaintextBytes int
	// Blob is the vendor's own form, exactly as the vendor gave it, and never decoded; of the kind [KindAsymmetric] it is
	// the plain bytes, which anybody can make with the public key.
	Blob []byte
}

// KeyInfo describes a key, as far as the provider tells it.
type KeyInfo struct {
	// ID addresses the key.
	ID string
	// Name is what people call it, empty where there is none or the request does not tell it.
	Name        string
	Description string
	Spec        Spec
	Usage       Usage
	State       State
	Origin      Origin
	// CreatedAt, DeletionAt and MaterialExpiresAt are zero where they are unset or not told.
	CreatedAt, DeletionAt, MaterialExpiresAt time.Time
	// RotationEnabled says whether the provider renews the material by itself.
	RotationEnabled bool
	// ServiceOwned is true of keys that a service of the provider's made for itself.
	ServiceOwned bool
	// Resource is the vendor's full name of the key, such as an ARN; empty where there is none.
	Resource string
	// Vendor holds the vendor's own words for spec, usage, state and origin and what else it tells, by the vendor's
	// field name. It holds no secret.
	Vendor map[string]string
}

// Tag is a label on a key.
type Tag struct{ Key, Value string }
