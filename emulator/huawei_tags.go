package emulator

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of tags: support.huaweicloud.com, DEW API Reference, Managing Tags.
const (
	huaweiTagsPerKey    = 10
	huaweiTagKey        = 36
	huaweiTagValue      = 43
	huaweiMatchValue    = 255
	huaweiResourcesPage = 10
)

// huaweiTag is a tag of a key.
type huaweiTag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// readHuaweiTag takes a tag out of an object and checks it.
func readHuaweiTag(f *huaweiFields) (tag huaweiTag, failure *huaweiError) {
	tag.Key = f.text("key")
	tag.Value, _ = f.optional("value")
	if failure := f.end(); failure != nil {
		return tag, failure
	}
	return tag, huaweiCheckTag(tag.Key, tag.Value)
}

func huaweiCheckTag(key string, values ...string) *huaweiError {
	banned := func(c rune) bool { return c < ' ' || strings.ContainsRune(`*<>\=`, c) }
	switch n := utf8.RuneCountInString(key); {
	case n == 0 || n > huaweiTagKey:
		return huaweiFails("KMS.0411", "the key of a tag has 1 to %d characters", huaweiTagKey)
	case strings.ContainsFunc(key, banned):
		return huaweiFails("KMS.0406", `the key of a tag has control characters or *<>\=`)
	}
	for _, value := range values {
		switch {
		case utf8.RuneCountInString(value) > huaweiTagValue:
			return huaweiFails("KMS.0410", "the value of a tag has at most %d characters", huaweiTagValue)
		case strings.ContainsFunc(value, banned):
			return huaweiFails("KMS.0405", `the value of a tag has control characters or *<>\=`)
		}
	}
	return nil
}

// with returns the tags of a key and one more, which takes the place of one with its key.
func (t huaweiTag) with(tags []huaweiTag) []huaweiTag {
	return append(t.without(tags), t)
}

func (t huaweiTag) without(tags []huaweiTag) []huaweiTag {
	return slices.DeleteFunc(slices.Clone(tags), func(other huaweiTag) bool { return other.Key == t.Key })
}

func (h *HuaweiKMS) createTag(c *huaweiCall) (any, *huaweiError) {
	object, _ := c.fields.object("tag", true)
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	tag, failure := readHuaweiTag(object)
	if failure != nil {
		return nil, failure
	}
	k, failure := h.changeable(c.route.keyID)
	if failure != nil {
		return nil, failure
	}
	return nil, k.retag(tag.with(k.tags))
}

// retag gives a key its tags.
func (k *huaweiKey) retag(tags []huaweiTag) *huaweiError {
	if len(tags) > huaweiTagsPerKey {
		return huaweiFails("KMS.0409", "a key has at most %d tags", huaweiTagsPerKey)
	}
	k.tags = tags
	return nil
}

// batchTags adds or removes all of its tags or none. To remove what is not there succeeds, as with the vendor's other
// services.
func (h *HuaweiKMS) batchTags(c *huaweiCall) (any, *huaweiError) {
	objects, _ := c.fields.objects("tags")
	action := c.fields.text("action")
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	switch {
	case action != "create" && action != "delete":
		return nil, huaweiFails("KMS.0404", "action is neither create nor delete")
	case len(objects) == 0:
		return nil, huaweiFails("KMS.0401", "tags is missing or empty")
	case len(objects) > huaweiTagsPerKey:
		return nil, huaweiFails("KMS.0407", "tags has more than %d elements", huaweiTagsPerKey)
	}
	var changes []huaweiTag
	for _, object := range objects {
		tag, failure := readHuaweiTag(object)
		if failure != nil {
			return nil, failure
		}
		if slices.ContainsFunc(changes, func(other huaweiTag) bool { return other.Key == tag.Key }) {
			return nil, huaweiFails("KMS.0406", "a key is twice in tags")
		}
		changes = append(changes, tag)
	}
	k, failure := h.changeable(c.route.keyID)
	if failure != nil {
		return nil, failure
	}
	tags := k.tags
	for _, tag := range changes {
		if action == "create" {
			tags = tag.with(tags)
		} else {
			tags = tag.without(tags)
		}
	}
	return nil, k.retag(tags)
}

func (h *HuaweiKMS) deleteTag(c *huaweiCall) (any, *huaweiError) {
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	k, failure := h.changeable(c.route.keyID)
	if failure != nil {
		return nil, failure
	}
	left := huaweiTag{Key: c.route.tagKey}.without(k.tags)
	if len(left) == len(k.tags) {
		return nil, huaweiFails("KMS.0416", "the key has no such tag")
	}
	return nil, k.retag(left)
}

func (h *HuaweiKMS) listKeyTags(c *huaweiCall) (any, *huaweiError) {
	k, failure := h.byID(c.route.keyID)
	if failure != nil {
		return nil, failure
	}
	return huaweiReply{"tags": append([]huaweiTag{}, k.tags...), "existTagsNum": len(k.tags)}, nil
}

// listTags lists the tags of all keys, each key of a tag with all its values.
func (h *HuaweiKMS) listTags(*huaweiCall) (any, *huaweiError) {
	values := map[string][]string{}
	var names []string
	for _, k := range h.keys {
		for _, tag := range k.tags {
			if values[tag.Key] == nil {
				names = append(names, tag.Key)
			}
			if !slices.Contains(values[tag.Key], tag.Value) {
				values[tag.Key] = append(values[tag.Key], tag.Value)
			}
		}
	}
	slices.Sort(names)
	tags := []huaweiReply{}
	for _, name := range names {
		slices.Sort(values[name])
		tags = append(tags, huaweiReply{"key": name, "values": values[name]})
	}
	return huaweiReply{"tags": tags}, nil
}

// huaweiFilter picks keys by their tags: each key of a filter with one of its values, or with any where it has none.
type huaweiFilter struct {
	key    string
	values []string
}

// listResources finds or counts the account's own keys by their tags and names.
func (h *HuaweiKMS) listResources(c *huaweiCall) (any, *huaweiError) {
	action, _ := c.fields.optional("action")
	limit := c.fields.number("limit", "KMS.0414", 1, huaweiMaxPage)
	_, paged := c.fields.raw["offset"]
	offset := max(c.fields.number("offset", "KMS.0417", 0, 999_999_999), 0)
	wanted, _ := c.fields.objects("tags")
	matches, _ := c.fields.objects("matches")
	if failure := c.fields.end(); failure != nil {
		return nil, failure
	}
	switch {
	case action != "filter" && action != "count":
		return nil, huaweiFails("KMS.0404", "action is neither filter nor count")
	case action == "count" && paged:
		return nil, huaweiFails("KMS.0418", "count takes no offset")
	case len(wanted) > huaweiTagsPerKey:
		return nil, huaweiFails("KMS.0407", "tags has more than %d elements", huaweiTagsPerKey)
	}
	filters, name, failure := readHuaweiFilters(wanted, matches)
	if failure != nil {
		return nil, failure
	}
	found := h.newest(func(k *huaweiKey) bool {
		return !k.owned && strings.Contains(k.alias, name) && !slices.ContainsFunc(filters, func(f huaweiFilter) bool { return !f.fits(k.tags) })
	})
	if action == "count" {
		return huaweiReply{"total_count": len(found)}, nil
	}
	if limit < 0 {
		limit = huaweiResourcesPage
	}
	page := found[min(offset, len(found)):]
	resources := []huaweiReply{}
	for _, k := range page[:min(limit, len(page))] {
		resources = append(resources, huaweiReply{
			"resource_id": k.id, "resource_name": k.alias, "resource_detail": h.details(k), "tags": append([]huaweiTag{}, k.tags...),
		})
	}
	return huaweiReply{"resources": resources, "total_count": len(found)}, nil
}

func (f huaweiFilter) fits(tags []huaweiTag) bool {
	return slices.ContainsFunc(tags, func(t huaweiTag) bool {
		return t.Key == f.key && (len(f.values) == 0 || slices.Contains(f.values, t.Value))
	})
}

// readHuaweiFilters reads the tags and the part of a name to look for.
func readHuaweiFilters(wanted, matches []*huaweiFields) (filters []huaweiFilter, name string, failure *huaweiError) {
	for _, object := range wanted {
		key := object.text("key")
		values, _ := object.texts("values")
		if failure := object.end(); failure != nil {
			return nil, "", failure
		}
		if failure := huaweiCheckTag(key, values...); failure != nil {
			return nil, "", failure
		}
		if len(values) > huaweiTagsPerKey {
			return nil, "", huaweiFails("KMS.0413", "values has more than %d elements", huaweiTagsPerKey)
		}
		filters = append(filters, huaweiFilter{key, values})
	}
	for _, object := range matches {
		key, value := object.text("key"), object.text("value")
		if failure := object.end(); failure != nil {
			return nil, "", failure
		}
		switch n := utf8.RuneCountInString(value); {
		case key != "resource_name" || name != "":
			return nil, "", huaweiFails("KMS.0403", "matches is for resource_name only, once")
		case n == 0 || n > huaweiMatchValue:
			return nil, "", huaweiFails("KMS.0402", "the value of a match has 1 to %d characters", huaweiMatchValue)
		}
		name = value
	}
	return filters, name, nil
}
