package emulator_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func guanceNumber(s string) json.Number { return json.Number(s) }

// Signatures that another program computed (HMAC-SHA256 of the text that the vendor's page describes).
func TestGuanceSignatureVectors(t *testing.T) {
	send := func(settings emulator.GuanceSettings, method, target, nonce, body, signature string) guanceAnswer {
		settings.AccessKey, settings.SecretKey = "testid", "testsecret"
		c := newGuanceSet(t, settings)
		r, err := http.NewRequest(method, c.URL()+target, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{
			"Content-Type": {"application/json;charset=UTF-8"}, "X-Df-Access-Key": {"testid"}, "X-Df-Timestamp": {"1764547200"},
			"X-Df-Sversion": {"v20240417"}, "X-Df-Nonce": {nonce}, "X-Df-Signature": {signature},
		}
		return c.send(r)
	}
	const (
		create   = "/api/v1/workspace/create?a=%2Fb&c=%C3%A9+d"
		body     = `{"name":"café"}`
		hexa     = "fee091b5f0864413b8630f99766eff64ebe89e1aecacf77a40561cac9eb74d12"
		base     = "/uCRtfCGRBO4Yw+Zdm7/ZOvonhrsrPd6QFYcrJ63TRI="
		accepted = 400 // for there is no ownerUuid in it
	)
	send(emulator.GuanceSettings{}, "POST", create, "6f1d0a7e-nonce", body, hexa).refused(accepted, "ft.ParamError")
	send(emulator.GuanceSettings{Base64Signature: true}, "POST", create, "6f1d0a7e-nonce", body, base).refused(accepted, "ft.ParamError")
	send(emulator.GuanceSettings{}, "POST", create, "6f1d0a7e-nonce", body, base).refused(401, "ft.MissingAuthHeaderInfo")
	send(emulator.GuanceSettings{Base64Signature: true}, "POST", create, "6f1d0a7e-nonce", body, hexa).refused(401, "ft.MissingAuthHeaderInfo")
	send(emulator.GuanceSettings{}, "POST", create, "6f1d0a7e-nonce", body, strings.ToUpper(hexa)).refused(401, "ft.MissingAuthHeaderInfo")
	send(emulator.GuanceSettings{}, "GET", "/api/v1/workspace/list?pageIndex=1&pageSize=100", "n1", "",
		"59de03211ba06b8d5f4eaf454add066260ce639cec2d5342caaebd9e016ea97d").ok()
	// The helper of these tests computes the same.
	if got := hex.EncodeToString(guanceSum("testsecret", "POST 6f1d0a7e-nonce "+create+" 1764547200 "+body)); got != hexa {
		t.Error(got)
	}
	if got := base64.StdEncoding.EncodeToString(guanceSum("testsecret", "POST 6f1d0a7e-nonce "+create+" 1764547200 "+body)); got != base {
		t.Error(got)
	}
}

func TestGuanceTampered(t *testing.T) {
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, change := range map[string]func(*http.Request){
		"method":           func(r *http.Request) { r.Method = "GET" },
		"path":             func(r *http.Request) { r.URL.Path += "/" },
		"query":            func(r *http.Request) { r.URL.RawQuery = "a=2" },
		"query order":      func(r *http.Request) { r.URL.RawQuery = "b=2&a=1" },
		"query encoding":   func(r *http.Request) { r.URL.RawQuery = "a=%31&b=2" },
		"body":             func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 0 },
		"nonce":            set("X-Df-Nonce", "other"),
		"time":             set("X-Df-Timestamp", fmt.Sprint(guanceEpoch+1)),
		"access key":       set("X-Df-Access-Key", "other"),
		"signature":        set("X-Df-Signature", strings.Repeat("0", 64)),
		"version":          set("X-Df-SVersion", "v20240418"),
		"content type":     set("Content-Type", "text/plain"),
		"time with spaces": set("X-Df-Timestamp", " "),
		"words for a time": set("X-Df-Timestamp", "now"),
		"negative time":    set("X-Df-Timestamp", "-1"),
		"huge time":        set("X-Df-Timestamp", "999999999999999999999"),
		"large time":       set("X-Df-Timestamp", "1099511627775"),
		"fraction":         set("X-Df-Timestamp", fmt.Sprint(guanceEpoch)+".0"),
		"two nonces":       func(r *http.Request) { r.Header.Add("X-Df-Nonce", "n") },
		"no type":          func(r *http.Request) { r.Header.Del("Content-Type") },
		"no key":           func(r *http.Request) { r.Header.Del("X-Df-Access-Key") },
		"no time":          func(r *http.Request) { r.Header.Del("X-Df-Timestamp") },
		"no version":       func(r *http.Request) { r.Header.Del("X-Df-SVersion") },
		"no nonce":         func(r *http.Request) { r.Header.Del("X-Df-Nonce") },
		"no signature":     func(r *http.Request) { r.Header.Del("X-Df-Signature") },
		"empty nonce":      set("X-Df-Nonce", ""),
		"both APIs":        set("DF-API-KEY", emulator.GuanceAPIKey),
	} {
		t.Run(name, func(t *testing.T) {
			c := newGuanceSet(t, emulator.GuanceSettings{})
			x := c.external()
			x.t = t
			r := x.request("POST", "create?a=1&b=2", `{"name":"w",`+guanceOwned+`}`)
			change(r)
			x.send(r).refused(401, "ft.MissingAuthHeaderInfo")
			if got := x.get("list").ok().names(); got != "first" {
				t.Error(got)
			}
		})
	}
	c := newGuanceSet(t, emulator.GuanceSettings{SignatureCode: "ft.InvalidSignature", AuthStatus: 403})
	x := c.external()
	r := x.request("GET", "list", "")
	r.Header.Set("X-Df-Signature", "0")
	x.send(r).refused(403, "ft.InvalidSignature")
	r = x.request("GET", "list", "")
	r.Header.Set("X-Df-Timestamp", "0")
	x.send(r).refused(403, "ft.MissingAuthHeaderInfo")
}

func TestGuanceNonceAndTime(t *testing.T) {
	for _, timeliness := range []time.Duration{0, 10 * time.Second} {
		c := newGuanceSet(t, emulator.GuanceSettings{Timeliness: timeliness})
		if timeliness == 0 {
			timeliness = time.Minute
		}
		x := c.external()
		for _, off := range []time.Duration{timeliness, -timeliness} {
			r := x.request("GET", "list", "")
			c.clock.pass(off)
			x.send(r).ok()
			c.clock.pass(-off)
			r = x.request("GET", "list", "")
			c.clock.pass(off + off/time.Duration(timeliness.Seconds()))
			x.send(r).refused(401, "ft.MissingAuthHeaderInfo")
			c.clock.pass(-off - off/time.Duration(timeliness.Seconds()))
		}
		again := func() *http.Request {
			x.nonces.Store(1000)
			return x.request("GET", "list", "")
		}
		x.send(again()).ok()
		x.send(again()).refused(401, "ft.MissingAuthHeaderInfo")
		c.clock.pass(timeliness)
		x.send(again()).refused(401, "ft.MissingAuthHeaderInfo")
		c.clock.pass(time.Second)
		x.send(again()).ok()
	}
	x := newGuanceSet(t, emulator.GuanceSettings{ReusedNonces: true}).external()
	r := x.request("GET", "list", "")
	x.send(r).ok()
	x.send(r).ok()
}

func TestGuanceAPIKey(t *testing.T) {
	c := newGuance(t)
	for _, key := range []string{"nobody", emulator.GuanceAPIKey + "x", strings.ToUpper(emulator.GuanceAPIKey), emulator.GuanceSecretKey} {
		c.with(key).get("get").refused(403, "ft.InvalidAPIKey")
	}
	r := c.request("GET", "get", "")
	r.Header.Set("DF-API-KEY", "")
	c.send(r).refused(403, "ft.InvalidAPIKey")
	r.Header["Df-Api-Key"] = []string{emulator.GuanceAPIKey, emulator.GuanceAPIKey}
	c.send(r).refused(403, "ft.InvalidAPIKey")
	r.Header.Del("DF-API-KEY")
	c.send(r).refused(401, "ft.MissingAuthHeaderInfo")
	seen := newGuance(t, emulator.WithGuance(emulator.GuanceSettings{InvalidKeyStatus: 401}))
	seen.with("nobody").get("get").refused(401, "ft.InvalidAPIKey")
}

// A key may ask 20 times in any minute, and what is refused does not count.
func TestGuanceKeyRate(t *testing.T) {
	c := newGuance(t)
	other := c.with(c.external().post("accesskey/add", `{"name":"k","workspaceUUID":"`+c.WorkspaceUUID()+`"}`).ok().object()["sk"].(string))
	for i := range 20 {
		c.get("get").ok()
		if i == 9 {
			c.clock.pass(30 * time.Second)
		}
	}
	c.get("get").refused(401, "ft.TriggerApiAkCurrentLimiting")
	c.post("create", `{"name":"w"}`).refused(401, "ft.TriggerApiAkCurrentLimiting")
	other.get("get").ok() // each key has its own
	for range 30 {        // the External API has none
		c.external().get("list").ok()
	}
	c.clock.pass(30*time.Second - 1)
	c.get("get").refused(401, "ft.TriggerApiAkCurrentLimiting")
	c.clock.pass(1)
	for range 10 {
		c.get("get").ok()
	}
	c.get("get").refused(401, "ft.TriggerApiAkCurrentLimiting")
	c.clock.pass(30 * time.Second)
	for range 10 {
		c.post("modify", `[]`).refused(400, "ft.ParamError") // a bad request counts
	}
	c.get("get").refused(401, "ft.TriggerApiAkCurrentLimiting")
	if got := c.external().get("list").ok().names(); got != "first" {
		t.Error(got)
	}
}

// All keys of a workspace together may ask 200 times in any minute.
func TestGuanceWorkspaceRate(t *testing.T) {
	c := newGuance(t)
	x := c.external()
	var keys []*guanceCaller
	for range 11 {
		keys = append(keys, c.with(x.post("accesskey/add", `{"name":"k","workspaceUUID":"`+c.WorkspaceUUID()+`"}`).ok().object()["sk"].(string)))
	}
	a := keys[0].post("create", `{"name":"other","needCreateAk":true,"akName":"k"}`).ok()
	for i := range 199 {
		keys[(i+1)/20].get("get").ok()
	}
	keys[10].get("get").refused(401, "ft.TriggerApiWorkspaceCurrentLimiting")
	c.get("get").refused(401, "ft.TriggerApiWorkspaceCurrentLimiting")
	keys[0].get("get").refused(401, "ft.TriggerApiAkCurrentLimiting") // both: the key's comes first
	c.with(a.object("akInfo")["keySk"].(string)).get("get").ok()
	c.clock.pass(time.Minute)
	for range 20 { // the refused ones did not count against the key
		keys[10].get("get").ok()
	}

	small := newGuance(t, emulator.WithGuance(emulator.GuanceSettings{KeyRate: 2, WorkspaceRate: 1}))
	small.get("get").ok()
	small.get("get").refused(401, "ft.TriggerApiWorkspaceCurrentLimiting")
	free := newGuance(t, emulator.WithoutRateLimit())
	for range 201 {
		free.get("get").ok()
	}
}
