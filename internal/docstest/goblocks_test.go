package docstest_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"regexp"
	"strings"
	"testing"
)

// imported are the packages that fragments use without importing them.
var imported = map[string]string{
	"bytes": "bytes", "context": "context", "errors": "errors", "fmt": "fmt", "log": "log", "slog": "log/slog", "maps": "maps", "os": "os",
	"strings": "strings", "synctest": "testing/synctest", "testing": "testing", "time": "time", "json": "encoding/json", "iter": "iter",
	"crosscloud": module, "emulator": module + "/emulator", "errs": module + "/errs", "kms": module + "/kms", "kv": module + "/kv",
	"kvtest": module + "/kv/kvtest", "local": module + "/providers/local", "policy": module + "/policy", "providers": module + "/providers",
	"ratelimit": module + "/ratelimit", "replay": module + "/replay", "secret": module + "/secret", "workspace": module + "/workspace",
	"capability": module + "/capability", "driver": module + "/kv/driver",
}

// given is what fragments may use without declaring it.
const given = `package fragment

var (
	ctx    context.Context
	client *crosscloud.Client
	flags  *kv.Namespace
	orders *kms.Key
	key    string
	value  []byte
	writes iter.Seq[kv.Write]
	t      *testing.T
)
`

// Every Go block of the documents compiles: a program or a file as it is, a fragment with its imports and with the
// variables that are given. None uses an internal package.
func TestGoBlocks(t *testing.T) {
	checked, compile := 0, compiler(t)
	for _, file := range documents(t) {
		for _, b := range blocksOf(t, file, "go") {
			checked++
			for _, problem := range compile(b) {
				t.Errorf("%s:%d: %s in\n%s", b.file, b.line, problem, b.text)
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d blocks are found", checked)
	}
}

// The check of blocks notices what is wrong with one.
func TestGoBlocksNotice(t *testing.T) {
	compile := compiler(t)
	for text, want := range map[string]string{
		"flags.Gett(ctx, key)\n":                                          "undefined",
		"_, err := flags.Get(ctx)\nreturn err\n":                          "not enough arguments",
		"func F() { var x int = \"\" }\n":                                 "cannot use",
		"import \"github.com/crosscloud-sdk/crosscloud/internal/wire\"\n": "internal",
		"x := (\n":                        "expected",
		"nothing.There()\n":               "undefined",
		"_ = nosuchvariable\n":            "undefined",
		"package p\n\nimport \"fmt\"\n":   "imported and not used",
		"return flags.Put(ctx, key, 1)\n": "cannot use",
	} {
		problems := strings.Join(compile(block{file: "test", text: text}), "\n")
		if !strings.Contains(problems, want) {
			t.Errorf("%q: %q, want %q", text, problems, want)
		}
	}
	for _, text := range []string{
		"entry, err := flags.Get(ctx, key)\n", "return flags.Put(ctx, key, value)\n", "func F() error { return errs.Refuse(errs.Unknown, \"\") }\n",
	} {
		if problems := compile(block{file: "test", text: text}); len(problems) > 0 {
			t.Errorf("%q: %v", text, problems)
		}
	}
}

var (
	isFile   = regexp.MustCompile(`(?m)^package \w+$`)
	isPart   = regexp.MustCompile(`(?m)^(func|type|import|const) `)
	selected = regexp.MustCompile(`\b([a-z]+)\.[A-Z]`)
)

// compiler returns a function that says what is wrong with a block.
func compiler(t *testing.T) func(block) []string {
	fset := token.NewFileSet()
	load := fromExports(t, fset) // reads each package once
	return func(b block) []string { return compiled(fset, load, b) }
}

func compiled(fset *token.FileSet, load types.Importer, b block) (problems []string) {
	fragment := false
	text := b.text
	sources := []string{}
	switch {
	case isFile.MatchString(text):
	case isPart.MatchString(text):
		text = "package fragment\n" + text
		sources = append(sources, withImports(given))
	default:
		fragment = true
		text = "package fragment\nfunc _() error {\n" + text + "\nreturn nil\n}\n"
		sources = append(sources, withImports(given))
	}
	if !isFile.MatchString(b.text) && !strings.Contains(text, "\nimport ") {
		text = withImports(text)
	}
	var files []*ast.File
	for _, source := range append(sources, text) {
		f, err := parser.ParseFile(fset, b.file, source, 0)
		if err != nil {
			return []string{err.Error()}
		}
		files = append(files, f)
	}
	for _, f := range files {
		for _, spec := range f.Imports {
			if strings.Contains(spec.Path.Value, "/internal/") {
				problems = append(problems, spec.Path.Value+" is internal")
			}
		}
	}
	config := types.Config{Importer: load, Error: func(err error) {
		if fragment && strings.Contains(err.Error(), "declared and not used") {
			return // the reader goes on
		}
		problems = append(problems, err.(types.Error).Msg)
	}}
	_, _ = config.Check("fragment", fset, files, nil) // every error is given to Error
	return problems
}

// withImports adds the imports of the packages that a source without any uses.
func withImports(source string) string {
	used := map[string]bool{}
	var imports strings.Builder
	for _, match := range selected.FindAllStringSubmatch(source, -1) {
		if path := imported[match[1]]; path != "" && !used[path] {
			used[path] = true
			fmt.Fprintf(&imports, "import %q\n", path)
		}
	}
	head, rest, _ := strings.Cut(source, "\n")
	return head + "\n" + imports.String() + rest
}
