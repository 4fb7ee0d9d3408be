package wire

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// UserAgent is what the requests of every driver say of who sends them.
const UserAgent = "crosscloud-go"

// OptionAllowPlaintext is the option that [Endpoint] and [Host] ask; every driver that calls them declares it.
const OptionAllowPlaintext = "allow_plaintext"

// AllowPlaintext declares [OptionAllowPlaintext], for the account and for each of its resources.
func AllowPlaintext() providers.Option {
	return providers.Option{Name: OptionAllowPlaintext, Kind: providers.Bool, Default: "false", PerResource: true,
		Doc: "Permits endpoints without TLS, which show requests and credentials to everybody on the way."}
}

// Account is what every open provider entry has whose provider is reached by HTTP: the way to send, and the clock. A
// driver embeds it in its own account, beside the credentials, and has Close from it:
//
//	func open(_ context.Context, s *providers.Settings) (providers.Account, error) {
//		found, err := newCredentials(s)
//		if err != nil {
//			return nil, err
//		}
//		return &account{Account: wire.OpenAccount(s, wire.Options{RequestIDHeader: "X-Request-Id"}), credentials: found}, nil
//	}
//
// Where requests go differs from resource to resource: a resource's service reads it from its own settings, by
// [Endpoint] or [Host].
type Account struct {
	// Engine sends the account's requests. Credentials are not its concern.
	*Engine
	// Now is the clock of the program: requests are signed by it, and times in replies are counted from it.
	Now func() time.Time
}

// OpenAccount returns the account of a provider's entry. What the program says of connections and of the time goes over
// o: DialContext, TLS and Now are those of the settings. The user agent is [UserAgent] unless o has another. It does no I/O
// and cannot fail.
func OpenAccount(s *providers.Settings, o Options) Account {
	o.DialContext, o.TLS, o.Now = s.DialContext, s.TLS, s.Now
	if o.UserAgent == "" {
		o.UserAgent = UserAgent
	}
	return Account{Engine: New(o), Now: s.Now}
}

// Close lets go of idle connections. Its error is always nil.
func (a Account) Close() error {
	a.Engine.Close()
	return nil
}

// Endpoint reads the base URL that an option says, by [ParseEndpoint], or fallback where the option says nothing. Plain
// http is refused unless the settings allow it by [OptionAllowPlaintext] or the host is a loopback address. A refusal is
// [errs.InvalidArgument] and names the option.
func Endpoint(s *providers.Settings, option, fallback string) (*url.URL, error) {
	text := s.Text(option)
	switch {
	case text == "" && s.Said(option):
		return nil, errs.Refuse(errs.InvalidArgument, "%s is empty; leave the field out for the default", option)
	case text == "":
		text = fallback
	}
	u, fault := parseEndpoint(text, s.Bool(OptionAllowPlaintext))
	if fault != "" {
		return nil, errs.Refuse(errs.InvalidArgument, "%s: %s", option, fault)
	}
	return u, nil
}

// endpointOption is what messages call the option of an endpoint.
func endpointOption(name string) string { return cmp.Or(name, "endpoint") }

// Region reads the option that says a region, of which example is one. Hosts are made of it: what is empty, or has other
// characters than small letters, digits and "-", is [errs.InvalidArgument].
func Region(s *providers.Settings, option, example string) (string, error) {
	region := s.Text(option)
	if region == "" || strings.Trim(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return "", errs.Refuse(errs.InvalidArgument, "%s: %q is not the name of a region, which is written like %s", option, errs.Printable(region), example)
	}
	return region, nil
}

// Host is [Endpoint] for APIs that have no paths: an endpoint with one is refused too, and the URL has the path "/".
func Host(s *providers.Settings, option, fallback string) (*url.URL, error) {
	u, err := Endpoint(s, option, fallback)
	if err != nil {
		return nil, err
	}
	if u.Path != "" {
		return nil, errs.Refuse(errs.InvalidArgument, "%s: %s has a path, and the API has none", option, u.Host)
	}
	u.Path = "/"
	return u, nil
}
