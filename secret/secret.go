// Package secret holds a string type for credentials that does not print itself.
package secret

import (
	"fmt"
	"log/slog"
	"unique"
)

// Redacted is what a non-empty [String] prints as, whatever prints it.
const Redacted = "[redacted]"

// String is a secret text. Printing, formatting, logging or marshalling one gives [Redacted], or nothing if it is
// empty; only [String.Reveal] gives the text. The zero String is empty. Strings can be compared with ==.
type String struct {
	// A handle, because fmt reads the unexported fields of a struct without asking for their methods. It prints a
	// handle as an address.
	text unique.Handle[string]
}

// New returns text as a secret.
func New(text string) String {
	if text == "" {
		return String{}
	}
	return String{unique.Make(text)}
}

// Reveal returns the secret text itself. Keep it out of errors, logs and URLs.
func (s String) Reveal() string {
	if s.IsEmpty() {
		return ""
	}
	return s.text.Value()
}

// IsEmpty reports whether there is no text.
func (s String) IsEmpty() bool { return s == String{} }

// String returns [Redacted], or "" for an empty secret.
func (s String) String() string {
	if s.IsEmpty() {
		return ""
	}
	return Redacted
}

// Format prints the same as String for every verb and flag.
func (s String) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// GoString returns the same as String.
func (s String) GoString() string { return s.String() }

// LogValue returns the same as String.
func (s String) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText returns the same as String, for JSON and other encodings.
func (s String) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
