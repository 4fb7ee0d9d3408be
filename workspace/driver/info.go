package driver

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// Info describes a workspace, as far as the provider tells it. It prints and marshals without its secrets.
type Info struct {
	// ID addresses the workspace.
	ID string
	// Name is what people call it; not unique with every provider.
	Name        string
	Description string
	// Owner is who owns the workspace.
	Owner Account
	// CreatedAt and UpdatedAt are whole seconds or finer; zero where the provider does not tell them.
	CreatedAt, UpdatedAt time.Time
	// Language is empty where the provider does not tell it.
	Language string
	// Status, BillingState and Version are the vendor's words; no complete list of them is published.
	Status, BillingState, Version string
	// Locked says that the provider has locked the workspace.
	Locked bool
	// Retention is how long data is kept, by the vendor's name of the kind of data.
	Retention map[string]time.Duration
	// Secrets are the tokens of the workspace by the vendor's names, where the provider tells them.
	Secrets map[string]secret.String
	// Vendor is the vendor's own object without its secrets, as JSON.
	Vendor json.RawMessage
}

// Account is a person or program at the provider.
type Account struct{ ID, Name, Email string }

// APIKey is a key of a workspace. It prints and marshals without its secret.
type APIKey struct {
	// ID addresses the key; it is no secret.
	ID string
	// Name is what people call it.
	Name string
	// Secret is what requests are made with; empty where the provider does not tell it.
	Secret secret.String
	// Roles are empty where the provider does not tell them.
	Roles []string
	// CreatedAt is zero where the provider does not tell it.
	CreatedAt time.Time
	// Creator is the vendor's id of who made the key.
	Creator string
}

// UsageLimit bounds how much of one kind of data a workspace takes in a day.
type UsageLimit struct {
	// Enabled says whether the limit is in force.
	Enabled bool
	// Value is the limit in the vendor's unit.
	Value json.Number
}

// String describes the workspace without its secrets.
func (i Info) String() string {
	return fmt.Sprintf("%s (%s)", errs.Printable(i.Name), errs.Printable(i.ID))
}

// Format prints the same as String for every verb and flag.
func (i Info) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(i.String())) }

// LogValue returns the same as String.
func (i Info) LogValue() slog.Value { return slog.StringValue(i.String()) }

// String describes the key without its secret.
func (k APIKey) String() string {
	return fmt.Sprintf("%s (%s)", errs.Printable(k.Name), errs.Printable(k.ID))
}

// Format prints the same as String for every verb and flag.
func (k APIKey) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.String())) }

// LogValue returns the same as String.
func (k APIKey) LogValue() slog.Value { return slog.StringValue(k.String()) }
