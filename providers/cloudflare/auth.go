package cloudflare

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// credential is an API token, or the global API key of a user with the user's e-mail address. Requests are not signed:
// it travels in headers (page "Make API calls").
type credential struct {
	token, key secret.String
	email      string
	// rateAccount names who pays for requests. It tells nothing about the credential.
	rateAccount string
}

func newCredential(s *providers.Settings) (credential, error) {
	c := credential{token: s.Secret(optionAPIToken), key: s.Secret(optionAPIKey), email: s.Text(optionEmail), rateAccount: s.Text(optionRateAccount)}
	switch {
	case c.token.IsEmpty() && c.key.IsEmpty():
		return c, errs.Refuse(errs.Unauthenticated, "no credential: say %s, or %s and %s, in the configuration, or set CLOUDFLARE_API_TOKEN, or CLOUDFLARE_API_KEY and CLOUDFLARE_EMAIL",
			optionAPIToken, optionAPIKey, optionEmail)
	case !c.token.IsEmpty() && !c.key.IsEmpty():
		// Sending both, as the vendor's client does, leaves it to the server whose rights count.
		return c, errs.Refuse(errs.InvalidArgument, `both %s and %s are given, in the configuration or by the environment (CLOUDFLARE_API_TOKEN, CLOUDFLARE_API_KEY): say "" for the one that is not meant`,
			optionAPIToken, optionAPIKey)
	case !c.key.IsEmpty() && c.email == "":
		return c, errs.Refuse(errs.Unauthenticated, "%s needs %s: say it in the configuration or in CLOUDFLARE_EMAIL", optionAPIKey, optionEmail)
	}
	for option, text := range map[string]string{optionAPIToken: c.token.Reveal(), optionAPIKey: c.key.Reveal(), optionEmail: c.email} {
		if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return c, errs.Refuse(errs.Unauthenticated, "%s has a character that no header can carry", option)
		}
	}
	if c.rateAccount == "" {
		c.rateAccount = c.fingerprint()
	}
	return c, nil
}

// fingerprint is the same for the same user, as far as that can be known: a key belongs to its e-mail address, while
// whose a token is cannot be seen.
func (c *credential) fingerprint() string {
	who := c.token.Reveal()
	if who == "" {
		who = strings.ToLower(c.email)
	}
	sum := sha256.Sum256([]byte("crosscloud rate account\x00" + who))
	return "user-" + hex.EncodeToString(sum[:8])
}

// header returns the headers of a request. A key is never sent beside a token.
func (c *credential) header() http.Header {
	h := http.Header{}
	if !c.token.IsEmpty() {
		h["Authorization"] = []string{"Bearer " + c.token.Reveal()}
		return h
	}
	h["X-Auth-Email"] = []string{c.email}
	h["X-Auth-Key"] = []string{c.key.Reveal()}
	return h
}

// redact takes the credential out of a text that the server made.
func (c *credential) redact(text string) string {
	for _, s := range []secret.String{c.token, c.key} {
		if !s.IsEmpty() {
			text = strings.ReplaceAll(text, s.Reveal(), secret.Redacted)
		}
	}
	return text
}
