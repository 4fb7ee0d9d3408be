package wire_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// A code is looked for itself, wherever it stands, and then among the families in their order.
func TestFind(t *testing.T) {
	table := wire.Meanings{
		wire.Refused("Full*", errs.QuotaExceeded, "begins"),
		wire.Refused("*Missing", errs.NotFound, "ends"),
		wire.Refused("*Name*", errs.InvalidArgument, "holds"),
		wire.Refused("Key.*.Bad", errs.Corrupt, "begins and ends"),
		wire.Refused("a*b*c", errs.Conflict, "three parts"),
		wire.Refused("*Other*", errs.Unsupported, "late"),
		wire.Later("FullName", errs.RateLimited, "itself"),
	}
	for code, want := range map[string]string{
		"FullName": "itself", "FullNames": "begins", "Full": "begins", "full": "", "xFull": "",
		"Missing": "ends", "KeyMissing": "ends", "MissingKey": "", "Name": "holds", "aNameb": "holds", "aNamOther": "late", "Namename": "holds",
		"Key.a.Bad": "begins and ends", "Key..Bad": "begins and ends", "Key.Bad": "", "Key.a.Bad.": "",
		"abc": "three parts", "axxbxxbc": "three parts", "acb": "", "ab": "", "": "", "NaNam": "",
		"Full" + strings.Repeat("x", 124): "begins", "Full" + strings.Repeat("x", 125): "", // no code is so long
	} {
		if m := table.Find(code); m.Text != want || (m.Code == "") != (want == "") {
			t.Errorf("%.20q means %q, want %q", code, m.Text, want)
		}
	}
	if m := table.Find("FullName"); m.Of != "FullName" {
		t.Errorf("that of a code itself is of %q", m.Of)
	}
	for _, code := range []string{"FullNames", "Full*"} { // which are not in the table
		if m := table.Find(code); m.Of != "" || m.Text != "begins" {
			t.Errorf("%s: %v", code, m)
		}
	}
	if m := (wire.Meanings)(nil).Find("a"); m != (wire.Meaning{}) {
		t.Errorf("an empty table has %v", m)
	}
}

// The table's word counts, all of it, and the status's where there is none.
func TestCodeError(t *testing.T) {
	for _, c := range []struct {
		meaning wire.Meaning
		status  int
		code    errs.Code
		retry   errs.Retry
		outcome errs.Outcome
		message string
	}{
		{wire.Refused("c", errs.NotFound, "ours"), 503, errs.NotFound, errs.Permanent, errs.NotApplied, "ours: theirs"},
		{wire.Later("c", errs.RateLimited, "ours"), 200, errs.RateLimited, errs.Temporary, errs.NotApplied, "ours: theirs"},
		{wire.Broken("c", errs.Internal, ""), 400, errs.Internal, errs.Temporary, errs.Ambiguous, "theirs"},
		{wire.Unclear("c", errs.Unknown, "ours"), 429, errs.Unknown, errs.Permanent, errs.Ambiguous, "ours: theirs"},
		{wire.Meaning{}, 503, errs.Unavailable, errs.Temporary, errs.Ambiguous, "theirs"},
		{wire.Meaning{}, 403, errs.PermissionDenied, errs.Permanent, errs.NotApplied, "theirs"},
		{wire.Meaning{}, 200, errs.Unknown, errs.Permanent, errs.Ambiguous, "theirs"},
	} {
		r := &wire.Response{Status: c.status, Header: http.Header{"Retry-After": {"3"}}}
		e := r.CodeError("The vendor", c.meaning, "c", "theirs")
		if e.Code != c.code || e.Retry != c.retry || e.Outcome != c.outcome || e.Message != c.message ||
			e.VendorCode != "c" || e.HTTPStatus != c.status || e.RetryAfter != 3*time.Second {
			t.Errorf("%v with %d: %#v", c.meaning, c.status, e)
		}
	}
	if e := (&wire.Response{Status: 400}).CodeError("The vendor", wire.Meaning{}, "c", ""); e.Message != "The vendor refused the request" {
		t.Error(e.Message)
	}
}

// A code that the table does not have itself is shown only if it can be one and holds nothing secret.
func TestCodeShown(t *testing.T) {
	r := &wire.Response{Status: 400, Hidden: wire.Hidden{canary}}
	family := wire.Refused("Bad*", errs.InvalidArgument, "")
	for _, c := range []struct {
		meaning    wire.Meaning
		code, want string
	}{
		{wire.Meaning{}, "Bad.Thing", "Bad.Thing"}, {family, "Bad.Thing", "Bad.Thing"},
		{wire.Meaning{}, "Bad." + canary, ""}, {family, "Bad." + canary, ""}, {family, "Bad thing", ""},
		{wire.Refused("Odd code of "+canary, errs.Internal, ""), "Odd code of " + canary, "Odd code of " + canary},
	} {
		if e := r.CodeError("The vendor", c.meaning, c.code, ""); e.VendorCode != c.want {
			t.Errorf("%q of %q is shown as %q", c.code, c.meaning.Of, e.VendorCode)
		}
	}
}

// A failure without a code says what came in its place, with the meaning of its status.
func TestUncodedError(t *testing.T) {
	for body, want := range map[string]string{"{}": "the reply of h.example is a failure without a code", "<html>": "is an HTML page", "": "is empty", canary: "is not a JSON object"} {
		r := &wire.Response{Status: 502, Body: []byte(body), Host: "h.example"}
		expect(t, r.UncodedError(), errs.Unavailable, errs.Temporary, errs.Ambiguous, want)
	}
}
