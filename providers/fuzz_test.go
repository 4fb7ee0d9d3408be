package providers_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/providers"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// Texts of a configuration mean what they say, or are refused.
func FuzzSettings(f *testing.F) {
	for _, text := range []string{"", "plain", "${A}", "$${A}", "${", "${}", "${UNSET}", "$$${A}}{", "\xff${A}\x00"} {
		f.Add(text, "value")
	}
	for _, limit := range []string{"20/1s", "1200/5m", "1/1.5h", "0/1s", "20/-1s", "20", "/", "99999999999999999999/1s"} {
		f.Add(limit, "")
	}
	f.Fuzz(func(t *testing.T, text, variable string) {
		checkResolve(t, text, variable)
		checkLimit(t, text)
	})
}

func checkLimit(t *testing.T, text string) {
	limit, err := ratelimit.ParseLimit(text)
	if err != nil {
		if !errors.Is(err, errs.InvalidArgument) {
			t.Errorf("%q gives %v", text, err)
		}
		return
	}
	if err := limit.Validate(); err != nil {
		t.Errorf("%q gives an invalid limit: %v", text, err)
	}
	if again, err := ratelimit.ParseLimit(fmt.Sprintf("%d/%v", limit.N, limit.Per)); err != nil || again != limit {
		t.Errorf("%q gives %v, read again %v, %v", text, limit, again, err)
	}
}

func checkResolve(t *testing.T, text, variable string) {
	d := driver(providers.Option{Name: "o"}, providers.Option{Name: "k", Kind: providers.Secret}, providers.Option{Name: "n", Kind: providers.Int})
	s, err := d.Resolve(said("o", text), env{"A": variable}.host())
	switch {
	case err != nil:
		refused(t, err, errs.InvalidArgument, "c.yaml:7")
	case !strings.Contains(text, "${") && s.Text("o") != text:
		t.Errorf("%q became %q", text, s.Text("o"))
	}
	// Escaped, every text stands for itself, unless a $ would run into the escape.
	if !strings.Contains(text, "$${") {
		escaped := strings.ReplaceAll(text, "${", "$${")
		if s, err := d.Resolve(said("o", escaped), env{}.host()); err != nil || s.Text("o") != text {
			t.Errorf("%q, escaped as %q, became %v, %v", text, escaped, s, err)
		}
	}
	for _, name := range []string{"k", "n"} {
		if _, err := d.Resolve(said(name, text), env{"A": variable}.host()); err != nil {
			refused(t, err, errs.InvalidArgument, "c.yaml:7")
		}
	}
}
