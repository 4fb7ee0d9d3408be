package driver_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// hidden is what must not be printed.
const hidden = "s3cr3t-bytes"

// printed is a value with a secret in it, and how it prints.
type printed struct {
	want  string
	value any
}

func values() []printed {
	b := []byte(hidden)
	ct := driver.Ciphertext{KeyID: "k-1", Kind: driver.KindData, Blob: b}
	sign := driver.SignRequest{KeyID: "k-1", Algorithm: driver.RSAPSSSHA256, Message: b, Digest: b[:4]}
	until := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	return []printed{
		{`ciphertext of 12 bytes, kind data, key "k-1"`, ct},
		{`key "k-1", 12 bytes of plaintext`, driver.EncryptRequest{KeyID: "k-1", Plaintext: b, Context: hidden}},
		{`ciphertext of 12 bytes, kind data, key "k-1"`, driver.DecryptRequest{Ciphertext: ct, Context: hidden}},
		{`key "k-2", 12 bytes of plaintext`, driver.DecryptResponse{KeyID: "k-2", Plaintext: b}},
		{`key "k-1", data key of 32 bytes`, driver.GenerateDataKeyRequest{KeyID: "k-1", Bytes: 32, Context: hidden}},
		{`12 bytes of plaintext, ciphertext of 12 bytes, kind data, key "k-1"`, driver.GenerateDataKeyResponse{Plaintext: b, Ciphertext: ct}},
		{`ciphertext of 12 bytes, kind data, key "k-1", to key "k-2"`, driver.ReEncryptRequest{Ciphertext: ct, Context: hidden, NewKeyID: "k-2", NewContext: hidden}},
		{`key "k-1", RSA_OAEP_SHA256, 12 bytes of plaintext`, driver.AsymmetricEncryptRequest{KeyID: "k-1", Algorithm: driver.RSAOAEPSHA256, Plaintext: b}},
		{`key "k-1", RSA_PSS_SHA256, 12 bytes of message, 4 bytes of digest`, sign},
		{`key "k-1", RSA_PSS_SHA256, 12 bytes of message, 4 bytes of digest`, driver.VerifyRequest{SignRequest: sign, Signature: b}},
		{`12 random bytes`, driver.RandomResponse{Random: b}},
		{`public key of 12 bytes, token until 2026-03-01 00:00:00 +0000 UTC`, driver.ImportParametersResponse{PublicKey: b, Token: b, ExpiresAt: until}},
		{`key "k-1", 12 bytes of wrapped material`, driver.ImportKeyMaterialRequest{KeyID: "k-1", Wrapped: b, Token: b}},
	}
}

// No verb and no flag prints a secret, be it by value, by pointer or in another value; all tell the same.
func TestPrintsHideSecrets(t *testing.T) {
	t.Parallel()
	spellings := []string{hidden, hex.EncodeToString([]byte(hidden)), strings.ToUpper(hex.EncodeToString([]byte(hidden))), strings.Trim(fmt.Sprint([]byte(hidden)), "[]"), "0x73, 0x33"}
	for _, test := range values() {
		value, want := test.value, test.want
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			for _, holder := range []any{value, &value, []any{value}, struct{ V any }{value}, map[string]any{"v": value}} {
				text := fmt.Sprintf(verb, holder)
				for _, spelling := range spellings {
					if strings.Contains(text, spelling) {
						t.Errorf("%s of %T prints %q", verb, value, text)
					}
				}
			}
			if text := fmt.Sprintf(verb, value); text != want {
				t.Errorf("%s of %T prints %q, want %q", verb, value, text, want)
			}
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("request", "value", value)
		for _, spelling := range spellings {
			if strings.Contains(log.String(), spelling) {
				t.Errorf("the log of %T has %q", value, log.String())
			}
		}
	}
}
