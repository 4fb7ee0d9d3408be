package replay

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// changes are what the comments of an exchange say about its request or its reply: the value by name, or nil for what
// is not there.
type changes map[string]*string

func (c changes) apply(v url.Values) {
	for name, value := range c {
		if v.Has(name) {
			v.Del(name)
			if value != nil {
				v.Set(name, *value)
			}
		}
	}
}

// applyJSON changes what is further out first.
func (c changes) applyJSON(v any) {
	for _, name := range slices.Sorted(maps.Keys(c)) {
		changeField(v, name, c[name])
	}
}

// canChange reports whether a JSON body has the field.
func canChange(body []byte, path string, value *string) bool {
	v, ok := decodeJSON(body)
	return ok && changeField(v, path, value)
}

// changeField gives the field or element that a path such as Data[0].Name leads to another value, or takes a field out
// of its object. It reports whether there is such a one.
func changeField(v any, path string, value *string) bool {
	switch v := v.(type) {
	case map[string]any:
		name, rest := path, ""
		if _, there := v[path]; !there {
			end := max(strings.IndexAny(path, ".["), 0)
			name, rest = path[:end], strings.TrimPrefix(path[end:], ".")
		}
		inner, there := v[name]
		switch {
		case !there:
			return false
		case rest != "":
			return changeField(inner, rest, value)
		case value == nil:
			delete(v, name)
		default:
			v[name] = fieldValue(*value)
		}
		return true
	case []any:
		number, rest, _ := strings.Cut(strings.TrimPrefix(path, "["), "]")
		i, err := strconv.Atoi(number)
		if err != nil || i < 0 || i >= len(v) {
			return false
		}
		if rest = strings.TrimPrefix(rest, "."); rest != "" {
			return changeField(v[i], rest, value)
		}
		if value == nil {
			return false // what is behind it would move
		}
		v[i] = fieldValue(*value)
		return true
	}
	return false
}

// fieldValue is JSON, or text that is none.
func fieldValue(text string) any {
	if v, ok := decodeJSON([]byte(text)); ok {
		return v
	}
	return text
}
