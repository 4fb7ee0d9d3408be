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
// path, query, body, host, time, and the headers of the project and the temporary credential where they are there by now.
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

	canonical := make([]byte, 0, 512)
	canonical = append(canonical, method+"\n"+canonicalPath(u.Path)+"\n"+encodeQuery(query)+"\nhost:"+u.Host+"\n"...)
	names := "host"
	for _, signed := range [...]struct{ header, name string }{{"X-Project-Id", "x-project-id"}, {"X-Sdk-Date", "x-sdk-date"}, {"X-Security-Token", "x-security-token"}} {
		if values := header[signed.header]; values != nil {
			canonical = append(canonical, signed.name+":"+strings.TrimSpace(values[0])+"\n"...)
			names += ";" + signed.name
		}
	}
	canonical = append(canonical, "\n"+names+"\n"+wire.HexSHA256(body)...)
	signature := wire.HMACSHA256([]byte(c.key.Reveal()), signAlgorithm+"\n"+date+"\n"+wire.HexSHA256(canonical))
	header["Authorization"] = []string{signAlgorithm + " Access=" + c.access.Reveal() + ", SignedHeaders=" + names + ", Signature=" + hex.EncodeToString(signature)}
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
