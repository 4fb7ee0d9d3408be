package alibaba

import (
	"bytes"

	"github.com/emmansun/gmsm/sm2"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// The vendor's ciphertexts of SM2PKE are not described, but by how long they may be: 6,144 bytes for 6,047 of plaintext
// (page AsymmetricEncrypt). The 97 between are an uncompressed point and a digest, C1 C3 C2 one after the other, and leave
// no room for ASN.1, which is the portable form.

// blobOf reads a CiphertextBlob. What was encrypted with a public key is base64, the rest has no form.
func blobOf(made *driver.Ciphertext, text string) (blob []byte, fault string) {
	if made.Kind != driver.KindAsymmetric {
		return []byte(text), ""
	}
	if blob, fault = base64Of("CiphertextBlob", text); fault != "" || made.Algorithm != driver.SM2Encrypt {
		return blob, fault
	}
	const uncompressed = 4
	der, err := sm2.PlainCiphertext2ASN1(blob, sm2.C1C3C2)
	if err != nil || blob[0] != uncompressed {
		return nil, "has a CiphertextBlob that is not C1 C3 C2 of SM2"
	}
	return der, ""
}

// toBlob is the CiphertextBlob of what was encrypted with a public key.
func toBlob(c *driver.Ciphertext) (string, error) {
	if c.Algorithm != driver.SM2Encrypt {
		return wire.ToBase64(c.Blob), nil
	}
	parts, err := sm2.ASN1Ciphertext2Plain(c.Blob, sm2.NewPlainEncrypterOpts(sm2.MarshalUncompressed, sm2.C1C3C2))
	if err == nil {
		var again []byte
		if again, err = sm2.PlainCiphertext2ASN1(parts, sm2.C1C3C2); err == nil && bytes.Equal(again, c.Blob) {
			return wire.ToBase64(parts), nil
		}
	}
	return "", errs.Refuse(errs.InvalidArgument, "the ciphertext is not one of SM2 in ASN.1 with the parts in the order C1 C3 C2")
}
