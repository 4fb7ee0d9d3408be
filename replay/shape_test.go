package replay_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/replay"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func gzipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

func zlibbed(text string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

const keyText = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nQ0FOQVJZLWtleTE=\nCANARYkey2\n-----END RSA PRIVATE KEY-----"

const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJDQU5BUlkifQ.CANARY_sum-1"

// A secret is found by its name or by its shape wherever it stands, and is removed from other places too.
func TestSecretsByShape(t *testing.T) {
	for name, test := range map[string]struct{ media, body, want string }{
		"attribute":                 {"application/xml", `<C SecretKey="CANARY-attr" n='1'/>`, `<C SecretKey="REDACTED" n='1'/>`},
		"attribute 1 quote":         {"text/html", `<input name=x  api-key = 'CANARY attr'>`, `<input name=x  api-key = 'REDACTED'>`},
		"element":                   {"application/xml", `<Secret a="x>y" b='1'> CANARY-el&amp;ement </Secret><b>CANARY-el&amp;ement</b>`, `<Secret a="x>y" b='1'> REDACTED </Secret><b>REDACTED</b>`},
		"element twice":             {"application/xml", `<Password>CANARY-a1</Password><ns:Password>CANARY-b2</ns:Password>`, `<Password>REDACTED</Password><ns:Password>REDACTED</ns:Password>`},
		"CDATA":                     {"application/xml", `<SecretKey> <![CDATA[CANARY<a>b]]></SecretKey>`, `<SecretKey> <![CDATA[REDACTED]]></SecretKey>`},
		"empty element":             {"application/xml", `<SecretKey/><b>kept</b>`, `<SecretKey/><b>kept</b>`},
		"URL":                       {"text/plain", `see https://user:CANARY%40pass@h.example/p?q=1 or CANARY%40pass, CANARY@pass`, `see https://REDACTED@h.example/p?q=1 or REDACTED, REDACTED`},
		"URL of a token":            {"application/json", `{"remote": "https://CANARY-token1@git.example/x", "mail": "me@h.example"}`, `{"remote": "https://REDACTED@git.example/x", "mail": "me@h.example"}`},
		"URL in JSON, cut":          {"text/plain", `{"u":"redis:\/\/u:CANARY-p@h:1\/0`, `{"u":"redis:\/\/REDACTED@h:1\/0`},
		"siblings":                  {"application/json", `{"headers":[{"name":"Authorization","value":"CANARY-1"},{"Value":["CANARY-2"],"Key":"api_key"},{"name":"a","value":"b"}]}`, `{"headers":[{"name":"Authorization","value":"REDACTED"},{"Value":"REDACTED","Key":"api_key"},{"name":"a","value":"b"}]}`},
		"bearer":                    {"text/plain", `sent bearer CANARY-12345678. Bearer authentication is documented; bearer tokens too`, `sent bearer REDACTED Bearer authentication is documented; bearer tokens too`},
		"basic":                     {"application/json", `{"log":"Basic ` + b64("me:CANARY-pass") + `", "plan":"Basic Support", "echo":"CANARY-pass"}`, `{"log":"Basic REDACTED", "plan":"Basic Support", "echo":"REDACTED"}`},
		"PEM":                       {"text/plain", "key:\n" + keyText + "\nend Q0FOQVJZLWtleTE=CANARYkey2", "key:\n-----BEGIN RSA PRIVATE KEY-----\nREDACTED\n-----END RSA PRIVATE KEY-----\nend REDACTED"},
		"PEM in JSON":               {"application/json", `{"key":"` + strings.ReplaceAll(keyText, "\n", `\n`) + `"}`, `{"key":"-----BEGIN RSA PRIVATE KEY-----\nREDACTED\n-----END RSA PRIVATE KEY-----"}`},
		"PEM, cut":                  {"text/plain", keyText[:80], "-----BEGIN RSA PRIVATE KEY-----\nREDACTED"},
		"public PEM":                {"text/plain", "-----BEGIN PUBLIC KEY-----\nabcd\n-----END PUBLIC KEY-----", "-----BEGIN PUBLIC KEY-----\nabcd\n-----END PUBLIC KEY-----"},
		"JWT":                       {"text/plain", "it is " + jwt + ", valid", "it is REDACTED, valid"},
		"YAML":                      {"application/yaml", "a:\n  password: |-\n    CANARY-line1\n\n      CANARY 2\n  b: kept\n- secret: >  # why\n    CANARY-line3\n", "a:\n  password: |-\n    REDACTED\n  b: kept\n- secret: >  # why\n    REDACTED\n"},
		"JSON in base64":            {"text/plain", "cfg=" + b64(`{"password":"CANARY-in"}`) + "; CANARY-in", "cfg=REDACTED; REDACTED"},
		"JSON behind a path":        {"text/plain", "a/b/" + base64.RawURLEncoding.EncodeToString([]byte(` [{"secret":"CANARY?>"}]`)) + " x", "a/b/REDACTED x"},
		"short in base64":           {"text/plain", "cfg=" + b64(`{"password":"CAN"}`), "cfg=REDACTED"},
		"short in base64 in base64": {"text/plain", "cfg=" + b64(`{"y":"`+b64(`{"token":"CAN"}`)+`"}`), "cfg=REDACTED"},
		"harmless base64":           {"text/plain", b64(`{"name":"kept"}`), b64(`{"name":"kept"}`)},
		"base64 in base64":          {"application/json", `{"x":"` + b64(`{"y":"`+b64(`{"token":"CANARY-deep"}`)+`"}`) + `"}`, `REDACTED`},
		"gzip":                      {"application/octet-stream", gzipped(`{"token":"CANARY-zip"}`), "REDACTED"},
		"zlib":                      {"", zlibbed(`password=CANARY-zip`), "REDACTED"},
		"harmless gzip":             {"", gzipped("kept"), ""},
		"gzip in base64":            {"application/json", `{"x":"` + b64(gzipped(`{"token":"CANARY-zip"}`)) + `"}`, `{"x":"REDACTED`},
		"zlib in base64":            {"text/plain", "x " + b64(zlibbed(`{"token":"CANARY-zip"}`)), "x REDACTED"},
		"part in base64":            {"multipart/form-data; boundary=B", "--B\nContent-Type: application/json\nContent-Transfer-Encoding: base64\n\n" + b64(`{"token":"CANARY-part"}`) + "\n--B\n\nCANARY-part\n--B--", "--B\nContent-Type: application/json\nContent-Transfer-Encoding: base64\n\nREDACTED\n--B\n\nREDACTED\n--B--"},
		"named part":                {"multipart/form-data; boundary=B", "--B\nContent-Disposition: form-data; name=\"secret\"\nContent-Transfer-Encoding: base64\n\n" + b64("CANARY-part") + "\n--B\n\nCANARY-part\n--B--", "REDACTED\n--B\n\nREDACTED\n--B--"},
		"quoted-printable":          {"multipart/mixed; boundary=B", "--B\nContent-Transfer-Encoding: quoted-printable\n\npass=77ord=3DCANARY-=\npart\n--B--", "quoted-printable\n\nREDACTED\n--B--"},
		"longer by value":           {"text/plain", "password=CANARY-one two three;", "password=REDACTED;"},
		"no name, no secrets":       {"text/plain", "a: b = c <d> | > @ http://h/ -- eyJ bearer basic", "a: b = c <d> | > @ http://h/ -- eyJ bearer basic"},
	} {
		got := record(t, answer("{}"), request(t, "PUT", "http://h/", test.body, "Content-Type", test.media), replay.Secrets(secret.New("CANARY-one two three")))
		if strings.Contains(got, "CANARY") || strings.Contains(got, b64("CANARY")[:7]) || !strings.Contains(got, test.want) {
			t.Errorf("%s becomes\n%s\nwant\n%s", name, got, test.want)
		}
		if strings.HasPrefix(name, "harmless") && strings.Contains(got, replay.Scrubbed) {
			t.Errorf("%s becomes\n%s", name, got)
		}
	}
}

// How far behind the slashes of a path the base64 of what has a secret is looked for, as Secrets says.
func TestBase64BehindSlashes(t *testing.T) {
	for slashes, found := range map[int]bool{0: true, 31: true, 32: false} {
		body := strings.Repeat("a/", slashes) + b64(`{"password":"CANARY-in"}`)
		got := record(t, answer("{}"), request(t, "PUT", "http://h/", body, "Content-Type", "text/plain"))
		if strings.Contains(got, strings.Repeat("a/", slashes)+"REDACTED") != found {
			t.Errorf("behind %d slashes, want found %v:\n%s", slashes, found, got)
		}
	}
}

// The same in paths, queries and headers.
func TestSecretsAround(t *testing.T) {
	r := request(t, "GET", "http://h/", "", "X-Log", "went to https://u:CANARY-user@h/", "X-Cfg", b64(`{"password":"CANARY-cfg"}`), "X-Said", "Bearer CANARY-said-1")
	r.URL = &url.URL{Scheme: "http", Host: "h", Opaque: "/a;token=CANARY%2Dpath;v=1/" + jwt + "/secret:rotate", RawQuery: "next=" + url.QueryEscape("https://h/;token=CANARY-q")}
	got := record(t, answer("CANARY-path"), r)
	for _, want := range []string{
		"> GET /a;token=REDACTED;v=1/REDACTED/secret:rotate?next=" + url.QueryEscape("https://h/;token=") + "REDACTED\n",
		"> X-Log: went to https://REDACTED@h/\n", "> X-Cfg: REDACTED\n", "> X-Said: Bearer REDACTED\n", "\nREDACTED\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if strings.Contains(got, "CANARY") {
		t.Error(got)
	}
}

// A registered secret is found in any case of its letters, compressed, and encoded again.
func TestRegisteredForms(t *testing.T) {
	const registered = "Canary-7F3a-xYz"
	for name, form := range map[string]string{
		"upper": strings.ToUpper(registered), "lower": strings.ToLower(registered), "hex of upper": hex.EncodeToString([]byte(strings.ToUpper(registered))),
		"base64 of lower": b64("a" + strings.ToLower(registered)), "gzip": "head" + gzipped("x"+registered) + "tail", "zlib": zlibbed(registered),
		"gzip in base64": b64("abc" + gzipped(strings.Repeat("z", 50)+registered)), "gzip in hex": hex.EncodeToString([]byte(gzipped(registered))),
		"base64 in gzip": gzipped(b64(registered)), "gzip, cut": gzipped(registered + strings.Repeat("0123456789abcdefghij", 50))[:60],
	} {
		got := record(t, answer("x"), request(t, "PUT", "http://h/", "before "+form+" behind"), replay.Secrets(secret.New(registered)))
		all, err := replay.Parse([]byte(got))
		if err != nil {
			t.Fatal(err)
		}
		if body := string(all[0].Body); strings.Contains(body, form) || !strings.Contains(body, replay.Scrubbed) || !strings.HasPrefix(body, "before ") {
			t.Errorf("%s becomes %q", name, body)
		}
	}
}

// What a search looks at does not grow with the number of ways to decode a text: each layer is decoded only where it can
// hold a secret, and no more than once.
func TestSearchIsBounded(t *testing.T) {
	const size = 1 << 18
	random := rand.New(rand.NewPCG(1, 2))
	binary := make([]byte, size)
	for i := range binary {
		binary[i] = byte(random.Uint32())
	}
	for name, test := range map[string]struct {
		text string
		most int // times the length
	}{
		"base64":           {base64.StdEncoding.EncodeToString(binary), 9},
		"base64 of base64": {base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString(binary))), 11},
		"hex":              {hex.EncodeToString(binary), 9},
		"binary":           {string(binary), 2},
		"prose":            {strings.Repeat("Lorem ipsum dolor sit amet, 12345678 + ", size/39), 4},
		"escapes":          {strings.Repeat(`\u0041%41&amp;+`, size/15), 16},
		"percent":          {strings.Repeat("%25", size/3), 8},
		"slashes":          {strings.Repeat(`\`, size), 8},
	} {
		n := replay.Searched("CANARY 7f3a", test.text)
		t.Logf("%s: %.1f times", name, float64(n)/float64(len(test.text)))
		if n > test.most*len(test.text) || n < len(test.text) {
			t.Errorf("%s: %d bytes are searched for %d", name, n, len(test.text))
		}
	}
}

func BenchmarkScrub(b *testing.B) {
	text := strings.Repeat("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0", 1<<20/36)
	for b.Loop() {
		replay.Searched("CANARY-7f3a", text)
	}
}

// A secret that a failure's text cuts is removed before.
func TestCutFailureIsScrubbed(t *testing.T) {
	path := write(t, "> PUT /\n> X-Thing: a\n\nbody\n\n< 200\n")
	for shift := range 30 {
		long := strings.Repeat("x", 285+shift) + "CANARY-7f3a-CANARY" + strings.Repeat("y", 50)
		failures := underTest(t, func(f *fakeTB) {
			server := replay.Server(f, path, replay.Secrets(secret.New("CANARY-7f3a-CANARY")))
			send(t, nil, request(t, "PUT", server.URL+"/"+long+"?a="+long, long, "X-Thing", long))
		})
		if strings.Contains(failures, "CANAR") || strings.Contains(failures, "xCA") || !strings.Contains(failures, "… (") {
			t.Fatalf("%d: %s", shift, failures)
		}
		failures = underTest(t, func(f *fakeTB) {
			replay.Check(f, path, replay.Upstream("http://h"), replay.Transport(answer(long, "X-A", long)), replay.Secrets(secret.New("CANARY-7f3a-CANARY")))
		})
		if strings.Contains(failures, "CANAR") || strings.Contains(failures, "xCA") || !strings.Contains(failures, "… (") {
			t.Fatalf("%d: %s", shift, failures)
		}
	}
	// What is behind a secret's name is not shown however short it is.
	failures := underTest(t, func(f *fakeTB) {
		server := replay.Server(f, path)
		send(t, nil, request(t, "PUT", server.URL+"/?token=q~7", `{"password":"b~7"} `, "X-Thing", "pwd=h~7"))
	})
	if strings.Contains(failures, "~7") || strings.Count(failures, replay.Scrubbed) < 3 {
		t.Error(failures)
	}
}
