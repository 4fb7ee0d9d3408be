package driver

import "github.com/crosscloud-sdk/crosscloud/errs"

// Capabilities are what one service can do with keys, and its limits. They are data: package kms enforces them before
// any I/O, package kmstest proves them, and the local driver borrows them. The zero value of a field says "cannot" or,
// where its comment says so, "no limit".
type Capabilities struct {
	// Vendor names whose ciphertexts these are, in the frame of every ciphertext: it outlives configurations, and is
	// the same for all accounts and regions of the vendor.
	Vendor string

	// Keys are the keys that can be made, and what they can do. A key of another kind that exists already is not
	// refused.
	Keys []KeyKind
	// Create says whether keys can be made.
	Create Support
	// RegionalSpec says that the region decides of what spec its symmetric keys are, and a request for a key cannot say
	// it. Package kms asks the region before it makes the first one, and makes none that would be of another.
	RegionalSpec Support
	// Naming says what a key's name is.
	Naming Naming
	// Name says which names are accepted, for keys and for aliases.
	Name NameRule
	// Rename says whether a key's name can be changed: Emulated where the name is an alias.
	Rename Support
	// SetDescription says whether a key's description can be changed. One can always be given at creation.
	SetDescription Support
	// MaxDescriptionBytes and MaxDescriptionChars bound the description; 0 means no limit.
	MaxDescriptionBytes, MaxDescriptionChars int
	// Details says whether a listing describes the keys; Emulated means that each costs a request of its own.
	Details Support
	// MaxPage is how many keys a page of the listing has at most.
	MaxPage int

	// CreateTags says whether tags can be given at creation; Emulated means by a request of its own.
	CreateTags Support
	// Tags says whether tags can be read, set and removed later.
	Tags Support
	// Tag bounds the tags of a key.
	Tag TagRule
	// Aliases says whether a key can have further names.
	Aliases Support

	// DeletionDays bounds how many days ahead a key's deletion may be scheduled.
	DeletionDays Range
	// DeletionNeedsDisabled says that only a disabled key's deletion can be scheduled.
	DeletionNeedsDisabled bool

	// Symmetric says whether keys can encrypt and decrypt; MaxPlaintextBytes bounds the plaintext.
	Symmetric         Support
	MaxPlaintextBytes int
	// Context says how an encryption context is given.
	Context ContextRule
	// DataKeys says whether data keys can be made; DataKeyBytes bounds their length.
	DataKeys     Support
	DataKeyBytes Range
	// WrappedDataKeys says whether a data key can be made without its plaintext; Emulated means that the plaintext
	// still crosses the network and is dropped.
	WrappedDataKeys Support
	// DataKeyDecrypt says whether data keys are opened by a request of their own. Elsewhere Decrypt opens them.
	DataKeyDecrypt Support
	// ReEncrypt says whether the provider can encrypt anew without showing the plaintext.
	ReEncrypt Support
	// Asymmetric says whether key pairs can decrypt; AsymmetricEncrypt whether the provider encrypts with them:
	// Emulated means that package kms does it with the public key.
	Asymmetric, AsymmetricEncrypt Support

	// Sign says whether keys can sign and the provider can verify.
	Sign Support
	// MaxMessageBytes bounds what is signed undigested.
	MaxMessageBytes int
	// PublicKey says whether public keys can be read.
	PublicKey Support
	// KeyVersions says that requests with a key pair must name the version of the key.
	KeyVersions Support

	// Rotation says whether the provider can renew a key's material by itself; Emulated means that the period takes a
	// request of its own. RotationDays bounds the period.
	Rotation     Support
	RotationDays Range
	// RotateNow says whether the material can be renewed on request.
	RotateNow Support

	// Import says whether key material can be imported; Wrapping are the ways to wrap it on the way.
	Import   Support
	Wrapping []EncryptionAlgorithm

	// Random says whether the provider gives random bytes; MaxRandomBytes bounds how many at once.
	Random         Support
	MaxRandomBytes int
}

// KeyKind is a kind of keys, with what they can do.
type KeyKind struct {
	Spec  Spec
	Usage Usage
	// Signatures are the ways to sign, for keys of the usage SignVerify.
	Signatures []SignatureKind
	// Encryptions are the ways to encrypt with the public key, for key pairs of the usage EncryptDecrypt.
	Encryptions []EncryptionAlgorithm
}

// SignatureKind is a way to sign, and what of.
type SignatureKind struct {
	Algorithm SignatureAlgorithm
	// Message and Digest say whether a whole message and whether a digest can be given. Package kms digests messages
	// itself where it can.
	Message, Digest Support
}

// Naming says what a key's name is.
type Naming uint8

const (
	// ByLabel: a name is part of the key, needed to make one, and unique.
	ByLabel Naming = iota
	// ByAlias: a name is an alias of the key, which is made after it.
	ByAlias
)

// Range is a range of whole numbers, its ends included.
type Range struct{ Min, Max int }

// ContextRule says how an encryption context is given to the provider. It is written as a JSON object of strings in the
// order of the keys, without white space. An empty context is none.
type ContextRule struct {
	// MaxBytes and MaxChars bound that text; 0 means no limit.
	MaxBytes, MaxChars int
	// Digest says that a longer text is replaced by "sha256:" and the hexadecimal SHA-256 of it, instead of refused.
	Digest bool
}

// TagRule bounds the tags of a key.
type TagRule struct {
	// Max is how many tags a key may have.
	Max int
	// Key and Value say which are accepted. A value may also be empty, unless ValueRequired is set.
	Key, Value    NameRule
	ValueRequired bool
}

// Check returns why a tag is not accepted, as errs.InvalidArgument.
func (r *TagRule) Check(tag Tag) error {
	if err := r.Key.Check("tag key", tag.Key); err != nil {
		return err
	}
	switch {
	case tag.Value != "":
		return r.Value.Check("tag value", tag.Value)
	case r.ValueRequired:
		return errs.Refuse(errs.InvalidArgument, "the tag %q has no value, and this provider's tags need one", tag.Key)
	}
	return nil
}
