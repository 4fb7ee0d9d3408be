// Package guance is the driver for the workspaces of Guance and TrueWatch, which is Guance outside China. A program
// imports it for effect and names it in its configuration, as "guance" or "truewatch":
//
//	providers:
//	  watch: {driver: guance, site: hangzhou, api_key: …}
//	workspace:
//	  own:   {provider: watch}
//	  other: {provider: watch, api_key: …}
//
// # Two APIs
//
// By default (api: open) requests go to the OpenAPI of the site, or of the endpoint that is said. A key belongs to one
// workspace and knows no other: it describes and changes that one, lists its keys, and makes new workspaces, which are
// then reached with keys of their own. The key is the secret of an API key, not its id.
//
// With api: external requests go to the External API of a private deployment, which knows all workspaces; its endpoint
// is the operator's. Requests are signed anew each time, by the clock of the program, with access_key and secret_key.
// Listings go by page number, so that workspaces made or deleted meanwhile can make others appear twice or not at all.
//
// Package [limits] has what either can do, as data.
//
// # Rate
//
// A key may call the OpenAPI 20 times a minute, and all keys of a workspace together 200 times. Entries with the same key
// share its budget in this process; which workspace a key belongs to is not known before it is asked, so that several
// keys of one workspace are only held to 20 each. A throttled request, which Guance answers with HTTP 401, is repeated
// after 20 s. The External API documents no rate: nothing is limited until it throttles.
//
// # What the vendor leaves open
//
// Not documented, and assumed here: that names are counted in characters; that the daily limits which a change does not
// name stay as they are; that an API key is deleted by GET, as its page shows; that signatures are lower-case
// hexadecimal, as the samples of the External API have it and not its table; and the meaning of all error codes but
// three, which is read from their names. Flags may come as booleans or numbers, numbers as texts, times with a fraction
// or as -1: all are understood. The vendor's own object, without its secrets, is in Info.Vendor.
//
// Sources are the pages of docs.guance.com and docs.truewatch.com, folders open-api and external-api.
//
// # Options
//
//	option           kind    required  per resource  default  environment
//	api              text    no        no            open     -
//	    The API to use: open for the service's OpenAPI, external for the External API of a private deployment. One
//	    of open, external.
//	site             text    no        yes           -        -
//	    The site that the workspace is at, for the OpenAPI. One of hangzhou, ningxia, guangzhou, vnet, hongkong,
//	    oregon, frankfurt, singapore, southafrica, jakarta, uae, truewatch-oregon, truewatch-frankfurt,
//	    truewatch-singapore, truewatch-southafrica, truewatch-jakarta.
//	endpoint         text    no        yes           -        -
//	    The base URL of the API, without /api/v1, in place of that of a site; for the External API the operator's.
//	api_key          secret  no        yes           -        GUANCE_ACCESS_TOKEN
//	    The secret of an API key of the workspace, for the OpenAPI. The environment variable is that of the
//	    vendor's Terraform provider.
//	access_key       secret  no        no            -        -
//	    The access key of the External API, external.accessKey in the deployment's configuration.
//	secret_key       secret  no        no            -        -
//	    The key that signs the requests of the External API, external.secretKey in the deployment's configuration.
//	allow_plaintext  bool    no        yes           false    -
//	    Permits endpoints without TLS, which show requests and credentials to everybody on the way.
package guance

import (
	"context"
	"net/url"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/secret"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// The options of an entry.
const (
	optionAPI       = "api"
	optionSite      = "site"
	optionEndpoint  = "endpoint"
	optionAPIKey    = "api_key"
	optionAccessKey = "access_key"
	optionSecretKey = "secret_key"
)

// The APIs.
const (
	apiOpen     = "open"
	apiExternal = "external"
)

func init() {
	providers.Register(providers.Driver{
		Name:    "guance",
		Aliases: []string{"truewatch"},
		Doc:     "Workspaces of Guance and TrueWatch.",
		Options: []providers.Option{
			{Name: optionAPI, Choices: []string{apiOpen, apiExternal}, Default: apiOpen, Doc: "The API to use: open for the service's OpenAPI, external for the External API of a private deployment."},
			{Name: optionSite, Choices: siteNames(), PerResource: true, Doc: "The site that the workspace is at, for the OpenAPI."},
			{Name: optionEndpoint, PerResource: true, Doc: "The base URL of the API, without /api/v1, in place of that of a site; for the External API the operator's."},
			{Name: optionAPIKey, Kind: providers.Secret, Env: []string{"GUANCE_ACCESS_TOKEN"}, PerResource: true, Doc: "The secret of an API key of the workspace, for the OpenAPI. The environment variable is that of the vendor's Terraform provider."},
			{Name: optionAccessKey, Kind: providers.Secret, Doc: "The access key of the External API, external.accessKey in the deployment's configuration."},
			{Name: optionSecretKey, Kind: providers.Secret, Doc: "The key that signs the requests of the External API, external.secretKey in the deployment's configuration."},
			wire.AllowPlaintext(),
		},
		Open: open,
	})
}

// account is an open provider entry.
type account struct {
	wire.Account
	api string
}

func open(_ context.Context, s *providers.Settings) (providers.Account, error) {
	return &account{Account: wire.OpenAccount(s, wire.Options{}), api: s.Text(optionAPI)}, nil
}

// Workspaces returns the service of the key, or of the private deployment, that the settings name.
func (a *account) Workspaces(_ context.Context, s *providers.Settings) (driver.Service, error) {
	base, err := endpoint(s, a.api)
	if err != nil {
		return nil, err
	}
	c := &client{account: a.Account, base: base}
	if a.api == apiExternal {
		signer := signer{access: s.Secret(optionAccessKey), key: s.Secret(optionSecretKey), now: a.Now}
		if signer.access.IsEmpty() || signer.key.IsEmpty() {
			return nil, errs.Refuse(errs.Unauthenticated, "%s: %s needs %s and %s; say them in the configuration", optionAPI, apiExternal, optionAccessKey, optionSecretKey)
		}
		c.credential = signer
		if err := checkHeaders(map[string]secret.String{optionAccessKey: signer.access}); err != nil {
			return nil, err
		}
		return &external{c}, nil
	}
	if !s.Secret(optionAccessKey).IsEmpty() || !s.Secret(optionSecretKey).IsEmpty() {
		return nil, errs.Refuse(errs.InvalidArgument, "%s and %s are for %s: %s; say that too, or leave them out", optionAccessKey, optionSecretKey, optionAPI, apiExternal)
	}
	key := s.Secret(optionAPIKey)
	if key.IsEmpty() {
		return nil, errs.Refuse(errs.Unauthenticated, "%s is missing: say the secret of an API key in the configuration or in GUANCE_ACCESS_TOKEN", optionAPIKey)
	}
	if err := checkHeaders(map[string]secret.String{optionAPIKey: key}); err != nil {
		return nil, err
	}
	c.credential = apiKey{key}
	return &openAPI{c}, nil
}

// checkHeaders refuses what no header can carry.
func checkHeaders(credentials map[string]secret.String) error {
	for option, s := range credentials {
		if strings.ContainsFunc(s.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
			return errs.Refuse(errs.Unauthenticated, "%s has a character that no header can carry", option)
		}
	}
	return nil
}

// endpoint returns where requests go.
func endpoint(s *providers.Settings, api string) (*url.URL, error) {
	fallback := ""
	if api == apiOpen {
		fallback = hostOf(s.Text(optionSite))
	}
	if fallback == "" && s.Text(optionEndpoint) == "" {
		if api == apiExternal {
			return nil, errs.Refuse(errs.InvalidArgument, "%s: %s needs %s, the base URL of the private deployment's External API", optionAPI, apiExternal, optionEndpoint)
		}
		return nil, errs.Refuse(errs.InvalidArgument, "say the %s of the workspace, such as hangzhou, or the %s of its OpenAPI", optionSite, optionEndpoint)
	}
	base, err := wire.Endpoint(s, optionEndpoint, fallback)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(base.Path, "/api/v1") {
		return nil, errs.Refuse(errs.InvalidArgument, "%s: leave out /api/v1, which is added to it", optionEndpoint)
	}
	return base, nil
}
