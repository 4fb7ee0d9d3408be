package guance

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/providers/guance/limits"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// external is a private deployment. Sources are the pages of the folder external-api/workspace.
type external struct{ *client }

// Capabilities are those of a private deployment.
func (e *external) Capabilities() driver.Capabilities { return limits.External() }

// Operations is the operation table. No rate is documented, so that it is found out.
func (e *external) Operations() []policy.Operation {
	budgets := []ratelimit.Budget{{
		Endpoint: e.base.Host, Principal: e.credential.principal(), Limits: []ratelimit.Limit{{Adaptive: true}},
	}}
	row := func(name, action string, class policy.Idempotency) policy.Operation {
		return policy.Operation{Name: name, Action: action, Idempotency: class, Budgets: budgets}
	}
	return []policy.Operation{
		row(driver.OpGet, "workspace/get", policy.ReadOnly),
		row(driver.OpCreate, "workspace/create", policy.NonIdempotent),
		row(driver.OpList, "workspace/list", policy.ReadOnly),
		row(driver.OpUpdate, "workspace/modify", policy.Idempotent),
		row(driver.OpDelete, "workspace/delete", policy.Idempotent), // ids are not given twice
		row(driver.OpCreateAPIKey, "workspace/accesskey/add", policy.NonIdempotent),
		row(driver.OpUsageLimits, "workspace/usage_limit/get", policy.ReadOnly),
		row(driver.OpSetUsageLimits, "workspace/usage_limit/update", policy.Idempotent),
		row(driver.OpTransferOwner, "workspace/owner/transfer", policy.NonIdempotent),
	}
}

// of returns the path of an operation on one workspace.
func of(id string, operation ...string) []string {
	return append([]string{"workspace", id}, operation...)
}

// change sends what changes a workspace and is told no more than that it was done.
func (e *external) change(ctx context.Context, class policy.Idempotency, path []string, body any) error {
	return e.do(ctx, &call{class: class, method: http.MethodPost, path: path, body: body, read: done})
}

// Get describes one workspace.
func (e *external) Get(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
	res := &driver.GetResponse{}
	err := e.do(ctx, &call{class: policy.ReadOnly, method: http.MethodGet, path: of(req.ID, "get"), read: reads(&res.Workspace)})
	return answer(res, err)
}

// Create makes a workspace for the account that the option names.
func (e *external) Create(ctx context.Context, req *driver.CreateRequest) (*driver.CreateResponse, error) {
	body, err := encodeExternalCreate(req)
	if err != nil {
		return nil, err
	}
	res := &driver.CreateResponse{}
	err = e.do(ctx, &call{
		class: policy.NonIdempotent, method: http.MethodPost, path: []string{"workspace", "create"}, body: body, creates: true,
		read: func(content json.RawMessage, _ *pageInfo) string { return e.readCreated(content, res) },
	})
	return answer(res, err)
}

// List returns a page of 100 workspaces. The cursor is the number of the page.
func (e *external) List(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
	number := 1
	if req.Cursor != "" {
		n, err := strconv.ParseInt(req.Cursor, 10, 32)
		if err != nil || n < 2 || strconv.FormatInt(n, 10) != req.Cursor {
			return nil, errs.Refuse(errs.InvalidArgument, "the cursor is none that a listing returned")
		}
		number = int(n)
	}
	size := limits.External().MaxPage
	res := &driver.ListResponse{}
	err := e.do(ctx, &call{
		class: policy.ReadOnly, method: http.MethodGet, path: []string{"workspace", "list"},
		query: url.Values{"pageIndex": {strconv.Itoa(number)}, "pageSize": {strconv.Itoa(size)}},
		read: func(content json.RawMessage, page *pageInfo) (fault string) {
			if res.Workspaces, fault = readWorkspaces(content); fault != "" {
				return fault
			}
			res.Cursor, fault = next(page, number, size, len(res.Workspaces))
			return fault
		},
	})
	return answer(res, err)
}

// next returns the number of the page behind one, empty where that was the last. That the count of all ends a listing is
// not documented, and neither is that pages may be smaller than asked for.
func next(page *pageInfo, number, size, got int) (cursor, fault string) {
	if page == nil {
		page = &pageInfo{}
	}
	switch {
	case got > size:
		return "", fmt.Sprintf("has %d workspaces, asked for %d", got, size)
	case page.PageIndex != nil && *page.PageIndex != count(number):
		return "", fmt.Sprintf("is page %d of the listing, asked for %d", *page.PageIndex, number)
	case got == 0, page.TotalCount != nil && int64(number)*int64(size) >= int64(*page.TotalCount), page.TotalCount == nil && got < size:
		return "", ""
	}
	return strconv.Itoa(number + 1), ""
}

// Update changes a workspace's name.
func (e *external) Update(ctx context.Context, req *driver.UpdateRequest) (*driver.UpdateResponse, error) {
	body, err := encodeExternalUpdate(req)
	if err != nil {
		return nil, err
	}
	return answer(&driver.UpdateResponse{}, e.change(ctx, policy.Idempotent, of(req.ID, "modify"), body))
}

// Delete removes a workspace and what is in it.
func (e *external) Delete(ctx context.Context, req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
	return answer(&driver.DeleteResponse{}, e.change(ctx, policy.Idempotent, of(req.ID, "delete"), nil))
}

// CreateAPIKey makes a key of one workspace.
func (e *external) CreateAPIKey(ctx context.Context, req *driver.CreateAPIKeyRequest) (*driver.CreateAPIKeyResponse, error) {
	return e.createKey(ctx, req, req.WorkspaceID)
}

// UsageLimits tells the daily limits of a workspace.
func (e *external) UsageLimits(ctx context.Context, req *driver.UsageLimitsRequest) (*driver.UsageLimitsResponse, error) {
	res := &driver.UsageLimitsResponse{}
	err := e.do(ctx, &call{
		class: policy.ReadOnly, method: http.MethodGet, path: of(req.WorkspaceID, "usage_limit", "get"),
		read: func(content json.RawMessage, _ *pageInfo) (fault string) {
			res.Limits, fault = readLimits(content)
			return fault
		},
	})
	return answer(res, err)
}

// SetUsageLimits sends the limits that are named. That others stay as they are is not documented.
func (e *external) SetUsageLimits(ctx context.Context, req *driver.SetUsageLimitsRequest) (*driver.SetUsageLimitsResponse, error) {
	body, err := encodeLimits(req.Limits)
	if err != nil {
		return nil, err
	}
	return answer(&driver.SetUsageLimitsResponse{}, e.change(ctx, policy.Idempotent, of(req.WorkspaceID, "usage_limit", "update"), body))
}

// TransferOwner gives a workspace to another account. The vendor removes the old owner from it.
func (e *external) TransferOwner(ctx context.Context, req *driver.TransferOwnerRequest) (*driver.TransferOwnerResponse, error) {
	body := struct {
		AccountUUID string `json:"accountUUID"`
	}{req.AccountID}
	if err := checkText("account id", req.AccountID); err != nil {
		return nil, err
	}
	return answer(&driver.TransferOwnerResponse{}, e.change(ctx, policy.NonIdempotent, of(req.WorkspaceID, "owner", "transfer"), body))
}
