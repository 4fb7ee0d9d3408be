package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// decodeJSON decodes one JSON value; its numbers are json.Number. It fails for objects that have a name twice, and for
// text that decoding would change, because they cannot be compared so.
func decodeJSON(text []byte) (any, bool) {
	if !utf8.Valid(text) || !json.Valid(text) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return decodeValue(d)
}

func decodeValue(d *json.Decoder) (any, bool) {
	token, err := d.Token()
	if err != nil {
		return nil, false
	}
	switch token {
	case json.Delim('{'):
		object := map[string]any{}
		for d.More() {
			name, err := d.Token()
			value, ok := decodeValue(d)
			if _, twice := object[fmt.Sprint(name)]; twice || !ok || err != nil {
				return nil, false
			}
			object[fmt.Sprint(name)] = value
		}
		_, err = d.Token()
		return object, err == nil
	case json.Delim('['):
		list := []any{}
		for d.More() {
			value, ok := decodeValue(d)
			if !ok {
				return nil, false
			}
			list = append(list, value)
		}
		_, err = d.Token()
		return list, err == nil
	}
	return token, true
}

// looksStructured reports whether text is a JSON object or array.
func looksStructured(text []byte) bool {
	text = bytes.TrimSpace(text)
	return len(text) > 1 && (text[0] == '{' || text[0] == '[') && json.Valid(text)
}

// compareJSON reports where two JSON values differ.
func (c *comparison) compareJSON(where string, want, got any) {
	if text, isText := want.(string); isText {
		if s, both := got.(string); text == Scrubbed || both && matchText(text, s) {
			return
		}
	}
	switch want := want.(type) {
	case map[string]any:
		got, same := got.(map[string]any)
		if !same {
			break
		}
		all := maps.Clone(want)
		maps.Copy(all, got)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if c.settings.ignoredFields.has(name) {
				continue
			}
			at := where + "." + name
			w, recorded := want[name]
			g, sent := got[name]
			switch {
			case !sent:
				c.differ(at, "", show(w))
			case !recorded:
				c.differ(at, show(g), "")
			default:
				c.compareJSON(at, w, g)
			}
		}
		return
	case []any:
		got, same := got.([]any)
		if !same {
			break
		}
		for i := range max(len(want), len(got)) {
			at := where + "[" + strconv.Itoa(i) + "]"
			switch {
			case i >= len(got):
				c.differ(at, "", show(want[i]))
			case i >= len(want):
				c.differ(at, show(got[i]), "")
			default:
				c.compareJSON(at, want[i], got[i])
			}
		}
		return
	default:
		if isScalar(got) && want == got {
			return
		}
	}
	c.differ(where, show(got), show(want))
}

func isScalar(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}

func show(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return fmt.Sprint(v)
	}
	return string(bytes.TrimSpace(b.Bytes()))
}
