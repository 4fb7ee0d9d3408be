package kms

import (
	"crypto/ecdsa"
	"crypto/rand"
	"io"

	"github.com/emmansun/gmsm/sm2"
)

// encryptSM2 encrypts in the ASN.1 form with the parts in the order C1 C3 C2.
//
// For one plaintext of n bytes in 256^n, SM2 has to draw another random number (GB/T 32918.4, 6.1, step A5). After that
// gmsm v0.44.0 goes on from a wrong point, and what it returns cannot be decrypted by anybody. So what took more than
// one random number is thrown away.
func encryptSM2(public *ecdsa.PublicKey, plaintext []byte) ([]byte, error) {
	for {
		random := drawn{from: rand.Reader}
		sealed, err := sm2.EncryptASN1(&random, public, plaintext)
		if err != nil || random.numbers == 1 {
			return sealed, err
		}
	}
}

// drawn counts the random numbers that are read from a source.
type drawn struct {
	from    io.Reader
	numbers int
}

func (d *drawn) Read(b []byte) (int, error) {
	d.numbers++
	return io.ReadFull(d.from, b)
}
