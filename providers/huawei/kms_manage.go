package huawei

import (
	"context"
	"net/http"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// ListAliases returns one page of the aliases of a key, whose name is not among them.
func (s *service) ListAliases(ctx context.Context, r *driver.ListAliasesRequest) (page *driver.ListAliasesResponse, err error) {
	if err := checkText(r.KeyID, r.Cursor); err != nil {
		return nil, err
	}
	query := map[string]string{"key_id": r.KeyID}
	if r.Cursor != "" {
		query["marker"] = r.Cursor
	}
	var reply aliasReply
	err = s.api.do(ctx, call{method: http.MethodGet, path: []string{"aliases"}, query: query, reply: &reply, list: &reply.List, read: func() (fault string) {
		page, fault = reply.page(r.KeyID)
		return fault
	}})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// CreateAlias gives a key a further name, unique in the account and region.
func (s *service) CreateAlias(ctx context.Context, r *driver.CreateAliasRequest) (*driver.CreateAliasResponse, error) {
	if err := checkText(r.KeyID, r.Alias); err != nil {
		return nil, err
	}
	body := &struct {
		keyRequest
		Alias string `json:"alias"`
	}{keyRequest{r.KeyID}, aliasPrefix + r.Alias}
	var reply struct {
		head
		Alias string `json:"alias"`
	}
	return wire.Done[driver.CreateAliasResponse](s.post(ctx, "aliases", body, &reply, func() string {
		if reply.Alias == "" {
			return "lacks the alias"
		}
		return ""
	}))
}

// DeleteAlias takes a further name from a key.
func (s *service) DeleteAlias(ctx context.Context, r *driver.DeleteAliasRequest) (*driver.DeleteAliasResponse, error) {
	if err := checkText(r.KeyID, r.Alias); err != nil {
		return nil, err
	}
	body := &struct {
		keyRequest
		Aliases []string `json:"aliases"`
	}{keyRequest{r.KeyID}, []string{aliasPrefix + r.Alias}}
	return wire.Done[driver.DeleteAliasResponse](s.api.do(ctx, call{method: http.MethodDelete, path: []string{"aliases"}, request: body}))
}

// tagsOf sends a request about the tags of a key, whose id is in the path.
func (s *service) tagsOf(ctx context.Context, keyID string, c call) error {
	if !isID(keyID) {
		return errs.Refuse(errs.InvalidArgument, "the key id %q is not one of this provider's", errs.Printable(keyID))
	}
	c.path = append([]string{keyID, "tags"}, c.path...)
	return s.api.do(ctx, c)
}

// ListTags returns all tags of a key.
func (s *service) ListTags(ctx context.Context, r *driver.ListTagsRequest) (*driver.ListTagsResponse, error) {
	var reply tagsReply
	res := &driver.ListTagsResponse{}
	err := s.tagsOf(ctx, r.KeyID, call{method: http.MethodGet, reply: &reply, read: func() (fault string) {
		res.Tags, fault = reply.tags()
		return fault
	}})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// SetTags adds tags, or replaces the values of those that are there.
func (s *service) SetTags(ctx context.Context, r *driver.SetTagsRequest) (*driver.SetTagsResponse, error) {
	return wire.Done[driver.SetTagsResponse](s.changeTags(ctx, r.KeyID, "create", r.Tags))
}

// RemoveTags removes tags; one that is not there is [errs.NotFound].
func (s *service) RemoveTags(ctx context.Context, r *driver.RemoveTagsRequest) (*driver.RemoveTagsResponse, error) {
	return wire.Done[driver.RemoveTagsResponse](s.changeTags(ctx, r.KeyID, "delete", r.Tags))
}

func (s *service) changeTags(ctx context.Context, keyID, action string, tags []driver.Tag) error {
	body, err := encodeTags(action, tags)
	if err != nil {
		return err
	}
	return s.tagsOf(ctx, keyID, call{path: []string{"action"}, request: body})
}

// GetRotation tells how a key is rotated. When it will be next is not told.
func (s *service) GetRotation(ctx context.Context, r *driver.GetRotationRequest) (rotation *driver.GetRotationResponse, err error) {
	if err := checkText(r.KeyID); err != nil {
		return nil, err
	}
	var reply rotationReply
	err = s.post(ctx, actionGetRotation, &keyRequest{r.KeyID}, &reply, func() (fault string) {
		rotation, fault = reply.rotation()
		return fault
	})
	if err != nil {
		return nil, err
	}
	return rotation, nil
}

// SetRotation switches rotation on, with a period of 365 days, or off. What is so already is [errs.Conflict].
func (s *service) SetRotation(ctx context.Context, r *driver.SetRotationRequest) (*driver.SetRotationResponse, error) {
	action := actionDisableRotation
	if r.Enabled {
		action = actionEnableRotation
	}
	return wire.Done[driver.SetRotationResponse](s.silent(ctx, action, r.KeyID))
}

// silent sends a request about a key whose reply tells nothing.
func (s *service) silent(ctx context.Context, action, keyID string) error {
	if err := checkText(keyID); err != nil {
		return err
	}
	return s.post(ctx, action, &keyRequest{keyID}, nil, nil)
}

// SetRotationPeriod sets the period of a key that is rotated.
func (s *service) SetRotationPeriod(ctx context.Context, r *driver.SetRotationPeriodRequest) (*driver.SetRotationPeriodResponse, error) {
	if err := checkText(r.KeyID); err != nil {
		return nil, err
	}
	body := &struct {
		keyRequest
		Interval int `json:"rotation_interval"`
	}{keyRequest{r.KeyID}, r.Days}
	return wire.Done[driver.SetRotationPeriodResponse](s.post(ctx, actionSetInterval, body, nil, nil))
}

// ImportParameters returns what material is wrapped with.
func (s *service) ImportParameters(ctx context.Context, r *driver.ImportParametersRequest) (p *driver.ImportParametersResponse, err error) {
	if err := checkText(r.KeyID, string(r.Wrapping)); err != nil {
		return nil, err
	}
	body := &struct {
		keyRequest
		Algorithm string `json:"wrapping_algorithm"`
	}{keyRequest{r.KeyID}, toVendor(encryptions, r.Wrapping)}
	var reply parametersReply
	err = s.post(ctx, actionImportParams, body, &reply, func() (fault string) {
		p, fault = reply.parameters()
		return fault
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// ImportKeyMaterial gives a key its material.
func (s *service) ImportKeyMaterial(ctx context.Context, r *driver.ImportKeyMaterialRequest) (*driver.ImportKeyMaterialResponse, error) {
	body, err := encodeImport(r)
	if err != nil {
		return nil, err
	}
	return wire.Done[driver.ImportKeyMaterialResponse](s.secret(ctx, actionImport, body, nil, nil))
}

// DeleteKeyMaterial takes imported material away.
func (s *service) DeleteKeyMaterial(ctx context.Context, r *driver.DeleteKeyMaterialRequest) (*driver.DeleteKeyMaterialResponse, error) {
	return wire.Done[driver.DeleteKeyMaterialResponse](s.silent(ctx, actionDeleteMaterial, r.KeyID))
}
