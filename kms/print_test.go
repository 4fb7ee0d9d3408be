package kms_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/kms"
)

// Handles print by name and id, also while they are used.
func TestPrintedHandles(t *testing.T) {
	t.Parallel()
	v := newVault("cloud")
	v.addPair("pair", "1", newEC(t))
	v.addPair("pair", "2", newEC(t))
	s := openVault(t, v.full())
	k := openKey(t, s, "pair")
	signer, err := openKey(t, s, "pair").Signer(t.Context(), kms.ECDSASHA256)
	if err != nil {
		t.Fatal(err)
	}
	var use sync.WaitGroup
	use.Go(func() {
		for range 50 {
			if _, err := k.PublicKey(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	for range 50 {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
			if got := fmt.Sprintf(verb, k); got != "key pair" {
				t.Fatalf("%s prints %q", verb, got)
			}
			if got := fmt.Sprintf(verb, signer); got != "signer with key pair, ECDSA_SHA256" {
				t.Fatalf("%s prints %q", verb, got)
			}
		}
	}
	use.Wait()
	if got := fmt.Sprintf("%+v", s); got != `keys of provider "fake"` {
		t.Error(got)
	}
	a := labelled()
	a.add("0c9d", "").info.Name = "orders"
	named, err := a.service(t).KeyByName(t.Context(), "orders")
	if err != nil || named.String() != "key orders (0c9d)" {
		t.Errorf("%v, %v", named, err)
	}
}

// No log has a token, the plaintext of a data key or the whole of a ciphertext, in whatever form it is written.
func TestLogged(t *testing.T) {
	t.Parallel()
	_, k := leanKey(t)
	dataKey, err := k.GenerateDataKey(t.Context(), 32)
	if err != nil {
		t.Fatal(err)
	}
	text, err := dataKey.Ciphertext().MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	parameters := kms.ImportParameters{Wrapping: kms.RSAOAEPSHA256, Token: []byte(canary)}
	for _, tc := range []struct {
		value     any
		shows, no string
	}{
		{k, "key k1", "mutex"},
		{parameters, "RSA_OAEP_SHA256", "Y2FuYXJ5"}, // "canary" in base64
		{parameters, "RSA_OAEP_SHA256", "0001-01-01"},
		{&parameters, "RSA_OAEP_SHA256", "Y2FuYXJ5"},
		{dataKey, "data key of 32 bytes", string(dataKey.Plaintext())},
		{dataKey.Ciphertext(), "kind datakey", string(text)},
	} {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("made", "what", tc.value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("made", "what", tc.value)
		if got := log.String(); strings.Count(got, tc.shows) != 2 || strings.Contains(got, tc.no) || strings.Contains(got, canary) {
			t.Errorf("%T in a log: %s", tc.value, got)
		}
	}
	parameters.ExpiresAt = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	if got := parameters.String(); !strings.HasSuffix(got, "until 2030-01-02T03:04:05Z") {
		t.Error(got)
	}
}
