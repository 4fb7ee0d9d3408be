package consistency_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// shrink returns a part of the operations that fails as well and of which nothing can be left out: first halves are, then
// ever smaller chunks, at last single operations. Fails must be deterministic.
func shrink[Op any](ops []Op, fails func([]Op) bool) []Op {
	for size := max(1, len(ops)/2); ; {
		smaller := false
		for at := 0; at < len(ops); {
			rest := slices.Concat(ops[:at], ops[min(at+size, len(ops)):])
			if fails(rest) {
				ops, smaller = rest, true
			} else {
				at += size
			}
		}
		switch {
		case size > 1:
			size /= 2
		case !smaller:
			return ops
		}
	}
}

// check runs a random sequence. One that fails is cut down and printed.
func check[Op fmt.Stringer](t *testing.T, seed uint64, ops []Op, replay func([]Op) error) {
	t.Helper()
	err := replay(ops)
	if err == nil {
		return
	}
	t.Errorf("seed %d: %d operations fail: %v\n%s", seed, len(ops), err, shortest(ops, replay))
}

// shortest returns the operations that it takes to fail, one a line, and how they do.
func shortest[Op fmt.Stringer](ops []Op, replay func([]Op) error) string {
	small := shrink(ops, func(part []Op) bool { return replay(part) != nil })
	var b strings.Builder
	for i, op := range small {
		fmt.Fprintf(&b, "%3d  %s\n", i+1, op)
	}
	fmt.Fprintf(&b, "     %v", replay(small))
	return b.String()
}

// wrongOp is an operation of a store that is wrong on purpose.
type wrongOp struct {
	put      bool
	key, val int
}

func (o wrongOp) String() string {
	if o.put {
		return fmt.Sprintf("Put %d = %d", o.key, o.val)
	}
	return fmt.Sprintf("Delete %d", o.key)
}

// wrongStore does not write a key again whose deletion was its third change.
func wrongStore(ops []wrongOp) error {
	store, model, changes, dead := map[int]int{}, map[int]int{}, map[int]int{}, map[int]bool{}
	for i, o := range ops {
		changes[o.key]++
		if o.put {
			model[o.key] = o.val
			if !dead[o.key] {
				store[o.key] = o.val
			}
		} else {
			delete(model, o.key)
			delete(store, o.key)
			dead[o.key] = dead[o.key] || changes[o.key] == 3
		}
		if got, ok := store[o.key]; ok != (model[o.key] != 0) || got != model[o.key] {
			return fmt.Errorf("operation %d: key %d holds %d, want %d", i+1, o.key, got, model[o.key])
		}
	}
	return nil
}

// What is wrong in thousands of operations is shown by four.
func TestShrink(t *testing.T) {
	found := 0
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 0))
		var ops []wrongOp
		for range 2000 {
			ops = append(ops, wrongOp{rng.IntN(3) > 0, rng.IntN(50), 1 + rng.IntN(9)})
		}
		if wrongStore(ops) == nil {
			continue
		}
		found++
		small := shrink(ops, func(part []wrongOp) bool { return wrongStore(part) != nil })
		if len(small) != 4 || small[2].put || !small[3].put {
			t.Errorf("seed %d: shrunk to %v", seed, small)
		}
		for _, o := range small {
			if o.key != small[0].key {
				t.Errorf("seed %d: other keys are left: %v", seed, small)
			}
		}
		if list := shortest(ops, wrongStore); strings.Count(list, "\n") != 4 || !strings.Contains(list, "  3  Delete ") || !strings.Contains(list, "operation 4: ") {
			t.Errorf("the list is\n%s", list)
		}
	}
	if found < 15 {
		t.Errorf("only %d of the sequences met the fault", found)
	}
}

// Nothing is left out of what fails only as a whole, and what fails always becomes empty.
func TestShrinkEnds(t *testing.T) {
	whole := []int{1, 2, 3, 4, 5}
	if got := shrink(whole, func(part []int) bool { return slices.Equal(part, whole) }); !slices.Equal(got, whole) {
		t.Errorf("got %v", got)
	}
	if got := shrink(whole, func([]int) bool { return true }); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	if got := shrink(nil, func([]int) bool { return errors.New("always") != nil }); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}
