package emulator

import "time"

// AlibabaSettings chooses how an [Alibaba] emulator behaves where the vendor's documentation leaves the choice open or
// an account may differ. The zero value has everything at its default, which is the stricter or the likelier form.
type AlibabaSettings struct {
	// AccessKeyID and AccessKeySecret replace the account's access key, which is an obviously fake one by default.
	AccessKeyID, AccessKeySecret string

	// NamespaceQuota is how many namespaces the account may have; 0 means 10, as "Get started with Edge KV" says.
	NamespaceQuota int
	// Capacity is how many bytes of keys and values a namespace holds; 0 means 1 GB (1<<30).
	Capacity int64
	// Offline is an account that EdgeKV was not activated for.
	Offline bool
	// Deletion is how long DeleteKvNamespace takes to be done: a third of it each in the statuses delete, deleting
	// and deleted, after which the namespace is unknown. 0 means 300 ms, a
	// negative duration at once. A name can be used again, and stops counting
	// against the quota, from the status deleted on.
	Deletion time.Duration

	// Throttle is how many requests of one action may be made within ThrottlePeriod before the gateway answers
	// Throttling.Api; 0 means any number. The vendor publishes no figure.
	Throttle int
	// WriteThrottle is how many requests that change keys, of all actions together, may be made within
	// ThrottlePeriod before the service answers TooQuickRequests; 0 means any number.
	WriteThrottle int
	// ThrottlePeriod is the length of the sliding window of both; 0 means a second.
	ThrottlePeriod time.Duration

	// NumericID sends NamespaceId as a JSON number, as the sample of "CreateKvNamespace" has it, not as a string.
	NumericID bool
	// NumericTTL sends the ExpirationTtl of GetKvDetail as a number, as older samples have it, not as a string.
	NumericTTL bool
	// NumericLength sends the Length of PutKv as a number, not as a string.
	NumericLength bool
	// OriginalTTL makes GetKvDetail tell the TTL that was set, not what remains of it, rounded up to seconds.
	OriginalTTL bool
	// NoTTL is the JSON that GetKvDetail sends as the ExpirationTtl of a key that never expires, such as "-1" in its
	// quotes or null. Empty means a zero, as a string or a number; "omit" leaves the field out.
	NoTTL string
	// PageEcho makes ListKvs answer the page number that was asked for. The documentation calls PageNumber the number
	// of pages, which is the default.
	PageEcho bool
	// Unordered lists keys in an order that is always the same, but has nothing to do with their names.
	Unordered bool
	// LowerCaseErrors names the fields of an error code, message, requestId and hostId, as some gateways do.
	LowerCaseErrors bool
	// XMLErrors sends errors as XML.
	XMLErrors bool

	// AnyMethod lets every action be called with GET and with POST. By default an action has the method of the
	// vendor's packages.
	AnyMethod bool
	// AnyNames lets namespaces have any name. By default it is 1 to 64 of the characters A-Z a-z 0-9 - and _.
	AnyNames bool
	// GuideKeys restricts keys to the A-Z a-z 0-9 - and _ of "Get started with Edge KV". By default a key is valid
	// UTF-8 without space, slash and backslash.
	GuideKeys bool
	// EmptyValues accepts empty values.
	EmptyValues bool
	// EncodedLimit counts the percent-encoded bytes in the request against the limits of 2,000,000 bytes.
	EncodedLimit bool
	// RawBase64 reads values the other way round: GetKv with Base64 gives the content as it is, which JSON can show
	// only of text, and without it the Base64 text of values that were written so. By default Base64 on a read asks
	// for the Base64 text, and without it the content is given as it is.
	RawBase64 bool
	// DeleteAbsent lets DeleteKv succeed for a key that is not there, which is InvalidKey.NotFound by default.
	DeleteAbsent bool
	// BatchDeleteAbsent reports keys that are not there among the SuccessKeys of a batch, not among its FailKeys.
	BatchDeleteAbsent bool
	// UploadTTL honours Expiration and ExpirationTtl in uploaded documents, which are passed over by default.
	UploadTTL bool

	// UploadBucket and UploadEndpoint replace what AuthorizeFileUpload says, for clients that reach the emulator by
	// its DialContext. By default "{Bucket}.{Endpoint}" is the emulator's own address. Set both or neither.
	UploadBucket, UploadEndpoint string
}

// WithAlibaba chooses how an [Alibaba] emulator behaves; of several the last one counts. It panics when it is given to
// another emulator.
func WithAlibaba(config AlibabaSettings) Option {
	return func(s *server) { only[*Alibaba](s, "WithAlibaba", "NewAlibaba").config = config }
}

// settle fills in the defaults.
func (c *AlibabaSettings) settle() {
	if c.AccessKeyID == "" {
		c.AccessKeyID = alibabaKeyID
	}
	if c.AccessKeySecret == "" {
		c.AccessKeySecret = alibabaKeySecret
	}
	if c.NamespaceQuota == 0 {
		c.NamespaceQuota = alibabaNamespaces
	}
	if c.Capacity == 0 {
		c.Capacity = alibabaCapacity
	}
	if c.Deletion == 0 {
		c.Deletion = 300 * time.Millisecond
	}
	if c.ThrottlePeriod == 0 {
		c.ThrottlePeriod = time.Second
	}
	if c.NoTTL == "" {
		c.NoTTL = `"0"`
		if c.NumericTTL {
			c.NoTTL = "0"
		}
	}
}
