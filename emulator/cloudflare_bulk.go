package emulator

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Limits of bulk operations, developers.cloudflare.com/api and /kv/platform/limits; a megabyte is taken to be 10⁶ bytes.
const (
	cloudflareBulk     = 10_000      // items of a bulk write or bulk delete
	cloudflareBulkSize = 100_000_000 // bytes of their requests
	cloudflareGet      = 100         // keys of a bulk get
	cloudflareGetSize  = 25_000_000  // bytes of the values in its answer
)

// CloudflareBulkFailure makes bulk writes and bulk deletes fail for some of their keys, which are then listed in the
// answer's unsuccessful_keys and left as they are. All others are carried out. Requests without any of the keys are
// answered as always.
type CloudflareBulkFailure struct {
	// Keys are those that fail.
	Keys []string
	// Times is how many requests with any of the keys fail; 0 means all from then on.
	Times int
	// Status is the HTTP status: 0 for the usual 200 with success true, or one from 400 on. With that the envelope
	// says that the request failed, and holds the same result all the same.
	Status int
	// Code is the code of the error that goes with a Status, 10029 if it is 0.
	Code int
}

// FailBulk makes bulk writes and bulk deletes fail in part. Of several failures all that apply to a request are used,
// and the status is that of the first.
func (c *Cloudflare) FailBulk(failures ...CloudflareBulkFailure) {
	c.state.Lock()
	defer c.state.Unlock()
	for _, f := range failures {
		f.Keys = slices.Clone(f.Keys)
		c.failures = append(c.failures, &f)
	}
}

// cloudflareItem is one of a bulk write or, without an entry, of a bulk delete.
type cloudflareItem struct {
	key   string
	entry *entry
}

// cloudflareBulkResult is what a bulk write and a bulk delete answer.
type cloudflareBulkResult struct {
	Successful   int      `json:"successful_key_count"`
	Unsuccessful []string `json:"unsuccessful_keys"`
}

func (c *Cloudflare) bulkWrite(call *cloudflareCall) *cloudflareReply {
	const op = "bulk put"
	elements, refusal := cloudflareElements(call, op)
	if refusal != nil {
		return refusal
	}
	items := make([]cloudflareItem, 0, len(elements))
	for _, element := range elements {
		item, refusal := c.bulkItem(call, element, op)
		if refusal != nil {
			return refusal
		}
		items = append(items, item)
	}
	return c.apply(call, items, op)
}

func (c *Cloudflare) bulkDelete(call *cloudflareCall) *cloudflareReply {
	const op = "bulk delete"
	elements, refusal := cloudflareElements(call, op)
	if refusal != nil {
		return refusal
	}
	items := make([]cloudflareItem, 0, len(elements))
	for _, element := range elements {
		key, ok := cloudflareString(element)
		if !ok {
			return cloudflareRefuse(10029, op+": 'invalid request: not a key name'")
		}
		if refusal := c.checkKey(key, op); refusal != nil {
			return refusal
		}
		items = append(items, cloudflareItem{key: key})
	}
	return c.apply(call, items, op)
}

// cloudflareElements reads the array that a bulk write or bulk delete has for a body. One bad item refuses them all;
// so does an empty array, of which the vendor's pages say nothing.
func cloudflareElements(call *cloudflareCall, op string) ([]json.RawMessage, *cloudflareReply) {
	if len(call.body) > cloudflareBulkSize {
		return nil, cloudflareRefuse(10024, op+": 'payload too large: more than 100 megabytes'")
	}
	elements, err := cloudflareArray(call.body, cloudflareBulk)
	switch {
	case err != nil:
		return nil, cloudflareRefuse(10029, op+": 'invalid request: "+err.Error()+"'")
	case len(elements) == 0:
		return nil, cloudflareRefuse(10029, op+": 'invalid request: no items'")
	}
	return elements, nil
}

// bulkItem reads one item of a bulk write.
func (c *Cloudflare) bulkItem(call *cloudflareCall, raw json.RawMessage, op string) (item cloudflareItem, refusal *cloudflareReply) {
	fields, err := cloudflareObject(raw, "key", "value", "base64", "expiration", "expiration_ttl", "metadata")
	if err != nil {
		return item, cloudflareRefuse(10029, op+": 'invalid request: item: "+err.Error()+"'")
	}
	key, okKey := "", true
	if fields["key"] != nil {
		key, okKey = cloudflareString(fields["key"])
	}
	encoded, okEncoded := cloudflareBool(fields["base64"])
	if !okKey || !okEncoded {
		return item, cloudflareRefuse(10029, op+": 'invalid request: item: wrong type'")
	}
	if refusal := c.checkKey(key, op); refusal != nil {
		return item, refusal
	}
	item.key, item.entry = key, &entry{}
	text, ok := cloudflareString(fields["value"])
	if !ok {
		return item, cloudflareRefuse(10012, op+": 'malformed value: it must be a string'")
	}
	value := []byte(text)
	if encoded {
		// Without its padding too, and without line breaks, which Go would skip.
		value, err = base64.StdEncoding.DecodeString(text)
		if err != nil {
			value, err = base64.RawStdEncoding.DecodeString(text)
		}
		if err != nil || slices.ContainsFunc([]byte(text), func(b byte) bool { return b == '\r' || b == '\n' }) {
			return item, cloudflareRefuse(10012, op+": 'malformed value: not base64'")
		}
	}
	if len(value) > cloudflareValue {
		return item, cloudflareRefuse(10024, op+": 'value length of "+strconv.Itoa(len(value))+" exceeds limit of 26214400'")
	}
	item.entry.value = value
	item.entry.expires, refusal = cloudflareExpiry(call.now,
		cloudflareJSONNumber(fields["expiration"]), cloudflareJSONNumber(fields["expiration_ttl"]), op)
	if refusal != nil {
		return item, refusal
	}
	if fields["metadata"] != nil {
		item.entry.metadata, refusal = cloudflareMetadataOf(fields["metadata"], op)
	}
	return item, refusal
}

// apply carries out a bulk write or bulk delete. Of a key that is there twice the last item stays.
func (c *Cloudflare) apply(call *cloudflareCall, items []cloudflareItem, op string) *cloudflareReply {
	defer c.enter(call)()
	ns, refusal := c.namespaceOf(call, op)
	if refusal != nil {
		return refusal
	}
	failing, cause := c.failing(items)
	result := cloudflareBulkResult{Unsuccessful: []string{}}
	for _, item := range items {
		if failing[item.key] || c.tooSoon(ns, item.key, call.now) {
			result.Unsuccessful = append(result.Unsuccessful, item.key)
			continue
		}
		c.store.put(ns, item.key, call.now, item.entry)
		result.Successful++
	}
	if cause != nil && cause.Status != 0 {
		code := cause.Code
		if code == 0 {
			code = 10029
		}
		r := cloudflareRefuse(code, op+": 'some keys were unsuccessful'")
		r.status, r.result = cause.Status, result
		return r
	}
	if c.settings.OldReplies {
		return cloudflareSucceed(nil)
	}
	return cloudflareSucceed(result)
}

// failing returns the keys that are to fail, and the first failure that asks for one of them.
func (c *Cloudflare) failing(items []cloudflareItem) (map[string]bool, *CloudflareBulkFailure) {
	if len(c.failures) == 0 {
		return nil, nil
	}
	asked := map[string]bool{}
	for _, item := range items {
		asked[item.key] = true
	}
	var first *CloudflareBulkFailure
	failing := map[string]bool{}
	c.failures = slices.DeleteFunc(c.failures, func(f *CloudflareBulkFailure) bool {
		if !slices.ContainsFunc(f.Keys, func(key string) bool { return asked[key] }) {
			return false
		}
		if first == nil {
			first = f
		}
		for _, key := range f.Keys {
			failing[key] = true
		}
		if f.Times == 0 {
			return false
		}
		f.Times--
		return f.Times <= 0
	})
	return failing, first
}

// cloudflareGot is a key in the answer to a bulk get with metadata.
type cloudflareGot struct {
	Value      any             `json:"value"`
	Metadata   json.RawMessage `json:"metadata"`
	Expiration int64           `json:"expiration,omitempty"`
}

// bulkGet answers with the values of keys as text or, on demand, as the JSON they are; null for one that is missing.
// Values of other kinds are refused: that they must be text is documented, what becomes of others is not.
func (c *Cloudflare) bulkGet(call *cloudflareCall) *cloudflareReply {
	const op = "bulk get"
	keys, asJSON, withMetadata, refusal := c.bulkGetOf(call, op)
	if refusal != nil {
		return refusal
	}
	defer c.enter(call)()
	ns, refusal := c.namespaceOf(call, op)
	if refusal != nil {
		return refusal
	}
	size, values := 0, map[string]any{}
	for _, key := range keys {
		e, ok := c.store.get(ns, key, call.now)
		if _, twice := values[key]; twice {
			continue
		}
		if !ok {
			values[key] = nil
			continue
		}
		if size += len(e.value); size > cloudflareGetSize {
			return cloudflareRefuse(10024, op+": 'total size of the values exceeds 25 megabytes'")
		}
		var value any = string(e.value) // which encodes with U+FFFD for what is not UTF-8
		switch {
		case asJSON && (!utf8.Valid(e.value) || !json.Valid(e.value)):
			return cloudflareRefuse(10012, op+": 'malformed value: at least one of the requested keys holds no JSON'")
		case asJSON:
			value = json.RawMessage(e.value)
		case !c.settings.LossyText && !utf8.Valid(e.value):
			return cloudflareRefuse(10012, op+": 'malformed value: at least one of the requested keys holds no text'")
		}
		values[key] = value
		if withMetadata {
			values[key] = cloudflareGot{Value: value, Metadata: e.metadata, Expiration: cloudflareEpoch(e.expires)}
		}
	}
	return cloudflareSucceed(map[string]any{"values": values})
}

// bulkGetOf reads the body of a bulk get.
func (c *Cloudflare) bulkGetOf(call *cloudflareCall, op string) (keys []string, asJSON, withMetadata bool, refusal *cloudflareReply) {
	invalid := func(why string) ([]string, bool, bool, *cloudflareReply) {
		return nil, false, false, cloudflareRefuse(10029, op+": 'invalid request: "+why+"'")
	}
	fields, err := cloudflareObject(call.body, "keys", "type", "withMetadata")
	if err != nil {
		return invalid(err.Error())
	}
	elements, err := cloudflareArray(fields["keys"], cloudflareGet)
	if err != nil || len(elements) == 0 {
		return invalid("keys must be an array of 1 to 100 key names")
	}
	for _, element := range elements {
		key, ok := cloudflareString(element)
		if !ok {
			return invalid("not a key name")
		}
		if refusal := c.checkKey(key, op); refusal != nil {
			return nil, false, false, refusal
		}
		keys = append(keys, key)
	}
	kind, okKind := "text", true
	if fields["type"] != nil {
		kind, okKind = cloudflareString(fields["type"])
	}
	withMetadata, okMetadata := cloudflareBool(fields["withMetadata"])
	if !okKind || !okMetadata || kind != "text" && kind != "json" {
		return invalid(`type must be "text" or "json", withMetadata true or false`)
	}
	return keys, kind == "json", withMetadata, nil
}
