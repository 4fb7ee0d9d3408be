package emulator_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

type cloudflareNamespace struct {
	ID, Title string
	Escaping  *bool `json:"supports_url_encoding"`
	Beta      *bool
}

func (a cloudflareAnswer) namespaces(t testing.TB) (all []cloudflareNamespace) {
	t.Helper()
	if err := json.Unmarshal(a.Result, &all); err != nil || a.code() != 0 || all == nil {
		t.Fatalf("no listing: %.300s", a.body)
	}
	return all
}

func cloudflareTitle(title string) string {
	body, _ := json.Marshal(map[string]string{"title": title})
	return string(body)
}

func TestCloudflareNamespaceLife(t *testing.T) {
	c := newCloudflare(t)
	var ns cloudflareNamespace
	a := c.do("POST", "", cloudflareTitle("My Own Namespace"))
	if err := json.Unmarshal(a.Result, &ns); err != nil || a.code() != 0 || ns.Title != "My Own Namespace" || len(ns.ID) != 32 || ns.Escaping == nil || ns.Beta != nil {
		t.Fatalf("create: %s", a.body)
	}
	made := string(a.Result)
	if a = c.do("GET", "/"+ns.ID, ""); string(a.Result) != made {
		t.Errorf("get: %s", a.body)
	}
	// Titles are unique, and nothing but an explicit removal replaces a namespace.
	c.do("POST", "", cloudflareTitle("My Own Namespace")).refused(t, 400, 10014)
	c.do("PUT", "/"+ns.ID, cloudflareTitle("first")).refused(t, 400, 10014)
	for _, title := range []string{"other", "other"} {
		a = c.do("PUT", "/"+ns.ID, cloudflareTitle(title))
		if want := strings.Replace(made, "My Own Namespace", "other", 1); a.code() != 0 || string(a.Result) != want {
			t.Errorf("rename: %s", a.body)
		}
	}
	if a = c.do("DELETE", "/"+ns.ID, ""); a.code() != 0 || string(a.Result) != "{}" {
		t.Errorf("remove: %s", a.body)
	}
	c.do("GET", "/"+ns.ID, "").refused(t, 404, 10013)
	// One with keys may go as well, and its id does not come back with its title.
	c.in("PUT", "/values/k", "v", 200)
	c.do("DELETE", "/"+c.ns, "")
	if again := c.AddNamespace("first"); again == c.ns {
		t.Error("an id was used twice")
	}
	c.in("GET", "/values/k", "", 404).refused(t, 404, 10013)
}

func TestCloudflareNamespaceRefusals(t *testing.T) {
	c := newCloudflare(t)
	for body, code := range map[string]int{
		cloudflareTitle(strings.Repeat("é", 512)): 0, cloudflareTitle(strings.Repeat("é", 513)): 10029,
		`{"title":""}`: 10019, `{"title":" \t"}`: 10019, `{}`: 10019, `{"title":null}`: 10019, `{"title":7}`: 10029, `{"title":["x"]}`: 10029,
		`{"Title":"x"}`: 10029, `{"title":"x","title":"y"}`: 10029, `{"title":"x"}}`: 10029, `{"title":"x","jurisdiction":"eu"}`: 10029,
		``: 10029, `null`: 10029, `"x"`: 10029, `[]`: 10029, `{"title"`: 10029, `{"title":"x"`: 10029, "{\"title\":\"\xff\"}": 10029, `title=x`: 10029,
		"\ufeff" + `{"title":"x"}`: 10029, strings.Repeat("[", 20000): 10029, `{"title":` + strings.Repeat("[", 20000): 10029, `{"title":1e999}`: 10029,
	} {
		if a := c.do("POST", "", body); a.code() != code {
			t.Errorf("create %.40q: %s", body, a.body)
		}
		if a := c.do("PUT", "/"+c.ns, body); code != 0 && a.code() != code {
			t.Errorf("rename %.40q: %s", body, a.body)
		}
	}
	unknown := "/0123456789abcdef0123456789abcdef"
	for _, x := range []struct {
		method, path, body string
		code               int
	}{
		{"GET", "", "", 10013}, {"PUT", "", cloudflareTitle("x"), 10009}, {"DELETE", "", "", 10013}, {"GET", "/keys", "", 10013},
		{"GET", "/values/k", "", 10013}, {"GET", "/metadata/k", "", 10013}, {"PUT", "/values/k", "v", 10013}, {"DELETE", "/values/k", "", 10013},
		{"PUT", "/bulk", `[{"key":"k","value":"v"}]`, 10013}, {"DELETE", "/bulk", `["k"]`, 10013}, {"POST", "/bulk/delete", `["k"]`, 10013},
		{"POST", "/bulk/get", `{"keys":["k"]}`, 10013},
	} {
		c.do(x.method, unknown+x.path, x.body).refused(t, 404, x.code)
		for _, id := range []string{unknown + "0", "/a%20b", "/%2E%2E", "/" + "a%2Fb"} {
			c.do(x.method, id+x.path, x.body).refused(t, 400, 10011)
		}
	}
}

func TestCloudflareListNamespaces(t *testing.T) {
	c := newCloudflare(t)
	titles := []string{"first"}
	for i := range 44 {
		titles = append(titles, fmt.Sprintf("ns-%02d", i))
		c.AddNamespace(titles[len(titles)-1])
	}
	a := c.do("GET", "", "")
	first := a.namespaces(t)
	if i := a.Info; len(first) != 20 || i.Page != 1 || i.PerPage != 20 || i.Count != 20 || i.Total != 45 || i.Pages != 3 {
		t.Errorf("first page of %d: %+v", len(first), i)
	}
	var got []string
	for page := 1; ; page++ {
		a = c.do("GET", fmt.Sprintf("?page=%d&per_page=15&order=title&direction=asc", page), "")
		all := a.namespaces(t)
		if a.Info.Page != page || a.Info.Count != len(all) {
			t.Errorf("page %d: %+v", page, a.Info)
		}
		if len(all) == 0 {
			if page != 4 {
				t.Errorf("page %d is empty", page)
			}
			break
		}
		for _, ns := range all {
			got = append(got, ns.Title)
		}
	}
	if !slices.Equal(got, titles) {
		t.Errorf("by title: %v", got)
	}
	if last := c.do("GET", "?page=3", "").namespaces(t); len(last) != 5 {
		t.Errorf("third page of %d", len(last))
	}
	ids := c.do("GET", "?per_page=1000&order=id", "").namespaces(t)
	down := c.do("GET", "?per_page=1000&order=id&direction=desc", "").namespaces(t)
	slices.Reverse(down)
	byID := func(a, b cloudflareNamespace) int { return strings.Compare(a.ID, b.ID) }
	if !slices.IsSortedFunc(ids, byID) || !slices.IsSortedFunc(down, byID) || len(ids) != 45 || len(down) != 45 {
		t.Errorf("by id: %v, %v", ids, down)
	}
	if a = c.do("GET", "?page=9223372036854775807&per_page=1000", ""); len(a.namespaces(t)) != 0 {
		t.Errorf("far page: %s", a.body)
	}
	for query, code := range map[string]int{
		"page=0": 10007, "page=-1": 10007, "page=x": 10007, "page=": 10007, "page=1.5": 10007, "page=1&page=2": 10007, "page=9223372036854775808": 10007,
		"per_page=0": 10008, "per_page=1001": 10008, "per_page=many": 10008, "per_page=1": 0, "per_page=1000": 0,
		"order=name": 10043, "order=": 10043, "order=id&order=id": 10043, "direction=up": 10044, "unknown=1": 0, "page=%zz": 10029, "page=1;page=2": 10029,
	} {
		if a := c.do("GET", "?"+query, ""); a.code() != code {
			t.Errorf("%s: %s", query, a.body)
		}
	}
}

func TestCloudflareTooManyNamespaces(t *testing.T) {
	c := newCloudflare(t, emulator.InMemory())
	for i := range 998 {
		c.AddNamespace(fmt.Sprint(i))
	}
	if a := c.do("POST", "", cloudflareTitle("number 1000")); a.code() != 0 {
		t.Errorf("at the limit: %s", a.body)
	}
	c.do("POST", "", cloudflareTitle("number 1001")).refused(t, 400, 10018)
	c.do("DELETE", "/"+c.ns, "")
	if a := c.do("POST", "", cloudflareTitle("number 1001")); a.code() != 0 {
		t.Errorf("after a removal: %s", a.body)
	}
}

func TestCloudflareOldReplies(t *testing.T) {
	c := newCloudflare(t, emulator.WithCloudflare(emulator.CloudflareSettings{OldReplies: true}))
	if all := c.do("GET", "", "").namespaces(t); len(all) != 1 || all[0].Beta == nil {
		t.Errorf("namespaces: %+v", all)
	}
	for _, x := range [][3]string{
		{"PUT", "", cloudflareTitle("t")}, {"PUT", "/values/k", "v"}, {"DELETE", "/values/k", ""},
		{"PUT", "/bulk", `[{"key":"k","value":"v"}]`}, {"DELETE", "/bulk", `["k"]`}, {"DELETE", "", ""},
	} {
		if a := c.in(x[0], x[1], x[2], 200); string(a.Result) != "null" || a.code() != 0 {
			t.Errorf("%s %s: %s", x[0], x[1], a.body)
		}
	}
}
