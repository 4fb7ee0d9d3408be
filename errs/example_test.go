package errs_test

import (
	"errors"
	"fmt"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// publish stands for any call of the library.
func publish() error {
	return &errs.Error{
		Code: errs.KeyNotFound, Outcome: errs.NotApplied, Provider: "edgeone", Op: "kv.Get", Resource: "flags/checkout",
		HTTPStatus: 404, RequestID: "r-1", Attempts: 1,
	}
}

func Example() {
	err := publish()
	fmt.Println(err)
	fmt.Println("not found:", errors.Is(err, errs.NotFound))
	if e, ok := errors.AsType[*errs.Error](err); ok {
		fmt.Println(e.Code, e.Retry, e.Outcome, e.RequestID)
	}
	// Output:
	// edgeone kv.Get "flags/checkout": KeyNotFound (HTTP 404, request id r-1)
	// not found: true
	// KeyNotFound permanent not applied r-1
}

func ExampleCodeOf() {
	switch errs.CodeOf(publish()) {
	case errs.KeyNotFound, errs.NamespaceNotFound:
		fmt.Println("it is not there")
	case errs.RateLimited, errs.Unavailable:
		fmt.Println("later")
	}
	// Output: it is not there
}

func ExampleRefuse() {
	fmt.Println(errs.Refuse(errs.TooLarge, "the value has %d bytes, at most %d are allowed", 30, 20))
	// Output: TooLarge: the value has 30 bytes, at most 20 are allowed
}

func ExamplePrintable() {
	fmt.Println(errs.Printable("first line\nsecond \x1b[31mline"))
	// Output: first line second [31mline
}
