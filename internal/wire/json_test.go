package wire_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

func TestEncodeJSON(t *testing.T) {
	got, err := wire.EncodeJSON(map[string]string{"k": "<&>\u2028\n\"é"})
	if want := `{"k":"<&>\u2028\n\"é"}`; err != nil || string(got) != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	if _, err := wire.EncodeJSON(func() {}); errs.CodeOf(err) != errs.Internal {
		t.Errorf("a function: %v", err)
	}
}

func TestIsFaithful(t *testing.T) {
	for text, want := range map[string]bool{
		`"plain"`: true, `"é😀"`: true, `"\u00e9"`: true, `"\ud83d\ude00"`: true, `"\uD83D\uDE00x"`: true, `"\\ud800"`: true,
		`"\\\\ud800"`: true, `"\ufffd"`: true, `"\n\u0000"`: true, `{"k":"\ud83d\ude00","l":["\\"]}`: true, ``: true, `\`: true,
		`"\ud800"`: false, `"\udc00"`: false, `"\ud800\ud800"`: false, `"\ude00\ud83d"`: false, `"\ud800x"`: false, `"\ud800\n"`: false,
		`"\ud800\u0041"`: false, `"\ud800uDC00"`: false, `"\\\ud800"`: false, `{"k":"\ud83d\ude00","l":"\ud83d"}`: false,
		"\"\xff\"": false, "\"\xed\xa0\x80\"": false, `"\ud800\u`: false,
	} {
		if got := wire.IsFaithful([]byte(text)); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}

// A JSON string that is called faithful loses nothing when it is decoded, any other does, and one that Go encodes is
// faithful.
func FuzzIsFaithful(f *testing.F) {
	for _, seed := range []string{`\ud83d\ude00`, `\ud800`, "é", `\\u`, "\xff", `\ud800\udbff\udc00`, `\\\ud800\\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, inner string) {
		text := []byte(`"` + inner + `"`)
		faithful := wire.IsFaithful(text)
		var decoded string
		if json.Unmarshal(text, &decoded) == nil {
			said := strings.Count(inner, "\ufffd") + strings.Count(strings.ToLower(strings.ReplaceAll(inner, `\\`, "")), `\ufffd`)
			lost := strings.Count(decoded, "\ufffd") - said
			if utf8.ValidString(inner) && faithful != (lost == 0) {
				t.Errorf("%q: faithful %t, %d lost", inner, faithful, lost)
			}
		}
		if encoded, err := wire.EncodeJSON(strings.ToValidUTF8(inner, "")); err != nil || !wire.IsFaithful(encoded) {
			t.Errorf("%s is called not faithful", encoded)
		}
	})
}
