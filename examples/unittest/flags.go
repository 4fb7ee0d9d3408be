// Package unittest shows how code that uses a namespace is tested without a cloud: its test runs it against an emulator,
// with a fault, in virtual time.
package unittest

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
)

// Flags reads and switches feature flags.
type Flags struct{ namespace *kv.Namespace }

// New returns the flags that the namespace holds.
func New(namespace *kv.Namespace) *Flags { return &Flags{namespace} }

// flag is how a flag is stored.
type flag struct {
	On bool `json:"on"`
}

// Enabled reports whether a flag is on. One that was never set is off.
func (f *Flags) Enabled(ctx context.Context, name string) (bool, error) {
	entry, err := f.namespace.Get(ctx, name)
	if errors.Is(err, errs.KeyNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var stored flag
	err = json.Unmarshal(entry.Value, &stored)
	return stored.On, err
}

// Set switches a flag.
func (f *Flags) Set(ctx context.Context, name string, on bool) error {
	value, err := json.Marshal(flag{on})
	if err != nil {
		return err
	}
	return f.namespace.Put(ctx, name, value)
}
