// Package sm2cipher encrypts with SM2 public keys, so that short plaintexts can be opened again too.
package sm2cipher

import (
	"crypto/ecdsa"
	"crypto/rand"
	"io"

	"github.com/emmansun/gmsm/sm2"
)

// Encrypt gives the ASN.1 form with the parts in the order C1 C3 C2.
//
// An encryption whose key stream is all zero has to be begun again (GB/T 32918.4, 6.1, step A5), as happens to each 256th
// of one byte. Gmsm v0.44.0 then goes on with a public key that it has changed, and returns what nobody can open. So it is
// stopped there, and called anew.
func Encrypt(public *ecdsa.PublicKey, plaintext []byte) ([]byte, error) {
	for {
		random := &oneScalar{}
		sealed, err := sm2.EncryptASN1(random, public, plaintext)
		if !random.again {
			return sealed, err
		}
	}
}

// oneScalar is a source of randomness that gives one scalar.
type oneScalar struct{ given, again bool }

// Read returns random bytes.
func (r *oneScalar) Read(b []byte) (int, error) {
	if len(b) > 1 { // package crypto's habit to read a single byte is none of a scalar
		if r.given {
			r.again = true
			return 0, io.ErrUnexpectedEOF
		}
		r.given = true
	}
	return rand.Read(b)
}
