package guance

import (
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/providers/guance/limits"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// createBody makes a workspace. Of its fields the OpenAPI has none but the first four and CreatePaid, and the External
// API Name, OwnerUUID and Language.
type createBody struct {
	Name         string `json:"name"`
	Desc         string `json:"desc,omitempty"`
	NeedCreateAK bool   `json:"needCreateAk,omitempty"`
	AKName       string `json:"akName,omitempty"`
	Language     string `json:"language,omitempty"`
	CreatePaid   bool   `json:"createPayWsVersion,omitempty"`
	OwnerUUID    string `json:"ownerUuid,omitempty"`
}

// encodeOpenCreate returns the body of a creation (page open-api/workspace/create). Whether a key needs a name is not
// documented; it always has one here.
func encodeOpenCreate(r *driver.CreateRequest) (*createBody, error) {
	if err := checkCreate(r, limits.OptionPaid); err != nil {
		return nil, err
	}
	body := &createBody{Name: r.Name, Desc: r.Description, NeedCreateAK: r.APIKeyName != "", AKName: r.APIKeyName, Language: r.Language}
	switch text, said := r.Options[limits.OptionPaid]; {
	case text == "true":
		body.CreatePaid = true
	case said && text != "false":
		return nil, errs.Refuse(errs.InvalidArgument, "option %q: accepted are true, which costs money, and false", limits.OptionPaid)
	}
	return body, nil
}

// encodeExternalCreate returns the body of a creation (page external-api/workspace/create).
func encodeExternalCreate(r *driver.CreateRequest) (*createBody, error) {
	if err := checkCreate(r, limits.OptionOwner); err != nil {
		return nil, err
	}
	owner := r.Options[limits.OptionOwner]
	switch {
	case r.Description != "":
		return nil, errs.Refuse(errs.Unsupported, "the External API gives workspaces no description")
	case r.APIKeyName != "":
		return nil, errs.Refuse(errs.Unsupported, "the External API makes no API key together with a workspace")
	case owner == "":
		return nil, errs.Refuse(errs.InvalidArgument, "the option %q is missing: the id of the account that owns the workspace", limits.OptionOwner)
	}
	return &createBody{Name: r.Name, Language: r.Language, OwnerUUID: owner}, nil
}

// checkCreate refuses what could not be sent, or not as it is.
func checkCreate(r *driver.CreateRequest, known string) error {
	for _, name := range slices.Sorted(maps.Keys(r.Options)) {
		if name != known {
			return errs.Refuse(errs.InvalidArgument, "option %q is not known; there is %q", errs.Printable(name), known)
		}
	}
	for what, text := range map[string]string{
		"workspace name": r.Name, "description": r.Description, "API key name": r.APIKeyName, "language": r.Language, "option " + known: r.Options[known],
	} {
		if err := checkText(what, text); err != nil {
			return err
		}
	}
	return nil
}

// checkText refuses what would arrive as something else.
func checkText(what, text string) error {
	if !utf8.ValidString(text) {
		return errs.Refuse(errs.InvalidArgument, "%s is not valid UTF-8", what)
	}
	return nil
}

// updateBody changes what is there: null is not accepted (page open-api/workspace/modify).
type updateBody struct {
	Name *string `json:"name,omitempty"`
	Desc *string `json:"desc,omitempty"`
}

func encodeOpenUpdate(r *driver.UpdateRequest) (*updateBody, error) {
	for what, text := range map[string]*string{"workspace name": r.Name, "description": r.Description} {
		if text != nil {
			if err := checkText(what, *text); err != nil {
				return nil, err
			}
		}
	}
	return &updateBody{Name: r.Name, Desc: r.Description}, nil
}

// encodeExternalUpdate is the same without the description (page external-api/workspace/modify).
func encodeExternalUpdate(r *driver.UpdateRequest) (*updateBody, error) {
	if r.Description != nil {
		return nil, errs.Refuse(errs.Unsupported, "the External API gives workspaces no description")
	}
	return encodeOpenUpdate(r)
}

// keyBody makes a key (pages accesskey/add).
type keyBody struct {
	Name          string   `json:"name"`
	WorkspaceUUID string   `json:"workspaceUUID,omitempty"`
	RoleUUIDs     []string `json:"roleUUIDs,omitempty"`
}

func encodeKey(r *driver.CreateAPIKeyRequest, workspaceID string) (*keyBody, error) {
	for _, role := range r.Roles {
		if err := checkText("role", role); err != nil {
			return nil, err
		}
	}
	if err := checkText("API key name", r.Name); err != nil {
		return nil, err
	}
	if err := checkText("workspace id", workspaceID); err != nil {
		return nil, err
	}
	return &keyBody{Name: r.Name, WorkspaceUUID: workspaceID, RoleUUIDs: r.Roles}, nil
}

// limit is a daily limit (page usage_limit/update).
type limit struct {
	OpenLimit bool        `json:"openLimit"`
	Value     json.Number `json:"value"`
}

func encodeLimits(given map[string]driver.UsageLimit) (any, error) {
	body := struct {
		Config map[string]limit `json:"config"`
	}{map[string]limit{}}
	for kind, l := range given {
		if err := checkText("kind of data", kind); err != nil {
			return nil, err
		}
		if _, err := l.Value.Float64(); err != nil || !json.Valid([]byte(l.Value)) {
			return nil, errs.Refuse(errs.InvalidArgument, "the limit of %q is not a number", errs.Printable(kind))
		}
		body.Config[kind] = limit{OpenLimit: l.Enabled, Value: l.Value}
	}
	return body, nil
}
