package local

import (
	"encoding/binary"
	"errors"
	"time"
)

// A record is what is stored under a key:
//
//	1 byte    version, 1
//	1 byte    flags: 1 it expires, 2 it has metadata
//	12 bytes  expiry as an instant, if it expires
//	varint    length of the metadata, and the metadata, if it has any
//	the rest  value
type record struct {
	expires         bool
	expiry          time.Time
	metadata, value []byte
}

const (
	recordVersion = 1

	flagExpires  = 1
	flagMetadata = 2
)

// errRecord is the cause of what cannot be decoded.
var errRecord = errors.New("not a record of this version")

// encode returns the record's bytes, which share no memory with it.
func (r *record) encode() []byte {
	b := make([]byte, 0, 2+instantSize+binary.MaxVarintLen32+len(r.metadata)+len(r.value))
	b = append(b, recordVersion, 0)
	if r.expires {
		b[1] |= flagExpires
		b = appendInstant(b, r.expiry)
	}
	if len(r.metadata) > 0 {
		b[1] |= flagMetadata
		b = binary.AppendUvarint(b, uint64(len(r.metadata)))
		b = append(b, r.metadata...)
	}
	return append(b, r.value...)
}

// decodeRecord reads a record. Its metadata and value are parts of b.
func decodeRecord(b []byte) (r record, err error) {
	if len(b) < 2 || b[0] != recordVersion || b[1]&^(flagExpires|flagMetadata) != 0 {
		return r, errRecord
	}
	flags := b[1]
	b = b[2:]
	if flags&flagExpires != 0 {
		r.expires = true
		if r.expiry, b, err = cutInstant(b); err != nil {
			return record{}, err
		}
	}
	if flags&flagMetadata != 0 {
		size, n := binary.Uvarint(b)
		if n <= 0 || n > 1 && b[n-1] == 0 || size == 0 || size > uint64(len(b)-n) {
			return record{}, errRecord
		}
		r.metadata, b = b[n:n+int(size):n+int(size)], b[n+int(size):]
	}
	r.value = b
	return r, nil
}

// goneAt reports whether the record has expired by now.
func (r *record) goneAt(now time.Time) bool { return r.expires && !now.Before(r.expiry) }

// An instant is a time as 8 bytes of seconds since 1970 and 4 bytes of nanoseconds, such that instants sort as times.
const instantSize = 12

func appendInstant(b []byte, t time.Time) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(t.Unix())^1<<63)
	return binary.BigEndian.AppendUint32(b, uint32(t.Nanosecond()))
}

// cutInstant reads the instant that b begins with and returns the rest.
func cutInstant(b []byte) (time.Time, []byte, error) {
	if len(b) < instantSize {
		return time.Time{}, nil, errRecord
	}
	seconds := int64(binary.BigEndian.Uint64(b) ^ 1<<63)
	nanos := binary.BigEndian.Uint32(b[8:])
	if nanos >= 1e9 || seconds < minInstant || seconds > maxInstant {
		return time.Time{}, nil, errRecord
	}
	return time.Unix(seconds, int64(nanos)).UTC(), b[instantSize:], nil
}

// Instants are within the years 1 and 9999, which every form of a time can tell.
var (
	minInstant = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	maxInstant = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
)
