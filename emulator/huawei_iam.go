package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The life of a token, and how its dates are written: support.huaweicloud.com, IAM API Reference, Obtaining a User
// Token Through Password Authentication.
const (
	huaweiTokenLife = 24 * time.Hour
	huaweiIAMTime   = "2006-01-02T15:04:05.000000Z"
)

// huaweiLogin is what a request for a token says.
type huaweiLogin struct {
	Auth struct {
		Identity struct {
			Methods  []string `json:"methods"`
			Password struct {
				User struct {
					Name     string     `json:"name"`
					Password string     `json:"password"`
					Domain   huaweiName `json:"domain"`
				} `json:"user"`
			} `json:"password"`
		} `json:"identity"`
		Scope struct {
			Project *huaweiName `json:"project"`
			Domain  *huaweiName `json:"domain"`
		} `json:"scope"`
	} `json:"auth"`
}

// huaweiName names a project or an account by its id or its name.
type huaweiName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// is reports whether that is meant which has this id and this name.
func (n huaweiName) is(id, name string) bool {
	return (n.ID != "" || n.Name != "") && (n.ID == "" || n.ID == id) && (n.Name == "" || n.Name == name)
}

// createToken serves POST /v3/auth/tokens: a token for the user's password, scoped to the project or, where that is
// asked for or nothing is, to the account.
func (h *HuaweiKMS) createToken(w http.ResponseWriter, body []byte) {
	var in huaweiLogin
	if err := json.Unmarshal(body, &in); err != nil {
		h.failIAM(w, http.StatusBadRequest, "the body is not JSON of the documented form")
		return
	}
	user, scope := in.Auth.Identity.Password.User, in.Auth.Scope
	if !slices.Equal(in.Auth.Identity.Methods, []string{"password"}) || scope.Project != nil && scope.Domain != nil {
		h.failIAM(w, http.StatusBadRequest, "methods is not [password], or the scope is both a project and an account")
		return
	}
	if user.Name != HuaweiUserName || user.Password != HuaweiPassword || !user.Domain.is(HuaweiDomainID, HuaweiDomainName) {
		h.failIAM(w, http.StatusUnauthorized, "The username or password is wrong.")
		return
	}
	if scope.Project != nil && !scope.Project.is(HuaweiProjectID, HuaweiRegion) || scope.Domain != nil && !scope.Domain.is(HuaweiDomainID, HuaweiDomainName) {
		h.failIAM(w, http.StatusUnauthorized, "The project or account of the scope is not the user's.")
		return
	}
	now := h.now()
	token := huaweiToken{expires: now.Add(huaweiTokenLife)}
	domain := huaweiReply{"id": HuaweiDomainID, "name": HuaweiDomainName}
	said := huaweiReply{
		"methods": []string{"password"}, "issued_at": now.UTC().Format(huaweiIAMTime), "expires_at": token.expires.UTC().Format(huaweiIAMTime),
		"user": huaweiReply{"id": HuaweiDomainID, "name": HuaweiUserName, "domain": domain}, "catalog": []string{}, "roles": []string{},
	}
	if scope.Project != nil {
		token.project = HuaweiProjectID
		said["project"] = huaweiReply{"id": HuaweiProjectID, "name": HuaweiRegion, "domain": domain}
	} else {
		said["domain"] = domain
	}
	h.state.Lock()
	h.issued++
	value := fmt.Sprintf("emulator-issued-token-%d", h.issued)
	h.tokens[value] = token
	h.state.Unlock()
	w.Header().Set("X-Subject-Token", value)
	h.reply(w, http.StatusCreated, huaweiReply{"token": said})
}

// listProjects serves GET /v3/projects: the one project, where name asks for it or nothing does.
func (h *HuaweiKMS) listProjects(w http.ResponseWriter, r *http.Request) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		h.failIAM(w, http.StatusBadRequest, "the query is malformed")
		return
	}
	projects := []huaweiReply{}
	if !query.Has("name") || strings.EqualFold(query.Get("name"), HuaweiRegion) {
		projects = append(projects, huaweiReply{
			"id": HuaweiProjectID, "name": HuaweiRegion, "domain_id": HuaweiDomainID, "parent_id": HuaweiDomainID,
			"is_domain": false, "enabled": true, "description": "",
		})
	}
	h.reply(w, http.StatusOK, huaweiReply{"projects": projects, "links": huaweiReply{"self": h.URL() + "/v3/projects", "next": nil, "previous": nil}})
}

// failIAM answers with an error of the IAM's.
func (h *HuaweiKMS) failIAM(w http.ResponseWriter, status int, message string) {
	h.reply(w, status, huaweiReply{"error": huaweiReply{"code": status, "message": message, "title": http.StatusText(status)}})
}
