package replay_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/replay"
)

const checked = `# page: Put, example.com/put
# not sent: Expiration (the other wins)
# answered instead: list[1].n=5 (counts from four)
# answered instead: text=any text
# not answered: more.old
> PUT /v1/a%2Fb?Expiration=5&x=+
> Host: api.example.com
> Content-Type: text/plain
> Authorization: REDACTED
> base64

AP8=

< 201
< Content-Type: application/json
< Date: yesterday
< X-Id: 7

{"list": [1, {"n": 4}], "text": "a", "more": {"old": 1, "id": "REDACTED"}}
`

const checkedReply = `{"more":{"id":17},"text":"any text","list":[1,{"n":5}]}`

func TestCheck(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		header []string
		body   string
		opts   []replay.Option
		fails  string // the failure has these texts, divided by |
	}{
		"same":           {},
		"status":         {status: 200, fails: "the answer to PUT /v1/a%2Fb?Expiration=5&x=+ of |(page: Put, example.com/put) is not as recorded|\n\tstatus: answered 200, recorded 201"},
		"header":         {header: []string{"X-Id", "8"}, fails: `header X-Id: answered "8", recorded "7"`},
		"no header":      {header: []string{"X-Id", ""}, fails: `header X-Id: answered nothing, recorded "7"`},
		"header ignored": {header: []string{"X-Id", "8"}, opts: []replay.Option{replay.IgnoreHeaders("x-id")}},
		"date compared":  {opts: []replay.Option{replay.MatchHeaders("Date")}, fails: `header Date: answered "`},
		"other header":   {header: []string{"X-Other", "8"}},
		"refused header": {header: []string{"X-Other", "8"}, opts: []replay.Option{replay.NoOtherHeaders()}, fails: `header X-Other: answered "8", recorded nothing`},
		"as recorded":    {body: strings.Replace(checkedReply, `"n":5`, `"n":4`, 1), fails: "body.list[1].n: answered 4, recorded 5"},
		"text":           {body: strings.Replace(checkedReply, "any text", "a", 1), fails: `body.text: answered "a", recorded "any text"`},
		"after all":      {body: strings.Replace(checkedReply, `"id"`, `"old":1,"id"`, 1), fails: "body.more.old: answered 1, recorded nothing"},
		"field more":     {body: strings.Replace(checkedReply, `"id"`, `"z":1,"id"`, 1), fails: "body.more.z: answered 1, recorded nothing"},
		"field ignored":  {body: strings.Replace(checkedReply, `"id"`, `"z":1,"id"`, 1), opts: []replay.Option{replay.IgnoreFields("Z")}},
		"no JSON":        {body: "<html>", fails: `body: answered "<html>", recorded "{`},
		"secret":         {body: strings.Replace(checkedReply, `"id"`, `"password":"CANARY-field","id"`, 1), fails: "body.more.password: answered REDACTED, recorded nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			arrived := ""
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				arrived = fmt.Sprintf("%s %s %s %q %s %q", r.Method, r.RequestURI, r.Host, body, r.Header.Get("Content-Type"), r.Header["Authorization"])
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("X-Id", "7")
				if len(test.header) > 0 {
					w.Header().Set(test.header[0], test.header[1])
				}
				if w.Header().Get("X-Id") == "" {
					w.Header().Del("X-Id")
				}
				if test.status == 0 {
					test.status = 201
				}
				w.WriteHeader(test.status)
				if test.body == "" {
					test.body = checkedReply
				}
				_, _ = io.WriteString(w, test.body)
			}))
			defer server.Close()
			path := write(t, checked)
			failures := underTest(t, func(f *fakeTB) {
				replay.Check(f, path, append(test.opts, replay.Upstream(server.URL))...)
			})
			if (failures == "") != (test.fails == "") || strings.Contains(failures, "CANARY-field") {
				t.Errorf("failures: %s", failures)
			}
			for want := range strings.SplitSeq(test.fails, "|") {
				if !strings.Contains(failures, want) {
					t.Errorf("%q is not in the failures: %s", want, failures)
				}
			}
			if want := `PUT /v1/a%2Fb?Expiration=5&x=+ api.example.com "\x00\xff" text/plain ["REDACTED"]`; arrived != want {
				t.Errorf("sent %s\nwant %s", arrived, want)
			}
		})
	}
}

func reply(w func(http.ResponseWriter)) *http.Response {
	r := httptest.NewRecorder()
	w(r)
	return r.Result()
}

// Several exchanges are sent in their order, to where their Host says, whatever became of those before.
func TestCheckAll(t *testing.T) {
	const file = "> GET /1\n> Host: one.example\n< 200\n\n> GET /2\n> Host: two.example\n< 302\n\n> GET /3\n> Host: x\n< 200\n\nbody\n\n> GET /4\n< 200\n\n> GET /5\n> Host: x\n< 200\n\nzipped\n"
	seen, inspected := "", 0
	path := write(t, file)
	failures := underTest(t, func(f *fakeTB) {
		replay.Check(f, path, replay.Inspect(func(*http.Request) { inspected++ }), replay.Transport(transport(func(r *http.Request) (*http.Response, error) {
			seen += r.URL.String() + " "
			if r.Header["Host"] != nil || r.Host != r.URL.Host {
				t.Errorf("sent %s to the host %s, with %v", r.URL, r.Host, r.Header)
			}
			switch r.URL.Path {
			case "/1":
				return nil, errors.New("out of reach")
			case "/2":
				return reply(func(w http.ResponseWriter) {
					w.Header().Set("Location", "/elsewhere")
					w.WriteHeader(http.StatusFound)
				}), nil
			case "/5":
				return reply(func(w http.ResponseWriter) {
					w.Header().Set("Content-Encoding", "gzip")
					z := gzip.NewWriter(w)
					_, _ = io.WriteString(z, "zipped")
					_ = z.Close()
				}), nil
			}
			cut := reply(func(http.ResponseWriter) {})
			cut.Body = io.NopCloser(io.MultiReader(strings.NewReader("bo"), broken{}))
			return cut, nil
		})))
	})
	if want := "https://one.example/1 https://two.example/2 https://x/3 https://x/5 "; seen != want || inspected != 4 {
		t.Errorf("%d were seen, sent to %s\nwant %s", inspected, seen, want)
	}
	if n := strings.Count(failures, "replay: "); n != 3 {
		t.Errorf("%d failures: %s", n, failures)
	}
	for _, want := range []string{"GET /1 of|out of reach", "GET /3 of|the reply is not whole", "GET /4 of|option Upstream"} {
		of, what, _ := strings.Cut(want, "|")
		if !strings.Contains(failures, of) || !strings.Contains(failures, what) {
			t.Errorf("%s is not in the failures: %s", want, failures)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestCheckRefuses(t *testing.T) {
	const get = "> GET /\n> Host: x\n< 200\n\n"
	for name, test := range map[string]struct {
		text, upstream, want string
	}{
		"no exchange":    {"\n", "", "no exchange"},
		"path":           {get, "http://example.com/v1", "Upstream needs a URL without a path, such as https://api.example.com"},
		"field":          {"# not answered: a\n" + get + `{"b": 1}`, "", "reply does not have"},
		"deep field":     {"# not answered: b.c\n" + get + `{"b": 1}`, "", "reply does not have"},
		"element":        {"# answered instead: b[1]=2\n" + get + `{"b": [1]}`, "", "reply does not have"},
		"below zero":     {"# answered instead: b[-1]=2\n" + get + `{"b": [1]}`, "", "reply does not have"},
		"element away":   {"# not answered: [0]\n" + get + `[1, 2]`, "", "reply does not have"},
		"no JSON":        {"# not answered: b\n" + get + "b", "", "reply does not have"},
		"form":           {"# answered instead: b (why)\n" + get + `{"b": 1}`, "", `"answered instead: Name=value (why)"`},
		"other form":     {"# not answered: b=1\n" + get + `{"b": 1}`, "", `"not answered: Name (why)"`},
		"of the request": {"# not sent: b\n" + get + `{"b": 1}`, "", "request does not have"},
	} {
		path := write(t, test.text)
		failures := underTest(t, func(f *fakeTB) {
			replay.Check(f, path, replay.Upstream(test.upstream), replay.Transport(transport(func(*http.Request) (*http.Response, error) {
				t.Errorf("%s: sent", name)
				return nil, errors.New("sent")
			})))
		})
		if !strings.Contains(failures, test.want) {
			t.Errorf("%s: %s", name, failures)
		}
	}
}

func TestNoOtherHeaders(t *testing.T) {
	path := write(t, "> GET /\n> X-A: 1\n\n< 200\n")
	for header, want := range map[string]string{
		"X-B":       `header X-B: sent "1", recorded nothing`,
		"X-Ignored": "", "User-Agent": "",
		"Cookie": `header Cookie: sent REDACTED, recorded nothing`,
	} {
		failures := underTest(t, func(f *fakeTB) {
			server := replay.Server(f, path, replay.NoOtherHeaders(), replay.IgnoreHeaders("X-Ignored"), replay.MatchHeaders("Cookie"))
			send(t, nil, request(t, "GET", server.URL+"/", "", "X-A", "1", header, "1"))
		})
		if (failures == "") != (want == "") || !strings.Contains(failures, want) {
			t.Errorf("%s: %s", header, failures)
		}
	}
}

// What a comment says of a field deeper in holds for requests too.
func TestDeepChanges(t *testing.T) {
	path := write(t, "# not sent: [0].old (why)\n# sent instead: [1].list[0]={\"a\": 1, \"c\": 3}\n# sent instead: [1].list[0].a=2\n# sent instead: [1].a.b=3\n> PUT /\n\n[{\"old\": 1, \"key\": \"k\"}, {\"list\": [{\"a\": 7}], \"a.b\": 1}]\n\n< 200\n")
	for body, want := range map[string]string{
		`[{"key":"k"},{"list":[{"a":2,"c":3}],"a.b":3}]`:                  "",
		`[{"key":"k","old":1},{"list":[{"a":7}],"a.b":1}]`:                "body[0].old: sent 1, recorded nothing|body[1].list[0].a: sent 7, recorded 2|body[1].a.b: sent 1, recorded 3",
		`[{"key":"k"},{"list":[{"a":2,"c":3},7],"a.b":3}]`:                "body[1].list[1]: sent 7, recorded nothing",
		`[{"key":"k"},{"list":[{"a":2,"c":3}],"a.b":3,"a":{"b":"more"}}]`: "body[1].a: sent",
	} {
		failures := underTest(t, func(f *fakeTB) {
			server := replay.Server(f, path)
			send(t, nil, request(t, "PUT", server.URL+"/", body))
		})
		for text := range strings.SplitSeq(want, "|") {
			if (failures == "") != (want == "") || !strings.Contains(failures, text) {
				t.Errorf("%s: %s", body, failures)
			}
		}
	}
}
