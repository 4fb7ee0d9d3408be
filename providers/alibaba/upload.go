package alibaba

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

const (
	// maxUpload is the largest value of page PutKvWithHighCapacity, 25 MB.
	maxUpload = 25_000_000
	// uploadTimeout bounds the sending of a value.
	uploadTimeout = 5 * time.Minute

	openPlatformVersion = "2019-12-19"
	actionAuthorize     = "AuthorizeFileUpload"
)

// uploader brings values to where Edge KV can fetch them: a bucket of the vendor's.
type uploader struct {
	api    *api // of the open platform
	region string
	bucket *url.URL // nil: where the permission says
}

// grantReply is the reply of AuthorizeFileUpload: the permission to upload one file.
type grantReply struct {
	head
	AccessKeyID, EncodedPolicy, Signature, ObjectKey, Bucket, Endpoint string
}

func (g *grantReply) fault() string {
	if g.AccessKeyID == "" || g.EncodedPolicy == "" || g.Signature == "" || g.ObjectKey == "" || g.Bucket == "" || g.Endpoint == "" {
		return "lacks a part of the permission to upload"
	}
	return ""
}

// host is the bucket's.
func (g *grantReply) host() string { return g.Bucket + "." + g.Endpoint }

// putLarge writes a value that does not fit into one request: it is uploaded, then fetched by Edge KV.
func (n *namespace) putLarge(ctx context.Context, r *driver.PutRequest) (*driver.PutResponse, error) {
	if r.TTL > 0 || !r.ExpiresAt.IsZero() {
		return nil, errs.Refuse(errs.Unsupported, "a value of over 2,000,000 bytes cannot have a TTL or an expiry on Edge KV")
	}
	at, err := n.upload.send(ctx, n.name, r)
	if err != nil {
		if e, ok := err.(*errs.Error); ok {
			e.Outcome = errs.NotApplied // nothing has reached the namespace
		}
		return nil, err
	}
	query := n.key(r.Key)
	query["Url"] = at
	var reply lengthReply
	err = n.do(ctx, &call{action: actionPutLarge, method: http.MethodPost, query: query, reply: &reply, read: reply.fault, carriesValues: true})
	if err != nil {
		return nil, err
	}
	return &driver.PutResponse{}, nil
}

// send uploads the document that page PutKvWithHighCapacity describes, and returns where it is.
func (u *uploader) send(ctx context.Context, namespace string, r *driver.PutRequest) (string, error) {
	document := struct{ Namespace, Key, Value string }{namespace, r.Key, string(r.Value)}
	if !utf8.ValidString(document.Key) || !utf8.ValidString(document.Value) {
		return "", errs.Refuse(errs.InvalidArgument, "key or value is not valid UTF-8")
	}
	content, err := wire.EncodeJSON(document)
	if err != nil {
		return "", err
	}
	var grant grantReply
	err = u.api.do(ctx, &call{action: actionAuthorize, method: http.MethodGet, query: params{"Product": "ESA", "RegionId": u.region}, reply: &grant, read: grant.fault})
	if err != nil {
		return "", err
	}
	to, err := u.target(&grant)
	if err != nil {
		return "", err
	}
	body, contentType, err := grant.form(content)
	if err != nil {
		return "", err
	}
	reply, err := u.api.account.uploads.Send(ctx, &wire.Request{Method: http.MethodPost, URL: to, Option: optionUpload, Header: http.Header{"Content-Type": {contentType}}, Body: body,
		Hidden: wire.Hidden{grant.AccessKeyID, grant.Signature, grant.EncodedPolicy}})
	if err != nil {
		return "", err
	}
	if reply.Status >= 300 {
		return "", failure(reply, &call{carriesValues: true})
	}
	return "http://" + grant.host() + "/" + grant.ObjectKey, nil
}

// target is where the file goes. Unless the configuration says where, it must be the vendor's.
func (u *uploader) target(g *grantReply) (*url.URL, error) {
	if u.bucket != nil {
		return u.bucket, nil
	}
	to, err := wire.ParseEndpoint(g.host(), false)
	if err != nil || to.Host != g.host() || !strings.HasSuffix(to.Host, ".aliyuncs.com") {
		return nil, &errs.Error{Code: errs.Corrupt, HTTPStatus: http.StatusOK, RequestID: string(g.RequestID),
			Message: "the permission to upload names a host that is not the vendor's; if it is right, say it as " + optionUpload}
	}
	to.Path = "/"
	return to, nil
}

// form is the body of the upload (page PostObject of OSS).
func (g *grantReply) form(content []byte) (body []byte, contentType string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, field := range [][2]string{
		{"OSSAccessKeyId", g.AccessKeyID}, {"policy", g.EncodedPolicy}, {"Signature", g.Signature}, {"key", g.ObjectKey}, {"success_action_status", "201"},
	} {
		if err == nil {
			err = w.WriteField(field[0], field[1])
		}
	}
	file, failed := w.CreateFormFile("file", "value.json") // the last field; nothing behind it is read
	if err == nil {
		err = failed
	}
	if err == nil {
		_, err = file.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, "", errs.Refuse(errs.Internal, "the upload cannot be encoded: %w", err)
	}
	return b.Bytes(), w.FormDataContentType(), nil
}
