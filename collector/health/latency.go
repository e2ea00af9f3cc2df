package health

import (
	"slices"
	"time"
)

// window is the number of latencies that percentiles are taken over.
const window = 128

// latencies are the last answer times of a device.
type latencies struct {
	ring  [window]time.Duration
	count int
}

func (l *latencies) add(d time.Duration) {
	l.ring[l.count%window] = d
	l.count++
}

// percentiles returns the median and the time that 95 of 100 answers keep.
func (l *latencies) percentiles() (p50, p95 time.Duration) {
	n := min(l.count, window)
	if n == 0 {
		return 0, 0
	}
	sorted := l.ring
	slices.Sort(sorted[:n])
	return sorted[(n-1)/2], sorted[(n-1)*95/100]
}
