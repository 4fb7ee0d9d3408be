package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// What is stored and asked for. Values are JSON documents, as programs keep them, so that their quotes are escaped in
// replies that are JSON themselves.
const (
	smallBytes  = 100
	largeBytes  = 1_000_000
	hugeBytes   = 20 << 20
	batchValues = 20 // of a Tencent read of many keys
	pageKeys    = 100
	bulkItems   = 100

	smallKey = "checkout-v2"
	largeKey = "large"
	hugeKey  = "huge"

	keyID      = "0d0466b0-e727-4d9c-b35d-f84bb474a37f"
	keyVersion = "2ab1a983-7072-4bbc-a582-584b5bd8a37f"
	ciphertext = "AgDoAG7EsEc2OHpQxz4gDFDH54CqwaelpTdEl+RFQm9uZGVkQ2lwaGVydGV4dEJ5VGhlU2VydmVyAAAAAA=="
	requestID  = "07aea30b-d34f-4480-b14c-ffb4f7e10555"
)

// document returns n bytes of JSON.
func document(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"flags":[`)
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, `{"name":"checkout-%04d","on":true,"share":0.25,"note":"rolled out to a quarter of all visitors"},`, i)
	}
	b.Truncate(n - 2)
	return append(b.Bytes(), `]}`...)
}

// values are the documents, made once.
var values = sync.OnceValue(func() map[string][]byte {
	return map[string][]byte{smallKey: document(smallBytes), largeKey: document(largeBytes), hugeKey: document(hugeBytes)}
})

// pageNames are the keys of a page, batchKeys those of a read of many.
func pageNames() []string { return numbered("checkout-%04d", pageKeys) }
func batchKeys() []string { return numbered("large-%02d", batchValues) }
func bulkKeys() []string  { return numbered("bulk-%03d", bulkItems) }

func numbered(format string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf(format, i)
	}
	return names
}

// signature is the DER of an ECDSA signature on P-256, of no digest in particular.
func signature() []byte {
	half := append([]byte{0x02, 32}, bytes.Repeat([]byte{0x5a}, 32)...)
	return slices.Concat([]byte{0x30, 2 * 34}, half, half)
}

// reply is a reply with a status of 200 and the content type of JSON where nothing else is said.
type reply struct {
	status, contentType string
	body                []byte
}

// operationOf names the operation of a request, and where it reads a value which.
func operationOf(r request, body []byte) string {
	switch {
	case strings.HasPrefix(r.target, "/client/v4/"):
		path, _, _ := strings.Cut(r.target, "?")
		_, rest, _ := strings.Cut(path, "/storage/kv/namespaces/")
		_, rest, _ = strings.Cut(rest, "/")
		kind, key, _ := strings.Cut(rest, "/")
		if kind == "values" && r.method == "GET" {
			return "cloudflare GET values " + key
		}
		return "cloudflare " + r.method + " " + kind
	case strings.HasPrefix(r.target, "/v1.0/"):
		return "huawei " + r.target[strings.LastIndexByte(r.target, '/')+1:]
	}
	action := r.action
	if action == "" { // Alibaba Cloud's older signature has it in the query
		if i := strings.Index(r.target, "Action="); i >= 0 {
			action, _, _ = strings.Cut(r.target[i+len("Action="):], "&")
		}
	}
	switch {
	case action == "GetKv" && strings.Contains(r.target, "Key="+largeKey):
		return action + " " + largeKey
	case action == "EdgeKVGet" && bytes.Contains(body, []byte(`"large-00"`)):
		return action + " batch"
	case action == "EdgeKVGet" && bytes.Contains(body, []byte(`"`+largeKey+`"`)):
		return action + " " + largeKey
	case action == "Encrypt" && strings.HasPrefix(r.authorization, "TC3-"):
		return "tencent " + action
	}
	return action
}

func replyTo(operation string) reply {
	if r, known := replies()[operation]; known {
		return r
	}
	return reply{status: "400 Bad Request", body: []byte(`{"error":` + strconv.Quote("no such operation: "+operation) + `}`)}
}

// replies are all replies, in the form that the vendors document; made once.
var replies = sync.OnceValue(func() map[string]reply {
	type object = map[string]any
	all := map[string]reply{}
	add := func(operation string, body any) {
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(body); err != nil {
			panic(err)
		}
		all[operation] = reply{body: b.Bytes()}
	}
	sign := base64.StdEncoding.EncodeToString(signature())

	add("PutKv", object{"Length": "100", "Value": "{", "RequestId": requestID})
	add("GetKv", object{"Value": string(values()[smallKey]), "RequestId": requestID})
	add("GetKv "+largeKey, object{"Value": string(values()[largeKey]), "RequestId": requestID})
	var listed []object
	for _, name := range pageNames() {
		listed = append(listed, object{"Name": name, "UpdateTime": "2026-11-13T07:46:03Z"})
	}
	add("ListKvs", object{"Keys": listed, "PageNumber": 1, "PageSize": pageKeys, "TotalCount": pageKeys, "RequestId": requestID})
	add("BatchPutKv", object{"SuccessKeys": bulkKeys(), "FailKeys": []string{}, "RequestId": requestID})
	add("Encrypt", object{"KeyId": keyID, "KeyVersionId": keyVersion, "CiphertextBlob": ciphertext, "RequestId": requestID})
	add("AsymmetricSign", object{"KeyId": keyID, "KeyVersionId": keyVersion, "Value": sign, "RequestId": requestID})
	add("ListKeyVersions", object{"KeyVersions": object{"KeyVersion": []object{
		{"KeyId": keyID, "KeyVersionId": keyVersion, "CreationDate": "2026-11-13T07:46:03Z"},
	}}, "PageNumber": 1, "PageSize": 100, "TotalCount": 1, "RequestId": requestID})

	tencent := func(operation string, response object) {
		response["RequestId"] = requestID
		add(operation, object{"Response": response})
	}
	datum := func(key string, value []byte) object {
		return object{"Key": key, "Value": string(value), "Expiration": ""}
	}
	tencent("EdgeKVPut", object{})
	tencent("EdgeKVGet", object{"Data": []object{datum(smallKey, values()[smallKey])}})
	tencent("EdgeKVGet "+largeKey, object{"Data": []object{datum(largeKey, values()[largeKey])}})
	var many []object
	for _, key := range batchKeys() {
		many = append(many, datum(key, values()[largeKey]))
	}
	tencent("EdgeKVGet batch", object{"Data": many})
	tencent("EdgeKVList", object{"Keys": pageNames(), "Cursor": ""})
	tencent("tencent Encrypt", object{"KeyId": keyID, "CiphertextBlob": ciphertext})
	tencent("SignByAsymmetricKey", object{"Signature": sign})

	add("huawei encrypt-data", object{"key_id": keyID, "cipher_text": ciphertext})
	add("huawei sign", object{"key_id": keyID, "signature": sign})

	good := func(result any) object {
		return object{"success": true, "errors": []any{}, "messages": []any{}, "result": result}
	}
	add("cloudflare PUT values", good(nil))
	for key, value := range values() {
		all["cloudflare GET values "+url.PathEscape(key)] = reply{contentType: "application/octet-stream", body: value}
	}
	var names []object
	for _, name := range pageNames() {
		names = append(names, object{"name": name})
	}
	page := good(names)
	page["result_info"] = object{"count": pageKeys, "cursor": ""}
	add("cloudflare GET keys", page)
	add("cloudflare PUT bulk", good(object{"successful_key_count": bulkItems, "unsuccessful_keys": []string{}}))
	return all
})
