package kms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// hashOf returns the hash of a signature algorithm; 0 for SM3, which package crypto does not number, and for algorithms
// that are not known here.
func hashOf(algorithm SignatureAlgorithm) crypto.Hash {
	switch algorithm {
	case RSAPSSSHA256, RSAPKCS1SHA256, ECDSASHA256:
		return crypto.SHA256
	case RSAPSSSHA384, RSAPKCS1SHA384, ECDSASHA384:
		return crypto.SHA384
	case RSAPSSSHA512, RSAPKCS1SHA512:
		return crypto.SHA512
	}
	return 0
}

// digestBytes returns the length of a digest; 0 for algorithms that are not known here.
func digestBytes(algorithm SignatureAlgorithm) int {
	if algorithm == SM2SM3 {
		return sm3.Size
	}
	if hash := hashOf(algorithm); hash != 0 {
		return hash.Size()
	}
	return 0
}

// digest returns what is signed of a message. Public is needed for SM2 alone, whose digest is
// SM3(Z_A ‖ message) (GB/T 32918.2, 6.1).
func digest(algorithm SignatureAlgorithm, public *publicKey, message []byte) ([]byte, error) {
	switch hashOf(algorithm) {
	case crypto.SHA256:
		sum := sha256.Sum256(message)
		return sum[:], nil
	case crypto.SHA384:
		sum := sha512.Sum384(message)
		return sum[:], nil
	case crypto.SHA512:
		sum := sha512.Sum512(message)
		return sum[:], nil
	}
	key, ok := public.parsed.(*ecdsa.PublicKey)
	if !ok || !sm2.IsSM2PublicKey(key) {
		return nil, errWrongPair
	}
	sum, err := sm2.CalculateSM2Hash(key, message, nil) // nil means the identity 1234567812345678
	if err != nil {
		return nil, errWrongPair
	}
	return sum, nil
}

// isDER reports whether the algorithm's signatures are ASN.1 DER.
func isDER(algorithm SignatureAlgorithm) bool {
	return algorithm == ECDSASHA256 || algorithm == ECDSASHA384 || algorithm == SM2SM3
}

// wellFormed reports whether a signature can be one of the algorithm. ECDSA and SM2 signatures are two positive
// integers in DER.
func wellFormed(algorithm SignatureAlgorithm, signature []byte) bool {
	if !isDER(algorithm) {
		return len(signature) > 0
	}
	const sequence, long = 0x30, 0x80 // the pair of the longest algorithm, P-384, has 102 bytes
	n := len(signature)
	if n < 2 || n-2 >= long || signature[0] != sequence || int(signature[1]) != n-2 {
		return false
	}
	rest, ok := cutPositive(signature[2:])
	if !ok {
		return false
	}
	rest, ok = cutPositive(rest)
	return ok && len(rest) == 0
}

// cutPositive returns what follows the positive integer that DER begins with. One that could be shorter is none.
func cutPositive(der []byte) (rest []byte, ok bool) {
	const integer, sign = 0x02, 0x80
	if len(der) < 3 || der[0] != integer || der[1] == 0 || int(der[1]) > len(der)-2 {
		return nil, false
	}
	number, rest := der[2:2+der[1]], der[2+der[1]:]
	if number[0] == 0 { // is there only to keep the next bit from being the sign
		return rest, len(number) > 1 && number[1] >= sign
	}
	return rest, number[0] < sign
}

// fits returns an error if the algorithm does not sign with keys of that type. A nil key is of a type not known here.
func fits(algorithm SignatureAlgorithm, key crypto.PublicKey) error {
	ec, isEC := key.(*ecdsa.PublicKey)
	_, isRSA := key.(*rsa.PublicKey)
	ok := true
	switch algorithm {
	case SM2SM3:
		ok = isEC && sm2.IsSM2PublicKey(ec)
	case ECDSASHA256, ECDSASHA384:
		ok = isEC && !sm2.IsSM2PublicKey(ec)
	case RSAPSSSHA256, RSAPSSSHA384, RSAPSSSHA512, RSAPKCS1SHA256, RSAPKCS1SHA384, RSAPKCS1SHA512:
		ok = isRSA
	}
	if !ok {
		return errs.Refuse(errs.InvalidArgument, "%s does not fit a public key of the type %T", algorithm, key)
	}
	return nil
}
