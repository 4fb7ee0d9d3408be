package emulator

import "time"

// history remembers things by their ids, as they are and, as far as a stale read may still show it, as they were. The
// emulator's lock is held around every method.
type history[T any] struct {
	stale time.Duration
	last  time.Time // of the newest moment; a clock that goes back does not undo it
	of    map[string][]moment[T]
}

// moment is what a thing was like from a time on.
type moment[T any] struct {
	at    time.Time
	gone  bool
	value T
}

// put remembers a thing as it is now. What value refers to must not be changed afterwards.
func (h *history[T]) put(id string, now time.Time, value T) {
	h.add(id, moment[T]{at: now, value: value})
}

// remove forgets a thing, for stale reads not at once.
func (h *history[T]) remove(id string, now time.Time) {
	h.add(id, moment[T]{at: now, gone: true})
}

func (h *history[T]) add(id string, m moment[T]) {
	if h.of == nil {
		h.of = map[string][]moment[T]{}
	}
	h.last = h.latest(m.at)
	m.at = h.last
	moments := append(h.of[id], m)
	// Only the newest that every read may see, and what came after it, still matter.
	for len(moments) > 1 && !moments[1].at.After(m.at.Add(-h.stale)) {
		moments = moments[1:]
	}
	if len(moments) == 1 && m.gone {
		delete(h.of, id)
		return
	}
	h.of[id] = moments
}

// latest returns the time by which moments are told apart, which never goes back.
func (h *history[T]) latest(now time.Time) time.Time {
	if now.Before(h.last) {
		return h.last
	}
	return now
}

// newest returns a thing as writes see it.
func (h *history[T]) newest(id string) (value T, ok bool) {
	moments := h.of[id]
	if len(moments) == 0 {
		return value, false
	}
	m := moments[len(moments)-1]
	return m.value, !m.gone
}

// seen returns a thing as a read of now sees it.
func (h *history[T]) seen(id string, now time.Time) (value T, ok bool) {
	moments, upTo := h.of[id], h.latest(now).Add(-h.stale)
	for i := len(moments) - 1; i >= 0; i-- {
		if m := moments[i]; !m.at.After(upTo) {
			return m.value, !m.gone
		}
	}
	return value, false
}

// all returns what a read of now sees, in no order.
func (h *history[T]) all(now time.Time) (values []T) {
	for id := range h.of {
		if value, ok := h.seen(id, now); ok {
			values = append(values, value)
		}
	}
	return values
}
