package emulator

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Cloudflare is a fake Cloudflare with one account, which serves the Workers KV part of its REST API under
// URL() + "/client/v4". A fresh one holds no namespaces.
//
// Faults and recorded requests name the operations ListNamespaces, CreateNamespace, GetNamespace, RenameNamespace,
// DeleteNamespace, ListKeys, ReadValue, ReadMetadata, WriteValue, DeleteValue, BulkWrite, BulkDelete (both of its
// forms), BulkGet and VerifyToken. Codes of faults are numbers in text, such as "10013". A bulk write or bulk delete
// that fails in part is made with FailBulk.
//
// Enforced are, besides the limits of each operation, 1,200 requests in 5 minutes, after which everything is refused
// for 5 minutes, and 200 requests in a second; [WithoutRateLimit] lifts both. Plan quotas by the day are not kept:
// inject code 10048 for them.
//
// Source: developers.cloudflare.com/api (Workers KV), developers.cloudflare.com/kv.
type Cloudflare struct {
	server

	// What the options chose, unchanged after the start.
	settings CloudflareSettings

	state    sync.Mutex // over what follows
	store    store
	created  int // namespaces ever, for their ids
	rate     cloudflareRate
	failures []*CloudflareBulkFailure
	written  map[cloudflareKey]time.Time // last writes, with KeyRate only
}

// cloudflareKey is a key of a namespace.
type cloudflareKey struct{ namespace, key string }

// NewCloudflare starts a fake Cloudflare. Close it after use.
func NewCloudflare(opts ...Option) *Cloudflare {
	c := &Cloudflare{written: map[cloudflareKey]time.Time{}}
	c.start(c, opts)
	return c
}

// CloudflareSettings choose how a [Cloudflare] emulator behaves where the vendor's pages leave it open or older versions
// of the API did otherwise. The zero value is the documented way.
type CloudflareSettings struct {
	// EmptyPages is how many empty pages a key listing answers with before every page that has keys. An empty page
	// with a cursor is legal: what was deleted lately takes up room (developers.cloudflare.com/kv/api/list-keys).
	EmptyPages int
	// OldReplies answers as older versions of the API did, where that is known: the result of a rename, of bulk writes,
	// and of all that has nothing to tell is null, and namespaces carry the field beta.
	OldReplies bool
	// MissingMetadataNull makes reading the metadata of a missing key a success with the result null. It is 404 with
	// code 10009 by default; the vendor's pages do not say which.
	MissingMetadataNull bool
	// LossyText makes a bulk get replace what is not UTF-8 in a value by U+FFFD. By default it is refused with code
	// 10012; the vendor's pages say only that values must be text.
	LossyText bool
	// PrintableKeys refuses keys with white space or characters that do not print, code 10042. The vendor's API schema
	// calls keys printable and free of white space, its limits page does not.
	PrintableKeys bool
	// KeyRate enforces one write per second to the same key: a faster one is 429 with code 10022, and among the
	// unsuccessful keys of a bulk write. The vendor states that limit for Workers; whether it holds for the REST API is
	// not known. [WithoutRateLimit] lifts it.
	KeyRate bool
}

// WithCloudflare chooses how a [Cloudflare] emulator behaves; of several the last one counts. It panics when it is given
// to another emulator.
func WithCloudflare(settings CloudflareSettings) Option {
	return func(s *server) { only[*Cloudflare](s, "WithCloudflare", "NewCloudflare").settings = settings }
}

// AccountID is the id of the only account.
func (*Cloudflare) AccountID() string { return "fa4e00000000000000000000acc00001" }

// APIToken is the API token that may do everything. It is no secret.
func (*Cloudflare) APIToken() string { return "fake-cloudflare-token-0000000000000000000" }

// ReadOnlyToken is an API token that may only read, as with the permission "Workers KV Storage Read". It is no secret.
func (*Cloudflare) ReadOnlyToken() string { return "fake-cloudflare-read-token-00000000000000" }

// Email is the user's address, which goes with APIKey in the headers X-Auth-Email and X-Auth-Key.
func (*Cloudflare) Email() string { return "fake@example.com" }

// APIKey is the user's global API key. It is no secret.
func (*Cloudflare) APIKey() string { return "fa4e0000000000000000000000000000000e7" }

// Endpoint returns the base URL of the API, with its version.
func (c *Cloudflare) Endpoint() string { return c.URL() + "/client/v4" }

// Provider returns the entry of a crosscloud configuration that points at the emulator: driver, endpoint, account_id and
// api_token.
func (c *Cloudflare) Provider() map[string]string {
	return map[string]string{
		"driver":     "cloudflare",
		"endpoint":   c.Endpoint(),
		"account_id": c.AccountID(),
		"api_token":  c.APIToken(),
	}
}

// AddNamespace returns the id of the namespace with a title, which it creates if there is none, without a request and
// without looking at limits.
func (c *Cloudflare) AddNamespace(title string) (id string) {
	c.state.Lock()
	defer c.state.Unlock()
	if ns := c.titled(title); ns != nil {
		return ns.id
	}
	return c.addNamespace(title, c.now()).id
}

// cloudflareCall is a request on its way through the emulator.
type cloudflareCall struct {
	cloudflareTarget
	now    time.Time
	query  string
	header http.Header
	body   []byte
}

// enter takes the lock for an operation, which gives it back with the function it gets. The time of the call is read
// under the lock: what was written while the call waited for it happened before.
func (c *Cloudflare) enter(call *cloudflareCall) (leave func()) {
	c.state.Lock()
	call.now = c.now()
	return c.state.Unlock
}

func (c *Cloudflare) action(r *http.Request, _ []byte) string {
	return cloudflareTargetOf(r).action
}

func (c *Cloudflare) serve(w http.ResponseWriter, r *http.Request, body []byte, _ string) {
	c.write(w, c.answer(&cloudflareCall{
		cloudflareTarget: cloudflareTargetOf(r), now: c.now(), query: r.URL.RawQuery, header: r.Header, body: body,
	}))
}

// answer passes a request by what stands before an operation: the form of its credentials, whether there is such an
// operation, the credentials themselves, the rate limits, the account, the permission. The vendor's order is not known.
func (c *Cloudflare) answer(call *cloudflareCall) *cloudflareReply {
	cred, refusal := cloudflareCredentialsOf(call.header)
	if refusal != nil {
		return refusal
	}
	if call.refusal != nil {
		return call.refusal
	}
	scope, refusal := c.authenticate(cred)
	if refusal != nil {
		if call.action == cloudflareVerifyToken {
			return cloudflareRefuse(1000, "Invalid API Token")
		}
		return refusal
	}
	limits, refusal := c.admit(call.now)
	if refusal == nil {
		refusal = c.permit(call, scope)
	}
	reply := refusal
	if reply == nil {
		reply = call.operation(c, call)
	}
	for name, values := range limits {
		reply.setHeader(name, values[0])
	}
	return reply
}

// permit refuses what the credentials give no right to.
func (c *Cloudflare) permit(call *cloudflareCall, scope cloudflareScope) *cloudflareReply {
	if call.action == cloudflareVerifyToken {
		return nil
	}
	if call.account != c.AccountID() {
		// What a foreign account's id is answered with is not documented beyond these codes, seen with 400 and 404.
		r := cloudflareRefuse(7003, "Could not route to the request's path, perhaps your object identifier is invalid?")
		r.errors = append(r.errors, cloudflareError{Code: 7000, Message: "No route for that URI"})
		return r
	}
	if call.writes && scope == cloudflareReads {
		return cloudflareRefuse(10000, "Authentication error")
	}
	return nil
}

func (c *Cloudflare) fail(w http.ResponseWriter, status int, code, message string) {
	n, _ := strconv.Atoi(code) // a code that is no number is shown as 0
	r := cloudflareRefuse(n, message)
	if status != 0 {
		r.status = status
	}
	c.write(w, r)
}

// write sends a reply.
func (c *Cloudflare) write(w http.ResponseWriter, r *cloudflareReply) {
	body := r.body()
	h := w.Header()
	for name, values := range r.header {
		h[name] = values
	}
	h.Set("Cf-Ray", c.requestID())
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(body)
}
