package emulator

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"time"
)

// tencentKMSToken is what GetParametersForImport promised for a key.
type tencentKMSToken struct {
	padding string
	until   time.Time
}

// tencentKMSTokenLength is that of the sample's.
const tencentKMSTokenLength = 96

// importable returns a key whose material comes from outside.
func (r *tencentKMSRegion) importable(id string) (*tencentKMSKey, *tencentError) {
	key, failure := r.own(id)
	if failure == nil && !key.external {
		failure = tencentFails("UnsupportedOperation.NotExternalCmk", "the material of the key is not imported")
	}
	return key, failure
}

// importParameters: tencentcloud.com, KMS API, GetParametersForImport. Earlier tokens stay good for their 24 hours, and
// each may be used again.
func (t *TencentKMS) importParameters(r *tencentKMSRegion, f *tencentFields, now time.Time) (tencentResult, *tencentError) {
	id, padding, spec := f.text("KeyId"), f.text("WrappingAlgorithm"), f.text("WrappingKeySpec")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	if !isTencentKMSPadding(padding) {
		return nil, tencentFails(tencentKMSBadParameter, "there is no WrappingAlgorithm %q", padding)
	}
	if spec != "RSA_2048" {
		return nil, tencentFails(tencentKMSBadParameter, "WrappingKeySpec has to be RSA_2048")
	}
	key, failure := r.importable(id)
	if failure == nil {
		failure = key.in(tencentKMSEnabled, tencentKMSImports)
	}
	if failure != nil {
		return nil, failure
	}
	public, failure := t.wrapper.public()
	if failure != nil {
		return nil, failure
	}
	token := base64.StdEncoding.EncodeToString(tencentKMSBytes(tencentKMSTokenLength))
	until := now.Add(tencentKMSImport)
	key.tokens[token] = tencentKMSToken{padding: padding, until: until}
	return tencentResult{
		"KeyId": id, "ImportToken": token, "PublicKey": base64.StdEncoding.EncodeToString(public), "ParametersValidTo": until.Unix(),
	}, nil
}

// importMaterial: tencentcloud.com, KMS API, ImportKeyMaterial. The same material may come again, with another end.
func (t *TencentKMS) importMaterial(r *tencentKMSRegion, f *tencentFields, now time.Time) (tencentResult, *tencentError) {
	id, text, name := f.text("KeyId"), f.text("EncryptedKeyMaterial"), f.text("ImportToken")
	validTo, _ := f.integer("ValidTo")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	wrapped, ok := tencentKMSBase64(text)
	if !ok {
		return nil, tencentFails(tencentKMSBadParameter, "EncryptedKeyMaterial is not base64")
	}
	if validTo != 0 && (validTo <= now.Unix() || validTo > tencentKMSLatestMaterial) {
		return nil, tencentFails(tencentKMSBadParameter, "ValidTo has to be 0, or after now and at most %d", tencentKMSLatestMaterial)
	}
	key, failure := r.importable(id)
	if failure == nil {
		failure = key.in(tencentKMSEnabled, tencentKMSImports)
	}
	if failure != nil {
		return nil, failure
	}
	token, ok := key.tokens[name]
	if !ok {
		return nil, tencentFails(tencentKMSBadParameter, "ImportToken is not one of this key's")
	}
	if !now.Before(token.until) {
		return nil, tencentFails("ResourceUnavailable.TokenExpired", "the import token has expired")
	}
	material, ok := t.wrapper.decryptRSA(token.padding, wrapped)
	if !ok {
		return nil, tencentFails("InvalidParameter.DecryptMaterialError", "EncryptedKeyMaterial cannot be decrypted")
	}
	size := 32
	if r.guomi {
		size = 16
	}
	if len(material) != size {
		return nil, tencentFails("InvalidParameterValue.InvalidImportKeyMaterial", "the material has to have %d bytes in this region", size)
	}
	fingerprint := sha256.Sum256(material)
	switch {
	case key.imported == nil:
		r.version(key, material)
		key.imported = fingerprint[:]
	case !bytes.Equal(key.imported, fingerprint[:]):
		return nil, tencentFails("InvalidParameterValue.MaterialNotMatch", "the material is not that of the first import")
	default:
		key.versions[0].material = material
	}
	key.state, key.validTo = tencentKMSEnabled, validTo
	return nil, nil
}

// deleteMaterial: tencentcloud.com, KMS API, DeleteImportedKeyMaterial.
func (t *TencentKMS) deleteMaterial(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	id := f.text("KeyId")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	key, failure := r.importable(id)
	if failure == nil {
		failure = key.in(tencentKMSEnabled, tencentKMSDisabled)
	}
	if failure == nil {
		failure = key.unbound()
	}
	if failure == nil {
		key.forget()
	}
	return nil, failure
}
