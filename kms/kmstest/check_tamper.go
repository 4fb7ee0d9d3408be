package kmstest

import (
	"bytes"
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kms"
)

// sampled is how many damaged forms of one ciphertext are tried.
const sampled = 48

// damaged returns a ciphertext with another blob.
func (s *suite) damaged(ct kms.Ciphertext, blob []byte) kms.Ciphertext {
	s.Helper()
	of := ct
	bad, err := kms.NativeCiphertext(of, blob)
	s.Must("NativeCiphertext", err)
	return bad
}

// wantBroken reports a failure unless all blobs are refused. A few may be opened all the same, where a text form of the
// vendor's says the same bytes in several ways, but then to the true plaintext.
func (s *suite) wantBroken(what string, k *kms.Key, ct kms.Ciphertext, want []byte, blobs [][]byte, opts ...kms.CryptOption) {
	s.Helper()
	opened := 0
	for i, blob := range blobs {
		got, err := k.Decrypt(s.ctx, s.damaged(ct, blob), opts...)
		if err != nil {
			// Which key opens it is part of the blob: NotFound may be the answer too.
			s.WantCode(fmt.Sprintf("%s, %d", what, i), err, errs.InvalidArgument, errs.NotFound)
			continue
		}
		opened++
		if !bytes.Equal(got, want) {
			s.Errorf("%s, %d: opened to other bytes", what, i)
		}
	}
	if opened > len(blobs)/8 {
		s.Errorf("%s: %d of %d damaged ciphertexts were opened", what, opened, len(blobs))
	}
}

// flips returns a sample of blobs with one bit changed.
func flips(blob []byte) [][]byte {
	var all [][]byte
	bits := 8 * len(blob)
	for i := range min(sampled, bits) {
		all = append(all, flipped(blob, i*bits/min(sampled, bits)))
	}
	return all
}

// cuts returns a sample of blobs that end too early, and one that begins too late.
func cuts(blob []byte) [][]byte {
	var all [][]byte
	for i := range min(sampled, len(blob)-1) {
		all = append(all, blob[:1+i*(len(blob)-1)/min(sampled, len(blob)-1)])
	}
	return append(all, blob[1:])
}

func (s *suite) refusesFlippedBits() {
	k := s.secret()
	p := s.someText()
	ct := s.encrypt(k, p, kms.Context{"a": "b"})
	s.wantBroken("Decrypt with a flipped bit", k, ct, p, flips(ct.Native()), kms.Context{"a": "b"})
}

func (s *suite) refusesTruncated() {
	k := s.secret()
	p := s.someText()
	ct := s.encrypt(k, p)
	s.wantBroken("Decrypt of a part", k, ct, p, cuts(ct.Native()))
}

func (s *suite) refusesGarbage() {
	k := s.secret()
	ct := s.encrypt(k, []byte(mark))
	n := len(ct.Native())
	for what, blob := range map[string][]byte{
		"random bytes": random(n), "zeros": make([]byte, n), "text": bytes.Repeat([]byte("A"), n), "one byte": {'A'},
		"JSON": []byte(`{"a":"b"}`), "white space": []byte(" "), "the plaintext": []byte(mark), "twice the same": append(ct.Native(), ct.Native()...),
	} {
		_, err := k.Decrypt(s.ctx, s.damaged(ct, blob))
		s.WantCode("Decrypt of "+what, err, errs.InvalidArgument, errs.NotFound)
	}
}
