package local

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// This file is the server's part for keys, as accept.go is for namespaces.

func (s *keys) acceptsCreate(req *kmsdriver.CreateKeyRequest) error {
	for name := range req.Options {
		return errs.Refuse(errs.InvalidArgument, "the option %q is not known; this driver has none for new keys", name)
	}
	if req.Name != "" || s.caps.Naming == kmsdriver.ByLabel {
		if err := s.caps.Name.Check("key name", req.Name); err != nil {
			return err
		}
	}
	if s.caps.Naming == kmsdriver.ByAlias && req.Name != "" {
		return errs.Refuse(errs.Unsupported, "a key has no name but its aliases here")
	}
	kind := kindOf(s.caps.Keys, req.Spec, req.Usage)
	switch {
	case kind == nil:
		return errs.Refuse(errs.Unsupported, "no keys of the spec %q are made for the usage %q; there are %s", string(req.Spec), string(req.Usage), kindNames(s.caps.Keys))
	case req.Origin == "" || req.Origin == kmsdriver.FromProvider:
	case req.Origin != kmsdriver.External:
		return errs.Refuse(errs.InvalidArgument, "the origin %q is not known", string(req.Origin))
	case s.caps.Import == kmsdriver.None || isPair(kind):
		return errs.Refuse(errs.Unsupported, "only material of symmetric keys is imported")
	}
	if err := s.acceptsDescription(req.Description); err != nil {
		return err
	}
	if len(req.Tags) > 0 && s.caps.CreateTags != kmsdriver.Native {
		return errs.Refuse(errs.Unsupported, "no tags can be given when a key is made")
	}
	return s.acceptsTags(req.Tags)
}

func kindNames(kinds []kmsdriver.KeyKind) string {
	var names []string
	for _, k := range kinds {
		names = append(names, fmt.Sprintf("%s for %s", k.Spec, k.Usage))
	}
	return strings.Join(names, ", ")
}

func (s *keys) acceptsDescription(text string) error {
	n := utf8.RuneCountInString(text)
	switch mostBytes, mostChars := s.caps.MaxDescriptionBytes, s.caps.MaxDescriptionChars; {
	case !utf8.ValidString(text):
		return errs.Refuse(errs.InvalidArgument, "description is not valid UTF-8")
	case mostBytes > 0 && len(text) > mostBytes:
		return errs.Refuse(errs.InvalidArgument, "description has %d bytes, at most %d are accepted", len(text), mostBytes)
	case mostChars > 0 && n > mostChars:
		return errs.Refuse(errs.InvalidArgument, "description has %d characters, at most %d are accepted", n, mostChars)
	}
	return nil
}

func (s *keys) acceptsTags(tags []kmsdriver.Tag) error {
	seen := map[string]bool{}
	for _, tag := range tags {
		if err := s.caps.Tag.Check(tag); err != nil {
			return err
		}
		if seen[tag.Key] {
			return errs.Refuse(errs.InvalidArgument, "the tag %q is given twice", tag.Key)
		}
		seen[tag.Key] = true
	}
	return s.acceptsTagCount(len(tags))
}

func (s *keys) acceptsTagCount(n int) error {
	if n > s.caps.Tag.Max && n > 0 {
		return errs.Refuse(errs.QuotaExceeded, "the key would have %d tags, at most %d are accepted", n, s.caps.Tag.Max)
	}
	return nil
}

func (s *keys) acceptsPlaintext(plaintext []byte) error {
	switch n := len(plaintext); {
	case n == 0:
		return errs.Refuse(errs.InvalidArgument, "the plaintext is empty")
	case n > s.caps.MaxPlaintextBytes:
		return errs.Refuse(errs.TooLarge, "the plaintext has %d bytes, at most %d are accepted", n, s.caps.MaxPlaintextBytes)
	}
	return nil
}

func (s *keys) acceptsContext(text string) error {
	rule := &s.caps.Context
	n := utf8.RuneCountInString(text)
	switch {
	case !utf8.ValidString(text):
		return errs.Refuse(errs.InvalidArgument, "the encryption context is not valid UTF-8")
	case rule.MaxBytes > 0 && len(text) > rule.MaxBytes:
		return errs.Refuse(errs.TooLarge, "the encryption context has %d bytes, at most %d are accepted", len(text), rule.MaxBytes)
	case rule.MaxChars > 0 && n > rule.MaxChars:
		return errs.Refuse(errs.TooLarge, "the encryption context has %d characters, at most %d are accepted", n, rule.MaxChars)
	}
	return nil
}

// acceptsCiphertext takes a ciphertext of a symmetric key apart.
func (s *keys) acceptsCiphertext(ct *kmsdriver.Ciphertext, with string) (*blob, error) {
	if err := s.acceptsContext(with); err != nil {
		return nil, err
	}
	b, ok := parseBlob(ct.Blob)
	if !ok || b.version == 0 || !utf8.ValidString(b.id) {
		return nil, errs.Refuse(errs.InvalidArgument, "this is no ciphertext of a symmetric key of this driver, or it is damaged")
	}
	// Whoever opens data for others must not be led to open a data key. The reverse is in order: where a data key is
	// encrypted anew by way of its plaintext, it is data here.
	if b.kind == blobDataKey && (ct.Kind == kmsdriver.KindData || ct.Kind == kmsdriver.KindText) {
		return nil, errs.Refuse(errs.InvalidArgument, "the ciphertext is a data key, and not of the kind %q", string(ct.Kind))
	}
	return &b, nil
}

// kind returns what a key can do here, also one that could not be made here.
func (s *keys) kind(k *keyRecord) *kmsdriver.KeyKind {
	if kind := kindOf(s.caps.Keys, k.Spec, k.Usage); kind != nil {
		return kind
	}
	return kindOf(ownKinds(), k.Spec, k.Usage)
}

// acceptsSigned checks what is signed against what the key can do.
func (s *keys) acceptsSigned(k *keyRecord, req *kmsdriver.SignRequest) error {
	kind := s.kind(k)
	i := slices.IndexFunc(kind.Signatures, func(way kmsdriver.SignatureKind) bool { return way.Algorithm == req.Algorithm })
	if i < 0 {
		return errs.Refuse(errs.InvalidArgument, "the key %q, of the spec %s for %s, does not sign with %q", req.KeyID, k.Spec, k.Usage, string(req.Algorithm))
	}
	way, size := &kind.Signatures[i], digestBytes(req.Algorithm)
	switch {
	case (req.Message == nil) == (req.Digest == nil):
		return errs.Refuse(errs.InvalidArgument, "either a message or a digest is signed")
	case req.Message != nil && way.Message == kmsdriver.None:
		return errs.Refuse(errs.Unsupported, "%s signs digests only here", req.Algorithm)
	case req.Digest != nil && way.Digest == kmsdriver.None:
		return errs.Refuse(errs.Unsupported, "%s signs messages only here", req.Algorithm)
	case len(req.Message) > s.caps.MaxMessageBytes:
		return errs.Refuse(errs.TooLarge, "the message has %d bytes, at most %d are accepted", len(req.Message), s.caps.MaxMessageBytes)
	case req.Digest != nil && len(req.Digest) != size:
		return errs.Refuse(errs.InvalidArgument, "the digest has %d bytes, that of %s has %d", len(req.Digest), req.Algorithm, size)
	}
	return nil
}

// acceptsEncryption checks that a pair encrypts with an algorithm.
func (s *keys) acceptsEncryption(id string, k *keyRecord, algorithm kmsdriver.EncryptionAlgorithm) error {
	if !slices.Contains(s.kind(k).Encryptions, algorithm) {
		return errs.Refuse(errs.InvalidArgument, "the key %q, of the spec %s for %s, does not encrypt with %q", id, k.Spec, k.Usage, string(algorithm))
	}
	return nil
}
