package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// cloudflareMinList is the smallest page of keys; Workers may ask for less, the REST API's clients may not.
const cloudflareMinList = 10

// cloudflareListed is a key in a listing.
type cloudflareListed struct {
	Name       string          `json:"name"`
	Expiration int64           `json:"expiration,omitempty"`
	Metadata   json.RawMessage `json:"metadata,omitempty"`
}

func (c *Cloudflare) listKeys(call *cloudflareCall) *cloudflareReply {
	const op = "list keys"
	query, refusal := cloudflareQueryOf(call.query, op)
	if refusal != nil {
		return refusal
	}
	limit, prefix := query.number("limit", cloudflareMaxPage), query.text("prefix", "")
	if !limit.valid || limit.n < cloudflareMinList || limit.n > cloudflareMaxPage {
		return cloudflareRefuse(10028, op+": 'invalid limit'")
	}
	if len(prefix) > cloudflareKeySize {
		return cloudflareRefuse(10030, op+": 'prefix is longer than any key'")
	}
	defer c.enter(call)()
	ns, refusal := c.namespaceOf(call, op)
	if refusal != nil {
		return refusal
	}
	cursor := cloudflareCursor{Namespace: ns.id, Prefix: prefix}
	if text := query.text("cursor", ""); text != "" && !cursor.read(text) {
		return cloudflareRefuse(10041, op+": 'invalid cursor'")
	}
	listed := []cloudflareListed{}
	next := ""
	if cursor.Empty < c.settings.EmptyPages {
		cursor.Empty++
		next = cursor.String()
	} else {
		for _, key := range c.store.list(ns, prefix, call.now) {
			if key <= cursor.After {
				continue
			}
			if int64(len(listed)) == limit.n {
				cursor.After, cursor.Empty = listed[len(listed)-1].Name, 0
				next = cursor.String()
				break
			}
			e, _ := c.store.get(ns, key, call.now)
			listed = append(listed, cloudflareListed{Name: key, Expiration: cloudflareEpoch(e.expires), Metadata: e.metadata})
		}
	}
	r := cloudflareSucceed(listed)
	r.info = map[string]any{"count": len(listed), "cursor": next}
	return r
}

// cloudflareEpoch is an expiry in seconds since 1970, zero for none.
func cloudflareEpoch(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func (c *Cloudflare) readValue(call *cloudflareCall) *cloudflareReply {
	e, refusal := c.find(call, "get")
	if refusal != nil {
		return refusal
	}
	r := &cloudflareReply{status: http.StatusOK, raw: true, data: e.value}
	r.setHeader("Content-Type", "application/octet-stream")
	if at := cloudflareEpoch(e.expires); at != 0 {
		r.setHeader("Expiration", strconv.FormatInt(at, 10))
	}
	return r
}

func (c *Cloudflare) readMetadata(call *cloudflareCall) *cloudflareReply {
	e, refusal := c.find(call, "get metadata")
	if refusal != nil {
		if c.settings.MissingMetadataNull && refusal.errors[0].Code == 10009 {
			return cloudflareSucceed(nil)
		}
		return refusal
	}
	return cloudflareSucceed(e.metadata) // which is null when nil
}

// find returns the entry that a read of one key sees.
func (c *Cloudflare) find(call *cloudflareCall, op string) (entry, *cloudflareReply) {
	if refusal := c.checkKey(call.key, op); refusal != nil {
		return entry{}, refusal
	}
	defer c.enter(call)()
	ns, refusal := c.namespaceOf(call, op)
	if refusal != nil {
		return entry{}, refusal
	}
	e, ok := c.store.get(ns, call.key, call.now)
	if !ok {
		return entry{}, cloudflareRefuse(10009, op+": 'key not found'")
	}
	return e, nil
}

func (c *Cloudflare) writeValue(call *cloudflareCall) *cloudflareReply {
	const op = "put"
	if refusal := c.checkKey(call.key, op); refusal != nil {
		return refusal
	}
	query, refusal := cloudflareQueryOf(call.query, op)
	if refusal != nil {
		return refusal
	}
	var e entry
	e.expires, refusal = cloudflareExpiry(call.now, query.number("expiration", 0), query.number("expiration_ttl", 0), op)
	if refusal != nil {
		return refusal
	}
	value, metadata, refusal := cloudflareValueOf(call, op)
	if refusal != nil {
		return refusal
	}
	if len(value) > cloudflareValue {
		return cloudflareRefuse(10024, op+": 'value length of "+strconv.Itoa(len(value))+" exceeds limit of 26214400'")
	}
	if metadata != nil {
		if e.metadata, refusal = cloudflareMetadataOf(metadata, op); refusal != nil {
			return refusal
		}
	}
	e.value = bytes.Clone(value)
	return c.change(call, op, &e)
}

// deleteValue removes a key, and is content if there was none.
func (c *Cloudflare) deleteValue(call *cloudflareCall) *cloudflareReply {
	const op = "remove key"
	if refusal := c.checkKey(call.key, op); refusal != nil {
		return refusal
	}
	return c.change(call, op, nil)
}

// change puts an entry, or removes one.
func (c *Cloudflare) change(call *cloudflareCall, op string, e *entry) *cloudflareReply {
	defer c.enter(call)()
	ns, refusal := c.namespaceOf(call, op)
	if refusal != nil {
		return refusal
	}
	if c.tooSoon(ns, call.key, call.now) {
		return cloudflareRefuse(10022, op+": 'too many requests: one write per second to the same key'")
	}
	c.store.put(ns, call.key, call.now, e)
	return c.done()
}

// tooSoon reports whether a key was written less than a second ago, where that matters. If not, it is taken as written
// now.
func (c *Cloudflare) tooSoon(ns *namespace, key string, now time.Time) bool {
	if !c.settings.KeyRate || c.unlimited {
		return false
	}
	at := cloudflareKey{ns.id, key}
	if last, ok := c.written[at]; ok && now.Before(last.Add(time.Second)) {
		return true
	}
	c.written[at] = now
	return false
}

// cloudflareValueOf reads the body of a write: a form if it says so, else the bytes of the value. Metadata is nil if
// there is none. A form has the fields value and metadata; whether the vendor ignores others is not known, and to
// refuse them shows clients that spread metadata over several.
func cloudflareValueOf(call *cloudflareCall, op string) (value, metadata []byte, refusal *cloudflareReply) {
	contentType := call.header.Get("Content-Type")
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		mediaType, _, _ = strings.Cut(strings.ToLower(contentType), ";")
		mediaType = strings.TrimSpace(mediaType)
	}
	var fields map[string][]byte
	switch mediaType {
	case "multipart/form-data":
		fields, err = cloudflareMultipart(call.body, parameters["boundary"])
	case "application/x-www-form-urlencoded":
		fields, err = cloudflareForm(call.body)
	default:
		return call.body, nil, nil
	}
	if err != nil {
		return nil, nil, cloudflareRefuse(10029, op+": 'invalid request: "+err.Error()+"'")
	}
	value, ok := fields["value"]
	if !ok {
		return nil, nil, cloudflareRefuse(10012, op+": 'malformed value: the form has no value'")
	}
	if m, ok := fields["metadata"]; ok {
		metadata = append([]byte{}, m...) // not nil
	}
	return value, metadata, nil
}

var errCloudflareForm = errors.New("malformed form")

func cloudflareMultipart(body []byte, boundary string) (map[string][]byte, error) {
	if boundary == "" || len(boundary) > 70 {
		return nil, errCloudflareForm
	}
	fields := map[string][]byte{}
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := parts.NextRawPart() // bytes as they are, whatever encoding the part says it has
		if err == io.EOF {
			return fields, nil
		}
		if err != nil {
			return nil, errCloudflareForm
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil, errCloudflareForm
		}
		if err := cloudflareAddField(fields, part.FormName(), data); err != nil {
			return nil, err
		}
	}
}

func cloudflareForm(body []byte) (map[string][]byte, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errCloudflareForm
	}
	fields := map[string][]byte{}
	for name, given := range values {
		for _, value := range given {
			if err := cloudflareAddField(fields, name, []byte(value)); err != nil {
				return nil, err
			}
		}
	}
	return fields, nil
}

func cloudflareAddField(fields map[string][]byte, name string, data []byte) error {
	if name != "value" && name != "metadata" {
		return errors.New("the form has a field other than value and metadata")
	}
	if _, ok := fields[name]; ok {
		return errors.New("the form has two fields of the same name")
	}
	fields[name] = data
	return nil
}
