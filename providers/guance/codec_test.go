package guance_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/drivertest"
	"github.com/crosscloud-sdk/crosscloud/secret"
	"github.com/crosscloud-sdk/crosscloud/workspace/driver"
)

// described is what the service tells of its workspace where the vendor's object is that.
func described(t testing.TB, object string) (driver.Info, error) {
	t.Helper()
	res, err := served(t, "open", succeeds(object)).Get(t.Context(), &driver.GetRequest{})
	if err != nil {
		return driver.Info{}, err
	}
	return res.Workspace, nil
}

// Times are right to the last digit, whatever they are written as.
func TestTimes(t *testing.T) {
	at := func(sec, nsec int64) time.Time { return time.Unix(sec, nsec).UTC() }
	for text, want := range map[string]time.Time{
		`1672802266`: at(1672802266, 0), `"1672802266"`: at(1672802266, 0), `1672802266.0`: at(1672802266, 0),
		`1677670046.184892`: at(1677670046, 184892000), `"1677670046.184892"`: at(1677670046, 184892000), `1677670046.999999999`: at(1677670046, 999999999),
		`1677670046.9999999999`: at(1677670046, 999999999), `1.672802266e9`: at(1672802266, 0), `253402300799`: at(253402300799, 0),
		`-1`: {}, `-1.0`: {}, `"-1"`: {}, `null`: {}, `""`: {}, `0`: {},
	} {
		info, err := described(t, `{"uuid":"wksp_1","createAt":`+text+`,"updateAt":1}`)
		if err != nil || !info.CreatedAt.Equal(want) || info.CreatedAt.Location() != time.UTC || !info.UpdatedAt.Equal(at(1, 0)) {
			t.Errorf("%s: %v, %v, want %v", text, info.CreatedAt, err, want)
		}
	}
	for _, text := range []string{`"today"`, `-2`, `{}`, `[1]`, `1672802266123`, `1e300`, `-1e300`, `1e999999999`, `"1e999999999"`, `"+1"`, `"1.-5"`, `"0x10"`, `" 1"`, `"Inf"`, `99999999999999999999`} {
		if info, err := described(t, `{"uuid":"wksp_1","createAt":`+text+`}`); errs.CodeOf(err) != errs.Corrupt || strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, %v", text, info.CreatedAt, err)
		}
	}
}

// The same fields in all the types that they are seen with.
func TestOddTypes(t *testing.T) {
	for text, want := range map[string]bool{`1`: true, `true`: true, `"1"`: true, `"true"`: true, `1.0`: true, `0`: false, `false`: false, `"0"`: false, `null`: false, `""`: false, `"False"`: false} {
		if info, err := described(t, `{"uuid":"wksp_1","isLocked":`+text+`}`); err != nil || info.Locked != want {
			t.Errorf("isLocked %s: %v, %v", text, info.Locked, err)
		}
	}
	for _, text := range []string{`2`, `"yes"`, `[]`, `{}`, `0.5`} {
		if _, err := described(t, `{"uuid":"wksp_1","isLocked":`+text+`}`); errs.CodeOf(err) != errs.Corrupt {
			t.Errorf("isLocked %s: %v", text, err)
		}
	}
	for text, want := range map[string]string{`"free"`: "free", `0`: "0", `"0"`: "0", `null`: "", `true`: "true", `9007199254740993`: "9007199254740993"} {
		if info, err := described(t, `{"uuid":"wksp_1","status":`+text+`}`); err != nil || info.Status != want {
			t.Errorf("status %s: %q, %v", text, info.Status, err)
		}
	}
	all := `{"uuid":"wksp_1","name":null,"desc":null,"status":null,"billingState":null,"versionType":null,"language":null,"isLocked":null,"createAt":null,"updateAt":null,"durationSet":null,"token":null}`
	if info, err := described(t, all); err != nil || info.Name != "" || info.Secrets != nil || info.Retention != nil {
		t.Errorf("null everywhere: %+v, %v", info, err)
	}
	info, err := described(t, `{"uuid":"wksp_1","durationSet":{"rp":"7d","a":"0d","b":"7h","c":"","d":7,"e":null,"f":"99999d","g":"-1d","h":[],"i":"30d"}}`)
	if want := map[string]time.Duration{"rp": 7 * day, "a": 0, "i": 30 * day}; err != nil || !reflect.DeepEqual(info.Retention, want) {
		t.Errorf("durationSet: %v, %v", info.Retention, err)
	}
	for _, text := range []string{`null`, `[]`, `true`, `"text"`, `7`, `{}`, `{"uuid":null}`, `{"uuid":""}`, `{"uuid":{}}`, `{"name":"n"}`} {
		if _, err := described(t, text); errs.CodeOf(err) != errs.Corrupt {
			t.Errorf("content %s: %v", text, err)
		}
	}
}

// The vendor's object has all that the vendor told but the secrets, to the last digit.
func TestVendorObject(t *testing.T) {
	info, err := described(t, `{"uuid":"wksp_1","id":9007199254740993,"token":"tkn_1","cliToken":"wkcli_1","rumDataWayToken":"rum_1","updateAt":1677670046.184892,
		"extend":{"sk":"s","a":[{"keySk":"s","b":1.10}],"TOKEN":"s","key_sk":"s"},"note":"<&>","lastDqlDataCheckTime":{"ci":true}}`)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]secret.String{"token": secret.New("tkn_1"), "cliToken": secret.New("wkcli_1"), "rumDataWayToken": secret.New("rum_1")}; !reflect.DeepEqual(info.Secrets, want) {
		t.Errorf("secrets %v", info.Secrets)
	}
	const want = `{"extend":{"a":[{"b":1.10}]},"id":9007199254740993,"lastDqlDataCheckTime":{"ci":true},"note":"<&>","updateAt":1677670046.184892,"uuid":"wksp_1"}`
	if string(info.Vendor) != want {
		t.Errorf("got  %s\nwant %s", info.Vendor, want)
	}
}

// A secret that another text holds too, such as a URL, is taken out of it; one that is too short to be one is not.
func TestVendorTexts(t *testing.T) {
	info, err := described(t, `{"uuid":"wksp_1","token":"`+canaryReply+`","sk":"a","url":"https://h/v1?token=`+canaryReply+`&a=1",
		"list":[{"said":"`+canaryReply+`"},"a"]}`)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"list":[{"said":"[redacted]"},"a"],"url":"https://h/v1?token=[redacted]&a=1","uuid":"wksp_1"}`
	if string(info.Vendor) != want {
		t.Errorf("got  %s\nwant %s", info.Vendor, want)
	}
}

// The code of a fault, which errors show, has neither the credential nor a key that was told.
func TestFaultWithoutSecrets(t *testing.T) {
	for api, own := range map[string]string{"open": canaryKey, "external": canarySecret} {
		for name, content := range map[string]string{
			"outside": `{"akInfo":{"keyId":"wsak_1","keySk":"` + canaryReply + `"},"wsInfo":{"uuid":"wksp_1"},"makeResourceExceptionCode":"ft.A ` + own + ` ` + canaryReply + `"}`,
			"inside":  `{"akInfo":{"keyId":"wsak_1","keySk":"` + canaryReply + `"},"wsInfo":{"uuid":"wksp_1","makeResourceExceptionCode":"ft.A ` + own + ` ` + canaryReply + `"}}`,
		} {
			req := &driver.CreateRequest{Name: "n"}
			if api == "external" {
				req.Options = map[string]string{"owner_uuid": "acnt_1"}
			}
			res, err := served(t, api, succeeds(content)).(driver.Creator).Create(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(res.Fault, "ft.A ") || strings.Contains(res.Fault, own) || strings.Contains(res.Fault, canaryReply) {
				t.Errorf("%s, %s: fault %q", api, name, res.Fault)
			}
		}
	}
}

// What can be read of a creation is not lost for what cannot.
func TestCreated(t *testing.T) {
	const key = `"akInfo":{"keyId":"wsak_1","keySk":"` + canaryReply + `","name":"k"}`
	for name, c := range map[string]struct {
		content   string
		id, fault string
		key       bool
		code      errs.Code
	}{
		"all":                       {`{` + key + `,"makeResourceExceptionCode":"","wsInfo":{"uuid":"wksp_1"}}`, "wksp_1", "", true, ""},
		"no key":                    {`{"akInfo":null,"wsInfo":{"uuid":"wksp_1"}}`, "wksp_1", "", false, ""},
		"empty key":                 {`{"akInfo":{},"wsInfo":{"uuid":"wksp_1"}}`, "wksp_1", "", false, ""},
		"key of nulls":              {`{"akInfo":{"keyId":null,"keySk":null,"name":""},"wsInfo":{"uuid":"wksp_1"}}`, "wksp_1", "", false, ""},
		"exception":                 {`{` + key + `,"makeResourceExceptionCode":"ft.MakeEsFailed","wsInfo":{"uuid":"wksp_1"}}`, "wksp_1", "ft.MakeEsFailed", true, ""},
		"exception inside":          {`{` + key + `,"makeResourceExceptionCode":"","wsInfo":{"uuid":"wksp_1","makeResourceExceptionCode":"ft.In"}}`, "wksp_1", "ft.In", true, ""},
		"workspace of another form": {`{` + key + `,"wsInfo":{"uuid":"wksp_1","createAt":{}}}`, "wksp_1", "the reply tells of it in a form that is not documented", true, ""},
		"workspace without id":      {`{` + key + `,"wsInfo":{}}`, "", "", true, ""},
		"no workspace":              {`{` + key + `}`, "", "", true, ""},
		"a list":                    {`{` + key + `,"wsInfo":[]}`, "", "", true, ""},
		"nothing":                   {`{}`, "", "", false, errs.Corrupt},
		"null":                      {`null`, "", "", false, errs.Corrupt},
		"list":                      {`[]`, "", "", false, errs.Corrupt},
	} {
		t.Run(name, func(t *testing.T) {
			res, err := served(t, "open", succeeds(c.content)).(driver.Creator).Create(t.Context(), &driver.CreateRequest{Name: "n"})
			if c.code != "" {
				if e := typed(t, err); e.Code != c.code || e.Outcome != errs.Applied || e.RequestID != "TRACE-1" {
					t.Errorf("%v, %s", e, e.Outcome)
				}
				leakFree(t, name, err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if res.Workspace.ID != c.id || res.Fault != c.fault || (res.APIKey != nil) != c.key {
				t.Errorf("%+v, fault %q, key %v", res.Workspace, res.Fault, res.APIKey)
			}
			if c.key && (res.APIKey.Secret.Reveal() != canaryReply || res.APIKey.ID != "wsak_1") {
				t.Errorf("key %v", res.APIKey)
			}
		})
	}
}

// What is sent for a creation.
func TestCreateRequests(t *testing.T) {
	for name, c := range map[string]struct {
		api  string
		r    driver.CreateRequest
		want string // or the error's code
	}{
		"least":             {"open", driver.CreateRequest{Name: "n"}, `{"name":"n"}`},
		"most":              {"open", driver.CreateRequest{Name: "<n>", Description: "d", Language: "zh", APIKeyName: "k", Options: map[string]string{"paid": "true"}}, `{"name":"<n>","desc":"d","needCreateAk":true,"akName":"k","language":"zh","createPayWsVersion":true}`},
		"free":              {"open", driver.CreateRequest{Name: "n", Options: map[string]string{"paid": "false"}}, `{"name":"n"}`},
		"perhaps paid":      {"open", driver.CreateRequest{Name: "n", Options: map[string]string{"paid": "yes"}}, "InvalidArgument"},
		"unknown option":    {"open", driver.CreateRequest{Name: "n", Options: map[string]string{"owner_uuid": "a"}}, "InvalidArgument"},
		"not text":          {"open", driver.CreateRequest{Name: "n\xff"}, "InvalidArgument"},
		"description":       {"open", driver.CreateRequest{Name: "n", Description: "\xff"}, "InvalidArgument"},
		"key":               {"open", driver.CreateRequest{Name: "n", APIKeyName: "\xff"}, "InvalidArgument"},
		"external":          {"external", driver.CreateRequest{Name: "n", Language: "en", Options: map[string]string{"owner_uuid": "acnt_1"}}, `{"name":"n","language":"en","ownerUuid":"acnt_1"}`},
		"no owner":          {"external", driver.CreateRequest{Name: "n"}, "InvalidArgument"},
		"external, paid":    {"external", driver.CreateRequest{Name: "n", Options: map[string]string{"owner_uuid": "acnt_1", "paid": "true"}}, "InvalidArgument"},
		"external, key":     {"external", driver.CreateRequest{Name: "n", APIKeyName: "k", Options: map[string]string{"owner_uuid": "acnt_1"}}, "Unsupported"},
		"external, desc":    {"external", driver.CreateRequest{Name: "n", Description: "d", Options: map[string]string{"owner_uuid": "acnt_1"}}, "Unsupported"},
		"external, no text": {"external", driver.CreateRequest{Name: "n", Options: map[string]string{"owner_uuid": "\xff"}}, "InvalidArgument"},
	} {
		t.Run(name, func(t *testing.T) {
			sent := ""
			svc := served(t, c.api, func(w http.ResponseWriter, r *http.Request) {
				sent = r.Method + " " + r.URL.RequestURI() + " " + readAll(r)
				succeeds(`{"uuid":"wksp_1"}`)(w, r)
			})
			_, err := svc.(driver.Creator).Create(t.Context(), &c.r)
			if want, fails := c.want, !strings.HasPrefix(c.want, "{"); fails {
				if string(errs.CodeOf(err)) != want || sent != "" {
					t.Errorf("%v; sent %s", err, sent)
				}
			} else if err != nil || sent != "POST /api/v1/workspace/create "+want {
				t.Errorf("%v; sent %s", err, sent)
			}
		})
	}
}

// Other requests that are refused before they are sent, or carry what must arrive as it is.
func TestRequests(t *testing.T) {
	var sent []string
	serve := func(w http.ResponseWriter, r *http.Request) {
		sent = append(sent, r.Method+" "+r.URL.RequestURI()+" "+readAll(r))
		succeeds(`{"uuid":"wksp_1","sk":"s"}`)(w, r)
	}
	open, external := served(t, "open", serve), served(t, "external", serve)
	ctx := t.Context()
	for name, c := range map[string]struct {
		do   func() error
		want string
	}{
		"clear the description": {func() error {
			_, err := open.(driver.Updater).Update(ctx, &driver.UpdateRequest{Description: name("")})
			return err
		}, `POST /api/v1/workspace/modify {"desc":""}`},
		"rename": {func() error {
			_, err := external.(driver.Updater).Update(ctx, &driver.UpdateRequest{ID: "wksp/1", Name: name("n")})
			return err
		}, `POST /api/v1/workspace/wksp%2F1/modify {"name":"n"}`},
		"describe external": {func() error {
			_, err := external.(driver.Updater).Update(ctx, &driver.UpdateRequest{ID: "wksp_1", Description: name("")})
			return err
		}, "Unsupported"},
		"not text": {func() error {
			_, err := open.(driver.Updater).Update(ctx, &driver.UpdateRequest{Name: name("\xff")})
			return err
		}, "InvalidArgument"},
		"dots": {func() error {
			_, err := external.Get(ctx, &driver.GetRequest{ID: ".."})
			return err
		}, "InvalidArgument"},
		"key with roles": {func() error {
			_, err := open.(driver.APIKeyCreator).CreateAPIKey(ctx, &driver.CreateAPIKeyRequest{WorkspaceID: "wksp_1", Name: "k", Roles: []string{"general", "role_1"}})
			return err
		}, `POST /api/v1/workspace/accesskey/add {"name":"k","roleUUIDs":["general","role_1"]}`},
		"key cursor": {func() error {
			_, err := open.(driver.APIKeyLister).APIKeys(ctx, &driver.APIKeysRequest{Cursor: "2"})
			return err
		}, "InvalidArgument"},
		"limits": {func() error {
			_, err := external.(driver.UsageLimiter).SetUsageLimits(ctx, &driver.SetUsageLimitsRequest{WorkspaceID: "w", Limits: map[string]driver.UsageLimit{"rum": {Value: "9007199254740993"}, "logging": {Enabled: true, Value: "1.50"}}})
			return err
		}, `POST /api/v1/workspace/w/usage_limit/update {"config":{"logging":{"openLimit":true,"value":1.50},"rum":{"openLimit":false,"value":9007199254740993}}}`},
		"limit without a number": {func() error {
			_, err := external.(driver.UsageLimiter).SetUsageLimits(ctx, &driver.SetUsageLimitsRequest{WorkspaceID: "w", Limits: map[string]driver.UsageLimit{"rum": {}}})
			return err
		}, "InvalidArgument"},
		"page": {func() error {
			_, err := external.(driver.Lister).List(ctx, &driver.ListRequest{Cursor: "01"})
			return err
		}, "InvalidArgument"},
	} {
		sent = nil
		err := c.do()
		switch {
		case !strings.Contains(c.want, " "):
			if string(errs.CodeOf(err)) != c.want || sent != nil {
				t.Errorf("%s: %v; sent %q", name, err, sent)
			}
		case err != nil || len(sent) != 1 || sent[0] != c.want:
			t.Errorf("%s: %v; sent %q", name, err, sent)
		}
	}
}

func TestUsageLimits(t *testing.T) {
	for content, want := range map[string]map[string]driver.UsageLimit{
		`{"config":{"rum":{"openLimit":1,"value":"5"},"logging":{"openLimit":false,"value":2000000000}}}`: {"rum": {Enabled: true, Value: "5"}, "logging": {Value: "2000000000"}},
		`{"rum":{"openLimit":true,"value":9007199254740993},"uuid":"x","createAt":1}`:                     {"rum": {Enabled: true, Value: "9007199254740993"}},
		`{"rum":{"openLimit":false,"value":null}}`:                                                        {"rum": {}},
		`{}`:            {},
		`{"config":{}}`: {},
		`null`:          nil,
		`[]`:            nil,
		`{"a":1}`:       nil,
		`{"rum":{"openLimit":true,"value":"many"}}`: nil,
	} {
		res, err := served(t, "external", succeeds(content)).(driver.UsageLimiter).UsageLimits(t.Context(), &driver.UsageLimitsRequest{WorkspaceID: "w"})
		switch {
		case want == nil:
			if errs.CodeOf(err) != errs.Corrupt {
				t.Errorf("%s: %v, %v", content, res, err)
			}
		case err != nil || !reflect.DeepEqual(res.Limits, want):
			t.Errorf("%s: %v, %v", content, res, err)
		}
	}
}

// Lists come as the content, or in it.
func TestLists(t *testing.T) {
	for content, want := range map[string]int{
		`[{"uuid":"wsak_1","sk":"s","createAt":1677808718.5}]`: 1, `{"data":[{"uuid":"wsak_1"},{"uuid":"wsak_2"}]}`: 2, `[]`: 0, `{"data":[]}`: 0,
		`null`: -1, `{}`: -1, `{"data":null}`: -1, `true`: -1, `[{"name":"n"}]`: -1, `[7]`: -1, `[null]`: -1, `[{"uuid":"wsak_1","createAt":[]}]`: -1,
	} {
		res, err := served(t, "open", succeeds(content)).(driver.APIKeyLister).APIKeys(t.Context(), &driver.APIKeysRequest{})
		if want < 0 {
			if errs.CodeOf(err) != errs.Corrupt {
				t.Errorf("%s: %v, %v", content, res, err)
			}
		} else if err != nil || len(res.APIKeys) != want {
			t.Errorf("%s: %v, %v", content, res, err)
		}
	}
}

// A listing ends where the vendor's count says so, and never goes round in circles.
func TestPages(t *testing.T) {
	items := func(n int) string { return `[` + strings.TrimSuffix(strings.Repeat(`{"uuid":"w"},`, n), ",") + `]` }
	for name, c := range map[string]struct{ asked, content, page, want string }{
		"first":                {"", items(100), `{"count":100,"pageIndex":1,"pageSize":100,"totalCount":101}`, "2"},
		"last":                 {"2", items(1), `{"count":1,"pageIndex":2,"pageSize":100,"totalCount":101}`, ""},
		"texts":                {"", items(100), `{"count":"100","pageIndex":"1","pageSize":"100","totalCount":"250"}`, "2"},
		"floats":               {"", items(100), `{"pageIndex":1.0,"totalCount":250.0}`, "2"},
		"exact":                {"", items(100), `{"pageIndex":1,"totalCount":100}`, ""},
		"short page":           {"", items(50), `{"pageIndex":1,"totalCount":250}`, "2"},
		"empty page":           {"3", items(0), `{"pageIndex":3,"totalCount":900}`, ""},
		"no count, full":       {"", items(100), `null`, "2"},
		"no count, not full":   {"", items(99), `{"totalCount":null}`, ""},
		"another page":         {"2", items(100), `{"pageIndex":1,"totalCount":250}`, "fault"},
		"too many":             {"", items(101), `{"pageIndex":1,"totalCount":250}`, "fault"},
		"no number":            {"", items(1), `{"pageIndex":"one"}`, "fault"},
		"page info is a text":  {"", items(1), `"page"`, "fault"},
		"cursor of the future": {"99999999999", "", "", "refused"},
	} {
		asked := ""
		svc := served(t, "external", func(w http.ResponseWriter, r *http.Request) {
			asked = r.URL.RawQuery
			drivertest.Says(200, `{"code":200,"content":`+c.content+`,"success":true,"pageInfo":`+c.page+`}`)(w, r)
		})
		res, err := svc.(driver.Lister).List(t.Context(), &driver.ListRequest{Cursor: c.asked})
		number := c.asked
		if number == "" {
			number = "1"
		}
		switch {
		case c.want == "refused":
			if errs.CodeOf(err) != errs.InvalidArgument || asked != "" {
				t.Errorf("%s: %v", name, err)
			}
		case c.want == "fault":
			if errs.CodeOf(err) != errs.Corrupt {
				t.Errorf("%s: %v, %v", name, res, err)
			}
		case err != nil || res.Cursor != c.want || asked != "pageIndex="+number+"&pageSize=100":
			t.Errorf("%s: %+v, %v, asked %s", name, res, err, asked)
		}
	}
}
