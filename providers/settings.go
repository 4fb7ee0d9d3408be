package providers

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// Value is one value of a configuration, with where it was said, such as "crosscloud.yaml:12".
type Value struct{ Text, From string }

// Values are the driver's options as an entry of the configuration gives them, by option name.
type Values map[string]Value

// Format prints the names only: a value may be a secret.
func (v Values) Format(f fmt.State, _ rune) {
	fmt.Fprint(f, slices.Sorted(maps.Keys(v)))
}

// Format prints where the value was said, not the value, which may be a secret.
func (v Value) Format(f fmt.State, _ rune) { fmt.Fprint(f, secret.Redacted, " ", v.From) }

// MarshalText returns the same as Format, for JSON, logs and other encodings.
func (v Value) MarshalText() ([]byte, error) { return fmt.Append(nil, v), nil }

// GobEncode returns what MarshalText does: package gob does not ask for that.
func (v Value) GobEncode() ([]byte, error) { return v.MarshalText() }

// Host is what the program gives to every driver beside the configuration.
type Host struct {
	// DialContext, where not nil, opens every network connection of the driver.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS, where not nil, is what the driver's connections by TLS are opened with, such as other roots than the system's.
	// It is cloned. Versions under 1.2 are refused in any case.
	TLS *tls.Config
	// Now is the clock of drivers that keep expiries themselves, and that requests are signed by; nil means [time.Now].
	Now func() time.Time
	// Logger receives what a driver has to say; nil means nothing is said.
	Logger *slog.Logger
	// LookupEnv looks up environment variables; nil means [os.LookupEnv].
	LookupEnv func(string) (string, bool)
}

// Check returns [errs.InvalidArgument] if values holds an unknown option, or a literal value that is not of its
// option's kind. What holds ${NAME} is checked when it is resolved. With perResource, values are those of a resource's
// entry, where only the options declared so are known.
func (d *Driver) Check(values Values, perResource bool) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values[name]
		option, byFile := d.optionOf(name)
		switch {
		case option == nil:
			return errs.Refuse(errs.InvalidArgument, "%s: driver %q has no option %q; it has %s", value.From, d.Name, name, d.optionNames(perResource))
		case perResource && !option.PerResource:
			return errs.Refuse(errs.InvalidArgument, "%s: %q belongs to the provider's entry, not to a resource", value.From, name)
		case byFile:
			if other, both := values[option.Name]; both {
				return errs.Refuse(errs.InvalidArgument, "%s: both %q and %q (%s) are given", value.From, name, option.Name, other.From)
			}
		case !strings.Contains(value.Text, "${"):
			if err := option.check(value.Text, value.From); err != nil {
				return err
			}
		}
	}
	return nil
}

// optionOf returns the option that a field of the configuration gives a value for, and whether it does by file.
func (d *Driver) optionOf(field string) (option *Option, byFile bool) {
	if o := d.option(field); o != nil {
		return o, false
	}
	name, cut := strings.CutSuffix(field, fileSuffix)
	if o := d.option(name); cut && o != nil && o.Kind == Secret {
		return o, true
	}
	return nil, false
}

func (d *Driver) optionNames(perResource bool) string {
	var names []string
	for _, o := range d.Options {
		if o.PerResource || !perResource {
			names = append(names, o.Name)
		}
	}
	if len(names) == 0 {
		return "none here"
	}
	return strings.Join(names, ", ")
}

// Overlay returns the values of an entry with those of a resource over them. A resource that gives a secret itself
// replaces one given by file, and the reverse.
func (v Values) Overlay(resource Values) Values {
	both := maps.Clone(v)
	if both == nil {
		both = Values{}
	}
	for name := range resource {
		delete(both, name+fileSuffix)
		delete(both, strings.TrimSuffix(name, fileSuffix))
	}
	maps.Copy(both, resource)
	return both
}

// Settings are the resolved options of one entry. They print without secrets.
type Settings struct {
	Host
	driver *Driver
	values map[string]string
	said   map[string]bool // by somebody, so that it is not the default
}

// Resolve reads every option's value: from values, else from the environment, else its default. It checks what it
// finds: [errs.InvalidArgument] names the option, where it was said and what is accepted, and is also returned for an
// unset ${NAME}, an unreadable file and a missing required option ([errs.Unauthenticated] if that is a secret).
func (d *Driver) Resolve(values Values, host Host) (*Settings, error) {
	return d.resolve(values, host, func(o *Option) bool { return o.Required })
}

// ResolveAccount is Resolve for the values of a provider's entry alone: required options that each resource may say
// itself may still be missing.
func (d *Driver) ResolveAccount(values Values, host Host) (*Settings, error) {
	return d.resolve(values, host, func(o *Option) bool { return o.Required && !o.PerResource })
}

func (d *Driver) resolve(values Values, host Host, required func(*Option) bool) (*Settings, error) {
	if host.LookupEnv == nil {
		host.LookupEnv = os.LookupEnv
	}
	if host.Now == nil {
		host.Now = time.Now
	}
	if err := d.Check(values, false); err != nil {
		return nil, err
	}
	s := &Settings{Host: host, driver: d, values: make(map[string]string, len(d.Options)), said: map[string]bool{}}
	for i := range d.Options {
		o := &d.Options[i]
		text, from, err := o.find(values, host.LookupEnv)
		if err != nil {
			return nil, err
		}
		if text == "" && required(o) {
			return nil, o.missing(d.Name)
		}
		if text == "" && from == "" {
			continue
		}
		if err := o.check(text, from); err != nil {
			return nil, err
		}
		s.values[o.Name], s.said[o.Name] = text, from != ""
	}
	return s, nil
}

func (o *Option) missing(driver string) error {
	code, where := errs.InvalidArgument, "in the configuration"
	if o.Kind == Secret {
		code = errs.Unauthenticated
	}
	if len(o.Env) > 0 {
		where += " or in " + strings.Join(o.Env, " or ")
	}
	return errs.Refuse(code, "driver %q needs %q: %s; say it %s", driver, o.Name, strings.TrimSuffix(o.Doc, "."), where)
}

// find returns the option's text and where it was said; nothing at all where nobody said it and there is no default.
func (o *Option) find(values Values, getenv func(string) (string, bool)) (text, from string, err error) {
	if value, said := values[o.Name]; said {
		text, err = value.Expand(getenv)
		return text, value.From, err
	}
	if value, said := values[o.Name+fileSuffix]; said && o.Kind == Secret {
		path, err := value.Expand(getenv)
		if err != nil {
			return "", "", err
		}
		text, err = readSecret(path, value.From)
		return text, value.From, err
	}
	for _, name := range o.Env {
		if text, set := getenv(name); set && text != "" {
			return text, "environment variable " + name, nil
		}
		if path, set := getenv(name + "_FILE"); set && path != "" && o.Kind == Secret {
			from := "environment variable " + name + "_FILE"
			text, err := readSecret(path, from)
			return text, from, err
		}
	}
	return o.Default, "", nil
}

// Expand returns the text with every ${NAME} replaced by what getenv gives for NAME, and every $${ by a literal ${. An
// unset name and an unfinished ${ are [errs.InvalidArgument] naming the place.
func (v Value) Expand(getenv func(string) (string, bool)) (string, error) {
	var out strings.Builder
	for rest := v.Text; ; {
		before, after, found := strings.Cut(rest, "${")
		if !found {
			out.WriteString(rest)
			return out.String(), nil
		}
		if literal, escaped := strings.CutSuffix(before, "$"); escaped {
			out.WriteString(literal + "${")
			rest = after
			continue
		}
		out.WriteString(before)
		name, tail, closed := strings.Cut(after, "}")
		if !closed || !isName(name) {
			// What stands there may be a secret, such as the default value of another program's ${NAME:-default}.
			return "", errs.Refuse(errs.InvalidArgument,
				"%s: ${ must be followed by the plain name of an environment variable and }; write $${ for a literal ${", v.From)
		}
		text, set := getenv(name)
		if !set {
			return "", errs.Refuse(errs.InvalidArgument, "%s: environment variable %s is not set", v.From, name)
		}
		out.WriteString(text)
		rest = tail
	}
}

// isName reports whether text can be the name of an environment variable.
func isName(text string) bool {
	for i, c := range text {
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return text != ""
}

// maxSecretBytes bounds the file of a secret.
const maxSecretBytes = 64 << 10

// readFile reads a regular file of a secret's size: a pipe could hang, and a device never end.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case info.Size() > maxSecretBytes:
		return nil, fmt.Errorf("over %d bytes", maxSecretBytes)
	}
	return os.ReadFile(path)
}

func readSecret(path, from string) (string, error) {
	content, err := readFile(path)
	if err != nil {
		// The path is not shown: it may be the secret itself, by mistake.
		if failed, ok := errors.AsType[*fs.PathError](err); ok {
			err = failed.Err
		}
		return "", errs.Refuse(errs.InvalidArgument, "%s: cannot read the file of a secret, is this its path? %w", from, err)
	}
	text := strings.TrimSuffix(string(content), "\n")
	return strings.TrimSuffix(text, "\r"), nil
}

// Said reports whether the configuration or the environment gives a value for the option, be it an empty one.
func (s *Settings) Said(name string) bool { return s.said[name] }

// Text returns the value of an option of kind [Text], "" where nothing gave one. Like the other getters it panics for
// an option that the driver does not declare, or declares as of another kind: a mistake in the driver.
func (s *Settings) Text(name string) string { return s.value(name, Text) }

// Secret returns the value of an option of kind [Secret].
func (s *Settings) Secret(name string) secret.String { return secret.New(s.value(name, Secret)) }

// Duration returns the value of an option of kind [Duration], 0 where nothing gave one.
func (s *Settings) Duration(name string) time.Duration {
	d, _ := time.ParseDuration(s.value(name, Duration)) // checked by Resolve
	return d
}

// Bool returns the value of an option of kind [Bool], false where nothing gave one.
func (s *Settings) Bool(name string) bool { return s.value(name, Bool) == "true" }

// Int returns the value of an option of kind [Int], 0 where nothing gave one.
func (s *Settings) Int(name string) int {
	n, _ := strconv.Atoi(s.value(name, Int)) // checked by Resolve
	return n
}

func (s *Settings) value(name string, kind Kind) string {
	o := s.driver.option(name)
	if o == nil || cmp.Or(o.Kind, Text) != kind {
		panic("providers: driver " + s.driver.Name + " declares no option " + name + " of kind " + string(kind))
	}
	return s.values[name]
}

// String lists the settings with secrets redacted.
func (s *Settings) String() string {
	parts := []string{"driver=" + s.driver.Name}
	for _, o := range s.driver.Options {
		if text, given := s.values[o.Name]; given {
			if o.Kind == Secret {
				text = secret.Redacted
			}
			parts = append(parts, o.Name+"="+text)
		}
	}
	return strings.Join(parts, " ")
}

// Format prints the same as String for every verb and flag.
func (s Settings) Format(f fmt.State, _ rune) { fmt.Fprint(f, (&s).String()) }
