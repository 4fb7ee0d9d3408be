package cloudflare

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
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
	const environment = "say it in the configuration or set "
	switch {
	case c.token.IsEmpty() && c.key.IsEmpty() && c.email != "":
		return c, errs.Refuse(errs.Unauthenticated, "%s is missing, while %s is given: "+environment+"CLOUDFLARE_API_KEY; better, say %s alone", optionAPIKey, optionEmail, optionAPIToken)
	case c.token.IsEmpty() && c.key.IsEmpty():
		return c, errs.Refuse(errs.Unauthenticated, "no credential: say %s, or %s and %s, in the configuration, or set CLOUDFLARE_API_TOKEN, or CLOUDFLARE_API_KEY and CLOUDFLARE_EMAIL",
			optionAPIToken, optionAPIKey, optionEmail)
	case !c.token.IsEmpty() && !c.key.IsEmpty():
		// Sending both, as the vendor's client does, leaves it to the server whose rights count.
		return c, errs.Refuse(errs.InvalidArgument, `both %s and %s are given, in the configuration or by the environment (CLOUDFLARE_API_TOKEN, CLOUDFLARE_API_KEY): say "" for the one that is not meant`,
			optionAPIToken, optionAPIKey)
	case !c.key.IsEmpty() && c.email == "":
		return c, errs.Refuse(errs.Unauthenticated, "%s is missing, while %s is given: "+environment+"CLOUDFLARE_EMAIL", optionEmail, optionAPIKey)
	case len(c.token.Reveal()) > len("Bearer ") && strings.EqualFold(c.token.Reveal()[:len("Bearer ")], "Bearer "):
		return c, errs.Refuse(errs.Unauthenticated, "%s begins with Bearer: give the token alone, without Bearer", optionAPIToken)
	}
	if err := wire.CheckParts(wire.Part{Option: optionAPIToken, Text: c.token}, wire.Part{Option: optionAPIKey, Text: c.key}, wire.Part{Option: optionEmail, Text: secret.New(c.email)}); err != nil {
		return c, err
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

// hidden is what no error may show of a request.
func (c *credential) hidden() wire.Hidden {
	return wire.Hidden{c.token.Reveal(), c.key.Reveal(), c.email}
}
