package consistency_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/kv"
)

func (r *kvRun) put(me *kvWorker, p planned) func() {
	var unknown bool
	ctx := context.WithValue(r.t.Context(), unknownPut{}, &unknown)
	began := time.Now()
	err := r.ns.Put(ctx, p.Key, p.Value, p.Options...)
	took := time.Since(began)
	if err == nil && unknown {
		r.settled.Add(1)
	}
	return func() { r.settle(me, "Put", p.Key, err, &p.cell, took) }
}

func (r *kvRun) remove(me *kvWorker, key string) func() {
	err := r.ns.Delete(r.t.Context(), key)
	return func() { r.settle(me, "Delete", key, err, nil, 0) }
}

// results collects the results of a bulk call, and checks that each key has one.
func (r *kvRun) results(what string, keys []string, each func(func(kv.Result, error) bool)) map[string]kv.Result {
	all := map[string]kv.Result{}
	var summary error
	for result, err := range each {
		if err != nil {
			summary = err
			continue
		}
		if _, twice := all[result.Key]; twice || !slices.Contains(keys, result.Key) {
			r.errorf("%s: the result of %q comes twice, or was not asked for", what, result.Key)
		}
		if (result.Status == kv.Succeeded) != (result.Err == nil) {
			r.errorf("%s: %v", what, result)
		}
		all[result.Key] = result
	}
	if len(all) != len(keys) {
		r.errorf("%s: %d results of %d keys: %v", what, len(all), len(keys), summary)
	}
	failed := false
	for _, result := range all {
		failed = failed || result.Err != nil && !errors.Is(result.Err, errs.KeyNotFound)
	}
	if failed != (summary != nil) {
		r.errorf("%s: a key failed: %v; the call as a whole: %v", what, failed, summary)
	}
	return all
}

func (r *kvRun) putMany(me *kvWorker, writes []kv.Write, after []cell) func() {
	var keys []string
	for _, w := range writes {
		keys = append(keys, w.Key)
	}
	began := time.Now()
	results := r.results("PutMany", keys, r.ns.PutMany(r.t.Context(), slices.Values(writes)))
	took := time.Since(began)
	return func() {
		for i, key := range keys {
			if result, ok := results[key]; ok {
				r.settle(me, "PutMany", key, result.Err, &after[i], took)
			}
		}
	}
}

func (r *kvRun) removeMany(me *kvWorker, keys []string) func() {
	results := r.results("DeleteMany", keys, r.ns.DeleteMany(r.t.Context(), slices.Values(keys)))
	return func() {
		for _, key := range keys {
			if result, ok := results[key]; ok {
				r.settle(me, "DeleteMany", key, result.Err, nil, 0)
			}
		}
	}
}

// read compares what a read has brought with what the key holds. A key may have expired while the read was repeated.
func (r *kvRun) read(me *kvWorker, what, key string, entry kv.Entry, err error) {
	want := me.held(key)
	gone := want == nil || want.mayBeGone()
	switch {
	case errors.Is(err, errs.KeyNotFound):
		if !gone {
			r.errorf("%s %s: %v, though it is there", what, key, err)
		}
	case err != nil:
		r.failedRead(what+" "+key, err)
	case want == nil || string(entry.Value) != want.value:
		r.errorf("%s %s: got %q, want %+v", what, key, entry.Value, want)
	}
}

func (r *kvRun) get(me *kvWorker, key string) func() {
	entry, err := r.ns.Get(r.t.Context(), key, kv.WithExpiry())
	r.read(me, "Get", key, entry, err)
	return nil
}

func (r *kvRun) getMany(me *kvWorker, keys []string) func() {
	for key, result := range r.results("GetMany", keys, r.ns.GetMany(r.t.Context(), slices.Values(keys))) {
		r.read(me, "GetMany", key, result.Entry, result.Err)
	}
	return nil
}

func (r *kvRun) list(w int, me *kvWorker) func() {
	seen := map[string]bool{}
	for info, err := range r.ns.Keys(r.t.Context(), kv.Prefix(fmt.Sprintf("w%d-", w)), kv.PageSize(max(r.caps.List.MinPage, 5))) {
		if err != nil {
			r.failedRead("Keys", err)
			return nil
		}
		if seen[info.Name] || me.held(info.Name) == nil {
			r.errorf("Keys listed %q, twice %v, there %v", info.Name, seen[info.Name], me.held(info.Name))
		}
		seen[info.Name] = true
	}
	me.forget(time.Now())
	for key, c := range me.cells {
		if !seen[key] && !c.mayBeGone() {
			r.errorf("Keys did not list %q", key)
		}
	}
	return nil
}

// exists tells whether a namespace is there, while no request fails.
func (r *kvRun) exists(name string) bool {
	_, err := r.overseer.DescribeNamespace(r.t.Context(), name)
	if err != nil && !errors.Is(err, errs.NamespaceNotFound) {
		r.errorf("looking at namespace %s: %v", name, err)
	}
	return err == nil
}

// createNamespace makes a namespace of a name that was never used. A worker has one beside the shared one.
func (r *kvRun) createNamespace(w int, me *kvWorker) func() {
	if len(me.namespaces) > 0 {
		return r.deleteNamespace(me)
	}
	me.made++
	name := fmt.Sprintf("w%d-n%d", w, me.made)
	_, err := r.service.CreateNamespace(r.t.Context(), name)
	return func() {
		there := r.exists(name)
		if err != nil && !passing(err) {
			r.errorf("CreateNamespace: %v", err)
		}
		r.judge("CreateNamespace "+name, err, !there, there)
		if there {
			me.namespaces = append(me.namespaces, name)
		}
	}
}

func (r *kvRun) deleteNamespace(me *kvWorker) func() {
	if len(me.namespaces) == 0 {
		return nil
	}
	name := me.namespaces[0]
	err := r.service.DeleteNamespace(r.t.Context(), name)
	return func() {
		there := r.exists(name)
		r.judge("DeleteNamespace "+name, err, there, !there)
		if !there {
			me.namespaces = nil
		}
	}
}

func (r *kvRun) listNamespaces(w int, me *kvWorker) func() {
	var mine []string
	for info, err := range r.service.Namespaces(r.t.Context()) {
		if err != nil {
			r.failedRead("Namespaces", err)
			return nil
		}
		if strings.HasPrefix(info.Name, fmt.Sprintf("w%d-", w)) {
			mine = append(mine, info.Name)
		}
	}
	if !slices.Equal(mine, me.namespaces) {
		r.errorf("Namespaces listed %q, there are %q", mine, me.namespaces)
	}
	return nil
}

// checkAll compares all that is there with what the workers know.
func (r *kvRun) checkAll(ctx context.Context) {
	want := map[string]cell{}
	time.Sleep(2 * time.Second) // so that it is clear what has expired
	for w := range r.workers {
		r.workers[w].forget(time.Now())
		maps.Copy(want, r.workers[w].cells)
	}
	there := 0
	for info, err := range r.looking.Keys(ctx) {
		if err != nil {
			r.errorf("listing at the end: %v", err)
			return
		}
		there++
		c, known := want[info.Name]
		if got := r.look(ctx, info.Name); !known || !same(got, &c, 2*time.Second) {
			r.errorf("at the end %s holds %+v, want %+v", info.Name, got, &c)
		}
	}
	if there != len(want) || there == 0 {
		r.errorf("at the end there are %d keys, want %d", there, len(want))
	}
}
