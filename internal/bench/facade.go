package main

import (
	"context"
	"slices"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/kms"
	"github.com/crosscloud-sdk/crosscloud/kv"
	_ "github.com/crosscloud-sdk/crosscloud/providers/alibaba"
	_ "github.com/crosscloud-sdk/crosscloud/providers/cloudflare"
	_ "github.com/crosscloud-sdk/crosscloud/providers/huawei"
	_ "github.com/crosscloud-sdk/crosscloud/providers/tencent"
)

// Names that the server does not look at, but for the paths of Cloudflare and Huawei.
const (
	accessKey     = "LTAI5tBenchBenchBenchBench"
	secretKey     = "benchSecretbenchSecretbenchSecret"
	namespaceName = "flags"
	namespaceID   = "0f2ac74b498b48028cb68387c421e279"
	accountID     = "023e105f4ecef8ad9ca31a8372d0c353"
	zoneID        = "zone-3j1xw7910arp"
	projectID     = "53d1aefc533f4ce9a59c26b01667cbcf"
)

// facadeClient is this library, with everything it does by default but its rate limits.
type facadeClient struct{ client *crosscloud.Client }

func openFacade(ctx context.Context, host string) (*facadeClient, error) {
	url := "http://" + host
	provider := func(entry crosscloud.Entry) crosscloud.Option {
		entry["rate_limit"] = "none"
		return crosscloud.WithProvider(entry["driver"], entry)
	}
	key := func(provider string) crosscloud.Option {
		return crosscloud.WithKMS(provider, crosscloud.Entry{"provider": provider, "key": keyID})
	}
	namespace := func(provider string) crosscloud.Option {
		entry := crosscloud.Entry{"provider": provider, "namespace": namespaceName}
		if provider == "cloudflare" {
			entry = crosscloud.Entry{"provider": provider, "namespace": namespaceName, "namespace_id": namespaceID}
		}
		return crosscloud.WithKV(provider, entry)
	}
	client, err := crosscloud.Open(ctx,
		crosscloud.WithLookupEnv(func(string) (string, bool) { return "", false }),
		provider(crosscloud.Entry{"driver": "alibaba", "region": "cn-hangzhou", "access_key_id": accessKey, "access_key_secret": secretKey, "endpoint": url, "kms_endpoint": url}),
		provider(crosscloud.Entry{"driver": "tencent", "region": "ap-guangzhou", "zone_id": zoneID, "secret_id": accessKey, "secret_key": secretKey, "endpoint": url, "kms_endpoint": url}),
		provider(crosscloud.Entry{"driver": "cloudflare", "account_id": accountID, "api_token": secretKey, "endpoint": url + "/client/v4"}),
		provider(crosscloud.Entry{"driver": "huawei", "region": "cn-north-4", "project_id": projectID, "access_key": accessKey, "secret_key": secretKey, "endpoint": url}),
		namespace("alibaba"), namespace("tencent"), namespace("cloudflare"), key("alibaba"), key("tencent"), key("huawei"))
	if err != nil {
		return nil, err
	}
	return &facadeClient{client}, nil
}

// facadeKV are the calls of this library on a namespace.
type facadeKV struct{ ns *kv.Namespace }

func (f *facadeClient) kv(ctx context.Context, provider string) (facadeKV, error) {
	ns, err := f.client.KV(ctx, provider)
	return facadeKV{ns}, err
}

func (f facadeKV) put(key string, value []byte) call {
	return func(ctx context.Context) (result, error) { return result{}, f.ns.Put(ctx, key, value) }
}

func (f facadeKV) get(key string) call {
	return func(ctx context.Context) (result, error) {
		entry, err := f.ns.Get(ctx, key)
		return result{value: entry.Value}, err
	}
}

func (f facadeKV) list(ctx context.Context) (r result, err error) {
	for info, err := range f.ns.Keys(ctx, kv.PageSize(pageKeys)) {
		if err != nil {
			return r, err
		}
		r.count++
		r.last = info.Name
	}
	return r, nil
}

func (f facadeKV) putMany(keys []string, value []byte) call {
	writes := make([]kv.Write, len(keys))
	for i, key := range keys {
		writes[i] = kv.Write{Key: key, Value: value}
	}
	return func(ctx context.Context) (r result, err error) {
		for done, err := range f.ns.PutMany(ctx, slices.Values(writes)) {
			if err != nil {
				return r, err
			}
			if done.Err != nil {
				return r, done.Err
			}
			r.count++
		}
		return r, nil
	}
}

func (f facadeKV) getMany(keys []string) call {
	return func(ctx context.Context) (r result, err error) {
		for got, err := range f.ns.GetMany(ctx, slices.Values(keys)) {
			if err != nil {
				return r, err
			}
			r.count++
			r.value, r.last = got.Entry.Value, got.Key
		}
		return r, nil
	}
}

// facadeKMS are the calls of this library on a key.
type facadeKMS struct{ key *kms.Key }

func (f *facadeClient) kms(ctx context.Context, provider string) (facadeKMS, error) {
	key, err := f.client.KMS(ctx, provider)
	return facadeKMS{key}, err
}

func (f facadeKMS) encrypt(plaintext []byte) call {
	return func(ctx context.Context) (result, error) {
		sealed, err := f.key.Encrypt(ctx, plaintext)
		return result{value: sealed.Native()}, err
	}
}

func (f facadeKMS) sign(digest []byte) call {
	return func(ctx context.Context) (result, error) {
		signed, err := f.key.SignDigest(ctx, kms.ECDSASHA256, digest)
		return result{value: signed.Bytes}, err
	}
}
