package emulator_test

import (
	"encoding/xml"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// TestAlibabaCodes has the tables of the vendor's pages, and the gateway's, once more.
func TestAlibabaCodes(t *testing.T) {
	c := newAlibabaNS(t, emulator.AlibabaSettings{})
	for status, codes := range map[int]string{
		400: "InvalidAccount.Malformed InvalidNameSpace.Malformed InvalidKey.Malformed InvalidKey.ExceedsMaximum " +
			"InvalidValue.ExceedsMaximum InvalidParameter InvalidParameters TooManyRequests Throttling Throttling.User Throttling.Api " +
			"Throttling.Other SignatureDoesNotMatch IncompleteSignature InvalidSignatureMethod InvalidAccessKeyId.Inactive " +
			"MissingSecurityToken InvalidSecurityToken.Expired InvalidSecurityToken.Other SignatureNonceUsed InvalidTimeStamp.Format " +
			"InvalidTimeStamp.Expired IllegalTimestamp InsufficientBalance MissingParameter InvalidParameter.Format NoSuchVersion " +
			"UnsupportedHTTPMethod UnsupportedOperation UnsupportedParameter Invalid.Parameter",
		403: "Unauthorized.InvalidParameters Unauthorized.InvalidTime Unauthorized.InvalidToken Unauthorized.InvalidResource " +
			"InvalidKey.ExceedsCapacity Forbidden Forbidden.RAM Forbidden.RiskControl Forbidden.Other NoPermission ActionUnauthorized",
		404: "InvalidAccount.NotFound InvalidNameSpace.NotFound InvalidKey.NotFound InvalidAccessKeyId.NotFound InvalidApi.NotFound " +
			"InvalidProtocol.NeedSsl Other.NotFound",
		406: "InvalidNameSpace.Duplicate InvalidNameSpace.QuotaFull InvalidKey.QuotaFull",
		429: "TooQuickRequests",
		500: "InternalError",
		503: "ServiceUnavailable ServiceUnavailableTemporary Rejected.Throttling",
	} {
		for code := range strings.SplitSeq(codes, " ") {
			c.em.Inject(emulator.Fault{Action: "GetKv", Code: code, Times: 1})
			c.fails("GetKv", alibabaGet("k"), status, code)
		}
	}
	c.em.Inject(emulator.Fault{Code: "Throttling.User", Status: 503, Times: 1})
	c.fails("GetKv", alibabaGet("k"), 503, "Throttling.User")
}

func TestAlibabaErrorForms(t *testing.T) {
	lower := newAlibaba(t, emulator.AlibabaSettings{LowerCaseErrors: true})
	a := lower.call("GetKv", alibabaGet("k"))
	if a.status != 404 || a.text("code") != "InvalidNameSpace.NotFound" || a.text("message") == "" || a.text("requestId") == "" || a.fields["Code"] != nil {
		t.Fatal(a.body)
	}
	x := newAlibaba(t, emulator.AlibabaSettings{XMLErrors: true})
	a = x.call("GetKv", alibabaGet("k"))
	var e struct {
		XMLName                          xml.Name `xml:"Error"`
		Code, Message, RequestId, HostId string
	}
	if err := xml.Unmarshal([]byte(a.body), &e); err != nil || a.status != 404 || e.Code != "InvalidNameSpace.NotFound" || e.RequestId == "" ||
		e.Message == "" || e.HostId == "" || a.header.Get("Content-Type") != "text/xml;charset=utf-8" {
		t.Fatal(err, a.body)
	}
	if got := a.header.Get("Date"); got != "Fri, 02 Jan 2026 03:04:05 GMT" {
		t.Fatal(got)
	}
}

func TestAlibabaThrottle(t *testing.T) {
	config := emulator.AlibabaSettings{Throttle: 2, WriteThrottle: 3, ThrottlePeriod: 10 * time.Second}
	c := newAlibabaNS(t, config)
	c.put("a", "v")
	c.clock.pass(4 * time.Second)
	c.put("b", "v")
	a := c.call("PutKv", alibabaPut("c", "v"))
	a.refused(400, "Throttling.Api")
	if got := a.header.Get("X-Ratelimit-User-Api"); got != "Limit:2,Remain:0,TimeLeft:6000,Reset:10000" {
		t.Fatal(got)
	}
	c.ok("DeleteKv", alibabaGet("a")) // another action, the third write
	c.fails("DeleteKv", alibabaGet("a"), 429, "TooQuickRequests")
	c.ok("GetKv", alibabaGet("b"))
	c.clock.pass(6*time.Second - 1)
	c.fails("PutKv", alibabaPut("c", "v"), 400, "Throttling.Api")
	c.clock.pass(1)
	c.put("c", "v")
	c.fails("PutKv", alibabaPut("c", "v"), 400, "Throttling.Api")

	free := newAlibabaNS(t, config, emulator.WithoutRateLimit())
	for range 10 {
		free.put("k", "v")
	}
	free.fails("PutKv", alibabaPut("k", ""), 400, "InvalidParameter") // that is all it lifts
}

func TestAlibabaRequestID(t *testing.T) {
	c := newAlibaba(t, emulator.AlibabaSettings{}, emulator.WithRequestID(func() string { return "R" }))
	if a := c.ok("GetKvAccount", nil); a.text("RequestId") != "R" {
		t.Fatal(a.body)
	}
}

// TestAlibabaFaults goes through every kind of fault, on a socket and in memory.
func TestAlibabaFaults(t *testing.T) {
	for name, opts := range map[string][]emulator.Option{"socket": nil, "memory": {emulator.InMemory()}} {
		t.Run(name, func(t *testing.T) {
			clock := newAlibabaClock()
			em := emulator.NewAlibaba(append(opts, emulator.WithClock(clock.Now))...)
			defer em.Close()
			transport := &http.Transport{DialContext: em.DialContext, DisableKeepAlives: true}
			if name == "socket" {
				transport.DialContext = (&net.Dialer{}).DialContext
			}
			c := &alibabaCaller{nonces: new(atomic.Int64), t: t, em: em, clock: clock, http: &http.Client{Transport: transport}, id: em.AccessKeyID(), secret: em.AccessKeySecret()}
			c.ok("CreateKvNamespace", alibabaArgs{"Namespace": "ns"})
			broken := func(f emulator.Fault, there bool) {
				t.Helper()
				c.em.Inject(f)
				if a, err := c.try(c.request("PutKv", alibabaPut("k", "v"))); err == nil {
					t.Fatal(a.status, a.body)
				}
				if there {
					c.ok("DeleteKv", alibabaGet("k"))
				} else {
					c.fails("DeleteKv", alibabaGet("k"), 404, "InvalidKey.NotFound")
				}
			}
			broken(emulator.Fault{Action: "PutKv", Reset: "before", Times: 1}, false)
			broken(emulator.Fault{Action: "PutKv", Reset: "after", Times: 1}, true)
			broken(emulator.Fault{Action: "PutKv", Truncate: true, Times: 1}, true)
			c.em.Inject(emulator.Fault{Action: "PutKv", HTML: true, Times: 1})
			if a := c.call("PutKv", alibabaPut("k", "v")); a.status != 502 || !strings.HasPrefix(a.body, "<html>") {
				t.Fatal(a.status, a.body)
			}
			c.em.Inject(emulator.Fault{Action: "PutKv", Status: 418, Body: "tea", Header: http.Header{"retry-after": {"7"}}, Times: 1})
			if a := c.call("PutKv", alibabaPut("k", "v")); a.status != 418 || a.body != "tea" || a.header.Get("Retry-After") != "7" {
				t.Fatal(a.status, a.body, a.header)
			}
			c.em.Inject(emulator.Fault{Action: "PutKv", Code: "TooManyRequests", Skip: 1, Times: 2, Delay: time.Millisecond})
			c.put("k", "v")
			c.fails("PutKv", alibabaPut("k", "v"), 400, "TooManyRequests")
			c.ok("GetKv", alibabaGet("k"))
			c.fails("PutKv", alibabaPut("k", "v"), 400, "TooManyRequests")
			c.put("k", "v")
			c.em.Inject(emulator.Fault{Action: "PostObject", Status: 500, Times: 1})
			up, address := c.authorize("{}")
			if status, _ := c.post(up); status != 500 {
				t.Fatal(status)
			}
			c.fails("BatchDeleteKvWithHighCapacity", alibabaBatch("Url", address), 400, "InvalidParameter")
			c.upload("{}")
		})
	}
}

func TestAlibabaVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em := emulator.NewAlibaba(emulator.InMemory())
		transport := &http.Transport{DialContext: em.DialContext}
		clock := &stoppedClock{}
		c := &alibabaCaller{nonces: new(atomic.Int64), t: t, em: em, clock: clock, http: &http.Client{Transport: transport}, id: em.AccessKeyID(), secret: em.AccessKeySecret()}
		sync := func() { clock.at = time.Now() }
		sync()
		c.ok("CreateKvNamespace", alibabaArgs{"Namespace": "ns"})
		c.put("k", "v", "ExpirationTtl", "3600")
		time.Sleep(time.Hour - time.Nanosecond)
		sync()
		c.ok("GetKv", alibabaGet("k"))
		time.Sleep(time.Nanosecond)
		sync()
		c.fails("GetKv", alibabaGet("k"), 404, "InvalidKey.NotFound")
		em.Inject(emulator.Fault{Delay: time.Minute, Times: 1})
		start := time.Now()
		c.put("k", "v")
		if took := time.Since(start); took != time.Minute {
			t.Fatal(took)
		}
		transport.CloseIdleConnections()
		em.Close()
		em.Close() // once more is no harm
	})
}
