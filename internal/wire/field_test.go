package wire_test

import (
	"bytes"
	"encoding/pem"
	"errors"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

func TestBase64(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "Zg==": "f", "Zm8=": "fo", "Zm9v": "foo", "Zm9vYg==": "foob", "Zm9vYmE=": "fooba", "Zm9vYmFy": "foobar", // RFC 4648, section 10
		"+/8=": "\xfb\xff",
	} {
		if got, ok := wire.FromBase64(text); !ok || string(got) != want {
			t.Errorf("%q: %q, %v", text, got, ok)
		}
		if got := wire.ToBase64([]byte(want)); got != text {
			t.Errorf("%q is written %q", want, got)
		}
	}
	for name, text := range map[string]string{
		"no padding": "Zg", "too much padding": "Zg===", "bits left over": "Zh==", "other alphabet": "-_8=", "a space": "Zm 9v",
		"line end": "Zm9v\n", "line end within": "Zm9v\r\nYmFy", "only a line end": "\n", "cut off": "Zm9vY", "behind": "Zg==Zg==",
	} {
		if got, ok := wire.FromBase64(text); ok || got != nil {
			t.Errorf("%s: %q is read as %q", name, text, got)
		}
	}
}

func TestPEM(t *testing.T) {
	block := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("der")}))
	other := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: []byte("der")}))
	crlf := string(bytes.ReplaceAll([]byte(block), []byte("\n"), []byte("\r\n")))
	for name, text := range map[string]string{"block": block, "other label": other, "white space": " \r\n" + block + "\n ", "line ends of two": crlf} {
		if got, ok := wire.FromPEM(text); !ok || string(got) != "der" {
			t.Errorf("%s: %q, %v", name, got, ok)
		}
	}
	for name, text := range map[string]string{
		"empty": "", "base64 alone": "ZGVy", "two blocks": block + other, "text behind": block + "x", "text before": "x\n" + block,
		"nothing in it": "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", "no end": block[:40],
	} {
		if got, ok := wire.FromPEM(text); ok || got != nil {
			t.Errorf("%s: read as %q", name, got)
		}
	}
}

func TestDone(t *testing.T) {
	type response struct{}
	if got, err := wire.Done[response](nil); err != nil || got == nil {
		t.Errorf("%v, %v", got, err)
	}
	failed := errors.New("failed")
	if got, err := wire.Done[response](failed); err != failed || got != nil {
		t.Errorf("%v, %v", got, err)
	}
}
