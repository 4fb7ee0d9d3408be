package tencent

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// credential is what signs a request. The token is empty for permanent keys.
type credential struct{ id, key, token secret.String }

// hidden returns the texts that no error may show.
func (c credential) hidden() wire.Hidden {
	return wire.Hidden{c.id.Reveal(), c.key.Reveal(), c.token.Reveal()}
}

func (c credential) secretID() wire.Part  { return wire.Part{Option: optionSecretID, Text: c.id} }
func (c credential) secretKey() wire.Part { return wire.Part{Option: optionSecretKey, Text: c.key} }

// check refuses what no header can carry.
func (c credential) check() error {
	return wire.CheckParts(c.secretID(), c.secretKey(), wire.Part{Option: optionToken, Text: c.token})
}

// credentials give the credential of each request.
type credentials interface {
	get(context.Context) (credential, error)
	// refused tells that the vendor did not accept a credential, and reports whether another attempt may have one that it
	// accepts.
	refused(credential) (again bool)
}

// newCredentials returns the credentials that the settings ask for. It does no I/O.
func newCredentials(s *providers.Settings) (credentials, error) {
	said := credential{id: s.Secret(optionSecretID), key: s.Secret(optionSecretKey), token: s.Secret(optionToken)}
	if isStray(s, said) {
		said.token = secret.String{}
	}
	chained := s.Text(optionCredentials) == credentialsChain
	role := s.Text(optionRoleARN)
	if said.id.IsEmpty() && said.key.IsEmpty() && chained {
		return &finder{find: func() (found, error) { return look(vendorChain(), role) }}, nil
	}
	if missing := wire.CheckPair(said.secretID(), said.secretKey()); missing != "" {
		return nil, errs.Refuse(errs.Unauthenticated, `%s: say both in the configuration, or in %s and %s, or let them be found with %s: %s`,
			missing, envSecretID, envSecretKey, optionCredentials, credentialsChain)
	}
	if err := said.check(); err != nil {
		return nil, err
	}
	if role != "" {
		return &finder{find: func() (found, error) { return look(said, role) }, hidden: said.hidden()}, nil
	}
	return said, nil
}

// isStray reports whether the token comes from an environment whose keys are others than those said: it belongs to
// them, and would spoil these.
func isStray(s *providers.Settings, said credential) bool {
	id, set := s.LookupEnv(envSecretID)
	if !set || id == "" || id == said.id.Reveal() || said.token.IsEmpty() {
		return false
	}
	for _, name := range envToken {
		if token, set := s.LookupEnv(name); set && token == said.token.Reveal() {
			return true
		}
	}
	return false
}

func (c credential) get(context.Context) (credential, error) { return c, nil }
func (c credential) refused(credential) bool                 { return false }

// GetCredential makes a credential a provider of the vendor's package.
func (c credential) GetCredential() (common.CredentialIface, error) {
	return common.NewTokenCredential(c.id.Reveal(), c.key.Reveal(), c.token.Reveal()), nil
}

// vendorChain is where the vendor's package looks for credentials beyond the options.
func vendorChain() common.Provider {
	all := []common.Provider{common.DefaultProfileProvider(), common.DefaultTccliProfileProvider()}
	if pod, err := common.DefaultTkeOIDCRoleArnProvider(); err == nil {
		all = append(all, pod)
	}
	return common.NewProviderChain(append(all, common.DefaultCvmRoleProvider()))
}

// found is a credential of the vendor's package, with how long it is good for.
type found = wire.Found[credential]

// roleSeconds is how long an assumed role lasts; the vendor's package asks for the same by default.
const roleSeconds = 7200

// look asks the vendor's package once. It may hang: the package knows no contexts. What it returns is used at once and
// never asked to refresh itself, for then the package would log what fails, replies included.
func look(p common.Provider, role string) (found, error) {
	held, err := p.GetCredential()
	if err == nil && role != "" {
		held, err = common.NewRoleArnProviderWithCredential(held, role, wire.UserAgent, roleSeconds).GetCredential()
	}
	if err != nil {
		return found{}, err
	}
	id, key, token := held.GetCredential()
	f := found{Credential: credential{secret.New(id), secret.New(key), secret.New(token)}, Fresh: time.Minute, Usable: 4 * time.Minute}
	if id == "" || key == "" {
		return found{}, errors.New("the credentials that were found are empty")
	}
	if _, assumed := held.(*common.RoleArnCredential); assumed {
		// A role's keys last two hours, each look asks the token service. Elsewhere a look is cheap, and the metadata
		// of an instance replaces keys at least five minutes before they expire.
		f.Fresh, f.Usable = time.Hour, 110*time.Minute
	}
	return f, nil
}

// finder gives what the vendor's package finds.
type finder struct {
	find   func() (found, error)
	hidden wire.Hidden
	kept   wire.Finder[credential]
}

// refused makes the next request look for a credential anew.
func (f *finder) refused(c credential) bool { return f.kept.Refused(c) }

func (f *finder) get(ctx context.Context) (credential, error) {
	return f.kept.Get(ctx, func(bool) (found, error) {
		got, err := f.find()
		if err != nil {
			return found{}, notFound(err, f.hidden)
		}
		return got, got.Credential.check()
	})
}

// notFound is the error of a look that failed, without the hidden texts.
func notFound(err error, hidden wire.Hidden) *errs.Error {
	e := errs.Refuse(errs.Unauthenticated, "no credentials were found; say %s and %s, or see that the profile file or the role is there", optionSecretID, optionSecretKey)
	if _, network := errors.AsType[net.Error](err); network {
		e.Code, e.Retry = errs.Unavailable, errs.Temporary
		e.Message = "the service that gives credentials cannot be reached"
	}
	known, ok := errors.AsType[*sdkerrors.TencentCloudSDKError](err)
	if !ok {
		if text := hidden.Text(err.Error()); text != "" {
			e.Message += ": " + text
		}
		return e
	}
	text := hidden.Text(known.Message)
	switch known.Code {
	case "ClientError.CredentialError", "ClientError.INIError":
	default:
		if strings.HasPrefix(known.Code, "ClientError.") {
			text = "the request for them failed" // the vendor's package quotes whole replies, which may hold keys
		}
	}
	e.VendorCode, e.RequestID = hidden.Code(known.Code), hidden.RequestID(known.RequestId)
	if text != "" {
		e.Message += ": " + text
	}
	e.Err = sdkerrors.NewTencentCloudSDKError(e.VendorCode, text, e.RequestID)
	return e
}
