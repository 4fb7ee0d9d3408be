package cloudflare

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cloudflare/cloudflare-go/v7/kv"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// bulkItem is one pair of a bulk write.
type bulkItem struct {
	Key           string          `json:"key"`
	Value         string          `json:"value"`
	Base64        bool            `json:"base64,omitempty"` // the server decodes the value before it stores it
	ExpirationTTL *int64          `json:"expiration_ttl,omitempty"`
	Expiration    *int64          `json:"expiration,omitempty"`
	Metadata      json.RawMessage `json:"metadata,omitempty"`
}

// newItem spells a write as an item without its value.
func newItem(put *kvdriver.PutRequest) bulkItem {
	item := bulkItem{Key: put.Key, Metadata: put.Metadata}
	switch {
	case put.TTL != 0:
		item.ExpirationTTL = new(int64(put.TTL / time.Second))
	case !put.ExpiresAt.IsZero():
		item.Expiration = new(put.ExpiresAt.Unix())
	}
	return item
}

// encodeItems encodes a bulk write. A value that is not text goes as base64; metadata that is not JSON, which could
// otherwise smuggle in further items, is refused.
func encodeItems(puts []*kvdriver.PutRequest) ([]byte, error) {
	items := make([]bulkItem, len(puts))
	for i, put := range puts {
		if put.Metadata != nil && !(json.Valid(put.Metadata) && utf8.Valid(put.Metadata)) {
			return nil, errs.Refuse(errs.InvalidArgument, "metadata of item %d is not one valid JSON value in UTF-8", i)
		}
		item := newItem(put)
		if item.Base64 = !utf8.Valid(put.Value); item.Base64 {
			item.Value = base64.StdEncoding.EncodeToString(put.Value)
		} else {
			item.Value = string(put.Value)
		}
		items[i] = item
	}
	return wire.EncodeJSON(items)
}

// itemBytes returns the length of an encoded item and its comma, without encoding it.
func itemBytes(put *kvdriver.PutRequest) int64 {
	size := int64(len(`,{"key":"","value":""}`)) + jsonBytes(put.Key)
	switch item := newItem(put); {
	case item.ExpirationTTL != nil:
		size += int64(len(`,"expiration_ttl":`) + len(strconv.FormatInt(*item.ExpirationTTL, 10)))
	case item.Expiration != nil:
		size += int64(len(`,"expiration":`) + len(strconv.FormatInt(*item.Expiration, 10)))
	}
	if json.Valid(put.Metadata) { // else the batch will be refused
		size += int64(len(`,"metadata":`) + len(encodeJSON(put.Metadata)))
	}
	if utf8.Valid(put.Value) {
		return size + jsonBytes(put.Value)
	}
	return size + int64(len(`"base64":true,`)+base64.StdEncoding.EncodedLen(len(put.Value)))
}

// jsonBytes returns how long a text is within a JSON string, as encodeJSON spells it.
func jsonBytes[T ~string | ~[]byte](text T) (size int64) {
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\' || c < ' ' && strings.IndexByte("\b\f\n\r\t", c) >= 0:
			size += 2
		case c < ' ':
			size += int64(len(`\u0000`))
		case c == 0xe2 && i+2 < len(text) && text[i+1] == 0x80 && text[i+2]&^1 == 0xa8: // U+2028 and U+2029
			size += int64(len(`\u2028`)) - 2 // the other two bytes count one each
		default:
			size++
		}
	}
	return size
}

// decodeBulkResult reads the result of a bulk write or bulk delete: how many keys succeeded, -1 where it does not tell,
// and which failed. Older replies have no result.
func decodeBulkResult(raw json.RawMessage, keys []string) (done int, failed map[string]bool, err error) {
	if isNull(raw) {
		return -1, nil, nil
	}
	var result kv.NamespaceBulkUpdateResponse // of the same form as that of a bulk delete
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) || json.Unmarshal(raw, &result) != nil || result.JSON.UnsuccessfulKeys.IsInvalid() || result.JSON.SuccessfulKeyCount.IsInvalid() {
		return -1, nil, errors.New("has a result that cannot be read")
	}
	done = -1
	if !result.JSON.SuccessfulKeyCount.IsNull() {
		done = int(result.SuccessfulKeyCount)
		if done < 0 || float64(done) != result.SuccessfulKeyCount {
			return -1, nil, errors.New("has a count of keys that is no count")
		}
	}
	sent := make(map[string]bool, len(keys))
	for _, key := range keys {
		sent[key] = true
	}
	failed = make(map[string]bool, len(result.UnsuccessfulKeys))
	for _, key := range result.UnsuccessfulKeys {
		if !sent[key] {
			return done, nil, errors.New("names a key as failed that was not sent")
		}
		failed[key] = true
	}
	return done, failed, nil
}

func encodeBulkGet(keys []string, described bool) []byte {
	return encodeJSON(struct {
		Keys         []string `json:"keys"`
		Type         string   `json:"type"`
		WithMetadata bool     `json:"withMetadata"`
	}{keys, "text", described})
}

// bulkIsText says what to do about a value that a bulk read cannot bring exactly.
const bulkIsText = "a value may not be text, and Cloudflare's bulk read carries nothing else; get the key by itself"

// described is a value of a bulk read that was asked for with its metadata.
type described struct {
	Value      json.RawMessage `json:"value"`
	Metadata   json.RawMessage `json:"metadata"`
	Expiration json.Number     `json:"expiration"`
}

// decodeBulkGet reads the result of a bulk read, one answer a key. A key that the result does not mention is not known
// to be missing: that makes the reply corrupt. The vendor's model is of no use here: one missing key empties it.
func decodeBulkGet(raw json.RawMessage, keys []string, withMetadata bool) ([]kvdriver.GetBatchResult, error) {
	var result struct {
		Values map[string]json.RawMessage `json:"values"`
	}
	if json.Unmarshal(raw, &result) != nil || result.Values == nil {
		return nil, errors.New("has no values in its result")
	}
	all := make([]kvdriver.GetBatchResult, len(keys))
	for i, key := range keys {
		answer, mentioned := result.Values[key]
		if !mentioned {
			return nil, fmt.Errorf("tells of %d keys, but not of all %d that were asked for", len(result.Values), len(keys))
		}
		d := described{Value: answer}
		if withMetadata && !isNull(answer) {
			d.Value = nil
			if json.Unmarshal(answer, &d) != nil {
				return nil, errors.New("has a value without the metadata that was asked for")
			}
		}
		if len(d.Value) == 0 {
			return nil, errors.New("has a key without a value, be it null")
		}
		if isNull(d.Value) {
			all[i].Err = &errs.Error{Code: errs.KeyNotFound, Outcome: errs.NotApplied, Message: rules["10009"].text}
			continue
		}
		if d.Value[0] != '"' {
			return nil, errors.New("has a value that is no text")
		}
		text, _ := decodeText(d.Value)
		if strings.Contains(text, replacement) {
			all[i].Err = &errs.Error{Code: errs.Unsupported, Outcome: errs.NotApplied, Message: bulkIsText}
			continue
		}
		all[i].Value = []byte(text)
		if withMetadata {
			expiry, err := decodeExpiry(string(d.Expiration))
			if err != nil {
				return nil, err
			}
			all[i].Expiry, all[i].Metadata = expiry, orNone(d.Metadata)
		}
	}
	return all, nil
}
