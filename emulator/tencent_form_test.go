package emulator_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// The body of a request, taken literally.
func TestTencentBodies(t *testing.T) {
	c := newTencentNS(t)
	const malformed, missing = "InvalidParameter", "MissingParameter"
	inNS := `"ZoneId":"zone-emulator0000","Namespace":"ns"`
	for _, test := range []struct{ action, body, want string }{
		{"EdgeKVList", `{` + inNS + `}`, ""},
		{"EdgeKVList", " {\n" + inNS + ` , "Limit" : 7 , "Prefix":null,"Cursor":null} `, ""},
		{"EdgeKVList", ``, malformed},
		{"EdgeKVList", `null`, malformed},
		{"EdgeKVList", `[]`, malformed},
		{"EdgeKVList", `"x"`, malformed},
		{"EdgeKVList", `{}`, missing},
		{"EdgeKVList", `{"ZoneId":null,"Namespace":"ns"}`, missing},
		{"EdgeKVList", `{` + inNS, malformed},
		{"EdgeKVList", `{` + inNS + `}}`, malformed},
		{"EdgeKVList", `{` + inNS + `} {}`, malformed},
		{"EdgeKVList", "\ufeff{" + inNS + `}`, malformed},
		{"EdgeKVList", `{` + inNS + `,}`, malformed},
		{"EdgeKVList", `{` + inNS + ",\"Prefix\":\"\xff\"}", malformed},
		{"EdgeKVList", `{` + inNS + `,"Prefix":"\ud800"}`, malformed},
		{"EdgeKVList", `{` + inNS + `,"Prefix":"\udc00\ud800"}`, malformed},
		{"EdgeKVList", `{` + inNS + `,"Prefix":"\ud800\u0041"}`, malformed},
		{"EdgeKVList", `{` + inNS + `,"Prefix":"\ud800xxdc00"}`, malformed},
		{"EdgeKVList", `{` + inNS + `,"Prefix":"\ud83d\ude42"}`, ""},
		{"EdgeKVList", `{` + inNS + `,"Namespace":"ns"}`, malformed},
		{"EdgeKVList", `{` + inNS + `,"Limit":1,"Limit":1}`, malformed},
		{"EdgeKVList", `{` + inNS + `,"limit":1}`, "UnknownParameter"},
		{"EdgeKVList", `{` + inNS + `,"":1}`, "UnknownParameter"},
		{"EdgeKVList", `{` + inNS + `,"Limit":"1"}`, malformed},
		{"EdgeKVList", `{` + inNS + `,"Limit":1.0}`, malformed},
		{"EdgeKVList", `{` + inNS + `,"Limit":1e1}`, malformed},
		{"EdgeKVList", `{` + inNS + `,"Limit":true}`, malformed},
		{"EdgeKVList", `{` + inNS + `,"Limit":9223372036854775808}`, malformed},
		{"EdgeKVList", `{` + inNS + `,"Limit":` + strings.Repeat("9", 10_000) + `}`, malformed},
		{"EdgeKVList", `{"ZoneId":1,"Namespace":"ns"}`, malformed},
		{"EdgeKVList", `{"ZoneId":["zone-emulator0000"],"Namespace":"ns"}`, malformed},
		{"EdgeKVList", `{` + inNS + `,"X":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, malformed},
		{"EdgeKVGet", `{` + inNS + `,"Keys":["a"]}`, ""},
		{"EdgeKVGet", `{` + inNS + `,"Keys": [ "a" , "b" ] }`, ""},
		{"EdgeKVGet", `{` + inNS + `,"Keys":"a"}`, malformed},
		{"EdgeKVGet", `{` + inNS + `,"Keys":{"0":"a"}}`, malformed},
		{"EdgeKVGet", `{` + inNS + `,"Keys":[1]}`, malformed},
		{"EdgeKVGet", `{` + inNS + `,"Keys":[null]}`, malformed},
		{"EdgeKVGet", `{` + inNS + `,"Keys":["\udfff"]}`, malformed},
		{"EdgeKVGet", `{` + inNS + `,"Keys":null}`, missing},
		{"EdgeKVPut", `{` + inNS + `,"Key":"k","Value":"v","Expiration":null,"ExpirationTTL":null}`, ""},
		{"EdgeKVPut", `{` + inNS + `,"Key":"k","Value":"v","ExpirationTtl":60}`, "UnknownParameter"},
		{"EdgeKVPut", `{` + inNS + `,"Key":"k","Value":1}`, malformed},
		{"EdgeKVPut", `{` + inNS + `,"Key":"k","Value":"v","ExpirationTTL":-9223372036854775808}`, "InvalidParameterValue"},
		{"DescribeEdgeKVNamespaces", `{"ZoneId":"zone-emulator0000","Filters":[{"Name":"remark","Name":"remark","Values":["x"]}]}`, malformed},
		{"DescribeEdgeKVNamespaces", `{"ZoneId":"zone-emulator0000","Filters":[{"Name":"remark","Values":["x"],"Fuzzy":1}]}`, malformed},
		{"DescribeEdgeKVNamespaces", `{"ZoneId":"zone-emulator0000","Filters":[null]}`, malformed},
		{"DescribeEdgeKVNamespaces", `{"ZoneId":"zone-emulator0000","Filters":null}`, ""},
	} {
		if a := c.call(test.action, test.body); a.code != test.want || a.status != http.StatusOK {
			t.Errorf("%s %.200s: want %q, got %d %.200s", test.action, test.body, test.want, a.status, a.text)
		}
	}
	// A value that was refused was not stored.
	if value, _ := c.get("k"); value != "v" {
		t.Error(value)
	}
}

func TestTencentForm(t *testing.T) {
	c := newTencentNS(t)
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	list := c.request("EdgeKVList", tencentIn)
	for _, test := range []struct {
		want   string
		change func(*http.Request)
	}{
		{"", set("X-TC-Language", "zh-CN")},
		{"MissingParameter", set("X-TC-Action", "")},
		{"InvalidAction", set("X-TC-Action", "EdgeKVBatch")},
		{"InvalidAction", set("X-TC-Action", "edgekvlist")},
		{"MissingParameter", set("X-TC-Version", "")},
		{"NoSuchVersion", set("X-TC-Version", "2022-09-02")},
		{"UnsupportedProtocol", func(r *http.Request) { r.Method = http.MethodGet }},
		{"UnsupportedProtocol", func(r *http.Request) { r.Method = http.MethodPut }},
	} {
		c.expect(c.send(list, test.change), test.want)
	}
	for kind, want := range map[string]string{
		"application/json ; charset=utf-8":  "",
		"application/x-www-form-urlencoded": "InvalidRequest",
		"text/plain":                        "InvalidRequest",
		"":                                  "InvalidRequest",
		"application/json; =":               "InvalidRequest",
	} {
		r := list
		r.contentType = kind
		c.expect(c.send(r, nil), want)
	}
	// The signature counts before what is asked for.
	r := c.request("EdgeKVList", "nonsense")
	r.key = "wrong"
	c.expect(c.send(r, nil), "AuthFailure.SignatureFailure")

	body := list.body[:len(list.body)-1] + `,"Prefix":"` + strings.Repeat("x", 10_000_000)
	body = body[:10_000_000-2] + `"}`
	c.fails("EdgeKVList", body, "InvalidParameterValue")
	c.fails("EdgeKVList", body+" ", "RequestSizeLimitExceeded")
}

// Whatever is sent, exactly 20 requests of an action pass in any second.
func TestTencentRate(t *testing.T) {
	c := newTencent(t)
	list := tencentArgs{"ZoneId": emulator.TencentZoneID}
	describe := func() bool {
		t.Helper()
		a := c.call("DescribeEdgeKVNamespaces", list)
		if a.code != "" && a.code != "RequestLimitExceeded" || a.status != http.StatusOK {
			t.Fatal(a.text)
		}
		return a.code == ""
	}
	for i := range 20 {
		if !describe() {
			t.Error(i)
		}
		c.clock.pass(time.Millisecond)
	}
	if describe() {
		t.Error("a request too many")
	}
	// Others have a limit of their own, and what is wrong counts as well.
	for range 20 {
		c.fails("EdgeKVGet", tencentArgs{}, "MissingParameter")
	}
	c.fails("EdgeKVGet", tencentArgs{}, "RequestLimitExceeded")
	// What the platform refuses does not count.
	r := c.request("EdgeKVList", tencentIn)
	r.key = "wrong"
	for range 21 {
		c.expect(c.send(r, nil), "AuthFailure.SignatureFailure")
	}
	c.fails("EdgeKVList", tencentIn, tencentNoNamespace)

	c.clock.pass(980*time.Millisecond - 1)
	if describe() {
		t.Error("too early")
	}
	c.clock.pass(1)
	due := func(n int) {
		t.Helper()
		for i := range n + 1 {
			if describe() != (i < n) {
				t.Errorf("request %d of %d", i, n)
			}
		}
	}
	due(1)
	c.clock.pass(3 * time.Millisecond)
	due(3)
	c.clock.pass(time.Second)
	due(20)
	free := newTencent(t, emulator.WithoutRateLimit())
	for range 30 {
		free.ok("DescribeEdgeKVNamespaces", list)
	}
}

func TestTencentStaleReads(t *testing.T) {
	c := newTencentNS(t, emulator.WithStaleReads(time.Minute))
	check := func(value string, keys ...string) {
		t.Helper()
		if have, _ := c.get("k"); have != value {
			t.Errorf("have %q, want %q", have, value)
		}
		if have := c.ok("EdgeKVList", tencentIn).response.Keys; fmt.Sprint(have) != fmt.Sprint(keys) {
			t.Error(have)
		}
	}
	c.put("k", "1", nil)
	check("")
	c.clock.pass(time.Minute)
	check("1", "k")
	c.put("k", "2", nil)
	c.clock.pass(time.Minute - 1)
	check("1", "k")
	c.clock.pass(1)
	check("2", "k")
	c.ok("EdgeKVDelete", tencentIn.with(tencentArgs{"Keys": []string{"k"}}))
	check("2", "k")
	c.clock.pass(time.Minute)
	check("")
}

func TestTencentRequests(t *testing.T) {
	c := newTencent(t)
	c.fails("EdgeKVGet", tencentIn.with(tencentArgs{"Keys": []string{"k"}}), tencentNoNamespace)
	req, _ := http.NewRequest(http.MethodGet, c.em.URL()+"/a%2Fb?c=d", nil)
	resp, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if resp.Header.Get("Content-Type") != "application/json" || !strings.Contains(string(text), "UnsupportedProtocol") {
		t.Error(resp, string(text))
	}
	r := c.em.Requests()
	if len(r) != 2 || r[0].Action != "EdgeKVGet" || r[1].Action != "" || r[1].Path != "/a%2Fb" || r[1].Query != "c=d" {
		t.Error(r)
	}
	if !strings.Contains(string(r[0].Body), `"Keys":["k"]`) || r[0].Header.Get("X-TC-Version") != "2022-09-01" || !r[0].At.Equal(tencentEpoch) {
		t.Error(r[0])
	}
}
