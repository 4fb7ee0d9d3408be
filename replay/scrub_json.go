package replay

import (
	"bytes"
	"encoding/json"
	"slices"
)

// rewriter copies a valid JSON text, and changes some of its values on the way.
type rewriter struct {
	text []byte
	at   int
	out  bytes.Buffer
	// member returns what to write instead of the value of a field of an object, or nil.
	member func(name string, value []byte, of *object) []byte
	// scalar returns what to write instead of a value that is no object or array, or nil.
	scalar func(value []byte) []byte
}

// object is an object on the way through a text.
type object struct {
	text  []byte   // from its brace on
	names []string // what fields such as name say, once that was asked for
}

func (r *rewriter) run() []byte {
	r.space()
	r.value()
	r.space()
	return r.out.Bytes()
}

// space copies what is no value: white space, commas and colons.
func (r *rewriter) space() {
	for r.at < len(r.text) && bytes.IndexByte([]byte(" \t\r\n,:"), r.text[r.at]) >= 0 {
		r.out.WriteByte(r.text[r.at])
		r.at++
	}
}

func (r *rewriter) value() {
	switch open := r.text[r.at]; open {
	case '{', '[':
		of := &object{text: r.text[r.at:]}
		r.out.WriteByte(open)
		r.at++
		r.space()
		for r.text[r.at] != '}' && r.text[r.at] != ']' {
			if open == '{' {
				r.field(of)
			} else {
				r.value()
			}
			r.space()
		}
		r.out.WriteByte(r.text[r.at])
		r.at++
	default:
		end := endOfValue(r.text, r.at)
		value := r.text[r.at:end]
		if instead := r.scalar(value); instead != nil {
			value = instead
		}
		r.out.Write(value)
		r.at = end
	}
}

func (r *rewriter) field(of *object) {
	end := endOfValue(r.text, r.at)
	var name string
	_ = json.Unmarshal(r.text[r.at:end], &name)
	r.out.Write(r.text[r.at:end])
	r.at = end
	r.space()
	end = endOfValue(r.text, r.at)
	if instead := r.member(name, r.text[r.at:end], of); instead != nil {
		r.out.Write(instead)
		r.at = end
		return
	}
	r.value()
}

// endOfValue returns where the value that begins at a place ends.
func endOfValue(text []byte, at int) int {
	depth := 0
	for i := at; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\r', '\n', ':':
			if depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

// Fields that name something, and those that then hold it: {"name": "Authorization", "value": "…"}.
var (
	nameFields  = setOf("Name", "Key", "Header", "Field", "Param", "Parameter", "Id")
	valueFields = setOf("Value", "Values", "Val", "Content", "Data", "Text")
)

// called returns what an object says that it is the value of.
func (o *object) called() []string {
	if o.names != nil {
		return o.names
	}
	o.names = []string{}
	for at := skip(o.text, 1); o.text[at] != '}'; at = skip(o.text, at) {
		end := endOfValue(o.text, at)
		var name, value string
		_ = json.Unmarshal(o.text[at:end], &name)
		at = skip(o.text, end)
		end = endOfValue(o.text, at)
		if o.text[at] == '"' && nameFields.has(name) && json.Unmarshal(o.text[at:end], &value) == nil {
			o.names = append(o.names, value)
		}
		at = end
	}
	return o.names
}

// skip returns where what is no white space, comma or colon goes on.
func skip(text []byte, at int) int {
	for bytes.IndexByte([]byte(" \t\r\n,:"), text[at]) >= 0 {
		at++
	}
	return at
}

var quotedScrubbed = []byte(`"` + Scrubbed + `"`)

// json scrubs the fields of a valid JSON text, also in JSON within its strings.
func (c *scrubber) json(text []byte) []byte {
	r := rewriter{text: text}
	r.member = func(name string, value []byte, of *object) []byte {
		switch string(value) {
		case "null", "true", "false", `""`, "{}", "[]":
			return nil
		}
		if !c.settings.isSecret(name) && (!valueFields.has(name) || !slices.ContainsFunc(of.called(), c.settings.isSecret)) {
			return nil
		}
		c.learnJSON(value)
		return quotedScrubbed
	}
	r.scalar = func(value []byte) []byte {
		var inner string
		if value[0] != '"' || json.Unmarshal(value, &inner) != nil {
			return nil
		}
		if scrubbed := c.text(inner); scrubbed != inner {
			return []byte(show(scrubbed))
		}
		return nil
	}
	return r.run()
}

// learnJSON learns every string and number in a value.
func (c *scrubber) learnJSON(value []byte) {
	r := rewriter{text: value}
	r.member = func(string, []byte, *object) []byte { return nil }
	r.scalar = func(value []byte) []byte {
		var text string
		if value[0] != '"' {
			text = string(value)
		} else if json.Unmarshal(value, &text) != nil {
			return nil
		}
		switch text {
		case "null", "true", "false":
		default:
			c.learn(text)
		}
		return nil
	}
	r.run()
}

// numbers scrubs numbers that have a secret in them, so that the text stays JSON.
func (c *scrubber) numbers(text []byte) []byte {
	r := rewriter{text: text}
	r.member = func(string, []byte, *object) []byte { return nil }
	r.scalar = func(value []byte) []byte {
		if value[0] != '"' && len(c.finder.find(value)) > 0 {
			return quotedScrubbed
		}
		return nil
	}
	return r.run()
}
