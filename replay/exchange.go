package replay

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Exchange is a request and its reply.
type Exchange struct {
	// Comments are the comment lines before the request, without their marks.
	Comments []string

	Method string
	// Target is the path and the query of the request as they are sent, escapes included.
	Target string
	// Header is that of the request; its Host is here too.
	Header http.Header
	Body   []byte

	Status      int
	ReplyHeader http.Header
	ReplyBody   []byte
}

// Format returns the exchange in the file format, which [Parse] reads. The formatted exchanges of a file are joined
// without anything between them. Headers are written in the order of their names, Host first. As in net/http, headers
// with impossible names are left out, and line ends in the values of the others become spaces; so they do elsewhere.
func (e Exchange) Format() []byte {
	var b bytes.Buffer
	for _, text := range e.Comments {
		b.WriteString(strings.TrimRight("# "+oneLine(text), " ") + "\n")
	}
	b.WriteString("> " + oneWord(e.Method) + " " + oneWord(e.Target) + "\n")
	writeMessage(&b, "> ", e.Header, e.Body)
	b.WriteString("\n< " + strconv.Itoa(e.Status) + "\n")
	writeMessage(&b, "< ", e.ReplyHeader, e.ReplyBody)
	b.WriteString("\n")
	return b.Bytes()
}

// oneLine makes text fit into a line.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' || r == 0 {
			return ' '
		}
		return r
	}, text)
	return strings.TrimSpace(text)
}

// oneWord makes text fit into a line that spaces divide.
func oneWord(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return '_'
		}
		return r
	}, text)
}

func writeMessage(b *bytes.Buffer, mark string, header http.Header, body []byte) {
	for _, name := range headerNames(header) {
		for _, value := range header[name] {
			b.WriteString(mark + name + ": " + oneLine(value) + "\n")
		}
	}
	text := string(body)
	switch {
	case text == "":
		return
	case isText(text):
		b.WriteString("\n")
		writeText(b, text)
	case isCRLF(text):
		b.WriteString(mark + crlfMark + "\n\n")
		writeText(b, strings.ReplaceAll(text, "\r\n", "\n"))
	default:
		b.WriteString(mark + base64Mark + "\n\n")
		encoded := base64.StdEncoding.EncodeToString(body)
		for line := range slices.Chunk([]byte(encoded), 76) {
			b.Write(append(line, '\n'))
		}
	}
}

const (
	base64Mark = "base64"
	crlfMark   = "crlf"
)

// headerNames returns the names that can be written, Host first.
func headerNames(header http.Header) (names []string) {
	for name := range header {
		if isToken(name) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if (a == "Host") != (b == "Host") {
			if a == "Host" {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	return names
}

// isToken reports whether s can be a method or the name of a header.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// isText reports whether s can stand in a file as it is.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t'
	})
}

// isCRLF reports whether s is text whose lines end in CR LF.
func isCRLF(s string) bool {
	n := strings.Count(s, "\r\n")
	return n > 0 && strings.Count(s, "\n") == n && isText(strings.ReplaceAll(s, "\r\n", "\n"))
}

func writeText(b *bytes.Buffer, text string) {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		last := i == len(lines)-1
		if needsBackslash(line) || last && line == "" {
			b.WriteByte('\\')
		}
		b.WriteString(line + "\n")
	}
}

// needsBackslash reports whether a line of a body would be taken for something else, or for an escaped one.
func needsBackslash(line string) bool {
	rest := strings.TrimLeft(line, `\`)
	return isMark(rest) || rest == "" && line != ""
}

// isMark reports whether a line begins as a comment, a request or a reply does.
func isMark(line string) bool {
	if line == "" || strings.IndexByte("#<>", line[0]) < 0 {
		return false
	}
	return len(line) == 1 || line[1] == ' '
}
