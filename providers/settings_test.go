package providers_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// env is an environment.
type env map[string]string

func (e env) host() providers.Host {
	return providers.Host{LookupEnv: func(name string) (string, bool) {
		text, set := e[name]
		return text, set
	}}
}

func driver(options ...providers.Option) *providers.Driver {
	return &providers.Driver{Name: "test", Options: options}
}

// said are values that all come from the same line.
func said(pairs ...string) providers.Values {
	values := providers.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = providers.Value{Text: pairs[i+1], From: "c.yaml:7"}
	}
	return values
}

func refused(t *testing.T, err error, code errs.Code, parts ...string) {
	t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Code != code || e.Outcome != errs.NotApplied || e.Retry != errs.Permanent {
		t.Fatalf("error is %v", err)
	}
	for _, part := range parts {
		if !strings.Contains(e.Message, part) {
			t.Errorf("error does not say %q: %v", part, err)
		}
	}
}

func TestKinds(t *testing.T) {
	for _, tc := range []struct {
		kind     providers.Kind
		choices  []string
		accepted []string
		refused  []string
	}{
		{providers.Text, nil, []string{"", "x", " x ", "a\nb"}, nil},
		{"", nil, []string{"", "x", " x "}, nil},
		{providers.Text, []string{"a", "b"}, []string{"a", "b"}, []string{"", "c", "A", "a,b", "a "}},
		{providers.Secret, nil, []string{"", "x", "a b", "a\nb"}, []string{" x", "x ", "x\n", "\tx"}},
		{providers.Secret, []string{"ab"}, []string{"ab"}, []string{"a"}},
		{providers.Duration, nil, []string{"90s", "0", "1h30m", "0.5ms"}, []string{"", "90", "-1s", "x", "1s "}},
		{providers.Duration, []string{"1s"}, []string{"1s"}, []string{"1000ms"}},
		{providers.Bool, nil, []string{"true", "false"}, []string{"", "TRUE", "yes", "1", "on"}},
		{providers.Int, nil, []string{"0", "7", "123456"}, []string{"", "-1", "1.5", "0x1", "1_000", "x", "99999999999999999999"}},
	} {
		d := driver(providers.Option{Name: "o", Kind: tc.kind, Choices: tc.choices})
		for _, text := range tc.accepted {
			if err := d.Check(said("o", text), false); err != nil {
				t.Errorf("%s %v: Check(%q): %v", tc.kind, tc.choices, text, err)
			}
			if _, err := d.Resolve(said("o", "${V}"), env{"V": text}.host()); err != nil {
				t.Errorf("%s %v: Resolve(%q): %v", tc.kind, tc.choices, text, err)
			}
		}
		for _, text := range tc.refused {
			refused(t, d.Check(said("o", text), false), errs.InvalidArgument, "c.yaml:7", "o")
			_, err := d.Resolve(said("o", "${V}"), env{"V": text}.host())
			refused(t, err, errs.InvalidArgument, "c.yaml:7", "o")
		}
	}
}

func TestRefusalSaysWhatIsAccepted(t *testing.T) {
	for kind, want := range map[providers.Kind]string{
		providers.Duration: `"90s"`, providers.Bool: "true and false", providers.Int: "whole number",
	} {
		err := driver(providers.Option{Name: "o", Kind: kind}).Check(said("o", "wrong"), false)
		refused(t, err, errs.InvalidArgument, `c.yaml:7: o is "wrong"`, want)
	}
	err := driver(providers.Option{Name: "o", Choices: []string{"one", "two"}}).Check(said("o", "wrong"), false)
	refused(t, err, errs.InvalidArgument, `"wrong"`, "one, two")
}

func TestCheck(t *testing.T) {
	d := driver(
		providers.Option{Name: "zone", PerResource: true},
		providers.Option{Name: "key", Kind: providers.Secret},
		providers.Option{Name: "token", Kind: providers.Secret, PerResource: true},
		providers.Option{Name: "size", Kind: providers.Int},
	)
	for name, tc := range map[string]struct {
		values      providers.Values
		perResource bool
		says        []string // nothing where it is accepted
	}{
		"nothing":                  {nil, false, nil},
		"all":                      {said("zone", "z", "key", "k", "token", "t", "size", "1"), false, nil},
		"secret by file":           {said("key_file", "/k"), false, nil},
		"unknown":                  {said("zone", "z", "sise", "1"), false, []string{"c.yaml:7", `"test"`, `"sise"`, "zone, key, token, size"}},
		"text by file":             {said("zone_file", "/z"), false, []string{`"zone_file"`}},
		"file of a file":           {said("key_file_file", "/z"), false, []string{`"key_file_file"`}},
		"secret twice":             {said("key", "k", "key_file", "/k"), false, []string{"c.yaml:7", "key", "key_file", "both"}},
		"deferred":                 {said("size", "${SIZE}"), false, nil},
		"deferred in the middle":   {said("size", "1${SIZE}"), false, nil},
		"not deferred":             {said("size", "$SIZE"), false, []string{"$SIZE"}},
		"resource":                 {said("zone", "z", "token_file", "/t"), true, nil},
		"provider's in a resource": {said("key", "k"), true, []string{"c.yaml:7", `"key"`, "provider's entry"}},
		"same by file":             {said("key_file", "/k"), true, []string{"c.yaml:7", `"key_file"`, "provider's entry"}},
		"unknown in a resource":    {said("zome", "z"), true, []string{`"zome"`, "it has zone, token"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := d.Check(tc.values, tc.perResource)
			if tc.says == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			refused(t, err, errs.InvalidArgument, tc.says...)
			if tc.perResource && strings.Contains(err.Error(), "size") {
				t.Errorf("names an option that a resource does not have: %v", err)
			}
		})
	}
	refused(t, driver().Check(said("x", ""), false), errs.InvalidArgument, "none here")
}

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPrecedence(t *testing.T) {
	byFile := file(t, "file")
	full := env{"A": "a", "A_FILE": byFile, "B": "b", "B_FILE": byFile}
	without := func(names ...string) env {
		less := maps.Clone(full)
		for _, name := range names {
			delete(less, name)
		}
		return less
	}
	empty := without()
	empty["A"], empty["A_FILE"] = "", ""
	for name, tc := range map[string]struct {
		kind   providers.Kind
		values providers.Values
		env    env
		want   string
	}{
		"value":                         {providers.Text, said("o", "v"), full, "v"},
		"value that is a secret":        {providers.Secret, said("o", "v"), full, "v"},
		"value by file":                 {providers.Secret, said("o_file", byFile), without("A_FILE", "B_FILE"), "file"},
		"first variable":                {providers.Text, nil, full, "a"},
		"second variable":               {providers.Text, nil, without("A"), "b"},
		"an empty variable is unset":    {providers.Text, nil, empty, "b"},
		"file is for secrets only":      {providers.Text, nil, without("A", "B"), "d"},
		"variable before its file":      {providers.Secret, nil, full, "a"},
		"its file before the next":      {providers.Secret, nil, without("A"), "file"},
		"second after an absent file":   {providers.Secret, nil, without("A", "A_FILE"), "b"},
		"second by file":                {providers.Secret, nil, without("A", "A_FILE", "B"), "file"},
		"default":                       {providers.Text, nil, nil, "d"},
		"default of a secret":           {providers.Secret, nil, nil, "d"},
		"an empty text is a value":      {providers.Text, said("o", ""), full, ""},
		"an empty variable in a value":  {providers.Text, said("o", "${E}"), env{"E": "", "A": "a"}, ""},
		"environment is not expanded":   {providers.Text, nil, env{"A": "${B}", "B": "b"}, "${B}"},
		"expansion is not expanded":     {providers.Text, said("o", "${A}"), env{"A": "${B}", "B": "b"}, "${B}"},
		"file's content not expanded":   {providers.Secret, said("o_file", file(t, "${B}")), env{"B": "b"}, "${B}"},
		"path of the file is expanded":  {providers.Secret, said("o_file", "${P}"), env{"P": byFile}, "file"},
		"the variable's file, expanded": {providers.Secret, nil, env{"A_FILE": byFile}, "file"},
	} {
		t.Run(name, func(t *testing.T) {
			d := driver(providers.Option{Name: "o", Kind: tc.kind, Env: []string{"A", "B"}, Default: "d"})
			s, err := d.Resolve(tc.values, tc.env.host())
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if tc.kind == providers.Secret {
				got = s.Secret("o").Reveal()
			} else {
				got = s.Text("o")
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestProcessEnvironmentIsTheDefault(t *testing.T) {
	t.Setenv("CROSSCLOUD_TEST_OPTION", "from the process")
	s, err := driver(providers.Option{Name: "o", Env: []string{"CROSSCLOUD_TEST_OPTION"}}).Resolve(nil, providers.Host{})
	if err != nil || s.Text("o") != "from the process" || s.Now == nil || s.LookupEnv == nil {
		t.Errorf("got %v, %v", s, err)
	}
}

func TestExpansion(t *testing.T) {
	vars := env{"A": "a", "B_2": "b", "EMPTY": "", "BRACE": "}${A}"}
	for text, want := range map[string]string{
		"plain": "plain", "${A}": "a", "x${A}y": "xay", "${A}${B_2}": "ab", "${EMPTY}": "", "[${EMPTY}]": "[]",
		"$A": "$A", "$": "$", "a$": "a$", "}": "}", "{A}": "{A}", "$ {A}": "$ {A}",
		"$${A}": "${A}", "$${": "${", "x$${A}y${A}": "x${A}ya", "$$A": "$$A", "${BRACE}": "}${A}",
		"$$${A}": "$${A}",
	} {
		s, err := driver(providers.Option{Name: "o"}).Resolve(said("o", text), vars.host())
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if got := s.Text("o"); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	for text, says := range map[string]string{
		"${UNSET}": "UNSET is not set", "${A}${UNSET}": "UNSET", "${": "plain name", "x${A": "plain name", "${}": "plain name",
		"$${A}${": "plain name", "${a b}": "plain name", "${1A}": "plain name", "${A:-hunter2}": "plain name",
	} {
		_, err := driver(providers.Option{Name: "o"}).Resolve(said("o", text), vars.host())
		refused(t, err, errs.InvalidArgument, "c.yaml:7", says)
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error shows what may be a secret: %v", err)
		}
	}
}

func TestSecretFromFile(t *testing.T) {
	for content, want := range map[string]string{
		"s": "s", "s\n": "s", "s\r\n": "s", "a b": "a b", "a\nb\n": "a\nb", "": "", "\n": "",
	} {
		for how, resolve := range map[string]func(*providers.Driver, string) (*providers.Settings, error){
			"value": func(d *providers.Driver, path string) (*providers.Settings, error) {
				return d.Resolve(said("o_file", path), env{}.host())
			},
			"environment": func(d *providers.Driver, path string) (*providers.Settings, error) {
				return d.Resolve(nil, env{"O_FILE": path}.host())
			},
		} {
			s, err := resolve(driver(providers.Option{Name: "o", Kind: providers.Secret, Env: []string{"O"}}), file(t, content))
			if err != nil || s.Secret("o").Reveal() != want {
				t.Errorf("%s: %q is read as %v, %v", how, content, s, err)
			}
		}
	}
	d := driver(providers.Option{Name: "o", Kind: providers.Secret, Env: []string{"O"}})
	for _, content := range []string{canary + "\n\n", " " + canary, canary + " \n", "\t" + canary} {
		_, err := d.Resolve(said("o_file", file(t, content)), env{}.host())
		refused(t, err, errs.InvalidArgument, "c.yaml:7", "o begins or ends with white space")
		mustNotShow(t, "error", err.Error())
		_, err = d.Resolve(nil, env{"O_FILE": file(t, content)}.host())
		refused(t, err, errs.InvalidArgument, "O_FILE")
		mustNotShow(t, "error", err.Error())
	}
	missing := filepath.Join(t.TempDir(), canary) // as if the secret itself had been given
	_, err := d.Resolve(said("o_file", missing), env{}.host())
	refused(t, err, errs.InvalidArgument, "c.yaml:7", "is this its path")
	mustNotShow(t, "error", err.Error())
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the cause is lost: %v", err)
	}
	_, err = d.Resolve(nil, env{"O_FILE": missing}.host())
	refused(t, err, errs.InvalidArgument, "environment variable O_FILE")
	mustNotShow(t, "error", err.Error())
	_, err = d.Resolve(said("o_file", t.TempDir()), env{}.host())
	refused(t, err, errs.InvalidArgument, "not a regular file")
	_, err = d.Resolve(said("o_file", file(t, strings.Repeat("x", 64<<10+1))), env{}.host())
	refused(t, err, errs.InvalidArgument, "over 65536 bytes")
}

func TestRequired(t *testing.T) {
	for name, tc := range map[string]struct {
		option  providers.Option
		values  providers.Values
		code    errs.Code
		account errs.Code // of ResolveAccount
		says    []string
	}{
		"missing":             {providers.Option{Name: "o", Doc: "the zone"}, nil, errs.InvalidArgument, errs.InvalidArgument, []string{`"test"`, `"o"`, "the zone", "in the configuration"}},
		"missing secret":      {providers.Option{Name: "o", Kind: providers.Secret, Env: []string{"A", "B"}}, nil, errs.Unauthenticated, errs.Unauthenticated, []string{"A or B"}},
		"empty":               {providers.Option{Name: "o"}, said("o", ""), errs.InvalidArgument, errs.InvalidArgument, []string{`"o"`}},
		"empty by expansion":  {providers.Option{Name: "o", Kind: providers.Secret}, said("o", "${E}"), errs.Unauthenticated, errs.Unauthenticated, []string{`"o"`}},
		"a resource may tell": {providers.Option{Name: "o", PerResource: true}, nil, errs.InvalidArgument, "", []string{`"o"`}},
		"given":               {providers.Option{Name: "o"}, said("o", "v"), "", "", nil},
		"by default":          {providers.Option{Name: "o", Default: "v"}, nil, "", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			tc.option.Required = true
			d := driver(tc.option)
			_, err := d.Resolve(tc.values, env{"E": ""}.host())
			_, accountErr := d.ResolveAccount(tc.values, env{"E": ""}.host())
			if errs.CodeOf(err) != tc.code || errs.CodeOf(accountErr) != tc.account {
				t.Errorf("Resolve: %v, ResolveAccount: %v", err, accountErr)
			}
			if err != nil {
				refused(t, err, tc.code, tc.says...)
			}
		})
	}
}

func TestResolveChecksFirst(t *testing.T) {
	_, err := driver(providers.Option{Name: "o"}).Resolve(said("x", "v"), env{}.host())
	refused(t, err, errs.InvalidArgument, `"x"`)
	_, err = driver(providers.Option{Name: "o"}).ResolveAccount(said("x", "v"), env{}.host())
	refused(t, err, errs.InvalidArgument, `"x"`)
	_, err = driver(providers.Option{Name: "o", Kind: providers.Int, Env: []string{"N"}}).Resolve(nil, env{"N": "x"}.host())
	refused(t, err, errs.InvalidArgument, "environment variable N", `"x"`)
}

func TestOverlay(t *testing.T) {
	for name, tc := range map[string]struct{ entry, resource, want providers.Values }{
		"nothing":             {nil, nil, said()},
		"entry alone":         {said("a", "1"), nil, said("a", "1")},
		"resource alone":      {nil, said("a", "1"), said("a", "1")},
		"over":                {said("a", "1", "b", "2"), said("a", "3"), said("a", "3", "b", "2")},
		"secret over file":    {said("k_file", "/k", "a", "1"), said("k", "s"), said("k", "s", "a", "1")},
		"file over secret":    {said("k", "s", "a", "1"), said("k_file", "/k"), said("k_file", "/k", "a", "1")},
		"file over file":      {said("k_file", "/1"), said("k_file", "/2"), said("k_file", "/2")},
		"both stay a mistake": {said("a", "1"), said("k", "s", "k_file", "/k"), said("a", "1", "k", "s", "k_file", "/k")},
	} {
		for range 20 { // in every order of the map
			entry, resource := maps.Clone(tc.entry), maps.Clone(tc.resource)
			got := entry.Overlay(resource)
			if !maps.Equal(got, tc.want) {
				t.Fatalf("%s: got %v, want %v", name, got, tc.want)
			}
			got["new"] = providers.Value{}
			if !maps.Equal(entry, tc.entry) || !maps.Equal(resource, tc.resource) {
				t.Fatalf("%s: an operand was changed", name)
			}
		}
	}
}

func TestGetters(t *testing.T) {
	d := driver(
		providers.Option{Name: "text"}, providers.Option{Name: "secret", Kind: providers.Secret},
		providers.Option{Name: "duration", Kind: providers.Duration}, providers.Option{Name: "bool", Kind: providers.Bool},
		providers.Option{Name: "int", Kind: providers.Int},
	)
	s, err := d.Resolve(said("text", "t", "secret", "s", "duration", "1m30s", "bool", "true", "int", "42"), env{}.host())
	if err != nil {
		t.Fatal(err)
	}
	if s.Text("text") != "t" || s.Secret("secret").Reveal() != "s" || s.Duration("duration") != 90*time.Second || !s.Bool("bool") || s.Int("int") != 42 {
		t.Errorf("got %v", s)
	}
	s, err = d.Resolve(said("bool", "false"), env{}.host())
	if err != nil {
		t.Fatal(err)
	}
	if s.Text("text") != "" || !s.Secret("secret").IsEmpty() || s.Duration("duration") != 0 || s.Bool("bool") || s.Int("int") != 0 {
		t.Errorf("got %v out of nothing", s)
	}
	for name, get := range map[string]func(){
		"Text": func() { s.Text("none") }, "Secret": func() { s.Secret("none") }, "Duration": func() { s.Duration("none") },
		"Bool": func() { s.Bool("none") }, "Int": func() { s.Int("none") }, "by file": func() { s.Text("secret_file") },
		"a secret as text": func() { s.Text("secret") }, "text as a secret": func() { s.Secret("text") },
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.Contains(text, `driver test declares no option`) {
					t.Errorf("%s panics with %q", name, text)
				}
			}()
			get()
		}()
	}
}
