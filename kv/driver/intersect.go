package driver

import "github.com/crosscloud-sdk/crosscloud/capability"

// Intersect returns what both capabilities accept. The encodings of keys and values are not kept: where one is in
// force, the result asks for what fits in any case.
func (c Capabilities) Intersect(o Capabilities) Capabilities {
	return Capabilities{
		Key:              c.Key.Intersect(o.Key),
		MaxValueBytes:    min(c.MaxValueBytes, o.MaxValueBytes),
		EmptyValue:       min(c.EmptyValue, o.EmptyValue),
		BinaryValue:      min(c.BinaryValue, o.BinaryValue),
		TTL:              min(c.TTL, o.TTL),
		MinTTL:           max(c.MinTTL, o.MinTTL),
		MaxTTL:           capability.Stricter(c.MaxTTL, o.MaxTTL),
		Expiry:           min(c.Expiry, o.Expiry),
		Metadata:         min(c.Metadata, o.Metadata),
		MaxMetadataBytes: min(c.MaxMetadataBytes, o.MaxMetadataBytes),
		ReadMetadata:     min(c.ReadMetadata, o.ReadMetadata),
		GetBatch:         c.GetBatch.intersect(o.GetBatch),
		PutBatch:         c.PutBatch.intersect(o.PutBatch),
		DeleteBatch:      c.DeleteBatch.intersect(o.DeleteBatch),
		List: ListBounds{
			MinPage:  max(c.List.MinPage, o.List.MinPage),
			MaxPage:  min(c.List.MaxPage, o.List.MaxPage),
			MaxKeys:  capability.Stricter(c.List.MaxKeys, o.List.MaxKeys),
			Expiry:   min(c.List.Expiry, o.List.Expiry),
			Metadata: min(c.List.Metadata, o.List.Metadata),
			Sorted:   c.List.Sorted && o.List.Sorted,
		},
		Consistency: max(c.Consistency, o.Consistency),
	}
}

func (b Batch) intersect(o Batch) Batch {
	support := min(b.Support, o.Support)
	if support == None {
		return Batch{}
	}
	return Batch{Support: support, MaxItems: min(b.MaxItems, o.MaxItems), MaxBytes: capability.Stricter(b.MaxBytes, o.MaxBytes)}
}
