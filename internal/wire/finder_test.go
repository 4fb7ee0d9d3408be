package wire_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// looks is a source of numbered credentials, good for a minute, and usable for three. A look takes a second.
type looks struct {
	count int
	anew  []bool // of each look
	fail  func(n int) error
	kept  wire.Finder[string]
}

func (l *looks) get(ctx context.Context) (string, error) {
	return l.kept.Get(ctx, func(anew bool) (wire.Found[string], error) {
		l.count++
		n := l.count
		l.anew = append(l.anew, anew)
		time.Sleep(time.Second)
		if l.fail != nil {
			if err := l.fail(n); err != nil {
				return wire.Found[string]{}, err
			}
		}
		return wire.Found[string]{Credential: strconv.Itoa(n), Fresh: time.Minute, Usable: 3 * time.Minute}, nil
	})
}

// expect gets a credential, at once or with the wait of a look.
func (l *looks) expect(t *testing.T, want string, wait time.Duration) {
	t.Helper()
	began := time.Now()
	if got, err := l.get(t.Context()); got != want || err != nil || time.Since(began) != wait {
		t.Errorf("%q, %v after %v, want %q after %v", got, err, time.Since(began), want, wait)
	}
}

func TestFinder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &looks{}
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { l.expect(t, "1", time.Second) })
		}
		all.Wait()
		time.Sleep(58 * time.Second)
		l.expect(t, "1", 0) // fresh, counted from the beginning of the look
		time.Sleep(time.Second)
		l.expect(t, "1", 0) // usable, while another look is under way
		time.Sleep(2 * time.Second)
		l.expect(t, "2", 0)
		time.Sleep(10 * time.Minute)
		l.expect(t, "3", time.Second) // too old
		if l.count != 3 {
			t.Errorf("%d looks", l.count)
		}

		l.kept.Refused("2") // is not the one that is kept
		l.expect(t, "3", 0)
		l.kept.Refused("3")
		l.expect(t, "4", time.Second)
		l.expect(t, "4", 0)
		time.Sleep(10 * time.Minute)
		l.expect(t, "5", time.Second)
		if want := []bool{false, false, false, true, false}; len(l.anew) != 5 || l.anew[3] != want[3] || l.anew[4] != want[4] || l.anew[0] {
			t.Errorf("asked to start anew: %v, want %v", l.anew, want)
		}
	})
}

func TestFinderFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := errors.New("gone")
		l := &looks{fail: func(n int) error {
			switch n {
			case 2:
				return gone
			case 3:
				panic("the vendor's package")
			}
			return nil
		}}
		l.expect(t, "1", time.Second)
		time.Sleep(2 * time.Minute)
		l.expect(t, "1", 0) // usable, while a look fails
		time.Sleep(time.Minute)
		if _, err := l.get(t.Context()); errs.CodeOf(err) != errs.Unauthenticated {
			t.Errorf("a panic: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		began := time.Now()
		if _, err := l.get(ctx); errs.CodeOf(err) != errs.DeadlineExceeded || !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 100*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		l.expect(t, "4", 900*time.Millisecond) // the look went on

		l = &looks{fail: func(int) error { return gone }}
		for range 2 {
			if _, err := l.get(t.Context()); err != gone {
				t.Errorf("nothing is kept: %v", err)
			}
		}
		l.kept.Refused("") // nothing is
		if l.count != 2 {
			t.Errorf("%d looks", l.count)
		}
	})
}

// A refused credential is worth one more attempt: not another, where what was found because of that is refused too.
func TestFinderRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &looks{}
		l.expect(t, "1", time.Second)
		for range 2 { // requests that were under way
			if !l.kept.Refused("1") {
				t.Error("no other attempt")
			}
		}
		l.expect(t, "2", time.Second)
		if !l.kept.Refused("1") {
			t.Error("late, a third one")
		}
		l.expect(t, "2", 0)
		for range 2 {
			if l.kept.Refused("2") {
				t.Error("another attempt, and another")
			}
		}
		l.expect(t, "3", time.Second)
		if l.kept.Refused("3") {
			t.Error("another attempt with what is looked for again and again")
		}
		l.expect(t, "4", time.Second)
		time.Sleep(2 * time.Minute)
		l.expect(t, "4", 0) // and another look begins
		time.Sleep(2 * time.Second)
		l.expect(t, "5", 0)
		if !l.kept.Refused("5") {
			t.Error("no other attempt, long after")
		}
		l.expect(t, "6", time.Second)

		// While a look is under way, its result is waited for.
		time.Sleep(10 * time.Minute)
		l.expect(t, "7", time.Second)
		time.Sleep(2 * time.Minute)
		l.expect(t, "7", 0)
		if !l.kept.Refused("7") {
			t.Error("no other attempt while a look is under way")
		}
		l.expect(t, "8", time.Second)
	})
}
