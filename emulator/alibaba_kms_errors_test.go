package emulator_test

import (
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

// TestAlibabaKMSCodes has the tables of the vendor's pages once more.
func TestAlibabaKMSCodes(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	for status, codes := range map[int]string{
		400: "InvalidParameter InvalidParam ParseRequestParameterException InvalidApiName InvalidApiVersion MissingParameter Forbidden.Opened " +
			"Forbidden.UbsmsInvalidUserid Forbidden.UbsmsInvalidBid AliasAlreadyExists Rejected.LimitExceeded Rejected.ShareQuotaExceedLimit " +
			"UnsupportedOperation Rejected.UnsupportedOperation Unsupported.Origin Unsupported.Alias Unsupported.ProtectionLevel InvalidKeyMaterial " +
			"InvalidImportToken ExpiredImportToken DryRunOperationError ValidationError !IncompleteSignature !SignatureDoesNotMatch !SignatureNonceUsed " +
			"!IllegalTimestamp !InvalidTimeStamp.Expired !InvalidAccessKeyId.Inactive !InvalidSecurityToken.Expired !InvalidSecurityToken.Other " +
			"!Throttling !Throttling.User !Throttling.Api !RequestTimeTooSkewed",
		403: "UnsupportedHTTPMethod Forbidden.DKMSInstanceNotFound Forbidden.DKMSInstanceStateInvalid Forbidden.KMSInstanceInUpgrade " +
			"Forbidden.NoPermission Forbidden.AccessKey Forbidden.KmsServiceNotEnabled Forbidden.InDebt Forbidden.InDebtOverdue " +
			"Forbidden.ProhibitedByRiskControl Forbidden.NoRealNameAuthentication AccessDeniedError !NoPermission !Forbidden.RAM !Forbidden.Other",
		404: "Forbidden.KeyNotFound Forbidden.AliasNotFound Forbidden.KeyVersionNotFound Forbidden.ResourceNotFound " +
			"!InvalidAccessKeyId.NotFound !Forbidden.OtherNotFound",
		409: "Rejected.ResourceExist Rejected.Disabled Rejected.PendingDeletion Rejetced.PendingDeletion Rejected.PendingImport " +
			"Rejected.Unavailable Rejected.Enabled Rejected.StateModifiedFailed Rejected.ResourceInDeleteWindow Rejected.Uninitialized !Rejected.Other",
		429: "Rejected.Throttling",
		500: "InternalFailure !InternalError",
		503: "ServiceUnavailableTemporary SerivceUnavailableTemporary SerivceUnvailableTemporary !ServiceUnavailable !ServiceUnavailable.Throttling",
	} {
		for code := range strings.SplitSeq(codes, " ") {
			c.em.Inject(emulator.Fault{Action: "ListKeys", Code: strings.TrimPrefix(code, "!"), Times: 1})
			c.fails(status, code, "ListKeys")
		}
	}
	c.em.Inject(emulator.Fault{Code: "Forbidden.NoPermission", Status: 400, Times: 1})
	c.fails(400, "Forbidden.NoPermission", "CreateKey")
	if a := c.call("DescribeKey", "KeyId", "x"); a.header.Get("Date") != "Fri, 02 Jan 2026 03:04:05 GMT" || a.header.Get("Content-Type") != "application/json;charset=utf-8" {
		t.Fatal(a.header)
	}
}

func TestAlibabaKMSDryRun(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{})
	key := c.create()
	c.fails(400, "DryRunOperationError", "Encrypt", "KeyId", key, "Plaintext", "YQ==", "DryRun", "true")
	c.fails(400, "ValidationError", "Encrypt", "KeyId", key, "DryRun", "true")
	c.fails(400, "ValidationError", "Encrypt", "KeyId", "other", "Plaintext", "YQ==", "DryRun", "true")
	c.fails(400, "DryRunOperationError", "GenerateDataKey", "KeyId", key, "DryRun", "true")
	c.fails(400, "InvalidParameter", "GenerateDataKey", "KeyId", key, "DryRun", "maybe")
	c.ok("GenerateDataKey", "KeyId", key, "DryRun", "false")
	c.ok("DescribeKey", "KeyId", key, "DryRun", "true") // does not have it
}

func TestAlibabaKMSOffline(t *testing.T) {
	c := newKMS(t, emulator.AlibabaKMSSettings{Offline: true})
	c.fails(403, "Forbidden.KmsServiceNotEnabled", "ListKeys")
	if a := c.ok("DescribeAccountKmsStatus"); a.text("AccountStatus") != "NotEnabled" {
		t.Fatal(a.body)
	}
	c.ok("DescribeRegions")
	if a := newKMS(t, emulator.AlibabaKMSSettings{}).ok("DescribeAccountKmsStatus"); a.text("AccountStatus") != "Enabled" {
		t.Fatal(a.body)
	}
}

func TestAlibabaKMSRates(t *testing.T) {
	limited := func(config emulator.AlibabaKMSSettings) *kmsCaller {
		clock := newAlibabaClock()
		em := emulator.NewAlibabaKMS(emulator.InMemory(), emulator.WithClock(clock.Now), emulator.WithAlibabaKMS(config))
		return &kmsCaller{
			nonces: new(atomic.Int64), t: t, em: em, clock: clock, http: clientOf(t, em), id: em.AccessKeyID(), secret: em.AccessKeySecret(), scheme: "form",
		}
	}
	c := limited(emulator.AlibabaKMSSettings{})
	for _, step := range []struct {
		action, other string
		n             int
		shared        bool
	}{
		{"CreateAlias", "DeleteAlias", 10, false}, {"ListKeys", "DescribeKey", 20, false}, {"AsymmetricSign", "GetPublicKey", 200, true},
		{"ReEncrypt", "Encrypt", 750, false}, {"Encrypt", "GenerateDataKey", 1000, true},
	} {
		for i := range step.n {
			if a := c.call(step.action); a.status == 429 {
				t.Fatal(step.action, i)
			}
		}
		c.clock.pass(time.Second - time.Nanosecond)
		c.fails(429, "Rejected.Throttling", step.action)
		if a := c.call(step.other); (a.status == 429) != step.shared {
			t.Fatal(step, a.body)
		}
		c.clock.pass(time.Nanosecond)
		if a := c.call(step.action); a.status == 429 {
			t.Fatal(a.body)
		}
		c.clock.pass(time.Second)
	}
	gateway := limited(emulator.AlibabaKMSSettings{GatewayThrottling: true})
	for range 20 {
		gateway.ok("ListKeys")
	}
	gateway.fails(400, "!Throttling.User", "ListKeys")
}

func TestAlibabaKMSFaults(t *testing.T) {
	for _, socket := range []bool{false, true} {
		c := newKMS(t, emulator.AlibabaKMSSettings{})
		if socket {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			em := emulator.NewAlibabaKMS(emulator.WithClock(c.clock.Now), emulator.WithListener(listener))
			defer em.Close()
			transport := &http.Transport{DialContext: em.DialContext}
			defer transport.CloseIdleConnections()
			c.em, c.http = em, &http.Client{Transport: transport}
		}
		keys := func() any { return c.ok("ListKeys").fields["TotalCount"] }
		for i, step := range []struct {
			fault emulator.Fault
			made  bool
		}{
			{emulator.Fault{Reset: "before"}, false}, {emulator.Fault{Reset: "after"}, true}, {emulator.Fault{Truncate: true}, true},
		} {
			before := keys()
			step.fault.Action, step.fault.Times = "CreateKey", 1
			c.em.Inject(step.fault)
			if a, err := c.try(c.request("POST", "CreateKey", "2016-01-20", nil)); err == nil {
				t.Fatal(i, a.body)
			}
			if (keys() != before) != step.made {
				t.Fatal(socket, i, "made or not")
			}
		}
		c.em.Inject(emulator.Fault{Action: "CreateKey", HTML: true, Times: 1}, emulator.Fault{Action: "CreateKey", Status: 413, Body: "big", Times: 1})
		if a := c.call("CreateKey"); a.status != 502 || !strings.Contains(a.body, "<html>") {
			t.Fatal(a.body)
		}
		if a := c.call("CreateKey"); a.status != 413 || a.body != "big" {
			t.Fatal(a.body)
		}
		c.create()
	}
}

// TestAlibabaKMSBubble has virtual time decide on a deletion; the bubble would not end with a goroutine left.
func TestAlibabaKMSBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		em := emulator.NewAlibabaKMS(emulator.InMemory())
		transport := &http.Transport{DialContext: em.DialContext}
		c := &kmsCaller{
			nonces: new(atomic.Int64), t: t, em: em, clock: &stoppedClock{}, http: &http.Client{Transport: transport}, id: em.AccessKeyID(), secret: em.AccessKeySecret(),
			scheme: "acs3",
		}
		c.clock.at = time.Now()
		key := c.create()
		c.ok("ScheduleKeyDeletion", "KeyId", key, "PendingWindowInDays", "7")
		em.Inject(emulator.Fault{Action: "DescribeKey", Delay: 10 * time.Minute, Times: 1})
		c.in(key, "PendingDeletion")
		time.Sleep(7*kmsDay - 10*time.Minute)
		c.clock.at = time.Now()
		c.fails(404, "Forbidden.KeyNotFound", "DescribeKey", "KeyId", key)
		transport.CloseIdleConnections()
		em.Close()
	})
}
