package consistency_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crosscloud-sdk/crosscloud"
	"github.com/crosscloud-sdk/crosscloud/emulator"
	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
	"github.com/crosscloud-sdk/crosscloud/policy"
)

// kvRules are what a cloud accepts, as its pages say: the model does not ask the driver.
type kvRules struct {
	slash, empty, metadata bool
	minTTL                 time.Duration
}

// kvTargets are the drivers on their emulators, and local in their likeness.
func kvTargets() map[string]struct {
	open  func(t *testing.T) *kv.Service
	rules kvRules
} {
	type target = struct {
		open  func(t *testing.T) *kv.Service
		rules kvRules
	}
	rules := map[string]kvRules{
		"alibaba":    {minTTL: time.Second},
		"tencent":    {slash: true, minTTL: time.Minute},
		"cloudflare": {slash: true, empty: true, metadata: true, minTTL: time.Minute},
	}
	all := map[string]target{
		"local": {openLocalKV(crosscloud.Entry{"driver": "local"}), kvRules{true, true, true, time.Second}},
	}
	for _, c := range kvClouds() {
		all[c.name] = target{func(t *testing.T) *kv.Service {
			em := c.open(emulator.InMemory(), emulator.WithoutRateLimit())
			t.Cleanup(em.Close)
			return kvServiceOf(t, openClient(t, em.Provider(), crosscloud.WithDialContext(em.DialContext)))
		}, rules[c.name]}
		all["local like "+c.name] = target{openLocalKV(crosscloud.Entry{"driver": "local", "like": c.name}), rules[c.name]}
	}
	return all
}

// openClient opens a client whose requests nothing holds up.
func openClient(t *testing.T, entry crosscloud.Entry, opts ...crosscloud.Option) *crosscloud.Client {
	client, err := crosscloud.Open(t.Context(), append(opts, crosscloud.WithProvider("cloud", entry),
		crosscloud.WithPolicy(policy.Policy{Rate: policy.Rate{Unlimited: true}, Retry: policy.Retry{MaxAttempts: 1}}),
		crosscloud.WithLookupEnv(func(string) (string, bool) { return "", false }))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func kvServiceOf(t *testing.T, client *crosscloud.Client) *kv.Service {
	s, err := client.KVService(t.Context(), "cloud")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func openLocalKV(entry crosscloud.Entry) func(t *testing.T) *kv.Service {
	return func(t *testing.T) *kv.Service { return kvServiceOf(t, openClient(t, entry)) }
}

var (
	modelKeys       = []string{"a", "ab", "abc", "b", "ü", "k_1-2.x", "a/b"}
	modelNamespaces = []string{"one", "two"}
)

// kvOp is one operation of a sequence.
type kvOp struct {
	kind      string
	ns        string
	keys      []string
	value     string
	ttl       time.Duration // of a put; of "Advance" how far
	ahead     time.Duration // of an absolute expiry
	metadata  string
	prefix    string
	page, max int
}

func (o kvOp) String() string {
	text := o.kind
	if o.ns != "" {
		text += " " + o.ns
	}
	if len(o.keys) > 0 {
		text += fmt.Sprintf(" %q", o.keys)
	}
	switch o.kind {
	case "Put", "PutMany":
		text += fmt.Sprintf(" = %q", o.value)
		if o.ttl > 0 {
			text += fmt.Sprintf(" TTL %v", o.ttl)
		}
		if o.ahead > 0 {
			text += fmt.Sprintf(" expires in %v", o.ahead)
		}
		if o.metadata != "" {
			text += " metadata " + o.metadata
		}
	case "Keys":
		text += fmt.Sprintf(" prefix %q, pages of %d, up to %d", o.prefix, o.page, o.max)
	case "Advance":
		text += fmt.Sprintf(" %v", o.ttl)
	}
	return text
}

// kvSequence returns a random sequence.
func kvSequence(seed uint64, length int) []kvOp {
	rng := rand.New(rand.NewPCG(seed, 77))
	one := func(of ...string) string { return of[rng.IntN(len(of))] }
	kinds := []string{
		"Put", "Put", "Put", "Put", "Put", "Get", "Get", "Get", "Exists", "Delete", "Delete", "Keys", "Keys", "GetMany", "PutMany",
		"PutMany", "DeleteMany", "Advance", "Advance", "CreateNamespace", "DeleteNamespace", "DescribeNamespace", "Namespaces",
	}
	durations := []time.Duration{30 * time.Second, time.Minute, 90 * time.Second, 61500 * time.Millisecond, 0, 0, 0, 0}
	ops := []kvOp{{kind: "CreateNamespace", ns: modelNamespaces[0]}}
	for i := range length {
		o := kvOp{kind: one(kinds...), ns: one(modelNamespaces...)}
		if o.kind == "DeleteNamespace" && rng.IntN(4) > 0 {
			o.kind = "CreateNamespace" // most of the time there is something to work on
		}
		switch o.kind {
		case "Put", "Get", "Exists", "Delete":
			o.keys = []string{one(modelKeys...)}
		case "GetMany", "PutMany", "DeleteMany":
			for _, k := range rng.Perm(len(modelKeys))[:1+rng.IntN(len(modelKeys)-1)] {
				o.keys = append(o.keys, modelKeys[k])
			}
		case "Keys":
			o.prefix, o.page, o.max = one("", "a", "ab", "x"), 10+rng.IntN(3), 1+rng.IntN(8)
		case "Advance":
			o.ns, o.ttl = "", []time.Duration{time.Second, 29 * time.Second, 31 * time.Second, time.Minute, 100 * time.Second}[rng.IntN(5)]
		case "Namespaces":
			o.ns = ""
		}
		if o.kind == "Put" || o.kind == "PutMany" {
			if o.value = fmt.Sprintf("v%d", i); rng.IntN(10) == 0 {
				o.value = ""
			}
			o.ttl, o.ahead = durations[rng.IntN(len(durations))], durations[rng.IntN(len(durations))]
			if rng.IntN(3) == 0 {
				o.metadata = fmt.Sprintf(`{"i":%d}`, i)
			}
		}
		ops = append(ops, o)
	}
	return ops
}

// kvModel is what a service should hold.
type kvModel struct {
	ctx     context.Context
	service *kv.Service
	rules   kvRules
	handles map[string]*kv.Namespace
	held    map[string]map[string]cell
}

func TestKVModel(t *testing.T) {
	for name, target := range kvTargets() {
		t.Run(name, func(t *testing.T) {
			for _, seed := range seeds(t, 1, 2, 3) {
				check(t, seed, kvSequence(seed, 500), func(ops []kvOp) (err error) {
					synctest.Test(t, func(t *testing.T) {
						m := &kvModel{t.Context(), target.open(t), target.rules, map[string]*kv.Namespace{}, map[string]map[string]cell{}}
						for i, o := range ops {
							if err = m.apply(o); err != nil {
								err = fmt.Errorf("operation %d, %s: %w", i+1, o, err)
								return
							}
						}
					})
					return err
				})
			}
		})
	}
}

// wantCode returns an error unless err has the code; the empty code stands for success.
func wantCode(err error, want errs.Code) error {
	switch {
	case want == "" && err != nil:
		return err
	case want != "" && !errors.Is(err, want):
		return fmt.Errorf("got the error %v, want %s", err, want)
	}
	return nil
}

// refusal says why a key, or a write of it, is not accepted.
func (m *kvModel) refusal(o kvOp, key string, writes bool) errs.Code {
	ttl := o.ttl
	if ttl == 0 {
		ttl = o.ahead
	}
	switch {
	case strings.Contains(key, "/") && !m.rules.slash:
		return errs.InvalidArgument
	case !writes:
		return ""
	case o.value == "" && !m.rules.empty, ttl > 0 && ttl < m.rules.minTTL:
		return errs.InvalidArgument
	case o.metadata != "" && !m.rules.metadata:
		return errs.Unsupported
	}
	return ""
}

// apply makes one operation and compares what comes of it with the model.
func (m *kvModel) apply(o kvOp) error {
	for _, cells := range m.held {
		maps.DeleteFunc(cells, func(_ string, c cell) bool { return !c.expires.IsZero() && !time.Now().Before(c.expires) })
	}
	switch o.kind {
	case "Advance":
		time.Sleep(o.ttl)
		return nil
	case "CreateNamespace", "DeleteNamespace", "DescribeNamespace", "Namespaces":
		return m.applyService(o)
	}
	ns := m.handles[o.ns]
	cells, there := m.held[o.ns]
	if ns == nil {
		var err error
		if ns, err = m.service.Namespace(m.ctx, o.ns); err != nil {
			if there {
				return err
			}
			return wantCode(err, errs.NamespaceNotFound)
		}
		m.handles[o.ns] = ns
	}
	switch o.kind {
	case "Keys":
		return m.list(ns, o, cells, there)
	case "GetMany", "PutMany", "DeleteMany":
		return m.applyMany(ns, o, cells, there)
	}
	return m.applyOne(ns, o, cells, there)
}

func (m *kvModel) applyService(o kvOp) error {
	_, there := m.held[o.ns]
	missing := errs.Code("")
	if !there {
		missing = errs.NamespaceNotFound
	}
	switch o.kind {
	case "CreateNamespace":
		want := errs.Code("")
		if there {
			want = errs.AlreadyExists
		} else {
			m.held[o.ns] = map[string]cell{}
		}
		_, err := m.service.CreateNamespace(m.ctx, o.ns)
		return wantCode(err, want)
	case "DeleteNamespace":
		delete(m.held, o.ns)
		return wantCode(m.service.DeleteNamespace(m.ctx, o.ns), missing)
	case "DescribeNamespace":
		info, err := m.service.DescribeNamespace(m.ctx, o.ns)
		if err == nil && info.Name != o.ns {
			return fmt.Errorf("described %q", info.Name)
		}
		return wantCode(err, missing)
	}
	var names []string
	for info, err := range m.service.Namespaces(m.ctx) {
		if err != nil {
			return err
		}
		names = append(names, info.Name)
	}
	slices.Sort(names)
	if want := slices.Sorted(maps.Keys(m.held)); !slices.Equal(names, want) {
		return fmt.Errorf("listed %q, want %q", names, want)
	}
	return nil
}

func (m *kvModel) list(ns *kv.Namespace, o kvOp, cells map[string]cell, there bool) error {
	var want, got []string
	for key := range cells {
		if strings.HasPrefix(key, o.prefix) {
			want = append(want, key)
		}
	}
	for info, err := range ns.Keys(m.ctx, kv.Prefix(o.prefix), kv.PageSize(o.page)) {
		if err != nil && !there {
			return wantCode(err, errs.NamespaceNotFound)
		}
		if err != nil {
			return err
		}
		if slices.Contains(got, info.Name) || !slices.Contains(want, info.Name) {
			return fmt.Errorf("listed %q after %q, there are %q", info.Name, got, want)
		}
		if got = append(got, info.Name); len(got) == o.max {
			break
		}
	}
	if !there {
		return errors.New("listed a namespace that is not there")
	}
	if len(got) != min(len(want), o.max) || ns.Capabilities().List.Sorted && !slices.IsSorted(got) {
		return fmt.Errorf("listed %q, there are %q", got, want)
	}
	return nil
}
