package wire_test

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// chunked is a reply of n bytes that does not tell its length before, and no two MiB of which are the same.
func chunked(n int) (reply string, content []byte) {
	content = make([]byte, n)
	for i := range content {
		content[i] = byte(i ^ i>>8 ^ i>>16)
	}
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
	for rest := content; len(rest) > 0; {
		part := rest[:min(len(rest), 100_001)]
		rest = rest[len(part):]
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(part), part)
	}
	b.WriteString("0\r\n\r\n")
	return b.String(), content
}

// TestUnknownLength: a reply that tells no length is read whole, or refused where it is over the limit by a byte, on each
// side of the size from which it is read in pieces. A refused one costs no more than the limit.
func TestUnknownLength(t *testing.T) {
	const mib = 1 << 20
	for _, size := range []int{0, 1, mib - 1, mib, mib + 1, 2*mib - 1, 2 * mib, 2*mib + 1, 5*mib + 7} {
		for _, over := range []int{-1, 0, 1, mib} {
			if size-over < 1 {
				continue
			}
			t.Run(fmt.Sprintf("%d bytes, %d over", size, over), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					reply, content := chunked(size)
					e := open(t, wire.Options{DialContext: pipes(nil, replies(reply))})
					r := secretly(t, "GET", "http://h.example")
					r.MaxResponse = int64(size - over)
					var before, after runtime.MemStats
					runtime.ReadMemStats(&before)
					got, err := e.Send(t.Context(), r)
					runtime.ReadMemStats(&after)
					if over > 0 {
						expect(t, err, errs.TooLarge, errs.Permanent, errs.Ambiguous, fmt.Sprintf("over %d bytes", size-over))
						// The first MiB is in a buffer that doubles, a piece may be read beyond the limit, and the server's
						// reply is copied once.
						if used := after.TotalAlloc - before.TotalAlloc; used > uint64(size-over)+uint64(len(reply))+5*mib && !raced() {
							t.Errorf("%d bytes were allocated", used)
						}
						return
					}
					if err != nil || !bytes.Equal(got.Body, content) {
						t.Errorf("another body, or %v", err)
					}
				})
			})
		}
	}
}

// A reply of unknown length that breaks off is none, wherever it does.
func TestUnknownLengthBreaksOff(t *testing.T) {
	const mib = 1 << 20
	for _, size := range []int{10, mib, mib + 10, 3*mib + 10} {
		synctest.Test(t, func(t *testing.T) {
			reply, _ := chunked(size)
			e := open(t, wire.Options{DialContext: pipes(nil, replies(reply[:len(reply)-len("\r\n0\r\n\r\n")-1]))})
			_, err := e.Send(t.Context(), secretly(t, "GET", "http://h.example"))
			expect(t, err, errs.Unavailable, errs.Temporary, errs.Ambiguous, "broke off")
		})
	}
}

// TestLargeRepliesUncompressed: what may be larger than by default is asked for as it is, and the caller's header is left
// alone.
func TestLargeRepliesUncompressed(t *testing.T) {
	for limit, want := range map[int64]string{0: "gzip", wire.DefaultMaxResponse: "gzip", wire.DefaultMaxResponse + 1: "identity"} {
		for _, agent := range []string{"", "agent"} {
			synctest.Test(t, func(t *testing.T) {
				asked := make(chan string, 1)
				e := open(t, wire.Options{UserAgent: agent, DialContext: pipes(nil, func(c net.Conn) {
					block := make([]byte, 4096)
					n, _ := c.Read(block)
					asked <- string(block[:n])
					replies("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")(c)
				})})
				r := secretly(t, "GET", "http://h.example")
				r.MaxResponse = limit
				go func() { _, _ = e.Send(t.Context(), r) }()
				if got := <-asked; !bytes.Contains([]byte(got), []byte("\r\nAccept-Encoding: "+want+"\r\n")) {
					t.Errorf("limit %d: not %s:\n%s", limit, want, got)
				}
				synctest.Wait()
			})
		}
	}
}
