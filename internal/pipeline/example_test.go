package pipeline_test

import (
	"context"
	"fmt"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

func Example() {
	pipe, err := pipeline.New("edgeone", policy.Policy{Retry: policy.Retry{BaseDelay: time.Microsecond}})
	if err != nil {
		fmt.Println(err)
		return
	}
	op, err := pipe.Bind(policy.Operation{Name: "kv.Get", Idempotency: policy.ReadOnly})
	if err != nil {
		fmt.Println(err)
		return
	}
	sent := 0
	get := func(_ context.Context, key *string) (*string, error) {
		if sent++; sent == 1 {
			return nil, &errs.Error{Code: errs.Unavailable, Retry: errs.Temporary}
		}
		value := "value of " + *key
		return &value, nil
	}
	ctx, key := context.Background(), "k"
	value, err := pipeline.Do(ctx, pipeline.Call{Op: op, Resource: "flags", Key: key}, &key, get)
	fmt.Println(*value, err, sent)

	pipe.Close(ctx)
	_, err = pipeline.Do(ctx, pipeline.Call{Op: op, Resource: "flags", Key: key}, &key, get)
	fmt.Println(err)
	// Output:
	// value of k <nil> 2
	// edgeone kv.Get "flags/k": Closed: the client is closed; open a new one
}
