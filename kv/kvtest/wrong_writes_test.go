package kvtest

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance/conformancetest"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// onPut exchanges the request of every single put.
func onPut(change func(*fakeSpace, *driver.PutRequest)) func(*fakeSpace) {
	return func(n *fakeSpace) {
		put := n.put
		n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
			changed := *req
			change(n, &changed)
			return put(ctx, &changed)
		}
	}
}

func wrongWrites() []wrong {
	return []wrong{
		{name: "cuts long values", config: "native", fails: "Value/OverLimit Value/OverLimitKeepsOld", space: onPut(func(n *fakeSpace, req *driver.PutRequest) {
			req.Value = req.Value[:min(len(req.Value), 2000)]
		})},
		{name: "accepts a byte more", config: "native", fails: "Value/OverLimit", space: func(n *fakeSpace) {
			n.caps = func() driver.Capabilities {
				c := n.service.account.content
				c.MaxValueBytes--
				return c
			}
		}},
		{name: "accepts a byte less", config: "native", fails: "Value/Sizes", space: func(n *fakeSpace) {
			n.caps = func() driver.Capabilities {
				c := n.service.account.content
				c.MaxValueBytes++
				return c
			}
		}},
		{name: "refuses after storing", config: "native", fails: "Value/OverLimitKeepsOld", space: func(n *fakeSpace) {
			put := n.put
			n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
				res, err := put(ctx, req)
				if err != nil && len(req.Value) > 2000 {
					_, _ = n.remove(ctx, &driver.DeleteRequest{Key: req.Key})
				}
				return res, err
			}
		}},
		{name: "stores nothing for empty values", config: "native", fails: "Value/Empty", space: func(n *fakeSpace) {
			put := n.put
			n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
				if len(req.Value) == 0 {
					_, err := n.remove(ctx, &driver.DeleteRequest{Key: req.Key})
					return &driver.PutResponse{}, err
				}
				return put(ctx, req)
			}
		}},
		{name: "accepts empty values", config: "minimal", fails: "Value/EmptyRefused", service: func(f *fakeService) {
			f.account.content.EmptyValue = driver.Native
			f.spoil = func(n *fakeSpace) {
				n.caps = func() driver.Capabilities {
					c := n.service.account.content
					c.EmptyValue = driver.None
					return c
				}
			}
		}},
		{name: "keeps the first value", config: "native", fails: "Put/Overwrite Put/KeysApart", space: func(n *fakeSpace) {
			put := n.put
			n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
				if _, err := n.get(ctx, &driver.GetRequest{Key: req.Key}); err == nil {
					return &driver.PutResponse{}, nil
				}
				return put(ctx, req)
			}
		}},
		{name: "appends to a value", config: "native", fails: "Put/Overwrite Put/SameAgain", space: func(n *fakeSpace) {
			put := n.put
			n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
				changed := *req
				if old, err := n.get(ctx, &driver.GetRequest{Key: req.Key}); err == nil {
					changed.Value = slices.Concat(old.Value, req.Value)
				}
				return put(ctx, &changed)
			}
		}},
		{name: "makes a missing namespace at a put", config: "native", fails: "Put/MissingNamespace", space: func(n *fakeSpace) {
			put := n.put
			n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
				res, err := put(ctx, req)
				if errs.CodeOf(err) == errs.NamespaceNotFound {
					_, _ = n.service.create(ctx, &driver.CreateNamespaceRequest{Name: n.ref.Name})
					return put(ctx, req)
				}
				return res, err
			}
		}},
		{name: "shares keys among namespaces", config: "native", fails: "Put/NamespacesApart", service: func(f *fakeService) {
			open := f.open
			var first *fakeSpace
			f.open = func(ref driver.NamespaceRef) (*fakeSpace, error) {
				n, err := open(ref)
				if first == nil {
					first = n
				}
				n.put, n.get = first.put, first.get
				return n, err
			}
		}},
		{name: "keeps the value of a put", config: "native", fails: "Ownership/PutKeepsNothing", space: func(n *fakeSpace) {
			late := new(conformancetest.Memo[string, []byte])
			put, get := n.put, n.get
			n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
				res, err := put(ctx, req)
				if err == nil {
					late.Set(req.Key, req.Value)
				}
				return res, err
			}
			n.get = func(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
				res, err := get(ctx, req)
				if value, ok := late.Get(req.Key); err == nil && ok {
					res.Value = bytes.Clone(value)
				}
				return res, err
			}
		}},
		{name: "appends to the value of a put", config: "native", fails: "Ownership/PutChangesNothing", space: onPut(func(_ *fakeSpace, req *driver.PutRequest) {
			_ = append(req.Value, 0)
		})},
		{name: "fails to delete an absent key", config: "native", fails: "Delete/Absent TTL/ExpiredIsAbsent", space: func(n *fakeSpace) {
			remove := n.remove
			n.remove = func(ctx context.Context, req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
				if _, err := n.get(ctx, &driver.GetRequest{Key: req.Key}); err != nil {
					return nil, err
				}
				return remove(ctx, req)
			}
		}},
		{name: "deletes nothing", config: "native", fails: "Delete/Present List/DeletedGone", space: func(n *fakeSpace) {
			n.remove = func(ctx context.Context, _ *driver.DeleteRequest) (*driver.DeleteResponse, error) {
				return &driver.DeleteResponse{}, ended(ctx)
			}
		}},
		{name: "succeeds to delete in a missing namespace", config: "native", fails: "Delete/MissingNamespace", space: func(n *fakeSpace) {
			remove := n.remove
			n.remove = func(ctx context.Context, req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
				res, err := remove(ctx, req)
				if errs.CodeOf(err) == errs.NamespaceNotFound {
					return &driver.DeleteResponse{}, nil
				}
				return res, err
			}
		}},
		{name: "deletes by prefix", config: "native", fails: "Delete/OthersStay", space: func(n *fakeSpace) {
			remove := n.remove
			n.remove = func(ctx context.Context, req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
				if page, err := n.list(ctx, &driver.ListRequest{Prefix: req.Key, PageSize: 10}); err == nil {
					for _, info := range page.Keys {
						_, _ = remove(ctx, &driver.DeleteRequest{Key: info.Name})
					}
				}
				return remove(ctx, req)
			}
		}},
		{name: "buries deleted keys", config: "native", fails: "Delete/PutAgain", space: func(n *fakeSpace) {
			dead := new(conformancetest.Memo[string, bool])
			remove, get := n.remove, n.get
			n.remove = func(ctx context.Context, req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
				res, err := remove(ctx, req)
				dead.Set(req.Key, err == nil)
				return res, err
			}
			n.get = func(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
				if gone, _ := dead.Get(req.Key); gone {
					return nil, refuse(errs.KeyNotFound, "dead")
				}
				return get(ctx, req)
			}
		}},
		{name: "loses writes at the same time", config: "native", fails: "Concurrent/DistinctKeys", space: func(n *fakeSpace) {
			busy := make(chan struct{}, 1)
			put := n.put
			n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
				select {
				case busy <- struct{}{}:
					defer func() { <-busy }()
					time.Sleep(time.Millisecond)
					return put(ctx, req)
				default:
					return &driver.PutResponse{}, ended(ctx)
				}
			}
		}},
		{name: "mixes writes at the same time", config: "native", fails: "Concurrent/SameKey", space: func(n *fakeSpace) {
			under := 0
			put := n.put
			n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
				m := n.service.account
				m.mu.Lock()
				under++
				m.mu.Unlock()
				time.Sleep(time.Millisecond)
				m.mu.Lock()
				changed := *req
				if under > 1 && len(req.Value) > 1 {
					changed.Value = req.Value[1:]
				}
				under--
				m.mu.Unlock()
				return put(ctx, &changed)
			}
		}},
		{name: "serves one call at a time", config: "native", fails: "Concurrent/AllMethods", space: func(n *fakeSpace) {
			busy := make(chan struct{}, 1)
			list := n.list
			n.list = func(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
				select {
				case busy <- struct{}{}:
					defer func() { <-busy }()
					time.Sleep(time.Millisecond)
					return list(ctx, req)
				default:
					return nil, refuse(errs.Conflict, "busy")
				}
			}
		}},
	}
}
