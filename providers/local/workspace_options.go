package local

import (
	"context"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/providers"
	alibaba "github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
	guance "github.com/crosscloud-sdk/crosscloud/providers/guance/limits"
	workspacedriver "github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// WorkspaceOptions say how a service of workspaces behaves. The zero value has wide limits.
type WorkspaceOptions struct {
	// Like is the API whose limits are imitated: "guance" (OpenAPI), "guance-external", or "cms", also called "alibaba".
	Like string
}

// Workspaces returns the service that the option like of a resource selects.
func (a *Account) Workspaces(_ context.Context, s *providers.Settings) (workspacedriver.Service, error) {
	return a.WorkspaceService(WorkspaceOptions{Like: s.Text(optionLike)})
}

// WorkspaceService returns a service over the workspaces of the store. All services of an Account share the workspaces.
func (a *Account) WorkspaceService(o WorkspaceOptions) (workspacedriver.Service, error) {
	if a.closed.Load() {
		return nil, errClosed()
	}
	s := &workspaces{account: a, role: guance.RoleAdmin}
	switch o.Like {
	case "":
		s.caps = ownWorkspaces()
	case "guance":
		s.caps, s.deniedRole = guance.Open(), guance.RoleOwner
	case "guance-external":
		s.caps, s.deniedRole = guance.External(), guance.RoleOwner
		s.ownerOption, s.kinds = guance.OptionOwner, guance.UsageKinds()
	case "cms", "alibaba":
		s.caps = alibaba.Workspaces()
	default:
		return nil, errs.Refuse(errs.InvalidArgument, "like is %q, which has no workspaces; accepted are guance, guance-external, cms, alibaba", o.Like)
	}
	return s.whole()
}

// ownWorkspaces returns the limits of workspaces that imitate nobody.
func ownWorkspaces() workspacedriver.Capabilities {
	name := workspacedriver.NameRule{MaxChars: 256, Alphabet: workspacedriver.AnyText()}
	return workspacedriver.Capabilities{
		Own:                 workspacedriver.Native,
		Get:                 workspacedriver.Native,
		Create:              workspacedriver.Native,
		List:                workspacedriver.Native,
		Update:              workspacedriver.Native,
		Delete:              workspacedriver.Native,
		Name:                name,
		Description:         workspacedriver.Native,
		MaxDescriptionChars: 1024,
		Languages:           []string{"en", "zh"},
		MaxPage:             100,
		CreateAPIKeyWith:    workspacedriver.Native,
		APIKeys:             workspacedriver.Native,
		CreateAPIKey:        workspacedriver.Native,
		DeleteAPIKey:        workspacedriver.Native,
		APIKeyName:          name,
		APIKeyRoles:         workspacedriver.Native,
		UsageLimits:         workspacedriver.Native,
		TransferOwner:       workspacedriver.Native,
	}
}
