package emulator

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// cloudflareScope is what credentials permit.
type cloudflareScope int

const (
	cloudflareReads cloudflareScope = iota + 1
	cloudflareWrites
)

// cloudflareCredentials are those of a request: a token, or an address and a key.
type cloudflareCredentials struct{ token, email, key string }

// cloudflareCredentialsOf reads the credentials. A bearer token goes before a key, for the vendor's SDKs may send both.
// The numbers of the chains, and of a request without credentials, are not in the vendor's pages.
func cloudflareCredentialsOf(h http.Header) (cloudflareCredentials, *cloudflareReply) {
	var c cloudflareCredentials
	authorization, emails, keys := h.Values("Authorization"), h.Values("X-Auth-Email"), h.Values("X-Auth-Key")
	invalid := func(code int, message string) (cloudflareCredentials, *cloudflareReply) {
		r := cloudflareRefuse(6003, "Invalid request headers")
		r.errors[0].Chain = []cloudflareError{{Code: code, Message: message}}
		return c, r
	}
	if len(authorization) > 0 {
		scheme, token, _ := strings.Cut(authorization[0], " ")
		if len(authorization) > 1 || !strings.EqualFold(scheme, "Bearer") || !cloudflareTokenLike(token) {
			return invalid(6111, "Invalid format for Authorization header")
		}
		c.token = token
		return c, nil
	}
	switch {
	case len(emails)+len(keys) == 0:
		return c, cloudflareRefuse(9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers")
	case len(emails) == 0:
		return invalid(6100, "Missing X-Auth-Email header")
	case len(keys) == 0:
		return invalid(6101, "Missing X-Auth-Key header")
	case len(keys) > 1 || len(emails) > 1 || !cloudflareTokenLike(keys[0]):
		return invalid(6103, "Invalid format for X-Auth-Key header")
	}
	c.email, c.key = emails[0], keys[0]
	return c, nil
}

// cloudflareTokenLike reports whether a text could be a token or a key.
func cloudflareTokenLike(s string) bool {
	for _, b := range []byte(s) {
		if (b < '0' || b > '9') && (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && b != '-' && b != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 256
}

// authenticate checks credentials of the right form.
func (c *Cloudflare) authenticate(cred cloudflareCredentials) (cloudflareScope, *cloudflareReply) {
	switch {
	case cred.token == c.APIToken():
		return cloudflareWrites, nil
	case cred.token == c.ReadOnlyToken():
		return cloudflareReads, nil
	case cred.token != "":
		return 0, cloudflareRefuse(10000, "Authentication error") // the vendor does not tell it from a missing permission
	case cred.email == c.Email() && cred.key == c.APIKey():
		return cloudflareWrites, nil
	}
	return 0, cloudflareRefuse(9103, "Unknown X-Auth-Key or X-Auth-Email")
}

// verifyToken answers the API's own check of a token.
func (c *Cloudflare) verifyToken(*cloudflareCall) *cloudflareReply {
	r := cloudflareSucceed(map[string]string{"id": "fa4e0000000000000000000000070ce4", "status": "active"})
	r.messages = []cloudflareError{{Code: 10000, Message: "This API Token is valid and active"}}
	return r
}

// The limits of the client API, developers.cloudflare.com/fundamentals/api/reference/limits. The window is taken as
// one that slides, and a request refused does not count.
const (
	cloudflareRequests  = 1200 // of a user, whatever credentials are used
	cloudflareWindow    = 5 * time.Minute
	cloudflareBlock     = 5 * time.Minute
	cloudflarePerSecond = 200 // of an address; all clients of an emulator have one
)

// cloudflareRate remembers the requests of the user.
type cloudflareRate struct {
	seen    []time.Time // within the window, oldest first
	blocked time.Time   // until then
}

// admit counts a request, or refuses it. The headers tell clients where they stand, in both families of names that the
// vendor's pages have had; that the resets are seconds from now is an assumption.
func (c *Cloudflare) admit(now time.Time) (http.Header, *cloudflareReply) {
	if c.unlimited {
		return nil, nil
	}
	c.state.Lock()
	defer c.state.Unlock()
	rate := &c.rate
	for len(rate.seen) > 0 && !rate.seen[0].After(now.Add(-cloudflareWindow)) {
		rate.seen = rate.seen[1:]
	}
	if !now.Before(rate.blocked) && len(rate.seen) >= cloudflareRequests {
		rate.blocked = now.Add(cloudflareBlock)
	}
	var wait time.Duration
	switch n := len(rate.seen); {
	case now.Before(rate.blocked):
		wait = rate.blocked.Sub(now)
	case n >= cloudflarePerSecond && rate.seen[n-cloudflarePerSecond].After(now.Add(-time.Second)):
		wait = rate.seen[n-cloudflarePerSecond].Add(time.Second).Sub(now)
	default:
		rate.seen = append(rate.seen, now)
	}
	remaining, reset := cloudflareRequests-len(rate.seen), wait
	if wait > 0 {
		remaining = 0
	} else {
		reset = rate.seen[0].Add(cloudflareWindow).Sub(now)
	}
	h := http.Header{}
	h.Set("X-Ratelimit-Limit", strconv.Itoa(cloudflareRequests))
	h.Set("X-Ratelimit-Remaining", strconv.Itoa(remaining))
	h.Set("X-Ratelimit-Reset", cloudflareSeconds(reset))
	h.Set("Ratelimit", fmt.Sprintf(`"default";r=%d;t=%s`, remaining, cloudflareSeconds(reset)))
	h.Set("Ratelimit-Policy", fmt.Sprintf(`"default";q=%d;w=%d`, cloudflareRequests, int(cloudflareWindow.Seconds())))
	if wait <= 0 {
		return h, nil
	}
	h.Set("Retry-After", cloudflareSeconds(wait))
	return h, cloudflareRefuse(971, "Please wait and consider throttling your request speed")
}

// cloudflareSeconds rounds up.
func cloudflareSeconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}
