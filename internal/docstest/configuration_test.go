package docstest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/providers"
)

// The reference of the configuration is what the drivers declare.
func TestConfigurationReference(t *testing.T) {
	for _, d := range providers.Drivers() {
		isGeneratedIn(t, "docs/configuration.md", d.Name, optionTable(d))
	}
}

func optionTable(d *providers.Driver) string {
	out := d.Doc + " Names: `" + strings.Join(append([]string{d.Name}, d.Aliases...), "`, `") + "`.\n\n"
	out += "| option | meaning | environment | default | secret | also on resources |\n|---|---|---|---|---|---|\n"
	for _, o := range d.Options {
		meaning := o.Doc
		if o.Required {
			meaning += " Required."
		}
		if len(o.Choices) > 0 {
			meaning += " One of `" + strings.Join(o.Choices, "`, `") + "`."
		}
		cells := []string{"`" + o.Name + "`", meaning, code(o.Env...), code(o.Default), mark(o.Kind == providers.Secret), mark(o.PerResource)}
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "|", "\\|")
		}
		out += "| " + strings.Join(cells, " | ") + " |\n"
	}
	return out
}

// code quotes texts, those that are empty left out.
func code(all ...string) string {
	all = slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == "" })
	if len(all) == 0 {
		return "–"
	}
	return "`" + strings.Join(all, "`, `") + "`"
}

func mark(is bool) string {
	if is {
		return "yes"
	}
	return "–"
}

// The fields that every entry may have are those that the reference names: an unknown field is answered with all.
func TestConfigurationFields(t *testing.T) {
	reference := read(t, "docs/configuration.md")
	for _, entry := range []struct {
		section string
		say     crosscloud.Option
	}{
		{"providers", crosscloud.WithProvider("p", crosscloud.Entry{"driver": "local", "no-such-field": "x"})},
		{"kv", crosscloud.WithKV("r", crosscloud.Entry{"provider": "p", "namespace": "n", "no-such-field": "x"})},
		{"kms", crosscloud.WithKMS("r", crosscloud.Entry{"provider": "p", "key": "k", "no-such-field": "x"})},
		{"workspace", crosscloud.WithWorkspace("r", crosscloud.Entry{"provider": "p", "no-such-field": "x"})},
	} {
		_, err := crosscloud.Open(t.Context(), crosscloud.WithProvider("p", crosscloud.Entry{"driver": "local"}), entry.say)
		if err == nil {
			t.Fatalf("%s: an unknown field was accepted", entry.section)
		}
		_, list, _ := strings.Cut(err.Error(), `"local" there are `)
		_, part, found := strings.Cut(reference, "## "+entry.section+"\n")
		part, _, _ = strings.Cut(part, "\n## ")
		if list == "" || !found {
			t.Fatalf("%s: found %v, %v", entry.section, found, err)
		}
		for field := range strings.SplitSeq(list, ", ") {
			if slices.ContainsFunc(providers.Lookup("local").Options, func(o providers.Option) bool { return o.Name == field }) {
				continue // in the driver's own table
			}
			if !strings.Contains(part, "| `"+field+"` |") {
				t.Errorf("the section %s of docs/configuration.md does not have the field %s", entry.section, field)
			}
		}
	}
}
