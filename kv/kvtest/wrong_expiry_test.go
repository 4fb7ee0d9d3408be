package kvtest

import (
	"context"
	"time"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance/conformancetest"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

func wrongExpiries() []wrong {
	never := func(_ *fakeSpace, req *driver.PutRequest) { req.TTL, req.ExpiresAt = 0, time.Time{} }
	shift := func(by time.Duration) func(*fakeSpace, *driver.PutRequest) {
		return func(_ *fakeSpace, req *driver.PutRequest) {
			if req.TTL > 0 {
				req.ExpiresAt, req.TTL = time.Now().Add(req.TTL), 0
			}
			if !req.ExpiresAt.IsZero() {
				req.ExpiresAt = req.ExpiresAt.Add(by)
			}
		}
	}
	tells := func(change func(driver.Expiry) driver.Expiry) func(*fakeSpace) {
		return onGet(func(_ *driver.GetRequest, res *driver.GetResponse, err error) (*driver.GetResponse, error) {
			if err == nil {
				res.Expiry = change(res.Expiry)
			}
			return res, err
		})
	}
	return []wrong{
		{name: "ignores every expiry", config: "native", space: onPut(never), fails: "TTL/Expires TTL/AbsoluteExpires TTL/GoneFromListing TTL/GoneFromBatch TTL/BeatsAbsolute TTL/UnderMinimum Expiry/ReadBack Expiry/InListing Expiry/InBatch"},
		{name: "ignores a TTL", config: "native", fails: "TTL/Expires TTL/RoundsUp TTL/OverwriteReplaces", space: onPut(func(_ *fakeSpace, req *driver.PutRequest) { req.TTL = 0 })},
		{name: "ignores an absolute expiry", config: "native", fails: "TTL/AbsoluteExpires TTL/Past TTL/AbsoluteUnderMinimum", space: onPut(func(_ *fakeSpace, req *driver.PutRequest) { req.ExpiresAt = time.Time{} })},
		{name: "expires a second early", config: "native", fails: "TTL/Expires TTL/AbsoluteExpires TTL/Minimum TTL/RoundsUp", space: onPut(shift(-time.Second))},
		{name: "expires three seconds late", config: "native", fails: "TTL/Expires TTL/AbsoluteExpires TTL/RoundsUp", space: onPut(shift(3 * time.Second))},
		{name: "takes a TTL for an hour at most", config: "native", fails: "TTL/OverwriteReplaces TTL/FarFuture", service: func(f *fakeService) {
			f.account.content.MinTTL = 10 * time.Minute
			f.spoil = onPut(func(_ *fakeSpace, req *driver.PutRequest) { req.TTL = min(req.TTL, time.Hour) })
		}},
		{name: "reads the local clock of an expiry", config: "native", fails: "TTL/AbsoluteExpires", space: onPut(func(_ *fakeSpace, req *driver.PutRequest) {
			if t := req.ExpiresAt; !t.IsZero() {
				req.ExpiresAt = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
			}
		})},
		{name: "keeps an old expiry", config: "native", fails: "TTL/OverwriteRemoves Expiry/AfterOverwrite", space: func(n *fakeSpace) {
			put, remove := n.put, n.remove
			old := new(conformancetest.Memo[string, time.Time])
			n.remove = func(ctx context.Context, req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
				old.Drop(req.Key)
				return remove(ctx, req)
			}
			n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
				changed := *req
				switch at, kept := old.Get(req.Key); {
				case req.TTL > 0:
					old.Set(req.Key, time.Now().Add(req.TTL))
				case !req.ExpiresAt.IsZero():
					old.Set(req.Key, req.ExpiresAt)
				case kept:
					changed.ExpiresAt = at
				}
				return put(ctx, &changed)
			}
		}},
		{name: "expires keys that should stay", config: "native", fails: "TTL/WithoutStays Expiry/Never", space: onPut(func(_ *fakeSpace, req *driver.PutRequest) {
			if req.TTL == 0 && req.ExpiresAt.IsZero() {
				req.TTL = 30 * 24 * time.Hour
			}
		})},
		{name: "wraps 32 bits", config: "native", fails: "TTL/FarFuture", space: onPut(func(_ *fakeSpace, req *driver.PutRequest) {
			if !req.ExpiresAt.IsZero() {
				req.ExpiresAt = time.Unix(int64(uint32(req.ExpiresAt.Unix())), 0)
			}
		})},
		{name: "accepts a shorter TTL", config: "native", fails: "TTL/UnderMinimum TTL/AbsoluteUnderMinimum", space: func(n *fakeSpace) {
			n.caps = func() driver.Capabilities {
				c := n.service.account.content
				c.MinTTL *= 2
				return c
			}
		}},
		{name: "refuses the shortest TTL", config: "native", fails: "TTL/Minimum", space: func(n *fakeSpace) {
			n.caps = func() driver.Capabilities {
				c := n.service.account.content
				c.MinTTL -= time.Second
				return c
			}
		}},
		{name: "accepts a longer TTL", config: "minimal", fails: "TTL/OverMaximum", space: func(n *fakeSpace) {
			n.caps = func() driver.Capabilities {
				c := n.service.account.content
				c.MaxTTL /= 2
				return c
			}
		}},
		{name: "refuses the longest TTL", config: "minimal", fails: "TTL/Maximum", space: func(n *fakeSpace) {
			n.caps = func() driver.Capabilities {
				c := n.service.account.content
				c.MaxTTL *= 2
				return c
			}
		}},
		{name: "expires batches never", config: "native", fails: "TTL/BatchExpires PutBatch/Expiry Bulk/GetExpiry", space: func(n *fakeSpace) {
			putBatch := n.putBatch
			n.putBatch = func(ctx context.Context, req *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
				changed := &driver.PutBatchRequest{}
				for _, one := range req.Items {
					changed.Items = append(changed.Items, &driver.PutRequest{Key: one.Key, Value: one.Value, Metadata: one.Metadata})
				}
				return putBatch(ctx, changed)
			}
		}},
		{name: "tells expiries in another unit", config: "native", fails: "Expiry/ReadBack Expiry/AfterOverwrite Expiry/Unasked", space: tells(func(e driver.Expiry) driver.Expiry {
			if at, ok := e.At(); ok {
				return driver.ExpiresAt(time.UnixMilli(at.Unix()))
			}
			return e
		})},
		{name: "tells never for unknown", config: "byID", fails: "Expiry/Unasked", service: func(f *fakeService) {
			f.account.content.Expiry = driver.Emulated
			f.spoil = tells(func(driver.Expiry) driver.Expiry { return driver.NeverExpires() })
		}},
		{name: "tells unknown for never", config: "native", fails: "Expiry/ReadBack Expiry/Never Expiry/AfterOverwrite", space: tells(func(e driver.Expiry) driver.Expiry {
			if e.Never() {
				return driver.Expiry{}
			}
			return e
		})},
		{name: "tells unknown for never by inspect", config: "minimal", fails: "Expiry/ReadBackByInspect Expiry/Never", space: onInspect(func(res *driver.InspectResponse, err error) (*driver.InspectResponse, error) {
			if err == nil && res.Expiry.Never() {
				res.Expiry = driver.Expiry{}
			}
			return res, err
		})},
		{name: "tells what it does not declare", config: "bare", fails: "Expiry/Untold", space: tells(func(driver.Expiry) driver.Expiry { return driver.NeverExpires() })},
		{name: "tells that keys expire where none can", config: "bare", fails: "TTL/Unsupported", space: tells(func(driver.Expiry) driver.Expiry { return driver.ExpiresAt(time.Now()) })},
		{name: "tells expiries in listings undeclared", config: "byID", fails: "Expiry/NotInListing", space: onList(nil, func(_ *driver.ListRequest, res *driver.ListResponse) {
			for i := range res.Keys {
				res.Keys[i].Expiry = driver.NeverExpires()
			}
		})},
		{name: "tells no expiry in listings", config: "native", fails: "Expiry/InListing", space: onList(nil, func(_ *driver.ListRequest, res *driver.ListResponse) {
			for i := range res.Keys {
				res.Keys[i].Expiry = driver.Expiry{}
			}
		})},
		{name: "tells no expiry in batches", config: "native", fails: "Expiry/InBatch Bulk/GetExpiry", space: onGetBatch(func(_ *driver.GetBatchRequest, res *driver.GetBatchResponse) {
			for i := range res.Results {
				res.Results[i].Expiry = driver.Expiry{}
			}
		})},
	}
}
