package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/errs"
	_ "github.com/crosscloud-sdk/crosscloud/providers/all"
)

// anyPort makes every server choose its port.
func anyPort() (args []string) {
	for _, c := range clouds {
		args = append(args, "-"+c.name+"=0")
	}
	return args
}

// TestRun starts the servers on free ports and uses each with what was printed.
func TestRun(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, in, io.Discard, anyPort())
		_ = in.Close()
	}()
	var text strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		text.WriteString(lines.Text() + "\n")
		if lines.Text() == "# ready" {
			break
		}
	}
	var config struct{ Providers map[string]map[string]string }
	if err := yaml.Unmarshal([]byte(text.String()), &config); err != nil {
		t.Fatalf("%v in\n%s", err, text.String())
	}
	if len(config.Providers) != 9 || !strings.Contains(text.String(), "the data is gone") {
		t.Errorf("printed\n%s", text.String())
	}
	seen := map[string]bool{}
	for _, name := range []string{"alibaba", "tencent", "cloudflare", "huawei-kms", "alibaba-kms", "tencent-kms", "guance", "guance-external", "alibaba-cms"} {
		entry := config.Providers[name]
		if entry["driver"] == "" {
			t.Errorf("%s has no driver", name)
		}
		use(t, name, entry)
		for field, value := range entry {
			if !strings.HasPrefix(value, "http://") {
				continue
			}
			seen[value] = true
			reply, err := http.Get(value)
			if err != nil {
				t.Errorf("%s of %s: %v", field, name, err)
				continue
			}
			_ = reply.Body.Close()
		}
	}
	if len(seen) != len(clouds) {
		t.Errorf("%d servers of %d: %v", len(seen), len(clouds), seen)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// use opens a server with nothing but its entry, pasted into a configuration, and does what it is there for.
func use(t *testing.T, name string, entry map[string]string) {
	t.Helper()
	section, what := "kv:\n  it: {provider: %s, namespace: flags, create: true}\n", write
	switch {
	case strings.HasSuffix(name, "-kms"):
		section, what = "kms:\n  it: {provider: %s, key_name: orders, create: true}\n", encrypt
	case strings.HasPrefix(name, "guance"), name == "alibaba-cms":
		section, what = "workspace:\n  it: {provider: %s, workspace: nobodys}\n", look
	}
	var config strings.Builder
	config.WriteString("providers:\n")
	writeEntry(&config, name, "", entry)
	fmt.Fprintf(&config, section, name)
	client, err := crosscloud.Open(t.Context(), crosscloud.YAML("printed", strings.NewReader(config.String())))
	if err != nil {
		t.Fatal(err)
	}
	if err := what(t.Context(), client); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}

func write(ctx context.Context, client *crosscloud.Client) error {
	flags, err := client.KV(ctx, "it")
	if err != nil {
		return err
	}
	return flags.Put(ctx, "key", []byte("value"))
}

func encrypt(ctx context.Context, client *crosscloud.Client) error {
	orders, err := client.KMS(ctx, "it")
	if err != nil {
		return err
	}
	sealed, err := orders.Encrypt(ctx, []byte("value"))
	if err != nil {
		return err
	}
	plaintext, err := orders.Decrypt(ctx, sealed)
	if err == nil && string(plaintext) != "value" {
		err = fmt.Errorf("decrypted %q", plaintext)
	}
	return err
}

// look asks for a workspace that is not there, which only somebody with the right credentials is told.
func look(ctx context.Context, client *crosscloud.Client) error {
	w, err := client.Workspace(ctx, "it")
	if err != nil {
		return err
	}
	_, err = w.Describe(ctx)
	if errors.Is(err, errs.NotFound) || errors.Is(err, errs.Unsupported) { // another than that of the key
		return nil
	}
	return fmt.Errorf("a workspace that is not there: %w", err)
}

// A port that is taken is an error that says which flag changes it, and nothing half is printed.
func TestPortIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for _, c := range clouds {
		var out strings.Builder
		err := run(t.Context(), &out, io.Discard, append(anyPort(), "-"+c.name, port))
		if err == nil || !strings.Contains(err.Error(), "-"+c.name+" "+port+": ") || out.Len() > 0 {
			t.Errorf("%s: %v, printed %q", c.name, err, out.String())
		}
	}
}

func TestArguments(t *testing.T) {
	var usage strings.Builder
	if err := run(t.Context(), io.Discard, &usage, []string{"-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Error(err)
	}
	for _, c := range clouds {
		if !strings.Contains(usage.String(), "-"+c.name+" port") || !strings.Contains(usage.String(), fmt.Sprintf("(default %d)", c.port)) {
			t.Errorf("%s is not in\n%s", c.name, usage.String())
		}
	}
	for _, args := range [][]string{{"-tencent", "x"}, {"tencent"}} {
		if err := run(t.Context(), io.Discard, io.Discard, args); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}
