package wire

import (
	"errors"
	"io"
	"sync"
)

var errEnded = errors.New("the request has ended")

// upload is the body of one delivery. Net/http may read on when a request has failed or was answered early; once ended,
// it finds nothing more, so that the bytes belong to their owner again.
type upload struct {
	mu    sync.Mutex
	rest  []byte
	ended bool
}

func (u *upload) Read(p []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case len(u.rest) == 0:
		return 0, io.EOF
	case u.ended:
		return 0, errEnded
	}
	n := copy(p, u.rest)
	u.rest = u.rest[n:]
	return n, nil
}

// Close does nothing: net/http may close a body that is still being read.
func (u *upload) Close() error { return nil }

func (u *upload) end() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ended = true
}
