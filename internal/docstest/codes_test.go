package docstest_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/workspace"
)

// codeTable is a table of an API's codes: which files of the driver list them, and a call that the API can refuse.
type codeTable struct {
	driver, kind string
	files        []string
	action       string // what the call sends
	cloud        emulator.Emulator
	resource     crosscloud.Option
	open         func(context.Context, *crosscloud.Client) (call func(context.Context) error, err error)
}

func codeTables() []codeTable {
	on := func(more ...string) crosscloud.Entry {
		e := crosscloud.Entry{"provider": "p"}
		for i := 0; i < len(more); i += 2 {
			e[more[i]] = more[i+1]
		}
		return e
	}
	namespace := crosscloud.WithKV("r", on("namespace", "flags", "create", "true"))
	key := crosscloud.WithKMS("r", on("key_name", "orders", "create", "true"))
	put := func(ctx context.Context, c *crosscloud.Client) (func(context.Context) error, error) {
		flags, err := c.KV(ctx, "r")
		return func(ctx context.Context) error { return flags.Put(ctx, "k", []byte("v")) }, err
	}
	describe := func(ctx context.Context, c *crosscloud.Client) (func(context.Context) error, error) {
		key, err := c.KMS(ctx, "r")
		return func(ctx context.Context) error { return key.SetDescription(ctx, "orders") }, err
	}
	rename := func(ctx context.Context, c *crosscloud.Client) (func(context.Context) error, error) {
		own, err := c.Workspace(ctx, "r")
		return func(ctx context.Context) error { return own.Update(ctx, workspace.SetName("checkout")) }, err
	}
	remove := func(ctx context.Context, c *crosscloud.Client) (func(context.Context) error, error) {
		w, err := c.Workspace(ctx, "r")
		return w.Delete, err
	}
	memory, free := emulator.InMemory(), emulator.WithoutRateLimit()
	kms := []string{"errors.go", "kms_errors.go"}
	return []codeTable{
		{"alibaba", "kv", []string{"errors.go"}, "PutKv", emulator.NewAlibaba(memory, free), namespace, put},
		{"cloudflare", "kv", []string{"errors.go"}, "WriteValue", emulator.NewCloudflare(memory, free), namespace, put},
		{"tencent", "kv", []string{"errors.go"}, "EdgeKVPut", emulator.NewTencent(memory, free), namespace, put},
		{"alibaba", "kms", kms, "UpdateKeyDescription", emulator.NewAlibabaKMS(memory, free), key, describe},
		{"huawei", "kms", kms, "update-key-description", emulator.NewHuaweiKMS(memory, free), key, describe},
		{"tencent", "kms", kms, "UpdateKeyDescription", emulator.NewTencentKMS(memory, free), key, describe},
		{"alibaba", "workspace", []string{"errors.go", "cms_errors.go"}, "DeleteWorkspace", emulator.NewAlibabaCMS(memory, free),
			crosscloud.WithWorkspace("r", on("workspace", "checkout")), remove},
		{"guance", "workspace", []string{"errors.go"}, "ModifyWorkspace", emulator.NewGuance(memory, free), crosscloud.WithWorkspace("r", on()), rename},
	}
}

// statuses are those that each code is tried with, beside the one that goes with it (0).
var statuses = []int{0, 400, 401, 403, 404, 413, 500}

// What a vendor's code means is written down, so that a change of it is seen. It is what the driver makes of a reply of
// the emulator; the codes are all that the driver's files list, and one made up of each family that they know.
func TestVendorCodes(t *testing.T) {
	for _, table := range codeTables() {
		t.Run(table.driver+"-"+table.kind, func(t *testing.T) {
			defer table.cloud.Close()
			client, err := crosscloud.Open(t.Context(), crosscloud.WithProvider("p", table.cloud.Provider()), table.resource,
				crosscloud.WithDialContext(table.cloud.DialContext),
				crosscloud.WithPolicy(policy.Policy{Retry: policy.Retry{MaxAttempts: 1}, Rate: policy.Rate{Unlimited: true}}))
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			call, err := table.open(t.Context(), client)
			if err != nil {
				t.Fatal(err)
			}
			codes := listedCodes(t, table.driver, table.files)
			if len(codes) < 10 {
				t.Fatalf("only %d codes are found: %q", len(codes), codes)
			}
			var out strings.Builder
			fmt.Fprintf(&out, "# What %s makes of the vendor's codes (%s): code, HTTP status where it matters, meaning, may it be repeated, was\n", table.driver, table.kind)
			fmt.Fprintf(&out, "# it done. A code that ends in (any) stands for all that begin so, or hold that, and are not listed.\n")
			for _, code := range codes {
				usual := ""
				for _, status := range statuses {
					table.cloud.Inject(emulator.Fault{Action: table.action, Code: strings.Replace(code, "(any)", "Made.Up", 1), Status: status, Times: 1})
					e, ok := errors.AsType[*errs.Error](call(t.Context()))
					if !ok {
						t.Fatalf("%s with status %d is no failure", code, status)
					}
					means := fmt.Sprintf("%s, %s, %s", e.Code, e.Retry, e.Outcome)
					switch {
					case status == 0:
						usual = means
						fmt.Fprintf(&out, "%s: %s\n", code, means)
					case means != usual:
						fmt.Fprintf(&out, "%s with HTTP %d: %s\n", code, status, means)
					}
				}
			}
			isGenerated(t, "internal/docstest/testdata/codes/"+table.driver+"-"+table.kind+".txt", out.String())
		})
	}
}

// anyOf is how a family of codes is written down: by the beginning, or by the part, that all of them have.
func anyOf(code string) string {
	switch parts := strings.Split(code, "*"); len(parts) {
	case 1:
		return code
	case 2:
		return parts[0] + "(any)"
	default:
		return parts[1] + "(any)"
	}
}

// listedCodes finds the codes in a driver's tables: the keys of its maps from code to meaning, and what the rows of its
// lists of meanings are of.
func listedCodes(t *testing.T, driver string, names []string) []string {
	t.Helper()
	constants, found := map[string]string{}, map[string]bool{}
	text := func(e ast.Expr) (string, bool) {
		switch e := e.(type) {
		case *ast.BasicLit:
			s, err := strconv.Unquote(e.Value)
			return s, err == nil && e.Kind == token.STRING
		case *ast.Ident:
			s, known := constants[e.Name]
			return s, known
		}
		return "", false
	}
	var files []*ast.File
	for _, name := range names {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "providers", driver, name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.ValueSpec); ok && len(s.Names) == len(s.Values) {
				for i, name := range s.Names {
					if value, ok := text(s.Values[i]); ok {
						constants[name.Name] = value
					}
				}
			}
			return true
		})
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			table, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			switch kind := table.Type.(type) {
			case *ast.MapType:
				if key, ok := kind.Key.(*ast.Ident); !ok || key.Name != "string" {
					return true
				}
				for _, pair := range table.Elts {
					if code, ok := text(pair.(*ast.KeyValueExpr).Key); ok {
						found[code] = true
					}
				}
			case *ast.SelectorExpr:
				if kind.Sel.Name != "Meanings" {
					return true
				}
				listed := map[string]bool{}
				for _, row := range table.Elts {
					code, ok := "", false
					if call, isCall := row.(*ast.CallExpr); isCall && len(call.Args) > 0 {
						code, ok = text(call.Args[0])
					}
					if !ok || listed[code] {
						t.Errorf("%s: a table has %q twice, or a row that cannot be read", driver, code)
					}
					listed[code], found[anyOf(code)] = true, true
				}
			}
			return true
		})
	}
	return slices.Sorted(maps.Keys(found))
}
