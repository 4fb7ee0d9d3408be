// Command bulkload writes many keys into a namespace and shows on the terminal how far it is. By default it writes 5,000
// made-up routes into memory; -config FILE takes the namespace that the file names "routes", and -input FILE the keys
// and values of a JSON object.
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
	"iter"
	"os"
	"os/signal"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/kv"
	_ "github.com/crosscloud-sdk/crosscloud/providers/all"
)

//go:embed crosscloud.yaml
var inMemory []byte

func main() {
	file := flag.String("config", "", "configuration `file` with a kv resource named routes (default: in memory)")
	input := flag.String("input", "", "JSON `file` with an object of texts (default: 5,000 made-up routes)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	config := crosscloud.YAML("crosscloud.yaml", bytes.NewReader(inMemory))
	if *file != "" {
		config = crosscloud.File(*file)
	}
	routes, err := read(*input)
	if err == nil {
		err = run(ctx, os.Stderr, config, routes)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bulkload:", err)
		os.Exit(1)
	}
}

// read returns the routes of a file, or made-up ones.
func read(file string) (routes map[string]string, err error) {
	routes = map[string]string{}
	if file == "" {
		for i := range 5000 {
			routes[fmt.Sprintf("shop-%04d", i)] = fmt.Sprintf("origin-%d.example.com", i%7)
		}
		return routes, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return routes, json.Unmarshal(text, &routes)
}

// run writes the routes. Those that failed are named, and what is lost on the way is no mystery: each key has a result.
func run(ctx context.Context, terminal io.Writer, config crosscloud.Option, routes map[string]string) (err error) {
	client, err := crosscloud.Open(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	namespace, err := client.KV(ctx, "routes")
	if err != nil {
		return err
	}
	began, done, failed := time.Now(), 0, 0
	var shown time.Time
	show := func() {
		shown = time.Now()
		fmt.Fprintf(terminal, "\r%d of %d keys written, %d failed, %v", done, len(routes), failed, shown.Sub(began).Round(time.Millisecond))
	}
	defer func() { show(); fmt.Fprintln(terminal) }()
	for result, err := range namespace.PutMany(ctx, writes(routes)) {
		if err != nil {
			return err // comes last, with the counts
		}
		if result.Status == kv.Succeeded {
			done++
		} else {
			failed++
			fmt.Fprintf(terminal, "\r%s %s: %v\n", result.Key, result.Status, result.Err)
		}
		if time.Since(shown) > 100*time.Millisecond {
			show()
		}
	}
	return nil
}

// writes yields the routes one by one: as many as fit into two batches are held at a time.
func writes(routes map[string]string) iter.Seq[kv.Write] {
	return func(yield func(kv.Write) bool) {
		for name, origin := range routes {
			if !yield(kv.Write{Key: name, Value: []byte(origin)}) {
				return
			}
		}
	}
}
