package drift

import "math"

// alarm is the beginning of a finding.
type alarm struct {
	onset, detected int
	sudden          bool
}

// side is the index of a direction's limits.
func side(sign float64) int {
	if sign < 0 {
		return 1
	}
	return 0
}

// beside is what comparable meters did on the days [a,b) of a timeline; nil
// when nothing is known of them.
type beside func(a, b int) float64

// share returns how much of a relative excess in one direction may be theirs
// too.
func (f beside) share(a, b int, sign float64) float64 {
	if f == nil {
		return 0
	}
	return peerLoad * math.Max(0, sign*f(a, b))
}

// fire reports whether day k raises a finding, and from which day on. No
// window reaches back beyond origin. What comparable meters did over the same
// days is taken off.
func (s scale) fire(r running, g gauge, origin, k int, sign float64, others beside) (alarm, bool) {
	on := alarm{detected: k}
	fired := false
	for i, w := range s.windows {
		a := k + 1 - w.days
		if a < origin || w.fast && (sign < 0 || !s.sudden(r, k)) {
			continue
		}
		sums, limit := r.sums(w), w.limit[side(sign)]
		sum, rest := sums[k+1]-sums[a], r.rest[k+1]-r.rest[a]
		if sum*g[i][k] <= limit {
			continue
		}
		least := s.least(w, r.due[k+1]-r.due[a])
		if rest <= least {
			continue
		}
		if x := others.share(a, k+1, sign); x > 0 {
			sum, rest = sum-x*(r.info[k+1]-r.info[a]), rest-x*(r.due[k+1]-r.due[a])
			if sum*g[i][k] <= limit || rest <= least {
				continue
			}
		}
		fired = true
		on.sudden = on.sudden || w.fast
	}
	if fired {
		on.onset = s.onset(r, origin, k, on.sudden)
	}
	return on, fired
}

// sudden reports whether day k and the one before both show a sudden rise: one
// strange day is none.
func (s scale) sudden(r running, k int) bool {
	return k > 0 && r.excess(k, k+1) > s.tuning.leastSudden && r.excess(k-1, k) > s.tuning.leastSudden
}

// onset returns the day since which the evidence up to k is strongest.
func (s scale) onset(r running, origin, k int, sudden bool) int {
	day, best, back := k, math.Inf(-1), longest
	if sudden {
		back = suddenBack
	}
	sums := r.sums(window{fast: sudden})
	for a := k; a >= max(origin, k+1-back); a-- {
		info := r.info[k+1] - r.info[a]
		if info <= 0 {
			continue
		}
		if v := (sums[k+1] - sums[a]) / math.Sqrt(info); v > best {
			best, day = v, a
		}
	}
	return day
}

// worse reports whether the days up to k exceed the level that an open finding
// had before them by what would be a finding of its own, and returns that
// level. No window reaches back beyond the layer's origin.
func (s scale) worse(l layer, k int, sign float64, others beside) (level float64, fired bool) {
	r, onset := l.sums, l.on.onset
	for _, w := range s.windows {
		a := k + 1 - w.days
		if w.fast || a < l.origin || !r.enough(a, k+1) || !r.enough(onset, a) {
			continue
		}
		level = math.Max(s.tuning.least, r.excess(onset, a))
		due := r.due[k+1] - r.due[a]
		beyond, least := r.rest[k+1]-r.rest[a]-level*due, max(s.tuning.leastWorse*due, s.least(w, due))
		if beyond <= least {
			continue
		}
		x := others.share(a, k+1, sign)
		if beyond-x*due <= least {
			continue
		}
		info, before := r.info[k+1]-r.info[a], r.info[a]-r.info[onset]
		rise := (r.raw[k+1]-r.raw[a])/info - math.Max(s.tuning.least, (r.raw[a]-r.raw[onset])/before) - x
		if rise/math.Hypot(s.tuning.error(info, r.days[k+1]-r.days[a]), math.Sqrt(1/before)) > w.limit[side(sign)] && s.several(r, a, k+1, level+x) {
			return level, true
		}
	}
	return 0, false
}

// What a worsening must have beside its size: at least worseDays days beyond
// the level, and enough of them without the largest two.
const worseDays, worseSpared = 3, 2

// several reports whether it is more than two strange days by which the days
// [a,b) exceed a level.
func (s scale) several(r running, a, b int, level float64) bool {
	beyond, due, days := 0.0, 0.0, 0
	var largest [worseSpared]float64
	for i := a; i < b; i++ {
		e := r.due[i+1] - r.due[i]
		if e <= 0 {
			continue
		}
		x := r.rest[i+1] - r.rest[i] - level*e
		beyond, due = beyond+x, due+e
		if x > s.tuning.leastWorse*e {
			days++
		}
		if x > largest[0] {
			largest[0], largest[1] = x, largest[0]
		} else if x > largest[1] {
			largest[1] = x
		}
	}
	return days >= worseDays && beyond-largest[0]-largest[1] > s.tuning.leastWorse*due/2
}

// Closing a finding.
const (
	// closeShare of the finding's level is where it counts as over, in a window
	// of at least closeDays in which the level would show at closePower sigma.
	closeShare, closePower, closeDays = 0.35, 3.0, 28
	// goneDays without any excess close a finding of any level.
	goneDays = 56
)

// over reports whether the excess has gone by day k, and since which day.
func (s scale) over(l layer, k int) (end int, over bool) {
	r := l.sums
	level := math.Max(s.tuning.least, r.excess(l.on.onset, k+1))
	for _, w := range s.windows {
		a := k + 1 - w.days
		if w.days < closeDays || a < l.on.detected || !r.enough(a, k+1) {
			continue
		}
		x := r.excess(a, k+1)
		shows := level*math.Sqrt(r.info[k+1]-r.info[a]) >= closePower
		if x < min(closeShare*level, s.tuning.least) && shows || x <= 0 && w.days >= goneDays {
			return turn(r, l.on, level, k), true
		}
	}
	return 0, false
}

// turn returns the day between detection and k that best divides days at the
// finding's level from days without it.
func turn(r running, on alarm, level float64, k int) int {
	day := k
	for range 2 { // the level is that of the days before the turn
		best := math.Inf(-1)
		for a := max(on.detected+1, k+1-longest); a <= k; a++ {
			// what speaks for half the level before a and for less after it
			if v := r.raw[a] - r.raw[on.onset] - level/2*(r.info[a]-r.info[on.onset]); v > best {
				best, day = v, a
			}
		}
		level = math.Max(level, r.excess(on.onset, day))
	}
	return day
}
