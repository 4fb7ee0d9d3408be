package errs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// vendorError stands for the error type of a vendor's package.
type vendorError struct{ code int }

func (v *vendorError) Error() string { return fmt.Sprintf("vendor says %d", v.code) }

func TestCauseIsReachable(t *testing.T) {
	vendor := &vendorError{7}
	err := fmt.Errorf("outer: %w", &errs.Error{
		Code: errs.Canceled, Err: fmt.Errorf("%w: %w", context.Canceled, vendor),
	})
	if !errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		t.Error("errors.Is does not see the context's error, or the wrong one")
	}
	if got, ok := errors.AsType[*vendorError](err); !ok || got != vendor {
		t.Errorf("errors.As gives %v", got)
	}
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Code != errs.Canceled {
		t.Errorf("errors.As gives %v", e)
	}
}

func TestErrorLine(t *testing.T) {
	for name, tc := range map[string]struct {
		err  errs.Error
		want string
	}{
		"zero":    {errs.Error{}, "Unknown"},
		"code":    {errs.Error{Code: errs.NotFound, Outcome: errs.NotApplied}, "NotFound"},
		"message": {errs.Error{Code: errs.NotFound, Message: "no zone z"}, "NotFound: no zone z"},
		"everything": {
			errs.Error{
				Code: errs.Unavailable, Retry: errs.Exhausted, Outcome: errs.Ambiguous, Provider: "edge", Op: "kv.Put",
				Resource: "flags/a b", VendorCode: "InternalError", HTTPStatus: 503, RequestID: "r-1",
				RetryAfter: 1500 * time.Millisecond, Attempts: 4, Message: "try later", Err: io.EOF,
			},
			`edge kv.Put "flags/a b": Unavailable: try later (vendor code InternalError, HTTP 503, request id r-1, ` +
				`4 attempts, outcome ambiguous, retry after 1.5s)`,
		},
		"one attempt, applied": {
			errs.Error{Code: errs.Corrupt, Outcome: errs.Applied, Attempts: 1, Op: "kv.Put"},
			"kv.Put: Corrupt (outcome applied)",
		},
		"one attempt, not applied goes without saying": {
			errs.Error{Code: errs.Conflict, Outcome: errs.NotApplied, Attempts: 1, Resource: "n"},
			`"n": Conflict`,
		},
		"refused, so its outcome goes without saying": {
			errs.Error{Code: errs.InvalidArgument, Provider: "edge"}, "edge: InvalidArgument",
		},
		"cause stands in for the message": {
			errs.Error{Code: errs.Internal, Err: io.ErrUnexpectedEOF}, "Internal: unexpected EOF",
		},
		"code as cause is said once": {errs.Error{Code: errs.NotFound, Err: errs.NotFound}, "NotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.err.Error(); got != tc.want {
				t.Errorf("\ngot  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestRefuse(t *testing.T) {
	vendor := &vendorError{9}
	for name, tc := range map[string]struct {
		err    *errs.Error
		text   string
		causes []error
	}{
		"plain": {errs.Refuse(errs.TooLarge, "%d bytes", 5), "5 bytes", nil},
		"cause": {errs.Refuse(errs.TooLarge, "read: %w", io.EOF), "read: EOF", []error{io.EOF}},
		"two causes": {
			errs.Refuse(errs.TooLarge, "%w and %w", io.EOF, vendor), "EOF and vendor says 9", []error{io.EOF, vendor},
		},
		"printed error is no cause": {errs.Refuse(errs.TooLarge, "read: %v", io.EOF), "read: EOF", nil},
	} {
		t.Run(name, func(t *testing.T) {
			e := tc.err
			if e.Code != errs.TooLarge || e.Retry != errs.Permanent || e.Outcome != errs.NotApplied || e.Attempts != 0 {
				t.Errorf("got %v, %v, %v, %d attempts", e.Code, e.Retry, e.Outcome, e.Attempts)
			}
			if e.Message != tc.text {
				t.Errorf("message is %q", e.Message)
			}
			for _, cause := range tc.causes {
				if !errors.Is(e, cause) {
					t.Errorf("%v is not reachable", cause)
				}
			}
			if len(tc.causes) == 0 && e.Unwrap() != nil {
				t.Errorf("the cause is %v", e.Unwrap())
			}
		})
	}
}

// A driver that returns a nil *Error as an error makes a mistake, which must not bring the program down.
func TestNilError(t *testing.T) {
	var e *errs.Error
	if e.Error() != "<nil>" || e.Unwrap() != nil || errors.Is(e, errs.NotFound) || errors.Is(e, io.EOF) {
		t.Error("a nil *Error has a text, a cause or a code")
	}
	if got := fmt.Sprintf("%v", e); !strings.Contains(got, "<nil>") {
		t.Errorf("prints as %q", got)
	}
}
