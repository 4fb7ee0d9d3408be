package replay_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/replay"
)

const two = `# page: Put, example.com/put, read 2026-11
#
# another

> PUT /a%2Fb?x=1
> Host: example.com
Content-Type: text/plain

one

two

< 200
< X-A: 1
< X-A: 2

{"a": 1}

# page: Delete
> DELETE /a
< 204
> GET /
> body: x

< 404
`

func TestParse(t *testing.T) {
	want := []replay.Exchange{
		{
			Comments: []string{"page: Put, example.com/put, read 2026-11", "", "another"},
			Method:   "PUT", Target: "/a%2Fb?x=1", Header: http.Header{"Host": {"example.com"}, "Content-Type": {"text/plain"}},
			Body: []byte("one\n\ntwo"), Status: 200, ReplyHeader: http.Header{"X-A": {"1", "2"}}, ReplyBody: []byte(`{"a": 1}`),
		},
		{Comments: []string{"page: Delete"}, Method: "DELETE", Target: "/a", Header: http.Header{}, Status: 204, ReplyHeader: http.Header{}},
		{Method: "GET", Target: "/", Header: http.Header{"Body": {"x"}}, Status: 404, ReplyHeader: http.Header{}},
	}
	for _, text := range []string{two, strings.ReplaceAll(two, "\n", "\r\n")} {
		got, err := replay.Parse([]byte(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
		}
	}
	if got, err := replay.Parse([]byte("\n\n")); len(got) != 0 || err != nil {
		t.Errorf("an empty file has %v, %v", got, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"hello":                                "line 1: here should be a request",
		"# a\n":                                "a comment without a request",
		"> GET\n< 200":                         "line 1: the path",
		"> GET x\n< 200":                       "line 1: the path",
		"> GET /a b\n< 200":                    "line 1: the path",
		"> GET /%zz\n< 200":                    "line 1: the path has escapes",
		"> G(T /\n< 200":                       "line 1: the method",
		"> GET /\n":                            "here should be the reply",
		"> GET /\n\n# x\n\n< 200":              "line 3: here should be the reply",
		"> GET /\n< 20x":                       "line 2: the status",
		"> GET /\n< 100":                       "line 2: the status",
		"> GET /\n< 2000":                      "line 2: the status",
		"> GET /\nno header\n\n< 200":          "line 2: here should be a header",
		"> GET /\nn ame: x\n\n< 200":           "line 2: here should be a header",
		"> GET /\n> base64\n\n!!\n\n< 200":     "is not base64",
		"> GET /\n> base64\n> crlf\n\n\n< 200": "two ways",
		"> GET /\n< 200\n\nx\n# late":          "a comment without a request",
	} {
		if _, err := replay.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestFormat(t *testing.T) {
	e := replay.Exchange{
		Comments: []string{"page: x"}, Method: "POST", Target: "/p?q", Header: http.Header{"A": {"1"}, "Host": {"h"}, "B ad": {"x"}},
		Body: []byte("# one\n\\# two\n> x\n#hash\n<html>\n\\\n<\nend\n"), Status: 200,
		ReplyHeader: http.Header{"V": {"a\r\nInjected: b"}}, ReplyBody: []byte("\x00\xff"),
	}
	const want = "# page: x\n> POST /p?q\n> Host: h\n> A: 1\n\n\\# one\n\\\\# two\n\\> x\n#hash\n<html>\n\\\\\n\\<\nend\n\\\n\n" +
		"< 200\n< V: a  Injected: b\n< base64\n\nAP8=\n\n"
	if got := string(e.Format()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, body := range []string{"x", "x\n", "\n", "\n\n x \n\n", "a\r\nb\r\n", "a\r\nb\n", "\r", "\ufeffx", "\\", "\\\\\n\\", "# \n>\n<", "日本", "a\u0085", strings.Repeat("\x01", 500)} {
		e.Body = []byte(body)
		all, err := replay.Parse(e.Format())
		if err != nil || len(all) != 1 || string(all[0].Body) != body || string(all[0].ReplyBody) != "\x00\xff" {
			t.Errorf("%q becomes %+v, %v, from\n%s", body, all, err, e.Format())
		}
	}
	e.Body = []byte("a\r\nb\r\n")
	if !bytes.Contains(e.Format(), []byte("> crlf\n\na\nb\n\\\n")) {
		t.Errorf("CR LF is written as\n%s", e.Format())
	}
}

// The golden exchanges of the drivers are in the format.
func TestParseGolden(t *testing.T) {
	files, err := filepath.Glob("../providers/*/testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all, err := replay.Parse(text)
		if err != nil || len(all) != 1 {
			t.Errorf("%s: %d exchanges, %v", file, len(all), err)
			continue
		}
		again, err := replay.Parse(all[0].Format())
		if err != nil || !reflect.DeepEqual(again, all) {
			t.Errorf("%s becomes %+v, %v", file, again, err)
		}
	}
}
