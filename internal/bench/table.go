package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// row is a workload that was measured.
type row struct {
	name    string
	callers int
	payload int
	all     series
	peak    [kinds]float64
}

type table struct {
	count     int
	benchtime time.Duration
	rows      []row
	burstRows []row
}

// print writes the report as Markdown.
func (t *table) print(w io.Writer) {
	fmt.Fprintf(w, "%s, %s; %d repetitions of %v each, medians.\n", machine(), strings.Join(versions(), ", "), t.count, t.benchtime)
	var small, huge []row
	for _, r := range t.rows {
		if r.payload >= hugePayload {
			huge = append(huge, r)
		} else {
			small = append(small, r)
		}
	}
	if len(small) > 0 {
		fmt.Fprintf(w, "\n### Calls\n\nThe first four columns are µs a call, by the wall clock: with 32 callers, calls overlap. CPU is the same ratios of the time of\nthis process on the processors, which other processes disturb less.\n\n")
		fmt.Fprintln(w, "| workload | callers | ours | vendor | tuned | plain | ours ÷ vendor | ours ÷ tuned | ours ÷ plain | CPU ÷ vendor, tuned, plain | allocations: ours, vendor, plain | kB: ours, vendor, plain |")
		fmt.Fprintln(w, "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
	}
	for _, r := range small {
		fmt.Fprintf(w, "| %s | %d | %s | %s | %s |\n", r.name, r.callers, r.times(time.Microsecond), r.each("%.0f", allocs),
			r.each("%.1f", func(s sample) float64 { return s.bytes / 1e3 }))
	}
	if len(huge) > 0 {
		fmt.Fprintf(w, "\n### Large values\n\nOne caller; the first four columns are ms a call. Peak memory is by how much a process of its own grows in one call, as a\nmultiple of the value; it includes the value itself.\n\n")
		fmt.Fprintln(w, "| workload | ours | vendor | tuned | plain | ours ÷ vendor | ours ÷ tuned | ours ÷ plain | CPU ÷ vendor, tuned, plain | MB allocated: ours, vendor, plain | peak: ours, vendor, plain |")
		fmt.Fprintln(w, "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
	}
	for _, r := range huge {
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", r.name, r.times(time.Millisecond), r.each("%.0f", func(s sample) float64 { return s.bytes / 1e6 }), r.peaks())
	}
	if len(t.burstRows) > 0 {
		fmt.Fprintf(w, "\n### Bursts\n\n%d calls at once, every %v, against a server that takes %v for each. The first four columns are ms a burst.\n\n", manyCallers, burstPause, burstDelay)
		fmt.Fprintln(w, "| provider | ours | vendor | tuned | plain | ours ÷ vendor | ours ÷ tuned | ours ÷ plain | CPU ÷ vendor, tuned, plain | new connections a burst: ours, vendor, plain |")
		fmt.Fprintln(w, "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
	}
	for _, r := range t.burstRows {
		fmt.Fprintf(w, "| %s | %s | %s |\n", r.name, r.times(time.Millisecond), r.each("%.1f", allocs))
	}
}

// times are the columns of times and their ratios.
func (r *row) times(unit time.Duration) string {
	var columns []string
	for kind := range kinds {
		columns = append(columns, number("%.1f", medianOf(r.all[kind], ns)/float64(unit)))
	}
	for _, other := range []int{vendor, tuned, plain} {
		s := ratio(r.all[ours], r.all[other], ns)
		text := "–"
		if s.median > 0 {
			text = fmt.Sprintf("**%.2f** (%.2f–%.2f)", s.median, s.low, s.high)
		}
		columns = append(columns, text)
	}
	var processors []string
	for _, other := range []int{vendor, tuned, plain} {
		processors = append(processors, number("%.2f", ratio(r.all[ours], r.all[other], cpu).median))
	}
	return strings.Join(append(columns, strings.Join(processors, ", ")), " | ")
}

// each is one column with a number of ours, the vendor's and the plain client.
func (r *row) each(format string, part func(sample) float64) string {
	var numbers []string
	for _, kind := range []int{ours, vendor, plain} {
		numbers = append(numbers, number(format, medianOf(r.all[kind], part)))
	}
	return strings.Join(numbers, ", ")
}

func (r *row) peaks() string {
	var numbers []string
	for _, kind := range []int{ours, vendor, plain} {
		numbers = append(numbers, number("%.1f", r.peak[kind]/float64(r.payload)))
	}
	return strings.Join(numbers, ", ")
}

// number prints one that was measured; 0 is none.
func number(format string, n float64) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf(format, n)
}

// machine describes where this runs.
func machine() string {
	model := runtime.GOARCH
	info, _ := os.ReadFile("/proc/cpuinfo")
	if _, rest, found := bytes.Cut(info, []byte("model name\t: ")); found {
		line, _, _ := bytes.Cut(rest, []byte("\n"))
		model = string(line)
	}
	return fmt.Sprintf("%d cores of %s, %s %s, %s", runtime.NumCPU(), model, runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// versions are those of the vendors' packages.
func versions() (all []string) {
	info, _ := debug.ReadBuildInfo()
	for _, m := range info.Deps {
		for _, vendor := range []string{"aliyun/alibaba-cloud-sdk-go", "cloudflare/cloudflare-go", "huaweicloud/huaweicloud-sdk-go-v3", "tencentcloud/common", "tencentcloud/kms"} {
			if strings.Contains(m.Path, vendor) {
				all = append(all, strings.TrimPrefix(m.Path, "github.com/")+" "+m.Version)
			}
		}
	}
	return all
}

// The lines that the table is between.
const (
	beginMarker = "<!-- written by internal/bench: begin -->\n"
	endMarker   = "<!-- written by internal/bench: end -->\n"
)

// replacePart puts the report between the markers of a file.
func replacePart(path string, report []byte) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, rest, begins := bytes.Cut(old, []byte(beginMarker))
	_, tail, ends := bytes.Cut(rest, []byte(endMarker))
	if !begins || !ends {
		return fmt.Errorf("%s has no two lines %q and %q", path, strings.TrimSpace(beginMarker), strings.TrimSpace(endMarker))
	}
	text := bytes.Join([][]byte{head, []byte(beginMarker), []byte("\n"), report, []byte("\n"), []byte(endMarker), tail}, nil)
	return os.WriteFile(path, text, 0o644)
}
