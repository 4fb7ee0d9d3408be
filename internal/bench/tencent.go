package main

import (
	"context"
	"encoding/base64"
	"net/http"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	tckms "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/kms/v20190118"
)

// tencentVendor is the vendor's client. The requests and replies of EdgeOne are of the form that its package for it has.
type tencentVendor struct {
	client *common.Client
	keys   *tckms.Client
}

func newTencentVendor(host string, transport http.RoundTripper) (tencentVendor, error) {
	p := profile.NewClientProfile()
	p.HttpProfile.Scheme, p.HttpProfile.Endpoint = "HTTP", host
	credential := common.NewCredential(accessKey, secretKey)
	v := tencentVendor{client: common.NewCommonClient(credential, "", p)}
	var err error
	if v.keys, err = tckms.NewClient(credential, "ap-guangzhou", p); err != nil {
		return v, err
	}
	if transport != nil {
		v.client.WithHttpTransport(transport)
		v.keys.WithHttpTransport(transport)
	}
	return v, nil
}

type tencentPut struct {
	*tchttp.BaseRequest
	ZoneId    *string `json:"ZoneId,omitempty" name:"ZoneId"`
	Namespace *string `json:"Namespace,omitempty" name:"Namespace"`
	Key       *string `json:"Key,omitempty" name:"Key"`
	Value     *string `json:"Value,omitempty" name:"Value"`
}

type tencentPutResponse struct {
	*tchttp.BaseResponse
	Response *struct {
		RequestId *string `json:"RequestId,omitempty" name:"RequestId"`
	} `json:"Response"`
}

type tencentGet struct {
	*tchttp.BaseRequest
	ZoneId    *string   `json:"ZoneId,omitempty" name:"ZoneId"`
	Namespace *string   `json:"Namespace,omitempty" name:"Namespace"`
	Keys      []*string `json:"Keys,omitempty" name:"Keys"`
}

type tencentGetResponse struct {
	*tchttp.BaseResponse
	Response *struct {
		Data []*struct {
			Key        *string `json:"Key,omitempty" name:"Key"`
			Value      *string `json:"Value,omitempty" name:"Value"`
			Expiration *string `json:"Expiration,omitempty" name:"Expiration"`
		} `json:"Data,omitempty" name:"Data"`
		RequestId *string `json:"RequestId,omitempty" name:"RequestId"`
	} `json:"Response"`
}

type tencentList struct {
	*tchttp.BaseRequest
	ZoneId    *string `json:"ZoneId,omitempty" name:"ZoneId"`
	Namespace *string `json:"Namespace,omitempty" name:"Namespace"`
	Limit     *int64  `json:"Limit,omitempty" name:"Limit"`
}

type tencentListResponse struct {
	*tchttp.BaseResponse
	Response *struct {
		Keys      []*string `json:"Keys,omitempty" name:"Keys"`
		Cursor    *string   `json:"Cursor,omitempty" name:"Cursor"`
		RequestId *string   `json:"RequestId,omitempty" name:"RequestId"`
	} `json:"Response"`
}

func tencentRequest(ctx context.Context, action string) *tchttp.BaseRequest {
	r := &tchttp.BaseRequest{}
	r.Init().WithApiInfo("teo", "2022-09-01", action)
	r.SetContext(ctx)
	return r
}

func (v tencentVendor) put(key string, value []byte) call {
	return func(ctx context.Context) (result, error) {
		req := &tencentPut{tencentRequest(ctx, "EdgeKVPut"), new(zoneID), new(namespaceName), &key, new(string(value))}
		return result{}, v.client.Send(req, &tencentPutResponse{BaseResponse: &tchttp.BaseResponse{}})
	}
}

func (v tencentVendor) get(keys ...string) call {
	return func(ctx context.Context) (r result, err error) {
		req := &tencentGet{BaseRequest: tencentRequest(ctx, "EdgeKVGet"), ZoneId: new(zoneID), Namespace: new(namespaceName)}
		for i := range keys {
			req.Keys = append(req.Keys, &keys[i])
		}
		res := &tencentGetResponse{BaseResponse: &tchttp.BaseResponse{}}
		if err := v.client.Send(req, res); err != nil {
			return r, err
		}
		last := res.Response.Data[len(res.Response.Data)-1]
		r.text = *last.Value
		if len(keys) > 1 {
			r.count, r.last = len(res.Response.Data), *last.Key
		}
		return r, nil
	}
}

func (v tencentVendor) list(ctx context.Context) (result, error) {
	req := &tencentList{tencentRequest(ctx, "EdgeKVList"), new(zoneID), new(namespaceName), new(int64(pageKeys))}
	res := &tencentListResponse{BaseResponse: &tchttp.BaseResponse{}}
	if err := v.client.Send(req, res); err != nil {
		return result{}, err
	}
	keys := res.Response.Keys
	return result{count: len(keys), last: *keys[len(keys)-1]}, nil
}

func (v tencentVendor) encrypt(plaintext []byte) call {
	return func(ctx context.Context) (result, error) {
		req := tckms.NewEncryptRequest()
		req.KeyId, req.Plaintext = new(keyID), new(base64.StdEncoding.EncodeToString(plaintext))
		res, err := v.keys.EncryptWithContext(ctx, req)
		if err != nil {
			return result{}, err
		}
		return result{text: *res.Response.CiphertextBlob}, nil
	}
}

func (v tencentVendor) sign(digest []byte) call {
	return func(ctx context.Context) (result, error) {
		req := tckms.NewSignByAsymmetricKeyRequest()
		req.KeyId, req.Algorithm, req.MessageType = new(keyID), new("ECC_P256_R1"), new("DIGEST")
		req.Message = new(base64.StdEncoding.EncodeToString(digest))
		res, err := v.keys.SignByAsymmetricKeyWithContext(ctx, req)
		if err != nil {
			return result{}, err
		}
		signed, err := base64.StdEncoding.DecodeString(*res.Response.Signature)
		return result{value: signed}, err
	}
}

// tencentPlain are the same calls by hand.
type tencentPlain struct{ *plainClient }

func (p tencentPlain) kv(ctx context.Context, action string, request, reply any) error {
	return p.tc3(ctx, "teo", "2022-09-01", "", action, request, reply)
}

func (p tencentPlain) put(key string, value []byte) call {
	return func(ctx context.Context) (result, error) {
		request := struct{ ZoneId, Namespace, Key, Value string }{zoneID, namespaceName, key, string(value)}
		return result{}, p.kv(ctx, "EdgeKVPut", request, &struct{ RequestId string }{})
	}
}

func (p tencentPlain) get(keys ...string) call {
	return func(ctx context.Context) (r result, err error) {
		request := struct {
			ZoneId, Namespace string
			Keys              []string
		}{zoneID, namespaceName, keys}
		var reply struct {
			RequestId string
			Data      []struct{ Key, Value, Expiration string }
		}
		if err := p.kv(ctx, "EdgeKVGet", request, &reply); err != nil {
			return r, err
		}
		last := reply.Data[len(reply.Data)-1]
		r.text = last.Value
		if len(keys) > 1 {
			r.count, r.last = len(reply.Data), last.Key
		}
		return r, nil
	}
}

func (p tencentPlain) list(ctx context.Context) (result, error) {
	request := struct {
		ZoneId, Namespace string
		Limit             int
	}{zoneID, namespaceName, pageKeys}
	var reply struct {
		RequestId, Cursor string
		Keys              []string
	}
	if err := p.kv(ctx, "EdgeKVList", request, &reply); err != nil {
		return result{}, err
	}
	return result{count: len(reply.Keys), last: reply.Keys[len(reply.Keys)-1]}, nil
}

func (p tencentPlain) keys(ctx context.Context, action string, request, reply any) error {
	return p.tc3(ctx, "kms", "2019-01-18", "ap-guangzhou", action, request, reply)
}

func (p tencentPlain) encrypt(plaintext []byte) call {
	return func(ctx context.Context) (result, error) {
		request := struct {
			KeyId     string
			Plaintext []byte
		}{keyID, plaintext}
		var reply struct{ RequestId, KeyId, CiphertextBlob string }
		err := p.keys(ctx, "Encrypt", request, &reply)
		return result{text: reply.CiphertextBlob}, err
	}
}

func (p tencentPlain) sign(digest []byte) call {
	return func(ctx context.Context) (result, error) {
		request := struct {
			KeyId, Algorithm, MessageType string
			Message                       []byte
		}{keyID, "ECC_P256_R1", "DIGEST", digest}
		var reply struct {
			RequestId string
			Signature []byte
		}
		err := p.keys(ctx, "SignByAsymmetricKey", request, &reply)
		return result{value: reply.Signature}, err
	}
}

func tencentWorkloads(ctx context.Context, host string, facade *facadeClient) ([]workload, error) {
	asItComes, err := newTencentVendor(host, nil)
	if err != nil {
		return nil, err
	}
	kept, err := newTencentVendor(host, tunedTransport())
	if err != nil {
		return nil, err
	}
	ns, err := facade.kv(ctx, "tencent")
	if err != nil {
		return nil, err
	}
	key, err := facade.kms(ctx, "tencent")
	if err != nil {
		return nil, err
	}
	bare := tencentPlain{newPlainClient(host)}
	var all []workload
	for _, size := range valueSizes() {
		key, value := size.key, values()[size.key]
		all = append(all,
			workload{name: "tencent/put" + size.suffix, operation: "EdgeKVPut", payload: len(value),
				call: [kinds]call{ns.put(key, value), asItComes.put(key, value), kept.put(key, value), bare.put(key, value)}},
			workload{name: "tencent/get" + size.suffix, operation: "EdgeKVGet" + size.operationSuffix, payload: len(value), want: result{value: value},
				call: [kinds]call{ns.get(key), asItComes.get(key), kept.get(key), bare.get(key)}})
	}
	plaintext, digest, many := kmsPlaintext(), kmsDigest(), batchKeys()
	return append(all,
		workload{name: "tencent/list", operation: "EdgeKVList", want: result{count: pageKeys, last: pageNames()[pageKeys-1]},
			call: [kinds]call{ns.list, asItComes.list, kept.list, bare.list}},
		workload{name: "tencent/get 20 MB", operation: "EdgeKVGet batch", payload: batchValues * largeBytes,
			want: result{value: values()[largeKey], count: batchValues, last: many[batchValues-1]},
			call: [kinds]call{ns.getMany(many), asItComes.get(many...), kept.get(many...), bare.get(many...)}},
		workload{name: "tencent/encrypt", operation: "tencent Encrypt", want: result{value: []byte(ciphertext)},
			call: [kinds]call{key.encrypt(plaintext), asItComes.encrypt(plaintext), kept.encrypt(plaintext), bare.encrypt(plaintext)}},
		workload{name: "tencent/sign", operation: "SignByAsymmetricKey", want: result{value: signature()},
			call: [kinds]call{key.sign(digest), asItComes.sign(digest), kept.sign(digest), bare.sign(digest)}},
	), nil
}
