package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/errs"
)

// TestRun runs the program as a newcomer does, and against the limits of each cloud.
func TestRun(t *testing.T) {
	routes, err := read("")
	if err != nil {
		t.Fatal(err)
	}
	for _, like := range []string{"", "alibaba", "cloudflare", "tencent"} {
		var terminal bytes.Buffer
		if err := run(t.Context(), &terminal, limited(like), routes); err != nil {
			t.Errorf("like %q: %v", like, err)
		}
		if !strings.Contains(terminal.String(), "\r5000 of 5000 keys written, 0 failed") || !strings.HasSuffix(terminal.String(), "\n") {
			t.Errorf("like %q: shown is %q", like, terminal.String())
		}
	}
}

// TestFailures: what is not accepted is named, the rest is written, and the program fails.
func TestFailures(t *testing.T) {
	var terminal bytes.Buffer
	err := run(t.Context(), &terminal, limited("tencent"), map[string]string{"good": "a", "empty": ""})
	if !errors.Is(err, errs.InvalidArgument) {
		t.Errorf("the error is %v", err)
	}
	for _, want := range []string{"empty failed: ", "1 of 2 keys written, 1 failed"} {
		if !strings.Contains(terminal.String(), want) {
			t.Errorf("shown is %q, which does not have %q", terminal.String(), want)
		}
	}
}

func limited(like string) crosscloud.Option {
	text := string(inMemory)
	if like != "" {
		text = strings.Replace(text, "driver: local", "driver: local\n    like: "+like, 1)
	}
	return crosscloud.YAML("crosscloud.yaml", strings.NewReader(text))
}
