package local

import (
	"context"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
	alibaba "github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
	cloudflare "github.com/crosscloud-sdk/crosscloud/providers/cloudflare/limits"
	tencent "github.com/crosscloud-sdk/crosscloud/providers/tencent/limits"
)

// The options of a provider entry.
const (
	optionPath  = "path"
	optionSync  = "sync"
	optionLike  = "like"
	optionStale = "stale"

	optionRootKey = "root_key"
)

func init() {
	providers.Register(providers.Driver{
		Name: "local",
		Doc:  "Namespaces, keys and workspaces in a file or in memory, without any cloud.",
		Options: []providers.Option{
			{Name: optionPath, Doc: "The file of the store, which is made if it is not there. Without it the store is in memory."},
			{Name: optionSync, Kind: providers.Bool, Default: "true", Doc: "Whether a write is on the disk when it returns. In memory it means nothing."},
			{Name: optionLike, Choices: append(likes(), "huawei", "guance", "guance-external", "cms"), PerResource: true, Doc: "The provider whose limits are imitated. Without it the limits are wide."},
			{Name: optionStale, Kind: providers.Duration, PerResource: true, Doc: "How old what is read may be: a write shows after exactly so long. Without it a write shows at once."},
			{Name: optionRootKey, Kind: providers.Secret, Env: []string{"CROSSCLOUD_LOCAL_ROOT_KEY"}, Doc: "The base64 of the 32 bytes that keys are encrypted with, as openssl rand -base64 32 makes it. A file that it is given by may have any permissions, as mounted secrets do: who may read it is yours to say. Without it, it is in a file beside the store, which is made when keys are first used; in memory it is random."},
		},
		Open: func(_ context.Context, s *providers.Settings) (providers.Account, error) {
			if s.Said(optionRootKey) && s.Secret(optionRootKey).IsEmpty() {
				return nil, errs.Refuse(errs.InvalidArgument, "%s is given but empty, in the configuration or its file; leave it out to have one made", optionRootKey)
			}
			a, err := Open(Options{Path: s.Text(optionPath), NoSync: !s.Bool(optionSync), Now: s.Now, RootKey: s.Secret(optionRootKey)})
			if err != nil {
				return nil, err // not a nil Account in the interface
			}
			return a, nil
		},
	})
}

// likes are the names of the clouds whose namespaces can be imitated: those of their drivers.
func likes() []string {
	return []string{"alibaba", "aliyun", "esa", "tencent", "edgeone", "teo", "cloudflare", "workers-kv"}
}

// KVOptions say how a service of namespaces behaves. The zero value has wide limits and shows every write at once.
type KVOptions struct {
	// Like is the provider whose limits are imitated, by any name of its driver: "alibaba", "aliyun" or "esa", "tencent",
	// "edgeone" or "teo", "cloudflare" or "workers-kv".
	Like string
	// Stale makes reads show what was there so long ago, as the edges of a cloud may.
	Stale time.Duration
}

// KVService returns a service over the namespaces of the store. All services of an Account share the namespaces.
func (a *Account) KVService(o KVOptions) (kvdriver.Service, error) {
	if a.closed.Load() {
		return nil, errClosed()
	}
	if o.Stale < 0 {
		return nil, errs.Refuse(errs.InvalidArgument, "stale is %v; say a positive duration, or 0 for none", o.Stale)
	}
	s := &service{account: a, stale: o.Stale}
	switch o.Like {
	case "":
		s.caps, s.content = ownService(), ownKV()
	case "alibaba", "aliyun", "esa":
		s.caps, s.content = alibaba.KVService(), alibaba.KV()
	case "tencent", "edgeone", "teo":
		s.caps, s.content = tencent.KVService(), tencent.KV()
	case "cloudflare", "workers-kv":
		s.caps, s.content = cloudflare.KVService(), cloudflare.KV()
	default:
		return nil, errs.Refuse(errs.InvalidArgument, "like is %q, which has no namespaces; accepted are %s", o.Like, strings.Join(likes(), ", "))
	}
	s.caps.Address = kvdriver.ByName
	s.content.Consistency = max(o.Stale, s.content.Consistency)
	a.past.want(o.Stale)
	return s.whole(), nil
}

// ownKV returns the limits of a namespace that imitates nobody.
func ownKV() kvdriver.Capabilities {
	const batch, batchBytes = 1000, 100_000_000
	return kvdriver.Capabilities{
		Key:              kvdriver.NameRule{MaxBytes: 512, Alphabet: kvdriver.AnyText()},
		MaxValueBytes:    25 << 20,
		EmptyValue:       kvdriver.Native,
		BinaryValue:      kvdriver.Native,
		TTL:              kvdriver.Native,
		MinTTL:           time.Second,
		Expiry:           kvdriver.Native,
		Metadata:         kvdriver.Native,
		MaxMetadataBytes: 1024,
		ReadMetadata:     kvdriver.Native,
		GetBatch:         kvdriver.Batch{Support: kvdriver.Native, MaxItems: batch},
		PutBatch:         kvdriver.Batch{Support: kvdriver.Native, MaxItems: batch, MaxBytes: batchBytes},
		DeleteBatch:      kvdriver.Batch{Support: kvdriver.Native, MaxItems: batch},
		List:             kvdriver.ListBounds{MinPage: 1, MaxPage: 1000, Expiry: kvdriver.Native, Metadata: kvdriver.Native, Sorted: true},
	}
}

// ownService returns the limits of a service that imitates nobody.
func ownService() kvdriver.ServiceCapabilities {
	return kvdriver.ServiceCapabilities{
		Name:                kvdriver.NameRule{MaxBytes: 512, Alphabet: kvdriver.AnyText()},
		Create:              kvdriver.Native,
		Get:                 kvdriver.Native,
		Rename:              kvdriver.Native,
		Delete:              kvdriver.Native,
		Description:         kvdriver.Native,
		SetDescription:      kvdriver.Native,
		MaxDescriptionChars: 1024,
		Usage:               kvdriver.Native,
	}
}
