package docstest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/capability"
	kmsdriver "github.com/crosscloud-sdk/crosscloud/kms/driver"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// The tables of features in README.md are what the drivers declare.
func TestFeatureTables(t *testing.T) {
	isGeneratedIn(t, "README.md", "kv", kvTable(kvServices(t)))
	isGeneratedIn(t, "README.md", "kms", kmsTable(kmsServices(t)))
	isGeneratedIn(t, "README.md", "workspace", workspaceTable(workspaceServices(t)))
}

// table has a row a feature, a column a service.
func table(all []*service, rows []row) string {
	head, line := "| |", "|---|"
	for _, s := range all {
		name, api, _ := strings.Cut(s.name, " ")
		if api != "" {
			api = " " + api
		}
		head += " `" + name + "`" + api + " |"
		line += "---|"
	}
	out := head + "\n" + line + "\n"
	for _, r := range append([]row{{"service", func(s *service) string { return s.title }}}, rows...) {
		out += "| " + r.feature + " |"
		for _, s := range all {
			out += " " + r.of(s) + " |"
		}
		out += "\n"
	}
	return out
}

type row struct {
	feature string
	of      func(*service) string
}

func kvTable(all []*service) string {
	of := func(f func(kvdriver.Capabilities, kvdriver.ServiceCapabilities) string) func(*service) string {
		return func(s *service) string { return f(s.namespace.Capabilities(), s.kv.Capabilities()) }
	}
	batch := func(b kvdriver.Batch) string {
		if b.Support == kvdriver.None {
			return "one by one"
		}
		text := thousands(int64(b.MaxItems))
		if b.MaxBytes > 0 {
			text += "; together " + size(b.MaxBytes)
		}
		return text
	}
	type caps = kvdriver.Capabilities
	type svc = kvdriver.ServiceCapabilities
	return table(all, []row{
		{"largest key", of(func(c caps, _ svc) string { return length(c.Key) })},
		{"characters of keys", of(func(c caps, _ svc) string { return alphabet(c.Key) })},
		{"largest value", of(func(c caps, _ svc) string { return size(c.MaxValueBytes) })},
		{"empty values; binary values", of(func(c caps, _ svc) string { return support(c.EmptyValue) + "; " + support(c.BinaryValue) })},
		{"shortest TTL", of(func(c caps, _ svc) string { return duration(c.MinTTL, "any") })},
		{"expiry read back", of(func(c caps, _ svc) string { return support(c.Expiry) })},
		{"metadata", of(func(c caps, _ svc) string {
			if c.Metadata == kvdriver.None {
				return "no"
			}
			return size(int64(c.MaxMetadataBytes))
		})},
		{"keys in a batch get", of(func(c caps, _ svc) string { return batch(c.GetBatch) })},
		{"keys in a batch put", of(func(c caps, _ svc) string { return batch(c.PutBatch) })},
		{"keys in a batch delete", of(func(c caps, _ svc) string { return batch(c.DeleteBatch) })},
		{"keys that a listing reaches", of(func(c caps, _ svc) string { return orElse(int64(c.List.MaxKeys), "all") })},
		{"a read may lag by", of(func(c caps, _ svc) string { return duration(c.Consistency, "nothing") })},
		{"namespaces", of(func(_ caps, s svc) string { return orElse(int64(s.MaxNamespaces), "no known limit") })},
		{"rename; description", of(func(_ caps, s svc) string { return support(s.Rename) + "; " + support(s.Description) })},
	})
}

func kmsTable(all []*service) string {
	of := func(f func(kmsdriver.Capabilities) string) func(*service) string {
		return func(s *service) string { return f(s.kms.Capabilities()) }
	}
	days := func(has capability.Support, r kmsdriver.Range) string {
		if has == capability.None {
			return "no"
		}
		return fmt.Sprintf("%d to %s days", r.Min, thousands(int64(r.Max)))
	}
	type caps = kmsdriver.Capabilities
	return table(all, []row{
		{"encrypt", of(func(c caps) string { return specs(c, kmsdriver.EncryptDecrypt) })},
		{"sign", of(func(c caps) string { return specs(c, kmsdriver.SignVerify) })},
		{"names", of(func(c caps) string {
			if c.Naming == kmsdriver.ByAlias {
				return "aliases"
			}
			return "labels"
		})},
		{"largest plaintext", of(func(c caps) string { return size(int64(c.MaxPlaintextBytes)) })},
		{"data keys without plaintext", of(func(c caps) string {
			if c.WrappedDataKeys == capability.Emulated {
				return "the plaintext is dropped"
			}
			return support(c.WrappedDataKeys)
		})},
		{"encrypt anew", of(func(c caps) string { return support(c.ReEncrypt) })},
		{"rotation", of(func(c caps) string { return days(c.Rotation, c.RotationDays) })},
		{"rotation at once", of(func(c caps) string { return support(c.RotateNow) })},
		{"imported material", of(func(c caps) string { return support(c.Import) })},
		{"tags: at creation; later", of(func(c caps) string { return support(c.CreateTags) + "; " + support(c.Tags) })},
		{"further aliases", of(func(c caps) string { return support(c.Aliases) })},
		{"deletion ahead by", of(func(c caps) string { return days(capability.Native, c.DeletionDays) })},
	})
}

func workspaceTable(all []*service) string {
	of := func(f func(*service) capability.Support) func(*service) string {
		return func(s *service) string { return support(f(s)) }
	}
	return table(all, []row{
		{"create", of(func(s *service) capability.Support { return s.workspace.Capabilities().Create })},
		{"describe", func(s *service) string {
			c := s.workspace.Capabilities()
			switch {
			case c.Get == capability.Emulated:
				return "its own only"
			case c.Own != capability.None:
				return "any, and its own"
			}
			return support(c.Get)
		}},
		{"list", of(func(s *service) capability.Support { return s.workspace.Capabilities().List })},
		{"change", of(func(s *service) capability.Support { return s.workspace.Capabilities().Update })},
		{"delete", of(func(s *service) capability.Support { return s.workspace.Capabilities().Delete })},
		{"API keys: list; make; delete", func(s *service) string {
			c := s.workspace.Capabilities()
			return support(c.APIKeys) + "; " + support(c.CreateAPIKey) + "; " + support(c.DeleteAPIKey)
		}},
		{"daily limits of use", of(func(s *service) capability.Support { return s.workspace.Capabilities().UsageLimits })},
		{"give to another account", of(func(s *service) capability.Support { return s.workspace.Capabilities().TransferOwner })},
	})
}

// specs lists the kinds of keys of a usage.
func specs(c kmsdriver.Capabilities, usage kmsdriver.Usage) string {
	var seen []kmsdriver.Spec
	text, last := "", ""
	for _, kind := range c.Keys {
		if kind.Usage != usage || slices.Contains(seen, kind.Spec) {
			continue
		}
		seen = append(seen, kind.Spec)
		family, length, _ := strings.Cut(string(kind.Spec), "_")
		switch {
		case family == last:
			text += "/" + length
		case text == "":
			text = string(kind.Spec)
		default:
			text += ", " + string(kind.Spec)
		}
		last = family
	}
	return strings.ReplaceAll(text, "_", "-")
}

func support(s capability.Support) string {
	switch s {
	case capability.None:
		return "no"
	case capability.Emulated:
		return "by a further request"
	}
	return "yes"
}

func length(r capability.NameRule) string {
	if r.MaxBytes > 0 {
		return thousands(int64(r.MaxBytes)) + " bytes"
	}
	return thousands(int64(r.MaxChars)) + " characters"
}

// alphabet names the characters that names may have, and those that may not stand everywhere.
func alphabet(r capability.NameRule) string {
	text := strings.Replace(r.Alphabet.String(), "all characters except", "all but", 1)
	text = strings.ReplaceAll(text, " \\", " `\\`")
	if len(r.Denied) > 0 {
		text += ", not `" + strings.Join(r.Denied, "` or `") + "`"
	}
	return text
}

func size(n int64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return thousands(n) + " bytes"
}

// thousands writes a number with commas.
func thousands(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return thousands(n/1000) + fmt.Sprintf(",%03d", n%1000)
}

func orElse(n int64, none string) string {
	if n == 0 {
		return none
	}
	return thousands(n)
}

func duration(d time.Duration, none string) string {
	switch {
	case d == 0:
		return none
	case d%time.Second == 0:
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return d.String()
}
