package alibaba

import (
	"context"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// credential is an access key. The token is empty for permanent ones.
type credential struct{ id, key, token secret.String }

// scrub takes the credential out of a text that the server made.
func (c credential) scrub(text string) string {
	for _, s := range []secret.String{c.id, c.key, c.token} {
		if !s.IsEmpty() {
			text = strings.ReplaceAll(text, s.Reveal(), secret.Redacted)
		}
	}
	return text
}

// check refuses what no header can carry.
func (c credential) check() error {
	for option, s := range map[string]secret.String{optionKeyID: c.id, optionKeySecret: c.key, optionToken: c.token} {
		if strings.ContainsFunc(s.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
			return errs.Refuse(errs.Unauthenticated, "%s has a character that no access key has", option)
		}
	}
	return nil
}

// credentials give the credential of each request.
type credentials interface {
	get(context.Context) (credential, error)
	// refused tells that the vendor did not accept a credential.
	refused(credential)
}

func (c credential) get(context.Context) (credential, error) { return c, nil }
func (c credential) refused(credential)                      {}

// newCredentials returns the credentials that the settings ask for. It does no I/O.
func newCredentials(s *providers.Settings) (credentials, error) {
	said := credential{id: s.Secret(optionKeyID), key: s.Secret(optionKeySecret), token: s.Secret(optionToken)}
	switch none := said.id.IsEmpty() && said.key.IsEmpty(); {
	case none && s.Text(optionCredentials) == credentialsChain:
		return &finder{find: newVendorChain}, nil
	case said.id.IsEmpty() || said.key.IsEmpty():
		return nil, errs.Refuse(errs.Unauthenticated, `%s and %s are needed: say them in the configuration, or in %s and %s, or let them be found with %s: %s`,
			optionKeyID, optionKeySecret, envKeyID, envKeySecret, optionCredentials, credentialsChain)
	}
	if isStray(s, said) {
		said.token = secret.String{}
	}
	return said, said.check()
}

// isStray reports whether the token comes from an environment whose key is another than the one said: it belongs to
// that one, and would spoil this.
func isStray(s *providers.Settings, said credential) bool {
	id, _ := s.LookupEnv(envKeyID)
	token, _ := s.LookupEnv(envToken)
	return id != "" && id != said.id.Reveal() && token != "" && token == said.token.Reveal()
}

// How long a credential that was found is used before it is looked for anew, and how long it may still be used while
// that goes on or fails. The vendor's package replaces temporary keys 180 s before they expire.
const (
	credentialFresh  = time.Minute
	credentialUsable = 170 * time.Second
)

// finder gives what the vendor's chain of sources finds.
type finder struct {
	// find makes a chain, whose function gives a credential each time it is called.
	find  func() func() (credential, error)
	chain func() (credential, error) // kept while it works; of the look that is under way
	kept  wire.Finder[credential]
}

func (f *finder) get(ctx context.Context) (credential, error) { return f.kept.Get(ctx, f.look) }

// refused makes the next request look for a credential anew, from the start.
func (f *finder) refused(c credential) { f.kept.Refused(c) }

// look asks the chain. A chain that failed is not used again: it would only ask the last of its sources.
func (f *finder) look(anew bool) (wire.Found[credential], error) {
	if anew || f.chain == nil {
		f.chain = f.find()
	}
	got, err := f.chain()
	if err == nil {
		err = got.check()
	}
	if err != nil {
		f.chain = nil
		return wire.Found[credential]{}, err
	}
	return wire.Found[credential]{Credential: got, Fresh: credentialFresh, Usable: credentialUsable}, nil
}
