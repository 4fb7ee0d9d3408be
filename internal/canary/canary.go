// Package canary finds secrets in what is printed. Tests plant texts that occur nowhere by chance where secrets are, and
// look for them in errors, logs and dumps.
package canary

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// MinBytes is how long a secret must be, so that it is nowhere by chance.
const MinBytes = 8

// maxBytes is how much of a secret is looked for: its beginning is enough.
const maxBytes = 48

// Scanner looks for secrets. The zero value knows none. It may be used by several goroutines.
type Scanner struct {
	mu      sync.Mutex
	known   map[string]bool
	plain   []string // spellings that case matters for
	folded  []string // spellings in lower case
	encoded []string // spellings in base64
}

// Of returns a scanner for secrets.
func Of(secrets ...string) *Scanner {
	s := &Scanner{}
	for _, secret := range secrets {
		s.Add([]byte(secret))
	}
	return s
}

// Add adds a secret and reports whether it is long enough to be looked for.
func (s *Scanner) Add(secret []byte) bool {
	if len(secret) < MinBytes {
		return false
	}
	text := string(secret[:min(len(secret), maxBytes)])
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[text] {
		return true
	}
	if s.known == nil {
		s.known = map[string]bool{}
	}
	s.known[text] = true
	list := fmt.Sprint([]byte(text))
	quoted, ascii := strconv.Quote(text), strconv.QuoteToASCII(text)
	s.add(&s.plain, text, list[:len(list)-1], strings.ReplaceAll(list[1:len(list)-1], " ", ","), strings.ReplaceAll(list[1:len(list)-1], " ", ", "),
		quoted[1:len(quoted)-1], ascii[1:len(ascii)-1], url.QueryEscape(text))
	if inJSON, err := json.Marshal(text); err == nil && json.Valid(inJSON) {
		s.add(&s.plain, string(inJSON[1:len(inJSON)-1]))
	}
	var parts []string
	for _, b := range []byte(text) {
		parts = append(parts, fmt.Sprintf("0x%x", b))
	}
	digits := hex.EncodeToString([]byte(text))
	s.add(&s.folded, digits, strings.Join(parts, ", "))
	for shift := range 3 {
		s.add(&s.encoded, base64At(shift, text))
	}
	return true
}

func (s *Scanner) add(to *[]string, spellings ...string) {
	for _, spelling := range spellings {
		if !slices.Contains(*to, spelling) {
			*to = append(*to, spelling)
		}
	}
}

// base64At returns what of the base64 of a longer text, in which so many bytes stand before, is the text's alone.
func base64At(before int, text string) string {
	all := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), text...))
	from, to := (before*8+5)/6, (before+len(text))*8/6
	return all[from:to]
}

// In reports whether a text has a secret in it: as it is, quoted or escaped, as base64 of either alphabet, also of a text
// that it is only a part of, as hexadecimal digits, as a list of numbers, and each of these percent-encoded.
func (s *Scanner) In(text string) bool {
	if text == "" {
		return false
	}
	if s.in(text) {
		return true
	}
	decoded := unescape(text)
	return decoded != text && s.in(decoded)
}

func (s *Scanner) in(text string) bool {
	folded, standard := strings.ToLower(text), urlAlphabet.Replace(text)
	s.mu.Lock()
	defer s.mu.Unlock()
	return has(text, s.plain) || has(folded, s.folded) || has(standard, s.encoded)
}

// urlAlphabet turns base64 for URLs into that of the standard, line ends left out.
var urlAlphabet = strings.NewReplacer("-", "+", "_", "/", "\n", "", "\r", "")

func has(text string, spellings []string) bool {
	return slices.ContainsFunc(spellings, func(spelling string) bool { return strings.Contains(text, spelling) })
}

// unescape decodes what is percent-encoded, as far as something is.
func unescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if c, err := strconv.ParseUint(text[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// Mask returns a text without the secrets in it, as far as they stand there as they are; otherwise it returns nothing of
// the text.
func (s *Scanner) Mask(text string) string {
	if !s.In(text) {
		return text
	}
	s.mu.Lock()
	for secret := range s.known {
		text = strings.ReplaceAll(text, secret, "[secret]")
	}
	s.mu.Unlock()
	if s.In(text) {
		return "[a text with a secret in it]"
	}
	return text
}

// verbs are the ways to print that must show no secret.
func verbs() []string { return []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} }

// Printed returns the form in which v shows a secret, such as "%+v", "JSON" or "log value"; empty means in none.
func (s *Scanner) Printed(v any) (form string) {
	for _, verb := range verbs() {
		if s.In(fmt.Sprintf(verb, v)) {
			return verb
		}
	}
	if text, err := json.Marshal(v); err != nil && s.In(err.Error()) || s.In(string(text)) {
		return "JSON"
	}
	logged := false
	logger := s.Logger(nil, func(string) { logged = true })
	logger.Info("printed", "value", v)
	if logged || s.In(slog.AnyValue(v).Resolve().String()) {
		return "log value"
	}
	return ""
}

// Error returns the form in which err, or one of the errors that it wraps, shows a secret; empty means in none.
func (s *Scanner) Error(err error) (form string) {
	if err == nil {
		return ""
	}
	if form := s.Printed(err); form != "" {
		return form
	}
	switch wrapped := err.(type) {
	case interface{ Unwrap() error }:
		return s.Error(wrapped.Unwrap())
	case interface{ Unwrap() []error }:
		for _, cause := range wrapped.Unwrap() {
			if form := s.Error(cause); form != "" {
				return form
			}
		}
	}
	return ""
}

// Logger returns a logger of all levels that calls found with the form of each record that shows a secret, and hands the
// records to next where that is not nil.
func (s *Scanner) Logger(next *slog.Logger, found func(form string)) *slog.Logger {
	all := &slog.HandlerOptions{Level: slog.Level(-1 << 30)}
	handlers := []slog.Handler{
		slog.NewTextHandler(sink{s, "a text log", found}, all),
		slog.NewJSONHandler(sink{s, "a JSON log", found}, all),
	}
	if next != nil {
		handlers = append(handlers, next.Handler())
	}
	return slog.New(slog.NewMultiHandler(handlers...))
}

// sink takes the records of one form, each in one piece.
type sink struct {
	s     *Scanner
	form  string
	found func(form string)
}

func (k sink) Write(record []byte) (int, error) {
	if k.s.In(string(record)) {
		k.found(k.form)
	}
	return len(record), nil
}
