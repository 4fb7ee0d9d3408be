package alibaba

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// Replies that are whole, and yet cannot be right.
func TestWrongReplies(t *testing.T) {
	for _, c := range []struct {
		action, reply string
		code          errs.Code
		says          string
	}{
		{actionGet, `{"RequestId":"r","Value":"a\ud800"}`, errs.Corrupt, "not valid UTF-8"},
		{actionGet, "{\"RequestId\":\"r\",\"Value\":\"a\xff\"}", errs.Corrupt, "not valid UTF-8"},
		{actionList, `{"RequestId":"r","TotalCount":1,"Keys":[{"Name":"a\udc00"}]}`, errs.Corrupt, "not valid UTF-8"},
		{actionDescribe, "{\"RequestId\":\"r\",\"Namespace\":\"test_namespace\",\"Status\":\"online\",\"Description\":\"\xff\"}", errs.Corrupt, "not valid UTF-8"},
		{actionAccount, `{"RequestId":"r","Status":"online","NamespaceList":[{"Namespace":"\ud800","Status":"online"}]}`, errs.Corrupt, "not valid UTF-8"},
		{actionDescribe, `{"RequestId":"r","Namespace":"other","Status":"online"}`, errs.Corrupt, "is about another namespace"},
		{actionCreate, `{"RequestId":"r","Namespace":"other","Status":"online"}`, errs.Corrupt, "is about another namespace"},
		{actionDescribe, `{"RequestId":"r","Namespace":"test_namespace"}`, errs.Corrupt, "status"},
		{actionDescribe, `{"RequestId":"r","Namespace":"test_namespace","Status":"delete"}`, errs.NamespaceNotFound, "its status is delete"},
		{actionDescribe, `{"RequestId":"r","Namespace":"test_namespace","Status":"deleting"}`, errs.NamespaceNotFound, "its status is deleting"},
		{actionDescribe, `{"RequestId":"r","Namespace":"test_namespace","Status":"deleted"}`, errs.NamespaceNotFound, "its status is deleted"},
		{actionAccount, `{"RequestId":"r","Status":"offline","NamespaceList":[]}`, errs.NotFound, "not switched on"},
		{actionAccount, `{"RequestId":"r","Status":"offline"}`, errs.NotFound, "not switched on"},
		{actionPut, `{"RequestId":"r","Value":"v"}`, errs.Corrupt, "Length"},
		{actionBatchPut, `{"RequestId":"r"}`, errs.Corrupt, "no key"},
		{actionBatchDelete, `{"RequestId":"r","SuccessKeys":null}`, errs.Corrupt, "no key"},
	} {
		s, n := served(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.reply) })
		m := methods[slices.IndexFunc(methods, func(m method) bool { return m.action == c.action })]
		err := m.send(t.Context(), s, n)
		e, ok := err.(*errs.Error)
		if !ok || e.Code != c.code || e.RequestID != "r" || e.HTTPStatus != 200 || e.Retry != errs.Permanent || !strings.Contains(e.Message, c.says) {
			t.Errorf("%s with %s: %#v", c.action, c.reply, err)
		}
	}
	// What the reply to a put repeats of the value may be cut in the middle of a character.
	_, n := served(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "{\"RequestId\":\"r\",\"Length\":4,\"Value\":\"\xe6\x97\"}")
	})
	if _, err := n.Put(t.Context(), &driver.PutRequest{Key: "k", Value: []byte("v")}); err != nil {
		t.Error(err)
	}
}

// Only what the vendor does not accept as a credential is reported as such.
func TestRefusedCredentials(t *testing.T) {
	code := ""
	s, n := served(t, func(w http.ResponseWriter, _ *http.Request) { failJSON(w, 403, code, "m") })
	seen := &recorded{credential: canaries}
	s.(*service).api.account.credentials = seen
	for c, want := range map[string]int{"InvalidSecurityToken.Expired": 1, "InvalidAccessKeyId.NotFound": 1, "Forbidden.RAM": 0, "Throttling": 0,
		"SignatureNonceUsed": 0, "InvalidTimeStamp.Expired": 0, "Unauthorized.InvalidTime": 0, "SignatureDoesNotMatch": 1} {
		code, seen.times = c, 0
		_, _ = n.Get(t.Context(), &driver.GetRequest{Key: "k"})
		if seen.times != want {
			t.Errorf("%s: reported %d times, want %d", c, seen.times, want)
		}
	}
	broken := errors.New("broken")
	s.(*service).api.account.credentials = failing{broken}
	for _, m := range methods {
		if err := m.send(t.Context(), s, n); !errors.Is(err, broken) {
			t.Errorf("%s: %v", m.action, err)
		}
	}
}

type recorded struct {
	credential
	times int
}

func (r *recorded) refused(c credential) bool {
	if c == r.credential {
		r.times++
	}
	return false
}

type failing struct{ err error }

func (f failing) get(context.Context) (credential, error) { return credential{}, f.err }
func (f failing) refused(credential) bool                 { return false }

// Replies may be as large as the values that may be written, each byte escaped.
func TestReplyBounds(t *testing.T) {
	_, n := served(t, nil)
	if got := n.(*namespace).maxReply(); got < 6*25_000_000 {
		t.Errorf("with high_capacity %d bytes", got)
	}
	n.(*namespace).service.upload = nil
	if got := n.(*namespace).maxReply(); got != 0 {
		t.Errorf("without high_capacity %d bytes", got)
	}
	big := strings.Repeat(`\u0001`, 2_000_000)
	_, n = served(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"RequestId":"r","Value":"`+big+`"}`)
	})
	n.(*namespace).service.upload = nil
	if res, err := n.Get(t.Context(), &driver.GetRequest{Key: "k"}); err != nil || len(res.Value) != 2_000_000 {
		t.Errorf("the largest value: %v", err)
	}
}
