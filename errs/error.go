package errs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Error is the error of every failed call of this module. Reach it with [errors.As]:
//
//	if e, ok := errors.AsType[*errs.Error](err); ok { log.Print(e.Code, e.RequestID) }
//
// None of its printed forms holds a credential or a stored value. The fields are for reading; changing one changes
// the error for everybody who holds it.
type Error struct {
	// Code is what went wrong; the empty Code counts as Unknown.
	Code Code
	// Retry says whether the call may be made again.
	Retry Retry
	// Outcome says whether a write may have happened although the call failed.
	Outcome Outcome
	// Provider is the provider's name in the configuration, or the driver's where there is no configuration.
	Provider string
	// Op is the portable operation, such as "kv.Put".
	Op string
	// Resource is what was worked on: a namespace, or a namespace and a key.
	Resource string
	// VendorCode is the provider's own code, unchanged.
	VendorCode string
	// HTTPStatus is the status of the reply, 0 without one.
	HTTPStatus int
	// RequestID is the provider's id of the request, for its support desk.
	RequestID string
	// RetryAfter is how long the provider asked to wait, 0 if it did not say.
	RetryAfter time.Duration
	// Attempts is how many requests were sent; 0 means that the call was refused before anything was sent.
	Attempts int
	// Message says which argument, which limit and what to do. Where it is empty, the text of Err stands in.
	Message string
	// Err is the cause, if there is one: a context error, or the vendor's own error type.
	Err error
}

// Refuse returns an error raised before anything was sent: Permanent, NotApplied, with the formatted message.
// A %w verb keeps its argument as the cause, several %w verbs keep all of theirs.
func Refuse(code Code, format string, args ...any) *Error {
	text := fmt.Errorf(format, args...)
	cause := errors.Unwrap(text)
	if several, ok := text.(interface{ Unwrap() []error }); ok {
		cause = errors.Join(several.Unwrap()...)
	}
	return &Error{Code: code, Outcome: NotApplied, Message: text.Error(), Err: cause}
}

func (e *Error) code() Code {
	if e == nil {
		return Unknown
	}
	return e.Code.code()
}

// Is reports whether target is a [Code] that e's code is, or is a case of. It is called by [errors.Is].
func (e *Error) Is(target error) bool {
	_, isCode := target.(Code)
	return isCode && e.code().Is(target)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// Error returns one line naming provider, operation, resource, code and what to do. Control characters are
// stripped, and text that came from a vendor is cut at 1 KiB.
func (e *Error) Error() string {
	if e == nil {
		return "<nil>"
	}
	return e.line()
}

func (e Error) line() string {
	var b strings.Builder
	part := func(text string) {
		if text == "" {
			return
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(text)
	}
	part(Printable(e.Provider))
	part(Printable(e.Op))
	if e.Resource != "" {
		part(strconv.Quote(Printable(e.Resource)))
	}
	if b.Len() > 0 {
		b.WriteByte(':')
	}
	code := Printable(string(e.code()))
	part(code)
	if text := e.text(); text != "" && text != code {
		b.WriteString(": ")
		b.WriteString(text)
	}
	if facts := e.facts(); len(facts) > 0 {
		b.WriteString(" (")
		b.WriteString(strings.Join(facts, ", "))
		b.WriteByte(')')
	}
	return b.String()
}

func (e Error) text() string {
	if e.Message == "" && e.Err != nil {
		return Printable(e.Err.Error())
	}
	return Printable(e.Message)
}

// facts lists what a reader needs for the next step, leaving out what is empty or goes without saying.
func (e Error) facts() []string {
	var facts []string
	if e.VendorCode != "" {
		facts = append(facts, "vendor code "+Printable(e.VendorCode))
	}
	if e.HTTPStatus != 0 {
		facts = append(facts, "HTTP "+strconv.Itoa(e.HTTPStatus))
	}
	if e.RequestID != "" {
		facts = append(facts, "request id "+Printable(e.RequestID))
	}
	if e.Attempts > 1 {
		facts = append(facts, strconv.Itoa(e.Attempts)+" attempts")
	}
	if e.Attempts > 0 && e.Outcome != NotApplied {
		facts = append(facts, "outcome "+e.Outcome.String())
	}
	if e.RetryAfter > 0 {
		facts = append(facts, "retry after "+e.RetryAfter.String())
	}
	return facts
}
