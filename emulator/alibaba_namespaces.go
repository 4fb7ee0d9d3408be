package emulator

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// alibabaFirstID is the id of the first namespace, the one of the documentation: like all that follow it is too large
// for a float64 to tell from its neighbours.
const alibabaFirstID = 657717877171818497

// alibabaNamespace is a namespace and what becomes of it.
type alibabaNamespace struct {
	namespace
	serial  int64
	deleted time.Time // when DeleteKvNamespace was called
	bound   int64     // no less than the bytes it holds
}

// status is what a namespace is at the moment, empty once it is forgotten. How long the vendor takes, and
// whether a namespace has to be empty, is not documented; here it need not be.
func (a *Alibaba) status(ns *alibabaNamespace, now time.Time) string {
	since := now.Sub(ns.deleted)
	switch third := a.config.Deletion / 3; {
	case ns.deleted.IsZero():
		return "online"
	case since < third:
		return "delete"
	case since < 2*third:
		return "deleting"
	case since < a.config.Deletion:
		return "deleted"
	}
	return ""
}

// known returns the namespaces that still have a status, in the order of their names.
func (a *Alibaba) known(now time.Time) []*alibabaNamespace {
	maps.DeleteFunc(a.namespaces, func(_ string, ns *alibabaNamespace) bool { return a.status(ns, now) == "" })
	return slices.SortedFunc(maps.Values(a.namespaces), func(x, y *alibabaNamespace) int { return strings.Compare(x.name, y.name) })
}

// namespaceName reads and checks the parameter that every action on a namespace has.
func (a *Alibaba) namespaceName(c *alibabaCall) (string, *alibabaError) {
	name, err := c.params.required("Namespace")
	if err != nil {
		return "", err
	}
	if !a.validName(name) {
		return "", alibabaFault("InvalidNameSpace.Malformed")
	}
	return name, nil
}

// validName is stricter than the documentation, which only says that a name is not empty.
func (a *Alibaba) validName(name string) bool {
	if a.config.AnyNames {
		return name != "" && utf8.ValidString(name)
	}
	return name != "" && len(name) <= alibabaMaxName && alibabaWord(name)
}

// alibabaWord reports whether a text is of letters, digits, - and _ alone.
func alibabaWord(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_')
	})
}

// online returns the namespace that a request is about. One that is being deleted takes no more requests.
func (a *Alibaba) online(c *alibabaCall) (*alibabaNamespace, *alibabaError) {
	name, err := a.namespaceName(c)
	if err != nil {
		return nil, err
	}
	ns, ok := a.namespaces[name]
	if !ok || a.status(ns, c.now) != "online" {
		return nil, alibabaFault("InvalidNameSpace.NotFound")
	}
	return ns, nil
}

func (a *Alibaba) createKvNamespace(c *alibabaCall) (alibabaReply, *alibabaError) {
	name, err := a.namespaceName(c)
	if err != nil {
		return nil, err
	}
	description := c.params.text("Description")
	if !utf8.ValidString(description) || utf8.RuneCountInString(description) > alibabaMaxDescription {
		return nil, alibabaBad("Description")
	}
	count := 0
	for _, ns := range a.known(c.now) {
		if a.status(ns, c.now) == "deleted" {
			continue
		}
		if ns.name == name {
			return nil, alibabaFault("InvalidNameSpace.Duplicate")
		}
		count++
	}
	if count >= a.config.NamespaceQuota {
		return nil, alibabaFault("InvalidNameSpace.QuotaFull")
	}
	a.created++
	ns := &alibabaNamespace{serial: alibabaFirstID + a.created - 1}
	ns.namespace = namespace{id: alibabaNumber(ns.serial), name: name, description: description, created: c.now, updated: c.now}
	a.namespaces[name] = ns
	a.store.add(&ns.namespace)
	return a.describe(ns, c.now), nil
}

func (a *Alibaba) getKvNamespace(c *alibabaCall) (alibabaReply, *alibabaError) {
	name, err := a.namespaceName(c)
	if err != nil {
		return nil, err
	}
	ns, ok := a.namespaces[name]
	if !ok || a.status(ns, c.now) == "" {
		return nil, alibabaFault("InvalidNameSpace.NotFound")
	}
	reply := a.describe(ns, c.now)
	a.room(reply, a.config.Capacity, a.store.used(&ns.namespace, c.now))
	return reply, nil
}

func (a *Alibaba) deleteKvNamespace(c *alibabaCall) (alibabaReply, *alibabaError) {
	ns, err := a.online(c)
	if err != nil {
		return nil, err
	}
	ns.deleted, ns.keys = c.now, map[string][]version{}
	delete(a.store.namespaces, ns.id)
	return alibabaReply{}, nil
}

func (a *Alibaba) getKvAccount(c *alibabaCall) (alibabaReply, *alibabaError) {
	list, used, count := []alibabaReply{}, int64(0), 0
	for _, ns := range a.known(c.now) {
		held := a.store.used(&ns.namespace, c.now)
		item := a.describe(ns, c.now)
		a.room(item, a.config.Capacity, held)
		list, used = append(list, item), used+held
		if item["Status"] != "deleted" {
			count++
		}
	}
	reply := alibabaReply{
		"Status": a.accountStatus(), "NamespaceQuota": a.config.NamespaceQuota, "NamespaceUsed": count, "NamespaceList": list,
	}
	// The guide says 10 GB for an account of 10 namespaces; the page's sample shows 1 GB.
	a.room(reply, a.config.Capacity*int64(a.config.NamespaceQuota), used)
	return reply, nil
}

func (a *Alibaba) describeKvAccountStatus(*alibabaCall) (alibabaReply, *alibabaError) {
	return alibabaReply{"Status": a.accountStatus()}, nil
}

func (a *Alibaba) accountStatus() string {
	if a.config.Offline {
		return "offline"
	}
	return "online"
}

// describe is what CreateKvNamespace tells of a namespace, and others more than.
func (a *Alibaba) describe(ns *alibabaNamespace, now time.Time) alibabaReply {
	return alibabaReply{
		"Namespace": ns.name, "Description": ns.description, "Status": a.status(ns, now),
		"NamespaceId": alibabaDigits(ns.serial, a.config.NumericID),
	}
}

// room tells of a capacity and what of it is used. Capacity is the limit, as in the vendor's sample, although the
// text says "available".
func (a *Alibaba) room(reply alibabaReply, capacity, used int64) {
	reply["Capacity"], reply["CapacityString"] = capacity, alibabaSize(capacity)
	reply["CapacityUsed"], reply["CapacityUsedString"] = used, alibabaSize(used)
}

// alibabaSize writes a size as in "1 GB".
func alibabaSize(n int64) string {
	size, units := float64(n), []string{"B", "KB", "MB", "GB", "TB"}
	for size >= 1024 && len(units) > 1 {
		size, units = size/1024, units[1:]
	}
	return strconv.FormatFloat(size, 'f', -1, 32) + " " + units[0]
}

// alibabaDigits is a whole number as JSON, as a number or in a string.
func alibabaDigits(n int64, number bool) any {
	if number {
		return json.Number(alibabaNumber(n))
	}
	return alibabaNumber(n)
}
