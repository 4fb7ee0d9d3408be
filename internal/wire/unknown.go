package wire

import (
	"bytes"
	"io"
)

// pieceBytes is how much of a reply of unknown length is read at a time.
const pieceBytes = 1 << 20

// readUnknown is readBody where the length is not known. From the first MiB on it reads in pieces, so that a reply over
// the limit costs no more than the limit: a buffer that doubles would cost three times as much.
func readUnknown(body io.Reader, limit int64) ([]byte, error) {
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(body, pieceBytes))
	if n < pieceBytes || err != nil {
		return b.Bytes(), err
	}
	pieces := [][]byte{b.Bytes()}
	for total := n; ; {
		var piece bytes.Buffer
		piece.Grow(pieceBytes + bytes.MinRead)
		n, err := piece.ReadFrom(io.LimitReader(body, pieceBytes))
		if total += n; err == nil && total > limit {
			err = errTooLarge
		}
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, piece.Bytes())
		if n < pieceBytes {
			return bytes.Join(pieces, nil), nil
		}
	}
}
