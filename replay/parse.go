package replay

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Parse reads the exchanges of a file.
func Parse(data []byte) ([]Exchange, error) {
	all, _, err := parse(data)
	return all, err
}

// parse returns the lines of the requests too, counted from 1.
func parse(data []byte) (all []Exchange, lines []int, err error) {
	p := parser{lines: strings.Split(string(data), "\n")}
	for i := range p.lines {
		p.lines[i] = strings.TrimSuffix(p.lines[i], "\r")
	}
	for {
		e, err := p.exchange()
		if err != nil {
			return nil, nil, fmt.Errorf("replay: line %d: %w", min(p.at+1, len(p.lines)), err)
		}
		if e == nil {
			return all, lines, nil
		}
		all, lines = append(all, *e), append(lines, p.request)
	}
}

type parser struct {
	lines   []string
	at      int
	request int // the line of the last request
}

func (p *parser) more() bool   { return p.at < len(p.lines) }
func (p *parser) line() string { return p.lines[p.at] }

// marked returns what stands behind a mark at the beginning of the line.
func (p *parser) marked(mark byte) (string, bool) {
	if p.more() && isMark(p.line()) && p.line()[0] == mark {
		return strings.TrimSpace(p.line()[1:]), true
	}
	return "", false
}

// exchange returns nil at the end of the file.
func (p *parser) exchange() (*Exchange, error) {
	e := &Exchange{}
	for ; p.more(); p.at++ {
		if line := p.line(); strings.HasPrefix(line, "#") {
			e.Comments = append(e.Comments, oneLine(line[1:]))
		} else if strings.TrimSpace(line) != "" {
			break
		}
	}
	if !p.more() {
		if e.Comments != nil {
			return nil, errors.New(`a comment without a request (a line of a body that begins so has a \ in front)`)
		}
		return nil, nil
	}
	start, found := p.marked('>')
	if !found {
		return nil, errors.New(`here should be a request: "> METHOD /path?query"`)
	}
	if err := e.setStart(start); err != nil {
		return nil, err
	}
	p.at++
	p.request = p.at
	var err error
	if e.Header, e.Body, err = p.message('>'); err != nil {
		return nil, err
	}
	status, found := p.marked('<')
	if !found {
		return nil, errors.New(`here should be the reply: "< status" (a line of a body that begins with # or > has a \ in front)`)
	}
	if e.Status, err = strconv.Atoi(status); err != nil || len(status) != 3 || e.Status < 200 {
		return nil, errors.New("the status should be a number from 200 to 999")
	}
	p.at++
	if e.ReplyHeader, e.ReplyBody, err = p.message('<'); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *Exchange) setStart(line string) error {
	method, target, _ := strings.Cut(line, " ")
	if !isToken(method) {
		return errors.New("the method cannot be one")
	}
	if target != oneWord(target) || !strings.HasPrefix(target, "/") || !utf8.ValidString(target) {
		return errors.New("the path should begin with / and be without spaces")
	}
	if _, err := url.ParseRequestURI(target); err != nil {
		return errors.New("the path has escapes that are none")
	}
	e.Method, e.Target = method, target
	return nil
}

// message reads headers and a body.
func (p *parser) message(mark byte) (http.Header, []byte, error) {
	header, written := http.Header{}, ""
	for ; p.more(); p.at++ {
		line := p.line()
		if strings.TrimSpace(line) == "" {
			break
		}
		if isMark(line) {
			// A request without a body may have its reply right behind it, and a reply the next exchange.
			text, ours := p.marked(mark)
			if !ours {
				return header, nil, nil
			}
			line = text
		}
		if line == base64Mark || line == crlfMark {
			if written != "" {
				return nil, nil, errors.New("the body cannot be written in two ways")
			}
			written = line
			continue
		}
		name, value, found := strings.Cut(line, ":")
		if !found || !isToken(name) {
			return nil, nil, errors.New(`here should be a header, "Name: value", or an empty line`)
		}
		header.Add(name, oneLine(value))
	}
	p.at++ // over the empty line
	body, err := decodeBody(p.body(), written)
	return header, body, err
}

// body returns the lines up to the next mark, without the empty ones at the end.
func (p *parser) body() string {
	var lines []string
	end := 0
	for ; p.more() && !isMark(p.line()); p.at++ {
		line := p.line()
		escaped := strings.HasPrefix(line, `\`) && needsBackslash(line)
		if escaped {
			line = line[1:]
		}
		lines = append(lines, line)
		if escaped || line != "" {
			end = len(lines)
		}
	}
	return strings.Join(lines[:end], "\n")
}

func decodeBody(text, written string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	switch written {
	case base64Mark:
		body, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		if err != nil {
			return nil, errors.New("the body before this line is not base64")
		}
		if len(body) == 0 {
			return nil, nil
		}
		return body, nil
	case crlfMark:
		return []byte(strings.ReplaceAll(text, "\n", "\r\n")), nil
	default:
		return []byte(text), nil
	}
}
