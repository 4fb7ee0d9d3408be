package workspacetest

import (
	"slices"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// check is one sub-test: it proves one rule.
type check struct {
	name  string
	needs []need
	run   func(*suite)
}

// need returns why a check does not apply, empty where it does.
type need func(*traits) string

// traits is what is declared.
type traits struct {
	h    *Harness
	caps driver.Capabilities
}

// checks returns all checks, in the order in which they are run.
func checks() []check {
	return slices.Concat(
		declareChecks(), getChecks(), createChecks(), createMoreChecks(), listChecks(), updateChecks(), deleteChecks(), keyChecks(),
		limitChecks(), contextChecks(), concurrentChecks(), aliasChecks(), errorChecks(), credentialChecks(), secretChecks(), portableChecks(),
	)
}

func find(all []check, name string) *check {
	for i := range all {
		if all[i].name == name {
			return &all[i]
		}
	}
	return nil
}

// skip returns why the check does not apply, empty where it does.
func (c *check) skip(known *traits) string {
	if why, ok := known.h.Skip[c.name]; ok {
		return "skipped by the harness: " + why
	}
	for _, need := range c.needs {
		if why := need(known); why != "" {
			return why
		}
	}
	return ""
}

// perform runs the check. Failures go to r; tb is for Harness.Open.
func (c *check) perform(tb testing.TB, r reporter, h *Harness) {
	s := newSuite(tb, r, h)
	defer s.cleanUp()
	c.run(s)
}

// probe reads the declarations.
func (h *Harness) probe(tb testing.TB, r reporter) traits {
	return traits{h: h, caps: newSuite(tb, r, h).caps}
}

func where(applies bool, otherwise string) string {
	if applies {
		return ""
	}
	return otherwise
}

// that needs a condition.
func that(holds func(*traits) bool, otherwise string) need {
	return func(k *traits) string { return where(holds(k), otherwise) }
}

// declared needs one capability.
func declared(what string, support func(*driver.Capabilities) driver.Support) need {
	return func(k *traits) string { return where(support(&k.caps) != driver.None, "declares "+what+" None") }
}

// canMake says whether the suite may make workspaces: it must be able to take them away.
func (k *traits) canMake() bool {
	return k.h.Workspace == "" && k.caps.Create != driver.None && (k.caps.Delete != driver.None || k.h.Remove != nil)
}

// canSee says whether what was made can be looked at.
func (k *traits) canSee() bool { return k.caps.Get == driver.Native || k.caps.List != driver.None }

// hasHome says whether there is a workspace to work in.
func (k *traits) hasHome() bool {
	return k.h.Workspace != "" || k.caps.Own != driver.None || k.canMake() && k.caps.Get == driver.Native
}

// longestTried bounds the names and descriptions that are made to stand at a limit.
const longestTried = 1 << 16

var (
	needOwn  = declared("Own", func(c *driver.Capabilities) driver.Support { return c.Own })
	needGet  = that(func(k *traits) bool { return k.caps.Get == driver.Native }, "describes no workspace but its own")
	needHome = that((*traits).hasHome, "there is no workspace to work in: name one in Harness.Workspace")
	needMake = that((*traits).canMake, "makes no workspaces, or the harness does not say how to remove them")
	needSee  = that((*traits).canSee, "workspaces that were made cannot be looked at")

	needList   = declared("List", func(c *driver.Capabilities) driver.Support { return c.List })
	needUpdate = declared("Update", func(c *driver.Capabilities) driver.Support { return c.Update })
	needDelete = declared("Delete", func(c *driver.Capabilities) driver.Support { return c.Delete })

	needDescription      = declared("Description", func(c *driver.Capabilities) driver.Support { return c.Description })
	needDescriptionLimit = that(func(k *traits) bool {
		return k.caps.MaxDescriptionChars > 0 && k.caps.MaxDescriptionChars <= longestTried
	}, "descriptions have no limit")
	needNameLimit = that(func(k *traits) bool { return limited(k.caps.Name) }, "names have no limit")
	needLanguages = that(func(k *traits) bool { return len(k.caps.Languages) > 0 }, "no language can be chosen")

	needKeyWith      = declared("CreateAPIKeyWith", func(c *driver.Capabilities) driver.Support { return c.CreateAPIKeyWith })
	needKeys         = declared("APIKeys", func(c *driver.Capabilities) driver.Support { return c.APIKeys })
	needCreateKey    = declared("CreateAPIKey", func(c *driver.Capabilities) driver.Support { return c.CreateAPIKey })
	needDeleteKey    = declared("DeleteAPIKey", func(c *driver.Capabilities) driver.Support { return c.DeleteAPIKey })
	needKeyNameLimit = that(func(k *traits) bool { return limited(k.caps.APIKeyName) }, "names of keys have no limit")
	needRoles        = that(func(k *traits) bool { return k.caps.APIKeyRoles != driver.None && len(k.h.Roles) > 0 }, "gives no roles, or the harness names none")

	needLimits   = declared("UsageLimits", func(c *driver.Capabilities) driver.Support { return c.UsageLimits })
	needTransfer = that(func(k *traits) bool { return k.caps.TransferOwner != driver.None && k.h.NewOwner != "" }, "changes no owners, or the harness names none")

	needVirtualTime = that(func(k *traits) bool { return k.h.VirtualTime }, "takes many requests, for which the harness has no virtual time")
)

func limited(r driver.NameRule) bool { l := longest(r); return l > 0 && l <= longestTried }
