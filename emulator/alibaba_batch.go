package emulator

import (
	"bytes"
	"encoding/json"
	"io"
	"unicode/utf8"
)

// alibabaItem is one key of a batch to put.
type alibabaItem struct {
	key, value string
	at, ttl    *int64
}

func (a *Alibaba) batchPutKv(c *alibabaCall) (alibabaReply, *alibabaError) {
	ns, list, err := a.batch(c, "KvList")
	if err != nil {
		return nil, err
	}
	size := len(list)
	if a.config.EncodedLimit {
		size = c.params.sent["KvList"]
	}
	if size > alibabaMaxBatchBytes {
		return nil, alibabaFault("InvalidValue.ExceedsMaximum")
	}
	items, ok := alibabaItems([]byte(list), true)
	if !ok || len(items) == 0 {
		return nil, alibabaBad("KvList")
	}
	return a.putAll(c, ns, items, alibabaMaxValue), nil
}

func (a *Alibaba) batchDeleteKv(c *alibabaCall) (alibabaReply, *alibabaError) {
	ns, list, err := a.batch(c, "Keys")
	if err != nil {
		return nil, err
	}
	keys, ok := alibabaStrings([]byte(list))
	if !ok || len(keys) == 0 || len(keys) > alibabaMaxBatchKeys {
		return nil, alibabaBad("Keys")
	}
	return a.removeAll(c, ns, keys), nil
}

// batch returns the namespace and the parameter that holds a batch.
func (a *Alibaba) batch(c *alibabaCall, name string) (*alibabaNamespace, string, *alibabaError) {
	if _, err := c.params.required("Namespace"); err != nil {
		return nil, "", err
	}
	list, err := c.params.required(name)
	if err != nil {
		return nil, "", err
	}
	ns, err := a.online(c)
	return ns, list, err
}

// putAll writes keys one after the other and tells which of them could not be written, but not why.
func (a *Alibaba) putAll(c *alibabaCall, ns *alibabaNamespace, items []alibabaItem, maxValue int) alibabaReply {
	done, failed := []string{}, []string{}
	for _, item := range items {
		expires, seconds, ok := a.expiry(c.now, item.at, item.ttl)
		ok = ok && a.checkKey(item.key) == nil && a.validValue(item.value) && len(item.value) <= maxValue
		if ok && a.store1(ns, item.key, c.now, alibabaEntry([]byte(item.value), expires, seconds, false)) {
			done = append(done, item.key)
		} else {
			failed = append(failed, item.key)
		}
	}
	return alibabaReply{"SuccessKeys": done, "FailKeys": failed}
}

// removeAll deletes keys one after the other. That keys which are not there count as failed follows DeleteKv; it is
// not documented.
func (a *Alibaba) removeAll(c *alibabaCall, ns *alibabaNamespace, keys []string) alibabaReply {
	done, failed := []string{}, []string{}
	for _, key := range keys {
		if a.checkKey(key) == nil && (a.remove(ns, key, c.now) || a.config.BatchDeleteAbsent) {
			done = append(done, key)
		} else {
			failed = append(failed, key)
		}
	}
	return alibabaReply{"SuccessKeys": done, "FailKeys": failed}
}

// alibabaItems reads a JSON array of what to put.
func alibabaItems(raw []byte, expiry bool) ([]alibabaItem, bool) {
	list, ok := alibabaArray(raw)
	if !ok {
		return nil, false
	}
	items := make([]alibabaItem, len(list))
	for i, element := range list {
		object, ok := alibabaObject(element)
		if !ok {
			return nil, false
		}
		if items[i], ok = alibabaItemOf(object, expiry); !ok {
			return nil, false
		}
	}
	return items, true
}

// alibabaItemOf reads what to put from an object. Fields of other names are passed over, as are the two of the expiry
// unless they are asked for.
func alibabaItemOf(object map[string]json.RawMessage, expiry bool) (item alibabaItem, ok bool) {
	if item.key, ok = alibabaString(object["Key"]); !ok {
		return item, false
	}
	if item.value, ok = alibabaString(object["Value"]); !ok || !expiry {
		return item, ok
	}
	if item.at, ok = alibabaOptional(object["Expiration"]); !ok {
		return item, false
	}
	item.ttl, ok = alibabaOptional(object["ExpirationTtl"])
	return item, ok
}

func alibabaStrings(raw []byte) ([]string, bool) {
	list, ok := alibabaArray(raw)
	if !ok {
		return nil, false
	}
	texts := make([]string, len(list))
	for i, element := range list {
		if texts[i], ok = alibabaString(element); !ok {
			return nil, false
		}
	}
	return texts, true
}

// alibabaArray reads a JSON array of anything. Bytes that are no text make no JSON.
func alibabaArray(raw []byte) ([]json.RawMessage, bool) {
	var list []json.RawMessage
	if !utf8.Valid(raw) || json.Unmarshal(raw, &list) != nil || list == nil {
		return nil, false
	}
	return list, true
}

// alibabaObject reads a JSON object whose names are exact and come once.
func alibabaObject(raw []byte) (map[string]json.RawMessage, bool) {
	if !utf8.Valid(raw) {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, false
	}
	object := map[string]json.RawMessage{}
	for dec.More() {
		token, err := dec.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, false
		}
		if _, twice := object[name]; twice {
			return nil, false
		}
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return nil, false
		}
		object[name] = value
	}
	if _, err := dec.Token(); err != nil {
		return nil, false
	}
	_, err := dec.Token()
	return object, err == io.EOF
}

func alibabaString(raw json.RawMessage) (text string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	err := json.Unmarshal(raw, &text)
	return text, err == nil
}

// alibabaOptional reads a whole number that may be left out or null.
func alibabaOptional(raw json.RawMessage) (n *int64, ok bool) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, true
	}
	number, ok := alibabaInteger(string(raw), 64)
	return &number, ok
}
