package alibaba

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/alibaba/limits"
)

// Batches that are as large as they may be have exactly the vendor's limit.
func TestBatchFillsTheLimit(t *testing.T) {
	_, n := served(t, nil)
	c := n.Capabilities()
	item := &driver.PutRequest{Key: "k", Value: []byte("v")}
	item.Value = make([]byte, c.PutBatch.MaxBytes-batchBytes(&driver.PutRequest{Key: "k"}))
	for i := range item.Value {
		item.Value[i] = 'x'
	}
	form, _, err := encodePutBatch([]*driver.PutRequest{item})
	if err != nil || n.(driver.BatchPutter).PutBatchBytes(item) != c.PutBatch.MaxBytes || int64(len(form)) > limits.KV().PutBatch.MaxBytes {
		t.Errorf("%v: %d bytes are sent, %d counted", err, len(form), batchBytes(item))
	}
	half := *item
	half.Value = item.Value[:len(item.Value)/2-100]
	two := []*driver.PutRequest{&half, &half}
	form, _, _ = encodePutBatch(two)
	if got := 2*batchBytes(&half) + batchFrame; got != int64(len(form)) {
		t.Errorf("%d bytes are counted, %d sent", got, len(form))
	}
}

func TestExpirySeconds(t *testing.T) {
	for ttl, want := range map[time.Duration]int64{
		1: 1, time.Millisecond: 1, time.Second: 1, time.Second + 1: 2, time.Minute: 60, 1<<63 - 1: 9223372037, 0: 0, -time.Second: 0,
	} {
		if got, at := expiryOf(&driver.PutRequest{TTL: ttl}); got != want || at != 0 {
			t.Errorf("%v: %d, %d", ttl, got, at)
		}
	}
}

// A listing reaches every key once, whatever the size of its pages, up to what the vendor allows.
func TestListPages(t *testing.T) {
	for _, size := range []int{1, 3, 7, 30, 64, 97, 99, 100} {
		for _, total := range []int{0, 1, size, 2*size + 1, 49_980, 49_999, 50_000, 50_001} {
			if total > 1000 && size < 30 {
				continue
			}
			cursor, seen := "", 0
			for {
				r := &driver.ListRequest{Cursor: cursor, PageSize: size, Prefix: "p"}
				query, at, err := encodeList("ns", r)
				if err != nil {
					if total <= maxListed || seen != maxListed || errs.CodeOf(err) != errs.TooLarge {
						t.Errorf("size %d, total %d, seen %d: %v", size, total, seen, err)
					}
					break
				}
				number, pageSize := atoi(t, query["PageNumber"]), atoi(t, query["PageSize"])
				if number*pageSize > maxListed || pageSize > size || pageSize != at.size || (number-1)*pageSize != seen || query["Prefix"] != "p" {
					t.Fatalf("size %d, total %d, seen %d: %v", size, total, seen, query)
				}
				reply := listReply{TotalCount: new(integer)}
				*reply.TotalCount = integer(total)
				for range min(pageSize, total-seen) {
					reply.Keys = append(reply.Keys, struct{ Name string }{"k"})
				}
				page, fault := reply.page(at)
				if fault != "" {
					t.Fatal(fault)
				}
				seen += len(page.Keys)
				if cursor = page.Cursor; cursor == "" {
					if seen != total {
						t.Errorf("size %d: seen %d of %d", size, seen, total)
					}
					break
				}
			}
		}
	}
	for _, cursor := range []string{"0", "-1", "01", "+1", " 1", "1 ", "1.0", "x", "50001", "99999999999999999999", "\x00"} {
		if _, _, err := encodeList("ns", &driver.ListRequest{Cursor: cursor, PageSize: 10}); errs.CodeOf(err) != errs.InvalidArgument {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
	if _, _, err := encodeList("ns", &driver.ListRequest{}); errs.CodeOf(err) != errs.InvalidArgument {
		t.Errorf("no page size: %v", err)
	}
	if query, _, _ := encodeList("ns", &driver.ListRequest{PageSize: 10}); len(query) != 3 {
		t.Errorf("without a prefix: %v", query)
	}
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Replies that contradict themselves, or the request.
func TestListReplies(t *testing.T) {
	for text, want := range map[string]string{
		`{"TotalCount":0,"Keys":[]}`:                            "0 ",
		`{"TotalCount":0}`:                                      "0 ",
		`{"TotalCount":"3","Keys":[{"Name":"a"},{"Name":"b"}]}`: "2 2",
		`{"TotalCount":2,"Keys":[{"Name":"a"},{"Name":"b"}]}`:   "2 ",
		`{"TotalCount":9,"Keys":[]}`:                            "0 2", // an empty page is not the end
		`{"TotalCount":1,"Keys":[{"Name":"a"},{"Name":"b"}]}`:   "2 2", // the count lags: a full page may have a next one
		`{"TotalCount":0,"Keys":[{"Name":"a"}]}`:                "1 ",
		`{"Keys":[{"Name":"a"}]}`:                               "lacks the TotalCount of keys",
		`{"TotalCount":-1,"Keys":[]}`:                           "lacks the TotalCount of keys",
		`{"TotalCount":1}`:                                      "lacks the Keys",
		`{"TotalCount":1,"Keys":null}`:                          "lacks the Keys",
		`{"TotalCount":3,"Keys":[{},{},{}]}`:                    "has 3 keys, asked for 2",
		`{"TotalCount":1,"Keys":[{"UpdateTime":"x"}]}`:          "has a key without a name",
	} {
		var r listReply
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		page, got := r.page(pageRef{size: 2})
		if got == "" {
			got = strconv.Itoa(len(page.Keys)) + " " + page.Cursor
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	// The last page that can be reached has a cursor only where the count says that there are more.
	for total, want := range map[integer]string{0: "", 49_999: "", 50_000: "", 50_001: "50000"} {
		r := listReply{TotalCount: &total, Keys: []struct{ Name string }{{"a"}, {"b"}}}
		if page, fault := r.page(pageRef{before: 49_998, size: 2}); fault != "" || page.Cursor != want {
			t.Errorf("the last page of %d: %q, %s", total, page.Cursor, fault)
		}
	}
}

func TestExpirationTTL(t *testing.T) {
	for text, want := range map[string]string{
		`"3600"`: "1h0m0s", `3600`: "1h0m0s", `"0"`: "never", `0`: "never", `"-1"`: "never", `""`: "never", `null`: "never", `"4294967296"`: "4294967296s",
		`"x"`: "fault", `"1.5"`: "fault", `1e3`: "fault", `"99999999999999"`: "fault", `"99999999999999999999"`: "fault", `"9223372036854775807"`: "fault",
		`{}`: "fault", `{"a":1}`: "fault", `true`: "fault", `false`: "fault", `[]`: "fault", `[60]`: "fault", `" "`: "fault",
	} {
		var r detailReply
		if err := json.Unmarshal([]byte(`{"Value":"v","ExpirationTtl":`+text+`}`), &r); err != nil {
			t.Fatal(err)
		}
		e, fault := r.expiry(time.Now())
		at, ok := e.At()
		got := "never"
		switch {
		case fault != "":
			got = "fault"
		case ok && text == `"4294967296"`:
			got = strconv.FormatInt(at.Unix()-time.Now().Unix(), 10) + "s"
		case ok:
			got = time.Until(at).Round(time.Minute).String()
		case !e.Never():
			got = "unknown"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{`{"Value":"v"}`: "", `{"ExpirationTtl":"1"}`: "lacks the Value", `{"Value":null}`: "lacks the Value"} {
		var r detailReply
		_ = json.Unmarshal([]byte(text), &r)
		if e, fault := r.expiry(time.Now()); fault != want || fault == "" && !e.Never() {
			t.Errorf("%s: %v, %q", text, e, fault)
		}
	}
}

// Keys that a reply names twice, or not at all, may or may not have been written.
func TestBatchFailures(t *testing.T) {
	keys := []string{"a", "b", "c", "d"}
	r := batchReply{head: head{RequestID: "r"}, SuccessKeys: []string{"a", "d", "other"}, FailKeys: []string{"b", "d"}}
	for _, reported := range []errs.Error{failedPut, failedDelete} {
		for i, e := range r.failures(keys, reported) {
			outcome, code, retry := errs.Ambiguous, errs.Unknown, errs.Temporary
			if i == 1 {
				outcome, code, retry = errs.NotApplied, reported.Code, reported.Retry
			}
			if (e == nil) != (i == 0) {
				t.Errorf("%s: %v", keys[i], e)
			} else if e, ok := e.(*errs.Error); ok && (e.Outcome != outcome || e.Retry != retry || e.Code != code || e.RequestID != "r" || e.HTTPStatus != 200 || e.Message == "") {
				t.Errorf("%s: %#v, %s", keys[i], e, e.Outcome)
			}
		}
		if reported.RequestID != "" {
			t.Error("what stands for all is changed")
		}
	}
	if failedPut.Retry != errs.Temporary || failedPut.Code != errs.Unknown || failedDelete.Retry != errs.Permanent || failedDelete.Code != errs.Unsupported {
		t.Errorf("%#v, %#v", failedPut, failedDelete)
	}
	r = batchReply{SuccessKeys: []string{"d", "c", "b", "a"}}
	if all := r.failures(keys, failedPut); all != nil {
		t.Errorf("all succeeded: %v", all)
	}
	if all := (&batchReply{SuccessKeys: []string{}}).failures(keys, failedPut); len(all) != 4 {
		t.Errorf("none is named: %v", all)
	}
}

func TestAccountReplies(t *testing.T) {
	for text, want := range map[string]string{
		`{"Status":"online","NamespaceUsed":0}`:                        "0",
		`{"Status":"online","NamespaceUsed":"0","NamespaceList":null}`: "0",
		`{"Status":"online","NamespaceList":[]}`:                       "0",
		`{"Status":"offline"}`:                                         "0",
		`{"Status":"online","NamespaceList":[{"Namespace":"a","Status":"online"},{"Namespace":"b","Status":"delete"},` +
			`{"Namespace":"c","Status":"deleting"},{"Namespace":"d","Status":"deleted"},{"Namespace":"e","Status":"odd"}]}`: "1",
		`{"NamespaceList":[]}`:                                      "lacks the status of the account",
		`{"Status":"online"}`:                                       "lacks the namespaces",
		`{"Status":"online","NamespaceUsed":1}`:                     "lacks the namespaces",
		`{"Status":"online","NamespaceList":[{"Status":"online"}]}`: "has a namespace without a name or status",
		`{"Status":"online","NamespaceList":[{"Namespace":"a"}]}`:   "has a namespace without a name or status",
	} {
		var r accountReply
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		got := r.fault()
		if got == "" {
			got = strconv.Itoa(len(r.namespaces()))
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// Ids that are numbers over 2^53 keep their digits.
func TestIDs(t *testing.T) {
	for text, want := range map[string]string{
		`657717877171818496`: "657717877171818496", `"657717877171818496"`: "657717877171818496", `null`: "ns", `""`: "ns", `{}`: "ns", `true`: "ns", `-1.5e3`: "-1.5e3",
	} {
		var r namespaceReply
		if err := json.Unmarshal([]byte(`{"Namespace":"ns","Status":"online","NamespaceId":`+text+`}`), &r); err != nil {
			t.Fatal(err)
		}
		if got := r.info(); got.ID != want || got.Name != "ns" || got.Usage != nil {
			t.Errorf("%s: %+v", text, got)
		}
	}
}
