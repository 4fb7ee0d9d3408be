package emulator

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// guanceFields is a JSON object of a request, whose fields an operation takes out one by one. The first thing that is
// wrong with them is kept. Fields that nobody asks for are passed over.
type guanceFields struct {
	raw     map[string]json.RawMessage
	bytes   bool // lengths are counted in bytes
	failure *guanceError
}

// fields reads the body of a request.
func (g *Guance) fields(body []byte) (*guanceFields, *guanceError) {
	raw, err := jsonObject(body)
	if err != nil {
		return nil, guanceBad("the body is refused: " + err.Error())
	}
	return &guanceFields{raw: raw, bytes: g.settings.NameBytes}, nil
}

// wrong notes what is wrong with a field.
func (f *guanceFields) wrong(name, what string) {
	if f.failure == nil {
		f.failure = guanceBad("the field " + name + " " + what)
	}
}

// guanceText is what a text field may be.
type guanceText struct {
	required bool
	null     bool // counts as not given
	empty    bool
	limit    int // 0: none
	oneOf    []string
}

// text returns a string and whether it was given.
func (f *guanceFields) text(name string, rule guanceText) (string, bool) {
	raw, ok := f.raw[name]
	switch {
	case !ok && rule.required:
		f.wrong(name, "is required")
		return "", false
	case !ok, rule.null && jsonIsNull(raw):
		return "", false
	case jsonIsNull(raw):
		f.wrong(name, "must not be null")
		return "", false
	}
	text, ok := jsonText(raw)
	length := utf8.RuneCountInString(text)
	if f.bytes {
		length = len(text)
	}
	switch {
	case !ok:
		f.wrong(name, "is not a string")
	case text == "" && !rule.empty:
		f.wrong(name, "must not be empty")
	case rule.limit > 0 && length > rule.limit:
		f.wrong(name, "is longer than "+strconv.Itoa(rule.limit))
	case text != "" && len(rule.oneOf) > 0 && !slices.Contains(rule.oneOf, text):
		f.wrong(name, "is none of "+strings.Join(rule.oneOf, ", "))
	default:
		return text, true
	}
	return "", false
}

// flag returns a boolean and whether it was given.
func (f *guanceFields) flag(name string) (value, given bool) {
	raw, ok := f.raw[name]
	if !ok {
		return false, false
	}
	switch string(raw) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	f.wrong(name, "is not a boolean")
	return false, false
}

// number returns a whole number from 0 on and whether it was given.
func (f *guanceFields) number(name string) (int64, bool) {
	raw, ok := f.raw[name]
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n < 0 {
		f.wrong(name, "is not a whole number from 0 on")
		return 0, false
	}
	return n, true
}

// texts returns an array of strings that are not empty.
func (f *guanceFields) texts(name string) []string {
	raw, ok := f.raw[name]
	if !ok {
		return nil
	}
	var elements []json.RawMessage
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &elements) != nil {
		f.wrong(name, "is not an array")
		return nil
	}
	texts := []string{}
	for _, element := range elements {
		text, ok := jsonText(element)
		if !ok || text == "" {
			f.wrong(name, "is not an array of strings")
			return nil
		}
		texts = append(texts, text)
	}
	return texts
}

// object returns an object whose fields are all of these names, nil if it was not given.
func (f *guanceFields) object(name string, known []string) *guanceFields {
	raw, ok := f.raw[name]
	if !ok {
		return nil
	}
	fields, err := jsonObject(raw)
	if err != nil {
		f.wrong(name, "is refused: "+err.Error())
		return nil
	}
	for field := range fields {
		// Passing over a kind that is misspelt would hide that it has no effect.
		if !slices.Contains(known, field) {
			f.wrong(name, "has a field that is none of "+strings.Join(known, ", "))
			return nil
		}
	}
	return &guanceFields{raw: fields}
}

// within moves what is wrong with an object that is a field to the object it is in.
func (f *guanceFields) within(name string, inner *guanceFields) {
	if inner.failure != nil && f.failure == nil {
		f.failure = guanceBad(name + ": " + inner.failure.message)
	}
}
