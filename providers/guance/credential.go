package guance

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// credential is what requests are made with.
type credential interface {
	// header returns the headers that authenticate a request. They are never used again.
	header(method string, u *url.URL, body []byte) http.Header
	// principal names who pays for requests. It tells nothing about the credential.
	principal() string
	// hidden are the texts that no error may show.
	hidden() []secret.String
	// isSigned says that requests carry a signature and the time of it.
	isSigned() bool
}

// apiKey is the secret of an API key (page open-api, section "Authentication").
type apiKey struct{ key secret.String }

func (k apiKey) header(_ string, _ *url.URL, body []byte) http.Header {
	h := http.Header{"DF-API-KEY": {k.key.Reveal()}}
	if body != nil {
		h["Content-Type"] = []string{"application/json;charset=UTF-8"}
	}
	return h
}

func (k apiKey) principal() string       { return fingerprint(k.key) }
func (k apiKey) hidden() []secret.String { return []secret.String{k.key} }
func (k apiKey) isSigned() bool          { return false }

// signatureVersion is fixed (page external-api).
const signatureVersion = "v20240417"

// signer signs requests of the External API (page external-api).
type signer struct {
	access, key secret.String
	now         func() time.Time
}

func (s signer) header(method string, u *url.URL, body []byte) http.Header {
	nonce, timestamp := newNonce(), strconv.FormatInt(s.now().Unix(), 10)
	return http.Header{
		"Content-Type":    {"application/json"}, // without a body too
		"X-Df-Access-Key": {s.access.Reveal()},
		"X-Df-Timestamp":  {timestamp},
		"X-Df-SVersion":   {signatureVersion},
		"X-Df-Nonce":      {nonce},
		"X-Df-Signature":  {signature(s.key.Reveal(), method, nonce, u.RequestURI(), timestamp, body)},
	}
}

func (s signer) principal() string       { return fingerprint(s.access) }
func (s signer) hidden() []secret.String { return []secret.String{s.access, s.key} }
func (s signer) isSigned() bool          { return true }

// hiddenTexts are what no error of one request may show.
func hiddenTexts(c credential, header http.Header) wire.Hidden {
	hidden := append(wire.Hidden{}, header["X-Df-Signature"]...)
	for _, s := range c.hidden() {
		hidden = append(hidden, s.Reveal())
	}
	return hidden
}

// signature is in lower-case hexadecimal, as in the samples of the page; its table of headers shows one that looks like
// Base64. The path is as it is sent, with the query.
func signature(key, method, nonce, path, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(strings.Join([]string{method, nonce, path, timestamp, string(body)}, " ")))
	return hex.EncodeToString(mac.Sum(nil))
}

func newNonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func fingerprint(s secret.String) string {
	sum := sha256.Sum256([]byte("crosscloud rate account\x00" + s.Reveal()))
	return "key-" + hex.EncodeToString(sum[:8])
}
