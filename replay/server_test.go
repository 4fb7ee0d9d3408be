package replay_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/replay"
)

const put = `# page: Put, example.com/put
> PUT /v1/a%3Ab?b=2&a=1&Nonce=77
> Host: example.com
> Date: yesterday
> X-Action: Put
> Content-Type: application/json

{"n": 12345678901234567890, "list": [1, "REDACTED", {"x": null}], "s": "a<b"}

< 201
< Content-Type: application/json
< X-Id: 7

{"ok": true}
`

const putBody = `{"s":"a\u003cb","list":[1,"whatever",{"x":null}],"n":12345678901234567890}`

func TestServer(t *testing.T) {
	for name, test := range map[string]struct {
		method, target, body string
		header               []string
		opts                 []replay.Option
		fails                string // the failure has these texts, divided by |
	}{
		"same":           {"", "", "", nil, nil, ""},
		"charset":        {header: []string{"Content-Type", "application/json; charset=utf-8"}, fails: `header Content-Type: sent "application/json; charset=utf-8", recorded "application/json"`},
		"method":         {method: "POST", fails: "request 1 was not recorded: POST /v1/a:b|nearest is PUT /v1/a%3Ab|(page: Put, example.com/put)|\n\tmethod: sent POST, recorded PUT"},
		"path":           {target: "/v1/a%2Fb?a=1&b=2", fails: "path: sent /v1/a%2Fb, recorded /v1/a%3Ab"},
		"query":          {target: "/v1/a:b?a=1&b=3&c=4", fails: `query b: sent "3", recorded "2"|query c: sent "4", recorded nothing`},
		"query missing":  {target: "/v1/a:b?a=1", fails: `query b: sent nothing, recorded "2"`},
		"query ignored":  {target: "/v1/a:b?a=1&c=4", opts: []replay.Option{replay.IgnoreQuery("B", "c")}},
		"nonce":          {target: "/v1/a:b?a=1&b=2&Nonce=1", opts: []replay.Option{replay.MatchQuery("nonce")}, fails: `query Nonce: sent "1", recorded "77"`},
		"header":         {header: []string{"X-Action", "Get"}, fails: `header X-Action: sent "Get", recorded "Put"`},
		"header ignored": {header: []string{"X-Action", "Get"}, opts: []replay.Option{replay.IgnoreHeaders("x-action")}},
		"host":           {opts: []replay.Option{replay.MatchHeaders("Host")}, fails: `header Host: sent "127.0.0.1`},
		"number":         {body: strings.Replace(putBody, "890}", "891}", 1), fails: "body.n: sent 12345678901234567891, recorded 12345678901234567890"},
		"string":         {body: strings.Replace(putBody, `cb"`, `cc"`, 1), fails: `body.s: sent "a<c", recorded "a<b"`},
		"number as text": {body: strings.Replace(putBody, "[1,", `["1",`, 1), fails: `body.list[0]: sent "1", recorded 1`},
		"shorter list":   {body: strings.Replace(putBody, `,{"x":null}`, "", 1), fails: `body.list[2]: sent nothing, recorded {"x":null}`},
		"longer list":    {body: strings.Replace(putBody, `null}]`, "null},8]", 1), fails: `body.list[3]: sent 8, recorded nothing`},
		"absent null":    {body: strings.Replace(putBody, `"x":null`, "", 1), fails: `body.list[2].x: sent nothing, recorded null`},
		"field more":     {body: strings.Replace(putBody, `{"s"`, `{"z":1,"s"`, 1), fails: `body.z: sent 1, recorded nothing`},
		"field ignored":  {body: strings.Replace(putBody, `{"s"`, `{"z":1,"s"`, 1), opts: []replay.Option{replay.IgnoreFields("Z")}},
		"name twice":     {body: strings.Replace(putBody, `{"s"`, `{"s":1,"s"`, 1), fails: `body: sent "{`},
		"no body":        {body: " ", fails: `body: sent " ", recorded "{`},
		"other type":     {body: strings.Replace(putBody, `{"x":null}`, "[]", 1), fails: `body.list[2]: sent [], recorded {"x":null}`},
	} {
		t.Run(name, func(t *testing.T) {
			if test.method == "" {
				test.method = "PUT"
			}
			if test.target == "" {
				test.target = "/v1/a:b?a=1&b=2&Timestamp=5"
			}
			if test.body == "" {
				test.body = putBody
			}
			path := write(t, put)
			failures := underTest(t, func(f *fakeTB) {
				server := replay.Server(f, path, test.opts...)
				r := request(t, test.method, server.URL+test.target, test.body, "Date", "today", "X-Other", "x")
				for _, pair := range [][]string{{"X-Action", "Put"}, {"Content-Type", "application/json"}, test.header} {
					if pair != nil {
						r.Header.Set(pair[0], pair[1])
					}
				}
				status, body, header := send(t, nil, r)
				if test.fails == "" {
					if status != 201 || body != `{"ok": true}` || header.Get("X-Id") != "7" || header.Get("Content-Type") != "application/json" {
						t.Errorf("the answer is %d %s %v", status, body, header)
					}
				} else if status != 400 || !strings.HasPrefix(body, "replay: request 1 was not recorded") || !strings.HasPrefix(header.Get("Content-Type"), "text/plain") {
					t.Errorf("the answer is %d %s %v", status, body, header)
				}
			})
			if (failures == "") != (test.fails == "") {
				t.Errorf("failures: %s", failures)
			}
			for want := range strings.SplitSeq(test.fails, "|") {
				if !strings.Contains(failures, want) {
					t.Errorf("%q is not in the failures: %s", want, failures)
				}
			}
		})
	}
}

const form = `# not sent: Base64 (values are text)
# sent instead: Limit=1000 (the most)
> POST /?Base64=true&Limit=10
> Content-Type: application/x-www-form-urlencoded

List=[{"Key": "a"}]&Value=a+b

< 200
`

const jsonChanges = "# not sent: Expiration (the other wins)\n# sent instead: Order=\"asc\"\n> POST /\n\n{\"Expiration\": 5, \"Order\": \"desc\", \"Key\": \"k\"}\n\n< 200\n"

const multi = "> PUT /\n> Content-Type: multipart/form-data; boundary=B\n\n--B\nContent-Disposition: form-data; name=\"value\"\n\nSome\n--B--\n\n< 200\n"

func TestBodies(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(z, "plain")
	_ = z.Close()
	for name, test := range map[string]struct{ file, method, target, header, body, fails string }{
		"form":            {form, "POST", "/?Limit=1000", "Content-Type: application/x-www-form-urlencoded", `Value=a%20b&List=%5B%7B%22Key%22:%22a%22%7D%5D`, ""},
		"form value":      {form, "POST", "/?Limit=1000", "Content-Type: application/x-www-form-urlencoded", `Value=a&List=[{"Key":"a"}]`, `body Value: sent "a", recorded "a b"`},
		"form JSON":       {form, "POST", "/?Limit=1000", "Content-Type: application/x-www-form-urlencoded", `Value=a+b&List=[{"Key":"b"}]`, `body List[0].Key: sent "b", recorded "a"`},
		"sent after all":  {form, "POST", "/?Limit=1000&Base64=true", "Content-Type: application/x-www-form-urlencoded", `Value=a+b&List=[{"Key":"a"}]`, `query Base64: sent "true", recorded nothing`},
		"not instead":     {form, "POST", "/?Limit=10", "Content-Type: application/x-www-form-urlencoded", `Value=a+b&List=[{"Key":"a"}]`, `query Limit: sent "10", recorded "1000"`},
		"JSON changed":    {jsonChanges, "POST", "/", "", `{"Key":"k","Order":"asc"}`, ""},
		"JSON unchanged":  {jsonChanges, "POST", "/", "", `{"Key":"k","Order":"desc","Expiration":5}`, `body.Expiration: sent 5, recorded nothing`},
		"multipart":       {multi, "PUT", "/", "Content-Type: multipart/form-data; boundary=XYZ", "--XYZ\r\nContent-Disposition: form-data; name=\"value\"\r\n\r\nSome\r\n--XYZ--\r\n", ""},
		"multipart value": {multi, "PUT", "/", "Content-Type: multipart/form-data; boundary=XYZ", "--XYZ\r\nContent-Disposition: form-data; name=\"value\"\r\n\r\nsome\r\n--XYZ--\r\n", `body part 1: sent "some", recorded "Some"`},
		"multipart name":  {multi, "PUT", "/", "Content-Type: multipart/form-data; boundary=XYZ", "--XYZ\r\nContent-Disposition: form-data; name=\"v\"\r\n\r\nSome\r\n--XYZ--\r\n", `body part 1 header Content-Disposition: sent "form-data; name=\"v\""`},
		"parts":           {multi, "PUT", "/", "Content-Type: multipart/form-data; boundary=XYZ", "--XYZ--\r\n", `body: sent 0 parts, recorded 1 parts`},
		"gzip":            {"> PUT /\n\nplain\n\n< 200\n", "PUT", "/", "Content-Encoding: gzip", zipped.String(), ""},
		"bytes":           {"> PUT /\n> base64\n\nAP8=\n\n< 200\n", "PUT", "/", "", "\x00\xff", ""},
		"other bytes":     {"> PUT /\n> base64\n\nAP8=\n\n< 200\n", "PUT", "/", "", "\x00\xfe", `body: sent "\x00\xfe", recorded "\x00\xff"`},
		"scrubbed path":   {"> GET /accounts/REDACTED/x\n\n< 200\n", "GET", "/accounts/me/x", "", "", ""},
		"scrubbed slash":  {"> GET /accounts/REDACTED/x\n\n< 200\n", "GET", "/accounts/me/you/x", "", "", "path"},
		"scrubbed middle": {"> PUT /\n\na REDACTED b REDACTED\n\n< 200\n", "PUT", "/", "", "a 1 b ", ""},
		"scrubbed end":    {"> PUT /\n\na REDACTED b REDACTED c\n\n< 200\n", "PUT", "/", "", "a 1 b 2", "body"},
		"dots":            {"> GET /a/%2e%2e\n\n< 200\n", "GET", "/a/..", "", "", "path: sent /a/.., recorded /a/%2e%2e"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, test.file)
			failures := underTest(t, func(f *fakeTB) {
				server := replay.Server(f, path)
				r := request(t, test.method, server.URL+test.target, test.body)
				if key, value, found := strings.Cut(test.header, ": "); found {
					r.Header.Set(key, value)
				}
				send(t, nil, r)
			})
			if (failures == "") != (test.fails == "") || !strings.Contains(failures, test.fails) {
				t.Errorf("failures: %s\nwant %s", failures, test.fails)
			}
		})
	}
}

func TestOrderAndRepeat(t *testing.T) {
	const file = "> GET /a\n< 200\n\none\n\n> GET /a\n< 200\n\ntwo\n\n> GET /b\n< 200\n"
	ask := func(opts ...replay.Option) (answers, failures string) {
		path := write(t, file)
		failures = underTest(t, func(f *fakeTB) {
			server := replay.Server(f, path, opts...)
			for range 3 {
				_, body, _ := send(t, nil, request(t, "GET", server.URL+"/a", ""))
				answers += body + ";"
			}
		})
		return answers, failures
	}
	if answers, failures := ask(); !strings.HasPrefix(answers, "one;two;replay: ") || !strings.Contains(failures, "or not as often: it has had the answer of\n\tGET /a") {
		t.Errorf("%s\n%s", answers, failures)
	}
	if answers, failures := ask(replay.Repeat()); answers != "one;two;two;" || failures != "" {
		t.Errorf("%s\n%s", answers, failures)
	}
	answers, failures := ask(replay.Repeat(), replay.RequireAll())
	if answers != "one;two;two;" || strings.Count(failures, "not asked for: ") != 1 || !strings.Contains(failures, "not asked for: GET /b of ") {
		t.Errorf("%s\n%s", answers, failures)
	}
}

func TestFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a[b]*")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a.txt": "> GET /a\n< 200\n\nA", "b.txt": "> GET /b\n< 200\n\nB", "c.md": "no exchange"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server := replay.Server(t, folder, replay.RequireAll())
	for _, name := range []string{"b", "a"} {
		if _, body, _ := send(t, nil, request(t, "GET", server.URL+"/"+name, "")); body != strings.ToUpper(name) {
			t.Errorf("%s is %q", name, body)
		}
	}
}

func TestUnreadable(t *testing.T) {
	for name, test := range map[string]struct{ path, want string }{
		"missing":  {filepath.Join(t.TempDir(), "x.txt"), "CROSSCLOUD_RECORD=1 records it, if the test has a Recorder, or a Server with Upstream"},
		"folder":   {t.TempDir(), "no .txt file"},
		"empty":    {write(t, "\n"), "no exchange"},
		"wrong":    {write(t, "x\n"), "line 1"},
		"comment":  {write(t, "# not sent: X (why)\n> GET /\n< 200\n"), "does not have"},
		"comment2": {write(t, "# sent instead: X (why)\n> GET /?X=1\n< 200\n"), "should be"},
	} {
		failures := underTest(t, func(f *fakeTB) {
			replay.Server(f, test.path)
			t.Errorf("%s: the test goes on", name)
		})
		if !strings.Contains(failures, test.want) {
			t.Errorf("%s: %s", name, failures)
		}
	}
}

func TestInspect(t *testing.T) {
	seen := ""
	see := replay.Inspect(func(r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen += r.Header.Get("Authorization") + string(body)
	})
	path := write(t, "> PUT /\n\nbody\n\n< 200\n")
	server := replay.Server(t, path, see)
	send(t, nil, request(t, "PUT", server.URL, "body", "Authorization", "A"))
	send(t, replay.Recorder(t, path, see), request(t, "PUT", "http://example.com/", "body", "Authorization", "B"))
	if seen != "AbodyBbody" {
		t.Errorf("saw %q", seen)
	}
}

// A failure does not print credentials: the logs of tests are read by many.
func TestFailureIsScrubbed(t *testing.T) {
	path := write(t, "> PUT /?x=1\n> X-Thing: a\n\n{}\n\n< 200\n")
	failures := underTest(t, func(f *fakeTB) {
		server := replay.Server(f, path)
		send(t, nil, request(t, "PUT", server.URL+"/?AccessKeySecret=CANARY-query", `{"password": "CANARY-field"}`,
			"Authorization", "Bearer CANARY-header", "X-Thing", "CANARY-header"))
	})
	if strings.Contains(failures, "CANARY") || !strings.Contains(failures, replay.Scrubbed) {
		t.Error(failures)
	}
}

func TestNearestAndBareReply(t *testing.T) {
	path := write(t, "> GET /far?x=9\n< 200\n\n> GET /near?x=1\n< 200\n\n<html>\n\n> DELETE /near?x=1\n< 200\n")
	failures := underTest(t, func(f *fakeTB) {
		server := replay.Server(f, path)
		send(t, nil, request(t, "GET", server.URL+"/near?x=2", ""))
		if _, body, header := send(t, nil, request(t, "GET", server.URL+"/near?x=1", "")); body != "<html>" || header["Content-Type"] != nil {
			t.Errorf("got %s %v", body, header)
		}
	})
	if !strings.Contains(failures, "the nearest is GET /near?x=1 of ") || strings.Count(failures, "\n\t") != 1 {
		t.Error(failures)
	}
}
