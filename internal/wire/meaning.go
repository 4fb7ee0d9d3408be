package wire

import (
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// Meaning is what one of a vendor's codes stands for.
type Meaning struct {
	Of      string // the vendor's code, or several: each "*" in it stands for any text, or none
	Code    errs.Code
	Retry   errs.Retry
	Outcome errs.Outcome
	Text    string // our words on it; empty where the vendor's have to do
}

// Refused: the same request is refused again, and nothing was done.
func Refused(of string, code errs.Code, text string) Meaning {
	return Meaning{of, code, errs.Permanent, errs.NotApplied, text}
}

// Later: the request was refused for now, and nothing was done.
func Later(of string, code errs.Code, text string) Meaning {
	return Meaning{of, code, errs.Temporary, errs.NotApplied, text}
}

// Broken: the service failed while it worked on the request, which may have been carried out.
func Broken(of string, code errs.Code, text string) Meaning {
	return Meaning{of, code, errs.Temporary, errs.Ambiguous, text}
}

// Unclear: whether the failure passes, and whether something was done, cannot be told; the request is not repeated.
func Unclear(of string, code errs.Code, text string) Meaning {
	return Meaning{of, code, errs.Permanent, errs.Ambiguous, text}
}

// Meanings is a vendor's table of codes. One that is a variable of a package and made of the functions above costs no
// code and no work at the start: the compiler lays it out. (A map would be filled at the start.)
type Meanings []Meaning

// Find returns the meaning of a code: that of the code itself, wherever it stands in the table, or else that of the first
// family of several that it is one of, with an empty Of. The Code is empty where there is none. What is too long for a
// code is not looked up: matching would take its time.
func (t Meanings) Find(code string) (family Meaning) {
	if len(code) > maxIdentifier {
		return Meaning{}
	}
	for i := range t {
		switch m := &t[i]; {
		case !strings.Contains(m.Of, "*"):
			if m.Of == code {
				return *m
			}
		case family.Code == "" && fits(m.Of, code):
			family = *m
			family.Of = ""
		}
	}
	return family
}

// fits reports whether text is the pattern with some text for each "*".
func fits(pattern, text string) bool {
	head := strings.IndexByte(pattern, '*')
	if head < 0 {
		return text == pattern
	}
	if !strings.HasPrefix(text, pattern[:head]) {
		return false
	}
	for i := head; i <= len(text); i++ {
		if fits(pattern[head+1:], text[i:]) {
			return true
		}
	}
	return false
}

// CodeError is the error of a failed reply that has a code of the vendor's, of which m is the meaning; without one the
// HTTP status says what went wrong. The code is shown if it is the table's own, or can be a code. The vendor's words are
// shown as they are: what must not be seen has been taken out of them ([Hidden.Text]).
func (r *Response) CodeError(vendor string, m Meaning, code, theirs string) *errs.Error {
	e := r.StatusError()
	if m.Code != "" {
		e.Code, e.Retry, e.Outcome = m.Code, m.Retry, m.Outcome
	}
	if m.Of != code {
		code = r.Hidden.Code(code)
	}
	e.VendorCode, e.Message = code, Describe(vendor, m.Text, theirs)
	return e
}

// UncodedError is the error of a failed reply in which no code was found. It says what came instead, such as a proxy's page.
func (r *Response) UncodedError() *errs.Error {
	if e, ok := r.DecodeJSON(&struct{}{}).(*errs.Error); ok {
		return e
	}
	return r.Corrupt("is a failure without a code")
}
