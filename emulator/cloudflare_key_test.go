package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// metadata of a key, as JSON.
func (c *cloudflareCaller) metadata(key string) string {
	c.t.Helper()
	a := c.in("GET", "/metadata/"+key, "", 200)
	if a.code() != 0 {
		c.t.Errorf("metadata: %s", a.body)
	}
	return string(a.Result)
}

func TestCloudflareValues(t *testing.T) {
	c := newCloudflare(t)
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for _, value := range []string{"v", "", "\r\n--x\r\n", string(every), `{"a":1}`} {
		form, formType := cloudflareForm("metadata", `{"some": "<json>"}`, "value", value)
		encoded := url.Values{"value": {value}, "metadata": {"[1]"}}.Encode()
		for _, x := range []struct{ body, contentType, metadata string }{
			{value, "", "null"}, {value, "text/plain", "null"}, {value, "application/octet-stream", "null"}, {value, "application/json", "null"}, {value, "nonsense;;", "null"},
			{form, formType, `{"some":"<json>"}`}, {encoded, "application/x-www-form-urlencoded", "[1]"},
		} {
			if a := c.in("PUT", "/values/k", x.body, 200, "Content-Type", x.contentType); string(a.Result) != "{}" || a.code() != 0 {
				t.Errorf("write as %q: %s", x.contentType, a.body)
			}
			a := c.in("GET", "/values/k", "", 200)
			if a.body != value || a.header.Get("Content-Type") != "application/octet-stream" || a.header.Values("Expiration") != nil {
				t.Errorf("written as %q: %q %v", x.contentType, a.body, a.header)
			}
			if m := c.metadata("k"); m != x.metadata {
				t.Errorf("written as %q: metadata %s", x.contentType, m)
			}
		}
	}
	c.in("DELETE", "/values/k", "", 200)
	c.in("GET", "/values/k", "", 404).refused(t, 404, 10009)
	c.in("GET", "/metadata/k", "", 404).refused(t, 404, 10009)
	if a := c.in("DELETE", "/values/k", "", 200); a.code() != 0 {
		t.Errorf("removal of what is not there: %s", a.body)
	}
}

func TestCloudflareForms(t *testing.T) {
	c := newCloudflare(t)
	big := func(n int) string { return `"` + strings.Repeat("x", n-2) + `"` }
	for name, x := range map[string]struct {
		pairs        []string
		status, code int
	}{
		"metadata at the limit":   {[]string{"value", "v", "metadata", big(1024)}, 200, 0},
		"metadata over it":        {[]string{"value", "v", "metadata", big(1025)}, 413, 10047},
		"metadata null":           {[]string{"value", "v", "metadata", " null "}, 200, 0},
		"metadata empty":          {[]string{"value", "v", "metadata", ""}, 400, 10047},
		"metadata no JSON":        {[]string{"value", "v", "metadata", "{a:1}"}, 400, 10047},
		"metadata twice":          {[]string{"value", "v", "metadata", "1", "metadata", "2"}, 400, 10029},
		"metadata not UTF-8":      {[]string{"value", "v", "metadata", "\"\xff\""}, 400, 10047},
		"metadata of two values":  {[]string{"value", "v", "metadata", "1 2"}, 400, 10047},
		"no value":                {[]string{"metadata", "1"}, 400, 10012},
		"value twice":             {[]string{"value", "v", "value", "w"}, 400, 10029},
		"metadata spread (a map)": {[]string{"value", "v", "metadata.a", "1"}, 400, 10029},
	} {
		form, formType := cloudflareForm(x.pairs...)
		if a := c.do("PUT", "/"+c.ns+"/values/k", form, "Content-Type", formType); a.status != x.status || a.code() != x.code {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	form, formType := cloudflareForm("value", "v")
	c.in("PUT", "/values/k", form[:len(form)-9], 400, "Content-Type", formType).refused(t, 400, 10029)
	c.in("PUT", "/values/k", "", 400, "Content-Type", formType).refused(t, 400, 10029)
	c.in("PUT", "/values/k", form, 400, "Content-Type", "multipart/form-data").refused(t, 400, 10029)
	c.in("PUT", "/values/k", form, 400, "Content-Type", "Multipart/Form-Data; boundary").refused(t, 400, 10029)
	c.in("PUT", "/values/k", "value=%zz", 400, "Content-Type", "application/x-www-form-urlencoded").refused(t, 400, 10029)
	c.in("PUT", "/values/k?expiration=%zz", "v", 400).refused(t, 400, 10029)
	c.in("PUT", "/values/k", "just text", 400, "Content-Type", "application/x-www-form-urlencoded").refused(t, 400, 10029)
	// Bytes of a part stay what they are, whatever its headers claim.
	encoded := "--b\r\nContent-Disposition: form-data; name=\"value\"; filename=\"f\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=3Db\r\n--b--\r\n"
	c.in("PUT", "/values/k", encoded, 200, "Content-Type", "multipart/form-data; boundary=b")
	if a := c.in("GET", "/values/k", "", 200); a.body != "a=3Db" {
		t.Errorf("encoded part: %q", a.body)
	}
	if c.metadata("k") != "null" {
		t.Error("metadata outlived a write without any")
	}
}

func TestCloudflareSizes(t *testing.T) {
	c := newCloudflare(t, emulator.InMemory())
	for n, code := range map[int]int{512: 0, 513: 10030} {
		key, status := strings.Repeat("é", n/2)+strings.Repeat("k", n%2), map[int]int{0: 200, 10030: 414}[code]
		c.in("PUT", "/values/"+url.PathEscape(key), "v", status).refusedUnlessOK(t, status, code)
		if code != 0 {
			c.in("GET", "/values/"+url.PathEscape(key), "", status).refused(t, status, code)
			c.in("DELETE", "/values/"+url.PathEscape(key), "", status).refused(t, status, code)
		}
		c.in("PUT", "/bulk", `[{"key":"`+key+`","value":"v"}]`, status).refusedUnlessOK(t, status, code)
		c.in("POST", "/bulk/get", `{"keys":["`+key+`"]}`, status).refusedUnlessOK(t, status, code)
		c.in("POST", "/bulk/delete", `["`+key+`"]`, status).refusedUnlessOK(t, status, code)
		c.in("GET", "/keys?prefix="+url.QueryEscape(key), "", status).refusedUnlessOK(t, status, code)
	}
}

func TestCloudflareLargestValue(t *testing.T) {
	if testing.Short() {
		t.Skip("moves 125 MiB")
	}
	c := newCloudflare(t, emulator.InMemory())
	value := strings.Repeat("x", 25<<20)
	c.in("PUT", "/values/k", value, 200)
	if a := c.in("GET", "/values/k", "", 200); a.body != value {
		t.Error("the largest value came back changed")
	}
	c.in("PUT", "/values/k", value+"x", 413).refused(t, 413, 10024)
	form, formType := cloudflareForm("value", value+"x")
	c.in("PUT", "/values/k", form, 413, "Content-Type", formType).refused(t, 413, 10024)
	c.in("PUT", "/bulk", `[{"key":"k","value":"`+value+`"}]`, 200)
	c.in("PUT", "/bulk", `[{"key":"k","value":"`+value+`x"}]`, 413).refused(t, 413, 10024)
}

func (a cloudflareAnswer) refusedUnlessOK(t testing.TB, status, code int) {
	t.Helper()
	if code != 0 || a.code() != 0 {
		a.refused(t, status, code)
	}
}

func TestCloudflareExpiry(t *testing.T) {
	clock := newCloudflareClock()
	clock.pass(700 * time.Millisecond)
	c := newCloudflare(t, emulator.WithClock(clock.Now))
	now := clock.Now().Unix()
	for query, expires := range map[string]int64{
		"expiration_ttl=60": now + 60, fmt.Sprint("expiration=", now+60): now + 60, "": 0,
		fmt.Sprint("expiration_ttl=100&expiration=", now+60): now + 100, "expiration=1&expiration_ttl=61": now + 61, "expiration=x&expiration_ttl=62": now + 62,
		"expiration=253402300799": 253402300799,
	} {
		c.in("PUT", "/values/k?"+query, "v", 200)
		want := []string(nil)
		if expires != 0 {
			want = []string{fmt.Sprint(expires)}
		}
		if a := c.in("GET", "/values/k", "", 200); !slices.Equal(a.header.Values("Expiration"), want) {
			t.Errorf("%s: expires at %v", query, a.header.Values("Expiration"))
		}
		a := c.in("GET", "/keys", "", 200)
		if got, want := string(a.Result), fmt.Sprintf(`[{"name":"k","expiration":%d}]`, expires); got != want && (expires != 0 || got != `[{"name":"k"}]`) {
			t.Errorf("%s: listed as %s", query, got)
		}
	}
	for query, code := range map[string]int{
		"expiration_ttl=59": 10034, "expiration_ttl=0": 10034, "expiration_ttl=-60": 10034, "expiration_ttl=": 10034, "expiration_ttl=60.5": 10034,
		"expiration_ttl=1h": 10034, "expiration_ttl=9223372036854775807": 10034, "expiration_ttl=99999999999999999999": 10034, "expiration_ttl=60&expiration_ttl=60": 10034,
		fmt.Sprint("expiration=", now+59): 10033, "expiration=0": 10033, "expiration=-1": 10033, "expiration=": 10033, "expiration=2030-01-01": 10033,
		"expiration=253402300800": 10033, "expiration=9223372036854775808": 10033, fmt.Sprint("expiration_ttl=1&expiration=", now+600): 10034,
	} {
		c.in("PUT", "/values/k?"+query, "new", 400).refused(t, 400, code)
	}
	if a := c.in("GET", "/values/k", "", 200); a.body != "v" {
		t.Errorf("a refused write wrote %q", a.body)
	}
	// What has expired is missing everywhere, from the very moment.
	form, formType := cloudflareForm("value", "v", "metadata", "1")
	c.in("PUT", "/values/k?expiration_ttl=60", form, 200, "Content-Type", formType)
	clock.pass(59*time.Second + 299*time.Millisecond)
	c.in("GET", "/values/k", "", 200)
	clock.pass(time.Millisecond)
	c.in("GET", "/values/k", "", 404).refused(t, 404, 10009)
	c.in("GET", "/metadata/k", "", 404).refused(t, 404, 10009)
	if a := c.in("GET", "/keys", "", 200); string(a.Result) != "[]" || a.Info.Count != 0 {
		t.Errorf("listed: %s", a.body)
	}
	if a := c.in("POST", "/bulk/get", `{"keys":["k"]}`, 200); string(a.Result) != `{"values":{"k":null}}` {
		t.Errorf("got: %s", a.body)
	}
	// A write without an expiry takes the old one away.
	c.in("PUT", "/values/k?expiration_ttl=60", "v", 200)
	c.in("PUT", "/values/k", "v", 200)
	clock.pass(time.Hour)
	c.in("GET", "/values/k", "", 200)
}

func TestCloudflareStaleReads(t *testing.T) {
	clock := newCloudflareClock()
	c := newCloudflare(t, emulator.WithClock(clock.Now), emulator.WithStaleReads(time.Minute))
	c.in("PUT", "/values/k", "old", 200)
	c.in("GET", "/values/k", "", 404).refused(t, 404, 10009)
	clock.pass(time.Minute)
	c.in("PUT", "/bulk", `[{"key":"k","value":"new"}]`, 200)
	get := func() string {
		return c.in("GET", "/values/k", "", 200).body + string(c.in("POST", "/bulk/get", `{"keys":["k"]}`, 200).Result)
	}
	if got := get(); got != `old{"values":{"k":"old"}}` {
		t.Errorf("within the minute: %s", got)
	}
	clock.pass(time.Minute)
	if got := get(); got != `new{"values":{"k":"new"}}` {
		t.Errorf("after it: %s", got)
	}
	c.in("DELETE", "/values/k", "", 200)
	if a := c.in("GET", "/keys", "", 200); a.Info.Count != 1 {
		t.Errorf("removed and listed at once: %s", a.body)
	}
	clock.pass(time.Minute)
	if a := c.in("GET", "/keys", "", 200); a.Info.Count != 0 {
		t.Errorf("removed a minute ago: %s", a.body)
	}
}

func TestCloudflareKeyOptions(t *testing.T) {
	c := newCloudflare(t, emulator.WithCloudflare(emulator.CloudflareSettings{MissingMetadataNull: true, PrintableKeys: true, LossyText: true}))
	if got := c.metadata("none"); got != "null" {
		t.Errorf("metadata of a missing key: %s", got)
	}
	c.do("GET", "/x/metadata/none", "").refused(t, 404, 10013)
	for _, key := range []string{"a%20b", "a%09b", "%00", "%C2%A0", "%E2%80%8B"} {
		c.in("PUT", "/values/"+key, "v", 400).refused(t, 400, 10042)
	}
	c.in("PUT", "/values/a-%C3%A9%F0%9F%99%82", "\xff!", 200)
	a := c.in("POST", "/bulk/get", `{"keys":["a-é🙂"]}`, 200)
	var got struct{ Values map[string]string }
	if _ = json.Unmarshal(a.Result, &got); got.Values["a-é🙂"] != "\ufffd!" {
		t.Errorf("got %s", a.body)
	}
}
