package driver

import (
	"context"
	"time"

	"github.com/crosscloud-sdk/crosscloud/policy"
)

// Names of the operations of a [Service], as they appear in operation tables and errors.
const (
	OpListNamespaces  = "kv.Namespaces"
	OpCreateNamespace = "kv.CreateNamespace"
	OpGetNamespace    = "kv.DescribeNamespace"
	OpRenameNamespace = "kv.RenameNamespace"
	OpSetDescription  = "kv.SetDescription"
	OpDeleteNamespace = "kv.DeleteNamespace"
)

// Service is one account, or one zone of it, that holds namespaces. All of its methods may be called at the same
// time by several goroutines.
type Service interface {
	// Capabilities tells what the service can do and what its limits are. It does no I/O and always returns the same.
	Capabilities() ServiceCapabilities
	// Operations is the operation table: a row for each implemented method that sends a request.
	Operations() []policy.Operation
	// OpenNamespace returns the namespace that ref names. It does no I/O: whether the namespace exists shows at the
	// first call. Where the service addresses by id, ref.ID is set; elsewhere ref.Name.
	OpenNamespace(ref NamespaceRef) (Namespace, error)
	// ListNamespaces returns one page of namespaces. An empty page may have a cursor; the empty cursor ends it.
	ListNamespaces(context.Context, *ListNamespacesRequest) (*ListNamespacesResponse, error)
}

// NamespaceCreator is implemented by services that declare Create.
type NamespaceCreator interface {
	// CreateNamespace makes a namespace. A taken name is [errs.AlreadyExists].
	CreateNamespace(context.Context, *CreateNamespaceRequest) (*CreateNamespaceResponse, error)
}

// NamespaceGetter is implemented by services that declare Get. Elsewhere a namespace is looked up in the listing.
type NamespaceGetter interface {
	// GetNamespace describes one namespace. A missing one is [errs.NamespaceNotFound].
	GetNamespace(context.Context, *GetNamespaceRequest) (*GetNamespaceResponse, error)
}

// NamespaceRenamer is implemented by services that declare Rename.
type NamespaceRenamer interface {
	// RenameNamespace gives a namespace another name. A taken one is [errs.AlreadyExists].
	RenameNamespace(context.Context, *RenameNamespaceRequest) (*RenameNamespaceResponse, error)
}

// NamespaceDescriber is implemented by services that declare SetDescription.
type NamespaceDescriber interface {
	// SetDescription replaces the description of a namespace.
	SetDescription(context.Context, *SetDescriptionRequest) (*SetDescriptionResponse, error)
}

// NamespaceDeleter is implemented by services that declare Delete.
type NamespaceDeleter interface {
	// DeleteNamespace removes a namespace and all of its keys. A missing one is [errs.NamespaceNotFound].
	DeleteNamespace(context.Context, *DeleteNamespaceRequest) (*DeleteNamespaceResponse, error)
}

// NamespaceRef says which namespace is meant.
type NamespaceRef struct {
	// Name is what people call it.
	Name string
	// ID is the vendor's id; the same as Name where the vendor has none.
	ID string
}

// NamespaceInfo describes a namespace.
type NamespaceInfo struct {
	NamespaceRef
	// Description is the note kept with the namespace, empty where there is none.
	Description string
	// Created and Updated are zero where the provider does not tell them.
	Created, Updated time.Time
	// Usage is nil where the provider does not tell it.
	Usage *Usage
}

// Usage tells how full a namespace is.
type Usage struct {
	// UsedBytes is what is stored, as the provider counts it.
	UsedBytes int64
	// CapacityBytes is how much may be stored; 0 means that no limit is known.
	CapacityBytes int64
}

// ListNamespacesRequest asks for one page of namespaces. Its Cursor is like that of a [ListRequest].
type ListNamespacesRequest struct{ Cursor string }

// ListNamespacesResponse is one page of namespaces.
type ListNamespacesResponse struct {
	Namespaces []NamespaceInfo
	Cursor     string
}

// CreateNamespaceRequest makes a namespace.
type CreateNamespaceRequest struct{ Name, Description string }

// CreateNamespaceResponse is the answer to a [CreateNamespaceRequest].
type CreateNamespaceResponse struct {
	// Namespace is the one that was made, its ID included.
	Namespace NamespaceInfo
}

// GetNamespaceRequest asks for one namespace.
type GetNamespaceRequest struct{ NamespaceRef }

// GetNamespaceResponse is the answer to a [GetNamespaceRequest].
type GetNamespaceResponse struct{ Namespace NamespaceInfo }

// RenameNamespaceRequest gives a namespace another name.
type RenameNamespaceRequest struct {
	NamespaceRef
	NewName string
}

// RenameNamespaceResponse is the answer to a [RenameNamespaceRequest].
type RenameNamespaceResponse struct{}

// SetDescriptionRequest replaces the description of a namespace; an empty one clears it.
type SetDescriptionRequest struct {
	NamespaceRef
	Description string
}

// SetDescriptionResponse is the answer to a [SetDescriptionRequest].
type SetDescriptionResponse struct{}

// DeleteNamespaceRequest removes a namespace.
type DeleteNamespaceRequest struct{ NamespaceRef }

// DeleteNamespaceResponse is the answer to a [DeleteNamespaceRequest].
type DeleteNamespaceResponse struct{}
