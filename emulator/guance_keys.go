package emulator

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
)

// guanceKey is an API key of a workspace.
type guanceKey struct {
	row              int
	uuid, name       string
	secret           string
	workspace        string
	roles            []string
	creator, updator string
	created, updated time.Time
}

// fakeID returns an id or a secret of the vendor's form, the same in every run.
func (g *Guance) fakeID(prefix string) string {
	sum := sha256.Sum256([]byte(prefix + strconv.Itoa(g.rows)))
	return prefix + hex.EncodeToString(sum[:16])
}

// newKey makes a key, which the caller completes and adds. What a role permits is not documented: here all may do all.
func (g *Guance) newKey(workspace, name, creator string, now time.Time) guanceKey {
	g.rows++
	return guanceKey{
		row: g.rows, uuid: g.fakeID("wsak_"), name: name, secret: g.fakeID("fake-sk-"), workspace: workspace, roles: []string{"wsAdmin"},
		creator: creator, updator: creator, created: now, updated: now,
	}
}

func (g *Guance) addKey(key guanceKey) guanceKey {
	g.secrets[key.secret] = key.uuid
	g.keys.put(key.uuid, key.created, key)
	return key
}

func (g *Guance) dropKey(key guanceKey, now time.Time) {
	delete(g.secrets, key.secret)
	g.keys.remove(key.uuid, now)
}

// mayUse reports whether a request may touch a key: with the OpenAPI only one of the same workspace.
func (c *guanceCall) mayUse(key guanceKey) bool {
	return c.api == guancePrivate || key.workspace == c.workspace
}

func (g *Guance) targetKey(c *guanceCall) (guanceKey, *guanceError) {
	key, ok := g.keys.newest(c.id)
	if !ok || !c.mayUse(key) {
		return key, guanceNoKey()
	}
	return key, nil
}

func guanceNoKey() *guanceError {
	return guanceFault("ft.NotFoundAccessKey", "there is no such API key")
}

// addAccessKey adds a key: to the workspace of the request's key, or with the External API to the one it names.
func (g *Guance) addAccessKey(c *guanceCall) (guanceReply, *guanceError) {
	f, refusal := g.fields(c.body)
	if refusal != nil {
		return guanceReply{}, refusal
	}
	name, _ := f.text("name", guanceText{required: true, limit: g.settings.KeyNameLimit})
	roles := f.texts("roleUUIDs")
	workspace := c.workspace
	if c.api == guancePrivate {
		workspace, _ = f.text("workspaceUUID", guanceText{required: true})
	}
	if slices.Contains(roles, "owner") {
		f.wrong("roleUUIDs", "must not have owner")
	}
	if f.failure != nil {
		return guanceReply{}, f.failure
	}
	if _, ok := g.workspaces.newest(workspace); !ok {
		return guanceReply{}, guanceNoWorkspace()
	}
	key := g.newKey(workspace, name, c.actor, c.now)
	if len(roles) > 0 {
		key.roles = roles
	}
	g.addKey(key)
	return guanceReply{content: g.showKey(&key, guanceCreated)}, nil
}

// listAccessKeys lists in the order of creation, without pages. That workspaceUUID narrows the listing of the External
// API is not documented.
func (g *Guance) listAccessKeys(c *guanceCall) (guanceReply, *guanceError) {
	search, workspace := c.query.text("search"), c.query.text("workspaceUUID")
	if c.api == guanceOpen {
		workspace = c.workspace
	}
	keys := slices.DeleteFunc(g.keys.all(c.now), func(key guanceKey) bool {
		return workspace != "" && key.workspace != workspace || !strings.Contains(key.name, search)
	})
	slices.SortFunc(keys, func(a, b guanceKey) int { return a.row - b.row })
	shown := []any{}
	for _, key := range keys {
		shown = append(shown, g.showKey(&key, guanceRead))
	}
	return guanceReply{content: g.list(shown)}, nil
}

func (g *Guance) getAccessKey(c *guanceCall) (guanceReply, *guanceError) {
	key, ok := g.keys.seen(c.id, c.now)
	if !ok || !c.mayUse(key) {
		return guanceReply{}, guanceNoKey()
	}
	return guanceReply{content: g.showKey(&key, guanceRead)}, nil
}

func (g *Guance) deleteAccessKey(c *guanceCall) (guanceReply, *guanceError) {
	key, refusal := g.targetKey(c)
	if refusal != nil {
		return guanceReply{}, refusal
	}
	g.dropKey(key, c.now)
	return guanceReply{content: true}, nil
}

// modifyAccessKey renames a key; only the External API has it.
func (g *Guance) modifyAccessKey(c *guanceCall) (guanceReply, *guanceError) {
	f, refusal := g.fields(c.body)
	if refusal != nil {
		return guanceReply{}, refusal
	}
	name, _ := f.text("name", guanceText{required: true, limit: g.settings.KeyNameLimit})
	if f.failure != nil {
		return guanceReply{}, f.failure
	}
	key, refusal := g.targetKey(c)
	if refusal != nil {
		return guanceReply{}, refusal
	}
	key.name, key.updated, key.updator = name, c.now, c.actor
	g.keys.put(key.uuid, c.now, key)
	return guanceReply{content: g.showKey(&key, guanceModified)}, nil
}
