package pipeline_test

import (
	"context"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/internal/timelimit"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// The time limit of single requests reaches whoever sends them; without one, nothing does.
func TestAttemptTimeout(t *testing.T) {
	for _, limit := range []time.Duration{0, 7 * time.Second} {
		op := open(t, policy.Policy{AttemptTimeout: limit}, policy.ReadOnly)
		_, err := pipeline.Do(t.Context(), pipeline.Call{Op: op}, &request{}, func(ctx context.Context, _ *request) (*response, error) {
			if got := timelimit.Of(ctx); got != limit {
				t.Errorf("%v, want %v", got, limit)
			}
			return &response{}, nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
