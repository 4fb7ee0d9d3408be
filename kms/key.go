package kms

import (
	"sync/atomic"
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
}

// Service returns the service that the key belongs to. It cannot be closed through what is returned.
func (k *Key) Service() *Service { return k.service.Borrowed() }

// ID returns the id that the key is addressed by.
func (k *Key) ID() string { return k.id }

// label is what errors and events call the key.
func (k *Key) label() string {
	if k.name != "" {
		return k.name
	}
	return k.id
}
