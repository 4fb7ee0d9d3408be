package drivertest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
)

// failures counts what a check reports.
type failures struct {
	testing.TB
	count int
}

func (f *failures) Helper()               {}
func (f *failures) Errorf(string, ...any) { f.count++ }

// hidden is an error that tells its secret in one way only.
type hidden struct{ Field, text, gone string }

func (e hidden) Error() string { return e.text }

func (e hidden) GoString() string { return e.gone }

func TestCheckHides(t *testing.T) {
	const secret = "canary-1"
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 1},
		{errors.New("plain"), 0},
		{hidden{}, 0},
		{hidden{gone: secret}, 1},
		{hidden{Field: secret}, 1}, // as JSON
		{fmt.Errorf("over: %w", hidden{Field: secret}), 1},
	} {
		f := &failures{TB: t}
		if drivertest.CheckHides(f, "a call", c.err, "other", secret); f.count < c.want || c.want == 0 && f.count > 0 {
			t.Errorf("%#v: %d failures", c.err, f.count)
		}
	}
	f := &failures{TB: t}
	if drivertest.CheckHides(f, "a call", hidden{text: secret}, secret); f.count < 2 { // its text, and the log
		t.Errorf("%d failures", f.count)
	}
}

func TestCheckGivesUp(t *testing.T) {
	ends := func(code errs.Code, outcome errs.Outcome, extra time.Duration) func(context.Context) error {
		return func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(extra)
			return &errs.Error{Code: code, Outcome: outcome, Err: ctx.Err()}
		}
	}
	for what, c := range map[string]struct {
		send func(context.Context) error
		want int
	}{
		"right":        {ends(errs.DeadlineExceeded, errs.Ambiguous, 0), 0},
		"late":         {ends(errs.DeadlineExceeded, errs.Ambiguous, time.Millisecond), 1},
		"another code": {ends(errs.Canceled, errs.Ambiguous, 0), 1},
		"not sent":     {ends(errs.DeadlineExceeded, errs.NotApplied, 0), 1},
		"answered":     {func(context.Context) error { return nil }, 1},
		"bare": {func(ctx context.Context) error {
			<-ctx.Done()
			return &errs.Error{Code: errs.DeadlineExceeded, Outcome: errs.Ambiguous}
		}, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &failures{TB: t}
			if drivertest.CheckGivesUp(f, what, c.send); f.count != c.want {
				t.Errorf("%s: %d failures", what, f.count)
			}
		})
	}
}

func TestCheckPlayed(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.txt", "b.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		pattern string
		played  map[string]int
		want    int
	}{
		{"*.txt", map[string]int{"a.txt": 1, "b.txt": 1}, 0}, {"*.txt", map[string]int{"a": 1, "b": 1}, 0},
		{"*.txt", map[string]int{"a": 1}, 1}, {"*.txt", nil, 2}, {"*.json", nil, 1},
	} {
		f := &failures{TB: t}
		if drivertest.CheckPlayed(f, filepath.Join(dir, c.pattern), c.played); f.count != c.want {
			t.Errorf("%s, %v: %d failures", c.pattern, c.played, f.count)
		}
	}
}
