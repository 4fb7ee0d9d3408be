package errs

import (
	"context"
	"errors"
)

// A Code says what went wrong in terms that are the same for every provider.
// Every Code is itself an error, so it can be the target of [errors.Is]:
//
//	if errors.Is(err, errs.RateLimited) { … }
//
// The text of a Code is stable and may be stored or compared.
type Code string

// The portable codes. Their number grows only by addition; a provider's failure that fits none is [Unknown].
const (
	// InvalidArgument: an argument breaks a rule of the library or of the provider. The same call cannot succeed.
	InvalidArgument Code = "InvalidArgument"
	// NotFound: the resource does not exist. [KeyNotFound] and [NamespaceNotFound] match it too.
	NotFound Code = "NotFound"
	// KeyNotFound: the key does not exist, or its expiry has passed.
	KeyNotFound Code = "KeyNotFound"
	// NamespaceNotFound: the namespace that should hold the key does not exist.
	NamespaceNotFound Code = "NamespaceNotFound"
	// AlreadyExists: a resource of that name exists.
	AlreadyExists Code = "AlreadyExists"
	// Conflict: the resource is in a state that does not allow the call, such as a namespace still bound to a function.
	Conflict Code = "Conflict"
	// TooLarge: a value, a batch or a reply is over a size limit.
	TooLarge Code = "TooLarge"
	// Unauthenticated: the credentials are missing, malformed, expired or wrong.
	Unauthenticated Code = "Unauthenticated"
	// PermissionDenied: the credentials are good but may not do this.
	PermissionDenied Code = "PermissionDenied"
	// RateLimited: too many requests, said by the provider or by the local limiter before anything was sent.
	RateLimited Code = "RateLimited"
	// QuotaExceeded: a quota of the account is used up; waiting seconds does not help.
	QuotaExceeded Code = "QuotaExceeded"
	// Unavailable: the provider cannot be reached or cannot serve now.
	Unavailable Code = "Unavailable"
	// DeadlineExceeded: the time allowed for the call is over.
	DeadlineExceeded Code = "DeadlineExceeded"
	// Canceled: the caller's context was cancelled.
	Canceled Code = "Canceled"
	// Unsupported: the provider cannot do this. Raised before anything is sent.
	Unsupported Code = "Unsupported"
	// Corrupt: data that came back cannot be what was written, or a reply does not have the documented shape.
	Corrupt Code = "Corrupt"
	// Internal: the provider failed on its side.
	Internal Code = "Internal"
	// Closed: the client has been closed.
	Closed Code = "Closed"
	// Unknown: none of the above is known to be true.
	Unknown Code = "Unknown"
)

// Codes returns every portable code, in the order of their declaration.
func Codes() []Code {
	return []Code{
		InvalidArgument, NotFound, KeyNotFound, NamespaceNotFound, AlreadyExists, Conflict, TooLarge, Unauthenticated,
		PermissionDenied, RateLimited, QuotaExceeded, Unavailable, DeadlineExceeded, Canceled, Unsupported, Corrupt,
		Internal, Closed, Unknown,
	}
}

// Error returns the code's text, which makes a Code usable as an error.
func (c Code) Error() string { return string(c) }

// Is reports whether c is target or a narrower case of it: [KeyNotFound] and [NamespaceNotFound] are cases of
// [NotFound]. It is called by [errors.Is].
func (c Code) Is(target error) bool {
	t, ok := target.(Code)
	if !ok {
		return false
	}
	return c == t || t == NotFound && (c == KeyNotFound || c == NamespaceNotFound)
}

// coded is *[Error] or Code.
type coded interface {
	error
	code() Code
}

func (c Code) code() Code {
	if c == "" {
		return Unknown
	}
	return c
}

// CodeOf returns the code of the first *[Error] or Code in err's tree. A context error without one gives [Canceled]
// or [DeadlineExceeded], any other error [Unknown], and nil the empty Code.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if c, ok := errors.AsType[coded](err); ok {
		return c.code()
	}
	switch {
	case errors.Is(err, context.Canceled):
		return Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return DeadlineExceeded
	}
	return Unknown
}

// Retry says whether the same call may be made again.
type Retry uint8

// The zero value is Permanent: an error that says nothing is not retried.
const (
	// Permanent: the same call fails again.
	Permanent Retry = iota
	// Temporary: the same call may succeed later; see RetryAfter for when.
	Temporary
	// Exhausted: the cause is temporary but the retries of this call are spent. Do not retry again on top.
	Exhausted
)

// String returns "permanent", "temporary" or "exhausted".
func (r Retry) String() string {
	switch r {
	case Temporary:
		return "temporary"
	case Exhausted:
		return "exhausted"
	}
	return "permanent"
}

// Outcome says whether a call that failed may have taken effect all the same.
type Outcome uint8

// The zero value is Ambiguous: the other two are said only when they are known.
const (
	// Ambiguous: the write may or may not have happened.
	Ambiguous Outcome = iota
	// NotApplied: nothing was changed. A failed read is always NotApplied.
	NotApplied
	// Applied: the write happened although the call failed, for example because its reply was unreadable.
	Applied
)

// String returns "ambiguous", "not applied" or "applied".
func (o Outcome) String() string {
	switch o {
	case NotApplied:
		return "not applied"
	case Applied:
		return "applied"
	}
	return "ambiguous"
}

// Strongest returns what is known of a call after two of its attempts: Applied over Ambiguous over NotApplied.
func (o Outcome) Strongest(other Outcome) Outcome {
	if o == Applied || other == Applied {
		return Applied
	}
	if o == Ambiguous || other == Ambiguous {
		return Ambiguous
	}
	return NotApplied
}
