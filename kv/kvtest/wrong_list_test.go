package kvtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance/conformancetest"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// onList exchanges request and answer of every listing.
func onList(before func(*driver.ListRequest), after func(*driver.ListRequest, *driver.ListResponse)) func(*fakeSpace) {
	return func(n *fakeSpace) {
		list := n.list
		n.list = func(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
			changed := *req
			if before != nil {
				before(&changed)
			}
			res, err := list(ctx, &changed)
			if err == nil && after != nil {
				after(req, res)
			}
			return res, err
		}
	}
}

func wrongListings() []wrong {
	return []wrong{
		{name: "ignores the prefix", config: "native", fails: "List/Prefix List/PrefixIsKey List/PrefixWithoutMatch", space: onList(func(req *driver.ListRequest) { req.Prefix = "" }, nil)},
		{name: "looks for the prefix anywhere", config: "native", fails: "List/Prefix", space: func(n *fakeSpace) {
			list := n.list
			n.list = func(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
				if len(req.Prefix) < 2 {
					return list(ctx, req)
				}
				page, err := list(ctx, &driver.ListRequest{Prefix: req.Prefix[:len(req.Prefix)-1], Cursor: req.Cursor, PageSize: req.PageSize})
				if err == nil {
					page.Keys = slices.DeleteFunc(page.Keys, func(info driver.KeyInfo) bool { return !strings.Contains(info.Name, req.Prefix[len(req.Prefix)-1:]) })
				}
				return page, err
			}
		}},
		{name: "takes the prefix for a pattern", config: "native", fails: "List/PrefixOdd", space: onList(func(req *driver.ListRequest) { req.Prefix = strings.TrimRight(req.Prefix, "*") }, nil)},
		{name: "leaves out the prefix itself", config: "native", fails: "List/PrefixIsKey", space: onList(nil, func(req *driver.ListRequest, res *driver.ListResponse) {
			res.Keys = slices.DeleteFunc(res.Keys, func(info driver.KeyInfo) bool { return info.Name == req.Prefix })
		})},
		{name: "drops the last page", config: "native", fails: "List/AllKeys Page/SmallPages", space: onList(nil, func(req *driver.ListRequest, res *driver.ListResponse) {
			if res.Cursor == "" && req.Cursor != "" {
				res.Keys = nil
			}
		})},
		{name: "ends when a page is full", config: "native", fails: "Page/SmallPages", space: onList(nil, func(_ *driver.ListRequest, res *driver.ListResponse) { res.Cursor = "" })},
		{name: "repeats a key at the page break", config: "native", fails: "List/AllKeys Page/SmallPages", space: func(n *fakeSpace) {
			list := n.list
			n.list = func(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
				res, err := list(ctx, req)
				if key, ok := strings.CutPrefix(req.Cursor, "after:"); err == nil && ok && strings.HasSuffix(key, ":") && len(res.Keys) > 0 {
					res.Keys[0].Name = strings.TrimSuffix(key, ":")
				}
				return res, err
			}
		}},
		{name: "never ends after a full page", config: "native", fails: "Page/ExactPages", space: onList(nil, func(req *driver.ListRequest, res *driver.ListResponse) {
			if len(res.Keys) == req.PageSize && res.Cursor == "" {
				res.Cursor = req.Cursor
				if res.Cursor == "" {
					res.Cursor = "after::"
				}
			}
		})},
		{name: "has an endless cursor", config: "native", fails: "List/AllKeys List/Empty Page/SmallPages", space: onList(nil, func(_ *driver.ListRequest, res *driver.ListResponse) {
			if res.Cursor == "" {
				res.Cursor = "after:\xff:"
			}
		})},
		{name: "lists in no order though declared", config: "native", fails: "List/Sorted", space: onList(nil, func(_ *driver.ListRequest, res *driver.ListResponse) { slices.Reverse(res.Keys) })},
		{name: "starts anew with a bad cursor", config: "native", fails: "Page/BadCursor", space: onList(func(req *driver.ListRequest) {
			if !strings.HasPrefix(req.Cursor, "after:") || !strings.HasSuffix(req.Cursor, ":") {
				req.Cursor = ""
			}
		}, nil)},
		{name: "ends with a bad cursor", config: "native", fails: "Page/BadCursor", space: func(n *fakeSpace) {
			list := n.list
			n.list = func(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
				if req.Cursor != "" && !strings.HasPrefix(req.Cursor, "after:") {
					return &driver.ListResponse{}, nil
				}
				return list(ctx, req)
			}
		}},
		{name: "keeps the place of a listing", config: "native", fails: "Page/CursorAgain Page/SideBySide List/RangeAgain", space: func(n *fakeSpace) {
			list := n.list
			place := new(conformancetest.Memo[string, string])
			n.list = func(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
				changed := *req
				changed.Cursor, _ = place.Get("")
				res, err := list(ctx, &changed)
				if err == nil {
					place.Set("", res.Cursor)
				}
				return res, err
			}
		}},
		{name: "goes on where a listing was left", config: "native", fails: "List/RangeAgain", space: func(n *fakeSpace) {
			last := new(conformancetest.Memo[string, string])
			onList(func(req *driver.ListRequest) {
				if req.Cursor == "" {
					req.Cursor, _ = last.Get(req.Prefix)
				}
			}, func(req *driver.ListRequest, res *driver.ListResponse) { last.Set(req.Prefix, res.Cursor) })(n)
		}},
		{name: "has larger pages", config: "native", fails: "Page/SmallPages Page/UnderMinimum", space: onList(func(req *driver.ListRequest) {
			if req.PageSize < 5 {
				req.PageSize = 5
			}
		}, nil)},
		{name: "accepts a larger page", config: "native", fails: "Page/OverMaximum", space: onList(func(req *driver.ListRequest) { req.PageSize = min(req.PageSize, 10) }, nil)},
		{name: "refuses the largest page", config: "native", fails: "Page/LargestPage", space: withCaps(func(c *driver.Capabilities) { c.List.MaxPage++ })},
		{name: "accepts a smaller page", config: "native", fails: "Page/UnderMinimum", space: withCaps(func(c *driver.Capabilities) { c.List.MinPage++ })},
		{name: "lists by page number", config: "native", fails: "Page/WhileWriting", space: func(n *fakeSpace) {
			list := n.list
			n.list = func(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
				page := 0
				if _, err := fmt.Sscanf(req.Cursor+"|", "page %d|", &page); req.Cursor != "" && err != nil {
					return nil, refuse(errs.InvalidArgument, "no cursor")
				}
				all := &driver.ListResponse{}
				for next := (driver.ListRequest{Prefix: req.Prefix, PageSize: 10}); ; {
					res, err := list(ctx, &next)
					if err != nil {
						return nil, err
					}
					all.Keys = append(all.Keys, res.Keys...)
					if next.Cursor = res.Cursor; next.Cursor == "" {
						break
					}
				}
				from := min(page*req.PageSize, len(all.Keys))
				to := min(from+req.PageSize, len(all.Keys))
				if to < len(all.Keys) {
					all.Cursor = fmt.Sprintf("page %d", page+1)
				}
				all.Keys = all.Keys[from:to]
				return all, nil
			}
		}},
		{name: "stops without a word", config: "minimal", fails: "Page/MaxKeys", space: func(n *fakeSpace) {
			list := n.list
			var seen atomic.Int64
			n.list = func(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
				res, err := list(ctx, req)
				if err != nil {
					return nil, err
				}
				if req.Cursor == "" {
					seen.Store(0)
				}
				if seen.Add(int64(len(res.Keys))) >= 49 {
					res.Cursor = ""
				}
				return res, nil
			}
		}},
		{name: "lists a missing namespace as empty", config: "native", fails: "List/MissingNamespace", space: func(n *fakeSpace) {
			list := n.list
			n.list = func(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
				res, err := list(ctx, req)
				if errs.CodeOf(err) == errs.NamespaceNotFound {
					return &driver.ListResponse{}, nil
				}
				return res, err
			}
		}},
		{name: "lists each version of a key", config: "native", fails: "List/OverwrittenOnce", space: func(n *fakeSpace) {
			writes := new(conformancetest.Memo[string, int])
			put, list := n.put, n.list
			n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
				count, _ := writes.Get(req.Key)
				writes.Set(req.Key, count+1)
				return put(ctx, req)
			}
			n.list = func(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
				res, err := list(ctx, req)
				if err == nil {
					for _, info := range res.Keys {
						if count, _ := writes.Get(info.Name); count > 1 {
							res.Keys = append(res.Keys, info)
						}
					}
				}
				return res, err
			}
		}},
		{name: "shares a listing", config: "native", fails: "Ownership/ListGivesAway", space: func(n *fakeSpace) {
			shared := new(conformancetest.Memo[driver.ListRequest, *driver.ListResponse])
			list := n.list
			n.list = func(ctx context.Context, req *driver.ListRequest) (*driver.ListResponse, error) {
				if page, ok := shared.Get(*req); ok {
					return page, nil
				}
				page, err := list(ctx, req)
				if err == nil {
					shared.Set(*req, page)
				}
				return page, err
			}
		}},
	}
}
