package pipeline_test

import (
	"context"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// One call through the pipeline costs its context and nothing else, beside what the driver and the caller make.
func TestAllocations(t *testing.T) {
	op := open(t, policy.Policy{}, policy.Idempotent)
	req, res := &request{}, &response{}
	send := func(context.Context, *request) (*response, error) { return res, nil }
	got := testing.AllocsPerRun(1000, func() {
		if _, err := pipeline.Do(context.Background(), pipeline.Call{Op: op, Resource: "flags", Key: "k"}, req, send); err != nil {
			t.Fatal(err)
		}
	})
	if got > 1 {
		t.Errorf("%v allocations, at most 1 is meant", got)
	}
}

func BenchmarkDo(b *testing.B) {
	op := open(b, policy.Policy{}, policy.Idempotent)
	req, res := &request{}, &response{}
	send := func(context.Context, *request) (*response, error) { return res, nil }
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := pipeline.Do(context.Background(), pipeline.Call{Op: op, Resource: "flags"}, req, send); err != nil {
				b.Fatal(err)
			}
		}
	})
}
