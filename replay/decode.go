package replay

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"html"
	"io"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// escape is a way to write single characters of a text otherwise.
type escape struct {
	marks string // each escape begins with one of them
	forms bool   // only forms have it
	// undo returns what stands for the beginning of text, which is n bytes long; 0 if there is no escape.
	undo func(text []byte) (decoded []byte, n int)
}

var escapes = []escape{
	{"%", false, percent}, {`\`, false, backslash}, {"&", false, entity}, {"+%", true, plus},
}

// unescape undoes an escape in all runs of text of a view that have some of it. A run without any is the same in the
// view itself.
func (f *finder) unescape(v view, runs []span, e escape) (inner view) {
	for _, run := range runs {
		if bytes.ContainsAny(v.data[run.from:run.to], e.marks) {
			f.unescapeRun(v, &inner, e, run.from, run.to)
		}
	}
	return inner
}

func (f *finder) unescapeRun(v view, inner *view, e escape, i, end int) {
	start, changed := len(inner.data), false
	for i < end {
		decoded, n := e.undo(v.data[i:end])
		if n == 0 {
			inner.add(v.data[i], v.from[i], v.to[i])
			i++
			continue
		}
		changed = true
		for _, c := range decoded {
			inner.add(c, v.from[i], v.to[i+n-1])
		}
		i += n
	}
	if !changed || len(inner.data)-start < f.shortest {
		inner.cut(start)
		return
	}
	inner.end()
}

// texts returns the runs of text that are long enough for a secret: printable characters, and whatever secrets have.
func (f *finder) texts(data []byte) (runs []span) {
	start := 0
	end := func(at int) {
		if at-start >= f.shortest {
			runs = append(runs, span{start, at})
		}
	}
	for i := 0; i < len(data); {
		c := data[i]
		n := 1
		if c >= utf8.RuneSelf && !f.letters[c] {
			if _, n = utf8.DecodeRune(data[i:]); n == 1 {
				n = 0
			}
		} else if (c < ' ' || c == 0x7f) && c != '\t' && c != '\r' && c != '\n' && !f.letters[c] {
			n = 0
		}
		if i += n; n == 0 {
			end(i)
			i++
			start = i
		}
	}
	end(len(data))
	return runs
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

// values has the value of each letter of an encoding, -1 for what is none.
type values [256]int8

func valuesOf(alphabets ...string) (v values) {
	for i := range v {
		v[i] = -1
	}
	for _, alphabet := range alphabets {
		for i := range len(alphabet) {
			v[alphabet[i]] = int8(i)
		}
	}
	return v
}

const letters62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

var (
	base64Values = valuesOf(letters62+"+/", letters62+"-_")
	hexValues    = valuesOf("0123456789abcdef", "0123456789ABCDEF")
)

// decode decodes what is written in letters of so many bits each, once for each of the letters that a byte may begin
// with. Line ends may divide a run of letters. A run that is too short to hold a secret is passed over.
func (f *finder) decode(v view, of *values, bits int) []view {
	// As many letters hold a whole number of bytes: 4 of 6 bits, 2 of 4.
	shifts := 4
	if bits == 4 {
		shifts = 2
	}
	inner := make([]view, shifts)
	var places []int32
	end := func() {
		if len(places)*bits/8 >= f.shortest {
			for shift := range inner {
				v.group(&inner[shift], places[shift:], of, bits)
			}
		}
		places = places[:0]
	}
	for i, c := range v.data {
		if of[c] >= 0 {
			places = append(places, int32(i))
		} else if c != '\r' && c != '\n' {
			end()
		}
	}
	end()
	return inner
}

// group adds the bytes of a run.
func (v view) group(inner *view, places []int32, of *values, bits int) {
	size := len(places)*bits/8 + 1
	inner.data, inner.from, inner.to = slices.Grow(inner.data, size), slices.Grow(inner.from, size), slices.Grow(inner.to, size)
	have, held, first := 0, 0, 0
	for i, place := range places {
		have, held = have+bits, held<<bits|int(of[v.data[place]])
		if have < 8 {
			continue
		}
		have -= 8
		inner.add(byte(held>>have), v.from[places[first]], v.to[place])
		held &= 1<<have - 1
		first = i
		if have == 0 {
			first = i + 1
		}
	}
	inner.end()
}

// maxInflated bounds what is made of compressed data.
const maxInflated = 32 << 20

// compressedAt returns where gzip or zlib data may begin, -1 if nowhere.
func compressedAt(data []byte) int {
	for i := 0; i+2 < len(data); i++ {
		if data[i] == 0x1f && data[i+1] == 0x8b && data[i+2] == 8 {
			return i
		}
		if data[i] == 0x78 && (data[i+1] == 0x01 || data[i+1] == 0x5e || data[i+1] == 0x9c || data[i+1] == 0xda) {
			return i
		}
	}
	return -1
}

// inflate decompresses gzip or zlib data, as far as it goes. It returns how many bytes of the data it has used, 0 if
// they are something else, and whether that was all of it.
func inflate(data []byte) (plain []byte, used int, whole bool) {
	source := bytes.NewReader(data)
	var r io.Reader
	var err error
	if len(data) > 0 && data[0] == 0x1f {
		var z *gzip.Reader
		if z, err = gzip.NewReader(source); err == nil {
			z.Multistream(false)
			r = z
		}
	} else {
		r, err = zlib.NewReader(source)
	}
	if err != nil {
		return nil, 0, false
	}
	plain, err = io.ReadAll(io.LimitReader(r, maxInflated))
	whole = err == nil && len(plain) < maxInflated
	return plain, len(data) - source.Len(), whole
}
