package docstest_test

import (
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// fromExports returns an importer that reads what the compiler has exported.
func fromExports(t testing.TB, fset *token.FileSet) types.Importer {
	t.Helper()
	exports := map[string]string{}
	for _, p := range packages(t) {
		exports[p.ImportPath] = p.Export
	}
	return importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("%s is imported by no package of the module", path)
		}
		return os.Open(exports[path])
	})
}

// The exported API is what the files in api say, one line a declaration, so that a change of it is seen.
func TestExportedAPI(t *testing.T) {
	load := fromExports(t, token.NewFileSet())
	written := map[string]bool{}
	for _, p := range packages(t) {
		if !p.isPublic() {
			continue
		}
		loaded, err := load.Import(p.ImportPath)
		if err != nil {
			t.Fatal(err)
		}
		lines := features(loaded)
		if len(lines) == 0 {
			continue // such as a package that is imported for effect
		}
		name := "crosscloud"
		if p.path() != "." {
			name = strings.ReplaceAll(p.path(), "/", "-")
		}
		written[name+".txt"] = true
		isGenerated(t, "api/"+name+".txt", strings.Join(lines, "\n")+"\n")
	}
	files, err := os.ReadDir(root + "/api")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !written[f.Name()] {
			t.Errorf("api/%s is of no package; delete it", f.Name())
		}
	}
}

// features spells what a package exports.
func features(p *types.Package) (lines []string) {
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, name := range p.Scope().Names() {
		o := p.Scope().Lookup(name)
		if !o.Exported() {
			continue
		}
		switch o := o.(type) {
		case *types.Const:
			add("const %s %s = %s", name, spelled(p, o.Type()), o.Val().ExactString())
		case *types.Var:
			add("var %s %s", name, spelled(p, o.Type()))
		case *types.Func:
			add("func %s%s", name, signature(p, o.Signature()))
		case *types.TypeName:
			lines = append(lines, typeFeatures(p, o)...)
		}
	}
	slices.Sort(lines)
	return lines
}

func typeFeatures(p *types.Package, o *types.TypeName) (lines []string) {
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if o.IsAlias() {
		add("type %s = %s", o.Name(), spelled(p, types.Unalias(o.Type())))
		return lines
	}
	named := o.Type().(*types.Named)
	name := o.Name() + parameters(p, named.TypeParams())
	switch under := named.Underlying().(type) {
	case *types.Struct:
		add("type %s struct", name)
		for i := range under.NumFields() {
			if f := under.Field(i); f.Exported() {
				add("type %s struct, %s %s", name, f.Name(), spelled(p, f.Type()))
			}
		}
	case *types.Interface:
		add("type %s interface", name)
		for i := range under.NumMethods() {
			m := under.Method(i)
			add("type %s interface, %s%s", name, m.Name(), signature(p, m.Signature()))
		}
	default:
		add("type %s %s", name, spelled(p, under))
	}
	for i := range named.NumMethods() {
		m := named.Method(i)
		if !m.Exported() {
			continue
		}
		star := ""
		if _, isPointer := m.Signature().Recv().Type().(*types.Pointer); isPointer {
			star = "*"
		}
		add("method (%s%s) %s%s", star, name, m.Name(), signature(p, m.Signature()))
	}
	return lines
}

// spelled is a type as the package's own files write it, without the names of parameters.
func spelled(p *types.Package, t types.Type) string {
	if s, ok := types.Unalias(t).(*types.Signature); ok {
		return "func" + signature(p, s)
	}
	return types.TypeString(t, func(other *types.Package) string {
		if other == p {
			return ""
		}
		return strings.TrimPrefix(other.Path(), module+"/")
	})
}

// signature spells parameters and results by their types alone: their names are no part of the API.
func signature(p *types.Package, s *types.Signature) string {
	tuple := func(vars *types.Tuple, variadic bool) string {
		var all []string
		for i := range vars.Len() {
			t := spelled(p, vars.At(i).Type())
			if variadic && i == vars.Len()-1 {
				t = "..." + strings.TrimPrefix(t, "[]")
			}
			all = append(all, t)
		}
		return strings.Join(all, ", ")
	}
	text := parameters(p, s.TypeParams()) + "(" + tuple(s.Params(), s.Variadic()) + ")"
	switch results := tuple(s.Results(), false); s.Results().Len() {
	case 0:
		return text
	case 1:
		return text + " " + results
	default:
		return text + " (" + results + ")"
	}
}

func parameters(p *types.Package, list *types.TypeParamList) string {
	var all []string
	for i := range list.Len() {
		one := list.At(i)
		all = append(all, one.Obj().Name()+" "+spelled(p, one.Constraint()))
	}
	if all == nil {
		return ""
	}
	return "[" + strings.Join(all, ", ") + "]"
}
