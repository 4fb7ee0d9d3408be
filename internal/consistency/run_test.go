package consistency_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/policy"
	_ "github.com/crosscloud-sdk/crosscloud/providers/all"
)

// workers is how many work at the same time, each on what is its own.
const workers = 8

// seeds returns the fixed seeds, or the one that the environment says.
func seeds(t *testing.T, fixed ...uint64) []uint64 {
	text, said := os.LookupEnv("CONSISTENCY_SEED")
	if !said {
		return fixed
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("CONSISTENCY_SEED is %q: %v", text, err)
	}
	return []uint64{seed}
}

// run is one test with faults.
type run struct {
	t     *testing.T
	seed  uint64
	em    emulator.Emulator
	chaos *chaos
	// retry is that of the client whose requests fail.
	retry policy.Retry
	round int // of the workers

	mu        sync.Mutex
	calls     int // of the pipeline
	sent      int // requests
	retries   int
	succeeded int
	most      int // requests of one call
	ambiguous int // operations
	failures  int
}

func newRun(t *testing.T, seed uint64, em emulator.Emulator, v vendor) *run {
	r := &run{t: t, seed: seed, em: em, chaos: newChaos(seed, v), retry: policy.Retry{MaxAttempts: 4, Budget: 1000}}
	r.chaos.calm.Store(true)
	em.InjectFunc(r.chaos.decide)
	return r
}

// errorf fails the test, with the seed; after a few failures the rest is not told.
func (r *run) errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failures++; r.failures <= 10 {
		r.t.Errorf("seed %d: %s", r.seed, fmt.Sprintf(format, args...))
	}
}

// open opens a client on the emulator: the one whose requests are counted, or one for looking what is there.
func (r *run) open(counted bool, entry crosscloud.Entry, opts ...crosscloud.Option) *crosscloud.Client {
	p := policy.Policy{AttemptTimeout: attemptTimeout, Rate: policy.Rate{Unlimited: true}}
	if counted {
		p.Retry = r.retry
		p.Hooks.End = r.ended
	}
	client, err := crosscloud.Open(r.t.Context(), append(opts, crosscloud.WithProvider("cloud", entry), crosscloud.WithPolicy(p),
		crosscloud.WithDialContext(r.em.DialContext), crosscloud.WithLookupEnv(func(string) (string, bool) { return "", false }))...)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = client.Close() })
	return client
}

// ended counts a call of the pipeline.
func (r *run) ended(ctx context.Context, e *policy.Event) {
	if r.chaos.calm.Load() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	r.sent += e.Attempt
	r.retries += max(0, e.Attempt-1)
	r.most = max(r.most, e.Attempt)
	if e.Err == nil {
		r.succeeded++
	}
	if failed, ok := e.Err.(*errs.Error); ok && failed.Outcome == errs.Ambiguous {
		if unknown, ok := ctx.Value(unknownPut{}).(*bool); ok {
			*unknown = true
		}
	}
}

// unknownPut is the key of a context in which a put of which nobody knows is noted.
type unknownPut struct{}

// work has the workers make so many operations, one each at a time. Step makes one and returns what to look at
// afterwards, when no request fails.
func (r *run) work(operations int, step func(worker int, rng *rand.Rand) (look func())) {
	var rngs []*rand.Rand
	for w := range workers {
		rngs = append(rngs, rand.New(rand.NewPCG(r.seed, uint64(w))))
	}
	for r.round = range operations / workers / raceFactor {
		var looks [workers]func()
		var group sync.WaitGroup
		r.chaos.calm.Store(false)
		for w := range workers {
			group.Go(func() { looks[w] = step(w, rngs[w]) })
		}
		group.Wait()
		r.chaos.calm.Store(true)
		for _, look := range looks {
			if look != nil {
				group.Go(look)
			}
		}
		group.Wait()
		if r.failures > 10 {
			return
		}
	}
}

// judge compares what a write's error says with what is there: as before the write, as after it, or neither.
func (r *run) judge(what string, err error, before, after bool) {
	outcome := r.outcome(what, err)
	fits := false
	switch {
	case err == nil, outcome == errs.Applied:
		fits = after
	case outcome == errs.NotApplied:
		fits = before
	default:
		fits = before || after
		r.mu.Lock()
		r.ambiguous++
		r.mu.Unlock()
	}
	if !fits {
		r.errorf("%s ended with %v, which the cloud contradicts: as before %v, as written %v", what, err, before, after)
	}
}

// outcome checks the form of an error and returns what it says of a write.
func (r *run) outcome(what string, err error) errs.Outcome {
	if err == nil {
		return errs.Applied
	}
	e, ok := errors.AsType[*errs.Error](err)
	switch {
	case !ok:
		r.errorf("%s: %T is no *errs.Error: %v", what, err, err)
		return errs.Ambiguous
	case e.Provider == "" || e.Op == "":
		r.errorf("%s: the error does not say whose it is: %v", what, err)
	case e.Retry == errs.Temporary && e.Outcome == errs.Ambiguous && slices.Contains([]string{"kv.CreateNamespace", "kms.CreateKey", "workspace.Create"}, e.Op):
		r.errorf("%s: may not be repeated, and the error says that it may: %v", what, err)
	}
	return e.Outcome
}

// passing reports whether an error is one of those that the injected faults stand for.
func passing(err error) bool {
	return slices.Contains([]errs.Code{errs.Unavailable, errs.RateLimited, errs.Internal, errs.DeadlineExceeded, errs.Corrupt}, errs.CodeOf(err))
}

// failedRead checks the error of an operation that changes nothing.
func (r *run) failedRead(what string, err error) {
	if outcome := r.outcome(what, err); outcome != errs.NotApplied || !passing(err) {
		r.errorf("%s: %v, outcome %v", what, err, outcome)
	}
}

// close checks what holds of the run as a whole, and logs its numbers.
func (r *run) close(name string, operations int) {
	c := r.chaos
	if c.arrived > r.sent {
		r.errorf("%d requests arrived of %d that the policy knows of: something else repeats them", c.arrived, r.sent)
	}
	if r.most > r.retry.MaxAttempts {
		r.errorf("a call sent %d requests", r.most)
	}
	if bound := r.retry.Budget + r.succeeded/10; r.retries > bound {
		r.errorf("%d repetitions, the budget allows %d", r.retries, bound)
	}
	if len(c.created) == 0 {
		r.errorf("nothing was created")
	}
	for _, what := range c.repeated() {
		r.errorf("delivered again: %s", what)
	}
	for _, k := range c.kinds {
		if c.byKind[k.name] == 0 && raceFactor == 1 {
			r.errorf("no request met the fault %q", k.name)
		}
	}
	if percent := 100 * c.faults() / max(1, c.arrived); percent < faultRate-4 || percent > faultRate+4 {
		r.errorf("%d %% of the requests failed; %v", percent, c.byKind)
	}
	r.t.Logf("consistency: %s: %d operations, %d requests, %d faults, %d repetitions, %d ambiguous, %d creating, seed %d",
		name, operations/raceFactor, c.arrived, c.faults(), r.retries, r.ambiguous, len(c.created), r.seed)
}
