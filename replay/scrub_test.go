package replay_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/replay"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// forms are the ways in which a secret may be written.
func forms(s string) map[string]string {
	quoted, _ := json.Marshal(s)
	inner := strings.Trim(string(quoted), `"`)
	twice, _ := json.Marshal(string(quoted))
	every, codes := "", ""
	for _, b := range []byte(s) {
		every += fmt.Sprintf("%%%02x", b)
	}
	for _, r := range s {
		codes += fmt.Sprintf(`\u%04X`, r)
	}
	b64 := base64.StdEncoding.EncodeToString([]byte(s))
	return map[string]string{
		"plain": s, "query": url.QueryEscape(s), "path": url.PathEscape(s), "percent": every, "percent twice": url.QueryEscape(every),
		"JSON": inner, "JSON twice": strings.Trim(string(twice), `"`), "JSON codes": codes, "JSON slashes": strings.ReplaceAll(inner, "/", `\/`),
		"JSON in a form": url.QueryEscape(inner), "HTML": html.EscapeString(s), "hex": hex.EncodeToString([]byte(s)), "hex behind a digit": "7" + hex.EncodeToString([]byte(s)), "HEX": fmt.Sprintf("%X", s),
		"base64": b64, "base64 1": base64.StdEncoding.EncodeToString([]byte("u" + s)), "base64 2": base64.URLEncoding.EncodeToString([]byte("u:" + s + "!")),
		"base64 raw": base64.RawURLEncoding.EncodeToString([]byte(s)), "base64 in base64": base64.StdEncoding.EncodeToString([]byte("x" + b64)),
		"base64 in a query": url.QueryEscape(b64), "base64 in lines": b64[:5] + "\r\n" + b64[5:], "JSON in base64": base64.StdEncoding.EncodeToString(quoted),
		"base64 behind a path": "abc/" + b64,
	}
}

var secrets = []string{"CANARY-7f3a", `CA"N\A/R+Y <&> 日本`, "1234567890123", "kmyq"}

// shows reports the form in which a text has a secret.
func shows(text string) string {
	for _, s := range secrets {
		for name, form := range forms(s) {
			if strings.Contains(text, form) {
				return name + " of " + s
			}
		}
	}
	return ""
}

func registered() replay.Option {
	all := []secret.String{secret.New("")}
	for _, s := range secrets {
		all = append(all, secret.New(s))
	}
	return replay.Secrets(all...)
}

func TestSecretsByValue(t *testing.T) {
	for i, s := range secrets {
		for name, form := range forms(s) {
			headerForm := strings.NewReplacer("\r", "", "\n", "").Replace(form)
			query := strings.NewReplacer(" ", "+", `"`, "%22").Replace(headerForm)
			for media, body := range map[string]string{
				"text/plain": "a " + form + " b", "application/json": `{"Value": "` + strings.NewReplacer(`"`, `\"`, "\r\n", `\r\n`).Replace(form) + `"}`,
				"application/x-www-form-urlencoded": "a=" + form + "&b=1", "application/octet-stream": "\x00" + form + "\xff",
				"multipart/form-data; boundary=B": "--B\r\nContent-Disposition: form-data; name=\"v\"\r\n\r\n" + form + "\r\n--B--\r\n",
			} {
				if i > 1 && media != "application/json" {
					continue // the shape of the body has been tried
				}
				r := request(t, "PUT", "http://h/", body, "Content-Type", media, "X-Thing", headerForm)
				r.URL = &url.URL{Scheme: "http", Host: "h", Opaque: "/p/" + strings.ReplaceAll(query, "?", "") + "/q?thing=" + query}
				if _, err := url.ParseRequestURI(r.URL.RequestURI()); err != nil {
					r.URL = &url.URL{Scheme: "http", Host: "h", Path: "/" + form, RawQuery: "x=" + url.QueryEscape(form)}
				}
				got := record(t, answer(body, "Content-Type", media, "X-Thing", headerForm), r, registered())
				all, err := replay.Parse([]byte(got))
				if err != nil {
					t.Fatal(err)
				}
				if found := shows(got) + shows(string(all[0].Body)+string(all[0].ReplyBody)); found != "" || !strings.Contains(got, replay.Scrubbed) {
					t.Fatalf("%s in %s shows %s:\n%s", name, media, found, got)
				}
				if media == "application/json" && json.Valid([]byte(body)) && !json.Valid(all[0].Body) {
					t.Fatalf("%s: %s is no JSON any more", name, all[0].Body)
				}
			}
		}
	}
}

func TestSecretsByName(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(z, `{"AccessKeySecret": "CANARY-zipped", "Token": {"x": ["CANARY-deep"]}, "NextToken": "page-2", "secret": null, "echo": "<CANARY-basic> CANARY-id0 CANARY-cookie", "pin": 4711, "phone": 12345678}`)
	_ = z.Close()
	r := request(t, "POST", "http://u:CANARY-userinfo@h/p?Signature=CANARY-signature&AccessKeyId=CANARY-id0&x=CANARY-id0&my-pin=CANARY-mine&empty=&j="+url.QueryEscape(`{"password":"CANARY-q"}`),
		"SecretKey=CANARY-form&a=b&Doc=%7B%22password%22%3A%22CANARY-nested%22%7D", "Content-Type", "application/x-www-form-urlencoded",
		"Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("u:CANARY-basic")), "Cookie", "a=1; sid=CANARY-cookie",
		"X-Auth-Key", "CANARY-key", "X-Tc-Token", "CANARY-token", "X-Unknown", "password=CANARY-inline", "X-Mine", "CANARY-mine", "X-Echo", "CANARY-userinfo")
	got := record(t, answer(zipped.String(), "Content-Encoding", "gzip", "Set-Cookie", "sid=CANARY-set; Path=/", "X-Back", "CANARY-set", "Location", "https://x/?token=CANARY-location"), r,
		replay.Scrub("X-Mine", "my_pin", "PIN", "phone"))
	if strings.Contains(got, "CANARY") || strings.Contains(got, "4711") || strings.Contains(got, "12345678") {
		t.Errorf("it shows\n%s", got)
	}
	for _, want := range []string{
		"> POST /p?Signature=REDACTED&AccessKeyId=REDACTED&x=REDACTED&my-pin=REDACTED&empty=&j=%7B%22password%22%3A%22REDACTED%22%7D\n", "SecretKey=REDACTED&a=b&Doc=%7B%22password%22%3A%22REDACTED%22%7D\n",
		`{"AccessKeySecret": "REDACTED", "Token": "REDACTED", "NextToken": "page-2", "secret": null, "echo": "<REDACTED> REDACTED REDACTED", "pin": "REDACTED", "phone": "REDACTED"}`,
		"> X-Unknown: password=REDACTED\n", "< Location: https://x/?token=REDACTED\n", "< Set-Cookie: REDACTED\n", "< X-Back: REDACTED\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in\n%s", want, got)
		}
	}
	if strings.Contains(got, "Authorization") || strings.Contains(got, "> Cookie") || strings.Contains(got, "Content-Encoding") {
		t.Errorf("it has headers that are of no use:\n%s", got)
	}
}

// What keys and workspaces of the clouds are told and answer by, under the names that they have there.
func TestSecretsOfKeysAndWorkspaces(t *testing.T) {
	for _, name := range []string{
		"Plaintext", "plain_text", "plain_text_base64", "data_key", "random_data", // plaintext and data keys
		"ImportToken", "import_token", // goes with key material
		"token", "cliToken", "rumDataWayToken", "sk", "keySk", "key_sk", // of workspaces and their API keys
	} {
		body := `{"content":{"` + name + `":"CANARY-told","nextToken":"page-2","echo":"x CANARY-told y"}}`
		got := record(t, answer(body), request(t, "POST", "http://h/", body))
		if strings.Contains(got, "CANARY") || !strings.Contains(got, `"echo":"x REDACTED y"`) || !strings.Contains(got, "page-2") {
			t.Errorf("%s: it becomes\n%s", name, got)
		}
	}
}

func TestSecretsInOddBodies(t *testing.T) {
	for media, body := range map[string]string{
		"application/json":                `{"password": "CANARY-cut", "rest": "trunc`,
		"application/xml":                 `<R><ns:AccessKeySecret a="b">CANARY-xml</ns:AccessKeySecret></R>`,
		"text/log":                        "> Authorization: Bearer CANARY-logged\n",
		"text/plain":                      "user: me\npassword: CANARY-plain\napi_key='CANARY-quoted value'",
		"application/x-ndjson":            "{\"a\":1}\n{\"secret\":\"CANARY-lines\"}\n",
		"multipart/form-data; boundary=B": "--B\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nCANARY-part\r\n--B\r\nContent-Disposition: form-data; name=\"m\"\r\nContent-Type: application/json\r\n\r\n{\"token\":\"CANARY-json\"}\r\n--B--\r\n",
		"":                                `[{"k":"{\"clientSecret\":\"CANARY-in-string\"}"}]`,
	} {
		if got := record(t, answer(body, "Content-Type", media), request(t, "PUT", "http://h/", body, "Content-Type", media)); strings.Contains(got, "CANARY") {
			t.Errorf("%s shows\n%s", media, got)
		}
	}
}

// What stays of a body is of use, and what was found in one place is removed from the others.
func TestScrubbedBodies(t *testing.T) {
	for body, test := range map[string]struct{ media, want string }{
		`{"n": 1234567890123, "m": [91234567890123.5]}`: {"application/json", `{"n": "REDACTED", "m": ["REDACTED"]}`},
		`{"n": "{\"password\": \"abc\", \"x\": 1}"}`:    {"application/json", `{"n": "{\"password\": \"REDACTED\", \"x\": 1}"}`},
		"password=CANARY-text; CANARY-text":             {"text/plain", "password=REDACTED; REDACTED"},
		"--B\nContent-Disposition: form-data; name=\"password\"\n\nCANARY-part\n--B\n\nCANARY-part\n--B--": {"multipart/form-data; boundary=B",
			"--B\nContent-Disposition: form-data; name=\"password\"\n\nREDACTED\n--B\n\nREDACTED\n--B--"},
	} {
		got := record(t, answer("{}"), request(t, "PUT", "http://h/", body, "Content-Type", test.media), replay.Secrets(secret.New("1234567890123")))
		if !strings.Contains(got, "\n\n"+test.want+"\n\n<") {
			t.Errorf("%s becomes\n%s", body, got)
		}
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(z, "plain")
	_ = z.Close()
	if got := record(t, answer("{}"), request(t, "PUT", "http://h/", zipped.String(), "Content-Encoding", "gzip")); strings.Contains(got, "gzip") || !strings.Contains(got, "\nplain\n") {
		t.Errorf("compressed, it becomes\n%s", got)
	}
}

func TestKeep(t *testing.T) {
	r := request(t, "GET", "http://h/", "")
	body := `{"Plaintext":"aGVsbG8gd29ybGQ="}`
	if got := record(t, answer(body), r); !strings.Contains(got, `{"Plaintext":"REDACTED"}`) {
		t.Error(got)
	}
	if got := record(t, answer(body), r, replay.Keep("plain-text")); !strings.Contains(got, body) {
		t.Error(got)
	}
	if got := record(t, answer(body), r, replay.Keep("plain-text"), replay.Secrets(secret.New("hello world"))); !strings.Contains(got, `{"Plaintext":"REDACTED="}`) {
		t.Error(got)
	}
}
