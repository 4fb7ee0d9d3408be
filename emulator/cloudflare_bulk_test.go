package emulator_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func TestCloudflareBulkWrite(t *testing.T) {
	clock := newCloudflareClock()
	c := newCloudflare(t, emulator.WithClock(clock.Now))
	form, formType := cloudflareForm("value", "v", "metadata", `"old"`)
	c.in("PUT", "/values/plain?expiration_ttl=600", form, 200, "Content-Type", formType)
	binary := base64.StdEncoding.EncodeToString([]byte{0, 0xff, 0x80})
	a := c.in("PUT", "/bulk", fmt.Sprintf(`[
		{"key":"plain","value":"text\u0000é"},
		{"key":"empty","value":"","base64":false,"metadata":null,"expiration":null},
		{"key":"binary","value":%q,"base64":true,"metadata":{"a": [1, 2]}},
		{"key":"unpadded","value":"AA","base64":true},
		{"key":"ttl","value":"v","expiration_ttl":60,"expiration":1},
		{"key":"at","value":"v","expiration":%d.0},
		{"key":"float","value":"v","expiration_ttl":6e1},
		{"key":"twice","value":"1"},{"key":"twice","value":"2"}]`, binary, clock.Now().Unix()+60), 200)
	if string(a.Result) != `{"successful_key_count":9,"unsuccessful_keys":[]}` || a.code() != 0 {
		t.Errorf("reply: %s", a.body)
	}
	at := fmt.Sprint(clock.Now().Unix() + 60)
	for key, x := range map[string][3]string{
		"plain": {"text\x00é", "", "null"}, "empty": {"", "", "null"}, "binary": {"\x00\xff\x80", "", `{"a":[1,2]}`}, "unpadded": {"\x00", "", "null"},
		"ttl": {"v", at, "null"}, "at": {"v", at, "null"}, "float": {"v", at, "null"}, "twice": {"2", "", "null"},
	} {
		if a := c.in("GET", "/values/"+key, "", 200); a.body != x[0] || a.header.Get("Expiration") != x[1] {
			t.Errorf("%s: %q, expires %q", key, a.body, a.header.Get("Expiration"))
		}
		if m := c.metadata(key); m != x[2] {
			t.Errorf("%s: metadata %s", key, m)
		}
	}
}

func TestCloudflareBulkRefusals(t *testing.T) {
	clock := newCloudflareClock()
	c := newCloudflare(t, emulator.WithClock(clock.Now), emulator.WithoutRateLimit())
	deep := strings.Repeat("[", 20000) + strings.Repeat("]", 20000)
	for item, code := range map[string]int{
		`{"value":"v"}`: 10042, `{"key":"","value":"v"}`: 10042, `{"key":".","value":"v"}`: 10042, `{"key":"..","value":"v"}`: 10042, `{"key":null,"value":"v"}`: 10042,
		`{"key":1,"value":"v"}`: 10029, `{"key":"k"}`: 10012, `{"key":"k","value":null}`: 10012, `{"key":"k","value":1}`: 10012, `{"key":"k","value":{}}`: 10012,
		`{"key":"k","value":"*","base64":true}`: 10012, `{"key":"k","value":"AA\nAA","base64":true}`: 10012, `{"key":"k","value":"AA","base64":"true"}`: 10029,
		`{"key":"k","value":"_-==","base64":true}`: 10012, `{"key":"k","value":"v","expiration_ttl":59}`: 10034, `{"key":"k","value":"v","expiration_ttl":"60"}`: 10034,
		`{"key":"k","value":"v","expiration_ttl":60.5}`: 10034, `{"key":"k","value":"v","expiration_ttl":1e300}`: 10034, `{"key":"k","value":"v","expiration_ttl":true}`: 10034,
		`{"key":"k","value":"v","expiration":59}`: 10033, `{"key":"k","value":"v","expiration":[]}`: 10033, `{"key":"k","value":"v","expiration":99999999999999999999}`: 10033,
		`{"key":"k","value":"v","metadata":"` + strings.Repeat("x", 1022) + `"}`: 0, `{"key":"k","value":"v","metadata":"` + strings.Repeat("x", 1023) + `"}`: 10047,
		`{"key":"k","value":"v","ttl":60}`: 10029, `{"Key":"k","value":"v"}`: 10029, `{"key":"k","key":"l","value":"v"}`: 10029, `{"key":"k","value":"v","value":"v"}`: 10029,
		`{"key":"k","value":"` + "\xff" + `"}`: 10029, `["k"]`: 10029, `"k"`: 10029, `null`: 10029, `1`: 10029, `{`: 10029, `{"key":"k","value":"v","metadata":` + deep + `}`: 10029,
	} {
		a := c.do("PUT", "/"+c.ns+"/bulk", `[{"key":"before","value":"v"},`+item+`]`)
		if a.code() != code || (a.status == 413) != (code == 10047) {
			t.Errorf("%.60s: %.200s", item, a.body)
		}
		if code != 0 && c.do("GET", "/"+c.ns+"/values/before", "").status != 404 {
			t.Errorf("%.60s: a refused write wrote something", item)
		}
		c.in("DELETE", "/values/before", "", 200)
	}
	bulks := []string{"PUT /bulk", "DELETE /bulk", "POST /bulk/delete"}
	for _, body := range []string{"", "[]", "{}", "null", `"k"`, "[", `["k"`, `["k"]]`, `["k"] x`, `[,]`, `["k",]`, "\ufeff[\"k\"]", deep, `[1]`, `[null]`, `[{"name":"k"}]`, `{"keys":{"k":1}}`} {
		for _, bulk := range bulks {
			method, path, _ := strings.Cut(bulk, " ")
			c.in(method, path, body, 400).refused(t, 400, 10029)
		}
		c.in("POST", "/bulk/get", body, 400).refused(t, 400, 10029)
	}
	for body, code := range map[string]int{
		`{"keys":[]}`: 10029, `{"keys":null}`: 10029, `{"keys":"k"}`: 10029, `{"keys":[1]}`: 10029, `{"keys":["."]}`: 10042, `{"keys":["k"],"type":"xml"}`: 10029,
		`{"keys":["k"],"type":1}`: 10029, `{"keys":["k"],"withMetadata":"yes"}`: 10029, `{"keys":["k"],"withmetadata":true}`: 10029, `{"keys":["k"],"keys":["l"]}`: 10029,
		`{"keys":["k"],"type":null,"withMetadata":null}`: 0,
	} {
		if a := c.do("POST", "/"+c.ns+"/bulk/get", body); a.code() != code {
			t.Errorf("get %s: %s", body, a.body)
		}
	}
}

func TestCloudflareBulkSizes(t *testing.T) {
	c := newCloudflare(t, emulator.InMemory())
	keys := func(n int) string {
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprintf("%q", fmt.Sprint("k", i))
		}
		return strings.Join(names, ",")
	}
	items := func(n int) string {
		return "[" + strings.Repeat(`{"key":"k","value":""},`, n-1) + `{"key":"l","value":""}]`
	}
	if a := c.in("PUT", "/bulk", items(10_000), 200); string(a.Result) != `{"successful_key_count":10000,"unsuccessful_keys":[]}` {
		t.Errorf("10,000 items: %s", a.body)
	}
	c.in("PUT", "/bulk", items(10_001), 400).refused(t, 400, 10029)
	for _, x := range [][2]string{{"DELETE", "/bulk"}, {"POST", "/bulk/delete"}} {
		c.in("PUT", "/values/k1", "v", 200)
		c.in(x[0], x[1], "["+keys(10_001)+"]", 400).refused(t, 400, 10029)
		if a := c.in(x[0], x[1], "["+keys(10_000)+"]", 200); string(a.Result) != `{"successful_key_count":10000,"unsuccessful_keys":[]}` {
			t.Errorf("10,000 keys: %s", a.body)
		}
		c.in("GET", "/values/k1", "", 404)
	}
	c.in("POST", "/bulk/get", `{"keys":[`+keys(100)+`]}`, 200)
	c.in("POST", "/bulk/get", `{"keys":[`+keys(101)+`]}`, 400).refused(t, 400, 10029)
}

func TestCloudflareLargestBulk(t *testing.T) {
	if testing.Short() {
		t.Skip("moves 250 MB")
	}
	c := newCloudflare(t, emulator.InMemory())
	body := `["k"` + strings.Repeat(" ", 100_000_000-5) + "]"
	c.in("POST", "/bulk/delete", body, 200)
	c.in("POST", "/bulk/delete", body+" ", 413).refused(t, 413, 10024)

	c.in("PUT", "/values/a", strings.Repeat("x", 20_000_000), 200)
	c.in("PUT", "/values/b", strings.Repeat("x", 5_000_000), 200)
	c.in("POST", "/bulk/get", `{"keys":["a","b","a"]}`, 200)
	c.in("PUT", "/values/b", strings.Repeat("x", 5_000_001), 200)
	c.in("POST", "/bulk/get", `{"keys":["a","b"]}`, 413).refused(t, 413, 10024)
}

func TestCloudflareBulkGet(t *testing.T) {
	c := newCloudflare(t)
	form, formType := cloudflareForm("value", `{"n":12345678901234567890}`, "metadata", `{"m":1}`)
	c.in("PUT", "/values/doc?expiration=1900000000", form, 200, "Content-Type", formType)
	c.in("PUT", "/values/text", "é <&>", 200)
	c.in("PUT", "/values/bytes", "\xff", 200)
	for body, want := range map[string]string{
		`{"keys":["doc","none","text"]}`:                                `{"values":{"doc":"{\"n\":12345678901234567890}","none":null,"text":"é <&>"}}`,
		`{"keys":["doc","none"],"type":"json"}`:                         `{"values":{"doc":{"n":12345678901234567890},"none":null}}`,
		`{"keys":["text","none"],"withMetadata":true}`:                  `{"values":{"none":null,"text":{"value":"é <&>","metadata":null}}}`,
		`{"keys":["doc","doc"],"type":"json","withMetadata":true}`:      `{"values":{"doc":{"value":{"n":12345678901234567890},"metadata":{"m":1},"expiration":1900000000}}}`,
		`{"keys":["none"],"type":"text","withMetadata":false}`:          `{"values":{"none":null}}`,
		`{"withMetadata":true,"keys":["none"], "type" : "json"}` + "\n": `{"values":{"none":null}}`,
	} {
		if a := c.in("POST", "/bulk/get", body, 200); string(a.Result) != want {
			t.Errorf("%s: %s", body, a.Result)
		}
	}
	c.in("POST", "/bulk/get", `{"keys":["doc","text"],"type":"json"}`, 400).refused(t, 400, 10012)
	c.in("POST", "/bulk/get", `{"keys":["bytes"],"type":"json"}`, 400).refused(t, 400, 10012)
	c.in("POST", "/bulk/get", `{"keys":["bytes"]}`, 400).refused(t, 400, 10012)
}

func TestCloudflareFailBulk(t *testing.T) {
	c := newCloudflare(t)
	write := func(value string) string {
		return strings.ReplaceAll(`[{"key":"a","value":"V"},{"key":"b","value":"V"},{"key":"c","value":"V"}]`, "V", value)
	}
	values := func() string {
		var got struct{ Values map[string]*string }
		_ = json.Unmarshal(c.in("POST", "/bulk/get", `{"keys":["a","b","c"]}`, 200).Result, &got)
		s := ""
		for _, key := range []string{"a", "b", "c"} {
			if v := got.Values[key]; v != nil {
				s += *v
			} else {
				s += "-"
			}
		}
		return s
	}
	named := []string{"b", "other"}
	c.FailBulk(emulator.CloudflareBulkFailure{Keys: named, Times: 2}, emulator.CloudflareBulkFailure{Keys: []string{"c"}, Times: 1, Status: 400})
	named[0] = "a" // not the emulator's
	a := c.in("PUT", "/bulk", write("1"), 200)
	if string(a.Result) != `{"successful_key_count":1,"unsuccessful_keys":["b","c"]}` || a.code() != 0 || values() != "1--" {
		t.Errorf("partial write: %s", a.body)
	}
	c.in("PUT", "/bulk", `[{"key":"x","value":"1"}]`, 200) // none of the keys, not counted
	if a = c.in("PUT", "/bulk", write("2"), 200); string(a.Result) != `{"successful_key_count":2,"unsuccessful_keys":["b"]}` || values() != "2-2" {
		t.Errorf("partial write: %s", a.body)
	}
	if a = c.in("PUT", "/bulk", write("3"), 200); string(a.Result) != `{"successful_key_count":3,"unsuccessful_keys":[]}` || values() != "333" {
		t.Errorf("full write: %s", a.body)
	}
	for i, x := range []struct{ status, code, want int }{{400, 0, 10029}, {429, 10046, 10046}, {403, 0, 10029}} {
		c.FailBulk(emulator.CloudflareBulkFailure{Keys: []string{"b"}, Times: 1, Status: x.status, Code: x.code})
		bulk := [][2]string{{"DELETE", "/bulk"}, {"POST", "/bulk/delete"}, {"DELETE", "/bulk"}}[i]
		a = c.in(bulk[0], bulk[1], `["a","b"]`, x.status)
		if a.refused(t, x.status, x.want); string(a.Result) != `{"successful_key_count":1,"unsuccessful_keys":["b"]}` || values() != "-33" {
			t.Errorf("failed delete: %s, then %s", a.body, values())
		}
		c.in("PUT", "/bulk", write("3"), 200)
	}
	c.FailBulk(emulator.CloudflareBulkFailure{Keys: []string{"a", "b", "c"}, Status: 500, Code: 10001})
	for range 3 {
		a = c.in("PUT", "/bulk", write("4"), 500)
		if a.refused(t, 500, 10001); string(a.Result) != `{"successful_key_count":0,"unsuccessful_keys":["a","b","c"]}` || values() != "333" {
			t.Errorf("failed write: %s", a.body)
		}
	}
}
