package scale_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// keyNamed is the name of the i-th key. Keys are made when they are needed, and held by nobody.
func keyNamed(i int) string { return fmt.Sprintf("key-%07d", i) }

// tally is a count of keys and the sum of their hashes, in any order.
type tally struct {
	count int
	sum   uint64
}

func (t *tally) add(key string) {
	h := fnv.New64a()
	_, _ = io.WriteString(h, key)
	t.count++
	t.sum += h.Sum64()
}

// tallyOf is that of the first n keys.
func tallyOf(n int) (t tally) {
	for i := range n {
		t.add(keyNamed(i))
	}
	return t
}

// standIn answers as a vendor does, and keeps none of the keys.
type standIn struct {
	// answer reads a request and returns the reply. It says of each key of a write and of a delete that it was there.
	answer  func(r *http.Request, body []byte, keys int, written func(key string)) any
	keys    int           // that a listing has
	latency time.Duration // of each request
	gauge   *gauge

	mu       sync.Mutex
	requests int
	written  tally
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	time.Sleep(s.latency) // virtual
	var written []string
	reply, err := json.Marshal(s.answer(r, body, s.keys, func(key string) { written = append(written, key) }))
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	s.requests++
	for _, key := range written {
		s.written.add(key)
	}
	s.mu.Unlock()
	s.gauge.sample()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(reply)))
	_, _ = w.Write(reply)
}

func (s *standIn) seen() (requests int, written tally) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests, s.written
}

type object = map[string]any

// page returns the keys from at on, size at most, and where the next page begins, 0 if there is none.
func page(at, size, keys int) (names []string, next int) {
	for i := at; i < min(at+size, keys); i++ {
		names = append(names, keyNamed(i))
	}
	if at+size < keys {
		next = at + size
	}
	return names, next
}

func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// cursorOf spells where a page begins.
func cursorOf(next int) string {
	if next == 0 {
		return ""
	}
	return strconv.Itoa(next)
}

// answerTencent answers as the pages EdgeKVPut, EdgeKVDelete and EdgeKVList say.
func answerTencent(r *http.Request, body []byte, keys int, written func(string)) any {
	var request struct {
		Key, Cursor string
		Keys        []string
		Limit       int
	}
	_ = json.Unmarshal(body, &request)
	response := object{"RequestId": "r-1"}
	switch r.Header.Get("X-TC-Action") {
	case "EdgeKVPut":
		written(request.Key)
	case "EdgeKVDelete":
		for _, key := range request.Keys {
			written(key)
		}
	case "EdgeKVList":
		names, next := page(number(request.Cursor), request.Limit, keys)
		response["Keys"], response["Cursor"] = names, cursorOf(next)
	default:
		response["Error"] = object{"Code": "InvalidAction"}
	}
	return object{"Response": response}
}

// answerCloudflare answers as the pages "Write multiple key-value pairs", "Delete multiple key-value pairs" and "List a
// Namespace's Keys" say.
func answerCloudflare(r *http.Request, body []byte, keys int, written func(string)) any {
	done := 0
	take := func(key string) { written(key); done++ }
	switch query := r.URL.Query(); {
	case strings.HasSuffix(r.URL.Path, "/bulk/delete"):
		var names []string
		_ = json.Unmarshal(body, &names)
		for _, key := range names {
			take(key)
		}
	case strings.HasSuffix(r.URL.Path, "/bulk"):
		var items []struct{ Key string }
		_ = json.Unmarshal(body, &items)
		for _, item := range items {
			take(item.Key)
		}
	case strings.HasSuffix(r.URL.Path, "/keys"):
		names, next := page(number(query.Get("cursor")), number(query.Get("limit")), keys)
		list := make([]struct {
			Name string `json:"name"`
		}, len(names))
		for i, name := range names {
			list[i].Name = name
		}
		return object{"success": true, "errors": []any{}, "messages": []any{}, "result": list,
			"result_info": object{"count": len(names), "cursor": cursorOf(next)}}
	default:
		return object{"success": false, "errors": []any{object{"code": 7003, "message": "no such route"}}}
	}
	return object{"success": true, "errors": []any{}, "messages": []any{},
		"result": object{"successful_key_count": done, "unsuccessful_keys": []string{}}}
}

// answerAlibaba answers as the pages BatchPutKv, BatchDeleteKv and ListKvs say.
func answerAlibaba(r *http.Request, body []byte, keys int, written func(string)) any {
	field, escaped, _ := strings.Cut(string(body), "=")
	content, _ := url.QueryUnescape(escaped)
	var done []string
	take := func(key string) { written(key); done = append(done, key) }
	switch action := r.Header.Get("X-Acs-Action"); {
	case action == "BatchPutKv" && field == "KvList":
		var items []struct{ Key string }
		_ = json.Unmarshal([]byte(content), &items)
		for _, item := range items {
			take(item.Key)
		}
	case action == "BatchDeleteKv" && field == "Keys":
		var names []string
		_ = json.Unmarshal([]byte(content), &names)
		for _, key := range names {
			take(key)
		}
	case action == "ListKvs":
		query := r.URL.Query()
		size := number(query.Get("PageSize"))
		names, _ := page((number(query.Get("PageNumber"))-1)*size, size, keys)
		list := make([]struct{ Name string }, len(names))
		for i, name := range names {
			list[i].Name = name
		}
		return object{"Keys": list, "TotalCount": keys, "RequestId": "r-1"}
	default:
		return object{"Code": "InvalidAction.NotFound", "RequestId": "r-1"}
	}
	return object{"SuccessKeys": done, "FailKeys": []string{}, "RequestId": "r-1"}
}
