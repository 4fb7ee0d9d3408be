package local_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crosscloud-sdk/crosscloud/kv/driver"
	"github.com/crosscloud-sdk/crosscloud/providers/local"
)

// crashWriters is how many goroutines of the child write at once, each its own keys.
const crashWriters = 3

// writeUntilKilled writes, telling on its output each write before ("try") and after ("ack") it.
func writeUntilKilled(path string) {
	a, err := local.Open(local.Options{Path: path})
	if err != nil {
		fmt.Println("fail", err)
		os.Exit(1)
	}
	n := newNamespace(a, "ns")
	var mu sync.Mutex
	say := func(parts ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(parts...)
	}
	var wg sync.WaitGroup
	seed := uint64(time.Now().UnixNano())
	for g := range crashWriters {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(g)))
			ctx := context.Background()
			for {
				stamp := strconv.FormatUint(rng.Uint64(), 36)
				keys := []string{fmt.Sprintf("%d.%d", g, rng.IntN(20))}
				var err error
				switch rng.IntN(4) {
				case 0:
					stamp = "-"
					say("try", stamp, keys[0])
					_, err = n.Delete(ctx, &driver.DeleteRequest{Key: keys[0]})
				case 1:
					keys = keys[:0]
					req := &driver.PutBatchRequest{}
					for _, i := range rng.Perm(20)[:5] {
						keys = append(keys, fmt.Sprintf("%d.%d", g, i))
						req.Items = append(req.Items, &driver.PutRequest{Key: keys[len(keys)-1], Value: crashValue(stamp), TTL: time.Hour})
					}
					say("try", stamp, strings.Join(keys, " "))
					_, err = n.(driver.BatchPutter).PutBatch(ctx, req)
				default:
					say("try", stamp, keys[0])
					_, err = n.Put(ctx, &driver.PutRequest{Key: keys[0], Value: crashValue(stamp)})
				}
				if err != nil {
					say("fail", err)
					os.Exit(1)
				}
				say("ack", stamp, strings.Join(keys, " "))
			}
		})
	}
	wg.Wait()
}

func crashValue(stamp string) []byte { return []byte(strings.Repeat(stamp+" ", 40)) }

// A process that is killed at any moment loses nothing that was acknowledged.
func TestCrash(t *testing.T) {
	kills := 200
	if testing.Short() {
		kills = 20
	}
	path := filepath.Join(t.TempDir(), "kv.db")
	held := map[string]string{} // stamp of each key that is there
	acked := 0
	for life := range kills {
		if life%10 == 0 {
			path = filepath.Join(t.TempDir(), "kv.db") // so that making a file is interrupted too
			clear(held)
		}
		cmd := child(t, "write", path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		delay := time.Duration(rand.IntN(150_000)) * time.Microsecond
		timer := time.AfterFunc(delay, func() { _ = cmd.Process.Kill() })
		text, err := io.ReadAll(bufio.NewReader(out))
		timer.Stop()
		_ = cmd.Wait()
		if err != nil || strings.Contains("\n"+string(text), "\nfail ") {
			t.Fatalf("life %d: %v %s", life, err, text)
		}
		tried := map[string][]string{} // what each key may hold instead
		var open [crashWriters]string  // the write of each goroutine that was not acknowledged
		lines := strings.Split(string(text), "\n")
		for _, line := range lines[:len(lines)-1] { // the last has no end
			what, rest, _ := strings.Cut(line, " ")
			stamp, keys, _ := strings.Cut(rest, " ")
			writer := int(keys[0] - '0')
			open[writer] = rest
			if what == "try" {
				continue
			}
			acked++
			open[writer] = ""
			for _, key := range strings.Fields(keys) {
				held[key] = stamp
			}
		}
		for _, rest := range open {
			stamp, keys, _ := strings.Cut(rest, " ")
			for _, key := range strings.Fields(keys) {
				tried[key] = append(tried[key], stamp)
			}
		}
		checkCrashed(t, life, path, held, tried)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d acknowledged writes in %d lives", acked, kills)
	if acked < kills {
		t.Errorf("only %d writes were acknowledged in %d lives: the test proves little", acked, kills)
	}
}

// checkCrashed compares the file with what must and what may be in it, and notes what is.
func checkCrashed(t *testing.T, life int, path string, held map[string]string, tried map[string][]string) {
	t.Helper()
	a, err := local.Open(local.Options{Path: path})
	if err != nil {
		t.Fatalf("life %d: %v", life, err)
	}
	defer a.Close()
	n := ns{t, newNamespace(a, "ns")}
	var size int64
	together := map[string]map[bool]int{} // by stamp of an open write: how many of its keys have it or not
	for g := range crashWriters {
		for i := range 20 {
			key := fmt.Sprintf("%d.%d", g, i)
			got := "-"
			if res, err := n.get(key); err == nil {
				got, _, _ = strings.Cut(string(res.Value), " ")
				if string(res.Value) != string(crashValue(got)) {
					t.Errorf("life %d: %q holds a torn value", life, key)
				}
				size += int64(len(key)+len(res.Value)) + 2
				if !res.Expiry.Never() {
					size += 12
				}
			}
			want := held[key]
			if want == "" {
				want = "-"
			}
			for _, stamp := range tried[key] {
				if together[stamp] == nil {
					together[stamp] = map[bool]int{}
				}
				together[stamp][got == stamp]++
				if got == stamp {
					want = got
				}
			}
			if got != want {
				t.Errorf("life %d: %q holds %q, want %q or one of %q", life, key, got, held[key], tried[key])
			}
			held[key] = got
		}
	}
	for stamp, counts := range together {
		if stamp != "-" && counts[true] > 0 && counts[false] > 0 {
			t.Errorf("life %d: a batch is half there", life)
		}
	}
	s := &store{T: t, Account: a}
	if got := s.usage("ns"); got != size {
		t.Errorf("life %d: usage is %d, want %d", life, got, size)
	}
}
