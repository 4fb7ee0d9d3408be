package kvtest

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// onErrors exchanges the errors of get and put.
func onErrors(change func(error) error) func(*fakeSpace) {
	return func(n *fakeSpace) {
		put, get := n.put, n.get
		n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
			res, err := put(ctx, req)
			if err != nil {
				err = change(err)
			}
			return res, err
		}
		n.get = func(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
			res, err := get(ctx, req)
			if err != nil {
				err = change(err)
			}
			return res, err
		}
	}
}

func wrongCalls() []wrong {
	return []wrong{
		{name: "ignores the context of a get", config: "native", fails: "Context/Canceled Context/Deadline", space: func(n *fakeSpace) {
			get := n.get
			n.get = func(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
				return get(context.WithoutCancel(ctx), req)
			}
		}},
		{name: "ignores the context of a put", config: "native", fails: "Context/Canceled Context/Deadline Context/NothingWritten", space: func(n *fakeSpace) {
			put := n.put
			n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
				return put(context.WithoutCancel(ctx), req)
			}
		}},
		{name: "waits on when the context ends", config: "native", fails: "Context/Prompt", space: func(n *fakeSpace) {
			list := n.list
			n.list = func(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
				time.Sleep(12 * time.Millisecond)
				return list(ctx, req)
			}
		}},
		{name: "claims what was not sent", config: "native", fails: "Context/NothingWritten Errors/Outcome", space: onErrors(func(err error) error {
			e := *err.(*errs.Error)
			e.Outcome = errs.Applied
			return &e
		})},
		{name: "hides the cause of an end", config: "native", fails: "Context/Canceled Context/Deadline", space: onErrors(func(err error) error {
			return refuse(errs.CodeOf(err), "failed")
		})},
		{name: "writes when the context ends", config: "native", fails: "Context/EndsAfterReturn", space: func(n *fakeSpace) {
			put := n.put
			n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
				res, err := put(ctx, req)
				if ctx.Done() != nil && err == nil {
					_, err = n.remove(ctx, &driver.DeleteRequest{Key: req.Key})
				}
				return res, err
			}
		}},
		{name: "ignores the context of a service", config: "native", fails: "Context/Service", service: func(f *fakeService) {
			list := f.list
			f.list = func(ctx context.Context, req *driver.ListNamespacesRequest) (*driver.ListNamespacesResponse, error) {
				return list(context.WithoutCancel(ctx), req)
			}
		}},
		{name: "has plain errors", config: "native", fails: "Get/MissingKey Errors/Typed", space: onErrors(func(err error) error { return errors.New("failed") })},
		{name: "knows no codes", config: "native", fails: "Get/MissingKey Errors/Typed", space: onErrors(func(err error) error { return &errs.Error{Code: errs.Unknown, Message: "failed", Err: err} })},
		{name: "has codes of its own", config: "native", fails: "Get/MissingKey Errors/Typed", space: onErrors(func(err error) error { return &errs.Error{Code: "Missing", Message: "failed"} })},
		{name: "fills in what is the caller's", config: "native", fails: "Errors/CallerFields", space: onErrors(func(err error) error {
			e := *err.(*errs.Error)
			e.Provider, e.Op = "fake", "get"
			return &e
		})},
		{name: "tells its credential", config: "native", fails: "Errors/NoValue Errors/Typed Get/MissingKey", space: onErrors(func(err error) error {
			return refuse(errs.CodeOf(err), "signed by %s: %w", credential, err)
		})},
		{name: "tells its credential in base64 in a cause", config: "native", fails: "Errors/NoValue", space: onErrors(func(err error) error {
			e := *err.(*errs.Error)
			e.Err = errors.Join(e.Err, errors.New("key="+url.QueryEscape(base64.URLEncoding.EncodeToString([]byte("id:"+credential+":")))))
			return &e
		})},
		{name: "prints its credential", config: "bare", fails: "Print/Credentials", service: func(f *fakeService) { f.shown = credential }},
		{name: "prints the value", config: "native", fails: "Errors/NoValue", space: func(n *fakeSpace) {
			put := n.put
			n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
				res, err := put(ctx, req)
				if err != nil {
					err = refuse(errs.CodeOf(err), "cannot store %q: %w", req.Value, err)
				}
				return res, err
			}
		}},
		{name: "keeps the request in the cause", config: "native", fails: "Errors/NoValue", space: func(n *fakeSpace) {
			put := n.put
			n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
				res, err := put(ctx, req)
				if err != nil {
					err = &errs.Error{Code: errs.CodeOf(err), Message: "failed", Err: &vendorError{Body: string(req.Value), cause: err}}
				}
				return res, err
			}
		}},
	}
}

// vendorError is an error that shows its request only when it is dumped.
type vendorError struct {
	Body  string
	cause error
}

func (e *vendorError) Error() string { return "vendor" }

func (e *vendorError) Unwrap() error { return e.cause }

// withRows declares another operation table.
func withRows(change func([]policy.Operation) []policy.Operation) func(*fakeSpace) {
	return func(n *fakeSpace) {
		ops := n.ops
		n.ops = func() []policy.Operation { return change(ops()) }
	}
}

func wrongDeclarations() []wrong {
	var calls atomic.Int64
	return []wrong{
		{name: "declares pages of no keys", config: "native", fails: "Declare/Capabilities", space: withCaps(func(c *driver.Capabilities) { c.List.MinPage = 0 })},
		{name: "declares metadata of no bytes", config: "native", fails: "Declare/Capabilities", space: withCaps(func(c *driver.Capabilities) { c.MaxMetadataBytes = 0 })},
		{name: "sets the encoding of keys", config: "native", fails: "Declare/Capabilities", space: withCaps(func(c *driver.Capabilities) { c.Key.Encoding = driver.UnderscoreHex })},
		{name: "changes its capabilities", config: "native", fails: "Declare/CapabilitiesStable Portable/RefusesBeforeSending", service: func(f *fakeService) {
			calls.Store(0)
			f.spoil = withCaps(func(c *driver.Capabilities) {
				c.MaxValueBytes += calls.Add(1)
			})
		}},
		{name: "declares an impossible service", config: "native", fails: "Declare/Service", service: func(f *fakeService) { f.account.service.MaxDescriptionChars = -1 }},
		{name: "misses a row", config: "native", fails: "Declare/Operations Declare/Interfaces", space: withRows(func(rows []policy.Operation) []policy.Operation { return rows[1:] })},
		{name: "has a row twice", config: "native", fails: "Declare/Operations", space: withRows(func(rows []policy.Operation) []policy.Operation { return append(rows, rows[0]) })},
		{name: "names a row otherwise", config: "native", fails: "Declare/Operations", space: withRows(func(rows []policy.Operation) []policy.Operation {
			return append(rows, policy.Operation{Name: "kv.Fetch"})
		})},
		{name: "has a row for what it lacks", config: "native", fails: "Declare/Operations", space: withRows(func(rows []policy.Operation) []policy.Operation {
			return append(rows, policy.Operation{Name: driver.OpInspect, Idempotency: policy.ReadOnly})
		})},
		{name: "calls a put read-only", config: "native", fails: "Declare/Operations", space: withRows(func(rows []policy.Operation) []policy.Operation {
			rows[1].Idempotency = policy.ReadOnly
			return rows
		})},
		{name: "calls a get non-idempotent", config: "native", fails: "Declare/Operations", space: withRows(func(rows []policy.Operation) []policy.Operation {
			rows[0].Idempotency = policy.NonIdempotent
			return rows
		})},
		{name: "calls a creation idempotent", config: "native", fails: "Declare/ServiceOperations", service: func(f *fakeService) {
			ops := f.ops
			f.ops = func() []policy.Operation {
				rows := ops()
				rows[1].Idempotency = policy.Idempotent
				return rows
			}
		}},
		{name: "declares batches without the interface", config: "native", fails: "Declare/Interfaces GetBatch/One", service: func(f *fakeService) { f.facets = 0 }},
		{name: "has batches that it does not declare", config: "native", fails: "Declare/Interfaces", space: withCaps(func(c *driver.Capabilities) {
			c.GetBatch, c.PutBatch, c.DeleteBatch = driver.Batch{}, driver.Batch{}, driver.Batch{}
		})},
		{name: "declares a renaming that it has not", config: "minimal", fails: "Declare/Interfaces", service: func(f *fakeService) { f.account.service.Rename = driver.Native }},
		{name: "makes a namespace when it is opened", config: "native", fails: "Declare/OpenMissing", service: func(f *fakeService) {
			open := f.open
			f.open = func(ref driver.NamespaceRef) (*fakeSpace, error) {
				_, _ = f.create(context.Background(), &driver.CreateNamespaceRequest{Name: ref.Name})
				return open(ref)
			}
		}},
		{name: "fails to open a missing namespace", config: "native", fails: "Declare/OpenMissing", service: func(f *fakeService) {
			open := f.open
			f.open = func(ref driver.NamespaceRef) (*fakeSpace, error) {
				if _, err := f.get(context.Background(), &driver.GetNamespaceRequest{NamespaceRef: ref}); err != nil {
					return nil, err
				}
				return open(ref)
			}
		}},
	}
}
