package ratelimit

// Remembered returns how many keys a pacer holds, and how many departures of keys.
func Remembered(p Pacer) (keys, departures int) {
	known := p.(*pacer)
	known.mu.Lock()
	defer known.mu.Unlock()
	return len(known.keys), len(known.left)
}
