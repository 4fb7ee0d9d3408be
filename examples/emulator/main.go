// Command emulator runs the emulated clouds as servers for other programs, in any language. It prints the section
// providers of a configuration that reaches them, and runs until it is interrupted. What was written is gone then.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/signal"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Stdout, os.Stderr, os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "emulator:", err)
		os.Exit(1)
	}
}

// cloud is one of the emulators. Its name is that of its flag and of its entry.
type cloud struct {
	name, what string
	port       int
	start      func(emulator.Option) emulator.Emulator
}

var clouds = []cloud{
	{"alibaba", "Alibaba Cloud ESA EdgeKV", 8081, func(o emulator.Option) emulator.Emulator { return emulator.NewAlibaba(o) }},
	{"tencent", "Tencent EdgeOne KV", 8082, func(o emulator.Option) emulator.Emulator { return emulator.NewTencent(o) }},
	{"cloudflare", "Cloudflare Workers KV", 8083, func(o emulator.Option) emulator.Emulator { return emulator.NewCloudflare(o) }},
	{"huawei-kms", "Huawei Cloud KMS", 8084, func(o emulator.Option) emulator.Emulator { return emulator.NewHuaweiKMS(o) }},
	{"alibaba-kms", "Alibaba Cloud KMS", 8085, func(o emulator.Option) emulator.Emulator { return emulator.NewAlibabaKMS(o) }},
	{"tencent-kms", "Tencent Cloud KMS", 8086, func(o emulator.Option) emulator.Emulator { return emulator.NewTencentKMS(o) }},
	{"guance", "Guance workspaces", 8087, func(o emulator.Option) emulator.Emulator { return emulator.NewGuance(o) }},
	{"alibaba-cms", "Alibaba Cloud CMS workspaces", 8088, func(o emulator.Option) emulator.Emulator { return emulator.NewAlibabaCMS(o) }},
}

// run serves until ctx is done. All of what it writes to out is YAML.
func run(ctx context.Context, out, problems io.Writer, args []string) error {
	flags := flag.NewFlagSet("emulator", flag.ContinueOnError)
	flags.SetOutput(problems)
	ports := make([]*int, len(clouds))
	for i, c := range clouds {
		ports[i] = flags.Int(c.name, c.port, "`port` of "+c.what+"; 0 is any free one")
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("it takes flags only, not %q", flags.Arg(0))
	}
	var section bytes.Buffer
	for i, c := range clouds {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *ports[i]))
		if err != nil {
			return fmt.Errorf("-%s %d: %w; choose another port, or 0 for any free one", c.name, *ports[i], err)
		}
		em := c.start(emulator.WithListener(listener))
		defer em.Close()
		writeEntry(&section, c.name, c.what, em.Provider())
		if g, ok := em.(*emulator.Guance); ok {
			writeEntry(&section, c.name+"-external", c.what+", by the External API", g.ExternalProvider())
		}
	}
	fmt.Fprintf(out, "# The credentials are public, and the data is gone when the program ends.\nproviders:\n%s# ready\n", section.Bytes())
	<-ctx.Done()
	return nil
}

// writeEntry writes an entry of a configuration, with its values in quotes.
func writeEntry(w io.Writer, name, what string, entry map[string]string) {
	fmt.Fprintf(w, "  %s: # %s\n", name, what)
	for _, field := range slices.Sorted(maps.Keys(entry)) {
		fmt.Fprintf(w, "    %s: %q\n", field, entry[field])
	}
}
