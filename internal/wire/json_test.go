package wire_test

import (
	"encoding/json"
	"testing"

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

func TestTextNull(t *testing.T) {
	var got struct{ A, B *wire.Text }
	if err := json.Unmarshal([]byte(`{"A":null}`), &got); err != nil || got.A != nil || got.B != nil {
		t.Error(got, err)
	}
}
