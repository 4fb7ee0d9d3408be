package wire

import (
	"bytes"
	"io"
)

// readUnknown is readBody where the length is not known. From the first MiB on it reads in pieces, so that a reply over
// the limit costs no more than the limit: a buffer that doubles would cost three times as much.
func readUnknown(body io.Reader, limit int64) ([]byte, error) {
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(body, maxClaim))
	if n < maxClaim || err != nil {
		return b.Bytes(), err
	}
	pieces := [][]byte{b.Bytes()}
	for total := n; ; {
		var piece bytes.Buffer
		piece.Grow(maxClaim + bytes.MinRead)
		n, err := piece.ReadFrom(io.LimitReader(body, maxClaim))
		if total += n; err == nil && total > limit {
			err = errTooLarge
		}
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, piece.Bytes())
		if n < maxClaim {
			return bytes.Join(pieces, nil), nil
		}
	}
}
