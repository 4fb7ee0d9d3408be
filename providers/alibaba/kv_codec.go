package alibaba

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// checkText refuses what would arrive as something else.
func checkText(what, s string) error {
	switch {
	case s == "":
		return errs.Refuse(errs.InvalidArgument, "%s is empty", what)
	case !utf8.ValidString(s):
		return errs.Refuse(errs.InvalidArgument, "%s is not valid UTF-8", what)
	}
	return nil
}

// encodeNamespace returns the form of a creation (page CreateKvNamespace).
func encodeNamespace(r *driver.CreateNamespaceRequest) ([]byte, error) {
	if err := checkText("namespace name", r.Name); err != nil {
		return nil, err
	}
	form := params{"Namespace": r.Name}
	if r.Description != "" {
		if err := checkText("description", r.Description); err != nil {
			return nil, err
		}
		form["Description"] = r.Description
	}
	return []byte(canonicalQuery(form)), nil
}

// encodePut returns the query and the form of a put (page PutKv).
func encodePut(namespace string, r *driver.PutRequest) (params, []byte, error) {
	if !utf8.Valid(r.Value) {
		return nil, nil, errs.Refuse(errs.InvalidArgument, "value is not valid UTF-8")
	}
	query := params{"Namespace": namespace, "Key": r.Key}
	ttl, at := expiryOf(r)
	if ttl > 0 {
		query["ExpirationTtl"] = strconv.FormatInt(ttl, 10)
	} else if at != 0 {
		query["Expiration"] = strconv.FormatInt(at, 10)
	}
	return query, encodeField("Value", r.Value), nil
}

// expiryOf returns the time to live or else the expiry of a put, in seconds. With both the first one counts, and the
// other is not sent.
func expiryOf(r *driver.PutRequest) (ttl, at int64) {
	switch {
	case r.TTL > 0:
		return int64((r.TTL-1)/time.Second) + 1, 0
	case !r.ExpiresAt.IsZero():
		return 0, r.ExpiresAt.Unix()
	}
	return 0, 0
}

// batchItem is an item of a batch (page BatchPutKv).
type batchItem struct {
	Key           string
	Value         string
	Expiration    int64 `json:",omitempty"`
	ExpirationTTL int64 `json:"ExpirationTtl,omitempty"`
}

func newBatchItem(r *driver.PutRequest) batchItem {
	ttl, at := expiryOf(r)
	return batchItem{Key: r.Key, Value: string(r.Value), Expiration: at, ExpirationTTL: ttl}
}

// encodePutBatch returns the form of a batch, and its keys.
func encodePutBatch(all []*driver.PutRequest) (form []byte, keys []string, err error) {
	items := make([]batchItem, len(all))
	keys = make([]string, 0, len(all))
	for i, r := range all {
		items[i] = newBatchItem(r)
		if !utf8.ValidString(items[i].Key) || !utf8.ValidString(items[i].Value) {
			return nil, nil, errs.Refuse(errs.InvalidArgument, "item %d: key or value is not valid UTF-8", i)
		}
		keys = append(keys, r.Key)
	}
	form, err = encodeForm("KvList", items)
	return form, keys, err
}

// encodeDeleteBatch returns the form of a batch (page BatchDeleteKv).
func encodeDeleteBatch(keys []string) ([]byte, error) {
	for i, key := range keys {
		if !utf8.ValidString(key) {
			return nil, errs.Refuse(errs.InvalidArgument, "key %d is not valid UTF-8", i)
		}
	}
	return encodeForm("Keys", keys)
}

// encodeForm returns a form with one field, which holds a list as JSON.
func encodeForm(field string, list any) ([]byte, error) {
	content, err := wire.EncodeJSON(list)
	if err != nil {
		return nil, err
	}
	return encodeField(field, content), nil
}

// encodeField returns a form with one field.
func encodeField(field string, content []byte) []byte {
	form := make([]byte, 0, len(field)+len("=")+wire.EscapedLen(content))
	return wire.AppendEscaped(append(append(form, field...), '='), content)
}

const (
	batchComma = int64(len("%2C"))
	// batchFrame is what the body of a batch has beside its items and a comma behind each.
	batchFrame = int64(len("KvList=%5B%5D")) - batchComma
	// batchItemFrame is what an item has beside its texts and its expiry.
	batchItemFrame = int64(len("%7B%22Key%22%3A%22%22%2C%22Value%22%3A%22%22%7D"))
)

// batchBytes returns what an item adds to the body of a batch, its comma included.
func batchBytes(r *driver.PutRequest) int64 {
	size := batchItemFrame + formBytes(r.Key) + formBytes(r.Value) + batchComma
	switch ttl, at := expiryOf(r); {
	case ttl != 0:
		size += int64(len("%2C%22ExpirationTtl%22%3A") + len(strconv.FormatInt(ttl, 10)))
	case at != 0:
		size += int64(len("%2C%22Expiration%22%3A") + len(strconv.FormatInt(at, 10)))
	}
	return size
}

// formBytes returns how long a text is within a JSON string within a form, as [encodeForm] spells it.
func formBytes[T ~string | ~[]byte](text T) (size int64) {
	size = int64(wire.EscapedLen(text))
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			size += int64(len("%5C"))
		case strings.IndexByte("\b\f\n\r\t", c) >= 0:
			size += int64(len("%5Cn") - len("%0A"))
		case c < ' ':
			size += int64(len("%5Cu0000") - len("%00"))
		case c == 0xe2 && i+2 < len(text) && text[i+1] == 0x80 && text[i+2]&^1 == 0xa8: // U+2028 and U+2029
			size += int64(len("%5Cu2028") - len("%E2%80%A8"))
		}
	}
	return size
}

// pageRef is where a page stands: before keys come before it, and it has at most size.
type pageRef struct{ before, size int }

// maxListed is how many keys of a prefix can be reached: PageNumber × PageSize (page ListKvs).
const maxListed = 50_000

// encodeList returns the query of a page (page ListKvs), and where it stands. The vendor counts pages, so that their
// size must divide the number of keys before them and end within what can be reached: the page is as large as that
// allows.
func encodeList(namespace string, r *driver.ListRequest) (params, pageRef, error) {
	var at pageRef
	if r.PageSize < 1 {
		return nil, at, errs.Refuse(errs.InvalidArgument, "page size is %d, at least 1 is accepted", r.PageSize)
	}
	if r.Cursor != "" {
		before, err := strconv.Atoi(r.Cursor)
		if err != nil || before <= 0 || before > maxListed || strconv.Itoa(before) != r.Cursor {
			return nil, at, errs.Refuse(errs.InvalidArgument, "the cursor is none that a listing returned")
		}
		at.before = before
	}
	if at.before == maxListed {
		return nil, at, errs.Refuse(errs.TooLarge, "Edge KV lists only the first %d keys of a prefix, and there are more; list longer prefixes", maxListed)
	}
	at.size = min(r.PageSize, maxListed-at.before)
	for at.before%at.size != 0 {
		at.size--
	}
	query := params{"Namespace": namespace, "PageNumber": strconv.Itoa(at.before/at.size + 1), "PageSize": strconv.Itoa(at.size)}
	if r.Prefix != "" {
		query["Prefix"] = r.Prefix
	}
	return query, at, nil
}
