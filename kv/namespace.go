package kv

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// Namespace is a handle on one key-value namespace. It is safe for concurrent use and needs no closing: it lives as
// long as the client or service that opened it.
type Namespace struct {
	service *Service
	name    string
	byName  bool // the id was looked up by the name, and can be looked up again
	options openOptions
	current atomic.Pointer[opened]
}

// opened is a namespace as it was opened by one id.
type opened struct {
	ref  driver.NamespaceRef
	drv  driver.Namespace
	caps Capabilities

	get      method[driver.GetRequest, driver.GetResponse]
	inspect  method[driver.InspectRequest, driver.InspectResponse]
	put      method[driver.PutRequest, driver.PutResponse]
	remove   method[driver.DeleteRequest, driver.DeleteResponse]
	list     method[driver.ListRequest, driver.ListResponse]
	getBatch method[driver.GetBatchRequest, driver.GetBatchResponse]
	putBatch method[driver.PutBatchRequest, driver.PutBatchResponse]
	delBatch method[driver.DeleteBatchRequest, driver.DeleteBatchResponse]
	putBytes func(*driver.PutRequest) int64
}

// open asks the driver for the namespace and checks that it does what it declares.
func (s *Service) open(ref driver.NamespaceRef, options openOptions) (*opened, error) {
	drv, err := s.drv.OpenNamespace(ref)
	if err != nil {
		return nil, err
	}
	o := &opened{ref: ref, drv: drv, caps: drv.Capabilities()}
	t := pipeline.NewTable(s.pipe, drv.Operations(), writing)
	o.get = pipeline.Bind(t, driver.OpGet, drv.Get)
	o.put = pipeline.Bind(t, driver.OpPut, drv.Put)
	o.remove = pipeline.Bind(t, driver.OpDelete, drv.Delete)
	o.list = pipeline.Bind(t, driver.OpList, drv.List)
	emulated := None
	if o.caps.Expiry == Emulated || o.caps.ReadMetadata == Emulated {
		emulated = Emulated
	}
	o.inspect = pipeline.BindOptional(t, drv, "to read expiry or metadata by a request of its own", emulated, driver.OpInspect, driver.Inspector.Inspect)
	o.getBatch = pipeline.BindOptional(t, drv, "GetBatch", o.caps.GetBatch.Support, driver.OpGetBatch, driver.BatchGetter.GetBatch)
	putter, ok := drv.(driver.BatchPutter)
	if t.Agrees("PutBatch", "BatchPutter", o.caps.PutBatch.Support, ok) {
		o.putBatch = pipeline.Bind(t, driver.OpPutBatch, putter.PutBatch)
		o.putBytes = putter.PutBatchBytes
	}
	o.delBatch = pipeline.BindOptional(t, drv, "DeleteBatch", o.caps.DeleteBatch.Support, driver.OpDeleteBatch, driver.BatchDeleter.DeleteBatch)
	if !sane(&o.caps) {
		t.Fail(errs.Refuse(errs.Internal, "the driver declares no key alphabet, no value size, no page size or a batch of no keys"))
	}
	if t.Err() != nil {
		return nil, t.Err()
	}
	o.caps = o.caps.Adjust(options.keys, options.values)
	return o, nil
}

// sane reports whether keys, values and pages are possible at all.
func sane(caps *Capabilities) bool {
	for _, batch := range []driver.Batch{caps.GetBatch, caps.PutBatch, caps.DeleteBatch} {
		if batch.Support != None && batch.MaxItems < 1 {
			return false
		}
	}
	return caps.Key.Alphabet != driver.Alphabet{} && caps.MaxValueBytes > 0 && 1 <= caps.List.MinPage && caps.List.MinPage <= caps.List.MaxPage
}

// Name returns the name that the namespace was opened by; its id where it was opened by [WithID] without a name.
func (n *Namespace) Name() string { return n.name }

// ID returns the vendor's id of the namespace; its name where the provider addresses namespaces by name.
func (n *Namespace) ID() string { return n.current.Load().ref.ID }

// Service returns the service that the namespace belongs to: the account, or the zone of it, that its configuration
// names. It cannot be closed through what is returned.
func (n *Namespace) Service() *Service { return n.service.Borrowed() }

// Capabilities tell what the namespace can do and what its limits are, the encodings of its keys and values included.
func (n *Namespace) Capabilities() Capabilities { return n.current.Load().caps }

// Get returns the value of a key, and with [WithExpiry] and [WithMetadata] what is asked for. A missing or expired key
// is errs.KeyNotFound and nothing else is; a missing namespace is errs.NamespaceNotFound. A key that breaks the
// provider's rule is errs.InvalidArgument before any I/O. The call is retried; it may be repeated at will.
func (n *Namespace) Get(ctx context.Context, key string, opts ...GetOption) (Entry, error) {
	return n.get(ctx, key, wanted(opts), ratelimit.Interactive)
}

func (n *Namespace) get(ctx context.Context, key string, want GetOption, p ratelimit.Priority) (Entry, error) {
	o := n.current.Load()
	req := driver.GetRequest{WantExpiry: want.expiry, WantMetadata: want.metadata}
	refusal := checkGet(&o.caps, key, want)
	if refusal == nil {
		req.Key = o.caps.Key.Encoding.Encode(key)
	}
	res, err := do(ctx, n, (*opened).methodGet, key, p, refusal, &req)
	if err != nil {
		return Entry{}, err
	}
	entry, err := o.entry(key, res)
	if err != nil {
		return Entry{}, n.complete(err, driver.OpGet, key)
	}
	if want.expiry && o.caps.Expiry == Emulated || want.metadata && o.caps.ReadMetadata == Emulated {
		return n.inspectEntry(ctx, entry, want, p)
	}
	return entry, nil
}

// inspectEntry asks for what the value's own request did not bring.
func (n *Namespace) inspectEntry(ctx context.Context, entry Entry, want GetOption, p ratelimit.Priority) (Entry, error) {
	o := n.current.Load()
	want.expiry = want.expiry && o.caps.Expiry == Emulated
	want.metadata = want.metadata && o.caps.ReadMetadata == Emulated
	req := driver.InspectRequest{Key: o.caps.Key.Encoding.Encode(entry.Key), WantExpiry: want.expiry, WantMetadata: want.metadata}
	res, err := do(ctx, n, (*opened).methodInspect, entry.Key, p, nil, &req)
	if err != nil {
		return Entry{}, err
	}
	if want.expiry {
		entry.Expiry = res.Expiry
	}
	if want.metadata {
		entry.Metadata = res.Metadata
	}
	return entry, nil
}

// entry turns a driver's response into what the caller gets.
func (o *opened) entry(key string, res *driver.GetResponse) (Entry, error) {
	value, err := o.caps.ValueEncoding.Decode(res.Value)
	return Entry{Key: key, Value: value, Expiry: res.Expiry, Metadata: res.Metadata}, err
}

// Exists reports whether the key is there. It costs as much as Get: no provider has a cheaper question.
func (n *Namespace) Exists(ctx context.Context, key string) (bool, error) {
	_, err := n.Get(ctx, key)
	if err != nil && errors.Is(err, errs.KeyNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Put writes a key, replacing its value, expiry and metadata: a put without [TTL] and [ExpiresAt] makes the key stay
// until it is deleted. (Alibaba Cloud and Tencent Cloud do not document that an earlier expiry is removed.)
//
// Before any I/O it refuses with errs.InvalidArgument a key, expiry, TTL, empty or binary value that the provider does
// not accept, with errs.TooLarge a value or metadata over the limit, and with errs.Unsupported an option that the
// provider does not have. The call is retried, since writing the same again changes nothing; a failed one may have
// taken effect, as the error's Outcome says; [WithReadBack] then looks. Value is not read any more once Put has returned.
func (n *Namespace) Put(ctx context.Context, key string, value []byte, opts ...PutOption) error {
	o := n.current.Load()
	req, refusal := newPut(&o.caps, n.service.now(), key, value, opts)
	if refusal == nil {
		o.encode(&req)
	}
	return n.put(ctx, key, ratelimit.Interactive, refusal, &req)
}

// put makes one put, and with [WithReadBack] looks what became of it where that is not known.
func (n *Namespace) put(ctx context.Context, key string, p ratelimit.Priority, refusal error, req *driver.PutRequest) error {
	began := n.service.now()
	_, err := do(ctx, n, (*opened).methodPut, key, p, refusal, req)
	if err == nil || !n.options.readBack {
		return err
	}
	return n.settle(ctx, written{key: key, req: req, began: began, priority: p}, err)
}

// encode spells key and value as they are stored.
func (o *opened) encode(req *driver.PutRequest) {
	req.Key = o.caps.Key.Encoding.Encode(req.Key)
	req.Value = o.caps.ValueEncoding.Encode(req.Value)
}

// Delete removes a key. An absent key is success. The call is retried; it may be repeated at will.
func (n *Namespace) Delete(ctx context.Context, key string) error {
	o := n.current.Load()
	var req driver.DeleteRequest
	refusal := checkKey(&o.caps, key)
	if refusal == nil {
		req.Key = o.caps.Key.Encoding.Encode(key)
	}
	_, err := do(ctx, n, (*opened).methodDelete, key, ratelimit.Interactive, refusal, &req)
	return err
}

// Keys lists the keys of the namespace, or with [Prefix] some of them. Expiry and metadata of a key are told where
// Capabilities.List says so. An error ends the listing; each range starts afresh. No order is promised unless
// Capabilities.List.Sorted, and a listing is no snapshot: keys written or deleted meanwhile may or may not show, and
// providers that list by page number may then repeat or skip others.
//
// Where Capabilities.List.MaxKeys bounds what can be reached, a listing with more ends in errs.TooLarge. Each page is
// retried.
func (n *Namespace) Keys(ctx context.Context, opts ...ListOption) iter.Seq2[KeyInfo, error] {
	return func(yield func(KeyInfo, error) bool) {
		if err := n.eachKey(ctx, opts, func(info KeyInfo) bool { return yield(info, nil) }); err != nil {
			yield(KeyInfo{}, n.complete(err, driver.OpList, ""))
		}
	}
}

// eachKey calls visit until it returns false or the listing ends.
func (n *Namespace) eachKey(ctx context.Context, opts []ListOption, visit func(KeyInfo) bool) error {
	caps := n.Capabilities()
	req, refusal := newList(&caps, opts)
	if refusal == nil {
		req.Prefix = caps.Key.Encoding.Encode(req.Prefix)
	}
	var guard pipeline.CursorGuard
	for listed := 0; ; {
		page, err := do(ctx, n, (*opened).methodList, "", ratelimit.Interactive, refusal, &req)
		if err != nil {
			return err
		}
		for _, info := range page.Keys {
			if !strings.HasPrefix(info.Name, req.Prefix) || !utf8.ValidString(info.Name) || info.Name == "" {
				return pipeline.CorruptListing("the listing returned a key that was not asked for")
			}
			if info.Name, err = caps.Key.Encoding.Decode(info.Name); err != nil {
				return err
			}
			if !visit(info) {
				return nil
			}
		}
		listed += len(page.Keys)
		if page.Cursor == "" {
			return nil
		}
		if limit := caps.List.MaxKeys; limit > 0 && listed >= limit {
			return &errs.Error{Code: errs.TooLarge, Outcome: errs.NotApplied, Attempts: 1,
				Message: fmt.Sprintf("this provider lists only the first %d keys of a prefix, and there are more; list longer prefixes", limit)}
		}
		if err := guard.Check(page.Cursor, len(page.Keys)); err != nil {
			return err
		}
		req.Cursor = page.Cursor
	}
}

// The methods of opened, as functions that cost nothing to pass.
func (o *opened) methodGet() *method[driver.GetRequest, driver.GetResponse] { return &o.get }
func (o *opened) methodInspect() *method[driver.InspectRequest, driver.InspectResponse] {
	return &o.inspect
}
func (o *opened) methodPut() *method[driver.PutRequest, driver.PutResponse] { return &o.put }
func (o *opened) methodDelete() *method[driver.DeleteRequest, driver.DeleteResponse] {
	return &o.remove
}
func (o *opened) methodList() *method[driver.ListRequest, driver.ListResponse] { return &o.list }

// do makes one call of the namespace.
func do[Req, Res any](ctx context.Context, n *Namespace, pick func(*opened) *method[Req, Res], key string, p ratelimit.Priority, refusal error, req *Req) (*Res, error) {
	o := n.current.Load()
	res, err := doOpened(ctx, n, pick(o), key, p, refusal, req)
	if err == nil || !n.byName || !errors.Is(err, errs.NamespaceNotFound) {
		return res, err
	}
	// The namespace may have been made anew under the same name: its id is looked up again, once.
	fresh, reopened := n.reopen(ctx, pick(o).Op.Name, o)
	if reopened != nil {
		return nil, err
	}
	res, again := doOpened(ctx, n, pick(fresh), key, p, refusal, req)
	if again != nil {
		return nil, afterwards(again, err)
	}
	return res, nil
}

// afterwards returns the later error of a call that was made twice, with what is known of the earlier one.
func afterwards(later, earlier error) error {
	e, ok := later.(*errs.Error)
	first, known := earlier.(*errs.Error)
	if !ok || !known {
		return later
	}
	e.Outcome = e.Outcome.Strongest(first.Outcome)
	e.Attempts += first.Attempts
	return e
}

func doOpened[Req, Res any](ctx context.Context, n *Namespace, m *method[Req, Res], key string, p ratelimit.Priority, refusal error, req *Req) (*Res, error) {
	res, err := pipeline.Do(ctx, pipeline.Call{Op: m.Op, Resource: n.name, Key: key, Priority: p, Refusal: refusal, KeysOf: keysOf}, req, m.Send)
	if e, ok := err.(*errs.Error); ok && e.Code == errs.NamespaceNotFound && n.options.id == "" && n.service.caps.Create != None &&
		e.Message != "" && !strings.Contains(e.Message, createHint) {
		e.Message += createHint
	}
	return res, err
}

// keysOf returns the keys that a request of the driver writes, as they are stored.
func keysOf(req any) (keys []string) {
	switch r := req.(type) {
	case *driver.PutRequest:
		return []string{r.Key}
	case *driver.DeleteRequest:
		return []string{r.Key}
	case *driver.DeleteBatchRequest:
		return r.Keys
	case *driver.PutBatchRequest:
		for _, item := range r.Items {
			keys = append(keys, item.Key)
		}
	}
	return keys
}

var errSameID = errs.Refuse(errs.NamespaceNotFound, "the name still stands for the same id")

// reopen looks up the namespace's id again; it fails if that gives nothing new.
func (n *Namespace) reopen(ctx context.Context, op string, stale *opened) (*opened, error) {
	if now := n.current.Load(); now != stale {
		return now, nil // another call has done it
	}
	ref, err := n.service.resolve(ctx, op, n.name)
	if err != nil {
		return nil, err
	}
	if ref.ID == stale.ref.ID {
		return nil, errSameID
	}
	fresh, err := n.service.open(ref, n.options)
	if err == nil {
		err = checkNeeds(&fresh.caps, n.options.needs)
	}
	if err != nil {
		return nil, err
	}
	n.current.Store(fresh)
	return fresh, nil
}

func (n *Namespace) complete(err error, op, key string) error {
	resource := n.name
	if key != "" {
		resource += "/" + key
	}
	return n.service.pipe.Complete(err, op, resource)
}
