package huawei

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// credential is an access key, whose token is empty for permanent ones, or a token of IAM.
type credential struct {
	access, key, token secret.String
	auth               secret.String
	project            string // found together with the keys; empty where it was not
}

// hidden is what no error may show of a request that was sent with these headers.
func (c credential) hidden(header http.Header) wire.Hidden {
	_, signature, _ := strings.Cut(header.Get("Authorization"), "Signature=")
	return wire.Hidden{c.access.Reveal(), c.key.Reveal(), c.token.Reveal(), c.auth.Reveal(), signature}
}

func (c credential) accessKey() wire.Part { return wire.Part{Option: optionAccessKey, Text: c.access} }
func (c credential) secretKey() wire.Part { return wire.Part{Option: optionSecretKey, Text: c.key} }

// check refuses what no header can carry.
func (c credential) check() error {
	return wire.CheckParts(c.accessKey(), c.secretKey(), wire.Part{Option: optionSecurityToken, Text: c.token}, wire.Part{Option: optionAuthToken, Text: c.auth})
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
	said := credential{
		access: s.Secret(optionAccessKey), key: s.Secret(optionSecretKey), token: s.Secret(optionSecurityToken), auth: s.Secret(optionAuthToken),
	}
	chained := s.Text(optionCredentials) == credentialsChain
	if !said.auth.IsEmpty() {
		if chained || !fromEnv(s, envAccessKey, said.access) || !fromEnv(s, envSecretKey, said.key) || !fromEnv(s, envSecurityToken, said.token) {
			return nil, errs.Refuse(errs.InvalidArgument, "%s stands for itself; say either it or %s and %s or %s: %s",
				optionAuthToken, optionAccessKey, optionSecretKey, optionCredentials, credentialsChain)
		}
		said = credential{auth: said.auth}
		return said, said.check()
	}
	if said.access.IsEmpty() && said.key.IsEmpty() && chained {
		return &finder{find: vendorChain}, nil
	}
	if missing := wire.CheckPair(said.accessKey(), said.secretKey()); missing != "" {
		return nil, errs.Refuse(errs.Unauthenticated, "%s: say both in the configuration, or in %s and %s, or let them be found with %s: %s",
			missing, envAccessKey, envSecretKey, optionCredentials, credentialsChain)
	}
	if !fromEnv(s, envAccessKey, said.access) && fromEnv(s, envSecurityToken, said.token) {
		said.token = secret.String{} // it belongs to the keys of the environment, and would spoil these
	}
	return said, said.check()
}

// fromEnv reports whether a value is none, or that of an environment variable.
func fromEnv(s *providers.Settings, name string, value secret.String) bool {
	text, _ := s.LookupEnv(name)
	return value.IsEmpty() || text == value.Reveal()
}

// found is a credential of the vendor's package, with how long it is good for.
type found = wire.Found[credential]

// How long a credential that was found is used before it is looked for anew, and how long it may still be used while
// that goes on or fails.
const (
	// The metadata of an instance and the identity of a pod give keys that are good for half an hour or more; the others
	// are files, which somebody may change.
	lookFresh, lookUsable = 5 * time.Minute, 20 * time.Minute
	// Keys for the token of an identity provider take two requests to IAM, and are good for six hours.
	federatedFresh, federatedUsable = time.Hour, 5 * time.Hour
)

// finder gives what the vendor's package finds.
type finder struct {
	find func() (found, error)
	kept wire.Finder[credential]
}

func (f *finder) get(ctx context.Context) (credential, error) {
	return f.kept.Get(ctx, func(bool) (found, error) {
		got, err := f.find()
		if err == nil {
			err = got.Credential.check()
		}
		return got, err
	})
}

// refused makes the next request look for a credential anew.
func (f *finder) refused(c credential) bool { return f.kept.Refused(c) }
