package emulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// guanceView is what an object is shown for: which fields it has, and of which types, differs.
type guanceView int

const (
	guanceCreated guanceView = iota
	guanceModified
	guanceRead
)

// showWorkspace renders the workspace object. A creation shows the fields of the vendor's sample of one, no more.
func (g *Guance) showWorkspace(ws *guanceWorkspace, view guanceView) map[string]any {
	datastore := map[string]string{"metric": "influxdb"}
	for _, kind := range []string{
		"backup_log", "custom_object", "keyevent", "logging", "network", "object", "object_history", "rum", "security", "tracing",
	} {
		datastore[kind] = "es"
	}
	state, version := "free", "free"
	if ws.paid {
		state, version = "normal", "pay"
	}
	id := ws.uuid[len("wksp_"):]
	o := map[string]any{
		"billingState": state, "createAt": guanceTime{ws.created}, "creator": ws.creator, "dashboardUUID": nil, "datastore": datastore,
		"dbUUID": "ifdb_" + id, "deleteAt": -1, "desc": ws.desc, "durationSet": ws.durations, "enablePublicDataway": 1,
		"esIndexMerged": guanceBit(ws.flags["esIndexMerged"]), "esIndexSettings": map[string]any{}, "esInstanceUUID": "es_" + id, "exterId": "",
		"id": nil, "isLocked": 0, "isOpenLogMultipleIndex": ws.flags["isOpenLogMultipleIndex"], "lockAt": -1,
		"loggingCutSize": ws.numbers["loggingCutSize"], "makeResourceExceptionCode": ws.exception, "name": ws.name, "rpName": "rp1", "status": 0,
		"supportJsonMessage": 1, "updateAt": guanceTime{ws.updated}, "updator": ws.updator, "uuid": ws.uuid, "versionType": version,
	}
	if view != guanceCreated {
		maps.Copy(o, g.readBack(ws))
	}
	if view == guanceRead || g.settings.OldReplies {
		o["token"], o["cliToken"] = ws.token, ws.cliToken
	}
	if g.settings.OldReplies {
		o["rumDataWayToken"] = ws.rumToken
	}
	return g.vary(o)
}

// readBack has the fields that a get and a modify show beyond those of a creation, or differently.
func (g *Guance) readBack(ws *guanceWorkspace) map[string]any {
	o := map[string]any{
		"AutomataServerRegionType": "", "IssueGlobalOpenStatus": false, "bossStation": "", "declaration": map[string]any{"business": "", "organization": nil},
		"enableMFA": false, "esIndexSettings": map[string]any{"logging": map[string]any{
			"hot_retention": 24, "number_of_replicas": 1, "number_of_shards": 1, "openAdvancedConfig": 0, "rollover_max_size": 30,
		}},
		"expensiveCfg": map[string]any{}, "extend": map[string]any{}, "faviconUrl": "", "id": ws.row, "indexDashboardInfo": map[string]any{},
		"inviteAudit": 0, "isOpenCustomMappingRule": guanceBit(ws.flags["isOpenCustomMappingRule"]),
		"isOpenLogMultipleIndex": guanceBit(ws.flags["isOpenLogMultipleIndex"]), "isOpenWarehouse": 0, "language": ws.language,
		"lastDqlDataCheckTime": map[string]any{"metric": false}, "leftExpensiveQuery": false, "leftWildcard": ws.flags["leftWildcard"],
		"logMultipleIndexCount": ws.numbers["logMultipleIndexCount"], "logoUrl": "", "memberCount": strconv.Itoa(ws.members), "menuStyle": ws.menuStyle,
		"note": "", "noviceGuide": false, "tenantId": 1, "timezone": "Asia/Shanghai",
	}
	if n, ok := ws.numbers["maxSearchResultCount"]; ok {
		o["maxSearchResultCount"] = n
	}
	if g.settings.OldReplies {
		o["memberCount"] = ws.members
	}
	if ws.modified {
		o["updateAt"] = guanceFraction(ws.updated) // as in the vendor's sample
	}
	return o
}

// showKey renders an API key.
func (g *Guance) showKey(key *guanceKey, view guanceView) map[string]any {
	o := map[string]any{
		"createAt": guanceTime{key.created}, "creator": key.creator, "deleteAt": -1, "id": nil, "name": key.name, "roles": key.roles, "sk": key.secret,
		"status": 0, "updateAt": guanceTime{key.updated}, "updator": key.updator, "uuid": key.uuid, "workspaceUUID": key.workspace,
	}
	if view != guanceCreated {
		o["id"] = key.row
		o["creatorInfo"] = map[string]any{"email": "fake@example.com", "iconUrl": "", "name": "Test", "username": "fake@example.com"}
		if g.settings.OmitKeySecrets {
			delete(o, "sk")
		}
	}
	return g.vary(o)
}

// guanceTime is a time in whole seconds.
type guanceTime struct{ at time.Time }

// String returns the seconds in decimal.
func (t guanceTime) String() string { return strconv.FormatInt(t.at.Unix(), 10) }

// MarshalJSON implements json.Marshaler.
func (t guanceTime) MarshalJSON() ([]byte, error) { return []byte(t.String()), nil }

// guanceFraction is a time in seconds with microseconds.
func guanceFraction(t time.Time) json.Number {
	return json.Number(fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000))
}

func guanceBit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// The fields whose types vary.
var (
	guanceTimes = []string{"createAt", "updateAt", "deleteAt", "lockAt"}
	guanceBits  = []string{
		"isLocked", "enablePublicDataway", "esIndexMerged", "supportJsonMessage", "isOpenLogMultipleIndex", "isOpenWarehouse",
		"isOpenCustomMappingRule", "inviteAudit",
	}
	guanceCounts = []string{"id", "status", "loggingCutSize", "logMultipleIndexCount", "maxSearchResultCount", "tenantId", "memberCount"}
	guanceUnset  = []string{"id", "dashboardUUID", "deleteAt", "lockAt", "exterId", "note", "menuStyle", "timezone", "memberCount", "extend"}
)

// vary gives an object the types that are its turn, with OddTypes.
func (g *Guance) vary(o map[string]any) map[string]any {
	if !g.settings.OddTypes {
		return o
	}
	turn := g.shown % 4
	g.shown++
	each := func(names []string, change func(any) any) {
		for _, name := range names {
			if value, ok := o[name]; ok && value != nil {
				o[name] = change(value)
			}
		}
	}
	switch turn {
	case 0:
		each(guanceTimes, func(v any) any {
			switch v := v.(type) {
			case guanceTime:
				return guanceFraction(v.at)
			case int:
				return json.Number(strconv.Itoa(v) + ".0")
			}
			return v
		})
		each(guanceBits, func(v any) any { return v == true || v == 1 })
	case 1:
		each(slices.Concat(guanceTimes, guanceCounts), func(v any) any { return fmt.Sprint(v) })
	case 2:
		each(guanceUnset, func(any) any { return nil })
		if o["desc"] == "" {
			o["desc"] = nil
		}
	}
	return o
}
