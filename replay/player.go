package replay

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// wanted is an exchange that can be asked for.
type wanted struct {
	Exchange
	changes, answered changes // of the request, and of the reply
	file              string
	line              int
	used              bool
}

func newWanted(e Exchange, file string, line int) (*wanted, error) {
	w := &wanted{Exchange: e, changes: changes{}, answered: changes{}, file: file, line: line}
	for _, text := range e.Comments {
		what, rest, _ := strings.Cut(text, ": ")
		rest, _, _ = strings.Cut(rest, " (")
		name, value, isValue := strings.Cut(strings.TrimSpace(rest), "=")
		verb, removes := strings.CutPrefix(what, "not ")
		if !removes {
			verb, _ = strings.CutSuffix(what, " instead")
		}
		if verb != "sent" && verb != "answered" || what == verb {
			continue
		}
		if removes == isValue {
			return nil, fmt.Errorf("the comment %q should be %q or %q", text, "not "+verb+": Name (why)", verb+" instead: Name=value (why)")
		}
		change := &value
		if removes {
			change = nil
		}
		into, of, has := w.changes, "request", w.sends(name, change)
		if verb == "answered" {
			into, of, has = w.answered, "reply", canChange(w.ReplyBody, name, change)
		}
		if !has {
			return nil, fmt.Errorf("the comment %q is about what the %s does not have", text, of)
		}
		into[name] = change
	}
	return w, nil
}

// sends reports whether the request has a parameter or a field that can be changed.
func (w *wanted) sends(name string, value *string) bool {
	_, query, _ := strings.Cut(w.Target, "?")
	values, _ := url.ParseQuery(query)
	form, _ := url.ParseQuery(string(w.Body))
	return values.Has(name) || form.Has(name) || canChange(w.Body, name, value)
}

// load reads a file, or those of a folder.
func load(path string) (all []*wanted, err error) {
	files := []string{path}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		if files, err = filepath.Glob(filepath.Join(escapeGlob(path), "*.txt")); err != nil || len(files) == 0 {
			return nil, fmt.Errorf("there is no .txt file in %s", path)
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		exchanges, lines, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if len(exchanges) == 0 {
			return nil, fmt.Errorf("there is no exchange in %s", file)
		}
		for i, e := range exchanges {
			w, err := newWanted(e, file, lines[i])
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", file, lines[i], err)
			}
			all = append(all, w)
		}
	}
	return all, nil
}

func escapeGlob(path string) string {
	if filepath.Separator == '\\' {
		return path // where a backslash divides, it does not escape
	}
	return strings.NewReplacer("*", `\*`, "?", `\?`, "[", `\[`, `\`, `\\`).Replace(path)
}

// player answers requests from exchanges.
type player struct {
	t        testing.TB
	settings *settings

	mu       sync.Mutex
	all      []*wanted
	requests int
	reported map[string]bool // failures that the test has had
}

func newPlayer(t testing.TB, path string, s *settings) *player {
	t.Helper()
	all, err := load(path)
	if err != nil {
		hint := ""
		if errors.Is(err, os.ErrNotExist) {
			hint = " (" + RecordVariable + "=1 records it, if the test has a Recorder, or a Server with Upstream)"
		}
		t.Fatalf("replay: %v%s", err, hint)
	}
	p := &player{t: t, settings: s, all: all, reported: map[string]bool{}}
	if s.all {
		t.Cleanup(p.reportUnused)
	}
	return p
}

func (p *player) reportUnused() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.all {
		if !w.used {
			p.t.Errorf("replay: not asked for: %s", w.show(newScrubber(p.settings)))
		}
	}
}

// answer finds the exchange for a request, or fails the test and returns what to say to the client. A failure that the
// test has had already, because a client tries again, is not repeated.
func (p *player) answer(got *Exchange) (*Exchange, string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests++
	var last, nearest *wanted
	var least *comparison
	for _, w := range p.all {
		c := p.settings.compare(w, got)
		if len(c.differences) == 0 {
			if !w.used {
				w.used = true
				return &w.Exchange, ""
			}
			last = w
		} else if nearest == nil || c.weight < least.weight {
			nearest, least = w, c
		}
	}
	if last != nil && p.settings.repeat {
		return &last.Exchange, ""
	}
	// What was sent may hold credentials, and logs of tests are often public.
	c := p.settings.newScrubberFor(got)
	what := c.request(got)
	switch {
	case last != nil:
		what += ", or not as often: it has had the answer of\n\t" + last.show(c)
	case nearest != nil:
		what += "\nthe nearest is " + nearest.show(c)
		if nearest.used {
			what += ", which has been asked for"
		}
		what += c.differences(least)
	}
	what = fmt.Sprintf("replay: request %d was not recorded: %s", p.requests, what)
	if key := strings.TrimPrefix(what, fmt.Sprintf("replay: request %d ", p.requests)); !p.reported[key] {
		p.reported[key] = true
		p.t.Errorf("%s", what)
	}
	return nil, what + "\n"
}

// requestOf reads a request. The body can be read again.
func requestOf(r *http.Request, target string) (*Exchange, error) {
	e := &Exchange{Method: r.Method, Target: target, Header: canonical(r.Header)}
	if e.Method == "" {
		e.Method = http.MethodGet
	}
	e.Header.Set("Host", r.Host)
	if r.Body == nil || r.Body == http.NoBody {
		return e, nil
	}
	body, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	e.Body, err = decompress(e.Header, body)
	return e, err
}

// canonical returns a copy of a header that has the names as servers and files have them. A client may write into the
// map what name it likes.
func canonical(header http.Header) http.Header {
	out := http.Header{}
	for _, name := range slices.Sorted(maps.Keys(header)) {
		key := http.CanonicalHeaderKey(name)
		out[key] = append(out[key], header[name]...)
	}
	return out
}

// show lets the test see a request, whose body can be read once more behind that.
func (s *settings) show(r *http.Request) error {
	if s.inspect == nil {
		return nil
	}
	body := r.Body
	if body == nil || body == http.NoBody {
		s.inspect(r)
		return nil
	}
	content, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(content))
	s.inspect(r)
	r.Body = io.NopCloser(bytes.NewReader(content))
	return nil
}

// decompress undoes the Content-Encoding, and takes it out of the header.
func decompress(header http.Header, body []byte) ([]byte, error) {
	codings := strings.FieldsFunc(strings.ToLower(strings.Join(header["Content-Encoding"], ",")), func(r rune) bool { return r == ',' || r == ' ' })
	slices.Reverse(codings)
	for _, coding := range codings {
		var r io.Reader
		var err error
		switch {
		case coding == "identity" || len(body) == 0:
			continue
		case coding == "gzip" || coding == "x-gzip":
			r, err = gzip.NewReader(bytes.NewReader(body))
		case coding == "deflate":
			r, err = zlib.NewReader(bytes.NewReader(body))
		default:
			err = fmt.Errorf("the content encoding %s is not known", strconv.Quote(coding))
		}
		if err != nil {
			return nil, err
		}
		if body, err = io.ReadAll(r); err != nil {
			return nil, err
		}
	}
	header.Del("Content-Encoding")
	return body, nil
}
