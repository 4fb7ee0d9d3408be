package kmstest

import (
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// verifyChecks: a signature that is not good is said to be so, and is no error.
func verifyChecks() []check {
	return []check{
		{"Verify/OtherMessage", needSigners, (*suite).otherMessage},
		{"Verify/OtherKey", needSigners, (*suite).otherKey},
		{"Verify/FlippedBits", needSigners, (*suite).flippedSignature},
		{"Verify/FlippedBitsSent", needSigners, (*suite).flippedSignatureRaw},
		{"Verify/Foreign", append([]need{hasPublic}, needSigners...), (*suite).otherSignature},
	}
}

func (s *suite) otherMessage() {
	for _, g := range s.signings(0) {
		if !s.takesMessages(g) {
			continue
		}
		sig := s.sign(g, []byte(mark))
		for _, m := range [][]byte{[]byte(mark + "x"), {}, []byte(mark)[1:], flipped([]byte(mark), 5)} {
			s.wantValid(fmt.Sprintf("%v, another message", g), g, m, sig, false)
		}
		s.wantValid(fmt.Sprintf("%v, an empty message", g), g, []byte(mark), s.sign(g, nil), false)
	}
}

func (s *suite) otherKey() {
	others := s.signings(1)
	for i, g := range s.signings(0) {
		if s.takesMessages(g) {
			sig := s.sign(g, []byte(mark))
			if s.caps.KeyVersions != driver.None {
				sig.KeyVersion = s.newest(others[i].key)
			}
			s.wantValid(fmt.Sprintf("%v, by another key", g), others[i], []byte(mark), sig, false)
		}
	}
}

func (s *suite) flippedSignature() {
	for _, g := range s.signings(0) {
		if !s.takesMessages(g) {
			continue
		}
		sig := s.sign(g, []byte(mark))
		for i := range 12 {
			bad := sig
			bad.Bytes = flipped(sig.Bytes, i*8*len(sig.Bytes)/12+i%8)
			s.wantValid(fmt.Sprintf("%v, with a flipped bit", g), g, []byte(mark), bad, false)
		}
		bad := sig
		bad.Bytes = sig.Bytes[:len(sig.Bytes)-1]
		s.wantValid(fmt.Sprintf("%v, too short", g), g, []byte(mark), bad, false)
	}
}

// flippedSignatureRaw: that a signature is not good is no error of the driver either, as long as it could be one.
func (s *suite) flippedSignatureRaw() {
	for _, g := range s.signings(0) {
		digest := g.digest([]byte(mark))
		if !s.takesMessages(g) || g.way.Message == driver.None && digest == nil {
			continue
		}
		sig := s.sign(g, []byte(mark))
		req := &driver.VerifyRequest{Signature: flipped(sig.Bytes, 8*len(sig.Bytes)-3), SignRequest: driver.SignRequest{
			KeyID: g.key.ID(), KeyVersion: s.newest(g.key), Algorithm: g.way.Algorithm, Message: []byte(mark),
		}}
		if g.way.Message == driver.None {
			req.Message, req.Digest = nil, digest
		}
		res, err := call(s, driver.OpVerify, facet[driver.Signer](s).Verify, req)
		if s.ok(fmt.Sprintf("Verify by %v of a flipped bit", g), err) && res.Valid {
			s.Errorf("Verify by %v of a flipped bit: true", g)
		}
	}
}

// otherSignature: a signature by one algorithm is none by another.
func (s *suite) otherSignature() {
	all := s.signings(0)
	for _, g := range all {
		for _, other := range all {
			if g.kind != other.kind || g.way.Algorithm == other.way.Algorithm || !s.takesMessages(g) || !s.takesMessages(other) {
				continue
			}
			sig := s.sign(g, []byte(mark))
			sig.Algorithm = other.way.Algorithm
			s.wantValid(fmt.Sprintf("%v, said to be by %s", g, other.way.Algorithm), other, []byte(mark), sig, false)
		}
	}
}
