package pipeline

import (
	"context"
	"log/slog"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

func (r *run) start(ctx context.Context) context.Context {
	op := r.call.Op
	r.event = &policy.Event{
		Provider: r.p.provider, Resource: r.call.Resource, Key: r.call.Key, Op: op.Name, Action: op.Action, Began: time.Now(),
	}
	if hook := r.p.policy.Hooks.Start; hook != nil {
		e := *r.event
		if hooked := hook(ctx, &e); hooked != nil {
			return hooked
		}
	}
	return ctx
}

// waiting notes that an attempt begins, and waitedFor that it leaves or is given up. They read the clock only where
// somebody watches.
func (r *run) waiting() {
	if r.event != nil {
		r.began, r.waited = time.Now(), 0
	}
}

func (r *run) waitedFor() {
	if r.event != nil {
		r.waited = time.Since(r.began)
		r.total += r.waited
	}
}

// attempted tells of the attempt of that number and of the pause that follows.
func (r *run) attempted(ctx context.Context, number int, failure *errs.Error, delay time.Duration) {
	if r.event == nil {
		return
	}
	if hook := r.p.policy.Hooks.Attempt; hook != nil {
		e := *r.event
		e.Attempt, e.Began, e.Duration, e.Waited, e.Delay = number, r.began, time.Since(r.began), r.waited, delay
		if failure != nil {
			e.Err = failure
		}
		hook(ctx, &e)
	}
	if log := r.p.policy.Logger; log != nil && delay > 0 {
		log.LogAttrs(ctx, slog.LevelWarn, "request failed, will be repeated", r.attrs(failure, slog.Duration("delay", delay))...)
	}
}

func (r *run) end(ctx context.Context, err error) {
	if hook := r.p.policy.Hooks.End; hook != nil {
		e := *r.event
		e.Attempt, e.Duration, e.Waited, e.Err = r.attempt, time.Since(r.event.Began), r.total, err
		hook(ctx, &e)
	}
	if log := r.p.policy.Logger; log != nil && log.Enabled(ctx, slog.LevelDebug) {
		log.LogAttrs(ctx, slog.LevelDebug, "call ended", r.attrs(err, slog.Duration("duration", time.Since(r.event.Began)))...)
	}
}

func (r *run) attrs(err error, more slog.Attr) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("provider", r.p.provider), slog.String("op", r.call.Op.Name), slog.String("resource", errs.Printable(r.call.Resource)),
		slog.Int("attempt", r.attempt), more,
	}
	if r.call.Key != "" {
		attrs = append(attrs, slog.String("key", errs.Printable(r.call.Key)))
	}
	if failed, ok := err.(*errs.Error); ok && failed != nil {
		attrs = append(attrs, slog.Any("error", failed))
	}
	return attrs
}
