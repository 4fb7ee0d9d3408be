package errs_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// Whatever a server says, what is printed is one plain line.
func FuzzPrint(f *testing.F) {
	for _, text := range []string{"", "plain", nasty, strings.Repeat("é", 600), strings.Repeat("x", errs.MaxText) + "\u202e…"} {
		f.Add("edge", "Internal", text, "key\n", "id")
	}
	f.Fuzz(func(t *testing.T, provider, code, message, resource, id string) {
		for _, text := range []string{message, resource} {
			checkPrintable(t, text)
		}
		checkOneLine(t, provider, code, message, resource, id)
	})
}

func checkPrintable(t *testing.T, text string) {
	got := errs.Printable(text)
	switch {
	case !utf8.ValidString(got):
		t.Errorf("not UTF-8: %q", got)
	case len(got) > errs.MaxText:
		t.Errorf("%d bytes", len(got))
	case strings.ContainsFunc(got, unsafe):
		t.Errorf("not one plain line: %q", got)
	case errs.Printable(got) != got:
		t.Errorf("printed again, %q becomes %q", got, errs.Printable(got))
	}
}

func checkOneLine(t *testing.T, provider, code, message, resource, id string) {
	e := &errs.Error{Code: errs.Code(code), Provider: provider, Message: message, Resource: resource, RequestID: id}
	if line := e.Error(); !utf8.ValidString(line) || strings.ContainsFunc(line, unsafe) {
		t.Errorf("%q", line)
	}
}
