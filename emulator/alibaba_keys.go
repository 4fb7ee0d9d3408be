package emulator

import (
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// alibabaLatest is the last second that an expiry may be at, the end of the year 9999. The vendor names no limit.
const alibabaLatest = 253402300799

// checkKey refuses what cannot be a key.
func (a *Alibaba) checkKey(key string) *alibabaError {
	switch {
	case len(key) > alibabaMaxKey:
		return alibabaFault("InvalidKey.ExceedsMaximum")
	// Newer pages forbid spaces and slashes, older ones spaces and backslashes: all of them are refused.
	case key == "", !utf8.ValidString(key), strings.ContainsAny(key, ` /\`), a.config.GuideKeys && !alibabaWord(key):
		return alibabaFault("InvalidKey.Malformed")
	}
	return nil
}

// key returns the namespace and key that a request is about.
func (a *Alibaba) key(c *alibabaCall) (*alibabaNamespace, string, *alibabaError) {
	if _, err := c.params.required("Namespace"); err != nil {
		return nil, "", err
	}
	key, err := c.params.required("Key")
	if err != nil {
		return nil, "", err
	}
	ns, err := a.online(c)
	if err != nil {
		return nil, "", err
	}
	return ns, key, a.checkKey(key)
}

// expiry works out when a key ends: ttl seconds from now, which wins over the Unix time, which may not be past.
// Whether a TTL of zero or less means anything is not documented: it is refused.
func (a *Alibaba) expiry(now time.Time, at, ttl *int64) (expires time.Time, seconds int64, ok bool) {
	switch {
	case ttl != nil:
		ok = *ttl >= 1 && *ttl <= alibabaLatest-now.Unix()
		return time.Unix(now.Unix()+*ttl, int64(now.Nanosecond())), *ttl, ok
	case at != nil:
		ok = *at >= now.Unix() && *at <= alibabaLatest
		return time.Unix(*at, 0), *at - now.Unix(), ok
	}
	return time.Time{}, 0, true
}

// alibabaEntry makes what is stored. The TTL it began with goes where other clouds keep a key's metadata.
func alibabaEntry(value []byte, expires time.Time, seconds int64, encoded bool) *entry {
	note, _ := json.Marshal(alibabaNote{TTL: seconds, Encoded: encoded})
	return &entry{value: value, expires: expires, metadata: note}
}

// alibabaNote is what is remembered of how a key was written.
type alibabaNote struct {
	TTL     int64
	Encoded bool // written with Base64
}

func (a *Alibaba) putKv(c *alibabaCall) (alibabaReply, *alibabaError) {
	ns, key, err := a.key(c)
	if err != nil {
		return nil, err
	}
	sent, err := c.params.required("Value")
	if err != nil {
		return nil, err
	}
	encoded, err := c.params.flag("Base64")
	if err != nil {
		return nil, err
	}
	at, err := c.params.integer("Expiration", 64)
	if err != nil {
		return nil, err
	}
	ttl, err := c.params.integer("ExpirationTtl", 64)
	if err != nil {
		return nil, err
	}
	value := []byte(sent)
	// Whether the limit is of a value's Base64 text or of what it stands for is not documented: it is of the text.
	size := len(value)
	if a.config.EncodedLimit {
		size = c.params.sent["Value"]
	}
	if size > alibabaMaxValue {
		return nil, alibabaFault("InvalidValue.ExceedsMaximum")
	}
	if encoded {
		var broken error
		if value, broken = base64.StdEncoding.Strict().DecodeString(sent); broken != nil || strings.ContainsAny(sent, "\r\n") {
			return nil, alibabaBad("Value")
		}
	}
	if !a.validValue(sent) {
		return nil, alibabaBad("Value")
	}
	expires, seconds, ok := a.expiry(c.now, at, ttl)
	if !ok {
		if ttl != nil {
			return nil, alibabaBad("ExpirationTtl")
		}
		return nil, alibabaBad("Expiration")
	}
	if !a.store1(ns, key, c.now, alibabaEntry(value, expires, seconds, encoded)) {
		return nil, alibabaFault("InvalidKey.ExceedsCapacity")
	}
	return alibabaReply{"Length": alibabaDigits(int64(len(value)), a.config.NumericLength), "Value": alibabaEcho(sent)}, nil
}

// validValue refuses text that no reply could give back, and the empty value, of which the vendor only says that it
// is "required".
func (a *Alibaba) validValue(value string) bool {
	return utf8.ValidString(value) && (value != "" || a.config.EmptyValues)
}

// alibabaEcho shortens a value of more than 256 characters to its first and last 100.
func alibabaEcho(value string) string {
	if utf8.RuneCountInString(value) <= 256 {
		return value
	}
	runes := []rune(value)
	return string(runes[:100]) + string(runes[len(runes)-100:])
}

// store1 writes a key if the namespace has room for it.
func (a *Alibaba) store1(ns *alibabaNamespace, key string, now time.Time, e *entry) bool {
	size := int64(len(key) + len(e.value))
	if ns.bound+size > a.config.Capacity { // which may be for keys that are gone: count
		ns.bound = 0
		for other, versions := range ns.keys {
			if other != key && a.store.present(&ns.namespace, other, now) {
				ns.bound += int64(len(other) + len(versions[len(versions)-1].value))
			}
		}
		if ns.bound+size > a.config.Capacity {
			ns.bound = a.config.Capacity // so that the next one counts again
			return false
		}
	}
	ns.bound += size
	a.store.put(&ns.namespace, key, now, e)
	return true
}

// remove deletes a key and reports whether it was there.
func (a *Alibaba) remove(ns *alibabaNamespace, key string, now time.Time) bool {
	there := a.store.present(&ns.namespace, key, now)
	a.store.put(&ns.namespace, key, now, nil)
	return there
}

// find returns what a key holds.
func (a *Alibaba) find(c *alibabaCall) (entry, *alibabaError) {
	ns, key, err := a.key(c)
	if err != nil {
		return entry{}, err
	}
	e, ok := a.store.get(&ns.namespace, key, c.now)
	if !ok {
		return entry{}, alibabaFault("InvalidKey.NotFound")
	}
	return e, nil
}

func (a *Alibaba) getKv(c *alibabaCall) (alibabaReply, *alibabaError) {
	encoded, err := c.params.flag("Base64")
	if err != nil {
		return nil, err
	}
	e, err := a.find(c)
	if err != nil {
		return nil, err
	}
	return alibabaReply{"Value": a.shown(e, encoded)}, nil
}

// shown is a value as a reply has it. What the vendor sends of bytes that are no text is not documented; see
// AlibabaSettings.RawBase64.
func (a *Alibaba) shown(e entry, encoded bool) string {
	if a.config.RawBase64 {
		var note alibabaNote
		_ = json.Unmarshal(e.metadata, &note)
		encoded = note.Encoded && !encoded
	}
	if encoded {
		return base64.StdEncoding.EncodeToString(e.value)
	}
	return string(e.value)
}

func (a *Alibaba) getKvDetail(c *alibabaCall) (alibabaReply, *alibabaError) {
	e, err := a.find(c)
	if err != nil {
		return nil, err
	}
	reply := alibabaReply{"Value": a.shown(e, false)}
	switch {
	case !e.expires.IsZero():
		var note alibabaNote
		_ = json.Unmarshal(e.metadata, &note)
		left := e.expires.Sub(c.now)
		seconds := int64((left + time.Second - 1) / time.Second)
		if left > time.Duration(1<<62) { // more than a Duration holds
			seconds = e.expires.Unix() - c.now.Unix()
		}
		if a.config.OriginalTTL {
			seconds = note.TTL
		}
		reply["ExpirationTtl"] = alibabaDigits(seconds, a.config.NumericTTL)
	case json.Valid([]byte(a.config.NoTTL)):
		reply["ExpirationTtl"] = json.RawMessage(a.config.NoTTL)
	}
	return reply, nil
}

func (a *Alibaba) deleteKv(c *alibabaCall) (alibabaReply, *alibabaError) {
	ns, key, err := a.key(c)
	if err != nil {
		return nil, err
	}
	if !a.remove(ns, key, c.now) && !a.config.DeleteAbsent {
		return nil, alibabaFault("InvalidKey.NotFound")
	}
	return alibabaReply{}, nil
}

func (a *Alibaba) listKvs(c *alibabaCall) (alibabaReply, *alibabaError) {
	ns, err := a.online(c)
	if err != nil {
		return nil, err
	}
	number, size := int64(1), int64(50) // that the first page is 1 is not documented
	for _, field := range []struct {
		name string
		n    *int64
		max  int64
	}{{"PageNumber", &number, alibabaMaxListed}, {"PageSize", &size, alibabaMaxPageSize}} {
		sent, err := c.params.integer(field.name, 32)
		if err != nil {
			return nil, err
		}
		if sent != nil {
			*field.n = *sent
		}
		if *field.n < 1 || *field.n > field.max {
			return nil, alibabaBad(field.name)
		}
	}
	if number*size > alibabaMaxListed {
		return nil, alibabaBad("PageNumber")
	}
	names := a.store.list(&ns.namespace, c.params.text("Prefix"), c.now)
	if a.config.Unordered {
		slices.SortFunc(names, alibabaShuffled)
	}
	total := int64(len(names))
	names = names[min((number-1)*size, total):min(number*size, total)]
	keys := make([]alibabaReply, 0, len(names))
	for _, name := range names {
		e, _ := a.store.get(&ns.namespace, name, c.now)
		keys = append(keys, alibabaReply{"Name": name, "UpdateTime": e.updated.UTC().Format(alibabaTime)})
	}
	pages := (total + size - 1) / size
	if a.config.PageEcho {
		pages = number
	}
	return alibabaReply{"Keys": keys, "PageNumber": pages, "PageSize": size, "TotalCount": total}, nil
}

// alibabaShuffled compares keys by a hash.
func alibabaShuffled(x, y string) int {
	sum := func(s string) string {
		h := fnv.New64a()
		_, _ = h.Write([]byte(s))
		return strconv.FormatUint(h.Sum64(), 16)
	}
	return strings.Compare(sum(x)+x, sum(y)+y)
}
