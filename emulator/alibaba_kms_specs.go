package emulator

import "slices"

// The words of "CreateKey" in Alibaba Cloud's KMS documentation.
const (
	alibabaKMSDefaultSpec = "Aliyun_AES_256"
	alibabaKMSOrigin      = "Aliyun_KMS"
	alibabaKMSExternal    = "EXTERNAL"
	alibabaKMSCrypt       = "ENCRYPT/DECRYPT"
	alibabaKMSSign        = "SIGN/VERIFY"
	// alibabaKMSMac is a guess: the usage of HMAC keys is in no document at hand, nor are the names of their specs.
	alibabaKMSMac = "GENERATE/VERIFY"
)

// alibabaKMSSpec is what a key of a spec can do.
type alibabaKMSSpec struct {
	kind     string
	size     int      // bytes of a symmetric key, bits of an RSA key
	usages   []string // the first one is the default
	sign     []string // algorithms
	encrypt  []string // algorithms of AsymmetricEncrypt
	external bool     // its material may be imported
}

var (
	alibabaKMSCryptOnly = []string{alibabaKMSCrypt}
	alibabaKMSSignOnly  = []string{alibabaKMSSign}
	alibabaKMSSignFirst = []string{alibabaKMSSign, alibabaKMSCrypt}
	alibabaKMSMacOnly   = []string{alibabaKMSMac}
	alibabaKMSRSASign   = []string{"RSA_PSS_SHA_256", "RSA_PKCS1_SHA_256"}
	alibabaKMSRSACrypt  = []string{"RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1"}
	alibabaKMSECSign    = []string{"ECDSA_SHA_256"}
	alibabaKMSSM2Sign   = []string{"SM2DSA"}
	alibabaKMSSM2Crypt  = []string{"SM2PKE"}
)

// alibabaKMSSpecs has the specs of "Key management types and key specifications". That keys of Aliyun_AES_192 and
// Aliyun_AES_128 take no imported material follows ImportKeyMaterial, which knows of 256 bits and of SM4.
var alibabaKMSSpecs = map[string]alibabaKMSSpec{
	"Aliyun_AES_256": {kind: "aes", size: 32, usages: alibabaKMSCryptOnly, external: true},
	"Aliyun_AES_192": {kind: "aes", size: 24, usages: alibabaKMSCryptOnly},
	"Aliyun_AES_128": {kind: "aes", size: 16, usages: alibabaKMSCryptOnly},
	"Aliyun_SM4":     {kind: "sm4", size: 16, usages: alibabaKMSCryptOnly, external: true},
	"RSA_2048":       {kind: "rsa", size: 2048, usages: alibabaKMSSignFirst, sign: alibabaKMSRSASign, encrypt: alibabaKMSRSACrypt},
	"RSA_3072":       {kind: "rsa", size: 3072, usages: alibabaKMSSignFirst, sign: alibabaKMSRSASign, encrypt: alibabaKMSRSACrypt},
	"RSA_4096":       {kind: "rsa", size: 4096, usages: alibabaKMSSignFirst, sign: alibabaKMSRSASign, encrypt: alibabaKMSRSACrypt},
	"EC_P256":        {kind: "p256", usages: alibabaKMSSignOnly, sign: alibabaKMSECSign},
	"EC_P256K":       {kind: "k256", usages: alibabaKMSSignOnly, sign: alibabaKMSECSign},
	"EC_SM2":         {kind: "sm2", usages: alibabaKMSSignFirst, sign: alibabaKMSSM2Sign, encrypt: alibabaKMSSM2Crypt},
	"HMAC_SM3":       {kind: "hmac", size: 32, usages: alibabaKMSMacOnly},
	"HMAC_SHA_224":   {kind: "hmac", size: 28, usages: alibabaKMSMacOnly},
	"HMAC_SHA_256":   {kind: "hmac", size: 32, usages: alibabaKMSMacOnly},
	"HMAC_SHA_384":   {kind: "hmac", size: 48, usages: alibabaKMSMacOnly},
	"HMAC_SHA_512":   {kind: "hmac", size: 64, usages: alibabaKMSMacOnly},
}

// symmetric reports whether keys of the spec are for Encrypt.
func (s alibabaKMSSpec) symmetric() bool { return s.kind == "aes" || s.kind == "sm4" }

// pair reports whether keys of the spec have a public half.
func (s alibabaKMSSpec) pair() bool { return !s.symmetric() && s.kind != "hmac" }

// alibabaKMSAlgorithm checks an algorithm: one that nothing knows is invalid, another key's is not supported.
func alibabaKMSAlgorithm(algorithm string, fitting []string, all ...[]string) *alibabaError {
	if slices.Contains(fitting, algorithm) {
		return nil
	}
	if slices.Contains(slices.Concat(all...), algorithm) {
		return alibabaFault("UnsupportedOperation")
	}
	return alibabaBad("Algorithm")
}
