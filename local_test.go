package crosscloud_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	_ "github.com/crosscloud-sdk/crosscloud/providers/local"
)

// A file of the configuration, a store on the disk, the limits of a provider, a clock, and a second program that finds
// what the first has left.
func TestLocalEndToEnd(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "crosscloud.yaml")
	const text = `
providers:
  laptop:
    driver: local
    path: ${STORE}
kv:
  flags:
    provider: laptop
    namespace: flags
    create: true
  edge:
    provider: laptop
    like: tencent
    namespace: edge-flags
    create: true
    key_encoding: underscore-hex
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	open := func() *crosscloud.Client {
		t.Helper()
		client, err := crosscloud.Open(t.Context(), crosscloud.File(config),
			environ(map[string]string{"STORE": filepath.Join(dir, "flags.db")}), crosscloud.WithClock(func() time.Time { return now }))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close() })
		return client
	}
	handle := func(client *crosscloud.Client, name string) *kv.Namespace {
		t.Helper()
		ns, err := client.KV(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return ns
	}

	first := open()
	flags, edge := handle(first, "flags"), handle(first, "edge")
	if err := flags.Put(t.Context(), "checkout", []byte("on")); err != nil {
		t.Fatal(err)
	}
	if err := edge.Put(t.Context(), "a/b", []byte("1"), kv.TTL(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := edge.Put(t.Context(), "a/b", []byte("1"), kv.TTL(time.Second)); !errors.Is(err, errs.InvalidArgument) {
		t.Errorf("a TTL under the provider's minimum: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := flags.Put(t.Context(), "checkout", []byte("off")); !errors.Is(err, errs.Closed) {
		t.Errorf("a put after Close: %v", err)
	}

	second := open() // the file is free again
	flags, edge = handle(second, "flags"), handle(second, "edge")
	if entry, err := flags.Get(t.Context(), "checkout"); err != nil || string(entry.Value) != "on" {
		t.Errorf("the second program reads %q, %v", entry.Value, err)
	}
	if entry, err := edge.Get(t.Context(), "a/b"); err != nil || string(entry.Value) != "1" {
		t.Errorf("the second program reads %q, %v", entry.Value, err)
	}
	now = now.Add(time.Hour)
	if _, err := edge.Get(t.Context(), "a/b"); !errors.Is(err, errs.KeyNotFound) {
		t.Errorf("an expired key: %v", err)
	}
}
