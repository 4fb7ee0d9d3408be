package alibaba

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
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
	bodyHash := hexSHA256(r.body)
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
	var names []string
	var canonical strings.Builder
	canonical.WriteString(r.method + "\n" + r.path + "\n" + r.query + "\n")
	for _, s := range signed {
		if s.value == "" {
			continue
		}
		names = append(names, s.name)
		canonical.WriteString(s.name + ":" + strings.TrimSpace(s.value) + "\n")
		if s.name != "host" { // which is not among the headers for net/http
			h.Set(s.name, s.value)
		}
	}
	signedNames := strings.Join(names, ";")
	canonical.WriteString("\n" + signedNames + "\n" + bodyHash)

	mac := hmac.New(sha256.New, []byte(c.key.Reveal()))
	mac.Write([]byte(acs3Algorithm + "\n" + hexSHA256([]byte(canonical.String()))))
	h.Set("Authorization", acs3Algorithm+" Credential="+c.id.Reveal()+",SignedHeaders="+signedNames+",Signature="+hex.EncodeToString(mac.Sum(nil)))
	return h
}

// params are parameters of a request, by name.
type params map[string]string

// canonicalQuery returns the parameters in the form that is signed, which is also sent.
func canonicalQuery(p params) string {
	pairs := make([]string, 0, len(p))
	for _, name := range slices.Sorted(maps.Keys(p)) {
		pairs = append(pairs, wire.Escape(name)+"="+wire.Escape(p[name]))
	}
	return strings.Join(pairs, "&")
}

// newNonce returns what makes a request different from all others. The vendor refuses a second one with the same.
func newNonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
