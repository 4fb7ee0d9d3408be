package kvtest

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance/conformancetest"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// withCaps declares something else than the store does.
func withCaps(change func(*driver.Capabilities)) func(*fakeSpace) {
	return func(n *fakeSpace) {
		n.caps = func() driver.Capabilities {
			c := n.service.account.content
			change(&c)
			return c
		}
	}
}

func wrongMetadata() []wrong {
	noneIfMissing := func(res *driver.GetResponse, err error, change func(*driver.GetResponse)) (*driver.GetResponse, error) {
		if err == nil {
			change(res)
		}
		return res, err
	}
	return []wrong{
		{name: "loses metadata", config: "native", fails: "Metadata/RoundTrip Metadata/Overwrite Metadata/WithExpiry Metadata/Limit Metadata/OverLimit Metadata/Invalid Metadata/InListing Metadata/InBatch Ownership/Metadata Ownership/ListGivesAway",
			space: onPut(func(_ *fakeSpace, req *driver.PutRequest) { req.Metadata = nil })},
		{name: "keeps old metadata", config: "native", fails: "Metadata/Overwrite", space: func(n *fakeSpace) {
			kept := new(conformancetest.Memo[string, json.RawMessage])
			onPut(func(_ *fakeSpace, req *driver.PutRequest) {
				if req.Metadata == nil {
					req.Metadata, _ = kept.Get(req.Key)
				}
				if json.Valid(req.Metadata) && len(req.Metadata) <= 100 {
					kept.Set(req.Key, slices.Clone(req.Metadata))
				}
			})(n)
		}},
		{name: "drops metadata beside an expiry", config: "native", fails: "Metadata/WithExpiry", space: onPut(func(_ *fakeSpace, req *driver.PutRequest) {
			if req.TTL > 0 {
				req.Metadata = nil
			}
		})},
		{name: "invents metadata", config: "native", fails: "Metadata/Absent", space: onGet(func(_ *driver.GetRequest, res *driver.GetResponse, err error) (*driver.GetResponse, error) {
			return noneIfMissing(res, err, func(res *driver.GetResponse) {
				if res.Metadata == nil {
					res.Metadata = json.RawMessage(`{}`)
				}
			})
		})},
		{name: "invents metadata where none is kept", config: "minimal", fails: "Metadata/Unsupported", space: onGet(func(_ *driver.GetRequest, res *driver.GetResponse, err error) (*driver.GetResponse, error) {
			return noneIfMissing(res, err, func(res *driver.GetResponse) { res.Metadata = json.RawMessage(`null`) })
		})},
		{name: "invents metadata in inspect", config: "byID", fails: "Metadata/ByInspect", space: onInspect(func(res *driver.InspectResponse, err error) (*driver.InspectResponse, error) {
			if err == nil && res.Metadata == nil {
				res.Metadata = json.RawMessage(`null`)
			}
			return res, err
		})},
		{name: "reads numbers of metadata as floats", config: "native", fails: "Metadata/RoundTrip", space: onGet(func(_ *driver.GetRequest, res *driver.GetResponse, err error) (*driver.GetResponse, error) {
			return noneIfMissing(res, err, func(res *driver.GetResponse) {
				var v any
				if json.Unmarshal(res.Metadata, &v) == nil {
					res.Metadata, _ = json.Marshal(v)
				}
			})
		})},
		{name: "accepts metadata that is not JSON", config: "native", fails: "Metadata/Invalid", space: onPut(func(_ *fakeSpace, req *driver.PutRequest) {
			if !json.Valid(req.Metadata) && req.Metadata != nil {
				req.Metadata = json.RawMessage(`"fixed"`)
			}
		})},
		{name: "accepts larger metadata", config: "native", fails: "Metadata/OverLimit", space: withCaps(func(c *driver.Capabilities) { c.MaxMetadataBytes-- })},
		{name: "refuses the largest metadata", config: "native", fails: "Metadata/Limit", space: withCaps(func(c *driver.Capabilities) { c.MaxMetadataBytes++ })},
		{name: "keeps the metadata of a put", config: "native", fails: "Ownership/Metadata", space: func(n *fakeSpace) {
			kept := new(conformancetest.Memo[string, json.RawMessage])
			put, get := n.put, n.get
			n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
				kept.Set(req.Key, req.Metadata)
				return put(ctx, req)
			}
			n.get = func(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
				res, err := get(ctx, req)
				if err == nil && res.Metadata != nil {
					res.Metadata, _ = kept.Get(req.Key)
				}
				return res, err
			}
		}},
		{name: "tells no metadata in batches", config: "byID", fails: "Metadata/InBatch Bulk/GetMetadata", space: onGetBatch(func(_ *driver.GetBatchRequest, res *driver.GetBatchResponse) {
			for i := range res.Results {
				res.Results[i].Metadata = nil
			}
		})},
		{name: "tells no metadata in listings", config: "native", fails: "Metadata/InListing", space: onList(nil, func(_ *driver.ListRequest, res *driver.ListResponse) {
			for i := range res.Keys {
				res.Keys[i].Metadata = nil
			}
		})},
	}
}
