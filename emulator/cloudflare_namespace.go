package emulator

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of namespaces, developers.cloudflare.com/kv/platform/limits and the API schema.
const (
	cloudflareNamespaces  = 1000 // in an account
	cloudflareTitle       = 512  // characters
	cloudflareNamespaceID = 32   // characters
	cloudflareMaxPage     = 1000 // namespaces or keys in a page
)

// cloudflareNamespace is a namespace in an answer.
type cloudflareNamespace struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Escaping bool   `json:"supports_url_encoding"`
	Beta     *bool  `json:"beta,omitempty"` // older answers
}

func (c *Cloudflare) shown(ns *namespace) cloudflareNamespace {
	n := cloudflareNamespace{ID: ns.id, Title: ns.name, Escaping: true}
	if c.settings.OldReplies {
		n.Beta = new(bool)
	}
	return n
}

// titled returns the namespace with a title. The caller holds the lock, here as below.
func (c *Cloudflare) titled(title string) *namespace {
	for _, ns := range c.store.namespaces {
		if ns.name == title {
			return ns
		}
	}
	return nil
}

// addNamespace creates a namespace. Ids are in no order, but the same in every run.
func (c *Cloudflare) addNamespace(title string, now time.Time) *namespace {
	c.store.stale = c.stale
	c.created++
	sum := sha256.Sum256([]byte("cloudflare namespace " + strconv.Itoa(c.created)))
	ns := &namespace{id: hex.EncodeToString(sum[:cloudflareNamespaceID/2]), name: title, created: now, updated: now}
	c.store.add(ns)
	return ns
}

// namespaceOf returns the namespace that a request names, or refuses with a message that begins with the operation.
// Ids are hexadecimal in all examples; other letters, digits, "-" and "_" are well formed here too.
func (c *Cloudflare) namespaceOf(call *cloudflareCall, op string) (*namespace, *cloudflareReply) {
	if len(call.namespace) > cloudflareNamespaceID || !cloudflareTokenLike(call.namespace) {
		return nil, cloudflareRefuse(10011, op+": 'malformed namespace ID'")
	}
	if ns, ok := c.store.namespaces[call.namespace]; ok {
		return ns, nil
	}
	return nil, cloudflareRefuse(10013, op+": 'namespace not found'")
}

func (c *Cloudflare) listNamespaces(call *cloudflareCall) *cloudflareReply {
	const op = "list namespaces"
	query, refusal := cloudflareQueryOf(call.query, op)
	if refusal != nil {
		return refusal
	}
	page, perPage := query.number("page", 1), query.number("per_page", 20)
	order, direction := query.text("order", "id"), query.text("direction", "asc")
	switch {
	case !page.valid || page.n < 1:
		return cloudflareRefuse(10007, op+": 'malformed page'")
	case !perPage.valid || perPage.n < 1 || perPage.n > cloudflareMaxPage:
		return cloudflareRefuse(10008, op+": 'malformed per_page'")
	case order != "id" && order != "title":
		return cloudflareRefuse(10043, op+": 'invalid order'")
	case direction != "asc" && direction != "desc":
		return cloudflareRefuse(10044, op+": 'invalid direction'")
	}
	defer c.enter(call)()
	all := c.store.byName()
	if order == "id" {
		all = slices.SortedFunc(maps.Values(c.store.namespaces), func(a, b *namespace) int { return strings.Compare(a.id, b.id) })
	}
	if direction == "desc" {
		slices.Reverse(all)
	}
	total, size := int64(len(all)), perPage.n
	pages := (total + size - 1) / size
	shown := []cloudflareNamespace{}
	if page.n <= pages {
		for _, ns := range all[(page.n-1)*size : min(page.n*size, total)] {
			shown = append(shown, c.shown(ns))
		}
	}
	r := cloudflareSucceed(shown)
	r.info = map[string]int64{"page": page.n, "per_page": size, "count": int64(len(shown)), "total_count": total, "total_pages": pages}
	return r
}

// titleOf reads the body of a create or a rename. The vendor has no code of its own for a title that is too long.
func cloudflareTitleOf(body []byte, op string) (string, *cloudflareReply) {
	fields, err := cloudflareObject(body, "title")
	if err != nil {
		return "", cloudflareRefuse(10029, op+": 'invalid request: "+err.Error()+"'")
	}
	raw, ok := fields["title"]
	if !ok {
		return "", cloudflareRefuse(10019, op+": 'missing title'")
	}
	title, ok := cloudflareString(raw)
	switch {
	case !ok:
		return "", cloudflareRefuse(10029, op+": 'invalid request: title is no string'")
	case strings.TrimSpace(title) == "":
		return "", cloudflareRefuse(10019, op+": 'missing title'")
	case utf8.RuneCountInString(title) > cloudflareTitle:
		return "", cloudflareRefuse(10029, op+": 'invalid request: title has more than 512 characters'")
	}
	return title, nil
}

func (c *Cloudflare) createNamespace(call *cloudflareCall) *cloudflareReply {
	const op = "create namespace"
	title, refusal := cloudflareTitleOf(call.body, op)
	if refusal != nil {
		return refusal
	}
	defer c.enter(call)()
	switch {
	case c.titled(title) != nil:
		return cloudflareRefuse(10014, op+": 'a namespace with this account ID and title already exists'")
	case len(c.store.namespaces) >= cloudflareNamespaces:
		return cloudflareRefuse(10018, op+": 'too many namespaces in this account'")
	}
	return cloudflareSucceed(c.shown(c.addNamespace(title, call.now)))
}

func (c *Cloudflare) getNamespace(call *cloudflareCall) *cloudflareReply {
	defer c.enter(call)()
	ns, refusal := c.namespaceOf(call, "get namespace")
	if refusal != nil {
		return refusal
	}
	return cloudflareSucceed(c.shown(ns))
}

// renameNamespace gives a namespace another title, and may be asked to give it the one it has.
func (c *Cloudflare) renameNamespace(call *cloudflareCall) *cloudflareReply {
	const op = "rename namespace"
	title, refusal := cloudflareTitleOf(call.body, op)
	if refusal != nil {
		return refusal
	}
	defer c.enter(call)()
	ns, refusal := c.namespaceOf(call, op)
	if refusal != nil {
		if refusal.errors[0].Code == 10013 {
			// Seen to be 10009 here, the number that elsewhere means a key.
			refusal = cloudflareRefuse(10009, op+": 'Unknown namespace.'")
		}
		return refusal
	}
	if other := c.titled(title); other != nil && other != ns {
		return cloudflareRefuse(10014, op+": 'a namespace with this account ID and title already exists'")
	}
	ns.name, ns.updated = title, call.now
	if c.settings.OldReplies {
		return cloudflareSucceed(nil)
	}
	return cloudflareSucceed(c.shown(ns))
}

// deleteNamespace removes a namespace and its keys, at once. The vendor's pages forbid neither.
func (c *Cloudflare) deleteNamespace(call *cloudflareCall) *cloudflareReply {
	defer c.enter(call)()
	ns, refusal := c.namespaceOf(call, "remove namespace")
	if refusal != nil {
		return refusal
	}
	delete(c.store.namespaces, ns.id)
	maps.DeleteFunc(c.written, func(key cloudflareKey, _ time.Time) bool { return key.namespace == ns.id })
	return c.done()
}
