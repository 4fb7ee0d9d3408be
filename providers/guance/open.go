package guance

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers/guance/limits"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// openAPI is a key of one workspace. Sources are the pages of the folders open-api/workspace and
// open-api/workspace-ak.
type openAPI struct{ *client }

// Capabilities are those of a key.
func (o *openAPI) Capabilities() driver.Capabilities { return limits.Open() }

// rateMargin is how unevenly requests may arrive within the minute that the vendor counts.
const rateMargin = time.Second

// Operations is the operation table. All requests with a key spend the same budget.
func (o *openAPI) Operations() []policy.Operation {
	key, workspace := limits.KeyRate(), limits.WorkspaceRate()
	key.Margin, workspace.Margin = rateMargin, rateMargin
	budgets := []ratelimit.Budget{{
		Endpoint: o.base.Host, Principal: o.credential.principal(), Limits: []ratelimit.Limit{key, workspace},
	}}
	row := func(name, action string, class policy.Idempotency) policy.Operation {
		return policy.Operation{Name: name, Action: action, Idempotency: class, Budgets: budgets}
	}
	return []policy.Operation{
		row(driver.OpGet, "workspace/get", policy.ReadOnly),
		row(driver.OpCreate, "workspace/create", policy.NonIdempotent),
		row(driver.OpUpdate, "workspace/modify", policy.Idempotent),
		row(driver.OpAPIKeys, "workspace/accesskey/list", policy.ReadOnly),
		row(driver.OpCreateAPIKey, "workspace/accesskey/add", policy.NonIdempotent),
		row(driver.OpDeleteAPIKey, "workspace/accesskey/delete", policy.Idempotent), // by GET
	}
}

// Get describes the workspace that the key belongs to, whatever id is asked for.
func (o *openAPI) Get(ctx context.Context, _ *driver.GetRequest) (*driver.GetResponse, error) {
	res := &driver.GetResponse{}
	err := o.do(ctx, &call{
		class: policy.ReadOnly, method: http.MethodGet, path: []string{"workspace", "get"}, read: reads(&res.Workspace),
	})
	return answer(res, err)
}

// Create makes a workspace, which belongs to the owner of the key's workspace. A reply that cannot be read as a whole
// still gives what can be, such as the only copy of the new key.
func (o *openAPI) Create(ctx context.Context, req *driver.CreateRequest) (*driver.CreateResponse, error) {
	body, err := encodeOpenCreate(req)
	if err != nil {
		return nil, err
	}
	res := &driver.CreateResponse{}
	err = o.do(ctx, &call{
		class: policy.NonIdempotent, method: http.MethodPost, path: []string{"workspace", "create"}, body: body, creates: true,
		read: func(content json.RawMessage, _ *pageInfo) string { return o.readCreated(content, res) },
	})
	return answer(res, err)
}

// Update changes the workspace that the key belongs to.
func (o *openAPI) Update(ctx context.Context, req *driver.UpdateRequest) (*driver.UpdateResponse, error) {
	body, err := encodeOpenUpdate(req)
	if err != nil {
		return nil, err
	}
	err = o.do(ctx, &call{class: policy.Idempotent, method: http.MethodPost, path: []string{"workspace", "modify"}, body: body, read: done})
	return answer(&driver.UpdateResponse{}, err)
}

// APIKeys lists all keys of the workspace: there are no pages.
func (o *openAPI) APIKeys(ctx context.Context, req *driver.APIKeysRequest) (*driver.APIKeysResponse, error) {
	if req.Cursor != "" {
		return nil, errs.Refuse(errs.InvalidArgument, "the cursor is none that a listing returned")
	}
	res := &driver.APIKeysResponse{}
	err := o.do(ctx, &call{
		class: policy.ReadOnly, method: http.MethodGet, path: []string{"workspace", "accesskey", "list"},
		read: func(content json.RawMessage, _ *pageInfo) (fault string) {
			res.APIKeys, fault = readKeys(content)
			return fault
		},
	})
	return answer(res, err)
}

// CreateAPIKey makes a key of the workspace, by default with the role wsAdmin.
func (o *openAPI) CreateAPIKey(ctx context.Context, req *driver.CreateAPIKeyRequest) (*driver.CreateAPIKeyResponse, error) {
	return o.createKey(ctx, req, "")
}

// createKey is the same request in both APIs, but that one says whose key it is.
func (c *client) createKey(ctx context.Context, req *driver.CreateAPIKeyRequest, workspaceID string) (*driver.CreateAPIKeyResponse, error) {
	body, err := encodeKey(req, workspaceID)
	if err != nil {
		return nil, err
	}
	res := &driver.CreateAPIKeyResponse{}
	err = c.do(ctx, &call{
		class: policy.NonIdempotent, method: http.MethodPost, path: []string{"workspace", "accesskey", "add"}, body: body,
		read: func(content json.RawMessage, _ *pageInfo) (fault string) {
			res.APIKey, fault = readKey(content)
			return fault
		},
	})
	return answer(res, err)
}

// DeleteAPIKey removes a key of the workspace, by a GET.
func (o *openAPI) DeleteAPIKey(ctx context.Context, req *driver.DeleteAPIKeyRequest) (*driver.DeleteAPIKeyResponse, error) {
	err := o.do(ctx, &call{
		class: policy.Idempotent, method: http.MethodGet, path: []string{"workspace", "accesskey", req.KeyID, "delete"}, read: done,
	})
	return answer(&driver.DeleteAPIKeyResponse{}, err)
}

// reads returns the function that reads a workspace from the content.
func reads(into *driver.Info) func(json.RawMessage, *pageInfo) string {
	return func(content json.RawMessage, _ *pageInfo) (fault string) {
		*into, fault = readWorkspace(content)
		return fault
	}
}

// answer returns the response unless there is an error.
func answer[Res any](res *Res, err error) (*Res, error) {
	if err != nil {
		return nil, err
	}
	return res, nil
}
