// Package limits holds what Huawei Cloud documents about its keys, as data. It imports nothing of the vendor, so that
// whoever only wants to imitate the limits does not link the vendor's SDK.
//
//	plaintext    1 to 3,072 bytes; data keys of 1 to 1,024 bytes
//	context      128 bytes as JSON, a longer one by its digest
//	names        unique labels of up to 255 letters, digits, "-" and "_", and aliases beside them
//	tags         10 a key, keys of 36 and values of 43 characters
//	deletion     in 7 to 1,096 days, of enabled keys too
//	rotation     every 30 to 365 days, of symmetric keys only
//	key pairs    RSA, P-256, P-384 and SM2; signatures of messages and digests, of SM2 of digests only
//	random bytes 1 to 1,024
package limits

import (
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// KMS returns the capabilities of DEW, the service of keys, in one region (API version 1.0). Pages are those of its API
// reference.
//
// Which specs a region makes is not documented by region. All that the vendor documents are declared; a region that
// lacks one refuses to make it.
func KMS() driver.Capabilities {
	return driver.Capabilities{
		Vendor: "huawei",
		Keys:   keys(),

		Create: driver.Native,  // page "Creating a Key"
		Naming: driver.ByLabel, // the same page: key_alias, unique
		// The same page: 1 to 255 letters, digits, ":", "/", "_" and "-", not ending in "/default". Colons, slashes, and
		// "-" and "_" as the first character, would be accepted; they are not portable.
		Name:                driver.NameRule{MaxChars: 255, Alphabet: driver.Chars("A-Za-z0-9_-"), DeniedPrefixes: []string{"-", "_"}},
		Rename:              driver.Native, // page "Changing a Key Alias"
		SetDescription:      driver.Native, // page "Changing the Description of a Key"
		MaxDescriptionChars: 255,           // the same page
		Details:             driver.Native, // page "Querying the List of Keys": key_details
		MaxPage:             100,           // the same page: the example; at most as many as the account may have keys

		CreateTags: driver.Emulated, // page "Creating a Key" has none
		Tags:       driver.Native,   // page "Adding or Deleting Key Tags in Batches"
		Tag: driver.TagRule{
			Max:   10, // page "Querying Tags of a Key"
			Key:   driver.NameRule{MaxChars: 36, Alphabet: tagText()},
			Value: driver.NameRule{MaxChars: 43, Alphabet: tagText()},
		},
		Aliases: driver.Native, // page "Creating an Alias"

		DeletionDays: driver.Range{Min: 7, Max: 1096}, // page "Scheduling the Deletion of a Key"

		Symmetric: driver.Native,
		// Page "Encrypting Data": text of 4,096 bytes; bytes are sent as base64.
		MaxPlaintextBytes: 3072,
		Context:           driver.ContextRule{MaxBytes: 128, Digest: true}, // the same page: additional_authenticated_data
		DataKeys:          driver.Native,
		DataKeyBytes:      driver.Range{Min: 1, Max: 1024}, // page "Creating a DEK": 8 to 8,192 bits
		WrappedDataKeys:   driver.Native,                   // page "Creating a Plaintext-Free DEK"
		DataKeyDecrypt:    driver.Native,                   // page "Decrypting a DEK"
		ReEncrypt:         driver.Native,                   // operation ReEncrypt of the vendor's SDK; older regions lack it
		Asymmetric:        driver.Native,                   // page "Decrypting Data"
		// Page "Encrypting Data" has it for text alone. What was encrypted elsewhere with the public key is opened too:
		// page "Decrypting Data", plain_text_base64.
		AsymmetricEncrypt: driver.Emulated,

		Sign:            driver.Native, // pages "Signing a Message" and "Verifying a Signature"
		MaxMessageBytes: 4095,          // page "Signing a Message": less than 4,096
		PublicKey:       driver.Native, // page "Querying Public Key Information"
		KeyVersions:     driver.None,   // no request names one

		Rotation:     driver.Emulated,                 // pages "Enabling Rotation for a Key" and "Changing the Key Rotation Interval"
		RotationDays: driver.Range{Min: 30, Max: 365}, // the latter page
		RotateNow:    driver.None,                     // no page has it

		Import:   driver.Native,
		Wrapping: []driver.EncryptionAlgorithm{driver.RSAOAEPSHA256, driver.SM2Encrypt}, // page "Obtaining Key Import Parameters"

		Random:         driver.Native, // page "Creating a Random Number"
		MaxRandomBytes: 1024,          // the same page: 8 to 8,192 bits
	}
}

// keys are those of the pages "Creating a Key" and "Signing a Message". The vendor's SDK also makes keys of SECP256K1, but
// no page names their algorithm; nor does one say whether keys on a curve take digests of another length than the curve's.
func keys() []driver.KeyKind {
	both := func(algorithms ...driver.SignatureAlgorithm) (kinds []driver.SignatureKind) {
		for _, a := range algorithms {
			kinds = append(kinds, driver.SignatureKind{Algorithm: a, Message: driver.Native, Digest: driver.Native})
		}
		return kinds
	}
	all := []driver.KeyKind{
		{Spec: driver.AES256, Usage: driver.EncryptDecrypt},
		{Spec: driver.SM4, Usage: driver.EncryptDecrypt},
	}
	for _, spec := range []driver.Spec{driver.RSA2048, driver.RSA3072, driver.RSA4096} {
		all = append(all,
			driver.KeyKind{Spec: spec, Usage: driver.EncryptDecrypt, Encryptions: []driver.EncryptionAlgorithm{driver.RSAOAEPSHA256}},
			driver.KeyKind{Spec: spec, Usage: driver.SignVerify, Signatures: both(
				driver.RSAPSSSHA256, driver.RSAPSSSHA384, driver.RSAPSSSHA512,
				driver.RSAPKCS1SHA256, driver.RSAPKCS1SHA384, driver.RSAPKCS1SHA512,
			)})
	}
	return append(all,
		driver.KeyKind{Spec: driver.ECP256, Usage: driver.SignVerify, Signatures: both(driver.ECDSASHA256)},
		driver.KeyKind{Spec: driver.ECP384, Usage: driver.SignVerify, Signatures: both(driver.ECDSASHA384)},
		driver.KeyKind{Spec: driver.SM2, Usage: driver.EncryptDecrypt, Encryptions: []driver.EncryptionAlgorithm{driver.SM2Encrypt}},
		// Page "Signing a Message": the digest only, which is SM3(Z_A ‖ message).
		driver.KeyKind{Spec: driver.SM2, Usage: driver.SignVerify, Signatures: []driver.SignatureKind{{Algorithm: driver.SM2SM3, Digest: driver.Native}}})
}

// tagText is what tags may have (page "Adding or Deleting Key Tags in Batches").
func tagText() driver.Alphabet { return driver.AnyText().Without("\x00-\x1f*<>\\=") }
