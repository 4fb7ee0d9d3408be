package alibaba

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// The actions of CMS 2.0. The sources for all of this are the request and reply models of the vendor's Go package
// cms-20240330: no page shows an exchange, and none lists errors.
const (
	cmsVersion      = "2024-03-30"
	actionPutSpace  = "PutWorkspace"
	actionGetSpace  = "GetWorkspace"
	actionListSpace = "ListWorkspaces"
	actionDelSpace  = "DeleteWorkspace"
)

// Workspaces returns the service of the region that the settings name.
func (a *account) Workspaces(_ context.Context, s *providers.Settings) (driver.Service, error) {
	region, err := wire.Region(s, optionRegion, regionExample)
	if err != nil {
		return nil, err
	}
	endpoint, err := wire.Host(s, optionCMSEndpoint, "metrics."+region+".aliyuncs.com")
	if err != nil {
		return nil, err
	}
	endpoint.Path = "" // each request has its own
	return &workspaces{api: &api{account: a, endpoint: endpoint, option: optionCMSEndpoint, version: cmsVersion}, project: s.Text(optionSLSProject)}, nil
}

// workspaces are those of one account in one region.
type workspaces struct {
	api     *api
	project string // of Simple Log Service, where a request says none; may be empty
}

// Capabilities are those of an account. The project need not be said where the settings do.
func (w *workspaces) Capabilities() driver.Capabilities {
	c := limits.Workspaces()
	i := slices.IndexFunc(c.Options, func(o driver.Option) bool { return o.Name == limits.OptionSLSProject })
	c.Options[i].Required = w.project == ""
	return c
}

// Operations is the operation table of an account.
func (w *workspaces) Operations() []policy.Operation {
	return []policy.Operation{
		w.api.operation(driver.OpGet, actionGetSpace, policy.ReadOnly),
		w.api.operation(driver.OpCreate, actionPutSpace, policy.NonIdempotent),
		w.api.operation(driver.OpList, actionListSpace, policy.ReadOnly),
		w.api.operation(driver.OpDelete, actionDelSpace, policy.Idempotent),
	}
}

// do sends a request.
func (w *workspaces) do(ctx context.Context, c *call) error {
	c.usesText = true
	return cmsError(w.api.do(ctx, c))
}

// Get describes one workspace.
func (w *workspaces) Get(ctx context.Context, r *driver.GetRequest) (*driver.GetResponse, error) {
	if err := checkText("workspace id", r.ID); err != nil {
		return nil, err
	}
	var reply spaceReply
	res := &driver.GetResponse{}
	err := w.do(ctx, &call{action: actionGetSpace, method: http.MethodGet, path: []string{"workspace", r.ID}, reply: &reply, read: func() (fault string) {
		res.Workspace, fault = reply.info()
		return fault
	}})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// Create makes a workspace, or changes the one of that name. The reply tells no more than the name.
func (w *workspaces) Create(ctx context.Context, r *driver.CreateRequest) (*driver.CreateResponse, error) {
	body, err := encodePutSpace(r, w.project)
	if err != nil {
		return nil, err
	}
	var reply spaceReply
	err = w.do(ctx, &call{
		action: actionPutSpace, method: http.MethodPost, path: []string{"workspace", r.Name}, form: body, contentType: "application/json", reply: &reply,
		read: func() string {
			if reply.Name != r.Name {
				return "is about another workspace, or about none"
			}
			return ""
		},
	})
	if err != nil {
		return nil, err
	}
	return &driver.CreateResponse{Workspace: driver.Info{ID: r.Name, Name: r.Name, Description: r.Description}}, nil
}

// List returns a page of 50 workspaces.
func (w *workspaces) List(ctx context.Context, r *driver.ListRequest) (*driver.ListResponse, error) {
	size := limits.Workspaces().MaxPage
	query := params{"maxResults": strconv.Itoa(size)}
	if r.Cursor != "" {
		if err := checkText("cursor", r.Cursor); err != nil {
			return nil, err
		}
		query["nextToken"] = r.Cursor
	}
	var reply spacesReply
	res := &driver.ListResponse{}
	err := w.do(ctx, &call{action: actionListSpace, method: http.MethodGet, path: []string{"workspace"}, query: query, reply: &reply, read: func() (fault string) {
		res.Workspaces, res.Cursor, fault = reply.page(size)
		return fault
	}})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// Delete removes a workspace.
func (w *workspaces) Delete(ctx context.Context, r *driver.DeleteRequest) (*driver.DeleteResponse, error) {
	if err := checkText("workspace id", r.ID); err != nil {
		return nil, err
	}
	var reply spaceReply
	if err := w.do(ctx, &call{action: actionDelSpace, method: http.MethodDelete, path: []string{"workspace", r.ID}, reply: &reply}); err != nil {
		return nil, err
	}
	return &driver.DeleteResponse{}, nil
}

// encodePutSpace returns the body of PutWorkspace. What is not given is not sent.
func encodePutSpace(r *driver.CreateRequest, project string) ([]byte, error) {
	body := struct {
		SLSProject    string `json:"slsProject"`
		Description   string `json:"description,omitempty"`
		ResourceGroup string `json:"resourceGroupId,omitempty"`
	}{project, r.Description, ""}
	for name, value := range r.Options {
		switch name {
		case limits.OptionSLSProject:
			body.SLSProject = value
		case limits.OptionResourceGroup:
			body.ResourceGroup = value
		default:
			return nil, errs.Refuse(errs.InvalidArgument, "option %q is not known; there are %s and %s", errs.Printable(name), limits.OptionSLSProject, limits.OptionResourceGroup)
		}
	}
	switch {
	case body.SLSProject == "":
		return nil, errs.Refuse(errs.InvalidArgument, "a workspace needs a project of Simple Log Service: say it with the option %s, in the configuration or of this workspace", limits.OptionSLSProject)
	case r.Language != "" || r.APIKeyName != "":
		return nil, errs.Refuse(errs.Unsupported, "a workspace of CMS 2.0 has no language and no API keys")
	}
	for what, text := range map[string]string{"workspace name": r.Name, limits.OptionSLSProject: body.SLSProject, "description": body.Description, limits.OptionResourceGroup: body.ResourceGroup} {
		if text == "" && what != "workspace name" {
			continue
		}
		if err := checkText(what, text); err != nil {
			return nil, err
		}
	}
	return wire.EncodeJSON(body)
}

// spaceReply is the reply of GetWorkspace, PutWorkspace and DeleteWorkspace, and an item of that of ListWorkspaces.
type spaceReply struct {
	head
	Name           string  `json:"workspaceName"`
	DisplayName    string  `json:"displayName"`
	Description    string  `json:"description"`
	CreateTime     isoTime `json:"createTime"`
	LastModifyTime isoTime `json:"lastModifyTime"`
	raw            []byte
}

// UnmarshalJSON also keeps the object as it is.
func (r *spaceReply) UnmarshalJSON(b []byte) error {
	type plain spaceReply
	err := json.Unmarshal(b, (*plain)(r))
	r.raw = slices.Clone(b)
	return err
}

func (r *spaceReply) info() (driver.Info, string) {
	if r.Name == "" {
		return driver.Info{}, "lacks the name of the workspace"
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(r.raw, &fields); err != nil {
		return driver.Info{}, "has a workspace that is no object"
	}
	delete(fields, "requestId") // of the reply, not of the workspace
	vendor, err := wire.EncodeJSON(fields)
	if err != nil {
		return driver.Info{}, "has a workspace that cannot be told"
	}
	info := driver.Info{
		ID: r.Name, Name: r.DisplayName, Description: r.Description, CreatedAt: r.CreateTime.Time, UpdatedAt: r.LastModifyTime.Time, Vendor: vendor,
	}
	if info.Name == "" {
		info.Name = r.Name
	}
	return info, ""
}

// spacesReply is the reply of ListWorkspaces.
type spacesReply struct {
	head
	Workspaces []spaceReply `json:"workspaces"`
	Total      *integer     `json:"total"`
	NextToken  text         `json:"nextToken"`
}

func (r *spacesReply) page(size int) (all []driver.Info, cursor, fault string) {
	switch {
	case r.Workspaces == nil && (r.Total == nil || *r.Total != 0):
		return nil, "", "lacks the workspaces"
	case len(r.Workspaces) > size:
		return nil, "", "has more workspaces than asked for"
	}
	for i := range r.Workspaces {
		info, fault := r.Workspaces[i].info()
		if fault != "" {
			return nil, "", fault
		}
		all = append(all, info)
	}
	return all, string(r.NextToken), ""
}
