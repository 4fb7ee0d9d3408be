package drivertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// Printed returns every way in which an error, and each under it, is printed or sent.
func Printed(err error) (all []string) {
	for ; err != nil; err = errors.Unwrap(err) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			all = append(all, fmt.Sprintf(verb, err))
		}
		object, _ := json.Marshal(err)
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "err", err)
		all = append(all, err.Error(), string(object), log.String())
	}
	return all
}

// CheckHides reports where an error, which there must be, shows a secret.
func CheckHides(t testing.TB, what string, err error, secrets ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
	}
	for _, text := range Printed(err) {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s: the error shows %q: %.300s", what, secret, text)
			}
		}
	}
}

// CheckPlayed reports the files that nothing plays. Played has their names, with the ending or without.
func CheckPlayed[T any](t testing.TB, pattern string, played map[string]T) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Errorf("%s: %d files, %v", pattern, len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		_, whole := played[name]
		if _, bare := played[strings.TrimSuffix(name, filepath.Ext(name))]; !whole && !bare {
			t.Errorf("nothing replays %s", file)
		}
	}
}

// CheckGivesUp sends a request to a server that never answers, in a bubble of package synctest: it ends when its context
// does, and may have been carried out. The error is returned.
func CheckGivesUp(t testing.TB, what string, send func(context.Context) error) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	began := time.Now()
	err := send(ctx)
	e, ok := errors.AsType[*errs.Error](err)
	if took := time.Since(began); !ok || e.Code != errs.DeadlineExceeded || e.Outcome != errs.Ambiguous || !errors.Is(err, context.DeadlineExceeded) || took != time.Second {
		t.Errorf("%s: %v after %v", what, err, took)
	}
	return err
}
