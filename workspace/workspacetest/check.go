package workspacetest

import (
	"slices"

	"github.com/crosscloud-sdk/crosscloud/internal/conformance"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// check is one sub-test: it proves one rule. It is a type of this package, so that the tables of checks need no names of fields.
type check conformance.Check[*suite, traits]

// need returns why a check does not apply, empty where it does.
type need = conformance.Need[traits]

// traits is what is declared.
type traits struct {
	h    *Harness
	caps driver.Capabilities
}

// checks returns all checks, in the order in which they are run.
func checks() []conformance.Check[*suite, traits] {
	var all []conformance.Check[*suite, traits]
	for _, c := range slices.Concat(
		declareChecks(), getChecks(), createChecks(), createMoreChecks(), listChecks(), updateChecks(), deleteChecks(), keyChecks(),
		limitChecks(), contextChecks(), concurrentChecks(), aliasChecks(), errorChecks(), credentialChecks(), secretChecks(), portableChecks(),
	) {
		all = append(all, conformance.Check[*suite, traits](c))
	}
	return all
}

// declared needs one capability.
func declared(what string, support func(*driver.Capabilities) driver.Support) need {
	return conformance.That(func(k *traits) bool { return support(&k.caps) != driver.None }, "declares "+what+" None")
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
	needGet  = conformance.That(func(k *traits) bool { return k.caps.Get == driver.Native }, "describes no workspace but its own")
	needHome = conformance.That((*traits).hasHome, "there is no workspace to work in: name one in Harness.Workspace")
	needMake = conformance.That((*traits).canMake, "makes no workspaces, or the harness does not say how to remove them")
	needSee  = conformance.That((*traits).canSee, "workspaces that were made cannot be looked at")

	needList   = declared("List", func(c *driver.Capabilities) driver.Support { return c.List })
	needUpdate = declared("Update", func(c *driver.Capabilities) driver.Support { return c.Update })
	needDelete = declared("Delete", func(c *driver.Capabilities) driver.Support { return c.Delete })

	needDescription      = declared("Description", func(c *driver.Capabilities) driver.Support { return c.Description })
	needDescriptionLimit = conformance.That(func(k *traits) bool {
		return k.caps.MaxDescriptionChars > 0 && k.caps.MaxDescriptionChars <= longestTried
	}, "descriptions have no limit")
	needNameLimit = conformance.That(func(k *traits) bool { return limited(k.caps.Name) }, "names have no limit")
	needLanguages = conformance.That(func(k *traits) bool { return len(k.caps.Languages) > 0 }, "no language can be chosen")

	needKeyWith      = declared("CreateAPIKeyWith", func(c *driver.Capabilities) driver.Support { return c.CreateAPIKeyWith })
	needKeys         = declared("APIKeys", func(c *driver.Capabilities) driver.Support { return c.APIKeys })
	needCreateKey    = declared("CreateAPIKey", func(c *driver.Capabilities) driver.Support { return c.CreateAPIKey })
	needDeleteKey    = declared("DeleteAPIKey", func(c *driver.Capabilities) driver.Support { return c.DeleteAPIKey })
	needKeyNameLimit = conformance.That(func(k *traits) bool { return limited(k.caps.APIKeyName) }, "names of keys have no limit")
	needRoles        = conformance.That(func(k *traits) bool { return k.caps.APIKeyRoles != driver.None && len(k.h.Roles) > 0 }, "gives no roles, or the harness names none")

	needLimits   = declared("UsageLimits", func(c *driver.Capabilities) driver.Support { return c.UsageLimits })
	needTransfer = conformance.That(func(k *traits) bool { return k.caps.TransferOwner != driver.None && k.h.NewOwner != "" }, "changes no owners, or the harness names none")

	needVirtualTime = conformance.That(func(k *traits) bool { return k.h.VirtualTime }, "takes many requests, for which the harness has no virtual time")
)

func limited(r driver.NameRule) bool { l := conformance.Longest(r); return l > 0 && l <= longestTried }
