package driver

import (
	"context"
	"time"

	"github.com/crosscloud-sdk/crosscloud/policy"
)

// Names of the operations, as they appear in operation tables and errors.
const (
	OpCreateKey          = "kms.CreateKey"
	OpSymmetricSpecs     = "kms.SymmetricSpecs"
	OpDescribeKey        = "kms.Describe"
	OpListKeys           = "kms.Keys"
	OpEnableKey          = "kms.Enable"
	OpDisableKey         = "kms.Disable"
	OpScheduleDeletion   = "kms.ScheduleDeletion"
	OpCancelDeletion     = "kms.CancelDeletion"
	OpRename             = "kms.Rename"
	OpSetDescription     = "kms.SetDescription"
	OpListAliases        = "kms.Aliases"
	OpCreateAlias        = "kms.AddAlias"
	OpDeleteAlias        = "kms.RemoveAlias"
	OpListTags           = "kms.Tags"
	OpSetTags            = "kms.SetTags"
	OpRemoveTags         = "kms.RemoveTags"
	OpGetRotation        = "kms.Rotation"
	OpSetRotation        = "kms.SetRotation"
	OpSetRotationPeriod  = "kms.SetRotationPeriod"
	OpRotateNow          = "kms.RotateNow"
	OpListVersions       = "kms.Versions"
	OpImportParameters   = "kms.ImportParameters"
	OpImportKeyMaterial  = "kms.ImportKeyMaterial"
	OpDeleteKeyMaterial  = "kms.DeleteKeyMaterial"
	OpEncrypt            = "kms.Encrypt"
	OpDecrypt            = "kms.Decrypt"
	OpGenerateDataKey    = "kms.GenerateDataKey"
	OpGenerateWrappedKey = "kms.GenerateDataKeyWithoutPlaintext"
	OpDecryptDataKey     = "kms.DecryptDataKey"
	OpReEncrypt          = "kms.ReEncrypt"
	OpAsymmetricEncrypt  = "kms.AsymmetricEncrypt"
	OpAsymmetricDecrypt  = "kms.AsymmetricDecrypt"
	OpSign               = "kms.Sign"
	OpVerify             = "kms.Verify"
	OpPublicKey          = "kms.PublicKey"
	OpRandom             = "kms.Random"
)

// Service is one account in one region that holds keys. All of its methods may be called at the same time by several
// goroutines.
type Service interface {
	// Capabilities tells what the service can do and what its limits are. It does no I/O and always returns the same.
	Capabilities() Capabilities
	// Operations is the operation table: a row for each implemented method, named by the Op constants.
	Operations() []policy.Operation

	// DescribeKey describes one key. A missing one is [errs.NotFound].
	DescribeKey(context.Context, *DescribeKeyRequest) (*DescribeKeyResponse, error)
	// ListKeys returns one page of keys of every spec, usage and state that the provider lists. An empty page may have
	// a cursor; the empty cursor ends the listing.
	ListKeys(context.Context, *ListKeysRequest) (*ListKeysResponse, error)
	// EnableKey lets a disabled key be used again. A key that is enabled already is success or [errs.Conflict].
	EnableKey(context.Context, *EnableKeyRequest) (*EnableKeyResponse, error)
	// DisableKey stops the use of a key. A key that is disabled already is success or [errs.Conflict].
	DisableKey(context.Context, *DisableKeyRequest) (*DisableKeyResponse, error)
	// ScheduleDeletion sets the day on which a key is deleted. Where that is not in order for the key's state, it is
	// [errs.Conflict].
	ScheduleDeletion(context.Context, *ScheduleDeletionRequest) (*ScheduleDeletionResponse, error)
	// CancelDeletion takes a scheduled deletion back. Where none is scheduled, it is [errs.Conflict].
	CancelDeletion(context.Context, *CancelDeletionRequest) (*CancelDeletionResponse, error)
}

// Creator is implemented by services that declare Create.
type Creator interface {
	// CreateKey makes a key. A taken name is [errs.AlreadyExists].
	CreateKey(context.Context, *CreateKeyRequest) (*CreateKeyResponse, error)
}

// SymmetricSpecGetter is implemented by services that declare RegionalSpec.
type SymmetricSpecGetter interface {
	// SymmetricSpecs tells of what spec the symmetric keys of the region are.
	SymmetricSpecs(context.Context, *SymmetricSpecsRequest) (*SymmetricSpecsResponse, error)
}

// Renamer is implemented by services that declare Rename as Native.
type Renamer interface {
	// Rename gives a key another name. A taken one is [errs.AlreadyExists].
	Rename(context.Context, *RenameRequest) (*RenameResponse, error)
}

// Describer is implemented by services that declare SetDescription.
type Describer interface {
	// SetDescription replaces a key's description.
	SetDescription(context.Context, *SetDescriptionRequest) (*SetDescriptionResponse, error)
}

// DescribeKeyRequest asks for one key: by ID or, where names are aliases, by Alias. The other is empty.
type DescribeKeyRequest struct{ KeyID, Alias string }

// DescribeKeyResponse is the answer to a [DescribeKeyRequest].
type DescribeKeyResponse struct{ Key KeyInfo }

// ListKeysRequest asks for one page of keys.
type ListKeysRequest struct {
	// Cursor is empty for the first page and else what the previous page returned.
	Cursor string
	// ServiceOwned asks also for keys that the provider's own services have made. Where the provider cannot leave them
	// out they come in any case, marked as such.
	ServiceOwned bool
	// Name, where not empty, is the only name that the caller looks for. A driver may use it to shorten the listing.
	Name string
}

// ListKeysResponse is one page of keys. Where Capabilities.Details is Emulated, only their ids are told.
type ListKeysResponse struct {
	Keys   []KeyInfo
	Cursor string
}

// CreateKeyRequest makes a key.
type CreateKeyRequest struct {
	// Name is empty where names are aliases.
	Name        string
	Description string
	Spec        Spec
	Usage       Usage
	Origin      Origin
	// Tags are empty where Capabilities.CreateTags is not Native.
	Tags []Tag
	// Options are what only this provider knows, by name. One that it does not know is [errs.InvalidArgument].
	Options map[string]string
}

// CreateKeyResponse is the answer to a [CreateKeyRequest].
type CreateKeyResponse struct {
	// Key tells at least the ID.
	Key KeyInfo
	// TagsFault says why the key was made without its tags; empty where it has them.
	TagsFault string
}

// SymmetricSpecsRequest asks of what spec the symmetric keys of the region are.
type SymmetricSpecsRequest struct{}

// SymmetricSpecsResponse is the answer to a [SymmetricSpecsRequest].
type SymmetricSpecsResponse struct {
	// Specs is at least one. Where there are several, nobody can tell of which a new key will be, and package kms makes
	// none.
	Specs []Spec
	// Advice completes the sentence "no key was made: …" for who asked for a key of another spec, such as which option to
	// set. It names the region.
	Advice string
}

// EnableKeyRequest names a key.
type EnableKeyRequest struct{ KeyID string }

// EnableKeyResponse is the answer to an [EnableKeyRequest].
type EnableKeyResponse struct{}

// DisableKeyRequest names a key.
type DisableKeyRequest struct{ KeyID string }

// DisableKeyResponse is the answer to a [DisableKeyRequest].
type DisableKeyResponse struct{}

// ScheduleDeletionRequest names a key and how many days it still has.
type ScheduleDeletionRequest struct {
	KeyID string
	Days  int
}

// ScheduleDeletionResponse is the answer to a [ScheduleDeletionRequest].
type ScheduleDeletionResponse struct {
	// DeletionAt is zero where the provider does not tell it here.
	DeletionAt time.Time
}

// CancelDeletionRequest names a key.
type CancelDeletionRequest struct{ KeyID string }

// CancelDeletionResponse is the answer to a [CancelDeletionRequest].
type CancelDeletionResponse struct{}

// RenameRequest gives a key another name.
type RenameRequest struct{ KeyID, NewName string }

// RenameResponse is the answer to a [RenameRequest].
type RenameResponse struct{}

// SetDescriptionRequest replaces a key's description; an empty one clears it.
type SetDescriptionRequest struct{ KeyID, Description string }

// SetDescriptionResponse is the answer to a [SetDescriptionRequest].
type SetDescriptionResponse struct{}
