package docstest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/policy"
)

// The tables of operations, with the vendors' actions and the documented rates, are the drivers' operation tables.
func TestOperationTables(t *testing.T) {
	for kind, services := range map[string][]*service{"kv": kvServices(t), "kms": kmsServices(t), "workspace": workspaceServices(t)} {
		var out strings.Builder
		for _, s := range services {
			if s.cloud == nil {
				continue // the embedded driver sends nothing
			}
			fmt.Fprintf(&out, "%s, %s:\n\n| operation | the vendor's action | a second delivery | rates |\n|---|---|---|---|\n", "`"+s.driver+"`", s.title)
			for _, o := range s.operations() {
				fmt.Fprintf(&out, "| `%s` | `%s` | %s | %s |\n", o.Name, o.Action, o.Idempotency, rates(o))
			}
			out.WriteString("\n")
		}
		isGeneratedIn(t, "docs/rate-limits.md", "operations of "+kind, strings.TrimRight(out.String(), "\n")+"\n")
	}
}

// rates lists the limits that one request spends from, and which operations it shares them with.
func rates(o policy.Operation) string {
	var all []string
	for _, b := range o.Budgets {
		for _, limit := range b.Limits {
			text := limit.String()
			switch b.Action {
			case o.Action:
			case "":
				text += ", all actions together"
			default:
				text += ", all of `" + b.Action + "` together"
			}
			all = append(all, text)
		}
	}
	if o.KeyPace.Every > 0 {
		all = append(all, "each key once in "+o.KeyPace.Every.String())
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(slices.Compact(all), "; ")
}
