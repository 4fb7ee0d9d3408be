package tencent

import (
	"math"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

func TestEncodePut(t *testing.T) {
	at := time.Unix(1774513200, 999)
	for _, c := range []struct {
		request driver.PutRequest
		want    string
	}{
		{driver.PutRequest{Key: "k", Value: []byte("v")}, `{"ZoneId":"z","Namespace":"n","Key":"k","Value":"v"}`},
		{driver.PutRequest{Key: "k", Value: []byte("v"), TTL: time.Minute}, `{"ZoneId":"z","Namespace":"n","Key":"k","Value":"v","ExpirationTTL":60}`},
		{driver.PutRequest{Key: "k", Value: []byte("v"), TTL: time.Millisecond}, `{"ZoneId":"z","Namespace":"n","Key":"k","Value":"v","ExpirationTTL":1}`},
		{driver.PutRequest{Key: "k", Value: []byte("v"), TTL: -time.Second}, `{"ZoneId":"z","Namespace":"n","Key":"k","Value":"v","ExpirationTTL":-1}`},
		{driver.PutRequest{Key: "k", Value: []byte("v"), ExpiresAt: at}, `{"ZoneId":"z","Namespace":"n","Key":"k","Value":"v","Expiration":1774513200}`},
		{driver.PutRequest{Key: "k", Value: []byte("v"), ExpiresAt: time.Unix(0, 0)}, `{"ZoneId":"z","Namespace":"n","Key":"k","Value":"v","Expiration":0}`},
		{driver.PutRequest{Key: "k", Value: []byte("v"), ExpiresAt: at, TTL: time.Minute}, `{"ZoneId":"z","Namespace":"n","Key":"k","Value":"v","ExpirationTTL":60}`},
		{driver.PutRequest{Key: "a/b\x00", Value: []byte("<&>\ufffd\u2028")}, `{"ZoneId":"z","Namespace":"n","Key":"a/b\u0000","Value":"<&>` + "\ufffd" + `\u2028"}`},
		{driver.PutRequest{Key: "k", Value: []byte("v"), TTL: math.MaxInt64 / time.Second * time.Second}, `{"ZoneId":"z","Namespace":"n","Key":"k","Value":"v","ExpirationTTL":9223372036}`},
	} {
		body, err := encodePut("z", "n", &c.request)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := wire.EncodeJSON(body); err != nil || string(got) != c.want {
			t.Errorf("%+v: %s, %v\nwant %s", c.request, got, err, c.want)
		}
	}
}

func TestEncodeLists(t *testing.T) {
	for want, encode := range map[string]func() (any, error){
		`{"ZoneId":"z","Namespace":"n","Limit":7}`: func() (any, error) {
			return encodeList("z", "n", &driver.ListRequest{PageSize: 7})
		},
		`{"ZoneId":"z","Namespace":"n","Prefix":"p","Cursor":"c","Limit":7}`: func() (any, error) {
			return encodeList("z", "n", &driver.ListRequest{Prefix: "p", Cursor: "c", PageSize: 7})
		},
		`{"ZoneId":"z","Namespace":"n","Keys":["a","b"]}`: func() (any, error) { return encodeKeys("z", "n", "a", "b") },
		`{"ZoneId":"z","Offset":0,"Limit":1000,"SortBy":"created-on","SortOrder":"asc"}`: func() (any, error) {
			return encodeNamespaces("z", "")
		},
		`{"ZoneId":"z","Offset":1000,"Limit":1000,"SortBy":"created-on","SortOrder":"asc"}`: func() (any, error) {
			return encodeNamespaces("z", "1000")
		},
		`{"ZoneId":"z","Offset":0,"Limit":1000,"SortBy":"created-on","SortOrder":"asc","Filters":[{"Name":"namespace","Values":["n"],"Fuzzy":false}]}`: func() (any, error) {
			return encodeNamespace("z", "n")
		},
	} {
		body, err := encode()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := wire.EncodeJSON(body); err != nil || string(got) != want {
			t.Errorf("%s, %v\nwant %s", got, err, want)
		}
	}
	for _, cursor := range []string{"-1", "x", "1.5", " 1", "99999999999999999999"} {
		if _, err := encodeNamespaces("z", cursor); errs.CodeOf(err) != errs.InvalidArgument {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}

func TestDecodeExpiry(t *testing.T) {
	at := func(text string) driver.Expiry {
		e, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return driver.ExpiresAt(e.UTC())
	}
	for text, want := range map[string]driver.Expiry{
		"":                          driver.NeverExpires(),
		"2026-03-26T08:20:00Z":      at("2026-03-26T08:20:00Z"),
		"2026-03-26T16:20:00+08:00": at("2026-03-26T08:20:00Z"),
		"2026-03-26T08:20:00.5Z":    at("2026-03-26T08:20:00.5Z"),
	} {
		if got, ok := decodeExpiry(&text); !ok || got != want {
			t.Errorf("%q: %v, %t, want %v", text, got, ok, want)
		}
	}
	if got, ok := decodeExpiry(nil); !ok || got.Known() {
		t.Errorf("missing: %v, %t", got, ok)
	}
	for _, text := range []string{"never", "1774513200", "2026-03-26", "2026-03-26 08:20:00", "2026-02-30T00:00:00Z", "0"} {
		if got, ok := decodeExpiry(&text); ok || got.Known() {
			t.Errorf("%q: %v, %t", text, got, ok)
		}
		// It spoils the reply only where the expiry is asked for.
		key := "k"
		reply := getReply{Data: []datum{{&key, &wire.Text{Bytes: []byte("v")}, &text}}}
		if _, fault := reply.values([]string{"k"}, true); fault == "" {
			t.Errorf("%q: no fault", text)
		}
		if got, fault := reply.values([]string{"k"}, false); fault != "" || string(got[0].Value) != "v" || got[0].Expiry.Known() {
			t.Errorf("%q: %v, %s", text, got, fault)
		}
	}
}

func TestNamespacePages(t *testing.T) {
	page := func(offset, total, n int) (*driver.ListNamespacesResponse, string) {
		r := namespacesReply{TotalCount: &total, KVNamespaces: array[namespaceReply]{given: true}}
		for range n {
			r.KVNamespaces.items = append(r.KVNamespaces.items, namespaceReply{Namespace: "n", CreatedOn: "some day"})
		}
		return r.page(offset)
	}
	for _, c := range []struct {
		offset, total, n int
		cursor           string
		fault            bool
	}{
		{0, 0, 0, "", false}, {0, 3, 3, "", false}, {0, 1500, 1000, "1000", false}, {1000, 1500, 500, "", false},
		{1000, 900, 0, "", false}, {1000, 1500, 0, "", true}, {0, 2, 5, "", false},
	} {
		got, fault := page(c.offset, c.total, c.n)
		if (fault != "") != c.fault || fault == "" && (got.Cursor != c.cursor || len(got.Namespaces) != c.n) {
			t.Errorf("%+v: %+v, %q", c, got, fault)
		}
		if fault == "" && c.n > 0 && (!got.Namespaces[0].Created.IsZero() || got.Namespaces[0].Usage != nil) {
			t.Errorf("%+v", got.Namespaces[0])
		}
	}
}
