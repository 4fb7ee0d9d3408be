package wire

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// ParseEndpoint reads an endpoint such as "https://kv.example.com" or "kv.example.com", which means https. Plain http
// is refused with [errs.InvalidArgument] unless the host is a loopback address or plaintext is allowed, since the
// credentials could be read on the way; so are user names, queries and fragments. The host is lower-cased, as it
// goes into signatures.
func ParseEndpoint(text string, allowPlaintext bool) (*url.URL, error) {
	u, fault := parseEndpoint(text, allowPlaintext)
	if fault != "" {
		return nil, errs.Refuse(errs.InvalidArgument, "endpoint: %s", fault)
	}
	return u, nil
}

// parseEndpoint is ParseEndpoint with what is wrong as a text.
func parseEndpoint(text string, allowPlaintext bool) (_ *url.URL, fault string) {
	full := text
	if !strings.Contains(text, "://") {
		full = "https://" + text
	}
	u, err := url.Parse(full)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, "not a host or an https URL"
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, u.Host + " has a user name, a query or a fragment"
	case !isASCII(u.Host):
		return nil, u.Host + " has a host that is not ASCII; write it as xn--…"
	case !isPort(u):
		return nil, u.Host + " has no valid port behind its colon"
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, u.Host + " has the scheme " + strconv.Quote(u.Scheme) + "; accepted is https"
	case u.Scheme == "http" && !allowPlaintext && !isLoopback(u.Hostname()):
		return nil, u.Host + " is not https: credentials would travel in plain text; set " + OptionAllowPlaintext + ": true to permit that"
	}
	u.Host = strings.ToLower(u.Host)
	if path := u.EscapedPath(); strings.HasSuffix(path, "/") { // of the escaped path: %2F at its end is not a separator
		u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/"), strings.TrimSuffix(path, "/")
	}
	for segment := range strings.SplitSeq(strings.TrimPrefix(u.EscapedPath(), "/"), "/") {
		plain, _ := url.PathUnescape(segment)
		if u.Path != "" && (plain == "" || plain == "." || plain == "..") {
			return nil, u.Host + " has a path with an empty segment, . or .."
		}
	}
	return u, ""
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isPort reports whether the URL has no port or one that can be dialled.
func isPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && n > 0
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

const upperHex = "0123456789ABCDEF"

// Escape percent-encodes every byte of s but A-Z a-z 0-9 - . _ ~ (RFC 3986, section 2.3), which is what signatures of
// several vendors want, and what keeps one path segment one segment.
func Escape(s string) string {
	if EscapedLen(s) == len(s) {
		return s
	}
	return string(AppendEscaped(nil, s))
}

// EscapedLen returns the length of what [Escape] makes of s.
func EscapedLen[T ~string | ~[]byte](s T) int {
	n := len(s)
	for i := range len(s) {
		if !unreserved(s[i]) {
			n += 2
		}
	}
	return n
}

// AppendEscaped appends s to b as [Escape] spells it.
func AppendEscaped[T ~string | ~[]byte](b []byte, s T) []byte {
	b = slices.Grow(b, EscapedLen(s))
	for i := range len(s) {
		if c := s[i]; unreserved(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return b
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

// Join returns base with escaped path segments behind its path. A segment that is "." or ".." is refused with
// [errs.InvalidArgument], because servers and proxies resolve it to another path whatever its escaping.
func Join(base *url.URL, segments ...string) (*url.URL, error) {
	raw, plain := []byte(base.EscapedPath()), []byte(base.Path)
	size := 0
	for _, s := range segments {
		size += len("/") + EscapedLen(s)
	}
	raw, plain = slices.Grow(raw, size), slices.Grow(plain, size)
	for _, s := range segments {
		if s == "." || s == ".." || s == "" {
			return nil, errs.Refuse(errs.InvalidArgument, "%q cannot be part of a path", s)
		}
		raw = AppendEscaped(append(raw, '/'), s)
		plain = append(append(plain, '/'), s...)
	}
	u := *base
	u.Path, u.RawPath = string(plain), string(raw)
	return &u, nil
}
