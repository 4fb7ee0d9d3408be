// Package cloudflare is the driver for Workers KV, the key-value namespaces of Cloudflare. Import it for effect:
//
//	import _ "github.com/crosscloud-sdk/crosscloud/providers/cloudflare"
//
// and name it in the configuration, as "cloudflare" or "workers-kv":
//
//	providers:
//	  edge: {driver: cloudflare, account_id: "${CLOUDFLARE_ACCOUNT_ID}", api_token: "${CLOUDFLARE_API_TOKEN}"}
//	kv:
//	  flags: {provider: edge, namespace: flags}
//
// The token needs the permission "Workers KV Storage Read", and "Workers KV Storage Write" to change anything.
//
// # Options
//
//	option           kind    required  per resource  default                               environment
//	account_id       text    yes       yes           -                                     CLOUDFLARE_ACCOUNT_ID
//	    The id of the account that owns the namespaces.
//	api_token        secret  no        no            -                                     CLOUDFLARE_API_TOKEN
//	    An API token that may read, and to change anything write, Workers KV Storage.
//	api_key          secret  no        no            -                                     CLOUDFLARE_API_KEY
//	    The global API key of a user, in place of a token; it may do everything the user may.
//	email            text    no        no            -                                     CLOUDFLARE_EMAIL
//	    The e-mail address of the user whom api_key belongs to.
//	rate_account     text    no        no            -                                     -
//	    A name for whose rate budget is spent: say the same for all tokens of one user. Without it each credential
//	    counts as a user of its own.
//	bulk_batch       int     no        yes           1000                                  -
//	    How many keys one bulk write or bulk delete takes, 1 to 10000. Over 1000, writes were seen to time out.
//	pace_keys        bool    no        yes           false                                 -
//	    Keeps writes and deletes of one key, alone or in bulk, to one a second in this process, by making them
//	    wait.
//	endpoint         text    no        yes           https://api.cloudflare.com/client/v4  CLOUDFLARE_BASE_URL
//	    The base URL of the API, with its path.
//	allow_plaintext  bool    no        yes           false                                 -
//	    Permits endpoints without TLS, which show requests and credentials to everybody on the way.
//
// # Errors
//
// Failures that Cloudflare answers with reasons have the vendor's own error in their tree, for errors.As: *kv.Error of
// github.com/cloudflare/cloudflare-go/v7/kv, without credentials, values and the body of the request. What a request that
// carries a value is answered is told by code and request id alone, since Cloudflare may quote the value.
//
// # Reading many keys
//
// Cloudflare's bulk read carries text only, and a value that is not text comes mangled: what cannot be read becomes the
// character U+FFFD. GetMany therefore reads a value with that character, and all keys of a bulk read that Cloudflare
// refuses for one, by themselves, so that every value is exact. Whether the
// bulk read keeps a byte order mark at the beginning of a value is not documented.
//
// # Rate
//
// Cloudflare counts 1,200 requests in 5 minutes over everything that one user does, whichever token is used, and then
// refuses everything for 5 minutes. All resources whose provider entries have the same rate_account, or without it the
// same credential, share that budget in this process. Bulk calls count as one request.
//
// Cloudflare also documents one write a second to the same key (page "Workers KV limits"), for Workers; whether the API
// refuses a faster one is not known. Such a refusal is waited out for a second and the write repeated. With
// pace_keys: true writes wait before they are sent: those of one key, puts and deletes, alone and in bulk, leave at least
// 1.05 s apart, whichever of this process's clients and resources on the namespace they come from, as long as these
// say pace_keys too. A bulk call waits for the slowest of the keys in a batch, and a call whose turn would come after its
// deadline fails at once with errs.RateLimited. Neither rate_limit nor rate_share changes that pace: processes that
// write the same keys have to agree among themselves.
//
// The driver was never verified against the live service.
//
// Sources are the pages of developers.cloudflare.com/api (Workers KV) and developers.cloudflare.com/kv.
package cloudflare

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// The options of a provider entry.
const (
	optionAccountID   = "account_id"
	optionAPIToken    = "api_token"
	optionAPIKey      = "api_key"
	optionEmail       = "email"
	optionRateAccount = "rate_account"
	optionBulkBatch   = "bulk_batch"
	optionPaceKeys    = "pace_keys"
	optionEndpoint    = "endpoint"
)

// maxBulkBatch is the documented most of keys in a bulk write or bulk delete (page "Write multiple key-value pairs").
const maxBulkBatch = 10_000

func init() {
	providers.Register(providers.Driver{
		Name:    "cloudflare",
		Aliases: []string{"workers-kv"},
		Doc:     "Workers KV namespaces of a Cloudflare account.",
		Options: []providers.Option{
			{Name: optionAccountID, Env: []string{"CLOUDFLARE_ACCOUNT_ID"}, Required: true, PerResource: true, Doc: "The id of the account that owns the namespaces."},
			{Name: optionAPIToken, Kind: providers.Secret, Env: []string{"CLOUDFLARE_API_TOKEN"}, Doc: "An API token that may read, and to change anything write, Workers KV Storage."},
			{Name: optionAPIKey, Kind: providers.Secret, Env: []string{"CLOUDFLARE_API_KEY"}, Doc: "The global API key of a user, in place of a token; it may do everything the user may."},
			{Name: optionEmail, Env: []string{"CLOUDFLARE_EMAIL"}, Doc: "The e-mail address of the user whom api_key belongs to."},
			{Name: optionRateAccount, Doc: "A name for whose rate budget is spent: say the same for all tokens of one user. Without it each credential counts as a user of its own."},
			{Name: optionBulkBatch, Kind: providers.Int, Default: "1000", PerResource: true, Doc: "How many keys one bulk write or bulk delete takes, 1 to 10000. Over 1000, writes were seen to time out."},
			{Name: optionPaceKeys, Kind: providers.Bool, Default: "false", PerResource: true, Doc: "Keeps writes and deletes of one key, alone or in bulk, to one a second in this process, by making them wait."},
			{Name: optionEndpoint, Default: "https://api.cloudflare.com/client/v4", Env: []string{"CLOUDFLARE_BASE_URL"}, PerResource: true, Doc: "The base URL of the API, with its path."},
			wire.AllowPlaintext(),
		},
		Open: open,
	})
}

// attemptTimeout is over the 100 seconds after which Cloudflare's own gateway gives up and answers 524.
const attemptTimeout = 2 * time.Minute

// account is an open provider entry.
type account struct {
	wire.Account
	credential credential
}

func open(_ context.Context, s *providers.Settings) (providers.Account, error) {
	c, err := newCredential(s)
	if err != nil {
		return nil, err
	}
	return &account{wire.OpenAccount(s, wire.Options{AttemptTimeout: attemptTimeout, RequestIDHeader: idHeader}), c}, nil
}

// KV returns the service of the account that a resource's settings select.
func (a *account) KV(_ context.Context, s *providers.Settings) (kvdriver.Service, error) {
	batch := s.Int(optionBulkBatch)
	if batch < 1 || batch > maxBulkBatch {
		return nil, errs.Refuse(errs.InvalidArgument, "%s is %d; accepted are 1 to %d", optionBulkBatch, batch, maxBulkBatch)
	}
	base, err := wire.Endpoint(s, optionEndpoint, "")
	if err != nil {
		return nil, err
	}
	namespaces, err := accountURL(base, s.Text(optionAccountID))
	if err != nil {
		return nil, err
	}
	return &service{account: a, url: namespaces, batch: batch, paced: s.Bool(optionPaceKeys), budgets: budgets(base.Host, a.credential.rateAccount)}, nil
}

// accountURL is where an account has its namespaces.
func accountURL(base *url.URL, account string) (*url.URL, error) {
	if err := checkID(optionAccountID, account); err != nil {
		return nil, err
	}
	u, err := wire.Join(base, "accounts", account, "storage", "kv", "namespaces")
	if err != nil {
		return nil, errs.Refuse(errs.InvalidArgument, "%s: %w", optionAccountID, err)
	}
	return u, nil
}

// checkID refuses what cannot be an id. The vendor's are 32 hexadecimal digits, as far as its pages show them.
func checkID(what, id string) error {
	if strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`/\?#%`, r) }) {
		return errs.Refuse(errs.InvalidArgument, "%s has a character that no id has, such as a space or a slash; ids are 32 hexadecimal digits", what)
	}
	return nil
}
