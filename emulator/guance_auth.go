package emulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// guanceAPI is one of the vendor's two APIs, or a set of them.
type guanceAPI int

const (
	guanceOpen guanceAPI = 1 << iota
	guancePrivate
)

const (
	// guanceExternal is who did what was done by the External API.
	guanceExternal = "external"
	// guanceSVersion is the fixed value of X-Df-SVersion.
	guanceSVersion = "v20240417"
)

// guanceAPIOf tells by the headers which API a request is for. With the credentials of both, or of none, it is for
// neither.
func guanceAPIOf(h http.Header) (guanceAPI, bool) {
	open := len(h.Values("DF-API-KEY")) > 0
	external := len(h.Values("X-Df-Access-Key"))+len(h.Values("X-Df-Signature")) > 0
	switch {
	case open && !external:
		return guanceOpen, true
	case external && !open:
		return guancePrivate, true
	}
	return 0, false
}

// authenticate checks who sends a request and whether it comes too soon.
func (g *Guance) authenticate(call *guanceCall, r *http.Request) *guanceError {
	if call.api == guancePrivate {
		call.actor = guanceExternal
		return g.checkSignature(r, call.body, call.now)
	}
	keys := r.Header.Values("DF-API-KEY")
	id, known := g.secrets[keys[0]]
	key, there := g.keys.newest(id)
	if len(keys) != 1 || !known || !there {
		return guanceFault("ft.InvalidAPIKey", "the API key is not valid")
	}
	call.actor, call.workspace = key.uuid, key.workspace
	if g.unlimited {
		return nil
	}
	// Whether the vendor's minute slides, and whether a refused request counts, is not documented.
	ofKey, ofSpace := guanceWindowOf(g.perKey, key.uuid), guanceWindowOf(g.perSpace, key.workspace)
	switch {
	case ofKey.full(g.settings.KeyRate, call.now):
		return guanceFault("ft.TriggerApiAkCurrentLimiting", "too many requests of this API key, wait up to a minute")
	case ofSpace.full(g.settings.WorkspaceRate, call.now):
		return guanceFault("ft.TriggerApiWorkspaceCurrentLimiting", "too many requests of this workspace, wait up to a minute")
	}
	ofKey.made, ofSpace.made = append(ofKey.made, call.now), append(ofSpace.made, call.now)
	return nil
}

// guanceWindow is when the requests of the last minute were let through, oldest first.
type guanceWindow struct{ made []time.Time }

func guanceWindowOf(windows map[string]*guanceWindow, id string) *guanceWindow {
	if windows[id] == nil {
		windows[id] = &guanceWindow{}
	}
	return windows[id]
}

func (w *guanceWindow) full(n int, now time.Time) bool {
	for len(w.made) > 0 && now.Sub(w.made[0]) >= guanceRatePer {
		w.made = w.made[1:]
	}
	return len(w.made) >= n
}

// checkSignature checks the headers of the External API: all have to be there, each once.
func (g *Guance) checkSignature(r *http.Request, body []byte, now time.Time) *guanceError {
	missing := func(message string) *guanceError { return guanceFault("ft.MissingAuthHeaderInfo", message) }
	sent := map[string]string{}
	for _, name := range []string{"Content-Type", "X-Df-Access-Key", "X-Df-Timestamp", "X-Df-SVersion", "X-Df-Nonce", "X-Df-Signature"} {
		values := r.Header.Values(name)
		if len(values) != 1 || values[0] == "" {
			return missing("the header " + name + " is required, once")
		}
		sent[name] = values[0]
	}
	if kind, _, err := mime.ParseMediaType(sent["Content-Type"]); err != nil || kind != "application/json" {
		return missing("Content-Type is not application/json")
	}
	if sent["X-Df-SVersion"] != guanceSVersion {
		return missing("X-Df-SVersion is not " + guanceSVersion)
	}
	at, ok := guanceSeconds(sent["X-Df-Timestamp"])
	if !ok {
		return missing("X-Df-Timestamp is not a time in seconds")
	}
	if age := now.Sub(at); age > g.settings.Timeliness || age < -g.settings.Timeliness {
		return missing("X-Df-Timestamp is too far from the server's time")
	}
	if sent["X-Df-Access-Key"] != g.settings.AccessKey {
		return guanceFault(g.settings.SignatureCode, "the access key is not valid")
	}
	mac := hmac.New(sha256.New, []byte(g.settings.SecretKey))
	mac.Write([]byte(r.Method + " " + sent["X-Df-Nonce"] + " " + guanceTarget(r) + " " + sent["X-Df-Timestamp"] + " "))
	mac.Write(body)
	want := hex.EncodeToString(mac.Sum(nil))
	if g.settings.Base64Signature {
		want = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	if !hmac.Equal([]byte(want), []byte(sent["X-Df-Signature"])) {
		return guanceFault(g.settings.SignatureCode, "the signature does not match")
	}
	return g.once(sent["X-Df-Nonce"], at, now)
}

// once refuses a nonce that came before. The vendor says only that it is random.
func (g *Guance) once(nonce string, at, now time.Time) *guanceError {
	if g.settings.ReusedNonces {
		return nil
	}
	if now.After(g.sweep) {
		maps.DeleteFunc(g.nonces, func(_ string, until time.Time) bool { return now.After(until) })
		g.sweep = now.Add(g.settings.Timeliness)
	}
	if until, used := g.nonces[nonce]; used && !now.After(until) {
		return guanceFault(g.settings.SignatureCode, "the nonce was used already")
	}
	g.nonces[nonce] = at.Add(g.settings.Timeliness) // later than this the request's own time is too old
	return nil
}

// guanceSeconds reads a time in decimal digits.
func guanceSeconds(s string) (time.Time, bool) {
	n, err := strconv.ParseUint(s, 10, 40) // beyond the year 36000
	return time.Unix(int64(n), 0), err == nil
}

// guanceTarget is the path and the query of a request as they were sent.
func guanceTarget(r *http.Request) string {
	target := r.RequestURI
	if target == "" {
		return r.URL.RequestURI()
	}
	if _, rest, ok := strings.Cut(target, "://"); ok && !strings.HasPrefix(target, "/") { // as to a proxy
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			return rest[i:]
		}
		return "/"
	}
	return target
}
