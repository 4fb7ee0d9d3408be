package pipeline

import (
	"context"
	"time"
)

// Pause waits between the requests of a call that takes several. It ends early, with an error, when ctx does or the
// pipeline is closed under it.
func (p *Pipeline) Pause(ctx context.Context, d time.Duration) error {
	callCtx, err := p.life.enter(ctx)
	if err != nil {
		return err
	}
	defer callCtx.leave()
	if d <= 0 {
		return nil
	}
	if err := sleep(callCtx, d); err != nil {
		return interrupted(callCtx, "while waiting to read")
	}
	return nil
}
