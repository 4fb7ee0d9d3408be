package docstest_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// Every link in the documents leads to a file of the module and, where it names one, to a heading in it. Links to other
// sites are not followed.
func TestLinks(t *testing.T) {
	for _, file := range documents(t) {
		for _, link := range links(t, file) {
			if problem := deadLink(t, file, link); problem != "" {
				t.Errorf("%s: %s: %s", file, link, problem)
			}
		}
	}
}

func TestLinksNotice(t *testing.T) {
	for link, dead := range map[string]bool{
		"LICENSE": false, "docs": false, "docs/design.md#keys": false, "docs/design.md#no-such-heading": true, "docs/nothing.md": true, "#limits-worth-knowing": false,
		"https://example.com/nothing": false, "#nothing": true, "": true, "../README.md": true, "examples/first": false,
	} {
		if problem := deadLink(t, "README.md", link); (problem != "") != dead {
			t.Errorf("%q: %q", link, problem)
		}
	}
	text := "[a](one) [b][two] [c] `[d](e)` ![f](three)\n```text\n[g](h)\n```\n\n[two]: 2.md\n[c]: 3.md\n"
	if got := linksIn(text); !slices.Equal(got, []string{"one", "three", "2.md", "3.md"}) {
		t.Errorf("found %q", got)
	}
	if got := linksIn("see [no][where]\n"); !slices.Equal(got, []string{""}) {
		t.Errorf("a reference to nowhere is %q", got)
	}
}

// deadLink says what is wrong with a link, "" if nothing is.
func deadLink(t *testing.T, file, link string) string {
	t.Helper()
	if strings.Contains(link, "://") {
		return ""
	}
	target, anchor, hasAnchor := strings.Cut(link, "#")
	if target == "" && !hasAnchor {
		return "it leads nowhere"
	}
	name := file
	if target != "" {
		name = path.Join(path.Dir(file), target)
	}
	if strings.HasPrefix(name, "..") {
		return "it leads out of the module"
	}
	if _, err := os.Stat(filepath.Join(root, name)); err != nil {
		return "there is no such file"
	}
	if hasAnchor && !slices.Contains(anchors(read(t, name)), anchor) {
		return "there is no such heading"
	}
	return ""
}

func links(t *testing.T, file string) []string { return linksIn(read(t, file)) }

var (
	fenced     = regexp.MustCompile("(?ms)^```.*?^```$")
	quoted     = regexp.MustCompile("`[^`\n]*`")
	inline     = regexp.MustCompile(`\]\(([^)\s]*)\)`)
	byName     = regexp.MustCompile(`\[[^\]\[]+\]\[([^\]]+)\]`)
	definition = regexp.MustCompile(`(?m)^\[([^\]]+)\]: (\S+)$`)
)

// linksIn returns where the links of a text lead; "" for a reference that is not defined.
func linksIn(text string) (all []string) {
	text = quoted.ReplaceAllString(fenced.ReplaceAllString(text, ""), "")
	for _, match := range inline.FindAllStringSubmatch(text, -1) {
		all = append(all, match[1])
	}
	defined := map[string]bool{}
	for _, match := range definition.FindAllStringSubmatch(text, -1) {
		defined[strings.ToLower(match[1])] = true
		all = append(all, match[2])
	}
	for _, match := range byName.FindAllStringSubmatch(text, -1) {
		if !defined[strings.ToLower(match[1])] {
			all = append(all, "")
		}
	}
	return all
}

// anchors are the names that a site for code gives to the headings of a document.
func anchors(text string) (all []string) {
	for line := range strings.Lines(fenced.ReplaceAllString(text, "")) {
		heading := strings.TrimLeft(line, "#")
		if heading == line || !strings.HasPrefix(heading, " ") {
			continue
		}
		all = append(all, strings.Map(func(r rune) rune {
			switch {
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			case r == ' ':
				return '-'
			}
			return -1
		}, strings.TrimSpace(heading)))
	}
	return all
}
