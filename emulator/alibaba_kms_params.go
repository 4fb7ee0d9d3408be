package emulator

import (
	"encoding/base64"
	"encoding/binary"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// alibabaKMSCall is a request that is about to be carried out. Parameters that were sent empty count as not sent, as
// the vendor's packages leave such parameters out.
type alibabaKMSCall struct {
	params *alibabaParams
	now    time.Time
}

// text returns a parameter, empty if it was not sent.
func (c *alibabaKMSCall) text(name string) string { return c.params.text(name) }

// need returns a parameter that has to be sent.
func (c *alibabaKMSCall) need(name string) (string, *alibabaError) {
	if value := c.text(name); value != "" {
		return value, nil
	}
	return "", alibabaKMSNeeds(name)
}

// needs returns parameters that have to be sent.
func (c *alibabaKMSCall) needs(names ...string) (map[string]string, *alibabaError) {
	values := map[string]string{}
	for _, name := range names {
		value, err := c.need(name)
		if err != nil {
			return nil, err
		}
		values[name] = value
	}
	return values, nil
}

// integer returns a whole number between two bounds, or what to take where it was not sent.
func (c *alibabaKMSCall) integer(name string, otherwise, low, high int64) (int64, *alibabaError) {
	value := c.text(name)
	if value == "" {
		return otherwise, nil
	}
	n, ok := alibabaInteger(value, 64)
	if !ok || n < low || n > high {
		return 0, alibabaBad(name)
	}
	return n, nil
}

// flag returns a boolean, false if it was not sent.
func (c *alibabaKMSCall) flag(name string) (bool, *alibabaError) {
	if c.text(name) == "" {
		return false, nil
	}
	return c.params.flag(name)
}

// choice returns one of several words, the first one if none was sent. Case counts.
func (c *alibabaKMSCall) choice(name string, words ...string) (string, *alibabaError) {
	value := c.text(name)
	if value == "" {
		return words[0], nil
	}
	if !slices.Contains(words, value) {
		return "", alibabaBad(name)
	}
	return value, nil
}

// bytes returns what a parameter has in Base64. It has to be there, and not to be empty.
func (c *alibabaKMSCall) bytes(name string) ([]byte, *alibabaError) {
	text, err := c.need(name)
	if err != nil {
		return nil, err
	}
	raw, bad := base64.StdEncoding.Strict().DecodeString(text)
	if bad != nil || len(raw) == 0 || strings.ContainsAny(text, "\r\n") {
		return nil, alibabaBad(name)
	}
	return raw, nil
}

// page returns the bounds of a page within a number of things, and adds what every listing answers.
func (c *alibabaKMSCall) page(reply alibabaReply, total int, lowest int64) (from, to int, err *alibabaError) {
	number, err := c.integer("PageNumber", 1, 1, 1<<31-1)
	if err != nil {
		return 0, 0, err
	}
	size, err := c.integer("PageSize", 10, lowest, 100)
	if err != nil {
		return 0, 0, err
	}
	reply["PageNumber"], reply["PageSize"], reply["TotalCount"] = number, size, total
	start := min((number-1)*size, int64(total))
	return int(start), int(min(start+size, int64(total))), nil
}

// numbered returns the parameters Name.1, Name.2 and so on, or with parts Name.1.part, in rows. Numbers without a gap
// are stricter than what is documented.
func (c *alibabaKMSCall) numbered(name string, limit int, parts ...string) ([][]string, *alibabaError) {
	sent := 0
	for each := range c.params.all {
		if strings.HasPrefix(each, name+".") {
			sent++
		}
	}
	suffixes := []string{""}
	if len(parts) > 0 {
		suffixes = suffixes[:0]
		for _, part := range parts {
			suffixes = append(suffixes, "."+part)
		}
	}
	rows := [][]string{}
	for sent > 0 {
		row, found := make([]string, len(suffixes)), false
		for i, suffix := range suffixes {
			value, ok := c.params.get(name + "." + strconv.Itoa(len(rows)+1) + suffix)
			if ok {
				row[i], found = value, true
				sent--
			}
		}
		if !found || row[0] == "" || len(rows) == limit {
			return nil, alibabaBad(name)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// context returns an encryption context as the bytes that are authenticated: the same for the same pairs in any order,
// none for no pairs ("EncryptionContext").
func (c *alibabaKMSCall) context(name string) ([]byte, *alibabaError) {
	text := c.text(name)
	if text == "" {
		return nil, nil
	}
	if utf8.RuneCountInString(text) > alibabaKMSMaxContext {
		return nil, alibabaBad(name)
	}
	object, ok := alibabaObject([]byte(text))
	if !ok {
		return nil, alibabaBad(name)
	}
	pairs := map[string]string{}
	for key, raw := range object {
		value, ok := alibabaString(raw)
		if !ok {
			return nil, alibabaBad(name)
		}
		pairs[key] = value
	}
	var bound []byte
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		for _, part := range []string{key, pairs[key]} {
			bound = binary.AppendUvarint(bound, uint64(len(part)))
			bound = append(bound, part...)
		}
	}
	return bound, nil
}

// alibabaKMSPair is a tag.
type alibabaKMSPair struct{ key, value string }

// tags reads a JSON array of {"TagKey", "TagValue"}.
func (c *alibabaKMSCall) tags(name string) ([]alibabaKMSPair, *alibabaError) {
	text := c.text(name)
	if text == "" {
		return nil, nil
	}
	list, ok := alibabaArray([]byte(text))
	if !ok {
		return nil, alibabaBad(name)
	}
	pairs := []alibabaKMSPair{}
	for _, raw := range list {
		object, isObject := alibabaObject(raw)
		key, hasKey := alibabaString(object["TagKey"])
		value, hasValue := alibabaString(object["TagValue"])
		if !isObject || !hasKey || !hasValue || len(object) != 2 {
			return nil, alibabaBad(name)
		}
		pairs = append(pairs, alibabaKMSPair{key, value})
	}
	if !alibabaKMSTagsValid(pairs) {
		return nil, alibabaBad(name)
	}
	return pairs, nil
}

// filters reads the Filters of ListKeys: the values that are wanted of each property.
func (c *alibabaKMSCall) filters() (map[string][]string, *alibabaError) {
	text := c.text("Filters")
	if text == "" {
		return nil, nil
	}
	list, ok := alibabaArray([]byte(text))
	if !ok {
		return nil, alibabaBad("Filters")
	}
	wanted := map[string][]string{}
	for _, raw := range list {
		object, isObject := alibabaObject(raw)
		key, hasKey := alibabaString(object["Key"])
		values, hasValues := alibabaStrings(object["Values"])
		_, twice := wanted[key]
		if !isObject || !hasKey || !hasValues || len(values) == 0 || twice || !slices.Contains(alibabaKMSFilters, key) {
			return nil, alibabaBad("Filters")
		}
		wanted[key] = values
	}
	return wanted, nil
}

// alibabaKMSFilters are the properties that ListKeys filters by, the case of keyId being the vendor's.
var alibabaKMSFilters = []string{
	"KeyState", "KeySpec", "KeyUsage", "ProtectionLevel", "CreatorType", "DKMSInstanceId", "keyId", "AliasName", "Creator",
	"TagKey", "TagValue",
}
