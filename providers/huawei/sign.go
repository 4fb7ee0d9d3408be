package huawei

import (
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// Terms of the signature, from the page "AK/SK signing and authentication algorithm".
const (
	signAlgorithm = "SDK-HMAC-SHA256"
	signedTime    = "20060102T150405Z"
)

// authorize adds what proves to the vendor who sends a request: a token, or the signature SDK-HMAC-SHA256 over method,
// path, query, body and the headers that are there by now, Content-Type excepted, host and time included.
func authorize(c credential, method string, u *url.URL, query map[string]string, header http.Header, body []byte, at time.Time) {
	if !c.auth.IsEmpty() {
		header["X-Auth-Token"] = []string{c.auth.Reveal()}
		return
	}
	if !c.token.IsEmpty() {
		header["X-Security-Token"] = []string{c.token.Reveal()}
	}
	date := at.UTC().Format(signedTime)
	header["X-Sdk-Date"] = []string{date}

	type line struct{ name, value string }
	lines := make([]line, 0, 8)
	lines = append(lines, line{"host", u.Host})
	for name, values := range header {
		if name != "Content-Type" {
			lines = append(lines, line{strings.ToLower(name), strings.TrimSpace(values[0])})
		}
	}
	slices.SortFunc(lines, func(a, b line) int { return strings.Compare(a.name, b.name) })
	var headers, names strings.Builder
	headers.Grow(256)
	names.Grow(64)
	for i, l := range lines {
		headers.WriteString(l.name + ":" + l.value + "\n")
		if i > 0 {
			names.WriteByte(';')
		}
		names.WriteString(l.name)
	}
	signed := names.String()
	canonical := method + "\n" + canonicalPath(u.Path) + "\n" + encodeQuery(query) + "\n" + headers.String() + "\n" + signed + "\n" + wire.HexSHA256(body)
	signature := wire.HMACSHA256([]byte(c.key.Reveal()), signAlgorithm+"\n"+date+"\n"+wire.HexSHA256([]byte(canonical)))
	header["Authorization"] = []string{signAlgorithm + " Access=" + c.access.Reveal() + ", SignedHeaders=" + signed + ", Signature=" + hex.EncodeToString(signature)}
}

// canonicalPath is a path as it is signed: its segments escaped, and a slash at its end.
func canonicalPath(path string) string {
	var b strings.Builder
	b.Grow(len(path) + 1)
	for segment := range strings.SplitSeq(strings.TrimSuffix(path, "/"), "/") {
		b.WriteString(wire.Escape(segment))
		b.WriteByte('/')
	}
	return b.String()
}

// encodeQuery spells a query as it is signed and sent.
func encodeQuery(query map[string]string) string {
	if len(query) == 0 {
		return ""
	}
	var b strings.Builder
	for i, name := range slices.Sorted(maps.Keys(query)) {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(wire.Escape(name) + "=" + wire.Escape(query[name]))
	}
	return b.String()
}
