package kms

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// The binary form of a ciphertext is
//
//	"ccx" 0x01 vendor keyID keyVersion kind algorithm plaintextBytes blob checksum
//
// where plaintextBytes is a uvarint (encoding/binary), checksum the CRC-32C of all before it in four bytes, big-endian,
// and the others are a uvarint length and as many bytes. A uvarint has no more bytes than it needs, so that a ciphertext
// has exactly one binary form. The text form is "ccx1." and the binary form in base64url without padding.
const (
	frameMagic    = "ccx\x01"
	textMagic     = "ccx1."
	checksumBytes = 4
	maxFrameBytes = len(frameMagic) + checksumBytes + maxVendorBytes + 2*maxIDBytes + maxAlgorithmBytes + maxBlobBytes +
		16 /* the kind */ + 7*binary.MaxVarintLen32
)

// checksum is the CRC-32C (Castagnoli), which finds every flipped bit and every damage within 32 bits.
func checksum(frame []byte) uint32 { return crc32.Checksum(frame, crc32.MakeTable(crc32.Castagnoli)) }

// MarshalBinary returns the binary form. A ciphertext that is not well-formed, such as the zero one, is
// errs.InvalidArgument.
func (c Ciphertext) MarshalBinary() ([]byte, error) {
	if fault := c.fault(); fault != "" {
		return nil, errs.Refuse(errs.InvalidArgument, "not a ciphertext: %s", fault)
	}
	b := make([]byte, 0, len(frameMagic)+len(c.Vendor)+len(c.KeyID)+len(c.KeyVersion)+len(c.Kind)+len(c.Algorithm)+len(c.blob)+checksumBytes+12)
	b = append(b, frameMagic...)
	b = appendField(b, c.Vendor)
	b = appendField(b, c.KeyID)
	b = appendField(b, c.KeyVersion)
	b = appendField(b, c.Kind)
	b = appendField(b, c.Algorithm)
	b = binary.AppendUvarint(b, uint64(c.PlaintextBytes))
	b = appendField(b, c.blob)
	return binary.BigEndian.AppendUint32(b, checksum(b)), nil
}

func appendField[T ~string | ~[]byte](b []byte, field T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(field))), field...)
}

// UnmarshalBinary reads the binary form, of which it keeps nothing. What is damaged, cut off, extended or not written
// by MarshalBinary is errs.Corrupt.
func (c *Ciphertext) UnmarshalBinary(frame []byte) error {
	switch {
	case len(frame) > maxFrameBytes:
		return errs.Refuse(errs.Corrupt, "a ciphertext has at most %d bytes, this has %d", maxFrameBytes, len(frame))
	case len(frame) < len(frameMagic)+checksumBytes || string(frame[:3]) != frameMagic[:3]:
		return errs.Refuse(errs.Corrupt, "this is no ciphertext of this library; NativeCiphertext takes a vendor's own")
	case frame[3] != frameMagic[3]:
		return errs.Refuse(errs.Corrupt, "the ciphertext is damaged, or written by a newer version of this library")
	}
	body, end := frame[:len(frame)-checksumBytes], frame[len(frame)-checksumBytes:]
	if checksum(body) != binary.BigEndian.Uint32(end) {
		return errs.Refuse(errs.Corrupt, "the ciphertext is damaged or cut off: its checksum does not match")
	}
	r := frameReader{rest: body[len(frameMagic):]}
	read := Ciphertext{
		Vendor:         string(r.field(maxVendorBytes)),
		KeyID:          string(r.field(maxIDBytes)),
		KeyVersion:     string(r.field(maxIDBytes)),
		Kind:           CiphertextKind(r.field(maxAlgorithmBytes)),
		Algorithm:      EncryptionAlgorithm(r.field(maxAlgorithmBytes)),
		PlaintextBytes: r.number(maxDataKeyBytes),
	}
	read.blob = append(read.blob, r.field(maxBlobBytes)...)
	if r.bad || len(r.rest) > 0 {
		return errs.Refuse(errs.Corrupt, "the ciphertext is not framed as this library does it")
	}
	if fault := read.fault(); fault != "" {
		return errs.Refuse(errs.Corrupt, "the ciphertext is not well-formed: %s", fault)
	}
	*c = read
	return nil
}

// frameReader reads the parts of a frame; after one that is bad all are empty.
type frameReader struct {
	rest []byte
	bad  bool
}

// number reads an uvarint of at most limit that has no more bytes than it needs.
func (r *frameReader) number(limit int) int {
	n, size := binary.Uvarint(r.rest)
	if r.bad || size <= 0 || n > uint64(limit) || size > 1 && r.rest[size-1] == 0 {
		r.bad = true
		return 0
	}
	r.rest = r.rest[size:]
	return int(n)
}

func (r *frameReader) field(limit int) []byte {
	n := r.number(limit)
	if r.bad || n > len(r.rest) {
		r.bad = true
		return nil
	}
	field := r.rest[:n]
	r.rest = r.rest[n:]
	return field
}

// MarshalText returns the text form: ASCII letters, digits, ".", "-" and "_".
func (c Ciphertext) MarshalText() ([]byte, error) {
	frame, err := c.MarshalBinary()
	if err != nil {
		return nil, err
	}
	return base64.RawURLEncoding.AppendEncode([]byte(textMagic), frame), nil
}

// UnmarshalText reads the text form. What is damaged, cut off, extended or not written by MarshalText is errs.Corrupt.
func (c *Ciphertext) UnmarshalText(text []byte) error {
	encoded, ok := bytes.CutPrefix(text, []byte(textMagic))
	if !ok {
		return errs.Refuse(errs.Corrupt, "this is no ciphertext of this library: it does not begin with %q; NativeCiphertext takes a vendor's own", textMagic)
	}
	if bytes.ContainsAny(encoded, "\r\n") { // which the decoder overlooks
		return errs.Refuse(errs.Corrupt, "the ciphertext has a line break in it")
	}
	frame, err := base64.RawURLEncoding.Strict().AppendDecode(nil, encoded)
	if err != nil {
		return errs.Refuse(errs.Corrupt, "the ciphertext is damaged or cut off: it is not base64url")
	}
	return c.UnmarshalBinary(frame)
}

// ParseCiphertext reads a ciphertext in its binary or its text form, whichever data is. What is neither is errs.Corrupt.
func ParseCiphertext[T ~string | ~[]byte](data T) (Ciphertext, error) {
	var c Ciphertext
	var err error
	if raw := []byte(data); bytes.HasPrefix(raw, []byte(textMagic)) {
		err = c.UnmarshalText(raw)
	} else {
		err = c.UnmarshalBinary(raw)
	}
	return c, err
}
