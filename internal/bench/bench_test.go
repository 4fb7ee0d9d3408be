package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// start serves in this process and returns the host, and what the server was asked since it was last asked for that.
func start(t *testing.T) (host string, asked func() []received) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var all []received
	s := &server{observe: func(r received) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, r)
	}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.serve(l)
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String(), func() []received {
		mu.Lock()
		defer mu.Unlock()
		seen := all
		all = nil
		return seen
	}
}

// Each client makes each call, with one request that means the same to the server, and reads what the reply says.
func TestWorkloads(t *testing.T) {
	host, asked := start(t)
	all, end, err := allWorkloads(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	if got := asked(); len(got) != 0 {
		t.Errorf("opening asks the server: %v", got[0].target)
	}
	for _, w := range all {
		for kind, c := range w.call {
			t.Run(w.name+"/"+kindNames()[kind], func(t *testing.T) {
				got, err := c(t.Context())
				if err == nil {
					err = got.check(w.want)
				}
				if err != nil {
					t.Fatal(err)
				}
				requests := asked()
				if len(requests) > 1 && requests[0].operation == "ListKeyVersions" && kind == ours {
					requests = requests[1:] // asked once, then remembered
				}
				if len(requests) != 1 || requests[0].operation != w.operation {
					t.Fatalf("%d requests, want one that is %s; the first: %+v", len(requests), w.operation, requests)
				}
				checkSent(t, w, requests[0])
			})
		}
	}
}

// checkSent checks that a request holds what it is about, and proof of who sends it.
func checkSent(t *testing.T, w workload, r received) {
	t.Helper()
	if !strings.Contains(r.authorization, "Signature=") && !strings.Contains(r.target, "Signature=") && r.authorization != "Bearer "+secretKey {
		t.Errorf("not signed: %q", r.authorization)
	}
	provider, name, _ := strings.Cut(w.name, "/")
	query, _ := url.Parse(r.target)
	form, _ := url.ParseQuery(string(r.body))
	for name, values := range query.Query() {
		form[name] = values
	}
	var body map[string]any
	_ = json.Unmarshal(r.body, &body)
	field := func(name string) string {
		if provider == "alibaba" {
			return form.Get(name)
		}
		text, _ := body[name].(string)
		return text
	}
	size := largeKey
	if strings.HasSuffix(name, "20 MiB") {
		size = hugeKey
	} else if !strings.HasSuffix(name, "1 MB") {
		size = smallKey
	}
	switch kind, _, _ := strings.Cut(name, " "); {
	case kind == "put" && provider == "cloudflare":
		if !bytes.Equal(r.body, values()[size]) || !strings.HasSuffix(query.Path, "/values/"+size) {
			t.Errorf("%d bytes to %s", len(r.body), query.Path)
		}
	case kind == "put":
		if field("Value") != string(values()[size]) || field("Key") != size || field("Namespace") != namespaceName {
			t.Errorf("%d bytes of value to %q", len(field("Value")), field("Key"))
		}
	case kind == "bulk":
		var items []struct{ Key, Value string }
		list := r.body
		if provider == "alibaba" {
			list = []byte(field("KvList"))
		}
		if err := json.Unmarshal(list, &items); err != nil || len(items) != bulkItems || items[bulkItems-1].Value != string(values()[smallKey]) {
			t.Errorf("%d items, %v", len(items), err)
		}
	case kind == "encrypt", kind == "sign":
		if !slices.Contains([]string{field("KeyId"), field("key_id")}, keyID) {
			t.Errorf("another key: %s", r.body)
		}
	}
}

// What no client asks for is refused, so that no call can be mistaken for another.
func TestUnknown(t *testing.T) {
	host, _ := start(t)
	_, err := newPlainClient(host).send(t.Context(), "GET", "/?Action=GetKvDetail", nil, nil)
	if err == nil || !strings.Contains(err.Error(), "no such operation") {
		t.Error(err)
	}
}

func TestConnections(t *testing.T) {
	host, _ := start(t)
	client := newPlainClient(host)
	for range 3 { // one connection; that of the count is none
		if _, err := client.send(t.Context(), "POST", "/", map[string][]string{"X-Acs-Action": {"PutKv"}}, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if n, err := connections(host); n != 1 || err != nil {
			t.Error(n, err)
		}
	}
	s, err := measureBursts(t.Context(), func(context.Context) (result, error) {
		_, err := newPlainClient(host).send(t.Context(), "POST", "/", map[string][]string{"X-Acs-Action": {"PutKv"}}, nil)
		return result{}, err
	}, host, 4, 2)
	if s.allocs != 4 || err != nil {
		t.Errorf("%v connections a burst, %v", s.allocs, err)
	}
}

func TestMeasure(t *testing.T) {
	var kept [][]byte
	s, err := measure(t.Context(), func(context.Context) (result, error) {
		kept = append(kept[:0], make([]byte, 1<<16))
		return result{}, nil
	}, 1, 10*time.Millisecond)
	if err != nil || s.ns <= 0 || s.allocs < 1 || s.allocs > 3 || s.bytes < 1<<16 || s.bytes > 1<<17 {
		t.Errorf("%+v %v", s, err)
	}
}

func TestRatio(t *testing.T) {
	numbers := func(ns ...float64) (all []sample) {
		for _, n := range ns {
			all = append(all, sample{ns: n})
		}
		return all
	}
	if got := ratio(numbers(1, 2, 3, 4, 90), numbers(1, 1, 1, 1, 1), ns); got != (spread{3, 2, 4}) {
		t.Error(got)
	}
	if got := ratio(numbers(10, 20), numbers(20, 10), ns); got != (spread{1.25, 0.5, 2}) {
		t.Error(got)
	}
	if got := ratio(numbers(1), nil, ns); got != (spread{}) {
		t.Error(got)
	}
}

func TestRepeat(t *testing.T) {
	var order []int
	all, err := repeat(3, []int{ours, vendor}, func(kind int) (sample, error) {
		order = append(order, kind)
		return sample{ns: float64(len(order))}, nil
	})
	if err != nil || !slices.Equal(order, []int{ours, vendor, vendor, ours, ours, vendor}) || len(all[ours]) != 3 || all[vendor][1].ns != 3 || all[plain] != nil {
		t.Error(order, all, err)
	}
}

func TestReplacePart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.md")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("before\n" + beginMarker + "old\n" + endMarker + "after\n")
	for range 2 {
		if err := replacePart(path, []byte("new\n")); err != nil {
			t.Fatal(err)
		}
	}
	if text, _ := os.ReadFile(path); string(text) != "before\n"+beginMarker+"\nnew\n\n"+endMarker+"after\n" {
		t.Errorf("%s", text)
	}
	write("no markers\n")
	if replacePart(path, nil) == nil {
		t.Error("a file without markers is written")
	}
}
