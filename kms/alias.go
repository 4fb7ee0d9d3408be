package kms

import "github.com/crosscloud-sdk/crosscloud/kms/driver"

// Types that portable code shares with drivers.
type (
	// Capabilities are what a service can do with keys, and its limits.
	Capabilities = driver.Capabilities
	// KeyInfo describes a key, as far as the provider tells it.
	KeyInfo = driver.KeyInfo
	// Spec is the algorithm and size of a key.
	Spec = driver.Spec
	// Usage is what a key is for.
	Usage = driver.Usage
	// State is where a key is in its life.
	State = driver.State
	// Origin says where a key's material comes from.
	Origin = driver.Origin
	// SignatureAlgorithm is a way to sign.
	SignatureAlgorithm = driver.SignatureAlgorithm
	// EncryptionAlgorithm is a way to encrypt with a key pair, or to wrap key material for import.
	EncryptionAlgorithm = driver.EncryptionAlgorithm
	// CiphertextKind says by which kind of request a ciphertext was made.
	CiphertextKind = driver.CiphertextKind
	// Support says whether something can be done, and at what price.
	Support = driver.Support
	// Naming says what a key's name is.
	Naming = driver.Naming
)

// The degrees of [Support].
const (
	None     = driver.None
	Emulated = driver.Emulated
	Native   = driver.Native
)

// What a key's name is.
const (
	ByLabel = driver.ByLabel
	ByAlias = driver.ByAlias
)

// Specs of keys.
const (
	AES256      = driver.AES256
	SM4         = driver.SM4
	RSA2048     = driver.RSA2048
	RSA3072     = driver.RSA3072
	RSA4096     = driver.RSA4096
	ECP256      = driver.ECP256
	ECP384      = driver.ECP384
	ECSecp256k1 = driver.ECSecp256k1
	SM2         = driver.SM2
)

// Usages of keys.
const (
	EncryptDecrypt = driver.EncryptDecrypt
	SignVerify     = driver.SignVerify
)

// States of keys.
const (
	Enabled         = driver.Enabled
	Disabled        = driver.Disabled
	PendingDeletion = driver.PendingDeletion
	PendingImport   = driver.PendingImport
	Unavailable     = driver.Unavailable
	Archived        = driver.Archived
)

// Origins of key material.
const (
	FromProvider = driver.FromProvider
	External     = driver.External
)

// Signature algorithms. SM2SM3 signs SM3(Z_A ‖ message) with the identity 1234567812345678 (GB/T 32918).
const (
	RSAPSSSHA256   = driver.RSAPSSSHA256
	RSAPSSSHA384   = driver.RSAPSSSHA384
	RSAPSSSHA512   = driver.RSAPSSSHA512
	RSAPKCS1SHA256 = driver.RSAPKCS1SHA256
	RSAPKCS1SHA384 = driver.RSAPKCS1SHA384
	RSAPKCS1SHA512 = driver.RSAPKCS1SHA512
	ECDSASHA256    = driver.ECDSASHA256
	ECDSASHA384    = driver.ECDSASHA384
	SM2SM3         = driver.SM2SM3
)

// Encryption algorithms of key pairs.
const (
	RSAOAEPSHA256 = driver.RSAOAEPSHA256
	SM2Encrypt    = driver.SM2Encrypt
)

// Kinds of ciphertexts.
const (
	Data       = driver.Data
	DataKeys   = driver.DataKey
	Asymmetric = driver.Asymmetric
	Text       = driver.Text
)
