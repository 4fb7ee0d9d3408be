package emulator

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Limits of aliases: support.huaweicloud.com, DEW API Reference, Querying the Alias Associated with a Key, and DEW User
// Guide, Key Alias.
const (
	huaweiAliasesPerKey = 50
	huaweiMaxAliases    = 100
)

// huaweiAlias is an entry of /aliases, which has nothing to do with a key's key_alias.
type huaweiAlias struct {
	name             string
	key              *huaweiKey
	created, updated time.Time
}

// entity is what is said of an alias. Its times are written otherwise than a key's.
func (a *huaweiAlias) entity() huaweiReply {
	return huaweiReply{
		"domain_id": HuaweiDomainID, "key_id": a.key.id, "alias": a.name,
		"alias_urn":   "kms:" + HuaweiRegion + ":" + HuaweiDomainID + ":alias:" + a.name,
		"create_time": a.created.UTC().Format(time.RFC3339), "update_time": a.updated.UTC().Format(time.RFC3339),
	}
}

// aliasesOf returns the aliases of a key, or all where it is nil, in the order of their names.
func (h *HuaweiKMS) aliasesOf(k *huaweiKey) []*huaweiAlias {
	all := slices.SortedFunc(maps.Values(h.aliases), func(a, b *huaweiAlias) int { return strings.Compare(a.name, b.name) })
	return slices.DeleteFunc(all, func(a *huaweiAlias) bool { return k != nil && a.key != k })
}

// aliasTarget finds a key that may be given another alias.
func (h *HuaweiKMS) aliasTarget(id string) (*huaweiKey, *huaweiError) {
	k, failure := h.changeable(id)
	if failure == nil && len(h.aliasesOf(k)) >= huaweiAliasesPerKey {
		return nil, huaweiFails("KMS.1105", "the key has %d aliases, which is all it may have", huaweiAliasesPerKey)
	}
	return k, failure
}

func (h *HuaweiKMS) createAlias(c *huaweiCall) (any, *huaweiError) {
	id, name := c.fields.text("key_id"), c.fields.text("alias")
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	if !huaweiIsAlias(name) {
		return nil, huaweiFails("KMS.1101", "alias is not 1 to 255 of a-z, A-Z, 0-9 and :/_-")
	}
	k, failure := h.aliasTarget(id)
	if failure != nil {
		return nil, failure
	}
	if h.aliases[name] != nil {
		return nil, huaweiFails("KMS.1104", "the alias is taken")
	}
	a := &huaweiAlias{name: name, key: k, created: c.now, updated: c.now}
	h.aliases[name] = a
	return huaweiCreated{a.entity()}, nil
}

// associateAlias points an alias at another key. The vendor has no code for an alias that is not there.
func (h *HuaweiKMS) associateAlias(c *huaweiCall) (any, *huaweiError) {
	name, id := c.fields.text("alias"), c.fields.text("target_key_id")
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	a := h.aliases[name]
	if a == nil {
		return nil, huaweiFails("KMS.0308", "there is no such alias")
	}
	k, failure := h.aliasTarget(id)
	if failure != nil {
		return nil, failure
	}
	a.key, a.updated = k, c.now
	return a.entity(), nil
}

// deleteAlias removes all the aliases that it is given, or none.
func (h *HuaweiKMS) deleteAlias(c *huaweiCall) (any, *huaweiError) {
	names, given := c.fields.texts("aliases")
	if !given || len(names) == 0 {
		c.fields.refuse("KMS.0204", "aliases is missing or empty")
	}
	k, failure := h.named(c)
	if failure != nil {
		return nil, failure
	}
	for _, name := range names {
		if a := h.aliases[name]; a == nil || a.key != k {
			return nil, huaweiFails("KMS.0308", "the key does not have one of the aliases")
		}
	}
	for _, name := range names {
		delete(h.aliases, name)
	}
	return nil, nil
}

// listAliases pages by the name of the last alias seen. marker goes with limit only.
func (h *HuaweiKMS) listAliases(c *huaweiCall) (any, *huaweiError) {
	var k *huaweiKey
	if id, given := c.query["key_id"]; given {
		var failure *huaweiError
		if k, failure = h.byID(id); failure != nil {
			return nil, failure
		}
	}
	limit, marker := h.settings.PageSize, c.query["marker"]
	if text, given := c.query["limit"]; given {
		var ok bool
		if limit, ok = huaweiNumber(text); !ok || limit < 1 || limit > huaweiMaxAliases {
			return nil, huaweiFails("KMS.1601", "limit is not a number from 1 to %d", huaweiMaxAliases)
		}
	} else if marker != "" {
		return nil, huaweiFails("KMS.1602", "marker is given without limit")
	}
	entities, next := []huaweiReply{}, ""
	for _, a := range h.aliasesOf(k) {
		if marker != "" && a.name <= marker {
			continue
		}
		if len(entities) == limit {
			next = entities[limit-1]["alias"].(string)
			break
		}
		entities = append(entities, a.entity())
	}
	listing := huaweiReply{"aliases": entities, "page_info": huaweiReply{"next_marker": next, "current_count": len(entities)}}
	if h.settings.AliasObject {
		return listing, nil
	}
	return []huaweiReply{listing}, nil
}
