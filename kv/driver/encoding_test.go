package driver_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

func TestEncodingsThatCanBeChosen(t *testing.T) {
	if got := driver.KeyEncodings(); !slices.Equal(got, []driver.KeyEncoding{"", "underscore-hex"}) {
		t.Errorf("key encodings are %q", got)
	}
	if got := driver.ValueEncodings(); !slices.Equal(got, []driver.ValueEncoding{"", "base64"}) {
		t.Errorf("value encodings are %q", got)
	}
}

func TestBase64Spellings(t *testing.T) {
	// The vectors of RFC 4648 section 10, and bytes that tell the alphabets apart.
	for value, want := range map[string]string{
		"": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=", "foobar": "Zm9vYmFy",
		"\xfb\xff\xbf": "+/+/", "\x00": "AA==",
	} {
		if got := driver.Base64.Encode([]byte(value)); string(got) != want {
			t.Errorf("%q is stored as %q, want %q", value, got, want)
		}
		if got, err := driver.Base64.Decode([]byte(want)); err != nil || string(got) != value {
			t.Errorf("%q is read as %q, %v", want, got, err)
		}
	}
}

func TestBase64RefusesOtherSpellings(t *testing.T) {
	for _, stored := range []string{
		"Zg", "Zg=", "Zg===", "=", "Zh==", "Zm9=", "Zm9v\n", "Zm\n9v", "\nZg==", " Zg==", "-_-_", "{}", "plain text", "Zg==Zg==", "é",
	} {
		if value, err := driver.Base64.Decode([]byte(stored)); !errors.Is(err, errs.Corrupt) || value != nil {
			t.Errorf("%q is read as %q, %v", stored, value, err)
		}
	}
}

func TestStoredValueIsNotInTheError(t *testing.T) {
	_, err := driver.Base64.Decode([]byte("canary value"))
	if err == nil || strings.Contains(fmt.Sprintf("%+v", err), "canary") {
		t.Errorf("error: %+v", err)
	}
}

func TestEncodedValueIsACopy(t *testing.T) {
	value := []byte("abc")
	stored := driver.Base64.Encode(value)
	clear(value)
	if string(stored) != "YWJj" {
		t.Error("the stored form changed with the value")
	}
	plain := []byte("abc")
	if got := driver.PlainValues.Encode(plain); &got[0] != &plain[0] {
		t.Error("a plain value is copied")
	}
	if got, err := driver.PlainValues.Decode(plain); err != nil || string(got) != "abc" {
		t.Errorf("plain value is read as %q, %v", got, err)
	}
}

func ExampleValueEncoding() {
	stored := driver.Base64.Encode([]byte{0xCA, 0xFE})
	value, err := driver.Base64.Decode(stored)
	fmt.Printf("%s\n", stored)
	fmt.Printf("%X %v\n", value, err)
	// Output:
	// yv4=
	// CAFE <nil>
}
