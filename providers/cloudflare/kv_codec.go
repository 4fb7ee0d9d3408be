package cloudflare

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/textproto"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cloudflare/cloudflare-go/v7/kv"

	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// This file holds the pure functions between the driver's types and the bytes of requests and replies. Errors of
// decoding complete the sentence "the reply …" and hold no value.
//
// The vendor's models read leniently: a number as a text, an object as an empty one. What matters is checked again.

const (
	jsonType   = "application/json"
	octetsType = "application/octet-stream"
)

// encodeJSON is [wire.EncodeJSON] for what can always be encoded. That metadata becomes no longer than it was checked to
// be depends on it.
func encodeJSON(v any) []byte {
	text, _ := wire.EncodeJSON(v)
	return text
}

func encodeTitle(title string) []byte { return encodeJSON(map[string]string{"title": title}) }

var errNoResult = errors.New("has no result")

func isNull(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) == 0 || string(raw) == "null"
}

// decodeNamespace reads the result that describes a namespace.
func decodeNamespace(raw json.RawMessage) (*kvdriver.NamespaceInfo, error) {
	var ns kv.Namespace
	if isNull(raw) {
		return nil, errNoResult
	}
	if json.Unmarshal(raw, &ns) != nil {
		return nil, errors.New("has a result that is no namespace")
	}
	return namespaceInfo(&ns)
}

func namespaceInfo(ns *kv.Namespace) (*kvdriver.NamespaceInfo, error) {
	switch {
	case ns.ID == "" || ns.JSON.ID.IsInvalid():
		return nil, errors.New("has a namespace without an id")
	case ns.Title == "" || ns.JSON.Title.IsInvalid():
		return nil, errors.New("has a namespace without a title")
	}
	return &kvdriver.NamespaceInfo{NamespaceRef: kvdriver.NamespaceRef{Name: strings.Clone(ns.Title), ID: strings.Clone(ns.ID)}}, nil
}

// decodeNamespaces reads the result that lists namespaces.
func decodeNamespaces(raw json.RawMessage) ([]kvdriver.NamespaceInfo, error) {
	var list []kv.Namespace
	if err := decodeArray(raw, &list); err != nil {
		return nil, err
	}
	all := make([]kvdriver.NamespaceInfo, 0, len(list))
	for i := range list {
		info, err := namespaceInfo(&list[i])
		if err != nil {
			return nil, err
		}
		all = append(all, *info)
	}
	return all, nil
}

func decodeArray[T any](raw json.RawMessage, list *[]T) error {
	if isNull(raw) {
		return errNoResult
	}
	if json.Unmarshal(raw, list) != nil {
		return errors.New("has a result that is no list")
	}
	return nil
}

// morePages reports whether a listing of namespaces goes on after a page with so many, as far as the reply tells.
func morePages(page, count int, info *resultInfo) bool {
	size := namespacesPage
	if info != nil && info.PerPage > 0 {
		size = info.PerPage
	}
	switch {
	case count == 0:
		return false
	case info != nil && info.TotalPages > 0:
		return page < info.TotalPages
	case info != nil && info.TotalCount > 0:
		return page*size < info.TotalCount
	}
	return count >= size
}

// listedKey is a key of a listing. The vendor's model of it costs several times as much to read, and what matters would
// have to be read again.
type listedKey struct {
	Name       json.RawMessage `json:"name"`
	Expiration json.RawMessage `json:"expiration"`
	Metadata   json.RawMessage `json:"metadata"`
}

// decodeKeys reads the result that lists keys.
func decodeKeys(raw json.RawMessage) ([]kvdriver.KeyInfo, error) {
	var list []listedKey
	if err := decodeArray(raw, &list); err != nil {
		return nil, err
	}
	all := make([]kvdriver.KeyInfo, 0, len(list))
	for i := range list {
		key := &list[i]
		name, ok := decodeText(key.Name)
		if !ok || name == "" {
			return nil, errors.New("has a key whose name cannot be read")
		}
		expiry, err := decodeExpiry(string(key.Expiration))
		if err != nil {
			return nil, err
		}
		all = append(all, kvdriver.KeyInfo{Name: name, Expiry: expiry, Metadata: orNone(key.Metadata)})
	}
	return all, nil
}

// decodeText reads a JSON string; it is not ok where what was meant cannot be told exactly, as of half a surrogate pair,
// for which package json puts the replacement character. The reply is known to be valid UTF-8.
func decodeText(raw json.RawMessage) (text string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &text) != nil {
		return "", false
	}
	return text, !strings.Contains(text, replacement) || wire.IsFaithful(raw)
}

// replacement is the character that stands for what could not be decoded.
const replacement = string(utf8.RuneError)

// decodeExpiry reads seconds since 1970, as a header or a JSON number tells them. None means that the key stays.
func decodeExpiry(text string) (kvdriver.Expiry, error) {
	if text == "" || text == "null" {
		return kvdriver.NeverExpires(), nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		f, notNumber := strconv.ParseFloat(text, 64) // the documented type is number: 1.5778368e9 is one
		if seconds = int64(f); notNumber != nil || float64(seconds) != f {
			return kvdriver.Expiry{}, errors.New("has an expiration that is no number of seconds")
		}
	}
	if seconds <= 0 || seconds > maxUnix {
		return kvdriver.Expiry{}, errors.New("has an expiration that is no time")
	}
	return kvdriver.ExpiresAt(time.Unix(seconds, 0)), nil
}

// maxUnix is the end of the year 9999; larger numbers are no seconds since 1970.
const maxUnix = 253402300799

// encodeForm encodes a value and its metadata as the parts of a form. The value's part is made as one of a file, which
// nobody may take for text.
func encodeForm(value []byte, metadata json.RawMessage) (contentType string, body []byte) {
	b := bytes.NewBuffer(make([]byte, 0, len(value)+len(metadata)+1024))
	form := multipart.NewWriter(b)
	for _, part := range []struct {
		disposition, contentType string
		content                  []byte
	}{
		{`form-data; name="value"; filename="value"`, octetsType, value},
		{`form-data; name="metadata"`, jsonType, metadata},
	} {
		w, _ := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {part.disposition}, "Content-Type": {part.contentType}}) // a Buffer does not fail
		_, _ = w.Write(part.content)
	}
	_ = form.Close()
	return form.FormDataContentType(), b.Bytes()
}
