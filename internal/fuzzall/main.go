// Command fuzzall runs every fuzz target of the module with the same number of inputs, one after the other:
//
//	go run ./internal/fuzzall -inputs 100000
//
// A number and not a time: up to Go 1.26 a run that its time ends may fail with "context deadline exceeded"
// (https://go.dev/issue/75804), and a slow machine would spend the time on the seeds alone. It stops at the first finding and says where its input lies: to be kept there, and mended. With -list it only lists
// the targets.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"time"
)

func main() {
	each := flag.Int("inputs", 2000, "how many inputs to try with each target, its seeds and earlier finds among them")
	list := flag.Bool("list", false, "list the targets and run none")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := fuzz(ctx, os.Stdout, ".", *each, *list)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "fuzzall:", err)
		os.Exit(1)
	}
}

func fuzz(ctx context.Context, out io.Writer, root string, each int, list bool) error {
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		return errors.New("run it where go.mod is")
	}
	if each < 1 {
		return errors.New("-inputs is at least 1")
	}
	targets, err := find(root)
	if err != nil {
		return err
	}
	if len(targets) == 0 {
		return errors.New("there is no fuzz target")
	}
	for _, t := range targets {
		if list {
			fmt.Fprintln(out, t)
			continue
		}
		if err := t.run(ctx, out, root, each); err != nil {
			return err
		}
	}
	return nil
}

// run runs a target. Its error says where the input lies that a finding was made with.
func (t target) run(ctx context.Context, out io.Writer, root string, each int) error {
	began := time.Now()
	c := exec.CommandContext(ctx, "go", "test", "-run=^$", "-fuzz=^"+t.name+"$", fmt.Sprintf("-fuzztime=%dx", each), "-fuzzminimizetime=200x", "./"+t.dir)
	c.Dir = root
	text, err := c.CombinedOutput()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err != nil {
		_, _ = out.Write(text)
		if input := finding(t.dir, text); input != "" {
			return fmt.Errorf("%s: a finding; its input is %s", t, input)
		}
		return fmt.Errorf("%s: %w", t, err)
	}
	tried, known := inputs(text)
	if tried <= known {
		return fmt.Errorf("%s: its %d seeds and earlier finds are all that was tried, give more -inputs", t, known)
	}
	fmt.Fprintf(out, "%-40s %6d inputs, %d of them new, %v\n", t, tried, tried-known, time.Since(began).Round(100*time.Millisecond))
	return nil
}

// finding is the file that go test says it has written the input to, or that has failed again; empty if it says none.
func finding(dir string, output []byte) string {
	for _, pattern := range []string{`Failing input written to (\S+)`, `failure while testing seed corpus entry: (Fuzz\w+/[0-9a-f]{16})\b`} {
		if m := regexp.MustCompile(pattern).FindSubmatch(output); m != nil {
			file := string(m[1])
			if !bytes.HasPrefix(m[1], []byte("testdata")) {
				file = filepath.Join("testdata", "fuzz", file)
			}
			return filepath.Join(dir, file)
		}
	}
	return ""
}

// inputs is how many inputs go test says it has tried in the end, and how many of these it had before.
func inputs(output []byte) (tried, known int) {
	for pattern, n := range map[string]*int{`execs: (\d+)`: &tried, `baseline coverage: \d+/(\d+)`: &known} {
		if all := regexp.MustCompile(pattern).FindAllSubmatch(output, -1); len(all) > 0 {
			_, _ = fmt.Sscan(string(all[len(all)-1][1]), n)
		}
	}
	return tried, known
}
