package emulator

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The key that uploads are signed with, which has nothing to do with the account's.
const (
	alibabaUploadKeyID  = "emulator-upload-key-id"
	alibabaUploadSecret = "emulator-upload-key-secret"
	alibabaUploadTime   = time.Hour
)

// alibabaGrant is the permission to upload one object.
type alibabaGrant struct {
	object  string
	expires time.Time
}

// upload returns the bucket and what follows its name in a host. By default they are the two halves of the
// emulator's own address, so that a client that joins "{Bucket}.{Endpoint}", as the vendor's packages do, is back
// here: 127.0.0.1:80 is the bucket 127 at 0.0.1:80.
func (a *Alibaba) upload() (bucket, endpoint string) {
	if a.config.UploadBucket != "" {
		return a.config.UploadBucket, a.config.UploadEndpoint
	}
	host := strings.TrimPrefix(a.URL(), "http://")
	bucket, endpoint, ok := strings.Cut(host, ".")
	if !ok {
		return "emulator", host
	}
	return bucket, endpoint
}

// authorizeFileUpload is an action of the open platform (version 2019-12-19), which the vendor has at another host.
func (a *Alibaba) authorizeFileUpload(c *alibabaCall) (alibabaReply, *alibabaError) {
	product, err := c.params.required("Product")
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(product, "ESA") {
		return nil, alibabaBad("Product")
	}
	bucket, endpoint := a.upload()
	a.granted++
	object := "emulator/upload-" + alibabaNumber(int64(a.granted))
	grant := alibabaGrant{object: object, expires: c.now.Add(alibabaUploadTime)}
	text, _ := json.Marshal(map[string]any{
		"expiration": grant.expires.UTC().Format("2006-01-02T15:04:05.000Z"),
		"conditions": []any{[]any{"content-length-range", 0, alibabaMaxUpload}, []any{"eq", "$key", object}},
	})
	policy := base64.StdEncoding.EncodeToString(text)
	a.grants[policy] = grant
	return alibabaReply{
		"AccessKeyId": alibabaUploadKeyID, "EncodedPolicy": policy, "Signature": alibabaPolicySignature(policy),
		"ObjectKey": object, "Bucket": bucket, "Endpoint": endpoint, "UseAccelerate": false,
	}, nil
}

func alibabaPolicySignature(policy string) string {
	mac := hmac.New(sha1.New, []byte(alibabaUploadSecret))
	mac.Write([]byte(policy))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// alibabaIsUpload reports whether a request is for the bucket: no action takes multipart forms.
func alibabaIsUpload(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && r.Method == http.MethodPost && kind == "multipart/form-data"
}

// postObject takes an upload, at the bucket's own host or at its path, and answers as object storage does ("PostObject").
func (a *Alibaba) postObject(w http.ResponseWriter, r *http.Request, body []byte) {
	a.state.Lock()
	key, status, code, message := a.takeObject(r, body)
	a.state.Unlock()
	var reply any
	switch {
	case code != "":
		reply = alibabaXML{Code: code, Message: message, RequestID: a.requestID(), HostID: r.Host}
	case status == http.StatusCreated:
		bucket, endpoint := a.upload()
		reply = struct {
			XMLName  xml.Name `xml:"PostResponse"`
			Bucket   string
			Location string
			Key      string
		}{Bucket: bucket, Location: "http://" + bucket + "." + endpoint + "/" + key, Key: key}
	}
	var b bytes.Buffer
	if reply != nil {
		b.WriteString(xml.Header)
		_ = xml.NewEncoder(&b).Encode(reply)
	}
	alibabaWrite(w, status, "application/xml", b.Bytes())
}

// takeObject checks an upload against what AuthorizeFileUpload granted. The file is the last field that counts.
func (a *Alibaba) takeObject(r *http.Request, body []byte) (key string, status int, code, message string) {
	if bucket, _ := a.upload(); r.URL.Path != "/" && strings.Trim(r.URL.Path, "/") != bucket {
		return "", 404, "NoSuchBucket", "The specified bucket does not exist."
	}
	fields, file, err := alibabaForm(r, body)
	if err != nil {
		return "", 400, "MalformedPOSTRequest", err.Error()
	}
	grant, known := a.grants[fields["policy"]]
	switch {
	case fields["OSSAccessKeyId"] != alibabaUploadKeyID:
		return "", 403, "InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist in our records."
	case !hmac.Equal([]byte(alibabaPolicySignature(fields["policy"])), []byte(fields["Signature"])) || !known:
		return "", 403, "SignatureDoesNotMatch", "The request signature does not match the policy."
	case !a.now().Before(grant.expires):
		return "", 403, "AccessDenied", "The policy is expired."
	case fields["key"] != grant.object:
		return "", 403, "AccessDenied", "The key is not the one of the policy."
	case len(file) > alibabaMaxUpload:
		return "", 400, "EntityTooLarge", "The file exceeds the maximum size of the policy."
	}
	a.objects[grant.object] = file
	switch fields["success_action_status"] {
	case "200":
		return grant.object, http.StatusOK, "", ""
	case "201":
		return grant.object, http.StatusCreated, "", ""
	}
	return grant.object, http.StatusNoContent, "", ""
}

// alibabaForm reads a multipart form as far as its file.
func alibabaForm(r *http.Request, body []byte) (fields map[string]string, file []byte, err error) {
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil, nil, err
	}
	form := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	fields = map[string]string{}
	for {
		part, err := form.NextRawPart()
		if err != nil {
			return nil, nil, errors.New("the form has no file")
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, nil, err
		}
		if part.FormName() == "file" {
			return fields, content, nil
		}
		fields[part.FormName()] = string(content)
	}
}

// fetch returns the document that a request's Url leads to. It opens no connection: only what was uploaded here is
// found, by the bucket's host or by its path.
func (a *Alibaba) fetch(c *alibabaCall) ([]byte, *alibabaError) {
	raw, err := c.params.required("Url")
	if err != nil {
		return nil, err
	}
	u, broken := url.Parse(raw)
	if broken != nil || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" {
		return nil, alibabaBad("Url")
	}
	bucket, endpoint := a.upload()
	host, object := alibabaHost(u.Host), strings.TrimPrefix(u.Path, "/")
	own := []string{alibabaHost(strings.TrimPrefix(a.URL(), "http://")), alibabaHost(c.host)}
	if document, ok := a.objects[object]; ok && (host == alibabaHost(bucket+"."+endpoint) || slices.Contains(own, host)) {
		return document, nil
	}
	object, ok := strings.CutPrefix(object, bucket+"/")
	if document, there := a.objects[object]; ok && there && (host == alibabaHost(endpoint) || slices.Contains(own, host)) {
		return document, nil
	}
	return nil, alibabaBad("Url")
}

// alibabaHost makes hosts comparable.
func alibabaHost(host string) string {
	return strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(host), ":80"), ":443")
}

func (a *Alibaba) putKvWithHighCapacity(c *alibabaCall) (alibabaReply, *alibabaError) {
	ns, key, err := a.key(c)
	if err != nil {
		return nil, err
	}
	document, err := a.fetch(c)
	if err != nil {
		return nil, err
	}
	object, ok := alibabaObject(document)
	item, good := alibabaItemOf(object, a.config.UploadTTL)
	name, fine := alibabaString(object["Namespace"])
	// What becomes of a document that is about another key is not documented.
	if !ok || !good || !fine || name != ns.name || item.key != key || !a.validValue(item.value) {
		return nil, alibabaBad("Url")
	}
	if len(item.value) > alibabaMaxLargeValue {
		return nil, alibabaFault("InvalidValue.ExceedsMaximum")
	}
	expires, seconds, ok := a.expiry(c.now, item.at, item.ttl)
	if !ok {
		return nil, alibabaBad("Url")
	}
	if !a.store1(ns, key, c.now, alibabaEntry([]byte(item.value), expires, seconds, false)) {
		return nil, alibabaFault("InvalidKey.ExceedsCapacity")
	}
	return alibabaReply{"Length": alibabaDigits(int64(len(item.value)), a.config.NumericLength), "Value": alibabaEcho(item.value)}, nil
}

func (a *Alibaba) batchPutKvWithHighCapacity(c *alibabaCall) (alibabaReply, *alibabaError) {
	ns, list, err := a.uploadedBatch(c, "KvList")
	if err != nil {
		return nil, err
	}
	items, ok := alibabaItems(list, a.config.UploadTTL)
	if !ok {
		items = nil
	}
	return a.putAll(c, ns, items, alibabaMaxLargeValue), nil
}

func (a *Alibaba) batchDeleteKvWithHighCapacity(c *alibabaCall) (alibabaReply, *alibabaError) {
	ns, list, err := a.uploadedBatch(c, "Keys")
	if err != nil {
		return nil, err
	}
	keys, ok := alibabaStrings(list)
	if !ok {
		keys = nil
	}
	return a.removeAll(c, ns, keys), nil
}

// uploadedBatch returns the list in an uploaded document. A document that is not as expected has none: by the
// vendor's word that is no error, but a success with nothing done.
func (a *Alibaba) uploadedBatch(c *alibabaCall, name string) (*alibabaNamespace, []byte, *alibabaError) {
	ns, err := a.online(c)
	if err != nil {
		return nil, nil, err
	}
	document, err := a.fetch(c)
	if err != nil {
		return nil, nil, err
	}
	object, ok := alibabaObject(document)
	if about, fine := alibabaString(object["Namespace"]); !ok || !fine || about != ns.name {
		return ns, nil, nil
	}
	return ns, object[name], nil
}
