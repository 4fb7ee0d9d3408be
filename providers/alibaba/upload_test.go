package alibaba

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// sizedValue is text of that many bytes, some of which JSON escapes.
func sizedValue(size int) []byte {
	value := bytes.Repeat([]byte("é\"\x00x"), size/5)
	return append(value, bytes.Repeat([]byte("z"), size-len(value))...)
}

// Over 2,000,000 bytes a value is uploaded, up to there it is not.
func TestUpload(t *testing.T) {
	em, s := emulated(t, free(), true)
	if _, err := s.(*service).CreateNamespace(t.Context(), &driver.CreateNamespaceRequest{Name: "ns"}); err != nil {
		t.Fatal(err)
	}
	n, _ := s.OpenNamespace(byName("ns"))
	uploaded := []string{actionAuthorize, "PostObject", actionPutLarge}
	for size, want := range map[int][]string{2_000_000: {actionPut}, 2_000_001: uploaded, maxUpload: uploaded} {
		if size == maxUpload && testing.Short() {
			continue
		}
		before := len(em.Requests())
		key, value := fmt.Sprint("k#%&", size), sizedValue(size)
		if _, err := n.Put(t.Context(), &driver.PutRequest{Key: key, Value: value}); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range em.Requests()[before:] {
			got = append(got, r.Action)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%d bytes: %v, want %v", size, got, want)
		}
		if res, err := n.Get(t.Context(), &driver.GetRequest{Key: key}); err != nil || !bytes.Equal(res.Value, value) {
			t.Errorf("%d bytes: other ones come back, %v", size, err)
		}
	}

	// Nothing is sent for what cannot be.
	before := len(em.Requests())
	value := sizedValue(2_000_001)
	for _, r := range []driver.PutRequest{{TTL: time.Hour}, {ExpiresAt: time.Now().Add(time.Hour)}} {
		r.Key, r.Value = "k", value
		_, err := n.Put(t.Context(), &r)
		if e, ok := err.(*errs.Error); !ok || e.Code != errs.Unsupported || e.Outcome != errs.NotApplied {
			t.Errorf("%v", err)
		}
	}
	if _, err := n.Put(t.Context(), &driver.PutRequest{Key: "k", Value: append(value, 0xff)}); errs.CodeOf(err) != errs.InvalidArgument {
		t.Errorf("a value that is not text: %v", err)
	}
	if len(em.Requests()) != before {
		t.Error("something was sent")
	}

	// Without the option nothing is uploaded: package kv refuses such a value, and the server does.
	em, s = emulated(t, free(), false)
	n, _ = s.OpenNamespace(byName("ns"))
	if _, err := s.(*service).CreateNamespace(t.Context(), &driver.CreateNamespaceRequest{Name: "ns"}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Put(t.Context(), &driver.PutRequest{Key: "k", Value: value}); errs.CodeOf(err) != errs.TooLarge {
		t.Errorf("without high_capacity: %v", err)
	}
	if n.Capabilities().MaxValueBytes != 2_000_000 || len(em.Requests()) != 2 {
		t.Errorf("without high_capacity: %d bytes, %d requests", n.Capabilities().MaxValueBytes, len(em.Requests()))
	}
}

// Until the last of its requests, an upload has changed nothing.
func TestUploadFaults(t *testing.T) {
	for _, action := range []string{actionAuthorize, "PostObject", actionPutLarge} {
		for name, f := range map[string]emulator.Fault{
			"cut": {Reset: "after"}, "gateway": {HTML: true}, "truncated": {Truncate: true}, "code": {Code: "InternalError"},
			"empty": {Status: 200, Body: "{}"}, "forbidden": {Code: "AccessDenied", Status: 403}, "bare": {Status: 403},
		} {
			em, s := emulated(t, free(), true)
			if _, err := s.(*service).CreateNamespace(t.Context(), &driver.CreateNamespaceRequest{Name: "ns"}); err != nil {
				t.Fatal(err)
			}
			n, _ := s.OpenNamespace(byName("ns"))
			f.Action = action
			em.Inject(f)
			value := append(sizedValue(2_000_001), canaryValue...)
			_, err := n.Put(t.Context(), &driver.PutRequest{Key: "k", Value: value})
			if name == "empty" && action == "PostObject" {
				continue // is a success there; the document is then missing
			}
			want := errs.NotApplied
			if action == actionPutLarge && name != "forbidden" && name != "bare" {
				want = errs.Ambiguous
			}
			e, ok := err.(*errs.Error)
			if !ok || e.Outcome != want {
				t.Errorf("%s of %s: %#v, want %s", name, action, err, want)
				continue
			}
			if name == "forbidden" && (e.Code != errs.PermissionDenied || e.RequestID == "") {
				t.Errorf("%s of %s: %s, request id %q", name, action, e.Code, e.RequestID)
			}
			leakFree(t, name+" of "+action, err)
		}
	}
}

// What the bucket repeats of an upload stays out of the error.
func TestUploadEcho(t *testing.T) {
	_, n := served(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Acs-Action") == actionAuthorize {
			fmt.Fprintf(w, `{"RequestId":"r","AccessKeyId":%q,"EncodedPolicy":"p","Signature":%q,"ObjectKey":"o","Bucket":"b","Endpoint":"oss.aliyuncs.com"}`, canaryID, canaryKey)
			return
		}
		w.Header().Set("X-Oss-Request-Id", anID)
		w.WriteHeader(403)
		fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>Odd-%s</Code><Message>%s %s</Message><HostId>%s</HostId></Error>`, canaryKey, canaryValue, canaryID, canaryID)
	})
	_, err := n.Put(t.Context(), &driver.PutRequest{Key: "k", Value: sizedValue(2_000_001)})
	leakFree(t, "upload", err)
	if e, ok := err.(*errs.Error); !ok || e.Code != errs.PermissionDenied || e.RequestID != anID || e.Outcome != errs.NotApplied {
		t.Errorf("%#v", err)
	}
}

// The permission decides where the value goes: to the vendor's hosts, and nowhere else.
func TestUploadTarget(t *testing.T) {
	for host, want := range map[string]bool{
		"oss-cn-hangzhou.aliyuncs.com": true, "oss-accelerate.aliyuncs.com": true, "oss-cn-hangzhou-internal.aliyuncs.com": true,
		"evil.example": false, "evil.example/.aliyuncs.com": false, "evil.example?.aliyuncs.com": false, "evil.example#.aliyuncs.com": false,
		"x@evil.example": false, "oss.aliyuncs.com/x": false, "aliyuncs.com.evil.example": false, "127.0.0.1:80": false, "evilaliyuncs.com": false, "": false, "a b.aliyuncs.com": false,
	} {
		u := &uploader{}
		to, err := u.target(&grantReply{Bucket: "bucket", Endpoint: host})
		if (err == nil) != want {
			t.Errorf("%q: %v, %v", host, to, err)
		}
		if want && (to.String() != "https://bucket."+host+"/" || to.Scheme != "https") {
			t.Errorf("%q: %v", host, to)
		}
	}
	for _, bucket := range []string{"http://evil.example/x", "evil.example/", "a@b"} {
		if to, err := (&uploader{}).target(&grantReply{Bucket: bucket, Endpoint: "oss-cn-hangzhou.aliyuncs.com"}); err == nil {
			t.Errorf("%q: %v", bucket, to)
		}
	}
}

// What is sent is what the vendor's Go package sends.
func TestUploadRequests(t *testing.T) {
	var got []string
	_, n := served(t, func(w http.ResponseWriter, r *http.Request) {
		switch action := r.Header.Get("X-Acs-Action"); action {
		case actionAuthorize:
			got = append(got, r.Method+" "+r.Header.Get("X-Acs-Version")+" "+r.URL.RequestURI())
			fmt.Fprint(w, `{"RequestId":"r","AccessKeyId":"grant-id","EncodedPolicy":"grant-policy","Signature":"grant-signature","ObjectKey":"1/o.json","Bucket":"b","Endpoint":"oss.aliyuncs.com","UseAccelerate":false}`)
		case "":
			if r.Header.Get("Authorization") != "" {
				t.Error("the bucket gets the signature of the API")
			}
			parts, err := r.MultipartReader()
			if err != nil {
				t.Error(err)
				return
			}
			for {
				part, err := parts.NextPart()
				if err != nil {
					break
				}
				content, _ := io.ReadAll(part)
				if part.FormName() == "file" {
					var document map[string]string
					err := json.Unmarshal(content, &document)
					content = fmt.Appendf(nil, "%v %v %s %s %d", err, len(document), document["Namespace"], document["Key"], len(document["Value"]))
				}
				got = append(got, part.FormName()+"="+string(content))
			}
			w.WriteHeader(201)
		default:
			got = append(got, r.Method+" "+action+" "+r.URL.Query().Get("Url")+" "+r.URL.Query().Get("Key"))
			fmt.Fprint(w, `{"RequestId":"r","Length":"2000001"}`)
		}
	})
	if _, err := n.Put(t.Context(), &driver.PutRequest{Key: "k", Value: sizedValue(2_000_001)}); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"GET 2019-12-19 /?Product=ESA&RegionId=cn-hangzhou", "OSSAccessKeyId=grant-id", "policy=grant-policy", "Signature=grant-signature", "key=1/o.json",
		"success_action_status=201", "file=<nil> 3 test_namespace k 2000001", "POST PutKvWithHighCapacity http://b.oss.aliyuncs.com/1/o.json k",
	}, "\n")
	if sent := strings.Join(got, "\n"); sent != want {
		t.Errorf("sent\n%s\nwant\n%s", sent, want)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.Put(ctx, &driver.PutRequest{Key: "k", Value: sizedValue(2_000_001)}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// What is said of a host to upload to that does not exist names its option, also where the permission named the host.
func TestUploadEndpointNamed(t *testing.T) {
	for _, said := range []string{"", "uploads.example.com"} {
		em := emulator.NewAlibaba(emulator.InMemory(), emulator.WithAlibaba(emulator.AlibabaSettings{UploadBucket: "bucket", UploadEndpoint: "oss-cn-hangzhou.aliyuncs.com"}))
		t.Cleanup(em.Close)
		entry := em.Provider()
		entry["high_capacity"], entry["open_platform_endpoint"], entry["upload_endpoint"] = "true", em.URL(), said
		if said == "" {
			delete(entry, "upload_endpoint")
		}
		s := openService(t, entry, func(ctx context.Context, network, address string) (net.Conn, error) {
			if "http://"+address != em.URL() {
				return nil, &net.DNSError{Err: "no such host", Name: address, IsNotFound: true}
			}
			return em.DialContext(ctx, network, address)
		})
		n, err := s.OpenNamespace(byName("ns"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = n.Put(t.Context(), &driver.PutRequest{Key: "k", Value: sizedValue(2_000_001)})
		if errs.CodeOf(err) != errs.Unavailable || !strings.Contains(err.Error(), "check upload_endpoint: ") {
			t.Errorf("%q: %v", said, err)
		}
	}
}
