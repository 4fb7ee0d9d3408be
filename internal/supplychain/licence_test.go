package supplychain

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// update: go test ./internal/supplychain -update
var update = flag.Bool("update", false, "write docs/licences.md anew")

// sentences are what a licence of an SPDX name says, in one way or another.
var sentences = map[string][][]string{
	"Apache-2.0": {
		{"Apache License Version 2.0, January 2004", "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION", "Grant of Patent License."},
		{"Licensed under the Apache License, Version 2.0 (the \"License\");", "See the License for the specific language governing permissions and limitations under the License."},
	},
	"MIT": {{
		"Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files",
		"The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.",
		"THE SOFTWARE IS PROVIDED \"AS IS\"",
	}},
	"BSD-3-Clause": {{
		"Redistribution and use in source and binary forms, with or without modification, are permitted provided that the following conditions are met:",
		"Redistributions in binary form must reproduce the above copyright notice", "Neither the name of",
	}},
}

// nameOf returns the SPDX names of the licences that a text holds, empty where it is none that is known.
func nameOf(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	var names []string
	for name, ways := range sentences {
		if slices.ContainsFunc(ways, func(all []string) bool {
			return !slices.ContainsFunc(all, func(sentence string) bool { return !strings.Contains(text, sentence) })
		}) {
			names = append(names, name)
		}
	}
	for _, other := range []string{"GNU GENERAL PUBLIC LICENSE", "GNU LESSER GENERAL PUBLIC LICENSE", "GNU AFFERO", "Mozilla Public License", "Commons Clause", "Business Source License"} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(other)) {
			return ""
		}
	}
	slices.Sort(names)
	return strings.Join(names, " AND ")
}

// licence returns the name of the licence of the module in a folder.
func licence(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	for _, name := range filesLike(t, dir, "LICENSE", "LICENCE", "COPYING") {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, nameOf(string(text)))
	}
	if len(all) == 0 || slices.Contains(all, "") {
		t.Errorf("%s has no licence, or one that is not known here", dir)
	}
	return strings.Join(all, " AND ")
}

// filesLike returns the files of a folder whose names begin so, in any case.
func filesLike(t *testing.T, dir string, beginnings ...string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(strings.ToUpper(e.Name()), b) }) && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names
}

const licencesHead = `# Licences

What a program may link that uses this module, and under which licence: made from the licence files of the modules by
` + "`go test ./internal/supplychain -update`" + `, and checked by the same test without the flag. Notices are files that a
licence may ask to hand on.

| module | version | licence | notices |
|---|---|---|---|
`

// docs/licences.md lists every module that programs link, with the licence that its file has.
func TestLicences(t *testing.T) {
	var b strings.Builder
	b.WriteString(licencesHead)
	all := linked(t)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		m := all[path]
		notices := strings.Join(filesLike(t, m.Dir, "NOTICE", "THIRD-PARTY", "OPENSOURCESOFTWARENOTICE", "PATENTS"), ", ")
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", path, m.Version, licence(t, m.Dir), notices)
	}
	file := filepath.Join(root, "docs", "licences.md")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != b.String() {
		t.Errorf("docs/licences.md is not what the modules say (%v); look at the difference that `go test ./internal/supplychain -update` makes", err)
	}
}

func TestNameOf(t *testing.T) {
	own, err := os.ReadFile(filepath.Join(root, "LICENSE"))
	if err != nil {
		t.Fatal(err)
	}
	const mit = "Permission is hereby granted, free of charge, to any person obtaining a copy\nof this software and associated documentation files (the \"Software\"), to deal in it, subject to:\n" +
		"The above copyright notice and this permission notice shall be included in all\ncopies or substantial portions of the Software.\n\nTHE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY"
	for text, want := range map[string]string{
		string(own): "Apache-2.0", mit: "MIT", mit + "\n" + string(own): "Apache-2.0 AND MIT", "": "", "All rights reserved.": "",
		strings.Replace(mit, "shall be included in all", "need not be included in all", 1): "",
		"GNU GENERAL PUBLIC LICENSE Version 3":                                             "", mit + "\nGNU Affero General Public License": "", mit + "\n\"Commons Clause\" License Condition v1.0": "",
		"Redistribution and use in source and binary forms, with or without modification, are permitted provided that the following conditions are met: " +
			"Redistributions in binary form must reproduce the above copyright notice": "", // two clauses
	} {
		if got := nameOf(text); got != want {
			t.Errorf("%.60q is %q, want %q", text, got, want)
		}
	}
}
