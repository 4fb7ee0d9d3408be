package docstest_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every package has a comment; those that users import also have examples whose output is checked, and a comment on
// everything that they export.
func TestPackages(t *testing.T) {
	for _, p := range packages(t) {
		if !p.isOurs() || len(p.GoFiles) == 0 {
			continue
		}
		d := parsed(t, p, slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles))
		if d.Doc == "" {
			t.Errorf("%s has no package comment", p.path())
		}
		if strings.Contains(p.ImportPath, "/internal/") {
			continue
		}
		for _, name := range undocumented(d) {
			t.Errorf("%s: %s has no comment", p.path(), name)
		}
		if p.isPublic() && !hasExample(d) {
			t.Errorf("%s has no example with an output", p.path())
		}
	}
}

// parsed reads a package's comments.
func parsed(t *testing.T, p *pkg, names []string) *doc.Package {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	d, err := doc.NewFromFiles(fset, files, p.ImportPath)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// hasExample reports whether any example of the package, or of what is in it, runs.
func hasExample(d *doc.Package) bool {
	all := slices.Clone(d.Examples)
	for _, f := range d.Funcs {
		all = append(all, f.Examples...)
	}
	for _, t := range d.Types {
		all = append(all, t.Examples...)
		for _, f := range slices.Concat(t.Funcs, t.Methods) {
			all = append(all, f.Examples...)
		}
	}
	return slices.ContainsFunc(all, func(e *doc.Example) bool { return e.Output != "" || e.EmptyOutput })
}

// undocumented names what is exported without a comment. Of a group of constants or variables, one comment is enough.
func undocumented(d *doc.Package) (names []string) {
	values := func(groups []*doc.Value) {
		for _, v := range groups {
			for _, spec := range v.Decl.Specs {
				s := spec.(*ast.ValueSpec)
				for _, name := range s.Names {
					if name.IsExported() && v.Doc == "" && s.Doc == nil && s.Comment == nil {
						names = append(names, name.Name)
					}
				}
			}
		}
	}
	funcs := func(of string, all []*doc.Func) {
		for _, f := range all {
			if f.Doc == "" && f.Level == 0 {
				names = append(names, of+f.Name)
			}
		}
	}
	values(slices.Concat(d.Consts, d.Vars))
	funcs("", d.Funcs)
	for _, t := range d.Types {
		if t.Doc == "" && !specDocumented(t) {
			names = append(names, t.Name)
		}
		values(slices.Concat(t.Consts, t.Vars))
		funcs("", t.Funcs)
		funcs(t.Name+".", t.Methods)
	}
	return names
}

// specDocumented reports whether a type in a group has a comment of its own, or its group has one.
func specDocumented(t *doc.Type) bool {
	for _, spec := range t.Decl.Specs {
		if s := spec.(*ast.TypeSpec); s.Name.Name == t.Name && (s.Doc != nil || s.Comment != nil) {
			return true
		}
	}
	return false
}
