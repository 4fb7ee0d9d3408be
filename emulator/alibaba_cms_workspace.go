package emulator

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// alibabaWorkspace is a workspace. Its tags are never changed, only replaced.
type alibabaWorkspace struct {
	name, displayName, description string
	project, group                 string
	tags                           []alibabaTag
	created, modified              time.Time
}

// alibabaTag is a tag of a workspace.
type alibabaTag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// workspaceName checks the name in a path.
func (a *AlibabaCMS) workspaceName(name string) *alibabaError {
	ok := name != "" && name != "." && name != ".." && utf8.ValidString(name)
	if a.settings.StrictNames {
		other := func(c rune) bool { return !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-') }
		ok = len(name) >= 3 && len(name) <= 63 && !strings.ContainsFunc(name, other) && strings.Trim(name, "-") == name
	}
	if !ok {
		return alibabaBad("workspaceName")
	}
	return nil
}

// putWorkspace creates a workspace, or changes it.
func (a *AlibabaCMS) putWorkspace(c *alibabaCMSCall) (alibabaReply, *alibabaError) {
	if err := a.workspaceName(c.name); err != nil {
		return nil, err
	}
	fields, problem := jsonObject(c.body)
	if problem != nil {
		return nil, &alibabaError{code: "InvalidParameter", message: "The body is refused: " + problem.Error() + "."}
	}
	// What is null counts as not sent, and fields of other names are passed over.
	maps.DeleteFunc(fields, func(_ string, raw json.RawMessage) bool { return jsonIsNull(raw) })
	ws, there := a.workspaces.newest(c.name)
	switch {
	case there && a.settings.CreateOnly:
		return nil, alibabaFault("WorkspaceAlreadyExist")
	case !there:
		ws = alibabaWorkspace{name: c.name, created: c.now}
	case !a.settings.KeepUnsent:
		ws = alibabaWorkspace{name: c.name, created: ws.created}
	}
	for _, field := range []struct {
		name  string
		value *string
	}{{"slsProject", &ws.project}, {"displayName", &ws.displayName}, {"description", &ws.description}, {"resourceGroupId", &ws.group}} {
		raw, given := fields[field.name]
		text, ok := jsonText(raw)
		switch {
		case !given:
		case !ok:
			return nil, alibabaBad(field.name)
		default:
			*field.value = text
		}
	}
	if _, given := fields["slsProject"]; !given {
		return nil, alibabaMissing("SlsProject")
	}
	if ws.project == "" {
		return nil, alibabaBad("slsProject")
	}
	if len(a.settings.Projects) > 0 && !slices.Contains(a.settings.Projects, ws.project) {
		return nil, alibabaFault("ProjectNotExist")
	}
	if raw, given := fields["tags"]; given {
		tags, ok := alibabaTags(raw, true)
		if !ok {
			return nil, alibabaBad("tags")
		}
		ws.tags = tags
	}
	ws.modified = c.now
	a.workspaces.put(ws.name, c.now, ws)
	return alibabaReply{"workspaceName": ws.name}, nil
}

// alibabaTags reads an array of tags whose keys differ. The value may be missing in a filter. One that is
// missing or empty there stands for any.
func alibabaTags(raw []byte, valued bool) ([]alibabaTag, bool) {
	var list []json.RawMessage
	if len(raw) == 0 || raw[0] != '[' || !utf8.Valid(raw) || json.Unmarshal(raw, &list) != nil {
		return nil, false
	}
	tags := []alibabaTag{}
	for _, item := range list {
		fields, err := jsonObject(item)
		if err != nil {
			return nil, false
		}
		key, ok := jsonText(fields["key"])
		if !ok || key == "" || slices.ContainsFunc(tags, func(t alibabaTag) bool { return t.Key == key }) {
			return nil, false
		}
		value, ok := jsonText(fields["value"])
		if _, given := fields["value"]; !ok && (given || valued) {
			return nil, false
		}
		tags = append(tags, alibabaTag{key, value})
	}
	return tags, true
}

func (a *AlibabaCMS) getWorkspace(c *alibabaCMSCall) (alibabaReply, *alibabaError) {
	if err := a.workspaceName(c.name); err != nil {
		return nil, err
	}
	ws, ok := a.workspaces.seen(c.name, c.now)
	if !ok {
		return nil, alibabaFault(a.settings.NotFoundCode)
	}
	return a.show(ws), nil
}

func (a *AlibabaCMS) deleteWorkspace(c *alibabaCMSCall) (alibabaReply, *alibabaError) {
	if err := a.workspaceName(c.name); err != nil {
		return nil, err
	}
	_, ok := a.workspaces.newest(c.name)
	switch {
	case ok:
		a.workspaces.remove(c.name, c.now)
	case !a.settings.DeleteAbsent:
		return nil, alibabaFault(a.settings.NotFoundCode)
	}
	return alibabaReply{}, nil
}

// listWorkspaces lists in the order of the names, which the vendor does not promise. A token names the last workspace
// of its page, so that deletions between two pages skip nothing.
func (a *AlibabaCMS) listWorkspaces(c *alibabaCMSCall) (alibabaReply, *alibabaError) {
	size := int64(alibabaCMSPage)
	if given, err := c.params.integer("maxResults", 32); err != nil {
		return nil, err
	} else if given != nil {
		size = *given
	}
	if size < 1 || size > alibabaCMSPage {
		return nil, alibabaBad("maxResults")
	}
	last, err := alibabaCMSToken(c.params.text("nextToken"))
	if err != nil {
		return nil, err
	}
	match, err := alibabaCMSFilter(c.params)
	if err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(a.workspaces.all(c.now), func(ws alibabaWorkspace) bool { return !match(ws) })
	slices.SortFunc(all, func(x, y alibabaWorkspace) int { return strings.Compare(x.name, y.name) })
	total := len(all)
	all = slices.DeleteFunc(all, func(ws alibabaWorkspace) bool { return ws.name <= last })
	reply := alibabaReply{"total": total, "maxResults": size}
	if a.settings.EmptyNextToken {
		reply["nextToken"] = ""
	}
	if int64(len(all)) > size {
		all = all[:size]
		reply["nextToken"] = base64.RawURLEncoding.EncodeToString([]byte(alibabaCMSAfter + all[size-1].name))
	}
	shown := []alibabaReply{}
	for _, ws := range all {
		shown = append(shown, a.show(ws))
	}
	reply["workspaces"] = shown
	return reply, nil
}

// alibabaCMSAfter is in front of the name in a token.
const alibabaCMSAfter = "after:"

// alibabaCMSToken returns the name that a page begins after.
func alibabaCMSToken(token string) (string, *alibabaError) {
	if token == "" {
		return "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	name, ok := strings.CutPrefix(string(text), alibabaCMSAfter)
	if err != nil || !ok || name == "" {
		return "", alibabaBad("nextToken")
	}
	return name, nil
}

// alibabaCMSFilter reads the filters of a listing; a workspace has to pass all. What is empty is no filter.
func alibabaCMSFilter(p *alibabaParams) (func(alibabaWorkspace) bool, *alibabaError) {
	region, like, group := p.text("region"), p.text("workspaceName"), p.text("resourceGroupId")
	var names []string
	if list := p.text("workspaceNameList"); list != "" {
		names = strings.Split(list, ",")
	}
	var tags []alibabaTag
	if text := p.text("tags"); text != "" {
		var ok bool
		if tags, ok = alibabaTags([]byte(text), false); !ok {
			return nil, alibabaBad("tags")
		}
	}
	return func(ws alibabaWorkspace) bool {
		for _, want := range tags {
			if !slices.ContainsFunc(ws.tags, func(t alibabaTag) bool { return t == want || want.Value == "" && t.Key == want.Key }) {
				return false
			}
		}
		return (region == "" || region == alibabaRegion) && strings.Contains(ws.name, like) &&
			(group == "" || group == ws.group) && (names == nil || slices.Contains(names, ws.name))
	}, nil
}

// show is what GetWorkspace and ListWorkspaces tell of a workspace.
func (a *AlibabaCMS) show(ws alibabaWorkspace) alibabaReply {
	layout := alibabaTime
	if a.settings.Milliseconds {
		layout = "2006-01-02T15:04:05.000Z"
	}
	reply := alibabaReply{
		"workspaceName": ws.name, "slsProject": ws.project, "regionId": alibabaRegion,
		"createTime": ws.created.UTC().Format(layout), "lastModifyTime": ws.modified.UTC().Format(layout),
	}
	for name, value := range map[string]string{"displayName": ws.displayName, "description": ws.description, "resourceGroupId": ws.group} {
		if value != "" || !a.settings.OmitEmpty {
			reply[name] = value
		}
	}
	if len(ws.tags) > 0 || !a.settings.OmitEmpty {
		reply["tags"] = append([]alibabaTag{}, ws.tags...)
	}
	return reply
}
