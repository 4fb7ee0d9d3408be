package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// sample is one measurement: what one call took. The time by the wall clock is ns, that of this process's processors cpu.
type sample struct{ ns, cpu, allocs, bytes float64 }

// measure has that many callers make calls for a while.
func measure(ctx context.Context, c call, callers int, d time.Duration) (sample, error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var calls atomic.Int64
	var failed atomic.Pointer[error]
	began, used := time.Now(), cpuTime()
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for failed.Load() == nil {
				if _, err := c(ctx); err != nil {
					failed.Store(&err)
					return
				}
				calls.Add(1)
				if time.Since(began) >= d {
					return
				}
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	used = cpuTime() - used
	runtime.ReadMemStats(&after)
	if err := failed.Load(); err != nil {
		return sample{}, *err
	}
	n := float64(calls.Load())
	return sample{
		ns:     float64(took.Nanoseconds()) / n,
		cpu:    float64(used.Nanoseconds()) / n,
		allocs: float64(after.Mallocs-before.Mallocs) / n,
		bytes:  float64(after.TotalAlloc-before.TotalAlloc) / n,
	}, nil
}

// burstPause is between two bursts.
const burstPause = 20 * time.Millisecond

// measureBursts makes bursts of calls and returns what a burst took, and in allocs how many connections it opened.
func measureBursts(ctx context.Context, c call, host string, callers, bursts int) (s sample, err error) {
	before, err := connections(host)
	if err != nil {
		return s, err
	}
	var took time.Duration
	used := cpuTime()
	for range bursts {
		began := time.Now()
		failures := make(chan error, callers)
		for range callers {
			go func() {
				_, err := c(ctx)
				failures <- err
			}()
		}
		for range callers {
			if failure := <-failures; failure != nil {
				err = failure
			}
		}
		took += time.Since(began)
		if err != nil {
			return s, err
		}
		time.Sleep(burstPause)
	}
	used = cpuTime() - used
	after, err := connections(host)
	n := float64(bursts)
	return sample{ns: float64(took.Nanoseconds()) / n, cpu: float64(used.Nanoseconds()) / n, allocs: float64(after-before) / n}, err
}

// connections asks the server how many connections clients have opened.
func connections(host string) (int, error) {
	res, err := http.Get("http://" + host + countTarget)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(text))
}

// series are the samples of each client, in the order in which they were taken.
type series [kinds][]sample

// repeat takes samples of all clients in turn, each time beginning with another one, so that the machine's drift and what
// one client leaves behind are fair to all.
func repeat(count int, only []int, take func(kind int) (sample, error)) (all series, err error) {
	for i := range count {
		for j := range only {
			kind := only[(i+j)%len(only)]
			s, err := take(kind)
			if err != nil {
				return all, fmt.Errorf("%s: %w", kindNames()[kind], err)
			}
			all[kind] = append(all[kind], s)
		}
	}
	return all, nil
}

// median returns the middle of some numbers.
func median(numbers []float64) float64 {
	if len(numbers) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(numbers))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// The parts of a sample.
func ns(s sample) float64     { return s.ns }
func cpu(s sample) float64    { return s.cpu }
func allocs(s sample) float64 { return s.allocs }

func medianOf(samples []sample, part func(sample) float64) float64 {
	numbers := make([]float64, len(samples))
	for i, s := range samples {
		numbers[i] = part(s)
	}
	return median(numbers)
}

// spread is a median and the second smallest and second largest number. Of ten repetitions these two hold the true median
// between them with a confidence of 98 percent, however the numbers are distributed.
type spread struct{ median, low, high float64 }

// ratio compares two clients, repetition by repetition.
func ratio(a, b []sample, part func(sample) float64) spread {
	n := min(len(a), len(b))
	if n == 0 {
		return spread{}
	}
	numbers := make([]float64, n)
	for i := range n {
		numbers[i] = part(a[i]) / part(b[i])
	}
	slices.Sort(numbers)
	cut := min(1, (n-1)/2)
	return spread{median(numbers), numbers[cut], numbers[n-1-cut]}
}
