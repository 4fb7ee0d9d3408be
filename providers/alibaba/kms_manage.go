package alibaba

import (
	"context"
	"strconv"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// ofKey are the parameters of requests on the tags of a key. Those requests are the newer ones: TagResource, the older
// one, takes 10 tags instead of 20.
func (s *keyService) ofKey(id string) params {
	return params{"RegionId": s.region, "ResourceType": "key", numbered("ResourceId", 0): id}
}

// ListTags returns a page of the tags of a key.
func (s *keyService) ListTags(ctx context.Context, r *driver.ListTagsRequest) (*driver.ListTagsResponse, error) {
	p := s.ofKey(r.KeyID)
	if r.Cursor != "" {
		p["NextToken"] = r.Cursor
	}
	var reply tagsReply
	res := &driver.ListTagsResponse{}
	err := s.do(ctx, call{action: kmsListTags, reply: &reply, read: func() (fault string) {
		if fault = reply.lacks("TagResources"); fault != "" {
			return fault
		}
		for _, t := range reply.is.TagResources.TagResource {
			switch {
			case t.TagKey == "":
				return "lists a tag without its key"
			case t.ResourceId != r.KeyID && !strings.HasSuffix(r.KeyID, "/"+t.ResourceId): // an ARN ends with the id
				return "lists a tag of another key"
			}
			res.Tags = append(res.Tags, driver.Tag{Key: t.TagKey, Value: t.TagValue})
		}
		res.Cursor = reply.is.NextToken
		return ""
	}}, p)
	if err != nil {
		return nil, err
	}
	return res, nil
}

// SetTags adds tags, and replaces the values of those that are there.
func (s *keyService) SetTags(ctx context.Context, r *driver.SetTagsRequest) (*driver.SetTagsResponse, error) {
	p := s.ofKey(r.KeyID)
	for i, t := range r.Tags {
		p[numbered("Tag", i)+".Key"], p[numbered("Tag", i)+".Value"] = t.Key, t.Value
	}
	return wire.Done[driver.SetTagsResponse](s.change(ctx, kmsSetTags, p))
}

// RemoveTags removes tags, whatever their values.
func (s *keyService) RemoveTags(ctx context.Context, r *driver.RemoveTagsRequest) (*driver.RemoveTagsResponse, error) {
	p := s.ofKey(r.KeyID)
	for i, t := range r.Tags {
		p[numbered("TagKey", i)] = t.Key
	}
	return wire.Done[driver.RemoveTagsResponse](s.change(ctx, kmsRemoveTags, p))
}

// GetRotation reads how a key is rotated from its description.
func (s *keyService) GetRotation(ctx context.Context, r *driver.GetRotationRequest) (*driver.GetRotationResponse, error) {
	var res driver.GetRotationResponse
	err := s.describe(ctx, r.KeyID, func(m *keyMetadata) (fault string) {
		if m.KeyId == "" {
			return "lacks the key's id"
		}
		res, fault = rotationOf(m)
		return fault
	})
	if err != nil {
		return nil, err
	}
	return &res, nil
}

// SetRotation switches the rotation of a symmetric key on, with its period, or off.
func (s *keyService) SetRotation(ctx context.Context, r *driver.SetRotationRequest) (*driver.SetRotationResponse, error) {
	return wire.Done[driver.SetRotationResponse](s.do(ctx, call{action: kmsSetRotation, reply: &head{}, meaningOf: rotationMeaningOf}, encodeRotation(r)))
}

// ListVersions returns a page of the versions of a key.
func (s *keyService) ListVersions(ctx context.Context, r *driver.ListVersionsRequest) (*driver.ListVersionsResponse, error) {
	p := params{"KeyId": r.KeyID}
	number, err := encodePage(r.Cursor, p)
	if err != nil {
		return nil, err
	}
	var reply versionsReply
	res := &driver.ListVersionsResponse{}
	err = s.do(ctx, call{action: kmsListVersions, reply: &reply, read: func() (fault string) {
		if fault = reply.lacksList(reply.is.TotalCount, "KeyVersions"); fault != "" {
			return fault
		}
		for _, v := range reply.is.KeyVersions.KeyVersion {
			version := driver.KeyVersion{ID: v.KeyVersionId}
			if version.CreatedAt, fault = timeOf("CreationDate", v.CreationDate); fault != "" {
				return fault
			}
			if version.ID == "" || version.CreatedAt.IsZero() {
				return "lists a version without its id or time"
			}
			res.Versions = append(res.Versions, version)
		}
		res.Cursor, fault = nextPage(number, reply.is.PageNumber, reply.is.PageSize, reply.is.TotalCount)
		return fault
	}}, p)
	if err != nil {
		return nil, err
	}
	return res, nil
}

// wrappingSpec is what material is wrapped with (page GetParametersForImport); the other, EC_SM2, is in few regions.
const wrappingSpec = "RSA_2048"

// ImportParameters returns what key material is wrapped with; both are good for 24 hours.
func (s *keyService) ImportParameters(ctx context.Context, r *driver.ImportParametersRequest) (*driver.ImportParametersResponse, error) {
	var reply importReply
	res := &driver.ImportParametersResponse{}
	err := s.do(ctx, call{action: kmsImportParameters, reply: &reply, read: func() (fault string) {
		if fault = reply.lacks("ImportToken", "PublicKey", "TokenExpireTime"); fault != "" {
			return fault
		}
		res.Token = []byte(reply.is.ImportToken)
		if res.ExpiresAt, fault = timeOf("TokenExpireTime", reply.is.TokenExpireTime); fault != "" {
			return fault
		}
		res.PublicKey, fault = base64Of("PublicKey", reply.is.PublicKey)
		return fault
	}}, params{"KeyId": r.KeyID, "WrappingKeySpec": wrappingSpec, "WrappingAlgorithm": toVendor(encryptions(), r.Wrapping)})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// ImportKeyMaterial gives a key its material. One that has it already takes the same material again (page
// ImportKeyMaterial).
func (s *keyService) ImportKeyMaterial(ctx context.Context, r *driver.ImportKeyMaterialRequest) (*driver.ImportKeyMaterialResponse, error) {
	expires := int64(0) // never
	if !r.ExpiresAt.IsZero() {
		expires = r.ExpiresAt.Unix()
	}
	return wire.Done[driver.ImportKeyMaterialResponse](s.secretChange(ctx, kmsImportKeyMaterial, params{
		"KeyId": r.KeyID, "EncryptedKeyMaterial": wire.ToBase64(r.Wrapped), "ImportToken": string(r.Token),
		"KeyMaterialExpireUnix": strconv.FormatInt(expires, 10),
	}))
}

// DeleteKeyMaterial takes imported material away.
func (s *keyService) DeleteKeyMaterial(ctx context.Context, r *driver.DeleteKeyMaterialRequest) (*driver.DeleteKeyMaterialResponse, error) {
	return wire.Done[driver.DeleteKeyMaterialResponse](s.change(ctx, kmsDeleteKeyMaterial, params{"KeyId": r.KeyID}))
}
