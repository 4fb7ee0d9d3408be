// Package errs holds the one error type of crosscloud and its list of portable codes.
//
// Every call that fails returns an error whose tree holds an *[Error]. Ask it three questions:
//
//   - What went wrong? Its [Code]: errors.Is(err, errs.KeyNotFound). Codes are the same for every provider; the
//     provider's own code is in VendorCode, and its own error type is reachable with errors.As where it has one.
//   - May the call be made again? Its [Retry]: Permanent, Temporary, or Exhausted when the library has already retried.
//   - Did the write happen? Its [Outcome]: NotApplied, Applied, or Ambiguous when nobody can know.
//
// A cancelled or timed-out context stays reachable too: errors.Is(err, context.Canceled). A refusal by the local rate
// limiter is [RateLimited] and is not a context error.
//
// Errors print as one line and hold no credentials and no stored values, whichever verb prints them. Errors are
// immutable after they are returned and may be used by several goroutines.
package errs
