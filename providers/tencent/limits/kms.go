package limits

import (
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// KMS returns the capabilities of KMS in a region whose symmetric keys are AES-256 ones.
//
// Which key pairs a region makes is not documented by region. All that the vendor documents are declared; a region that
// lacks one refuses to make it, as errs.Unsupported.
func KMS() driver.Capabilities { return kms(driver.AES256) }

// KMSGuomi returns the capabilities of KMS in a region whose symmetric keys are SM4 ones (page ListAlgorithms).
func KMSGuomi() driver.Capabilities { return kms(driver.SM4) }

func kms(symmetric driver.Spec) driver.Capabilities {
	both := func(algorithms ...driver.SignatureAlgorithm) (kinds []driver.SignatureKind) {
		for _, a := range algorithms {
			kinds = append(kinds, driver.SignatureKind{Algorithm: a, Message: driver.Native, Digest: driver.Native})
		}
		return kinds
	}
	return driver.Capabilities{
		Vendor: "tencent",

		// Page CreateKey: KeyUsage; page SignByAsymmetricKey: RAW, and DIGEST of 32 bytes. That the digest of SM2 is
		// SM3(Z_A ‖ message) for the usual identity says page "SM2 Signature Verification" (1030/39762). Keys for
		// ECDSA on P-384 can be made too, but no page names their algorithm, and their digests have 48 bytes.
		Keys: []driver.KeyKind{
			{Spec: symmetric, Usage: driver.EncryptDecrypt},
			{Spec: driver.RSA2048, Usage: driver.EncryptDecrypt, Encryptions: []driver.EncryptionAlgorithm{driver.RSAOAEPSHA256}},
			{Spec: driver.RSA2048, Usage: driver.SignVerify, Signatures: both(driver.RSAPSSSHA256, driver.RSAPKCS1SHA256)},
			{Spec: driver.ECP256, Usage: driver.SignVerify, Signatures: both(driver.ECDSASHA256)},
			{Spec: driver.SM2, Usage: driver.EncryptDecrypt, Encryptions: []driver.EncryptionAlgorithm{driver.SM2Encrypt}},
			{Spec: driver.SM2, Usage: driver.SignVerify, Signatures: both(driver.SM2SM3)},
		},
		Create: driver.Native, // page CreateKey
		// Page CreateKey: no parameter says the algorithm; page ListAlgorithms: those of a region.
		RegionalSpec: driver.Native,
		Naming:       driver.ByLabel, // page CreateKey: Alias, unique
		// Page CreateKey: 1 to 60 letters, digits, "-" and "_", first a letter or digit; kms- is the vendor's.
		Name:                driver.NameRule{MaxChars: 60, Alphabet: driver.Chars("A-Za-z0-9_-"), NotFirst: "_-", DeniedPrefixes: []string{"kms-"}},
		Rename:              driver.Native, // page UpdateAlias
		SetDescription:      driver.Native, // page UpdateKeyDescription
		MaxDescriptionBytes: 1024,          // the same page
		Details:             driver.Native, // page ListKeyDetail
		MaxPage:             200,           // the same page

		CreateTags: driver.Native, // page CreateKey: Tags
		Tags:       driver.None,   // only by another service, Tag
		// Page "Use Limits" of Tag (651/13354). That it holds for KMS, and doubled spaces, are unconfirmed.
		Tag: driver.TagRule{
			Max:   50,
			Key:   driver.NameRule{MaxChars: 127, Alphabet: tagText(), Inner: " ", DeniedPrefixes: []string{"qcs:", "project", "项目"}},
			Value: driver.NameRule{MaxChars: 255, Alphabet: tagText(), Inner: " "},
			// Pages CreateTag (651/33015) and "Bucket Tag Overview" (436/31509): 1 to 255 characters.
			ValueRequired: true,
		},
		Aliases: driver.None, // a key has one name

		DeletionDays:          driver.Range{Min: 7, Max: 30}, // page ScheduleKeyDeletion
		DeletionNeedsDisabled: true,                          // the same page

		Symmetric:         driver.Native,                                      // page Encrypt
		MaxPlaintextBytes: 4096,                                               // page Encrypt: 4 KB
		Context:           driver.ContextRule{MaxChars: 1024},                 // page Encrypt
		DataKeys:          driver.Native,                                      // page GenerateDataKey
		DataKeyBytes:      driver.Range{Min: 1, Max: 1024},                    // the same page: NumberOfBytes
		WrappedDataKeys:   driver.Emulated,                                    // no action makes one without plaintext
		DataKeyDecrypt:    driver.None,                                        // page Decrypt
		ReEncrypt:         driver.Native,                                      // page ReEncrypt
		Asymmetric:        driver.Native,                                      // pages AsymmetricRsaDecrypt and AsymmetricSm2Decrypt
		AsymmetricEncrypt: driver.Emulated,                                    // page AsymmetricRsaDecrypt: with the public key, by the client
		Sign:              driver.Native,                                      // page SignByAsymmetricKey
		MaxMessageBytes:   4096,                                               // the same page
		PublicKey:         driver.Native,                                      // page GetPublicKey
		KeyVersions:       driver.None,                                        // no page has any
		Rotation:          driver.Native,                                      // page EnableKeyRotation
		RotationDays:      driver.Range{Min: 7, Max: 365},                     // the same page
		RotateNow:         driver.Native,                                      // page RotateKey
		Import:            driver.Native,                                      // page ImportKeyMaterial
		Wrapping:          []driver.EncryptionAlgorithm{driver.RSAOAEPSHA256}, // page GetParametersForImport
		Random:            driver.Native,                                      // page GenerateRandom
		MaxRandomBytes:    1024,                                               // the same page
	}
}

// tagText is what tags may have. Beyond ASCII the page lists Chinese letters and a few marks; all letters are let pass.
func tagText() driver.Alphabet {
	return driver.AnyText().Without("\x00-\x1f\x7f!\"#$%&'*?\\^`{|}~")
}
