package emulator

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// tencentPlain reports whether a text consists of ASCII letters, digits and the characters of also.
func tencentPlain(text, also string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		return !letter && !strings.ContainsRune(also, c)
	})
}

// checkText verifies the length and the characters of a key or a prefix.
func (t *Tencent) checkText(name, text string) *tencentError {
	length := len(text)
	if t.settings.KeyCharacters {
		length = utf8.RuneCountInString(text)
	}
	if length == 0 || length > tencentKeyLength {
		return tencentFails("InvalidParameterValue", "%s has to be 1 to %d long", name, tencentKeyLength)
	}
	if t.settings.AprilRules && !tencentPlain(text, "-_") {
		return tencentFails("InvalidParameterValue", "%s has to consist of letters, digits, - and _", name)
	}
	return nil
}

// checkKeys verifies the keys of a batch.
func (t *Tencent) checkKeys(keys []string) *tencentError {
	if len(keys) > tencentBatch {
		return tencentFails("InvalidParameter.KeysTooMany", "more than %d keys", tencentBatch)
	}
	if len(keys) == 0 {
		return tencentFails("InvalidParameterValue", "Keys is empty")
	}
	for _, key := range keys {
		if failure := t.checkText("a key", key); failure != nil {
			return failure
		}
	}
	return nil
}

// expiry decides when a key that is put now expires: the relative time goes before the absolute one, which is then not
// looked at, and neither means never.
func (t *Tencent) expiry(at int64, hasAt bool, ttl int64, hasTTL bool, now time.Time) (time.Time, *tencentError) {
	minTTL, ahead := int64(tencentMinTTL), int64(tencentMinTTL)
	if t.settings.AprilRules {
		minTTL, ahead = 1, 0
	}
	switch {
	case hasTTL:
		if ttl < minTTL || ttl > tencentLatestExpiry-now.Unix() {
			return time.Time{}, tencentFails("InvalidParameterValue", "ExpirationTTL has to be at least %d", minTTL)
		}
		return time.Unix(now.Unix()+ttl, int64(now.Nanosecond())), nil
	case hasAt:
		if at < now.Unix()+ahead || at > tencentLatestExpiry {
			return time.Time{}, tencentFails("InvalidParameterValue", "Expiration has to be at least %d seconds ahead", ahead)
		}
		return time.Unix(at, 0), nil
	}
	return time.Time{}, nil
}

// kvPut: tencentcloud.com, EdgeOne API, EdgeKVPut.
func (t *Tencent) kvPut(f *tencentFields, now time.Time) (tencentResult, *tencentError) {
	zoneID, name, key, value := f.text("ZoneId"), f.text("Namespace"), f.text("Key"), f.text("Value")
	at, hasAt := f.integer("Expiration")
	ttl, hasTTL := f.integer("ExpirationTTL")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	ns, failure := t.inNamespace(zoneID, name)
	if failure != nil {
		return nil, failure
	}
	if failure := t.checkText("Key", key); failure != nil {
		return nil, failure
	}
	if value == "" || len(value) > t.settings.MaxValueBytes {
		return nil, tencentFails("InvalidParameterValue", "Value has to have 1 to %d bytes", t.settings.MaxValueBytes)
	}
	expires, failure := t.expiry(at, hasAt, ttl, hasTTL, now)
	if failure != nil {
		return nil, failure
	}
	if !hasAt && !hasTTL && t.settings.KeepExpiry && t.store.present(ns.namespace, key, now) {
		versions := ns.keys[key]
		expires = versions[len(versions)-1].expires
	}
	if !t.makeRoom(ns, key, int64(len(key)+len(value)), now) {
		return nil, tencentFails("FailedOperation", "the namespace is full")
	}
	t.store.put(ns.namespace, key, now, &entry{value: []byte(value), expires: expires})
	return nil, nil
}

// makeRoom accounts for a write, and reports whether it fits.
func (t *Tencent) makeRoom(ns *tencentNamespace, key string, size int64, now time.Time) bool {
	if ns.atMost+size > t.settings.Capacity {
		// The account does not know of what was overwritten, removed or has expired: count.
		ns.atMost = t.bytesUsed(ns, now, "")
		if t.bytesUsed(ns, now, key)+size > t.settings.Capacity {
			return false
		}
	}
	ns.atMost += size
	return true
}

// bytesUsed counts the bytes in a namespace, one key left out.
func (t *Tencent) bytesUsed(ns *tencentNamespace, now time.Time, without string) (n int64) {
	for key, versions := range ns.keys {
		if key != without && t.store.present(ns.namespace, key, now) {
			n += int64(len(key) + len(versions[len(versions)-1].value))
		}
	}
	return n
}

// kvGet: tencentcloud.com, EdgeOne API, EdgeKVGet. A key that is asked for twice is answered twice.
func (t *Tencent) kvGet(f *tencentFields, now time.Time) (tencentResult, *tencentError) {
	zoneID, name, keys := f.text("ZoneId"), f.text("Namespace"), f.texts("Keys")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	ns, failure := t.inNamespace(zoneID, name)
	if failure != nil {
		return nil, failure
	}
	if failure := t.checkKeys(keys); failure != nil {
		return nil, failure
	}
	type datum struct{ Key, Value, Expiration string }
	data := make([]datum, 0, len(keys))
	for _, key := range keys {
		found := datum{Key: key} // no value means no key, as no key has the empty value
		if e, ok := t.store.get(ns.namespace, key, now); ok {
			found.Value = string(e.value)
			if !e.expires.IsZero() {
				found.Expiration = e.expires.UTC().Format(tencentTime)
			}
		}
		data = append(data, found)
	}
	return tencentResult{"Data": data}, nil
}

// kvDelete: tencentcloud.com, EdgeOne API, EdgeKVDelete. There is no code for a key that is not there: removing it
// succeeds. All keys of a request go at once.
func (t *Tencent) kvDelete(f *tencentFields, now time.Time) (tencentResult, *tencentError) {
	zoneID, name, keys := f.text("ZoneId"), f.text("Namespace"), f.texts("Keys")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	ns, failure := t.inNamespace(zoneID, name)
	if failure != nil {
		return nil, failure
	}
	if failure := t.checkKeys(keys); failure != nil {
		return nil, failure
	}
	for _, key := range keys {
		t.store.put(ns.namespace, key, now, nil)
	}
	return nil, nil
}

// tencentCursor is what an EdgeKVList cursor says, in base64.
type tencentCursor struct {
	Zone, Namespace, Prefix string
	After                   string // the last key that was listed
	Empty                   int    // the empty pages since
}

func (c tencentCursor) String() string {
	data, _ := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(data)
}

// kvList: tencentcloud.com, EdgeOne API, EdgeKVList. A prefix or a cursor that is not to be used has to be left out
// (for the cursor that is the stricter reading), and a cursor goes on only in the listing that it came from.
func (t *Tencent) kvList(f *tencentFields, now time.Time) (tencentResult, *tencentError) {
	zoneID, name := f.text("ZoneId"), f.text("Namespace")
	prefix, hasPrefix := f.optionalText("Prefix")
	cursor, hasCursor := f.optionalText("Cursor")
	limit, hasLimit := f.integer("Limit")
	if failure := f.end(); failure != nil {
		return nil, failure
	}
	ns, failure := t.inNamespace(zoneID, name)
	if failure != nil {
		return nil, failure
	}
	if hasPrefix {
		if failure := t.checkText("Prefix", prefix); failure != nil {
			return nil, failure
		}
	}
	if !hasLimit {
		limit = tencentPage
	}
	if limit < 1 || limit > tencentMaxPage {
		return nil, tencentFails("InvalidParameterValue", "Limit has to be 1 to %d", tencentMaxPage)
	}
	from := tencentCursor{Zone: zoneID, Namespace: name, Prefix: prefix}
	if hasCursor {
		data, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
		if err == nil {
			err = json.Unmarshal(data, &from)
		}
		if err != nil || from.String() != cursor || from.Zone != zoneID || from.Namespace != name || from.Prefix != prefix || from.Empty < 0 {
			return nil, tencentFails("InvalidParameterValue", "Cursor is not one of this listing")
		}
	}
	page, next := t.page(ns, from, int(limit), now)
	return tencentResult{"Keys": page, "Cursor": next}, nil
}

// page returns a page of a listing, and the cursor of the next.
func (t *Tencent) page(ns *tencentNamespace, from tencentCursor, limit int, now time.Time) ([]string, string) {
	if from.Empty < t.settings.EmptyPages {
		from.Empty++
		return []string{}, from.String()
	}
	order := strings.Compare
	keys := t.store.list(ns.namespace, from.Prefix, now)
	if t.settings.ShuffleList {
		order = compareShuffled
		slices.SortFunc(keys, order)
	}
	start := 0
	if from.After != "" {
		var found bool
		if start, found = slices.BinarySearchFunc(keys, from.After, order); found {
			start++
		}
	}
	keys = keys[start:]
	if len(keys) == 0 {
		return []string{}, ""
	}
	page := keys[:min(limit, len(keys))]
	if len(page) == len(keys) && t.settings.EmptyPages == 0 {
		return page, ""
	}
	from.After, from.Empty = page[len(page)-1], 0
	return page, from.String()
}

// compareShuffled orders keys by a hash.
func compareShuffled(a, b string) int {
	hash := func(s string) uint64 {
		h := fnv.New64a()
		_, _ = h.Write([]byte(s))
		return h.Sum64()
	}
	return cmp.Or(cmp.Compare(hash(a), hash(b)), strings.Compare(a, b))
}
