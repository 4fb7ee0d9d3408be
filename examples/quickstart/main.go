// Command quickstart loads feature flags into a namespace, reads some back, and shows what failures look like. By
// default the namespace is in memory; -config FILE runs the same program on the provider that the file names.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	_ "github.com/crosscloud-sdk/crosscloud/providers/all"
)

var (
	//go:embed crosscloud.yaml
	inMemory []byte
	//go:embed flags.json
	flagsFile []byte
)

func main() {
	file := flag.String("config", "", "configuration `file` with a kv resource named flags (default: in memory)")
	flag.Parse()
	config := crosscloud.YAML("crosscloud.yaml", bytes.NewReader(inMemory))
	if *file != "" {
		config = crosscloud.File(*file)
	}
	if err := run(context.Background(), os.Stdout, config); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, config crosscloud.Option) (err error) {
	later := time.Duration(0) // moves the embedded driver's clock, to show an expired key without waiting
	client, err := crosscloud.Open(ctx, config, crosscloud.WithClock(func() time.Time { return time.Now().Add(later) }))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()

	flags, err := client.KV(ctx, "flags", kv.Require(kv.NeedTTL(time.Hour)))
	if err != nil {
		return err
	}
	written, err := load(ctx, flags)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d flags written. Those of operations:\n\n", written)
	if err := list(ctx, out, flags, "ops."); err != nil {
		return err
	}

	fmt.Fprintf(out, "\nWhat failures look like:\n\n")
	_, err = flags.Get(ctx, "ops.no-such-flag")
	explain(out, "A key that was never written", err)

	err = flags.Put(ctx, "ops.oversize", make([]byte, flags.Capabilities().MaxValueBytes+1))
	explain(out, "A value over the provider's limit", err)

	later = 31 * 24 * time.Hour
	_, err = flags.Get(ctx, "experiments.hero-copy")
	explain(out, "A key that has expired (31 days later, by the embedded driver's clock)", err)
	return nil
}

// load writes every flag of the file.
func load(ctx context.Context, flags *kv.Namespace) (written int, err error) {
	var entries []struct {
		Key  string          `json:"key"`
		Flag json.RawMessage `json:"flag"`
		TTL  string          `json:"ttl"` // such as "336h"; most flags stay
	}
	if err := json.Unmarshal(flagsFile, &entries); err != nil {
		return 0, err
	}
	writes := func(yield func(kv.Write) bool) {
		for _, e := range entries {
			w := kv.Write{Key: e.Key, Value: e.Flag}
			if ttl, err := time.ParseDuration(e.TTL); err == nil {
				w.Options = []kv.PutOption{kv.TTL(ttl)}
			}
			if !yield(w) {
				return
			}
		}
	}
	for _, err := range flags.PutMany(ctx, writes) {
		if err != nil {
			return written, err // comes last, after one result for each key
		}
		written++
	}
	return written, nil
}

// list prints the flags that begin with prefix.
func list(ctx context.Context, out io.Writer, flags *kv.Namespace, prefix string) error {
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "FLAG\tEXPIRES\tVALUE")
	for key, err := range flags.Keys(ctx, kv.Prefix(prefix)) {
		if err != nil {
			return err
		}
		entry, err := flags.Get(ctx, key.Name, kv.WithExpiry())
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", key.Name, entry.Expiry, entry.Value)
	}
	return table.Flush()
}

// explain prints an error and what a program can ask of it.
func explain(out io.Writer, what string, err error) {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		fmt.Fprintf(out, "%s: no error (a cloud's clock cannot be moved)\n", what)
		return
	}
	fmt.Fprintf(out, "%s:\n  %v\n  code %s, %s, %s, %d requests sent\n", what, e, e.Code, e.Retry, e.Outcome, e.Attempts)
}
