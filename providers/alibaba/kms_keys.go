package alibaba

import (
	"context"
	"strconv"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kms/driver"
)

// DescribeKey describes a key. An alias leads to the key that has it.
func (s *keyService) DescribeKey(ctx context.Context, r *driver.DescribeKeyRequest) (*driver.DescribeKeyResponse, error) {
	id := r.KeyID
	if r.Alias != "" {
		id = aliasPrefix + r.Alias
	}
	res := &driver.DescribeKeyResponse{}
	err := s.describe(ctx, id, func(m *keyMetadata) (fault string) {
		res.Key, fault = infoOf(m)
		return fault
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// describe hands what DescribeKey tells of a key to read.
func (s *keyService) describe(ctx context.Context, id string, read func(*keyMetadata) (fault string)) error {
	var reply keyReply
	return s.do(ctx, call{action: kmsDescribeKey, reply: &reply, read: func() string { return read(&reply.is.KeyMetadata) }}, params{"KeyId": id})
}

// ListKeys returns a page of ids. Pages have numbers, so that keys which come and go meanwhile can make others appear
// twice or not at all.
func (s *keyService) ListKeys(ctx context.Context, r *driver.ListKeysRequest) (*driver.ListKeysResponse, error) {
	p := params{}
	if !r.ServiceOwned {
		p["Filters"] = userKeys
	}
	number, err := encodePage(r.Cursor, p)
	if err != nil {
		return nil, err
	}
	var reply keysReply
	res := &driver.ListKeysResponse{}
	err = s.do(ctx, call{action: kmsListKeys, reply: &reply, read: func() (fault string) {
		if fault = reply.lacksList(reply.is.TotalCount, "Keys"); fault != "" {
			return fault
		}
		for _, key := range reply.is.Keys.Key {
			if key.KeyId == "" {
				return "lists a key without its id"
			}
			res.Keys = append(res.Keys, driver.KeyInfo{ID: key.KeyId, Resource: key.KeyArn})
		}
		res.Cursor, fault = nextPage(number, reply.is.PageNumber, reply.is.PageSize, reply.is.TotalCount)
		return fault
	}}, p)
	if err != nil {
		return nil, err
	}
	return res, nil
}

// CreateKey makes a key, without a name. The vendor has no token against making it twice.
func (s *keyService) CreateKey(ctx context.Context, r *driver.CreateKeyRequest) (*driver.CreateKeyResponse, error) {
	p, err := encodeKey(r, s.instance)
	if err != nil {
		return nil, err
	}
	var reply keyReply
	res := &driver.CreateKeyResponse{}
	err = s.do(ctx, call{action: kmsCreateKey, reply: &reply, read: func() (fault string) {
		res.Key, fault = infoOf(&reply.is.KeyMetadata)
		return fault
	}}, p)
	if err != nil {
		return nil, err
	}
	return res, nil
}

// EnableKey is success for a key that is enabled (page "Impact of CMK status on API operations").
func (s *keyService) EnableKey(ctx context.Context, r *driver.EnableKeyRequest) (*driver.EnableKeyResponse, error) {
	return wire.Done[driver.EnableKeyResponse](s.change(ctx, kmsEnableKey, params{"KeyId": r.KeyID}))
}

// DisableKey is success for a key that is disabled.
func (s *keyService) DisableKey(ctx context.Context, r *driver.DisableKeyRequest) (*driver.DisableKeyResponse, error) {
	return wire.Done[driver.DisableKeyResponse](s.change(ctx, kmsDisableKey, params{"KeyId": r.KeyID}))
}

// ScheduleDeletion does not tell the day, which DescribeKey does.
func (s *keyService) ScheduleDeletion(ctx context.Context, r *driver.ScheduleDeletionRequest) (*driver.ScheduleDeletionResponse, error) {
	return wire.Done[driver.ScheduleDeletionResponse](s.change(ctx, kmsScheduleDeletion, params{"KeyId": r.KeyID, "PendingWindowInDays": strconv.Itoa(r.Days)}))
}

// CancelDeletion leaves the key enabled.
func (s *keyService) CancelDeletion(ctx context.Context, r *driver.CancelDeletionRequest) (*driver.CancelDeletionResponse, error) {
	return wire.Done[driver.CancelDeletionResponse](s.change(ctx, kmsCancelKeyDeletion, params{"KeyId": r.KeyID}))
}

// SetDescription replaces the description; an empty one clears it (page UpdateKeyDescription).
func (s *keyService) SetDescription(ctx context.Context, r *driver.SetDescriptionRequest) (*driver.SetDescriptionResponse, error) {
	return wire.Done[driver.SetDescriptionResponse](s.change(ctx, kmsSetDescription, params{"KeyId": r.KeyID, "Description": r.Description}))
}

// ListAliases returns a page of the names of a key.
func (s *keyService) ListAliases(ctx context.Context, r *driver.ListAliasesRequest) (*driver.ListAliasesResponse, error) {
	p := params{"KeyId": r.KeyID}
	number, err := encodePage(r.Cursor, p)
	if err != nil {
		return nil, err
	}
	var reply aliasesReply
	res := &driver.ListAliasesResponse{}
	err = s.do(ctx, call{action: kmsListAliases, reply: &reply, read: func() (fault string) {
		if fault = reply.lacksList(reply.is.TotalCount, "Aliases"); fault != "" {
			return fault
		}
		for _, a := range reply.is.Aliases.Alias {
			name, ok := strings.CutPrefix(a.AliasName, aliasPrefix)
			if !ok || name == "" {
				return "lists an alias that does not begin with " + aliasPrefix
			}
			res.Aliases = append(res.Aliases, name)
		}
		res.Cursor, fault = nextPage(number, reply.is.PageNumber, reply.is.PageSize, reply.is.TotalCount)
		return fault
	}}, p)
	if err != nil {
		return nil, err
	}
	return res, nil
}

// CreateAlias gives a key a further name.
func (s *keyService) CreateAlias(ctx context.Context, r *driver.CreateAliasRequest) (*driver.CreateAliasResponse, error) {
	return wire.Done[driver.CreateAliasResponse](s.change(ctx, kmsCreateAlias, params{"KeyId": r.KeyID, "AliasName": aliasPrefix + r.Alias}))
}

// DeleteAlias takes a name away, whichever key has it: the request names no key.
func (s *keyService) DeleteAlias(ctx context.Context, r *driver.DeleteAliasRequest) (*driver.DeleteAliasResponse, error) {
	return wire.Done[driver.DeleteAliasResponse](s.change(ctx, kmsDeleteAlias, params{"AliasName": aliasPrefix + r.Alias}))
}
