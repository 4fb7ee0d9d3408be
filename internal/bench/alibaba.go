package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	alikms "github.com/aliyun/alibaba-cloud-sdk-go/services/kms"
)

// alibabaVendor is the vendor's client. It has no package for Edge KV, which it calls as it calls anything.
type alibabaVendor struct {
	client *sdk.Client
	keys   *alikms.Client
	host   string
}

// hidden is a transport that the vendor's client cannot set other options of.
type hidden struct{ http.RoundTripper }

func newAlibabaVendor(host string, transport http.RoundTripper) (alibabaVendor, error) {
	config := func() *sdk.Config {
		c := sdk.NewConfig().WithScheme("HTTP")
		c.Transport = transport
		return c
	}
	credential := credentials.NewAccessKeyCredential(accessKey, secretKey)
	client, err := sdk.NewClientWithOptions("cn-hangzhou", config(), credential)
	if err != nil {
		return alibabaVendor{}, err
	}
	keys, err := alikms.NewClientWithOptions("cn-hangzhou", config(), credential)
	if err != nil {
		return alibabaVendor{}, err
	}
	keys.Domain = host
	return alibabaVendor{client, keys, host}, nil
}

func (v alibabaVendor) call(method, action string, query, form map[string]string, reply any) error {
	req := requests.NewCommonRequest()
	req.Method, req.Scheme, req.Domain, req.Version, req.ApiName = method, "http", v.host, "2024-09-10", action
	req.QueryParams = query
	if form != nil {
		req.FormParams = form
	}
	res, err := v.client.ProcessCommonRequest(req)
	if err != nil {
		return err
	}
	return json.Unmarshal(res.GetHttpContentBytes(), reply)
}

// Replies of Edge KV, for the vendor's client and the plain one.
type (
	alibabaLength struct{ Length, RequestId string }
	alibabaValue  struct{ Value, RequestId string }
	alibabaList   struct {
		Keys       []struct{ Name, UpdateTime string }
		TotalCount int
	}
	alibabaBatch struct{ SuccessKeys, FailKeys []string }
)

func (l *alibabaList) result() result {
	return result{count: len(l.Keys), last: l.Keys[len(l.Keys)-1].Name}
}

func alibabaWorkloads(ctx context.Context, host string, facade *facadeClient) ([]workload, error) {
	asItComes, err := newAlibabaVendor(host, nil)
	if err != nil {
		return nil, err
	}
	kept, err := newAlibabaVendor(host, hidden{tunedTransport()})
	if err != nil {
		return nil, err
	}
	ns, err := facade.kv(ctx, "alibaba")
	if err != nil {
		return nil, err
	}
	key, err := facade.kms(ctx, "alibaba")
	if err != nil {
		return nil, err
	}
	bare := newPlainClient(host)
	const version = "2024-09-10"
	// four returns the calls of a workload.
	four := func(facade call, vendors func(alibabaVendor) call, plain call) [kinds]call {
		return [kinds]call{facade, vendors(asItComes), vendors(kept), plain}
	}
	var all []workload
	for _, size := range valueSizes() {
		key, value := size.key, values()[size.key]
		all = append(all, workload{name: "alibaba/put" + size.suffix, operation: "PutKv", payload: len(value), call: four(ns.put(key, value),
			func(v alibabaVendor) call {
				return func(context.Context) (result, error) {
					return result{}, v.call("POST", "PutKv", map[string]string{"Namespace": namespaceName, "Key": key}, map[string]string{"Value": string(value)}, &alibabaLength{})
				}
			},
			func(ctx context.Context) (result, error) {
				return result{}, bare.acs3(ctx, "PutKv", version, url.Values{"Namespace": {namespaceName}, "Key": {key}}, url.Values{"Value": {string(value)}}, &alibabaLength{})
			})})
		all = append(all, workload{name: "alibaba/get" + size.suffix, operation: "GetKv" + size.operationSuffix, payload: len(value), want: result{value: value}, call: four(ns.get(key),
			func(v alibabaVendor) call {
				return func(context.Context) (result, error) {
					var reply alibabaValue
					err := v.call("GET", "GetKv", map[string]string{"Namespace": namespaceName, "Key": key}, nil, &reply)
					return result{text: reply.Value}, err
				}
			},
			func(ctx context.Context) (result, error) {
				var reply alibabaValue
				err := bare.acs3(ctx, "GetKv", version, url.Values{"Namespace": {namespaceName}, "Key": {key}}, nil, &reply)
				return result{text: reply.Value}, err
			})})
	}
	page := func() map[string]string {
		return map[string]string{"Namespace": namespaceName, "PageNumber": "1", "PageSize": strconv.Itoa(pageKeys)}
	}
	all = append(all, workload{name: "alibaba/list", operation: "ListKvs", want: result{count: pageKeys, last: pageNames()[pageKeys-1]}, call: four(ns.list,
		func(v alibabaVendor) call {
			return func(context.Context) (result, error) {
				var reply alibabaList
				if err := v.call("GET", "ListKvs", page(), nil, &reply); err != nil {
					return result{}, err
				}
				return reply.result(), nil
			}
		},
		func(ctx context.Context) (result, error) {
			var reply alibabaList
			query := url.Values{}
			for name, text := range page() {
				query.Set(name, text)
			}
			if err := bare.acs3(ctx, "ListKvs", version, query, nil, &reply); err != nil {
				return result{}, err
			}
			return reply.result(), nil
		})})
	list := func() string {
		type item struct{ Key, Value string }
		var items []item
		for _, key := range bulkKeys() {
			items = append(items, item{key, string(values()[smallKey])})
		}
		text, _ := json.Marshal(items)
		return string(text)
	}
	all = append(all, workload{name: "alibaba/bulk put", operation: "BatchPutKv", want: result{count: bulkItems}, call: four(ns.putMany(bulkKeys(), values()[smallKey]),
		func(v alibabaVendor) call {
			return func(context.Context) (result, error) {
				var reply alibabaBatch
				err := v.call("POST", "BatchPutKv", map[string]string{"Namespace": namespaceName}, map[string]string{"KvList": list()}, &reply)
				return result{count: len(reply.SuccessKeys)}, err
			}
		},
		func(ctx context.Context) (result, error) {
			var reply alibabaBatch
			err := bare.acs3(ctx, "BatchPutKv", version, url.Values{"Namespace": {namespaceName}}, url.Values{"KvList": {list()}}, &reply)
			return result{count: len(reply.SuccessKeys)}, err
		})})
	return append(all, alibabaKeys(key, asItComes, kept, bare)...), nil
}

// alibabaKeys are the workloads of KMS.
func alibabaKeys(key facadeKMS, asItComes, kept alibabaVendor, bare *plainClient) []workload {
	const version = "2016-01-20"
	plaintext, digest := kmsPlaintext(), kmsDigest()
	encrypt := func(v alibabaVendor) call {
		return func(context.Context) (result, error) {
			req := alikms.CreateEncryptRequest()
			req.KeyId, req.Plaintext = keyID, base64.StdEncoding.EncodeToString(plaintext)
			res, err := v.keys.Encrypt(req)
			if err != nil {
				return result{}, err
			}
			return result{text: res.CiphertextBlob}, nil
		}
	}
	sign := func(v alibabaVendor) call {
		return func(context.Context) (result, error) {
			req := alikms.CreateAsymmetricSignRequest()
			req.KeyId, req.KeyVersionId, req.Algorithm, req.Digest = keyID, keyVersion, "ECDSA_SHA_256", base64.StdEncoding.EncodeToString(digest)
			res, err := v.keys.AsymmetricSign(req)
			if err != nil {
				return result{}, err
			}
			signed, err := base64.StdEncoding.DecodeString(res.Value)
			return result{value: signed}, err
		}
	}
	return []workload{
		{name: "alibaba/encrypt", operation: "Encrypt", want: result{value: []byte(ciphertext)}, call: [kinds]call{key.encrypt(plaintext), encrypt(asItComes), encrypt(kept),
			func(ctx context.Context) (result, error) {
				var reply struct{ KeyId, KeyVersionId, CiphertextBlob string }
				err := bare.acs3(ctx, "Encrypt", version, nil, url.Values{"KeyId": {keyID}, "Plaintext": {base64.StdEncoding.EncodeToString(plaintext)}}, &reply)
				return result{text: reply.CiphertextBlob}, err
			}}},
		{name: "alibaba/sign", operation: "AsymmetricSign", want: result{value: signature()}, call: [kinds]call{key.sign(digest), sign(asItComes), sign(kept),
			func(ctx context.Context) (result, error) {
				var reply struct {
					KeyId, KeyVersionId string
					Value               []byte
				}
				err := bare.acs3(ctx, "AsymmetricSign", version, nil, url.Values{
					"KeyId": {keyID}, "KeyVersionId": {keyVersion}, "Algorithm": {"ECDSA_SHA_256"}, "Digest": {base64.StdEncoding.EncodeToString(digest)},
				}, &reply)
				return result{value: reply.Value}, err
			}}},
	}
}
