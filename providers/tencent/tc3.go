package tencent

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// Terms of the signature, from the page "Signature v3" of Tencent Cloud's API 3.0.
const (
	tc3Algorithm     = "TC3-HMAC-SHA256"
	tc3Termination   = "tc3_request"
	tc3SignedHeaders = "content-type;host"
)

// tc3 returns the Authorization header of a POST to "/" that is sent at that time. It signs content type, host and
// body; the host and the content type must be sent exactly as they are given here.
func tc3(id, key, service, host, contentType string, at time.Time, body []byte) string {
	date := at.UTC().Format(time.DateOnly)
	scope := date + "/" + service + "/" + tc3Termination
	canonical := "POST\n/\n\n" +
		"content-type:" + contentType + "\nhost:" + host + "\n\n" +
		tc3SignedHeaders + "\n" + hexSHA256(body)
	toSign := tc3Algorithm + "\n" + tc3Timestamp(at) + "\n" + scope + "\n" + hexSHA256([]byte(canonical))

	signing := hmacSHA256(hmacSHA256(hmacSHA256([]byte("TC3"+key), date), service), tc3Termination)
	return tc3Algorithm + " Credential=" + id + "/" + scope + ", SignedHeaders=" + tc3SignedHeaders +
		", Signature=" + hex.EncodeToString(hmacSHA256(signing, toSign))
}

// tc3Timestamp is the X-TC-Timestamp header that goes with a signature of that time.
func tc3Timestamp(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func hmacSHA256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
