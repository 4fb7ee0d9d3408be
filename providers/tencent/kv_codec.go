package tencent

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// The bodies of the requests, and what Response holds in their replies; each from the page of its action.

type putRequest struct {
	ZoneID                string `json:"ZoneId"`
	Namespace, Key, Value string
	Expiration            *int64 `json:",omitempty"` // Unix seconds
	ExpirationTTL         *int64 `json:",omitempty"` // seconds; beats Expiration
}

// keysRequest is of EdgeKVGet and EdgeKVDelete.
type keysRequest struct {
	ZoneID    string `json:"ZoneId"`
	Namespace string
	Keys      []string
}

type listRequest struct {
	ZoneID    string `json:"ZoneId"`
	Namespace string
	Prefix    string `json:",omitempty"` // an empty one is refused
	Cursor    string `json:",omitempty"`
	Limit     int
}

// namespaceRequest is of the actions that make, change and delete a namespace.
type namespaceRequest struct {
	ZoneID    string `json:"ZoneId"`
	Namespace string
	Remark    *string `json:",omitempty"`
}

type namespacesRequest struct {
	ZoneID            string `json:"ZoneId"`
	Offset, Limit     int
	SortBy, SortOrder string
	Filters           []filter `json:",omitempty"`
}

type filter struct {
	Name   string
	Values []string
	Fuzzy  bool
}

// doneReply is the reply of actions that return nothing but the request's id.
type doneReply struct{ head }

type getReply struct {
	head
	Data []datum
}

type datum struct {
	Key        *string
	Value      *wire.Text
	Expiration *string
}

type listReply struct {
	head
	Keys   array[string]
	Cursor *string
}

type namespacesReply struct {
	head
	TotalCount   *int
	KVNamespaces array[namespaceReply]
}

type namespaceReply struct {
	Namespace              string
	Remark                 string
	Capacity, CapacityUsed *int64
	CreatedOn, ModifiedOn  string
}

// array tells a field that is missing, or not an array of its items, from one that is null, which some of the vendor's
// services send for no items. It is no error of decoding, so that the rest of the reply is read too.
type array[T any] struct {
	given bool
	items []T
}

func (a *array[T]) UnmarshalJSON(text []byte) error {
	a.given = json.Unmarshal(text, &a.items) == nil
	return nil
}

// checkText returns [errs.InvalidArgument] for text that is not valid UTF-8: in JSON it would arrive as something else.
func checkText(what string, texts ...string) error {
	for _, text := range texts {
		if !utf8.ValidString(text) {
			return errs.Refuse(errs.InvalidArgument, "%s is not valid UTF-8, and this provider takes text only", what)
		}
	}
	return nil
}

func encodePut(zone, namespace string, r *driver.PutRequest) (*putRequest, error) {
	if err := checkText("key", r.Key); err != nil {
		return nil, err
	}
	value := string(r.Value)
	if err := checkText("value", value); err != nil {
		return nil, err
	}
	body := &putRequest{ZoneID: zone, Namespace: namespace, Key: r.Key, Value: value}
	if r.TTL != 0 {
		seconds := int64(r.TTL / time.Second)
		if r.TTL%time.Second > 0 {
			seconds++ // a key must not end early, and 0 must not be sent for less than a second
		}
		body.ExpirationTTL = &seconds
	} else if !r.ExpiresAt.IsZero() {
		at := r.ExpiresAt.Unix()
		body.Expiration = &at
	}
	return body, nil
}

func encodeKeys(zone, namespace string, keys ...string) (*keysRequest, error) {
	return &keysRequest{ZoneID: zone, Namespace: namespace, Keys: keys}, checkText("key", keys...)
}

func encodeList(zone, namespace string, r *driver.ListRequest) (*listRequest, error) {
	return &listRequest{ZoneID: zone, Namespace: namespace, Prefix: r.Prefix, Cursor: r.Cursor, Limit: r.PageSize},
		checkText("prefix", r.Prefix)
}

// maxNamespaces is how many namespaces one page has at most (page DescribeEdgeKVNamespaces).
const maxNamespaces = 1000

// encodeNamespaces asks for a page of namespaces, the oldest first, so that one made meanwhile moves no other.
func encodeNamespaces(zone, cursor string) (*namespacesRequest, error) {
	offset := 0
	if cursor != "" {
		var err error
		if offset, err = strconv.Atoi(cursor); err != nil || offset < 0 {
			return nil, errs.Refuse(errs.InvalidArgument, "the cursor is not one that a listing returned")
		}
	}
	return &namespacesRequest{ZoneID: zone, Offset: offset, Limit: maxNamespaces, SortBy: "created-on", SortOrder: "asc"}, nil
}

// encodeNamespace asks for the namespace of exactly that name. Should the filter be taken as fuzzy, the page is large
// enough for the right one to be on it.
func encodeNamespace(zone, name string) (*namespacesRequest, error) {
	body, _ := encodeNamespaces(zone, "")
	body.Filters = []filter{{Name: "namespace", Values: []string{name}}}
	return body, checkText("namespace name", name)
}

// values returns the value of each key, or why there is none. wantExpiry makes an unreadable expiry a fault.
func (r *getReply) values(keys []string, wantExpiry bool) (_ []driver.GetBatchResult, fault string) {
	if len(r.Data) != len(keys) {
		return nil, "answers for " + strconv.Itoa(len(r.Data)) + " of " + strconv.Itoa(len(keys)) + " keys"
	}
	results := make([]driver.GetBatchResult, len(keys))
	for i, d := range r.Data {
		switch {
		case d.Key == nil || d.Value == nil:
			return nil, "lacks the Key or Value of a key"
		case d.Value.Other:
			return nil, "has a Value that is no text"
		case *d.Key != keys[i]:
			return nil, "answers for other keys than those asked for"
		case len(d.Value.Bytes) == 0: // an empty value cannot be stored and means that there is none (page EdgeKVGet)
			results[i].Err = noSuchKey(r.RequestID)
			continue
		}
		expiry, ok := decodeExpiry(d.Expiration)
		if !ok && wantExpiry {
			return nil, "has an expiry that is not a time"
		}
		results[i].GetResponse = driver.GetResponse{Value: d.Value.Bytes, Expiry: expiry}
	}
	return results, ""
}

// decodeExpiry reads the expiry of a key, a time in ISO 8601 form or "" for never. It is unknown where it is missing.
func decodeExpiry(text *string) (driver.Expiry, bool) {
	switch {
	case text == nil:
		return driver.Expiry{}, true
	case *text == "":
		return driver.NeverExpires(), true
	}
	at, err := time.Parse(time.RFC3339, *text)
	if err != nil {
		return driver.Expiry{}, false
	}
	return driver.ExpiresAt(at.UTC()), true
}

// page returns the keys of a page. One without keys is not the end while it has a cursor.
func (r *listReply) page() (_ *driver.ListResponse, fault string) {
	if !r.Keys.given || r.Cursor == nil {
		return nil, "lacks Keys or Cursor, or has them in another form"
	}
	page := &driver.ListResponse{Keys: make([]driver.KeyInfo, len(r.Keys.items)), Cursor: *r.Cursor}
	for i, key := range r.Keys.items {
		if key == "" {
			return nil, "lists a key without a name"
		}
		page.Keys[i].Name = key
	}
	return page, ""
}

// page returns the namespaces of a page that was asked for with that offset.
func (r *namespacesReply) page(offset int) (_ *driver.ListNamespacesResponse, fault string) {
	if !r.KVNamespaces.given || r.TotalCount == nil {
		return nil, "lacks KVNamespaces or TotalCount, or has them in another form"
	}
	page := &driver.ListNamespacesResponse{}
	for _, n := range r.KVNamespaces.items {
		if n.Namespace == "" {
			return nil, "lists a namespace without a name"
		}
		page.Namespaces = append(page.Namespaces, n.info())
	}
	next := offset + len(page.Namespaces)
	switch {
	case next >= *r.TotalCount:
	case next == offset:
		return nil, "lists no namespaces but counts more"
	default:
		page.Cursor = strconv.Itoa(next)
	}
	return page, ""
}

func (n *namespaceReply) info() driver.NamespaceInfo {
	info := driver.NamespaceInfo{
		NamespaceRef: byName(n.Namespace), Description: n.Remark, Created: decodeTime(n.CreatedOn), Updated: decodeTime(n.ModifiedOn),
	}
	if n.CapacityUsed != nil {
		info.Usage = &driver.Usage{UsedBytes: *n.CapacityUsed}
		if n.Capacity != nil {
			info.Usage.CapacityBytes = *n.Capacity
		}
	}
	return info
}

// decodeTime reads when something was done; zero where it cannot be read, since nothing depends on it.
func decodeTime(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

func byName(name string) driver.NamespaceRef { return driver.NamespaceRef{Name: name, ID: name} }
