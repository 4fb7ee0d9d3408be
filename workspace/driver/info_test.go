package driver_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/secret"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

const canary = "sk-canary-91c2"

func info() driver.Info {
	return driver.Info{
		ID: "ws-1", Name: "two\nlines", CreatedAt: time.Unix(1, 0).UTC(), Secrets: map[string]secret.String{"token": secret.New(canary)},
		Retention: map[string]time.Duration{"rum": time.Hour}, Vendor: json.RawMessage(`{"a":1}`),
	}
}

func key() driver.APIKey {
	return driver.APIKey{ID: "key-1", Name: "deploy", Secret: secret.New(canary), Roles: []string{"reader"}}
}

func TestPrinted(t *testing.T) {
	i, k := info(), key()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		for want, vs := range map[string][]any{"two lines (ws-1)": {i, &i}, "deploy (key-1)": {k, &k}} {
			for _, v := range vs {
				if got := fmt.Sprintf(verb, v); got != want {
					t.Errorf("%T printed as %s: %q, want %q", v, verb, got, want)
				}
			}
		}
	}
	if got := fmt.Sprintf("%+v", struct {
		Info driver.Info
		Key  *driver.APIKey
		All  []driver.APIKey
	}{i, &k, []driver.APIKey{k}}); got != "{Info:two lines (ws-1) Key:deploy (key-1) All:[deploy (key-1)]}" {
		t.Errorf("nested: %q", got)
	}
	hidden := fmt.Sprintf("%+v %#v", struct {
		i driver.Info
		k driver.APIKey
	}{i, k}, struct{ k *driver.APIKey }{&k})
	if strings.Contains(hidden, canary) {
		t.Errorf("in hidden fields: %q", hidden)
	}
}

func TestMarshalled(t *testing.T) {
	text, err := json.Marshal(map[string]any{"info": info(), "key": key()})
	if err != nil || bytes.Contains(text, []byte(canary)) {
		t.Fatalf("%s, %v", text, err)
	}
	var back struct {
		Info struct {
			ID      string
			Secrets map[string]string
			Vendor  map[string]int
		} `json:"info"`
		Key struct {
			Secret string
			Roles  []string
		} `json:"key"`
	}
	if err := json.Unmarshal(text, &back); err != nil || back.Info.ID != "ws-1" || back.Info.Secrets["token"] != secret.Redacted || back.Info.Vendor["a"] != 1 ||
		back.Key.Secret != secret.Redacted || len(back.Key.Roles) != 1 {
		t.Errorf("%s became %+v, %v", text, back, err)
	}
	for _, empty := range []any{driver.Info{}, driver.APIKey{}} {
		if _, err := json.Marshal(empty); err != nil {
			t.Error(err)
		}
	}
}

func TestLogged(t *testing.T) {
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("seen", "info", info(), "key", key(), "pair", []any{info(), key()})
	}
	if text := log.String(); strings.Contains(text, canary) || strings.Count(text, "deploy (key-1)") < 3 || strings.Count(text, "two lines (ws-1)") < 3 {
		t.Error(text)
	}
}

func TestAlphabets(t *testing.T) {
	if !driver.AnyText().Has('观') || driver.Chars("a-z").Has('A') || !driver.Chars("a-z").Has('q') {
		t.Error("the alphabets have other characters")
	}
}
