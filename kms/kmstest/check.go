package kmstest

import (
	"slices"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// check is one sub-test: it proves one rule. It is a type of this package, so that the tables of checks need no names of fields.
type check conformance.Check[*suite, traits]

// need returns why a check does not apply, empty where it does.
type need = conformance.Need[traits]

// traits is what is declared.
type traits struct {
	h    *Harness
	caps driver.Capabilities
}

// checks returns all checks, in the order in which they are run.
func checks() []conformance.Check[*suite, traits] {
	var all []conformance.Check[*suite, traits]
	for _, c := range slices.Concat(
		declareChecks(), createChecks(), regionChecks(), encryptChecks(), contextChecks(), dataKeyChecks(), reEncryptChecks(), pairChecks(),
		signChecks(), verifyChecks(), lifecycleChecks(), listChecks(), labelChecks(), rotationChecks(), importChecks(),
		callChecks(), errorChecks(), credentialChecks(),
	) {
		all = append(all, conformance.Check[*suite, traits](c))
	}
	return all
}

// declared needs one capability.
func declared(what string, support func(*driver.Capabilities) driver.Support) need {
	return conformance.That(func(k *traits) bool { return support(&k.caps) != driver.None }, "declares "+what+" None")
}

// undeclared needs that one capability is not there.
func undeclared(what string, support func(*driver.Capabilities) driver.Support) need {
	return conformance.That(func(k *traits) bool { return support(&k.caps) == driver.None }, "declares "+what)
}

// kinds needs a kind of keys that can be made.
func kinds(which func(*driver.KeyKind) bool, what string) need {
	return conformance.That(func(k *traits) bool {
		return k.caps.Create != driver.None && slices.ContainsFunc(k.caps.Keys, func(kind driver.KeyKind) bool { return which(&kind) })
	}, "makes no keys that "+what)
}

// isSymmetric reports whether keys of a kind encrypt and decrypt with one secret.
func isSymmetric(k *driver.KeyKind) bool {
	return k.Usage == driver.EncryptDecrypt && len(k.Encryptions) == 0
}

func isCipherPair(k *driver.KeyKind) bool { return len(k.Encryptions) > 0 }

func isSigner(k *driver.KeyKind) bool { return len(k.Signatures) > 0 }

func isPair(k *driver.KeyKind) bool { return isCipherPair(k) || isSigner(k) }

func anyKind(*driver.KeyKind) bool { return true }

var (
	needKeys = kinds(anyKind, "could be used")

	needVirtualTime = conformance.That(func(k *traits) bool { return k.h.VirtualTime }, "waits or makes many keys, for which the harness has no virtual time")

	hasSymmetric = declared("Symmetric", func(c *driver.Capabilities) driver.Support { return c.Symmetric })
	makesSecrets = kinds(isSymmetric, "are symmetric")
	hasDataKeys  = declared("DataKeys", func(c *driver.Capabilities) driver.Support { return c.DataKeys })
	hasWrapped   = declared("WrappedDataKeys", func(c *driver.Capabilities) driver.Support { return c.WrappedDataKeys })
	hasReEncrypt = declared("ReEncrypt", func(c *driver.Capabilities) driver.Support { return c.ReEncrypt })
	hasPairs     = declared("Asymmetric", func(c *driver.Capabilities) driver.Support { return c.Asymmetric })
	encryptsPair = declared("AsymmetricEncrypt", func(c *driver.Capabilities) driver.Support { return c.AsymmetricEncrypt })
	makesPairs   = kinds(isCipherPair, "encrypt with a public key")
	hasSign      = declared("Sign", func(c *driver.Capabilities) driver.Support { return c.Sign })
	makesSigners = kinds(isSigner, "sign")
	hasPublic    = declared("PublicKey", func(c *driver.Capabilities) driver.Support { return c.PublicKey })
	hasVersions  = declared("KeyVersions", func(c *driver.Capabilities) driver.Support { return c.KeyVersions })
	hasRandom    = declared("Random", func(c *driver.Capabilities) driver.Support { return c.Random })
	hasImport    = declared("Import", func(c *driver.Capabilities) driver.Support { return c.Import })
	hasRotation  = declared("Rotation", func(c *driver.Capabilities) driver.Support { return c.Rotation })
	hasRotateNow = declared("RotateNow", func(c *driver.Capabilities) driver.Support { return c.RotateNow })
	hasTags      = declared("Tags", func(c *driver.Capabilities) driver.Support { return c.Tags })
	hasNewTags   = declared("CreateTags", func(c *driver.Capabilities) driver.Support { return c.CreateTags })
	hasAliases   = declared("Aliases", func(c *driver.Capabilities) driver.Support { return c.Aliases })
	hasRename    = declared("Rename", func(c *driver.Capabilities) driver.Support { return c.Rename })
	hasDescribe  = declared("SetDescription", func(c *driver.Capabilities) driver.Support { return c.SetDescription })
	hasDetails   = declared("Details", func(c *driver.Capabilities) driver.Support { return c.Details })
	byAlias      = conformance.That(func(k *traits) bool { return k.caps.Naming == driver.ByAlias }, "declares that names are no aliases")

	needSecrets = []need{hasSymmetric, makesSecrets}
	needPairs   = []need{hasPairs, encryptsPair, makesPairs}
	needSigners = []need{hasSign, makesSigners}
)
