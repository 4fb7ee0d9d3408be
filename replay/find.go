package replay

import (
	"bytes"
	"html"
	"slices"
	"strconv"
	"unicode/utf16"
)

// finder finds secrets in texts, whatever they are escaped or encoded with.
type finder struct {
	secrets map[string]bool
	spaces  bool // one of the secrets has a space, for which forms have a plus
}

func (f *finder) add(text string) {
	if f.secrets == nil {
		f.secrets = map[string]bool{}
	}
	f.secrets[text] = true
	f.spaces = f.spaces || bytes.ContainsRune([]byte(text), ' ')
}

// maxLayers is how many encodings may be one inside the other.
const maxLayers = 3

// span is a part of a text.
type span struct{ from, to int }

// find returns where secrets are, in order and apart from each other.
func (f *finder) find(text []byte) (merged []span) {
	v := view{data: text, at: make([]span, len(text))}
	for i := range text {
		v.at[i] = span{i, i + 1}
	}
	var all []span
	f.search(v, maxLayers, &all)
	slices.SortFunc(all, func(a, b span) int { return a.from - b.from })
	for _, s := range all {
		if n := len(merged); n > 0 && s.from < merged[n-1].to {
			merged[n-1].to = max(merged[n-1].to, s.to)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// scrub puts Scrubbed in the place of secrets.
func (f *finder) scrub(text []byte) []byte {
	if len(f.secrets) == 0 {
		return text
	}
	found := f.find(text)
	for _, s := range slices.Backward(found) {
		text = slices.Concat(text[:s.from], []byte(Scrubbed), text[s.to:])
	}
	return text
}

func (f *finder) scrubString(text string) string { return string(f.scrub([]byte(text))) }

// view is what a text holds once an encoding is undone, with the places in the text where each byte comes from.
type view struct {
	data []byte
	at   []span
}

func (v *view) add(b []byte, from, to span) {
	for _, c := range b {
		v.data = append(v.data, c)
		v.at = append(v.at, span{from.from, to.to})
	}
}

func (f *finder) search(v view, layers int, found *[]span) {
	for secret := range f.secrets {
		for from := 0; ; {
			i := bytes.Index(v.data[from:], []byte(secret))
			if i < 0 {
				break
			}
			first, last := from+i, from+i+len(secret)-1
			*found = append(*found, span{v.at[first].from, v.at[last].to})
			from = first + 1
		}
	}
	if layers == 0 {
		return
	}
	escapes := []unescape{percent, backslash, entity}
	if f.spaces {
		escapes = append(escapes, plus)
	}
	for _, decode := range escapes {
		if inner, changed := v.unescape(decode); changed {
			f.search(inner, layers-1, found)
		}
	}
	for shift := range 4 {
		if inner := v.base64(shift); len(inner.data) > 0 {
			f.search(inner, layers-1, found)
		}
	}
	for shift := range 2 {
		if inner := v.hex(shift); len(inner.data) > 0 {
			f.search(inner, layers-1, found)
		}
	}
}

// unescape returns what stands for the beginning of text, which is n bytes long; 0 if there is no escape.
type unescape func(text []byte) (decoded []byte, n int)

func (v view) unescape(decode unescape) (inner view, changed bool) {
	for i := 0; i < len(v.data); {
		decoded, n := decode(v.data[i:])
		if n == 0 {
			decoded, n = v.data[i:i+1], 1
		} else {
			changed = true
		}
		inner.add(decoded, v.at[i], v.at[i+n-1])
		i += n
	}
	return inner, changed
}

func percent(text []byte) ([]byte, int) {
	if text[0] == '%' {
		if code, ok := hexCode(text[1:], 2); ok {
			return []byte{byte(code)}, 3
		}
	}
	return nil, 0
}

// plus undoes the escapes of forms.
func plus(text []byte) ([]byte, int) {
	if text[0] == '+' {
		return []byte{' '}, 1
	}
	return percent(text)
}

func backslash(text []byte) ([]byte, int) {
	if text[0] != '\\' || len(text) < 2 {
		return nil, 0
	}
	switch c := text[1]; c {
	case 'b', 'f', 'n', 'r', 't':
		return []byte{map[byte]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}[c]}, 2
	case 'x':
		if code, ok := hexCode(text[2:], 2); ok {
			return []byte{byte(code)}, 4
		}
	case 'u':
		code, ok := hexCode(text[2:], 4)
		if !ok {
			break
		}
		if utf16.IsSurrogate(code) && len(text) >= 12 && text[6] == '\\' && text[7] == 'u' {
			if second, ok := hexCode(text[8:], 4); ok {
				return []byte(string(utf16.DecodeRune(code, second))), 12
			}
		}
		return []byte(string(code)), 6
	}
	return text[1:2], 2
}

// entity undoes the escapes of HTML and XML.
func entity(text []byte) ([]byte, int) {
	if text[0] != '&' {
		return nil, 0
	}
	end := bytes.IndexByte(text[:min(len(text), 12)], ';')
	if end < 0 {
		return nil, 0
	}
	escaped := string(text[:end+1])
	decoded := html.UnescapeString(escaped)
	if decoded == escaped {
		return nil, 0
	}
	return []byte(decoded), end + 1
}

func hexCode(text []byte, digits int) (rune, bool) {
	if len(text) < digits {
		return 0, false
	}
	code, err := strconv.ParseUint(string(text[:digits]), 16, 32)
	return rune(code), err == nil
}

// shortest is how long a run of letters must be to be taken for something encoded.
const shortest = 6

// runs calls yield with the places of the bytes of each run that value has values for. Line ends may divide a run.
func (v view) runs(value func(byte) int, yield func(places, values []int)) {
	var places, values []int
	end := func() {
		if len(places) >= shortest-1 {
			yield(places, values)
		}
		places, values = places[:0], values[:0]
	}
	for i, c := range v.data {
		if n := value(c); n >= 0 {
			places, values = append(places, i), append(values, n)
		} else if c != '\r' && c != '\n' {
			end()
		}
	}
	end()
}

// base64 decodes whatever may be base64, in one of the four ways to divide it into groups of four letters.
func (v view) base64(shift int) (inner view) {
	v.runs(base64Value, func(places, values []int) {
		v.group(&inner, places, values, shift, 4, 6)
	})
	return inner
}

func (v view) hex(shift int) (inner view) {
	v.runs(hexValue, func(places, values []int) {
		v.group(&inner, places, values, shift, 2, 4)
	})
	return inner
}

// group adds the bytes of a run whose values have so many bits each. A group of values makes whole bytes.
func (v view) group(inner *view, places, values []int, shift, size, bits int) {
	for start := shift; start < len(values); start += size {
		end := min(start+size, len(values))
		have, held, first := 0, 0, start
		for i := start; i < end; i++ {
			have, held = have+bits, held<<bits|values[i]
			if have >= 8 {
				have -= 8
				inner.add([]byte{byte(held >> have)}, v.at[places[first]], v.at[places[i]])
				first = i
				if have == 0 {
					first = i + 1
				}
			}
		}
	}
	inner.add([]byte{0}, v.at[places[0]], v.at[places[0]]) // what two runs hold does not belong together
}

func base64Value(c byte) int {
	switch {
	case 'A' <= c && c <= 'Z':
		return int(c - 'A')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 26
	case '0' <= c && c <= '9':
		return int(c-'0') + 52
	case c == '+' || c == '-':
		return 62
	case c == '/' || c == '_':
		return 63
	}
	return -1
}

func hexValue(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
