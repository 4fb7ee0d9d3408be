package emulator

import (
	"encoding/json"
	"maps"
	"math"
)

// getUsageLimit answers with the map that an update takes, in the same field; the vendor's page shows no reply.
func (g *Guance) getUsageLimit(c *guanceCall) (guanceReply, *guanceError) {
	ws, ok := g.workspaces.seen(c.id, c.now)
	if !ok {
		return guanceReply{}, guanceNoWorkspace()
	}
	return guanceShowLimits(&ws), nil
}

func guanceShowLimits(ws *guanceWorkspace) guanceReply {
	return guanceReply{content: map[string]any{"config": ws.limits, "workspaceUUID": ws.uuid}}
}

// updateUsageLimit changes the caps that it names and leaves the others alone, which is not documented.
func (g *Guance) updateUsageLimit(c *guanceCall) (guanceReply, *guanceError) {
	f, refusal := g.fields(c.body)
	if refusal != nil {
		return guanceReply{}, refusal
	}
	config, limits := f.object("config", guanceLimitKinds), map[string]guanceLimit{}
	if config == nil {
		f.wrong("config", "is required")
		return guanceReply{}, f.failure
	}
	for kind := range config.raw {
		limits[kind] = config.limit(kind)
	}
	if f.within("config", config); f.failure != nil {
		return guanceReply{}, f.failure
	}
	ws, refusal := g.target(c)
	if refusal != nil {
		return guanceReply{}, refusal
	}
	all := maps.Clone(ws.limits)
	maps.Copy(all, limits)
	ws.limits = all
	g.changed(c, &ws)
	return guanceShowLimits(&ws), nil
}

// limit returns one cap: whether it holds, and a number from 0 on.
func (f *guanceFields) limit(kind string) (l guanceLimit) {
	inner := f.object(kind, []string{"openLimit", "value"})
	if inner == nil {
		return l
	}
	open, given := inner.flag("openLimit")
	if !given {
		inner.wrong("openLimit", "is required")
	}
	l.Open = open
	if raw, ok := inner.raw["value"]; ok {
		if jsonIsNull(raw) || json.Unmarshal(raw, &l.Value) != nil || l.Value < 0 || math.IsInf(l.Value, 0) {
			inner.wrong("value", "is not a number from 0 on")
		}
	} else if open {
		inner.wrong("value", "is required with openLimit")
	}
	f.within(kind, inner)
	return l
}

// transferOwner gives a workspace another owner; the old one is no member any more.
func (g *Guance) transferOwner(c *guanceCall) (guanceReply, *guanceError) {
	f, refusal := g.fields(c.body)
	if refusal != nil {
		return guanceReply{}, refusal
	}
	account, _ := f.text("accountUUID", guanceText{required: true})
	if f.failure != nil {
		return guanceReply{}, f.failure
	}
	ws, refusal := g.target(c)
	switch {
	case refusal != nil:
		return guanceReply{}, refusal
	case !g.settings.hasAccount(account):
		return guanceReply{}, guanceFault("ft.NotFoundAccount", "there is no account of accountUUID")
	}
	ws.owner = account
	g.changed(c, &ws)
	return guanceReply{content: true}, nil
}
