package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
)

// The clients that are compared, in the order of the tables.
const (
	ours   = iota
	vendor // the vendor's own client as it comes
	tuned  // the same over a transport that keeps its connections
	plain  // net/http with encoding/json and a signature written by hand, over such a transport
	kinds
)

func kindNames() [kinds]string { return [kinds]string{"ours", "vendor", "tuned", "plain"} }

// result is what a call has brought, to be compared with what it should.
type result struct {
	value []byte
	text  string // a value that the client tells as text
	count int    // of keys
	last  string // key
}

// check returns an error if it is not what was expected. A text may stand for a value.
func (r result) check(want result) error {
	value := r.value
	if value == nil {
		value = []byte(r.text)
	}
	switch {
	case !bytes.Equal(value, want.value):
		return fmt.Errorf("%d bytes, want %d, or others", len(value), len(want.value))
	case r.count != want.count || r.last != want.last:
		return fmt.Errorf("%d keys, the last %q; want %d and %q", r.count, r.last, want.count, want.last)
	}
	return nil
}

// call is one call of one client.
type call func(context.Context) (result, error)

// workload is the same operation by each client.
type workload struct {
	name string // such as alibaba/put
	call [kinds]call
	want result
	// operation is what the server sees.
	operation string
	payload   int // bytes of value
}

// closer collects what is to be closed.
type closer []func()

func (c *closer) add(f func()) { *c = append(*c, f) }

func (c closer) close() {
	for _, f := range c {
		f()
	}
}

// tunedTransport keeps the connections of a burst.
func tunedTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, 256
	return t
}

// allWorkloads returns the workloads against the server at a host.
func allWorkloads(ctx context.Context, host string) (all []workload, end func(), err error) {
	var c closer
	facade, err := openFacade(ctx, host)
	if err != nil {
		return nil, nil, err
	}
	c.add(func() { _ = facade.client.Close() })
	for _, provider := range []func(context.Context, string, *facadeClient) ([]workload, error){alibabaWorkloads, tencentWorkloads, cloudflareWorkloads, huaweiWorkloads} {
		some, err := provider(ctx, host, facade)
		if err != nil {
			c.close()
			return nil, nil, err
		}
		all = append(all, some...)
	}
	return all, c.close, nil
}

// valueSize is a value that is put and got by itself.
type valueSize struct{ key, suffix, operationSuffix string }

func valueSizes() []valueSize {
	return []valueSize{{key: smallKey}, {key: largeKey, suffix: " 1 MB", operationSuffix: " " + largeKey}}
}
