package emulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tencentAPI is one service of the vendor's platform, with the credentials that it accepts.
type tencentAPI struct {
	service, version           string
	secretID, secretKey, token string
	maxRequest                 int // bytes of a body
}

// admit does what the vendor's platform does before an action sees the request: the form of the request, the
// signature and the rate, which allow tells. The codes are those of the platform's page of common error codes.
func (a *tencentAPI) admit(r *http.Request, body []byte, action string, now time.Time, allow func() *tencentError) *tencentError {
	if r.Method != http.MethodPost {
		return tencentFails("UnsupportedProtocol", "the emulator serves POST only")
	}
	if len(body) > a.maxRequest {
		return tencentFails("RequestSizeLimitExceeded", "the body is longer than %d bytes", a.maxRequest)
	}
	for _, name := range []string{
		"Authorization", "Content-Type", "X-Tc-Action", "X-Tc-Version", "X-Tc-Region", "X-Tc-Timestamp", "X-Tc-Token", "X-Tc-Content-Sha256",
	} {
		if len(r.Header[name]) > 1 {
			return tencentFails("InvalidRequest", "the header %s occurs more than once", name)
		}
	}
	for _, name := range []string{"Action", "Version", "Timestamp"} {
		if r.Header.Get("X-TC-"+name) == "" {
			return tencentFails("MissingParameter", "the header X-TC-%s is missing", name)
		}
	}
	if version := r.Header.Get("X-TC-Version"); version != a.version {
		return tencentFails("NoSuchVersion", "there is no version %q of %s here", version, a.service)
	}
	if action == "" {
		return tencentFails("InvalidAction", "there is no action %q", r.Header.Get("X-TC-Action"))
	}
	if failure := a.authenticate(r, body, now); failure != nil {
		return failure
	}
	if failure := allow(); failure != nil {
		return failure
	}
	// All actions live at the root, whose path is also what clients sign whatever they send; an action's own
	// parameters are read from the body only.
	if r.URL.Path != "/" && r.URL.Path != "" || r.URL.RawQuery != "" {
		return tencentFails("InvalidRequest", "a POST request goes to / and has no query")
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return tencentFails("InvalidRequest", "the content type is not application/json")
	}
	return nil
}

// tencentRates are the requests of the last second, by what they are counted with.
type tencentRates map[string][]time.Time

// take counts a request, and reports whether it is one of the first limit in the second that ends with it. What is
// refused is not counted. The vendor does not say whether the account or each caller has the limit; here there is but
// one.
func (t tencentRates) take(pool string, limit int, now time.Time) bool {
	recent := slices.DeleteFunc(t[pool], func(at time.Time) bool { return !at.After(now.Add(-tencentRatePer)) })
	ok := len(recent) < limit
	if ok {
		recent = append(recent, now)
	}
	t[pool] = recent
	return ok
}

// tencentAuthorization is the Authorization header taken apart.
type tencentAuthorization struct {
	secretID, date, service, terminator string
	signed                              []string
	signature                           string
}

func parseTencentAuthorization(header string) (a tencentAuthorization, ok bool) {
	rest, ok := strings.CutPrefix(header, "TC3-HMAC-SHA256 ")
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
	scope := strings.Split(parts["Credential"], "/")
	if len(parts) != 3 || len(scope) != 4 || parts["SignedHeaders"] == "" || parts["Signature"] == "" {
		return a, false
	}
	a.secretID, a.date, a.service, a.terminator = scope[0], scope[1], scope[2], scope[3]
	a.signed, a.signature = strings.Split(parts["SignedHeaders"], ";"), parts["Signature"]
	// The names have to be in lower case and in order, and two of them have to be there.
	sorted := slices.IsSorted(a.signed) && len(slices.Compact(slices.Clone(a.signed))) == len(a.signed)
	lower := strings.ToLower(parts["SignedHeaders"]) == parts["SignedHeaders"]
	return a, sorted && lower && slices.Contains(a.signed, "content-type") && slices.Contains(a.signed, "host")
}

// authenticate verifies a signature: tencentcloud.com, Signature v3.
func (a *tencentAPI) authenticate(r *http.Request, body []byte, now time.Time) *tencentError {
	auth, ok := parseTencentAuthorization(r.Header.Get("Authorization"))
	if !ok {
		return tencentFails("AuthFailure.InvalidAuthorization", "the Authorization header is missing or malformed")
	}
	seconds, err := strconv.ParseInt(r.Header.Get("X-TC-Timestamp"), 10, 64)
	if err != nil || seconds < 0 || seconds > tencentLatestExpiry {
		return tencentFails("InvalidParameter", "X-TC-Timestamp is not a number of seconds since 1970")
	}
	if auth.secretID != a.secretID {
		if auth.secretID == "" || !tencentPlain(auth.secretID, "") {
			return tencentFails("AuthFailure.InvalidSecretId", "this is not the form of a SecretId")
		}
		return tencentFails("AuthFailure.SecretIdNotFound", "there is no such SecretId")
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > tencentSkew || age < -tencentSkew {
		return tencentFails("AuthFailure.SignatureExpire", "the timestamp is more than five minutes off")
	}
	date := time.Unix(seconds, 0).UTC().Format(time.DateOnly)
	matches := auth.date == date && auth.service == a.service && auth.terminator == "tc3_request"
	if !matches || !a.signatureMatches(r, body, auth) {
		return tencentFails("AuthFailure.SignatureFailure", "the signature does not match the request")
	}
	if r.Header.Get("X-TC-Token") != a.token {
		return tencentFails("AuthFailure.TokenFailure", "the token does not belong to the SecretId")
	}
	return nil
}

// signatureMatches computes the signature of a request, for each form that the host may have been signed in, and
// compares.
func (a *tencentAPI) signatureMatches(r *http.Request, body []byte, auth tencentAuthorization) bool {
	if r.Header.Get("X-TC-Content-SHA256") == "UNSIGNED-PAYLOAD" {
		body = []byte("UNSIGNED-PAYLOAD")
	}
	key := []byte("TC3" + a.secretKey)
	for _, part := range []string{auth.date, auth.service, auth.terminator} {
		key = tencentMAC(key, part)
	}
	scope := auth.date + "/" + auth.service + "/" + auth.terminator
	for _, host := range tencentHosts(r.Host) {
		// The path is the root even where a client sends another. POST requests have no query: one that was added is
		// in here and breaks the signature.
		canonical := r.Method + "\n/\n" + r.URL.RawQuery + "\n"
		for _, name := range auth.signed {
			canonical += name + ":" + tencentSignedValue(r, name, host) + "\n"
		}
		canonical += "\n" + strings.Join(auth.signed, ";") + "\n" + tencentHash(body)
		text := "TC3-HMAC-SHA256\n" + r.Header.Get("X-TC-Timestamp") + "\n" + scope + "\n" + tencentHash([]byte(canonical))
		if hmac.Equal([]byte(hex.EncodeToString(tencentMAC(key, text))), []byte(auth.signature)) {
			return true
		}
	}
	return false
}

// tencentSignedValue returns what of a header is signed: the content type as it was sent, others in lower case.
func tencentSignedValue(r *http.Request, name, host string) string {
	switch name {
	case "host":
		return host
	case "content-type":
		return strings.TrimSpace(r.Header.Get(name))
	}
	return strings.ToLower(strings.TrimSpace(strings.Join(r.Header.Values(name), ",")))
}

// tencentHosts returns the forms in which clients sign a host: as it was sent, without its port, or with the port that
// goes without saying.
func tencentHosts(sent string) []string {
	hosts := []string{sent}
	if name, _, err := net.SplitHostPort(sent); err == nil {
		if strings.Contains(name, ":") {
			name = "[" + name + "]"
		}
		return append(hosts, name)
	}
	return append(hosts, sent+":80", sent+":443")
}

func tencentMAC(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func tencentHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
