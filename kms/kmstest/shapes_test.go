package kmstest

import (
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/capability"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// The shapes that services have.
type (
	// labelled: names are part of the key, and what the provider does not do is emulated.
	labelled struct {
		base
		creator
		renamer
		describer
		rotator
		rotatorNow
		importer
		secretCipher
		dataKeyMaker
		reEncrypter
		pairCipher
		signer
		publicKeys
		randomSource
	}
	// aliased: names are aliases, pairs have versions, and only digests are signed.
	aliased struct {
		base
		creator
		describer
		aliaser
		tagger
		rotator
		rotatorNow
		versionLister
		importer
		secretCipher
		dataKeyMaker
		wrappedMaker
		reEncrypter
		pairCipher
		pairEncrypter
		signer
		publicKeys
	}
	// split: what takes one request elsewhere takes two.
	split struct {
		base
		creator
		renamer
		describer
		aliaser
		tagger
		rotator
		periodSetter
		importer
		secretCipher
		dataKeyMaker
		wrappedMaker
		dataKeyOpener
		pairCipher
		pairEncrypter
		signer
		publicKeys
		randomSource
	}
	// bare: keys that encrypt, and nothing else.
	bare struct {
		base
		creator
		secretCipher
	}
	// messages: keys that sign messages, without their public keys.
	messages struct {
		base
		creator
		signer
	}
)

// operations is the table of what a service implements.
func operations(svc driver.Service) (rows []policy.Operation) {
	add := func(class policy.Idempotency, implemented bool, names ...string) {
		for _, name := range names {
			if implemented {
				rows = append(rows, policy.Operation{Name: name, Idempotency: class})
			}
		}
	}
	_, creates := svc.(driver.Creator)
	_, tells := svc.(driver.SymmetricSpecGetter)
	_, renames := svc.(driver.Renamer)
	_, describes := svc.(driver.Describer)
	_, aliases := svc.(driver.Aliaser)
	_, tags := svc.(driver.Tagger)
	_, rotates := svc.(driver.Rotator)
	_, periods := svc.(driver.RotationPeriodSetter)
	_, rotatesNow := svc.(driver.ImmediateRotator)
	_, versions := svc.(driver.VersionLister)
	_, imports := svc.(driver.Importer)
	_, encrypts := svc.(driver.SymmetricCipher)
	_, generates := svc.(driver.DataKeyGenerator)
	_, wraps := svc.(driver.WrappedDataKeyGenerator)
	_, opens := svc.(driver.DataKeyDecrypter)
	_, again := svc.(driver.ReEncrypter)
	_, pairs := svc.(driver.AsymmetricCipher)
	_, seals := svc.(driver.AsymmetricEncrypter)
	_, signs := svc.(driver.Signer)
	_, publishes := svc.(driver.PublicKeyGetter)
	_, draws := svc.(driver.RandomSource)
	add(policy.ReadOnly, true, driver.OpDescribeKey, driver.OpListKeys)
	add(policy.Idempotent, true, driver.OpEnableKey, driver.OpDisableKey, driver.OpScheduleDeletion, driver.OpCancelDeletion)
	add(policy.NonIdempotent, creates, driver.OpCreateKey)
	add(policy.ReadOnly, tells, driver.OpSymmetricSpecs)
	add(policy.NonIdempotent, renames, driver.OpRename)
	add(policy.Idempotent, describes, driver.OpSetDescription)
	add(policy.ReadOnly, aliases, driver.OpListAliases)
	add(policy.NonIdempotent, aliases, driver.OpCreateAlias, driver.OpDeleteAlias)
	add(policy.ReadOnly, tags, driver.OpListTags)
	add(policy.Idempotent, tags, driver.OpSetTags, driver.OpRemoveTags)
	add(policy.ReadOnly, rotates, driver.OpGetRotation)
	add(policy.Idempotent, rotates, driver.OpSetRotation)
	add(policy.Idempotent, periods, driver.OpSetRotationPeriod)
	add(policy.NonIdempotent, rotatesNow, driver.OpRotateNow)
	add(policy.ReadOnly, versions, driver.OpListVersions)
	add(policy.ReadOnly, imports, driver.OpImportParameters)
	add(policy.Idempotent, imports, driver.OpImportKeyMaterial, driver.OpDeleteKeyMaterial)
	add(policy.ReadOnly, encrypts, driver.OpEncrypt, driver.OpDecrypt)
	add(policy.ReadOnly, generates, driver.OpGenerateDataKey)
	add(policy.ReadOnly, wraps, driver.OpGenerateWrappedKey)
	add(policy.ReadOnly, opens, driver.OpDecryptDataKey)
	add(policy.ReadOnly, again, driver.OpReEncrypt)
	add(policy.ReadOnly, pairs, driver.OpAsymmetricDecrypt)
	add(policy.ReadOnly, seals, driver.OpAsymmetricEncrypt)
	add(policy.ReadOnly, signs, driver.OpSign, driver.OpVerify)
	add(policy.ReadOnly, publishes, driver.OpPublicKey)
	add(policy.ReadOnly, draws, driver.OpRandom)
	return rows
}

// The configurations of the reference driver.
func config(name string) *fake {
	f := &fake{delay: time.Millisecond, around: map[string]any{}}
	switch name {
	case "labelled":
		f.caps, f.tells = labelledCaps(), true
		f.shape = func(f *fake) driver.Service {
			return labelled{base{f}, creator{f}, renamer{f}, describer{f}, rotator{f}, rotatorNow{f}, importer{f}, secretCipher{f}, dataKeyMaker{f},
				reEncrypter{f}, pairCipher{f}, signer{f}, publicKeys{f}, randomSource{f}}
		}
	case "aliased":
		f.caps, f.lax, f.revive = aliasedCaps(), true, true
		f.shape = func(f *fake) driver.Service {
			return aliased{base{f}, creator{f}, describer{f}, aliaser{f}, tagger{f}, rotator{f}, rotatorNow{f}, versionLister{f}, importer{f}, secretCipher{f},
				dataKeyMaker{f}, wrappedMaker{f}, reEncrypter{f}, pairCipher{f}, pairEncrypter{f}, signer{f}, publicKeys{f}}
		}
	case "split":
		f.caps = splitCaps()
		f.shape = func(f *fake) driver.Service {
			return split{base{f}, creator{f}, renamer{f}, describer{f}, aliaser{f}, tagger{f}, rotator{f}, periodSetter{f}, importer{f}, secretCipher{f},
				dataKeyMaker{f}, wrappedMaker{f}, dataKeyOpener{f}, pairCipher{f}, pairEncrypter{f}, signer{f}, publicKeys{f}, randomSource{f}}
		}
	case "bare":
		f.caps = bareCaps()
		f.shape = func(f *fake) driver.Service { return bare{base{f}, creator{f}, secretCipher{f}} }
	case "regional":
		f.caps = regionalCaps()
		f.shape = func(f *fake) driver.Service {
			return regional{base{f}, creator{f}, specTeller{f}, secretCipher{f}}
		}
	case "messages":
		f.caps = messageCaps()
		f.shape = func(f *fake) driver.Service { return messages{base{f}, creator{f}, signer{f}} }
	}
	f.limits = f.caps
	// A key that a service of the provider's has made.
	f.keys = []*fakeKey{{tags: map[string]string{}, info: driver.KeyInfo{
		ID: newID(), Name: "svc-default", Spec: driver.AES256, Usage: driver.EncryptDecrypt, State: driver.Enabled, Origin: driver.FromProvider, ServiceOwned: true,
	}}}
	return f
}

func ways(message, digest driver.Support, algorithms ...driver.SignatureAlgorithm) (all []driver.SignatureKind) {
	for _, algorithm := range algorithms {
		all = append(all, driver.SignatureKind{Algorithm: algorithm, Message: message, Digest: digest})
	}
	return all
}

// allKinds are keys of every spec that the fake has.
func allKinds(message, digest driver.Support) []driver.KeyKind {
	return []driver.KeyKind{
		{Spec: driver.AES256, Usage: driver.EncryptDecrypt},
		{Spec: driver.SM4, Usage: driver.EncryptDecrypt},
		{Spec: driver.RSA2048, Usage: driver.EncryptDecrypt, Encryptions: []driver.EncryptionAlgorithm{driver.RSAOAEPSHA256}},
		{Spec: driver.SM2, Usage: driver.EncryptDecrypt, Encryptions: []driver.EncryptionAlgorithm{driver.SM2Encrypt}},
		{Spec: driver.RSA2048, Usage: driver.SignVerify, Signatures: ways(message, digest, driver.RSAPSSSHA256, driver.RSAPKCS1SHA256, driver.RSAPSSSHA512, driver.RSAPKCS1SHA384)},
		{Spec: driver.ECP256, Usage: driver.SignVerify, Signatures: ways(message, digest, driver.ECDSASHA256)},
		{Spec: driver.ECP384, Usage: driver.SignVerify, Signatures: ways(message, digest, driver.ECDSASHA384)},
		{Spec: driver.SM2, Usage: driver.SignVerify, Signatures: ways(message, digest, driver.SM2SM3)},
	}
}

func labelledCaps() driver.Capabilities {
	return driver.Capabilities{
		Vendor: "labelled", Keys: allKinds(driver.Native, driver.Native), Create: driver.Native, Naming: driver.ByLabel,
		Name:   driver.NameRule{MaxBytes: 60, Alphabet: plainAlphabet(), Denied: []string{"default"}},
		Rename: driver.Native, SetDescription: driver.Native, MaxDescriptionBytes: 100, Details: driver.Native, MaxPage: 4,
		CreateTags: driver.Native, Tag: driver.TagRule{Max: 5, Key: driver.NameRule{MaxBytes: 20, Alphabet: plainAlphabet()}, Value: driver.NameRule{MaxBytes: 20, Alphabet: plainAlphabet()}, ValueRequired: true},
		DeletionDays: driver.Range{Min: 7, Max: 30}, DeletionNeedsDisabled: true,
		Symmetric: driver.Native, MaxPlaintextBytes: 4096, Context: driver.ContextRule{MaxChars: 1024},
		DataKeys: driver.Native, DataKeyBytes: driver.Range{Min: 1, Max: 1024}, WrappedDataKeys: driver.Emulated, ReEncrypt: driver.Native,
		Asymmetric: driver.Native, AsymmetricEncrypt: driver.Emulated, Sign: driver.Native, MaxMessageBytes: 4096, PublicKey: driver.Native,
		Rotation: driver.Native, RotationDays: driver.Range{Min: 7, Max: 365}, RotateNow: driver.Native,
		Import: driver.Native, Wrapping: []driver.EncryptionAlgorithm{driver.RSAOAEPSHA256}, Random: driver.Native, MaxRandomBytes: 1024,
	}
}

func aliasedCaps() driver.Capabilities {
	c := labelledCaps()
	c.Vendor, c.Naming, c.Aliases, c.Rename, c.Details = "aliased", driver.ByAlias, driver.Native, driver.Emulated, driver.Emulated
	c.Keys, c.Tag.ValueRequired = allKinds(driver.None, driver.Native), false
	c.Name = driver.NameRule{MaxChars: 100, Alphabet: plainAlphabet(), Inner: "-_"}
	c.MaxDescriptionBytes, c.MaxDescriptionChars, c.Tags, c.KeyVersions = 0, 80, driver.Native, driver.Native
	c.DeletionDays, c.DeletionNeedsDisabled = driver.Range{Min: 7, Max: 366}, false
	c.Context, c.DataKeyBytes = driver.ContextRule{MaxBytes: 700}, driver.Range{Min: 8, Max: 64}
	c.WrappedDataKeys, c.AsymmetricEncrypt, c.Random, c.MaxRandomBytes, c.MaxMessageBytes = driver.Native, driver.Native, driver.None, 0, 0
	c.Wrapping = []driver.EncryptionAlgorithm{driver.SM2Encrypt, driver.RSAOAEPSHA256}
	return c
}

func splitCaps() driver.Capabilities {
	c := labelledCaps()
	c.Vendor, c.Aliases, c.CreateTags, c.Tags, c.Rotation, c.RotateNow = "split", driver.Native, driver.Emulated, driver.Native, driver.Emulated, driver.None
	c.DataKeyDecrypt, c.WrappedDataKeys, c.AsymmetricEncrypt, c.ReEncrypt = driver.Native, driver.Native, driver.Native, driver.None
	c.Context, c.MaxPlaintextBytes, c.DeletionNeedsDisabled, c.Tag.ValueRequired = driver.ContextRule{MaxBytes: 128, Digest: true}, 3072, false, false
	return c
}

func bareCaps() driver.Capabilities {
	return driver.Capabilities{
		Vendor: "bare", Keys: allKinds(driver.None, driver.Native)[:1], Create: driver.Native, Name: driver.NameRule{MaxBytes: 8, Alphabet: capability.Chars("0-9")},
		MaxPage: 3, DeletionDays: driver.Range{Min: 1, Max: 2}, Symmetric: driver.Native, MaxPlaintextBytes: 20,
	}
}

func messageCaps() driver.Capabilities {
	kinds := allKinds(driver.Native, driver.None)[4:]
	return driver.Capabilities{
		Vendor: "messages", Keys: kinds, Create: driver.Native, Name: driver.NameRule{Alphabet: capability.AnyText()}, Details: driver.Native,
		MaxPage: 3, DeletionDays: driver.Range{Min: 1, Max: 2}, Sign: driver.Native, MaxMessageBytes: 500,
	}
}

func plainAlphabet() capability.Alphabet { return capability.Chars("A-Za-z0-9_-") }

// harness returns how the suite is run over a configuration that change has made wrong, or nil for the right one.
func harness(name string, change func(*fake)) Harness {
	return Harness{VirtualTime: true, Secrets: []string{credential}, Name: name, CreateOptions: map[string]string{"pool": "1"}, Open: func(testing.TB) driver.Service {
		f := config(name)
		if change != nil {
			change(f)
		}
		return f.shape(f)
	}}
}
