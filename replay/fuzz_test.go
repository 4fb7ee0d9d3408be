package replay_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/replay"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// Exchanges are read as they were written, and no file shows a secret.
func FuzzExchanges(f *testing.F) {
	f.Add(parses, "", "", "", "", "", []byte(two), []byte(nil), byte(0), byte(0))
	f.Add(parses, "", "", "", "", "", []byte("> POST /\n> crlf\n\na\n\\\n\n< 200\n< base64\n\nAP8=\n"), []byte(nil), byte(0), byte(0))
	f.Add(formats, "page: x", "PUT", "/x", "Name", "value", []byte("# x\n"), []byte("\r\n"), byte(0), byte(0))
	f.Add(scrubs, `{"a":"`, "", "", "", "CANARY-7f3a", []byte(`"}`), []byte(nil), byte(0), byte(1))
	f.Add(scrubs, "a=", "", "", "", `C"A/日+ `, []byte("&b"), []byte(nil), byte(3), byte(6))
	f.Fuzz(func(t *testing.T, check byte, comment, method, target, name, value string, body, reply []byte, one, other byte) {
		switch check % 3 {
		case parses:
			checkParse(t, body)
		case formats:
			checkFormat(t, comment, method, target, name, value, body, reply)
		case scrubs: // apart, since it writes a file
			checkScrub(t, value, comment, string(body), one, other)
		}
	})
}

// What FuzzExchanges does.
const (
	parses byte = iota
	formats
	scrubs
)

func checkParse(t *testing.T, text []byte) {
	all, err := replay.Parse(text)
	if err != nil {
		return
	}
	var formatted []byte
	for _, e := range all {
		formatted = append(formatted, e.Format()...)
	}
	again, err := replay.Parse(formatted)
	if err != nil || !reflect.DeepEqual(again, all) {
		t.Errorf("%+v\nbecomes %+v, %v, from\n%s", all, again, err, formatted)
	}
}

func checkFormat(t *testing.T, comment, method, target, name, value string, body, reply []byte) {
	e := replay.Exchange{Comments: []string{comment}, Method: method, Target: target, Header: http.Header{name: {value}}, Body: body, Status: 200, ReplyBody: reply}
	all, err := replay.Parse(e.Format())
	if err != nil {
		return // an impossible method or path
	}
	if len(all) != 1 || !bytes.Equal(all[0].Body, body) || !bytes.Equal(all[0].ReplyBody, reply) {
		t.Errorf("%+v\nbecomes %+v, from\n%s", e, all, e.Format())
	}
}

func checkScrub(t *testing.T, s, before, after string, one, other byte) {
	encode := func(how byte, text string) string {
		switch how % 7 {
		case 1:
			return url.QueryEscape(text)
		case 2:
			quoted, _ := json.Marshal(text)
			return strings.Trim(string(quoted), `"`)
		case 3:
			return base64.StdEncoding.EncodeToString([]byte(text))
		case 4:
			return base64.RawURLEncoding.EncodeToString([]byte("~" + text))
		case 5:
			return hex.EncodeToString([]byte(text))
		case 6:
			return url.PathEscape(text)
		}
		return text
	}
	if len(s) < 8 || strings.ContainsAny(s, "REDACTED\ufffd") || !bytes.Equal([]byte(s), []byte(strings.ToValidUTF8(s, ""))) || strings.HasSuffix(s, "\\") {
		return
	}
	form := encode(other, encode(one, s))
	path := filepath.Join(t.TempDir(), "x.txt")
	_ = underTest(t, func(f *fakeTB) {
		rt := replay.Recorder(f, path, replay.Record(true), replay.Transport(answer(before+form+after)), replay.Secrets(secret.New(s)))
		send(t, rt, request(t, "PUT", "http://h/", before+form+after))
	})
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	all, err := replay.Parse(text)
	if err != nil || len(all) != 1 {
		t.Fatal(err)
	}
	for _, body := range [][]byte{text, all[0].Body, all[0].ReplyBody} {
		if bytes.Contains(body, []byte(s)) || bytes.Contains(body, []byte(form)) && before == "" {
			t.Errorf("%q is shown as %q in %q", s, form, body)
		}
	}
}
