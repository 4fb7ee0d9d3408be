package alibaba

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// acs3Algorithm signs headers, so that keys and tokens stay out of URLs (page "V3 request structure and signature").
const acs3Algorithm = "ACS3-HMAC-SHA256"

// acs3Request is what a signature covers.
type acs3Request struct {
	method, host string
	path         string // escaped
	query        string // as [canonicalQuery] has it
	action       string
	version      string
	contentType  string // empty without a body
	body         []byte
	at           time.Time
	nonce        string
}

// sign returns the headers of the request, with its signature.
func (r *acs3Request) sign(c credential) http.Header {
	bodyHash := wire.HexSHA256(r.body)
	// In the order of their names, which the signature needs.
	signed := []struct{ name, value string }{
		{"content-type", r.contentType},
		{"host", r.host},
		{"x-acs-accesskey-id", ""},
		{"x-acs-action", r.action},
		{"x-acs-content-sha256", bodyHash},
		{"x-acs-date", r.at.UTC().Format("2006-01-02T15:04:05Z")},
		{"x-acs-security-token", ""},
		{"x-acs-signature-nonce", r.nonce},
		{"x-acs-version", r.version},
	}
	if !c.token.IsEmpty() {
		signed[2].value, signed[6].value = c.id.Reveal(), c.token.Reveal()
	}
	h := http.Header{"Accept": {"application/json"}}
	names := make([]string, 0, len(signed))
	canonical := make([]byte, 0, 1024+len(r.query))
	add := func(texts ...string) {
		for _, text := range texts {
			canonical = append(canonical, text...)
		}
	}
	add(r.method, "\n", r.path, "\n", r.query, "\n")
	for _, s := range signed {
		if s.value == "" {
			continue
		}
		names = append(names, s.name)
		add(s.name, ":", strings.TrimSpace(s.value), "\n")
		if s.name != "host" { // which is not among the headers for net/http
			h.Set(s.name, s.value)
		}
	}
	signedNames := strings.Join(names, ";")
	add("\n", signedNames, "\n", bodyHash)

	signature := wire.HMACSHA256([]byte(c.key.Reveal()), acs3Algorithm+"\n"+wire.HexSHA256(canonical))
	h.Set("Authorization", acs3Algorithm+" Credential="+c.id.Reveal()+",SignedHeaders="+signedNames+",Signature="+hex.EncodeToString(signature))
	return h
}

// params are parameters of a request, by name.
type params map[string]string

// canonicalQuery returns the parameters in the form that is signed, which is also sent.
func canonicalQuery(p params) string {
	size := 0
	for name, value := range p {
		size += wire.EscapedLen(name) + wire.EscapedLen(value) + len("=&")
	}
	b := make([]byte, 0, size)
	for i, name := range slices.Sorted(maps.Keys(p)) {
		if i > 0 {
			b = append(b, '&')
		}
		b = wire.AppendEscaped(append(wire.AppendEscaped(b, name), '='), p[name])
	}
	return string(b)
}

// newNonce returns what makes a request different from all others. The vendor refuses a second one with the same.
func newNonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
