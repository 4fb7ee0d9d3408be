package driver

import (
	"fmt"
	"log/slog"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// String describes the key without its metadata.
func (k KeyInfo) String() string {
	return fmt.Sprintf("%s (%d bytes of metadata, expires %s)", errs.Printable(k.Name), len(k.Metadata), k.Expiry)
}

// Format prints the same as String for the verbs of values and strings.
func (k KeyInfo) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.String())) }

// LogValue returns the same as String.
func (k KeyInfo) LogValue() slog.Value { return slog.StringValue(k.String()) }

// Format describes the response without its value and metadata.
func (r GetResponse) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "%d bytes, %d bytes of metadata, expires %s", len(r.Value), len(r.Metadata), r.Expiry)
}

// MarshalText returns what Format prints, for JSON and package slog.
func (r GetResponse) MarshalText() ([]byte, error) { return fmt.Append(nil, r), nil }

// Format describes the response without its metadata.
func (r InspectResponse) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "%d bytes of metadata, expires %s", len(r.Metadata), r.Expiry)
}

// MarshalText returns what Format prints, for JSON and package slog.
func (r InspectResponse) MarshalText() ([]byte, error) { return fmt.Append(nil, r), nil }

// Format describes the request without its value and metadata.
func (r PutRequest) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "%s (%d bytes, %d bytes of metadata)", errs.Printable(r.Key), len(r.Value), len(r.Metadata))
}

// MarshalText returns what Format prints, for JSON and package slog.
func (r PutRequest) MarshalText() ([]byte, error) { return fmt.Append(nil, r), nil }
