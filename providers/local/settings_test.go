package local_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

func values(pairs ...string) providers.Values {
	v := providers.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v[pairs[i]] = providers.Value{Text: pairs[i+1], From: "test"}
	}
	return v
}

func TestOpenedFromSettings(t *testing.T) {
	d := providers.Lookup("local")
	clock := newClock()
	path := filepath.Join(t.TempDir(), "kv.db")
	entry, resource := values("path", path, "sync", "false", "like", "tencent"), values("stale", "1m", "like", "edgeone")
	if err := errors.Join(d.Check(entry, false), d.Check(resource, true)); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []providers.Values{values("like", "aws"), values("stale", "-1s"), values("stale", "soon"), values("sync", "yes"), values("colour", "red")} {
		refused(t, fmt.Sprint(bad), d.Check(bad, false), errs.InvalidArgument)
	}
	refused(t, "path of a resource", d.Check(values("path", "x"), true), errs.InvalidArgument)

	settings, err := d.Resolve(entry, providers.Host{Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	account, err := d.Open(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := d.Open(t.Context(), settings); second != nil || !errors.Is(err, errs.Conflict) {
		t.Errorf("second opening: %v, %v", second, err)
	}
	settings, err = d.Resolve(entry.Overlay(resource), providers.Host{Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	service, err := account.(providers.KV).KV(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	if err := create(service, "flags", ""); err != nil {
		t.Fatal(err)
	}
	flags, err := service.OpenNamespace(ref("flags"))
	if err != nil {
		t.Fatal(err)
	}
	if caps := flags.Capabilities(); caps.MaxValueBytes != 1_000_000 || caps.Consistency != time.Minute {
		t.Errorf("%+v", caps)
	}
	n := ns{t, flags}
	n.put("k", "v", ttl(time.Hour))
	n.holds("k", "-")
	clock.advance(time.Minute)
	n.holds("k", "v")
	clock.advance(time.Hour)
	n.holds("k", "-")
	if err := account.Close(); err != nil {
		t.Fatal(err)
	}
}

// The portable layer accepts the driver in every disguise, and finds its refusals where it expects them.
func TestUnderPackageKV(t *testing.T) {
	ctx := context.Background()
	for _, like := range likes {
		s := inMemory(t)
		settings := values("like", like)
		if like == "" {
			settings = values()
		}
		resolved, err := providers.Lookup("local").Resolve(settings, providers.Host{})
		if err != nil {
			t.Fatal(err)
		}
		drv, err := s.KV(ctx, resolved)
		if err != nil {
			t.Fatal(err)
		}
		service, err := kv.NewService(drv, kv.ServiceOptions{Provider: "p", Now: s.Now})
		if err != nil {
			t.Fatalf("like %q: %v", like, err)
		}
		n, err := service.Namespace(ctx, "new", kv.CreateIfMissing())
		if err != nil {
			t.Fatalf("like %q: %v", like, err)
		}
		if err := n.Put(ctx, "k", []byte("v"), kv.TTL(time.Minute)); err != nil {
			t.Fatal(err)
		}
		e, err := n.Get(ctx, "k", kv.WithExpiry())
		if at, ok := e.Expiry.At(); err != nil || !ok || !at.Equal(s.Now().Add(time.Minute)) {
			t.Errorf("like %q: %v, %v", like, e, err)
		}
		if n.Capabilities().Metadata != driver.None {
			if err := n.Put(ctx, "m", nil, kv.Metadata([]byte("1"))); err != nil {
				t.Fatal(err)
			}
			if e, err := n.Get(ctx, "m", kv.WithMetadata()); err != nil || string(e.Metadata) != "1" {
				t.Errorf("like %q: %v, %v", like, e, err)
			}
		}
		_, err = n.Get(ctx, "none")
		var full *errs.Error
		if !errors.As(err, &full) || full.Code != errs.KeyNotFound || full.Provider != "p" || full.Op != driver.OpGet {
			t.Errorf("like %q: %v", like, err)
		}
	}
}
