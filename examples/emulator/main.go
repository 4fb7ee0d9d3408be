// Command emulator runs the emulated clouds as servers for other programs, in any language. It prints where they listen
// and the credentials that they accept, and runs until it is interrupted.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func main() {
	alibaba := flag.Int("alibaba", 8081, "`port` of Alibaba Cloud ESA EdgeKV")
	tencent := flag.Int("tencent", 8082, "`port` of Tencent EdgeOne KV")
	cloudflare := flag.Int("cloudflare", 8083, "`port` of Cloudflare Workers KV")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *alibaba, *tencent, *cloudflare); err != nil {
		fmt.Fprintln(os.Stderr, "emulator:", err)
		os.Exit(1)
	}
}

// cloud is what the emulators have in common.
type cloud interface {
	http.Handler
	URL() string
	Provider() map[string]string
	Close()
}

func run(ctx context.Context, out io.Writer, alibaba, tencent, cloudflare int) error {
	for _, e := range []struct {
		port  int
		start func(...emulator.Option) cloud
	}{
		{alibaba, func(o ...emulator.Option) cloud { return emulator.NewAlibaba(o...) }},
		{tencent, func(o ...emulator.Option) cloud { return emulator.NewTencent(o...) }},
		{cloudflare, func(o ...emulator.Option) cloud { return emulator.NewCloudflare(o...) }},
	} {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", e.port))
		if err != nil {
			return err
		}
		cloud := e.start(emulator.WithListener(listener))
		defer cloud.Close()
		fmt.Fprintln(out, cloud.URL())
		entry := cloud.Provider()
		for _, name := range slices.Sorted(maps.Keys(entry)) {
			fmt.Fprintf(out, "  %s: %s\n", name, entry[name])
		}
	}
	fmt.Fprintln(out, "ready")
	<-ctx.Done()
	return nil
}
