package docstest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// documents are the Markdown files of the module.
func documents(t testing.TB) (names []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "testdata" || len(d.Name()) > 1 && d.Name()[0] == '.') {
			return fs.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			names = append(names, path)
		}
		return err
	})
	if err != nil || len(names) < 5 {
		t.Fatalf("%d documents, %v", len(names), err)
	}
	return names
}

// block is a fenced block of a document.
type block struct {
	file     string
	line     int // of its first line
	language string
	text     string
}

// blocksOf returns the fenced blocks of a document that are of one of the languages.
func blocksOf(t testing.TB, file string, languages ...string) (found []block) {
	t.Helper()
	var open *block
	for i, line := range strings.Split(read(t, file), "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case !isFence && open != nil:
			open.text += line + "\n"
		case isFence && open != nil:
			if slices.Contains(languages, open.language) {
				found = append(found, *open)
			}
			open = nil
		case isFence:
			open = &block{file: file, line: i + 2, language: fence}
		}
	}
	if open != nil {
		t.Errorf("%s:%d: the block does not end", file, open.line)
	}
	return found
}

// Every block says its language, so that it is known whether it is checked.
func TestBlocksSayTheirLanguage(t *testing.T) {
	for _, file := range documents(t) {
		for _, b := range blocksOf(t, file, "") {
			t.Errorf("%s:%d: the block does not say its language: go, yaml, sh, or text for none", b.file, b.line)
		}
	}
}
