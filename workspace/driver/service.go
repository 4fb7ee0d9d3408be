package driver

import (
	"context"

	"github.com/crosscloud-sdk/crosscloud/policy"
)

// Names of the operations, as they appear in operation tables and errors.
const (
	OpGet            = "workspace.Describe"
	OpCreate         = "workspace.Create"
	OpList           = "workspace.Workspaces"
	OpUpdate         = "workspace.Update"
	OpDelete         = "workspace.Delete"
	OpAPIKeys        = "workspace.APIKeys"
	OpCreateAPIKey   = "workspace.CreateAPIKey"
	OpDeleteAPIKey   = "workspace.DeleteAPIKey"
	OpUsageLimits    = "workspace.UsageLimits"
	OpSetUsageLimits = "workspace.SetUsageLimits"
	OpTransferOwner  = "workspace.TransferOwner"
)

// Service is an account, or the key of one workspace. All of its methods may be called at the same time by several
// goroutines.
type Service interface {
	// Capabilities tells what the service can do and what its limits are. It does no I/O and always returns the same.
	Capabilities() Capabilities
	// Operations is the operation table: a row for each implemented method, named by the Op constants.
	Operations() []policy.Operation
	// Get describes one workspace: the own one where the id is empty or Capabilities.Get is Emulated. A missing one is
	// [errs.NotFound].
	Get(context.Context, *GetRequest) (*GetResponse, error)
}

// Creator is implemented by services that declare Create.
type Creator interface {
	// Create makes a workspace. A taken name is [errs.AlreadyExists] where names are ids, unless CreateReplaces.
	Create(context.Context, *CreateRequest) (*CreateResponse, error)
}

// Lister is implemented by services that declare List.
type Lister interface {
	// List returns one page of workspaces. An empty page may have a cursor; the empty cursor ends the listing.
	List(context.Context, *ListRequest) (*ListResponse, error)
}

// Updater is implemented by services that declare Update.
type Updater interface {
	// Update changes a workspace's name, its description or both.
	Update(context.Context, *UpdateRequest) (*UpdateResponse, error)
}

// Deleter is implemented by services that declare Delete.
type Deleter interface {
	// Delete removes a workspace and what is in it.
	Delete(context.Context, *DeleteRequest) (*DeleteResponse, error)
}

// APIKeyLister is implemented by services that declare APIKeys.
type APIKeyLister interface {
	// APIKeys returns one page of a workspace's keys. Secrets are told where the provider tells them.
	APIKeys(context.Context, *APIKeysRequest) (*APIKeysResponse, error)
}

// APIKeyCreator is implemented by services that declare CreateAPIKey.
type APIKeyCreator interface {
	// CreateAPIKey makes a key, with its secret.
	CreateAPIKey(context.Context, *CreateAPIKeyRequest) (*CreateAPIKeyResponse, error)
}

// APIKeyDeleter is implemented by services that declare DeleteAPIKey.
type APIKeyDeleter interface {
	// DeleteAPIKey removes a key. A missing one is [errs.NotFound].
	DeleteAPIKey(context.Context, *DeleteAPIKeyRequest) (*DeleteAPIKeyResponse, error)
}

// UsageLimiter is implemented by services that declare UsageLimits.
type UsageLimiter interface {
	// UsageLimits returns the limits of all kinds of data that have one.
	UsageLimits(context.Context, *UsageLimitsRequest) (*UsageLimitsResponse, error)
	// SetUsageLimits replaces the limits of the kinds of data that it names, and no others.
	SetUsageLimits(context.Context, *SetUsageLimitsRequest) (*SetUsageLimitsResponse, error)
}

// OwnerTransferrer is implemented by services that declare TransferOwner.
type OwnerTransferrer interface {
	// TransferOwner gives a workspace to another account.
	TransferOwner(context.Context, *TransferOwnerRequest) (*TransferOwnerResponse, error)
}

// GetRequest names a workspace; the empty id is the own one.
type GetRequest struct{ ID string }

// GetResponse is the answer to a [GetRequest].
type GetResponse struct{ Workspace Info }

// CreateRequest makes a workspace.
type CreateRequest struct {
	Name, Description string
	// Language is one of Capabilities.Languages, or empty for the provider's default.
	Language string
	// APIKeyName, where not empty, asks for a key of that name.
	APIKeyName string
	// Options are those of Capabilities.Options that were given, by name.
	Options map[string]string
}

// CreateResponse is the answer to a [CreateRequest].
type CreateResponse struct {
	Workspace Info
	// APIKey is nil where none was asked for, or none came.
	APIKey *APIKey
	// Fault is the provider's code for what could not be set up in a workspace that was made all the same; empty where
	// all is well.
	Fault string
}

// ListRequest asks for one page of workspaces.
type ListRequest struct {
	// Cursor is empty for the first page and else what the previous page returned.
	Cursor string
}

// ListResponse is one page of workspaces.
type ListResponse struct {
	Workspaces []Info
	Cursor     string
}

// UpdateRequest changes what is not nil.
type UpdateRequest struct {
	ID                string
	Name, Description *string
}

// UpdateResponse is the answer to an [UpdateRequest].
type UpdateResponse struct{}

// DeleteRequest names a workspace.
type DeleteRequest struct{ ID string }

// DeleteResponse is the answer to a [DeleteRequest].
type DeleteResponse struct{}

// APIKeysRequest asks for one page of the keys of a workspace.
type APIKeysRequest struct{ WorkspaceID, Cursor string }

// APIKeysResponse is one page of keys; the empty cursor ends the listing.
type APIKeysResponse struct {
	APIKeys []APIKey
	Cursor  string
}

// CreateAPIKeyRequest makes a key. No roles means the provider's default.
type CreateAPIKeyRequest struct {
	WorkspaceID, Name string
	Roles             []string
}

// CreateAPIKeyResponse is the answer to a [CreateAPIKeyRequest].
type CreateAPIKeyResponse struct{ APIKey APIKey }

// DeleteAPIKeyRequest names a key of a workspace.
type DeleteAPIKeyRequest struct{ WorkspaceID, KeyID string }

// DeleteAPIKeyResponse is the answer to a [DeleteAPIKeyRequest].
type DeleteAPIKeyResponse struct{}

// UsageLimitsRequest names a workspace.
type UsageLimitsRequest struct{ WorkspaceID string }

// UsageLimitsResponse has the limits by kind of data, such as "logging".
type UsageLimitsResponse struct{ Limits map[string]UsageLimit }

// SetUsageLimitsRequest sets limits by kind of data.
type SetUsageLimitsRequest struct {
	WorkspaceID string
	Limits      map[string]UsageLimit
}

// SetUsageLimitsResponse is the answer to a [SetUsageLimitsRequest].
type SetUsageLimitsResponse struct{}

// TransferOwnerRequest names a workspace and its new owner.
type TransferOwnerRequest struct{ WorkspaceID, AccountID string }

// TransferOwnerResponse is the answer to a [TransferOwnerRequest].
type TransferOwnerResponse struct{}
