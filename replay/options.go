package replay

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/secret"
)

// Scrubbed is what a recording has instead of a secret. It matches any text.
const Scrubbed = "REDACTED"

// RecordVariable is the environment variable that switches recording on when it is 1 or true.
const RecordVariable = "CROSSCLOUD_RECORD"

// Option changes how exchanges are matched or recorded.
type Option func(*settings)

type settings struct {
	ignoredHeaders, ignoredQuery, ignoredFields names
	noOtherHeaders                              bool
	inspect                                     func(*http.Request)
	repeat, all                                 bool

	record    bool
	transport http.RoundTripper
	upstream  string
	secrets   []secret.String
	scrubbed  names
	kept      names
}

func newSettings(opts []Option) *settings {
	s := &settings{
		ignoredHeaders: setOf(volatileHeaders...), ignoredQuery: setOf(volatileQuery...), ignoredFields: names{},
		transport: http.DefaultTransport, scrubbed: names{}, kept: names{},
	}
	switch os.Getenv(RecordVariable) {
	case "1", "true":
		s.record = true
	}
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// IgnoreHeaders leaves the named request headers out of the comparison, and out of recordings.
func IgnoreHeaders(name ...string) Option {
	return func(s *settings) { s.ignoredHeaders.add(name) }
}

// MatchHeaders compares the named request headers where an exchange has them, even if they usually differ from call to
// call, such as Host.
func MatchHeaders(name ...string) Option {
	return func(s *settings) { s.ignoredHeaders.remove(name) }
}

// NoOtherHeaders allows no headers but those that the exchange names, those that usually differ from call to call, and
// those of [IgnoreHeaders].
func NoOtherHeaders() Option {
	return func(s *settings) { s.noOtherHeaders = true }
}

// IgnoreQuery leaves the named query parameters out of the comparison.
func IgnoreQuery(name ...string) Option {
	return func(s *settings) { s.ignoredQuery.add(name) }
}

// MatchQuery compares the named query parameters, even if they usually differ from call to call.
func MatchQuery(name ...string) Option {
	return func(s *settings) { s.ignoredQuery.remove(name) }
}

// IgnoreFields leaves the named form fields and JSON fields, at any depth, out of the comparison.
func IgnoreFields(name ...string) Option {
	return func(s *settings) { s.ignoredFields.add(name) }
}

// Inspect calls see with each request, whose body can still be read. Calls may be concurrent.
func Inspect(see func(*http.Request)) Option {
	return func(s *settings) { s.inspect = see }
}

// Repeat lets an exchange answer any number of requests. Of several that match, each answers once, in their order, and
// the last one answers from then on.
func Repeat() Option {
	return func(s *settings) { s.repeat = true }
}

// RequireAll fails the test if at its end an exchange has not been asked for.
func RequireAll() Option {
	return func(s *settings) { s.all = true }
}

// Record switches recording on or off, whatever the environment says.
func Record(on bool) Option {
	return func(s *settings) { s.record = on }
}

// Transport is what a recorder and [Check] send requests with, instead of http.DefaultTransport.
func Transport(rt http.RoundTripper) Option {
	return func(s *settings) { s.transport = rt }
}

// Upstream makes [Server] record: it hands requests on to the server at the base URL, such as
// "https://api.example.com". It has no path: a client whose address has one is given the URL of the server with that path.
// Without recording it does nothing. [Check] sends its requests there, in the same way.
//
// A request keeps its Host, except that one for the address of the server itself gets the Host of the upstream. If
// signatures cover the Host, they are wrong then. Such a client is given the address of the upstream, with http, and
// connections that lead to the server whatever the address, as crosscloud.WithDialContext can make them: see the
// example.
func Upstream(base string) Option {
	return func(s *settings) { s.upstream = base }
}

// base is the URL of the upstream.
func (s *settings) base() (*url.URL, error) {
	base, err := url.Parse(s.upstream)
	if err != nil || base.Host == "" || base.Path != "" && base.Path != "/" {
		return nil, errors.New("Upstream needs a URL without a path, such as https://api.example.com; a path is given to the client, behind the URL of the server")
	}
	return base, nil
}

// Secrets are texts of which no form may reach the disk, each at least four bytes long. Empty ones are allowed. From
// eight bytes on they are found in any case of their ASCII letters.
//
// Forms are up to three encodings, one inside the other: percent-escapes, those of forms, of JSON and of HTML, base64,
// hexadecimal, gzip and zlib. Not found are a secret that was encrypted, hashed or divided between fields; one in UTF-16,
// in other compressions (deflate without a header, Brotli, Zstandard), or in base64 or hexadecimal with anything but
// line ends between the letters; one whose encoded letters were changed in case; and one that begins in the middle of
// compressed data whose beginning is missing.
//
// What nobody registers is found by its name or by its shape alone, and not at all where it has neither: behind another
// name, as the plain scalar of several lines in YAML, in an element within the element with the name, in a table whose
// names stand in the first line, under a name that stands in a sibling element of XML, or in base64 that follows 32 or
// more slashes of one run of its letters, such as a long path. Shorter than eight bytes it is removed where it was found
// so, but not from other places.
func Secrets(secrets ...secret.String) Option {
	return func(s *settings) { s.secrets = append(s.secrets, secrets...) }
}

// Scrub names headers, query parameters, form fields and JSON fields whose values are secret too.
// Case, hyphens and underscores do not matter.
func Scrub(name ...string) Option {
	return func(s *settings) { s.scrubbed.add(name); s.kept.remove(name) }
}

// Keep names headers, parameters and fields that are recorded as they are although they are called like a secret, such
// as Plaintext. The texts of [Secrets] are removed from them as well.
func Keep(name ...string) Option {
	return func(s *settings) { s.kept.add(name); s.scrubbed.remove(name) }
}

// names is a set of names without regard to case, hyphens and underscores.
type names map[string]bool

func setOf(list ...string) names {
	n := names{}
	n.add(list)
	return n
}

func (n names) add(list []string) {
	for _, name := range list {
		n[plain(name)] = true
	}
}

func (n names) remove(list []string) {
	for _, name := range list {
		delete(n, plain(name))
	}
}

func (n names) has(name string) bool { return n[plain(name)] }

var plainer = strings.NewReplacer("-", "", "_", "", ".", "", " ", "", "[", "", "]", "")

func plain(name string) string { return plainer.Replace(strings.ToLower(name)) }

// Headers that differ from call to call, or from client to client.
var volatileHeaders = []string{
	"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Connection", "Content-Length", "Cookie", "Date",
	"Host", "Idempotency-Key", "Proxy-Authorization", "Traceparent", "Tracestate", "Transfer-Encoding", "User-Agent",
	"X-Forwarded-For", "X-Request-Id", "Content-MD5", "X-Sdk-Request-Id",
	"X-Acs-Date", "X-Acs-Signature-Nonce", "X-Acs-Content-Sha256", "X-Acs-Security-Token", "X-Acs-Accesskey-Id",
	"X-TC-Timestamp", "X-TC-Token", "X-TC-Nonce", "X-TC-RequestClient", "X-TC-Language",
	"X-Auth-Key", "X-Auth-Email", "X-Auth-Token", "X-Api-Key",
	"X-Sdk-Date", "X-Sdk-Content-Sha256", "X-Security-Token", "DF-API-KEY",
	"X-Df-Nonce", "X-Df-Signature", "X-Df-Timestamp", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-Sha256",
	"X-Stainless-Arch", "X-Stainless-Lang", "X-Stainless-Os", "X-Stainless-Package-Version",
	"X-Stainless-Retry-Count", "X-Stainless-Runtime", "X-Stainless-Runtime-Version", "X-Stainless-Timeout",
}

var volatileQuery = []string{
	"AccessKeyId", "SecurityToken", "Signature", "SignatureNonce", "Timestamp", "Nonce", "SecretId", "Token",
	"X-Amz-Date", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Security-Token",
}
