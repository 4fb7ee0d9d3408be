package emulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/pem"
	"hash"

	"github.com/emmansun/gmsm/sm3"
)

// half returns the key and the version that a request names, for an action that needs a key pair of a usage; an empty
// usage is any.
func (a *AlibabaKMS) half(c *alibabaKMSCall, keyName, versionName, usage string) (*alibabaKMSKey, *alibabaKMSVersion, *alibabaError) {
	id, err := c.need(versionName)
	if err != nil {
		return nil, nil, err
	}
	k, err := a.find(c, keyName)
	switch {
	case err != nil:
		return nil, nil, err
	case !k.what().pair(), usage != "" && k.usage != usage:
		return nil, nil, alibabaFault("UnsupportedOperation")
	}
	if err := a.crypt(k); err != nil {
		return nil, nil, err
	}
	v, err := k.version(id)
	if err != nil {
		return nil, nil, err
	}
	if _, failed := k.pair(v); failed != nil {
		return nil, nil, alibabaFault("InternalFailure")
	}
	return k, v, nil
}

// signer reads what AsymmetricSign and AsymmetricVerify have in common. Only digests of 32 bytes are taken, never the
// message itself.
func (a *AlibabaKMS) signer(c *alibabaKMSCall) (k *alibabaKMSKey, v *alibabaKMSVersion, digest []byte, err *alibabaError) {
	algorithm, err := c.need("Algorithm")
	if err != nil {
		return nil, nil, nil, err
	}
	if digest, err = c.bytes("Digest"); err != nil {
		return nil, nil, nil, err
	}
	if len(digest) != sha256.Size {
		return nil, nil, nil, alibabaBad("Digest")
	}
	if k, v, err = a.half(c, "KeyId", "KeyVersionId", alibabaKMSSign); err != nil {
		return nil, nil, nil, err
	}
	err = alibabaKMSAlgorithm(algorithm, k.what().sign, alibabaKMSRSASign, alibabaKMSECSign, alibabaKMSSM2Sign)
	return k, v, digest, err
}

func (a *AlibabaKMS) asymmetricSign(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	k, v, digest, err := a.signer(c)
	if err != nil {
		return nil, err
	}
	signature, failed := alibabaKMSSignDigest(v.private, c.text("Algorithm"), digest)
	if failed != nil {
		return nil, alibabaFault("InternalFailure")
	}
	return alibabaReply{"Value": base64.StdEncoding.EncodeToString(signature), "KeyId": k.id, "KeyVersionId": v.id}, nil
}

func (a *AlibabaKMS) asymmetricVerify(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	signature, err := c.bytes("Value")
	if err != nil {
		return nil, err
	}
	k, v, digest, err := a.signer(c)
	if err != nil {
		return nil, err
	}
	valid := alibabaKMSVerifyDigest(v.private, c.text("Algorithm"), digest, signature)
	return alibabaReply{"Value": valid, "KeyId": k.id, "KeyVersionId": v.id}, nil
}

func (a *AlibabaKMS) asymmetricEncrypt(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	algorithm, err := c.need("Algorithm")
	if err != nil {
		return nil, err
	}
	plaintext, err := c.bytes("Plaintext")
	if err != nil {
		return nil, err
	}
	k, v, err := a.half(c, "KeyId", "KeyVersionId", alibabaKMSCrypt)
	if err != nil {
		return nil, err
	}
	if err := alibabaKMSAlgorithm(algorithm, k.what().encrypt, alibabaKMSRSACrypt, alibabaKMSSM2Crypt); err != nil {
		return nil, err
	}
	ciphertext, failed := alibabaKMSEncryptFor(alibabaKMSPublicHalf(v.private), algorithm, plaintext)
	if failed != nil { // too long for the key
		return nil, alibabaBad("Plaintext")
	}
	return alibabaReply{"CiphertextBlob": base64.StdEncoding.EncodeToString(ciphertext), "KeyId": k.id, "KeyVersionId": v.id}, nil
}

func (a *AlibabaKMS) asymmetricDecrypt(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	k, v, plaintext, err := a.decryptWith(c, "KeyId", "KeyVersionId", "Algorithm")
	if err != nil {
		return nil, err
	}
	return alibabaReply{"Plaintext": base64.StdEncoding.EncodeToString(plaintext), "KeyId": k.id, "KeyVersionId": v.id}, nil
}

// decryptWith decrypts CiphertextBlob with the private half of a key.
func (a *AlibabaKMS) decryptWith(c *alibabaKMSCall, keyName, versionName, algorithmName string) (*alibabaKMSKey, *alibabaKMSVersion, []byte, *alibabaError) {
	algorithm, err := c.need(algorithmName)
	if err != nil {
		return nil, nil, nil, err
	}
	ciphertext, err := c.bytes("CiphertextBlob")
	if err != nil {
		return nil, nil, nil, err
	}
	k, v, err := a.half(c, keyName, versionName, alibabaKMSCrypt)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := alibabaKMSAlgorithm(algorithm, k.what().encrypt, alibabaKMSRSACrypt, alibabaKMSSM2Crypt); err != nil {
		return nil, nil, nil, err
	}
	plaintext, failed := alibabaKMSDecryptWith(v.private, algorithm, ciphertext)
	if failed != nil {
		return nil, nil, nil, &alibabaError{code: a.config.BadCiphertext, message: "The ciphertext is not valid."}
	}
	return k, v, plaintext, nil
}

func (a *AlibabaKMS) getPublicKey(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	k, v, err := a.half(c, "KeyId", "KeyVersionId", "")
	if err != nil {
		return nil, err
	}
	der, failed := alibabaKMSPublicDER(v.private)
	if failed != nil {
		return nil, alibabaFault("InternalFailure")
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	return alibabaReply{"PublicKey": text, "KeyId": k.id, "KeyVersionId": v.id}, nil
}

// mac computes what GenerateMac answers. A key has the algorithm of its spec.
func (a *AlibabaKMS) mac(c *alibabaKMSCall) (*alibabaKMSKey, []byte, *alibabaError) {
	algorithm, err := c.need("Algorithm")
	if err != nil {
		return nil, nil, err
	}
	message, err := c.bytes("Message")
	if err != nil {
		return nil, nil, err
	}
	if len(message) > alibabaKMSMaxMessage {
		return nil, nil, alibabaBad("Message")
	}
	k, err := a.find(c, "KeyId")
	if err != nil {
		return nil, nil, err
	}
	hashes := map[string]func() hash.Hash{
		"HMAC_SM3": sm3.New, "HMAC_SHA_224": sha256.New224, "HMAC_SHA_256": sha256.New, "HMAC_SHA_384": sha512.New384,
		"HMAC_SHA_512": sha512.New,
	}
	switch {
	case hashes[algorithm] == nil:
		return nil, nil, alibabaBad("Algorithm")
	case k.spec != algorithm:
		return nil, nil, alibabaFault("UnsupportedOperation")
	}
	if err := a.crypt(k); err != nil {
		return nil, nil, err
	}
	mac := hmac.New(hashes[algorithm], k.last().secret)
	mac.Write(message)
	return k, mac.Sum(nil), nil
}

func (a *AlibabaKMS) generateMac(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	k, mac, err := a.mac(c)
	if err != nil {
		return nil, err
	}
	return alibabaReply{"Mac": base64.StdEncoding.EncodeToString(mac), "KeyId": k.id, "KeyVersionId": k.last().id}, nil
}

func (a *AlibabaKMS) verifyMac(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	sent, err := c.bytes("Mac")
	if err != nil {
		return nil, err
	}
	k, mac, err := a.mac(c)
	if err != nil {
		return nil, err
	}
	return alibabaReply{"Value": hmac.Equal(sent, mac), "KeyId": k.id, "KeyVersionId": k.last().id}, nil
}
