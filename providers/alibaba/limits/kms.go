package limits

import (
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// KMS returns the capabilities of Alibaba Cloud KMS in one region, by its shared gateway (API version 2016-01-20).
// Keys of other specs than AES_256 belong to a KMS instance, and SM4 and SM2 keys to one in the mainland of China.
//
//	plaintext    1 to 6,144 bytes; data keys of 1 to 1,024 bytes
//	context      8,192 characters as JSON
//	names        aliases; 249 characters
//	tags         20 a key, 128 characters each
//	deletion     in 7 to 366 days, of enabled keys too
//	rotation     every 7 to 365 days, of symmetric keys only
//	key pairs    digests only, SHA-256 and SM3; requests name the version of the key
//	random bytes none
func KMS() driver.Capabilities {
	return driver.Capabilities{
		Vendor: "alibaba",
		Keys:   kmsKeys(),

		Create: driver.Native,
		Naming: driver.ByAlias, // page CreateAlias
		// Page CreateAlias: 1 to 255 characters with the prefix "alias/"; the user guide does not count the prefix. It
		// reserves "acs". Slashes, and "-" and "_" as the first character, would be accepted; they are not portable.
		Name:                driver.NameRule{MaxChars: 249, Alphabet: driver.Chars("A-Za-z0-9_-"), DeniedPrefixes: []string{"acs", "-", "_"}},
		Rename:              driver.Emulated, // page UpdateAlias moves an alias to another key, and renames nothing
		SetDescription:      driver.Native,   // page UpdateKeyDescription
		MaxDescriptionChars: 8192,            // page CreateKey
		Details:             driver.Emulated, // page ListKeys: ids only
		MaxPage:             100,             // page ListKeys

		CreateTags: driver.Native, // page CreateKey
		Tags:       driver.Native, // page TagResources
		Tag: driver.TagRule{
			Max: 20,
			// Page TagResources: letters are taken as those of ASCII.
			Key:   driver.NameRule{MaxChars: 128, Alphabet: tagChars(), DeniedPrefixes: []string{"aliyun", "acs:"}},
			Value: driver.NameRule{MaxChars: 128, Alphabet: tagChars()},
		},
		Aliases: driver.Native, // page ListAliasesByKeyId

		DeletionDays: driver.Range{Min: 7, Max: 366}, // page ScheduleKeyDeletion

		Symmetric:         driver.Native,
		MaxPlaintextBytes: 6144,                               // page Encrypt: 6 KB
		Context:           driver.ContextRule{MaxChars: 8192}, // page EncryptionContext
		DataKeys:          driver.Native,
		DataKeyBytes:      driver.Range{Min: 1, Max: 1024}, // page GenerateDataKey
		WrappedDataKeys:   driver.Native,                   // page GenerateDataKeyWithoutPlaintext
		DataKeyDecrypt:    driver.None,                     // page Decrypt opens data keys too
		ReEncrypt:         driver.Native,                   // page ReEncrypt
		Asymmetric:        driver.Native,                   // page AsymmetricDecrypt
		AsymmetricEncrypt: driver.Native,                   // page AsymmetricEncrypt

		Sign:        driver.Native, // pages AsymmetricSign and AsymmetricVerify
		PublicKey:   driver.Native, // page GetPublicKey
		KeyVersions: driver.Native, // pages AsymmetricSign, AsymmetricDecrypt, GetPublicKey: KeyVersionId is required

		Rotation: driver.Native, // page UpdateRotationPolicy
		// Page UpdateRotationPolicy: some of its versions go up to 730 days.
		RotationDays: driver.Range{Min: 7, Max: 365},
		RotateNow:    driver.None, // page CreateKeyVersion: key pairs only, and once in 7 days

		Import:   driver.Native,
		Wrapping: []driver.EncryptionAlgorithm{driver.RSAOAEPSHA256}, // page GetParametersForImport: SM2PKE in few regions

		Random: driver.None, // page GetRandomPassword: there is nothing but passwords
	}
}

// kmsKeys are the keys of the pages "Key types and specifications", AsymmetricSign and AsymmetricEncrypt. That keys of
// RSA_4096, which the newer software instances have, take the same algorithms is unconfirmed.
func kmsKeys() []driver.KeyKind {
	digest := func(algorithms ...driver.SignatureAlgorithm) (all []driver.SignatureKind) {
		for _, a := range algorithms {
			all = append(all, driver.SignatureKind{Algorithm: a, Digest: driver.Native})
		}
		return all
	}
	keys := []driver.KeyKind{
		{Spec: driver.AES256, Usage: driver.EncryptDecrypt},
		{Spec: driver.SM4, Usage: driver.EncryptDecrypt},
	}
	for _, spec := range []driver.Spec{driver.RSA2048, driver.RSA3072, driver.RSA4096} {
		keys = append(keys,
			driver.KeyKind{Spec: spec, Usage: driver.EncryptDecrypt, Encryptions: []driver.EncryptionAlgorithm{driver.RSAOAEPSHA256}},
			driver.KeyKind{Spec: spec, Usage: driver.SignVerify, Signatures: digest(driver.RSAPSSSHA256, driver.RSAPKCS1SHA256)})
	}
	return append(keys,
		driver.KeyKind{Spec: driver.ECP256, Usage: driver.SignVerify, Signatures: digest(driver.ECDSASHA256)},
		driver.KeyKind{Spec: driver.ECSecp256k1, Usage: driver.SignVerify, Signatures: digest(driver.ECDSASHA256)},
		driver.KeyKind{Spec: driver.SM2, Usage: driver.EncryptDecrypt, Encryptions: []driver.EncryptionAlgorithm{driver.SM2Encrypt}},
		driver.KeyKind{Spec: driver.SM2, Usage: driver.SignVerify, Signatures: digest(driver.SM2SM3)})
}

func tagChars() driver.Alphabet { return driver.Chars(`A-Za-z0-9/\_.+=:@-`) }
