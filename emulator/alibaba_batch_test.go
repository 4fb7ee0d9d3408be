package emulator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

func alibabaKeys(n int) string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("k%05d", i)
	}
	list, _ := json.Marshal(keys)
	return string(list)
}

func alibabaBatch(name, value string) alibabaArgs { return alibabaArgs{"Namespace": "ns", name: value} }

func TestAlibabaBatchPut(t *testing.T) {
	c := newAlibabaNS(t, emulator.AlibabaSettings{})
	list := `[{"Key":"a","Value":"1"},{"Key":"b","Value":"<&é","ExpirationTtl":10,"Expiration":1690},{"Key":"a b","Value":"1"},` +
		`{"Key":"","Value":"1"},{"Key":"empty","Value":""},{"Key":"past","Value":"v","Expiration":1690},` +
		`{"Key":"ttl","Value":"v","ExpirationTtl":0},{"Key":"n","Value":"v","Expiration":null,"Base64":true},{"Key":"a","Value":"2"}]`
	a := c.ok("BatchPutKv", alibabaBatch("KvList", list))
	if a.names("SuccessKeys") != "a,b,n,a" || a.names("FailKeys") != "a b,,empty,past,ttl" {
		t.Fatal(a.body)
	}
	if got := c.ok("GetKv", alibabaGet("a")).text("Value"); got != "2" {
		t.Fatal(got)
	}
	if a := c.ok("GetKvDetail", alibabaGet("b")); a.text("Value") != "<&é" || a.text("ExpirationTtl") != "10" {
		t.Fatal(a.body)
	}
	c.clock.pass(10 * time.Second)
	c.fails("GetKv", alibabaGet("b"), 404, "InvalidKey.NotFound")
	for _, bad := range []string{
		"", "null", "{}", "[", "[]", "[1]", "[null]", `[{}]`, `[{"Key":"k"}]`, `[{"Value":"v"}]`, `[{"key":"k","value":"v"}]`,
		`[{"Key":1,"Value":"v"}]`, `[{"Key":"k","Value":1}]`, `[{"Key":"k","Value":null}]`, `[{"Key":"k","Value":"v","ExpirationTtl":"9"}]`,
		`[{"Key":"k","Value":"v","ExpirationTtl":1e1}]`, `[{"Key":"k","Value":"v","ExpirationTtl":99999999999999999999}]`,
		`[{"Key":"k","Value":"v","Expiration":1.5}]`, `[{"Key":"k","Value":"v","Value":"w"}]`, `[{"Key":"k","Value":"v"}] x`,
		"[{\"Key\":\"k\",\"Value\":\"\xff\"}]", `[{"Key":"k","Value":"v"},]`, strings.Repeat("[", 20_000), `[{"Key":"k","Value":"v"`,
	} {
		c.fails("BatchPutKv", alibabaBatch("KvList", bad), 400, "InvalidParameter")
	}
	c.fails("GetKv", alibabaGet("k"), 404, "InvalidKey.NotFound")
	frame := `[{"Key":"k","Value":""}]`
	value := strings.Repeat("v", 2_000_000-len(frame))
	full := strings.Replace(frame, `""`, `"`+value+`"`, 1)
	c.fails("BatchPutKv", alibabaBatch("KvList", full+" "), 400, "InvalidValue.ExceedsMaximum")
	if a := c.ok("BatchPutKv", alibabaBatch("KvList", full)); a.names("SuccessKeys") != "k" || a.names("FailKeys") != "" {
		t.Fatal(a.body)
	}
	encoded := newAlibabaNS(t, emulator.AlibabaSettings{EncodedLimit: true})
	encoded.fails("BatchPutKv", alibabaBatch("KvList", full), 400, "InvalidValue.ExceedsMaximum")
}

func TestAlibabaBatchDelete(t *testing.T) {
	c := newAlibabaNS(t, emulator.AlibabaSettings{})
	for _, key := range []string{"a", "b", "c"} {
		c.put(key, "v")
	}
	a := c.ok("BatchDeleteKv", alibabaBatch("Keys", `["a","x","b","a b"]`))
	if a.names("SuccessKeys") != "a,b" || a.names("FailKeys") != "x,a b" {
		t.Fatal(a.body)
	}
	if got := alibabaListed(c.ok("ListKvs", alibabaArgs{"Namespace": "ns"})); got != "c" {
		t.Fatal(got)
	}
	for _, bad := range []string{"", "[]", "{}", "null", `["a",1]`, `[null]`, `"a"`, "[\"\xff\"]", alibabaKeys(10_001)} {
		c.fails("BatchDeleteKv", alibabaBatch("Keys", bad), 400, "InvalidParameter")
	}
	c.ok("BatchDeleteKv", alibabaBatch("Keys", alibabaKeys(10_000)))
	lenient := newAlibabaNS(t, emulator.AlibabaSettings{BatchDeleteAbsent: true})
	if a := lenient.ok("BatchDeleteKv", alibabaBatch("Keys", `["a"," "]`)); a.names("SuccessKeys") != "a" || a.names("FailKeys") != " " {
		t.Fatal(a.body)
	}
}

func TestAlibabaMissing(t *testing.T) {
	c := newAlibabaNS(t, emulator.AlibabaSettings{})
	for action, all := range map[string]string{
		"CreateKvNamespace": "Namespace", "GetKvNamespace": "Namespace", "DeleteKvNamespace": "Namespace", "ListKvs": "Namespace",
		"PutKv": "Namespace Key Value", "GetKv": "Namespace Key", "GetKvDetail": "Namespace Key", "DeleteKv": "Namespace Key",
		"BatchPutKv": "Namespace KvList", "BatchDeleteKv": "Namespace Keys", "PutKvWithHighCapacity": "Namespace Key Url",
		"BatchPutKvWithHighCapacity": "Namespace Url", "BatchDeleteKvWithHighCapacity": "Namespace Url", "AuthorizeFileUpload": "Product",
	} {
		p := alibabaArgs{"Namespace": "ns", "Key": "k", "Value": "v", "KvList": "[]", "Keys": "[]", "Url": "x"}
		for name := range strings.SplitSeq(all, " ") {
			without := alibabaArgs{}
			for other, value := range p {
				if other != name {
					without[other] = value
				}
			}
			c.fails(action, without, 400, "Missing"+name)
		}
		if action != "AuthorizeFileUpload" && action != "CreateKvNamespace" {
			p["Namespace"] = "other"
			c.fails(action, p, 404, "InvalidNameSpace.NotFound")
		}
	}
}

type alibabaUpload struct {
	fields  [][2]string
	target  string
	content string
}

// authorize asks for an upload and gives it as the vendor's packages then make it.
func (c *alibabaCaller) authorize(content string) (up alibabaUpload, address string) {
	c.t.Helper()
	a := c.ok("AuthorizeFileUpload", alibabaArgs{"Product": "ESA", "RegionId": "cn-hangzhou"})
	if a.fields["UseAccelerate"] != false {
		c.t.Fatal(a.body)
	}
	base := "http://" + a.text("Bucket") + "." + a.text("Endpoint")
	return alibabaUpload{target: base, content: content, fields: [][2]string{
		{"OSSAccessKeyId", a.text("AccessKeyId")}, {"policy", a.text("EncodedPolicy")}, {"Signature", a.text("Signature")},
		{"key", a.text("ObjectKey")}, {"success_action_status", "201"},
	}}, base + "/" + a.text("ObjectKey")
}

func (c *alibabaCaller) post(up alibabaUpload) (status int, body string) {
	c.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for _, field := range up.fields {
		_ = form.WriteField(field[0], field[1])
	}
	if up.content != "none" {
		part, _ := form.CreateFormFile("file", "data.json")
		_, _ = io.WriteString(part, up.content)
	}
	_ = form.WriteField("key", "ignored after the file")
	_ = form.Close()
	req, err := http.NewRequest("POST", up.target, &b)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	a := c.send(req)
	return a.status, a.body
}

// upload uploads a document and returns its address.
func (c *alibabaCaller) upload(content string) string {
	c.t.Helper()
	up, address := c.authorize(content)
	if status, body := c.post(up); status != 201 || !strings.Contains(body, "<PostResponse><Bucket>127</Bucket>") {
		c.t.Fatal(status, body)
	}
	return address
}

func TestAlibabaLarge(t *testing.T) {
	for _, rpc := range []bool{false, true} {
		c := newAlibabaNS(t, emulator.AlibabaSettings{})
		c.rpc = rpc
		value := strings.Repeat("v", 2_000_001)
		address := c.upload(`{"Namespace":"ns","Key":"k","Value":"` + value + `","ExpirationTtl":1}`)
		a := c.ok("PutKvWithHighCapacity", alibabaArgs{"Namespace": "ns", "Key": "k", "Url": address})
		if a.text("Length") != "2000001" || len(a.text("Value")) != 200 {
			t.Fatalf("%.300s", a.body)
		}
		c.clock.pass(time.Minute) // the file's TTL means nothing
		if got := c.ok("GetKv", alibabaGet("k")).text("Value"); got != value {
			t.Fatal(len(got))
		}
		address = c.upload(`{"Namespace":"ns","KvList":[{"Key":"a","Value":"` + value + `"},{"Key":"b/","Value":"1"}]}`)
		a = c.ok("BatchPutKvWithHighCapacity", alibabaBatch("Url", address))
		if a.names("SuccessKeys") != "a" || a.names("FailKeys") != "b/" {
			t.Fatal(a.body)
		}
		address = c.upload(`{"Namespace":"ns","Keys":["a","b"]}`)
		a = c.ok("BatchDeleteKvWithHighCapacity", alibabaBatch("Url", address))
		if a.names("SuccessKeys") != "a" || a.names("FailKeys") != "b" {
			t.Fatal(a.body)
		}
		c.ok("BatchDeleteKvWithHighCapacity", alibabaBatch("Url", c.upload(`{"Namespace":"ns","Keys":`+alibabaKeys(10_001)+`}`)))
	}
}

func TestAlibabaLargeLimits(t *testing.T) {
	info, _ := debug.ReadBuildInfo()
	slow := info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
	if testing.Short() || slow {
		t.Skip("moves 275 MB, which takes a minute under the race detector")
	}
	c := newAlibabaNS(t, emulator.AlibabaSettings{})
	value := strings.Repeat("v", 25_000_000)
	address := c.upload(`{"Namespace":"ns","Key":"k","Value":"` + value + `"}`)
	c.ok("PutKvWithHighCapacity", alibabaArgs{"Namespace": "ns", "Key": "k", "Url": address})
	// One document that both actions can read.
	address = c.upload(`{"Namespace":"ns","Key":"k","Value":"` + value + `v","KvList":[{"Key":"a","Value":"1"},{"Key":"big","Value":"` + value + `v"}]}`)
	c.fails("PutKvWithHighCapacity", alibabaArgs{"Namespace": "ns", "Key": "k", "Url": address}, 400, "InvalidValue.ExceedsMaximum")
	if a := c.ok("BatchPutKvWithHighCapacity", alibabaBatch("Url", address)); a.names("SuccessKeys") != "a" || a.names("FailKeys") != "big" {
		t.Fatal(a.body)
	}
	up, _ := c.authorize(strings.Repeat(" ", 100_000_000))
	if status, body := c.post(up); status != 201 {
		t.Fatal(status, body)
	}
	up, _ = c.authorize(up.content + " ")
	if status, body := c.post(up); status != 400 || !strings.Contains(body, "<Code>EntityTooLarge</Code>") {
		t.Fatal(status, body)
	}
}

func TestAlibabaLargeShapes(t *testing.T) {
	c := newAlibabaNS(t, emulator.AlibabaSettings{})
	for _, document := range []string{
		"", "null", "[]", "{", `{"Namespace":"ns"}`, `{"Namespace":"other","Key":"k","Value":"v","KvList":[{"Key":"k","Value":"v"}],"Keys":["k"]}`,
		`{"KvList":[{"Key":"k","Value":"v"}],"Keys":["k"],"Key":"k","Value":"v"}`, `{"Namespace":"ns","KvList":{},"Keys":{},"Key":"other","Value":"v"}`,
		`{"Namespace":"ns","KvList":[{"Key":"k"}],"Keys":[1],"Key":"k","Value":1}`, `{"Namespace":1,"Key":"k","Value":"v"}`,
		`{"Namespace":"ns","Namespace":"ns","KvList":[{"Key":"k","Value":"v"}],"Keys":["k"],"Key":"k","Value":"v"}`, "\xff",
	} {
		address := c.upload(document)
		c.fails("PutKvWithHighCapacity", alibabaArgs{"Namespace": "ns", "Key": "k", "Url": address}, 400, "InvalidParameter")
		for _, action := range []string{"BatchPutKvWithHighCapacity", "BatchDeleteKvWithHighCapacity"} {
			if a := c.ok(action, alibabaBatch("Url", address)); a.names("SuccessKeys") != "" || a.names("FailKeys") != "" {
				t.Fatal(document, a.body)
			}
		}
	}
	honest := newAlibabaNS(t, emulator.AlibabaSettings{UploadTTL: true})
	one := func(ttl string) string {
		return honest.upload(`{"Namespace":"ns","Key":"k","Value":"v","ExpirationTtl":` + ttl + `}`)
	}
	honest.fails("PutKvWithHighCapacity", alibabaArgs{"Namespace": "ns", "Key": "k", "Url": one("0")}, 400, "InvalidParameter")
	honest.ok("PutKvWithHighCapacity", alibabaArgs{"Namespace": "ns", "Key": "k", "Url": one("7")})
	honest.ok("BatchPutKvWithHighCapacity", alibabaBatch("Url", honest.upload(`{"Namespace":"ns","KvList":[{"Key":"b","Value":"v","ExpirationTtl":7}]}`)))
	for _, key := range []string{"k", "b"} {
		if a := honest.ok("GetKvDetail", alibabaGet(key)); a.text("ExpirationTtl") != "7" {
			t.Fatal(a.body)
		}
	}
}

func TestAlibabaUpload(t *testing.T) {
	c := newAlibabaNS(t, emulator.AlibabaSettings{})
	c.fails("AuthorizeFileUpload", alibabaArgs{"Product": "OSS"}, 400, "InvalidParameter")
	set := func(name, value string) func(*alibabaUpload) {
		return func(up *alibabaUpload) {
			for i := range up.fields {
				if up.fields[i][0] == name {
					up.fields[i][1] = value
				}
			}
		}
	}
	for name, step := range map[string]struct {
		change func(*alibabaUpload)
		status int
		want   string
	}{
		"fine":       {func(*alibabaUpload) {}, 201, "<PostResponse>"},
		"status 200": {set("success_action_status", "200"), 200, ""},
		"status 204": {set("success_action_status", ""), 204, ""},
		"path":       {func(up *alibabaUpload) { up.target = c.em.URL() + "/127/" }, 201, "<PostResponse>"},
		"bucket":     {func(up *alibabaUpload) { up.target = c.em.URL() + "/other" }, 404, "<Code>NoSuchBucket</Code>"},
		"key id":     {set("OSSAccessKeyId", "x"), 403, "<Code>InvalidAccessKeyId</Code>"},
		"signature":  {set("Signature", "x"), 403, "<Code>SignatureDoesNotMatch</Code>"},
		"policy":     {set("policy", "e30="), 403, "<Code>SignatureDoesNotMatch</Code>"},
		"key":        {set("key", "other"), 403, "<Code>AccessDenied</Code>"},
		"no file":    {func(up *alibabaUpload) { up.content = "none" }, 400, "<Code>MalformedPOSTRequest</Code>"},
		"late":       {func(*alibabaUpload) { c.clock.pass(time.Hour) }, 403, "<Code>AccessDenied</Code>"},
	} {
		up, address := c.authorize(`{"Namespace":"ns","Keys":["a"]}`)
		step.change(&up)
		if status, body := c.post(up); status != step.status || !strings.Contains(body, step.want) {
			t.Fatal(name, status, body)
		}
		if step.status >= 400 {
			c.fails("BatchDeleteKvWithHighCapacity", alibabaBatch("Url", address), 400, "InvalidParameter")
		} else {
			c.ok("BatchDeleteKvWithHighCapacity", alibabaBatch("Url", address))
		}
	}
	for _, r := range c.em.Requests() {
		if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") && r.Action != "PostObject" {
			t.Fatal(r.Action)
		}
	}
}

func TestAlibabaAddresses(t *testing.T) {
	c := newAlibabaNS(t, emulator.AlibabaSettings{UploadBucket: "bucket", UploadEndpoint: "oss.example"})
	up, address := c.authorize(`{"Namespace":"ns","Keys":["a"]}`)
	if status, body := c.post(up); status != 201 || !strings.Contains(body, "<Location>"+address+"</Location>") {
		t.Fatal(status, body)
	}
	_, object, _ := strings.Cut(address, "oss.example/")
	for _, good := range []string{
		address, "https://bucket.oss.example/" + object, "http://oss.example/bucket/" + object, c.em.URL() + "/bucket/" + object, c.em.URL() + "/" + object,
		"http://BUCKET.oss.example:80/" + object,
	} {
		c.ok("BatchDeleteKvWithHighCapacity", alibabaBatch("Url", good))
	}
	for _, bad := range []string{
		"", "%", "x", "/" + object, "http://elsewhere/" + object, "http://elsewhere/bucket/" + object, "ftp://bucket.oss.example/" + object, address + "?x=1",
		address + "x", "file:///etc/passwd", "http://bucket.oss.example.elsewhere/" + object, "http://[::1", "http://oss.example/" + object + "/..",
	} {
		c.fails("BatchDeleteKvWithHighCapacity", alibabaBatch("Url", bad), 400, "InvalidParameter")
	}
}
