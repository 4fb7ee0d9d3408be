package kv

import (
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// These types are shared with drivers; package driver documents their fields.
type (
	// Capabilities tell what a namespace can do and what its limits are.
	Capabilities = driver.Capabilities
	// ServiceCapabilities tell what a service can do with namespaces, and its limits.
	ServiceCapabilities = driver.ServiceCapabilities
	// Support says whether something can be done, and at what price.
	Support = driver.Support
	// Expiry tells when a key expires: never, at a time, or unknown.
	Expiry = driver.Expiry
	// KeyInfo is one key of a listing: its name, and expiry and metadata where the provider lists them.
	KeyInfo = driver.KeyInfo
	// NamespaceInfo describes a namespace.
	NamespaceInfo = driver.NamespaceInfo
	// KeyEncoding is a way to spell keys of any characters in a narrow alphabet.
	KeyEncoding = driver.KeyEncoding
	// ValueEncoding is a way to store values of any bytes where a provider takes text only.
	ValueEncoding = driver.ValueEncoding
)

// The degrees of [Support].
const (
	None     = driver.None
	Emulated = driver.Emulated
	Native   = driver.Native
)

// The encodings of keys and values; see [WithKeyEncoding] and [WithValueEncoding].
const (
	PlainKeys     = driver.PlainKeys
	UnderscoreHex = driver.UnderscoreHex
	PlainValues   = driver.PlainValues
	Base64        = driver.Base64
)

// Entry is what [Namespace.Get] and [Namespace.GetMany] return. It belongs to the caller.
type Entry struct {
	// Key is the key.
	Key string
	// Value is the stored value.
	Value []byte
	// Expiry is when the key expires. It is known if it was asked for with [WithExpiry], and where the provider tells
	// it unasked.
	Expiry Expiry
	// Metadata is the JSON value kept with the key, nil where there is none. It is told if it was asked for with
	// [WithMetadata], and where the provider tells it unasked.
	Metadata json.RawMessage
}

// DecodeMetadata stores the metadata in the value that v points to, as [json.Unmarshal] does. Without metadata it
// leaves v alone. Metadata that does not fit v is [errs.Corrupt].
func (e Entry) DecodeMetadata(v any) error {
	if len(e.Metadata) == 0 {
		return nil
	}
	if err := json.Unmarshal(e.Metadata, v); err != nil {
		// The text of err would show what is stored.
		return &errs.Error{Code: errs.Corrupt, Outcome: errs.NotApplied, Op: driver.OpGet, Resource: e.Key, Err: err,
			Message: fmt.Sprintf("the metadata does not fit a %T", v)}
	}
	return nil
}

// String describes the entry without its value.
func (e Entry) String() string {
	return fmt.Sprintf("%s (%d bytes, %d bytes of metadata, expires %s)", errs.Printable(e.Key), len(e.Value), len(e.Metadata), e.Expiry)
}

// Format prints the same as String for every verb and flag, so that no dump shows the value.
func (e Entry) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(e.String())) }

// LogValue returns the same as String.
func (e Entry) LogValue() slog.Value { return slog.StringValue(e.String()) }

// Status says how one key of a bulk call ended.
type Status string

const (
	// Succeeded: the key was read, written or deleted.
	Succeeded Status = "succeeded"
	// Failed: it was not; Result.Err says why.
	Failed Status = "failed"
	// Unknown: the call failed, and the write or delete may have happened all the same; Result.Err says why, and its
	// Outcome whether it did happen (errs.Applied) or nobody can tell (errs.Ambiguous).
	Unknown Status = "unknown"
)

// Result is how one key of a bulk call ended.
type Result struct {
	// Key is the key.
	Key string
	// Status says how it ended.
	Status Status
	// Err is why it did not succeed, an *[errs.Error]; nil if it did.
	Err error
	// Entry is what GetMany read, else zero.
	Entry Entry
}

// String describes the result without the value.
func (r Result) String() string {
	if r.Err != nil {
		return fmt.Sprintf("%s %s: %v", errs.Printable(r.Key), r.Status, r.Err)
	}
	return fmt.Sprintf("%s %s", errs.Printable(r.Key), r.Status)
}

// Format prints the same as String for every verb and flag.
func (r Result) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(r.String())) }

// LogValue returns the same as String.
func (r Result) LogValue() slog.Value { return slog.StringValue(r.String()) }

// Write is one key for [Namespace.PutMany] to write.
type Write struct {
	// Key is the key, and Value its new value. The caller leaves Value alone until the key's result has come.
	Key   string
	Value []byte
	// Options are those of [Namespace.Put], for this key.
	Options []PutOption
}

// String describes the write without its value.
func (w Write) String() string {
	return fmt.Sprintf("%s (%d bytes, %d options)", errs.Printable(w.Key), len(w.Value), len(w.Options))
}

// Format prints the same as String for every verb and flag.
func (w Write) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(w.String())) }

// LogValue returns the same as String.
func (w Write) LogValue() slog.Value { return slog.StringValue(w.String()) }
