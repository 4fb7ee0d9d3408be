package policy

import "github.com/crosscloud-sdk/crosscloud/ratelimit"

// Idempotency says what a second delivery of the same request would do.
type Idempotency uint8

// The zero value is NonIdempotent, the class that is never repeated once it may have arrived.
const (
	// NonIdempotent: a second delivery does something else, such as creating twice. Repeated only when it is known
	// that the first did not arrive.
	NonIdempotent Idempotency = iota
	// Idempotent: a second delivery leaves the same state. Repeated after any temporary failure.
	Idempotent
	// ReadOnly: changes nothing. Repeated after any temporary failure, and its failures are never ambiguous.
	ReadOnly
)

// String returns "non-idempotent", "idempotent" or "read-only".
func (i Idempotency) String() string {
	switch i {
	case Idempotent:
		return "idempotent"
	case ReadOnly:
		return "read-only"
	}
	return "non-idempotent"
}

// Operation is one row of a driver's operation table: what one method of the driver sends.
type Operation struct {
	// Name is the portable operation, such as "kv.Put".
	Name string
	// Action is the vendor's name for it, such as "EdgeKVPut".
	Action string
	// Idempotency says what a second delivery would do.
	Idempotency Idempotency
	// Budgets are the rate budgets that one request spends, all of them.
	Budgets []ratelimit.Budget
	// KeyPace is how fast requests with the same key may follow each other, beside Budgets; the zero Pace lets them.
	// Operations with the same Endpoint and Scope share it. A [Rate] does not change it.
	KeyPace ratelimit.Pace
}
