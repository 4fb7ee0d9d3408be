package alibaba

import (
	"context"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// credential is an access key. The token is empty for permanent ones.
type credential struct{ id, key, token secret.String }

// hidden is what no error may show of a request that the credential signs.
func (c credential) hidden(signature string) wire.Hidden {
	return wire.Hidden{c.id.Reveal(), c.key.Reveal(), c.token.Reveal(), signature}
}

func (c credential) keyID() wire.Part  { return wire.Part{Option: optionKeyID, Text: c.id} }
func (c credential) secret() wire.Part { return wire.Part{Option: optionKeySecret, Text: c.key} }

// check refuses what no header can carry.
func (c credential) check() error {
	return wire.CheckParts(c.keyID(), c.secret(), wire.Part{Option: optionToken, Text: c.token})
}

// credentials give the credential of each request.
type credentials interface {
	get(context.Context) (credential, error)
	// refused tells that the vendor did not accept a credential, and reports whether another attempt may have one that it
	// accepts.
	refused(credential) (again bool)
}

func (c credential) get(context.Context) (credential, error) { return c, nil }
func (c credential) refused(credential) bool                 { return false }

// newCredentials returns the credentials that the settings ask for. It does no I/O.
func newCredentials(s *providers.Settings) (credentials, error) {
	said := credential{id: s.Secret(optionKeyID), key: s.Secret(optionKeySecret), token: s.Secret(optionToken)}
	if said.id.IsEmpty() && said.key.IsEmpty() && s.Text(optionCredentials) == credentialsChain {
		return &finder{find: newVendorChain}, nil
	}
	if missing := wire.CheckPair(said.keyID(), said.secret()); missing != "" {
		return nil, errs.Refuse(errs.Unauthenticated, `%s: say both in the configuration, or in %s and %s, or let them be found with %s: %s`,
			missing, envKeyID, envKeySecret, optionCredentials, credentialsChain)
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
func (f *finder) refused(c credential) bool { return f.kept.Refused(c) }

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
