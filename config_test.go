package crosscloud_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/errs"
)

// Each text is malformed in one line, and says a secret somewhere: the refusal names file and line, says why, and does
// not quote the secret.
func TestMalformedConfiguration(t *testing.T) {
	c := newCloud()
	const good = "providers:\n  main:\n    driver: DRIVER\n    token: CANARY\n"
	for _, tc := range []struct {
		name, text string
		line       int
		want       string
	}{
		{"unknown section", good + "kvs:\n  a: {}\n", 5, `unknown section "kvs"; there are providers, kv, kms and workspace`},
		{"unknown section in braces", "kmt: {a: CANARY}", 1, `unknown section "kmt"`},
		{"unknown field of a provider", good + "    zones: 1\n", 5, `unknown field "zones"; with the driver "DRIVER" there are driver, max_attempts, concurrency, attempt_timeout, rate_limit, rate_share, token, region, mode, timeout, depth, safe, zone, zone_key`},
		{"unknown field of a resource", good + "kv:\n  flags:\n    provider: main\n    namespace: n\n    creat: true\n", 9, `unknown field "creat"; with the driver "DRIVER" there are provider, namespace, namespace_id, create, key_encoding, value_encoding, read_back, zone, zone_key`},
		{"field of a resource at a provider", good + "    namespace: n\n", 5, `unknown field "namespace"`},
		{"field of a provider at a resource", good + "kv:\n  flags:\n    provider: main\n    namespace: n\n    max_attempts: 2\n", 9, `unknown field "max_attempts"`},
		{"account option at a resource", good + "kv:\n  flags:\n    provider: main\n    namespace: n\n    token: CANARY\n", 9, `"token" belongs to the provider's entry, not to a resource`},
		{"account option by file at a resource", good + "kv:\n  flags:\n    provider: main\n    namespace: n\n    token_file: CANARY\n", 9, `"token_file" belongs to the provider's entry`},
		{"file of what is no secret", good + "    region_file: x\n", 5, `unknown field "region_file"`},
		{"secret both ways", good + "    token_file: /run/token\n", 5, `both "token_file" and "token" (crosscloud.yaml:4) are given`},

		{"duplicate section", good + "\nproviders:\n  other: {driver: DRIVER}\n", 6, `"providers" is given twice, first at crosscloud.yaml:1`},
		{"duplicate entry", good + "  main:\n    driver: DRIVER\n", 5, `"main" is given twice, first at crosscloud.yaml:2`},
		{"duplicate field", good + "    token: CANARY\n", 5, `"token" is given twice, first at crosscloud.yaml:4`},
		{"duplicate field, quoted", good + "    'token': CANARY\n", 5, `"token" is given twice`},
		{"duplicate field in braces", "providers:\n  main: {driver: DRIVER,\n    token: CANARY,\n    token: CANARY}\n", 4, `"token" is given twice, first at crosscloud.yaml:3`},

		{"anchor", "providers:\n  main: &main\n    driver: DRIVER\n    token: CANARY\n", 2, `an anchor is not accepted in a configuration; a text that begins with & needs quotes`},
		{"anchored value", good + "    region: &CANARY x\n", 5, "an anchor is not accepted"},
		{"alias", good + "    region: *CANARY\n", 5, "an alias is not accepted in a configuration; a text that begins with * needs quotes"},
		{"merge key", good + "    <<: CANARY\n", 5, "a merge key is not accepted"},
		{"tag", good + "    region: !!str CANARY\n", 5, "a tag is not accepted in a configuration; a text that begins with ! needs quotes"},
		{"tag of all", "!CANARY x", 1, "a tag is not accepted"},
		{"directive", "# CANARY\n%YAML 1.2\n---\n" + good, 2, "a directive is not accepted"},
		{"list of providers", "providers:\n  - driver: DRIVER\n    token: CANARY\n", 2, "a list is not accepted"},
		{"list for a value", good + "    region:\n      - CANARY\n", 6, "a list is not accepted in a configuration; a text that begins with - needs quotes"},
		{"list in brackets", good + "    region: [CANARY]\n", 5, "a list is not accepted in a configuration; a text that begins with [ needs quotes"},
		{"mapping for a value", good + "    region:\n      CANARY: x\n", 5, `"region" must be one plain value`},
		{"braces for a value", "{providers: {main: {driver: DRIVER,\n region: {CANARY: x}}}}", 2, "a field has one plain value"},
		{"braces for a value in an indented entry", good + "    region: {CANARY: x}\n", 5, `"region" must be one plain value`},
		{"no value", good + "    region:\n    mode: fast\n", 5, `"region" has no value`},
		{"null", good + "    region: null\n", 5, `"region" has no value`},
		{"tilde", good + "    region: ~\n", 5, `"region" has no value`},
		{"empty section", good + "kv:\n", 5, `kv must have fields with values`},
		{"empty entry", good + "  other:\n", 5, `"other"`},
		{"text for a section", good + "kv: CANARY\n", 5, `kv must have fields with values`},
		{"text for all", "CANARY", 1, `the configuration must have fields with values`},
		{"number for a name", good + "  7:\n    driver: DRIVER\n", 5, "a field's name must be plain text; a number, true or false needs quotes"},
		{"complex name", good + "    ? CANARY\n    : x\n", 5, "a field's name must be plain text"},
		{"empty name of a provider", good + "  \"\":\n    driver: DRIVER\n", 5, "a provider's name is empty"},
		{"empty name of a resource", good + "kv:\n  \"\":\n    provider: main\n    namespace: n\n", 6, "a kv resource's name is empty"},

		{"two documents", good + "---\nkv: {}\n", 5, "more than one document"},
		{"two documents, the first empty", "---\n# CANARY\n---\n" + good, 3, "more than one document"},
		{"second document after an end", good + "...\nkv: {}\n", 6, "more than one document"},
		{"invalid UTF-8", good + "    region: a\xffb\n", 5, "the configuration is not valid UTF-8"},
		{"character cut short", good + "# x\n    region: \xe4\xb8", 6, "the configuration is not valid UTF-8"},

		{"open brace", "providers:\n  main: {driver: DRIVER, token: CANARY\n", 2, "not valid YAML"},
		{"environment variable in braces", "providers:\n  main: {driver: DRIVER, token: ${CANARY}}\n", 2, "inside { }, a value with ${ needs quotes"},
		{"open quote", good + "    region: \"CANARY\n", 5, "not valid YAML"},
		{"tab", good + "\tregion: CANARY\n", 5, "not valid YAML"},
		{"unindented field without a colon", good + "  CANARY\n", 5, "not valid YAML"},
		{"colon in a value", good + "    region: CANARY: x\n", 5, "not valid YAML"},
		{"reserved character", good + "    region: @CANARY\n", 5, "'@' is a reserved character; a text that begins with it needs quotes"},
		{"text after a quoted one", good + "    region: 'x'CANARY\n", 5, "not valid YAML"},
		{"secret in a block's header", good + "    region: |CANARY\n", 5, "not valid YAML: this cannot stand here"},
		{"bad escape", good + "    region: \"CANARY\\q\"\n", 5, "not valid YAML"},
		{"after carriage returns", strings.ReplaceAll(good+"    zones: 1\n", "\n", "\r\n"), 5, `unknown field "zones"`},
		{"after a text of several lines", good + "    region: a\n      b\n      c\n    zones: 1\n", 8, `unknown field "zones"`},
		{"after a block", good + "    region: |\n      a\n\n      b\n    zones: 1\n", 9, `unknown field "zones"`},

		{"driver not said", "providers:\n  main:\n    token: CANARY\n", 2, `provider "main" does not say its driver; registered are `},
		{"unknown driver", "providers:\n  main:\n    token: CANARY\n    driver: nowhere\n", 4, `driver "nowhere" is not known; registered are `},
		{"driver by a variable", "providers:\n  main:\n    token: CANARY\n    driver: ${DRIVER}\n", 4, "${ is not replaced in driver, only in what names a namespace, key or workspace, and in the driver's options"},
		{"provider not said", good + "kv:\n  flags:\n    namespace: n\n", 6, `kv resource "flags" does not say its provider`},
		{"provider missing", good + "kv:\n  flags:\n    namespace: n\n    provider: mian\n", 8, `kv resource "flags" names the provider "mian", which is not there; there is main`},
		{"provider missing with none there", "kv:\n  flags:\n    namespace: CANARY\n    provider: main\n", 4, `which is not there; there is none`},
		{"provider by a variable", good + "kv:\n  flags:\n    provider: ${P}\n    namespace: n\n", 7, "${ is not replaced in provider"},
		{"namespace not said", good + "kv:\n  flags:\n    provider: main\n", 6, `kv resource "flags" does not say its namespace`},
		{"namespace empty", good + "kv:\n  flags:\n    provider: main\n    namespace: ''\n", 6, `kv resource "flags" does not say its namespace`},

		{"choice", good + "    mode: medium\n", 5, `mode is "medium", accepted are fast, slow`},
		{"duration", good + "    timeout: 90\n", 5, `timeout is "90", accepted is a duration such as "90s"`},
		{"negative duration", good + "    timeout: -1s\n", 5, `accepted is a duration`},
		{"bool", good + "    safe: yes\n", 5, `safe is "yes", accepted are true and false`},
		{"int", good + "    depth: 1.5\n", 5, `depth is "1.5", accepted is a whole number`},
		{"negative int", good + "    depth: -1\n", 5, `accepted is a whole number`},
		{"secret with space", "providers:\n  main:\n    driver: DRIVER\n    token: \"CANARY \"\n", 4, "token begins or ends with white space"},
		{"max_attempts", good + "    max_attempts: 0\n", 5, `max_attempts is "0": accepted is a whole number of at least 1`},
		{"max_attempts by a variable", good + "    max_attempts: ${N}\n", 5, `${ is not replaced in max_attempts`},
		{"concurrency", good + "    concurrency: many\n", 5, `concurrency is "many": accepted is a whole number`},
		{"rate_limit", good + "    rate_limit: 20\n", 5, `rate_limit is "20": accepted are "none" and limits such as "20/1s" (requests, a slash and a window), joined by commas`},
		{"second rate_limit", good + "    rate_limit: 20/1s,0/1m\n", 5, `rate_limit is "20/1s,0/1m": accepted are`},
		{"rate_share", good + "    rate_share: 0.4\n", 5, `rate_share is "0.4": accepted is a percentage over 0 and up to 100, such as "40%"`},
		{"rate_share of nothing", good + "    rate_share: 0%\n", 5, `accepted is a percentage`},
		{"rate_share of all and more", good + "    rate_share: 100.1%\n", 5, `accepted is a percentage`},
		{"rate_share NaN", good + "    rate_share: NaN%\n", 5, `accepted is a percentage`},
		{"rate_share next to nothing", good + "    rate_share: 5e-324%\n", 5, `accepted is a percentage`},
		{"create", good + "kv:\n  flags:\n    provider: main\n    namespace: n\n    create: yes\n", 9, `create is "yes": accepted are true and false`},
		{"key_encoding", good + "kv:\n  flags:\n    provider: main\n    namespace: n\n    key_encoding: hex\n", 9, `key_encoding is "hex": accepted are underscore-hex`},
		{"read_back", good + "kv:\n  flags:\n    provider: main\n    namespace: n\n    read_back: yes\n", 9, `read_back is "yes": accepted are true and false`},
		{"value_encoding", good + "kv:\n  flags:\n    provider: main\n    namespace: n\n    value_encoding: ''\n", 9, `value_encoding is "": accepted are base64`},
		{"option of a resource", good + "kv:\n  flags:\n    provider: main\n    namespace: n\n    zone_key: \" CANARY\"\n", 9, `zone_key begins or ends with white space`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			client, err := c.tryClient(strings.ReplaceAll(tc.text, "CANARY", canary))
			if client != nil {
				t.Error("a client came with the error")
			}
			e := wantError(t, err, errs.InvalidArgument, "crosscloud.Open", "", "")
			if place := "crosscloud.yaml:" + strconv.Itoa(tc.line) + ": "; !strings.HasPrefix(e.Message, place) {
				t.Errorf("%q, want it at %s", e.Message, place)
			}
			if want := strings.ReplaceAll(tc.want, "DRIVER", c.name); !strings.Contains(e.Message, want) {
				t.Errorf("%q, want %q", e.Message, want)
			}
			if e.Outcome != errs.NotApplied || e.Retry != errs.Permanent {
				t.Errorf("outcome %v, retry %v", e.Outcome, e.Retry)
			}
			if strings.Count(err.Error(), "InvalidArgument") != 1 {
				t.Errorf("the code is said more than once: %v", err)
			}
			noCanary(t, err)
		})
	}
}

// noCanary fails the test if a printed form of v, or of what it wraps, holds the canary.
func noCanary(t *testing.T, v any) {
	t.Helper()
	asJSON, _ := json.Marshal(v)
	printed := fmt.Sprintf("%v %+v %#v %s %q ", v, v, v, v, v) + string(asJSON)
	if err, ok := v.(error); ok {
		for ; err != nil; err = errors.Unwrap(err) {
			printed += err.Error()
		}
	}
	if strings.Contains(printed, canary) {
		t.Errorf("a secret is printed: %s", printed)
	}
}

func TestConfigurationSize(t *testing.T) {
	const most = 64 << 10
	fits := strings.Repeat("#", most)
	if _, err := crosscloud.Open(t.Context(), crosscloud.YAML("big.yaml", strings.NewReader(fits))); err != nil {
		t.Errorf("%d bytes: %v", most, err)
	}
	read := &counter{r: strings.NewReader(strings.Repeat("#", 10*most))}
	_, err := crosscloud.Open(t.Context(), crosscloud.YAML("big.yaml", read))
	e := wantError(t, err, errs.InvalidArgument, "crosscloud.Open", "", "")
	if e.Message != "big.yaml: the configuration has over 65536 bytes" {
		t.Error(e.Message)
	}
	if read.n > 2*most {
		t.Errorf("%d bytes were read", read.n)
	}
	large := filepath.Join(t.TempDir(), "large.yaml")
	if err := os.WriteFile(large, []byte(fits+"#"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = crosscloud.Open(t.Context(), crosscloud.File(large))
	wantError(t, err, errs.InvalidArgument, "crosscloud.Open", "", "")
}

type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

// Text that nests without end is refused before it costs time or stack.
func TestNestedConfigurationIsRefused(t *testing.T) {
	for _, piece := range []string{"[", "{", "{a: ", "- ", "a: {", "[a,"} {
		text := strings.Repeat(piece, 1<<13)
		_, err := crosscloud.Open(t.Context(), crosscloud.YAML("deep.yaml", strings.NewReader(text)))
		if e := wantError(t, err, errs.InvalidArgument, "crosscloud.Open", "", ""); !strings.HasPrefix(e.Message, "deep.yaml:1: ") {
			t.Errorf("%q: %v", piece, err)
		}
	}
}

func TestUnreadableConfiguration(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.yaml")
	_, err := crosscloud.Open(t.Context(), crosscloud.File(missing))
	wantError(t, err, errs.InvalidArgument, "crosscloud.Open", "", "")
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Errorf("error: %v", err)
	}
	_, err = crosscloud.Open(t.Context(), crosscloud.File(t.TempDir()))
	wantError(t, err, errs.InvalidArgument, "crosscloud.Open", "", "")

	broken := errors.New("broken pipe")
	_, err = crosscloud.Open(t.Context(), crosscloud.YAML("stdin", io.MultiReader(strings.NewReader("kv:"), failing{broken})))
	e := wantError(t, err, errs.InvalidArgument, "crosscloud.Open", "", "")
	if !errors.Is(err, broken) || !strings.HasPrefix(e.Message, "stdin: cannot read the configuration") {
		t.Errorf("error: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestEmptyConfigurations(t *testing.T) {
	for _, text := range []string{"", "\n\n", "# nothing\n", "---\n", "--- # nothing\n...\n", "# nothing\n---\nkv: {}\n...\n# nothing\n", "{}", "providers: {}\nkv: {}\n", "\ufeff", "\ufeffkv: {}\n"} {
		client, err := crosscloud.Open(t.Context(), crosscloud.YAML("empty.yaml", strings.NewReader(text)))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		_, err = client.KV(t.Context(), "flags")
		wantError(t, err, errs.NotFound, "crosscloud.KV", "", "flags")
	}
}

// A value is its text, whether YAML takes it for a text, a number or anything else.
func TestPlainValuesAreTheirText(t *testing.T) {
	for spelled, want := range map[string]string{
		"text":                 "text",
		"5":                    "5",
		"-5":                   "-5",
		"007":                  "007",
		"0x1F":                 "0x1F",
		"1_000":                "1_000",
		"1.50":                 "1.50",
		"1e3":                  "1e3",
		".inf":                 ".inf",
		".nan":                 ".nan",
		"true":                 "true",
		"False":                "False",
		"yes":                  "yes",
		"2024-01-01":           "2024-01-01",
		"a#b":                  "a#b",
		"a # comment":          "a",
		"a:b":                  "a:b",
		"a b":                  "a b",
		"'5'":                  "5",
		"'it''s'":              "it's",
		`"a\tb\u00e9"`:         "a\tbé",
		`"null"`:               "null",
		"''":                   "", // said, so that neither environment nor default count
		"'@ & * ! % - [ {'":    "@ & * ! % - [ {",
		"世界":                   "世界",
		"|-\n      a\n      b": "a\nb",
		">-\n      a\n      b": "a b",
		"a\n      b":           "a b",
		"$${HOME}":             "${HOME}",
		"$x":                   "$x",
	} {
		t.Run(spelled, func(t *testing.T) {
			c := newCloud()
			client := c.client(t, strings.Replace(simple, "driver: DRIVER\n", "driver: DRIVER\n    region: "+spelled+"\n", 1))
			if _, err := client.KV(t.Context(), "flags"); err != nil {
				t.Fatal(err)
			}
			if got := c.accounts[0].Text("region"); got != want {
				t.Errorf("region is %q, want %q", got, want)
			}
		})
	}
}

func TestWindowsFile(t *testing.T) {
	c := newCloud()
	text := "\ufeff" + strings.ReplaceAll(strings.ReplaceAll(simple, "DRIVER", c.name+"\n    region: far"), "\n", "\r\n")
	file := filepath.Join(t.TempDir(), "crosscloud.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	client, err := crosscloud.Open(t.Context(), crosscloud.File(file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.KV(t.Context(), "flags"); err != nil {
		t.Fatal(err)
	}
	if got := c.accounts[0].Text("region"); got != "far" {
		t.Errorf("region is %q", got)
	}
}

func TestDriverThatIsNotLinked(t *testing.T) {
	crosscloud.Builtin["unlinked"] = "example.org/providers/unlinked"
	defer delete(crosscloud.Builtin, "unlinked")
	_, err := newCloud().tryClient("providers:\n  main: {driver: unlinked}\n")
	e := wantError(t, err, errs.InvalidArgument, "crosscloud.Open", "", "")
	const want = `crosscloud.yaml:2: driver "unlinked" is not linked into this program; add: import _ "example.org/providers/unlinked"`
	if e.Message != want {
		t.Errorf("%s\nwant\n%s", e.Message, want)
	}
}

// Every package of providers/all is known to the error that names the missing import.
func TestBuiltinDriversAreThoseOfAll(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "providers/all/all.go", nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	linked := map[string]bool{}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		linked[imported] = true
		if crosscloud.Builtin[path.Base(imported)] != imported {
			t.Errorf("%s is not known by the name of its driver", imported)
		}
	}
	for name, imported := range crosscloud.Builtin {
		if !linked[imported] {
			t.Errorf("%s: providers/all does not import %s", name, imported)
		}
	}
	if len(linked) == 0 {
		t.Error("no imports found")
	}
}

// Whatever the text, opening does not panic, and where it succeeds everything in the text is known.
func FuzzConfig(f *testing.F) {
	c := newCloud()
	full := strings.ReplaceAll("providers:\n  main: {driver: DRIVER, token: \"${T}\", rate_limit: \"20/1s\", zone: z}\nkv:\n  flags:\n    provider: main\n    namespace: n\n    create: true\n    zone: 7\n", "DRIVER", c.name)
	for _, text := range []string{
		"", full, full + "    x: y\n", full + "---\n" + full, "a: &a [*a]\n", "? {a: b}\n: c", "providers: {m: {driver: " + c.name + ", <<: x}}",
		"kv: !!map {}", "providers: {m: {driver: " + c.name + "}}\nkms:\n  a: {provider: m, key: k, decrypt_with: [b, \"c\"]}\nworkspace: {w: {provider: m, workspace: \"${W}\"}}\n", "%YAML 1.2\n---\n" + full, "---\n---\n" + full, "|\n a", "\"\\", "\t", "kv:\n\tx: y", "a:\r\n  - b", "{{", "[}", "!", "'", "\x00: \x00",
	} {
		f.Add([]byte(text))
	}
	known := map[string]map[string]bool{"providers": {}, "kv": {}, "kms": {}, "workspace": {}}
	for _, name := range strings.Fields("driver max_attempts concurrency attempt_timeout rate_limit rate_share token token_file region mode timeout depth safe zone zone_key zone_key_file") {
		known["providers"][name] = true
	}
	for _, name := range strings.Fields("provider namespace namespace_id create key_encoding value_encoding read_back zone zone_key zone_key_file") {
		known["kv"][name] = true
	}
	for _, name := range strings.Fields("provider key key_name create spec usage decrypt_with zone zone_key zone_key_file") {
		known["kms"][name] = true
	}
	for _, name := range strings.Fields("provider workspace zone zone_key zone_key_file") {
		known["workspace"][name] = true
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		client, err := crosscloud.Open(context.Background(), crosscloud.YAML("fuzz.yaml", bytes.NewReader(text)), environ(nil))
		if err != nil {
			wantError(t, err, errs.InvalidArgument, "crosscloud.Open", "", "")
			return
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		eachFieldOfYAML(t, text, func(section, entry, field string) {
			if !known[section][field] {
				t.Errorf("opened although %s has %q in %q", section, field, entry)
			}
		})
	})
}

// eachFieldOfYAML reads text by the YAML library's decoder, which the configuration is not read by.
func eachFieldOfYAML(t *testing.T, text []byte, visit func(section, entry, field string)) {
	var sections map[string]map[string]map[string]any
	if err := yaml.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &sections); err != nil {
		t.Errorf("opened although it cannot be decoded: %v", err)
	}
	for section, entries := range sections {
		if !slices.Contains([]string{"providers", "kv", "kms", "workspace"}, section) {
			t.Errorf("opened although there is a section %q", section)
		}
		for entry, fields := range entries {
			for field := range fields {
				visit(section, entry, field)
			}
		}
	}
}
