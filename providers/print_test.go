package providers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/providers"
)

const canary = "CANARY-7f3a"

func mustNotShow(t *testing.T, how, text string) {
	t.Helper()
	if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
		t.Errorf("%s shows the secret: %s", how, text)
	}
}

func TestNothingShowsASecret(t *testing.T) {
	d := driver(
		providers.Option{Name: "key", Kind: providers.Secret, Env: []string{"KEY"}},
		providers.Option{Name: "zone"}, providers.Option{Name: "unset"},
	)
	values := said("key", canary, "zone", "z-1")
	fromEnv, err := d.Resolve(said("zone", "z-1"), env{"KEY": canary}.host())
	if err != nil {
		t.Fatal(err)
	}
	settings, err := d.Resolve(values, env{}.host())
	if err != nil {
		t.Fatal(err)
	}
	if settings.Secret("key").Reveal() != canary {
		t.Fatal("the secret is not there to be shown")
	}
	const line = "driver=test key=[redacted] zone=z-1"
	if settings.String() != line || fromEnv.String() != line || fmt.Sprintf("%+v", *settings) != line {
		t.Errorf("settings print as %s, %s, %+v", settings, fromEnv, *settings)
	}
	if got := fmt.Sprint(values); got != "[key zone]" {
		t.Errorf("values print as %s", got)
	}
	if got := fmt.Sprint(values["key"]); got != "[redacted] c.yaml:7" {
		t.Errorf("a value prints as %s", got)
	}
	value := values["key"]
	if encoded, err := json.Marshal(values); err != nil || string(encoded) != `{"key":"[redacted] c.yaml:7","zone":"[redacted] c.yaml:7"}` {
		t.Errorf("values are marshalled as %s, %v", encoded, err)
	}
	type holder struct{ V any }
	for name, v := range map[string]any{
		"settings": settings, "settings by value": *settings, "from the environment": fromEnv, "values": values,
		"value": value, "pointer to value": &value, "slice": []providers.Value{value}, "map": map[string]providers.Values{"e": values},
		"struct": holder{settings}, "struct of values": holder{values}, "struct of a pointer": &holder{&value},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%+q", "% x", "%40v"} {
			mustNotShow(t, name+" by "+verb, fmt.Sprintf(verb, v))
		}
		var text, object bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&object, nil)).Info("m", "v", v)
		encoded, _ := json.Marshal(v) // settings hold functions and are refused
		mustNotShow(t, name+" in a log", text.String()+object.String())
		mustNotShow(t, name+" in JSON", string(encoded))
	}
}

func TestNoErrorShowsASecret(t *testing.T) {
	secretly := func(o providers.Option) *providers.Driver {
		o.Name, o.Kind, o.Env = "key", providers.Secret, []string{"KEY"}
		return driver(o, providers.Option{Name: "n", Kind: providers.Int})
	}
	plain, chosen := secretly(providers.Option{}), secretly(providers.Option{Choices: []string{"a"}})
	host := env{"S": canary, "SPACE": " " + canary}.host()
	for name, resolve := range map[string]func() (*providers.Settings, error){
		"white space":             func() (*providers.Settings, error) { return plain.Resolve(said("key", canary+" "), host) },
		"expanded white space":    func() (*providers.Settings, error) { return plain.Resolve(said("key", "${SPACE}"), host) },
		"choices":                 func() (*providers.Settings, error) { return chosen.Resolve(said("key", canary), host) },
		"both":                    func() (*providers.Settings, error) { return plain.Resolve(said("key", canary, "key_file", "/x"), host) },
		"unterminated":            func() (*providers.Settings, error) { return plain.Resolve(said("key", canary+"${"), host) },
		"unset beside":            func() (*providers.Settings, error) { return plain.Resolve(said("key", canary+"${NONE}"), host) },
		"environment":             func() (*providers.Settings, error) { return plain.Resolve(nil, env{"KEY": canary + "\n"}.host()) },
		"another option is wrong": func() (*providers.Settings, error) { return plain.Resolve(said("key", canary, "n", "x"), host) },
		"unknown beside":          func() (*providers.Settings, error) { return plain.Resolve(said("key", canary, "kay", canary), host) },
	} {
		s, err := resolve()
		if err == nil {
			t.Errorf("%s: resolved to %v", name, s)
			continue
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
			mustNotShow(t, name, fmt.Sprintf(verb, err))
		}
	}
}
