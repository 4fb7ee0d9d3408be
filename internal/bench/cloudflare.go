package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	cfkv "github.com/cloudflare/cloudflare-go/v7/kv"
	"github.com/cloudflare/cloudflare-go/v7/option"
)

// cloudflareVendor is the vendor's client. Values are given as a body of their own, which takes any bytes and is the
// leanest that the package has.
type cloudflareVendor struct{ client *cfkv.NamespaceService }

func newCloudflareVendor(host string, more ...option.RequestOption) cloudflareVendor {
	options := append([]option.RequestOption{option.WithBaseURL("http://" + host + "/client/v4/"), option.WithAPIToken(secretKey)}, more...)
	return cloudflareVendor{cfkv.NewNamespaceService(options...)}
}

func (v cloudflareVendor) put(key string, value []byte) call {
	return func(ctx context.Context) (result, error) {
		params := cfkv.NamespaceValueUpdateParams{}
		params.AccountID.Value, params.AccountID.Present = accountID, true
		_, err := v.client.Values.Update(ctx, namespaceID, url.PathEscape(key), params, option.WithRequestBody("application/octet-stream", bytes.NewReader(value)))
		return result{}, err
	}
}

func (v cloudflareVendor) get(key string) call {
	return func(ctx context.Context) (result, error) {
		params := cfkv.NamespaceValueGetParams{}
		params.AccountID.Value, params.AccountID.Present = accountID, true
		res, err := v.client.Values.Get(ctx, namespaceID, url.PathEscape(key), params)
		if err != nil {
			return result{}, err
		}
		defer res.Body.Close()
		value, err := io.ReadAll(res.Body)
		return result{value: value}, err
	}
}

func (v cloudflareVendor) list(ctx context.Context) (result, error) {
	params := cfkv.NamespaceKeyListParams{}
	params.AccountID.Value, params.AccountID.Present = accountID, true
	params.Limit.Value, params.Limit.Present = pageKeys, true
	page, err := v.client.Keys.List(ctx, namespaceID, params)
	if err != nil {
		return result{}, err
	}
	return result{count: len(page.Result), last: page.Result[len(page.Result)-1].Name}, nil
}

func (v cloudflareVendor) putMany(keys []string, value []byte) call {
	return func(ctx context.Context) (result, error) {
		params := cfkv.NamespaceBulkUpdateParams{}
		params.AccountID.Value, params.AccountID.Present = accountID, true
		for _, key := range keys {
			item := cfkv.NamespaceBulkUpdateParamsBody{}
			item.Key.Value, item.Key.Present, item.Value.Value, item.Value.Present = key, true, string(value), true
			params.Body = append(params.Body, item)
		}
		res, err := v.client.BulkUpdate(ctx, namespaceID, params)
		if err != nil {
			return result{}, err
		}
		return result{count: int(res.SuccessfulKeyCount)}, nil
	}
}

// cloudflarePlain are the same calls by hand.
type cloudflarePlain struct{ *plainClient }

func (p cloudflarePlain) put(key string, value []byte) call {
	return func(ctx context.Context) (result, error) {
		content, err := p.token(ctx, http.MethodPut, "/values/"+url.PathEscape(key), "application/octet-stream", value)
		if err != nil {
			return result{}, err
		}
		return result{}, opened(content, nil)
	}
}

func (p cloudflarePlain) get(key string) call {
	return func(ctx context.Context) (result, error) {
		value, err := p.token(ctx, http.MethodGet, "/values/"+url.PathEscape(key), "", nil)
		return result{value: value}, err
	}
}

func (p cloudflarePlain) list(ctx context.Context) (result, error) {
	content, err := p.token(ctx, http.MethodGet, "/keys?limit="+strconv.Itoa(pageKeys), "", nil)
	if err != nil {
		return result{}, err
	}
	var names []struct{ Name string }
	if err := opened(content, &names); err != nil {
		return result{}, err
	}
	return result{count: len(names), last: names[len(names)-1].Name}, nil
}

func (p cloudflarePlain) putMany(keys []string, value []byte) call {
	return func(ctx context.Context) (result, error) {
		type item struct {
			Key   string `json:"key"`
			Value string `json:"value"`
		}
		var items []item
		for _, key := range keys {
			items = append(items, item{key, string(value)})
		}
		body, err := json.Marshal(items)
		if err != nil {
			return result{}, err
		}
		content, err := p.token(ctx, http.MethodPut, "/bulk", "application/json", body)
		if err != nil {
			return result{}, err
		}
		var done struct {
			Count int `json:"successful_key_count"`
		}
		err = opened(content, &done)
		return result{count: done.Count}, err
	}
}

var errNoSuccess = errors.New("no success")

// opened reads the result of a reply.
func opened(content []byte, into any) error {
	envelope := struct {
		Success bool
		Result  any
	}{Result: into}
	if err := json.Unmarshal(content, &envelope); err != nil {
		return err
	}
	if !envelope.Success {
		return errNoSuccess
	}
	return nil
}

func cloudflareWorkloads(ctx context.Context, host string, facade *facadeClient) ([]workload, error) {
	asItComes := newCloudflareVendor(host)
	kept := newCloudflareVendor(host, option.WithHTTPClient(&http.Client{Transport: tunedTransport()}))
	bare := cloudflarePlain{newPlainClient(host)}
	ns, err := facade.kv(ctx, "cloudflare")
	if err != nil {
		return nil, err
	}
	puts := func(name, key string) workload {
		value := values()[key]
		return workload{name: name, operation: "cloudflare PUT values", payload: len(value),
			call: [kinds]call{ns.put(key, value), asItComes.put(key, value), kept.put(key, value), bare.put(key, value)}}
	}
	var all []workload
	for _, size := range valueSizes() {
		key, value := size.key, values()[size.key]
		all = append(all, puts("cloudflare/put"+size.suffix, key),
			workload{name: "cloudflare/get" + size.suffix, operation: "cloudflare GET values " + key, payload: len(value), want: result{value: value},
				call: [kinds]call{ns.get(key), asItComes.get(key), kept.get(key), bare.get(key)}})
	}
	small := values()[smallKey]
	return append(all,
		workload{name: "cloudflare/list", operation: "cloudflare GET keys", want: result{count: pageKeys, last: pageNames()[pageKeys-1]},
			call: [kinds]call{ns.list, asItComes.list, kept.list, bare.list}},
		workload{name: "cloudflare/bulk put", operation: "cloudflare PUT bulk", want: result{count: bulkItems},
			call: [kinds]call{ns.putMany(bulkKeys(), small), asItComes.putMany(bulkKeys(), small), kept.putMany(bulkKeys(), small), bare.putMany(bulkKeys(), small)}},
		puts("cloudflare/put 20 MiB", hugeKey),
	), nil
}
