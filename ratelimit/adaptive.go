package ratelimit

import (
	"fmt"
	"math"
	"time"
)

// catchUp is how much lateness of a queue is made up for: callers that were woken late follow each other the faster.
// Without it a rate whose intervals are as short as a timer is late would not be reached.
const catchUp = 50 * time.Millisecond

// pace is the state of an adaptive limit. It is a plain value: the plan runs ahead on a copy.
type pace struct {
	step  float64       // what is added to the rate, and the least it can be
	rate  float64       // requests per second, infinite while nothing is limited
	due   time.Duration // nothing is admitted before
	start time.Duration // of the present second; where a pause is on, the end of the pause
	count float64       // admitted in the present second
	last  float64       // admitted in the second before; behind a cut the rate, until a second has passed
	most  float64       // admitted in any second
	spent bool          // whether anything was admitted since the last cut, so that there is cause for another
}

func newPace(step float64) pace { return pace{step: step, rate: math.Inf(1), spent: true} }

// admit notes an admission. The next one is due an interval later: after now, or for a caller that was queued after
// the time at which it should have been admitted.
func (p *pace) admit(now time.Duration, queued bool) {
	p.turn(now)
	p.count++
	p.spent = true
	from := now
	if queued {
		from = max(p.due, now-catchUp)
	}
	interval := never
	if ns := math.Ceil(float64(time.Second) / p.rate); ns < math.MaxInt64 {
		interval = time.Duration(ns)
	}
	p.due = after(from, interval)
}

// turn closes the seconds that are over. One in which something was admitted has raised the rate: a throttling answer
// in it would have moved its start.
func (p *pace) turn(now time.Duration) {
	passed := (now - p.start) / time.Second
	if passed < 1 {
		return
	}
	if p.count > 0 {
		p.most = max(p.most, p.count)
		p.rate += p.step
		if p.rate > 2*p.most {
			p.rate = math.Inf(1)
		}
	}
	p.last = p.count
	if passed > 1 {
		p.last = 0
	}
	p.count = 0
	p.start += passed * time.Second
}

// throttled notes that nothing is admitted until resume, and lowers the rate. Answers between which nothing was
// admitted have one cause, and lower it once.
func (p *pace) throttled(resume time.Duration) (lowered bool) {
	lowered = p.spent
	if lowered {
		p.most = max(p.most, p.count)
		p.rate = max(p.step, min(p.rate, max(p.last, p.count))/2)
		p.last, p.count, p.spent = p.rate, 0, false
	}
	p.due, p.start = max(p.due, resume), resume
	return lowered
}

func (p *pace) String() string { return fmt.Sprintf("%.3g requests per second", p.rate) }
