// Command bench compares this library with the vendors' own Go clients and with plain net/http, on the same requests to
// the same server in another process, and prints a table:
//
//	go -C internal/bench run .
//	go -C internal/bench run . -run 'tencent/get$' -count 5 -cpuprofile cpu.prof
//	go -C internal/bench run . -write ../../docs/performance.md
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"
)

type flags struct {
	run                    *regexp.Regexp
	count                  int
	benchtime              time.Duration
	write                  string
	cpuProfile, memProfile string
}

func main() {
	var f flags
	run := flag.String("run", "", "only workloads whose `name` matches, such as tencent/ or /bursts")
	flag.IntVar(&f.count, "count", 10, "repetitions of each measurement")
	flag.DurationVar(&f.benchtime, "benchtime", 100*time.Millisecond, "how long each measurement lasts")
	flag.StringVar(&f.write, "write", "", "the `file` whose part between the two markers is replaced by the table")
	flag.StringVar(&f.cpuProfile, "cpuprofile", "", "measure this library alone, and write its CPU profile to a `file`")
	flag.StringVar(&f.memProfile, "memprofile", "", "measure this library alone, and write its allocations to a `file`")
	serve := flag.Bool("serve", false, "be the server; for the program itself")
	peak := flag.String("peak", "", "measure the memory of one `call`; for the program itself")
	flag.Parse()
	ctx := context.Background()
	var err error
	f.run, err = regexp.Compile(*run)
	switch {
	case err != nil:
	case *serve:
		err = serveForever()
	case *peak != "":
		err = printPeak(ctx, *peak)
	default:
		err = bench(ctx, f)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// bench measures, and prints or writes what it found.
func bench(ctx context.Context, f flags) error {
	fast, slow, stop, err := startServer()
	if err != nil {
		return err
	}
	defer stop()
	only := []int{ours, vendor, tuned, plain}
	if f.cpuProfile != "" || f.memProfile != "" {
		only = only[:1]
	}
	end, err := startProfiles(f)
	if err != nil {
		return err
	}
	t := table{count: f.count, benchtime: f.benchtime}
	if err = t.calls(ctx, f, fast, only); err == nil {
		err = t.bursts(ctx, f, slow, only)
	}
	if err = errors.Join(err, end()); err != nil {
		return err
	}
	var report bytes.Buffer
	t.print(&report)
	if f.write == "" {
		_, err := os.Stdout.Write(report.Bytes())
		return err
	}
	return replacePart(f.write, report.Bytes())
}

// startProfiles starts the profiles that are asked for.
func startProfiles(f flags) (end func() error, err error) {
	cpu := func() error { return nil }
	if f.cpuProfile != "" {
		file, err := os.Create(f.cpuProfile)
		if err != nil {
			return nil, err
		}
		if err := pprof.StartCPUProfile(file); err != nil {
			return nil, err
		}
		cpu = func() error {
			pprof.StopCPUProfile()
			return file.Close()
		}
	}
	if f.memProfile != "" {
		runtime.MemProfileRate = 4096
	}
	return func() error {
		if err := cpu(); err != nil || f.memProfile == "" {
			return err
		}
		file, err := os.Create(f.memProfile)
		if err != nil {
			return err
		}
		return errors.Join(pprof.Lookup("allocs").WriteTo(file, 0), file.Close())
	}, nil
}

// manyCallers is how many callers there are where there is not one.
const manyCallers = 32

// hugePayload is from where on a workload is measured with one caller, and with its peak memory.
const hugePayload = 10_000_000

// calls measures the workloads that match.
func (t *table) calls(ctx context.Context, f flags, host string, only []int) error {
	all, end, err := allWorkloads(ctx, host)
	if err != nil {
		return err
	}
	defer end()
	for _, w := range all {
		if !f.run.MatchString(w.name) {
			continue
		}
		if err := warmUp(ctx, w); err != nil {
			return err
		}
		for _, callers := range []int{1, manyCallers} {
			if w.payload >= hugePayload && callers > 1 {
				continue
			}
			progress(w.name, callers)
			s, err := repeat(f.count, only, func(kind int) (sample, error) { return measure(ctx, w.call[kind], callers, f.benchtime) })
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			r := row{name: w.name, callers: callers, all: s, payload: w.payload}
			if w.payload >= hugePayload {
				for _, kind := range only {
					if r.peak[kind], err = peakOf(host, w.name, kind); err != nil {
						return err
					}
				}
			}
			t.rows = append(t.rows, r)
		}
	}
	return nil
}

// warmUp has each client make the call once, and checks what it brings.
func warmUp(ctx context.Context, w workload) error {
	for kind, c := range w.call {
		got, err := c(ctx)
		if err == nil {
			err = got.check(w.want)
		}
		if err != nil {
			return fmt.Errorf("%s: %s: %w", w.name, kindNames()[kind], err)
		}
	}
	return nil
}

// bursts measures bursts of one small call of each provider, against the server that takes a while.
func (t *table) bursts(ctx context.Context, f flags, host string, only []int) error {
	all, end, err := allWorkloads(ctx, host)
	if err != nil {
		return err
	}
	defer end()
	for _, name := range []string{"alibaba/get", "tencent/get", "cloudflare/get", "huawei/encrypt"} {
		w := find(all, name)
		provider, _, _ := strings.Cut(name, "/")
		w.name = provider + "/bursts"
		if !f.run.MatchString(w.name) {
			continue
		}
		if err := warmUp(ctx, w); err != nil {
			return err
		}
		progress(w.name, manyCallers)
		s, err := repeat(f.count, only, func(kind int) (sample, error) {
			if _, err := measureBursts(ctx, w.call[kind], host, manyCallers, 1); err != nil {
				return sample{}, err
			}
			return measureBursts(ctx, w.call[kind], host, manyCallers, 5)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		t.burstRows = append(t.burstRows, row{name: provider, callers: manyCallers, all: s})
	}
	return nil
}

// progress tells on standard error what is being measured.
func progress(name string, callers int) {
	_, _ = io.WriteString(os.Stderr, fmt.Sprintf("%s, %d callers\n", name, callers))
}
