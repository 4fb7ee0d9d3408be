package cloudflare

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	kvdriver "github.com/crosscloud-sdk/crosscloud/kv/driver"
)

func failed(code int) string {
	return fmt.Sprintf(`{"result":null,"success":false,"errors":[{"code":%d,"message":"get: 'some text'"}],"messages":[]}`, code)
}

// wantError is what is expected of a failed reply.
type wantError struct {
	status  int
	code    errs.Code
	retry   errs.Retry
	outcome errs.Outcome
}

// Every code of the vendor with the statuses it is known with, met by a delete, which is ambiguous unless it is known.
func TestEveryCode(t *testing.T) {
	const no, yes = errs.Permanent, errs.Temporary
	const refused, maybe = errs.NotApplied, errs.Ambiguous
	table := map[int][]wantError{
		971:   {{429, errs.RateLimited, yes, refused}},
		1000:  {{401, errs.Unauthenticated, no, refused}},
		6003:  {{400, errs.Unauthenticated, no, refused}},
		6100:  {{400, errs.Unauthenticated, no, refused}},
		6101:  {{400, errs.Unauthenticated, no, refused}},
		6103:  {{400, errs.Unauthenticated, no, refused}},
		6111:  {{400, errs.Unauthenticated, no, refused}},
		7000:  {{404, errs.InvalidArgument, no, refused}, {400, errs.InvalidArgument, no, refused}},
		7003:  {{404, errs.InvalidArgument, no, refused}, {400, errs.InvalidArgument, no, refused}},
		9103:  {{400, errs.Unauthenticated, no, refused}, {403, errs.Unauthenticated, no, refused}},
		9106:  {{400, errs.Unauthenticated, no, refused}},
		9109:  {{403, errs.Unauthenticated, no, refused}},
		10000: {{403, errs.PermissionDenied, no, refused}, {401, errs.Unauthenticated, no, refused}, {400, errs.Unauthenticated, no, refused}},
		10001: {{401, errs.Unauthenticated, no, refused}, {403, errs.Unauthenticated, no, refused}, {503, errs.Unavailable, yes, maybe}, {500, errs.Unavailable, yes, maybe}, {400, errs.Unavailable, no, refused}},
		10002: {{400, errs.Internal, no, refused}, {500, errs.Internal, no, maybe}},
		10003: {{400, errs.Internal, no, refused}},
		10004: {{400, errs.Internal, no, refused}},
		10005: {{403, errs.PermissionDenied, no, refused}},
		10006: {{400, errs.Internal, no, refused}},
		10007: {{400, errs.InvalidArgument, no, refused}},
		10008: {{400, errs.InvalidArgument, no, refused}},
		10010: {{400, errs.InvalidArgument, no, refused}},
		10011: {{400, errs.NamespaceNotFound, no, refused}},
		10012: {{400, errs.InvalidArgument, no, refused}},
		10013: {{404, errs.NamespaceNotFound, no, refused}},
		10014: {{400, errs.AlreadyExists, no, refused}},
		10015: {{400, errs.Internal, no, refused}},
		10016: {{400, errs.Internal, no, refused}},
		10017: {{403, errs.PermissionDenied, no, refused}},
		10018: {{403, errs.QuotaExceeded, no, refused}},
		10019: {{400, errs.InvalidArgument, no, refused}},
		10020: {{403, errs.QuotaExceeded, no, refused}},
		10021: {{400, errs.Unsupported, no, refused}},
		10022: {{429, errs.RateLimited, yes, refused}, {503, errs.RateLimited, yes, refused}},
		10023: {{400, errs.InvalidArgument, no, refused}},
		10024: {{413, errs.TooLarge, no, refused}},
		10025: {{404, errs.Unsupported, no, refused}},
		10026: {{403, errs.PermissionDenied, no, refused}},
		10027: {{500, errs.Internal, yes, maybe}},
		10028: {{400, errs.InvalidArgument, no, refused}},
		10029: {{400, errs.InvalidArgument, no, refused}},
		10030: {{414, errs.InvalidArgument, no, refused}},
		10031: {{400, errs.Unauthenticated, no, refused}},
		10032: {{400, errs.Unauthenticated, no, refused}},
		10033: {{400, errs.InvalidArgument, no, refused}},
		10034: {{400, errs.InvalidArgument, no, refused}},
		10035: {{400, errs.Unsupported, no, refused}},
		10036: {{400, errs.Unauthenticated, no, refused}},
		10037: {{403, errs.PermissionDenied, no, refused}},
		10038: {{400, errs.Unsupported, no, refused}},
		10041: {{400, errs.InvalidArgument, no, refused}},
		10042: {{400, errs.InvalidArgument, no, refused}},
		10043: {{400, errs.InvalidArgument, no, refused}},
		10044: {{400, errs.InvalidArgument, no, refused}},
		10045: {{410, errs.Unsupported, no, refused}},
		10046: {{429, errs.RateLimited, yes, refused}},
		10047: {{400, errs.InvalidArgument, no, refused}, {413, errs.TooLarge, no, refused}},
		10048: {{429, errs.QuotaExceeded, no, refused}},

		// A code that is in no list: the status decides.
		19999: {
			{400, errs.InvalidArgument, no, refused}, {401, errs.Unauthenticated, no, refused}, {403, errs.PermissionDenied, no, refused},
			{404, errs.NotFound, no, refused}, {405, errs.Unsupported, no, refused}, {408, errs.DeadlineExceeded, yes, maybe}, {409, errs.Conflict, no, refused},
			{413, errs.TooLarge, no, refused}, {414, errs.InvalidArgument, no, refused}, {429, errs.RateLimited, yes, refused},
			{500, errs.Internal, yes, maybe}, {502, errs.Unavailable, yes, maybe}, {503, errs.Unavailable, yes, maybe}, {504, errs.DeadlineExceeded, yes, maybe},
			{520, errs.Unavailable, yes, maybe}, {523, errs.Unavailable, yes, maybe}, {524, errs.DeadlineExceeded, yes, maybe}, {200, errs.Unknown, no, maybe},
		},
	}
	for code := range rules {
		if n, _ := strconv.Atoi(code); table[n] == nil && code != "10009" {
			t.Errorf("the code %s is not tested", code)
		}
	}
	for code, wants := range table {
		if code < 19999 { // the same failure inside HTTP 200 is one too, and for refusals means the same
			if first := wants[0]; !wire.IsTemporary(first.code) && rules[strconv.Itoa(code)].status == nil {
				wants = append(wants, wantError{200, first.code, first.retry, refused})
			}
		}
		for _, want := range wants {
			_, ns := serve(t, answers(want.status, "application/json", failed(code)))
			_, err := ns.Delete(context.Background(), &kvdriver.DeleteRequest{Key: "k"})
			if err == nil {
				t.Errorf("%d with HTTP %d: no error", code, want.status)
				continue
			}
			e := typed(t, err)
			got := wantError{e.HTTPStatus, e.Code, e.Retry, e.Outcome}
			if got != want || e.VendorCode != strconv.Itoa(code) || e.RequestID != "ray-1" || !strings.Contains(e.Message, "some text") {
				t.Errorf("%d with HTTP %d: %+v %s %s %q\nwant %+v", code, want.status, got, e.VendorCode, e.RequestID, e.Message, want)
			}
		}
	}
}

// What a 404 is about depends on the request.
func TestNotFound(t *testing.T) {
	ctx, ref := context.Background(), kvdriver.NamespaceRef{ID: "x"}
	calls := map[string]func(*service, *namespace) error{
		"Get": func(_ *service, n *namespace) error { _, err := n.Get(ctx, &kvdriver.GetRequest{Key: "k"}); return err },
		"Inspect": func(_ *service, n *namespace) error {
			_, err := n.Inspect(ctx, &kvdriver.InspectRequest{Key: "k"})
			return err
		},
		"Delete": func(_ *service, n *namespace) error {
			_, err := n.Delete(ctx, &kvdriver.DeleteRequest{Key: "k"})
			return err
		},
		"List": func(_ *service, n *namespace) error {
			_, err := n.List(ctx, &kvdriver.ListRequest{PageSize: 10})
			return err
		},
		"GetBatch": func(_ *service, n *namespace) error {
			_, err := n.GetBatch(ctx, &kvdriver.GetBatchRequest{Keys: []string{"k"}})
			return err
		},
		"DeleteBatch": func(_ *service, n *namespace) error {
			_, err := n.DeleteBatch(ctx, &kvdriver.DeleteBatchRequest{Keys: []string{"k"}})
			return err
		},
		"GetNamespace": func(s *service, _ *namespace) error {
			_, err := s.GetNamespace(ctx, &kvdriver.GetNamespaceRequest{NamespaceRef: ref})
			return err
		},
		"RenameNamespace": func(s *service, _ *namespace) error {
			_, err := s.RenameNamespace(ctx, &kvdriver.RenameNamespaceRequest{NamespaceRef: ref, NewName: "n"})
			return err
		},
		"DeleteNamespace": func(s *service, _ *namespace) error {
			_, err := s.DeleteNamespace(ctx, &kvdriver.DeleteNamespaceRequest{NamespaceRef: ref})
			return err
		},
		"ListNamespaces": func(s *service, _ *namespace) error {
			_, err := s.ListNamespaces(ctx, &kvdriver.ListNamespacesRequest{})
			return err
		},
	}
	const page = "<html>not found</html>"
	for name, call := range calls {
		ofKey, ofCode, ofOther := errs.NamespaceNotFound, errs.NamespaceNotFound, errs.NamespaceNotFound
		switch name {
		case "Get", "Inspect":
			ofKey, ofOther = errs.KeyNotFound, errs.NotFound
		case "Delete":
			ofKey, ofOther = "", errs.NotFound // an absent key is success
		case "ListNamespaces":
			ofKey, ofOther = errs.KeyNotFound, errs.NotFound
		}
		for body, want := range map[string]errs.Code{failed(10009): ofKey, failed(10013): ofCode, failed(19999): ofOther, page: errs.NotFound} {
			svc, ns := serve(t, answers(404, "application/json", body))
			if got := errs.CodeOf(call(svc, ns)); got != want {
				t.Errorf("%s, %s: %q, want %q", name, body, got, want)
			}
		}
	}
}

// A reply may give several reasons, or chains of them, or another shape altogether.
func TestReasons(t *testing.T) {
	for body, want := range map[string]struct{ code, vendor, message string }{
		`{"success":false,"errors":[{"code":1,"message":"first"},{"code":10013,"message":"second"}]}`:                                         {"NamespaceNotFound", "10013", "first: second"},
		`{"success":false,"errors":[{"code":6003,"message":"Invalid request headers","error_chain":[{"code":6111,"message":"Bad format"}]}]}`: {"Unauthenticated", "6003", "Bad format"},
		`{"success":false,"errors":[{"code":"10014","message":"m"}]}`:                                                                         {"AlreadyExists", "10014", "m"},
		`{"success":false,"errors":[]}`:                                            {"InvalidArgument", "", "refused"},
		`{"success":false,"errors":null}`:                                          {"InvalidArgument", "", "refused"},
		`{"code":10000,"error":"Authentication error"}`:                            {"Unauthenticated", "10000", "Authentication error"},
		`{"success":true,"errors":[],"result":{}}`:                                 {"InvalidArgument", "", "refused"},
		`{"success":false,"errors":[{"code":9,"message":"uses ` + canary + `!"}]}`: {"InvalidArgument", "9", "uses [redacted]!"},
		`{"success":false,"errors":"none"}`:                                        {"InvalidArgument", "", "documented form"},
		`{"success":false,"errors":[{"code":{},"message":"m"}]}`:                   {"InvalidArgument", "", "documented form"},
	} {
		_, ns := serve(t, answers(400, "application/json", body))
		_, err := ns.Delete(context.Background(), &kvdriver.DeleteRequest{Key: "k"})
		e := typed(t, err)
		if string(e.Code) != want.code || e.VendorCode != want.vendor || !strings.Contains(e.Message, want.message) || e.RequestID != "ray-1" {
			t.Errorf("%s\ngot %s %q %q", body, e.Code, e.VendorCode, e.Message)
		}
		noSecret(t, err)
	}
}

func TestRetryAfter(t *testing.T) {
	inAMinute := strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10)
	for name, test := range map[string]struct {
		header map[string]string
		status int
		want   time.Duration
	}{
		"documented":     {map[string]string{"Retry-After": "287"}, 429, 287 * time.Second},
		"newer":          {map[string]string{"Ratelimit": `"default";r=0;t=42, "burst";r=1;t=50`}, 429, 42 * time.Second},
		"some left":      {map[string]string{"Ratelimit": `"default";r=5;t=42`, "X-Ratelimit-Reset": "17", "X-Ratelimit-Remaining": "5"}, 429, 0},
		"none left":      {map[string]string{"X-Ratelimit-Reset": "17", "X-Ratelimit-Remaining": "0"}, 429, 17 * time.Second},
		"older":          {map[string]string{"X-Ratelimit-Reset": "17"}, 429, 17 * time.Second},
		"older as time":  {map[string]string{"X-Ratelimit-Reset": inAMinute}, 429, time.Minute},
		"the longest":    {map[string]string{"Retry-After": "5", "Ratelimit": `"default";r=0;t=9`}, 429, 9 * time.Second},
		"nonsense":       {map[string]string{"Ratelimit": `t=5;;t=x;t=-4`, "X-Ratelimit-Reset": "9999999999999"}, 429, 0},
		"nothing":        {nil, 429, 0}, // the limiter takes that for its whole window
		"not a throttle": {map[string]string{"Ratelimit": `"default";r=1000;t=42`}, 400, 0},
	} {
		for _, body := range []string{failed(19999), "error code: 1015"} {
			_, ns := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for name, value := range test.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(body))
			})
			_, err := ns.Delete(context.Background(), &kvdriver.DeleteRequest{Key: "k"})
			if e := typed(t, err); e.RetryAfter > test.want || e.RetryAfter < test.want-2*time.Second {
				t.Errorf("%s: wait %v, want %v", name, e.RetryAfter, test.want)
			}
		}
	}
}

// What Workers KV throttles by itself is over soon, unless it says otherwise.
func TestThrottledByKV(t *testing.T) {
	for _, code := range []int{10022, 10046} {
		for header, want := range map[string]time.Duration{"": time.Second, "7": 7 * time.Second} {
			_, ns := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", header)
				answers(429, "application/json", failed(code))(w, r)
			})
			_, err := ns.Delete(context.Background(), &kvdriver.DeleteRequest{Key: "k"})
			if e := typed(t, err); e.RetryAfter != want {
				t.Errorf("%d: wait %v, want %v", code, e.RetryAfter, want)
			}
		}
	}
}

// A wrong clock explains why an absolute expiry was refused.
func TestClockSkew(t *testing.T) {
	for ahead, want := range map[time.Duration]string{time.Hour: "clock is 1h0m0s ahead", -time.Hour: "clock is 1h0m0s behind", 0: ""} {
		_, ns := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(-ahead).UTC().Format(http.TimeFormat))
			answers(400, "application/json", failed(10033))(w, r)
		})
		_, err := ns.Put(context.Background(), &kvdriver.PutRequest{Key: "k", ExpiresAt: time.Now()})
		got := strings.NewReplacer("59m59s", "1h0m0s", "1h0m1s", "1h0m0s").Replace(err.Error())
		if e := typed(t, err); e.Code != errs.InvalidArgument || !strings.Contains(got, want) || want == "" && strings.Contains(got, "machine") {
			t.Errorf("%v: %v, want %q", ahead, err, want)
		}
	}
}
