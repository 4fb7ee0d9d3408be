package tencent

import (
	"encoding/hex"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// Terms of the signature, from the page "Signature v3" of Tencent Cloud's API 3.0.
const (
	tc3Algorithm     = "TC3-HMAC-SHA256"
	tc3Termination   = "tc3_request"
	tc3SignedHeaders = "content-type;host"
)

// tc3Signer signs for one product. It keeps the key that it has derived, which is the same for all requests of a day.
type tc3Signer struct {
	service string
	derived atomic.Pointer[tc3Key]
}

// tc3Key is a secret key as it signs on one day.
type tc3Key struct {
	secret secret.String
	date   string
	key    []byte
}

// sign returns the Authorization header of a POST to "/" that is sent at that time. It signs content type, host and
// body; the host and the content type must be sent exactly as they are given here.
func (s *tc3Signer) sign(id, key secret.String, host, contentType string, at time.Time, body []byte) string {
	date := at.UTC().Format(time.DateOnly)
	scope := date + "/" + s.service + "/" + tc3Termination
	canonical := "POST\n/\n\n" +
		"content-type:" + contentType + "\nhost:" + host + "\n\n" +
		tc3SignedHeaders + "\n" + wire.HexSHA256(body)
	toSign := tc3Algorithm + "\n" + tc3Timestamp(at) + "\n" + scope + "\n" + wire.HexSHA256([]byte(canonical))
	return tc3Algorithm + " Credential=" + id.Reveal() + "/" + scope + ", SignedHeaders=" + tc3SignedHeaders +
		", Signature=" + hex.EncodeToString(wire.HMACSHA256(s.keyOf(key, date), toSign))
}

// keyOf derives the key of a day from a secret key.
func (s *tc3Signer) keyOf(key secret.String, date string) []byte {
	if last := s.derived.Load(); last != nil && last.secret == key && last.date == date {
		return last.key
	}
	derived := []byte("TC3" + key.Reveal())
	for _, part := range []string{date, s.service, tc3Termination} {
		derived = wire.HMACSHA256(derived, part)
	}
	s.derived.Store(&tc3Key{key, date, derived})
	return derived
}

// tc3Timestamp is the X-TC-Timestamp header that goes with a signature of that time.
func tc3Timestamp(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
