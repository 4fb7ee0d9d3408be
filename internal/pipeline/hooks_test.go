package pipeline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/pipeline"
	"github.com/crosscloud-sdk/crosscloud/policy"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

// seen is one event, told relative to the time at which the test began.
type seen struct {
	hook                            string
	attempt                         int
	began, duration, waited, paused time.Duration
	code                            errs.Code
}

// watch returns hooks that record, and the record.
func watch() (policy.Hooks, *[]seen, *[]policy.Event) {
	var record []seen
	var events []policy.Event
	begin := time.Now()
	add := func(hook string, e *policy.Event) {
		record = append(record, seen{hook, e.Attempt, e.Began.Sub(begin), e.Duration, e.Waited, e.Delay, errs.CodeOf(e.Err)})
		events = append(events, *e)
	}
	return policy.Hooks{
		Start:   func(_ context.Context, e *policy.Event) context.Context { add("start", e); return nil },
		Attempt: func(_ context.Context, e *policy.Event) { add("attempt", e) },
		End:     func(_ context.Context, e *policy.Event) { add("end", e) },
	}, &record, &events
}

const second = time.Second

// slowLimit takes a second for every permit.
func slowLimit(context.Context, ratelimit.Priority) error {
	time.Sleep(second)
	return nil
}

func TestEventsOfACall(t *testing.T) {
	failure := temporary(errs.NotApplied)
	failure.RetryAfter = 10 * second
	refused := 0
	for name, tc := range map[string]struct {
		limit   limiter
		answers []error
		refusal error
		want    []seen
	}{
		"success": {limit: slowLimit, want: []seen{
			{"start", 0, 0, 0, 0, 0, ""},
			{"attempt", 1, 0, 3 * second, second, 0, ""},
			{"end", 1, 0, 3 * second, second, 0, ""},
		}},
		"repeated": {limit: slowLimit, answers: []error{failure}, want: []seen{
			{"start", 0, 0, 0, 0, 0, ""},
			{"attempt", 1, 0, 3 * second, second, 10 * second, errs.Unavailable},
			{"attempt", 2, 13 * second, 3 * second, second, 0, ""},
			{"end", 2, 0, 16 * second, 2 * second, 0, ""},
		}},
		"failed": {limit: slowLimit, answers: []error{failure, errs.Conflict}, want: []seen{
			{"start", 0, 0, 0, 0, 0, ""},
			{"attempt", 1, 0, 3 * second, second, 10 * second, errs.Unavailable},
			{"attempt", 2, 13 * second, 3 * second, second, 0, errs.Conflict},
			{"end", 2, 0, 16 * second, 2 * second, 0, errs.Conflict},
		}},
		"refused before": {refusal: errs.Refuse(errs.TooLarge, "no"), want: []seen{
			{"start", 0, 0, 0, 0, 0, ""},
			{"end", 0, 0, 0, 0, 0, errs.TooLarge},
		}},
		"refused on the way": {
			limit: func(context.Context, ratelimit.Priority) error {
				time.Sleep(second)
				return errs.RateLimited
			},
			want: []seen{
				{"start", 0, 0, 0, 0, 0, ""},
				{"attempt", 1, 0, second, second, 0, errs.RateLimited},
				{"end", 0, 0, second, second, 0, errs.RateLimited},
			},
		},
		"refused on the second way": {
			limit: func(context.Context, ratelimit.Priority) error {
				time.Sleep(second)
				if refused++; refused == 2 {
					return errs.RateLimited
				}
				return nil
			},
			answers: []error{failure},
			want: []seen{
				{"start", 0, 0, 0, 0, 0, ""},
				{"attempt", 1, 0, 3 * second, second, 10 * second, errs.Unavailable},
				{"attempt", 2, 13 * second, second, second, 0, errs.RateLimited},
				{"end", 1, 0, 14 * second, 2 * second, 0, errs.RateLimited},
			},
		},
	} {
		bubble(t, name, func(t *testing.T) {
			hooks, record, events := watch()
			p := policy.Policy{Hooks: hooks}
			if tc.limit != nil {
				p.Limiters = tc.limit
			}
			driver := script{errs: tc.answers}
			call := pipeline.Call{Op: open(t, p, policy.Idempotent), Resource: "flags", Key: "k", Refusal: tc.refusal}
			_, err := pipeline.Do(t.Context(), call, &request{}, func(ctx context.Context, r *request) (*response, error) {
				time.Sleep(2 * second)
				return driver.send(ctx, r)
			})
			if !slices.Equal(*record, tc.want) {
				t.Errorf("got  %v\nwant %v", *record, tc.want)
			}
			for _, e := range *events {
				if e.Provider != "edge" || e.Resource != "flags" || e.Key != "k" || e.Op != "kv.Put" || e.Action != "VendorPut" {
					t.Errorf("event names %q %q %q %q %q", e.Provider, e.Resource, e.Key, e.Op, e.Action)
				}
			}
			if last := (*events)[len(*events)-1]; last.Err != err {
				t.Errorf("End has %v, the caller %v", last.Err, err)
			}
		})
	}
}

func TestContextOfTheStartHook(t *testing.T) {
	var where []string
	note := func(place string, ctx context.Context) {
		if ctx.Value(contextKey{}) == "hooked" {
			where = append(where, place)
		}
	}
	p := policy.Policy{
		Hooks: policy.Hooks{
			Start: func(ctx context.Context, _ *policy.Event) context.Context {
				return context.WithValue(ctx, contextKey{}, "hooked")
			},
			Attempt: func(ctx context.Context, _ *policy.Event) { note("attempt", ctx) },
			End:     func(ctx context.Context, _ *policy.Event) { note("end", ctx) },
		},
		Limiters: limiter(func(ctx context.Context, _ ratelimit.Priority) error { note("limiter", ctx); return nil }),
	}
	_ = do(t.Context(), open(t, p, policy.Idempotent), func(ctx context.Context, _ *request) (*response, error) {
		note("driver", ctx)
		return nil, errBoom
	})
	if want := []string{"limiter", "driver", "attempt", "end"}; !slices.Equal(where, want) {
		t.Errorf("seen in %v, want %v", where, want)
	}
}

// Each hook works without the others.
func TestSingleHooks(t *testing.T) {
	for _, only := range []string{"start", "attempt", "end"} {
		hooks, record, _ := watch()
		if only != "start" {
			hooks.Start = nil
		}
		if only != "attempt" {
			hooks.Attempt = nil
		}
		if only != "end" {
			hooks.End = nil
		}
		_ = do(t.Context(), open(t, policy.Policy{Hooks: hooks}, policy.Idempotent), (&script{}).send)
		if len(*record) != 1 || (*record)[0].hook != only {
			t.Errorf("%s alone saw %v", only, *record)
		}
	}
}

// A hook may write into its event without an effect on the others.
func TestHooksDoNotDisturbEachOther(t *testing.T) {
	spoil := func(e *policy.Event) bool {
		ok := e.Op == "kv.Put" && e.Provider == "edge"
		*e = policy.Event{Op: "spoilt"}
		return ok
	}
	good := 0
	count := func(_ context.Context, e *policy.Event) {
		if spoil(e) {
			good++
		}
	}
	hooks := policy.Hooks{
		Start:   func(ctx context.Context, e *policy.Event) context.Context { count(ctx, e); return ctx },
		Attempt: count, End: count,
	}
	if err := do(t.Context(), open(t, policy.Policy{Hooks: hooks}, policy.Idempotent), (&script{}).send); err != nil || good != 3 {
		t.Errorf("%d good events, %v", good, err)
	}
}

const canary = "CANARY-7f3a"

func TestLogger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		failure := temporary(errs.NotApplied)
		failure.RetryAfter, failure.Err = 10*second, errors.New(canary)
		call := pipeline.Call{
			Op: open(t, policy.Policy{Logger: logger}, policy.Idempotent), Resource: "flags\u202e", Key: "k\u202e1",
		}
		driver := script{errs: repeat(failure, 2)}
		if _, err := pipeline.Do(t.Context(), call, &request{canary}, driver.send); err != nil {
			t.Fatal(err)
		}
		if _, err := pipeline.Do(t.Context(), call, &request{canary}, (&script{always: errs.Conflict}).send); err == nil {
			t.Fatal("no error")
		}
		if strings.Contains(out.String(), canary) || strings.Contains(out.String(), "\u202e") {
			t.Errorf("logged: %s", out.String())
		}
		var got []string
		for line := range strings.Lines(out.String()) {
			var r struct {
				Level, Msg, Provider, Op, Resource, Key string
				Attempt                                 int
				Delay, Duration                         time.Duration
				Error                                   struct{ Code string }
			}
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			if r.Provider != "edge" || r.Op != "kv.Put" || r.Resource != "flags" || r.Key != "k1" {
				t.Errorf("names are %+v", r)
			}
			got = append(got, strings.Join([]string{
				r.Level, r.Error.Code, string(rune('0' + r.Attempt)), r.Delay.String(), r.Duration.String(),
			}, " "))
		}
		want := []string{
			"WARN Unavailable 1 10s 0s", "WARN Unavailable 2 10s 0s", "DEBUG  3 0s 20s", "DEBUG Conflict 1 0s 0s",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

func TestLoggerKeepsToItsLevel(t *testing.T) {
	for level, want := range map[slog.Level]int{slog.LevelDebug: 2, slog.LevelInfo: 1, slog.LevelWarn: 1, slog.LevelError: 0} {
		bubble(t, level.String(), func(t *testing.T) {
			var out bytes.Buffer
			logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level}))
			driver := script{errs: repeat(temporary(errs.NotApplied), 1)}
			if err := do(t.Context(), open(t, policy.Policy{Logger: logger}, policy.Idempotent), driver.send); err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(out.String(), "\n"); got != want {
				t.Errorf("%d records, want %d: %s", got, want, out.String())
			}
		})
	}
}
