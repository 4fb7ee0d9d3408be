package alibaba

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/secret"
)

func vectorRequest() (acs3Request, credential) {
	return acs3Request{
		method: "POST", host: "esa.cn-hangzhou.aliyuncs.com", path: "/",
		query:  canonicalQuery(params{"Namespace": "test_namespace", "Key": "k:~*+é", "ExpirationTtl": "3600"}),
		action: "PutKv", version: "2024-09-10", contentType: formType, body: []byte("Value=hello%20world%2F%2B%3D%26"),
		at: time.Date(2026, 1, 2, 12, 4, 5, 999, time.FixedZone("", 9*3600)), nonce: "3156853299f313e23d1673dc12e1703d",
	}, credential{id: secret.New("testid"), key: secret.New("testsecret")}
}

func TestACS3Vector(t *testing.T) {
	r, c := vectorRequest()
	const want = "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version," +
		"Signature=7dfb95a740ae6de1d84676dfa78ea606491cad73cfc33fd5db21c3f784962bcb"
	h := r.sign(c)
	if got := h.Get("Authorization"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for name, want := range map[string]string{
		"x-acs-date": "2026-01-02T03:04:05Z", "x-acs-content-sha256": "4c38b47386862abbda352a47bfe2f2d1f47f8b729f97b6a070217ff39f35276b",
		"x-acs-signature-nonce": r.nonce, "x-acs-action": "PutKv", "x-acs-version": "2024-09-10", "content-type": formType, "accept": "application/json",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if len(h) != 8 {
		t.Errorf("headers %v", h)
	}
}

// Without a body there is no content type, and what is hashed is nothing.
func TestACS3WithoutBody(t *testing.T) {
	r, c := vectorRequest()
	r.contentType, r.body, r.method, r.query = "", nil, "GET", canonicalQuery(nil)
	c.token = secret.New("token")
	h := r.sign(c)
	if got := h.Get("x-acs-content-sha256"); got != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
		t.Errorf("hash of nothing: %s", got)
	}
	if _, there := h["Content-Type"]; there {
		t.Error("there is a content type")
	}
	if got, want := h.Get("Authorization"), secondACS3(r, c); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestNonceIsNew(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		n := newNonce()
		if len(n) != 32 || seen[n] {
			t.Fatalf("nonce %q", n)
		}
		seen[n] = true
	}
}

// secondACS3 follows the steps of the page "V3 request structure and signature", by other means than sign.
func secondACS3(r acs3Request, c credential) string {
	sum := func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }
	headers := map[string]string{
		"host": r.host, "x-acs-action": r.action, "x-acs-version": r.version, "x-acs-date": r.at.UTC().Format(time.RFC3339)[:19] + "Z",
		"x-acs-signature-nonce": r.nonce, "x-acs-content-sha256": sum(string(r.body)),
	}
	if r.contentType != "" {
		headers["content-type"] = r.contentType
	}
	if token := c.token.Reveal(); token != "" {
		headers["x-acs-accesskey-id"], headers["x-acs-security-token"] = c.id.Reveal(), token
	}
	var names []string
	for name := range headers {
		names = append(names, name)
	}
	sort.Strings(names)
	lines := []string{r.method, r.path, r.query}
	for _, name := range names {
		lines = append(lines, name+":"+strings.Trim(headers[name], " \t"))
	}
	lines = append(lines, "", strings.Join(names, ";"), headers["x-acs-content-sha256"])
	mac := hmac.New(sha256.New, []byte(c.key.Reveal()))
	fmt.Fprintf(mac, "ACS3-HMAC-SHA256\n%s", sum(strings.Join(lines, "\n")))
	return fmt.Sprintf("ACS3-HMAC-SHA256 Credential=%s,SignedHeaders=%s,Signature=%x", c.id.Reveal(), strings.Join(names, ";"), mac.Sum(nil))
}

// secondQuery encodes with net/url, and mends what that does otherwise.
func secondQuery(p params) string {
	encode := func(s string) string {
		s = strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
		return strings.ReplaceAll(strings.ReplaceAll(s, "*", "%2A"), "%7E", "~")
	}
	var names []string
	for name := range p {
		names = append(names, name)
	}
	sort.Strings(names)
	text := ""
	for i, name := range names {
		if i > 0 {
			text += "&"
		}
		text += encode(name) + "=" + encode(p[name])
	}
	return text
}

// What is signed is what is sent: a server that only sees the request comes to the same signature.
func TestSignatureFitsTheRequest(t *testing.T) {
	var faults []string
	nonces := map[string]bool{}
	s, n := served(t, func(w http.ResponseWriter, r *http.Request) {
		body := readAll(r)
		at, err := time.Parse(time.RFC3339, r.Header.Get("X-Acs-Date"))
		again := acs3Request{method: r.Method, host: r.Host, path: r.URL.EscapedPath(), query: r.URL.RawQuery, action: r.Header.Get("X-Acs-Action"),
			version: r.Header.Get("X-Acs-Version"), contentType: r.Header.Get("Content-Type"), body: body, at: at, nonce: r.Header.Get("X-Acs-Signature-Nonce")}
		if want := secondACS3(again, canaries); err != nil || r.Header.Get("Authorization") != want {
			faults = append(faults, fmt.Sprintf("%s: sent %s, want %s", again.action, r.Header.Get("Authorization"), want))
		}
		if r.Header.Get("X-Acs-Security-Token") != canaryToken || r.Header.Get("X-Acs-Accesskey-Id") != canaryID {
			faults = append(faults, again.action+": the token or the key's id is missing")
		}
		if time.Since(at).Abs() > 5*time.Second || nonces[again.nonce] {
			faults = append(faults, again.action+": the time is not now, or the nonce is an old one")
		}
		nonces[again.nonce] = true
		for _, canary := range []string{canaryID, canaryKey, canaryToken, canaryValue} {
			if strings.Contains(r.RequestURI, canary) {
				faults = append(faults, again.action+": the URL holds "+canary)
			}
		}
	})
	for _, m := range methods {
		_ = m.send(t.Context(), s, n) // the replies are empty
	}
	if len(nonces) != len(methods) {
		t.Errorf("%d requests, want %d", len(nonces), len(methods))
	}
	for _, fault := range faults {
		t.Error(fault)
	}
}
