package main

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud"
	_ "github.com/crosscloud-sdk/crosscloud/providers/all"
)

// TestRun starts the servers on free ports and writes to each with what it has printed.
func TestRun(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run(ctx, in, 0, 0, 0) }()
	var entries []crosscloud.Entry
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "ready"; {
		name, value, field := strings.Cut(strings.TrimSpace(lines.Text()), ": ")
		if !field {
			entries = append(entries, crosscloud.Entry{})
			continue
		}
		entries[len(entries)-1][name] = value
	}
	if len(entries) != 3 {
		t.Fatalf("%d servers", len(entries))
	}
	for _, entry := range entries {
		client, err := crosscloud.Open(ctx, crosscloud.WithProvider("cloud", entry),
			crosscloud.WithKV("flags", crosscloud.Entry{"provider": "cloud", "namespace": "flags", "create": "true"}))
		if err != nil {
			t.Fatal(err)
		}
		flags, err := client.KV(ctx, "flags")
		if err == nil {
			err = flags.Put(ctx, "key", []byte("value"))
		}
		if err != nil {
			t.Errorf("%s: %v", entry["driver"], err)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
