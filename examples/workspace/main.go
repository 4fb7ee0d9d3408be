// Command workspace makes an observability workspace, describes, changes and lists it, gives it an API key and takes
// everything away again. By default the workspace is in memory; -config FILE runs the same program on the provider that
// the file calls "watch", as far as that can do it. Where workspaces cannot be deleted, none is made: the one that the
// credentials belong to is used, and described only.
//
//	go run ./examples/workspace -config guance.yaml
//	go run ./examples/workspace -config cms.yaml -option sls_project=logs
package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	_ "github.com/crosscloud-sdk/crosscloud/providers/all"
	"github.com/crosscloud-sdk/crosscloud/workspace"
)

//go:embed crosscloud.yaml
var inMemory []byte

func main() {
	file := flag.String("config", "", "configuration `file` with a provider named watch (default: in memory)")
	var options []workspace.CreateOption
	flag.Func("option", "`name=value` that this provider needs for a new workspace; may be repeated", func(text string) error {
		name, value, found := strings.Cut(text, "=")
		if !found {
			return errors.New("want name=value")
		}
		options = append(options, workspace.ProviderOption(name, value))
		return nil
	})
	flag.Parse()
	config := crosscloud.YAML("crosscloud.yaml", bytes.NewReader(inMemory))
	if *file != "" {
		config = crosscloud.File(*file)
	}
	if err := run(context.Background(), os.Stdout, config, options...); err != nil {
		fmt.Fprintln(os.Stderr, "workspace:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, config crosscloud.Option, options ...workspace.CreateOption) (err error) {
	client, err := crosscloud.Open(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	service, err := client.WorkspaceService(ctx, "watch")
	if err != nil {
		return err
	}
	can := service.Capabilities()
	if can.Create == workspace.None || can.Delete == workspace.None {
		fmt.Fprintln(out, "Workspaces cannot be made and deleted here; this is the one of the credentials:")
		own, err := service.Workspace(ctx, "")
		if err != nil {
			return err
		}
		return describe(ctx, out, own)
	}

	if can.Description != workspace.None {
		options = append(options, workspace.Description("made by an example"))
	}
	made, err := service.Create(ctx, fmt.Sprintf("crosscloud-example-%d", time.Now().Unix()), options...)
	if err != nil {
		return err
	}
	w := made.Workspace
	defer func() {
		if gone := w.Delete(ctx); gone != nil {
			err = errors.Join(err, gone)
		} else if err == nil {
			fmt.Fprintln(out, "Deleted.")
		}
	}()
	fmt.Fprintln(out, "Made:")
	if err := describe(ctx, out, w); err != nil {
		return err
	}
	if can.Update != workspace.None {
		if err := w.Update(ctx, workspace.SetName("crosscloud-example-renamed")); err != nil {
			return err
		}
		fmt.Fprintln(out, "Renamed:")
		if err := describe(ctx, out, w); err != nil {
			return err
		}
	}
	if can.List != workspace.None {
		count := 0
		for _, err := range service.Workspaces(ctx) {
			if err != nil {
				return err
			}
			count++
		}
		fmt.Fprintf(out, "Listed: %d in all.\n", count)
	}
	if can.CreateAPIKey != workspace.None {
		key, err := w.CreateAPIKey(ctx, "deploy")
		if err != nil {
			return err
		}
		// Nothing prints the secret but key.Secret.Reveal().
		fmt.Fprintf(out, "API key: %v, secret %v.\n", key, key.Secret)
	}
	return nil
}

func describe(ctx context.Context, out io.Writer, w *workspace.Workspace) error {
	info, err := w.Describe(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  %v", info)
	if info.Description != "" {
		fmt.Fprintf(out, ", %q", info.Description)
	}
	if !info.CreatedAt.IsZero() {
		fmt.Fprintf(out, ", made at %s", info.CreatedAt.UTC().Format(time.RFC3339))
	}
	fmt.Fprintln(out)
	return nil
}
