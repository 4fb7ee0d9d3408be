package pipeline

import (
	"math"
	"sync/atomic"
)

// What a repetition takes from the budget and a success gives back, in the budget's unit.
const (
	repetitionCost = 10
	successRefund  = 1
)

// retryBudget bounds repetitions across all calls, so that an ailing provider gets at most a tenth more requests than
// it answers, and not a multiple.
type retryBudget struct {
	left atomic.Int64
	full int64
}

func (b *retryBudget) init(repetitions int) {
	if repetitions < 0 {
		repetitions = math.MaxInt // no bound
	}
	b.full = min(int64(repetitions), math.MaxInt64/repetitionCost) * repetitionCost
	b.left.Store(b.full)
}

// take reports whether one more repetition may be sent, and spends it.
func (b *retryBudget) take() bool {
	for {
		left := b.left.Load()
		if left < repetitionCost {
			return false
		}
		if b.left.CompareAndSwap(left, left-repetitionCost) {
			return true
		}
	}
}

// give puts n back, up to the full budget.
func (b *retryBudget) give(n int64) {
	for {
		left := b.left.Load()
		if left >= b.full {
			return
		}
		if b.left.CompareAndSwap(left, left+min(n, b.full-left)) {
			return
		}
	}
}
