package replay

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"
)

// finder finds secrets in texts, whatever they are escaped or encoded with.
type finder struct {
	exact    map[string]bool
	anyCase  map[string]bool // in lower case
	shortest int             // how many bytes the shortest secret has
	letters  [256]bool       // the bytes that secrets have
	spaces   bool            // one of the secrets has a space, for which forms have a plus

	searched int // bytes looked through so far, all decoded views together

	seed  maphash.Seed
	clean map[uint64]bool // texts in which there was nothing to find
}

// add makes a secret known that is found as it is written.
func (f *finder) add(text string) {
	if f.exact[text] {
		return
	}
	if f.exact == nil {
		f.exact = map[string]bool{}
	}
	f.exact[text] = true
	f.know(text)
}

// shortestAnyCase is how long a secret is at least to be found in any case of its letters: a shorter one would be found
// in whatever is written in base64.
const shortestAnyCase = 8

// addAnyCase makes a secret known that is found in small and capital letters, as far as they are those of ASCII.
func (f *finder) addAnyCase(text string) {
	if len(text) < shortestAnyCase {
		f.add(text)
		return
	}
	if f.anyCase == nil {
		f.anyCase = map[string]bool{}
	}
	f.anyCase[string(lower([]byte(text)))] = true
	f.know(text)
	f.know(string(bytes.ToUpper([]byte(text))))
	f.know(string(lower([]byte(text))))
}

func (f *finder) know(text string) {
	f.clean = nil
	if f.shortest == 0 || len(text) < f.shortest {
		f.shortest = len(text)
	}
	for i := range len(text) {
		f.letters[text[i]] = true
	}
	f.spaces = f.spaces || bytes.ContainsRune([]byte(text), ' ')
}

func (f *finder) empty() bool { return len(f.exact)+len(f.anyCase) == 0 }

// maxLayers is how many encodings may be one inside the other.
const maxLayers = 3

// span is a part of a text.
type span struct{ from, to int }

// merge puts spans in order and joins those that overlap.
func merge(all []span) (merged []span) {
	slices.SortFunc(all, func(a, b span) int { return cmp.Or(a.from-b.from, a.to-b.to) })
	for _, s := range all {
		if n := len(merged); n > 0 && s.from < merged[n-1].to {
			merged[n-1].to = max(merged[n-1].to, s.to)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// replace puts Scrubbed in the place of spans that are in order.
func replace(text []byte, all []span) []byte {
	if len(all) == 0 {
		return text
	}
	var out []byte
	done := 0
	for _, s := range all {
		out = append(append(out, text[done:s.from]...), Scrubbed...)
		done = s.to
	}
	return append(out, text[done:]...)
}

// find returns where secrets are, in order and apart from each other.
func (f *finder) find(text []byte) []span {
	if f.empty() {
		return nil
	}
	if f.clean == nil {
		f.seed, f.clean = maphash.MakeSeed(), map[uint64]bool{}
	}
	key := maphash.Bytes(f.seed, text)
	if f.clean[key] {
		return nil
	}
	v := view{data: text, from: make([]int32, len(text)), to: make([]int32, len(text))}
	for i := range text {
		v.from[i], v.to[i] = int32(i), int32(i+1)
	}
	s := search{finder: f, seen: map[uint64]int{}}
	s.in(v, maxLayers)
	f.clean[key] = len(s.found) == 0
	return merge(s.found)
}

// scrub puts Scrubbed in the place of secrets.
func (f *finder) scrub(text []byte) []byte { return replace(text, f.find(text)) }

func (f *finder) scrubString(text string) string { return string(f.scrub([]byte(text))) }

// view is what a text holds once an encoding is undone, with the places in the text where each byte comes from.
type view struct {
	data     []byte
	from, to []int32
}

func (v *view) add(c byte, from, to int32) {
	v.data, v.from, v.to = append(v.data, c), append(v.from, from), append(v.to, to)
}

// end keeps what was added so far apart from what follows, which does not belong together.
func (v *view) end() {
	if n := len(v.data); n > 0 {
		v.add(0, v.to[n-1], v.to[n-1])
	}
}

func (v *view) cut(n int) { v.data, v.from, v.to = v.data[:n], v.from[:n], v.to[:n] }

// search is one search of a finder.
type search struct {
	*finder
	found []span
	seen  map[uint64]int // views that were searched → how many layers were looked for in them
}

// in searches a view, and what can be decoded in it.
func (s *search) in(v view, layers int) {
	if len(v.data) < s.shortest {
		return
	}
	// Two escapes undone in one order or the other often come to the same.
	key := s.key(v)
	if before, known := s.seen[key]; known && before >= layers {
		return
	}
	s.seen[key] = layers
	s.searched += len(v.data)
	s.match(v, v.data, s.exact)
	if len(s.anyCase) > 0 {
		s.match(v, lower(v.data), s.anyCase)
	}
	if layers == 0 {
		return
	}
	runs := s.texts(v.data)
	for _, escape := range escapes {
		if !escape.forms || s.spaces {
			s.in(s.unescape(v, runs, escape), layers-1)
		}
	}
	for _, inner := range s.decode(v, &base64Values, 6) {
		s.in(inner, layers-1)
	}
	for _, inner := range s.decode(v, &hexValues, 4) {
		s.in(inner, layers-1)
	}
	s.inflate(v, layers-1)
}

// key tells views apart, by what they hold and by where that comes from.
func (s *search) key(v view) uint64 {
	places := uint64(14695981039346656037)
	for _, from := range v.from {
		places = (places ^ uint64(from)) * 1099511628211
	}
	return maphash.Bytes(s.seed, v.data) ^ places
}

// match notes where the secrets are in the data of a view.
func (s *search) match(v view, data []byte, secrets map[string]bool) {
	for secret := range secrets {
		for from := 0; ; {
			i := bytes.Index(data[from:], []byte(secret))
			if i < 0 {
				break
			}
			first := from + i
			s.found = append(s.found, span{int(v.from[first]), int(v.to[first+len(secret)-1])})
			from = first + 1
		}
	}
}

// inflate searches what is compressed in a view. Where there is something to find, all of the compressed data goes.
func (s *search) inflate(v view, layers int) {
	for at := 0; at < len(v.data); {
		i := compressedAt(v.data[at:])
		if i < 0 {
			return
		}
		at += i
		plain, used, whole := inflate(v.data[at:])
		if used == 0 {
			at++
			continue
		}
		from, to := v.from[at], v.to[at+used-1]
		if !whole && len(plain) >= maxInflated {
			s.found = append(s.found, span{int(from), int(to)}) // nobody knows what is in the rest
		} else if len(plain) >= s.shortest {
			inner := view{data: plain, from: make([]int32, len(plain)), to: make([]int32, len(plain))}
			for i := range plain {
				inner.from[i], inner.to[i] = from, to
			}
			s.in(inner, layers)
		}
		if whole {
			at += used
		} else {
			at++
		}
	}
}

// lower puts the letters of ASCII into lower case; the length stays.
func lower(text []byte) []byte {
	out := make([]byte, len(text))
	for i, c := range text {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		out[i] = c
	}
	return out
}
