package ratelimit

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
)

// DefaultMargin is the Margin of a limit made by [ParseLimit].
const DefaultMargin = 50 * time.Millisecond

// Limit is a promise about requests in time: at most N in any window of length Per. It is a plain value; the zero
// Limit is not valid, and Limit{Adaptive: true} is for a provider that documents no rate.
type Limit struct {
	// N is how many requests fit in a window, at least 1. A limiter's memory grows with the requests it admits within
	// its longest window, 8 bytes each, N at most.
	N int
	// Per is the length of the window, more than 0.
	Per time.Duration
	// Margin guards against uneven delivery: N+1 admissions span at least Per+Margin. It costs Margin/(Per+Margin) of
	// the rate. It is 0 or more, and 0 where Average is set.
	Margin time.Duration
	// Average says that the provider meters an average and not windows: a token bucket that holds N and fills with N
	// per Per. Up to 2N-1 requests then fit in one Per.
	Average bool
	// Adaptive says that the provider documents no rate, and that it is to be found out: nothing is limited until the
	// provider throttles, then the rate is halved and grows again. N per Per is the least rate, and what each good
	// second adds to it; both 0 mean 1 per second. Margin is 0 and Average is not set.
	Adaptive bool
}

// adaptiveWindow is the window of adaptive limits: they measure requests per second.
const adaptiveWindow = time.Second

// spelled returns l with the N and Per that an adaptive limit may leave out.
func (l Limit) spelled() Limit {
	if l.Adaptive && l.N == 0 && l.Per == 0 {
		l.N, l.Per = 1, adaptiveWindow
	}
	return l
}

// Validate returns an error with errs.InvalidArgument if a field is outside its bounds.
func (l Limit) Validate() error {
	l = l.spelled()
	switch {
	case l.N < 1:
		return errs.Refuse(errs.InvalidArgument, "rate limit: N is %d, must be at least 1", l.N)
	case l.Per <= 0:
		return errs.Refuse(errs.InvalidArgument, "rate limit: Per is %v, must be more than 0", l.Per)
	case l.Margin < 0:
		return errs.Refuse(errs.InvalidArgument, "rate limit: Margin is %v, must not be negative", l.Margin)
	case l.Average && l.Margin != 0:
		return errs.Refuse(errs.InvalidArgument, "rate limit: Margin is %v, must be 0 for an average", l.Margin)
	case l.Adaptive && l.Margin != 0:
		return errs.Refuse(errs.InvalidArgument, "rate limit: Margin is %v, must be 0 for an adaptive limit", l.Margin)
	case l.Adaptive && l.Average:
		return errs.Refuse(errs.InvalidArgument, "rate limit: Average is set, must not be for an adaptive limit")
	}
	return nil
}

// Share returns the part of l that one of several processes may use when they split a budget by hand: 0.4 of 20 per
// second is 8 per second. N is rounded down, so a share is never more than its fraction. A share of less than one
// request per window is one request in a longer window, which keeps to the fraction over time; several such shares
// may meet in one window of l. The margin stays. A share of an adaptive limit has the fraction of its least rate and
// of its growth: that process gives way to those that grow faster, but is not held to the fraction. A fraction
// outside 0 < fraction ≤ 1, a share too small for a time.Duration and an invalid l give errs.InvalidArgument.
func (l Limit) Share(fraction float64) (Limit, error) {
	if err := l.Validate(); err != nil {
		return Limit{}, err
	}
	if !(fraction > 0 && fraction <= 1) { // written so that NaN fails
		return Limit{}, errs.Refuse(errs.InvalidArgument, "rate limit: share %v, must be more than 0 and at most 1", fraction)
	}
	if fraction == 1 {
		return l, nil
	}
	l = l.spelled()
	whole := float64(l.N)
	n := math.Floor(whole * fraction)
	// The product is rounded: 100×0.29 falls just short of 29. What counts is the quotient.
	if (n+1)/whole <= fraction {
		n++
	} else if n/whole > fraction {
		n--
	}
	if n >= 1 {
		l.N = min(int(n), l.N)
		return l, nil
	}
	per := math.Ceil(float64(l.Per) / (whole * fraction))
	if per >= math.MaxInt64 {
		return Limit{}, errs.Refuse(errs.InvalidArgument, "rate limit: share %v of %v is too small", fraction, l)
	}
	l.N, l.Per = 1, time.Duration(per)
	return l, nil
}

// String returns the limit in words, such as "20 per 1s (margin 50ms)", "20 per 1s (average)" or "adaptive, from 1 per
// 1s".
func (l Limit) String() string {
	l = l.spelled()
	text := strconv.Itoa(l.N) + " per " + short(l.Per)
	switch {
	case l.Adaptive:
		return "adaptive, from " + text
	case l.Average:
		return text + " (average)"
	case l.Margin != 0:
		return text + " (margin " + short(l.Margin) + ")"
	}
	return text
}

// short drops the zero units that Duration.String ends with: "5m0s" becomes "5m".
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// ParseLimit reads a window limit with the [DefaultMargin] from its text in a configuration: requests, a slash and a
// window as [time.ParseDuration] reads it, such as "20/1s" or "1200/5m". Anything else gives errs.InvalidArgument.
func ParseLimit(text string) (Limit, error) {
	count, window, found := strings.Cut(text, "/")
	n, err := strconv.ParseUint(count, 10, strconv.IntSize-1)
	if !found || err != nil {
		return Limit{}, malformed(text)
	}
	per, err := time.ParseDuration(window)
	if err != nil {
		return Limit{}, malformed(text)
	}
	l := Limit{N: int(n), Per: per, Margin: DefaultMargin}
	if err := l.Validate(); err != nil {
		return Limit{}, malformed(text)
	}
	return l, nil
}

func malformed(text string) error {
	return errs.Refuse(errs.InvalidArgument,
		`rate limit %q: must be requests (1 or more), a slash and a window (more than 0), such as "20/1s"`, text)
}
