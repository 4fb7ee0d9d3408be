package secret_test

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/secret"
)

const canary = "CANARY-7f3a"

// shows reports whether text gives the canary away, plainly or in an encoding that a verb would choose.
func shows(text string) bool {
	for _, form := range []string{
		canary, hex.EncodeToString([]byte(canary)), base64.StdEncoding.EncodeToString([]byte(canary)),
		strings.Trim(fmt.Sprint([]byte(canary)), "[]"), strings.Trim(fmt.Sprintf("%#v", []byte(canary)), "[]byte{}"),
	} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
			return true
		}
	}
	return false
}

func TestShowsSeesEncodings(t *testing.T) {
	for _, verb := range []string{"%s", "%q", "%x", "%X", "%v", "%d", "%#v"} {
		if text := fmt.Sprintf(verb, []byte(canary)); !shows(text) {
			t.Errorf("%s is not recognised: %s", verb, text)
		}
	}
}

// exported and hidden hold a secret as configurations do. fmt does not call the methods of unexported fields.
type exported struct {
	Key  secret.String
	Ptr  *secret.String
	Many []secret.String
	By   map[secret.String]secret.String
}

type hidden struct {
	key  secret.String
	ptr  *secret.String
	many []secret.String
	by   map[string]secret.String
	any  any
}

func holders() map[string]any {
	s := secret.New(canary)
	many, by := []secret.String{s}, map[secret.String]secret.String{s: s}
	return map[string]any{
		"value": s, "pointer": &s, "slice": many, "map": by, "array": [1]secret.String{s},
		"exported": exported{s, &s, many, by}, "pointer to exported": &exported{s, &s, many, by},
		"hidden":            hidden{s, &s, many, map[string]secret.String{"k": s}, s},
		"pointer to hidden": &hidden{s, &s, many, map[string]secret.String{"k": s}, s},
	}
}

func TestNoVerbReveals(t *testing.T) {
	for name, v := range holders() {
		for verb := rune('a'); verb <= 'z'; verb++ {
			for _, letter := range []rune{verb, verb - 'a' + 'A'} {
				for _, flags := range []string{"", "+", "#", "+#", " ", "0", "-40", "40", ".3", "40.3", "# "} {
					format := "%" + flags + string(letter)
					if text := fmt.Sprintf(format, v); shows(text) {
						t.Errorf("%s of %s gives %s", format, name, text)
					}
				}
			}
		}
		for how, text := range map[string]string{
			"Sprint": fmt.Sprint(v), "Sprintln": fmt.Sprintln(v), "Append": string(fmt.Append(nil, v)),
			"Errorf": fmt.Errorf("bad %v", v).Error(),
		} {
			if shows(text) {
				t.Errorf("%s of %s gives %s", how, name, text)
			}
		}
	}
}

func TestValuePrintsRedacted(t *testing.T) {
	s := secret.New(canary)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%10s"} {
		if got := fmt.Sprintf(verb, s); got != "[redacted]" {
			t.Errorf("%s gives %s", verb, got)
		}
		if got := fmt.Sprintf(verb, secret.String{}); got != "" {
			t.Errorf("%s of an empty one gives %s", verb, got)
		}
	}
	for how, got := range map[string]string{
		"String": s.String(), "GoString": s.GoString(), "LogValue": s.LogValue().String(), "Redacted": secret.Redacted,
	} {
		if got != "[redacted]" {
			t.Errorf("%s gives %s", how, got)
		}
	}
}

func TestNoEncodingReveals(t *testing.T) {
	for name, v := range holders() {
		var log, object, stream, markup bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&object, nil)).Info("m", "v", v)
		encoded, _ := json.Marshal(v)
		_ = gob.NewEncoder(&stream).Encode(v) // it refuses, which is as good
		_ = xml.NewEncoder(&markup).Encode(v)
		for how, text := range map[string]string{
			"slog text": log.String(), "slog JSON": object.String(), "JSON": string(encoded), "gob": stream.String(),
			"XML": markup.String(),
		} {
			if shows(text) {
				t.Errorf("%s of %s gives %s", how, name, text)
			}
		}
	}
}

func TestEncodingsSayRedacted(t *testing.T) {
	s := secret.New(canary)
	if encoded, err := json.Marshal(map[string]any{"a": s, "b": secret.String{}}); string(encoded) != `{"a":"[redacted]","b":""}` {
		t.Errorf("JSON is %s, %v", encoded, err)
	}
	var marshaler encoding.TextMarshaler = s
	if text, err := marshaler.MarshalText(); string(text) != "[redacted]" || err != nil {
		t.Errorf("text is %s, %v", text, err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", s)
	if !strings.Contains(log.String(), "v=[redacted]") {
		t.Errorf("logged as %s", log.String())
	}
}

// A secret does not come back from what was written, so that nobody takes "[redacted]" for a password.
func TestIsNotUnmarshalled(t *testing.T) {
	var into struct{ Key secret.String }
	if err := json.Unmarshal([]byte(`{"Key":"[redacted]"}`), &into); err == nil {
		t.Errorf("unmarshalled as %q", into.Key.Reveal())
	}
}

func TestReveal(t *testing.T) {
	for _, text := range []string{"", "x", canary, "a\x00b\xff", strings.Repeat("long", 10000)} {
		s := secret.New(text)
		runtime.GC() // what is held must stay held
		if s.Reveal() != text {
			t.Errorf("%d bytes are not what was given", len(text))
		}
		if s.IsEmpty() != (text == "") {
			t.Errorf("IsEmpty of %d bytes is %v", len(text), s.IsEmpty())
		}
	}
	if zero := (secret.String{}); !zero.IsEmpty() || zero.Reveal() != "" || zero.String() != "" {
		t.Error("the zero String is not empty")
	}
}

func TestComparable(t *testing.T) {
	one, same, other := secret.New(canary), secret.New(string([]byte(canary))), secret.New("other")
	if one != same || one == other || one == (secret.String{}) {
		t.Error("== does not compare the texts")
	}
	if secret.New("") != (secret.String{}) {
		t.Error("an empty secret is not the zero one")
	}
	if byKey := map[secret.String]int{one: 1}; byKey[same] != 1 || byKey[other] != 0 {
		t.Error("not usable as the key of a map")
	}
}

func TestErrorsAroundAValue(t *testing.T) {
	err := errors.Join(fmt.Errorf("key %s", secret.New(canary)), fmt.Errorf("key %q", secret.New(canary)))
	if got := err.Error(); got != "key [redacted]\nkey [redacted]" {
		t.Error(got)
	}
}
