package emulator

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// validTencentName reports whether a namespace may have a name: 1 to 50 letters, digits and single inner hyphens.
func validTencentName(name string) bool {
	if len(name) == 0 || len(name) > tencentNameLength {
		return false
	}
	for part := range strings.SplitSeq(name, "-") {
		if part == "" || !tencentPlain(part, "") {
			return false
		}
	}
	return true
}

func checkTencentRemark(remark string) *tencentError {
	if utf8.RuneCountInString(remark) > tencentRemarkLength {
		return tencentFails("InvalidParameter.RemarkTooLong", "Remark is longer than %d characters", tencentRemarkLength)
	}
	return nil
}

// createNamespace: tencentcloud.com, EdgeOne API, CreateEdgeKVNamespace. Names that differ in case are two names. The
// page lists one code that can mean a name which is taken, DuplicateBindingName; for the full zone it lists none, and
// the one that DescribeEdgeKVNamespaces lists is used.
func (t *Tencent) createNamespace(f *tencentFields, now time.Time) (tencentResult, *tencentError) {
	zoneID, name := f.text("ZoneId"), f.text("Namespace")
	remark, _ := f.optionalText("Remark")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	zone, failure := t.inZone(zoneID)
	if failure != nil {
		return nil, failure
	}
	if !validTencentName(name) {
		return nil, tencentFails("InvalidParameter.BadNamespaceName", "a name has 1 to %d letters, digits and single inner hyphens", tencentNameLength)
	}
	if failure := checkTencentRemark(remark); failure != nil {
		return nil, failure
	}
	if zone[name] != nil {
		return nil, tencentFails("InvalidParameter.DuplicateBindingName", "there is a namespace %q already", name)
	}
	if len(zone) >= t.settings.NamespaceLimit {
		return nil, tencentFails("LimitExceeded.NamespaceLimitExceeded", "the zone has %d namespaces already", len(zone))
	}
	ns := &namespace{id: zoneID + "/" + name, name: name, description: remark, created: now, updated: now}
	t.store.add(ns)
	zone[name] = &tencentNamespace{namespace: ns}
	return nil, nil
}

// modifyNamespace: tencentcloud.com, EdgeOne API, ModifyEdgeKVNamespace. An empty remark clears the old one; the page
// does not say what an absent one does.
func (t *Tencent) modifyNamespace(f *tencentFields, now time.Time) (tencentResult, *tencentError) {
	zoneID, name := f.text("ZoneId"), f.text("Namespace")
	remark, has := f.optionalText("Remark")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	ns, failure := t.inNamespace(zoneID, name)
	if failure != nil {
		return nil, failure
	}
	if failure := checkTencentRemark(remark); failure != nil {
		return nil, failure
	}
	if has || t.settings.ClearRemark {
		ns.description = remark
	}
	ns.updated = now
	return nil, nil
}

// deleteNamespace: tencentcloud.com, EdgeOne API, DeleteEdgeKVNamespace.
func (t *Tencent) deleteNamespace(f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	zoneID, name := f.text("ZoneId"), f.text("Namespace")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	ns, failure := t.inNamespace(zoneID, name)
	if failure != nil {
		return nil, failure
	}
	if len(ns.functions) > 0 {
		return nil, tencentFails("InvalidParameter.NamespaceInUse", "%d edge functions refer to the namespace", len(ns.functions))
	}
	delete(t.zones[zoneID], name)
	delete(t.store.namespaces, ns.id)
	return nil, nil
}

// tencentFilter selects namespaces: those of which a property equals, or contains, one of the values.
type tencentFilter struct {
	remark bool // the remark, or else the name
	values []string
	fuzzy  bool
}

func (f tencentFilter) matches(ns *tencentNamespace) bool {
	text := ns.name
	if f.remark {
		text = ns.description
	}
	return slices.ContainsFunc(f.values, func(value string) bool {
		return text == value || f.fuzzy && strings.Contains(text, value)
	})
}

// takeTencentFilters reads the filters of a request. Their names are in lower case: the English page prints one of
// them with a capital, the Chinese one does not.
func takeTencentFilters(f *tencentFields) ([]tencentFilter, *tencentError) {
	var filters []tencentFilter
	for _, object := range f.objects("Filters") {
		name := object.text("Name")
		filter := tencentFilter{remark: name == "remark", values: object.texts("Values"), fuzzy: object.boolean("Fuzzy")}
		if failure := object.end(); failure != nil {
			return nil, failure
		}
		if name != "namespace" && name != "remark" {
			return nil, tencentFails("InvalidParameter.InvalidFilterName", "there is no filter %q", name)
		}
		if len(filter.values) == 0 || len(filter.values) > tencentFilterValues {
			return nil, tencentFails("InvalidParameterValue", "a filter has 1 to %d values", tencentFilterValues)
		}
		filters = append(filters, filter)
	}
	return filters, nil
}

// describeNamespaces: tencentcloud.com, EdgeOne API, DescribeEdgeKVNamespaces. Namespaces that are equally old are in
// the order of their names.
func (t *Tencent) describeNamespaces(f *tencentFields, now time.Time) (tencentResult, *tencentError) {
	zoneID := f.text("ZoneId")
	offset, _ := f.integer("Offset")
	limit, hasLimit := f.integer("Limit")
	by, hasBy := f.optionalText("SortBy")
	order, hasOrder := f.optionalText("SortOrder")
	filters, failure := takeTencentFilters(f)
	if wrong := f.end(); wrong != nil {
		failure = wrong
	}
	if failure != nil {
		return nil, failure
	}
	zone, failure := t.inZone(zoneID)
	if failure != nil {
		return nil, failure
	}
	if !hasLimit {
		limit = tencentPage
	}
	switch {
	case hasBy && by != "created-on" && by != "updated-on":
		return nil, tencentFails("InvalidParameter.InvalidSortBy", "SortBy has to be created-on or updated-on")
	case hasOrder && order != "asc" && order != "desc":
		return nil, tencentFails("InvalidParameter.InvalidSortOrder", "SortOrder has to be asc or desc")
	case limit < 1 || limit > tencentMaxPage:
		return nil, tencentFails("InvalidParameterValue", "Limit has to be 1 to %d", tencentMaxPage)
	case offset < 0:
		return nil, tencentFails("InvalidParameterValue", "Offset is negative")
	}

	var found []*tencentNamespace
	for _, ns := range zone {
		if !slices.ContainsFunc(filters, func(filter tencentFilter) bool { return !filter.matches(ns) }) {
			found = append(found, ns)
		}
	}
	slices.SortFunc(found, func(a, b *tencentNamespace) int {
		n := a.created.Compare(b.created)
		if by == "updated-on" {
			n = a.updated.Compare(b.updated)
		}
		if order != "asc" {
			n = -n
		}
		return cmp.Or(n, strings.Compare(a.name, b.name))
	})
	total := len(found)
	found = found[min(offset, int64(total)):]
	found = found[:min(limit, int64(len(found)))]
	shown := make([]tencentResult, 0, len(found))
	for _, ns := range found {
		shown = append(shown, t.describe(zoneID, ns, now))
	}
	return tencentResult{"TotalCount": total, "KVNamespaces": shown}, nil
}

// describe returns what the vendor says of a namespace.
func (t *Tencent) describe(zoneID string, ns *tencentNamespace, now time.Time) tencentResult {
	references := make([]map[string]string, 0, len(ns.functions))
	for _, id := range ns.functions {
		references = append(references, map[string]string{
			"ReferenceType": "edge-function",
			"ReferenceId":   id,
			"ReferenceName": id,
			"ZoneId":        zoneID,
			"ZoneName":      zoneID + ".example",
			"AliasZoneName": "",
		})
	}
	return tencentResult{
		"Namespace":    ns.name,
		"Remark":       ns.description,
		"Capacity":     t.settings.Capacity,
		"CapacityUsed": t.bytesUsed(ns, now, ""),
		"References":   references,
		"CreatedOn":    ns.created.UTC().Format(tencentTime),
		"ModifiedOn":   ns.updated.UTC().Format(tencentTime),
	}
}
