package all_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// packageComment returns the text of a package's comment.
func packageComment(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", folder, len(files), err)
	}
	var all strings.Builder
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(f.Doc.Text())
	}
	return all.String()
}

// blocks returns the preformatted blocks of a comment, without their indentation.
func blocks(comment string) (all []string) {
	var block []string
	for line := range strings.Lines(comment + "end\n") {
		switch {
		case strings.HasPrefix(line, "\t"):
			block = append(block, line[1:])
		case strings.TrimSpace(line) == "" && block != nil:
			block = append(block, line)
		case block != nil:
			all, block = append(all, strings.TrimSpace(strings.Join(block, ""))+"\n"), nil
		}
	}
	return all
}

// optionTable is what a package comment says of the options that its driver declares.
func optionTable(options []providers.Option) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "option\tkind\trequired\tper resource\tdefault\tenvironment")
	for _, o := range options {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", o.Name, orElse(string(o.Kind), "text"), yes(o.Required), yes(o.PerResource), orElse(o.Default, "-"), orElse(strings.Join(o.Env, ", "), "-"))
	}
	_ = w.Flush() // a Builder does not fail
	lines := strings.SplitAfter(b.String(), "\n")
	var table strings.Builder
	table.WriteString(lines[0])
	for i, o := range options {
		meaning := o.Doc
		if len(o.Choices) > 0 {
			meaning += " One of " + strings.Join(o.Choices, ", ") + "."
		}
		table.WriteString(lines[i+1] + wrapped(meaning))
	}
	return table.String()
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// wrapped breaks a text into indented lines.
func wrapped(text string) string {
	const indent, width = "    ", 110
	var out strings.Builder
	line := indent
	for _, word := range strings.Fields(text) {
		if len(line)+len(word) > width {
			out.WriteString(strings.TrimRight(line, " ") + "\n")
			line = indent
		}
		line += word + " "
	}
	return out.String() + strings.TrimRight(line, " ") + "\n"
}

// What a package comment says of options is what the driver declares, and every configuration in it can be read.
func TestPackageComments(t *testing.T) {
	for _, d := range providers.Drivers() {
		comment := packageComment(t, "../"+d.Name)
		all := blocks(comment)
		if !strings.Contains(comment, "# Options\n") {
			t.Errorf("%s: no section about options", d.Name)
		}
		if want := optionTable(d.Options); !slices.Contains(all, want) {
			t.Errorf("%s: the table of options is not\n%s", d.Name, want)
		}
		configurations := 0
		for _, block := range all {
			if !strings.HasPrefix(block, "providers:") {
				continue
			}
			configurations++
			client, err := crosscloud.Open(t.Context(), crosscloud.YAML("package "+d.Name, strings.NewReader(block)))
			if err != nil {
				t.Errorf("%v in\n%s", err, block)
				continue
			}
			_ = client.Close()
		}
		if configurations == 0 {
			t.Errorf("%s: no configuration", d.Name)
		}
	}
}

// The local driver imitates a cloud's namespaces by every name that the cloud's driver has.
func TestLikeTakesEveryName(t *testing.T) {
	for _, name := range []string{"alibaba", "tencent", "cloudflare"} {
		d := providers.Lookup(name)
		for _, name := range append([]string{d.Name}, d.Aliases...) {
			s := openEntry(t, map[string]string{"driver": "local", "like": name}, providers.Host{})
			want := openEntry(t, map[string]string{"driver": "local", "like": d.Name}, providers.Host{})
			if got := fmt.Sprint(s.Capabilities()); got != fmt.Sprint(want.Capabilities()) {
				t.Errorf("%s is not like %s: %s", name, d.Name, got)
			}
		}
	}
}
