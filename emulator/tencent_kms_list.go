package emulator

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// describe returns what the vendor says of a key: tencentcloud.com, KMS API, KeyMetadata.
func (r *tencentKMSRegion) describe(k *tencentKMSKey) tencentResult {
	kind, origin := 2, "TENCENT_KMS"
	if r.guomi {
		kind = 4
	}
	if k.external {
		origin = "EXTERNAL"
	}
	next, uin := k.next, strconv.FormatInt(tencentKMSUin, 10)
	if !k.rotates { // the sample has a time here without a rotation, too
		next = k.created.Add(tencentKMSMaxRotation * tencentKMSDay)
	}
	return tencentResult{
		"KeyId": k.id, "Alias": k.alias, "CreateTime": k.created.Unix(), "Description": k.description, "KeyState": k.state,
		"KeyUsage": k.usage, "Type": kind, "CreatorUin": tencentKMSUin, "KeyRotationEnabled": k.rotates, "Owner": k.owner,
		"NextRotateTime": next.Unix(), "DeletionDate": tencentKMSUnix(k.deletes), "Origin": origin, "ValidTo": k.validTo,
		"ResourceId": "creatorUin/" + uin + "/" + k.id, "HsmClusterId": "", "RotateDays": k.days, "LastRotateTime": tencentKMSUnix(k.last),
		"IsSyncReplica": 0, "SourceRegion": "", "SyncStatus": 0, "SyncMessages": "", "SyncStartTime": 0, "SyncEndTime": 0,
		"SourceHsmClusterId": "", "AccountUin": tencentKMSUin, "CreatorUinString": uin,
	}
}

// tencentKMSUnix returns a time in seconds, 0 for none.
func tencentKMSUnix(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.Unix()
}

// describeKey: tencentcloud.com, KMS API, DescribeKey.
func (t *TencentKMS) describeKey(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	key, failure := r.only(f)
	if failure != nil {
		return nil, failure
	}
	return tencentResult{"KeyMetadata": r.describe(key)}, nil
}

// several returns the keys of a batch.
func (r *tencentKMSRegion) several(f *tencentFields, find func(string) (*tencentKMSKey, *tencentError)) ([]*tencentKMSKey, *tencentError) {
	ids := f.texts("KeyIds")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	if len(ids) == 0 || len(ids) > tencentKMSBatch {
		return nil, tencentFails(tencentKMSBadParameter, "KeyIds has to have 1 to %d ids", tencentKMSBatch)
	}
	var keys []*tencentKMSKey
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			return nil, tencentFails("InvalidParameterValue.DuplicatedKeyId", "the id %q occurs more than once", id)
		}
		key, failure := find(id)
		if failure != nil {
			return nil, failure
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// describeKeys: tencentcloud.com, KMS API, DescribeKeys. One key that is not there makes all of it fail.
func (t *TencentKMS) describeKeys(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	keys, failure := r.several(f, r.find)
	if failure != nil {
		return nil, failure
	}
	shown := make([]tencentResult, 0, len(keys))
	for _, key := range keys {
		shown = append(shown, r.describe(key))
	}
	return tencentResult{"KeyMetadatas": shown}, nil
}

// tencentKMSQuery is what both listings have in common.
type tencentKMSQuery struct {
	offset, limit, role int64
	cluster             func() *tencentError
}

func takeTencentKMSQuery(f *tencentFields) tencentKMSQuery {
	q := tencentKMSQuery{limit: tencentKMSPage}
	q.offset, _ = f.integer("Offset")
	if limit, ok := f.integer("Limit"); ok {
		q.limit = limit
	}
	q.role, _ = f.integer("Role")
	q.cluster = checkTencentKMSCluster(f)
	return q
}

func (q tencentKMSQuery) check() *tencentError {
	switch {
	case q.offset < 0:
		return tencentFails(tencentKMSBadParameter, "Offset is negative")
	case q.limit < 1 || q.limit > tencentKMSMaxPage:
		return tencentFails(tencentKMSBadParameter, "Limit has to be 1 to %d", tencentKMSMaxPage)
	case q.role != 0 && q.role != 1:
		return tencentFails(tencentKMSBadParameter, "Role has to be 0 or 1")
	}
	return q.cluster()
}

// page returns one page of the keys that match, and how many match. The newest come first.
func (r *tencentKMSRegion) page(q tencentKMSQuery, oldestFirst bool, matches func(*tencentKMSKey) bool) ([]*tencentKMSKey, int) {
	keys := slices.SortedFunc(maps.Values(r.keys), func(a, b *tencentKMSKey) int {
		if oldestFirst {
			return a.number - b.number
		}
		return b.number - a.number
	})
	keys = slices.DeleteFunc(keys, func(k *tencentKMSKey) bool {
		return (k.owner == tencentKMSUser) != (q.role == 0) || !matches(k)
	})
	total := len(keys)
	keys = keys[min(q.offset, int64(total)):]
	return keys[:min(q.limit, int64(len(keys)))], total
}

// listKeys: tencentcloud.com, KMS API, ListKeys. The order is not in the pages.
func (t *TencentKMS) listKeys(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	query := takeTencentKMSQuery(f)
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	if failure := query.check(); failure != nil {
		return nil, failure
	}
	keys, total := r.page(query, false, func(k *tencentKMSKey) bool {
		return k.in(tencentKMSEnabled, tencentKMSDisabled, tencentKMSImports) == nil
	})
	shown := make([]tencentResult, 0, len(keys))
	for _, key := range keys {
		shown = append(shown, tencentResult{"KeyId": key.id})
	}
	return tencentResult{"Keys": shown, "TotalCount": total}, nil
}

// tencentKMSTagFilter selects keys by a tag: one of the values, or any where there are none.
type tencentKMSTagFilter struct {
	name   string
	values []string
}

func takeTencentKMSTagFilters(f *tencentFields) (filters []tencentKMSTagFilter, failure *tencentError) {
	for _, object := range f.objects("TagFilters") {
		filter := tencentKMSTagFilter{name: object.text("TagKey")}
		for _, raw := range object.list("TagValue", false) {
			value, ok := tencentString(raw)
			if !ok {
				object.wrong("TagValue", "an array of strings")
			}
			filter.values = append(filter.values, value)
		}
		if failure := object.end(); failure != nil {
			return nil, failure
		}
		filters = append(filters, filter)
	}
	return filters, nil
}

func (filter tencentKMSTagFilter) matches(k *tencentKMSKey) bool {
	value, ok := k.tags[filter.name]
	return ok && (len(filter.values) == 0 || slices.Contains(filter.values, value))
}

// listKeyDetail: tencentcloud.com, KMS API, ListKeyDetail. Without KeyUsage it shows symmetric keys only. Keys of
// other accounts of an organization are not there to be shown.
func (t *TencentKMS) listKeyDetail(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	query := takeTencentKMSQuery(f)
	order, _ := f.integer("OrderType")
	state, _ := f.integer("KeyState")
	search, _ := f.optionalText("SearchKeyAlias")
	origin, _ := f.optionalText("Origin")
	usage, _ := f.optionalText("KeyUsage")
	members := f.list("MemberAccounts", false)
	filters, failure := takeTencentKMSTagFilters(f)
	if wrong := f.end(); wrong != nil {
		failure = wrong
	}
	if failure == nil {
		failure = query.check()
	}
	if failure != nil {
		return nil, failure
	}
	states := []string{"", tencentKMSEnabled, tencentKMSDisabled, tencentKMSDeleting, tencentKMSImports, tencentKMSArchived}
	if usage == "" {
		usage = tencentKMSEncrypt
	}
	switch {
	case order != 0 && order != 1:
		return nil, tencentFails(tencentKMSBadParameter, "OrderType has to be 0 or 1")
	case state < 0 || state >= int64(len(states)):
		return nil, tencentFails(tencentKMSBadParameter, "KeyState has to be 0 to %d", len(states)-1)
	case !slices.Contains([]string{"", "ALL", "TENCENT_KMS", "EXTERNAL"}, origin):
		return nil, tencentFails(tencentKMSBadParameter, "there is no origin %q", origin)
	case usage != "ALL" && usage != tencentKMSEncrypt && !strings.HasPrefix(usage, "ASYMMETRIC_"):
		return nil, tencentFails(tencentKMSBadParameter, "there is no key usage %q", usage)
	case len(members) > 0:
		return nil, tencentFails("UnsupportedOperation", "the account belongs to no organization")
	}
	keys, total := r.page(query, order == 1, func(k *tencentKMSKey) bool {
		return (state == 0 || k.state == states[state]) &&
			(usage == "ALL" || k.usage == usage) &&
			(origin == "" || origin == "ALL" || k.external == (origin == "EXTERNAL")) &&
			(strings.Contains(k.id, search) || strings.Contains(k.alias, search)) &&
			!slices.ContainsFunc(filters, func(filter tencentKMSTagFilter) bool { return !filter.matches(k) })
	})
	shown := make([]tencentResult, 0, len(keys))
	for _, key := range keys {
		shown = append(shown, r.describe(key))
	}
	return tencentResult{"KeyMetadatas": shown, "TotalCount": total}, nil
}

// getRegions: tencentcloud.com, KMS API, GetRegions.
func (t *TencentKMS) getRegions(_ *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	return tencentResult{"Regions": slices.Sorted(maps.Keys(t.regions))}, f.end()
}

// listAlgorithms: tencentcloud.com, KMS API, ListAlgorithms.
func (t *TencentKMS) listAlgorithms(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	symmetric, decrypt, sign := t.algorithms(r)
	return tencentResult{
		"SymmetricAlgorithms": symmetric, "AsymmetricAlgorithms": decrypt, "AsymmetricSignVerifyAlgorithms": sign,
	}, f.end()
}

// serviceStatus: tencentcloud.com, KMS API, GetServiceStatus. The service is bought, in its smallest edition.
func (t *TencentKMS) serviceStatus(r *tencentKMSRegion, f *tencentFields, _ time.Time) (tencentResult, *tencentError) {
	return tencentResult{
		"ServiceEnabled": true, "InvalidType": 1, "UserLevel": 0, "ProExpireTime": 0, "ProRenewFlag": 0, "ProResourceId": "",
		"ExclusiveVSMEnabled": false, "ExclusiveHSMEnabled": false, "SubscriptionInfo": "", "CmkUserCount": r.count(),
		"CmkLimit": t.settings.KeyLimit, "ExclusiveHSMList": []json.RawMessage{}, "IsAllowedDataKeyHosted": false,
		"QpsLimit": tencentKMSSymmetricRate,
	}, f.end()
}
