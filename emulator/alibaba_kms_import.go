package emulator

import (
	"crypto/rand"
	"encoding/base64"
	"time"

	"github.com/emmansun/gmsm/sm2"
)

// alibabaKMSToken permits the import of material into one key.
type alibabaKMSToken struct {
	key       *alibabaKMSKey
	private   any // what the material is wrapped for
	algorithm string
	expires   time.Time
}

// getParametersForImport works in any state of the key. That a key pair is used for more than one import is this
// emulator's, to save time: the token tells imports apart.
func (a *AlibabaKMS) getParametersForImport(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	sent, err := c.needs("WrappingKeySpec", "WrappingAlgorithm")
	if err != nil {
		return nil, err
	}
	spec, algorithm := sent["WrappingKeySpec"], sent["WrappingAlgorithm"]
	if spec != "RSA_2048" && spec != "EC_SM2" {
		return nil, alibabaBad("WrappingKeySpec")
	}
	switch algorithm {
	case "RSAES_PKCS1_V1_5", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256":
		if spec != "RSA_2048" {
			return nil, alibabaBad("WrappingAlgorithm")
		}
	case "SM2PKE":
		if spec != "EC_SM2" {
			return nil, alibabaBad("WrappingAlgorithm")
		}
	default:
		return nil, alibabaBad("WrappingAlgorithm")
	}
	k, err := a.external(c)
	if err != nil {
		return nil, err
	}
	private, failed := a.wrapping(spec)
	if failed != nil {
		return nil, alibabaFault("InternalFailure")
	}
	der, failed := alibabaKMSPublicDER(private)
	if failed != nil {
		return nil, alibabaFault("InternalFailure")
	}
	token := base64.StdEncoding.EncodeToString(alibabaKMSRandom(48))
	expires := c.now.Add(alibabaKMSTokenTime)
	a.tokens[token] = &alibabaKMSToken{key: k, private: private, algorithm: algorithm, expires: expires}
	return alibabaReply{
		"KeyId": k.id, "ImportToken": token, "PublicKey": base64.StdEncoding.EncodeToString(der), "TokenExpireTime": alibabaKMSDate(expires),
	}, nil
}

// wrapping returns a key pair to wrap material for.
func (a *AlibabaKMS) wrapping(spec string) (any, error) {
	if spec == "EC_SM2" {
		return alibabaKMSMade(sm2.GenerateKey(rand.Reader))
	}
	if a.wrap == nil {
		key, err := a.rsa.take(2048)
		if err != nil {
			return nil, err
		}
		a.wrap = key
	}
	return a.wrap, nil
}

// external returns the key that KeyId names, which has to be one for imported material.
func (a *AlibabaKMS) external(c *alibabaKMSCall) (*alibabaKMSKey, *alibabaError) {
	k, err := a.findOwn(c, "KeyId")
	switch {
	case err != nil:
		return nil, err
	case k.origin != alibabaKMSExternal:
		return nil, alibabaFault("Unsupported.Origin")
	}
	return k, nil
}

// importKeyMaterial takes a key's material, the first time any and then the same only: other material could not
// decrypt what the first has encrypted.
func (a *AlibabaKMS) importKeyMaterial(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	sent, err := c.needs("ImportToken", "KeyMaterialExpireUnix")
	if err != nil {
		return nil, err
	}
	wrapped, err := c.bytes("EncryptedKeyMaterial")
	if err != nil {
		return nil, err
	}
	end, err := c.integer("KeyMaterialExpireUnix", 0, 0, 253402300799) // the end of the year 9999
	if err != nil {
		return nil, err
	}
	expires := time.Time{}
	if end != 0 {
		if expires = time.Unix(end, 0); !expires.After(c.now) {
			return nil, alibabaBad("KeyMaterialExpireUnix")
		}
	}
	k, err := a.external(c)
	if err != nil {
		return nil, err
	}
	if k.state() == "PendingDeletion" {
		return nil, a.pending()
	}
	token, ok := a.tokens[sent["ImportToken"]]
	switch {
	case !ok || token.key != k:
		return nil, alibabaFault("InvalidImportToken")
	case !c.now.Before(token.expires):
		return nil, alibabaFault("ExpiredImportToken")
	}
	material, failed := alibabaKMSDecryptWith(token.private, token.algorithm, wrapped)
	if failed != nil || len(material) != k.what().size {
		return nil, alibabaFault("InvalidKeyMaterial")
	}
	digest := alibabaSHA256(material)
	if k.digest != "" && k.digest != digest {
		return nil, alibabaFault("InvalidKeyMaterial")
	}
	k.last().secret, k.digest, k.expires = material, digest, expires
	return alibabaReply{}, nil
}

// deleteKeyMaterial works in any state of the key.
func (a *AlibabaKMS) deleteKeyMaterial(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	k, err := a.external(c)
	if err != nil {
		return nil, err
	}
	k.drop()
	return alibabaReply{}, nil
}
