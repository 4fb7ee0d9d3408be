package kms

import (
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// Key is a handle on one key. It is safe for concurrent use and needs no closing: it lives as long as the client or
// service that opened it.
type Key struct {
	service *Service
	id      string // as the caller gave it
	name    string // as the caller gave it, empty where the key was opened by id
	openers []*Key // further keys whose ciphertexts this one opens
	// canonical is the id that the provider itself calls the key, once that is known.
	canonical atomic.Pointer[string]
	renamed   atomic.Pointer[string] // the name that this handle gave the key, which goes over name
	public    publicKeys             // of a key pair
}

// newKey returns the handle on a key; canonical is empty where the provider has not told its id.
func (s *Service) newKey(id, name, canonical string, openers []*Key) *Key {
	k := &Key{service: s, id: id, name: name, openers: openers}
	if canonical != "" {
		k.canonical.Store(&canonical)
	}
	return k
}

// Service returns the service that the key belongs to. It cannot be closed through what is returned.
func (k *Key) Service() *Service { return k.service.Borrowed() }

// ID returns the id that the key is addressed by.
func (k *Key) ID() string { return k.id }

// Name returns the name that the key was opened or made by, or that this handle has given it since; empty for a key
// that was opened by its id. Nothing is sent: [Key.Describe] tells what the provider knows.
func (k *Key) Name() string {
	if renamed := k.renamed.Load(); renamed != nil {
		return *renamed
	}
	return k.name
}

// String names the key: its name, if it has one, and its id.
func (k *Key) String() string {
	if name := k.Name(); name != "" {
		return "key " + errs.Printable(name) + " (" + errs.Printable(k.id) + ")"
	}
	return "key " + errs.Printable(k.id)
}

// Format prints the same as String for every verb and flag: what else is in a handle may change meanwhile.
func (k *Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.String())) }

// LogValue returns the same as String.
func (k *Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// label is what errors and events call the key.
func (k *Key) label() string {
	if name := k.Name(); name != "" {
		return name
	}
	return k.id
}
