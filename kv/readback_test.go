package kv_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

// held is what a store of these tests holds for a key, and how it fails.
type held struct {
	value    string
	absent   bool
	expiry   driver.Expiry
	metadata string
}

// afterFailure returns a namespace whose puts end with the outcome, and whose reads show what is held.
func afterFailure(t *testing.T, outcome errs.Outcome, lag time.Duration, h held, opts ...kv.OpenOption) (*kv.Namespace, *fakeService) {
	f := newFake()
	f.nsCaps.Consistency = lag
	f.nsCaps.ReadMetadata = driver.Emulated
	f.put = func(*driver.PutRequest) (*driver.PutResponse, error) {
		return nil, &errs.Error{Code: errs.Unavailable, Outcome: outcome, Message: "the line broke"}
	}
	f.get = func(*driver.GetRequest) (*driver.GetResponse, error) {
		if h.absent {
			return nil, errs.Refuse(errs.KeyNotFound, "gone")
		}
		return &driver.GetResponse{Value: []byte(h.value), Expiry: h.expiry}, nil
	}
	f.inspect = func(*driver.InspectRequest) (*driver.InspectResponse, error) {
		return &driver.InspectResponse{Metadata: json.RawMessage(h.metadata)}, nil
	}
	return f.open(t, append([]kv.OpenOption{kv.WithReadBack()}, opts...)...), f
}

func TestReadBack(t *testing.T) {
	const lag = time.Minute
	never := driver.NeverExpires()
	in := func(d time.Duration) func(time.Time) driver.Expiry {
		return func(now time.Time) driver.Expiry { return driver.ExpiresAt(now.Add(d)) }
	}
	for name, tc := range map[string]struct {
		outcome errs.Outcome
		lag     time.Duration
		opts    []kv.PutOption
		held    held
		expiry  func(began time.Time) driver.Expiry
		want    string // "success" or the outcome
		reads   bool
	}{
		"the same":                          {held: held{value: "v", expiry: never}, want: "success", reads: true},
		"the same, seen late":               {lag: lag, held: held{value: "v", expiry: never}, want: "success", reads: true},
		"another value":                     {held: held{value: "w", expiry: never}, want: "not applied", reads: true},
		"absent":                            {held: held{absent: true}, want: "not applied", reads: true},
		"another value, which may be old":   {lag: lag, held: held{value: "w", expiry: never}, want: "ambiguous", reads: true},
		"absence, which may be old":         {lag: lag, held: held{absent: true}, want: "ambiguous", reads: true},
		"the same for a while":              {held: held{value: "v"}, expiry: in(time.Hour), want: "ambiguous", reads: true},
		"the same of unknown expiry":        {held: held{value: "v"}, want: "ambiguous", reads: true},
		"the same with metadata":            {held: held{value: "v", expiry: never, metadata: "1"}, want: "ambiguous", reads: true},
		"the same metadata":                 {opts: []kv.PutOption{kv.Metadata([]byte(`{"a": 1}`))}, held: held{value: "v", expiry: never, metadata: `{"a":1}`}, want: "success", reads: true},
		"no metadata":                       {opts: []kv.PutOption{kv.Metadata([]byte(`1`))}, held: held{value: "v", expiry: never}, want: "ambiguous", reads: true},
		"the same TTL":                      {lag: lag, opts: []kv.PutOption{kv.TTL(time.Hour)}, held: held{value: "v"}, expiry: in(time.Hour), want: "success", reads: true},
		"an older TTL":                      {lag: lag, opts: []kv.PutOption{kv.TTL(time.Hour)}, held: held{value: "v"}, expiry: in(time.Hour - 5*time.Second), want: "ambiguous", reads: true},
		"no TTL":                            {opts: []kv.PutOption{kv.TTL(time.Hour)}, held: held{value: "v", expiry: never}, want: "ambiguous", reads: true},
		"a TTL that has ended":              {lag: 2 * time.Hour, opts: []kv.PutOption{kv.TTL(time.Hour)}, held: held{absent: true}, want: "ambiguous", reads: true},
		"known not to be applied":           {outcome: errs.NotApplied, held: held{value: "v", expiry: never}, want: "not applied"},
		"known to be applied":               {outcome: errs.Applied, held: held{absent: true}, want: "applied"},
		"the same with the absolute expiry": {opts: []kv.PutOption{kv.ExpiresAt(time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC))}, held: held{value: "v"}, expiry: in(24 * time.Hour), want: "success", reads: true},
		"the same, expiring earlier":        {opts: []kv.PutOption{kv.ExpiresAt(time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC))}, held: held{value: "v"}, expiry: in(24*time.Hour - 5*time.Second), want: "ambiguous", reads: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now() // midnight of 2000-01-01 UTC in a bubble
				if tc.expiry != nil {
					tc.held.expiry = tc.expiry(began)
				}
				ns, f := afterFailure(t, tc.outcome, tc.lag, tc.held)
				ended := func(how string, err error) {
					t.Helper()
					got := "success"
					if e, ok := errors.AsType[*errs.Error](err); ok {
						got = e.Outcome.String()
						if e.Op == "" || e.Provider != "fake" || !strings.Contains(e.Resource, "k") || !strings.Contains(e.Error(), "the line broke") {
							t.Errorf("%s: the error became another: %v", how, err)
						}
					}
					if got != tc.want {
						t.Errorf("%s ended as %s, want %s: %v", how, got, tc.want, err)
					}
				}
				ended("Put", ns.Put(t.Context(), "k", []byte("v"), tc.opts...))
				reads := strings.Join(f.took(), "\n")
				if strings.Contains(reads, "get") != tc.reads {
					t.Errorf("the driver saw %q", reads)
				}
				if waited := time.Since(began); tc.reads && waited < tc.lag || !tc.reads && waited > time.Second {
					t.Errorf("took %v", waited)
				}
			})
		})
	}
}

// A read that is known to be too early is not made, and one that fails changes nothing but the text.
func TestReadBackIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ns, f := afterFailure(t, errs.Ambiguous, time.Minute, held{value: "v", expiry: driver.NeverExpires()})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		err := ns.Put(ctx, "k", []byte("v"))
		if e, ok := errors.AsType[*errs.Error](err); !ok || e.Outcome != errs.Ambiguous || e.Code != errs.Unavailable || time.Since(began) > time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		if calls := f.took(); slices.ContainsFunc(calls, func(c string) bool { return strings.HasPrefix(c, "get") }) {
			t.Errorf("was read all the same: %q", calls)
		}

		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(10*time.Second, cancel)
		began = time.Now()
		err = ns.Put(ctx, "k", []byte("v"))
		if e, ok := errors.AsType[*errs.Error](err); !ok || e.Outcome != errs.Ambiguous || time.Since(began) > 11*time.Second {
			t.Errorf("cancelled after %v: %v", time.Since(began), err)
		}

		f.get = func(*driver.GetRequest) (*driver.GetResponse, error) {
			return nil, &errs.Error{Code: errs.PermissionDenied, Message: "reading is forbidden"}
		}
		err = ns.Put(t.Context(), "k", []byte("v"))
		if e, ok := errors.AsType[*errs.Error](err); !ok || e.Code != errs.Unavailable || e.Outcome != errs.Ambiguous || !strings.Contains(e.Message, "reading is forbidden") {
			t.Errorf("%v", err)
		}
	})
}

// Close ends the wait for reads.
func TestReadBackEndsWithTheService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.nsCaps.Consistency = time.Hour
		f.put = func(*driver.PutRequest) (*driver.PutResponse, error) { return nil, &errs.Error{Code: errs.Unavailable} }
		s := f.service(t)
		ns, err := s.Namespace(t.Context(), "flags", kv.WithReadBack())
		if err != nil {
			t.Fatal(err)
		}
		failed := make(chan error)
		began := time.Now()
		go func() { failed <- ns.Put(t.Context(), "k", []byte("v")) }()
		time.Sleep(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go func() { _ = s.Close(ctx) }()
		if err := <-failed; !errors.Is(err, errs.Unavailable) || time.Since(began) > time.Minute+2*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

// PutMany settles the keys of a failed batch, waiting once for all of them, and the handle of With settles too.
func TestReadBackOfPutMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.nsCaps.Consistency = time.Minute
		f.nsCaps.PutBatch.MaxItems = 100
		f.putBatch = func(context.Context, *driver.PutBatchRequest) (*driver.PutBatchResponse, error) {
			return nil, &errs.Error{Code: errs.Unavailable, Outcome: errs.Ambiguous}
		}
		f.get = func(req *driver.GetRequest) (*driver.GetResponse, error) {
			if strings.HasPrefix(req.Key, "there") {
				return &driver.GetResponse{Value: []byte("v"), Expiry: driver.NeverExpires()}, nil
			}
			return nil, errs.Refuse(errs.KeyNotFound, "gone")
		}
		f.inspect = func(*driver.InspectRequest) (*driver.InspectResponse, error) { return &driver.InspectResponse{}, nil }
		plain := f.open(t)
		ns, err := plain.With(t.Context(), kv.WithReadBack())
		if err != nil {
			t.Fatal(err)
		}
		var writes []kv.Write
		for i := range 40 {
			key := "there" + string(rune('A'+i))
			if i%2 == 1 {
				key = "gone" + string(rune('A'+i))
			}
			writes = append(writes, kv.Write{Key: key, Value: []byte("v")})
		}
		count := func(results iter.Seq2[kv.Result, error]) (succeeded, unknown int, summary error) {
			for r, err := range results {
				switch {
				case err != nil:
					summary = err
				case r.Status == kv.Succeeded && r.Err == nil && strings.HasPrefix(r.Key, "there"):
					succeeded++
				case r.Status == kv.Unknown && errors.Is(r.Err, errs.Unavailable):
					unknown++
				default:
					t.Errorf("%v", r)
				}
			}
			return succeeded, unknown, summary
		}
		began := time.Now()
		if succeeded, unknown, err := count(ns.PutMany(t.Context(), slices.Values(writes))); succeeded != 20 || unknown != 20 || !errors.Is(err, errs.Unavailable) {
			t.Errorf("%d succeeded, %d unknown, %v", succeeded, unknown, err)
		}
		if waited := time.Since(began); waited < time.Minute || waited > time.Minute+time.Second {
			t.Errorf("took %v", waited)
		}
		if succeeded, unknown, _ := count(plain.PutMany(t.Context(), slices.Values(writes))); succeeded != 0 || unknown != 40 {
			t.Errorf("without the option %d succeeded, %d unknown", succeeded, unknown)
		}
	})
}
