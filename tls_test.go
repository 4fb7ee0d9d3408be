package crosscloud_test

import (
	"crypto/tls"
	"crypto/x509"
	"testing"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/errs"
)

// The drivers get the TLS configuration of the program, cloned, and never one that trusts everybody.
func TestWithTLSConfig(t *testing.T) {
	const text = "providers:\n  main: {driver: DRIVER}\nkv:\n  flags: {provider: main, namespace: n, zone: z}\n"
	roots := x509.NewCertPool()
	config := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS10, ServerName: "before"}
	c := newCloud()
	client := c.client(t, text, crosscloud.WithTLSConfig(config))
	defer client.Close()
	config.ServerName = "after"
	if _, err := client.KV(t.Context(), "flags"); err != nil {
		t.Fatal(err)
	}
	for _, s := range append(c.accounts, c.services...) {
		if s.TLS == nil || s.TLS == config || s.TLS.RootCAs != roots || s.TLS.ServerName != "before" || s.TLS.MinVersion != tls.VersionTLS12 {
			t.Errorf("%+v", s.TLS)
		}
	}
	if config.MinVersion != tls.VersionTLS10 {
		t.Error("the program's own is changed")
	}
	for what, bad := range map[string]*tls.Config{
		"no verification": {InsecureSkipVerify: true},
		"old versions":    {MaxVersion: tls.VersionTLS11},
	} {
		if _, err := crosscloud.Open(t.Context(), crosscloud.WithTLSConfig(bad)); errs.CodeOf(err) != errs.InvalidArgument {
			t.Errorf("%s: %v", what, err)
		}
	}
	if client, err := crosscloud.Open(t.Context(), crosscloud.WithTLSConfig(config), crosscloud.WithTLSConfig(nil)); err != nil {
		t.Error(err)
	} else {
		client.Close()
	}
}

func TestMalformedAttemptTimeout(t *testing.T) {
	c := newCloud()
	for text, good := range map[string]bool{"30s": true, "0s": false, "-1s": false, "30": false, "x": false, "${T}": false} {
		_, err := crosscloud.Open(t.Context(), crosscloud.WithProvider("main", crosscloud.Entry{"driver": c.name, "attempt_timeout": text}))
		if good != (err == nil) || err != nil && errs.CodeOf(err) != errs.InvalidArgument {
			t.Errorf("%s: %v", text, err)
		}
	}
}
