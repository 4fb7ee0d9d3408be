package alibaba

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	vendorerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/secret"
)

// A credential whose text is part of a code does not spoil what the code means.
func TestCodesAreReadAsTheyAre(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { failJSON(w, 404, "InvalidKey.NotFound", "m") }))
	defer server.Close()
	s := openService(t, map[string]string{"access_key_id": "Key", "access_key_secret": "Invalid", "region": "cn-hangzhou", "endpoint": server.URL}, nil)
	n, _ := s.OpenNamespace(byName("n"))
	_, err := n.Get(t.Context(), &driver.GetRequest{Key: "k"})
	if e, ok := err.(*errs.Error); !ok || e.Code != errs.KeyNotFound || e.VendorCode != "InvalidKey.NotFound" {
		t.Errorf("%#v", err)
	}
}

// What can be no code and no id is not shown as one, and neither is a credential.
func TestWhatIsNoIdentifier(t *testing.T) {
	for text, shown := range map[string]bool{
		"Some.New_Code-7": true, "A code with spaces": false, "<script>": false, "": false, "Ü": false, strings.Repeat("x", 128): true, strings.Repeat("x", 129): false,
		canaryID: false, "x" + strings.ToUpper(canaryToken): false, canaryKey + "-1": false,
	} {
		s, n := served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(400)
			_ = json.NewEncoder(w).Encode(map[string]any{"Code": text, "RequestId": text, "HostId": strings.Repeat(text, 100), "Message": strings.Repeat(text+" ", 3000)})
		})
		for _, m := range methods {
			err := m.send(t.Context(), s, n)
			e, ok := err.(*errs.Error)
			if !ok || shown != (e.RequestID == text && text != "") || shown != (e.VendorCode == text && text != "") || len(e.Message) > 5000 {
				t.Errorf("%s, %q: code %q, id %q, %d bytes of message", m.action, text, e.VendorCode, e.RequestID, len(e.Message))
			}
			leakFree(t, m.action, err)
			if own, ok := errors.AsType[*vendorerrors.ServerError](err); ok && (own.ErrorCode() != e.VendorCode || own.RequestId() != e.RequestID || len(own.Message()) > 5000) {
				t.Errorf("%s, %q: the vendor's error: %v", m.action, text, own)
			}
		}
	}
}

// The ids of replies that succeed, or are corrupt, are looked at too; and names in them are not quoted.
func TestNamesInReplies(t *testing.T) {
	const evil = "a b\x1b[31m<evil>"
	for _, body := range []map[string]any{
		{"RequestId": canaryToken, "Status": "offline", "NamespaceList": []any{}},
		{"RequestId": evil, "Namespace": "test_namespace", "Status": evil},
		{"RequestId": evil, "Namespace": evil, "Status": "online"},
		{"RequestId": canaryKey, "Namespace": strings.Repeat(evil, 10_000), "Status": "online"},
		{"RequestId": canaryID, "FailKeys": []string{"hello"}},
	} {
		s, n := served(t, func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(body) })
		for _, m := range methods {
			err := m.send(t.Context(), s, n)
			if e, ok := err.(*errs.Error); ok && (e.RequestID != "" || strings.Contains(e.Message, "evil") || len(e.Message) > 300) {
				t.Errorf("%s: %q, id %q", m.action, e.Message, e.RequestID)
			}
		}
	}
	_, n := served(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"RequestId":"`+canaryToken+`","FailKeys":["hello"]}`)
	})
	res, err := n.(driver.BatchDeleter).DeleteBatch(t.Context(), &driver.DeleteBatchRequest{Keys: []string{"hello"}})
	if err != nil || res.Errs[0].(*errs.Error).RequestID != "" {
		t.Errorf("%+v, %v", res, err)
	}
}

// A huge refusal costs little.
func TestHugeFailures(t *testing.T) {
	details := map[string]string{}
	for i := range 5_000 {
		details["d"+strings.Repeat("0", i%7)+string(rune('a'+i%26))+strings.Repeat("x", i%50)] = "v"
	}
	body, _ := json.Marshal(map[string]any{"Code": "Forbidden.RAM", "RequestId": anID, "Message": strings.Repeat("m", 500_000), "AccessDeniedDetail": details})
	_, n := served(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(403)
		_, _ = w.Write(body)
	})
	_, err := n.Get(t.Context(), &driver.GetRequest{Key: "k"})
	own, ok := errors.AsType[*vendorerrors.ServerError](err)
	if !ok || errs.CodeOf(err) != errs.PermissionDenied || len(own.AccessDeniedDetail()) > maxDetails || len(own.Message()) > 5000 {
		t.Errorf("%.200v", err)
	}

	_, n = served(t, func(w http.ResponseWriter, _ *http.Request) { // in HTTP 200, where values have room
		_, _ = io.WriteString(w, `{"Code":"Forbidden.RAM","RequestId":"r","AccessDeniedDetail":{"A":"b"`+strings.Repeat(`,"a":1`, 300_000)+`}}`)
	})
	_, err = n.Get(t.Context(), &driver.GetRequest{Key: "k"})
	if own, ok = errors.AsType[*vendorerrors.ServerError](err); !ok || errs.CodeOf(err) != errs.PermissionDenied || len(own.AccessDeniedDetail()) > 0 {
		t.Errorf("%.200v", err)
	}

	huge := strings.Repeat("x", 100<<20)
	_, n = served(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(429)
		_, _ = io.WriteString(w, huge)
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = n.Get(t.Context(), &driver.GetRequest{Key: "k"})
	runtime.ReadMemStats(&after)
	if e, ok := err.(*errs.Error); !ok || e.Code != errs.RateLimited || e.Retry != errs.Temporary || after.TotalAlloc-before.TotalAlloc > 50<<20 {
		t.Errorf("%v after %d bytes", err, after.TotalAlloc-before.TotalAlloc)
	}
}

// A found credential that is refused is looked for once more, and the call goes on with what is found.
func TestRefusedIsHealed(t *testing.T) {
	for name, c := range map[string]struct {
		good     string // the id that the server accepts
		requests int
		code     errs.Code
	}{
		"a new one is there": {"id-2", 2, ""},
		"there is none":      {"id-9", 2, errs.Unauthenticated},
	} {
		requests := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if requests++; strings.Contains(r.Header.Get("Authorization"), "Credential="+c.good+",") {
				_, _ = io.WriteString(w, `{"RequestId":"r","Value":"v"}`)
				return
			}
			failJSON(w, 403, "InvalidSecurityToken.Expired", "m")
		}))
		defer server.Close()
		s := openService(t, map[string]string{"access_key_id": "id", "access_key_secret": "key", "region": "cn-hangzhou", "endpoint": server.URL}, nil)
		ids := []string{"id-1", "id-2", "id-3", "id-4"}
		s.(*service).api.account.credentials = &finder{find: func() func() (credential, error) {
			return func() (credential, error) {
				id := ids[0]
				ids = ids[1:]
				return credential{id: secret.New(id), key: secret.New("key")}, nil
			}
		}}
		portable, err := kv.NewService(s, kv.ServiceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		n, err := portable.Namespace(t.Context(), "n")
		if err != nil {
			t.Fatal(err)
		}
		_, err = n.Get(t.Context(), "k")
		if errs.CodeOf(err) != c.code || requests != c.requests {
			t.Errorf("%s: %d requests: %v", name, requests, err)
		}
	}
}

// Which half of an access key is missing is said; the first bad part is named, always the same.
func TestStaticCredentials(t *testing.T) {
	for _, c := range []struct {
		entry map[string]string
		want  string
	}{
		{map[string]string{"access_key_id": "i"}, "access_key_secret is missing, while access_key_id is given"},
		{map[string]string{"access_key_secret": "s"}, "access_key_id is missing, while access_key_secret is given"},
		{nil, "access_key_id and access_key_secret are missing"},
		{map[string]string{"access_key_id": "a b", "access_key_secret": "c d", "security_token": "e f"}, "access_key_id has a character"},
		{map[string]string{"access_key_id": "a", "access_key_secret": "c\nd", "security_token": "e f"}, "access_key_secret has a character"},
		{map[string]string{"access_key_id": "a", "access_key_secret": "c", "security_token": "é"}, "security_token has a character"},
	} {
		for range 20 {
			_, err := newCredentials(settingsOf(t, c.entry, nil))
			if errs.CodeOf(err) != errs.Unauthenticated || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, want %s", err, c.want)
			}
		}
	}
}
