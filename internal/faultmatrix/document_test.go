package faultmatrix_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// path is the document that the tests keep up to date.
var path = filepath.Join("..", "..", "docs", "faults.md")

var update = flag.Bool("update", false, "rewrite the generated parts of docs/faults.md from the run")

// checkDocument compares one part of the document with what the run says, or rewrites it.
func checkDocument(t *testing.T, part, text string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	start, end := "<!-- "+part+": written by the tests -->\n", "<!-- end of "+part+" -->\n"
	before, rest, found := strings.Cut(string(content), start)
	old, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s lacks the marks of %s", path, part)
	}
	if old == text {
		return
	}
	if !*update {
		t.Errorf("%s is not current in %s: run go test ./internal/faultmatrix -update, and read the difference\nfirst difference: %s", path, part, difference(old, text))
		return
	}
	if err := os.WriteFile(path, []byte(before+start+text+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// difference is the first line that two texts do not share.
func difference(old, now string) string {
	a, b := strings.Split(old, "\n"), strings.Split(now, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("%q, now %q", a[i], b[i])
		}
	}
	return "one is longer"
}

// cell is a result as the tables have it.
func (r result) cell() string {
	if r.ok {
		if r.attempts == 1 {
			return "success"
		}
		return fmt.Sprintf("success, %d", r.attempts)
	}
	outcome := r.outcome.String()
	if r.outcome == errs.Ambiguous {
		outcome = "**" + outcome + "**"
	}
	return fmt.Sprintf("%s, %s, %d", r.code, outcome, r.attempts)
}

// notes are the footnotes of one table.
type notes struct {
	all []string
}

// mark returns the mark of a footnote.
func (n *notes) mark(text string) string {
	i := slices.Index(n.all, text)
	if i < 0 {
		i = len(n.all)
		n.all = append(n.all, text)
	}
	return fmt.Sprintf("<sup>%d</sup>", i+1)
}

var classes = []policy.Idempotency{policy.ReadOnly, policy.Idempotent, policy.NonIdempotent}

// document returns the tables of a run, one for each kind of resource.
func document(vendors []*vendor, all []ran) string {
	var b strings.Builder
	for _, kind := range []string{kindKV, kindKMS, kindWorkspace} {
		of := slices.DeleteFunc(slices.Clone(all), func(r ran) bool { return r.vendor.kind != kind })
		var drivers []string
		ops := map[policy.Idempotency][]string{}
		for _, v := range vendors {
			if v.kind != kind {
				continue
			}
			drivers = append(drivers, v.name)
			for _, op := range v.ops {
				if !slices.Contains(ops[op.class], op.name) {
					ops[op.class] = append(ops[op.class], op.name)
				}
			}
		}
		fmt.Fprintf(&b, "## %s\n\n%d cases, with the drivers %s.\n\n", kind, len(of), strings.Join(drivers, ", "))
		b.WriteString("| fault")
		for _, class := range classes {
			fmt.Fprintf(&b, " | %s: %s", class, strings.Join(ops[class], ", "))
		}
		b.WriteString(" |\n|---|---|---|---|\n")
		var marks notes
		writeRows(&b, of, &marks)
		b.WriteString("\n")
		for i, text := range marks.all {
			fmt.Fprintf(&b, "%d. %s.\n", i+1, text)
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// writeRows writes a row for each fault; those that follow each other with the same cells share one.
func writeRows(b *strings.Builder, of []ran, marks *notes) {
	group, names, cells := "", []string(nil), ""
	flush := func() {
		if names != nil {
			fmt.Fprintf(b, "| %s%s\n", strings.Join(names, "; "), cells)
		}
		names = nil
	}
	for _, f := range allFaults(epoch) {
		mine := slices.DeleteFunc(slices.Clone(of), func(r ran) bool { return r.fault.group != f.group || r.fault.name != f.name })
		row := ""
		for _, class := range classes {
			row += " | " + cellOf(f, mine, class, marks)
		}
		row += " |"
		if f.group != group {
			flush()
			group = f.group
			fmt.Fprintf(b, "| **%s** | | | |\n", group)
		}
		if row != cells {
			flush()
		}
		names, cells = append(names, f.name), row
	}
	flush()
}

// cellOf returns what follows from the fault for a class, and marks the operations that end otherwise.
func cellOf(f *fault, runs []ran, class policy.Idempotency, marks *notes) string {
	usual := expected(f, &operation{class: class}, &vendor{})
	cell := usual.cell()
	others := map[string][]string{} // who, by result and reason
	for _, r := range runs {
		if r.op.class == class && r.got != usual {
			text := r.got.cell() + ": " + reason(r)
			others[text] = append(others[text], r.vendor.name+" "+r.op.name)
		}
	}
	for _, text := range slices.Sorted(maps.Keys(others)) {
		cell += " " + marks.mark(strings.Join(others[text], ", ")+": "+text)
	}
	return cell
}

// reason says why an operation does not end as the others of its class.
func reason(r ran) string {
	if r.fault.silent && r.op.silent {
		return "its success tells nothing but that, so that nothing is missing"
	}
	if x := exceptionFor(r.fault, r.op, r.vendor); x != nil {
		return x.reason
	}
	return "it reads something first, which is what fails"
}
