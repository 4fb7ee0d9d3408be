package replay

import (
	"bytes"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxInner is how many texts that hold secrets behind names may be one inside the other.
const maxInner = 6

// text scrubs JSON, or a text of unknown shape.
func (c *scrubber) text(text string) string {
	if c.depth >= maxInner {
		return text
	}
	c.depth++
	defer func() { c.depth-- }()
	if json.Valid([]byte(text)) {
		return string(c.json([]byte(text)))
	}
	s := &textScrubber{scrubber: c, text: text}
	s.assigned()
	s.elements()
	s.blocks()
	s.schemes()
	s.users()
	s.keys()
	s.tokens()
	s.encoded()
	return string(replace([]byte(text), merge(s.found)))
}

// textScrubber finds the secrets of a text of unknown shape.
type textScrubber struct {
	*scrubber
	text  string
	found []span
}

// hide notes a secret that begins at a place, and learns it. What stands around it stays: quotes, or white space.
func (s *textScrubber) hide(at int, found string) {
	secret := strings.Trim(found, "\\\"' \t\r\n")
	if secret == "" {
		return
	}
	s.learn(secret)
	start := at + strings.Index(found, secret)
	s.found = append(s.found, span{start, start + len(secret)})
}

// A text of unknown shape has secrets behind their names: name=value, and "name": "value".
var (
	valueAfter = regexp.MustCompile(`^(?:\\*"(?:[^"\\]|\\.)*"?|'[^']*'?|(?i:bearer|basic|token)\s+[^\s"'&,;<>]+|[^\s"'&,;<>(){}\[\]]+)`)
	blockMark  = regexp.MustCompile(`^[|>][-+0-9]*\s*$`)
)

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '.' || c == '-'
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// nameBefore returns the name that stands before a place, behind which there may be spaces and a quote.
func nameBefore(text string, end int) string {
	for end > 0 && isSpace(text[end-1]) {
		end--
	}
	if end > 0 && (text[end-1] == '"' || text[end-1] == '\'') {
		end--
	}
	for end > 0 && text[end-1] == '\\' {
		end--
	}
	start := end
	for start > 0 && isNameByte(text[start-1]) {
		start--
	}
	return text[start:end]
}

func (s *textScrubber) assigned() {
	for i := 0; i < len(s.text); i++ {
		if c := s.text[i]; c != ':' && c != '=' {
			continue
		}
		name := nameBefore(s.text, i)
		if name == "" || !s.settings.isSecret(name) {
			continue
		}
		at := i + 1
		for at < len(s.text) && isSpace(s.text[at]) {
			at++
		}
		if found := valueAfter.FindString(s.text[at:]); !blockMark.MatchString(found) {
			s.hide(at, found)
		}
	}
}

// elements finds secrets between the tags of XML and HTML. Those in attributes are assigned.
func (s *textScrubber) elements() {
	for i := 0; i < len(s.text); i++ {
		if s.text[i] != '<' {
			continue
		}
		end := i + 1
		for end < len(s.text) && (isNameByte(s.text[end]) || s.text[end] == ':') {
			end++
		}
		name := s.text[i+1 : end]
		if name = name[strings.LastIndexByte(name, ':')+1:]; name == "" || !s.settings.isSecret(name) {
			continue
		}
		at, ok := endOfTag(s.text, end)
		if !ok {
			continue
		}
		content := s.text[at:]
		if lead := strings.TrimLeft(content, " \t\r\n"); strings.HasPrefix(lead, cdataStart) {
			at += len(content) - len(lead) + len(cdataStart)
			content, _, _ = strings.Cut(s.text[at:], "]]>")
		} else {
			content, _, _ = strings.Cut(content, "<")
			s.learn(strings.TrimSpace(html.UnescapeString(content)))
		}
		s.hide(at, content)
	}
}

const cdataStart = "<![CDATA["

// endOfTag returns where the content of an element begins whose tag goes on at a place.
func endOfTag(text string, at int) (int, bool) {
	if at < len(text) && !isSpace(text[at]) && text[at] != '>' {
		return 0, false
	}
	quote := byte(0)
	for ; at < len(text); at++ {
		switch c := text[at]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return at + 1, text[at-1] != '/'
		case c == '<':
			return 0, false
		}
	}
	return 0, false
}

// blockStart is the line of a YAML block scalar's name.
var blockStart = regexp.MustCompile(`(?m)^((?:[ \t]|- )*)["']?([A-Za-z0-9_.-]+)["']?[ \t]*:[ \t]*(?:![^\s]+[ \t]+)?[|>][-+0-9]*[ \t]*(?:#[^\n]*)?\r?\n`)

// blocks finds secrets in the block scalars of YAML, which are further right than their names.
func (s *textScrubber) blocks() {
	if !strings.ContainsAny(s.text, "|>") {
		return
	}
	for _, m := range blockStart.FindAllStringSubmatchIndex(s.text, -1) {
		if !s.settings.isSecret(s.text[m[4]:m[5]]) {
			continue
		}
		indent, start, end := m[3]-m[2], m[1], m[1]
		var lines []string
		for line := range strings.Lines(s.text[start:]) {
			text := strings.TrimLeft(line, " \t")
			if strings.TrimSpace(line) != "" && len(line)-len(text) <= indent {
				break
			}
			end += len(line)
			lines = append(lines, strings.TrimRight(text, "\r\n"))
			s.learn(strings.TrimSpace(line))
		}
		s.learn(strings.TrimSpace(strings.Join(lines, "\n")))
		s.hide(start, s.text[start:end])
	}
}

var (
	bearer = regexp.MustCompile(`(?i)\bbearer[ \t]+([A-Za-z0-9._~+/=-]{8,})`)
	basic  = regexp.MustCompile(`(?i)\bbasic[ \t]+([A-Za-z0-9+/_-]{4,}={0,2})`)
	word   = regexp.MustCompile(`^[A-Za-z]?[a-z]{1,19}[.=]*$`)
)

// schemes finds credentials behind the name of their scheme.
func (s *textScrubber) schemes() {
	small := string(lower([]byte(s.text)))
	if strings.Contains(small, "bearer") {
		for _, m := range bearer.FindAllStringSubmatchIndex(s.text, -1) {
			if token := s.text[m[2]:m[3]]; !word.MatchString(token) { // a sentence about them
				s.hide(m[2], token)
			}
		}
	}
	if strings.Contains(small, "basic") {
		for _, m := range basic.FindAllStringSubmatchIndex(s.text, -1) {
			decoded, ok := decodeBase64(s.text[m[2]:m[3]])
			user, password, credentials := strings.Cut(string(decoded), ":")
			if ok && credentials {
				s.learn(user)
				s.learn(password)
				s.hide(m[2], s.text[m[2]:m[3]])
			}
		}
	}
}

var userInfo = regexp.MustCompile(`\b[A-Za-z][A-Za-z0-9+.-]*:(?:\\?/){2}([^/\\\s"'<>?#]+)@`)

// users finds the users and passwords of URLs.
func (s *textScrubber) users() {
	if !strings.Contains(s.text, "@") || !strings.Contains(s.text, ":/") && !strings.Contains(s.text, `:\/`) {
		return
	}
	for _, m := range userInfo.FindAllStringSubmatchIndex(s.text, -1) {
		info := s.text[m[2]:m[3]]
		user, password, found := strings.Cut(info, ":")
		if !found {
			password = user
		}
		s.learn(password)
		if plain, err := url.PathUnescape(password); err == nil {
			s.learn(plain)
		}
		s.found = append(s.found, span{m[2], m[3]})
	}
}

var privateKey = regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----((?s:.*?))(?:-----END |\z)`)

// keys finds private keys in PEM.
func (s *textScrubber) keys() {
	if !strings.Contains(s.text, "PRIVATE KEY-----") {
		return
	}
	for _, m := range privateKey.FindAllStringSubmatchIndex(s.text, -1) {
		inner := s.text[m[2]:m[3]]
		var all strings.Builder
		for line := range strings.Lines(strings.NewReplacer(`\r`, "", `\n`, "\n").Replace(inner)) {
			if !strings.Contains(line, ":") { // which the headers of an encrypted one have
				all.WriteString(strings.TrimSpace(line))
			}
		}
		// What is the same in many keys, such as the beginning of their encoding, is not learned by itself.
		s.learn(all.String())
		if der, ok := decodeBase64(all.String()); ok {
			s.learn(string(der))
		}
		s.hide(m[2], inner)
	}
}

var webToken = regexp.MustCompile(`^eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*){1,3}`)

// tokens finds JSON web tokens.
func (s *textScrubber) tokens() {
	for at := 0; ; at++ {
		next := strings.Index(s.text[at:], "eyJ")
		if next < 0 {
			return
		}
		if at += next; at == 0 || base64Values[s.text[at-1]] < 0 || s.text[at-1] == '/' {
			s.hide(at, webToken.FindString(s.text[at:]))
		}
	}
}

// shortestEncoded is how many letters of base64 an object with a secret has at least, maxTries behind how many slashes
// of a run of letters it is looked for.
const (
	shortestEncoded = 12
	maxTries        = 32
)

// encoded finds secrets by their names in what is encoded with base64: JSON, and what is compressed. All of that goes.
func (s *textScrubber) encoded() {
	for i := 0; i < len(s.text); {
		if base64Values[s.text[i]] < 0 {
			i++
			continue
		}
		end := i
		for end < len(s.text) && (base64Values[s.text[end]] >= 0 || s.text[end] == '\r' || s.text[end] == '\n') {
			end++
		}
		// A path may stand in front of it.
		for start, tries := i, maxTries; end-start >= shortestEncoded && tries > 0; tries-- {
			if s.hasSecret(s.text[start:end]) {
				for end < len(s.text) && s.text[end] == '=' {
					end++
				}
				s.found = append(s.found, span{start, end})
				break
			}
			next := strings.IndexByte(s.text[start:end], '/')
			if next < 0 {
				break
			}
			start += next + 1
		}
		i = end
	}
}

// hasSecret reports whether base64 text holds something that has secrets, and learns them.
func (s *textScrubber) hasSecret(text string) bool {
	head, _ := decodeBase64(text[:shortestEncoded])
	if compressedAt(head) != 0 && !looksLikeJSON(head) {
		return false
	}
	decoded, ok := decodeBase64(text)
	if !ok {
		return false
	}
	if compressedAt(decoded) == 0 {
		if decoded, _, _ = inflate(decoded); len(decoded) == 0 {
			return false
		}
	}
	return s.scrubber.text(string(decoded)) != string(decoded)
}

// looksLikeJSON reports whether a text may be the beginning of a JSON object or array.
func looksLikeJSON(head []byte) bool {
	start := bytes.TrimLeft(head, " \t\r\n")
	if len(start) == 0 || start[0] != '{' && start[0] != '[' {
		return false
	}
	for len(start) > 0 {
		r, n := utf8.DecodeRune(start)
		if r == utf8.RuneError && len(start) >= utf8.UTFMax || unicode.IsControl(r) && !isSpace(start[0]) {
			return false
		}
		start = start[n:]
	}
	return true
}

// decodeBase64 decodes either alphabet, with padding or without it, in lines or in one. A letter too many at the end,
// such as of what follows, is passed over.
func decodeBase64(text string) ([]byte, bool) {
	text = strings.TrimRight(strings.TrimSpace(text), "=")
	out := make([]byte, 0, len(text)*3/4)
	have, held := 0, 0
	for i := range len(text) {
		value := base64Values[text[i]]
		if value < 0 {
			if text[i] != '\r' && text[i] != '\n' {
				return nil, false
			}
			continue
		}
		have, held = have+6, held<<6|int(value)
		if have >= 8 {
			have -= 8
			out = append(out, byte(held>>have))
			held &= 1<<have - 1
		}
	}
	return out, true
}
