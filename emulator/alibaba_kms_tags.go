package emulator

import (
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// alibabaKMSTagsValid checks tags by "TagResources": of letters, digits and / \ _ - . + = : @, up to 128 of them, no key
// twice, and none of those that the vendor keeps for itself. Values may be empty.
func alibabaKMSTagsValid(pairs []alibabaKMSPair) bool {
	seen := map[string]bool{}
	for _, pair := range pairs {
		if !alibabaKMSTagKey(pair.key) || !alibabaKMSTagText(pair.value) || seen[pair.key] {
			return false
		}
		seen[pair.key] = true
	}
	return true
}

func alibabaKMSTagKey(key string) bool {
	return key != "" && alibabaKMSTagText(key) && !strings.HasPrefix(key, "aliyun") && !strings.HasPrefix(key, "acs:")
}

func alibabaKMSTagText(s string) bool {
	strange := func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune(`/\_-.+=:@`, c)
	}
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= alibabaKMSMaxTag && !strings.ContainsFunc(s, strange)
}

// tagged reads what all actions on the tags of resources have: the type, and keys by their ids.
func (a *AlibabaKMS) tagged(c *alibabaKMSCall) ([]*alibabaKMSKey, *alibabaError) {
	if _, err := c.needs("RegionId", "ResourceType"); err != nil {
		return nil, err
	}
	if c.text("RegionId") != alibabaRegion {
		return nil, alibabaBad("RegionId")
	}
	// Secrets have tags too; there are none here.
	if c.text("ResourceType") != "key" {
		return nil, alibabaBad("ResourceType")
	}
	ids, err := c.numbered("ResourceId", alibabaKMSMaxResources)
	if err != nil {
		return nil, err
	}
	keys := []*alibabaKMSKey{}
	for _, id := range ids {
		k, ok := a.keys[id[0]]
		if !ok {
			return nil, alibabaFault("Forbidden.KeyNotFound")
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// taggedOwn is tagged for actions that change keys, of which there has to be one.
func (a *AlibabaKMS) taggedOwn(c *alibabaKMSCall) ([]*alibabaKMSKey, *alibabaError) {
	keys, err := a.tagged(c)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, alibabaKMSNeeds("ResourceId.1")
	}
	for _, k := range keys {
		if err := a.own(k); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func (a *AlibabaKMS) tagResources(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	keys, err := a.taggedOwn(c)
	if err != nil {
		return nil, err
	}
	rows, err := c.numbered("Tag", alibabaKMSMaxTags, "Key", "Value")
	if err != nil {
		return nil, err
	}
	pairs := []alibabaKMSPair{}
	for _, row := range rows {
		pairs = append(pairs, alibabaKMSPair{row[0], row[1]})
	}
	if len(pairs) == 0 {
		return nil, alibabaKMSNeeds("Tag.1.Key")
	}
	if !alibabaKMSTagsValid(pairs) {
		return nil, alibabaBad("Tag")
	}
	return a.tag(keys, pairs, alibabaKMSMaxTags)
}

// tag sets tags on all keys or on none.
func (a *AlibabaKMS) tag(keys []*alibabaKMSKey, pairs []alibabaKMSPair, limit int) (alibabaReply, *alibabaError) {
	for _, k := range keys {
		after := maps.Clone(k.tags)
		for _, pair := range pairs {
			after[pair.key] = pair.value
		}
		if len(after) > limit {
			return nil, alibabaFault("Rejected.LimitExceeded")
		}
	}
	for _, k := range keys {
		for _, pair := range pairs {
			k.tags[pair.key] = pair.value
		}
	}
	return alibabaReply{}, nil
}

func (a *AlibabaKMS) untagResources(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	keys, err := a.taggedOwn(c)
	if err != nil {
		return nil, err
	}
	all, err := c.flag("All")
	if err != nil {
		return nil, err
	}
	rows, err := c.numbered("TagKey", alibabaKMSMaxTags)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 && !all {
		return nil, alibabaKMSNeeds("TagKey.1")
	}
	for _, k := range keys {
		for _, row := range rows {
			delete(k.tags, row[0])
		}
		if len(rows) == 0 { // All counts where no keys are named
			clear(k.tags)
		}
	}
	return alibabaReply{}, nil
}

// listTagResources lists the tags of keys, or of those keys that have all the tags asked for. The token of the next
// page is nothing to be read by clients.
func (a *AlibabaKMS) listTagResources(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	keys, err := a.tagged(c)
	if err != nil {
		return nil, err
	}
	rows, err := c.numbered("Tag", alibabaKMSMaxTags, "Key", "Value")
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		if len(rows) == 0 {
			return nil, alibabaKMSNeeds("ResourceId.1")
		}
		keys = slices.Collect(maps.Values(a.keys))
	}
	slices.SortFunc(keys, func(x, y *alibabaKMSKey) int { return int(x.serial - y.serial) })
	list := []alibabaReply{}
	for _, k := range slices.Compact(keys) {
		lacks := func(row []string) bool {
			value, ok := k.tags[row[0]]
			return !ok || row[1] != "" && row[1] != value
		}
		if slices.ContainsFunc(rows, lacks) {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(k.tags)) {
			list = append(list, alibabaReply{"ResourceId": k.id, "ResourceType": "key", "TagKey": key, "TagValue": k.tags[key]})
		}
	}
	from := 0
	if token := c.text("NextToken"); token != "" {
		raw, bad := base64.URLEncoding.DecodeString(token)
		n, ok := alibabaInteger(string(raw), 31)
		if bad != nil || !ok || n <= 0 || int(n) > len(list) {
			return nil, alibabaBad("NextToken")
		}
		from = int(n)
	}
	to, next := min(from+alibabaKMSTagsPage, len(list)), ""
	if to < len(list) {
		next = base64.URLEncoding.EncodeToString([]byte(strconv.Itoa(to)))
	}
	return alibabaReply{"TagResources": alibabaReply{"TagResource": list[from:to]}, "NextToken": next}, nil
}

// tagResource is the older form, for one key.
func (a *AlibabaKMS) tagResource(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	k, err := a.findOwn(c, "KeyId")
	if err != nil {
		return nil, err
	}
	if _, err := c.need("Tags"); err != nil {
		return nil, err
	}
	pairs, err := c.tags("Tags")
	if err != nil {
		return nil, err
	}
	if len(pairs) == 0 || len(pairs) > alibabaKMSMaxOldTags {
		return nil, alibabaBad("Tags")
	}
	return a.tag([]*alibabaKMSKey{k}, pairs, alibabaKMSMaxOldTags)
}

func (a *AlibabaKMS) untagResource(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	k, err := a.findOwn(c, "KeyId")
	if err != nil {
		return nil, err
	}
	text, err := c.need("TagKeys")
	if err != nil {
		return nil, err
	}
	keys, ok := alibabaStrings([]byte(text))
	if !ok || len(keys) == 0 || len(keys) > alibabaKMSMaxOldTags {
		return nil, alibabaBad("TagKeys")
	}
	for _, key := range keys {
		delete(k.tags, key)
	}
	return alibabaReply{}, nil
}

func (a *AlibabaKMS) listResourceTags(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	k, err := a.find(c, "KeyId")
	if err != nil {
		return nil, err
	}
	list := []alibabaReply{}
	for _, key := range slices.Sorted(maps.Keys(k.tags)) {
		list = append(list, alibabaReply{"TagKey": key, "TagValue": k.tags[key], "KeyId": k.id})
	}
	return alibabaReply{"Tags": alibabaReply{"Tag": list}}, nil
}
