package emulator

import (
	"maps"
	"slices"
	"strings"
)

// alibabaKMSServiceAlias begins the aliases of services' keys.
const alibabaKMSServiceAlias = "alias/acs"

// aliasValid checks the name of an alias ("CreateAlias").
func (a *AlibabaKMS) aliasValid(alias string) bool {
	name, ok := strings.CutPrefix(alias, "alias/")
	size := len(alias)
	if a.config.LongAliases {
		size = len(name)
	}
	return ok && name != "" && size <= alibabaKMSMaxAlias && alibabaWord(strings.ReplaceAll(name, "/", "")) &&
		!strings.HasPrefix(alias, alibabaKMSServiceAlias)
}

// alias reads AliasName.
func (a *AlibabaKMS) alias(c *alibabaKMSCall) (string, *alibabaError) {
	alias, err := c.need("AliasName")
	if err != nil {
		return "", err
	}
	if !a.aliasValid(alias) {
		return "", alibabaBad("AliasName")
	}
	return alias, nil
}

// aliasesOf returns the aliases of a key, or of all keys for nil, in the order of their names.
func (a *AlibabaKMS) aliasesOf(k *alibabaKMSKey) []string {
	names := slices.Sorted(maps.Keys(a.aliases))
	return slices.DeleteFunc(names, func(name string) bool { return k != nil && a.aliases[name] != k })
}

func (a *AlibabaKMS) createAlias(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	alias, err := a.alias(c)
	if err != nil {
		return nil, err
	}
	k, err := a.findID(c)
	if err != nil {
		return nil, err
	}
	if k.state() == "PendingDeletion" {
		return nil, a.pending()
	}
	if _, taken := a.aliases[alias]; taken {
		return nil, alibabaFault("AliasAlreadyExists")
	}
	owned := 0
	for name := range a.aliases {
		if !strings.HasPrefix(name, alibabaKMSServiceAlias) {
			owned++
		}
	}
	if owned >= a.config.AliasQuota {
		return nil, alibabaFault("Rejected.LimitExceeded")
	}
	a.aliases[alias] = k
	return alibabaReply{}, nil
}

// updateAlias makes an alias lead to another key.
func (a *AlibabaKMS) updateAlias(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	alias, err := a.alias(c)
	if err != nil {
		return nil, err
	}
	k, err := a.findID(c)
	if err != nil {
		return nil, err
	}
	if _, ok := a.aliases[alias]; !ok {
		return nil, alibabaFault("Forbidden.AliasNotFound")
	}
	if k.state() == "PendingDeletion" {
		return nil, a.pending()
	}
	a.aliases[alias] = k
	return alibabaReply{}, nil
}

func (a *AlibabaKMS) deleteAlias(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	alias, err := a.alias(c)
	if err != nil {
		return nil, err
	}
	if _, ok := a.aliases[alias]; !ok {
		return nil, alibabaFault("Forbidden.AliasNotFound")
	}
	delete(a.aliases, alias)
	return alibabaReply{}, nil
}

func (a *AlibabaKMS) listAliases(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	return a.aliasPage(c, nil)
}

func (a *AlibabaKMS) listAliasesByKeyID(c *alibabaKMSCall) (alibabaReply, *alibabaError) {
	text, err := c.need("KeyId")
	if err != nil {
		return nil, err
	}
	k, ok := a.keys[text]
	switch {
	case ok:
		return a.aliasPage(c, k)
	case strings.HasPrefix(text, "alias/"):
		return nil, alibabaFault("Unsupported.Alias")
	}
	return nil, alibabaFault("Forbidden.KeyNotFound")
}

// aliasPage lists the aliases of a key, or of all. Pages of no aliases are documented.
func (a *AlibabaKMS) aliasPage(c *alibabaKMSCall, k *alibabaKMSKey) (alibabaReply, *alibabaError) {
	names, reply := a.aliasesOf(k), alibabaReply{}
	from, to, err := c.page(reply, len(names), 0)
	if err != nil {
		return nil, err
	}
	list := []alibabaReply{}
	for _, name := range names[from:to] {
		list = append(list, alibabaReply{
			"AliasName": name, "AliasArn": "acs:kms:" + alibabaRegion + ":" + alibabaKMSAccount + ":" + name, "KeyId": a.aliases[name].id,
		})
	}
	reply["Aliases"] = alibabaReply{"Alias": list}
	return reply, nil
}
