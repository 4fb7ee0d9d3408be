package docstest_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// Everything that the drivers declare (limits, page and batch sizes, rates, what may be repeated) and the defaults of a
// policy are written down in testdata, so that a change of one is seen.
func TestDeclared(t *testing.T) {
	for kind, services := range map[string][]*service{"kv": kvServices(t), "kms": kmsServices(t), "workspace": workspaceServices(t)} {
		for _, s := range services {
			var out strings.Builder
			switch kind {
			case "kv":
				dump(&out, "service", s.kv.Capabilities())
				dump(&out, "namespace", s.namespace.Capabilities())
			case "kms":
				dump(&out, "service", s.kms.Capabilities())
			case "workspace":
				dump(&out, "service", s.workspace.Capabilities())
			}
			rows := s.operations()
			slices.SortFunc(rows, func(a, b policy.Operation) int { return strings.Compare(a.Name, b.Name) })
			for _, o := range rows {
				fmt.Fprintf(&out, "operation %s: %s, %s, %s\n", o.Name, o.Action, o.Idempotency, rates(o))
			}
			name := strings.NewReplacer(" `", "-", ": ", "-", "`", "").Replace(s.name)
			isGenerated(t, "internal/docstest/testdata/declared/"+kind+"-"+name+".txt", out.String())
		}
	}
}

func TestDefaults(t *testing.T) {
	p, err := policy.Policy{}.WithDefaults()
	if err != nil {
		t.Fatal(err)
	}
	p.Limiters = nil // the process's own
	var out strings.Builder
	dump(&out, "policy", p)
	fmt.Fprintf(&out, "attempt timeout of a driver that says none: %v\n", wire.DefaultAttemptTimeout)
	isGenerated(t, "internal/docstest/testdata/defaults.txt", out.String())
}

// dump writes every field of a value, a line each.
func dump(out *strings.Builder, name string, value any) {
	dumpValue(out, name, reflect.ValueOf(value))
}

func dumpValue(out *strings.Builder, name string, v reflect.Value) {
	if v.CanInterface() {
		if s, ok := v.Interface().(fmt.Stringer); ok && (v.Kind() != reflect.Pointer || !v.IsNil()) {
			fmt.Fprintf(out, "%s: %s\n", name, s)
			return
		}
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				dumpValue(out, name+"."+v.Type().Field(i).Name, v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			dumpValue(out, fmt.Sprintf("%s[%d]", name, i), v.Index(i))
		}
	case reflect.Func, reflect.Pointer, reflect.Interface:
		fmt.Fprintf(out, "%s: %v\n", name, map[bool]string{true: "none", false: "some"}[v.IsNil()])
	case reflect.String:
		fmt.Fprintf(out, "%s: %q\n", name, v.String())
	default:
		fmt.Fprintf(out, "%s: %v\n", name, v.Interface())
	}
}
