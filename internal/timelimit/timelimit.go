// Package timelimit carries the time limit of single requests from the policy of a call to the engine that sends them.
package timelimit

import (
	"context"
	"time"
)

type key struct{}

// With returns ctx with the time limit of each request that is sent under it.
func With(ctx context.Context, limit time.Duration) context.Context {
	return context.WithValue(ctx, key{}, limit)
}

// Of returns the time limit that ctx carries, 0 if it carries none.
func Of(ctx context.Context) time.Duration {
	limit, _ := ctx.Value(key{}).(time.Duration)
	return limit
}
