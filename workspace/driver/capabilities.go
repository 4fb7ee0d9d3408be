package driver

import (
	"time"

	"github.com/crosscloud-sdk/crosscloud/capability"
)

// What capabilities are made of; see package capability.
type (
	// Support says whether something can be done, and at what price.
	Support = capability.Support
	// NameRule says which names are accepted.
	NameRule = capability.NameRule
	// Alphabet is a set of characters.
	Alphabet = capability.Alphabet
)

const (
	// None: it cannot be done, and is refused before any I/O.
	None = capability.None
	// Emulated: it can be done, at the price of further requests.
	Emulated = capability.Emulated
	// Native: the provider does it as part of the request.
	Native = capability.Native
)

// AnyText returns the alphabet of all characters, control characters included.
func AnyText() Alphabet { return capability.AnyText() }

// Chars returns the alphabet of the ASCII characters in set; see capability.Chars.
func Chars(set string) Alphabet { return capability.Chars(set) }

// Capabilities are what one service can do with workspaces, and its limits. They are data: package workspace enforces
// them before any I/O, package workspacetest proves them, and the local driver borrows them. The zero value of a field
// says "cannot" or, where its comment says so, "no limit".
type Capabilities struct {
	// Own says that the credentials belong to a workspace, which is addressed by the empty id.
	Own Support
	// Get says whether workspaces can be described by id: Emulated where only the own one can, whose id is compared.
	Get Support
	// Create, List, Update and Delete say which operations there are.
	Create, List, Update, Delete Support
	// CreateReplaces says that creating a workspace whose name is taken changes that one instead of failing. Package
	// workspace looks for it first.
	CreateReplaces bool
	// NamesAreIDs says that a workspace's id is the name that it was created by.
	NamesAreIDs bool
	// Name says which names a workspace may have.
	Name NameRule
	// Description says whether a workspace can be given a description, when it is made and by Update.
	Description Support
	// MaxDescriptionChars is the length of the longest description in characters; 0 means no limit.
	MaxDescriptionChars int
	// Languages are the languages that a workspace can be created in; none means that none can be chosen.
	Languages []string
	// Options are the names of further fields that Create takes.
	Options []Option
	// MaxPage is how many workspaces a page of the listing has at most.
	MaxPage int

	// CreateAPIKeyWith says whether a workspace can be created together with a key.
	CreateAPIKeyWith Support
	// APIKeys, CreateAPIKey and DeleteAPIKey say what can be done with a workspace's keys.
	APIKeys, CreateAPIKey, DeleteAPIKey Support
	// APIKeyName says which names a key may have.
	APIKeyName NameRule
	// APIKeyRoles says whether roles can be given to a key.
	APIKeyRoles Support

	// UsageLimits says whether daily limits of use can be read and set.
	UsageLimits Support
	// TransferOwner says whether a workspace can be given to another account.
	TransferOwner Support
	// Consistency is how long a description may still show what was there before a change; 0 means that it shows every
	// change that was acknowledged before.
	Consistency time.Duration
}

// Option is a field that only one provider's Create takes.
type Option struct {
	Name string
	// Doc says in one sentence what it is for.
	Doc string
	// Required says that Create fails without it.
	Required bool
}
