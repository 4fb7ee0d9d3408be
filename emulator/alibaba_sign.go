package emulator

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	// alibabaSkew is how far a request's time may be from the server's.
	alibabaSkew          = 15 * time.Minute
	alibabaTime          = "2006-01-02T15:04:05Z"
	alibabaACS3Algorithm = "ACS3-HMAC-SHA256"
	// alibabaShown bounds how much of the string to sign an error tells.
	alibabaShown = 4096
)

// alibabaSigned is what a request says about itself, whichever way it is signed.
type alibabaSigned struct {
	action, version            string
	keyID, token, nonce, stamp string
	signature                  string
	toSign                     string // what the signature is of
	sum                        func(secret string) string
}

// alibabaSignatureOf reads the common parameters of a request in either scheme and finds out what was to be signed.
// The secret comes later.
func alibabaSignatureOf(r *http.Request, body []byte, params *alibabaParams) (*alibabaSigned, *alibabaError) {
	if credential, ok := alibabaACS3(r); ok {
		return alibabaHeaders(r, body, params, credential)
	}
	return alibabaRPC(r, params)
}

// alibabaACS3 returns what the Authorization header says after its algorithm; ok is false without such a header.
func alibabaACS3(r *http.Request) (rest string, ok bool) {
	header := strings.TrimSpace(r.Header.Get("Authorization"))
	algorithm, rest, _ := strings.Cut(header, " ")
	if header == "" {
		return "", false
	}
	if algorithm != alibabaACS3Algorithm {
		return "", true // a scheme that is not supported
	}
	return strings.TrimSpace(rest), true
}

// alibabaRPC is signature version 1 of the RPC style: HMAC-SHA1 over all parameters, those of the form included.
func alibabaRPC(r *http.Request, p *alibabaParams) (*alibabaSigned, *alibabaError) {
	for _, name := range []string{
		"Action", "Version", "AccessKeyId", "Timestamp", "SignatureNonce", "SignatureMethod", "SignatureVersion",
	} {
		if p.text(name) == "" {
			return nil, alibabaMissing(name)
		}
	}
	switch {
	case p.text("SignatureMethod") != "HMAC-SHA1":
		return nil, alibabaFault("InvalidSignatureMethod")
	case p.text("SignatureVersion") != "1.0":
		return nil, alibabaFault("InvalidSignatureVersion")
	case p.text("Signature") == "":
		return nil, alibabaFault("IncompleteSignature")
	}
	names := slices.Sorted(maps.Keys(p.all))
	names = slices.DeleteFunc(names, func(name string) bool { return name == "Signature" })
	toSign := r.Method + "&%2F&" + alibabaEscape(p.canonical(names))
	return &alibabaSigned{
		action: p.text("Action"), version: p.text("Version"), keyID: p.text("AccessKeyId"), token: p.text("SecurityToken"),
		nonce: p.text("SignatureNonce"), stamp: p.text("Timestamp"), signature: p.text("Signature"), toSign: toSign,
		sum: func(secret string) string {
			mac := hmac.New(sha1.New, []byte(secret+"&"))
			mac.Write([]byte(toSign))
			return base64.StdEncoding.EncodeToString(mac.Sum(nil))
		},
	}, nil
}

// alibabaHeaders is signature version 3, in headers.
func alibabaHeaders(r *http.Request, body []byte, p *alibabaParams, credential string) (*alibabaSigned, *alibabaError) {
	if credential == "" {
		return nil, alibabaFault("InvalidSignatureMethod")
	}
	said := map[string]string{}
	for part := range strings.SplitSeq(credential, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := said[name]; twice {
			return nil, alibabaFault("IncompleteSignature")
		}
		said[name] = value
	}
	sent := &alibabaSigned{
		action: alibabaHeader(r, "x-acs-action"), version: alibabaHeader(r, "x-acs-version"),
		stamp: alibabaHeader(r, "x-acs-date"), nonce: alibabaHeader(r, "x-acs-signature-nonce"),
		token: alibabaHeader(r, "x-acs-security-token"), keyID: said["Credential"], signature: said["Signature"],
	}
	hash := alibabaHeader(r, "x-acs-content-sha256")
	for _, field := range []struct{ name, value string }{
		{"Action", sent.action}, {"Version", sent.version}, {"AccessKeyId", sent.keyID}, {"Timestamp", sent.stamp},
		{"SignatureNonce", sent.nonce}, {"ContentSha256", hash},
	} {
		if field.value == "" {
			return nil, alibabaMissing(field.name)
		}
	}
	signed := strings.Split(said["SignedHeaders"], ";")
	if sent.signature == "" || !alibabaCovers(r, signed) {
		return nil, alibabaFault("IncompleteSignature")
	}
	if id := alibabaHeader(r, "x-acs-accesskey-id"); id != "" && id != sent.keyID {
		return nil, alibabaFault("IncompleteSignature")
	}
	if hash != alibabaSHA256(body) {
		return nil, alibabaFault("SignatureDoesNotMatch")
	}
	slices.Sort(signed)
	var b strings.Builder
	b.WriteString(r.Method + "\n" + alibabaPath(r) + "\n" + p.canonical(p.query) + "\n")
	for _, name := range signed {
		b.WriteString(name + ":" + alibabaHeader(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(signed, ";") + "\n" + hash)
	sent.toSign = b.String()
	sent.sum = func(secret string) string {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(alibabaACS3Algorithm + "\n" + alibabaSHA256([]byte(sent.toSign))))
		return hex.EncodeToString(mac.Sum(nil))
	}
	return sent, nil
}

// alibabaCovers reports whether every header that has to be signed is: host, content-type where there is one, and
// whatever begins with x-acs-.
func alibabaCovers(r *http.Request, signed []string) bool {
	if !slices.Contains(signed, "host") {
		return false
	}
	for name := range r.Header {
		name = strings.ToLower(name)
		if (name == "content-type" || strings.HasPrefix(name, "x-acs-")) && !slices.Contains(signed, name) {
			return false
		}
	}
	return true
}

func alibabaHeader(r *http.Request, name string) string {
	if name == "host" {
		return r.Host
	}
	return strings.TrimSpace(strings.Join(r.Header.Values(name), ","))
}

// alibabaPath is a request's path as it is signed: "/" in the RPC style, and in the ROA style each segment
// percent-encoded, however it was sent.
func alibabaPath(r *http.Request) string {
	segments, ok := pathSegments(r)
	if !ok {
		return r.URL.EscapedPath() // no service is there
	}
	for i, s := range segments {
		segments[i] = alibabaEscape(s)
	}
	return "/" + strings.Join(segments, "/")
}

// canonical writes parameters as they are signed.
func (p *alibabaParams) canonical(names []string) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(alibabaEscape(name))
		b.WriteByte('=')
		b.WriteString(alibabaEscape(p.all[name]))
	}
	return b.String()
}

// alibabaEscape is the percent-encoding of RFC 3986, which leaves letters, digits and - _ . ~ alone.
func alibabaEscape(s string) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s) + len(s)/4)
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.' || c == '~' {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
	}
	return b.String()
}

func alibabaSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
