package emulator

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
)

// memoryListener is a listener whose connections are pipes in memory.
type memoryListener struct {
	addr   memoryAddr
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newMemoryListener() *memoryListener {
	return &memoryListener{addr: newMemoryAddr(), accept: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.accept:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *memoryListener) Addr() net.Addr { return l.addr }

func (l *memoryListener) dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.accept <- server:
		return client, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Net: "memory", Err: net.ErrClosed}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// memoryAddr looks like a loopback address, so that clients permit plain text. Each emulator has its own: rate limits
// are kept by address, and one dialer can serve several emulators.
type memoryAddr string

// newMemoryAddr returns one of 16 million addresses, at a port where no server is.
func newMemoryAddr() memoryAddr {
	n := 2 + rand.Uint32N(1<<24-3)
	return memoryAddr(fmt.Sprintf("127.%d.%d.%d:1", n>>16, n>>8&255, n&255))
}

func (memoryAddr) Network() string  { return "memory" }
func (a memoryAddr) String() string { return string(a) }
