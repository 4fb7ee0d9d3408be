package errs_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// declaredCodes reads the constants of type Code from the source.
func declaredCodes(t *testing.T) []errs.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []errs.Code
	for _, decl := range file.Decls {
		constants, ok := decl.(*ast.GenDecl)
		if !ok || constants.Tok != token.CONST {
			continue
		}
		for _, spec := range constants.Specs {
			value := spec.(*ast.ValueSpec)
			if kind, ok := value.Type.(*ast.Ident); !ok || kind.Name != "Code" {
				continue
			}
			text, err := strconv.Unquote(value.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			if value.Names[0].Name != text {
				t.Errorf("the text of %s is %q", value.Names[0].Name, text)
			}
			codes = append(codes, errs.Code(text))
		}
	}
	return codes
}

func TestCodesIsComplete(t *testing.T) {
	declared := declaredCodes(t)
	if len(declared) < 19 {
		t.Fatalf("only %d constants found", len(declared))
	}
	if got := errs.Codes(); !slices.Equal(got, declared) {
		t.Errorf("Codes() = %v\ndeclared  %v", got, declared)
	}
}

func TestCodesIsACopy(t *testing.T) {
	errs.Codes()[0] = "changed"
	if errs.Codes()[0] != errs.InvalidArgument {
		t.Error("a caller changed the list")
	}
}

// Every code matches itself and nothing else, but for the two cases of NotFound; an *Error matches what its code does.
func TestIsOverAllPairs(t *testing.T) {
	for _, a := range errs.Codes() {
		for _, b := range errs.Codes() {
			want := a == b || b == errs.NotFound && (a == errs.KeyNotFound || a == errs.NamespaceNotFound)
			for form, err := range map[string]error{
				"code":          a,
				"error":         &errs.Error{Code: a},
				"wrapped error": fmt.Errorf("outer: %w", &errs.Error{Code: a}),
				"joined":        errors.Join(io.EOF, &errs.Error{Code: a}),
			} {
				if got := errors.Is(err, b); got != want {
					t.Errorf("%s: Is(%s, %s) = %v", form, a, b, got)
				}
			}
		}
		if errors.Is(a, io.EOF) || errors.Is(&errs.Error{Code: a}, io.EOF) {
			t.Errorf("%s matches io.EOF", a)
		}
		if a.Error() != string(a) {
			t.Errorf("text of %q is %q", string(a), a.Error())
		}
	}
}

func TestErrorWithoutCodeIsUnknown(t *testing.T) {
	if !errors.Is(&errs.Error{}, errs.Unknown) || errors.Is(&errs.Error{}, errs.Internal) {
		t.Error("an Error without a Code has to match Unknown alone")
	}
}

func TestIsDoesNotMatchAnotherError(t *testing.T) {
	if errors.Is(&errs.Error{Code: errs.NotFound}, &errs.Error{Code: errs.NotFound}) {
		t.Error("two Errors are the same error")
	}
}

func TestCodeOf(t *testing.T) {
	limited := &errs.Error{Code: errs.RateLimited, Err: context.DeadlineExceeded}
	for name, tc := range map[string]struct {
		err  error
		want errs.Code
	}{
		"nil":                           {nil, ""},
		"code":                          {errs.Conflict, errs.Conflict},
		"wrapped code":                  {fmt.Errorf("x: %w", errs.Conflict), errs.Conflict},
		"empty code":                    {errs.Code(""), errs.Unknown},
		"error":                         {limited, errs.RateLimited},
		"wrapped error":                 {fmt.Errorf("x: %w", limited), errs.RateLimited},
		"joined after another":          {errors.Join(io.EOF, limited), errs.RateLimited},
		"error without code":            {&errs.Error{Err: errs.Conflict}, errs.Unknown},
		"nil error pointer":             {(*errs.Error)(nil), errs.Unknown},
		"code before error":             {fmt.Errorf("%w: %w", errs.Conflict, limited), errs.Conflict},
		"error before code":             {fmt.Errorf("%w: %w", limited, errs.Conflict), errs.RateLimited},
		"context before code":           {errors.Join(context.Canceled, errs.Conflict), errs.Conflict},
		"cancelled":                     {context.Canceled, errs.Canceled},
		"wrapped cancelled":             {fmt.Errorf("x: %w", context.Canceled), errs.Canceled},
		"deadline":                      {context.DeadlineExceeded, errs.DeadlineExceeded},
		"fs timeout is not the context": {fs.ErrInvalid, errs.Unknown},
		"other":                         {io.EOF, errs.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			if got := errs.CodeOf(tc.err); got != tc.want {
				t.Errorf("CodeOf(%v) = %q, want %q", tc.err, got, tc.want)
			}
		})
	}
}

func TestZeroValuesAndTexts(t *testing.T) {
	var e errs.Error
	if e.Retry != errs.Permanent || e.Outcome != errs.Ambiguous {
		t.Errorf("a zero Error is %v and %v", e.Retry, e.Outcome)
	}
	for text, value := range map[string]fmt.Stringer{
		"permanent": errs.Permanent, "temporary": errs.Temporary, "exhausted": errs.Exhausted,
		"ambiguous": errs.Ambiguous, "not applied": errs.NotApplied, "applied": errs.Applied,
	} {
		if value.String() != text {
			t.Errorf("%q prints as %q", text, value)
		}
	}
}

func TestStrongest(t *testing.T) {
	const n, a, d = errs.NotApplied, errs.Ambiguous, errs.Applied
	table := []struct{ left, right, want errs.Outcome }{
		{n, n, n}, {n, a, a}, {n, d, d},
		{a, n, a}, {a, a, a}, {a, d, d},
		{d, n, d}, {d, a, d}, {d, d, d},
	}
	for _, row := range table {
		if got := row.left.Strongest(row.right); got != row.want {
			t.Errorf("%v with %v is %v, want %v", row.left, row.right, got, row.want)
		}
		if row.left.Strongest(row.right) != row.right.Strongest(row.left) {
			t.Errorf("%v and %v: order matters", row.left, row.right)
		}
		for _, third := range []errs.Outcome{n, a, d} {
			one := row.left.Strongest(row.right).Strongest(third)
			if other := row.left.Strongest(row.right.Strongest(third)); one != other {
				t.Errorf("%v, %v, %v: grouping matters", row.left, row.right, third)
			}
		}
	}
}
