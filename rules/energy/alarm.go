package energy

import "math"

// alarm is the beginning of a finding.
type alarm struct {
	onset, detected int
	sudden          bool
	// level is the relative excess at detection.
	level float64
}

// fire reports whether day k raises a finding, and from which day on.
func (s scale) fire(r running, g gauge, origin, k int, sign float64) (alarm, bool) {
	side := 0
	if sign < 0 {
		side = 1
	}
	fast, slow := s.best(r, g, origin, k)
	a := alarm{detected: k, sudden: fast > s.limitFast[side]}
	if !a.sudden && slow <= s.limitSlow[side] {
		return alarm{}, false
	}
	a.onset = s.onset(r, origin, k, a.sudden)
	a.level = math.Max(leastExcess, r.excess(a.onset, k+1))
	return a, true
}

// suddenBack is how many days back a sudden rise may have begun.
const suddenBack = 10

// onset returns the day since which the evidence up to k is strongest.
func (s scale) onset(r running, origin, k int, fast bool) int {
	day, best, back := k, math.Inf(-1), longest
	if fast {
		back = suddenBack
	}
	for a := k; a >= max(origin, k+1-back); a-- {
		info := r.info[k+1] - r.info[a]
		if info <= 0 {
			continue
		}
		x := r.bounded[k+1] - r.bounded[a]
		if fast {
			x = r.raw[k+1] - r.raw[a]
		}
		if v := x / math.Sqrt(info); v > best {
			best, day = v, a
		}
	}
	return day
}

// Closing a finding.
const (
	// closeShare of the finding's level is where it counts as over.
	closeShare = 0.35
	// closePower is how clearly the level would show if it were still there.
	closePower = 3.5
	// closeDays is the shortest window that can say so.
	closeDays = 14
)

// over reports whether the excess has gone by day k, and since which day.
func (s scale) over(r running, on alarm, k int) (end int, over bool) {
	for _, w := range s.windows {
		if w.days < closeDays {
			continue
		}
		a := k + 1 - w.days
		if a < on.detected || r.days[k+1]-r.days[a] < float64(w.days)*(1-maxSilent) {
			continue
		}
		info := r.info[k+1] - r.info[a]
		if info <= 0 {
			continue
		}
		if r.excess(a, k+1) < closeShare*on.level && on.level/w.sigma(info) >= closePower {
			return s.turn(r, on, k), true
		}
	}
	return 0, false
}

// turn returns the day between the onset and k that best divides days at the
// finding's level from days at the baseline.
func (s scale) turn(r running, on alarm, k int) int {
	day, best := k, math.Inf(-1)
	for a := max(on.detected+1, k+1-longest); a <= k; a++ {
		// what speaks for half the level before a and for less after it
		if v := r.rest[a] - r.rest[on.onset] - on.level/2*(r.due[a]-r.due[on.onset]); v > best {
			best, day = v, a
		}
	}
	return day
}
