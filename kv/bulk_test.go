package kv_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// outcomes collects a bulk call: a word a key, sorted, and the error at its end.
func outcomes(t *testing.T, results iter.Seq2[kv.Result, error]) (words []string, end error) {
	t.Helper()
	for r, err := range results {
		if end != nil {
			t.Fatal("the call went on after its last error")
		}
		if err != nil {
			end = err
			continue
		}
		word := r.Key + ":" + string(r.Status)
		if r.Err != nil {
			word += ":" + string(errs.CodeOf(r.Err))
		}
		if (r.Status == kv.Succeeded) != (r.Err == nil) {
			t.Errorf("status and error disagree: %v", r)
		}
		words = append(words, word)
	}
	slices.Sort(words)
	return words, end
}

func writesOf(keys string) iter.Seq[kv.Write] {
	return func(yield func(kv.Write) bool) {
		for key := range strings.FieldsSeq(keys) {
			if !yield(kv.Write{Key: key, Value: []byte("v")}) {
				return
			}
		}
	}
}

func expectWords(t *testing.T, got []string, want string) {
	t.Helper()
	if joined := strings.Join(got, " "); joined != want {
		t.Errorf("results\n  %s\nwant\n  %s", joined, want)
	}
}

// batchErrs answers a batch with the given error for some keys.
func batchErrs(failures map[string]error) func(context.Context, *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
	return func(_ context.Context, req *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
		res := &driver.PutBatchResponse{Errs: make([]error, len(req.Items))}
		for i, item := range req.Items {
			res.Errs[i] = failures[item.Key]
		}
		return res, nil
	}
}

func TestBulkSplitsByItems(t *testing.T) {
	t.Parallel()
	f := newFake()
	ns := f.open(t)
	words, err := outcomes(t, ns.PutMany(t.Context(), writesOf("a b c d e f g")))
	if err != nil {
		t.Error(err)
	}
	expectWords(t, words, "a:succeeded b:succeeded c:succeeded d:succeeded e:succeeded f:succeeded g:succeeded")
	calls := f.took()
	slices.Sort(calls) // two at a time: their order is not certain
	if want := "put batch a b c|put batch d e f|put batch g"; strings.Join(calls, "|") != want {
		t.Errorf("sent %q, want %q", calls, want)
	}

	words, err = outcomes(t, ns.DeleteMany(t.Context(), slices.Values([]string{"a", "b", "c", "d"})))
	if err != nil {
		t.Error(err)
	}
	expectWords(t, words, "a:succeeded b:succeeded c:succeeded d:succeeded")
	calls = f.took()
	slices.Sort(calls)
	if want := "delete batch a b c|delete batch d"; strings.Join(calls, "|") != want {
		t.Errorf("sent %q, want %q", calls, want)
	}
}

func TestBulkSplitsByBytes(t *testing.T) {
	t.Parallel()
	f := newFake() // a batch takes 100 bytes
	sizes := map[string]int{"a": 60, "b": 40, "c": 60, "d": 41, "e": 101, "f": 100}
	writes := func(yield func(kv.Write) bool) {
		for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
			if !yield(kv.Write{Key: key, Value: make([]byte, sizes[key])}) {
				return
			}
		}
	}
	if _, err := outcomes(t, f.open(t).PutMany(t.Context(), writes)); err != nil {
		t.Error(err)
	}
	calls := f.took()
	slices.Sort(calls)
	for i := range calls {
		calls[i], _, _ = strings.Cut(calls[i], "=")
	}
	if want := "put batch a b|put batch c|put batch d|put batch f|put e"; strings.Join(calls, "|") != want {
		t.Errorf("sent %q, want %q: what no batch takes goes alone", calls, want)
	}
}

func TestBulkWithoutBatches(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.minimal, f.nsCaps = true, little()
	f.get = func(req *driver.GetRequest) (*driver.GetResponse, error) {
		if req.Key == "b" {
			return nil, errs.Refuse(errs.KeyNotFound, "")
		}
		return &driver.GetResponse{Value: []byte("value of " + req.Key)}, nil
	}
	ns := f.open(t)
	words, err := outcomes(t, ns.GetMany(t.Context(), slices.Values([]string{"a", "b"})))
	if err != nil {
		t.Errorf("a missing key is no failure of the call: %v", err)
	}
	expectWords(t, words, "a:succeeded b:failed:KeyNotFound")
	words, err = outcomes(t, ns.PutMany(t.Context(), writesOf("a b")))
	expectWords(t, words, "a:succeeded b:succeeded")
	if err != nil {
		t.Error(err)
	}
	words, err = outcomes(t, ns.DeleteMany(t.Context(), slices.Values([]string{"a", "b"})))
	expectWords(t, words, "a:succeeded b:succeeded")
	if err != nil {
		t.Error(err)
	}
	calls := f.took()
	slices.Sort(calls)
	want := "delete a|delete b|get a|get b|put a=v ttl=0s at= meta=|put b=v ttl=0s at= meta="
	if got := strings.Join(calls, "|"); got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
}

func TestGetManyBatch(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.getBatch = func(_ context.Context, req *driver.GetBatchRequest) (*driver.GetBatchResponse, error) {
		if !req.WantExpiry || req.WantMetadata {
			t.Errorf("asked for expiry %v, metadata %v", req.WantExpiry, req.WantMetadata)
		}
		res := &driver.GetBatchResponse{}
		for _, key := range req.Keys {
			one := driver.GetBatchResult{GetResponse: driver.GetResponse{Value: []byte("value of " + key), Expiry: driver.NeverExpires()}}
			if key == "b" {
				one = driver.GetBatchResult{Err: &errs.Error{Code: errs.KeyNotFound}} // a read is never ambiguous
			}
			res.Results = append(res.Results, one)
		}
		return res, nil
	}
	seen := 0
	for r, err := range f.open(t).GetMany(t.Context(), slices.Values([]string{"a", "b", "c", "d"}), kv.WithExpiry()) {
		if err != nil {
			t.Fatal(err)
		}
		seen++
		switch {
		case r.Key == "b":
			if r.Status != kv.Failed || !errors.Is(r.Err, errs.KeyNotFound) {
				t.Errorf("missing key: %v", r)
			}
		case r.Status != kv.Succeeded || string(r.Entry.Value) != "value of "+r.Key || r.Entry.Key != r.Key || !r.Entry.Expiry.Never():
			t.Errorf("present key: %v with %q", r, r.Entry.Value)
		}
	}
	if seen != 4 {
		t.Errorf("%d results", seen)
	}
	f.took()
	f.nsCaps = little()
	f.minimal = true
	for _, err := range f.open(t).GetMany(t.Context(), slices.Values([]string{"a"}), kv.WithExpiry()) {
		if !errors.Is(err, errs.Unsupported) {
			t.Errorf("expiry where it is not told: %v", err)
		}
	}
	f.expect(t)
}

// TestGetManyReadsAloneWhatNoBatchBrings: a provider whose batches are text only still gives every value.
func TestGetManyReadsAloneWhatNoBatchBrings(t *testing.T) {
	t.Parallel()
	unsupported := errs.Refuse(errs.Unsupported, "not text")
	for name, answer := range map[string]func(*driver.GetBatchRequest) (*driver.GetBatchResponse, error){
		"one key": func(*driver.GetBatchRequest) (*driver.GetBatchResponse, error) {
			return &driver.GetBatchResponse{Results: []driver.GetBatchResult{{GetResponse: driver.GetResponse{Value: []byte("\xff a")}}, {Err: unsupported}}}, nil
		},
		"the whole batch": func(*driver.GetBatchRequest) (*driver.GetBatchResponse, error) { return nil, unsupported },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.getBatch = func(_ context.Context, req *driver.GetBatchRequest) (*driver.GetBatchResponse, error) {
				return answer(req)
			}
			f.get = func(req *driver.GetRequest) (*driver.GetResponse, error) {
				return &driver.GetResponse{Value: []byte("\xff " + req.Key)}, nil
			}
			for r, err := range f.open(t).GetMany(t.Context(), slices.Values([]string{"a", "b"})) {
				if err != nil || r.Err != nil || string(r.Entry.Value) != "\xff "+r.Key {
					t.Errorf("got %v with %q, %v", r, r.Entry.Value, err)
				}
			}
		})
	}
}

func TestBulkRefusesBeforeIO(t *testing.T) {
	t.Parallel()
	f := newFake()
	ns := f.open(t)
	words, err := outcomes(t, ns.PutMany(t.Context(), slices.Values([]kv.Write{
		{Key: "", Value: nil}, {Key: "big", Value: make([]byte, 1001)}, {Key: "ttl", Options: []kv.PutOption{kv.TTL(1)}},
	})))
	expectWords(t, words, ":failed:InvalidArgument big:failed:TooLarge ttl:failed:InvalidArgument")
	if err == nil {
		t.Error("three failures ended in no error")
	}
	for _, results := range []iter.Seq2[kv.Result, error]{
		ns.GetMany(t.Context(), slices.Values([]string{"a!"})), ns.DeleteMany(t.Context(), slices.Values([]string{"a!"})),
	} {
		words, err := outcomes(t, results)
		expectWords(t, words, "a!:failed:InvalidArgument")
		if !errors.Is(err, errs.InvalidArgument) {
			t.Error(err)
		}
	}
	f.expect(t)
	if _, err := outcomes(t, ns.PutMany(t.Context(), writesOf(""))); err != nil {
		t.Errorf("nothing to do: %v", err)
	}
}

// TestBulkDuplicates: a key given again is refused while the first is in memory, and sent once it has finished.
func TestBulkDuplicates(t *testing.T) {
	t.Parallel()
	f := newFake()
	ns := f.open(t)
	words, err := outcomes(t, ns.PutMany(t.Context(), writesOf("a b a")))
	expectWords(t, words, "a:failed:InvalidArgument a:succeeded b:succeeded")
	if !errors.Is(err, errs.InvalidArgument) {
		t.Error(err)
	}
	f.expect(t, "put batch a b")

	var finished atomic.Int32
	writes := func(yield func(kv.Write) bool) {
		for write := range writesOf("a b c") {
			yield(write)
		}
		for key := 0; finished.Load() < 3; key++ { // until the first batch is done
			if !yield(kv.Write{Key: fmt.Sprint(key)}) {
				return
			}
		}
		yield(kv.Write{Key: "a"})
	}
	again := 0
	for r, err := range ns.PutMany(t.Context(), writes) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Key == "a" || r.Key == "b" || r.Key == "c" {
			finished.Add(1)
		}
		if r.Key == "a" && r.Status == kv.Succeeded {
			again++
		}
	}
	if again != 2 {
		t.Errorf("the key was written %d times, want 2", again)
	}
}

// TestBulkHoldsTwoBatches counts what is read of an endless input while requests hang.
func TestBulkHoldsTwoBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		release := make(chan struct{})
		f.putBatch = func(ctx context.Context, _ *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
			select {
			case <-release:
				return &driver.PutBatchResponse{}, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		read := 0
		ctx, cancel := context.WithCancel(t.Context())
		var ended error
		var wg sync.WaitGroup
		wg.Go(func() {
			for _, err := range f.open(t).PutMany(ctx, func(yield func(kv.Write) bool) {
				for ; ; read++ {
					if !yield(kv.Write{Key: fmt.Sprint(read)}) {
						return
					}
				}
			}) {
				ended = err
			}
		})
		synctest.Wait()
		if read > 2*3 { // two batches of three; the next item is not taken before a batch has finished
			t.Errorf("%d items were read while two batches are under way", read)
		}
		if calls := f.took(); len(calls) != 2 {
			t.Errorf("%d requests under way, want 2", len(calls))
		}
		release <- struct{}{}
		synctest.Wait()
		if read <= 6 || read > 9 {
			t.Errorf("%d items read after one batch had finished", read)
		}
		cancel()
		wg.Wait()
		e, ok := errors.AsType[*errs.Error](ended)
		if !ok || !errors.Is(ended, context.Canceled) || !strings.Contains(e.Message, "not read to its end") {
			t.Errorf("ended in %v", ended)
		}
	})
}

// TestBulkBreak breaks off the loop: what is under way is cancelled, and nothing is left behind.
func TestBulkBreak(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		var cancelled atomic.Bool
		f.putBatch = func(ctx context.Context, req *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
			if req.Items[0].Key == "a" {
				return &driver.PutBatchResponse{}, nil
			}
			<-ctx.Done()
			cancelled.Store(true)
			return nil, ctx.Err()
		}
		for range f.open(t).PutMany(t.Context(), writesOf("a b c d e f g h i")) {
			break
		}
		synctest.Wait()
		if calls := len(f.took()); calls > 1 && !cancelled.Load() {
			t.Error("a request went on after the loop was broken off")
		}
	})
}

func TestBatchSize(t *testing.T) {
	t.Parallel()
	f := newFake()
	ns := f.open(t)
	if _, err := outcomes(t, ns.PutMany(t.Context(), writesOf("a b"), kv.BatchSize(1))); err != nil {
		t.Error(err)
	}
	calls := f.took()
	slices.Sort(calls)
	if strings.Join(calls, "|") != "put batch a|put batch b" {
		t.Errorf("sent %q", calls)
	}
	for _, size := range []int{0, -1, 4} {
		if _, err := outcomes(t, ns.DeleteMany(t.Context(), slices.Values([]string{"a"}), kv.BatchSize(size))); !errors.Is(err, errs.InvalidArgument) {
			t.Errorf("size %d: %v", size, err)
		}
	}
	f.expect(t)
}

// priorities is a source of limiters that notes who asks.
type priorities struct {
	mu   sync.Mutex
	seen map[ratelimit.Priority]int
}

func (p *priorities) Limiter(ratelimit.Budget) (ratelimit.Limiter, error) { return p, nil }

func (p *priorities) Wait(_ context.Context, priority ratelimit.Priority) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[priority]++
	return nil
}

func (p *priorities) took() map[ratelimit.Priority]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := p.seen
	p.seen = map[ratelimit.Priority]int{}
	return seen
}

// TestBulkGivesWay: bulk calls wait for the rate limit behind interactive ones, with batches and without.
func TestBulkGivesWay(t *testing.T) {
	t.Parallel()
	for _, minimal := range []bool{false, true} {
		f := newFake()
		if minimal {
			f.minimal, f.nsCaps = true, little()
		}
		for i := range f.operations {
			f.operations[i].Budgets = []ratelimit.Budget{{}}
		}
		limiter := &priorities{seen: map[ratelimit.Priority]int{}}
		s, err := kv.NewService(f, kv.ServiceOptions{Policy: policy.Policy{Limiters: limiter}})
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		ns, err := s.Namespace(ctx, "flags")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = ns.Get(ctx, "a")
		_ = ns.Put(ctx, "a", []byte("v"))
		_ = ns.Delete(ctx, "a")
		_, _ = listed(t, ns)
		if seen := limiter.took(); len(seen) != 1 || seen[ratelimit.Interactive] != 4 {
			t.Errorf("single calls ask as %v", seen)
		}
		_, _ = outcomes(t, ns.GetMany(ctx, slices.Values([]string{"a"})))
		_, _ = outcomes(t, ns.PutMany(ctx, writesOf("a")))
		_, _ = outcomes(t, ns.DeleteMany(ctx, slices.Values([]string{"a"})))
		if seen := limiter.took(); len(seen) != 1 || seen[ratelimit.Bulk] != 3 {
			t.Errorf("bulk calls ask as %v", seen)
		}
	}
}
