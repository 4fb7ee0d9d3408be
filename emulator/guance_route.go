package emulator

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// guanceRoute is one operation of one API or of both. The segment ID of its path, which is below
// /api/v1/workspace, stands for anything.
type guanceRoute struct {
	apis                 guanceAPI
	method, path, action string
	run                  func(*Guance, *guanceCall) (guanceReply, *guanceError)
}

var guanceRoutes = []guanceRoute{
	{guanceOpen, "POST", "create", "CreateWorkspace", (*Guance).createWorkspace},
	{guanceOpen, "GET", "get", "GetWorkspace", (*Guance).getWorkspace},
	{guanceOpen, "POST", "modify", "ModifyWorkspace", (*Guance).modifyWorkspace},
	{guancePrivate, "POST", "create", "CreateWorkspace", (*Guance).createExternal},
	{guancePrivate, "GET", "list", "ListWorkspaces", (*Guance).listWorkspaces},
	{guancePrivate, "GET", "ID/get", "GetWorkspace", (*Guance).getWorkspace},
	{guancePrivate, "POST", "ID/modify", "ModifyWorkspace", (*Guance).modifyExternal},
	{guancePrivate, "POST", "ID/delete", "DeleteWorkspace", (*Guance).deleteWorkspace},
	{guancePrivate, "GET", "ID/usage_limit/get", "GetUsageLimit", (*Guance).getUsageLimit},
	{guancePrivate, "POST", "ID/usage_limit/update", "UpdateUsageLimit", (*Guance).updateUsageLimit},
	{guancePrivate, "POST", "ID/owner/transfer", "TransferOwner", (*Guance).transferOwner},
	{guanceOpen | guancePrivate, "POST", "accesskey/add", "AddAccessKey", (*Guance).addAccessKey},
	{guanceOpen | guancePrivate, "GET", "accesskey/list", "ListAccessKeys", (*Guance).listAccessKeys},
	{guanceOpen | guancePrivate, "GET", "accesskey/ID/get", "GetAccessKey", (*Guance).getAccessKey},
	{guanceOpen | guancePrivate, "GET", "accesskey/ID/delete", "DeleteAccessKey", (*Guance).deleteAccessKey},
	{guancePrivate, "POST", "accesskey/ID/modify", "ModifyAccessKey", (*Guance).modifyAccessKey},
}

// route finds the operation that a request asks an API for, and the id in its path.
func (g *Guance) route(r *http.Request, api guanceAPI) (guanceRoute, string, *guanceError) {
	segments, ok := pathSegments(r)
	nowhere := guanceFault("ft.NotFoundRoute", "there is no such operation in this API")
	if !ok || len(segments) < 4 || strings.Join(segments[:3], "/") != "api/v1/workspace" {
		return guanceRoute{}, "", nowhere
	}
	method := r.Method
	if g.settings.PostKeyDelete && len(segments) == 6 && segments[3] == "accesskey" && segments[5] == "delete" && method == http.MethodPost {
		method = http.MethodGet
	}
	refusal := nowhere
	for _, route := range guanceRoutes {
		id, ok := route.match(segments[3:])
		switch {
		case !ok || route.apis&api == 0:
		case route.method != method:
			refusal = guanceFault("ft.MethodNotAllowed", "the operation has another method")
		default:
			return route, id, nil
		}
	}
	return guanceRoute{}, "", refusal
}

// match compares the segments with the route's path.
func (route guanceRoute) match(segments []string) (id string, ok bool) {
	pattern := strings.Split(route.path, "/")
	if len(pattern) != len(segments) {
		return "", false
	}
	for i, want := range pattern {
		switch want {
		case "ID":
			id = segments[i]
		case segments[i]:
		default:
			return "", false
		}
	}
	return id, true
}

// guanceQuery is a query string, whose names come once each. Names that mean nothing are passed over.
type guanceQuery struct{ values url.Values }

func guanceQueryOf(raw string) (*guanceQuery, *guanceError) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, guanceBad("the query is malformed")
	}
	for _, all := range values {
		if len(all) > 1 {
			return nil, guanceBad("a parameter of the query occurs twice")
		}
	}
	return &guanceQuery{values}, nil
}

func (q *guanceQuery) text(name string) string { return q.values.Get(name) }

// number returns a whole number of the query that has to be from 1 to most.
func (q *guanceQuery) number(name string, otherwise, most int) (int, *guanceError) {
	if !q.values.Has(name) {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(q.text(name), 10, 32)
	if err != nil || n < 1 || int(n) > most {
		return 0, guanceBad(name + " is not a whole number from 1 to " + strconv.Itoa(most))
	}
	return int(n), nil
}
