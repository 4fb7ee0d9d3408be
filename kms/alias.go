package kms

import (
	"github.com/crosscloud-sdk/crosscloud/capability"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

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
	Support = capability.Support
	// Naming says what a key's name is.
	Naming = driver.Naming
)

const (
	// None: it cannot be done, and is refused before any I/O.
	None = capability.None
	// Emulated: it can be done, at the price of further requests or by work of the library's own.
	Emulated = capability.Emulated
	// Native: the provider does it as part of the request.
	Native = capability.Native
)

const (
	// ByLabel: a name is part of the key, needed to make one, and unique.
	ByLabel = driver.ByLabel
	// ByAlias: a name is an alias of the key, which is made after it.
	ByAlias = driver.ByAlias
)

// Specs of keys: what [WithSpec] takes, and the field spec of a configuration as the text "AES_256", "SM4", "RSA_2048",
// "RSA_3072", "RSA_4096", "EC_P256", "EC_P384", "EC_SECP256K1" or "SM2".
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

// Usages of keys: what [WithUsage] takes, and the field usage of a configuration as the text "ENCRYPT_DECRYPT" or
// "SIGN_VERIFY".
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

// Signature algorithms. A key has those of its spec: RSA keys the six of RSA, EC_P256 and EC_SECP256K1 keys ECDSASHA256,
// EC_P384 keys ECDSASHA384 and SM2 keys SM2SM3, as far as Capabilities.Keys lists them. The salt of RSA-PSS is as long as
// the hash. SM2SM3 signs SM3(Z_A ‖ message) with the identity 1234567812345678 (GB/T 32918).
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

// Kinds of ciphertexts: by which kind of request each was made, and so by which it is opened.
const (
	KindData       = driver.KindData
	KindDataKey    = driver.KindDataKey
	KindAsymmetric = driver.KindAsymmetric
	KindText       = driver.KindText
)
