package replay

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Names of headers, parameters and fields that hold secrets.
var secretNames = setOf(
	"Authorization", "Cookie", "Set-Cookie", "AK", "SK", "AccessKey", "AccessKeyId", "SecretId",
	"X-Auth-Email", "Credential", "Credentials", "X-Amz-Credential", "Passphrase", "Plaintext", "PlaintextKey",
	"PlaintextBlob", "PlaintextBase64", "DataKeyPlaintext", "DataKey", "RandomData", "KeySK", "Jwt", "Otp", "Session", "SessionId",
)

// Ends of such names.
var secretEnds = []string{
	"authorization", "secret", "password", "passwd", "pwd", "signature", "apikey", "authkey", "secretkey", "accesskey", "privatekey",
	"accesskeyid", "secretid", "accesstoken", "securitytoken", "sessiontoken", "apitoken", "authtoken", "refreshtoken",
	"idtoken", "subjecttoken", "bearertoken", "tctoken", "csrftoken", "usertoken", "servicekey", "importtoken", "clitoken",
	"waytoken",
}

func (s *settings) isSecret(name string) bool {
	n := plain(name)
	if s.kept[n] {
		return false
	}
	return s.scrubbed[n] || secretNames[n] || n == "token" || slices.ContainsFunc(secretEnds, func(end string) bool { return strings.HasSuffix(n, end) })
}

// Headers of replies that say nothing about them, or that a server makes itself.
var droppedReplyHeaders = setOf(
	"Alt-Svc", "Connection", "Content-Encoding", "Content-Length", "Date", "Keep-Alive", "Nel", "Report-To", "Reporting-Endpoints",
	"Server-Timing", "Transfer-Encoding", "Vary", "Via",
)

// Headers of requests that are recorded although they are not compared.
var keptRequestHeaders = setOf("Host")

// scrubber takes secrets out of exchanges: first by name, and then, with what was found so, by value.
type scrubber struct {
	settings *settings
	finder   finder
	depth    int // of the texts that are one inside the other
}

// shortestSecret is what a registered secret has at least, shortestFound what one found by its name has, to be removed
// elsewhere too. Below, most of the text would go with it.
const (
	shortestSecret = 4
	shortestFound  = 8
)

func newScrubber(s *settings) *scrubber {
	c := &scrubber{settings: s}
	for _, secret := range s.secrets {
		if text := secret.Reveal(); text != "" {
			c.finder.addAnyCase(text)
		}
	}
	return c
}

// newScrubberFor returns a scrubber of texts about a request or a reply, which may show its secrets.
func (s *settings) newScrubberFor(about *Exchange) *scrubber {
	c := newScrubber(s)
	c.study(about)
	return c
}

// study learns the secrets of an exchange, which stays as it is.
func (c *scrubber) study(e *Exchange) {
	copied := *e
	copied.Header, copied.ReplyHeader = e.Header.Clone(), e.ReplyHeader.Clone()
	c.byName(&copied)
}

func (c *scrubber) learn(text string) {
	if len(text) >= shortestFound && !strings.Contains(text, Scrubbed) {
		c.finder.add(text)
	}
}

// byName scrubs what has a secret's name, and learns it. Headers that are not worth recording are dropped.
func (c *scrubber) byName(e *Exchange) {
	e.Target = c.target(e.Target)
	e.Body = c.body(e.Header, e.Body)
	e.ReplyBody = c.body(e.ReplyHeader, e.ReplyBody)
	for _, header := range []http.Header{e.Header, e.ReplyHeader} {
		for name, values := range header {
			for i, value := range values {
				if c.settings.isSecret(name) {
					c.learnHeader(name, value)
					values[i] = Scrubbed
				} else {
					values[i] = c.text(value)
				}
			}
		}
	}
	for name := range e.Header {
		if c.settings.ignoredHeaders.has(name) && !keptRequestHeaders.has(name) {
			delete(e.Header, name)
		}
	}
	for name := range e.ReplyHeader {
		if droppedReplyHeaders.has(name) {
			delete(e.ReplyHeader, name)
		}
	}
}

// learnHeader learns what is secret in a header.
func (c *scrubber) learnHeader(name, value string) {
	c.learn(value)
	isCookie := strings.HasSuffix(plain(name), "cookie")
	for i, word := range strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == ',' || r == ';' }) {
		left, right, assigned := strings.Cut(word, "=")
		switch {
		case isCookie && assigned && (i == 0 || plain(name) == "cookie"):
			c.learn(strings.Trim(right, `"`))
		case !isCookie && assigned && right != "" && strings.Trim(right, "=") != "" && (left == "Access" || c.settings.isSecret(left)):
			right = strings.Trim(right, `"`)
			id, _, _ := strings.Cut(right, "/")
			c.learn(right)
			c.learn(id)
		case !isCookie && i == 1: // behind the scheme
			c.learn(word)
			id, signature, _ := strings.Cut(word, ":")
			c.learn(id)
			c.learn(signature)
			if decoded, err := base64.StdEncoding.DecodeString(word); err == nil {
				user, password, _ := strings.Cut(string(decoded), ":")
				c.learn(user)
				c.learn(password)
			}
		}
	}
}

// target scrubs a path with a query.
func (c *scrubber) target(target string) string {
	path, query, found := strings.Cut(target, "?")
	if !found {
		return c.path(path)
	}
	return c.path(path) + "?" + c.values(query)
}

// path scrubs the parameters in the segments of a path, and what is a secret by its shape.
func (c *scrubber) path(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if strings.Contains(segment, "=") {
			segments[i] = c.pairs(segment, ";")
			continue
		}
		plain, err := url.PathUnescape(segment)
		if err != nil {
			continue
		}
		s := &textScrubber{scrubber: c, text: plain}
		s.tokens()
		s.encoded()
		if len(s.found) > 0 {
			segments[i] = url.PathEscape(string(replace([]byte(plain), merge(s.found))))
		}
	}
	return strings.Join(segments, "/")
}

// values scrubs a query or a form, as it is written.
func (c *scrubber) values(raw string) string { return c.pairs(raw, "&") }

// pairs scrubs names and values.
func (c *scrubber) pairs(raw, between string) string {
	pairs := strings.Split(raw, between)
	for i, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		plainName, err1 := url.QueryUnescape(name)
		plainValue, err2 := url.QueryUnescape(value)
		if err1 != nil {
			plainName = name
		}
		if err2 != nil {
			plainValue = value
		}
		if value == "" {
			continue
		}
		if c.settings.isSecret(plainName) {
			c.learn(plainValue)
			pairs[i] = name + "=" + Scrubbed
		} else if inner := c.text(plainValue); inner != plainValue {
			pairs[i] = name + "=" + url.QueryEscape(inner)
		}
	}
	return strings.Join(pairs, between)
}

func (c *scrubber) body(header http.Header, body []byte) []byte {
	media, parameters, _ := mime.ParseMediaType(header.Get("Content-Type"))
	boundary := parameters["boundary"]
	if compressedAt(body) == 0 { // without a Content-Encoding
		if plain, _, _ := inflate(body); len(plain) > 0 {
			return c.within(header, plain, body)
		}
	}
	switch {
	case len(body) == 0:
		return body
	case media == "application/x-www-form-urlencoded":
		return []byte(c.values(string(body)))
	case strings.HasPrefix(media, "multipart/") && boundary != "":
		return c.parts(body, boundary)
	default:
		return []byte(c.text(string(body)))
	}
}

// within scrubs a body that was encoded somehow. If there is a secret in it, all of it goes.
func (c *scrubber) within(header http.Header, plain, encoded []byte) []byte {
	if c.depth >= maxInner {
		return encoded
	}
	c.depth++
	defer func() { c.depth-- }()
	if bytes.Equal(c.body(header, plain), plain) {
		return encoded
	}
	return []byte(Scrubbed)
}

// parts scrubs the parts of a multipart body.
func (c *scrubber) parts(body []byte, boundary string) []byte {
	all := bytes.Split(body, []byte("--"+boundary))
	for i, one := range all {
		gap := []byte("\r\n\r\n")
		head, content, found := bytes.Cut(one, gap)
		if !found {
			gap = []byte("\n\n")
			if head, content, found = bytes.Cut(one, gap); !found {
				continue
			}
		}
		header := http.Header{}
		for line := range strings.Lines(string(head)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
			header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
		}
		text := bytes.TrimRight(content, "\r\n")
		end := content[len(text):]
		_, parameters, _ := mime.ParseMediaType(header.Get("Content-Disposition"))
		if c.settings.isSecret(parameters["name"]) {
			c.learn(string(text))
			if plain, encoded := transferred(header, text); encoded {
				c.learn(string(plain))
			}
			text = []byte(Scrubbed)
		} else if plain, encoded := transferred(header, text); encoded {
			text = c.within(header, plain, text)
		} else {
			text = c.body(header, text)
		}
		all[i] = slices.Concat(head, gap, text, end)
	}
	return bytes.Join(all, []byte("--"+boundary))
}

// transferred undoes the Content-Transfer-Encoding of a part.
func transferred(header http.Header, body []byte) ([]byte, bool) {
	switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
	case "base64":
		return decodeBase64(string(body))
	case "quoted-printable":
		plain, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(body)))
		return plain, err == nil
	}
	return nil, false
}

// byValue scrubs the secrets that are known by now.
func (c *scrubber) byValue(e *Exchange) {
	e.Target = c.finder.scrubString(e.Target)
	e.Body, e.ReplyBody = c.bodyByValue(e.Body), c.bodyByValue(e.ReplyBody)
	for _, header := range []http.Header{e.Header, e.ReplyHeader} {
		for _, values := range header {
			for i, value := range values {
				values[i] = c.finder.scrubString(value)
			}
		}
	}
}

func (c *scrubber) bodyByValue(body []byte) []byte {
	if !c.finder.empty() && json.Valid(body) {
		body = c.numbers(body)
	}
	return c.finder.scrub(body)
}

// leaks reports whether a secret is left anywhere.
func (c *scrubber) leaks(e *Exchange) bool {
	for _, text := range [][]byte{e.Body, e.ReplyBody, e.Format()} {
		if len(c.finder.find(text)) > 0 {
			return true
		}
	}
	return false
}
