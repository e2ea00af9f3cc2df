package alarm

import (
	"math"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// slices of the time over which a number's movement is remembered: a bound on
// memory, and a resolution of a hundredth or so of the time.
const buckets = 64

// memory is what a condition on the course of a point remembers.
type memory struct {
	// since is when the number came to where it still is, around value.
	since time.Time
	value float64
	// low and high are the extremes of each part of the last while.
	low, high [buckets]float64
	filled    [buckets]time.Time // the beginning of the part
	// starts are the instants at which the point became true.
	starts []time.Time
	last   gtc.Value
}

// see takes the next value of the point, newer than any before.
func (m *memory) see(c *Condition, v gtc.Value, at time.Time) {
	switch {
	case c.Stuck > 0:
		if m.since.IsZero() || math.Abs(v.Num-m.value) > c.Tolerance {
			m.since, m.value = at, v.Num
		}
	case c.Rises > 0 || c.Falls > 0:
		part := c.Within / buckets
		start := at.Truncate(part)
		i := int(start.UnixNano()/int64(part)) % buckets
		if !m.filled[i].Equal(start) {
			m.filled[i], m.low[i], m.high[i] = start, v.Num, v.Num
		}
		m.low[i], m.high[i] = min(m.low[i], v.Num), max(m.high[i], v.Num)
	case c.Starts > 0:
		if v.True() && m.last.Present() && !m.last.True() {
			m.starts = append(m.starts, at)
		}
		for len(m.starts) > 0 && at.Sub(m.starts[0]) > c.Within {
			m.starts = m.starts[1:]
		}
		m.last = v
	}
}

// holds judges the course of a point at its newest value.
func (m *memory) holds(c *Condition, v gtc.Value, at time.Time) bool {
	switch {
	case c.Stuck > 0:
		return at.Sub(m.since) >= c.Stuck
	case c.Starts > 0:
		return len(m.starts) > c.Starts
	}
	low, high := v.Num, v.Num
	for i := range buckets {
		if !m.filled[i].IsZero() && at.Sub(m.filled[i]) <= c.Within {
			low, high = min(low, m.low[i]), max(high, m.high[i])
		}
	}
	return c.Rises > 0 && v.Num-low > c.Rises || c.Falls > 0 && high-v.Num > c.Falls
}

// remembers reports whether the condition is on the course of a point.
func (c *Condition) remembers() bool {
	return c.Stuck > 0 || c.Rises > 0 || c.Falls > 0 || c.Starts > 0
}
