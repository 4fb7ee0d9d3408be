package emulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What the gateway before the service checks: support.huaweicloud.com, DEW API Reference, Authentication, and DEW
// Constraints for the rate.
const (
	huaweiTime       = "20060102T150405Z"
	huaweiSkew       = 15 * time.Minute
	huaweiRate       = 20
	huaweiRatePer    = time.Second
	huaweiMaxRequest = 12 << 20
	huaweiUnsigned   = "UNSIGNED-PAYLOAD"
)

// huaweiAccess is what goes with an access key.
type huaweiAccess struct {
	secret, token string
	expires       time.Time // zero: never
}

// huaweiToken is what a token is good for.
type huaweiToken struct {
	project string    // empty: it is scoped to the account
	expires time.Time // zero: never
}

// admit does what comes before an operation sees the request: the path, who asks, the rate, and the form of the request.
func (h *HuaweiKMS) admit(r *http.Request, body []byte, route huaweiRoute, now time.Time) *huaweiError {
	if route.action == "" {
		return huaweiFails("APIGW.0101", "The API does not exist or has not been published in the environment")
	}
	project, failure := h.authenticate(r, body, now)
	if failure != nil || route.action == "list-projects" {
		return failure
	}
	if !h.unlimited && !h.inRate(now) {
		return huaweiFails("APIGW.0308", "The throttling threshold has been reached: %d requests in a second", huaweiRate)
	}
	if route.broken || len(route.project) != 32 || strings.Trim(route.project, "0123456789abcdef") != "" {
		return huaweiFails("KMS.0201", "the path has no project id in its place, or cannot be unescaped")
	}
	if project == "" {
		return huaweiFails("KMS.0305", "the token is not scoped to a project")
	}
	header := r.Header.Get("X-Project-Id")
	if route.project != project || header != "" && header != project {
		return huaweiFails("KMS.0321", "the project of the request is not that of its credentials")
	}
	if len(body) > huaweiMaxRequest {
		return huaweiFails("KMS.0203", "the body is longer than %d bytes", huaweiMaxRequest)
	}
	if len(body) > 0 {
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
			return huaweiFails("APIGW.0201", "the content type is not application/json")
		}
	}
	return nil
}

// inRate counts a request, and reports whether it is one of the first 20 in the second that ends with it. What is
// refused is not counted. The vendor counts per user; here there is but one.
func (h *HuaweiKMS) inRate(now time.Time) bool {
	h.state.Lock()
	defer h.state.Unlock()
	h.recent = slices.DeleteFunc(h.recent, func(at time.Time) bool { return !at.After(now.Add(-huaweiRatePer)) })
	if len(h.recent) >= huaweiRate {
		return false
	}
	h.recent = append(h.recent, now)
	return true
}

// authenticate returns the project that the credentials of a request are for.
func (h *HuaweiKMS) authenticate(r *http.Request, body []byte, now time.Time) (project string, failure *huaweiError) {
	if r.Header.Get("Authorization") != "" {
		return HuaweiProjectID, h.verifySignature(r, body, now)
	}
	sent := r.Header.Get("X-Auth-Token")
	if sent == "" || strings.ContainsFunc(sent, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return "", huaweiFails("KMS.0301", "there is neither Authorization nor a well-formed X-Auth-Token")
	}
	h.state.Lock()
	token, known := h.tokens[sent]
	h.state.Unlock()
	if !known {
		return "", huaweiFails("KMS.0302", "there is no such X-Auth-Token")
	}
	if !token.expires.IsZero() && !now.Before(token.expires) {
		return "", huaweiFails("KMS.0303", "X-Auth-Token has expired")
	}
	return token.project, nil
}

// huaweiAuthorization is the Authorization header taken apart.
type huaweiAuthorization struct {
	access    string
	signed    []string
	signature string
}

func parseHuaweiAuthorization(header string) (a huaweiAuthorization, ok bool) {
	rest, ok := strings.CutPrefix(header, "SDK-HMAC-SHA256 ")
	if !ok {
		return a, false
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, found := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := parts[name]; !found || twice {
			return a, false
		}
		parts[name] = value
	}
	a.access, a.signature = parts["Access"], parts["Signature"]
	a.signed = strings.Split(parts["SignedHeaders"], ";")
	inOrder := slices.IsSorted(a.signed) && len(slices.Compact(slices.Clone(a.signed))) == len(a.signed)
	lower := strings.ToLower(parts["SignedHeaders"]) == parts["SignedHeaders"]
	return a, len(parts) == 3 && a.access != "" && a.signature != "" && inOrder && lower && slices.Contains(a.signed, "x-sdk-date")
}

// verifySignature checks a signature: support.huaweicloud.com, API Request Signing Guide. All that is wrong with one
// has the same code.
func (h *HuaweiKMS) verifySignature(r *http.Request, body []byte, now time.Time) *huaweiError {
	fails := func(why string) *huaweiError {
		return huaweiFails("APIGW.0301", "Incorrect IAM authentication information: %s", why)
	}
	if len(body) > huaweiMaxRequest {
		return huaweiFails("APIGW.0201", "Request entity too large: a signed body has %d bytes at most", huaweiMaxRequest)
	}
	for _, name := range []string{"Authorization", "X-Sdk-Date", "X-Security-Token", "X-Project-Id", "X-Sdk-Content-Sha256"} {
		if len(r.Header[name]) > 1 {
			return fails("the header " + name + " occurs more than once")
		}
	}
	auth, ok := parseHuaweiAuthorization(r.Header.Get("Authorization"))
	if !ok {
		return fails("the Authorization header is malformed, or does not sign x-sdk-date")
	}
	at, err := time.Parse(huaweiTime, r.Header.Get("X-Sdk-Date"))
	if err != nil {
		return fails("X-Sdk-Date is missing or malformed")
	}
	if age := now.Sub(at); age > huaweiSkew || age < -huaweiSkew {
		return fails("the signature has expired, X-Sdk-Date is more than 15 minutes off")
	}
	h.state.Lock()
	access, known := h.access[auth.access]
	h.state.Unlock()
	if !known {
		return fails("there is no such access key")
	}
	hash := huaweiHash(body)
	if r.Header.Get("X-Sdk-Content-Sha256") == huaweiUnsigned { // any other has to be the body's own
		hash = huaweiUnsigned
	}
	if !huaweiSignatureMatches(r, auth, access.secret, hash) {
		return fails("verify aksk signature fail")
	}
	if r.Header.Get("X-Security-Token") != access.token {
		return fails("X-Security-Token does not belong to the access key")
	}
	if !access.expires.IsZero() && !now.Before(access.expires) {
		return fails("the access key and its security token have expired")
	}
	return nil
}

// huaweiSignatureMatches computes the signature of a request, for each form that the host may have been signed in, and
// compares.
func huaweiSignatureMatches(r *http.Request, auth huaweiAuthorization, secret, hash string) bool {
	path, ok := huaweiCanonicalPath(r.URL.EscapedPath())
	query, valid := huaweiCanonicalQuery(r.URL.RawQuery)
	if !ok || !valid {
		return false
	}
	for _, host := range tencentHosts(r.Host) {
		canonical := r.Method + "\n" + path + "\n" + query + "\n"
		for _, name := range auth.signed {
			for _, value := range huaweiSignedValues(r, name, host) {
				canonical += name + ":" + strings.TrimSpace(value) + "\n"
			}
		}
		canonical += "\n" + strings.Join(auth.signed, ";") + "\n" + hash
		text := "SDK-HMAC-SHA256\n" + r.Header.Get("X-Sdk-Date") + "\n" + huaweiHash([]byte(canonical))
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(text))
		if hmac.Equal([]byte(hex.EncodeToString(mac.Sum(nil))), []byte(auth.signature)) {
			return true
		}
	}
	return false
}

// huaweiSignedValues returns the values of a header in their order. Two of them Go keeps elsewhere.
func huaweiSignedValues(r *http.Request, name, host string) []string {
	switch name {
	case "host":
		return []string{host}
	case "content-length":
		return []string{strconv.FormatInt(r.ContentLength, 10)}
	}
	var values []string
	for header, all := range r.Header { // names with an underscore and others are not always in their canonical form
		if strings.EqualFold(header, name) {
			values = append(values, all...)
		}
	}
	slices.Sort(values)
	return values
}

// huaweiCanonicalPath escapes the segments of a path anew, and ends it with a slash.
func huaweiCanonicalPath(escaped string) (string, bool) {
	segments := strings.Split(escaped, "/")
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil {
			return "", false
		}
		segments[i] = huaweiEscape(plain)
	}
	path := strings.Join(segments, "/")
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}
	return path, true
}

// huaweiCanonicalQuery sorts a query by its names, and the values of each.
func huaweiCanonicalQuery(raw string) (string, bool) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return "", false
	}
	var names []string
	for name, all := range values {
		names = append(names, name)
		slices.Sort(all)
	}
	slices.Sort(names)
	var pairs []string
	for _, name := range names {
		for _, value := range values[name] {
			pairs = append(pairs, huaweiEscape(name)+"="+huaweiEscape(value))
		}
	}
	return strings.Join(pairs, "&"), true
}

// huaweiEscape escapes all but RFC 3986's unreserved characters.
func huaweiEscape(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

func huaweiHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
