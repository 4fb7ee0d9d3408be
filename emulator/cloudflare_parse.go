package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"slices"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of keys, developers.cloudflare.com/kv/platform/limits and /kv/api/write-key-value-pairs.
const (
	cloudflareKeySize  = 512          // bytes
	cloudflareValue    = 25 << 20     // bytes
	cloudflareMetadata = 1024         // bytes of JSON, as sent
	cloudflareMinTTL   = 60           // seconds
	cloudflareLastTime = 253402300799 // seconds since 1970: the end of the year 9999; no bound is documented
)

// cloudflareNumber is an integer of a query or of a JSON document.
type cloudflareNumber struct {
	set, valid bool
	n          int64
}

// cloudflareQuery is a query string.
type cloudflareQuery struct{ values url.Values }

// cloudflareQueryOf reads a query string. Names it does not know are ignored, as the vendor does.
func cloudflareQueryOf(raw, op string) (cloudflareQuery, *cloudflareReply) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return cloudflareQuery{}, cloudflareRefuse(10029, op+": 'invalid request: malformed query'")
	}
	return cloudflareQuery{values}, nil
}

// text returns a parameter; given twice it is like no known value.
func (q cloudflareQuery) text(name, otherwise string) string {
	switch given := q.values[name]; len(given) {
	case 0:
		return otherwise
	case 1:
		return given[0]
	}
	return "\x00"
}

// number returns a parameter that is an integer; given twice it is invalid.
func (q cloudflareQuery) number(name string, otherwise int64) cloudflareNumber {
	if _, ok := q.values[name]; !ok {
		return cloudflareNumber{valid: true, n: otherwise}
	}
	n, err := strconv.ParseInt(q.text(name, ""), 10, 64)
	return cloudflareNumber{set: true, valid: err == nil, n: n}
}

// cloudflareJSONNumber reads an integer of a JSON document, which may be written with a fraction of zero.
func cloudflareJSONNumber(raw json.RawMessage) cloudflareNumber {
	if raw == nil {
		return cloudflareNumber{}
	}
	number := cloudflareNumber{set: true}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		number.valid, number.n = true, n
	} else if f, err := strconv.ParseFloat(string(raw), 64); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		number.valid, number.n = true, int64(f)
	}
	return number
}

// cloudflareExpiry tells when a key written now expires, zero for never. The TTL wins, and the other is then not looked
// at. The clock counts whole seconds.
func cloudflareExpiry(now time.Time, expiration, ttl cloudflareNumber, op string) (time.Time, *cloudflareReply) {
	switch {
	case ttl.set:
		if !ttl.valid || ttl.n < cloudflareMinTTL || ttl.n > cloudflareLastTime-now.Unix() {
			return time.Time{}, cloudflareRefuse(10034, op+": 'invalid expiration_ttl: it must be at least 60 seconds'")
		}
		return time.Unix(now.Unix()+ttl.n, 0), nil
	case expiration.set:
		if !expiration.valid || expiration.n < now.Unix()+cloudflareMinTTL || expiration.n > cloudflareLastTime {
			return time.Time{}, cloudflareRefuse(10033, op+": 'invalid expiration: it must be at least 60 seconds in the future'")
		}
		return time.Unix(expiration.n, 0), nil
	}
	return time.Time{}, nil
}

// checkKey refuses the names that no key may have. That keys are UTF-8 is documented, what is answered otherwise is not.
func (c *Cloudflare) checkKey(key, op string) *cloudflareReply {
	unprintable := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
	switch {
	case key == "" || key == "." || key == "..", !utf8.ValidString(key), c.settings.PrintableKeys && slices.ContainsFunc([]rune(key), unprintable):
		return cloudflareRefuse(10042, op+": 'illegal key name'")
	case len(key) > cloudflareKeySize:
		return cloudflareRefuse(10030, op+": 'UTF-8 encoded length of "+strconv.Itoa(len(key))+" exceeds key length limit of 512'")
	}
	return nil
}

// cloudflareMetadataOf checks metadata; null is none. The status of metadata that is too large is the one that Workers see.
func cloudflareMetadataOf(raw []byte, op string) (json.RawMessage, *cloudflareReply) {
	if len(raw) > cloudflareMetadata {
		r := cloudflareRefuse(10047, op+": 'metadata length of "+strconv.Itoa(len(raw))+" exceeds limit of 1024'")
		r.status = cloudflareStatus[10024]
		return nil, r
	}
	if !utf8.Valid(raw) || !json.Valid(raw) {
		return nil, cloudflareRefuse(10047, op+": 'metadata must be valid JSON'")
	}
	if string(bytes.TrimSpace(raw)) == "null" {
		return nil, nil
	}
	return bytes.Clone(raw), nil
}

// cloudflareString reads a JSON string.
func cloudflareString(raw json.RawMessage) (string, bool) {
	var s *string
	if json.Unmarshal(raw, &s) != nil || s == nil {
		return "", false
	}
	return *s, true
}

// cloudflareBool reads a JSON boolean; one that is not given is false.
func cloudflareBool(raw json.RawMessage) (value, ok bool) {
	if raw == nil {
		return false, true
	}
	var b *bool
	if json.Unmarshal(raw, &b) != nil || b == nil {
		return false, false
	}
	return *b, true
}

var errCloudflareText = errors.New("body is not valid UTF-8")

// cloudflareArray reads a body that is a JSON array of at most n elements.
func cloudflareArray(body []byte, n int) ([]json.RawMessage, error) {
	if !utf8.Valid(body) {
		return nil, errCloudflareText
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if start, err := d.Token(); err != nil || start != json.Delim('[') {
		return nil, errors.New("body is no JSON array")
	}
	var elements []json.RawMessage
	for d.More() {
		if len(elements) == n {
			return nil, fmt.Errorf("more than %d elements", n)
		}
		var element json.RawMessage
		if d.Decode(&element) != nil {
			return nil, errors.New("body is not valid JSON")
		}
		elements = append(elements, element)
	}
	return elements, cloudflareEnd(d)
}

// cloudflareObject reads a JSON object with fields of these names alone, each at most once; null is as if not given.
// Whether the vendor refuses others is not known; ignoring them would hide a misspelt TTL.
func cloudflareObject(body []byte, names ...string) (map[string]json.RawMessage, error) {
	if !utf8.Valid(body) {
		return nil, errCloudflareText
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	seen, fields := map[string]bool{}, map[string]json.RawMessage{}
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		var value json.RawMessage
		switch {
		case err != nil || !ok || d.Decode(&value) != nil:
			return nil, errors.New("not valid JSON")
		case !slices.Contains(names, name):
			return nil, errors.New("unknown field")
		case seen[name]:
			return nil, errors.New("duplicate field " + name)
		}
		seen[name] = true
		if string(value) != "null" {
			fields[name] = value
		}
	}
	return fields, cloudflareEnd(d)
}

// cloudflareEnd expects the end of an array or object, and of the document.
func cloudflareEnd(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return errors.New("not valid JSON")
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("data after the JSON document")
	}
	return nil
}
