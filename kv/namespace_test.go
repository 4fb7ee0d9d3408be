package kv_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// TestRefusedBeforeIO calls what each rule of the portable layer forbids and checks that the driver saw nothing.
func TestRefusedBeforeIO(t *testing.T) {
	t.Parallel()
	now := time.Now()
	big := []byte(strings.Repeat("x", 1001))
	put := func(key string, value []byte, opts ...kv.PutOption) func(context.Context, *kv.Namespace) error {
		return func(ctx context.Context, ns *kv.Namespace) error { return ns.Put(ctx, key, value, opts...) }
	}
	get := func(key string, opts ...kv.GetOption) func(context.Context, *kv.Namespace) error {
		return func(ctx context.Context, ns *kv.Namespace) error {
			_, err := ns.Get(ctx, key, opts...)
			return err
		}
	}
	keys := func(opts ...kv.ListOption) func(context.Context, *kv.Namespace) error {
		return func(ctx context.Context, ns *kv.Namespace) error {
			for _, err := range ns.Keys(ctx, opts...) {
				return err
			}
			return nil
		}
	}
	tests := []struct {
		name string
		caps driver.Capabilities
		call func(context.Context, *kv.Namespace) error
		code errs.Code
		says string
	}{
		{"empty key", everything(), put("", nil), errs.InvalidArgument, "key is empty"},
		{"key one byte too long", everything(), put(strings.Repeat("k", 65), nil), errs.InvalidArgument, "at most 64"},
		{"key with a forbidden character", everything(), put("a!b", nil), errs.InvalidArgument, "'!'"},
		{"denied key", everything(), put("..", nil), errs.InvalidArgument, "reserved"},
		{"key not UTF-8", everything(), put("\xff", nil), errs.InvalidArgument, "UTF-8"},
		{"get of a bad key", everything(), get("a!b"), errs.InvalidArgument, "'!'"},
		{"exists of a bad key", everything(), func(ctx context.Context, ns *kv.Namespace) error { _, err := ns.Exists(ctx, ""); return err }, errs.InvalidArgument, "key is empty"},
		{"delete of a bad key", everything(), func(ctx context.Context, ns *kv.Namespace) error { return ns.Delete(ctx, "..") }, errs.InvalidArgument, "reserved"},
		{"prefix twice", everything(), keys(kv.Prefix("a"), kv.Prefix("b")), errs.InvalidArgument, "twice"},
		{"page size zero", everything(), keys(kv.PageSize(0)), errs.InvalidArgument, "2 to 10"},
		{"bad prefix", everything(), keys(kv.Prefix("a!")), errs.InvalidArgument, "prefix"},
		{"page too small", everything(), keys(kv.PageSize(1)), errs.InvalidArgument, "2 to 10"},
		{"page too large", everything(), keys(kv.PageSize(11)), errs.InvalidArgument, "2 to 10"},
		{"negative page", everything(), keys(kv.PageSize(-1)), errs.InvalidArgument, "2 to 10"},
		{"value one byte too large", everything(), put("k", big), errs.TooLarge, "at most 1000"},
		{"empty value", little(), put("k", nil), errs.InvalidArgument, "empty"},
		{"binary value", little(), put("k", []byte{0xff}), errs.InvalidArgument, "UTF-8"},
		{"TTL zero", everything(), put("k", nil, kv.TTL(0)), errs.InvalidArgument, "positive"},
		{"TTL negative", everything(), put("k", nil, kv.TTL(-time.Second)), errs.InvalidArgument, "positive"},
		{"TTL under the minimum", everything(), put("k", nil, kv.TTL(59*time.Second)), errs.InvalidArgument, "at least 1m0s"},
		{"TTL over the maximum", everything(), put("k", nil, kv.TTL(1000*time.Hour+1)), errs.InvalidArgument, "at most 1000h"},
		{"TTL without a unit", everything(), put("k", nil, kv.TTL(60)), errs.InvalidArgument, "60*time.Second"},
		{"key that an encoding would allow", little(), put("a/b", []byte("v")), errs.InvalidArgument, "key_encoding: underscore-hex"},
		{"TTL that cannot be rounded up", everything(), put("k", nil, kv.TTL(1<<63-1)), errs.InvalidArgument, "too long"},
		{"TTL where there is none", little(), put("k", []byte("v"), kv.TTL(time.Hour)), errs.Unsupported, "cannot expire"},
		{"expiry where there is none", little(), put("k", []byte("v"), kv.ExpiresAt(now.Add(time.Hour))), errs.Unsupported, "cannot expire"},
		{"expiry in the past", everything(), put("k", nil, kv.ExpiresAt(now.Add(-time.Hour))), errs.InvalidArgument, "not in the future"},
		{"expiry never set", everything(), put("k", nil, kv.ExpiresAt(time.Time{})), errs.InvalidArgument, "not in the future"},
		{"expiry under the minimum", everything(), put("k", nil, kv.ExpiresAt(now.Add(58*time.Second))), errs.InvalidArgument, "at least 1m0s"},
		{"expiry over the maximum", everything(), put("k", nil, kv.ExpiresAt(now.Add(1002*time.Hour))), errs.InvalidArgument, "at most 1000h"},
		{"TTL twice", everything(), put("k", nil, kv.TTL(time.Hour), kv.TTL(2*time.Hour)), errs.InvalidArgument, "twice"},
		{"metadata where there is none", little(), put("k", []byte("v"), kv.Metadata(json.RawMessage(`1`))), errs.Unsupported, "metadata"},
		{"metadata one byte too large", everything(), put("k", nil, kv.MetadataOf(strings.Repeat("m", 31))), errs.TooLarge, "at most 32"},
		{"metadata not JSON", everything(), put("k", nil, kv.Metadata(json.RawMessage(`{"a"`))), errs.InvalidArgument, "JSON"},
		{"metadata two values", everything(), put("k", nil, kv.Metadata(json.RawMessage(`1 2`))), errs.InvalidArgument, "JSON"},
		{"metadata empty", everything(), put("k", nil, kv.Metadata(nil)), errs.InvalidArgument, "JSON"},
		{"metadata that cannot be encoded", everything(), put("k", nil, kv.MetadataOf(func() {})), errs.InvalidArgument, "JSON"},
		{"expiry asked where it is not told", little(), get("k", kv.WithExpiry()), errs.Unsupported, "expiry"},
		{"metadata asked where there is none", little(), get("k", kv.WithMetadata()), errs.Unsupported, "metadata"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			f.nsCaps = test.caps
			f.minimal = test.caps.GetBatch.Support == driver.None
			err := test.call(t.Context(), f.open(t))
			f.expect(t)
			if !errors.Is(err, test.code) {
				t.Fatalf("got %v, want %s", err, test.code)
			}
			e, _ := errors.AsType[*errs.Error](err)
			if !strings.Contains(e.Message, test.says) {
				t.Errorf("message %q does not say %q", e.Message, test.says)
			}
			if e.Outcome != errs.NotApplied || e.Retry != errs.Permanent || e.Attempts != 0 || e.Provider != "fake" || !strings.HasPrefix(e.Resource, "flags") {
				t.Errorf("incomplete error %#v", *e)
			}
		})
	}
}

// TestPutRequest checks what reaches the driver for each way to say an expiry.
func TestPutRequest(t *testing.T) {
	t.Parallel()
	future := time.Date(2100, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := []struct {
		name string
		opts []kv.PutOption
		want string
	}{
		{"nothing", nil, "ttl=0s at= meta="},
		{"TTL", []kv.PutOption{kv.TTL(time.Hour)}, "ttl=1h0m0s at= meta="},
		{"TTL rounds up", []kv.PutOption{kv.TTL(time.Hour + 1)}, "ttl=1h0m1s at= meta="},
		{"TTL at the minimum", []kv.PutOption{kv.TTL(time.Minute)}, "ttl=1m0s at= meta="},
		{"TTL that rounds up to the minimum", []kv.PutOption{kv.TTL(59*time.Second + 1)}, "ttl=1m0s at= meta="},
		{"expiry", []kv.PutOption{kv.ExpiresAt(future)}, "ttl=0s at=2100-01-02T03:04:05Z meta="},
		{"expiry rounds up", []kv.PutOption{kv.ExpiresAt(future.Add(1))}, "ttl=0s at=2100-01-02T03:04:06Z meta="},
		{"TTL beats expiry", []kv.PutOption{kv.ExpiresAt(future), kv.TTL(time.Hour)}, "ttl=1h0m0s at= meta="},
		{"TTL beats expiry whatever the order", []kv.PutOption{kv.TTL(time.Hour), kv.ExpiresAt(future)}, "ttl=1h0m0s at= meta="},
		{"the loser is not checked", []kv.PutOption{kv.TTL(time.Hour), kv.ExpiresAt(time.Unix(1690, 0))}, "ttl=1h0m0s at= meta="},
		{"metadata as it is", []kv.PutOption{kv.Metadata(json.RawMessage(`{ "a":1 }`))}, `ttl=0s at= meta={ "a":1 }`},
		{"metadata encoded", []kv.PutOption{kv.MetadataOf(map[string]int{"a": 1})}, `ttl=0s at= meta={"a":1}`},
		{"zero option", []kv.PutOption{{}}, "ttl=0s at= meta="},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			f.nsCaps.MaxTTL = 0
			if err := f.open(t).Put(t.Context(), "k", []byte("v"), test.opts...); err != nil {
				t.Fatal(err)
			}
			f.expect(t, "put k=v "+test.want)
		})
	}
}

func TestGetTellsWhatIsAsked(t *testing.T) {
	t.Parallel()
	at := driver.ExpiresAt(time.Unix(4e9, 0))
	f := newFake()
	f.get = func(*driver.GetRequest) (*driver.GetResponse, error) {
		return &driver.GetResponse{Value: []byte("v"), Expiry: at}, nil
	}
	f.inspect = func(*driver.InspectRequest) (*driver.InspectResponse, error) {
		return &driver.InspectResponse{Metadata: json.RawMessage(`{"n":7}`), Expiry: driver.NeverExpires()}, nil
	}
	ns := f.open(t)

	entry, err := ns.Get(t.Context(), "k")
	if err != nil || string(entry.Value) != "v" || entry.Key != "k" || entry.Expiry != at || entry.Metadata != nil {
		t.Errorf("plain get: %#v, %v", entry, err)
	}
	f.expect(t, "get k")

	entry, err = ns.Get(t.Context(), "k", kv.WithExpiry())
	if err != nil || entry.Expiry != at {
		t.Errorf("expiry that comes with the value: %v, %v", entry.Expiry, err)
	}
	f.expect(t, "get k")

	entry, err = ns.Get(t.Context(), "k", kv.WithExpiry(), kv.WithMetadata())
	if err != nil || string(entry.Metadata) != `{"n":7}` || entry.Expiry != at {
		t.Errorf("metadata by a request of its own: %v, %v", entry, err)
	}
	f.expect(t, "get k", "inspect k expiry=false metadata=true")
	var decoded struct{ N int }
	if err := entry.DecodeMetadata(&decoded); err != nil || decoded.N != 7 {
		t.Errorf("decoded %v, %v", decoded, err)
	}
	secret := kv.Entry{Metadata: json.RawMessage(`{"Pin":4711471147114711}`)}
	err = secret.DecodeMetadata(&struct{ Pin int8 }{})
	if !errors.Is(err, errs.Corrupt) || strings.Contains(err.Error(), "4711") {
		t.Errorf("metadata of another shape: %v", err)
	}
	if err := (kv.Entry{}).DecodeMetadata(&decoded); err != nil || decoded.N != 7 {
		t.Errorf("no metadata must leave the target alone: %v, %v", decoded, err)
	}

	f.inspect = func(*driver.InspectRequest) (*driver.InspectResponse, error) {
		return nil, errs.Refuse(errs.KeyNotFound, "gone meanwhile")
	}
	if _, err := ns.Get(t.Context(), "k", kv.WithMetadata()); !errors.Is(err, errs.KeyNotFound) {
		t.Errorf("a key deleted between the two requests: %v", err)
	}
}

func TestExists(t *testing.T) {
	t.Parallel()
	f := newFake()
	ns := f.open(t)
	if ok, err := ns.Exists(t.Context(), "k"); !ok || err != nil {
		t.Errorf("present key: %v, %v", ok, err)
	}
	f.get = func(*driver.GetRequest) (*driver.GetResponse, error) { return nil, errs.Refuse(errs.KeyNotFound, "") }
	if ok, err := ns.Exists(t.Context(), "k"); ok || err != nil {
		t.Errorf("missing key: %v, %v", ok, err)
	}
	f.get = func(*driver.GetRequest) (*driver.GetResponse, error) {
		return nil, errs.Refuse(errs.NamespaceNotFound, "")
	}
	if ok, err := ns.Exists(t.Context(), "k"); ok || !errors.Is(err, errs.NamespaceNotFound) {
		t.Errorf("missing namespace: %v, %v", ok, err)
	}
}

// TestDumpsHideValues prints every type that holds a value.
func TestDumpsHideValues(t *testing.T) {
	t.Parallel()
	const canary = "canary-5f1d"
	value, metadata := []byte(canary), json.RawMessage(`"`+canary+`"`)
	dumps := []any{
		kv.Entry{Key: "k", Value: value, Metadata: metadata}, &kv.Entry{Key: "k", Value: value, Metadata: metadata},
		kv.Result{Key: "k", Status: kv.Succeeded, Entry: kv.Entry{Value: value}},
		kv.Write{Key: "k", Value: value, Options: []kv.PutOption{kv.Metadata(metadata)}},
		kv.Metadata(metadata), kv.MetadataOf(canary), kv.KeyInfo{Name: "k", Metadata: metadata},
		driver.PutRequest{Key: "k", Value: value, Metadata: metadata}, &driver.GetResponse{Value: value, Metadata: metadata},
	}
	for _, dump := range dumps {
		var b bytes.Buffer
		if _, ok := dump.(slog.LogValuer); ok {
			slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "dump", dump)
		}
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			b.WriteString(sprintf(format, dump))
		}
		hex := sprintf("%x", []byte(canary))
		base64 := "Y2FuYXJ5LTVmMWQ"
		if strings.Contains(b.String(), canary) || strings.Contains(b.String(), hex) || strings.Contains(b.String(), base64) {
			t.Errorf("%T shows the value: %s", dump, b.String())
		}
		if b.Len() == 0 {
			t.Errorf("%T prints nothing", dump)
		}
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.minimal, f.nsCaps = true, little()
	f.get = func(*driver.GetRequest) (*driver.GetResponse, error) {
		return &driver.GetResponse{Value: []byte("/wA=")}, nil
	}
	f.list = func(*driver.ListRequest) (*driver.ListResponse, error) {
		return &driver.ListResponse{Keys: []driver.KeyInfo{{Name: "a_2Fb"}, {Name: "a_2Fplain"}, {Name: "a_2Fnot/ours"}}}, nil
	}
	ns := f.open(t, kv.WithKeyEncoding(kv.UnderscoreHex), kv.WithValueEncoding(kv.Base64))
	caps := ns.Capabilities()
	if caps.Key.Encoding != kv.UnderscoreHex || caps.ValueEncoding != kv.Base64 || caps.BinaryValue != kv.Emulated || caps.MaxValueBytes != 750 {
		t.Errorf("capabilities are not adjusted: %+v", caps)
	}
	if err := ns.Put(t.Context(), "a/b", []byte{0xff, 0}); err != nil {
		t.Fatal(err)
	}
	entry, err := ns.Get(t.Context(), "a/b")
	if err != nil || !bytes.Equal(entry.Value, []byte{0xff, 0}) || entry.Key != "a/b" {
		t.Errorf("get: %q %q, %v", entry.Key, entry.Value, err)
	}
	if err := ns.Delete(t.Context(), "a/b"); err != nil {
		t.Fatal(err)
	}
	var names []string
	var last error
	for key, err := range ns.Keys(t.Context(), kv.Prefix("a/")) {
		if err != nil {
			last = err
			break
		}
		names = append(names, key.Name)
	}
	if strings.Join(names, " ") != "a/b a/plain" || !errors.Is(last, errs.Corrupt) {
		t.Errorf("listed %q, then %v", names, last)
	}
	f.expect(t, "put a_2Fb=/wA= ttl=0s at= meta=", "get a_2Fb", "delete a_2Fb", `list "a_2F" "" 10`)

	f.get = func(*driver.GetRequest) (*driver.GetResponse, error) {
		return &driver.GetResponse{Value: []byte("plain text")}, nil
	}
	if _, err := ns.Get(t.Context(), "k"); !errors.Is(err, errs.Corrupt) {
		t.Errorf("a value stored without the encoding: %v", err)
	}
	f.took()
	if err := ns.Put(t.Context(), strings.Repeat("/", 22), []byte("v")); !errors.Is(err, errs.InvalidArgument) {
		t.Errorf("a key of 66 bytes once encoded: %v", err)
	}
	if err := ns.Put(t.Context(), "k", make([]byte, 751)); !errors.Is(err, errs.TooLarge) {
		t.Errorf("a value of 1004 bytes once encoded: %v", err)
	}
	f.expect(t)
	for _, bad := range []kv.OpenOption{kv.WithKeyEncoding("rot13"), kv.WithValueEncoding("hex")} {
		if _, err := f.service(t).Namespace(t.Context(), "flags", bad); !errors.Is(err, errs.InvalidArgument) {
			t.Errorf("unknown encoding: %v", err)
		}
	}
}
