package replay

import (
	"bytes"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// comparison collects in what a request or a reply differs from a recorded one.
type comparison struct {
	settings    *settings
	verb        string // what was done with it: sent or answered
	differences []difference
	weight      int
}

// difference is one of them, whole and as it is. A scrubber makes it printable.
type difference struct{ where, got, want string }

// differ notes a difference. An empty text means that there is nothing.
func (c *comparison) differ(where, got, want string) {
	c.differences = append(c.differences, difference{where, got, want})
	c.weight++
}

// compare compares what was sent with what was recorded.
func (s *settings) compare(want *wanted, got *Exchange) *comparison {
	c := &comparison{settings: s, verb: "sent"}
	if got.Method != want.Method {
		c.differ("method", got.Method, want.Method)
		c.weight += 4
	}
	gotPath, gotQuery, _ := strings.Cut(got.Target, "?")
	wantPath, wantQuery, _ := strings.Cut(want.Target, "?")
	if !samePath(wantPath, gotPath) {
		c.differ("path", gotPath, wantPath)
		c.weight += 4
	}
	if w, g := actionOf(&want.Exchange), actionOf(got); w != g {
		c.weight += otherAction
	}
	c.compareHeader(want.Header, got.Header)
	wanted, err1 := url.ParseQuery(wantQuery)
	sent, err2 := url.ParseQuery(gotQuery)
	if err1 == nil && err2 == nil {
		want.changes.apply(wanted)
		c.compareValues("query", wanted, sent, s.ignoredQuery)
	} else if wantQuery != gotQuery {
		c.differ("query", strconv.Quote(gotQuery), strconv.Quote(wantQuery))
	}
	c.compareBody("body", want.Header, got.Header, want.Body, got.Body, want.changes)
	return c
}

func (c *comparison) compareHeader(want, got http.Header) {
	all := maps.Clone(want)
	if all == nil {
		all = http.Header{}
	}
	if c.settings.noOtherHeaders {
		maps.Copy(all, got)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !c.settings.ignoredHeaders.has(name) && !sameHeader(name, want[name], got[name]) {
			c.differ("header "+name, quoteAll(got[name]), quoteAll(want[name]))
			c.weight += 2
		}
	}
}

func (c *comparison) compareValues(what string, want, got url.Values, ignored names) {
	all := maps.Clone(want)
	maps.Copy(all, got)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		w, g := want[name], got[name]
		if ignored.has(name) || slices.EqualFunc(w, g, matchText) {
			continue
		}
		if len(w) == 1 && len(g) == 1 && looksStructured([]byte(w[0])) && looksStructured([]byte(g[0])) {
			c.compareBytes(what+" "+name, []byte(w[0]), []byte(g[0]))
			continue
		}
		c.differ(what+" "+name, quoteAll(g), quoteAll(w))
	}
}

// compareBytes compares as JSON what is JSON on both sides.
func (c *comparison) compareBytes(where string, want, got []byte) {
	w, ok1 := decodeJSON(want)
	g, ok2 := decodeJSON(got)
	if ok1 && ok2 {
		c.compareJSON(where, w, g)
	} else if !matchText(string(want), string(got)) {
		c.differ(where, showBytes(got), showBytes(want))
	}
}

func showBytes(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return strconv.Quote(string(b))
}

func (c *comparison) compareBody(where string, wantHeader, gotHeader http.Header, want, got []byte, change changes) {
	media, parameters, _ := mime.ParseMediaType(wantHeader.Get("Content-Type"))
	gotMedia, gotParameters, _ := mime.ParseMediaType(gotHeader.Get("Content-Type"))
	if media == "" {
		media = gotMedia
	}
	switch {
	case media == "application/x-www-form-urlencoded":
		w, err1 := url.ParseQuery(string(want))
		g, err2 := url.ParseQuery(string(got))
		if err1 == nil && err2 == nil {
			change.apply(w)
			c.compareValues(where, w, g, c.settings.ignoredFields)
			return
		}
	case isJSON(media) || looksStructured(want):
		if object, ok := decodeJSON(want); ok {
			change.applyJSON(object)
			if g, ok := decodeJSON(got); ok {
				c.compareJSON(where, object, g)
				return
			}
		}
	case strings.HasPrefix(media, "multipart/"):
		w, err1 := readParts(want, parameters["boundary"])
		g, err2 := readParts(got, gotParameters["boundary"])
		if err1 == nil && err2 == nil {
			c.compareParts(where, w, g)
			return
		}
	}
	if !bytes.Equal(want, got) && !matchText(string(want), string(got)) {
		c.differ(where, showBytes(got), showBytes(want))
	}
}

func isJSON(media string) bool {
	return media == "application/json" || strings.HasSuffix(media, "+json") || strings.HasSuffix(media, "/json")
}

type part struct {
	header http.Header
	body   []byte
}

func readParts(body []byte, boundary string) (all []part, err error) {
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(p)
		if err != nil {
			return nil, err
		}
		all = append(all, part{http.Header(p.Header), content})
	}
}

func (c *comparison) compareParts(where string, want, got []part) {
	if len(want) != len(got) {
		c.differ(where, strconv.Itoa(len(got))+" parts", strconv.Itoa(len(want))+" parts")
		return
	}
	for i, w := range want {
		at := where + " part " + strconv.Itoa(i+1)
		for name, values := range w.header {
			if !sameHeader(name, values, got[i].header[name]) {
				c.differ(at+" header "+name, quoteAll(got[i].header[name]), quoteAll(values))
			}
		}
		c.compareBody(at, w.header, got[i].header, w.body, got[i].body, nil)
	}
}

func quoteAll(values []string) string {
	var all []string
	for _, v := range values {
		all = append(all, strconv.Quote(v))
	}
	return strings.Join(all, ", ")
}

// sameHeader compares media types without the boundary of their parts, and anything else as it is.
func sameHeader(name string, want, got []string) bool {
	return slices.EqualFunc(want, got, func(w, g string) bool {
		if name == "Content-Type" {
			wType, wParameters, err1 := mime.ParseMediaType(w)
			gType, gParameters, err2 := mime.ParseMediaType(g)
			if err1 == nil && err2 == nil {
				delete(wParameters, "boundary")
				delete(gParameters, "boundary")
				return wType == gType && maps.Equal(wParameters, gParameters)
			}
		}
		return matchText(w, g)
	})
}

// samePath compares escaped paths by their segments.
func samePath(want, got string) bool {
	return slices.EqualFunc(strings.Split(want, "/"), strings.Split(got, "/"), func(w, g string) bool {
		if w == g {
			return true
		}
		plainW, err1 := url.PathUnescape(w)
		plainG, err2 := url.PathUnescape(g)
		if err1 != nil || err2 != nil || plainG == "." || plainG == ".." {
			return false // a dot and an escaped dot do not lead to the same place
		}
		return matchText(plainW, plainG)
	})
}

// matchText compares texts, the first of which may have Scrubbed in it, for which anything matches.
func matchText(want, got string) bool {
	pieces := strings.Split(want, Scrubbed)
	if len(pieces) == 1 {
		return want == got
	}
	rest, found := strings.CutPrefix(got, pieces[0])
	if !found {
		return false
	}
	last := len(pieces) - 1
	for _, piece := range pieces[1:last] {
		_, after, found := strings.Cut(rest, piece)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, pieces[last])
}
