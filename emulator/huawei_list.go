package emulator

import (
	"maps"
	"slices"
	"strconv"
)

// details is what describe-key and list-keys say of a key.
func (h *HuaweiKMS) details(k *huaweiKey) huaweiReply {
	flag := "0"
	if k.owned {
		flag = "1"
	}
	return huaweiReply{
		"key_id": k.id, "domain_id": HuaweiDomainID, "key_alias": k.alias, "realm": HuaweiRegion, "key_spec": k.spec, "key_usage": k.usage,
		"key_description": k.description, "creation_date": h.date(k.created), "scheduled_deletion_date": h.date(k.deletion),
		"key_state": k.state, "default_key_flag": flag, "key_type": "1", "expiration_time": h.date(k.expires), "origin": k.origin,
		"key_rotation_enabled": strconv.FormatBool(k.rotation.enabled), "sys_enterprise_project_id": k.project, "keystore_id": "0",
	}
}

// newest returns the keys that are wanted, the newest first, as in the vendor's examples; its pages promise no order.
func (h *HuaweiKMS) newest(wanted func(*huaweiKey) bool) []*huaweiKey {
	keys := slices.SortedFunc(maps.Values(h.keys), func(a, b *huaweiKey) int { return b.number - a.number })
	return slices.DeleteFunc(keys, func(k *huaweiKey) bool { return !wanted(k) })
}

// ownKeys counts the account's keys, without those of services.
func (h *HuaweiKMS) ownKeys() int {
	return len(h.newest(func(k *huaweiKey) bool { return !k.owned }))
}

// listKeys lists keys of AES_256 unless it is asked for others, those of services among them.
func (h *HuaweiKMS) listKeys(c *huaweiCall) (any, *huaweiError) {
	limit := c.fields.number("limit", "KMS.1601", 1, huaweiMaxPage)
	from := 0
	if marker, given := c.fields.optional("marker"); given && marker != "" {
		var ok bool
		if from, ok = huaweiNumber(marker); !ok {
			c.fields.refuse("KMS.1602", "marker is not a string with a number from 0")
		}
	}
	state := c.fields.choice("key_state", "", "1", huaweiEnabled, huaweiDisabled, huaweiPending, huaweiAwaiting)
	spec := c.fields.choice("key_spec", "AES_256", append(huaweiSpecs(), "ALL")...)
	project, given := c.fields.optional("enterprise_project_id")
	if given && project != "all" && project != "0" && !huaweiIsID(project) {
		c.fields.refuse("KMS.0308", "enterprise_project_id is neither all nor 0 nor an id")
	}
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	if limit < 0 {
		limit = h.settings.PageSize
	}
	all := h.newest(func(k *huaweiKey) bool {
		return (state == "" || k.state == state) && (spec == "ALL" || k.spec == spec) && (!given || project == "all" || k.project == project)
	})
	page, next := all[min(from, len(all)):], ""
	if len(page) > limit {
		page, next = page[:limit], strconv.Itoa(from+limit)
	}
	ids, details := []string{}, []huaweiReply{}
	for _, k := range page {
		ids, details = append(ids, k.id), append(details, h.details(k))
	}
	return huaweiReply{
		"keys": ids, "key_details": details, "next_marker": next, "truncated": strconv.FormatBool(next != ""), "total": len(all),
	}, nil
}

func (h *HuaweiKMS) userQuotas(*huaweiCall) (any, *huaweiError) {
	return huaweiReply{"quotas": huaweiReply{"resources": []huaweiReply{
		{"type": "CMK", "used": h.ownKeys(), "quota": h.settings.KeyLimit},
		{"type": "grant_per_CMK", "used": 0, "quota": 100},
	}}}, nil
}

func (h *HuaweiKMS) userInstances(*huaweiCall) (any, *huaweiError) {
	return huaweiReply{"instance_num": h.ownKeys()}, nil
}
