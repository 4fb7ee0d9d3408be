package emulator

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

// Limits of the import of key material: support.huaweicloud.com, DEW API Reference, Importing Key Material. The life of
// a token is that of the vendor's user guide.
const (
	huaweiImportLife  = 24 * time.Hour
	huaweiImportToken = 192 // bytes, 256 characters
	huaweiMinToken    = 200
	huaweiMaxToken    = 6144
	huaweiMinWrapped  = 344
	huaweiMaxWrapped  = 360
	huaweiMinWrapSM2  = 128 // what SM2 makes of 16 or 32 bytes is shorter than the vendor's pattern, which is RSA's
)

// huaweiImport is what an import token stands for.
type huaweiImport struct {
	keyID   string
	way     string
	expires time.Time
}

// importParameters gives out a token and the public key to wrap material with, one per emulator and way.
func (h *HuaweiKMS) importParameters(c *huaweiCall) (any, *huaweiError) {
	way := c.fields.needed("wrapping_algorithm", huaweiOAEP256, huaweiSM2Way)
	k, failure := h.named(c)
	switch {
	case failure != nil:
		return nil, failure
	case k.origin != "external":
		return nil, huaweiFails("KMS.0309", "the origin of the key is not external")
	case k.state != huaweiAwaiting:
		return nil, huaweiFails("KMS.0310", "the key is not waiting for material")
	}
	public, err := h.wrapKey(way)
	if err != nil {
		return nil, huaweiFails("KMS.0101", "key generation failed")
	}
	token, expires := base64.StdEncoding.EncodeToString(huaweiRandom(huaweiImportToken)), c.now.Add(huaweiImportLife)
	h.imports[token] = huaweiImport{keyID: k.id, way: way, expires: expires}
	return huaweiReply{
		"key_id": k.id, "import_token": token, "expiration_time": expires.Unix(), "public_key": base64.StdEncoding.EncodeToString(public),
	}, nil
}

// wrapKey returns the public key of a way to wrap, in X.509's form.
func (h *HuaweiKMS) wrapKey(way string) (der []byte, err error) {
	if way == huaweiSM2Way {
		if h.wrapSM2 == nil {
			if h.wrapSM2, err = sm2.GenerateKey(rand.Reader); err != nil {
				return nil, err
			}
		}
		return smx509.MarshalPKIXPublicKey(h.wrapSM2.Public())
	}
	if h.wrapRSA == nil {
		if h.wrapRSA, err = h.rsa.take(2048); err != nil {
			return nil, err
		}
	}
	return smx509.MarshalPKIXPublicKey(&h.wrapRSA.PublicKey)
}

func (h *HuaweiKMS) importMaterial(c *huaweiCall) (any, *huaweiError) {
	token, wrapped := c.fields.text("import_token"), c.fields.text("encrypted_key_material")
	seconds, expiring := c.fields.integer("expiration_time", false)
	if len(token) < huaweiMinToken || len(token) > huaweiMaxToken || strings.Trim(token, huaweiBase64) != "" {
		c.fields.refuse("KMS.0308", "import_token is not %d to %d characters of base64", huaweiMinToken, huaweiMaxToken)
	}
	k, failure := h.named(c)
	switch {
	case failure != nil:
		return nil, failure
	case k.origin != "external":
		return nil, huaweiFails("KMS.0309", "the origin of the key is not external")
	case k.state == huaweiPending:
		return nil, huaweiFails("KMS.0210", "the key is pending deletion")
	case k.state != huaweiAwaiting:
		return nil, huaweiFails("KMS.0310", "the key is not waiting for material")
	}
	in, known := h.imports[token]
	switch {
	case !known:
		return nil, huaweiFails("KMS.2605", "import_token is not one that was given out")
	case in.keyID != k.id:
		return nil, huaweiFails("KMS.2603", "import_token is of another key")
	case !c.now.Before(in.expires):
		return nil, huaweiFails("KMS.2601", "import_token has expired")
	case expiring && seconds <= c.now.Unix():
		return nil, huaweiFails("KMS.2602", "expiration_time is not in the future")
	}
	secret, failure := h.unwrapMaterial(wrapped, in.way)
	if failure != nil {
		return nil, failure
	}
	sum := sha256.Sum256(secret)
	switch {
	case len(secret) != huaweiSecretBytes(k.spec):
		return nil, huaweiFails("KMS.2604", "the material of %s has %d bytes", k.spec, huaweiSecretBytes(k.spec))
	case k.first != "" && k.first != string(sum[:]):
		return nil, huaweiFails("KMS.2606", "the material is not what was imported first")
	}
	delete(h.imports, token)
	k.first, k.versions, k.state = string(sum[:]), []huaweiMaterial{{secret: secret}}, huaweiEnabled
	if expiring {
		k.expires = time.Unix(seconds, 0)
	}
	return nil, nil
}

// unwrapMaterial decrypts what was wrapped for import.
func (h *HuaweiKMS) unwrapMaterial(wrapped, way string) ([]byte, *huaweiError) {
	least := huaweiMinWrapped
	if way == huaweiSM2Way {
		least = huaweiMinWrapSM2
	}
	blob, err := base64.StdEncoding.Strict().DecodeString(wrapped)
	if err != nil || len(wrapped) < least || len(wrapped) > huaweiMaxWrapped {
		return nil, huaweiFails("KMS.0308", "encrypted_key_material is not %d to %d characters of base64", least, huaweiMaxWrapped)
	}
	var secret []byte
	if way == huaweiSM2Way {
		secret, err = sm2.Decrypt(h.wrapSM2, blob)
	} else {
		secret, err = rsa.DecryptOAEP(sha256.New(), nil, h.wrapRSA, blob, nil)
	}
	if err != nil {
		return nil, huaweiFails("KMS.0311", "encrypted_key_material cannot be decrypted")
	}
	return secret, nil
}

func (h *HuaweiKMS) deleteMaterial(c *huaweiCall) (any, *huaweiError) {
	k, failure := h.named(c)
	switch {
	case failure != nil:
		return nil, failure
	case k.origin != "external":
		return nil, huaweiFails("KMS.0309", "the origin of the key is not external")
	case k.state != huaweiEnabled && k.state != huaweiDisabled:
		return nil, huaweiFails("KMS.2701", "only an enabled or disabled key has material to delete")
	}
	k.dropMaterial()
	return nil, nil
}
