package policy

import (
	"context"
	"time"
)

// Hooks are optional functions called around calls and attempts; tracing and metrics are built on them. They run in
// the caller's goroutine, so they should be quick, and must be safe for concurrent use. Each call of a hook gets an
// event of its own. A hook must not close the client that called it.
type Hooks struct {
	// Start is called once a call, before its arguments are checked. The context it returns is used for the call; a
	// nil one is ignored.
	Start func(context.Context, *Event) context.Context
	// Attempt is called after each request, sent or refused on the way.
	Attempt func(context.Context, *Event)
	// End is called once a call, after its last attempt.
	End func(context.Context, *Event)
}

// Event is what the hooks are told. It holds no value and no credential.
type Event struct {
	// Provider is the provider's name in the configuration.
	Provider string
	// Resource is the namespace, key or workspace worked on.
	Resource string
	// Key is the key within the namespace, empty where there is none. Beware of its many values in metrics.
	Key string
	// Op is the portable operation, such as "kv.Put".
	Op string
	// Action is the vendor's name of the operation.
	Action string
	// Attempt counts the requests, starting at 1; in End it is how many were sent, 0 for a refused call.
	Attempt int
	// Began is when the call, or in the Attempt hook the attempt, began.
	Began time.Time
	// Duration is how long the call or attempt took, all waiting included. It is zero in Start.
	Duration time.Duration
	// Waited is the part of Duration spent waiting for a free place and for the rate limit.
	Waited time.Duration
	// Delay is, in the Attempt hook, the pause before the next attempt; 0 means that there is none.
	Delay time.Duration
	// Err is the failure of the call or attempt, nil on success.
	Err error
}
