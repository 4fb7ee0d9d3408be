package alibaba

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// text is a JSON string, or a number in its own digits: some of the vendor's samples have one where others have the
// other, ids over 2^53 among them. Anything else is an empty text.
type text string

// UnmarshalJSON reads a string or number.
func (t *text) UnmarshalJSON(b []byte) error {
	*t = ""
	switch {
	case b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*t = text(s)
	case b[0] == '-' || '0' <= b[0] && b[0] <= '9':
		*t = text(b)
	}
	return nil
}

// integer is a whole JSON number, or a string that holds one.
type integer int64

var errInteger = errors.New("not a whole number")

// UnmarshalJSON reads a number or string.
func (i *integer) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(string(bytes.Trim(b, `"`)), 10, 64)
	if err != nil {
		return errInteger // without what was met
	}
	*i = integer(n)
	return nil
}

// statusOnline is the status of an account or namespace that works. A namespace that is deleted goes through delete,
// deleting and deleted (page CreateKvNamespace).
const statusOnline = "online"

// namespaceReply is the reply of CreateKvNamespace and GetKvNamespace, and an item of that of GetKvAccount.
type namespaceReply struct {
	head
	Namespace, Status, Description string
	NamespaceID                    text
	Capacity, CapacityUsed         *integer
}

func (r *namespaceReply) faultFor(name string) string {
	switch {
	case r.Namespace == "" || r.Status == "":
		return "lacks the namespace or its status"
	case r.Namespace != name:
		return "is about another namespace"
	}
	return ""
}

func (r *namespaceReply) info() driver.NamespaceInfo {
	info := driver.NamespaceInfo{NamespaceRef: driver.NamespaceRef{Name: r.Namespace, ID: string(r.NamespaceID)}, Description: r.Description}
	if info.ID == "" {
		info.ID = r.Namespace
	}
	if r.Capacity != nil && r.CapacityUsed != nil {
		info.Usage = &driver.Usage{UsedBytes: int64(*r.CapacityUsed), CapacityBytes: int64(*r.Capacity)}
	}
	return info
}

// accountReply is the reply of GetKvAccount.
type accountReply struct {
	head
	Status        string
	NamespaceUsed *integer
	NamespaceList []namespaceReply
}

func (r *accountReply) fault() string {
	switch {
	case r.Status == "":
		return "lacks the status of the account"
	case r.Status == statusOnline && r.NamespaceList == nil && (r.NamespaceUsed == nil || *r.NamespaceUsed != 0):
		return "lacks the namespaces"
	}
	for i := range r.NamespaceList {
		if r.NamespaceList[i].Namespace == "" || r.NamespaceList[i].Status == "" {
			return "has a namespace without a name or status"
		}
	}
	return ""
}

func (r *accountReply) namespaces() (all []driver.NamespaceInfo) {
	for i := range r.NamespaceList {
		if n := &r.NamespaceList[i]; n.Status == statusOnline {
			all = append(all, n.info())
		}
	}
	return all
}

// lengthReply is the reply of PutKv and PutKvWithHighCapacity. What it repeats of the value is shortened, and not read.
type lengthReply struct {
	head
	Length *integer
}

func (r *lengthReply) fault() string {
	if r.Length == nil {
		return "lacks the Length of what was written"
	}
	return ""
}

// valueReply is the reply of GetKv.
type valueReply struct {
	head
	Value *wire.Text
}

func (r *valueReply) fault() string {
	switch {
	case r.Value == nil:
		return "lacks the Value"
	case r.Value.Other:
		return "has a Value that is no text"
	}
	return ""
}

// detailReply is the reply of GetKvDetail.
type detailReply struct {
	valueReply
	ExpirationTTL json.RawMessage // a number, or a string that holds one
}

// maxTTL is more seconds than any key lives.
const maxTTL = 1 << 40

// expiry returns when the key expires, told at now. What stands for a key that stays is not documented: nothing, or no
// time left, is taken for it.
func (r *detailReply) expiry(now time.Time) (e driver.Expiry, fault string) {
	if fault := r.fault(); fault != "" {
		return e, fault
	}
	said := string(r.ExpirationTTL)
	if said == "" || said == "null" || said == `""` {
		return driver.NeverExpires(), ""
	}
	seconds, err := strconv.ParseInt(strings.Trim(said, `"`), 10, 64)
	switch {
	case err != nil || seconds > maxTTL:
		return e, "has an ExpirationTtl that is no time in seconds"
	case seconds <= 0:
		return driver.NeverExpires(), ""
	}
	return driver.ExpiresAt(time.Unix(now.Unix()+seconds, int64(now.Nanosecond())).UTC()), ""
}

// listReply is the reply of ListKvs.
type listReply struct {
	head
	Keys       []struct{ Name string }
	TotalCount *integer
}

func (r *listReply) page(at pageRef) (*driver.ListResponse, string) {
	if r.TotalCount == nil || *r.TotalCount < 0 {
		return nil, "lacks the TotalCount of keys"
	}
	total := int(min(*r.TotalCount, maxListed+1))
	switch {
	case r.Keys == nil && total > at.before:
		return nil, "lacks the Keys"
	case len(r.Keys) > at.size:
		return nil, fmt.Sprintf("has %d keys, asked for %d", len(r.Keys), at.size)
	}
	page := &driver.ListResponse{}
	for _, key := range r.Keys {
		if key.Name == "" {
			return nil, "has a key without a name"
		}
		page.Keys = append(page.Keys, driver.KeyInfo{Name: key.Name})
	}
	next := at.before + at.size
	more := total > next
	if total < at.before+len(r.Keys) { // the count lags behind the keys
		more = len(r.Keys) == at.size && next < maxListed
	}
	if more {
		page.Cursor = strconv.Itoa(next)
	}
	return page, ""
}

// batchReply is the reply of BatchPutKv and BatchDeleteKv.
type batchReply struct {
	head
	SuccessKeys, FailKeys []string
}

func (r *batchReply) fault() string {
	if r.SuccessKeys == nil && r.FailKeys == nil {
		return "tells of no key how it ended"
	}
	return ""
}

// failures returns one error a key, nil where it succeeded; nil if all did. A key that the vendor reports as failed gets
// a copy of reported.
func (r *batchReply) failures(keys []string, reported errs.Error) []error {
	const good, bad = 1, 2
	ended := make(map[string]int, len(keys))
	for _, key := range r.SuccessKeys {
		ended[key] |= good
	}
	for _, key := range r.FailKeys {
		ended[key] |= bad
	}
	var all []error
	for i, key := range keys {
		if ended[key] == good {
			continue
		}
		e := errs.Error{Code: errs.Unknown, Retry: errs.Temporary, Message: "the reply does not tell how the key ended"}
		if ended[key] == bad {
			e = reported
		}
		e.HTTPStatus, e.RequestID = http.StatusOK, string(r.RequestID)
		if all == nil {
			all = make([]error, len(keys))
		}
		all[i] = &e
	}
	return all
}
