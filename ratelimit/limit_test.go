package ratelimit_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/ratelimit"
)

func TestValidate(t *testing.T) {
	for name, tc := range map[string]struct {
		limit ratelimit.Limit
		field string // at fault, "" where the limit is valid
	}{
		"smallest":            {ratelimit.Limit{N: 1, Per: 1}, ""},
		"margin":              {ratelimit.Limit{N: 1, Per: 1, Margin: 1}, ""},
		"largest":             {ratelimit.Limit{N: math.MaxInt, Per: math.MaxInt64, Margin: math.MaxInt64}, ""},
		"average":             {ratelimit.Limit{N: 1, Per: 1, Average: true}, ""},
		"adaptive":            {ratelimit.Limit{Adaptive: true}, ""},
		"adaptive, floor":     {ratelimit.Limit{N: 2, Per: 5, Adaptive: true}, ""},
		"zero":                {ratelimit.Limit{}, "N"},
		"adaptive without N":  {ratelimit.Limit{Per: 1, Adaptive: true}, "N"},
		"adaptive, no window": {ratelimit.Limit{N: 1, Adaptive: true}, "Per"},
		"adaptive, margin":    {ratelimit.Limit{Margin: 1, Adaptive: true}, "Margin"},
		"adaptive average":    {ratelimit.Limit{Average: true, Adaptive: true}, "Average"},
		"no requests":         {ratelimit.Limit{N: 0, Per: 1}, "N"},
		"negative N":          {ratelimit.Limit{N: -1, Per: 1}, "N"},
		"no window":           {ratelimit.Limit{N: 1}, "Per"},
		"negative window":     {ratelimit.Limit{N: 1, Per: -1}, "Per"},
		"negative margin":     {ratelimit.Limit{N: 1, Per: 1, Margin: -1}, "Margin"},
		"average with margin": {ratelimit.Limit{N: 1, Per: 1, Margin: 1, Average: true}, "Margin"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.limit.Validate()
			if tc.field == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			e, ok := errors.AsType[*errs.Error](err)
			if !ok || e.Code != errs.InvalidArgument || e.Outcome != errs.NotApplied || !strings.Contains(e.Message, tc.field+" is") {
				t.Errorf("error is %v, want one about %s", err, tc.field)
			}
		})
	}
}

func TestShare(t *testing.T) {
	second, margin := time.Second, perSecondMargin
	for name, tc := range map[string]struct {
		limit    ratelimit.Limit
		fraction float64
		want     ratelimit.Limit
	}{
		"whole":        {perSecond, 1, perSecond},
		"part":         {perSecond, 0.4, ratelimit.Limit{N: 8, Per: second, Margin: margin}},
		"rounded down": {perSecond, 0.49, ratelimit.Limit{N: 9, Per: second, Margin: margin}},
		"29 of 100":    {ratelimit.Limit{N: 100, Per: second}, 0.29, ratelimit.Limit{N: 29, Per: second}},
		"exactly one":  {perSecond, 0.05, ratelimit.Limit{N: 1, Per: second, Margin: margin}},
		"less than 1":  {perSecond, 0.025, ratelimit.Limit{N: 1, Per: 2 * second, Margin: margin}},
		"one of one":   {ratelimit.Limit{N: 1, Per: second}, 0.25, ratelimit.Limit{N: 1, Per: 4 * second}},
		"uneven":       {ratelimit.Limit{N: 2, Per: second}, 0.3, ratelimit.Limit{N: 1, Per: 1666666667}},
		"average":      {ratelimit.Limit{N: 5, Per: second, Average: true}, 0.5, ratelimit.Limit{N: 2, Per: second, Average: true}},
		"adaptive":     {ratelimit.Limit{Adaptive: true}, 0.4, ratelimit.Limit{N: 1, Per: 2500 * time.Millisecond, Adaptive: true}},
		"all adaptive": {ratelimit.Limit{Adaptive: true}, 1, ratelimit.Limit{Adaptive: true}},
		"own growth":   {ratelimit.Limit{N: 10, Per: second, Adaptive: true}, 0.4, ratelimit.Limit{N: 4, Per: second, Adaptive: true}},
		"largest":      {ratelimit.Limit{N: math.MaxInt, Per: second}, 1, ratelimit.Limit{N: math.MaxInt, Per: second}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tc.limit.Share(tc.fraction)
			if err != nil || got != tc.want {
				t.Errorf("share %v of %v is %v, %v; want %v", tc.fraction, tc.limit, got, err, tc.want)
			}
		})
	}
	for _, fraction := range []float64{0, -0.5, 1.0000001, math.NaN(), math.Inf(1), math.Inf(-1), 1e-12, math.SmallestNonzeroFloat64} {
		if got, err := perSecond.Share(fraction); !errors.Is(err, errs.InvalidArgument) || got != (ratelimit.Limit{}) {
			t.Errorf("share %v gives %v, %v", fraction, got, err)
		}
	}
	if _, err := (ratelimit.Limit{N: 1}).Share(0.5); !errors.Is(err, errs.InvalidArgument) {
		t.Errorf("share of an invalid limit gives %v", err)
	}
}

// TestShareIsNeverMore compares rates, and that no request more would have been within the fraction.
func TestShareIsNeverMore(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	rate := func(l ratelimit.Limit) float64 { return float64(l.N) / l.Per.Seconds() }
	for range 10_000 {
		limit := ratelimit.Limit{N: 1 + random.IntN(1+random.IntN(2000)), Per: time.Duration(1 + random.Int64N(int64(time.Hour)))}
		fraction := 1 - random.Float64()
		if random.IntN(2) == 0 {
			fraction = float64(1+random.IntN(100)) / 100
		}
		share, err := limit.Share(fraction)
		if err != nil {
			t.Fatal(err)
		}
		want := rate(limit) * fraction
		if rate(share) > want*(1+1e-12) {
			t.Fatalf("share %v of %v is %v: more than the fraction", fraction, limit, share)
		}
		larger := share
		if share.Per == limit.Per {
			larger.N++
		} else {
			larger.Per--
		}
		if larger.Per > 0 && rate(larger) < want*(1-1e-12) {
			t.Fatalf("share %v of %v is %v: %v would be right too", fraction, limit, share, larger)
		}
	}
}

// TestShareOfEveryCount takes the fractions at which one request more fits, and the last ones before.
func TestShareOfEveryCount(t *testing.T) {
	for whole := 1; whole <= 300; whole++ {
		limit := ratelimit.Limit{N: whole, Per: time.Second}
		for n := 1; n <= whole; n++ {
			fraction := float64(n) / float64(whole)
			if share, err := limit.Share(fraction); err != nil || share != (ratelimit.Limit{N: n, Per: time.Second}) {
				t.Fatalf("share %v of %v is %v, %v", fraction, limit, share, err)
			}
			fraction = math.Nextafter(fraction, 0)
			share, err := limit.Share(fraction)
			if err != nil || share.N != max(n-1, 1) || n == 1 && share.Per <= time.Second {
				t.Fatalf("share %v of %v is %v, %v", fraction, limit, share, err)
			}
		}
	}
}

func TestLimitString(t *testing.T) {
	for want, limit := range map[string]ratelimit.Limit{
		"20 per 1s (margin 50ms)": perSecond,
		"1200 per 5m":             {N: 1200, Per: 5 * time.Minute},
		"10 per 1h":               {N: 10, Per: time.Hour},
		"10 per 1h30m":            {N: 10, Per: 90 * time.Minute},
		"10 per 10s":              {N: 10, Per: 10 * time.Second},
		"10 per 1m10s (margin 1m)": {
			N: 10, Per: 70 * time.Second, Margin: time.Minute,
		},
		"adaptive, from 1 per 1s":   {Adaptive: true},
		"adaptive, from 1 per 2.5s": {N: 1, Per: 2500 * time.Millisecond, Adaptive: true},
		"4 per 500ms (average)":     {N: 4, Per: 500 * time.Millisecond, Average: true},
	} {
		if got := limit.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestParseLimit(t *testing.T) {
	for text, want := range map[string]ratelimit.Limit{
		"20/1s":      {N: 20, Per: time.Second, Margin: perSecondMargin},
		"1200/5m":    {N: 1200, Per: 5 * time.Minute, Margin: perSecondMargin},
		"1/1.5h":     {N: 1, Per: 90 * time.Minute, Margin: perSecondMargin},
		"007/100ms":  {N: 7, Per: 100 * time.Millisecond, Margin: perSecondMargin},
		"10/1m30s":   {N: 10, Per: 90 * time.Second, Margin: perSecondMargin},
		"1000000/1h": {N: 1_000_000, Per: time.Hour, Margin: perSecondMargin},
	} {
		if got, err := ratelimit.ParseLimit(text); err != nil || got != want {
			t.Errorf("%q gives %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "/", "20", "20/", "/1s", "20/s", "20/1", "0/1s", "-1/1s", "+1/1s", "1.5/1s", "0x10/1s", "1_0/1s", "20/0s", "20/-1s",
		"20/1d", " 20/1s", "20/1s ", "20 / 1s", "20/1s/1s", "20/1s/", "99999999999999999999/1s", "18446744073709551615/1s",
		"9223372036854775808/1s", "20/9999999h", "２０/1s", "20/1s\n", "none",
	} {
		got, err := ratelimit.ParseLimit(text)
		e, ok := errors.AsType[*errs.Error](err)
		if !ok || e.Code != errs.InvalidArgument || e.Outcome != errs.NotApplied || got != (ratelimit.Limit{}) {
			t.Errorf("%q gives %v, %v", text, got, err)
		}
	}
}

func TestPriorityString(t *testing.T) {
	for want, p := range map[string]ratelimit.Priority{"interactive": ratelimit.Interactive, "bulk": ratelimit.Bulk} {
		if p.String() != want {
			t.Errorf("got %q, want %q", p, want)
		}
	}
}
