package replay

import (
	"bytes"
	"encoding/json"
)

// rewriter copies a valid JSON text, and changes some of its values on the way.
type rewriter struct {
	text []byte
	at   int
	out  bytes.Buffer
	// member returns what to write instead of the value of a field, or nil.
	member func(name string, value []byte) []byte
	// scalar returns what to write instead of a value that is no object or array, or nil.
	scalar func(value []byte) []byte
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
		r.out.WriteByte(open)
		r.at++
		r.space()
		for r.text[r.at] != '}' && r.text[r.at] != ']' {
			if open == '{' {
				r.field()
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

func (r *rewriter) field() {
	end := endOfValue(r.text, r.at)
	var name string
	_ = json.Unmarshal(r.text[r.at:end], &name)
	r.out.Write(r.text[r.at:end])
	r.at = end
	r.space()
	end = endOfValue(r.text, r.at)
	if instead := r.member(name, r.text[r.at:end]); instead != nil {
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

var quotedScrubbed = []byte(`"` + Scrubbed + `"`)

// json scrubs the fields of a valid JSON text, also in JSON within its strings.
func (c *scrubber) json(text []byte) []byte {
	r := rewriter{text: text}
	r.member = func(name string, value []byte) []byte {
		switch string(value) {
		case "null", "true", "false", `""`, "{}", "[]":
			return nil
		}
		if !c.settings.isSecret(name) {
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
	r.member = func(string, []byte) []byte { return nil }
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
	r.member = func(string, []byte) []byte { return nil }
	r.scalar = func(value []byte) []byte {
		if value[0] != '"' && len(c.finder.find(value)) > 0 {
			return quotedScrubbed
		}
		return nil
	}
	return r.run()
}
