package emulator

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// guanceWorkspace is a workspace. Its maps are never changed, only replaced.
type guanceWorkspace struct {
	row                       int
	uuid, name, desc          string
	language, menuStyle       string
	owner                     string
	creator, updator          string
	created, updated          time.Time
	modified                  bool
	paid                      bool
	exception                 string
	durations                 map[string]string
	flags                     map[string]bool
	numbers                   map[string]int64
	limits                    map[string]guanceLimit
	members                   int
	token, cliToken, rumToken string
}

// guanceLimit is a daily cap on one kind of data.
type guanceLimit struct {
	Open  bool    `json:"openLimit"`
	Value float64 `json:"value"`
}

// What the External API can set of a workspace, by the names that it shares with the workspace object.
var (
	guanceDurations  = []string{"rp", "logging", "backup_log", "security", "keyevent", "tracing", "rum", "apm"}
	guanceFlags      = []string{"isOpenCustomMappingRule", "esIndexMerged", "leftWildcard", "isOpenLogMultipleIndex"}
	guanceNumbers    = []string{"maxSearchResultCount", "logMultipleIndexCount", "loggingCutSize"}
	guanceLimitKinds = []string{"metric", "network", "rum", "logging", "tracing", "profile", "dialing"}
)

// newWorkspace makes a workspace of the free plan, which the caller completes and puts into place.
func (g *Guance) newWorkspace(creator string, now time.Time) guanceWorkspace {
	g.rows++
	limits := map[string]guanceLimit{}
	for _, kind := range guanceLimitKinds {
		limits[kind] = guanceLimit{}
	}
	return guanceWorkspace{
		row: g.rows, uuid: g.fakeID("wksp_"), creator: creator, updator: creator, created: now, updated: now, members: 1, limits: limits,
		language: "zh", exception: g.settings.ResourceException,
		// As in the vendor's sample of a workspace that was created on the free plan.
		durations: map[string]string{"apm": "7d", "backup_log": "7d", "keyevent": "7d", "logging": "7d", "network": "1d", "rp": "7d"},
		flags:     map[string]bool{"esIndexMerged": true},
		numbers:   map[string]int64{"loggingCutSize": 10240, "logMultipleIndexCount": 0},
		token:     g.fakeID("tkn_"), cliToken: g.fakeID("wkcli_"), rumToken: g.fakeID("rum_"),
	}
}

// target returns the workspace that a request is about: the one in its path, or that of its key.
func (g *Guance) target(c *guanceCall) (guanceWorkspace, *guanceError) {
	ws, ok := g.workspaces.newest(g.targetID(c))
	if !ok {
		return ws, guanceNoWorkspace()
	}
	return ws, nil
}

func (g *Guance) targetID(c *guanceCall) string {
	if c.api == guanceOpen {
		return c.workspace
	}
	return c.id
}

func guanceNoWorkspace() *guanceError {
	return guanceFault("ft.NotFoundWorkspace", "there is no such workspace")
}

// changed puts a workspace into place that a request has changed.
func (g *Guance) changed(c *guanceCall, ws *guanceWorkspace) {
	ws.updated, ws.updator, ws.modified = c.now, c.actor, true
	g.workspaces.put(ws.uuid, c.now, *ws)
}

// createWorkspace is the OpenAPI's: the new workspace belongs to the owner of the key's.
func (g *Guance) createWorkspace(c *guanceCall) (guanceReply, *guanceError) {
	f, refusal := g.fields(c.body)
	if refusal != nil {
		return guanceReply{}, refusal
	}
	name, _ := f.text("name", guanceText{required: true, limit: guanceNameLength})
	desc, _ := f.text("desc", guanceText{null: true, empty: true})
	menuStyle, _ := f.text("menuStyle", guanceText{empty: true}) // which values there are is told in two ways
	withKey, _ := f.flag("needCreateAk")
	keyName, named := f.text("akName", guanceText{empty: g.settings.OptionalAKName, limit: g.settings.KeyNameLimit})
	language, _ := f.text("language", guanceText{null: true, empty: true, oneOf: []string{"zh", "en"}})
	paid, _ := f.flag("createPayWsVersion")
	if withKey && !named && !g.settings.OptionalAKName {
		f.wrong("akName", "is required with needCreateAk")
	}
	if f.failure != nil {
		return guanceReply{}, f.failure
	}
	of, refusal := g.target(c)
	if refusal != nil {
		return guanceReply{}, refusal
	}
	ws := g.newWorkspace(c.actor, c.now)
	ws.name, ws.desc, ws.menuStyle, ws.language, ws.paid, ws.owner = name, desc, menuStyle, cmp.Or(language, ws.language), paid, of.owner
	g.workspaces.put(ws.uuid, c.now, ws)
	var akInfo any
	if g.settings.EmptyAKInfo {
		akInfo = map[string]any{}
	}
	if withKey {
		key := g.addKey(g.newKey(ws.uuid, keyName, c.actor, c.now))
		akInfo = map[string]any{"keyId": key.uuid, "keySk": key.secret, "name": key.name}
	}
	return guanceReply{content: map[string]any{
		"accountInfo": []string{ws.owner}, "akInfo": akInfo, "makeResourceExceptionCode": ws.exception,
		"ownerInfo": map[string]any{"accountUUID": ws.owner, "email": "fake@example.com", "name": "Test"},
		"wsInfo":    g.showWorkspace(&ws, guanceCreated),
	}}, nil
}

// createExternal answers with the workspace object; the vendor's page shows no reply.
func (g *Guance) createExternal(c *guanceCall) (guanceReply, *guanceError) {
	f, refusal := g.fields(c.body)
	if refusal != nil {
		return guanceReply{}, refusal
	}
	name, _ := f.text("name", guanceText{required: true, limit: guanceNameLength})
	owner, _ := f.text("ownerUuid", guanceText{required: true})
	language, _ := f.text("language", guanceText{oneOf: []string{"zh", "en"}})
	_, _ = f.text("storageTypeUUID", guanceText{null: true, empty: true})
	change := guanceChangeOf(f)
	switch {
	case f.failure != nil:
		return guanceReply{}, f.failure
	case !g.settings.hasAccount(owner):
		return guanceReply{}, guanceFault("ft.NotFoundAccount", "there is no account of ownerUuid")
	}
	ws := g.newWorkspace(c.actor, c.now)
	ws.name, ws.owner, ws.language = name, owner, cmp.Or(language, ws.language)
	change.apply(&ws)
	g.workspaces.put(ws.uuid, c.now, ws)
	return guanceReply{content: g.showWorkspace(&ws, guanceCreated)}, nil
}

// guanceChange is what a request of the External API sets.
type guanceChange struct {
	durations map[string]string
	flags     map[string]bool
	numbers   map[string]int64
}

func guanceChangeOf(f *guanceFields) (c guanceChange) {
	c.durations, c.flags, c.numbers = map[string]string{}, map[string]bool{}, map[string]int64{}
	if inner := f.object("durationSet", guanceDurations); inner != nil {
		for _, kind := range guanceDurations {
			text, given := inner.text(kind, guanceText{})
			if given && !guanceDays(text) {
				inner.wrong(kind, "is not a number of days such as 7d")
			} else if given {
				c.durations[kind] = text
			}
		}
		f.within("durationSet", inner)
	}
	for _, name := range guanceFlags {
		if value, given := f.flag(name); given {
			c.flags[name] = value
		}
	}
	for _, name := range guanceNumbers {
		if value, given := f.number(name); given {
			c.numbers[name] = value
		}
	}
	return c
}

// guanceDays reports whether a text is a number of days, of which there is at least one.
func guanceDays(s string) bool {
	digits, ok := strings.CutSuffix(s, "d")
	n, err := strconv.ParseUint(digits, 10, 31)
	return ok && err == nil && n > 0 && digits == strconv.FormatUint(n, 10)
}

// apply leaves alone what the request did not set.
func (c guanceChange) apply(ws *guanceWorkspace) {
	ws.durations, ws.flags, ws.numbers = maps.Clone(ws.durations), maps.Clone(ws.flags), maps.Clone(ws.numbers)
	maps.Copy(ws.durations, c.durations)
	maps.Copy(ws.flags, c.flags)
	maps.Copy(ws.numbers, c.numbers)
}

func (g *Guance) getWorkspace(c *guanceCall) (guanceReply, *guanceError) {
	ws, ok := g.workspaces.seen(g.targetID(c), c.now)
	if !ok {
		return guanceReply{}, guanceNoWorkspace()
	}
	return guanceReply{content: g.showWorkspace(&ws, guanceRead)}, nil
}

// modifyWorkspace is the OpenAPI's.
func (g *Guance) modifyWorkspace(c *guanceCall) (guanceReply, *guanceError) {
	f, refusal := g.fields(c.body)
	if refusal != nil {
		return guanceReply{}, refusal
	}
	name, renamed := f.text("name", guanceText{limit: guanceNameLength})
	desc, described := f.text("desc", guanceText{empty: true})
	if f.failure != nil {
		return guanceReply{}, f.failure
	}
	ws, refusal := g.target(c)
	if refusal != nil {
		return guanceReply{}, refusal
	}
	if renamed {
		ws.name = name
	}
	if described {
		ws.desc = desc
	}
	g.changed(c, &ws)
	return guanceReply{content: g.showWorkspace(&ws, guanceModified)}, nil
}

func (g *Guance) modifyExternal(c *guanceCall) (guanceReply, *guanceError) {
	f, refusal := g.fields(c.body)
	if refusal != nil {
		return guanceReply{}, refusal
	}
	name, renamed := f.text("name", guanceText{limit: guanceNameLength})
	change := guanceChangeOf(f)
	if f.failure != nil {
		return guanceReply{}, f.failure
	}
	ws, refusal := g.target(c)
	if refusal != nil {
		return guanceReply{}, refusal
	}
	if renamed {
		ws.name = name
	}
	change.apply(&ws)
	g.changed(c, &ws)
	return guanceReply{content: g.showWorkspace(&ws, guanceModified)}, nil
}

// deleteWorkspace removes a workspace and its keys at once. That its content is true is not documented.
func (g *Guance) deleteWorkspace(c *guanceCall) (guanceReply, *guanceError) {
	ws, refusal := g.target(c)
	if refusal != nil {
		return guanceReply{}, refusal
	}
	g.workspaces.remove(ws.uuid, c.now)
	for id := range g.keys.of {
		if key, ok := g.keys.newest(id); ok && key.workspace == ws.uuid {
			g.dropKey(key, c.now)
		}
	}
	return guanceReply{content: true}, nil
}

// listWorkspaces lists in the order of creation, which the vendor does not promise.
func (g *Guance) listWorkspaces(c *guanceCall) (guanceReply, *guanceError) {
	index, refusal := c.query.number("pageIndex", 1, 1<<31-1)
	if refusal != nil {
		return guanceReply{}, refusal
	}
	size, refusal := c.query.number("pageSize", guancePageSize, guanceMaxPage)
	if refusal != nil {
		return guanceReply{}, refusal
	}
	search := c.query.text("search")
	all := slices.DeleteFunc(g.workspaces.all(c.now), func(ws guanceWorkspace) bool { return !strings.Contains(ws.name, search) })
	slices.SortFunc(all, func(a, b guanceWorkspace) int { return a.row - b.row })
	first := min((int64(index)-1)*int64(size), int64(len(all)))
	shown := []any{}
	for _, ws := range all[first:min(first+int64(size), int64(len(all)))] {
		shown = append(shown, g.showWorkspace(&ws, guanceRead))
	}
	return guanceReply{content: g.list(shown), page: &guancePage{Count: len(shown), Index: index, Size: size, Total: len(all)}}, nil
}

// list is the content of a listing.
func (g *Guance) list(items []any) any {
	if g.settings.DataLists {
		return map[string]any{"data": items}
	}
	return items
}
