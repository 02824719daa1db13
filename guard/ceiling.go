package guard

import "sync/atomic"

// DefaultCeiling is how many bytes of held rows all sessions may keep together, where nothing else is configured.
const DefaultCeiling = 256 << 20

const (
	// ceilingChunk is how much a meter takes at a time, so that sessions do not meet at one counter for every row.
	ceilingChunk = 64 << 10
	// rowOverhead is what a held row costs beyond its values.
	rowOverhead = 64
)

// Ceiling bounds the bytes of the rows that all sessions hold together. The zero value has no room at all.
type Ceiling struct {
	max  int64
	used atomic.Int64
}

// NewCeiling has room for so many bytes; 0 means DefaultCeiling.
func NewCeiling(bytes int64) *Ceiling {
	if bytes <= 0 {
		bytes = DefaultCeiling
	}
	return &Ceiling{max: bytes}
}

// Held is how much of the ceiling is taken, in bytes, and how much there is.
func (c *Ceiling) Held() (used, most int64) { return c.used.Load(), c.max }

// take takes n bytes, or none. It never counts more than there is, not even for a moment: that would refuse another session that fits.
func (c *Ceiling) take(n int64) bool {
	for {
		used := c.used.Load()
		if n > c.max-used {
			return false
		}
		if c.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

func (c *Ceiling) give(n int64) { c.used.Add(-n) }
