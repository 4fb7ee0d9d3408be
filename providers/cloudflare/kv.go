package cloudflare

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/cloudflare/limits"
)

// namespace is one open namespace.
type namespace struct {
	service *service
	url     *url.URL
}

var _ interface {
	kvdriver.Namespace
	kvdriver.Inspector
	kvdriver.BatchGetter
	kvdriver.BatchPutter
	kvdriver.BatchDeleter
} = (*namespace)(nil)

// maxBulkReply bounds the reply of a bulk read. Its values have 25 MB in all, and JSON may spell a byte by six.
const maxBulkReply = 6*25<<20 + 1<<20

// Capabilities tells what the namespace can do.
func (n *namespace) Capabilities() kvdriver.Capabilities {
	c := limits.KV()
	c.PutBatch.MaxItems, c.DeleteBatch.MaxItems = n.service.batch, n.service.batch
	return c
}

// to returns a request to a path under the namespace.
func (n *namespace) to(method string, about subject, path ...string) (*request, error) {
	u, err := wire.Join(n.url, path...)
	if err != nil {
		return nil, errs.Refuse(errs.InvalidArgument, "key: %w", err)
	}
	return &request{method: method, url: u, about: about}, nil
}

// Get returns the value of a key as it is, and its expiry from a header (page "Read key-value pair").
func (n *namespace) Get(ctx context.Context, req *kvdriver.GetRequest) (*kvdriver.GetResponse, error) {
	r, err := n.to(http.MethodGet, aKey, "values", req.Key)
	if err != nil {
		return nil, err
	}
	reply, err := n.service.roundTrip(ctx, r)
	if err != nil {
		return nil, err
	}
	if reply.Status != http.StatusOK {
		if _, err := n.service.open(r, reply); err != nil {
			return nil, err
		}
		return nil, corrupt(reply, "has the status "+strconv.Itoa(reply.Status)+" and not a value", errs.NotApplied)
	}
	if err := n.checkValue(r, reply); err != nil {
		return nil, err
	}
	expiry, problem := decodeExpiry(reply.Header.Get("Expiration"))
	if problem != nil {
		return nil, corrupt(reply, problem.Error(), errs.NotApplied)
	}
	return &kvdriver.GetResponse{Value: reply.Body, Expiry: expiry}, nil
}

// checkValue returns the error of a reply that says of itself that it is no value, or may not be all of it.
func (n *namespace) checkValue(r *request, reply *wire.Response) error {
	if reply.SaysHTML() {
		return corrupt(reply, "is an HTML page, which a proxy may have sent", errs.NotApplied)
	}
	if reply.MayBeCut {
		return &errs.Error{Code: errs.Unavailable, Retry: errs.Temporary, Outcome: errs.NotApplied, HTTPStatus: reply.Status, RequestID: requestID(reply),
			Message: "the reply of " + reply.Host + " does not tell its length, so that the value may have been cut off"}
	}
	var e envelope
	if media, _, _ := mime.ParseMediaType(reply.Header.Get("Content-Type")); media != jsonType || reply.DecodeJSON(&e) != nil || e.Success == nil || *e.Success {
		return nil // values are octets, whatever they hold
	}
	return n.service.failure(r, reply, &e)
}

// Inspect returns the metadata of a key (page "Read the metadata for a key").
func (n *namespace) Inspect(ctx context.Context, req *kvdriver.InspectRequest) (*kvdriver.InspectResponse, error) {
	r, err := n.to(http.MethodGet, aKey, "metadata", req.Key)
	if err != nil {
		return nil, err
	}
	reply, e, err := n.service.exchange(ctx, r)
	if err != nil {
		return nil, err
	}
	if e.Result == nil {
		return nil, corrupt(reply, "has no result", errs.NotApplied)
	}
	return &kvdriver.InspectResponse{Metadata: orNone(e.Result)}, nil
}

// Put writes a value: as the body itself or, with metadata, as a part of a form (pages "Write key-value pair" and
// "Write key-value pair with optional metadata").
func (n *namespace) Put(ctx context.Context, req *kvdriver.PutRequest) (*kvdriver.PutResponse, error) {
	r, err := n.to(http.MethodPut, aKey, "values", req.Key)
	if err != nil {
		return nil, err
	}
	r.url = withQuery(r.url, expiryQuery(req.TTL, req.ExpiresAt))
	r.concernsValues = true
	if !utf8.Valid(req.Metadata) {
		return nil, errs.Refuse(errs.InvalidArgument, "metadata is not valid UTF-8")
	}
	if req.Metadata == nil {
		r.contentType, r.body = octetsType, req.Value
		if r.body == nil {
			r.body = []byte{} // none would be another request
		}
	} else {
		r.contentType, r.body = encodeForm(req.Value, req.Metadata)
	}
	if err := n.service.opened(ctx, r); err != nil {
		return nil, err
	}
	return &kvdriver.PutResponse{}, nil
}

// Delete removes a key (page "Delete key-value pair"). Should the server ever say that it is not there, it is gone.
func (n *namespace) Delete(ctx context.Context, req *kvdriver.DeleteRequest) (*kvdriver.DeleteResponse, error) {
	r, err := n.to(http.MethodDelete, aKey, "values", req.Key)
	if err != nil {
		return nil, err
	}
	if err := n.service.opened(ctx, r); err != nil && !errors.Is(err, errs.KeyNotFound) {
		return nil, err
	}
	return &kvdriver.DeleteResponse{}, nil
}

// List returns one page of keys (page "List a Namespace's Keys"). The prefix is said again with each cursor.
func (n *namespace) List(ctx context.Context, req *kvdriver.ListRequest) (*kvdriver.ListResponse, error) {
	r, err := n.to(http.MethodGet, aNamespace, "keys")
	if err != nil {
		return nil, err
	}
	query := url.Values{"limit": {strconv.Itoa(req.PageSize)}}
	for name, value := range map[string]string{"prefix": req.Prefix, "cursor": req.Cursor} {
		if value != "" {
			query.Set(name, value)
		}
	}
	r.url = withQuery(r.url, query)
	reply, e, err := n.service.exchange(ctx, r)
	if err != nil {
		return nil, err
	}
	keys, problem := decodeKeys(e.Result)
	switch {
	case problem != nil:
		return nil, corrupt(reply, problem.Error(), errs.NotApplied)
	case e.ResultInfo == nil: // without it nobody knows whether the listing goes on
		return nil, corrupt(reply, "has no result_info", errs.NotApplied)
	}
	return &kvdriver.ListResponse{Keys: keys, Cursor: e.ResultInfo.Cursor}, nil
}

// GetBatch reads up to 100 keys (page "Get multiple key-value pairs"). The reply carries text only; see the package
// comment for values that are not.
func (n *namespace) GetBatch(ctx context.Context, req *kvdriver.GetBatchRequest) (*kvdriver.GetBatchResponse, error) {
	r, err := n.to(http.MethodPost, aNamespace, "bulk", "get")
	if err != nil {
		return nil, err
	}
	described := req.WantExpiry || req.WantMetadata
	r.contentType, r.body, r.maxReply = jsonType, encodeBulkGet(req.Keys, described), maxBulkReply
	r.concernsValues = true
	reply, e, err := n.service.exchange(ctx, r)
	if err != nil {
		return nil, notText(err)
	}
	results, problem := decodeBulkGet(e.Result, req.Keys, described)
	if problem != nil {
		return nil, corrupt(reply, problem.Error(), errs.NotApplied)
	}
	for _, result := range results {
		if e, ok := result.Err.(*errs.Error); ok {
			e.HTTPStatus, e.RequestID = reply.Status, requestID(reply)
		}
	}
	return &kvdriver.GetBatchResponse{Results: results}, nil
}

// notText says what a malformed value is where values are not sent but read: one that is not text.
func notText(err error) error {
	if e, ok := err.(*errs.Error); ok && e.VendorCode == "10012" {
		e.Code, e.Message = errs.Unsupported, bulkIsText
	}
	return err
}

// PutBatch writes several keys (page "Write multiple key-value pairs").
func (n *namespace) PutBatch(ctx context.Context, req *kvdriver.PutBatchRequest) (*kvdriver.PutBatchResponse, error) {
	r, err := n.to(http.MethodPut, aNamespace, "bulk")
	if err != nil {
		return nil, err
	}
	r.contentType, r.concernsValues = jsonType, true
	if r.body, err = encodeItems(req.Items); err != nil {
		return nil, err
	}
	keys := make([]string, len(req.Items))
	for i, item := range req.Items {
		keys[i] = item.Key
	}
	all, err := n.bulk(ctx, r, keys)
	if err != nil {
		return nil, err
	}
	return &kvdriver.PutBatchResponse{Errs: all}, nil
}

// PutBatchBytes returns how many bytes of the request one item takes.
func (n *namespace) PutBatchBytes(item *kvdriver.PutRequest) int64 { return itemBytes(item) }

// DeleteBatch removes several keys (page "Delete multiple key-value pairs").
func (n *namespace) DeleteBatch(ctx context.Context, req *kvdriver.DeleteBatchRequest) (*kvdriver.DeleteBatchResponse, error) {
	r, err := n.to(http.MethodPost, aNamespace, "bulk", "delete")
	if err != nil {
		return nil, err
	}
	r.contentType, r.body = jsonType, encodeJSON(req.Keys)
	all, err := n.bulk(ctx, r, req.Keys)
	if err != nil {
		return nil, err
	}
	return &kvdriver.DeleteBatchResponse{Errs: all}, nil
}

// bulk sends a bulk write or bulk delete and returns one error a key, or nil where all succeeded. A failed reply may
// tell of keys too: those that it does not name were written or deleted all the same.
func (n *namespace) bulk(ctx context.Context, r *request, keys []string) ([]error, error) {
	reply, e, err := n.service.exchange(ctx, r)
	if e == nil {
		return nil, err
	}
	done, failed, problem := decodeBulkResult(e.Result, keys)
	addsUp := problem == nil && done >= 0 && done+len(failed) == len(keys)
	if err != nil {
		whole := err.(*errs.Error)
		if problem != nil || done > 0 || done < 0 && len(failed) > 0 {
			whole.Outcome = errs.Ambiguous // some keys may have been written
		}
		if !addsUp || done == 0 {
			return nil, whole
		}
		return partly(keys, failed, whole), nil
	}
	switch {
	case problem != nil:
		return nil, corrupt(reply, problem.Error(), errs.Ambiguous)
	case !addsUp && done >= 0 && r.method == http.MethodPut: // whether a delete counts absent keys is not documented
		return nil, corrupt(reply, "counts other keys than were sent", errs.Ambiguous)
	case len(failed) == 0:
		return nil, nil
	}
	return partly(keys, failed, &errs.Error{Code: errs.Unknown, Retry: errs.Temporary, HTTPStatus: reply.Status, RequestID: requestID(reply),
		Message: "Cloudflare names the key as one that failed and should be sent again, without a reason"}), nil
}

// partly returns one error a key: a copy of why for those that failed, else nil.
func partly(keys []string, failed map[string]bool, why *errs.Error) []error {
	all := make([]error, len(keys))
	for i, key := range keys {
		if failed[key] {
			one := *why
			all[i] = &one
		}
	}
	return all
}

// expiryQuery says when a key expires. At most one of the two is set; with both, expiration_ttl would win.
func expiryQuery(ttl time.Duration, at time.Time) url.Values {
	query := url.Values{}
	switch {
	case ttl != 0:
		query.Set("expiration_ttl", strconv.FormatInt(int64(ttl/time.Second), 10))
	case !at.IsZero():
		query.Set("expiration", strconv.FormatInt(at.Unix(), 10))
	}
	return query
}

// orNone returns metadata, nil for a null.
func orNone(metadata json.RawMessage) json.RawMessage {
	if metadata = bytes.TrimSpace(metadata); len(metadata) == 0 || string(metadata) == "null" {
		return nil
	}
	return metadata
}
