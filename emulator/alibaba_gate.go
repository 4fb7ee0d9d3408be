package emulator

import (
	"bytes"
	"crypto/hmac"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"time"
)

// alibabaGate is what the vendor's gateway in front of every RPC service keeps: access keys and the nonces that were
// used. The lock of the emulator is held around every method.
type alibabaGate struct {
	keys   map[string]alibabaKey
	nonces map[string]time.Time // key id and nonce → when it may be forgotten
	sweep  time.Time            // when nonces are looked through next
	issued int
}

// alibabaKey is an access key. Temporary ones have a token and an end.
type alibabaKey struct {
	secret, token string
	expires       time.Time
}

func newAlibabaGate(keyID, secret string) alibabaGate {
	return alibabaGate{keys: map[string]alibabaKey{keyID: {secret: secret}}, nonces: map[string]time.Time{}}
}

// issue makes a temporary access key.
func (g *alibabaGate) issue(expires time.Time) (keyID, secret, token string) {
	g.issued++
	n := alibabaNumber(int64(g.issued))
	keyID, secret, token = "STS.emulator-"+n, "emulator-sts-secret-"+n, "emulator-security-token-"+n
	g.keys[keyID] = alibabaKey{secret: secret, token: token, expires: expires}
	return keyID, secret, token
}

// authenticate checks time, key, token and signature of a request and that it was not sent before.
func (g *alibabaGate) authenticate(sent *alibabaSigned, now time.Time) *alibabaError {
	at, err := time.Parse(alibabaTime, sent.stamp)
	if err != nil {
		return alibabaFault("InvalidTimeStamp.Format")
	}
	if age := now.Sub(at); age > alibabaSkew || age < -alibabaSkew {
		return alibabaFault("InvalidTimeStamp.Expired")
	}
	key, ok := g.keys[sent.keyID]
	switch {
	case !ok:
		return alibabaFault("InvalidAccessKeyId.NotFound")
	case key.token != "" && sent.token == "":
		return alibabaFault("MissingSecurityToken")
	case key.token != sent.token:
		return alibabaFault("InvalidSecurityToken.MismatchWithAccessKey")
	case key.token != "" && !now.Before(key.expires):
		return alibabaFault("InvalidSecurityToken.Expired")
	}
	if !hmac.Equal([]byte(sent.sum(key.secret)), []byte(sent.signature)) {
		wrong := alibabaFault("SignatureDoesNotMatch")
		// The vendor's gateway says what it would have signed, too.
		wrong.message = alibabaGatewayCodes[wrong.code].message + " server string to sign is:" +
			sent.toSign[:min(len(sent.toSign), alibabaShown)]
		return wrong
	}
	if now.After(g.sweep) {
		maps.DeleteFunc(g.nonces, func(_ string, until time.Time) bool { return now.After(until) })
		g.sweep = now.Add(alibabaSkew)
	}
	nonce := sent.keyID + "\n" + sent.nonce
	if until, used := g.nonces[nonce]; used && !now.After(until) {
		return alibabaFault("SignatureNonceUsed")
	}
	// Later than this the request's own time is too old.
	g.nonces[nonce] = at.Add(alibabaSkew)
	return nil
}

// alibabaEnter reads a request and what it says about itself, all but what the action decides.
func alibabaEnter(r *http.Request, body []byte) (*alibabaParams, *alibabaSigned, *alibabaError) {
	params, err := parseAlibaba(r, body)
	if err != nil {
		return nil, nil, err
	}
	if r.URL.Path != "/" {
		return nil, nil, alibabaFault("InvalidApi.NotFound")
	}
	sent, err := alibabaSignatureOf(r, body, params)
	if err != nil {
		return nil, nil, err
	}
	// Format=XML exists at the vendor's gateway; this one speaks JSON alone.
	if format, given := params.get("Format"); given && !strings.EqualFold(format, "json") {
		return nil, nil, alibabaBad("Format")
	}
	return params, sent, nil
}

// alibabaActionOf returns the action that a request names in either scheme, empty if it cannot be read.
func alibabaActionOf(r *http.Request, body []byte) string {
	if _, ok := alibabaACS3(r); ok {
		return r.Header.Get("x-acs-action")
	}
	params, err := parseAlibaba(r, body)
	if err != nil {
		return ""
	}
	return params.text("Action")
}

func alibabaWriteJSON(w http.ResponseWriter, status int, reply alibabaReply) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(reply); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	alibabaWrite(w, status, "application/json;charset=utf-8", bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

func alibabaWrite(w http.ResponseWriter, status int, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
