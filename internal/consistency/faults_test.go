package consistency_test

import (
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/crosscloud-sdk/crosscloud/emulator"
)

const (
	// attemptTimeout bounds each request of these tests.
	attemptTimeout = 5 * time.Second
	// faultRate is the part of the requests that fail, in percent.
	faultRate = 30
)

// kind is one way in which a request fails.
type kind struct {
	name  string
	fault emulator.Fault
	// refused says that the client can know that nothing was done, so that even what must not be repeated may be.
	refused bool
}

// unformed is the kind of a reply that is a good one where a reply has no form.
const unformed = "JSON without content"

// kinds returns all ways in which a request to a vendor fails.
func kinds(v vendor) []kind {
	after := func(seconds string) http.Header { return http.Header{"Retry-After": {seconds}} }
	all := []kind{
		{name: "reset before", fault: emulator.Fault{Reset: emulator.ResetBefore}},
		{name: "reset after", fault: emulator.Fault{Reset: emulator.ResetAfter}},
		{name: "late reset after", fault: emulator.Fault{Reset: emulator.ResetAfter, Delay: time.Second}},
		{name: "truncated", fault: emulator.Fault{Truncate: true}},
		{name: "HTML 502", fault: emulator.Fault{HTML: true}},
		{name: "HTML 503 with Retry-After", fault: emulator.Fault{HTML: true, Status: 503, Header: after("1")}},
		{name: "HTML 200", fault: emulator.Fault{HTML: true, Status: 200}},
		{name: "empty 500", fault: emulator.Fault{Status: 500}},
		{name: unformed, fault: emulator.Fault{Status: 200, Body: "{}"}},
		{name: "429 with Retry-After", fault: emulator.Fault{Status: 429, Header: after("1")}, refused: true},
		{name: "429 with a long Retry-After", fault: emulator.Fault{Status: 429, Header: after("120")}, refused: true},
		{name: "503 with Retry-After", fault: emulator.Fault{Status: 503, Header: after("2")}},
		{name: "no answer in time", fault: emulator.Fault{Delay: 2 * attemptTimeout}},
	}
	for _, code := range v.throttling {
		all = append(all, kind{name: "code " + code, fault: emulator.Fault{Code: code, Header: after("1")}, refused: true})
	}
	for _, code := range v.internal {
		all = append(all, kind{name: "code " + code, fault: emulator.Fault{Code: code}})
	}
	return all
}

// vendor is what differs between the emulators: their words for throttling and for failures, and what must not be
// repeated.
type vendor struct {
	throttling, internal []string
	// plain are the actions whose reply has no form: any reply is a good one.
	plain []string
	// creating are the actions that must not be delivered again once one may have been carried out.
	creating []string
}

// marker is what the tests put into names, keys and descriptions: the worker, and what it works on.
var marker = regexp.MustCompile(`w(\d)-[a-z]+\d+`)

// markOf returns the marker that a request has.
func markOf(r *emulator.Request) string {
	for _, text := range []string{r.Path, r.Query} {
		if mark := marker.FindString(text); mark != "" {
			return mark
		}
	}
	return string(marker.Find(r.Body[:min(len(r.Body), 4096)]))
}

// chaos makes requests fail while it is not calm. What befalls a request depends on the seed, on what the request is about
// and on how many like it came before, so that it does not matter which of several workers is faster.
type chaos struct {
	seed   uint64
	vendor vendor
	kinds  []kind
	calm   atomic.Bool

	mu      sync.Mutex
	seen    map[string]uint64 // requests by action and mark
	arrived int               // while not calm
	byKind  map[string]int
	created map[string][]string // kinds of faults by mark, of actions that create; "" for none
}

func newChaos(seed uint64, v vendor) *chaos {
	return &chaos{seed: seed, vendor: v, kinds: kinds(v), seen: map[string]uint64{}, byKind: map[string]int{}, created: map[string][]string{}}
}

// decide is for emulator.InjectFunc.
func (c *chaos) decide(r emulator.Request) *emulator.Fault {
	if c.calm.Load() {
		return nil
	}
	mark := markOf(&r)
	id := r.Action + " " + mark
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.arrived++
	c.seen[id]++
	rng := rand.New(rand.NewPCG(c.seed, h.Sum64()+c.seen[id]))
	creates := slices.Contains(c.vendor.creating, r.Action)
	var hit *kind
	if rng.IntN(100) < faultRate {
		hit = &c.kinds[rng.IntN(len(c.kinds))]
		if hit.name == unformed && slices.Contains(c.vendor.plain, r.Action) {
			hit = &c.kinds[0]
		}
		c.byKind[hit.name]++
	}
	switch {
	case hit == nil && creates:
		c.created[mark] = append(c.created[mark], "")
	case creates:
		c.created[mark] = append(c.created[mark], hit.name)
	}
	if hit == nil {
		return nil
	}
	fault := hit.fault
	return &fault
}

// repeated returns the marks of what was delivered again although an earlier delivery may have been carried out.
func (c *chaos) repeated() (marks []string) {
	refused := map[string]bool{}
	for _, k := range c.kinds {
		refused[k.name] = k.refused
	}
	for mark, faults := range c.created {
		for _, earlier := range faults[:len(faults)-1] {
			if !refused[earlier] {
				marks = append(marks, mark+" after "+earlier)
			}
		}
	}
	return marks
}

// faults counts what was injected.
func (c *chaos) faults() (n int) {
	for _, count := range c.byKind {
		n += count
	}
	return n
}
