package driver

import (
	"context"
	"time"
)

// Aliaser is implemented by services that declare Aliases. Aliases are given without the vendor's prefix, such as
// "alias/", which the driver adds and removes.
type Aliaser interface {
	// ListAliases returns one page of the aliases of one key.
	ListAliases(context.Context, *ListAliasesRequest) (*ListAliasesResponse, error)
	// CreateAlias gives a key a further name. A taken one is [errs.AlreadyExists].
	CreateAlias(context.Context, *CreateAliasRequest) (*CreateAliasResponse, error)
	// DeleteAlias takes a name away. A missing one is [errs.NotFound].
	DeleteAlias(context.Context, *DeleteAliasRequest) (*DeleteAliasResponse, error)
}

// Tagger is implemented by services that declare Tags.
type Tagger interface {
	// ListTags returns one page of the tags of a key.
	ListTags(context.Context, *ListTagsRequest) (*ListTagsResponse, error)
	// SetTags adds tags, or replaces the values of those that are there.
	SetTags(context.Context, *SetTagsRequest) (*SetTagsResponse, error)
	// RemoveTags removes tags. An absent one is success or [errs.NotFound].
	RemoveTags(context.Context, *RemoveTagsRequest) (*RemoveTagsResponse, error)
}

// Rotator is implemented by services that declare Rotation.
type Rotator interface {
	// GetRotation tells how a key is rotated.
	GetRotation(context.Context, *GetRotationRequest) (*GetRotationResponse, error)
	// SetRotation switches rotation on or off. Setting what is set already is success or [errs.Conflict].
	SetRotation(context.Context, *SetRotationRequest) (*SetRotationResponse, error)
}

// RotationPeriodSetter is implemented by services that declare Rotation as Emulated.
type RotationPeriodSetter interface {
	// SetRotationPeriod sets the period of a key whose rotation is on.
	SetRotationPeriod(context.Context, *SetRotationPeriodRequest) (*SetRotationPeriodResponse, error)
}

// ImmediateRotator is implemented by services that declare RotateNow.
type ImmediateRotator interface {
	// RotateNow renews the key's material, perhaps some time after it has returned. What was encrypted before stays
	// readable.
	RotateNow(context.Context, *RotateNowRequest) (*RotateNowResponse, error)
}

// VersionLister is implemented by services that declare KeyVersions.
type VersionLister interface {
	// ListVersions returns one page of the versions of a key.
	ListVersions(context.Context, *ListVersionsRequest) (*ListVersionsResponse, error)
}

// Importer is implemented by services that declare Import.
type Importer interface {
	// ImportParameters returns what key material for the key must be wrapped with.
	ImportParameters(context.Context, *ImportParametersRequest) (*ImportParametersResponse, error)
	// ImportKeyMaterial gives the key its material. A key that waits for none is [errs.Conflict].
	ImportKeyMaterial(context.Context, *ImportKeyMaterialRequest) (*ImportKeyMaterialResponse, error)
	// DeleteKeyMaterial takes imported material away; the key waits for import then.
	DeleteKeyMaterial(context.Context, *DeleteKeyMaterialRequest) (*DeleteKeyMaterialResponse, error)
}

// ListAliasesRequest asks for one page of the aliases of a key.
type ListAliasesRequest struct{ KeyID, Cursor string }

// ListAliasesResponse is one page of aliases; the empty cursor ends the listing.
type ListAliasesResponse struct {
	Aliases []string
	Cursor  string
}

// CreateAliasRequest gives a key a further name.
type CreateAliasRequest struct{ KeyID, Alias string }

// CreateAliasResponse is the answer to a [CreateAliasRequest].
type CreateAliasResponse struct{}

// DeleteAliasRequest takes a name from a key.
type DeleteAliasRequest struct{ KeyID, Alias string }

// DeleteAliasResponse is the answer to a [DeleteAliasRequest].
type DeleteAliasResponse struct{}

// ListTagsRequest asks for one page of the tags of a key.
type ListTagsRequest struct{ KeyID, Cursor string }

// ListTagsResponse is one page of tags; the empty cursor ends the listing.
type ListTagsResponse struct {
	Tags   []Tag
	Cursor string
}

// SetTagsRequest sets tags of a key.
type SetTagsRequest struct {
	KeyID string
	Tags  []Tag
}

// SetTagsResponse is the answer to a [SetTagsRequest].
type SetTagsResponse struct{}

// RemoveTagsRequest removes tags of a key, which are there or were so just before.
type RemoveTagsRequest struct {
	KeyID string
	Tags  []Tag
}

// RemoveTagsResponse is the answer to a [RemoveTagsRequest].
type RemoveTagsResponse struct{}

// GetRotationRequest asks how a key is rotated.
type GetRotationRequest struct{ KeyID string }

// GetRotationResponse is the answer to a [GetRotationRequest].
type GetRotationResponse struct {
	Enabled bool
	// Days is the period; 0 where the provider does not tell it.
	Days int
	// Last and Next are zero where the provider does not tell them.
	Last, Next time.Time
}

// SetRotationRequest switches the rotation of a key.
type SetRotationRequest struct {
	KeyID   string
	Enabled bool
	// Days is the period where Capabilities.Rotation is Native and Enabled is true, else 0.
	Days int
}

// SetRotationResponse is the answer to a [SetRotationRequest].
type SetRotationResponse struct{}

// SetRotationPeriodRequest sets the period of a key's rotation.
type SetRotationPeriodRequest struct {
	KeyID string
	Days  int
}

// SetRotationPeriodResponse is the answer to a [SetRotationPeriodRequest].
type SetRotationPeriodResponse struct{}

// RotateNowRequest names a key.
type RotateNowRequest struct{ KeyID string }

// RotateNowResponse is the answer to a [RotateNowRequest].
type RotateNowResponse struct{}

// ListVersionsRequest asks for one page of the versions of a key.
type ListVersionsRequest struct{ KeyID, Cursor string }

// ListVersionsResponse is one page of versions; the empty cursor ends the listing.
type ListVersionsResponse struct {
	Versions []KeyVersion
	Cursor   string
}

// KeyVersion is one version of a key's material.
type KeyVersion struct {
	ID        string
	CreatedAt time.Time
}

// ImportParametersRequest asks what key material must be wrapped with.
type ImportParametersRequest struct {
	KeyID    string
	Wrapping EncryptionAlgorithm
}

// ImportParametersResponse is the answer to an [ImportParametersRequest].
type ImportParametersResponse struct {
	// PublicKey is what material is wrapped with: an SPKI or PKCS #1 structure.
	PublicKey []byte
	// Token goes with the wrapped material.
	Token []byte
	// ExpiresAt is when the token ends.
	ExpiresAt time.Time
}

// ImportKeyMaterialRequest gives a key its material.
type ImportKeyMaterialRequest struct {
	KeyID string
	// Wrapped is the material, wrapped as the parameters asked.
	Wrapped []byte
	Token   []byte
	// ExpiresAt is when the provider forgets the material, a whole second; zero means never.
	ExpiresAt time.Time
}

// ImportKeyMaterialResponse is the answer to an [ImportKeyMaterialRequest].
type ImportKeyMaterialResponse struct{}

// DeleteKeyMaterialRequest names a key.
type DeleteKeyMaterialRequest struct{ KeyID string }

// DeleteKeyMaterialResponse is the answer to a [DeleteKeyMaterialRequest].
type DeleteKeyMaterialResponse struct{}
