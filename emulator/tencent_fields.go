package emulator

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// tencentFields is a JSON object of a request, whose fields an action takes out one by one. The first thing that is
// wrong with them is kept, and no field counts after that.
type tencentFields struct {
	path    string // of the object, such as "Filters.0."
	raw     map[string]json.RawMessage
	failure *tencentError
}

// readTencentFields reads the body of a request, which has to be one JSON object in UTF-8, no name in it twice.
func readTencentFields(body []byte) (*tencentFields, *tencentError) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, tencentFails("InvalidParameter", "the body is not JSON in UTF-8")
	}
	return tencentObject("", body)
}

// tencentObject takes a JSON object apart that is known to be valid.
func tencentObject(path string, data []byte) (*tencentFields, *tencentError) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, tencentFails("InvalidParameter", "%q is not a JSON object", path)
	}
	f := &tencentFields{path: path, raw: map[string]json.RawMessage{}}
	for dec.More() {
		token, err := dec.Token()
		name, ok := token.(string)
		var value json.RawMessage
		if err != nil || !ok || dec.Decode(&value) != nil {
			return nil, tencentFails("InvalidParameter", "%q is not a JSON object", path)
		}
		if _, twice := f.raw[name]; twice {
			return nil, tencentFails("InvalidParameter", "the parameter %s occurs more than once", path+name)
		}
		f.raw[name] = value
	}
	if _, err := dec.Token(); err != nil && err != io.EOF {
		return nil, tencentFails("InvalidParameter", "%q is not a JSON object", path)
	}
	return f, nil
}

// take removes a field and reports whether it was there. null counts as absent, as SDKs send it for what is not set.
func (f *tencentFields) take(name string, needed bool) (json.RawMessage, bool) {
	raw, ok := f.raw[name]
	delete(f.raw, name)
	if ok = ok && string(raw) != "null"; !ok && needed && f.failure == nil {
		f.failure = tencentFails("MissingParameter", "the parameter %s is missing", f.path+name)
	}
	return raw, ok && f.failure == nil
}

// wrong notes that a field is not of its type.
func (f *tencentFields) wrong(name, kind string) {
	if f.failure == nil {
		f.failure = tencentFails("InvalidParameter", "the parameter %s is not %s", f.path+name, kind)
	}
}

// text returns a string that has to be there.
func (f *tencentFields) text(name string) string {
	value, _ := f.str(name, true)
	return value
}

// optionalText returns a string and whether it was there.
func (f *tencentFields) optionalText(name string) (string, bool) { return f.str(name, false) }

func (f *tencentFields) str(name string, needed bool) (string, bool) {
	raw, ok := f.take(name, needed)
	if !ok {
		return "", false
	}
	value, ok := tencentString(raw)
	if !ok {
		f.wrong(name, "a string")
	}
	return value, ok
}

// integer returns a number and whether it was there.
func (f *tencentFields) integer(name string) (int64, bool) {
	raw, ok := f.take(name, false)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		f.wrong(name, "an integer")
	}
	return n, err == nil
}

// neededInteger returns a number that has to be there.
func (f *tencentFields) neededInteger(name string) int64 {
	n, ok := f.integer(name)
	if !ok && f.failure == nil {
		f.failure = tencentFails("MissingParameter", "the parameter %s is missing", f.path+name)
	}
	return n
}

// boolean returns a boolean, false if it is absent.
func (f *tencentFields) boolean(name string) bool {
	raw, ok := f.take(name, false)
	if ok && string(raw) != "true" && string(raw) != "false" {
		f.wrong(name, "a boolean")
	}
	return ok && string(raw) == "true"
}

// list returns the elements of an array.
func (f *tencentFields) list(name string, needed bool) []json.RawMessage {
	raw, ok := f.take(name, needed)
	if !ok {
		return nil
	}
	var elements []json.RawMessage
	if json.Unmarshal(raw, &elements) != nil {
		f.wrong(name, "an array")
	}
	return elements
}

// texts returns an array of strings that has to be there.
func (f *tencentFields) texts(name string) []string {
	var values []string
	for _, raw := range f.list(name, true) {
		value, ok := tencentString(raw)
		if !ok {
			f.wrong(name, "an array of strings")
			return nil
		}
		values = append(values, value)
	}
	return values
}

// objects returns an array of objects, none if it is absent.
func (f *tencentFields) objects(name string) []*tencentFields {
	var objects []*tencentFields
	for i, raw := range f.list(name, false) {
		object, failure := tencentObject(f.path+name+"."+strconv.Itoa(i)+".", raw)
		if failure != nil {
			f.wrong(name, "an array of objects, no name twice in any")
			return nil
		}
		objects = append(objects, object)
	}
	return objects
}

// end returns what was wrong with the fields, be it that one is left which no one asked for.
func (f *tencentFields) end() *tencentError {
	if f.failure != nil {
		return f.failure
	}
	for _, name := range slices.Sorted(maps.Keys(f.raw)) {
		return tencentFails("UnknownParameter", "the parameter %s is not known", f.path+name)
	}
	return nil
}

// tencentString decodes a JSON string. One that escapes half a surrogate pair stands for no text, and is refused
// rather than changed.
func tencentString(raw json.RawMessage) (string, bool) {
	var value string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &value) != nil {
		return "", false
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		i++
		if raw[i] != 'u' {
			continue
		}
		unit := tencentUnit(raw[i+1:])
		i += 4
		switch {
		case unit >= 0xDC00 && unit < 0xE000:
			return "", false
		case unit >= 0xD800 && unit < 0xDC00:
			if !bytes.HasPrefix(raw[i+1:], []byte(`\u`)) {
				return "", false
			}
			if low := tencentUnit(raw[i+3:]); low < 0xDC00 || low >= 0xE000 {
				return "", false
			}
			i += 6
		}
	}
	return value, true
}

// tencentUnit reads the four digits of an escape in valid JSON.
func tencentUnit(digits []byte) uint64 {
	n, _ := strconv.ParseUint(string(digits[:4]), 16, 32)
	return n
}
