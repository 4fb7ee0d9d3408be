package emulator

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// huaweiFields is a JSON object of a request, whose fields an operation takes out one by one. The first thing that is
// wrong with them is kept, and no field counts after that.
type huaweiFields struct {
	raw     map[string]json.RawMessage
	failure *huaweiError
}

// readHuaweiFields reads the body of a request, which has to be one JSON object in UTF-8, no name in it twice. A
// sequence, which any body may have, is checked and dropped.
func readHuaweiFields(body []byte) (*huaweiFields, *huaweiError) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, huaweiFails("KMS.0202", "the body is not JSON in UTF-8")
	}
	f, ok := huaweiObject(body)
	if !ok {
		return nil, huaweiFails("KMS.0202", "the body is not a JSON object with every name once")
	}
	if sequence, given := f.optional("sequence"); given && len(sequence) != 36 {
		return nil, huaweiFails("KMS.0206", "sequence is not of 36 bytes")
	}
	return f, f.failure
}

// huaweiObject takes a JSON object apart that is known to be valid JSON.
func huaweiObject(data []byte) (*huaweiFields, bool) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, false
	}
	f := &huaweiFields{raw: map[string]json.RawMessage{}}
	for dec.More() {
		token, err := dec.Token()
		name, ok := token.(string)
		var value json.RawMessage
		if err != nil || !ok || dec.Decode(&value) != nil {
			return nil, false
		}
		if _, twice := f.raw[name]; twice {
			return nil, false
		}
		f.raw[name] = value
	}
	_, err := dec.Token()
	return f, err == nil || err == io.EOF
}

// readHuaweiQuery reads a query, whose parameters may occur once each. Those of calls other than the listing of aliases
// mean nothing, and are refused.
func readHuaweiQuery(raw string, has bool) (map[string]string, *huaweiError) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, huaweiFails("KMS.0201", "the query is malformed")
	}
	query := map[string]string{}
	for name, all := range values {
		known := has && slices.Contains([]string{"key_id", "limit", "marker"}, name)
		if !known || len(all) > 1 {
			return nil, huaweiFails("KMS.0201", "the query has a parameter that this call does not take, or takes once")
		}
		query[name] = all[0]
	}
	return query, nil
}

// take removes a field and reports whether it was there. null counts as absent, as SDKs send it for what is not set.
func (f *huaweiFields) take(name string, needed bool) (json.RawMessage, bool) {
	raw, ok := f.raw[name]
	delete(f.raw, name)
	if ok = ok && string(raw) != "null"; !ok && needed {
		f.refuse("KMS.0204", "%s is missing", name)
	}
	return raw, ok && f.failure == nil
}

// refuse notes what is wrong, unless something already was.
func (f *huaweiFields) refuse(code, format string, args ...any) {
	if f.failure == nil {
		f.failure = huaweiFails(code, format, args...)
	}
}

// text returns a string that has to be there.
func (f *huaweiFields) text(name string) string {
	value, _ := f.str(name, true)
	return value
}

// optional returns a string and whether it was there.
func (f *huaweiFields) optional(name string) (string, bool) { return f.str(name, false) }

// str reads a string. The vendor has nearly all scalars as strings; a number in place of one is refused, though its
// pages do not say that it is.
func (f *huaweiFields) str(name string, needed bool) (string, bool) {
	raw, ok := f.take(name, needed)
	if !ok {
		return "", false
	}
	value, ok := tencentString(raw)
	if !ok {
		f.refuse("KMS.0202", "%s is not a string", name)
	}
	return value, ok
}

// choice returns one of several words, other if it is absent.
func (f *huaweiFields) choice(name, other string, words ...string) string {
	value, given := f.optional(name)
	if !given {
		return other
	}
	if !slices.Contains(words, value) {
		f.refuse("KMS.0308", "%s is not one of %s", name, strings.Join(words, ", "))
	}
	return value
}

// needed makes a choice one that has to be there.
func (f *huaweiFields) needed(name string, words ...string) string {
	if value := f.choice(name, "", words...); value != "" {
		return value
	}
	f.refuse("KMS.0204", "%s is missing", name)
	return ""
}

// number returns a number in a string, -1 if it is absent, and fails with the code if it is out of its range.
func (f *huaweiFields) number(name, code string, least, most int) int {
	value, given := f.optional(name)
	if !given {
		return -1
	}
	n, ok := huaweiNumber(value)
	if !ok || n < least || n > most {
		f.refuse(code, "%s is not a string with a number from %d to %d", name, least, most)
	}
	return n
}

// integer returns a JSON number and whether it was there.
func (f *huaweiFields) integer(name string, needed bool) (int64, bool) {
	raw, ok := f.take(name, needed)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		f.refuse("KMS.0202", "%s is not an integer", name)
	}
	return n, err == nil
}

// boolean returns a boolean, other if it is absent.
func (f *huaweiFields) boolean(name string, other bool) bool {
	raw, ok := f.take(name, false)
	if !ok {
		return other
	}
	if string(raw) != "true" && string(raw) != "false" {
		f.refuse("KMS.0202", "%s is not a boolean", name)
	}
	return string(raw) == "true"
}

// object returns an object and whether it was there.
func (f *huaweiFields) object(name string, needed bool) (*huaweiFields, bool) {
	raw, ok := f.take(name, needed)
	if !ok {
		return nil, false
	}
	object, ok := huaweiObject(raw)
	if !ok {
		f.refuse("KMS.0202", "%s is not an object with every name once", name)
	}
	return object, ok
}

// list returns the elements of an array and whether it was there.
func (f *huaweiFields) list(name string) ([]json.RawMessage, bool) {
	raw, ok := f.take(name, false)
	if !ok {
		return nil, false
	}
	var elements []json.RawMessage
	if json.Unmarshal(raw, &elements) != nil {
		f.refuse("KMS.0202", "%s is not an array", name)
	}
	return elements, true
}

// objects returns an array of objects and whether it was there.
func (f *huaweiFields) objects(name string) (objects []*huaweiFields, given bool) {
	elements, given := f.list(name)
	for _, raw := range elements {
		object, ok := huaweiObject(raw)
		if !ok {
			f.refuse("KMS.0202", "%s is not an array of objects", name)
			return nil, given
		}
		objects = append(objects, object)
	}
	return objects, given
}

// texts returns an array of strings and whether it was there.
func (f *huaweiFields) texts(name string) (values []string, given bool) {
	elements, given := f.list(name)
	for _, raw := range elements {
		value, ok := tencentString(raw)
		if !ok {
			f.refuse("KMS.0202", "%s is not an array of strings", name)
			return nil, given
		}
		values = append(values, value)
	}
	return values, given
}

// end returns what was wrong with the fields, be it that one is left which no one asked for. The vendor's pages do not
// say what becomes of those; refused, a misspelt one cannot go unseen.
func (f *huaweiFields) end() *huaweiError {
	for _, name := range slices.Sorted(maps.Keys(f.raw)) {
		if string(f.raw[name]) == "null" {
			continue
		}
		f.refuse("KMS.0308", "%q is not a parameter of this call", name)
	}
	return f.failure
}

// huaweiNumber reads a number of at most nine digits.
func huaweiNumber(text string) (int, bool) {
	if len(text) == 0 || len(text) > 9 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}
